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
	Leader bool      // asked by the leader
}

// Asked is the command's key and speaker.
func (c ChangeCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c ChangeCommand) Kind() string { return "change" }

// Needs asks for the person's orders and their money.
func (c ChangeCommand) Needs() Needs {
	n := Needs{ChainTeam: true, Shoppers: []AccountID{c.Who}, Money: true, Waiting: true}
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
		return b.leave(o, t, OrderLeft, "")
	}
	if err := b.mayHave(t, o, target); err != nil {
		return Answer{}, err
	}
	before := o.r.Shares
	if !o.r.Paid.IsZero() {
		err = b.shrinkPaid(o, target)
	} else {
		err = b.setUnpaid(o, target, c.Ask)
	}
	if err != nil {
		return Answer{}, err
	}
	b.afterCount(t)
	a := b.answer(DidChange, o, t)
	a.Added, a.Back = o.r.Shares-before, o.r.RefundDue
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
	if !leader && o.r.Shopper != ask.By && o.r.EnteredBy != ask.By {
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

func (b *Book) newestLive(who AccountID, forWhom string) *Order {
	var last *Order
	for _, o := range b.shoppers[who] {
		if o.r.State.IsLive() && o.r.Beneficiary == forWhom && (last == nil || o.r.Serial > last.r.Serial) {
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
	if err := b.withinLimits(o.r.Shopper, o.r.Household, nonzero(target), o); err != nil {
		return err
	}
	more := grow(o.r.Wants(), target)
	if len(more) == 0 {
		return nil
	}
	if !o.r.Paid.IsZero() {
		return Refuse(CodeConflict, WhyAlreadyPaid)
	}
	if t.r.Cap > 0 && t.r.CapUnit == UnitShares {
		if need := total(target) - o.r.Shares; need > t.r.room() {
			return Refuse(CodeFull, WhyFull).WithInt("left", t.r.room()).WithInt("want", need).With("unit", string(t.r.CapUnit))
		}
	}
	for _, w := range more {
		it := b.item(w.Item).r
		if free := it.Left(); free >= 0 && w.Qty > free {
			return Refuse(CodeFull, WhySoldOut).With("item", it.Letter).With("name", it.Name).With("id", string(it.ID)).WithInt("left", free).WithInt("want", w.Qty)
		}
	}
	return nil
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
		r.LastCommand, r.LastVia, r.LastAt = "change", ViaText, b.Now
		if ask.At.After(r.LastSaidAt) {
			r.LastSaidAt = ask.At
		}
	})
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
func (b *Book) shrinkPaid(o *Order, target []Want) error {
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
	})
	return b.refundOrder(o, parts, "reduced")
}

// LeaveCommand gives up one's order before the cut-off, or takes somebody's out (leader, with a reason).
type LeaveCommand struct {
	Ask    Asked
	Deal   DealID
	Who    AccountID
	Order  OrderID // "" = the person's newest live order
	For    string
	Serial int64 // the leader names an order by its number
	Leader bool
	Reason string
}

// Asked is the command's key and speaker.
func (c LeaveCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c LeaveCommand) Kind() string {
	if c.Leader {
		return "remove"
	}
	return "leave"
}

// Needs asks for the person's orders and their money.
func (c LeaveCommand) Needs() Needs {
	n := Needs{ChainTeam: true, Money: true, Waiting: true}
	if c.Who != "" {
		n.Shoppers = []AccountID{c.Who}
	}
	if c.Order != "" {
		n.Orders = []OrderID{c.Order}
	}
	if c.Serial != 0 {
		n.Serials = []int64{c.Serial}
	}
	return n
}

// Apply lets the person go; paid money goes back in full. Rules: field.md 3.2, 3.8.
func (c LeaveCommand) Apply(b *Book) (Answer, error) {
	if c.Leader {
		return c.remove(b)
	}
	o, t, err := b.orderToChange(c.Order, c.Who, c.For, c.Ask, false)
	if err != nil {
		return Answer{}, err
	}
	return b.leave(o, t, OrderLeft, "")
}

// remove is the leader's: it also works after the deal formed, until the goods are handed out.
func (c LeaveCommand) remove(b *Book) (Answer, error) {
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if c.Reason == "" {
		return Answer{}, Refuse(CodeInvalid, WhyReason)
	}
	o := b.bySerial[c.Serial]
	if c.Order != "" {
		o = b.orders[c.Order]
	}
	if o == nil || !o.r.State.IsLive() {
		return Answer{}, Refuse(CodeNotFound, WhyNoOrder)
	}
	if o.r.State == OrderReceived {
		return Answer{}, Refuse(CodeConflict, WhyCollected)
	}
	a, err := b.leave(o, b.teams[o.r.Team], OrderRemoved, c.Reason)
	if err == nil {
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeRemoved, Order: o.r.ID, Num: map[string]int64{"back": a.Back.Fen()}}, o.r.ID)
	}
	return a, err
}

// leave ends an order, sends paid money back, passes the lead on and offers the seat to who waits.
func (b *Book) leave(o *Order, t *Team, to OrderState, reason string) (Answer, error) {
	gone, seats := o.r.Wants(), o.r.Shares
	if err := b.move(o, to, func(r *OrderRecord) {
		r.Reason = reason
		r.UndoWants, r.UndoAt = gone, b.Now
		r.LastCommand, r.LastAt = string(to), b.Now
	}); err != nil {
		return Answer{}, err
	}
	b.supersedePayments(o)
	if err := b.refundAll(o, string(to)); err != nil {
		return Answer{}, err
	}
	did := DidLeave
	if to == OrderRemoved {
		did = DidRemove
	}
	if t != nil {
		b.succeed(t, o.r.Shopper)
		b.afterCount(t)
		if err := b.offerSeats(t); err != nil {
			return Answer{}, err
		}
	}
	a := b.answer(did, o, t)
	a.Added, a.Back, a.Reason = -seats, o.r.RefundDue, reason
	return a, nil
}

// succeed finds a new head for a team whose head has no live order any more: the next payer, else the next person; the
// deadline stays. Alone means that the team is cancelled. Rule: field.md 3.8.
func (b *Book) succeed(t *Team, gone AccountID) {
	if b.deal.r.Terms.Kind != KindTeam || t.r.Head != gone || t.r.State != TeamForming || b.partOf(t.r.ID, gone).live.People > 0 {
		return
	}
	var next *Order
	for _, o := range b.Orders() {
		if o.r.Team != t.r.ID || !o.r.State.IsLive() {
			continue
		}
		if next == nil || (next.r.Pay != PayFull && o.r.Pay == PayFull) {
			next = o
		}
	}
	if next == nil {
		if t.r.Live.People == 0 {
			b.endTeam(t, TeamCancelled, "alone")
			t.r.FannedOut = true
		}
		return
	}
	t.r.Head = next.r.Shopper
	b.tellOne(next.r.Shopper, Notice{Kind: NoticeHeadNow, Team: t.r.ID}, t.r.ID, t.r.Version)
}

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
	n := Needs{ChainTeam: true, Money: true, Waiting: true}
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
	if o.r.Shopper != c.Ask.By && o.r.EnteredBy != c.Ask.By && !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotYours)
	}
	undoable := o.r.State == OrderPlaced || o.r.State == OrderLeft
	if !undoable || !o.r.Paid.IsZero() || o.r.UndoAt.IsZero() || b.Now.Sub(o.r.UndoAt) > UndoWindow {
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

func (b *Book) lastChanged(who AccountID) *Order {
	var last *Order
	for _, o := range b.shoppers[who] {
		if !o.r.UndoAt.IsZero() && (last == nil || o.r.UndoAt.After(last.r.UndoAt)) {
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
		if err := b.move(o, OrderLeft, func(r *OrderRecord) { r.UndoAt = time.Time{}; r.LastCommand = "undo" }); err != nil {
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
		if err := b.withinLimits(o.r.Shopper, o.r.Household, target, nil); err != nil {
			return err
		}
		if err := b.hasRoom(t, o.r.Shopper, target); err != nil {
			return err
		}
		if err := b.move(o, OrderPlaced, nil); err != nil {
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
