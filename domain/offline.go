package domain

import (
	"time"

	"tuanbot/domain/money"
)

// RecordPaymentCommand is the leader's word that somebody paid by hand (offline), or got it back.
type RecordPaymentCommand struct {
	Ask      Asked
	Deal     DealID
	Serial   int64
	Order    OrderID
	Returned bool
}

// Asked is the command's key and speaker.
func (c RecordPaymentCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c RecordPaymentCommand) Kind() string { return "record_payment" }

// Needs asks for the order.
func (c RecordPaymentCommand) Needs() Needs {
	n := Needs{ChainTeam: true}
	if c.Serial != 0 {
		n.Serials = []int64{c.Serial}
	}
	if c.Order != "" {
		n.Orders = []OrderID{c.Order}
	}
	return n
}

// Apply records it. We hold none of this money. Rule: field.md 3.23.
func (c RecordPaymentCommand) Apply(b *Book) (Answer, error) {
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if b.deal.r.Terms.Pay != PayOffline {
		return Answer{}, Refuse(CodePayment, WhyNotAllowed)
	}
	o := b.bySerial[c.Serial]
	if c.Order != "" {
		o = b.orders[c.Order]
	}
	if o == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNoOrder)
	}
	if c.Returned {
		return b.recordReturned(o, c.Ask.By)
	}
	if !o.r.State.IsLive() {
		return Answer{}, Refuse(CodeTooLate, WhyNoOrder)
	}
	if o.r.Pay == PayFull {
		return b.answer(DidNothing, o, b.teams[o.r.Team]), nil
	}
	owed := o.r.Owed()
	b.mutate(o, func(r *OrderRecord) { r.Paid, r.Pay, r.UndoAt = r.Total, PayFull, time.Time{} })
	b.transfer("offline_pay", Transfer{Order: o.r.ID}, owed, "buyer/"+string(o.r.Shopper), "offline/"+string(c.Ask.By))
	b.tellOne(o.r.Shopper, Notice{Kind: NoticePaid, Order: o.r.ID, Num: map[string]int64{"paid": owed.Fen(), "offline": 1}}, o.r.ID, "offline", o.r.Paid.Fen())
	return b.answer(DidRecordPaid, o, b.teams[o.r.Team]), nil
}

func (b *Book) recordReturned(o *Order, by AccountID) (Answer, error) {
	back := o.r.RefundDue
	if !back.IsPositive() && o.r.Refunded.IsZero() {
		return Answer{}, Refuse(CodePayment, WhyNothingToPay).With("rule", "return").WithInt("serial", o.r.Serial)
	}
	if !back.IsPositive() {
		return b.answer(DidNothing, o, b.teams[o.r.Team]), nil
	}
	done, err := o.r.Refunded.Add(back)
	if err != nil {
		return Answer{}, err
	}
	b.mutate(o, func(r *OrderRecord) { r.Refunded, r.RefundDue = done, money.Of(0, b.deal.r.Currency) })
	b.transfer("offline_return", Transfer{Order: o.r.ID}, back, "offline/"+string(by), "buyer/"+string(o.r.Shopper))
	b.tellOne(o.r.Shopper, Notice{Kind: NoticeRefundArrived, Order: o.r.ID, Num: map[string]int64{"back": back.Fen(), "offline": 1}}, o.r.ID, done.Fen())
	a := b.answer(DidRecordBack, o, b.teams[o.r.Team])
	a.Back = back
	return a, nil
}
