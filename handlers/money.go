package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tuanbot/domain"
)

// StartPayment begins to pay and says where to. The row is written first, the gateway is called after the commit.
func (d *Desk) StartPayment(ctx context.Context, c domain.StartPaymentCommand) (domain.Answer, string, error) {
	c.Gateway = d.c.Gateway
	a, err := d.pass(ctx, c.Deal, c)
	if err != nil || a.Did != domain.DidStartPayment {
		return a, "", err
	}
	d.c.At("pay.row_written")
	p, err := d.Payment(ctx, a.Number)
	if err != nil {
		return domain.Answer{}, "", fmt.Errorf("start payment: %w", errBusy(err))
	}
	g := d.c.Gateways[p.Gateway]
	if g == nil {
		return domain.Answer{}, "", fmt.Errorf("start payment %s: no gateway %q", p.Number, p.Gateway)
	}
	if p.State == domain.PaymentClosed { // a message that came again: the gateway may never have heard of this number, and must not now
		return refused(tooLate()), "", nil
	}
	url, err := g.Create(ctx, p, a.Title)
	if err != nil {
		if r := overAt(ctx, g, p); r != nil {
			return refused(r), "", nil
		}
		return domain.Answer{}, "", fmt.Errorf("start payment %s: %w", p.Number, errBusy(err))
	}
	d.c.At("pay.created")
	return a, url, nil
}

// overAt says why a payment that was begun earlier cannot be gone on with: a message that comes again may find that its
// order has changed, or was paid, since.
func overAt(ctx context.Context, g domain.Payments, p domain.PaymentRecord) *domain.Refusal {
	told, err := g.Query(ctx, p.Number)
	switch {
	case err == nil && told.State == domain.PaymentPaid, p.State == domain.PaymentPaid:
		return domain.Refuse(domain.CodePayment, domain.WhyAlreadyPaid)
	case err == nil && told.State == domain.PaymentClosed:
		return tooLate()
	}
	return nil
}

func tooLate() *domain.Refusal {
	return domain.Refuse(domain.CodeTooLate, domain.WhyNothingToPay).With("late", "1")
}

// RecordPayment is the leader's word that somebody paid by hand or got it back.
func (d *Desk) RecordPayment(ctx context.Context, c domain.RecordPaymentCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}

// PaymentTold takes what a gateway says of a payment: from a callback whose signature was checked, or when asked. Money
// for a number that nobody knows, or of another sum than was asked for, is kept as an orphan.
func (d *Desk) PaymentTold(ctx context.Context, gateway string, told domain.GatewayPayment) (domain.Answer, error) {
	p, err := d.Payment(ctx, told.Number)
	if errors.Is(err, domain.ErrNotFound) || err == nil && p.Gateway != gateway {
		return domain.Answer{Did: domain.DidNothing}, d.keepOrphan(ctx, gateway, told)
	}
	if err != nil {
		return domain.Answer{}, fmt.Errorf("payment told: %w", errBusy(err))
	}
	d.c.At("paid.before_turn")
	a, err := d.turn.Pass(ctx, p.Deal, domain.PaymentResult{Deal: p.Deal, Told: told})
	if err != nil {
		return a, fmt.Errorf("payment told %s: %w", told.Number, err)
	}
	d.c.At("paid.after_turn")
	if a.Refusal != nil && a.Refusal.Params["field"] == "amount" {
		return a, d.keepOrphan(ctx, gateway, told)
	}
	d.c.Waker.Wake(ctx, TopicMoney)
	return a, nil
}

func (d *Desk) keepOrphan(ctx context.Context, gateway string, told domain.GatewayPayment) error {
	if told.State != domain.PaymentPaid {
		return nil
	}
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		return tx.InsertOrphan(ctx, domain.Orphan{
			Gateway: gateway, Number: string(told.Number), Transaction: told.Transaction, Amount: told.Amount, At: now,
		})
	})
	if err != nil {
		return fmt.Errorf("keep orphan payment: %w", err)
	}
	d.c.Log.WarnContext(ctx, "a payment that fits no order", "number", told.Number, "gateway", gateway)
	return nil
}

// RefundTold takes what a gateway says of a refund.
func (d *Desk) RefundTold(ctx context.Context, told domain.GatewayRefund) (domain.Answer, error) {
	r, err := d.RefundByNumber(ctx, told.Number)
	if errors.Is(err, domain.ErrNotFound) {
		return domain.Answer{Did: domain.DidNothing}, nil
	}
	if err != nil {
		return domain.Answer{}, fmt.Errorf("refund told: %w", errBusy(err))
	}
	d.c.At("refund.before_turn")
	a, err := d.turn.Pass(ctx, r.Deal, domain.RefundResult{Deal: r.Deal, Refund: r.ID, Told: told})
	if err != nil {
		return a, fmt.Errorf("refund told %s: %w", told.Number, err)
	}
	d.c.At("refund.after_turn")
	return a, nil
}

// RetryRefund sends an abnormal refund once more under its number. Only an operator may.
func (d *Desk) RetryRefund(ctx context.Context, c domain.RetryRefund) (domain.Answer, error) {
	ok, err := d.Can(ctx, c.Ask.By, domain.RoleOperator, "")
	if err != nil {
		return domain.Answer{}, err
	}
	if !ok {
		return refused(domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)), nil
	}
	a, err := d.pass(ctx, c.Deal, c)
	d.c.Waker.Wake(ctx, TopicMoney)
	return a, err
}

// The refund worker's patience.
const (
	refundLease  = 30 * time.Second
	refundFirst  = 2 * time.Second
	refundMost   = 10 * time.Minute
	refundGiveUp = 60                 // tries; then a person must look
	refundAtWork = 7 * 24 * time.Hour // a gateway that says it is at work has this long: a bank takes days
)

// SendRefunds takes a batch of due refunds and sends each, with its own number, outside any transaction. One bad refund
// never stops the others. It returns how many were touched.
func (d *Desk) SendRefunds(ctx context.Context, owner string, limit int) (int, error) {
	var claimed []domain.RefundRecord
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		var err error
		claimed, err = tx.ClaimRefunds(ctx, owner, refundLease, limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("claim refunds: %w", err)
	}
	for _, r := range claimed {
		if ctx.Err() != nil {
			return len(claimed), ctx.Err()
		}
		if err := d.sendRefund(ctx, r); err != nil {
			d.c.Log.WarnContext(ctx, "refund", "number", r.Number, "err", err)
		}
	}
	return len(claimed), nil
}

// sendRefund is one step of the saga: mark, call, tell. In doubt it asks, then sends the same number again.
func (d *Desk) sendRefund(ctx context.Context, r domain.RefundRecord) error {
	g := d.c.Gateways[r.Gateway]
	if g == nil {
		return d.laterRefund(ctx, r, "no gateway")
	}
	var told domain.GatewayRefund
	var err error
	if r.State == domain.RefundProcessing {
		told, err = g.QueryRefund(ctx, r.Number)
	} else {
		r.State = domain.RefundSent
		if err := d.markRefund(ctx, r); err != nil {
			return err
		}
		d.c.At("refund.marked")
		told, err = g.Refund(ctx, r)
	}
	d.c.At("refund.called")
	if err != nil {
		return d.laterRefund(ctx, r, "gateway: "+reason(err))
	}
	a, err := d.RefundTold(ctx, told)
	if err != nil {
		return err
	}
	if a.Refusal != nil { // the gateway speaks of something else than we sent
		return d.laterRefund(ctx, r, "refused: "+string(a.Refusal.Why))
	}
	if told.State == domain.RefundProcessing {
		r.State = domain.RefundProcessing
		return d.laterRefund(ctx, r, "")
	}
	return nil
}

func (d *Desk) markRefund(ctx context.Context, r domain.RefundRecord) error {
	return d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.MarkRefund(ctx, r) })
}

// laterRefund puts the next look off, longer each time; a refund that will not go through becomes a person's.
func (d *Desk) laterRefund(ctx context.Context, r domain.RefundRecord, why string) error {
	now, err := d.Now(ctx)
	if err != nil {
		return fmt.Errorf("put refund off: %w", err)
	}
	wait := refundMost
	if r.Attempts < 10 {
		wait = min(refundMost, refundFirst<<r.Attempts)
	}
	r.Attempts++
	r.DueAt, r.LastReason = now.Add(wait), why
	atWork := r.State == domain.RefundProcessing && now.Sub(r.CreatedAt) < refundAtWork
	if r.Attempts >= refundGiveUp && !atWork {
		_, err := d.RefundTold(ctx, domain.GatewayRefund{Number: r.Number, State: domain.RefundAbnormal, Reason: "too many tries"})
		return err
	}
	err = d.markRefund(ctx, r)
	if errors.Is(err, domain.ErrLostLease) {
		return nil // somebody else has it, or its result came meanwhile
	}
	return err
}

func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	return "error"
}

// CheckPayments asks gateways about payments that are silent, or that must be closed because their orders changed.
func (d *Desk) CheckPayments(ctx context.Context, limit int) (int, error) {
	ps, err := d.PaymentsToCheck(ctx, limit)
	if err != nil {
		return 0, fmt.Errorf("payments to check: %w", err)
	}
	for _, p := range ps {
		if err := d.checkPayment(ctx, p); err != nil {
			d.c.Log.WarnContext(ctx, "check payment", "number", p.Number, "err", err)
		}
	}
	return len(ps), nil
}

func (d *Desk) checkPayment(ctx context.Context, p domain.PaymentRecord) error {
	g := d.c.Gateways[p.Gateway]
	if g == nil {
		return fmt.Errorf("no gateway %q", p.Gateway)
	}
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	told, err := g.Query(ctx, p.Number)
	if err == nil && told.State == domain.PaymentPending && (p.State == domain.PaymentClosed || !now.Before(p.ExpiresAt)) {
		if err = g.Close(ctx, p.Number); errors.Is(err, domain.ErrPaidMeanwhile) {
			told, err = g.Query(ctx, p.Number)
		} else if err == nil {
			told.State = domain.PaymentClosed
		}
	}
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return errors.Join(err, d.putOff(ctx, p, now.Add(nextLook(p.Checks))))
	}
	if errors.Is(err, domain.ErrNotFound) {
		told = domain.GatewayPayment{Number: p.Number, State: domain.PaymentPending}
		if p.State == domain.PaymentClosed || !now.Before(p.ExpiresAt) {
			told.State = domain.PaymentClosed // the gateway never heard of it
		}
	}
	if told.State != domain.PaymentPending {
		if _, err := d.PaymentTold(ctx, p.Gateway, told); err != nil {
			return err
		}
	}
	return d.putOff(ctx, p, d.nextCheck(p, told, now))
}

// nextCheck: a payment that is over needs no more looks, one more a day after its end for what slipped through.
func (d *Desk) nextCheck(p domain.PaymentRecord, told domain.GatewayPayment, now time.Time) time.Time {
	if told.State == domain.PaymentPaid {
		return time.Time{}
	}
	if told.State == domain.PaymentClosed {
		return p.LastLook(now)
	}
	next := now.Add(nextLook(p.Checks))
	if now.Before(p.ExpiresAt) && next.After(p.ExpiresAt) {
		return p.ExpiresAt
	}
	return next
}

// nextLook follows reliability.md 4.7: after 1, 5, 15 minutes, then hourly.
func nextLook(checks int64) time.Duration {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}
	if checks >= 0 && checks < int64(len(steps)) {
		return steps[checks]
	}
	return time.Hour
}

func (d *Desk) putOff(ctx context.Context, p domain.PaymentRecord, next time.Time) error {
	return d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.MarkChecked(ctx, p.Number, next) })
}
