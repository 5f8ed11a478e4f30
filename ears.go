package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

// The work of the ears is done in batches, so that a rush of joins costs no transaction for each person who joins.
const (
	earsEvery = time.Second
	earsBatch = 200
	earsMost  = 20_000
	earsAgain = time.Minute
	earsKept  = 5_000
)

// ears notice on which channel a person was heard of last, and let go what was kept until they would be heard of again.
type ears struct {
	store  domain.Store
	outbox domain.Outbox
	clock  func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	waiting map[[2]string]bool
	lately  map[[2]string]time.Time // when somebody was noted last: once a minute is enough
}

func newEars(store domain.Store, outbox domain.Outbox, clock func() time.Time, log *slog.Logger) *ears {
	return &ears{store: store, outbox: outbox, clock: clock, log: log, waiting: map[[2]string]bool{}, lately: map[[2]string]time.Time{}}
}

// heard notes a person. Beyond the bound a person is noted when they are heard of the next time.
func (e *ears) heard(_ context.Context, channel, person string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	who, now := [2]string{channel, person}, e.clock()
	if last, known := e.lately[who]; known && now.Sub(last) < earsAgain || len(e.waiting) >= earsMost {
		return
	}
	if len(e.lately) >= earsMost {
		clear(e.lately)
	}
	e.lately[who], e.waiting[who] = now, true
}

// attentive hands updates on and notes who spoke, for the channel that does not come by the intake.
type attentive struct {
	bot.Handler

	heard func(ctx context.Context, channel, person string)
}

// Handle answers an update and notes its person.
func (a attentive) Handle(ctx context.Context, up bot.Update) ([]bot.Reply, error) {
	replies, err := a.Handler.Handle(ctx, up)
	if err == nil && up.Person.ID != "" && up.Kind != bot.KindUnfollow && up.Kind != bot.KindGone {
		a.heard(ctx, up.Channel, up.Person.ID)
	}
	return replies, err
}

func (e *ears) take() [][2]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var batch [][2]string
	for who := range e.waiting {
		if batch = append(batch, who); len(batch) == earsBatch {
			break
		}
	}
	for _, who := range batch {
		delete(e.waiting, who)
	}
	return batch
}

// Once works off one batch and says how many people it was.
func (e *ears) Once(ctx context.Context) (int, error) {
	batch := e.take()
	if len(batch) == 0 {
		return 0, nil
	}
	now := e.clock().UTC().Truncate(time.Millisecond)
	seen := make([]domain.Identity, 0, len(batch))
	for _, who := range batch {
		a, err := e.store.AccountByIdentity(ctx, who[0], who[1])
		if errors.Is(err, domain.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("who was heard of: %w", err)
		}
		seen = append(seen, domain.Identity{Channel: who[0], External: who[1], Account: a.ID, SeenAt: now})
	}
	if err := e.remember(ctx, seen); err != nil {
		return 0, err
	}
	return len(batch), e.release(ctx, seen)
}

func (e *ears) remember(ctx context.Context, seen []domain.Identity) error {
	err := e.store.InTx(ctx, func(tx domain.Tx) error {
		for _, i := range seen {
			if err := tx.SeeIdentity(ctx, i.Channel, i.External, i.SeenAt); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remember who was heard of: %w", err)
	}
	return nil
}

// release makes due what was kept for these people.
func (e *ears) release(ctx context.Context, seen []domain.Identity) error {
	kept, err := e.outbox.DeliveriesIn(ctx, domain.DeliveryKept, earsKept)
	if err != nil || len(kept) == 0 {
		return err
	}
	waits := map[domain.AccountID]bool{}
	for _, d := range kept {
		waits[d.Account] = true
	}
	for _, i := range seen {
		if !waits[i.Account] {
			continue
		}
		if _, err := e.outbox.Requeue(ctx, nil, i.Account); err != nil {
			return fmt.Errorf("let go what was kept: %w", err)
		}
		delete(waits, i.Account)
	}
	return nil
}

// Run works until the context ends.
func (e *ears) Run(ctx context.Context) error {
	tick := time.NewTicker(earsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if _, err := e.Once(ctx); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "who was heard of", "err", err)
		}
	}
}
