package chat

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/chat/chains"
	"tuanbot/notify/say"
)

// lineOf is a line of a list that somebody says is theirs.
type lineOf struct {
	sheet  domain.DealSheet
	chat   domain.ChatID // where the list is
	list   listMemory
	entry  chains.Entry
	leader domain.AccountID
}

// claim: 我是7号. Whoever bears the name has it at once, and so has whom the leader says; else the leader is asked.
func (t *talk) claim() ([]bot.Reply, error) {
	if !t.group() {
		return t.claimInPrivate()
	}
	sheet, replies, err := t.find(seek{pool: t.here, none: t.nothingListed, act: func(code string) string { return say.Do(say.VerbChain, code) }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	m, err := t.lastList(sheet)
	if err != nil {
		return nil, err
	}
	e, ok := m.entry(int(t.said.serial))
	switch {
	case len(m.Entries) == 0 && !t.up.Spoken:
		return nil, nil // no list here: talk
	case !ok:
		return t.noSuchLine(), nil
	}
	return t.claimLine(lineOf{sheet: sheet, chat: t.chat.ID, list: m, entry: e, leader: t.leaderOf(sheet)})
}

func (t *talk) noSuchLine() []bot.Reply {
	return t.say1("claim_none", "chain.claim_none", "no", strconv.FormatInt(t.said.serial, 10))
}

// claimInPrivate looks for the line in the lists of all chats of the deals that can be meant. Several have one with that number:
// it is to be said where the list is.
func (t *talk) claimInPrivate() ([]bot.Reply, error) {
	pool, err := t.here()
	if err != nil || len(pool) == 0 {
		return []bot.Reply{t.v.Deals(nil)}, err
	}
	var found []lineOf
	for _, s := range pool {
		lines, err := t.linesOf(s, int(t.said.serial))
		if err != nil {
			return nil, err
		}
		found = append(found, lines...)
	}
	switch len(found) {
	case 0:
		return t.noSuchLine(), nil
	case 1:
		t.sheet = found[0].sheet
		return t.claimLine(found[0])
	}
	return t.say1("claim_where", "chain.claim_where", "no", strconv.FormatInt(t.said.serial, 10)), nil
}

// linesOf are the lines with that number in a deal's lists.
func (t *talk) linesOf(s domain.DealSheet, number int) ([]lineOf, error) {
	var out []lineOf
	for _, c := range append(slices.Clone(s.Chats), domain.DealChat{Chat: t.chat.ID}) {
		rec, err := t.h.c.Desk.Chain(t.ctx, s.Deal.ID, c.Chat)
		if errors.Is(err, domain.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("lists of a deal: %w", busy(err))
		}
		m := readList(rec.Body)
		e, ok := m.entry(number)
		if !ok || slices.ContainsFunc(out, func(l lineOf) bool { return l.chat == c.Chat }) {
			continue
		}
		l := lineOf{sheet: s, chat: c.Chat, list: m, entry: e, leader: c.Leader}
		if l.leader == "" {
			l.leader = s.Deal.OpenedBy
		}
		out = append(out, l)
	}
	return out, nil
}

// claimLine claims the order of a line. In private a name alone proves nothing: nobody else sees who takes it.
func (t *talk) claimLine(l lineOf) ([]bot.Reply, error) {
	o, err := t.orderOfLine(l)
	if err != nil {
		return nil, err
	}
	if o.ID == "" {
		return t.say1("claim_empty", "chain.claim_empty", lineWords(l.entry.Number, l.entry.Name, t.who)...), nil
	}
	c := handlers.ClaimCommand{Ask: t.ask(), Order: o, Number: int64(l.entry.Number), Who: t.who.ID, Leader: l.leader}
	if t.isMe(l.entry.Name) && t.group() || isLeader(l.sheet, t.who) {
		c.Word = handlers.ClaimSure
		if err := t.noteClaim(l.sheet, l.chat, o.Shopper, l.entry.Name); err != nil {
			return nil, err
		}
	}
	a, err := t.h.c.Desk.Claim(t.ctx, c)
	if err != nil {
		return nil, err
	}
	return t.claimSaid(domain.EventClaim, a)
}

// claimSaid words what became of a claim, for who claims or for the leader who answered, from the stored answer.
func (t *talk) claimSaid(kind string, a domain.Answer) ([]bot.Reply, error) {
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts("chain")), nil //nolint:nilerr // the error has become the answer
	}
	d := t.h.c.Desk
	o, err := d.Order(t.ctx, a.Order)
	if err != nil {
		return nil, fmt.Errorf("order of a claim: %w", busy(err))
	}
	who, err := d.Account(t.ctx, a.Shopper)
	if err != nil {
		return nil, fmt.Errorf("who claims: %w", busy(err))
	}
	names, err := d.OwnNames(t.ctx, []domain.AccountID{o.Shopper})
	if err != nil {
		return nil, fmt.Errorf("whose line it is: %w", busy(err))
	}
	key, answered := string(a.Did), kind == domain.EventClaimAnswer
	switch {
	case answered && (a.Did == domain.DidClaim || a.Did == domain.DidClaimMine):
		key = "claim_done"
	case a.Did == domain.DidClaimAsk && t.group():
		key = "claim_ask"
	}
	r := t.say1("claim", "chain."+key, lineWords(int(a.Count), names[o.Shopper], who)...)
	if key == "claim_ask" {
		if err := t.load(a.Deal); err != nil {
			return nil, err
		}
		r[0].Choices = t.v.ClaimChoices(t.sheet.Deal.Code, a.Count, a.Shopper, a.Serial)
	}
	if answered {
		r = t.replacing(r)
	}
	return r, nil
}

func lineWords(number int, name string, who domain.Account) []string {
	return []string{"no", strconv.Itoa(number), "name", say.Line(name, say.MaxName), "who", say.Line(who.Name, say.MaxName)}
}

// orderOfLine is the order that a line speaks of; the zero order when it has none any more.
func (t *talk) orderOfLine(l lineOf) (domain.OrderRecord, error) {
	all, orders, err := t.listedOrders(l.sheet, l.list)
	if err != nil {
		return domain.OrderRecord{}, err
	}
	for _, p := range append([]chains.Part{{}}, l.entry.Parts...) {
		if o := all.order(orders, chains.Want{Name: l.entry.Name, For: p.For}); o.ID != "" {
			return o, nil
		}
	}
	return domain.OrderRecord{}, nil
}

// answerClaim is the leader's word for who somebody is: chain CODE claim 7 ACCOUNT 12, or other. It may come in private or in the
// group; what it is about is named by the order's number, since a list goes on meanwhile.
func (t *talk) answerClaim(s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	if !isLeader(s, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), s), nil
	}
	d := t.h.c.Desk
	o, err := d.OrderBySerial(t.ctx, s.Deal.ID, a.Number(3))
	if errors.Is(err, domain.ErrNotFound) || err == nil && !o.State.IsLive() {
		return t.replacing(t.say1("chain_gone", "chain.gone")), nil
	}
	if err != nil {
		return nil, fmt.Errorf("order of a line: %w", busy(err))
	}
	who, err := d.Account(t.ctx, domain.AccountID(a.Args[2]))
	if errors.Is(err, domain.ErrNotFound) {
		return t.broken()
	}
	if err != nil {
		return nil, fmt.Errorf("who claims: %w", busy(err))
	}
	c := handlers.ClaimCommand{Ask: t.ask(), Order: o, Number: a.Number(1), Who: who.ID, Word: handlers.ClaimNo}
	if first(a) == "claim" {
		c.Word = handlers.ClaimYes
		names, err := d.OwnNames(t.ctx, []domain.AccountID{o.Shopper})
		if err != nil {
			return nil, fmt.Errorf("whose line it is: %w", busy(err))
		}
		if err := t.noteClaim(s, o.ViaChat, o.Shopper, names[o.Shopper]); err != nil {
			return nil, err
		}
	}
	said, err := d.Claim(t.ctx, c)
	if err != nil {
		return nil, err
	}
	return t.claimSaid(domain.EventClaimAnswer, said)
}

// noteClaim keeps what the list of a chat calls somebody who is about to have a name of their own. It comes first: without it the
// next paste would order for that name once more.
func (t *talk) noteClaim(s domain.DealSheet, chat domain.ChatID, paper domain.AccountID, name string) error {
	ask := t.ask()
	ask.Key.Index++ // the claim itself has the message's own key
	ask.Chat = chat
	_, err := t.h.c.Desk.ReadChain(t.ctx, domain.ChainCommand{
		Ask: ask, Deal: s.Deal.ID, Leader: t.leaderOf(s),
		Plan: func(now domain.ChainSeen) (p domain.ChainPlan, err error) {
			m := readList(now.Body)
			m.Claims = maps.Clone(m.Claims)
			if m.Claims == nil {
				m.Claims = map[domain.AccountID]string{}
			}
			m.Claims[paper] = name
			return p, errors.Join(encode(m, &p.Body), encode(struct{}{}, &p.Report))
		},
	})
	return err
}
