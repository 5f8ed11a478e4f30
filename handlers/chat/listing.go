package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/chains"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// maxList is how long a pasted list may be, in runes; other messages are shorter.
const maxList = chains.MaxText

// listMemory is what is remembered of the list of a chat, as it stands in SQL.
type listMemory struct {
	chains.Memory
	By     domain.AccountID            `json:"by,omitempty"`     // who pasted last
	Claims map[domain.AccountID]string `json:"claims,omitempty"` // what the list calls those who were claimed
}

func readList(body []byte) (m listMemory) {
	if json.Unmarshal(body, &m) != nil {
		return listMemory{} // nothing was pasted yet
	}
	return m
}

// listed is a deal's orders with what is needed to compare them with a list.
type listed struct {
	sheet  domain.DealSheet
	people map[domain.AccountID]domain.Account
	paper  map[string]domain.Account // by name: whom nobody has claimed
	homes  map[string]domain.HouseholdID
	claims map[domain.AccountID]string
}

// nameOf is what the list calls who an order belongs to.
func (l *listed) nameOf(o domain.OrderRecord) string {
	if name, ok := l.claims[o.Shopper]; ok {
		return name
	}
	return l.people[o.Shopper].Name
}

// pasteList takes a pasted list: what is new or changed is ordered, all else is told or asked.
func (t *talk) pasteList() ([]bot.Reply, error) {
	sheet, replies, err := t.find(seek{pool: t.listDeals, none: t.nothingListed, act: func(code string) string { return say.Do(say.VerbChain, code) + " paste" }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, errors.Join(err, t.keepList(replies))
	}
	return t.pasteInto(sheet)
}

// pasteInto takes the list for a deal.
func (t *talk) pasteInto(sheet domain.DealSheet) ([]bot.Reply, error) {
	c, _ := chains.Read(t.text, t.context(sheet).Items)
	for range 3 {
		a, err := t.takeList(sheet, c)
		if errors.Is(err, domain.ErrChainMoved) {
			continue // what stood otherwise when we read needs people who must be made first
		}
		if err != nil {
			return nil, err
		}
		return t.listTold(a, sheet)
	}
	return nil, fmt.Errorf("read a list: %w", domain.ErrBusy)
}

func (t *talk) nothingListed() ([]bot.Reply, error) {
	if t.group() && !t.up.Spoken {
		return nil, nil
	}
	return []bot.Reply{t.v.Deals(nil)}, nil
}

func (t *talk) readsAsList(s domain.DealSheet) bool {
	return s.Deal.Terms.Kind == domain.KindChain && t.isList(s)
}

func (t *talk) isList(s domain.DealSheet) bool {
	_, ok := chains.Read(t.text, t.context(s).Items)
	return ok
}

// listInTeams: where small teams gather nobody knows who of a list stands with whom, so everybody chooses for themselves.
func (t *talk) listInTeams() ([]bot.Reply, error) {
	ofTeams := func(s domain.DealSheet) bool { return s.Deal.Terms.Kind == domain.KindTeam && t.isList(s) }
	sheet, replies, err := t.find(seek{pool: t.here, keep: ofTeams, none: t.nothingListed, act: func(code string) string { return say.Do(say.VerbMore, code) }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	r := t.say1("chain_teams", "chain.teams", "title", say.Line(sheet.Deal.Terms.Title, 20), "n", strconv.FormatInt(sheet.Deal.Terms.Threshold, 10))
	r[0].Choices = []bot.Choice{{Label: t.w("chain.teams_see"), Action: say.Do(say.VerbMore, sheet.Deal.Code), Main: true}}
	return r, nil
}

// takeList makes the people whom the list will need, then lets the rules carry it out under the lock.
func (t *talk) takeList(sheet domain.DealSheet, c chains.Chain) (domain.Answer, error) {
	last, err := t.lastList(sheet)
	if err != nil {
		return domain.Answer{}, err
	}
	l, orders, err := t.listedOrders(sheet, last)
	if err != nil {
		return domain.Answer{}, err
	}
	d := chains.Diff(last.Memory, c, l.held(orders))
	if err := t.makePeople(l, sheet, d.New); err != nil {
		return domain.Answer{}, err
	}
	shoppers := make([]domain.AccountID, 0, len(l.paper)+1)
	for _, a := range l.paper {
		shoppers = append(shoppers, a.ID)
	}
	return t.h.c.Desk.ReadChain(t.ctx, domain.ChainCommand{
		Ask: t.ask(), Deal: sheet.Deal.ID, Leader: t.leaderOf(sheet), Shoppers: append(shoppers, t.who.ID),
		Plan: func(now domain.ChainSeen) (domain.ChainPlan, error) {
			l.people = now.People
			if l.missesSomebody(now.Orders) {
				return domain.ChainPlan{}, domain.ErrChainMoved
			}
			m := readList(now.Body)
			l.claims = m.Claims
			return t.plan(l, chains.Diff(m.Memory, c, l.held(now.Orders)), now.Orders)
		},
	})
}

// lastList is what is remembered of this chat's list.
func (t *talk) lastList(sheet domain.DealSheet) (listMemory, error) {
	rec, err := t.h.c.Desk.Chain(t.ctx, sheet.Deal.ID, t.chat.ID)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return listMemory{}, fmt.Errorf("the last list: %w", busy(err))
	}
	return readList(rec.Body), nil
}

// listedOrders reads a deal's orders and who they belong to.
func (t *talk) listedOrders(sheet domain.DealSheet, m listMemory) (*listed, []domain.OrderRecord, error) {
	orders, err := t.h.c.Desk.OrdersOfDeal(t.ctx, sheet.Deal.ID, domain.OrderFilter{})
	if err != nil {
		return nil, nil, fmt.Errorf("orders of the list: %w", busy(err))
	}
	ids := make([]domain.AccountID, 0, len(orders))
	for _, o := range orders {
		ids = append(ids, o.Shopper)
	}
	slices.Sort(ids)
	people, err := t.h.c.Desk.Accounts(t.ctx, slices.Compact(ids))
	if err != nil {
		return nil, nil, fmt.Errorf("names of the list: %w", busy(err))
	}
	return &listed{sheet: sheet, people: people, paper: map[string]domain.Account{}, homes: map[string]domain.HouseholdID{}, claims: m.Claims}, orders, nil
}

// missesSomebody: whose name is not known may be written down twice.
func (l *listed) missesSomebody(orders []domain.OrderRecord) bool {
	return slices.ContainsFunc(orders, func(o domain.OrderRecord) bool {
		_, known := l.people[o.Shopper]
		return !known
	})
}

// held are the orders in the words of lists.
func (l *listed) held(orders []domain.OrderRecord) []chains.Held {
	out := make([]chains.Held, 0, len(orders))
	for _, o := range orders {
		h := chains.Held{Name: l.nameOf(o), For: o.Beneficiary, Left: !o.State.IsLive()}
		for _, w := range o.Wants() {
			if it := itemByID(l.sheet, w.Item); it.ID != "" && w.Qty > 0 {
				h.Lines = append(h.Lines, chains.Line{Letter: it.Letter, Qty: w.Qty})
			}
		}
		out = append(out, h)
	}
	return out
}

func itemByID(s domain.DealSheet, id domain.ItemID) domain.ItemRecord {
	for _, it := range s.Items {
		if it.ID == id {
			return it
		}
	}
	return domain.ItemRecord{}
}

// leaderOf holds the orders that nobody has claimed: the leader of the deal in this chat.
func (t *talk) leaderOf(s domain.DealSheet) domain.AccountID {
	if l := t.leaderHere(s); l != "" {
		return l
	}
	return s.Deal.OpenedBy
}

// isMe: an entry with the name of who pastes is their own.
func (t *talk) isMe(name string) bool { return chains.Key(name) == chains.Key(t.who.Name) }

// makePeople finds or makes the accounts and homes of new entries.
func (t *talk) makePeople(l *listed, sheet domain.DealSheet, ws []chains.Want) error {
	var names []string
	for _, w := range ws {
		if !t.isMe(w.Name) {
			names = append(names, w.Name)
		}
		if w.Room == "" || w.Building == "" {
			continue
		}
		home, err := t.h.c.Desk.Home(t.ctx, t.community.ID, w.Building, w.Room)
		if err != nil {
			return err
		}
		l.homes[w.Building+"-"+w.Room] = home
	}
	made, err := t.h.c.Desk.PaperPeople(t.ctx, t.community.ID, t.leaderOf(sheet), names)
	if err != nil {
		return err
	}
	l.paper = made
	return nil
}

// plan turns a difference into steps. What belongs to somebody known, only they, or the leader, may change.
func (t *talk) plan(l *listed, d chains.Change, orders []domain.OrderRecord) (domain.ChainPlan, error) {
	var p domain.ChainPlan
	for _, w := range d.New {
		s := domain.ChainStep{Shopper: t.who.ID, For: w.For, Household: l.homes[w.Building+"-"+w.Room], Note: w.Note, Line: w.Text, Wants: wantsOf(l.sheet, w.Lines)}
		if !t.isMe(w.Name) {
			a, ok := l.paper[w.Name]
			if !ok {
				return p, domain.ErrChainMoved
			}
			s.Shopper = a.ID
		} else if s.Household == "" && s.For == "" {
			s.Household = t.who.Household
		}
		p.Steps = append(p.Steps, s)
	}
	change := func(w chains.Want) bool {
		owner := l.owner(orders, w)
		if a := l.people[owner]; owner == "" || a.Kind != domain.AccountUnclaimed && owner != t.who.ID && !isLeader(l.sheet, t.who) {
			return false
		}
		p.Steps = append(p.Steps, domain.ChainStep{Shopper: owner, For: w.For, Set: true, Note: w.Note, Line: w.Text, Wants: wantsOf(l.sheet, w.Lines)})
		return true
	}
	changed, noted := d.Changed, d.Noted
	d.Changed, d.Noted = nil, nil
	for _, w := range changed {
		if change(w) {
			d.Changed = append(d.Changed, w)
			continue
		}
		w.Doubt = chains.Differs
		d.Doubts = append(d.Doubts, w)
	}
	for _, w := range noted {
		if change(w) {
			d.Noted = append(d.Noted, w)
		}
	}
	return p, errors.Join(encode(d, &p.Report), encode(listMemory{Memory: d.Next, By: t.who.ID, Claims: l.claims}, &p.Body))
}

func encode[B ~[]byte](v any, to *B) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("remember the list: %w", err)
	}
	*to = b
	return nil
}

// owner is whose live order an entry speaks of.
func (l *listed) owner(orders []domain.OrderRecord, w chains.Want) domain.AccountID {
	return l.order(orders, w).Shopper
}

func wantsOf(s domain.DealSheet, lines []chains.Line) []domain.Want {
	var out []domain.Want
	for _, l := range lines {
		for _, it := range s.Items {
			if it.Letter == l.Letter {
				out = append(out, domain.Want{Item: it.ID, Qty: l.Qty})
			}
		}
	}
	return out
}

// printList gives the list back in the native form, with everybody who orders, ready to be pasted on.
func (t *talk) printList() ([]bot.Reply, error) {
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.here, none: t.nothingListed, act: func(code string) string { return say.Do(say.VerbChain, code) }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	if words.Fold(t.text) == "接龙" { // where no list is kept, that is a way to join
		if m, err := t.lastList(sheet); err != nil || len(m.Entries) == 0 {
			return t.joinAlone(err)
		}
	}
	return t.listOf(sheet)
}

func (t *talk) joinAlone(err error) ([]bot.Reply, error) {
	if err != nil {
		return nil, err
	}
	t.said.wish = readWish(t.text)
	return t.joinByWords()
}

func (t *talk) listOf(sheet domain.DealSheet) ([]bot.Reply, error) {
	m, err := t.lastList(sheet)
	if err != nil {
		return nil, err
	}
	l, orders, err := t.listedOrders(sheet, m)
	if err != nil {
		return nil, err
	}
	c := chains.Whole(m.Memory, l.held(orders), len(sheet.Items) == 1)
	if len(c.Title) == 0 {
		c.Title, c.English = []string{sheet.Deal.Terms.Title}, t.v.English()
	}
	return []bot.Reply{{Text: chains.Print(c), Code: "chain"}}, nil
}
