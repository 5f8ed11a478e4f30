package chat

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/chains"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// listSaid finds what is said about a list: a paste, the wish to see it, 我是7号.
func (h *Handler) listSaid(text string) (said, bool) {
	if chains.Perhaps(text) {
		return said{command: h.row("paste")}, true
	}
	switch words.Fold(text) {
	case "接龙", "#接龙", "接龙单", "接龙表", "看接龙", "chain", "#group note", "group note":
		return said{command: h.row("chain")}, true
	}
	if m := iAm.FindStringSubmatch(words.Fold(text)); m != nil {
		n, _ := words.Number(m[1] + m[2]) // only digits match
		return said{command: h.row("claim"), serial: n}, true
	}
	return said{}, false
}

var iAm = regexp.MustCompile(`^(?:我是|我就是|我叫)(?:接龙)?第?\s*(\d{1,3})\s*号[.!]?$|^i(?:'m| am) (?:no\.?|number|#)\s*(\d{1,3})[.!]?$`)

// hushList lets a text that only looks like a list be understood in another way.
func (t *talk) hushList() error {
	pool, err := t.candidates()
	if err != nil {
		return err
	}
	switch {
	case t.said.command.name == "paste" && !slices.ContainsFunc(pool, t.readsAsList):
		if slices.ContainsFunc(pool, t.isList) {
			t.said.command = t.h.row("paste_teams")
			return nil
		}
		t.said = t.h.understandPlain(t)
	case t.said.command.name == "paste" || len(pool) > 0 || !t.group() || t.up.Spoken:
	default:
		t.said = said{}
	}
	return nil
}

// pressList settles what a list left open.
func pressList(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	n := int(a.Number(1))
	switch first(a) {
	case "":
		return t.listOf(s)
	case "paste":
		return t.pasteKept(s)
	case "keep":
		return t.replacing(t.say1("chain_kept", "chain.kept")), nil
	case "drop":
		return t.dropVanished(s)
	case "one", "take":
		return t.settleEntry(s, first(a), n)
	case "claim", "other":
		if len(a.Args) < 4 {
			return t.broken()
		}
		return t.answerClaim(s, a)
	}
	return t.broken()
}

// dropVanished takes out who vanished from the list, but not who was overwritten. Only the leader may.
func (t *talk) dropVanished(s domain.DealSheet) ([]bot.Reply, error) {
	if !isLeader(s, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), s), nil
	}
	m, err := t.lastList(s)
	if err != nil {
		return nil, err
	}
	l, orders, err := t.listedOrders(s, m)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, k := range m.Entries {
		if !k.Gone || k.Over || k.Doubt != chains.NoDoubt {
			continue
		}
		for _, p := range k.Parts {
			o := l.order(orders, chains.Want{Name: k.Name, For: p.For})
			if o.ID == "" {
				continue
			}
			a, err := t.h.c.Desk.Leave(t.ctx, domain.LeaveCommand{Ask: t.ask(), Deal: s.Deal.ID, Serial: o.Serial, Leader: true, Reason: t.w("chain.reason")})
			if err != nil {
				return nil, err
			}
			t.index++
			if a.Refusal == nil {
				names = append(names, t.whom(chains.Want{Name: k.Name, For: p.For}))
			}
		}
	}
	if len(names) == 0 {
		return t.replacing(t.say1("chain_gone", "chain.gone")), nil
	}
	return t.replacing(t.say1("chain_dropped", "chain.dropped", "names", t.few(names))), nil
}

// order is the live order that an entry speaks of.
func (l *listed) order(orders []domain.OrderRecord, w chains.Want) domain.OrderRecord {
	for _, o := range orders {
		if o.State.IsLive() && chains.Key(l.nameOf(o)) == chains.Key(w.Name) && chains.Key(o.Beneficiary) == chains.Key(w.For) {
			return o
		}
	}
	return domain.OrderRecord{}
}

// settleEntry does what a doubtful line says: one of the only thing, or what the list has. The leader may, who pasted, and
// whose line it is.
func (t *talk) settleEntry(s domain.DealSheet, how string, number int) ([]bot.Reply, error) {
	m, err := t.lastList(s)
	if err != nil {
		return nil, err
	}
	e, ok := m.entry(number)
	if !ok {
		return t.replacing(t.say1("chain_gone", "chain.gone")), nil
	}
	if !isLeader(s, t.who) && m.By != t.who.ID && !t.isMe(e.Name) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotYours), s), nil
	}
	if how == "one" && len(s.Items) == 1 {
		part := chains.Part{}
		if len(e.Parts) > 0 {
			part = e.Parts[0]
		}
		part.Lines = []chains.Line{{Letter: s.Items[0].Letter, Qty: 1}}
		e.Parts = []chains.Part{part}
	}
	e.Doubt, e.Text = chains.NoDoubt, chains.Compose(e.Name, e.Parts, len(s.Items) == 1)
	for range 3 {
		a, err := t.takeEntry(s, m, e)
		if errors.Is(err, domain.ErrChainMoved) {
			continue
		}
		if err != nil {
			return nil, err
		}
		replies, err := t.listTold(a, s)
		return t.replacing(replies), err
	}
	return nil, fmt.Errorf("settle a line: %w", domain.ErrBusy)
}

func (m listMemory) entry(number int) (chains.Entry, bool) {
	for _, k := range m.Entries {
		if k.Number == number && !k.Gone {
			return k.Entry, len(k.Parts) > 0 || k.Doubt == chains.NoQty
		}
	}
	return chains.Entry{}, false
}

// takeEntry carries out one line as it stands: what is ordered otherwise is set, else it is new.
func (t *talk) takeEntry(s domain.DealSheet, m listMemory, e chains.Entry) (domain.Answer, error) {
	l, _, err := t.listedOrders(s, m)
	if err != nil {
		return domain.Answer{}, err
	}
	var want []chains.Want
	for _, p := range e.Parts {
		want = append(want, chains.Want{Number: e.Number, Name: e.Name, For: p.For, Building: p.Building, Room: p.Room, Lines: p.Lines, Text: e.Text})
	}
	if err := t.makePeople(l, s, want); err != nil {
		return domain.Answer{}, err
	}
	shoppers := []domain.AccountID{t.who.ID}
	for _, a := range l.paper {
		shoppers = append(shoppers, a.ID)
	}
	return t.h.c.Desk.ReadChain(t.ctx, domain.ChainCommand{
		Ask: t.ask(), Deal: s.Deal.ID, Leader: t.leaderOf(s), Shoppers: shoppers,
		Plan: func(now domain.ChainSeen) (domain.ChainPlan, error) {
			last := readList(now.Body)
			l.people, l.claims = now.People, last.Claims
			d := chains.Change{Next: settled(last.Memory, e)}
			for _, w := range want {
				if l.owner(now.Orders, w) != "" {
					d.Changed = append(d.Changed, w)
				} else {
					d.New = append(d.New, w)
				}
			}
			return t.plan(l, d, now.Orders)
		},
	})
}

// settled is the memory with one line as it was decided.
func settled(m chains.Memory, e chains.Entry) chains.Memory {
	m.Entries = slices.Clone(m.Entries)
	for i := range m.Entries {
		if m.Entries[i].Number == e.Number && !m.Entries[i].Gone {
			m.Entries[i].Entry = e
		}
	}
	return m
}
