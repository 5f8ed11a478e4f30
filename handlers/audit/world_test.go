package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers"
	"tuanbot/handlers/jobs"
	"tuanbot/storage/storagetest/engines"
)

// bank takes every payment and every refund at once, but for refunds of a deal that it dislikes.
type bank struct{ slow domain.DealID }

func (*bank) Name() string { return "bank" }
func (*bank) Create(context.Context, domain.PaymentRecord, string) (string, error) {
	return "bank:", nil
}

func (*bank) Query(context.Context, domain.PaymentNumber) (domain.GatewayPayment, error) {
	return domain.GatewayPayment{}, domain.ErrNotFound
}
func (*bank) Close(context.Context, domain.PaymentNumber) error { return nil }
func (b *bank) Refund(_ context.Context, r domain.RefundRecord) (domain.GatewayRefund, error) {
	if r.Deal == b.slow {
		return domain.GatewayRefund{Number: r.Number, State: domain.RefundProcessing}, nil
	}
	return domain.GatewayRefund{Number: r.Number, State: domain.RefundSucceeded}, nil
}

func (*bank) QueryRefund(_ context.Context, n string) (domain.GatewayRefund, error) {
	return domain.GatewayRefund{Number: n, State: domain.RefundProcessing}, nil
}

// town is a healthy database with a bit of everything in it.
type town struct {
	t    *testing.T
	p    engines.Pair
	desk *handlers.Desk
	bank *bank
	keys int

	formed, failed, cancelled, open, teams, waiting, unpaid domain.DealSheet
}

func newTown(t *testing.T, p engines.Pair) *town {
	t.Helper()
	w := &town{t: t, p: p, bank: &bank{}}
	w.desk = handlers.New(handlers.Config{
		Store: p.DB, Tally: p.Redis, Waker: p.Redis, Mint: handlers.Mint{}, Log: slog.New(slog.DiscardHandler),
		Gateways: map[string]domain.Payments{"bank": w.bank}, Gateway: "bank",
	})
	t.Cleanup(w.desk.Close)
	w.must(p.DB.InTx(t.Context(), func(tx domain.Tx) error {
		now := p.Clock.Now()
		w.must(tx.SaveCommunity(t.Context(), domain.Community{ID: "home", Name: "小区", Zone: "Asia/Shanghai", Lang: domain.Chinese, Currency: "CNY", CreatedAt: now}))
		w.must(tx.SaveChat(t.Context(), domain.Chat{ID: "chat", Community: "home", Channel: "web", External: "chat", Group: true, CreatedAt: now}))
		return tx.SaveRole(t.Context(), domain.Role{Community: "home", Account: "leader", Name: domain.RoleLeader, GrantedBy: "leader", At: now})
	}))
	w.live()
	return w
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) ask(by string) domain.Asked {
	w.keys++
	return domain.Asked{
		Key: domain.EventKey{Channel: "web", Message: fmt.Sprint("m", w.keys)}, Hash: fmt.Sprint("h", w.keys), By: domain.AccountID(by), Lang: domain.Chinese,
		Chat: "chat", At: w.p.Clock.Now(),
	}
}

func (w *town) did(a domain.Answer, err error, want domain.Did) domain.Answer {
	w.t.Helper()
	w.must(err)
	if a.Did != want {
		w.t.Fatalf("%s (%v) instead of %s", a.Did, a.Refusal, want)
	}
	return a
}

func (w *town) post(change func(*domain.DealTerms, *domain.NewItem)) domain.DealSheet {
	w.t.Helper()
	terms := domain.DealTerms{
		Kind: domain.KindChain, Title: "葡萄", Pay: domain.PayAtJoin, Threshold: 3, ThresholdUnit: domain.UnitShares, LimitPerson: 5,
		DeadlineAt: w.p.Clock.Now().Add(8 * time.Hour), Fulfilment: domain.FulfilPickup,
	}
	item := domain.NewItem{Name: "葡萄", Group: money.Yuan(2990), Stock: 50}
	change(&terms, &item)
	a, err := w.desk.Post(w.t.Context(), domain.PostCommand{
		Ask: w.ask("leader"), Community: domain.Community{ID: "home", Currency: "CNY"}, Terms: terms, Items: []domain.NewItem{item}, Chats: []domain.ChatID{"chat"},
	})
	w.did(a, err, domain.DidOpenDeal)
	s, err := w.desk.Deal(w.t.Context(), a.Deal)
	w.must(err)
	return s
}

func (w *town) join(s domain.DealSheet, who string, qty int64, change func(*domain.JoinCommand)) domain.Answer {
	w.t.Helper()
	c := domain.JoinCommand{
		Ask: w.ask(who), Deal: s.Deal.ID, Shopper: domain.AccountID(who), Via: domain.ViaText, Wants: []domain.Want{{Item: s.Items[0].ID, Qty: qty}},
	}
	if change != nil {
		change(&c)
	}
	a, err := w.desk.Join(w.t.Context(), c)
	return w.did(a, err, domain.DidJoin)
}

func (w *town) pay(s domain.DealSheet, who string) {
	w.t.Helper()
	a, _, err := w.desk.StartPayment(w.t.Context(), domain.StartPaymentCommand{Ask: w.ask(who), Deal: s.Deal.ID, Who: domain.AccountID(who)})
	w.did(a, err, domain.DidStartPayment)
	a, err = w.desk.PaymentTold(w.t.Context(), "bank", domain.GatewayPayment{
		Number: a.Number, State: domain.PaymentPaid, Transaction: "T" + string(a.Number), Amount: a.Owed, PaidAt: w.p.Clock.Now(),
	})
	w.did(a, err, domain.DidPay)
}

// live plays seven deals: formed and handed out, failed with its money back, cancelled with money on its way, open, with
// teams, with a waiting list, and formed with somebody who has still to pay.
func (w *town) live() {
	ctx, keep := w.t.Context(), func(*domain.DealTerms, *domain.NewItem) {}
	w.formed, w.failed, w.cancelled = w.post(keep), w.post(func(t *domain.DealTerms, _ *domain.NewItem) { t.Threshold = 30 }), w.post(keep)
	w.bank.slow = w.cancelled.Deal.ID
	for _, who := range []string{"ann", "bob", "cai"} {
		for _, s := range []domain.DealSheet{w.formed, w.failed, w.cancelled} {
			w.join(s, who, 2, nil)
			w.pay(s, who)
		}
	}
	w.unpaid = w.post(func(t *domain.DealTerms, _ *domain.NewItem) { t.Pay, t.Threshold = domain.PayAfterFormed, 2 })
	w.join(w.unpaid, "ann", 2, nil)
	w.join(w.unpaid, "bob", 1, nil)
	w.open = w.post(func(t *domain.DealTerms, _ *domain.NewItem) { t.DeadlineAt = t.DeadlineAt.Add(24 * time.Hour) })
	w.join(w.open, "dan", 3, nil)
	w.pay(w.open, "dan")
	w.teams = w.post(func(t *domain.DealTerms, _ *domain.NewItem) {
		t.Kind, t.Pay, t.Threshold, t.ThresholdUnit = domain.KindTeam, domain.PayAfterFormed, 3, domain.UnitPeople
		t.DeadlineAt = t.DeadlineAt.Add(24 * time.Hour)
	})
	a := w.join(w.teams, "ann", 1, func(c *domain.JoinCommand) { c.Open = true })
	w.join(w.teams, "bob", 1, func(c *domain.JoinCommand) { c.Team = a.Team })
	w.waiting = w.post(func(t *domain.DealTerms, i *domain.NewItem) {
		t.Pay, t.Threshold, i.Stock = domain.PayAfterFormed, 2, 3
		t.DeadlineAt = t.DeadlineAt.Add(24 * time.Hour)
	})
	w.join(w.waiting, "ann", 2, nil)
	w.join(w.waiting, "bob", 1, nil)
	for _, who := range []string{"cai", "dan"} {
		a, err := w.desk.Wait(ctx, domain.WaitCommand{Ask: w.ask(who), Deal: w.waiting.Deal.ID, Who: domain.AccountID(who), Item: w.waiting.Items[0].ID, Qty: 1})
		w.did(a, err, domain.DidWait)
	}
	left, err := w.desk.Leave(ctx, domain.LeaveCommand{Ask: w.ask("bob"), Deal: w.waiting.Deal.ID, Who: "bob"})
	w.did(left, err, domain.DidLeave)
	gone, err := w.desk.Cancel(ctx, domain.CancelCommand{Ask: w.ask("leader"), Deal: w.cancelled.Deal.ID, Reason: "雨"})
	w.did(gone, err, domain.DidCancel)
	w.work()
	for _, s := range []domain.DealSheet{w.formed, w.failed, w.unpaid} {
		closed, err := w.desk.CloseDeal(ctx, domain.CloseCommand{Ask: w.ask("leader"), Deal: s.Deal.ID})
		w.did(closed, err, domain.DidClose)
	}
	w.work()
	here, err := w.desk.Arrive(ctx, domain.ArriveCommand{Ask: w.ask("leader"), Deal: w.formed.Deal.ID})
	w.did(here, err, domain.DidArrive)
	w.work()
	w.sql("UPDATE outbox SET state = 'sent', lane = 0 WHERE due_at <= ?", w.p.Clock.Now().UnixMilli()) // the relay's work
}

// work runs every worker until none has anything left to do.
func (w *town) work() {
	w.t.Helper()
	all := jobs.All(jobs.Config{Desk: w.desk, Tally: w.p.Redis, Waker: w.p.Redis, Pruner: w.p.DB, Owner: "test", Keep: 1000 * time.Hour, Log: slog.New(slog.DiscardHandler)})
	for range 20 {
		moved := 0
		for _, wk := range all {
			n, err := wk.Once(w.t.Context())
			w.must(err)
			moved += n
		}
		if moved == 0 {
			return
		}
	}
	w.t.Fatal("the workers never come to an end")
}

// sql changes the database behind everybody's back: no guard, no constraint, no foreign key.
func (w *town) sql(query string, args ...any) {
	w.t.Helper()
	pool, _ := w.p.DB.Pools()
	conn, err := pool.Conn(w.t.Context())
	w.must(err)
	defer conn.Close()
	off, on := []string{"PRAGMA ignore_check_constraints = 1", "PRAGMA foreign_keys = 0"}, []string{"PRAGMA ignore_check_constraints = 0", "PRAGMA foreign_keys = 1"}
	if w.p.DB.IsMySQL() {
		off = []string{"SET SESSION check_constraint_checks = 0", "SET SESSION foreign_key_checks = 0"}
		on = []string{"SET SESSION check_constraint_checks = 1", "SET SESSION foreign_key_checks = 1"}
	}
	for _, s := range off {
		_, err := conn.ExecContext(w.t.Context(), s)
		w.must(err)
	}
	res, err := conn.ExecContext(w.t.Context(), query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	_ = res // how many rows it touched is the caller's to know
	for _, s := range on {
		_, err := conn.ExecContext(w.t.Context(), s)
		w.must(err)
	}
}

// value reads one value.
func (w *town) value(query string, args ...any) any {
	w.t.Helper()
	pool, _ := w.p.DB.Pools()
	var v any
	if err := pool.QueryRowContext(w.t.Context(), query, args...).Scan(&v); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return v
}
