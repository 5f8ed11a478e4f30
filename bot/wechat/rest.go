package wechat

import (
	"context"
	"fmt"
	"time"

	"tuanbot/bot"
)

const (
	restLives = 48 * time.Hour
	restLease = time.Minute
	restTries = 5
	restPages = 200
	restAfter = 300 * time.Millisecond // the answer itself is to be read first
)

// keepRest writes down what does not fit into an answer before that is given. A repeat of the callback finds it there and
// nothing is sent twice.
func (c *Channel) keepRest(ctx context.Context, in inbound, parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	return c.changeRest(ctx, in.key(), func(old *rest) *rest {
		if old != nil {
			return old
		}
		return &rest{To: in.FromUserName, Parts: parts}
	})
}

func (c *Channel) changeRest(ctx context.Context, key string, f func(old *rest) *rest) error {
	err := c.c.Notes.Change(ctx, pageRest, key, func(raw []byte) ([]byte, time.Time, error) {
		var old *rest
		if raw != nil {
			r, err := decode[rest](raw)
			if err != nil {
				return nil, time.Time{}, err
			}
			old = &r
		}
		next := f(old)
		if next == nil {
			return nil, time.Time{}, nil
		}
		return next.raw(c.c.Clock().Add(restLives))
	})
	if err != nil {
		return fmt.Errorf("keep the rest of an answer: %w", err)
	}
	return nil
}

// sendRest sends it in the background, after the answer.
func (c *Channel) sendRest(ctx context.Context, key string, answered <-chan struct{}) {
	c.busy.Go(func() {
		<-answered
		ctx, cancel := context.WithTimeout(ctx, restLease)
		defer cancel()
		if !pause(ctx, restAfter) {
			return
		}
		if err := c.finishRest(ctx, key); err != nil {
			c.c.Log.WarnContext(ctx, "an answer's rest waits", "channel", ChannelName, "err", c.api.scrub(err))
		}
	})
}

// finishRest claims the rest of an answer and sends it in order. It stays where it stopped.
func (c *Channel) finishRest(ctx context.Context, key string) error {
	var mine *rest
	now := c.c.Clock()
	err := c.changeRest(ctx, key, func(r *rest) *rest {
		mine = nil
		if r == nil || r.Done || r.Lease > now.UnixMilli() {
			return r
		}
		claimed := *r
		claimed.Lease, claimed.Tries = now.Add(restLease).UnixMilli(), r.Tries+1
		mine = &claimed
		return &claimed
	})
	if err != nil || mine == nil {
		return err
	}
	for mine.Next < len(mine.Parts) {
		did := c.servicePart(ctx, mine.To, mine.Parts[mine.Next])
		if did.Sent == bot.SentRetry && mine.Tries < restTries {
			break
		}
		if did.Sent != bot.SentOK && did.Sent != bot.SentUnknown {
			c.c.Log.WarnContext(ctx, "part of an answer was not taken", "channel", ChannelName, "reason", did.Reason)
		}
		mine.Next++
	}
	mine.Lease, mine.Done = 0, mine.Next == len(mine.Parts)
	if mine.Done {
		mine.Parts = nil // what it said is of no use to anybody now; that it was said still is
	}
	return c.changeRest(context.WithoutCancel(ctx), key, func(*rest) *rest { return mine })
}

// Resume sends what a crash or a busy platform left unsent.
func (c *Channel) Resume(ctx context.Context) {
	after := ""
	for range restPages {
		keys, err := c.c.Notes.Keys(ctx, pageRest, after, 100)
		if err != nil || len(keys) == 0 {
			return // the next round looks again
		}
		for _, key := range keys {
			if ctx.Err() != nil {
				return
			}
			if c.restWaits(ctx, key) {
				c.resumeOne(ctx, key)
			}
		}
		after = keys[len(keys)-1]
	}
}

func (c *Channel) restWaits(ctx context.Context, key string) bool {
	raw, err := c.c.Notes.Note(ctx, pageRest, key)
	if err != nil {
		return false // the next round looks again
	}
	r, err := decode[rest](raw)
	return err == nil && !r.Done && r.Lease <= c.c.Clock().UnixMilli()
}

// resumeOne finishes what it has begun also when the program is told to stop.
func (c *Channel) resumeOne(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restLease)
	defer cancel()
	if err := c.finishRest(ctx, key); err != nil {
		c.c.Log.WarnContext(ctx, "an answer's rest waits", "channel", ChannelName, "err", c.api.scrub(err))
	}
}
