package handlers_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers"
	"tuanbot/handlers/handlerstest"
	"tuanbot/handlers/jobs"
	"tuanbot/storage"
)

// bank is a gateway that does at once what it is told.
type bank struct {
	mu      sync.Mutex
	paid    map[domain.PaymentNumber]domain.PaymentRecord
	refunds map[string]money.Amount
}

func (b *bank) Name() string { return "bank" }

func (b *bank) Create(_ context.Context, p domain.PaymentRecord, _ string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paid[p.Number] = p
	return "pay:" + string(p.Number), nil
}

func (b *bank) Query(_ context.Context, n domain.PaymentNumber) (domain.GatewayPayment, error) {
	return domain.GatewayPayment{Number: n, State: domain.PaymentPending}, nil
}

func (b *bank) Close(context.Context, domain.PaymentNumber) error { return nil }

func (b *bank) Refund(_ context.Context, r domain.RefundRecord) (domain.GatewayRefund, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refunds[r.Number] = r.Amount
	return domain.GatewayRefund{Number: r.Number, State: domain.RefundSucceeded}, nil
}

func (b *bank) QueryRefund(_ context.Context, n string) (domain.GatewayRefund, error) {
	return domain.GatewayRefund{Number: n, State: domain.RefundSucceeded}, nil
}

// town is a Desk over a fresh SQLite with a leader and a group.
type town struct {
	t      *testing.T
	clock  *handlerstest.Clock
	db     *storage.DB
	desk   *handlers.Desk
	bank   *bank
	home   domain.Community
	leader domain.Account
	chat   domain.Chat
	keys   atomic.Int64
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, clock: handlerstest.NewClock(), bank: &bank{paid: map[domain.PaymentNumber]domain.PaymentRecord{}, refunds: map[string]money.Amount{}}}
	db, err := storage.Open(t.Context(), storage.Options{DataDir: t.TempDir(), Clock: w.clock.Now})
	w.must(err)
	w.must(db.Migrate(t.Context()))
	w.db = db
	w.desk = handlers.New(handlers.Config{
		Store: db, Tally: handlerstest.Forgetful{}, Waker: handlerstest.Forgetful{}, Mint: handlers.Mint{}, Log: slog.New(slog.DiscardHandler),
		Gateways: map[string]domain.Payments{"bank": w.bank}, Gateway: "bank",
	})
	t.Cleanup(func() {
		w.desk.Close()
		_ = db.Close()
	})
	w.home = domain.Community{ID: "home", Name: "小区", Zone: "Asia/Shanghai", Lang: domain.Chinese, Currency: "CNY", CreatedAt: w.clock.Now()}
	w.must(db.InTx(t.Context(), func(tx domain.Tx) error { return tx.SaveCommunity(t.Context(), w.home) }))
	w.leader = w.person("李姐")
	w.must(w.desk.Grant(t.Context(), handlers.GrantCommand{System: true, Role: domain.Role{Community: "home", Account: w.leader.ID, Name: domain.RoleLeader}}))
	w.chat, err = w.desk.ChatFor(t.Context(), handlers.ChatCommand{Community: "home", Channel: "web", External: "room", Group: true, Title: "群"})
	w.must(err)
	return w
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) person(name string) domain.Account {
	w.t.Helper()
	a, err := w.desk.Person(w.t.Context(), handlers.PersonCommand{Community: "home", Channel: "web", External: name, Name: name})
	w.must(err)
	return a
}

func (w *town) ask(by domain.Account) domain.Asked {
	n := w.keys.Add(1)
	return domain.Asked{
		Key: domain.EventKey{Channel: "web", Message: fmt.Sprint("m", n)}, Hash: fmt.Sprint("h", n), By: by.ID, Lang: domain.Chinese, Chat: w.chat.ID, At: w.clock.Now(),
	}
}

func (w *town) post(change func(*domain.PostCommand)) domain.DealSheet {
	w.t.Helper()
	c := domain.PostCommand{
		Ask: w.ask(w.leader), Community: w.home, Chats: []domain.ChatID{w.chat.ID},
		Terms: domain.DealTerms{
			Kind: domain.KindChain, Title: "葡萄", Pay: domain.PayAfterFormed, Threshold: 3, ThresholdUnit: domain.UnitShares,
			DeadlineAt: w.clock.Now().Add(8 * time.Hour), Fulfilment: domain.FulfilPickup,
		},
		Items: []domain.NewItem{{Name: "葡萄", Group: money.Yuan(2990)}},
	}
	change(&c)
	a, err := w.desk.Post(w.t.Context(), c)
	w.must(err)
	if a.Refusal != nil {
		w.t.Fatalf("post: %v %v", a.Refusal, a.Refusal.Params)
	}
	s, err := w.desk.Deal(w.t.Context(), a.Deal)
	w.must(err)
	return s
}

func (w *town) join(s domain.DealSheet, who domain.Account, qty int64) domain.Answer {
	w.t.Helper()
	a, err := w.desk.Join(w.t.Context(), domain.JoinCommand{
		Ask: w.ask(who), Deal: s.Deal.ID, Shopper: who.ID, Via: domain.ViaText, Wants: []domain.Want{{Item: s.Items[0].ID, Qty: qty}},
	})
	w.must(err)
	return a
}

// work runs every worker until none has anything left to do.
func (w *town) work() {
	w.t.Helper()
	all := jobs.All(jobs.Config{Desk: w.desk, Tally: handlerstest.Forgetful{}, Waker: handlerstest.Forgetful{}, Pruner: w.db, Owner: "test", Keep: time.Hour, Log: slog.New(slog.DiscardHandler)})
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

func (w *town) pay(s domain.DealSheet, who domain.Account) domain.Answer {
	w.t.Helper()
	a, _, err := w.desk.StartPayment(w.t.Context(), domain.StartPaymentCommand{Ask: w.ask(who), Deal: s.Deal.ID, Who: who.ID})
	w.must(err)
	if a.Refusal != nil {
		w.t.Fatalf("start payment: %v %v", a.Refusal, a.Refusal.Params)
	}
	told, err := w.desk.PaymentTold(w.t.Context(), "bank", domain.GatewayPayment{
		Number: a.Number, State: domain.PaymentPaid, Transaction: "T" + string(a.Number), Amount: a.Owed, PaidAt: w.clock.Now(),
	})
	w.must(err)
	return told
}

func (w *town) states(s domain.DealSheet) map[domain.OrderState]int {
	w.t.Helper()
	orders, err := w.desk.OrdersOfDeal(w.t.Context(), s.Deal.ID, domain.OrderFilter{})
	w.must(err)
	m := map[domain.OrderState]int{}
	for _, o := range orders {
		m[o.State]++
	}
	return m
}

func TestADealFormsIsPaidAndHandedOut(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	s := w.post(func(*domain.PostCommand) {})
	ming, wang := w.person("小明"), w.person("王姐")
	if a := w.join(s, ming, 2); a.Did != domain.DidJoin || a.Serial != 1 || a.Missing != 1 || a.Total != money.Yuan(5980) {
		t.Fatalf("first join: %+v", a)
	}
	if a := w.join(s, wang, 1); a.Did != domain.DidJoin || a.Live.People != 2 || a.Live.Shares != 3 || a.Missing != 0 {
		t.Fatalf("second join: %+v", a)
	}
	w.clock.Forward(8 * time.Hour)
	w.work()
	if got := w.states(s); got[domain.OrderAwaiting] != 2 {
		t.Fatalf("after the cut-off: %v", got)
	}
	if a := w.pay(s, ming); a.Did != domain.DidPay {
		t.Fatalf("pay: %+v", a)
	}
	w.pay(s, wang)
	w.work()
	sums, err := w.desk.SummariesOf(t.Context(), s.Deal.ID)
	w.must(err)
	if len(sums) != 1 || sums[0].Sheet.Shares != 3 {
		t.Fatalf("summaries: %+v", sums)
	}
	if a, err := w.desk.Arrive(t.Context(), domain.ArriveCommand{Ask: w.ask(w.leader), Deal: s.Deal.ID}); err != nil || a.Refusal != nil {
		t.Fatalf("arrive: %+v %v", a, err)
	}
	w.work()
	orders, err := w.desk.OrdersOfDeal(t.Context(), s.Deal.ID, domain.OrderFilter{})
	w.must(err)
	for _, o := range orders {
		a, err := w.desk.CheckOff(t.Context(), domain.CheckOffCommand{Ask: w.ask(w.leader), Code: o.PickupCode}, "home")
		if err != nil || a.Did != domain.DidCheckOff {
			t.Fatalf("check off: %+v %v", a, err)
		}
	}
	done, err := w.desk.Deal(t.Context(), s.Deal.ID)
	w.must(err)
	if done.Deal.State != domain.DealCompleted {
		t.Errorf("the deal is %s", done.Deal.State)
	}
}

func TestAFailedDealGivesEverythingBackOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	s := w.post(func(c *domain.PostCommand) { c.Terms.Pay = domain.PayAtJoin })
	ming := w.person("小明")
	w.join(s, ming, 2)
	w.pay(s, ming)
	if got := w.states(s); got[domain.OrderWaiting] != 1 {
		t.Fatalf("after paying: %v", got)
	}
	w.clock.Forward(9 * time.Hour)
	w.work()
	w.work()
	if got := w.states(s); got[domain.OrderFailed] != 1 {
		t.Fatalf("after failing: %v", got)
	}
	if len(w.bank.refunds) != 1 {
		t.Fatalf("refunds: %v", w.bank.refunds)
	}
	for n, a := range w.bank.refunds {
		if a != money.Yuan(5980) {
			t.Errorf("refund %s of %s", n, a)
		}
	}
	done, err := w.desk.Deal(t.Context(), s.Deal.ID)
	w.must(err)
	if done.Teams[0].State != domain.TeamFailed || done.Deal.State != domain.DealFailed {
		t.Errorf("team %s, deal %s", done.Teams[0].State, done.Deal.State)
	}
}

func TestTheLastSeatsGoToSomebodyAndNoMore(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	s := w.post(func(c *domain.PostCommand) {
		c.Terms.Cap, c.Terms.Threshold = 20, 20
		c.Items[0].Stock = 20
	})
	people := make([]domain.Account, 60)
	for i := range people {
		people[i] = w.person(fmt.Sprint("p", i))
	}
	var in, full atomic.Int64
	var wg sync.WaitGroup
	for _, p := range people {
		wg.Go(func() {
			switch a := w.join(s, p, 1); {
			case a.Did == domain.DidJoin:
				in.Add(1)
			case a.Refusal != nil:
				full.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 20 || full.Load() != 40 {
		t.Fatalf("%d in, %d refused", in.Load(), full.Load())
	}
}
