package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/silenceper/wechat/v2/util"

	"tuanbot/bot"
)

const maxBody = 64 << 10

// verify answers the console's question whether this address is ours: the opened echo, bare.
func (c *Channel) verify(s Seal) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text := r.URL.Query().Get("echostr")
		if !s.signed(r.URL.Query(), text, c.c.Clock()) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		_, echo, err := util.DecryptMsg(c.c.CorpID, text, s.AESKey)
		if err != nil {
			http.Error(w, "not our key", http.StatusForbidden)
			return
		}
		bare(w, echo)
	}
}

func bare(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text) //nolint:gosec // G705: sealed by the platform for us; whoever asked may have gone
}

// refusal is a callback that we do not accept.
type refusal struct {
	status int
	what   string
}

func (r *refusal) Error() string { return r.what }

var errMalformed = &refusal{http.StatusBadRequest, "bad body"}

// body reads a callback's body within bounds.
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "too large"}
	}
	return raw, nil
}

// refuse answers a callback that was not taken in: what is not for us with 4xx, what failed so that it comes again.
func (c *Channel) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if no, ok := errors.AsType[*refusal](err); ok {
		http.Error(w, no.what, no.status)
		return
	}
	c.c.Log.WarnContext(r.Context(), "a callback was not taken in", "channel", ChannelName, "err", c.api.veil.OverError(err))
	http.Error(w, "again please", http.StatusServiceUnavailable)
}

// receive takes an XML callback in. The answer of a door is words for the person, "" for nothing to say.
func (c *Channel) receive(s Seal, door func(ctx context.Context, in inbound) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := c.read(s, w, r)
		if err != nil {
			c.refuse(w, r, err)
			return
		}
		said, err := door(r.Context(), in)
		if err != nil {
			c.refuse(w, r, err)
			return
		}
		if said == "" {
			w.WriteHeader(http.StatusOK) // an empty body is a valid acknowledgement
			return
		}
		out, err := s.close(in.textXML(said, c.c.Clock()), c.c.CorpID, c.c.Clock(), c.c.Random)
		if err != nil {
			c.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		_, _ = io.WriteString(w, out.xml()) //nolint:gosec // G705: sealed by us; who does not get it asks again, and gets the same
	}
}

// read verifies, opens and parses a callback. The library's own readers decrypt without looking at the signature.
func (c *Channel) read(s Seal, w http.ResponseWriter, r *http.Request) (inbound, error) {
	raw, err := body(w, r)
	if err != nil {
		return inbound{}, err
	}
	var parts struct{ Encrypt []string }
	if err := bot.OneXML(raw, &parts); err != nil || len(parts.Encrypt) > 1 {
		return inbound{}, errMalformed
	}
	text := strings.Join(parts.Encrypt, "")
	if text == "" {
		return inbound{}, &refusal{http.StatusForbidden, "plain callbacks are refused"}
	}
	if !s.signed(r.URL.Query(), text, c.c.Clock()) {
		return inbound{}, &refusal{http.StatusForbidden, "forbidden"}
	}
	_, opened, err := util.DecryptMsg(c.c.CorpID, text, s.AESKey)
	if err != nil {
		return inbound{}, &refusal{http.StatusForbidden, "not our key"}
	}
	return parse(opened)
}

// fromApp takes in what members do in the app, and what happens in customer groups.
func (c *Channel) fromApp(ctx context.Context, in inbound) (string, error) {
	switch {
	case in.is("kf_msg_or_event"):
		return c.fromKF(ctx, in)
	case in.is("change_external_chat"):
		return "", c.groupChanged(ctx, in)
	case in.is("change_external_contact"):
		c.contactChanged(ctx, in)
		return "", nil
	}
	up, ok := in.update(c.c.AgentID)
	if !ok {
		return "", nil
	}
	up.Person.Name = c.memberName(ctx, in.FromUserName)
	up, err := c.meant(ctx, up, up.Person.ID)
	if err != nil {
		return "", err
	}
	up = c.fromOwner(ctx, up)
	taken, err := c.take(ctx, up)
	switch {
	case err != nil:
		return "", fmt.Errorf("take an update in: %w", err)
	case up.Kind == bot.KindUnfollow:
		return "", c.forget(ctx, up.Person.ID)
	case in.is("template_card_event"):
		return "", c.answerCard(ctx, in, up, taken.Replies)
	}
	return c.answerMember(ctx, up, taken.Replies)
}

func (c *Channel) forget(ctx context.Context, who string) error {
	if err := c.c.Notes.Forget(ctx, pagePeople, who); err != nil {
		return fmt.Errorf("forget who left: %w", err)
	}
	return nil
}

// answerMember gives the words that a callback is answered with; what does not fit into them leaves as app messages, each
// once.
func (c *Channel) answerMember(ctx context.Context, up bot.Update, replies []bot.Reply) (string, error) {
	m := gather(replies)
	parts := m.parts(linked)
	if len(parts) == 0 {
		return "", nil
	}
	if err := c.lists.show(ctx, up.Person.ID, m.actions()); err != nil {
		return "", err
	}
	first := parts[0].text
	if parts[0].qr != "" {
		first = "⬇"
	} else {
		parts = parts[1:]
	}
	if len(parts) == 0 {
		return first, nil
	}
	out := c.eachOnce(ctx, "rest/"+up.Key, len(parts), func(i int) bot.Outcome { return c.sendMember(ctx, up.Person.ID, parts[i], "") })
	if out.Sent == bot.SentRetry {
		return "", fmt.Errorf("the rest of an answer: %s", out.Reason)
	}
	return first, nil
}

// answerCard: a pressed card can be answered with another card only, so the words leave as messages; and the card shows
// that it was pressed.
func (c *Channel) answerCard(ctx context.Context, in inbound, up bot.Update, replies []bot.Reply) error {
	out := c.eachOnce(ctx, "press/"+up.Key, len(replies), func(i int) bot.Outcome {
		return c.toMember(ctx, bot.Outgoing{To: bot.Address{Person: up.Person.ID}, Reply: replies[i], Key: fmt.Sprint(up.Key, "/", i)})
	})
	if out.Sent == bot.SentRetry {
		return fmt.Errorf("answer a pressed card: %s", out.Reason)
	}
	if in.ResponseCode != "" {
		err := c.app.call(ctx, "/cgi-bin/message/update_template_card", nil, map[string]any{
			"userids": []string{in.FromUserName}, "agentid": c.c.AgentID, "response_code": in.ResponseCode, "button": map[string]string{"replace_name": "✓"},
		}, nil)
		if err != nil {
			c.c.Log.DebugContext(ctx, "a pressed card looks as before", "channel", ChannelName, "err", err)
		}
	}
	return nil
}
