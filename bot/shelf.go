package bot

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// SharedCache is what all copies of the program share for a while. A broken one costs requests, never an answer.
type SharedCache interface {
	Get(ctx context.Context, key string) (value string, found bool, err error)
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	Delete(ctx context.Context, key string) error
}

// Shelf is where copies hand values of a platform to each other, each with the time until which it is good. A cache that
// fails, is slow, or is not there is a shelf without anything on it.
type Shelf struct {
	Cache   SharedCache // may be nil
	Clock   func() time.Time
	Log     *slog.Logger
	Channel string
}

// shelfWait is how long a cache may take.
const shelfWait = 300 * time.Millisecond

// shelved is a value as it lies there.
type shelved struct {
	Value string `json:"v"`
	Until int64  `json:"u"` // ms
}

// Look finds a value that is still good.
func (s Shelf) Look(ctx context.Context, key string) (value string, until time.Time, ok bool) {
	if s.Cache == nil {
		return "", time.Time{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, shelfWait)
	defer cancel()
	raw, found, err := s.Cache.Get(ctx, key)
	if err != nil {
		s.Log.WarnContext(ctx, "the shared cache gives nothing", "channel", s.Channel, "err", err)
	}
	var v shelved
	if err != nil || !found || json.Unmarshal([]byte(raw), &v) != nil || v.Value == "" {
		return "", time.Time{}, false
	}
	return v.Value, time.UnixMilli(v.Until), s.Clock().UnixMilli() < v.Until
}

// Put gives a value to other copies. A life of nothing is not stored: some stores would keep it for ever.
func (s Shelf) Put(ctx context.Context, key, value string, lasts time.Duration) {
	if s.Cache == nil || lasts <= 0 {
		return
	}
	raw, err := json.Marshal(shelved{Value: value, Until: s.Clock().Add(lasts).UnixMilli()})
	if err != nil {
		return // a struct of a text and a number always encodes
	}
	ctx, cancel := context.WithTimeout(ctx, shelfWait)
	defer cancel()
	if err := s.Cache.Set(ctx, key, string(raw), lasts); err != nil {
		s.Log.WarnContext(ctx, "the shared cache takes nothing", "channel", s.Channel, "err", err)
	}
}

// Drop removes a value that turned out bad, unless it was replaced meanwhile.
func (s Shelf) Drop(ctx context.Context, key, bad string) {
	if value, _, ok := s.Look(ctx, key); !ok || value != bad {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, shelfWait)
	defer cancel()
	if err := s.Cache.Delete(ctx, key); err != nil {
		s.Log.WarnContext(ctx, "the shared cache removes nothing", "channel", s.Channel, "err", err)
	}
}
