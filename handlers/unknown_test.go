package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"tuanbot/domain"
)

// breaker breaks commits: the next ones fail, before or after they were done.
type breaker struct {
	before, after atomic.Int64
	unknown       atomic.Int64
}

var errCut = errors.New("the line was cut")

func (b *breaker) commit(commit func() error) error {
	if b.before.Add(-1) >= 0 {
		b.unknown.Add(1)
		return errCut
	}
	if b.after.Add(-1) >= 0 {
		b.unknown.Add(1)
		if err := commit(); err != nil {
			return err
		}
		return errCut
	}
	return commit()
}

// A failed commit says nothing about what was written. Whoever waited hears the truth, and everything happens once.
func TestAFailedCommitIsLookedUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after int64 }{
		"before it was done":            {before: 1},
		"after it was done":             {after: 1},
		"not done, twice":               {before: 2},
		"not done, then done":           {before: 1, after: 1},
		"done, and the look-up cut too": {after: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, p place) {
				t.Helper()
				var b breaker
				w := newWorld(t, p, options{commit: b.commit})
				o := w.post(t, nil)
				done := make(chan []result, 1)
				reached, lift := w.haltAt(t, "turn.before_commit")
				go func() {
					done <- together(20, func(i int) (domain.Answer, error) {
						who := fmt.Sprint("p", i)
						return w.Join(t.Context(), o.join(who, who, 2))
					})
				}()
				<-reached
				b.before.Store(c.before)
				b.after.Store(c.after)
				lift()
				for _, r := range <-done {
					joined(t, r.answer, r.err)
					if r.answer.Shares != 2 {
						t.Errorf("counted twice: %+v", r.answer)
					}
				}
				if b.unknown.Load() != c.before+c.after {
					t.Errorf("%d commits failed, want %d", b.unknown.Load(), c.before+c.after)
				}
				if got := w.agree(t, o, 40); got.orders != 20 || got.events != 20 {
					t.Errorf("books: %+v", got)
				}
			})
		})
	}
}

// While nobody can say what became of it, the answer is "unknown", never "no"; the same message later finds out.
func TestUnknownIsNotNo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		var b breaker
		w := newWorld(t, p, options{commit: b.commit, lends: func(tx domain.Tx) domain.Tx {
			if b.unknown.Load() > 0 && b.after.Load() > -1_000 {
				return deaf{tx}
			}
			return tx
		}})
		o := w.post(t, nil)
		b.after.Store(1)
		a, err := w.Join(t.Context(), o.join("ming", "m1", 2))
		if !errors.Is(err, domain.ErrUnknown) {
			t.Fatalf("%+v, %v; want unknown", a, err)
		}
		b.after.Store(-2_000) // the database answers again
		a, err = w.Join(t.Context(), o.join("ming", "m1", 2))
		joined(t, a, err)
		if a.Shares != 2 || a.Serial != 1 {
			t.Errorf("later: %+v", a)
		}
		w.agree(t, o, 2)
	})
}

// deaf is a database that took the commit and answers nothing since.
type deaf struct{ domain.Tx }

func (deaf) LockDeal(ctx context.Context, _ domain.DealID, _ *domain.Image) (*domain.Image, error) {
	return nil, fmt.Errorf("%w: nobody answers, %w", domain.ErrBusy, ctx.Err())
}

// Once something is committed, or found to be, nobody may be told any more that nothing was recorded.
func TestWhatIsCommittedIsTracked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, placeOf(t, onSQLite), options{})
	o := w.post(t, nil)
	for _, step := range []string{"new", "again"} {
		ctx, written := Track(t.Context())
		if written() {
			t.Error("written before anything happened")
		}
		a, err := w.Join(ctx, o.join("ming", "m1", 2))
		joined(t, a, err)
		if !written() {
			t.Errorf("%s: not tracked", step)
		}
	}
	w.turn.Close()
	ctx, written := Track(t.Context())
	if _, err := w.Join(ctx, o.join("wang", "w1", 2)); !errors.Is(err, domain.ErrBusy) || written() {
		t.Errorf("%v, written: %v", err, written())
	}
}
