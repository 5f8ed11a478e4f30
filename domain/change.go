package domain

import (
	"slices"
	"time"

	"tuanbot/domain/money"
)

// ChangeCommand sets the quantities of an order (改成 3 份). Items that are not named keep theirs, unless All is set.
type ChangeCommand struct {
	Ask    Asked
	Deal   DealID
	Who    AccountID // whose order; the leader may change another's
	Order  OrderID   // "" = the person's newest live order
	For    string    // beneficiary, when Order is ""
	Wants  []Want    // quantity 0 takes an item out
	All    bool      // items not named are taken out
	Note   string    // goes behind what the order is noted with
	Anew   bool      // the note takes the old one's place instead
	Leader bool      // asked by the leader
}

// Asked is the command's key and speaker.
func (c ChangeCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c ChangeCommand) Kind() string { return "change" }

// Needs asks for the person's orders and their money.
func (c ChangeCommand) Needs() Needs {
	n := Needs{ChainTeam: true, Shoppers: []AccountID{c.Who}, Homes: true, Mates: true, Money: true, Waiting: true}
	if c.Order != "" {
		n.Orders = []OrderID{c.Order}
	}
	return n
}

// Apply sets the quantities. More of a paid order is a new slot with a number of its own; less of it goes back as a
// line-level refund. Rules: design 2, field.md 3.10.
func (c ChangeCommand) Apply(b *Book) (Answer, error) {
	o, t, err := b.orderToChange(c.Order, c.Who, c.For, c.Ask, c.Leader)
	if err != nil {
		return Answer{}, err
	}
	target, err := b.target(o, c)
	if err != nil {
		return Answer{}, err
	}
	if total(target) == 0 {
		return b.leave(o, t, OrderLeft, "", c.Ask)
	}
	if same(o.r.Wants(), target) {
		if b.note(o, c) {
			return b.answer(DidChange, o, t), nil
		}
		return b.answer(DidNothing, o, t), nil
	}
	if err := b.mayHave(t, o, target); err != nil {
		return Answer{}, err
	}
	before, due := o.r.Shares, o.r.RefundDue
	if !o.r.Paid.IsZero() {
		err = b.shrinkPaid(o, target, c.Ask)
	} else {
		err = b.setUnpaid(o, target, c.Ask)
	}
	if err != nil {
		return Answer{}, err
	}
	b.note(o, c)
	b.afterCount(t)
	a := b.answer(DidChange, o, t)
	a.Added, a.Back = o.r.Shares-before, money.Of(o.r.RefundDue.Fen()-due.Fen(), b.deal.r.Currency)
	return a, b.offerSeats(t)
}

// orderToChange finds an order that may still be changed: it belongs to the speaker (or the leader asks), and its team is
// still gathering.
func (b *Book) orderToChange(id OrderID, who AccountID, forWhom string, ask Asked, leader bool) (*Order, *Team, error) {
	o := b.orders[id]
	if id == "" {
		o = b.newestLive(who, forWhom)
	}
	if o == nil || !o.r.State.IsLive() {
		return nil, nil, Refuse(CodeNotFound, WhyNoOrder)
	}
	if leader && !b.isLeader(ask.By) {
		return nil, nil, Refuse(CodeForbidden, WhyNotLeader)
	}
	if !leader && !b.same(o.r.Shopper, ask.By) && !b.same(o.r.EnteredBy, ask.By) {
		return nil, nil, Refuse(CodeForbidden, WhyNotYours)
	}
	if stale(o, ask) && !leader {
		return nil, nil, Refuse(CodeConflict, WhyStale)
	}
	t := b.teams[o.r.Team]
	if t == nil {
		return nil, nil, Refuse(CodeNotFound, WhyNoTeam)
	}
	return o, t, b.isOpen(t)
}

// newestLive is a person's newest live order for somebody; one whose team still gathers goes before one that is settled.
func (b *Book) newestLive(who AccountID, forWhom string) *Order {
	var last *Order
	gathers := func(o *Order) bool { t := b.teams[o.r.Team]; return t != nil && t.r.State == TeamForming }
	for _, o := range b.ordersOf(who) {
		if !o.r.State.IsLive() || o.r.Beneficiary != forWhom {
			continue
		}
		if last == nil || (gathers(o) && !gathers(last)) || (gathers(o) == gathers(last) && o.r.Serial > last.r.Serial) {
			last = o
		}
	}
	return last
}

// target is the full list of quantities that a change asks for.
func (b *Book) target(o *Order, c ChangeCommand) ([]Want, error) {
	if len(c.Wants) == 0 {
		return nil, Refuse(CodeInvalid, WhyChooseItem)
	}
	var out []Want
	if !c.All {
		out = o.r.Wants()
	}
	for _, w := range c.Wants {
		if w.Qty < 0 || w.Qty > MaxQty {
			return nil, Refuse(CodeInvalid, WhyQuantity).WithInt("max", MaxQty)
		}
		if b.item(w.Item) == nil {
			return nil, Refuse(CodeNotFound, WhyUnknownItem)
		}
		if i := slices.IndexFunc(out, func(x Want) bool { return x.Item == w.Item }); i >= 0 {
			out[i].Qty = w.Qty
		} else {
			out = append(out, w)
		}
	}
	return out, nil
}

// mayHave checks limits, cap and stock for an order's new quantities.
func (b *Book) mayHave(t *Team, o *Order, target []Want) error {
	more := grow(o.r.Wants(), target)
	if len(more) == 0 {
		return nil // less of everything is always allowed
	}
	if !o.r.Paid.IsZero() {
		return Refuse(CodeConflict, WhyAlreadyPaid)
	}
	if err := b.withinLimits(o.r.Shopper, o.r.Household, nonzero(target), o); err != nil {
		return err
	}
	var need int64
	if t.r.CapUnit == UnitShares {
		need = total(target) - o.r.Shares
	}
	return b.canHold(t, need, more)
}

// same reports whether a target is what the order holds already.
func same(old, target []Want) bool {
	return total(old) == total(target) && len(grow(old, target)) == 0
}

func nonzero(ws []Want) []Want {
	return slices.DeleteFunc(slices.Clone(ws), func(w Want) bool { return w.Qty == 0 })
}

// grow lists by how much quantities rise.
func grow(old, target []Want) []Want {
	var more []Want
	for _, w := range target {
		var had int64
		for _, x := range old {
			if x.Item == w.Item {
				had = x.Qty
			}
		}
		if w.Qty > had {
			more = append(more, Want{Item: w.Item, Qty: w.Qty - had})
		}
	}
	return more
}

// setUnpaid writes new quantities into an unpaid order and remembers the old ones for undo.
func (b *Book) setUnpaid(o *Order, target []Want, ask Asked) error {
	lines, sum, err := b.linesFor(o.r.Lines, target)
	if err != nil {
		return err
	}
	b.supersedePayments(o)
	before := o.r.Wants()
	b.mutate(o, func(r *OrderRecord) {
		r.Lines, r.Total, r.Shares = lines, sum, shares(lines)
		r.UndoWants, r.UndoAt = before, b.Now
		r.noted("change", ViaText, ask, b.Now)
	})
	if b.deal.r.Terms.Pay == PayAtJoin {
		b.due(o)
	}
	return nil
}

func (b *Book) linesFor(old []LineRecord, target []Want) ([]LineRecord, money.Amount, error) {
	lines := slices.Clone(old)
	for i := range lines {
		lines[i].Ordered, lines[i].Allocated = 0, 0
	}
	lines, sum, err := b.addLines(lines, nonzero(target))
	return lines, sum, err
}

// shrinkPaid takes quantities out of a paid order and sends the difference back.
func (b *Book) shrinkPaid(o *Order, target []Want, ask Asked) error {
	lines, sum, err := b.linesFor(o.r.Lines, target)
	if err != nil {
		return err
	}
	var parts []RefundPart
	for i, l := range lines {
		if l.Ordered >= o.r.Lines[i].Ordered {
			continue
		}
		qty := o.r.Lines[i].Ordered - l.Ordered
		back, err := l.Unit.Times(qty)
		if err != nil {
			return err
		}
		lines[i].Refunded += qty
		parts = append(parts, RefundPart{Order: o.r.ID, Line: l.ID, Qty: qty, Amount: back})
	}
	b.mutate(o, func(r *OrderRecord) {
		r.Lines, r.Total, r.Shares = lines, sum, shares(lines)
		r.UndoAt = time.Time{}
		r.noted("change", ViaText, ask, b.Now)
	})
	return b.refundOrder(o, parts, "reduced")
}
