// Package handlerstest is a small neighbourhood for tests of those who stand around the Desk (pages, payment callbacks):
// the real Desk over a fresh SQLite, with a leader, a chat, a settable clock and no Redis at all. Only tests may import it.
package handlerstest

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers"
	"tuanbot/handlers/jobs"
	"tuanbot/storage"
)

// Clock is a settable time that also feeds the database.
type Clock struct{ ms atomic.Int64 }

// NewClock stands at ten in the morning of a Friday in Shanghai.
func NewClock() *Clock {
	c := &Clock{}
	c.ms.Store(time.Date(2026, 5, 1, 2, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

// Now is the time.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

// Forward moves the clock.
func (c *Clock) Forward(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// Forgetful is a Redis that knows nothing.
type Forgetful struct{}

// Publish does nothing.
func (Forgetful) Publish(context.Context, domain.DealTally) error { return nil }

// TallyOf knows nothing.
func (Forgetful) TallyOf(context.Context, domain.DealID) (domain.DealTally, error) {
	return domain.DealTally{}, domain.ErrNoTally
}

// Schedule does nothing.
func (Forgetful) Schedule(context.Context, []domain.TeamDeadline) error { return nil }

// Forget does nothing.
func (Forgetful) Forget(context.Context, []domain.TeamDeadline) error { return nil }

// Due knows nothing.
func (Forgetful) Due(context.Context, time.Time, int) ([]domain.DealID, error) { return nil, nil }

// Wake does nothing.
func (Forgetful) Wake(context.Context, string) {}

// Subscribe never gives a signal.
func (Forgetful) Subscribe(context.Context, string) (<-chan struct{}, func()) { return nil, func() {} }

// Town is a neighbourhood with its Desk.
type Town struct {
	T      testing.TB
	Clock  *Clock
	DB     *storage.DB
	Desk   *handlers.Desk
	Home   domain.Community
	Leader domain.Account
	Chat   domain.Chat
	keys   atomic.Int64
}

// Open makes a town. The gateway, made over the town's own database, is what payments go through.
func Open(t testing.TB, gateway func(db *storage.DB, clock *Clock) domain.Payments) *Town {
	t.Helper()
	w := &Town{T: t, Clock: NewClock()}
	db, err := storage.Open(t.Context(), storage.Options{DataDir: t.TempDir(), Clock: w.Clock.Now})
	w.Must(err)
	w.Must(db.Migrate(t.Context()))
	w.DB = db
	g := gateway(db, w.Clock)
	w.Desk = handlers.New(handlers.Config{
		Store: db, Tally: Forgetful{}, Waker: Forgetful{}, Mint: handlers.Mint{}, Log: slog.New(slog.DiscardHandler),
		Gateways: map[string]domain.Payments{g.Name(): g}, Gateway: g.Name(),
	})
	t.Cleanup(func() {
		w.Desk.Close()
		_ = db.Close() // the folder goes away with the test
	})
	w.Home = domain.Community{ID: "home", Name: "阳光花园", Zone: "Asia/Shanghai", Lang: domain.Chinese, Currency: "CNY", CreatedAt: w.Clock.Now()}
	w.Must(db.InTx(t.Context(), func(tx domain.Tx) error { return tx.SaveCommunity(t.Context(), w.Home) }))
	w.Chat = w.NewChat("阳光花园 3 号楼")
	w.Leader = w.Person("李姐")
	w.Grant(w.Leader, domain.RoleLeader, string(w.Chat.ID))
	return w
}

// Must ends the test on an error.
func (w *Town) Must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// NewChat is a group.
func (w *Town) NewChat(title string) domain.Chat {
	w.T.Helper()
	c, err := w.Desk.ChatFor(w.T.Context(), handlers.ChatCommand{Community: "home", Channel: "web", External: title, Group: true, Title: title})
	w.Must(err)
	return c
}

// Grant gives a role.
func (w *Town) Grant(who domain.Account, role domain.RoleName, scope string) {
	w.T.Helper()
	w.Must(w.Desk.Grant(w.T.Context(), handlers.GrantCommand{System: true, Role: domain.Role{Community: "home", Account: who.ID, Name: role, Scope: scope}}))
}

// Person is a neighbour.
func (w *Town) Person(name string) domain.Account {
	w.T.Helper()
	a, err := w.Desk.Person(w.T.Context(), handlers.PersonCommand{Community: "home", Channel: "web", External: name, Name: name})
	w.Must(err)
	return a
}

// Ask is a fresh command of somebody.
func (w *Town) Ask(by domain.Account) domain.Asked {
	n := w.keys.Add(1)
	return domain.Asked{
		Key: domain.EventKey{Channel: "web", Message: fmt.Sprint("m", n)}, Hash: fmt.Sprint("h", n), By: by.ID, Lang: domain.Chinese, Chat: w.Chat.ID, At: w.Clock.Now(),
	}
}

// Post opens a deal of grapes at ¥29.90 in the town's chat, paid on joining unless change says otherwise.
func (w *Town) Post(change func(*domain.PostCommand)) domain.DealSheet {
	w.T.Helper()
	c := domain.PostCommand{
		Ask: w.Ask(w.Leader), Community: w.Home, Chats: []domain.ChatID{w.Chat.ID},
		Terms: domain.DealTerms{
			Kind: domain.KindChain, Title: "阳光玫瑰葡萄", Icon: "🍇", Pay: domain.PayAtJoin, Threshold: 3, ThresholdUnit: domain.UnitShares,
			DeadlineAt: w.Clock.Now().Add(10 * time.Hour), Fulfilment: domain.FulfilPickup,
		},
		Items: []domain.NewItem{{Name: "阳光玫瑰", Spec: "2 斤装", Group: money.Yuan(2990), Solo: money.Yuan(4900)}},
	}
	change(&c)
	a, err := w.Desk.Post(w.T.Context(), c)
	w.Must(err)
	if a.Refusal != nil {
		w.T.Fatalf("post: %v %v", a.Refusal, a.Refusal.Params)
	}
	return w.Sheet(a.Deal)
}

// Sheet reads a deal.
func (w *Town) Sheet(id domain.DealID) domain.DealSheet {
	w.T.Helper()
	s, err := w.Desk.Deal(w.T.Context(), id)
	w.Must(err)
	return s
}

// Join takes part with a quantity of the first item and returns the order.
func (w *Town) Join(s domain.DealSheet, who domain.Account, qty int64) domain.OrderRecord {
	w.T.Helper()
	c := domain.JoinCommand{Ask: w.Ask(who), Deal: s.Deal.ID, Shopper: who.ID, Via: domain.ViaText, Wants: []domain.Want{{Item: s.Items[0].ID, Qty: qty}}}
	a, err := w.Desk.Join(w.T.Context(), c)
	w.Must(err)
	if a.Refusal != nil {
		w.T.Fatalf("join: %v %v", a.Refusal, a.Refusal.Params)
	}
	return w.Order(a.Order)
}

// Order reads an order.
func (w *Town) Order(id domain.OrderID) domain.OrderRecord {
	w.T.Helper()
	o, err := w.Desk.Order(w.T.Context(), id)
	w.Must(err)
	return o
}

// StartPayment begins to pay an order and returns the payment's number and where the payer goes.
func (w *Town) StartPayment(o domain.OrderRecord) (number, url string) {
	w.T.Helper()
	who := domain.Account{ID: o.Shopper}
	a, url, err := w.Desk.StartPayment(w.T.Context(), domain.StartPaymentCommand{Ask: w.Ask(who), Deal: o.Deal, Who: o.Shopper, Order: o.ID})
	w.Must(err)
	if a.Refusal != nil {
		w.T.Fatalf("start payment: %v %v", a.Refusal, a.Refusal.Params)
	}
	return string(a.Number), url
}

// Work runs every worker until none has anything left to do.
func (w *Town) Work() {
	w.T.Helper()
	all := jobs.All(jobs.Config{Desk: w.Desk, Tally: Forgetful{}, Waker: Forgetful{}, Pruner: w.DB, Owner: "test", Keep: 24 * time.Hour, Log: slog.New(slog.DiscardHandler)})
	for range 50 {
		moved := 0
		for _, wk := range all {
			n, err := wk.Once(w.T.Context())
			w.Must(err)
			moved += n
		}
		if moved == 0 {
			return
		}
	}
	w.T.Fatal("the workers never come to an end")
}
