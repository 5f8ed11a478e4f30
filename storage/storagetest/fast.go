package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

func tallies(w *world) {
	t := w.t
	ctx := t.Context()
	if _, err := w.Tally.TallyOf(ctx, "d"); !errors.Is(err, domain.ErrNoTally) {
		t.Errorf("an unknown tally: %v", err)
	}
	tally := func(version, shares int64, open bool) domain.DealTally {
		return domain.DealTally{
			Deal: "d", Version: version, Open: open,
			Teams: []domain.TeamTally{{Team: "T", State: domain.TeamForming, Live: domain.Counts{People: 1, Shares: shares, Goods: money.Yuan(shares)}, Cap: 9, CapUnit: domain.UnitShares, DeadlineAt: w.Now()}},
			Items: []domain.ItemTally{{Item: "i", Held: shares, Left: 50 - shares}},
		}
	}
	must(t, w.Tally.Publish(ctx, tally(9, 9, true)))
	must(t, w.Tally.Publish(ctx, tally(10, 10, true)))
	must(t, w.Tally.Publish(ctx, tally(2, 2, false))) // older, and smaller as text too
	other := tally(11, 1, true)
	other.Teams[0].Team, other.Items = "U", nil
	must(t, w.Tally.Publish(ctx, other)) // another team of the same deal, later
	got, err := w.Tally.TallyOf(ctx, "d")
	must(t, err)
	if got.Version != 11 || !got.Open || len(got.Teams) != 2 || got.Teams[0].Live.Shares != 10 || got.Items[0].Left != 40 || !got.Teams[0].DeadlineAt.Equal(w.Now()) {
		t.Errorf("tally %+v", got)
	}
	if _, err := w.Tally.TallyOf(ctx, "D"); !errors.Is(err, domain.ErrNoTally) {
		t.Errorf("another deal's tally: %v", err)
	}
	w.Forget()
	if _, err := w.Tally.TallyOf(ctx, "d"); !errors.Is(err, domain.ErrNoTally) {
		t.Errorf("after a loss: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := w.Tally.TallyOf(ended, "d"); !errors.Is(err, domain.ErrNoTally) {
		t.Errorf("without time: %v", err)
	}
}

func deadlines(w *world) {
	t := w.t
	ctx := t.Context()
	now := w.Now()
	at := func(deal domain.DealID, team domain.TeamID, d time.Duration) domain.TeamDeadline {
		return domain.TeamDeadline{Deal: deal, Team: team, At: now.Add(d)}
	}
	must(t, w.Tally.Schedule(ctx, []domain.TeamDeadline{at("a", "1", 0), at("a", "2", -time.Second), at("b", "3", -time.Hour), at("c", "4", time.Millisecond)}))
	want := func(what string, ids ...domain.DealID) {
		t.Helper()
		if got, err := w.Tally.Due(ctx, now, 10); err != nil || !slices.Equal(got, ids) {
			t.Errorf("%s: %v, %v; want %v", what, got, err, ids)
		}
	}
	want("oldest first", "b", "a")
	must(t, w.Tally.Schedule(ctx, []domain.TeamDeadline{at("b", "3", time.Hour)})) // extended meanwhile
	must(t, w.Tally.Forget(ctx, []domain.TeamDeadline{at("b", "3", -time.Hour), at("a", "2", -time.Second)}))
	want("what was forgotten is gone", "a")
	if got, err := w.Tally.Due(ctx, now.Add(2*time.Hour), 10); err != nil || !slices.Equal(got, []domain.DealID{"a", "c", "b"}) {
		t.Errorf("an extended deadline was forgotten: %v, %v", got, err)
	}
}

func wakes(w *world) {
	t := w.t
	ctx := t.Context()
	signals, stop := w.Waker.Subscribe(ctx, "topic")
	others, stopOthers := w.Waker.Subscribe(ctx, "other")
	defer stopOthers()
	for range 100 {
		w.Waker.Wake(ctx, "topic") // nobody listens, nothing blocks
	}
	select {
	case <-signals:
	case <-time.After(5 * time.Second):
		t.Fatal("no signal came")
	}
	select {
	case <-others:
		t.Error("another topic was woken")
	default:
	}
	stop()
	stop()
	w.Waker.Wake(ctx, "topic")
}

// budgets: a memory that is new may be one that was lost, so half of every budget counts as spent for one period.
func budgets(w *world) {
	t := w.t
	ctx := t.Context()
	const limit, period = 6, time.Hour
	take := func(key string) (int, time.Duration) {
		t.Helper()
		left, wait, err := w.Budget.Take(ctx, key, limit, period)
		must(t, err)
		return left, wait
	}
	for i := range limit / 2 {
		if left, wait := take("chat"); wait != 0 || left != limit/2-1-i {
			t.Fatalf("take %d of a new memory: %d left, wait %s", i, left, wait)
		}
	}
	if left, wait := take("chat"); left != 0 || wait <= 0 || wait > period {
		t.Errorf("over half of a new memory: %d left, wait %s", left, wait)
	}
	if left, wait := take("other"); wait != 0 || left != limit/2-1 {
		t.Errorf("another key: %d left, wait %s", left, wait)
	}
	// With a short period the memory is soon old enough to be believed.
	var wait time.Duration
	for taken := 0; taken < 4; {
		left, wait1, err := w.Budget.Take(ctx, "quick", 2, 20*time.Millisecond)
		must(t, err)
		if wait1 == 0 {
			taken++
			continue
		}
		wait = wait1
		if left != 0 || wait > 20*time.Millisecond {
			t.Fatalf("refused with %d left, wait %s", left, wait)
		}
	}
	w.Forget()
	for range limit / 2 {
		take("chat")
	}
	if _, wait := take("chat"); wait <= 0 {
		t.Error("after a loss the whole budget was there")
	}
	if _, _, err := w.Budget.Take(ctx, "none", 0, period); err == nil {
		t.Error("a budget without a limit was taken from")
	}
}
