package crash

import (
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/webchat"
	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers"
)

const (
	town  = "home" // the program made it at its first start
	group = "courtyard"
)

// settle makes a leader, people with a token each, and one group chat.
func (w *world) settle(n int) {
	w.t.Helper()
	ctx := w.t.Context()
	chat, err := webchat.New(webchat.Config{
		Store: w.store.Web(), Clock: time.Now, Random: crand.Reader, SigningKey: make([]byte, 32), Listen: w.apps[0].Address, Sandbox: true,
		Log: slog.New(slog.DiscardHandler),
	})
	w.must(err)
	desk := w.desk()
	defer desk.Close()
	w.must(chat.CreateRoom(ctx, group, "院子", bot.ChatGroup))
	for i := range n + 1 {
		id := fmt.Sprintf("p%d", i)
		if i == n {
			id = "leader"
		}
		w.must(chat.CreatePerson(ctx, id, "邻居"+id, "zh"))
		w.must(chat.AddMember(ctx, group, id, webchat.RoleMember))
		account, err := desk.Person(ctx, handlers.PersonCommand{Community: town, Channel: webchat.ChannelName, External: id, Name: "邻居" + id, Lang: domain.Chinese})
		w.must(err)
		token := "token-of-" + id
		hash := sha256.Sum256([]byte(token))
		now := time.Now()
		w.must(w.store.Web().PutWebLogin(ctx, webchat.LoginRow{
			Hash: hex.EncodeToString(hash[:]), Kind: "api", Person: id, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(time.Hour).UnixMilli(),
		}))
		if id == "leader" {
			w.must(desk.Grant(ctx, handlers.GrantCommand{Role: domain.Role{Community: town, Account: account.ID, Name: domain.RoleLeader}, System: true}))
			w.market.leader = account.ID
			continue
		}
		w.people = append(w.people, newPerson(w, id, string(account.ID), token, chat.PrivateChat(id)))
	}
	courtyard, err := desk.ChatFor(ctx, handlers.ChatCommand{Community: town, Channel: webchat.ChannelName, External: group, Group: true, Title: "院子"})
	w.must(err)
	w.market.chat = courtyard.ID
	w.until(time.Minute, "everybody is welcomed", func() bool {
		return w.number("SELECT COUNT(*) FROM web_messages WHERE author <> '' AND handled_at = 0") == 0
	})
}

// desk is a Desk of the test's own, for what happens before the load.
func (w *world) desk() *handlers.Desk {
	return handlers.New(handlers.Config{Store: w.store, Tally: nothing{}, Waker: nothing{}, Mint: handlers.Mint{}, Log: slog.New(slog.DiscardHandler)})
}

// nothing stands in for Redis.
type nothing struct{}

func (nothing) Publish(context.Context, domain.DealTally) error { return nil }
func (nothing) TallyOf(context.Context, domain.DealID) (domain.DealTally, error) {
	return domain.DealTally{}, domain.ErrNoTally
}
func (nothing) Due(context.Context, time.Time, int) ([]domain.DealID, error) { return nil, nil }
func (nothing) Schedule(context.Context, []domain.TeamDeadline) error        { return nil }
func (nothing) Forget(context.Context, []domain.TeamDeadline) error          { return nil }
func (nothing) Wake(context.Context, string)                                 {}
func (nothing) Subscribe(context.Context, string) (<-chan struct{}, func()) {
	return nil, func() {}
}

// deal is an open deal as people know it.
type deal struct {
	code   string
	title  string // like no other's
	team   bool
	atJoin bool
	items  int
	until  time.Time
}

// market is what can be joined.
type market struct {
	mu     sync.Mutex
	deals  []deal
	leader domain.AccountID
	chat   domain.ChatID
}

// some picks one of the latest deals; a deal whose time is just over is picked now and then, so that somebody is late, and
// so that what has formed is paid.
func (m *market) some(r *rand.Rand) (deal, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.deals) == 0 {
		return deal{}, false
	}
	first := max(0, len(m.deals)-9)
	return m.deals[first+r.IntN(len(m.deals)-first)], true
}

// kind is a sort of deal that the load needs: some form, some fail; paid at once, later or not at all.
type kind struct {
	name  string
	terms domain.DealTerms
	items []domain.NewItem
	limit int64
}

func kinds() []kind {
	one := []domain.NewItem{{Name: "葡萄", Group: money.Yuan(1990)}}
	two := []domain.NewItem{{Name: "鸡蛋", Group: money.Yuan(2500), Stock: 8}, {Name: "牛奶", Group: money.Yuan(680), Stock: 6, Limit: 3}}
	chain := func(pay domain.PayWhen, threshold, limit int64) domain.DealTerms {
		return domain.DealTerms{Kind: domain.KindChain, Pay: pay, Threshold: threshold, ThresholdUnit: domain.UnitShares, Cap: limit, CapUnit: domain.UnitShares}
	}
	people := chain(domain.PayAtJoin, 4, 6)
	people.ThresholdUnit, people.CapUnit = domain.UnitPeople, domain.UnitPeople
	limited := domain.DealTerms{Kind: domain.KindChain, Pay: domain.PayAfterFormed, ThresholdUnit: domain.UnitNone, LimitPerson: 4}
	return []kind{
		{"forms, paid later", chain(domain.PayAfterFormed, 6, 12), one, 0},
		{"fails, paid at once", chain(domain.PayAtJoin, 900, 1000), one, 0},
		{"teams of three, paid at once", domain.DealTerms{Kind: domain.KindTeam, Pay: domain.PayAtJoin, Threshold: 3, ThresholdUnit: domain.UnitPeople, TeamTTL: 6 * time.Second}, one, 0},
		{"forms or fails, paid at once", chain(domain.PayAtJoin, 5, 9), two, 0},
		{"stock and limit", limited, two, 4},
		{"by people, paid at once", people, one, 0},
		{"fails, nobody paid", chain(domain.PayAfterFormed, 900, 1000), one, 0},
	}
}

// roomy is a sort of deal that never fills up.
func roomy() kind { return kinds()[1] }

// post opens the next deal and lets people know of it.
func (w *world) post(lasts time.Duration) {
	w.t.Helper()
	d := w.open(kinds()[w.posted%len(kinds())], lasts)
	w.market.mu.Lock()
	defer w.market.mu.Unlock()
	w.market.deals = append(w.market.deals, d)
}

// open opens a deal. A campaign must last a minute at least; its clock is turned on before anybody knows of it.
func (w *world) open(k kind, lasts time.Duration) deal {
	w.t.Helper()
	w.posted++
	terms := k.terms
	title := fmt.Sprintf("葡萄第%d批", w.posted)
	terms.Title, terms.Fulfilment, terms.DeadlineAt = title, domain.FulfilPickup, time.Now().Add(5*time.Minute)
	items := slices.Clone(k.items)
	for i := range items {
		items[i].Name = title + items[i].Name
	}
	desk := w.desk()
	defer desk.Close()
	ask := domain.Asked{
		Key: domain.EventKey{Channel: "test", Message: fmt.Sprint("post", w.posted)}, Hash: "x", By: w.market.leader, Lang: domain.Chinese, Chat: w.market.chat,
	}
	var a domain.Answer
	w.until(30*time.Second, "a deal is posted", func() bool {
		var err error
		a, err = desk.Post(w.t.Context(), domain.PostCommand{
			Ask: ask, Community: domain.Community{ID: town, Currency: string(money.CNY)}, Terms: terms, Items: items, Chats: []domain.ChatID{w.market.chat},
		})
		if err != nil && !errors.Is(err, domain.ErrBusy) && !errors.Is(err, domain.ErrUnknown) {
			w.t.Fatal(err)
		}
		return err == nil
	})
	if a.Did != domain.DidOpenDeal {
		w.t.Fatalf("post %s: %+v", k.name, a)
	}
	until := time.Now().Add(lasts)
	w.exec("UPDATE deals SET deadline_at = ?, version = version + 1 WHERE id = ?", until.UnixMilli(), a.Deal)
	w.exec("UPDATE teams SET deadline_at = ? WHERE deal = ?", until.UnixMilli(), a.Deal)
	return deal{code: a.Code, title: title, team: terms.Kind == domain.KindTeam, atJoin: terms.Pay == domain.PayAtJoin, items: len(k.items), until: until}
}

// exec changes something from outside, as the passing of time would.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.until(30*time.Second, query, func() bool {
		_, err := w.eye.ExecContext(w.t.Context(), query, args...)
		if err != nil && !away(err) {
			w.t.Fatalf("%s: %v", query, err)
		}
		return err == nil
	})
}
