package domain

import (
	"time"
)

// UndoCommand takes the last change of an unpaid order back.
type UndoCommand struct {
	Ask    Asked
	Deal   DealID
	Who    AccountID
	Order  OrderID
	Leader bool
}

// Asked is the command's key and speaker.
func (c UndoCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c UndoCommand) Kind() string { return "undo" }

// Needs asks for the person's orders.
func (c UndoCommand) Needs() Needs {
	n := Needs{ChainTeam: true, Homes: true, Mates: true, Money: true, Waiting: true}
	if c.Who != "" {
		n.Shoppers = []AccountID{c.Who}
	}
	if c.Order != "" {
		n.Orders = []OrderID{c.Order}
	}
	return n
}

// Apply restores the previous quantities: within ten minutes, by that person or the leader, unpaid, before the cut-off,
// and through the same guard as a join. Rule: design 2.
func (c UndoCommand) Apply(b *Book) (Answer, error) {
	o := b.orders[c.Order]
	if c.Order == "" {
		o = b.lastChanged(c.Who)
	}
	if o == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNothingToUndo)
	}
	if !b.same(o.r.Shopper, c.Ask.By) && !b.same(o.r.EnteredBy, c.Ask.By) && !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotYours)
	}
	if stale(o, c.Ask) && b.same(o.r.Shopper, c.Ask.By) {
		return Answer{}, Refuse(CodeConflict, WhyStale)
	}
	if !o.r.undoable() || b.Now.Sub(o.r.UndoAt) > UndoWindow {
		return Answer{}, Refuse(CodeTooLate, WhyNothingToUndo)
	}
	t := b.teams[o.r.Team]
	if t == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNoTeam)
	}
	if err := b.isOpen(t); err != nil {
		return Answer{}, err
	}
	return c.restore(b, o, t)
}

// undoable: unpaid, and the last thing that was done to it can still be taken back.
func (r OrderRecord) undoable() bool {
	return (r.State == OrderPlaced || r.State == OrderLeft) && r.Paid.IsZero() && !r.UndoAt.IsZero()
}

// lastChanged is the order that a person changed last, if that can be undone.
func (b *Book) lastChanged(who AccountID) *Order {
	var last *Order
	for _, o := range b.ordersOf(who) {
		if o.r.undoable() && (last == nil || o.r.UndoAt.After(last.r.UndoAt)) {
			last = o
		}
	}
	return last
}

func (c UndoCommand) restore(b *Book, o *Order, t *Team) (Answer, error) {
	target, before := o.r.UndoWants, o.r.Shares
	if !o.r.State.IsLive() {
		before = 0
	}
	if total(target) == 0 {
		if err := b.move(o, OrderLeft, func(r *OrderRecord) {
			r.UndoAt = time.Time{}
			r.noted("undo", r.LastVia, c.Ask, b.Now)
		}); err != nil {
			return Answer{}, err
		}
		b.supersedePayments(o)
		b.succeed(t, o.r.Shopper)
	} else if err := b.restoreTo(o, t, target, c.Ask); err != nil {
		return Answer{}, err
	}
	b.afterCount(t)
	a := b.answer(DidUndo, o, t)
	if o.r.State.IsLive() {
		a.Added = o.r.Shares - before
	} else {
		a.Added, a.Shares, a.Lines = -before, 0, nil
	}
	return a, b.offerSeats(t)
}

func (b *Book) restoreTo(o *Order, t *Team, target []Want, ask Asked) error {
	if o.r.State == OrderLeft {
		if b.placeOf(t.r.ID, o.r.Shopper) != o.r.Shopper { // back already, by another account of theirs: one person, one place
			return Refuse(CodeTooLate, WhyNothingToUndo)
		}
		if err := b.withinLimits(o.r.Shopper, o.r.Household, target, nil); err != nil {
			return err
		}
		if err := b.hasRoom(t, o.r.Shopper, target); err != nil {
			return err
		}
		if err := b.move(o, OrderPlaced, func(r *OrderRecord) {
			if b.deal.r.Terms.Pay == PayAtJoin {
				r.PayDueAt = b.payBy(t) // the old window may be over
			}
		}); err != nil {
			return err
		}
	} else if err := b.mayHave(t, o, target); err != nil {
		return err
	}
	if err := b.setUnpaid(o, target, ask); err != nil {
		return err
	}
	b.mutate(o, func(r *OrderRecord) { r.UndoAt, r.LastCommand = time.Time{}, "undo" })
	return nil
}
