package webchat

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"tuanbot/bot"
)

const (
	pumpBatch   = 64
	pumpWorkers = 16
	lastAttempt = 40 // with the pauses below: more than half an hour of trying
	longestWait = time.Minute
)

// deliver hands a leased message to the bot and then whatever else its author said meanwhile. It outlives the request
// that brought the message: somebody who closes the page must not stop an order half-way.
func (c *Chat) deliver(ctx context.Context, m MessageRow) {
	ctx = context.WithoutCancel(ctx)
	if c.handleOne(ctx, m) {
		c.deliverNext(ctx, m.Author)
	}
}

// deliverNext hands on what a person has waiting, in order, until nothing is left or one has to wait.
func (c *Chat) deliverNext(ctx context.Context, person string) {
	ctx = context.WithoutCancel(ctx)
	for {
		now := c.now()
		m, found, err := c.Store.NextWeb(ctx, person, now, now+leaseFor.Milliseconds())
		if err != nil {
			c.Log.Warn("the next message waits for the pump", "channel", ChannelName, "err", err)
			return
		}
		if !found || !c.handleOne(ctx, m) {
			return
		}
	}
}

// handleOne says whether the message is done with.
func (c *Chat) handleOne(ctx context.Context, m MessageRow) bool {
	posts, err := c.answer(ctx, m)
	if err != nil && m.Attempts >= lastAttempt {
		c.Log.Error("a message is given up", "channel", ChannelName, "message", m.ID, "attempts", m.Attempts, "err", err)
		posts, err = c.apology(ctx, m)
	}
	if err == nil {
		err = c.finish(ctx, m, posts)
	}
	if err == nil {
		return true
	}
	c.Log.Warn("a message is tried again later", "channel", ChannelName, "message", m.ID, "attempts", m.Attempts, "err", err)
	now := c.now()
	if err := c.Store.PostponeWeb(ctx, m.ID, now+pause(m.Attempts).Milliseconds(), now); err != nil {
		c.Log.Warn("a message waits for its lease to end", "channel", ChannelName, "message", m.ID, "err", err)
		return false
	}
	c.wakeRoom(ctx, m.Room)
	return false
}

// pause doubles from one second to a minute.
func pause(attempts int64) time.Duration {
	if attempts > 6 {
		return longestWait
	}
	return min(time.Second<<max(attempts-1, 0), longestWait)
}

func (c *Chat) finish(ctx context.Context, m MessageRow, posts []PostRow) error {
	if m.Kind == kindUnfollow { // erasing takes the message itself along; until then it is tried again
		if err := c.Store.EraseWebPerson(ctx, m.Author, c.now()); err != nil {
			return fmt.Errorf("erase a person: %w", err)
		}
		return nil
	}
	if err := c.Store.FinishWeb(ctx, m.ID, posts, c.now()); err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	c.wakeRoom(ctx, m.Room)
	for _, p := range posts {
		if p.Room != m.Room {
			c.wakeRoom(ctx, p.Room)
		}
	}
	return nil
}

var errNoHandler = errors.New("nobody answers yet")

func (c *Chat) answer(ctx context.Context, m MessageRow) ([]PostRow, error) {
	h := c.handler.Load()
	if h == nil {
		return nil, errNoHandler
	}
	up, err := c.update(ctx, m)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, handleIn)
	defer cancel()
	replies, err := handleSafely(ctx, *h, up)
	if err != nil {
		return nil, fmt.Errorf("handle a message: %w", err)
	}
	return c.posts(m, up.Chat.Kind, replies)
}

// handleSafely turns a panic into a fault: one person's message must not take the others down.
func handleSafely(ctx context.Context, h bot.Handler, up bot.Update) (replies []bot.Reply, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return h.Handle(ctx, up)
}

// apology ends a message that can never be handled.
func (c *Chat) apology(ctx context.Context, m MessageRow) ([]PostRow, error) {
	p, _, err := c.Store.WebPerson(ctx, m.Author)
	if err != nil {
		return nil, fmt.Errorf("read the author of a message: %w", err)
	}
	return c.posts(m, bot.ChatGroup, []bot.Reply{{Text: word(p.Lang, "chat.gave_up"), Private: true, Code: "gave_up"}})
}

// Once hands on what still waits: left by a crash, postponed, or stored before anybody answered.
func (c *Chat) Once(ctx context.Context) (int, error) {
	people, err := c.Store.WaitingWeb(ctx, c.now(), pumpBatch)
	if err != nil {
		return 0, fmt.Errorf("look for waiting messages: %w", err)
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(pumpWorkers)
	done := make([]int, len(people))
	for i, person := range people {
		group.Go(func() error {
			now := c.now()
			m, found, err := c.Store.NextWeb(gctx, person, now, now+leaseFor.Milliseconds())
			if err != nil || !found {
				return err
			}
			c.deliver(gctx, m)
			done[i] = 1
			return nil
		})
	}
	err = group.Wait()
	sum := 0
	for _, n := range done {
		sum += n
	}
	return sum, err
}

// Run keeps delivering until the context ends, and then ends the open streams.
func (c *Chat) Run(ctx context.Context) error {
	defer c.once.Do(func() { close(c.quit) })
	tick := time.NewTicker(c.poll)
	defer tick.Stop()
	prune := time.NewTicker(time.Hour)
	defer prune.Stop()
	for {
		if _, err := c.Once(ctx); err != nil && ctx.Err() == nil {
			c.Log.Warn("waiting messages stay where they are", "channel", ChannelName, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-prune.C:
			if err := c.Store.PruneWebSessions(ctx, c.now()); err != nil && ctx.Err() == nil {
				c.Log.Warn("old sessions stay", "channel", ChannelName, "err", err)
			}
		case <-tick.C:
		}
	}
}
