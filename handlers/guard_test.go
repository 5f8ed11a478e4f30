package handlers

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tuanbot/domain"
)

// breaking is a transaction in which the books of one message break a guard of the database.
type breaking struct {
	domain.Tx
	message string
}

func (b breaking) Save(ctx context.Context, books ...*domain.Book) error {
	for _, book := range books {
		for _, e := range book.Changes().Events {
			if e.Key.Message == b.message {
				return domain.ErrGuard
			}
		}
	}
	return b.Tx.Save(ctx, books...)
}

// A command that breaks a guard is our fault, and nobody else's trouble: who waited with it gets what they came for.
func TestACommandThatBreaksAGuardIsRefusedAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		bad := &breaking{}
		w := newWorld(t, p, options{lends: func(tx domain.Tx) domain.Tx { return breaking{tx, bad.message} }})
		o := w.post(t, nil)
		bad.message = string(o.deal) + "/p5"
		const n = 20
		out := w.crowd(t, o, n, func(i int) (domain.Answer, error) {
			who := fmt.Sprint("p", i)
			return w.Join(t.Context(), o.join(who, who, 1))
		})
		broken := 0
		for _, r := range out {
			if errors.Is(r.err, domain.ErrGuard) {
				broken++
				continue
			}
			joined(t, r.answer, r.err)
		}
		if broken != 1 {
			t.Errorf("%d were turned away, want the one", broken)
		}
		w.agree(t, o, n)
	})
}
