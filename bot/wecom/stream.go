package wecom

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tuanbot/bot"
)

// An answer that takes longer than a callback may: it begins as a stream, whose message the platform asks for again and again
// until we say that it is finished.
const (
	streamFor   = 5*time.Minute + 30*time.Second // of the platform's six
	streamKept  = 15 * time.Minute               // repeats of the message come no later
	streamQuiet = 1500 * time.Millisecond        // after the last words: then nothing more is expected
	streamWaits = 10 * time.Second               // for the platform to ask; then it is said in another way
	mostStreams = 3                              // of one person at once
)

// stream is an answer on its way.
type stream struct {
	Chat    string      `json:"c"`
	Who     string      `json:"w"`
	Replies []bot.Reply `json:"r,omitempty"`
	Keys    []string    `json:"k,omitempty"` // of what was added, so that a repeat adds nothing
	Made    int64       `json:"m"`           // ms
	Added   int64       `json:"a,omitempty"` // ms
	Done    bool        `json:"d,omitempty"` // the platform has heard its end
}

func (s stream) over(now time.Time) bool { return now.Sub(time.UnixMilli(s.Made)) >= streamFor }

// streamID follows the message that is answered, so that a repeat says the same.
func streamID(key string) string { return "s" + strings.TrimPrefix(key, "b")[:31] }

// ofMessage finds in the key of something sent the message of the AI bot that it answers.
var ofMessage = regexp.MustCompile(`^(b[0-9a-f]{40})/\d+$`)

// openStream begins an answer whose words are not there yet; false when this person has as many as the platform bears. A
// repeat of the message finds the stream as it is now.
func (c *Channel) openStream(ctx context.Context, up bot.Update) (s stream, open bool, err error) {
	id, now := streamID(up.Key), c.c.Clock()
	err = change(ctx, c.c.Notes, pageStreamsOf, up.Person.ID, now.Add(streamKept), func(old *map[string]int64) *map[string]int64 {
		all := map[string]int64{}
		if old != nil {
			for other, ends := range *old {
				if ends > now.UnixMilli() {
					all[other] = ends
				}
			}
		}
		if _, open = all[id]; !open && len(all) < mostStreams {
			open, all[id] = true, now.Add(streamFor).UnixMilli()
		}
		return &all
	})
	if err != nil {
		return s, false, err
	}
	err = c.changeStream(ctx, id, func(old *stream) *stream {
		s = stream{Made: now.UnixMilli(), Done: !open} // what may not be a stream is said in another way
		if old != nil {                                // a repeat, or words were faster than we
			s = *old
		}
		s.Chat, s.Who = up.Chat.ID, up.Person.ID
		return &s
	})
	return s, open || len(s.Replies) > 0, err
}

// beginStream is the first word of an answer that comes later.
func (c *Channel) beginStream(ctx context.Context, up bot.Update) (answerOf, error) {
	s, open, err := c.openStream(ctx, up)
	if err != nil || !open { // then it is said at the address that the message brought
		return answerOf{}, err
	}
	return c.tellStream(ctx, streamID(up.Key), s)
}

// tellStream says what stands in a stream, and notes that its end was said.
func (c *Channel) tellStream(ctx context.Context, id string, s stream) (answerOf, error) {
	text, finish := c.streamWords(s)
	if finish && !s.Done {
		if err := c.endStream(ctx, id, s.Who); err != nil {
			return answerOf{}, err
		}
	}
	return answerOf{stream: id, text: text, finish: finish}, nil
}

func (c *Channel) changeStream(ctx context.Context, id string, f func(old *stream) *stream) error {
	return change(ctx, c.c.Notes, pageStreams, id, c.c.Clock().Add(streamKept), f)
}

// intoStream adds what is said late to the stream that waits for it, or will in a moment. What is for the person alone leaves
// by itself, and the stream says only that. False: the stream has ended, or there is none.
func (c *Channel) intoStream(ctx context.Context, out bot.Outgoing) (bot.Outcome, bool) {
	m := ofMessage.FindStringSubmatch(out.Key)
	if m == nil {
		return bot.Outcome{}, false
	}
	id := streamID(m[1])
	s, found, err := look[stream](ctx, c.c.Notes, pageStreams, id)
	if err != nil {
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}, true
	}
	here := out.To.Chat != "" && (!found || s.Chat == "" || s.Chat == out.To.Chat) || out.To.Chat == "" && out.To.Person == s.Chat
	did, reply := bot.Outcome{Sent: bot.SentOK, MessageID: out.Key}, out.Reply
	if !here {
		if did = c.toMember(ctx, out); did.Sent != bot.SentOK {
			return did, true
		}
		reply = bot.Reply{Text: c.word("zh", "wecom.private", "在应用里回你了。 · Answered in the app.")}
	}
	added, err := c.fillStream(ctx, id, out, reply)
	if err != nil {
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}, true
	}
	return did, added || !here
}

// fillStream adds a reply to a stream, once; false when the stream has ended.
func (c *Channel) fillStream(ctx context.Context, id string, out bot.Outgoing, reply bot.Reply) (added bool, err error) {
	var s stream
	now := c.c.Clock()
	err = c.changeStream(ctx, id, func(old *stream) *stream {
		if s = (stream{Chat: out.To.Chat, Made: now.UnixMilli()}); old != nil {
			s = *old
		}
		if added = !s.Done && !s.over(now); added && !slices.Contains(s.Keys, out.Key) {
			s.Replies, s.Keys, s.Added = append(s.Replies, reply), append(s.Keys, out.Key), now.UnixMilli()
		}
		return &s
	})
	if err != nil || !added || s.talk() == "" {
		return added && err == nil, err
	}
	return true, c.lists.show(ctx, s.talk(), gather(s.Replies).actions())
}

// talk is where the numbers below the answer are kept.
func (s stream) talk() string {
	if s.Chat == s.Who || s.Who == "" {
		return s.Chat
	}
	return s.Chat + "/" + s.Who
}

// words are what a stream shows now, and whether that is all. A stream that nobody could fill in time ends with a promise.
func (c *Channel) streamWords(s stream) (text string, finish bool) {
	now := c.c.Clock()
	text = gather(s.Replies).full(marked)
	switch {
	case text == "" && s.over(now):
		return c.word("zh", "wecom.stream_later", "还没好，好了我再告诉你。 · Not ready yet; I will tell you when it is."), true
	case text == "":
		return c.word("zh", "wecom.stream", "正在看… · One moment…"), false
	}
	return text, s.Done || s.over(now) || now.Sub(time.UnixMilli(s.Added)) >= streamQuiet
}

// askedStream answers the platform, which asks how far a stream is.
func (c *Channel) askedStream(ctx context.Context, in spoken) (answerOf, error) {
	id := in.Stream.ID
	s, found, err := look[stream](ctx, c.c.Notes, pageStreams, id)
	if err != nil {
		return answerOf{}, err
	}
	if !found || s.Who != "" && s.Who != idMember+in.From.UserID { // it is over, or somebody else's
		return answerOf{stream: id, text: "✓", finish: true}, nil
	}
	return c.tellStream(ctx, id, s)
}

// endStream notes that a stream's end was heard, and frees its place among its person's.
func (c *Channel) endStream(ctx context.Context, id, who string) error {
	err := c.changeStream(ctx, id, func(old *stream) *stream {
		if old != nil {
			old.Done = true
		}
		return old
	})
	if err != nil {
		return err
	}
	return change(ctx, c.c.Notes, pageStreamsOf, who, c.c.Clock().Add(streamKept), func(old *map[string]int64) *map[string]int64 {
		if old != nil {
			delete(*old, id)
		}
		return old
	})
}

// FollowStreams says in another way what stands in streams that the platform does not ask for any more.
func (c *Channel) FollowStreams(ctx context.Context) {
	ids, err := c.c.Notes.Keys(ctx, pageStreams, "", 1000)
	if err != nil {
		return // the next round looks again
	}
	for _, id := range ids {
		s, found, err := look[stream](ctx, c.c.Notes, pageStreams, id)
		if err != nil || !found || s.Done || len(s.Replies) == 0 || s.Chat == "" || c.c.Clock().Sub(time.UnixMilli(s.Added)) < streamWaits {
			continue
		}
		if err := c.saveStream(ctx, id, s); err != nil {
			c.c.Log.WarnContext(ctx, "an answer waits in its stream", "channel", ChannelName, "err", c.api.veil.OverError(err))
		}
	}
}

// saveStream ends a stream and says its words at the address that its message brought, or by the group's robot; whoever ends
// it first says them.
func (c *Channel) saveStream(ctx context.Context, id string, s stream) error {
	mine := false
	err := c.changeStream(ctx, id, func(old *stream) *stream {
		if mine = old != nil && !old.Done; mine {
			old.Done = true
			s = *old
		}
		return old
	})
	if err != nil || !mine {
		return err
	}
	m := gather(s.Replies)
	out := bot.Outgoing{
		To: bot.Address{Chat: s.Chat}, Reply: bot.Reply{Text: strings.Join(m.blocks, "\n\n"), Choices: slices.Concat(m.links, m.choices)}, Key: "stream/" + id,
	}
	say := c.toBotGroup
	if s.Chat == s.Who {
		say = func(ctx context.Context, _ string, out bot.Outgoing) bot.Outcome { return c.toMember(ctx, out) }
	}
	did := say(ctx, s.Chat, out)
	if did.Sent != bot.SentRetry {
		return nil
	}
	err = c.changeStream(ctx, id, func(old *stream) *stream {
		if old != nil {
			old.Done = false
		}
		return old
	})
	return errors.Join(fmt.Errorf("say a stream's words otherwise: %s", did.Reason), err)
}
