package domain

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"tuanbot/domain/money"
)

// JoinCommand takes part in a deal, or adds to one's unpaid order.
type JoinCommand struct {
	Ask         Asked
	Deal        DealID
	Team        TeamID // team deals: which team; "" in a chain, or with Open
	Open        bool   // team deals: open a new team
	Wants       []Want
	Shopper     AccountID
	Beneficiary string
	Via         Via
	Household   HouseholdID
	Point       PointID
	AddressBox  []byte
	Note        string    // for whoever packs: 要熟一点的
	Room        string    // of a home whose building nobody knows: it is asked for in private
	Leader      AccountID // who brought them
	Sure        bool      // the answer to "did you mean it twice?"
}

// Asked is the command's key and speaker.
func (c JoinCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c JoinCommand) Kind() string { return "join" }

// Needs asks for the team, the shopper's orders with the payments that were begun for them and, when a household limit
// applies, the household's orders.
func (c JoinCommand) Needs() Needs {
	n := Needs{ChainTeam: true, Shoppers: []AccountID{c.Shopper}, Homes: true, Begun: true}
	if c.Team != "" {
		n.Teams = []TeamID{c.Team}
	}
	if c.Household != "" {
		n.Households = []HouseholdID{c.Household}
	}
	return n
}

// canonical is the same for two messages that ask for the same thing in one team; opening a team is a thing of its own.
func (c JoinCommand) canonical() string {
	ws := slices.Clone(c.Wants)
	sort.Slice(ws, func(i, j int) bool { return ws[i].Item < ws[j].Item })
	var sb strings.Builder
	sb.WriteString("join ")
	if c.Open {
		sb.WriteString("new ")
	}
	sb.WriteString(c.Beneficiary)
	for _, w := range ws {
		sb.WriteString(" " + string(w.Item) + "*" + strconv.FormatInt(w.Qty, 10))
	}
	return sb.String()
}

// Apply admits or refuses the join. Rules: field.md 3.1, 3.9; design 2.
func (c JoinCommand) Apply(b *Book) (Answer, error) {
	t, err := b.teamToJoin(c)
	if err != nil {
		return Answer{}, err
	}
	opening := t == nil
	if opening {
		t = b.openTeam(c)
	}
	wants, err := b.checkWants(c.Wants)
	if err != nil {
		return Answer{}, err
	}
	o := b.openOrder(t.r.ID, c.Shopper, c.Beneficiary)
	last := b.lastOrder(t.r.ID, c.Shopper, c.Beneficiary)
	if opening {
		last = b.lastOpening(c)
	}
	if stale(last, c.Ask) {
		return Answer{}, Refuse(CodeConflict, WhyStale)
	}
	if !c.Sure && b.saidTwice(last, c) {
		a := b.answer(DidAskAgain, last, b.teams[last.r.Team])
		a.Asked = wants
		return a, nil
	}
	if err := b.admit(t, o, c, wants); err != nil {
		return Answer{}, err
	}
	if opening {
		b.teams[t.r.ID] = t
		b.deal.r.OpenTeams++
		b.deal.r.NextTeam++
	}
	return b.place(t, o, c, wants)
}

// teamToJoin finds the team a join means. A nil team without error means that a new one is to be opened.
func (b *Book) teamToJoin(c JoinCommand) (*Team, error) {
	if err := b.takesJoins(); err != nil {
		return nil, err
	}
	var t *Team
	switch {
	case b.deal.r.Terms.Kind == KindChain:
		t = b.chainTeam()
	case c.Team != "":
		t = b.teams[c.Team]
	case c.Open:
		return nil, nil
	default:
		t = b.teamOf(c.Shopper)
	}
	if t == nil {
		return nil, Refuse(CodeInvalid, WhyNoTeam)
	}
	return t, b.isOpen(t)
}

// takesJoins checks the deal's own window.
func (b *Book) takesJoins() error {
	d := &b.deal.r
	switch d.State {
	case DealCancelled:
		return Refuse(CodeTooLate, WhyCancelled)
	case DealScheduled:
		if b.Now.Before(d.Terms.OpensAt) {
			return Refuse(CodeTooLate, WhyNotOpenYet).WithInt("at", d.Terms.OpensAt.UnixMilli())
		}
		d.State = DealOpen
	case DealOpen:
	default:
		return Refuse(CodeTooLate, WhyClosed).WithInt("at", d.Terms.DeadlineAt.UnixMilli()).With("state", string(d.State))
	}
	if !b.Now.Before(d.Terms.DeadlineAt) {
		b.decideDue()
		return Refuse(CodeTooLate, WhyClosed).WithInt("at", d.Terms.DeadlineAt.UnixMilli())
	}
	return nil
}

// isOpen checks the team's clock; whoever sees that it has run out decides at once.
func (b *Book) isOpen(t *Team) error {
	closed := Refuse(CodeTooLate, WhyClosed).WithInt("at", t.r.DeadlineAt.UnixMilli()).With("state", string(t.r.State))
	if t.r.State != TeamForming {
		return closed
	}
	if !b.Now.Before(t.r.DeadlineAt) {
		b.decide(t)
		return closed.With("state", string(t.r.State))
	}
	return nil
}

// teamOf is the forming team in which a shopper already has a live order.
func (b *Book) teamOf(who AccountID) *Team {
	for _, o := range b.ordersOf(who) {
		if t := b.teams[o.r.Team]; t != nil && o.r.State.IsLive() && t.r.State == TeamForming {
			return t
		}
	}
	return nil
}

// openTeam makes a new team; it enters the book only once the join is admitted.
func (b *Book) openTeam(c JoinCommand) *Team {
	d := b.deal.r
	t := newTeam(d, b.mint, b.Now)
	t.Number = d.NextTeam + 1
	t.Head = c.Shopper
	return &Team{r: t, fresh: true}
}

// lastOpening is the newest live order by which a person opened a team just like this one.
func (b *Book) lastOpening(c JoinCommand) *Order {
	var last *Order
	for _, o := range b.ordersOf(c.Shopper) {
		if o.r.State.IsLive() && o.r.LastCommand == c.canonical() && (last == nil || o.r.Serial > last.r.Serial) {
			last = o
		}
	}
	return last
}

// newTeam is a team of a deal before anybody joined.
func newTeam(d DealRecord, mint Mint, now time.Time) TeamRecord {
	deadline := d.Terms.DeadlineAt
	if d.Terms.Kind == KindTeam && d.Terms.TeamTTL > 0 {
		if own := now.Add(d.Terms.TeamTTL); own.Before(deadline) {
			deadline = own
		}
	}
	zero := Counts{Goods: money.Of(0, d.Currency)}
	return TeamRecord{
		ID: TeamID(mint.ID()), Deal: d.ID, Token: mint.Token(), State: TeamForming, OpensAt: d.Terms.OpensAt, DeadlineAt: deadline,
		Cap: d.Terms.Cap, CapUnit: d.Terms.CapUnit, Threshold: d.Terms.Threshold, ThresholdUnit: d.Terms.ThresholdUnit,
		Live: zero, Paid: zero, CreatedAt: now,
	}
}

// openOrder is the unpaid order to which more can be added.
func (b *Book) openOrder(team TeamID, who AccountID, forWhom string) *Order {
	o := b.lastOrder(team, who, forWhom)
	if o != nil && o.r.State == OrderPlaced && o.r.Paid.IsZero() {
		return o
	}
	return nil
}

// lastOrder is the newest order of a person for somebody in a team, live or not.
func (b *Book) lastOrder(team TeamID, who AccountID, forWhom string) *Order {
	var last *Order
	for _, o := range b.ordersOf(who) {
		if o.r.Team == team && o.r.Beneficiary == forWhom && (last == nil || o.r.Slot > last.r.Slot) {
			last = o
		}
	}
	return last
}

func stale(o *Order, ask Asked) bool {
	return o != nil && !ask.At.IsZero() && ask.At.Before(o.r.LastSaidAt)
}

// saidTwice: the same command from the same person for the same deal again so soon that it may be a slip.
func (b *Book) saidTwice(o *Order, c JoinCommand) bool {
	if o == nil || !o.r.State.IsLive() || o.r.LastCommand != c.canonical() || o.r.LastVia != c.Via {
		return false
	}
	since := b.Now.Sub(o.r.LastAt)
	switch c.Via {
	case ViaText:
		return since < TextTwice
	case ViaButton, ViaLink:
		return since < ButtonTwice
	default:
		return false
	}
}
