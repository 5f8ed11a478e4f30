package webchat_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/bot/webchat"
)

// fullStore stops storing when it is told to.
type fullStore struct {
	webchat.Store
	broken atomic.Bool
}

func (b *fullStore) PutWebPosts(ctx context.Context, posts []webchat.PostRow, now int64) ([]string, error) {
	if b.broken.Load() {
		return nil, errors.New("disk full")
	}
	return b.Store.PutWebPosts(ctx, posts, now)
}

func TestContract(t *testing.T) {
	t.Parallel()
	bottest.Run(t, bottest.Contract{Open: func(t *testing.T) *bottest.Stand {
		t.Helper()
		store := &fullStore{}
		inner := sqliteStore(t)
		store.Store = inner
		w := newWorld(t, inner, func(cfg *webchat.Config) { cfg.Store = store })
		private := bot.Address{Channel: webchat.ChannelName, Person: "ming"}
		return &bottest.Stand{
			Channel: w.chat, Private: private, Group: bot.Address{Channel: webchat.ChannelName, Chat: "g1"},
			Nobody: bot.Address{Channel: webchat.ChannelName, Person: "nobody"},
			Fail:   []bottest.Failure{{Name: "the store is broken", Want: bot.SentRetry, Do: func() { store.broken.Store(true) }}},
			Seen: func(t *testing.T, to bot.Address) []bottest.Seen {
				t.Helper()
				room := to.Chat
				if room == "" {
					room = w.chat.PrivateChat("ming")
				}
				return w.seen(t, room)
			},
			Secrets: []string{string(w.chat.SigningKey)},
		}
	}})
}

func (w *world) seen(t *testing.T, room string) []bottest.Seen {
	t.Helper()
	list, err := w.chat.Messages(t.Context(), "ming", room, 0, 200)
	must(t, err)
	var all []bottest.Seen
	for _, m := range list {
		if m.Reply == nil {
			continue
		}
		s := bottest.Seen{ID: m.ID, Text: bot.Plain(*m.Reply)}
		for _, c := range m.Reply.Choices {
			s.Buttons = append(s.Buttons, c.Label)
		}
		all = append(all, s)
	}
	return all
}
