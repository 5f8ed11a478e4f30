package handlers

import (
	"errors"
	"testing"
	"time"

	"tuanbot/domain"
)

func (w *world) makeDue(t *testing.T, offers ...offer) []domain.DealID {
	t.Helper()
	var ids []domain.DealID
	for _, o := range offers {
		for _, query := range []string{"UPDATE deals SET deadline_at = ? WHERE id = ?", "UPDATE teams SET deadline_at = ? WHERE deal = ?"} {
			if _, err := w.place.raw(t).Exec(query, time.Now().Add(-time.Second).UnixMilli(), o.deal); err != nil {
				t.Fatal(err)
			}
		}
		ids = append(ids, o.deal)
	}
	return ids
}

func (w *world) stateOf(t *testing.T, deal domain.DealID) domain.DealState {
	t.Helper()
	sheet, err := w.Deal(t.Context(), deal)
	if err != nil {
		t.Fatal(err)
	}
	return sheet.Deal.State
}

func TestManyDealsAreDecidedInOneTransaction(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		taken, empty, later := w.post(t, nil), w.post(t, nil), w.post(t, nil)
		a, err := w.Join(t.Context(), taken.join("p", "m", 1))
		joined(t, a, err)
		due := append(w.makeDue(t, taken, empty), later.deal)
		before := w.spy.txs.Load()
		n, err := w.DecideDeals(t.Context(), due)
		if err != nil || n != 2 {
			t.Fatalf("%d decided, %v", n, err)
		}
		if txs := w.spy.txs.Load() - before; txs != 1 {
			t.Errorf("%d transactions", txs)
		}
		for deal, want := range map[domain.DealID]domain.DealState{taken.deal: domain.DealFormed, empty.deal: domain.DealFailed, later.deal: domain.DealOpen} {
			if got := w.stateOf(t, deal); got != want {
				t.Errorf("deal is %s, want %s", got, want)
			}
		}
		a, err = w.Join(t.Context(), taken.join("late", "late", 1)) // the kept image is of before the decision
		refusedWith(t, a, err, domain.WhyClosed)
	})
}

func TestABrokenDealDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		one, two := w.post(t, nil), w.post(t, nil)
		due := append(w.makeDue(t, one, two), "no such deal")
		n, err := w.DecideDeals(t.Context(), due)
		if n != 2 || !errors.Is(err, domain.ErrNotFound) {
			t.Fatalf("%d decided, %v", n, err)
		}
		if w.stateOf(t, one.deal) != domain.DealFailed || w.stateOf(t, two.deal) != domain.DealFailed {
			t.Error("a whole deal was left undecided")
		}
	})
}
