package domain

import "tuanbot/domain/money"

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
	n := Needs{ChainTeam: true, Mates: true, Money: true, Waiting: true}
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
	return b.leave(o, t, OrderLeft, "", c.Ask)
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
	if o.r.State == OrderReceived || o.r.collected() > 0 {
		return Answer{}, Refuse(CodeConflict, WhyCollected)
	}
	a, err := b.leave(o, b.teams[o.r.Team], OrderRemoved, c.Reason, c.Ask)
	if err == nil {
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeRemoved, Order: o.r.ID, Num: map[string]int64{"back": a.Back.Fen()}}, o.r.ID)
	}
	return a, err
}

// leave ends an order, sends paid money back, passes the lead on and offers the seat to who waits.
func (b *Book) leave(o *Order, t *Team, to OrderState, reason string, ask Asked) (Answer, error) {
	gone, seats, due := o.r.Wants(), o.r.Shares, o.r.RefundDue
	if err := b.move(o, to, func(r *OrderRecord) {
		r.Reason = reason
		r.UndoWants, r.UndoAt = gone, b.Now
		r.noted(string(to), r.LastVia, ask, b.Now)
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
	a.Added, a.Back, a.Reason = -seats, money.Of(o.r.RefundDue.Fen()-due.Fen(), b.deal.r.Currency), reason
	return a, nil
}

// collected counts what has been handed out.
func (r OrderRecord) collected() int64 {
	var n int64
	for _, l := range r.Lines {
		n += l.Collected
	}
	return n
}

// succeed finds a new head for a team whose head has no live order any more: the next payer, else the next person; the
// deadline stays. Alone means that the team is cancelled. Rule: field.md 3.8.
func (b *Book) succeed(t *Team, gone AccountID) {
	if b.deal.r.Terms.Kind != KindTeam || t.r.Head != gone || t.r.State != TeamForming || b.partOf(t.r.ID, gone).live.People > 0 {
		return
	}
	if t.r.Live.People == 0 {
		b.endEmpty(t, TeamCancelling, "alone")
		b.settleDeal()
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
		return
	}
	t.r.Head = next.r.Shopper
	b.tellOne(next.r.Shopper, Notice{Kind: NoticeHeadNow, Team: t.r.ID}, t.r.ID, t.r.Version)
}
