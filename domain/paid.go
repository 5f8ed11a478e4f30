package domain

import (
	"slices"
	"time"

	"tuanbot/domain/money"
)

// PaymentResult is what the gateway said of a payment: by a signed callback or when asked. Both pass here.
type PaymentResult struct {
	Deal DealID
	Told GatewayPayment
}

// Asked is empty: it is keyed by the gateway's transaction.
func (c PaymentResult) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c PaymentResult) Kind() string { return "payment_result" }

// Needs asks for the payment and its orders.
func (c PaymentResult) Needs() Needs {
	return Needs{ChainTeam: true, Payments: []PaymentNumber{c.Told.Number}, Money: true, Arrivals: true}
}

// Apply records the money first and then finds out whose it is. Every part goes to an order that still wants exactly this
// amount, or back. A wrong amount is refused and changes nothing: the caller keeps such money as an orphan for a person to
// look at. Table: reliability.md 4.7; a hold lasts its window and the drain whatever became of its team, design 2.
func (c PaymentResult) Apply(b *Book) (Answer, error) {
	p := b.paymentByNumber(c.Told.Number)
	if p == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNotFound)
	}
	if c.Told.State != PaymentPaid {
		return b.paymentClosed(p, c.Told), nil
	}
	if p.r.State == PaymentPaid {
		if p.r.Transaction == c.Told.Transaction {
			return b.answer(DidNothing, nil, nil), nil
		}
		return b.secondPayment(p, c.Told)
	}
	if p.r.Amount != c.Told.Amount {
		return Answer{}, Refuse(CodePayment, WhyQuantity).With("field", "amount")
	}
	return b.takePayment(p, c.Told)
}

func (b *Book) paymentByNumber(n PaymentNumber) *Payment {
	for _, p := range b.payments {
		if p.r.Number == n {
			return p
		}
	}
	return nil
}

// LastLook is when the gateway is asked once more about a payment that takes no money any more: a day after its end, for what
// slipped through. The zero time: never again.
func (r PaymentRecord) LastLook(now time.Time) time.Time {
	if day := r.ExpiresAt.Add(24 * time.Hour); now.Before(day) {
		return day
	}
	return time.Time{}
}

// paymentClosed: the gateway takes no more money for this number.
func (b *Book) paymentClosed(p *Payment, told GatewayPayment) Answer {
	if told.State == PaymentClosed && p.r.State != PaymentPaid && (p.r.State == PaymentPending || !p.r.CheckAt.IsZero()) {
		p.r.State, p.r.CheckAt, p.dirty = PaymentClosed, p.r.LastLook(b.Now), true
		return b.answer(DidPay, nil, nil)
	}
	return b.answer(DidNothing, nil, nil)
}

func (b *Book) takePayment(p *Payment, told GatewayPayment) (Answer, error) {
	p.r.State, p.r.Transaction, p.r.PaidAt, p.r.CheckAt, p.dirty = PaymentPaid, told.Transaction, told.PaidAt, time.Time{}, true
	p.r.Parts = slices.Clone(p.r.Parts)
	var first *Order
	var late []RefundPart
	var teams []*Team
	for i, part := range p.r.Parts {
		o := b.orders[part.Order]
		if o == nil || !b.accepts(o, part) {
			late = append(late, RefundPart{Order: part.Order, Amount: part.Amount})
			continue
		}
		p.r.Parts[i].Applied = true
		if err := b.applyMoney(p, o, part); err != nil {
			return Answer{}, err
		}
		if first == nil {
			first = o
		}
		if t := b.teams[o.r.Team]; !slices.Contains(teams, t) {
			teams = append(teams, t)
		}
	}
	for _, t := range teams { // after all parts: a decision in between would turn the rest of them away
		b.afterPayment(t)
	}
	if err := b.returnLate(p, late, "late"); err != nil {
		return Answer{}, err
	}
	a := b.answer(DidPay, first, nil)
	if first != nil {
		a = b.answer(DidPay, first, b.teams[first.r.Team])
	}
	a.Number, a.Back = p.r.Number, p.r.Unapplied
	return a, nil
}

// accepts: the order is alive, unpaid and owes exactly this much. A hold past its end still counts until it is closed.
func (b *Book) accepts(o *Order, part PaymentPart) bool {
	if o.r.Owed() != part.Amount || !part.Amount.IsPositive() {
		return false
	}
	t := b.teams[o.r.Team]
	switch o.r.State {
	case OrderPlaced:
		return t != nil && (t.r.State == TeamForming || t.r.State == TeamDeciding || t.r.State == TeamFormed)
	case OrderAwaiting:
		return t != nil && t.r.State == TeamFormed
	default:
		return false
	}
}

// afterPayment lets a team take notice of money that came in: it may be full now, or whole at last.
func (b *Book) afterPayment(t *Team) {
	if t.r.State == TeamDeciding || (t.r.State == TeamForming && !b.Now.Before(t.r.DeadlineAt)) {
		b.decide(t)
		return
	}
	b.afterCount(t)
}

// applyMoney books money to an order and moves it on.
func (b *Book) applyMoney(p *Payment, o *Order, part PaymentPart) error {
	to := OrderConfirmed
	if o.r.State == OrderPlaced {
		to = OrderWaiting
	}
	paid, err := o.r.Paid.Add(part.Amount)
	if err != nil {
		return err
	}
	if err := b.move(o, to, func(r *OrderRecord) {
		r.Paid, r.Pay, r.Payer = paid, PayFull, p.r.Payer
		r.UndoAt = time.Time{}
	}); err != nil {
		return err
	}
	p.r.Applied, err = p.r.Applied.Add(part.Amount)
	if err != nil {
		return err
	}
	b.transfer("pay", Transfer{Order: o.r.ID, Payment: p.r.ID}, part.Amount, "buyer/"+string(p.r.Payer), b.pot())
	b.tellOne(o.r.Shopper, Notice{Kind: NoticePaid, Order: o.r.ID, Payment: p.r.ID, Urgent: true, Num: map[string]int64{"paid": part.Amount.Fen()}}, o.r.ID, p.r.ID)
	if o.r.State == OrderConfirmed && b.hasArrived(o.r.Point) {
		return b.makeReady(o) // the others were told of the arrival before
	}
	return nil
}

// returnLate books money that no order wants and sends it back.
func (b *Book) returnLate(p *Payment, parts []RefundPart, why string) error {
	sum := money.Of(0, b.deal.r.Currency)
	for _, part := range parts {
		var err error
		if sum, err = sum.Add(part.Amount); err != nil {
			return err
		}
		b.transfer("late", Transfer{Order: part.Order, Payment: p.r.ID}, part.Amount, "buyer/"+string(p.r.Payer), "unapplied/"+p.r.Gateway)
	}
	if sum.IsZero() {
		return nil
	}
	p.r.Unapplied = sum
	err := b.newRefund(p, parts, why, "unapplied/"+p.r.Gateway)
	return err
}

// secondPayment: the same number was paid twice; the second goes back whole. It gets a row and a number of its own, but at
// the gateway it can only be found by the number that was paid.
func (b *Book) secondPayment(p *Payment, told GatewayPayment) (Answer, error) {
	for _, q := range b.payments {
		if q.r.Transaction == told.Transaction {
			return b.answer(DidNothing, nil, nil), nil
		}
	}
	zero := money.Of(0, b.deal.r.Currency)
	extra := &Payment{fresh: true, r: PaymentRecord{
		ID: PaymentID(b.mint.ID()), Number: PaymentNumber(b.mint.Number()), Gateway: p.r.Gateway, Deal: p.r.Deal, Payer: p.r.Payer, Amount: told.Amount,
		State: PaymentPaid, Transaction: told.Transaction, Applied: zero, Unapplied: told.Amount, RefundAsked: zero,
		Parts: []PaymentPart{{Order: p.r.Parts[0].Order, Purpose: PurposeExtra, Amount: told.Amount}}, CreatedAt: b.Now, PaidAt: told.PaidAt,
	}}
	b.AddPayment(extra)
	if err := b.returnLate(extra, []RefundPart{{Order: p.r.Parts[0].Order, Amount: told.Amount}}, "extra"); err != nil {
		return Answer{}, err
	}
	for _, f := range b.refunds {
		if f.r.Payment == extra.r.ID {
			f.r.PaymentNo = p.r.Number
		}
	}
	a := b.answer(DidPay, nil, nil)
	a.Back = told.Amount
	return a, nil
}

// pot is the account that holds a deal's money.
func (b *Book) pot() string { return "deal/" + string(b.deal.r.ID) }

// transfer writes one movement of money: the amount leaves one account and enters the other, so that postings sum to zero.
func (b *Book) transfer(kind string, t Transfer, amount money.Amount, from, to string) {
	t.ID, t.Kind, t.Deal, t.At = TransferID(b.mint.ID()), kind, b.deal.r.ID, b.Now
	t.Postings = []Posting{{Account: from, Amount: amount.Neg()}, {Account: to, Amount: amount}}
	b.out.Transfers = append(b.out.Transfers, t)
}
