package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// justOver is how long after its end a deal is still the one that people mean: they are told that it closed.
const justOver = 12 * time.Hour

// seek is a question for a deal: design 8. Never "the newest".
type seek struct {
	code string                             // typed or from a button
	sure bool                               // the code is from a button or link: nothing else can be meant
	pool func() ([]domain.DealSheet, error) // whom it could be without a code
	keep func(domain.DealSheet) bool        // narrows the pool when that leaves something
	act  func(code string) string           // what choosing a deal does
	none func() ([]bot.Reply, error)        // there is no such deal
}

// find finds the deal that is meant. Without one it returns what to say instead; an empty list means silence.
func (t *talk) find(s seek) (domain.DealSheet, []bot.Reply, error) {
	if s.code != "" {
		sheet, err := t.byCode(s.code)
		if err == nil {
			t.sheet = sheet
			return sheet, nil, nil
		}
		if !errors.Is(err, domain.ErrNotFound) {
			return sheet, nil, err
		}
		if s.sure || !t.silent() {
			return sheet, t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyNotFound), domain.DealSheet{}), nil
		}
	}
	pool, err := s.pool()
	if err != nil {
		return domain.DealSheet{}, nil, err
	}
	if sheet, ok := t.replied(pool); ok {
		t.sheet = sheet
		return sheet, nil, nil
	}
	if s.keep != nil {
		if kept := filter(pool, s.keep); len(kept) > 0 {
			pool = kept
		}
	}
	switch {
	case len(pool) == 1:
		t.sheet = pool[0]
		return pool[0], nil, nil
	case len(pool) > 1:
		return domain.DealSheet{}, []bot.Reply{t.v.WhichDeal(pool, s.act)}, nil
	case s.none != nil:
		replies, err := s.none()
		return domain.DealSheet{}, replies, err
	}
	return domain.DealSheet{}, []bot.Reply{t.v.Deals(nil)}, nil
}

func filter(in []domain.DealSheet, keep func(domain.DealSheet) bool) []domain.DealSheet {
	var out []domain.DealSheet
	for _, s := range in {
		if keep(s) {
			out = append(out, s)
		}
	}
	return out
}

// byCode reads a deal of this community by its code.
func (t *talk) byCode(code string) (domain.DealSheet, error) {
	s, err := t.h.c.Desk.DealByCode(t.ctx, code)
	if err != nil {
		return s, fmt.Errorf("deal %s: %w", code, busy(err))
	}
	if s.Deal.Community != t.community.ID {
		return domain.DealSheet{}, fmt.Errorf("deal %s: %w", code, domain.ErrNotFound)
	}
	return s, nil
}

// replied is the deal whose card the person replied to.
func (t *talk) replied(pool []domain.DealSheet) (domain.DealSheet, bool) {
	if t.up.ReplyTo == "" {
		return domain.DealSheet{}, false
	}
	for _, s := range pool {
		for _, c := range s.Chats {
			if c.Chat == t.chat.ID && c.CardMsg == t.up.ReplyTo {
				return s, true
			}
		}
	}
	return domain.DealSheet{}, false
}

// here are the open deals of this chat; after the last one closed, that one for a while, so that late-comers hear it.
func (t *talk) here() ([]domain.DealSheet, error) {
	if t.pool != nil {
		return t.pool, nil
	}
	pool, err := t.hereNow()
	if err == nil {
		t.pool = pool
	}
	return pool, err
}

func (t *talk) hereNow() ([]domain.DealSheet, error) {
	if !t.group() {
		return t.spokenOf()
	}
	open, err := t.h.c.Desk.OpenDealsInChat(t.ctx, t.chat.ID)
	if err != nil {
		return nil, fmt.Errorf("open deals: %w", busy(err))
	}
	if len(open) > 0 {
		return open, nil
	}
	last, err := t.h.c.Desk.DealsInChat(t.ctx, t.chat.ID, 1)
	if err != nil {
		return nil, fmt.Errorf("last deal: %w", busy(err))
	}
	return filter(last, t.isRecent), nil
}

func (t *talk) isRecent(s domain.DealSheet) bool {
	end := s.Deal.LockedAt
	if end.IsZero() {
		end = s.Deal.Terms.DeadlineAt
	}
	return t.v.Now.Sub(end) < justOver
}

// spokenOf is the deal of a private talk: its last link, QR or button; without one, all that are open.
func (t *talk) spokenOf() ([]domain.DealSheet, error) {
	if err := t.recall(); err != nil {
		return nil, err
	}
	d := t.h.c.Desk
	last, err := domain.DealSheet{}, domain.ErrNotFound
	if t.memory.Deal != "" {
		last, err = t.byCode(t.memory.Deal)
	} else if id, lastErr := d.LastDealOf(t.ctx, t.who.ID); lastErr == nil {
		last, err = d.Deal(t.ctx, id)
	}
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return nil, fmt.Errorf("last deal: %w", busy(err))
	}
	if err == nil && (isOpen(last) || t.isRecent(last)) {
		return []domain.DealSheet{last}, nil
	}
	open, err := d.OpenDeals(t.ctx, t.community.ID, 8)
	if err != nil {
		return nil, fmt.Errorf("open deals: %w", busy(err))
	}
	return open, nil
}

func isOpen(s domain.DealSheet) bool {
	return s.Deal.State == domain.DealOpen || s.Deal.State == domain.DealScheduled
}

// mine are the deals in which the speaker has an order that passes; in a group those posted to it come first.
func (t *talk) mine(fit func(domain.OrderRecord) bool) func() ([]domain.DealSheet, error) {
	return func() ([]domain.DealSheet, error) {
		orders, err := t.h.c.Desk.OrdersOf(t.ctx, t.who.ID, 50)
		if err != nil {
			return nil, fmt.Errorf("my orders: %w", busy(err))
		}
		var pool []domain.DealSheet
		seen := map[domain.DealID]bool{}
		for _, o := range orders {
			if seen[o.Deal] || !fit(o) || len(pool) == 8 {
				continue
			}
			seen[o.Deal] = true
			s, err := t.h.c.Desk.Deal(t.ctx, o.Deal)
			if err != nil {
				return nil, fmt.Errorf("my deals: %w", busy(err))
			}
			pool = append(pool, s)
		}
		return t.nearest(pool), nil
	}
}

// nearest keeps the deals of this chat if there are any.
func (t *talk) nearest(pool []domain.DealSheet) []domain.DealSheet {
	if !t.group() {
		return pool
	}
	local := filter(pool, func(s domain.DealSheet) bool {
		return slices.ContainsFunc(s.Chats, func(c domain.DealChat) bool { return c.Chat == t.chat.ID })
	})
	if len(local) > 0 {
		return local
	}
	return pool
}

// led are the deals that the speaker leads and that are in a fitting state; if none is, the latest one, so that the rules
// can say why not.
func (t *talk) led(states ...domain.DealState) func() ([]domain.DealSheet, error) {
	return func() ([]domain.DealSheet, error) {
		all, err := t.h.c.Desk.DealsLedBy(t.ctx, t.who.ID, 50)
		if err != nil {
			return nil, fmt.Errorf("deals led: %w", busy(err))
		}
		all = t.nearest(all)
		fit := filter(all, func(s domain.DealSheet) bool { return slices.Contains(states, s.Deal.State) })
		if len(fit) == 0 && len(all) > 0 {
			return all[:1], nil
		}
		return fit, nil
	}
}

// notLeading answers who leads nothing here.
func (t *talk) notLeading() ([]bot.Reply, error) {
	loose := t.said.command != nil && (t.said.command.rest == anything || t.said.command.rest == something)
	if t.group() && !t.up.Spoken && loose && t.said.rest != "" {
		return nil, nil // 取消… may go on as ordinary talk
	}
	can, err := t.h.c.Desk.Can(t.ctx, t.who.ID, domain.RoleLeader, string(t.chat.ID))
	if err != nil {
		return nil, err
	}
	if can {
		return t.say1("no_deal", "no_deal"), nil
	}
	return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), domain.DealSheet{}), nil
}

// lead finds the deal that a leader's command means.
func (t *talk) lead(verb say.Verb, states ...domain.DealState) (domain.DealSheet, []bot.Reply, error) {
	return t.find(seek{
		code: t.said.code, pool: t.led(states...), act: func(code string) string { return say.Do(verb, code) }, none: t.notLeading,
	})
}

// fits reports whether a deal has what a wish names: its letters and its items' names.
func (w wish) fits(s domain.DealSheet) bool {
	for _, p := range w.Picks {
		if p.Letter != "" && !slices.ContainsFunc(s.Items, func(it domain.ItemRecord) bool { return it.Letter == p.Letter }) {
			return false
		}
	}
	for _, word := range w.Rest {
		if len(named(s, word)) == 0 {
			return false
		}
	}
	return true
}

// named are the items that a word may name: of the item's own name, or of the whole deal's when it has just one.
func named(s domain.DealSheet, word string) []domain.ItemRecord {
	word = words.Fold(word)
	if len([]rune(word)) < 2 {
		return nil
	}
	match := func(name string) bool {
		name = words.Fold(name)
		short := strings.TrimSuffix(word, "s")
		return name != "" && (strings.Contains(name, word) || strings.Contains(word, name) || len(short) > 2 && strings.Contains(name, short))
	}
	var out []domain.ItemRecord
	for _, it := range s.Items {
		if match(it.Name) || len(s.Items) == 1 && match(s.Deal.Terms.Title) {
			out = append(out, it)
		}
	}
	return out
}

// wants turns a wish into items of a deal.
func (w wish) wants(s domain.DealSheet) ([]domain.Want, *domain.Refusal) {
	var out []domain.Want
	for _, p := range w.Picks {
		var is []domain.ItemRecord
		switch {
		case p.Letter != "":
			is = filterItems(s.Items, func(it domain.ItemRecord) bool { return it.Letter == p.Letter })
			if len(is) == 0 {
				return nil, domain.Refuse(domain.CodeNotFound, domain.WhyUnknownItem).With("item", p.Letter)
			}
		case len(w.Rest) > 0:
			is = named(s, w.Rest[0])
		default:
			is = s.Items
		}
		if len(is) != 1 {
			return nil, domain.Refuse(domain.CodeInvalid, domain.WhyChooseItem)
		}
		out = append(out, domain.Want{Item: is[0].ID, Qty: p.Qty})
	}
	if len(out) == 0 {
		return nil, domain.Refuse(domain.CodeInvalid, domain.WhyChooseItem)
	}
	return out, nil
}

func filterItems(in []domain.ItemRecord, keep func(domain.ItemRecord) bool) []domain.ItemRecord {
	var out []domain.ItemRecord
	for _, it := range in {
		if keep(it) {
			out = append(out, it)
		}
	}
	return out
}
