package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tuanbot/domain"
)

// DecideTogether is how many deals DecideDeals takes at most: they are decided in one transaction, so that ten thousand teams
// that are due at one instant do not mean as many commits as there are deals.
const DecideTogether = 20

// DecideDeals decides the due teams of some deals in one transaction. The deals are locked in the order of their ids, so that
// two processes that do the same wait for each other and never crosswise; everybody else locks one deal. If the transaction
// fails, each deal is decided alone, so that one that is broken does not hold up the others.
func (d *Desk) DecideDeals(ctx context.Context, deals []domain.DealID) (int64, error) {
	if len(deals) == 1 {
		return d.DecideDue(ctx, deals[0])
	}
	deals = slices.Sorted(slices.Values(deals))
	d.c.At("decide.before")
	round := &deciding{d: d, deals: deals}
	bounded, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	err := d.c.Store.InTx(bounded, func(tx domain.Tx) error { return round.run(bounded, tx) })
	if err == nil {
		if round.decided > 0 {
			d.c.At("decide.after")
		}
		for _, t := range round.tallies {
			d.pub.offer(t)
		}
		return round.decided, nil
	}
	d.c.Log.WarnContext(ctx, "deals are decided one by one", "deals", len(deals), "err", err)
	var n int64
	var errs []error
	for _, deal := range deals {
		one, err := d.DecideDue(ctx, deal)
		n += one
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// deciding is one try at some deals.
type deciding struct {
	d       *Desk
	deals   []domain.DealID
	decided int64
	tallies []domain.DealTally
}

// run may be called again by the store after a deadlock, so it starts from nothing.
func (r *deciding) run(ctx context.Context, tx domain.Tx) error {
	r.decided, r.tallies = 0, nil
	locked, err := tx.LockDeals(ctx, r.deals)
	if err != nil {
		return err
	}
	now, err := tx.Now(ctx) // after the locks: the wait for them may have been long
	if err != nil {
		return err
	}
	books := make([]*domain.Book, len(locked))
	for i, image := range locked {
		books[i] = domain.NewBook(image, now, r.d.c.Mint)
	}
	if err := tx.LoadDue(ctx, books); err != nil {
		return err
	}
	changed, err := r.decide(books)
	if err != nil {
		return err
	}
	return tx.Save(ctx, changed...)
}

// decide returns the books in which something was due.
func (r *deciding) decide(books []*domain.Book) (changed []*domain.Book, err error) {
	for _, b := range books {
		turn := domain.DecideDue{Deal: b.Deal().ID()}
		a, err := applySafely(turn, b)
		if err != nil {
			return nil, fmt.Errorf("decide deal %s: %w", turn.Deal, err)
		}
		b.Record(turn, a)
		if !b.Finish() {
			continue
		}
		changed = append(changed, b)
		r.decided += a.Count
		r.tallies = append(r.tallies, TallyOf(b))
	}
	return changed, nil
}

// applySafely turns a panic of a rule into an error, so that it fails its own transaction and nothing else.
func applySafely(turn domain.Turn, b *domain.Book) (a domain.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return turn.Apply(b)
}
