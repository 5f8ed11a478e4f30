package handlers

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"tuanbot/domain"
)

// crowd lets one command stand before its commit, n more wait behind it, and then everybody through.
func (w *world) crowd(t *testing.T, o offer, n int, f func(i int) (domain.Answer, error)) []result {
	t.Helper()
	reached, lift := w.haltAt(t, "turn.before_commit")
	first := make(chan result, 1)
	go func() {
		a, err := w.Join(t.Context(), o.join("first", "first", 1))
		first <- result{a, err}
	}()
	<-reached
	done := make(chan []result, 1)
	go func() { done <- together(n, f) }()
	until(t, "all wait", func() bool { return w.waiting(o.deal) == n })
	w.spy.txs.Store(0)
	lift()
	r := <-first
	joined(t, r.answer, r.err)
	return <-done
}

func TestWaitingCommandsShareACommit(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		o := w.post(t, nil)
		const n = 300
		out := w.crowd(t, o, n, func(i int) (domain.Answer, error) {
			who := fmt.Sprint("p", i)
			return w.Join(t.Context(), o.join(who, who, 2))
		})
		seen := map[int64]bool{}
		for _, r := range out {
			joined(t, r.answer, r.err)
			if r.answer.Shares != 2 || seen[r.answer.Serial] {
				t.Fatalf("answer %+v, or number %d twice", r.answer, r.answer.Serial)
			}
			seen[r.answer.Serial] = true
		}
		if txs := w.spy.txs.Load(); txs > 2 {
			t.Errorf("%d waiting joins took %d transactions", n, txs)
		}
		if b := w.agree(t, o, 2*n+1); b.orders != n+1 || b.serial != n+1 || b.events != n+1 {
			t.Errorf("books: %+v", b)
		}
	})
}

func TestOneKeyHasOneAnswer(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		o := w.post(t, nil)
		out := w.crowd(t, o, 12, func(i int) (domain.Answer, error) {
			c := o.join("ming", "m1", 2)
			if i%4 == 3 {
				c.Ask.Hash = "other words"
			}
			return w.Join(t.Context(), c)
		})
		// Whoever of the batch came first gave the key its meaning; the others are repeats or forgeries of it.
		var same, other []result
		for i, r := range out {
			if i%4 == 3 {
				other = append(other, r)
			} else {
				same = append(same, r)
			}
		}
		if same[0].answer.Refusal != nil {
			same, other = other, same
		}
		for _, r := range same {
			joined(t, r.answer, r.err)
			if !reflect.DeepEqual(r.answer, same[0].answer) {
				t.Errorf("one key, two answers:\n%+v\n%+v", r.answer, same[0].answer)
			}
		}
		for _, r := range other {
			refusedWith(t, r.answer, r.err, domain.WhyKeyReused)
		}
		w.agree(t, o, 3)

		later := newWorld(t, p, options{}) // another process, or this one after a restart
		c := o.join("ming", "m1", 2)
		if same[0].answer.Refusal == nil && out[0].answer.Refusal != nil {
			c.Ask.Hash = "other words"
		}
		a, err := later.Join(t.Context(), c)
		joined(t, a, err)
		if a.Serial != same[0].answer.Serial || a.Order != same[0].answer.Order || a.Version != same[0].answer.Version {
			t.Errorf("the stored answer differs: %+v, first %+v", a, same[0].answer)
		}
		c.Ask.Hash = "a third thing"
		a, err = later.Join(t.Context(), c)
		refusedWith(t, a, err, domain.WhyKeyReused)
		w.agree(t, o, 3)
	})
}

func TestAFaultyCommandHurtsOnlyItself(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		o := w.post(t, nil)
		broken := errors.New("broken")
		out := w.crowd(t, o, 9, func(i int) (domain.Answer, error) {
			who := fmt.Sprint("p", i)
			switch i {
			case 3:
				return w.turn.Pass(t.Context(), o.deal, probe{apply: func(*domain.Book) (domain.Answer, error) { panic("oh") }})
			case 6:
				return w.turn.Pass(t.Context(), o.deal, probe{apply: func(*domain.Book) (domain.Answer, error) { return domain.Answer{}, broken }})
			}
			return w.Join(t.Context(), o.join(who, who, 1))
		})
		for i, r := range out {
			switch i {
			case 3:
				if r.err == nil || !strings.Contains(r.err.Error(), "panic: oh") {
					t.Errorf("the panic was answered by %v", r.err)
				}
			case 6:
				if !errors.Is(r.err, broken) {
					t.Errorf("the fault was answered by %v", r.err)
				}
			default:
				joined(t, r.answer, r.err)
			}
		}
		if b := w.agree(t, o, 8); b.orders != 8 || b.serial != 8 {
			t.Errorf("books: %+v", b)
		}
	})
}

// blind hides the stored answer of one message for the first looks at it, as if it were written between the look and the
// insert.
type blind struct {
	domain.Tx
	message string
	looks   *atomic.Int64
}

func (b blind) Answers(ctx context.Context, keys []domain.EventKey) (map[domain.EventKey]domain.Event, error) {
	found, err := b.Tx.Answers(ctx, keys)
	for k := range found {
		if k.Message == b.message && b.looks.Add(-1) >= 0 {
			delete(found, k)
		}
	}
	return found, err
}

func TestAKeyWrittenMeanwhileIsFoundByHalving(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		var looks atomic.Int64
		var message string
		w := newWorld(t, p, options{lends: func(tx domain.Tx) domain.Tx { return blind{tx, message, &looks} }})
		elsewhere, o := w.post(t, nil), w.post(t, nil)
		taken := elsewhere.join("p5", "p5", 7)
		a, err := w.Join(t.Context(), taken)
		joined(t, a, err)

		message = taken.Ask.Key.Message
		reached, lift := w.haltAt(t, "turn.before_commit")
		first := make(chan result, 1)
		go func() {
			a, err := w.Join(t.Context(), o.join("first", "first", 1))
			first <- result{a, err}
		}()
		<-reached
		looks.Store(5) // 16, 8, 4, 2 and 1 commands in the batch
		done := make(chan []result, 1)
		go func() {
			done <- together(16, func(i int) (domain.Answer, error) {
				who := fmt.Sprint("p", i)
				c := o.join(who, who, 1)
				if i == 5 {
					c.Ask.Key, c.Ask.Hash = taken.Ask.Key, taken.Ask.Hash
					return w.turn.Pass(t.Context(), o.deal, c) // past the first look at the key
				}
				return w.Join(t.Context(), c)
			})
		}()
		until(t, "all wait", func() bool { return w.waiting(o.deal) == 16 })
		lift()
		r := <-first
		joined(t, r.answer, r.err)
		for i, r := range <-done {
			joined(t, r.answer, r.err)
			if wrong := r.answer.Deal != o.deal; wrong != (i == 5) {
				t.Errorf("command %d was answered for deal %s", i, r.answer.Deal)
			}
		}
		if looks.Load() > 0 {
			t.Errorf("the key was looked for only %d times", 5-looks.Load())
		}
		w.agree(t, o, 16)
		w.agree(t, elsewhere, 7)
	})
}

func TestTooManyAreToldThatWeAreBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, placeOf(t, onSQLite), options{})
	o := w.post(t, nil)
	nothing := probe{apply: func(*domain.Book) (domain.Answer, error) { return domain.Answer{Did: domain.DidNothing}, nil }}
	reached, lift := w.haltAt(t, "turn.locked")
	first := make(chan result, 1)
	go func() {
		a, err := w.turn.Pass(t.Context(), o.deal, nothing)
		first <- result{a, err}
	}()
	<-reached
	done := make(chan []result, 1)
	go func() {
		done <- together(maxWaiting, func(int) (domain.Answer, error) { return w.turn.Pass(t.Context(), o.deal, nothing) })
	}()
	until(t, "the gate is full", func() bool { return w.waiting(o.deal) == maxWaiting })
	if _, err := w.turn.Pass(t.Context(), o.deal, nothing); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("one too many was answered by %v", err)
	}
	lift()
	if r := <-first; r.err != nil {
		t.Error(r.err)
	}
	for _, r := range <-done {
		if r.err != nil || r.answer.Did != domain.DidNothing {
			t.Fatalf("%+v", r)
		}
	}
	if a, err := w.turn.Pass(t.Context(), o.deal, nothing); err != nil {
		t.Errorf("after the rush: %+v, %v", a, err)
	}
}

func TestWhoStopsWaitingStopsNobodyElse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		o := w.post(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		reached, lift := w.haltAt(t, "turn.before_commit")
		impatient, patient := make(chan result, 1), make(chan result, 1)
		go func() {
			a, err := w.Join(ctx, o.join("ming", "m1", 2))
			impatient <- result{a, err}
		}()
		<-reached
		go func() {
			a, err := w.Join(t.Context(), o.join("wang", "w1", 1))
			patient <- result{a, err}
		}()
		until(t, "the second waits", func() bool { return w.waiting(o.deal) == 1 })
		cancel()
		if r := <-impatient; !errors.Is(r.err, domain.ErrUnknown) || !errors.Is(r.err, context.Canceled) {
			t.Errorf("who stopped waiting heard %+v, %v", r.answer, r.err)
		}
		lift()
		r := <-patient
		joined(t, r.answer, r.err)
		a, err := w.Join(t.Context(), o.join("ming", "m1", 2)) // the platform delivers again
		joined(t, a, err)
		if a.Serial != 1 || a.Shares != 2 {
			t.Errorf("delivered again: %+v", a)
		}
		w.agree(t, o, 3)
	})
}

func TestClosedTurnstileLetsTheWaitingThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, placeOf(t, onSQLite), options{})
	o := w.post(t, nil)
	reached, lift := w.haltAt(t, "turn.before_commit")
	done := make(chan []result, 2)
	speak := func(from, n int) {
		done <- together(n, func(i int) (domain.Answer, error) {
			who := fmt.Sprint("p", from+i)
			return w.Join(t.Context(), o.join(who, who, 1))
		})
	}
	go speak(0, 1)
	<-reached
	go speak(1, 4)
	until(t, "the others wait", func() bool { return w.waiting(o.deal) == 4 })
	closed := make(chan struct{})
	go func() {
		w.turn.Close()
		close(closed)
	}()
	until(t, "it is closing", func() bool {
		w.turn.mu.Lock()
		defer w.turn.mu.Unlock()
		return w.turn.closed
	})
	if _, err := w.Join(t.Context(), o.join("late", "late", 1)); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("a command after the end was answered by %v", err)
	}
	lift()
	<-closed
	for _, r := range append(<-done, <-done...) {
		joined(t, r.answer, r.err)
	}
	w.agree(t, o, 5)
}

// An image of a deal is worth something only while nobody else has written: here two processes take turns on one deal.
func TestAnImageIsDroppedWhenSomebodyElseWrote(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		mine, theirs := newWorld(t, p, options{}), newWorld(t, p, options{})
		o := mine.post(t, func(terms *domain.DealTerms, _ *domain.NewItem) {
			terms.Cap, terms.Threshold, terms.ThresholdUnit = 6, 5, domain.UnitShares
		})
		for i, step := range []struct {
			w   *world
			qty int64
		}{{mine, 1}, {mine, 1}, {theirs, 1}, {mine, 1}, {theirs, 1}} {
			who := fmt.Sprint("p", i)
			a, err := step.w.Join(t.Context(), o.join(who, who, step.qty))
			joined(t, a, err)
			if a.Serial != int64(i+1) || a.Live.Shares != int64(i+1) {
				t.Fatalf("step %d: %+v", i, a)
			}
		}
		until(t, "an image is kept", func() bool {
			mine.turn.mu.Lock()
			defer mine.turn.mu.Unlock()
			g := mine.turn.gates[o.deal]
			return !g.running && g.image != nil
		})
		a, err := mine.Join(t.Context(), o.join("big", "big", 2)) // mine last saw 4 of 6; there are 5
		refusedWith(t, a, err, domain.WhyFull)
		if a.Refusal.Params["left"] != "1" {
			t.Errorf("left: %v", a.Refusal.Params)
		}
		mine.agree(t, o, 5)
	})
}

func TestLastSeatsAmongTwoProcesses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		desks := []*world{newWorld(t, p, options{}), newWorld(t, p, options{})}
		for round := range 4 {
			limit := int64(3 + 4*round)
			o := desks[0].post(t, func(terms *domain.DealTerms, item *domain.NewItem) {
				if round%2 == 0 {
					terms.Cap = limit
					terms.Threshold, terms.ThresholdUnit = limit, domain.UnitShares
				} else {
					item.Stock = limit
				}
			})
			out := together(48, func(i int) (domain.Answer, error) {
				who := fmt.Sprint("p", i)
				return desks[i%2].Join(t.Context(), o.join(who, who, int64(1+i%3)))
			})
			var shares int64
			for i, r := range out {
				if r.err == nil && r.answer.Did == domain.DidJoin {
					shares += int64(1 + i%3)
				}
			}
			for i, r := range out {
				if r.err != nil {
					t.Fatalf("join %d: %v", i, r.err)
				}
				full := r.answer.Refusal != nil && slices.Contains([]domain.Why{domain.WhyFull, domain.WhySoldOut}, r.answer.Refusal.Why)
				closed := r.answer.Refusal != nil && r.answer.Refusal.Why == domain.WhyClosed && shares == limit
				if r.answer.Did != domain.DidJoin && !closed && (!full || limit-shares >= int64(1+i%3)) {
					t.Errorf("%d wanted %d of the %d left and heard %+v", i, 1+i%3, limit-shares, r.answer.Refusal)
				}
			}
			if shares > limit {
				t.Errorf("%d shares of %d were given away", shares, limit)
			}
			desks[0].agree(t, o, shares)
		}
	})
}
