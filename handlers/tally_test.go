package handlers

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
)

// mood is what is wrong with a Redis.
type mood int

const (
	honest mood = iota
	forgetful
	failing
	hanging
	saysFull
	saysFree
)

func (m mood) String() string {
	return [...]string{"honest", "forgetful", "failing", "hanging", "says full", "says free"}[m]
}

// tally is a Redis that tests can spoil.
type tally struct {
	mood   atomic.Int64
	asked  atomic.Int64
	mu     sync.Mutex
	counts map[domain.DealID]domain.DealTally
}

func (y *tally) Publish(ctx context.Context, t domain.DealTally) error {
	switch mood(y.mood.Load()) { //nolint:exhaustive // the others need nothing special
	case failing:
		return errors.New("redis is away")
	case hanging:
		<-ctx.Done()
		return ctx.Err()
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.counts == nil {
		y.counts = map[domain.DealID]domain.DealTally{}
	}
	if old, ok := y.counts[t.Deal]; !ok || old.Version <= t.Version {
		y.counts[t.Deal] = t
	}
	return nil
}

func (y *tally) TallyOf(ctx context.Context, deal domain.DealID) (domain.DealTally, error) {
	y.asked.Add(1)
	m := mood(y.mood.Load())
	switch m { //nolint:exhaustive // the others need nothing special
	case forgetful:
		return domain.DealTally{}, domain.ErrNoTally
	case failing:
		return domain.DealTally{}, errors.New("redis is away")
	case hanging:
		<-ctx.Done()
		return domain.DealTally{}, ctx.Err()
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	t, ok := y.counts[deal]
	if !ok {
		return t, domain.ErrNoTally
	}
	if m != honest {
		t = lie(t, m == saysFull)
	}
	return t, nil
}

// lie gives a tally that claims to be the newest and is wrong in every number.
func lie(t domain.DealTally, full bool) domain.DealTally {
	out := domain.DealTally{Deal: t.Deal, Open: true, Version: math.MaxInt64}
	for _, tm := range t.Teams {
		tm.State, tm.Live.Shares, tm.Offered = domain.TeamForming, 0, 0
		if full {
			tm.Live.Shares = tm.Cap
		}
		out.Teams = append(out.Teams, tm)
	}
	for _, it := range t.Items {
		it.Left = 1_000
		if full {
			it.Left = 0
		}
		out.Items = append(out.Items, it)
	}
	return out
}

func (y *tally) Schedule(context.Context, []domain.TeamDeadline) error { return nil }
func (y *tally) Forget(context.Context, []domain.TeamDeadline) error   { return nil }
func (y *tally) Due(context.Context, time.Time, int) ([]domain.DealID, error) {
	return nil, nil
}

// published waits until the Redis has heard of what a command with this answer did: an answer names the version before it.
func (y *tally) published(t *testing.T, deal domain.DealID, version int64) {
	t.Helper()
	until(t, "the tally is published", func() bool {
		y.mu.Lock()
		defer y.mu.Unlock()
		return y.counts[deal].Version > version
	})
}
