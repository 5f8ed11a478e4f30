package domain

import (
	"slices"
	"time"
)

// ArriveCommand says that goods are at a pickup point ("" = at every point of the deal).
type ArriveCommand struct {
	Ask   Asked
	Deal  DealID
	Point PointID
}

// Asked is the command's key and speaker.
func (c ArriveCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c ArriveCommand) Kind() string { return "arrive" }

// Needs asks for what arrived before.
func (c ArriveCommand) Needs() Needs { return Needs{AllTeams: true, Arrivals: true} }

// Apply notes the arrival; people are told in a step of its own.
func (c ArriveCommand) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if d.State != DealFormed && d.State != DealFulfilling {
		return Answer{}, Refuse(CodeConflict, WhyNotFormed)
	}
	for _, t := range b.teams {
		if t.r.State == TeamFormed && !t.r.FannedOut {
			return Answer{}, Refuse(CodeConflict, WhyBusy)
		}
	}
	if b.hasArrived(c.Point) {
		return b.answer(DidNothing, nil, nil), nil
	}
	d.State = DealFulfilling
	if d.ArrivedAt.IsZero() {
		d.ArrivedAt = b.Now
	}
	arr := Arrival{Deal: d.ID, Point: c.Point, By: c.Ask.By, At: b.Now}
	b.arrivals = append(b.arrivals, arr)
	b.out.Arrivals = append(b.out.Arrivals, arr)
	b.tellChats(Notice{Kind: NoticeArrivedChat, Urgent: true, Num: map[string]int64{"at": b.Now.UnixMilli()}}, c.Point)
	return b.answer(DidArrive, nil, nil), nil
}

// TellArrived is the clock's: give the next page of people their pickup codes.
type TellArrived struct {
	Deal  DealID
	Limit int
}

// Asked is empty: nobody sends it.
func (c TellArrived) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c TellArrived) Kind() string { return "tell_arrived" }

// Needs asks for a page of confirmed orders.
func (c TellArrived) Needs() Needs { return Needs{Arrived: c.Limit, Arrivals: true} }

// Apply makes orders ready and tells their people. Answer.Count is how many; fewer than Limit means done.
func (c TellArrived) Apply(b *Book) (Answer, error) {
	var n int64
	for _, o := range b.Orders() {
		if o.r.State != OrderConfirmed || !b.hasArrived(o.r.Point) {
			continue
		}
		if err := b.makeReady(o); err != nil {
			return Answer{}, err
		}
		n++
	}
	if b.page.Arrived < c.Limit {
		b.endArrivals()
	}
	a := b.answer(DidNothing, nil, nil)
	a.Count = n
	return a, nil
}

// makeReady gives an order its pickup code and calls its person.
func (b *Book) makeReady(o *Order) error {
	if err := b.move(o, OrderReady, func(r *OrderRecord) {
		if r.PickupCode == "" {
			r.PickupCode = b.mint.Code(8)
		}
	}); err != nil {
		return err
	}
	b.tellOne(o.r.Shopper, Notice{Kind: NoticeArrived, Order: o.r.ID, Urgent: true}, o.r.ID)
	b.tellOne(o.r.Shopper, Notice{Kind: NoticeStillThere, Order: o.r.ID, Due: b.Now.Add(24 * time.Hour)}, o.r.ID)
	return nil
}

// endArrivals marks arrivals as told to everybody. Those that came into the book by a turn of this very batch are not: the
// page was loaded before them.
func (b *Book) endArrivals() {
	for i, a := range b.arrivals {
		isNew := slices.ContainsFunc(b.out.Arrivals, func(x Arrival) bool { return x.Point == a.Point })
		if a.Done || isNew {
			continue
		}
		b.arrivals[i].Done = true
		b.out.Arrivals = append(b.out.Arrivals, b.arrivals[i])
	}
}

// hasArrived reports whether the goods are at a point.
func (b *Book) hasArrived(p PointID) bool {
	return slices.ContainsFunc(b.arrivals, func(a Arrival) bool { return a.Point == "" || a.Point == p })
}

// CompleteDeal is the clock's: a deal whose every order has been handed out (or closed) is completed.
type CompleteDeal struct{ Deal DealID }

// Asked is empty: nobody sends it.
func (c CompleteDeal) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c CompleteDeal) Kind() string { return "complete_deal" }

// Needs asks for every order.
func (c CompleteDeal) Needs() Needs { return Needs{AllOrders: true, Arrivals: true} }

// Apply completes the deal once nothing is left to hand out.
func (c CompleteDeal) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if d.State != DealFulfilling {
		return Answer{Did: DidNothing}, nil
	}
	var shares int64
	seen := map[AccountID]bool{}
	for _, o := range b.orders {
		if !o.r.State.IsLive() {
			continue
		}
		if o.r.State != OrderReceived {
			return Answer{Did: DidNothing}, nil
		}
		seen[o.r.Shopper] = true
		shares += o.r.Shares
	}
	people := int64(len(seen))
	d.State = DealCompleted
	b.tellChats(Notice{Kind: NoticeCompleted, Num: map[string]int64{"people": people, "shares": shares}})
	b.tellLeaders(Notice{Kind: NoticeCompleted, Num: map[string]int64{"people": people, "shares": shares}})
	return b.answer(DidComplete, nil, nil), nil
}
