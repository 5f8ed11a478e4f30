package handlers

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// odd is a gateway that was paid another sum than was asked for, and that speaks of refunds of another sum.
type odd struct {
	domain.Payments
	paid, back money.Amount
}

func (odd) Name() string { return "odd" }
func (odd) Create(context.Context, domain.PaymentRecord, string) (string, error) {
	return "https://odd.example/", nil
}

func (g odd) Query(_ context.Context, n domain.PaymentNumber) (domain.GatewayPayment, error) {
	return domain.GatewayPayment{Number: n, State: domain.PaymentPaid, Transaction: "T" + string(n), Amount: g.paid}, nil
}

func (g odd) Refund(_ context.Context, r domain.RefundRecord) (domain.GatewayRefund, error) {
	return domain.GatewayRefund{Number: r.Number, State: domain.RefundSucceeded, Amount: g.back}, nil
}

func (odd) QueryRefund(_ context.Context, number string) (domain.GatewayRefund, error) {
	return domain.GatewayRefund{Number: number, State: domain.RefundProcessing}, nil
}

// leaves pays the order, gives it up and claims the refund that follows. (On SQLite, where nobody else's refunds are claimed.)
func leaves(t *testing.T, desk *Desk, w *world, o offer, number domain.PaymentNumber) domain.RefundRecord {
	t.Helper()
	told := domain.GatewayPayment{Number: number, State: domain.PaymentPaid, Transaction: "T" + string(number), Amount: money.Yuan(2000), PaidAt: time.Now()}
	if a, err := desk.PaymentTold(t.Context(), "odd", told); err != nil || a.Did != domain.DidPay {
		t.Fatal(a, err)
	}
	a, err := desk.Leave(t.Context(), domain.LeaveCommand{Ask: o.join("ming", "m3", 1).Ask, Deal: o.deal, Who: "ming"})
	if err != nil || a.Back != money.Yuan(2000) {
		t.Fatal(a, err)
	}
	var claimed []domain.RefundRecord
	err = w.db.InTx(t.Context(), func(tx domain.Tx) error {
		var err error
		claimed, err = tx.ClaimRefunds(t.Context(), "me", time.Hour, 10)
		return err
	})
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	return claimed[0]
}

// A bank takes days. While the gateway says that it is at work, nobody is called; after a week somebody is.
func TestARefundMayTakeDays(t *testing.T) {
	t.Parallel()
	for old, want := range map[time.Duration]domain.RefundState{3 * 24 * time.Hour: domain.RefundProcessing, 8 * 24 * time.Hour: domain.RefundAbnormal} {
		desk, w, o, number := oddDesk(t, placeOf(t, onSQLite), odd{})
		f := leaves(t, desk, w, o, number)
		f.State, f.Attempts, f.CreatedAt = domain.RefundProcessing, 20*refundGiveUp, f.CreatedAt.Add(-old)
		if err := desk.sendRefund(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		got, err := desk.Refund(t.Context(), f.ID)
		if err != nil || got.State != want {
			t.Errorf("after %s it is %s, %v; want %s", old, got.State, err, want)
		}
	}
}

// oddDesk is a Desk at that gateway, on a clock of its own, with an order of 20 yuan whose payment was begun.
func oddDesk(t *testing.T, p place, g odd) (*Desk, *world, offer, domain.PaymentNumber) {
	t.Helper()
	w := newWorld(t, p, options{})
	desk := New(Config{
		Store: w.db, Tally: &tally{}, Waker: silent{}, Mint: Mint{}, Log: slog.New(slog.DiscardHandler),
		Gateways: map[string]domain.Payments{"odd": g}, Gateway: "odd",
	})
	t.Cleanup(desk.Close)
	o := w.post(t, func(terms *domain.DealTerms, _ *domain.NewItem) { terms.Pay = domain.PayAtJoin })
	a, err := desk.Join(t.Context(), o.join("ming", "m1", 2))
	joined(t, a, err)
	a, _, err = desk.StartPayment(t.Context(), domain.StartPaymentCommand{Ask: o.join("ming", "m2", 1).Ask, Deal: o.deal, Who: "ming"})
	if err != nil || a.Did != domain.DidStartPayment {
		t.Fatal(a, err)
	}
	return desk, w, o, a.Number
}

// A sum that was not asked for is no order's, but it is somebody's: it is kept for a person to look at, whether the gateway said so
// by itself or was asked.
func TestASumThatNobodyAskedForIsKeptForAPerson(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		desk, _, _, number := oddDesk(t, p, odd{paid: money.Yuan(1999)})
		pay, err := desk.Payment(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		if err := desk.checkPayment(t.Context(), pay); err != nil {
			t.Fatal(err)
		}
		told := domain.GatewayPayment{Number: number, State: domain.PaymentPaid, Transaction: "T" + string(number), Amount: money.Yuan(1999)}
		a, err := desk.PaymentTold(t.Context(), "odd", told) // and by a callback, which is refused as before
		refusedWith(t, a, err, domain.WhyQuantity)
		orphans, err := desk.Orphans(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, o := range orphans {
			if o.Transaction == "T"+string(number) && o.Amount == money.Yuan(1999) && o.Number == string(number) {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("kept %d times, want once", n)
		}
	})
}

// A gateway that speaks of another sum than we sent back is not asked again and again in vain: each time is a try, and in the end a
// person looks at it.
func TestARefundOfAnotherSumBecomesAPersons(t *testing.T) {
	t.Parallel()
	desk, w, o, number := oddDesk(t, placeOf(t, onSQLite), odd{back: money.Yuan(1)})
	claimed := leaves(t, desk, w, o, number)
	for _, attempts := range []int64{0, refundGiveUp - 1} {
		want := domain.RefundSent
		if attempts > 0 {
			want = domain.RefundAbnormal
		}
		f := claimed
		f.Attempts = attempts
		if err := desk.sendRefund(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		got, err := desk.Refund(t.Context(), f.ID)
		if err != nil || got.State != want || attempts == 0 && got.Attempts != 1 {
			t.Errorf("after %d tries it is %s with %d, %v; want %s", attempts, got.State, got.Attempts, err, want)
		}
	}
}

// Who leads a deal that is not over is not forgotten, not even when they stop following a channel: nobody else could close it, call
// it off or hand the money of others back.
func TestWhoLeadsAnOpenDealIsNotForgotten(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		lead := w.person(t, "wechat", "李姐", "")
		err := w.db.InTx(t.Context(), func(tx domain.Tx) error {
			role := domain.Role{Community: "home", Account: lead.ID, Name: domain.RoleLeader, Scope: "chat" + w.mark}
			return tx.SaveRole(t.Context(), role)
		})
		if err != nil {
			t.Fatal(err)
		}
		terms := domain.DealTerms{Title: "葡萄", Pay: domain.PayOffline, DeadlineAt: time.Now().Add(time.Hour)}
		posted, err := w.Post(t.Context(), domain.PostCommand{
			Ask: w.ask(lead.ID), Community: domain.Community{ID: "home", Currency: "CNY"}, Terms: terms,
			Items: []domain.NewItem{{Name: "葡萄", Group: money.Yuan(1000)}}, Chats: []domain.ChatID{domain.ChatID("chat" + w.mark)},
		})
		if err != nil || posted.Did != domain.DidOpenDeal {
			t.Fatal(posted, err)
		}
		if r := domain.AsRefusal(w.Gone(t.Context(), "wechat", w.mark+"李姐")); r == nil || r.Params["field"] != "open_deals" {
			t.Errorf("gone: %v; want a refusal", r)
		}
		if still := w.person(t, "wechat", "李姐", ""); still.ID != lead.ID {
			t.Fatalf("who led is %s now, was %s", still.ID, lead.ID)
		}
		if a, err := w.Cancel(t.Context(), domain.CancelCommand{Ask: w.ask(lead.ID), Deal: posted.Deal, Reason: "没货"}); err != nil || a.Did != domain.DidCancel {
			t.Fatal(a, err)
		}
		if err := w.Erase(t.Context(), lead.ID); err != nil {
			t.Errorf("after it is over: %v", err)
		}
	})
}
