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
	p := b.pendingFor(c.Who, parts)
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
		mine := o.r.Shopper == c.Who || o.r.Payer == c.Who
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
	}
	return false
}

func (b *Book) whyNothingToPay(c StartPaymentCommand) error {
	for _, o := range b.Orders() {
		mine := o.r.Shopper == c.Who || o.r.Payer == c.Who
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

func (b *Book) pendingFor(who AccountID, parts []PaymentPart) *Payment {
	for _, p := range b.Payments() {
		if p.r.State == PaymentPending && p.r.Payer == who && b.Now.Before(p.r.ExpiresAt) && sameParts(p.r.Parts, parts) {
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
	return Needs{ChainTeam: true, Payments: []PaymentNumber{c.Told.Number}, Money: true}
}

// Apply records the money first and then finds out whose it is. Every part goes to an order that still wants exactly this
// amount, or back. Table: reliability.md 4.7.
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

// paymentClosed: the gateway takes no more money for this number.
func (b *Book) paymentClosed(p *Payment, told GatewayPayment) Answer {
	if told.State == PaymentClosed && p.r.State == PaymentPending {
		p.r.State, p.r.CheckAt, p.dirty = PaymentClosed, time.Time{}, true
		return b.answer(DidPay, nil, nil)
	}
	return b.answer(DidNothing, nil, nil)
}

func (b *Book) takePayment(p *Payment, told GatewayPayment) (Answer, error) {
	p.r.State, p.r.Transaction, p.r.PaidAt, p.r.CheckAt, p.dirty = PaymentPaid, told.Transaction, told.PaidAt, time.Time{}, true
	var first *Order
	var late []RefundPart
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
		return t != nil && (t.r.State == TeamForming || t.r.State == TeamDeciding)
	case OrderAwaiting:
		return true
	}
	return false
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
	if t := b.teams[o.r.Team]; t != nil {
		if t.r.State == TeamDeciding {
			b.decide(t)
		} else {
			b.afterCount(t)
		}
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
	return b.newRefund(p, parts, why, "unapplied/"+p.r.Gateway)
}

// secondPayment: the same number was paid twice; the second goes back whole.
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

// CloseUnpaid is the clock's: orders whose payment window and drain are over give up seat and stock.
type CloseUnpaid struct {
	Deal  DealID
	Limit int
}

// Asked is empty: nobody sends it.
func (c CloseUnpaid) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c CloseUnpaid) Kind() string { return "close_unpaid" }

// Needs asks for the overdue orders.
func (c CloseUnpaid) Needs() Needs {
	return Needs{ChainTeam: true, Unpaid: c.Limit, Money: true, Waiting: true}
}

// Apply closes them; the team stays as it is. Rule: design 2.
func (c CloseUnpaid) Apply(b *Book) (Answer, error) {
	var n int64
	for _, o := range b.Orders() {
		overdue := !o.r.PayDueAt.IsZero() && o.r.Paid.IsZero() && !b.Now.Before(o.r.PayDueAt.Add(PayDrain))
		if !overdue || (o.r.State != OrderPlaced && o.r.State != OrderAwaiting) {
			continue
		}
		moved, err := b.closeUnpaid(o)
		if err != nil {
			return Answer{}, err
		}
		n += moved
		if t := b.teams[o.r.Team]; t != nil && t.r.State == TeamForming {
			b.succeed(t, o.r.Shopper)
			b.afterCount(t)
			if err := b.offerSeats(t); err != nil {
				return Answer{}, err
			}
		}
	}
	a := b.answer(DidNothing, nil, nil)
	a.Count = n
	return a, nil
}

func (b *Book) closeUnpaid(o *Order) (int64, error) {
	formed := o.r.State == OrderAwaiting
	if err := b.move(o, OrderUnpaid, func(r *OrderRecord) { r.Reason = "unpaid" }); err != nil {
		return 0, err
	}
	b.supersedePayments(o)
	b.tellOne(o.r.Shopper, Notice{Kind: NoticePayOverdue, Order: o.r.ID}, o.r.ID)
	if formed {
		b.tellLeaders(Notice{Kind: NoticeUnpaidLeader, Order: o.r.ID}, o.r.ID)
	}
	return 1, nil
}

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
	b.mutate(o, func(r *OrderRecord) { r.Paid, r.Pay = r.Total, PayFull })
	b.transfer("offline_pay", Transfer{Order: o.r.ID}, owed, "buyer/"+string(o.r.Shopper), "offline/"+string(c.Ask.By))
	b.tellOne(o.r.Shopper, Notice{Kind: NoticePaid, Order: o.r.ID, Num: map[string]int64{"paid": owed.Fen(), "offline": 1}}, o.r.ID, "offline", o.r.Paid.Fen())
	return b.answer(DidRecordPaid, o, b.teams[o.r.Team]), nil
}

func (b *Book) recordReturned(o *Order, by AccountID) (Answer, error) {
	back := o.r.RefundDue
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
