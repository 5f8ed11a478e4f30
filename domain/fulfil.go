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
	if i := slices.IndexFunc(b.arrivals, func(a Arrival) bool { return a.Point == c.Point }); i >= 0 {
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
		if err := b.move(o, OrderReady, func(r *OrderRecord) {
			if r.PickupCode == "" {
				r.PickupCode = b.mint.Code(8)
			}
		}); err != nil {
			return Answer{}, err
		}
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeArrived, Order: o.r.ID, Urgent: true}, o.r.ID)
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeStillThere, Order: o.r.ID, Due: b.Now.Add(24 * time.Hour)}, o.r.ID)
		n++
	}
	if b.page.Arrived < c.Limit {
		for i := range b.arrivals {
			if !b.arrivals[i].Done {
				b.arrivals[i].Done = true
				b.out.Arrivals = append(b.out.Arrivals, b.arrivals[i])
			}
		}
	}
	a := b.answer(DidNothing, nil, nil)
	a.Count = n
	return a, nil
}

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
	var people, shares int64
	for _, o := range b.orders {
		switch o.r.State {
		case OrderPlaced, OrderWaiting, OrderAwaiting, OrderConfirmed, OrderReady:
			return Answer{Did: DidNothing}, nil
		case OrderReceived:
			people++
			shares += o.r.Shares
		}
	}
	d.State = DealCompleted
	b.tellChats(Notice{Kind: NoticeCompleted, Num: map[string]int64{"people": people, "shares": shares}})
	b.tellLeaders(Notice{Kind: NoticeCompleted, Num: map[string]int64{"people": people, "shares": shares}})
	return b.answer(DidComplete, nil, nil), nil
}
