package storagetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// paid posts a deal that is paid at joining, lets three people join and two of them pay.
func (w *world) paid(t *testing.T) (domain.NewDeal, *ride, []domain.Answer) {
	t.Helper()
	nd := w.post(t, func(c *domain.PostCommand) { c.Terms.Pay, c.Terms.Threshold = domain.PayAtJoin, 9 })
	r := w.ride(nd.Deal.ID)
	joined := r.must(t, join(nd, "ming", 2), join(nd, "wang", 1), join(nd, "zhao", 1))
	var results []domain.Turn
	for _, a := range joined[:2] {
		started := r.must(t, domain.StartPaymentCommand{
			Ask:  domain.Asked{Key: domain.EventKey{Channel: "web", Message: "pay-" + string(a.Order)}, By: a.Shopper},
			Deal: nd.Deal.ID, Who: a.Shopper, Order: a.Order, Gateway: "sandbox",
		})
		if started[0].Number == "" {
			t.Fatalf("no payment was started: %+v", started[0])
		}
		results = append(results, domain.PaymentResult{Deal: nd.Deal.ID, Told: domain.GatewayPayment{
			Number: started[0].Number, State: domain.PaymentPaid, Transaction: "T" + string(started[0].Number), Amount: a.Total, PaidAt: w.Now(),
		}})
	}
	for _, a := range w.ride(nd.Deal.ID).must(t, results...) {
		if a.Did != domain.DidPay {
			t.Fatalf("a payment came to %+v", a)
		}
	}
	return nd, w.ride(nd.Deal.ID), joined
}

func payFailRefund(w *world) {
	t := w.t
	ctx := t.Context()
	nd, r, joined := w.paid(t)
	ps, err := w.Store.PaymentsOfOrder(ctx, joined[0].Order)
	must(t, err)
	if len(ps) != 1 || ps[0].State != domain.PaymentPaid || !ps[0].Parts[0].Applied || ps[0].Applied.Fen() != 5980 {
		t.Fatalf("payments %+v", ps)
	}
	w.zeroSum(t, nd.Deal.ID)
	w.Pass(2 * time.Hour)
	r.must(t, domain.DecideDue{Deal: nd.Deal.ID})
	w.Pass(time.Hour)
	r.must(t, domain.DecideDue{Deal: nd.Deal.ID})
	if due, err := w.Store.FanOutDeals(ctx, 10); err != nil || len(due) != 1 {
		t.Fatalf("deals to fan out: %v, %v", due, err)
	}
	for _, limit := range []int{1, 1, 1, 1, 5} { // a page of one order at a time, then the rest
		r.must(t, domain.FanOut{Deal: nd.Deal.ID, Limit: limit})
	}
	if due, err := w.Store.FanOutDeals(ctx, 10); err != nil || len(due) != 0 {
		t.Errorf("still to fan out: %v, %v", due, err)
	}
	orders, err := w.Store.OrdersOfDeal(ctx, nd.Deal.ID, domain.OrderFilter{})
	must(t, err)
	for _, o := range orders {
		if o.State.IsLive() {
			t.Errorf("order %d is %s", o.Serial, o.State)
		}
	}
	back, err := w.Store.RefundsOfOrder(ctx, joined[0].Order)
	must(t, err)
	if len(back) != 1 || back[0].Amount.Fen() != 5980 || back[0].State != domain.RefundDue || len(back[0].Parts) != 1 || back[0].Parts[0].Qty != 2 {
		t.Fatalf("refunds %+v", back)
	}
	r.must(t, domain.RefundResult{Deal: nd.Deal.ID, Refund: back[0].ID, Told: domain.GatewayRefund{Number: back[0].Number, State: domain.RefundSucceeded}})
	if got, err := w.Store.Refund(ctx, back[0].ID); err != nil || got.State != domain.RefundSucceeded || got.DoneAt.IsZero() {
		t.Errorf("refund %+v, %v", got, err)
	}
	if o, err := w.Store.Order(ctx, joined[0].Order); err != nil || o.Refunded.Fen() != 5980 || !o.RefundDue.IsZero() {
		t.Errorf("order %+v, %v", o, err)
	}
	w.zeroSum(t, nd.Deal.ID)
	if err := w.Exec(ctx, "UPDATE payments SET refund_asked_fen = amount_fen + 1"); err == nil {
		t.Error("more was asked back than was paid")
	}
}

// zeroSum: the postings of every transfer, and so of the deal, sum to nothing.
func (w *world) zeroSum(t *testing.T, deal domain.DealID) {
	t.Helper()
	moves, err := w.Store.TransfersOf(t.Context(), deal)
	must(t, err)
	if len(moves) == 0 {
		t.Error("no transfers")
	}
	for _, m := range moves {
		var sum int64
		for _, p := range m.Postings {
			sum += p.Amount.Fen()
		}
		if sum != 0 || len(m.Postings) < 2 {
			t.Errorf("transfer %+v sums to %d", m, sum)
		}
	}
}

func ledgerOnlyGrows(w *world) {
	t := w.t
	w.paid(t)
	for _, bad := range []string{
		"UPDATE transfers SET kind = 'x'", "DELETE FROM transfers", "UPDATE postings SET amount_fen = 0", "DELETE FROM postings",
	} {
		err := w.Exec(t.Context(), bad)
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func (w *world) claimRefunds(t *testing.T, owner string) []domain.RefundRecord {
	t.Helper()
	var got []domain.RefundRecord
	w.tx(t, func(tx domain.Tx) error {
		var err error
		got, err = tx.ClaimRefunds(t.Context(), owner, 30*time.Second, 10)
		return err
	})
	return got
}

func (w *world) markRefund(ctx context.Context, r domain.RefundRecord) error {
	return w.Store.InTx(ctx, func(tx domain.Tx) error { return tx.MarkRefund(ctx, r) })
}

func refundsLeased(w *world) {
	t := w.t
	ctx := t.Context()
	nd, r, _ := w.paid(t)
	w.Pass(3 * time.Hour)
	r.must(t, domain.DecideDue{Deal: nd.Deal.ID})
	w.Pass(3 * time.Hour)
	r.must(t, domain.DecideDue{Deal: nd.Deal.ID})
	r.must(t, domain.FanOut{Deal: nd.Deal.ID, Limit: 10})
	mine := w.claimRefunds(t, "me")
	if len(mine) != 2 || mine[0].Owner != "me" || mine[0].Fence != 1 || len(mine[0].Parts) != 1 {
		t.Fatalf("claimed %+v", mine)
	}
	if other := w.claimRefunds(t, "other"); len(other) != 0 {
		t.Errorf("leased refunds were claimed: %+v", other)
	}
	// Marked before the call, the lease stays; put off, it ends.
	sent := mine[0]
	sent.State = domain.RefundSent
	must(t, w.markRefund(ctx, sent))
	if other := w.claimRefunds(t, "other"); len(other) != 0 {
		t.Errorf("a refund was claimed in mid-call: %+v", other)
	}
	sent.DueAt, sent.Attempts, sent.LastReason = w.Now().Add(time.Second), 1, "slow"
	must(t, w.markRefund(ctx, sent))
	w.Pass(2 * time.Second)
	other := w.claimRefunds(t, "other")
	if len(other) != 1 || other[0].ID != sent.ID || other[0].Attempts != 1 || other[0].LastReason != "slow" || other[0].Fence != 2 {
		t.Fatalf("claimed %+v", other)
	}
	wantErr(t, "a mark by who was overtaken", w.markRefund(ctx, sent), domain.ErrLostLease)
	// The other one's result comes by another way while its worker sleeps.
	r.must(t, domain.RefundResult{Deal: nd.Deal.ID, Refund: mine[1].ID, Told: domain.GatewayRefund{Number: mine[1].Number, State: domain.RefundSucceeded}})
	late := mine[1]
	late.State = domain.RefundProcessing
	wantErr(t, "a mark after the result", w.markRefund(ctx, late), domain.ErrLostLease)
	if got, err := w.Store.Refund(ctx, late.ID); err != nil || got.State != domain.RefundSucceeded {
		t.Errorf("refund %+v, %v", got, err)
	}
	w.Pass(time.Minute) // a lease runs out by itself
	if again := w.claimRefunds(t, "third"); len(again) != 1 || again[0].Fence != 3 {
		t.Errorf("claimed after the lease: %+v", again)
	}
	if stuck, err := w.Store.StuckRefunds(ctx, 10); err != nil || len(stuck) != 0 {
		t.Errorf("stuck: %v, %v", stuck, err)
	}
	w.Pass(time.Hour)
	if stuck, err := w.Store.StuckRefunds(ctx, 10); err != nil || len(stuck) != 1 {
		t.Errorf("stuck after an hour: %v, %v", stuck, err)
	}
}

func duplicates(w *world) {
	t := w.t
	ctx := t.Context()
	nd := w.post(t, nil)
	err := w.Store.InTx(ctx, func(tx domain.Tx) error {
		twin := nd
		twin.Deal.ID, twin.Items, twin.Teams, twin.Chats = "twin", nil, nil, nil
		return tx.InsertDeal(ctx, twin)
	})
	wantErr(t, "a code that is taken", err, domain.ErrDuplicate)
	w.tx(t, func(tx domain.Tx) error {
		return errors.Join(tx.SaveIdentity(ctx, domain.Identity{Channel: "web", External: "x", Account: "a"}),
			tx.SaveChat(ctx, domain.Chat{ID: "one", Channel: "web", External: "g"}),
			tx.SaveHousehold(ctx, domain.Household{ID: "h", Community: "com", Blind: "b"}))
	})
	for what, f := range map[string]func(tx domain.Tx) error{
		"another's identity": func(tx domain.Tx) error {
			return tx.SaveIdentity(ctx, domain.Identity{Channel: "web", External: "x", Account: "b"})
		},
		"another's chat": func(tx domain.Tx) error {
			return tx.SaveChat(ctx, domain.Chat{ID: "two", Channel: "web", External: "g"})
		},
		"another's home": func(tx domain.Tx) error {
			return tx.SaveHousehold(ctx, domain.Household{ID: "i", Community: "com", Blind: "b"})
		},
	} {
		wantErr(t, what, w.Store.InTx(ctx, f), domain.ErrDuplicate)
	}
	orphan := domain.Orphan{Gateway: "g", Transaction: "T", Number: "n", Amount: money.Yuan(1), At: w.Now()}
	for range 2 {
		w.tx(t, func(tx domain.Tx) error { return tx.InsertOrphan(ctx, orphan) })
	}
	if os, err := w.Store.Orphans(ctx, 10); err != nil || len(os) != 1 {
		t.Errorf("orphans %v, %v", os, err)
	}
	w.tx(t, func(tx domain.Tx) error { return tx.SolveOrphan(ctx, "T", "given back by hand") })
	if os, err := w.Store.Orphans(ctx, 10); err != nil || len(os) != 0 {
		t.Errorf("solved orphans %v, %v", os, err)
	}
	if _, err := w.Store.Order(ctx, "none"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("an order that is not there: %v", err)
	}
	err = w.Store.InTx(ctx, func(tx domain.Tx) error {
		_, err := tx.LockDeal(ctx, "none", nil)
		return err
	})
	wantErr(t, "a deal that is not there", err, domain.ErrNotFound)
}
