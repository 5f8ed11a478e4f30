package domain

import (
	"fmt"

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
	for _, l := range o.r.Lines {
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
		parts = append(parts, RefundPart{Order: o.r.ID, Line: l.ID, Qty: l.Ordered, Amount: cost})
		if rest, err = rest.Sub(cost); err != nil {
			return err
		}
	}
	if rest.IsPositive() {
		parts = append(parts, RefundPart{Order: o.r.ID, Amount: rest})
	}
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
		if p.r.State == PaymentPaid && p.r.covers(o.r.ID) && p.r.Applied.IsPositive() {
			return b.newRefund(p, parts, why, b.pot())
		}
	}
	return fmt.Errorf("refund order %s: it has %s paid and no payment", o.r.ID, o.r.Paid)
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

// countOpenRefunds keeps how many refunds a team still waits for; a refund that covers two orders of a team counts twice.
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
	if f.r.State == c.Told.State || !f.r.State.CanMove(c.Told.State) {
		return b.answer(DidNothing, nil, nil), nil
	}
	wasAbnormal := f.r.State == RefundAbnormal
	f.r.State, f.r.LastReason, f.dirty = c.Told.State, c.Told.Reason, true
	switch c.Told.State {
	case RefundSucceeded:
		return b.refundArrived(f)
	case RefundClosed:
		return b.refundAgain(f)
	case RefundProcessing:
		b.tellRefund(f, NoticeRefundSent)
	case RefundAbnormal:
		if !wasAbnormal {
			b.tellLeaders(Notice{Kind: NoticeLeaderNote, Refund: f.r.ID, Num: map[string]int64{"what": NoteRefundStuck}}, f.r.ID)
		}
	}
	return b.refundAnswer(f), nil
}

// What a leader is asked to look at (Num["what"] of NoticeLeaderNote).
const (
	NoteRefundStuck = 1
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
	b.countOpenRefunds(f.r.Parts, -1)
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
	b.countOpenRefunds(f.r.Parts, -1) // after the new one was counted, so that the team is not done in between
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
	}
	f.r.DueAt, f.r.Attempts, f.dirty = b.Now, 0, true
	return b.refundAnswer(f), nil
}
