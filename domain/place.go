package domain

import (
	"fmt"
	"slices"
	"time"

	"tuanbot/domain/money"
)

// sharesOf sums the live shares of orders, of one item or of all ("").
func sharesOf(orders []*Order, except *Order, item ItemID) int64 {
	var n int64
	for _, o := range orders {
		if o == except || !o.r.State.IsLive() {
			continue
		}
		for _, l := range o.r.Lines {
			if item == "" || l.Item == item {
				n += l.Ordered
			}
		}
	}
	return n
}

// place writes the admitted join down.
func (b *Book) place(t *Team, o *Order, c JoinCommand, wants []Want) (Answer, error) {
	before := []Want(nil)
	if o == nil {
		o = b.newOrder(t, c)
	} else {
		before = o.r.Wants()
		b.supersedePayments(o)
	}
	lines, sum, err := b.addLines(o.r.Lines, wants)
	if err != nil {
		return Answer{}, err
	}
	payBy := b.payByOf(o, t)
	b.mutate(o, func(r *OrderRecord) {
		r.State, r.Lines, r.Total, r.Shares = OrderPlaced, lines, sum, shares(lines)
		r.UndoWants, r.UndoAt = before, b.Now
		r.Note = noteMore(r.Note, c.Note)
		r.noted(c.canonical(), c.Via, c.Ask, b.Now)
		if b.deal.r.Terms.Pay == PayAtJoin {
			r.PayDueAt = payBy
		}
	})
	if b.deal.r.Terms.Pay == PayAtJoin {
		b.due(o)
		b.remindUnpaid(o)
	}
	b.askHome(o, c)
	b.afterCount(t)
	a := b.answer(DidJoin, o, t)
	a.Added, a.Asked = total(wants), wants
	return a, nil
}

// remindUnpaid has a shopper reminded five minutes before their time to pay is over. Who has hardly longer than that from the
// start has just read the same.
func (b *Book) remindUnpaid(o *Order) {
	const lead = 5 * time.Minute
	if o.r.PayDueAt.Sub(b.Now) < 2*lead {
		return
	}
	b.tellOne(o.r.Shopper, Notice{Kind: NoticeRemindUnpaid, Order: o.r.ID, Due: o.r.PayDueAt.Add(-lead), Lead: lead, Urgent: true}, o.r.ID, o.r.PayDueAt.UnixMilli())
}

// payBy is until when an order must be paid that is paid on joining: the window, but never past the team's deadline.
func (b *Book) payBy(t *Team) time.Time {
	return earlier(b.Now.Add(b.atJoinWindow()), t.r.DeadlineAt)
}

// payByOf is payBy for an order that is new or grows. Growing gives more time to pay, but not for ever: who keeps adding and
// taking back would hold seats that they never pay for.
func (b *Book) payByOf(o *Order, t *Team) time.Time {
	by := b.payBy(t)
	if o.r.State != OrderPlaced || o.r.PayDueAt.IsZero() {
		return by
	}
	by = earlier(by, o.r.CreatedAt.Add(2*b.atJoinWindow()))
	if by.Before(o.r.PayDueAt) {
		return o.r.PayDueAt
	}
	return by
}

func (b *Book) atJoinWindow() time.Duration {
	if w := b.deal.r.Terms.PayWindow; w != 0 {
		return w
	}
	return AtJoinWindow
}

// noted keeps the last command that was applied, and when it was said: what is older than that comes too late.
func (r *OrderRecord) noted(command string, via Via, ask Asked, now time.Time) {
	r.LastCommand, r.LastVia, r.LastAt = command, via, now
	if ask.At.After(r.LastSaidAt) {
		r.LastSaidAt = ask.At
	}
}

// due notes what an order owes now.
func (b *Book) due(o *Order) {
	b.out.Dues = append(b.out.Dues, Due{Order: o.r.ID, Purpose: PurposeFull, Amount: o.r.Owed(), At: o.r.PayDueAt})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// newOrder gives a person a place in a team with the next serial number of the deal. It has no state yet, so that it
// counts nowhere until it is placed.
func (b *Book) newOrder(t *Team, c JoinCommand) *Order {
	slot := int64(1)
	if last := b.lastOrder(t.r.ID, c.Shopper, c.Beneficiary); last != nil {
		slot = last.r.Slot + 1
	}
	b.deal.r.NextSerial++
	shopper := b.placeOf(t.r.ID, c.Shopper)
	zero := money.Of(0, b.deal.r.Currency)
	entered := c.Ask.By
	o := &Order{fresh: true, r: OrderRecord{
		ID: OrderID(b.mint.ID()), Token: b.mint.Token(), Deal: b.deal.r.ID, Team: t.r.ID, Shopper: shopper, Beneficiary: c.Beneficiary,
		Slot: slot, Serial: b.deal.r.NextSerial, Pay: PayNone, Total: zero, Paid: zero, RefundDue: zero, Refunded: zero,
		ViaChat: c.Ask.Chat, ViaLeader: c.Leader, PlacedBy: c.Shopper, EnteredBy: entered, Payer: c.Shopper, Source: c.Via, SourceLine: c.Ask.Source,
		Household: c.Household, Point: c.Point, AddressBox: c.AddressBox, CreatedAt: b.Now, UpdatedAt: b.Now,
	}}
	if o.r.Point == "" {
		o.r.Point = b.deal.r.Terms.Point
	}
	b.AddOrder(o)
	return o
}

// addLines adds wanted quantities to an order's lines at today's group prices and sums the whole up.
func (b *Book) addLines(old []LineRecord, wants []Want) ([]LineRecord, money.Amount, error) {
	lines := slices.Clone(old)
	for _, w := range wants {
		it := b.item(w.Item).r
		i := slices.IndexFunc(lines, func(l LineRecord) bool { return l.Item == w.Item })
		if i < 0 {
			lines = append(lines, LineRecord{ID: LineID(b.mint.ID()), Item: w.Item, Unit: it.Group, FinalUnit: money.Of(0, b.deal.r.Currency), Prices: []PriceStep{{Step: "group", Unit: it.Group}}})
			i = len(lines) - 1
		}
		lines[i].Ordered += w.Qty
		lines[i].Allocated = lines[i].Ordered
	}
	sum, err := b.sum(lines)
	return lines, sum, err
}

func (b *Book) sum(lines []LineRecord) (money.Amount, error) {
	sum := money.Of(0, b.deal.r.Currency)
	for _, l := range lines {
		cost, err := l.Unit.Times(l.Ordered)
		if err == nil {
			sum, err = sum.Add(cost)
		}
		if err != nil {
			return sum, fmt.Errorf("sum up lines: %w", err)
		}
	}
	return sum, nil
}

func shares(lines []LineRecord) int64 {
	var n int64
	for _, l := range lines {
		n += l.Ordered
	}
	return n
}
