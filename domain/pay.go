package domain

import (
	"fmt"
	"time"

	"tuanbot/domain/money"
)

// StartPaymentCommand begins to pay what a person owes in a deal: one order, or all that can be paid now.
type StartPaymentCommand struct {
	Ask     Asked
	Deal    DealID
	Who     AccountID
	Order   OrderID // "" = all
	Gateway string
}

// Asked is the command's key and speaker.
func (c StartPaymentCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c StartPaymentCommand) Kind() string { return "start_payment" }

// Needs asks for the person's orders with their payments.
func (c StartPaymentCommand) Needs() Needs {
	n := Needs{ChainTeam: true, Shoppers: []AccountID{c.Who}, Money: true}
	if c.Order != "" {
		n.Orders = []OrderID{c.Order}
	}
	return n
}

// Apply writes the payment row with our own number; the gateway is called after the commit. A pending payment of the same
// orders and amount is given again. Rule: reliability.md 4.7.
func (c StartPaymentCommand) Apply(b *Book) (Answer, error) {
	if b.deal.r.Terms.Pay == PayOffline {
		return Answer{}, Refuse(CodePayment, WhyNothingToPay).With("rule", string(PayOffline))
	}
	parts, sum, until, err := b.payable(c)
	if err != nil {
		return Answer{}, err
	}
	if len(parts) == 0 {
		return Answer{}, b.whyNothingToPay(c)
	}
	p := b.pendingFor(c, parts)
	if p == nil {
		p = b.newPayment(c, parts, sum, until)
	}
	o := b.orders[parts[0].Order]
	a := b.answer(DidStartPayment, o, b.teams[o.r.Team])
	a.Number, a.Owed, a.Count, a.PayBy = p.r.Number, sum, int64(len(parts)), until
	return a, nil
}

// payable collects the orders that can be paid now, and until when.
func (b *Book) payable(c StartPaymentCommand) (parts []PaymentPart, sum money.Amount, until time.Time, err error) {
	sum = money.Of(0, b.deal.r.Currency)
	for _, o := range b.Orders() {
		mine := b.same(o.r.Shopper, c.Who) || b.same(o.r.Payer, c.Who)
		if !mine || (c.Order != "" && o.r.ID != c.Order) || !b.canPay(o) {
			continue
		}
		if sum, err = sum.Add(o.r.Owed()); err != nil {
			return nil, sum, until, fmt.Errorf("sum up what is owed: %w", err)
		}
		parts = append(parts, PaymentPart{Order: o.r.ID, Purpose: PurposeFull, Amount: o.r.Owed()})
		if until.IsZero() || o.r.PayDueAt.Before(until) {
			until = o.r.PayDueAt
		}
	}
	return parts, sum, until, nil
}

func (b *Book) canPay(o *Order) bool {
	if !o.r.Owed().IsPositive() || !b.Now.Before(o.r.PayDueAt) {
		return false
	}
	t := b.teams[o.r.Team]
	switch o.r.State {
	case OrderPlaced:
		return b.deal.r.Terms.Pay == PayAtJoin && t != nil && t.r.State == TeamForming
	case OrderAwaiting:
		return true
	default:
		return false
	}
}

func (b *Book) whyNothingToPay(c StartPaymentCommand) error {
	for _, o := range b.Orders() {
		mine := b.same(o.r.Shopper, c.Who) || b.same(o.r.Payer, c.Who)
		if !mine || (c.Order != "" && o.r.ID != c.Order) {
			continue
		}
		switch {
		case o.r.Pay == PayFull:
			return Refuse(CodePayment, WhyAlreadyPaid)
		case o.r.State == OrderPlaced && b.deal.r.Terms.Pay == PayAfterFormed:
			return Refuse(CodePayment, WhyNotFormed)
		case o.r.State == OrderUnpaid, !o.r.PayDueAt.IsZero() && !b.Now.Before(o.r.PayDueAt):
			return Refuse(CodeTooLate, WhyNothingToPay).With("late", "1")
		}
	}
	return Refuse(CodePayment, WhyNothingToPay)
}

func (b *Book) pendingFor(c StartPaymentCommand, parts []PaymentPart) *Payment {
	for _, p := range b.Payments() {
		if p.r.State == PaymentPending && b.same(p.r.Payer, c.Who) && p.r.Gateway == c.Gateway && b.Now.Before(p.r.ExpiresAt) && sameParts(p.r.Parts, parts) {
			return p
		}
	}
	return nil
}

func sameParts(a, b []PaymentPart) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Order != b[i].Order || a[i].Amount != b[i].Amount {
			return false
		}
	}
	return true
}

func (b *Book) newPayment(c StartPaymentCommand, parts []PaymentPart, sum money.Amount, until time.Time) *Payment {
	zero := money.Of(0, b.deal.r.Currency)
	p := &Payment{fresh: true, r: PaymentRecord{
		ID: PaymentID(b.mint.ID()), Number: PaymentNumber(b.mint.Number()), Gateway: c.Gateway, Deal: b.deal.r.ID, Payer: c.Who,
		Amount: sum, State: PaymentPending, Parts: parts, Applied: zero, Unapplied: zero, RefundAsked: zero,
		ExpiresAt: until, CheckAt: b.Now.Add(time.Minute), CreatedAt: b.Now,
	}}
	b.AddPayment(p)
	return p
}

// supersedePayments closes the pending payments of an order that changes: what they ask for is no longer right. The
// gateway is told after the commit; money that still lands is late money.
func (b *Book) supersedePayments(o *Order) {
	for _, p := range b.payments {
		if p.r.State != PaymentPending || !p.r.covers(o.r.ID) {
			continue
		}
		p.r.State, p.r.CheckAt, p.dirty = PaymentClosed, b.Now, true
	}
}

func (r PaymentRecord) covers(id OrderID) bool {
	for _, part := range r.Parts {
		if part.Order == id {
			return true
		}
	}
	return false
}
