package notify

import (
	"context"
	"errors"
	"testing"
	"time"

	"tuanbot/domain"
)

func TestQuietUntil(t *testing.T) {
	t.Parallel()
	night := domain.Community{Zone: "Asia/Shanghai", QuietFrom: 22*60 + 30, QuietTo: 7*60 + 30}
	noon := domain.Community{Zone: "Asia/Shanghai", QuietFrom: 12 * 60, QuietTo: 14 * 60}
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 5, day, hour, minute, 0, 0, time.FixedZone("CST", 8*3600))
	}
	for _, c := range []struct {
		home      domain.Community
		now, till time.Time
	}{
		{night, at(1, 22, 29), time.Time{}},
		{night, at(1, 22, 30), at(2, 7, 30)},
		{night, at(2, 3, 0), at(2, 7, 30)},
		{night, at(2, 7, 30), time.Time{}},
		{noon, at(1, 11, 59), time.Time{}},
		{noon, at(1, 13, 0), at(1, 14, 0)},
		{domain.Community{Zone: "Asia/Shanghai"}, at(1, 0, 0), time.Time{}},
	} {
		if got := quietUntil(c.home, c.now.UTC()); !got.Equal(c.till) {
			t.Errorf("at %s quiet until %s, want %s", c.now, got, c.till)
		}
	}
}

func TestBackoffGrowsToACap(t *testing.T) {
	t.Parallel()
	for jitter, last := range map[float64]time.Duration{0: 10 * time.Minute, 1: 5 * time.Minute} {
		r := New(Config{Clock: time.Now, Rand: func() float64 { return jitter }})
		prev := time.Duration(0)
		for i := int64(1); i < 100; i++ {
			wait := r.backoff(i)
			if wait < prev || wait <= 0 {
				t.Fatalf("try %d waits %s after %s", i, wait, prev)
			}
			prev = wait
		}
		if prev != last {
			t.Errorf("with jitter %v the longest wait is %s, want %s", jitter, prev, last)
		}
	}
}

func TestGateKeepsRankAndOrder(t *testing.T) {
	t.Parallel()
	g := newGate(1)
	in := g.ask(2)
	late, early, money := g.ask(2), g.ask(1), g.ask(0)
	called := func(x *ticket) bool {
		select {
		case <-x.call:
			return true
		default:
			return false
		}
	}
	if !called(in) || called(late) || called(early) || called(money) {
		t.Fatal("only the first is in")
	}
	for _, next := range []*ticket{money, early, late} {
		g.leave()
		if !called(next) {
			t.Fatal("the wrong one was called")
		}
	}
	g.leave()
	if !called(g.ask(5)) {
		t.Error("a place was lost")
	}
}

func TestGateGivenUp(t *testing.T) {
	t.Parallel()
	g := newGate(1)
	g.ask(0)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.wait(gone, g.ask(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("given up with %v", err)
	}
	g.leave()
	if err := g.wait(t.Context(), g.ask(0)); err != nil {
		t.Errorf("the place of who gave up was lost: %v", err)
	}
}
