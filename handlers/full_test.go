package handlers

import (
	"fmt"
	"testing"
	"time"

	"tuanbot/domain"
)

func capOf(n int64) func(*domain.DealTerms, *domain.NewItem) {
	return func(terms *domain.DealTerms, _ *domain.NewItem) {
		terms.Cap, terms.Threshold, terms.ThresholdUnit = n, n+1, domain.UnitMoney // money: a full team is not decided at once
		terms.Threshold = 100_000_000
	}
}

func stockOf(n int64) func(*domain.DealTerms, *domain.NewItem) {
	return func(_ *domain.DealTerms, item *domain.NewItem) { item.Stock = n }
}

// memo waits until the Desk has remembered its last look under the lock, and changes when that was.
func (w *world) memo(t *testing.T, deal domain.DealID, change func(time.Time) time.Time) {
	t.Helper()
	until(t, "the gate is quiet", func() bool {
		w.turn.mu.Lock()
		defer w.turn.mu.Unlock()
		g := w.turn.gates[deal]
		if g.running {
			return false
		}
		g.seen.at = change(g.seen.at)
		return true
	})
}

// age makes the last look older.
func (w *world) age(t *testing.T, deal domain.DealID, by time.Duration) {
	t.Helper()
	w.memo(t, deal, func(at time.Time) time.Time { return at.Add(-by) })
}

// fresh makes it as young as can be, however slow this machine is.
func (w *world) fresh(t *testing.T, deal domain.DealID) {
	t.Helper()
	w.memo(t, deal, func(time.Time) time.Time { return time.Now() })
}

func TestSoldOutIsToldWithoutSQLOnlyWhileItIsSure(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(int64) func(*domain.DealTerms, *domain.NewItem){"cap": capOf, "stock": stockOf} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, p place) {
				t.Helper()
				redis := &tally{}
				w, other := newWorld(t, p, options{tally: redis}), newWorld(t, p, options{tally: redis})
				o := w.post(t, limit(3))
				asks := 0
				refused := func(inSQL bool) {
					t.Helper()
					asks++
					w.spy.txs.Store(0)
					a, err := w.Join(t.Context(), o.join("late", fmt.Sprint("late", asks), 1))
					if err != nil || a.Refusal == nil || a.Refusal.Code != domain.CodeFull {
						t.Fatalf("%s %v, %v; want full", a.Did, a.Refusal, err)
					}
					if got := w.spy.txs.Load() > 0; got != inSQL {
						t.Errorf("asked SQL: %v, want %v", got, inSQL)
					}
				}
				a, err := w.Join(t.Context(), o.join("ming", "m1", 3))
				joined(t, a, err)
				redis.published(t, o.deal, a.Version)
				w.fresh(t, o.deal)
				refused(false)
				again, err := w.Join(t.Context(), o.join("ming", "m1", 3)) // has an answer, and gets it
				joined(t, again, err)
				if twice, err := w.Join(t.Context(), o.join("ming", "m1-again", 3)); err != nil || twice.Did != domain.DidAskAgain {
					t.Errorf("who sends it twice is answered %s %v, %v", twice.Did, twice.Refusal, err)
				}
				w.fresh(t, o.deal)
				if b := w.books(t, o); b.events != 2 { // the join, and the question whether it was meant twice
					t.Errorf("an answer without SQL was stored: %+v", b)
				}
				w.age(t, o.deal, 2*time.Second)
				refused(true) // the last look is too old
				w.fresh(t, o.deal)
				for _, m := range []mood{forgetful, failing, hanging, saysFree} {
					redis.mood.Store(int64(m))
					refused(true)
					w.fresh(t, o.deal)
				}
				redis.mood.Store(int64(honest))
				w.fresh(t, o.deal)
				refused(false)

				// Somebody leaves by way of another process; the tally tells this one in time.
				left, err := other.Leave(t.Context(), domain.LeaveCommand{Ask: o.join("ming", "m2", 1).Ask, Deal: o.deal, Who: "ming"})
				if err != nil || left.Did != domain.DidLeave {
					t.Fatalf("%+v, %v", left, err)
				}
				redis.published(t, o.deal, left.Version)
				w.fresh(t, o.deal)
				a, err = w.Join(t.Context(), o.join("wang", "w1", 2))
				joined(t, a, err)
				w.agree(t, o, 2)
			})
		})
	}
}

// Whatever Redis says or does, nobody gets a seat that is not there, and nobody is told "full" for longer than a second
// after a seat came free.
func TestNoRedisCanSellTooMuchOrTooLittle(t *testing.T) {
	t.Parallel()
	for _, m := range []mood{honest, forgetful, failing, hanging, saysFull, saysFree} {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, p place) {
				t.Helper()
				redis := &tally{}
				redis.mood.Store(int64(m))
				desks := []*world{newWorld(t, p, options{tally: redis}), newWorld(t, p, options{tally: redis})}
				w := desks[0]
				o := w.post(t, capOf(10))
				var got int64
				for i, r := range together(30, func(i int) (domain.Answer, error) {
					who := fmt.Sprint("p", i)
					return desks[i%2].Join(t.Context(), o.join(who, who, 1))
				}) {
					switch {
					case r.err != nil:
						t.Fatalf("join %d: %v", i, r.err)
					case r.answer.Did == domain.DidJoin:
						got++
					case r.answer.Refusal == nil || r.answer.Refusal.Why != domain.WhyFull:
						t.Fatalf("join %d: %+v", i, r.answer)
					}
				}
				if got != 10 {
					t.Errorf("%d of 10 seats were given away", got)
				}
				w.agree(t, o, 10)
				var who string
				if err := p.raw(t).QueryRowContext(t.Context(), "SELECT shopper FROM orders WHERE deal = ? AND serial = 1", o.deal).Scan(&who); err != nil {
					t.Fatal(err)
				}
				left, err := desks[1].Leave(t.Context(), domain.LeaveCommand{Ask: o.join(who, "bye", 1).Ask, Deal: o.deal, Who: domain.AccountID(who)})
				if err != nil || left.Did != domain.DidLeave {
					t.Fatalf("%+v, %v", left, err)
				}
				w.age(t, o.deal, time.Second)
				a, err := w.Join(t.Context(), o.join("next", "next", 1))
				joined(t, a, err)
				w.agree(t, o, 10)
			})
		})
	}
}

// A key that has an answer gets it before anything else is looked at: not "full", not "closed".
func TestTheStoredAnswerComesBeforeAnyRefusal(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		o := w.post(t, capOf(2))
		first, err := w.Join(t.Context(), o.join("ming", "m1", 2))
		joined(t, first, err)
		w.age(t, o.deal, time.Second) // so that SQL says it, and keeps it
		no, err := w.Join(t.Context(), o.join("wang", "w1", 1))
		refusedWith(t, no, err, domain.WhyFull)

		again := func(when string) {
			t.Helper()
			a, err := w.Join(t.Context(), o.join("ming", "m1", 2))
			joined(t, a, err)
			if a.Serial != first.Serial || a.Version != first.Version {
				t.Errorf("%s: %+v, first %+v", when, a, first)
			}
			// Straight to the gate, as if the key had been written after the first look at it.
			if a, err = w.turn.Pass(t.Context(), o.deal, o.join("ming", "m1", 2)); err != nil || a.Serial != first.Serial {
				t.Errorf("%s, at the gate: %+v, %v", when, a, err)
			}
		}
		again("full")
		left, err := w.Leave(t.Context(), domain.LeaveCommand{Ask: o.join("ming", "m2", 1).Ask, Deal: o.deal, Who: "ming"})
		if err != nil || left.Did != domain.DidLeave {
			t.Fatalf("%+v, %v", left, err)
		}
		again("left")
		if a, err := w.Join(t.Context(), o.join("wang", "w1", 1)); err != nil || a.Refusal == nil || a.Refusal.Why != domain.WhyFull {
			t.Errorf("a stored refusal changed: %+v, %v", a, err)
		}
		p.setDeadline(t, o, time.Now().Add(-time.Second))
		late, err := w.Join(t.Context(), o.join("late", "l1", 1))
		refusedWith(t, late, err, domain.WhyClosed)
		again("closed")
		w.agree(t, o, 0)
	})
}
