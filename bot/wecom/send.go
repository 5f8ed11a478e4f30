package wecom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"tuanbot/bot"
)

// Send says something through the door that its address belongs to.
func (c *Channel) Send(ctx context.Context, out bot.Outgoing) bot.Outcome {
	to := out.To.Chat
	if to == "" {
		to = out.To.Person
	}
	m := gather([]bot.Reply{out.Reply})
	if len(m.blocks)+len(m.qrs)+len(m.links)+len(m.choices) == 0 {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "empty"}
	}
	door, id := split2(to)
	if id == "" || len(id) > 128 {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "bad_address"}
	}
	if did, streamed := c.intoStream(ctx, out); streamed {
		return did
	}
	switch door {
	case idMember:
		return c.toMember(ctx, out)
	case idCustomer:
		return c.toCustomer(ctx, id, m, out.Key)
	case idBotGroup:
		return c.toBotGroup(ctx, to, out)
	case idRobot:
		return c.toRobot(ctx, id, to, out)
	case idGroup:
		return c.toGroup(ctx, id, m, out.Key)
	}
	return bot.Outcome{Sent: bot.SentRefused, Reason: "bad_address"}
}

// split2 takes an id apart: the door and the platform's own id.
func split2(id string) (door, rest string) {
	if len(id) < 3 || id[1] != ':' {
		return "", ""
	}
	return id[:2], id[2:]
}

// partsLive is how long it is remembered how far a message of several parts came.
const partsLive = 24 * time.Hour

// eachOnce sends the parts of a message in order. How far it came is remembered by its key, so that a retry goes on and does
// not begin again.
func (c *Channel) eachOnce(ctx context.Context, key string, parts int, send func(i int) bot.Outcome) bot.Outcome {
	name := digest(key)[:40]
	from := 0
	if key != "" {
		raw, err := c.c.Notes.Note(ctx, pageParts, name)
		if err != nil {
			c.c.Log.WarnContext(ctx, "a message waits for the notebook", "channel", ChannelName, "err", err)
			return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
		}
		from, _ = strconv.Atoi(string(raw)) // none is zero
	}
	out := bot.Outcome{Sent: bot.SentOK, MessageID: key}
	for i := from; i < parts; i++ {
		did := send(i)
		if did.Sent != bot.SentOK && i > 0 && did.Sent != bot.SentRetry {
			did = bot.Outcome{Sent: bot.SentOK, MessageID: key, Reason: "cut_short"} // the first part has said it
		}
		if did.Sent != bot.SentOK {
			return did
		}
		if i == 0 && did.MessageID != "" {
			out.MessageID = did.MessageID
		}
		c.came(ctx, key, name, i+1)
	}
	return out
}

func (c *Channel) came(ctx context.Context, key, name string, parts int) {
	if key == "" {
		return
	}
	err := c.c.Notes.Change(context.WithoutCancel(ctx), pageParts, name, func([]byte) ([]byte, time.Time, error) {
		return []byte(strconv.Itoa(parts)), c.c.Clock().Add(partsLive), nil
	})
	if err != nil {
		c.c.Log.WarnContext(ctx, "how far a message came is not written down", "channel", ChannelName, "err", err)
	}
}

// toMember sends an app message: a card with buttons where it fits into one, else text with numbered choices.
func (c *Channel) toMember(ctx context.Context, out bot.Outgoing) bot.Outcome {
	who := out.To.Person
	if who == "" {
		who = out.To.Chat
	}
	m := gather([]bot.Reply{out.Reply})
	if !c.app.ready() {
		return c.answerLater(ctx, who, m)
	}
	if card := c.card(m, out.Key); card != nil {
		did := c.post(ctx, who, "template_card", card)
		if did.Sent == bot.SentOK {
			did.MessageID = taskID(out.Key)
		}
		return did
	}
	if err := c.lists.show(ctx, who, m.actions()); err != nil {
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	}
	parts := m.parts(linked)
	if len(parts) == 1 {
		return c.sendMember(ctx, who, parts[0], out.Key)
	}
	return c.eachOnce(ctx, out.Key, len(parts), func(i int) bot.Outcome { return c.sendMember(ctx, who, parts[i], "") })
}

func (c *Channel) sendMember(ctx context.Context, who string, p part, key string) bot.Outcome {
	did := bot.Outcome{}
	if p.qr == "" {
		did = c.post(ctx, who, "text", map[string]string{"content": p.text})
	} else {
		id, err := c.upload(ctx, c.app, p.qr)
		if err != nil {
			return c.before(err)
		}
		did = c.post(ctx, who, "image", map[string]string{"media_id": id})
	}
	if did.Sent == bot.SentOK && did.MessageID == "" {
		did.MessageID = key
	}
	return did
}

// before is a failure on the way to sending: nothing was sent.
func (c *Channel) before(err error) bot.Outcome { return c.outcome(err, true) }

// post sends one app message. A member who is not in the app's scope is named in an answer that says "ok".
func (c *Channel) post(ctx context.Context, who, kind string, content any) bot.Outcome {
	_, user := split2(who)
	if strings.ContainsAny(user, "|@") {
		if strings.Contains(user, "|") || user == "@all" {
			return bot.Outcome{Sent: bot.SentRefused, Reason: "bad_address"} // it would go to somebody else, or to all
		}
	}
	var got struct {
		Invalid string `json:"invaliduser"`
		ID      string `json:"msgid"`
	}
	err := c.app.call(ctx, "/cgi-bin/message/send", nil, map[string]any{"touser": user, "msgtype": kind, "agentid": c.c.AgentID, kind: content}, &got)
	did := c.outcome(err, false)
	if did.Sent == bot.SentOK {
		did.MessageID = got.ID
		if got.Invalid != "" {
			return bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_member"}
		}
	}
	return did
}

// picture draws a code.
func picture(text string) ([]byte, error) {
	png, err := qrcode.Encode(text, qrcode.Medium, qrPixels)
	if err != nil {
		return nil, errors.New("draw a code: its text is too long")
	}
	return png, nil
}

const mediaFor = 70 * time.Hour // the platform keeps a picture three days

// upload gives the platform's id of a picture of a code, which every secret has to upload for itself.
func (c *Channel) upload(ctx context.Context, k *credential, text string) (string, error) {
	key := k.door + "/" + digest("qr", text)[:40]
	raw, err := c.c.Notes.Note(ctx, pageMedia, key)
	if err != nil {
		return "", &transitError{err: fmt.Errorf("find an uploaded picture: %w", err)}
	}
	if raw != nil {
		return string(raw), nil
	}
	png, err := picture(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	formData := multipart.NewWriter(&b)
	w, err := formData.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="media"; filename="code.png"`}, "Content-Type": {"image/png"},
	})
	if err == nil {
		_, err = w.Write(png)
	}
	if err == nil {
		err = formData.Close()
	}
	if err != nil {
		return "", fmt.Errorf("pack a picture: %w", err)
	}
	var got struct {
		ID string `json:"media_id"`
	}
	if err := k.callWith(ctx, "/cgi-bin/media/upload", url.Values{"type": {"image"}}, b.Bytes(), formData.FormDataContentType(), &got); err != nil {
		return "", fmt.Errorf("upload a picture: %w", err)
	}
	err = c.c.Notes.Change(ctx, pageMedia, key, func([]byte) ([]byte, time.Time, error) { return []byte(got.ID), c.c.Clock().Add(mediaFor), nil })
	if err != nil {
		return "", &transitError{err: fmt.Errorf("keep an uploaded picture: %w", err)}
	}
	return got.ID, nil
}
