package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"tuanbot/domain"
	"tuanbot/notify/say"
)

// found is what is known about a row when it is sent.
type found struct {
	say.NoticeFacts
	community domain.Community
	reader    domain.Account // to whom it goes, when that is a person
	chat      domain.Chat    // to where it goes, when that is a chat
	posted    domain.DealChat
	noise     domain.Noise
	open      bool // the claim that is asked about: nobody has answered it, nobody has the order
	offered   bool // the reader's offer from the waiting list still stands
}

// team is the team a row is about: its own, or a chain's only one.
func (f found) team() domain.TeamRecord {
	if f.Team.ID == "" && len(f.Sheet.Teams) > 0 && f.Sheet.Deal.Terms.Kind == domain.KindChain {
		return f.Sheet.Teams[0]
	}
	return f.Team
}

// facts reads what rows are about, and what many rows of a round share only once.
type facts struct {
	store       domain.Views
	communities memo[domain.CommunityID, domain.Community]
	sheets      memo[domain.DealID, domain.DealSheet]
	chats       memo[domain.ChatID, domain.Chat]
	points      memo[domain.CommunityID, []domain.Point]
	open        memo[domain.CommunityID, []domain.DealSheet]
	cards       memo[domain.DealID, say.CardFacts]
}

func newFacts(store domain.Views) *facts { return &facts{store: store} }

// memo remembers answers; who asks while the first is still being found waits for it.
type memo[K comparable, V any] struct {
	mu  sync.Mutex
	all map[K]func() (V, error)
}

func (m *memo[K, V]) get(key K, find func() (V, error)) (V, error) {
	m.mu.Lock()
	if m.all == nil {
		m.all = map[K]func() (V, error){}
	}
	once, there := m.all[key]
	if !there {
		once = sync.OnceValues(find)
		m.all[key] = once
	}
	m.mu.Unlock()
	return once()
}

// gather reads everything that wording a row needs. ErrNotFound means that what it spoke of is gone.
func (f *facts) gather(ctx context.Context, d domain.Delivery) (out found, err error) {
	step := func(do bool, what string, read func() error) {
		if !do || err != nil {
			return
		}
		if e := read(); e != nil {
			err = fmt.Errorf("read the %s of a notice: %w", what, e)
		}
	}
	step(true, "community", func() error { out.community, err = f.community(ctx, d.Community); return err })
	step(d.Account != "", "reader", func() error { out.reader, err = f.store.Account(ctx, d.Account); return err })
	step(d.Chat != "", "chat", func() error { out.chat, err = f.chat(ctx, d.Chat); return err })
	step(d.Deal != "", "deal", func() error { out.Sheet, err = f.sheet(ctx, d.Deal); return err })
	step(d.Team != "", "team", func() error { out.Team, err = f.store.Team(ctx, d.Team); return err })
	step(d.Order != "", "order", func() error { out.Order, err = f.store.Order(ctx, d.Order); return err })
	step(d.Refund != "", "refund", func() error { out.Refund, err = f.store.Refund(ctx, d.Refund); return err })
	step(d.Summary != "", "summary", func() error { out.Summary, err = f.store.Summary(ctx, d.Summary); return err })
	step(d.Deal != "", "points", func() error { return f.places(ctx, &out) })
	step(about(d.Kind), "person", func() error { return f.person(ctx, &out) })
	step(offers(d.Kind), "other deals", func() error { return f.others(ctx, d, &out) })
	step(d.Kind == domain.NoticeLinked, "link", func() error { return f.link(ctx, d, &out) })
	step(d.Kind == domain.NoticeClaimAsked || d.Kind == domain.NoticeClaimTold, "claim", func() error { return f.claim(ctx, d, &out) })
	step(d.Kind == domain.NoticeAskHome, "buildings", func() error {
		out.Buildings, _, err = f.store.Buildings(ctx, d.Community, "")
		return err
	})
	step(d.Kind == domain.NoticeChatGone, "chats", func() error { return f.gone(ctx, &out) })
	step(isCard(d.Kind), "card", func() error { out.Card, err = f.card(ctx, out); return err })
	step(d.Kind == domain.NoticeSeatOffered, "waiting list", func() error { out.offered, err = f.offer(ctx, d); return err })
	step(d.Kind == domain.NoticeText, "answer", func() error { return f.answer(ctx, d, &out) })
	out.noise, out.posted = domain.NoiseNormal, domain.DealChat{}
	if i := slices.IndexFunc(out.Sheet.Chats, func(c domain.DealChat) bool { return c.Chat == d.Chat }); i >= 0 && d.Chat != "" {
		out.posted = out.Sheet.Chats[i]
		out.noise = out.posted.Noise
	}
	return out, err
}

// about reports whether the leader hears of somebody by name.
func about(k domain.NoticeKind) bool {
	return k == domain.NoticeUnpaidLeader || k == domain.NoticeLeaderNote
}

// offers reports whether other deals are offered instead.
func offers(k domain.NoticeKind) bool {
	switch k { //nolint:exhaustive // the rest has what it came for
	case domain.NoticeFailed, domain.NoticeFailedChat, domain.NoticeCancelled, domain.NoticeCancelledChat, domain.NoticePayOverdue, domain.NoticeSeatGone:
		return true
	}
	return false
}

func (f *facts) community(ctx context.Context, id domain.CommunityID) (domain.Community, error) {
	return f.communities.get(id, func() (domain.Community, error) {
		all, err := f.store.Communities(ctx)
		if err != nil {
			return domain.Community{}, err
		}
		if i := slices.IndexFunc(all, func(c domain.Community) bool { return c.ID == id }); i >= 0 {
			return all[i], nil
		}
		return domain.Community{}, domain.ErrNotFound
	})
}

func (f *facts) chat(ctx context.Context, id domain.ChatID) (domain.Chat, error) {
	return f.chats.get(id, func() (domain.Chat, error) { return f.store.Chat(ctx, id) })
}

func (f *facts) sheet(ctx context.Context, id domain.DealID) (domain.DealSheet, error) {
	return f.sheets.get(id, func() (domain.DealSheet, error) { return f.store.Deal(ctx, id) })
}

// places finds where the order, or the deal, is picked up, and what all points are called.
func (f *facts) places(ctx context.Context, out *found) error {
	deal := out.Sheet.Deal
	all, err := f.points.get(deal.Community, func() ([]domain.Point, error) { return f.store.Points(ctx, deal.Community) })
	if err != nil {
		return err
	}
	want := deal.Terms.Point
	if out.Order.Point != "" {
		want = out.Order.Point
	}
	out.Points = make(map[domain.PointID]string, len(all))
	for _, p := range all {
		out.Points[p.ID] = p.Name
		if p.ID == want {
			out.Point = p
		}
	}
	return nil
}

func (f *facts) person(ctx context.Context, out *found) error {
	if out.Order.Shopper == "" {
		return nil
	}
	who, err := f.store.Account(ctx, out.Order.Shopper)
	if err != nil {
		return err
	}
	out.Name = who.Name
	if out.Order.Beneficiary != "" {
		out.Name = out.Order.Beneficiary
	}
	return nil
}

// others finds up to three other open deals.
func (f *facts) others(ctx context.Context, d domain.Delivery, out *found) error {
	all, err := f.open.get(d.Community, func() ([]domain.DealSheet, error) { return f.store.OpenDeals(ctx, d.Community, 20) })
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Deal.ID != d.Deal && s.Deal.State == domain.DealOpen && len(out.Others) < 3 {
			out.Others = append(out.Others, s)
		}
	}
	return nil
}

// liveOrders are the orders that a card counts.
func liveOrders() []domain.OrderState {
	return []domain.OrderState{
		domain.OrderPlaced, domain.OrderWaiting, domain.OrderAwaiting, domain.OrderConfirmed, domain.OrderReady, domain.OrderReceived,
	}
}

// card reads who joined lately and who leads the open teams.
func (f *facts) card(ctx context.Context, out found) (say.CardFacts, error) {
	c, err := f.cards.get(out.Sheet.Deal.ID, func() (say.CardFacts, error) {
		rows, err := f.store.OrdersOfDeal(ctx, out.Sheet.Deal.ID, domain.OrderFilter{States: liveOrders(), Newest: true, Limit: 3})
		if err != nil {
			return say.CardFacts{}, err
		}
		var ids []domain.AccountID
		for _, o := range rows {
			ids = append(ids, o.Shopper)
		}
		for _, t := range out.Sheet.Teams {
			if t.Head != "" && t.State == domain.TeamForming {
				ids = append(ids, t.Head)
			}
		}
		people, err := f.store.Accounts(ctx, ids)
		if err != nil {
			return say.CardFacts{}, err
		}
		c := say.CardFacts{Names: make(map[domain.AccountID]string, len(people))}
		for id, a := range people {
			c.Names[id] = a.Name
		}
		for _, o := range rows {
			c.Recent = append(c.Recent, say.Joined{Serial: o.Serial, Name: people[o.Shopper].Name, For: o.Beneficiary, Qty: o.Shares})
		}
		return c, nil
	})
	c.Point = out.Point
	return c, err
}

func (f *facts) offer(ctx context.Context, d domain.Delivery) (bool, error) {
	all, err := f.store.WaitingList(ctx, d.Deal)
	return slices.ContainsFunc(all, func(w domain.WaitingRecord) bool {
		return w.Account == d.Account && w.State == domain.WaitOffered
	}), err
}

// answer finds what the command that took too long came to: the latest event of its order.
func (f *facts) answer(ctx context.Context, d domain.Delivery, out *found) error {
	if d.Order == "" {
		return domain.ErrNotFound
	}
	events, err := f.store.EventsOfOrder(ctx, d.Order)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return domain.ErrNotFound
	}
	last := slices.MaxFunc(events, func(a, b domain.Event) int { return a.At.Compare(b.At) })
	who, err := f.store.Account(ctx, last.By)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	out.Answer = &last.Answer
	out.Facts = say.Facts{Group: out.chat.Group, Name: who.Name, Sheet: out.Sheet, Kind: last.Kind}
	return nil
}
