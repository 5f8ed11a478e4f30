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

// The end of quiet hours may fall into an hour that the clocks leave out: they end when the clocks have passed it, not a day later.
func TestQuietHoursEndWhereTheClocksJump(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Time{ // the instant at which 2:00 becomes 3:00
		"Europe/Berlin": time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), "America/New_York": time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC),
	} {
		home := domain.Community{Zone: name, QuietFrom: 22 * 60, QuietTo: 2*60 + 30}
		for before := time.Minute; before <= 2*time.Hour; before += time.Minute {
			now := jump.Add(-before)
			if end := quietUntil(home, now); end.Before(jump) || end.After(jump.Add(30*time.Minute)) {
				t.Fatalf("%s: at %s quiet until %s, the clocks jump at %s", name, now, end, jump)
			}
		}
		if end := quietUntil(home, jump); !end.IsZero() {
			t.Errorf("%s: still quiet at 3:00, until %s", name, end)
		}
	}
	twice := domain.Community{Zone: "America/New_York", QuietFrom: 22 * 60, QuietTo: 90} // 1:30 comes twice on the first of November
	for minute, until := range map[int]int{10: 30, 29: 30, 70: 90, 89: 90} {
		one := time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC) // 1:00 for the first time
		if end := quietUntil(twice, one.Add(time.Duration(minute)*time.Minute)); !end.Equal(one.Add(time.Duration(until) * time.Minute)) {
			t.Errorf("%d minutes after the first 1:00 quiet until %s", minute, end)
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
