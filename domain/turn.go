package domain

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tuanbot/domain/money"
)

// The times that the rules speak of.
const (
	PayDrain        = 5 * time.Minute  // a hold lasts the payment window and this
	AtJoinWindow    = 15 * time.Minute // at_join: the earlier of this and the team's deadline
	FormedWindow    = 16 * time.Hour   // after_formed: the default
	UndoWindow      = 10 * time.Minute
	TextTwice       = 90 * time.Second // the same words again within this: did they mean it?
	ButtonTwice     = 3 * time.Second
	OfferWindow     = 15 * time.Minute // a seat offered to the waiting list
	DrainWindow     = 5 * time.Minute  // deciding waits this long for payments under way
	MaxExtension    = 72 * time.Hour
	MaxGrace        = 2 * time.Hour
	SummaryPatience = 2 * time.Hour
	UncheckWindow   = 10 * time.Minute
	MaxQty          = 999 // of one item in one command
)

// Turn is one command that passes the Turnstile. Apply checks everything before it changes anything: it returns either
// an answer, or a Refusal with the book unchanged but for what the clock had made due anyway, or a fault, after which the
// book must be thrown away.
type Turn interface {
	Asked() Asked
	Kind() string
	Needs() Needs
	Apply(b *Book) (Answer, error)
}

// Record stores the outcome of a turn with its key, so that a repeat gets the same answer. Turns without a key leave
// an event only if they did something.
func (b *Book) Record(t Turn, a Answer) {
	ask := t.Asked()
	if ask.Key.IsZero() && (a.Did == DidNothing || a.Did == DidRefuse || a.Did == "") {
		return
	}
	if ask.Key.IsZero() {
		ask.Key = EventKey{Channel: "clock", Message: b.mint.ID()}
	}
	b.out.Events = append(b.out.Events, Event{
		Key: ask.Key, Hash: ask.Hash, Kind: t.Kind(), Deal: b.deal.r.ID, Team: a.Team, Order: a.Order, By: ask.By,
		Chat: ask.Chat, Lang: ask.Lang, Source: ask.Source, Answer: a, At: b.Now,
	})
}

// Finish closes the book of a turn: versions grow, and the living cards are told once per chat and batch. It reports
// whether anything is to be written.
func (b *Book) Finish() bool {
	moved := false
	for _, t := range b.teams {
		if t.fresh || t.r != t.base {
			t.r.Version++
			moved = true
		}
	}
	dealMoved := b.deal.r != b.deal.base
	changed := moved || dealMoved || len(b.ItemChanges()) > 0 || len(b.OrderChanges()) > 0 || len(b.PaymentChanges()) > 0 ||
		len(b.RefundChanges()) > 0 || len(b.WaitingChanges()) > 0 || b.out.hasFacts()
	if changed {
		b.deal.r.Version++
	}
	if moved || dealMoved {
		for _, c := range b.chats {
			b.tell(Notice{Kind: NoticeCard, Chat: c.Chat, Dedup: dedup("card", b.deal.r.ID, c.Chat, b.deal.r.Version), Num: map[string]int64{"version": b.deal.r.Version}})
		}
	}
	for i := range b.out.Events {
		b.out.Events[i].Version = b.deal.r.Version
	}
	return changed || len(b.out.Events) > 0 || len(b.out.Notices) > 0
}

func (c Changes) hasFacts() bool {
	return len(c.Dues) > 0 || len(c.Transfers) > 0 || len(c.Editions) > 0 || len(c.CheckOffs) > 0 || len(c.Summaries) > 0 ||
		len(c.Arrivals) > 0 || len(c.Chats) > 0 || len(c.Chains) > 0
}

// tell adds a notice about this deal.
func (b *Book) tell(n Notice) {
	n.Community, n.Deal = b.deal.r.Community, b.deal.r.ID
	if n.Due.IsZero() {
		n.Due = b.Now
	}
	b.out.Notices = append(b.out.Notices, n)
}

// tellChats adds a notice for every chat of the deal.
func (b *Book) tellChats(n Notice, parts ...any) {
	for _, c := range b.chats {
		m := n
		m.Chat = c.Chat
		m.Dedup = dedup(string(n.Kind), append([]any{b.deal.r.ID, c.Chat}, parts...)...)
		b.tell(m)
	}
}

// tellLeaders adds a notice for every leader of the deal, once each.
func (b *Book) tellLeaders(n Notice, parts ...any) {
	seen := map[AccountID]bool{}
	for _, who := range b.leaders() {
		if one := b.person(who); !seen[one] {
			seen[one] = true
			b.tellOne(who, n, parts...)
		}
	}
}

// tellOne adds a notice for one person. Nobody is told twice of the same thing.
func (b *Book) tellOne(who AccountID, n Notice, parts ...any) {
	if who == "" {
		return
	}
	n.Account = who
	n.Dedup = dedup(string(n.Kind), append([]any{b.deal.r.ID, who}, parts...)...)
	b.tell(n)
}

func (b *Book) leaders() []AccountID {
	who := []AccountID{b.deal.r.OpenedBy}
	for _, c := range b.chats {
		who = append(who, c.Leader)
	}
	return who
}

// isLeader reports whether the person leads this deal in any of its chats or opened it.
func (b *Book) isLeader(who AccountID) bool {
	for _, l := range b.leaders() {
		if b.same(l, who) {
			return true
		}
	}
	return false
}

func dedup(kind string, parts ...any) string {
	var sb strings.Builder
	sb.WriteString(kind)
	for _, p := range parts {
		sb.WriteByte('/')
		switch v := p.(type) {
		case int64:
			sb.WriteString(strconv.FormatInt(v, 10))
		default:
			fmt.Fprint(&sb, v)
		}
	}
	return sb.String()
}

// item finds an item of the deal.
func (b *Book) item(id ItemID) *Item {
	for _, i := range b.items {
		if i.r.ID == id {
			return i
		}
	}
	return nil
}

// chainTeam is the only team of a chain; a team deal has no such team.
func (b *Book) chainTeam() *Team {
	if b.deal.r.Terms.Kind != KindChain {
		return nil
	}
	for _, t := range b.teams {
		return t
	}
	return nil
}

// isMerchant reports whether the person is the merchant of this deal.
func (b *Book) isMerchant(who AccountID) bool {
	return b.same(b.deal.r.Terms.Merchant, who)
}

// part is what one shopper, by one of their accounts, adds to a team's tallies.
type part struct{ live, paid Counts }

func (b *Book) partOf(team TeamID, who AccountID) part {
	cur := b.deal.r.Currency
	p := part{live: Counts{Goods: money.Of(0, cur)}, paid: Counts{Goods: money.Of(0, cur)}}
	for _, o := range b.ordersOf(who) {
		if o.r.Team != team || o.r.Shopper != who || !o.r.State.IsLive() {
			continue
		}
		p.live = p.live.plus(Counts{People: 1, Shares: o.r.Shares, Goods: o.r.Total})
		if o.r.Pay == PayFull {
			p.paid = p.paid.plus(Counts{People: 1, Shares: o.r.Shares, Goods: o.r.Total})
		}
	}
	p.live.People, p.paid.People = min(1, p.live.People), min(1, p.paid.People)
	return p
}

func (c Counts) plus(d Counts) Counts {
	return Counts{People: c.People + d.People, Shares: c.Shares + d.Shares, Goods: money.Of(c.Goods.Fen()+d.Goods.Fen(), c.Goods.Currency())}
}

func (c Counts) minus(d Counts) Counts {
	return Counts{People: c.People - d.People, Shares: c.Shares - d.Shares, Goods: money.Of(c.Goods.Fen()-d.Goods.Fen(), c.Goods.Currency())}
}

// mutate changes an order and keeps every count that depends on it: the team's tallies (people are distinct shoppers) and
// what its items hold. It is the only way an order changes.
func (b *Book) mutate(o *Order, change func(r *OrderRecord)) {
	before, heldBefore := b.partOf(o.r.Team, o.r.Shopper), held(o.r)
	change(&o.r)
	o.r.UpdatedAt = b.Now
	o.dirty = true
	after := b.partOf(o.r.Team, o.r.Shopper)
	if t := b.teams[o.r.Team]; t != nil {
		t.r.Live = t.r.Live.minus(before.live).plus(after.live)
		t.r.Paid = t.r.Paid.minus(before.paid).plus(after.paid)
	}
	for id, n := range held(o.r) {
		heldBefore[id] -= n
	}
	for id, n := range heldBefore {
		if it := b.item(id); it != nil {
			it.r.Held -= n
		}
	}
}

func held(r OrderRecord) map[ItemID]int64 {
	m := map[ItemID]int64{}
	if r.State.IsLive() {
		for _, l := range r.Lines {
			m[l.Item] += l.Ordered
		}
	}
	return m
}

// move takes an order to another state; an illegal move is a fault of ours.
func (b *Book) move(o *Order, to OrderState, change func(r *OrderRecord)) error {
	if o.r.State == to {
		return nil
	}
	if !o.r.State.CanMove(to) {
		return fmt.Errorf("order %s from %s to %s: illegal move", o.r.ID, o.r.State, to)
	}
	b.mutate(o, func(r *OrderRecord) {
		r.State = to
		if change != nil {
			change(r)
		}
	})
	return nil
}

// answer says how things stand after a command on an order in a team; o and t may be nil.
func (b *Book) answer(did Did, o *Order, t *Team) Answer {
	d := b.deal.r
	a := Answer{Did: did, Deal: d.ID, Code: d.Code, Title: d.Terms.Title, Pay: d.Terms.Pay, Version: d.Version, Deadline: d.Terms.DeadlineAt}
	if o != nil {
		a.Team, a.Order, a.Serial, a.Token = o.r.Team, o.r.ID, o.r.Serial, o.r.Token
		a.Shopper, a.For, a.Shares, a.Total, a.Owed, a.PayBy = o.r.Shopper, o.r.Beneficiary, o.r.Shares, o.r.Total, o.r.Owed(), o.r.PayDueAt
		a.Lines = b.said(o.r)
	}
	if t != nil {
		a.Team, a.TeamState, a.Live, a.Counted = t.r.ID, t.r.State, t.r.Live, t.r.Counted(d.Terms.Pay)
		a.Want, a.WantUnit, a.Missing, a.Cap, a.Deadline = t.r.Threshold, t.r.ThresholdUnit, t.r.Missing(d.Terms.Pay), t.r.Cap, t.r.DeadlineAt
	}
	return a
}

func (b *Book) said(r OrderRecord) []LineSaid {
	lines := make([]LineSaid, 0, len(r.Lines))
	for _, l := range r.Lines {
		if it := b.item(l.Item); it != nil && l.Ordered > 0 {
			lines = append(lines, LineSaid{Item: l.Item, Letter: it.r.Letter, Name: it.r.Name, Unit: it.r.Unit, Qty: l.Ordered, Price: l.Unit})
		}
	}
	return lines
}
