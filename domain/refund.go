package domain

import (
	"fmt"
	"slices"

	"tuanbot/domain/money"
)

// refundAll sends back whatever an order has paid and not yet got back.
func (b *Book) refundAll(o *Order, why string) error {
	left, err := o.r.Paid.Sub(o.r.RefundDue)
	if err == nil {
		left, err = left.Sub(o.r.Refunded)
	}
	if err != nil || !left.IsPositive() {
		return err
	}
	var parts []RefundPart
	rest := left
	lines := slices.Clone(o.r.Lines)
	for i, l := range lines {
		cost, err := l.Unit.Times(l.Ordered)
		if err != nil {
			return err
		}
		if cost.IsZero() || rest.IsZero() {
			continue
		}
		if rest.Less(cost) {
			cost = rest
		}
		lines[i].Refunded += l.Ordered
		parts = append(parts, RefundPart{Order: o.r.ID, Line: l.ID, Qty: l.Ordered, Amount: cost})
		if rest, err = rest.Sub(cost); err != nil {
			return err
		}
	}
	if rest.IsPositive() {
		parts = append(parts, RefundPart{Order: o.r.ID, Amount: rest})
	}
	b.mutate(o, func(r *OrderRecord) { r.Lines = lines })
	return b.refundOrder(o, parts, why)
}

// refundOrder sends money of an order back along the payments that brought it. Offline money is the leader's to return.
func (b *Book) refundOrder(o *Order, parts []RefundPart, why string) error {
	sum := money.Of(0, b.deal.r.Currency)
	for _, p := range parts {
		var err error
		if sum, err = sum.Add(p.Amount); err != nil {
			return err
		}
	}
	if sum.IsZero() {
		return nil
	}
	due, err := o.r.RefundDue.Add(sum)
	if err != nil {
		return err
	}
	b.mutate(o, func(r *OrderRecord) { r.RefundDue = due })
	if b.deal.r.Terms.Pay == PayOffline {
		return nil
	}
	for _, p := range b.Payments() {
		var mine []RefundPart
		if mine, parts, err = b.cut(parts, b.returnable(p, o.r.ID)); err != nil {
			return err
		}
		if len(mine) == 0 {
			continue
		}
		if err := b.newRefund(p, mine, why, b.pot()); err != nil {
			return err
		}
	}
	if len(parts) > 0 {
		return fmt.Errorf("refund order %s: it has %s paid and no payment for all of it", o.r.ID, o.r.Paid)
	}
	return nil
}

// returnable is how much of an order's money a payment brought and has not been asked back for.
func (b *Book) returnable(p *Payment, id OrderID) int64 {
	if p.r.State != PaymentPaid || !p.applied(id) {
		return 0
	}
	var fen int64
	for _, part := range p.r.Parts {
		if part.Order == id && part.Applied {
			fen += part.Amount.Fen()
		}
	}
	for _, f := range b.refunds {
		if f.r.Payment != p.r.ID || f.r.State == RefundClosed { // what was closed goes out again under another number
			continue
		}
		for _, part := range f.r.Parts {
			if part.Order == id {
				fen -= part.Amount.Fen()
			}
		}
	}
	return fen
}

// cut takes parts worth at most so many fen off the front; a part that does not fit whole is divided.
func (b *Book) cut(parts []RefundPart, fen int64) (head, tail []RefundPart, err error) {
	for i, part := range parts {
		if fen <= 0 {
			return head, append(tail, parts[i:]...), nil
		}
		if part.Amount.Fen() > fen {
			rest := part
			if rest.Amount, err = part.Amount.Sub(money.Of(fen, b.deal.r.Currency)); err != nil {
				return nil, nil, err
			}
			rest.Qty, part.Amount = 0, money.Of(fen, b.deal.r.Currency)
			tail = append(tail, rest)
		}
		head = append(head, part)
		fen -= part.Amount.Fen()
	}
	return head, tail, nil
}

// newRefund writes a refund row: its number follows from the payment and is never made again for the same money. The
// sum of refunds never passes the payment. Rule: reliability.md 4.9.
func (b *Book) newRefund(p *Payment, parts []RefundPart, why, from string) error {
	sum := money.Of(0, b.deal.r.Currency)
	for _, part := range parts {
		var err error
		if sum, err = sum.Add(part.Amount); err != nil {
			return err
		}
	}
	asked, err := p.r.RefundAsked.Add(sum)
	if err != nil {
		return err
	}
	if p.r.Amount.Less(asked) {
		return fmt.Errorf("refund %s of payment %s: %s of %s are asked back already", sum, p.r.ID, p.r.RefundAsked, p.r.Amount)
	}
	p.r.RefundAsked, p.dirty = asked, true
	f := b.writeRefund(p, parts, why, sum)
	b.transfer("refund_due", Transfer{Order: parts[0].Order, Payment: p.r.ID, Refund: f.r.ID}, sum, from, "refunding/"+p.r.Gateway)
	return nil
}

func (b *Book) writeRefund(p *Payment, parts []RefundPart, why string, sum money.Amount) *Refund {
	p.r.Refunds++
	p.dirty = true
	f := &Refund{fresh: true, r: RefundRecord{
		ID: RefundID(b.mint.ID()), Payment: p.r.ID, PaymentNo: p.r.Number, Gateway: p.r.Gateway, Deal: b.deal.r.ID, Seq: p.r.Refunds,
		Number: fmt.Sprintf("%s-R%d", p.r.Number, p.r.Refunds), Amount: sum, Paid: p.r.Amount, State: RefundDue, Why: why, Parts: parts,
		To: p.r.Payer, DueAt: b.Now, CreatedAt: b.Now,
	}}
	b.AddRefund(f)
	b.countOpenRefunds(parts, 1)
	return f
}

// IsOpen reports whether a refund is still on its way by itself: neither final nor handed to a person.
func (s RefundState) IsOpen() bool {
	return s == RefundDue || s == RefundSent || s == RefundProcessing
}

// countOpenRefunds keeps how many open refunds a team still waits for; a refund that covers two orders of a team counts
// twice.
func (b *Book) countOpenRefunds(parts []RefundPart, sign int64) {
	seen := map[OrderID]bool{}
	for _, part := range parts {
		o := b.orders[part.Order]
		if o == nil || seen[part.Order] {
			continue
		}
		seen[part.Order] = true
		if t := b.teams[o.r.Team]; t != nil {
			t.r.OpenRefunds += sign
			if sign < 0 {
				b.endIfRefunded(t)
			}
		}
	}
}

// MaxRefunds is how many refunds gateways take of one payment.
const MaxRefunds = 50

// RefundResult is what the gateway said of a refund: its answer, a signed callback, or when asked.
type RefundResult struct {
	Deal   DealID
	Refund RefundID
	Told   GatewayRefund
}

// Asked is empty: it is keyed by the refund's number.
func (c RefundResult) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c RefundResult) Kind() string { return "refund_result" }

// Needs asks for the refund, its payment and its orders with their teams.
func (c RefundResult) Needs() Needs { return Needs{Refunds: []RefundID{c.Refund}, Money: true} }

// Apply moves the refund on. Accepted is not refunded; closed means that a new number follows, and only then.
func (c RefundResult) Apply(b *Book) (Answer, error) {
	f := b.refunds[c.Refund]
	if f == nil || f.r.Number != c.Told.Number {
		return Answer{}, Refuse(CodeNotFound, WhyNotFound)
	}
	if !c.Told.Amount.IsZero() && c.Told.Amount != f.r.Amount {
		return Answer{}, Refuse(CodePayment, WhyQuantity).With("field", "amount")
	}
	to := c.Told.State
	if p := b.payments[f.r.Payment]; to == RefundClosed && p != nil && p.r.Refunds >= MaxRefunds {
		to = RefundAbnormal // no more numbers: a person must look
	}
	if f.r.State == to || to == RefundDue || to == RefundSent || !f.r.State.CanMove(to) {
		return b.answer(DidNothing, nil, nil), nil
	}
	wasOpen := f.r.State.IsOpen()
	f.r.State, f.r.LastReason, f.dirty = to, c.Told.Reason, true
	a, err := b.refundMoved(f)
	if wasOpen && !to.IsOpen() {
		b.countOpenRefunds(f.r.Parts, -1) // after a new number was counted, so that the team is not done in between
	}
	return a, err
}

func (b *Book) refundMoved(f *Refund) (Answer, error) {
	switch f.r.State {
	case RefundSucceeded:
		return b.refundArrived(f)
	case RefundClosed:
		return b.refundAgain(f)
	case RefundProcessing:
		b.tellRefund(f, NoticeRefundSent)
	case RefundAbnormal:
		b.tellLeaders(Notice{Kind: NoticeLeaderNote, Refund: f.r.ID, Num: map[string]int64{"what": NoteRefundStuck}}, f.r.ID, b.deal.r.Version)
	default:
	}
	return b.refundAnswer(f), nil
}

// What a leader is asked to look at (Num["what"] of NoticeLeaderNote).
const (
	NoteRefundStuck = 1
	NoteOverLimit   = 3 // two accounts turned out to be one person, who holds more than one may
)

func (b *Book) refundAnswer(f *Refund) Answer {
	a := b.answer(DidPay, nil, nil)
	a.Back, a.Reason = f.r.Amount, string(f.r.State)
	return a
}

func (b *Book) tellRefund(f *Refund, kind NoticeKind) {
	n := Notice{Kind: kind, Refund: f.r.ID, Payment: f.r.Payment, Urgent: true, Num: map[string]int64{"back": f.r.Amount.Fen()}}
	if len(f.r.Parts) > 0 {
		n.Order = f.r.Parts[0].Order
	}
	b.tellOne(f.r.To, n, f.r.Payment, f.r.Seq)
}

func (b *Book) refundArrived(f *Refund) (Answer, error) {
	f.r.DoneAt = b.Now
	pay := b.payments[f.r.Payment]
	for _, part := range f.r.Parts {
		o := b.orders[part.Order]
		if o == nil || (pay != nil && !pay.applied(part.Order)) {
			continue
		}
		due, err := o.r.RefundDue.Sub(part.Amount)
		if err != nil {
			return Answer{}, err
		}
		back, err := o.r.Refunded.Add(part.Amount)
		if err != nil {
			return Answer{}, err
		}
		b.mutate(o, func(r *OrderRecord) { r.RefundDue, r.Refunded = due, back })
	}
	b.transfer("refunded", Transfer{Payment: f.r.Payment, Refund: f.r.ID}, f.r.Amount, "refunding/"+f.r.Gateway, "buyer/"+string(f.r.To))
	b.tellRefund(f, NoticeRefundArrived)
	return b.refundAnswer(f), nil
}

// applied reports whether this payment's money went to an order, so that what comes back counts against the order.
func (p *Payment) applied(id OrderID) bool {
	for _, part := range p.r.Parts {
		if part.Order == id && part.Applied {
			return true
		}
	}
	return false
}

// refundAgain: the gateway gave a number up for good, so the same money goes out under the next one. Nothing is posted:
// the money stays where it is, on its way back.
func (b *Book) refundAgain(f *Refund) (Answer, error) {
	p := b.payments[f.r.Payment]
	if p == nil {
		return Answer{}, fmt.Errorf("refund %s: its payment is not in the book", f.r.ID)
	}
	next := b.writeRefund(p, f.r.Parts, f.r.Why, f.r.Amount)
	next.r.PaymentNo = f.r.PaymentNo
	return b.refundAnswer(next), nil
}

// RetryRefund is an operator's: an abnormal refund is sent once more under the same number.
type RetryRefund struct {
	Ask    Asked
	Deal   DealID
	Refund RefundID
}

// Asked is the command's key and speaker.
func (c RetryRefund) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c RetryRefund) Kind() string { return "retry_refund" }

// Needs asks for the refund.
func (c RetryRefund) Needs() Needs { return Needs{Refunds: []RefundID{c.Refund}, Money: true} }

// Apply puts the refund back into the queue.
func (c RetryRefund) Apply(b *Book) (Answer, error) {
	f := b.refunds[c.Refund]
	if f == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNotFound)
	}
	if f.r.State.IsFinal() {
		return b.answer(DidNothing, nil, nil), nil
	}
	if f.r.State == RefundAbnormal {
		f.r.State = RefundDue
		b.countOpenRefunds(f.r.Parts, 1)
	}
	f.r.DueAt, f.r.Attempts, f.dirty = b.Now, 0, true
	return b.refundAnswer(f), nil
}
