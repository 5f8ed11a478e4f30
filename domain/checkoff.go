package domain

import (
	"slices"
	"time"
)

// CheckOffCommand hands an order out (核销): found by its unguessable code, or by its serial number, in which case the
// verifier sees the name and confirms; above ¥100 the code is asked for. Rules: field.md 3.25, voice.md.
type CheckOffCommand struct {
	Ask       Asked
	Deal      DealID
	Code      string
	Serial    int64
	Lines     []Want    // nil = everything
	Confirmed bool      // the verifier has seen the name
	Points    []PointID // where the verifier stands; nil for leaders: everywhere
	Leader    bool
}

// CodeNeededFrom is the order value in fen from which a serial number alone is not enough.
const CodeNeededFrom = 100_00

// Asked is the command's key and speaker.
func (c CheckOffCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c CheckOffCommand) Kind() string { return "check_off" }

// Needs asks for the order.
func (c CheckOffCommand) Needs() Needs {
	n := Needs{AllTeams: true, Arrivals: true}
	if c.Code != "" {
		n.Codes = []string{c.Code}
	}
	if c.Serial != 0 {
		n.Serials = []int64{c.Serial}
	}
	return n
}

// Apply hands over once; doing it again changes nothing and says so.
func (c CheckOffCommand) Apply(b *Book) (Answer, error) {
	o, err := c.find(b)
	if err != nil {
		return Answer{}, err
	}
	if o.r.State == OrderReceived {
		return b.answer(DidNothing, o, nil), nil
	}
	if o.r.State != OrderReady && o.r.State != OrderConfirmed {
		return Answer{}, Refuse(CodeConflict, WhyNotReady).WithInt("serial", o.r.Serial)
	}
	if o.r.State == OrderConfirmed && !b.hasArrived(o.r.Point) { // once it is there, before everybody was told will do
		return Answer{}, Refuse(CodeConflict, WhyNotReady).WithInt("serial", o.r.Serial)
	}
	took, err := c.take(o)
	if err != nil {
		return Answer{}, err
	}
	if c.Code == "" && !c.Confirmed {
		a := b.answer(DidAskAgain, o, nil) // is this the person? The number alone says nothing
		a.Asked = took
		return a, nil
	}
	return b.handOver(o, took, c.Ask.By)
}

// handOver writes down what was given out.
func (b *Book) handOver(o *Order, took []Want, by AccountID) (Answer, error) {
	all := true
	b.mutate(o, func(r *OrderRecord) {
		r.Lines = slices.Clone(r.Lines)
		for i := range r.Lines {
			for _, w := range took {
				if w.Item == r.Lines[i].Item {
					r.Lines[i].Collected += w.Qty
				}
			}
			all = all && r.Lines[i].Collected >= r.Lines[i].Allocated
		}
	})
	check := CheckOff{ID: b.mint.ID(), Deal: b.deal.r.ID, Order: o.r.ID, By: by, Lines: took, At: b.Now}
	b.out.CheckOffs = append(b.out.CheckOffs, check)
	b.checkoffs[o.r.ID] = check
	if all {
		if err := b.move(o, OrderReceived, func(r *OrderRecord) { r.ReceivedAt = b.Now }); err != nil {
			return Answer{}, err
		}
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeReceived, Order: o.r.ID}, o.r.ID, b.Now.UnixMilli())
	}
	a := b.answer(DidCheckOff, o, nil)
	a.Asked, a.Count = took, total(took)
	return a, nil
}

func (c CheckOffCommand) find(b *Book) (*Order, error) {
	if !c.Leader && len(c.Points) == 0 || c.Leader && !b.isLeader(c.Ask.By) {
		return nil, Refuse(CodeForbidden, WhyNotAllowed)
	}
	var o *Order
	for _, x := range b.orders {
		if c.Code != "" && x.r.PickupCode == c.Code {
			o = x
		}
	}
	if c.Code != "" && o == nil {
		return nil, Refuse(CodeNotFound, WhyWrongCode)
	}
	if o == nil {
		o = b.bySerial[c.Serial]
	}
	switch {
	case o == nil:
		return nil, Refuse(CodeNotFound, WhyNoOrder)
	case !c.Leader && !slices.Contains(c.Points, o.r.Point):
		return nil, Refuse(CodeForbidden, WhyNotAllowed).With("field", "point")
	case c.Code == "" && o.r.State != OrderReceived && o.r.Total.Fen() > CodeNeededFrom:
		return nil, Refuse(CodeConflict, WhyNeedCode).WithInt("serial", o.r.Serial)
	}
	return o, nil
}

// take is what is handed out now: all that is left, or the named lines.
func (c CheckOffCommand) take(o *Order) ([]Want, error) {
	left := map[ItemID]int64{}
	var took []Want
	for _, l := range o.r.Lines {
		left[l.Item] = l.Allocated - l.Collected
		if c.Lines == nil && left[l.Item] > 0 {
			took = append(took, Want{Item: l.Item, Qty: left[l.Item]})
		}
	}
	for _, w := range c.Lines {
		most, ordered := left[w.Item]
		if !ordered {
			return nil, Refuse(CodeInvalid, WhyUnknownItem)
		}
		if w.Qty < 1 || w.Qty > most {
			return nil, Refuse(CodeInvalid, WhyQuantity).WithInt("max", most)
		}
		left[w.Item] -= w.Qty
		took = append(took, w)
	}
	if len(took) == 0 {
		return nil, Refuse(CodeInvalid, WhyUnknownItem)
	}
	return took, nil
}

// UncheckCommand takes a check-off back within minutes.
type UncheckCommand struct {
	Ask    Asked
	Deal   DealID
	Order  OrderID
	Leader bool
}

// Asked is the command's key and speaker.
func (c UncheckCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c UncheckCommand) Kind() string { return "uncheck" }

// Needs asks for the order and its latest check-off.
func (c UncheckCommand) Needs() Needs {
	return Needs{AllTeams: true, Orders: []OrderID{c.Order}, CheckOffs: []OrderID{c.Order}}
}

// Apply undoes the last check-off of the order, by who did it or by the leader.
func (c UncheckCommand) Apply(b *Book) (Answer, error) {
	o, last := b.orders[c.Order], b.checkoffs[c.Order]
	if o == nil || last.ID == "" || !last.UndoneAt.IsZero() || b.Now.Sub(last.At) > UncheckWindow {
		return Answer{}, Refuse(CodeTooLate, WhyNothingToUndo)
	}
	if !b.same(last.By, c.Ask.By) && !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotAllowed)
	}
	if o.r.State == OrderReceived {
		back := OrderReady
		if o.r.PickupCode == "" {
			back = OrderConfirmed // it was handed out before its person had been called
		}
		if err := b.move(o, back, func(r *OrderRecord) { r.ReceivedAt = time.Time{} }); err != nil {
			return Answer{}, err
		}
	}
	b.mutate(o, func(r *OrderRecord) {
		r.Lines = slices.Clone(r.Lines)
		for i := range r.Lines {
			for _, w := range last.Lines {
				if w.Item == r.Lines[i].Item {
					r.Lines[i].Collected -= w.Qty
				}
			}
		}
	})
	last.UndoneAt = b.Now
	b.checkoffs[c.Order] = last
	b.out.CheckOffs = append(b.out.CheckOffs, last)
	if b.deal.r.State == DealCompleted {
		b.deal.r.State = DealFulfilling
	}
	return b.answer(DidUncheck, o, nil), nil
}
