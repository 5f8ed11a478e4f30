package wecom

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot"
)

const (
	maxStream  = 20480 // bytes of one answer of the AI bot
	answerFor  = 55 * time.Minute
	keptPlaces = 8 // addresses remembered per chat
)

// spoken is what the AI bot hears.
type spoken struct {
	MsgID    string `json:"msgid"`
	BotID    string `json:"aibotid"`
	ChatID   string `json:"chatid"`
	ChatType string `json:"chattype"`
	From     struct {
		UserID string `json:"userid"`
	} `json:"from"`
	MsgType string `json:"msgtype"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
	Voice struct {
		Content string `json:"content"`
	} `json:"voice"`
	Image struct {
		URL string `json:"url"`
	} `json:"image"`
	Event struct {
		Type string `json:"eventtype"`
	} `json:"event"`
	Stream struct {
		ID string `json:"id"`
	} `json:"stream"`
	Created     int64  `json:"create_time"`
	ResponseURL string `json:"response_url"`
}

// verifyBot answers the console's question: as for the app, but sealed for nobody by name.
func (c *Channel) verifyBot(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("echostr")
	if !c.c.Bot.signed(r.URL.Query(), text, c.c.Clock()) {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	echo, err := c.c.Bot.open(text, "")
	if err != nil {
		http.Error(w, "not our key", http.StatusForbidden)
		return
	}
	bare(w, echo)
}

// receiveBot takes in what the AI bot hears and answers it.
func (c *Channel) receiveBot(w http.ResponseWriter, r *http.Request) {
	in, err := c.readBot(w, r)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	said, err := c.fromBot(r.Context(), in)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	if said.text == "" {
		w.WriteHeader(http.StatusOK)
		return
	}
	out, err := c.sealStream(said)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(out) // who does not get it asks again, and gets the same
}

func (c *Channel) readBot(w http.ResponseWriter, r *http.Request) (spoken, error) {
	raw, err := body(w, r)
	if err != nil {
		return spoken{}, err
	}
	var env struct {
		Encrypt string `json:"encrypt"`
	}
	if err := json.Unmarshal(raw, &env); err != nil || env.Encrypt == "" {
		return spoken{}, errMalformed
	}
	if !c.c.Bot.signed(r.URL.Query(), env.Encrypt, c.c.Clock()) {
		return spoken{}, &refusal{http.StatusForbidden, "forbidden"}
	}
	opened, err := c.c.Bot.open(env.Encrypt, "")
	if err != nil {
		return spoken{}, &refusal{http.StatusForbidden, "not our key"}
	}
	var in spoken
	if err := json.Unmarshal(opened, &in); err != nil || !opaque(in.MsgID) || !opaque(in.From.UserID) || in.ChatType == "group" && !opaque(in.ChatID) {
		return spoken{}, errMalformed
	}
	return in, nil
}

// answerOf is what the AI bot says in a callback: a stream as far as it has come.
type answerOf struct {
	stream string
	text   string // "" for nothing to say
	finish bool
}

// whole is an answer that is complete at once.
func whole(key, text string) answerOf {
	return answerOf{stream: streamID(key), text: text, finish: true}
}

// sealStream seals an answer. Its id follows the message, so that a repeat says the same.
func (c *Channel) sealStream(said answerOf) ([]byte, error) {
	raw, err := encode(map[string]any{
		"msgtype": "stream", "stream": map[string]any{"id": said.stream, "finish": said.finish, "content": bot.Cut(said.text, maxStream, bot.Bytes)},
	})
	if err != nil {
		return nil, err
	}
	s, err := c.c.Bot.close(raw, "", c.c.Clock(), c.c.Random)
	if err != nil {
		return nil, err
	}
	return encode(map[string]any{"encrypt": s.text, "msgsignature": s.signature, "timestamp": s.stamp, "nonce": s.nonce})
}

// mention is how a text names the bot that it was written to, before or behind the words.
var mention = regexp.MustCompile(`^\s*@[^\s\x{2005}]+[\s\x{2005}]*|[\s\x{2005}]+@[^\s\x{2005}]+\s*$`)

func unmention(text string) string {
	if at := mention.FindStringIndex(text); at != nil {
		return strings.TrimSpace(text[:at[0]] + text[at[1]:])
	}
	return strings.TrimSpace(text)
}

// update turns what was heard into what the bot understands; false when nobody spoke. In a group it hears only what was
// said to it.
func (in spoken) update(now time.Time) (bot.Update, bool) {
	who := idMember + in.From.UserID
	up := bot.Update{
		Channel: ChannelName, Account: in.BotID, Key: "b" + digest(in.MsgID)[:40], At: now.UTC(), Spoken: true, Kind: bot.KindOther,
		Chat: bot.ChatRef{ID: who, Kind: bot.ChatPrivate}, Person: bot.PersonRef{ID: who},
		Hash: digest(in.BotID, in.MsgID, in.ChatID, in.From.UserID, in.MsgType, in.Text.Content, in.Voice.Content, in.Image.URL, in.Event.Type),
	}
	if in.Created > 0 {
		up.At = time.Unix(in.Created, 0).UTC()
	}
	group := in.ChatType == "group"
	if group {
		up.Chat = bot.ChatRef{ID: idBotGroup + in.ChatID, Kind: bot.ChatGroup}
	}
	switch in.MsgType {
	case "text", "voice":
		text := in.Text.Content + in.Voice.Content
		if group {
			text = unmention(text)
		}
		if up.Kind, up.Text = bot.KindText, strings.TrimSpace(text); up.Text == "" {
			up.Text = "help" // somebody called us without a word
		}
	case "image":
		up.Kind, up.Picture = bot.KindPicture, in.Image.URL
	case "event":
		if in.Event.Type != "enter_chat" {
			return up, false
		}
		up.Kind = bot.KindFollow
	}
	return up, true
}

// fromBot takes in what was said to the AI bot. What takes longer than the platform waits is stored by then, and its answer
// goes on as a stream.
func (c *Channel) fromBot(ctx context.Context, in spoken) (answerOf, error) {
	if in.MsgType == "stream" {
		return c.askedStream(ctx, in)
	}
	up, ok := in.update(c.c.Clock())
	if !ok {
		return answerOf{}, nil
	}
	if err := c.keepAnswerPlace(ctx, up.Chat.ID, in.ResponseURL); err != nil {
		return answerOf{}, err
	}
	if said, own := c.bind(ctx, up); own {
		return whole(up.Key, said), nil
	}
	up.Person.Name = c.memberName(ctx, in.From.UserID)
	talk := up.Person.ID
	talks := []string{talk}
	if up.Chat.Kind == bot.ChatGroup {
		talk = up.Chat.ID + "/" + up.Person.ID
		talks = []string{talk, up.Chat.ID}
	}
	up, err := c.meant(ctx, up, talks...)
	if err != nil {
		return answerOf{}, err
	}
	taken, err := c.take(ctx, up)
	switch {
	case err != nil:
		return answerOf{}, fmt.Errorf("take an update in: %w", err)
	case taken.Late:
		return c.beginStream(ctx, up)
	}
	said, err := c.answerBot(ctx, up, talk, taken.Replies)
	return whole(up.Key, said), err
}

// answerBot gives the words of an answer. What is private leaves as an app message; where that cannot reach them, the group
// hears that it could not be said there.
func (c *Channel) answerBot(ctx context.Context, up bot.Update, talk string, replies []bot.Reply) (string, error) {
	var here []bot.Reply
	private := 0
	for i, r := range replies {
		if !r.Private || up.Chat.Kind != bot.ChatGroup {
			here = append(here, r)
			continue
		}
		private++
		key := up.Key + "/p" + strconv.Itoa(i)
		out := c.eachOnce(ctx, "once/"+key, 1, func(int) bot.Outcome {
			return c.toMember(ctx, bot.Outgoing{To: bot.Address{Person: up.Person.ID}, Reply: r, Key: key})
		})
		switch out.Sent {
		case bot.SentRetry:
			return "", fmt.Errorf("answer in private: %s", out.Reason)
		case bot.SentUnreachable, bot.SentRefused:
			here = append(here, bot.Reply{Text: c.word(up.Person.Lang, "wecom.start", "这条只能私聊说：请在应用里再发一次。 · I can say this in private only: please send it again in the app.")})
		default:
			here = append(here, bot.Reply{Text: c.word(up.Person.Lang, "wecom.private", "在应用里回你了。 · Answered in the app.")})
		}
	}
	m := gather(here)
	if private == len(replies) && private > 0 {
		m = gather(here[:1])
	}
	if err := c.lists.show(ctx, talk, m.actions()); err != nil {
		return "", err
	}
	return m.full(marked), nil
}
