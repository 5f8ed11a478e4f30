package domain

import (
	"fmt"
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
	Leader      AccountID // who brought them
	Sure        bool      // the answer to "did you mean it twice?"
}

// Asked is the command's key and speaker.
func (c JoinCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c JoinCommand) Kind() string { return "join" }

// Needs asks for the team, the shopper's orders and, when a household limit applies, the household's.
func (c JoinCommand) Needs() Needs {
	n := Needs{ChainTeam: true, Shoppers: []AccountID{c.Shopper}}
	if c.Team != "" {
		n.Teams = []TeamID{c.Team}
	}
	if c.Household != "" {
		n.Households = []HouseholdID{c.Household}
	}
	return n
}

// canonical is the same for two messages that ask for the same thing.
func (c JoinCommand) canonical() string {
	ws := slices.Clone(c.Wants)
	sort.Slice(ws, func(i, j int) bool { return ws[i].Item < ws[j].Item })
	var sb strings.Builder
	sb.WriteString("join " + c.Beneficiary)
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
	if t == nil {
		if t, err = b.openTeam(c); err != nil {
			return Answer{}, err
		}
	}
	wants, err := b.checkWants(c.Wants)
	if err != nil {
		return Answer{}, err
	}
	o := b.openOrder(t.r.ID, c.Shopper, c.Beneficiary)
	if stale(o, c.Ask) {
		return Answer{}, Refuse(CodeConflict, WhyStale)
	}
	if last := b.lastOrder(t.r.ID, c.Shopper, c.Beneficiary); !c.Sure && b.saidTwice(last, c) {
		a := b.answer(DidAskAgain, last, t)
		a.Asked = wants
		return a, nil
	}
	if err := b.admit(t, c, wants); err != nil {
		return Answer{}, err
	}
	if t.fresh && b.teams[t.r.ID] == nil {
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
	for _, o := range b.shoppers[who] {
		if t := b.teams[o.r.Team]; t != nil && o.r.State.IsLive() && t.r.State == TeamForming {
			return t
		}
	}
	return nil
}

// openTeam makes a new team; it enters the book only once the join is admitted.
func (b *Book) openTeam(c JoinCommand) (*Team, error) {
	d := b.deal.r
	t := newTeam(d, b.mint, b.Now)
	t.Number = d.NextTeam + 1
	t.Head = c.Shopper
	return &Team{r: t, fresh: true}, nil
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

// checkWants merges repeated items and refuses what nobody can have meant.
func (b *Book) checkWants(in []Want) ([]Want, error) {
	if len(in) == 0 {
		return nil, Refuse(CodeInvalid, WhyChooseItem)
	}
	var wants []Want
	for _, w := range in {
		if w.Qty <= 0 || w.Qty > MaxQty {
			return nil, Refuse(CodeInvalid, WhyQuantity).WithInt("max", MaxQty)
		}
		if b.item(w.Item) == nil {
			return nil, Refuse(CodeNotFound, WhyUnknownItem)
		}
		i := slices.IndexFunc(wants, func(x Want) bool { return x.Item == w.Item })
		if i < 0 {
			wants = append(wants, w)
		} else if wants[i].Qty += w.Qty; wants[i].Qty > MaxQty {
			return nil, Refuse(CodeInvalid, WhyQuantity).WithInt("max", MaxQty)
		}
	}
	return wants, nil
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
	for _, o := range b.shoppers[who] {
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
	case ViaButton:
		return since < ButtonTwice
	}
	return false
}

// admit checks limits, cap and stock. Seats offered to the waiting list are spoken for.
func (b *Book) admit(t *Team, c JoinCommand, wants []Want) error {
	if err := b.withinLimits(c.Shopper, c.Household, wants, nil); err != nil {
		return err
	}
	return b.hasRoom(t, c.Shopper, wants)
}

// withinLimits checks the limits per person, item and household over all teams of the deal; except is an order whose
// present quantities do not count, because they are being set anew.
func (b *Book) withinLimits(who AccountID, home HouseholdID, wants []Want, except *Order) error {
	terms := b.deal.r.Terms
	asked := total(wants)
	have := sharesOf(b.shoppers[who], except, "")
	if terms.LimitPerson > 0 && have+asked > terms.LimitPerson {
		return Refuse(CodeConflict, WhyLimitPerson).WithInt("limit", terms.LimitPerson).WithInt("have", have)
	}
	for _, w := range wants {
		it := b.item(w.Item).r
		if mine := sharesOf(b.shoppers[who], except, w.Item); it.Limit > 0 && mine+w.Qty > it.Limit {
			return Refuse(CodeConflict, WhyLimitItem).With("item", it.Letter).WithInt("limit", it.Limit).WithInt("have", mine)
		}
	}
	if terms.LimitHousehold == 0 {
		return nil
	}
	if home == "" {
		return Refuse(CodeConflict, WhyNeedHousehold)
	}
	if have := sharesOf(b.homes[home], except, ""); have+asked > terms.LimitHousehold {
		return Refuse(CodeConflict, WhyLimitHousehold).WithInt("limit", terms.LimitHousehold).WithInt("have", have)
	}
	return nil
}

func total(wants []Want) int64 {
	var n int64
	for _, w := range wants {
		n += w.Qty
	}
	return n
}

// sharesOf sums the live shares of orders, of one item or of all ("").
func sharesOf(orders []*Order, except *Order, item ItemID) int64 {
	var n int64
	for _, o := range orders {
		if o == except || !o.r.State.IsLive() {
			continue
		}
		for _, l := range o.r.Lines {
			if item == "" || l.Item == item {
				n += l.Ordered
			}
		}
	}
	return n
}

// hasRoom checks the team's cap and each item's stock.
func (b *Book) hasRoom(t *Team, who AccountID, wants []Want) error {
	need, left := total(wants), t.r.room()
	if t.r.CapUnit == UnitPeople {
		need = 1 - b.partOf(t.r.ID, who).live.People
	}
	if t.r.Cap > 0 && need > left {
		return Refuse(CodeFull, WhyFull).WithInt("left", left).WithInt("want", need).With("unit", string(t.r.CapUnit))
	}
	for _, w := range wants {
		it := b.item(w.Item).r
		if free := it.Left(); free >= 0 && w.Qty > free {
			return Refuse(CodeFull, WhySoldOut).With("item", it.Letter).With("name", it.Name).With("id", string(it.ID)).WithInt("left", free).WithInt("want", w.Qty)
		}
	}
	return nil
}

// room is how much of the cap is free, in its unit.
func (r TeamRecord) room() int64 {
	used, kept := r.Live.Shares, r.OfferedShares
	if r.CapUnit == UnitPeople {
		used, kept = r.Live.People, r.OfferedPeople
	}
	return max(0, r.Cap-used-kept)
}

// place writes the admitted join down.
func (b *Book) place(t *Team, o *Order, c JoinCommand, wants []Want) (Answer, error) {
	before := []Want(nil)
	if o == nil {
		o = b.newOrder(t, c)
	} else {
		before = o.r.Wants()
		b.supersedePayments(o)
	}
	lines, sum, err := b.addLines(o.r.Lines, wants)
	if err != nil {
		return Answer{}, err
	}
	b.mutate(o, func(r *OrderRecord) {
		r.Lines, r.Total = lines, sum
		r.Shares = shares(lines)
		r.UndoWants, r.UndoAt = before, b.Now
		r.LastCommand, r.LastVia, r.LastAt = c.canonical(), c.Via, b.Now
		r.LastSaidAt = c.Ask.At
		if b.deal.r.Terms.Pay == PayAtJoin {
			r.PayDueAt = earlier(b.Now.Add(AtJoinWindow), t.r.DeadlineAt)
		}
	})
	if b.deal.r.Terms.Pay == PayAtJoin {
		b.out.Dues = append(b.out.Dues, Due{Order: o.r.ID, Purpose: PurposeFull, Amount: o.r.Total, At: o.r.PayDueAt})
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeRemindUnpaid, Order: o.r.ID, Due: o.r.PayDueAt.Add(-5 * time.Minute), Lead: 5 * time.Minute, Urgent: true}, o.r.ID, o.r.PayDueAt.UnixMilli())
	}
	b.afterCount(t)
	a := b.answer(DidJoin, o, t)
	a.Added, a.Asked = total(wants), wants
	return a, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// newOrder gives a person a place in a team with the next serial number of the deal.
func (b *Book) newOrder(t *Team, c JoinCommand) *Order {
	slot := int64(1)
	if last := b.lastOrder(t.r.ID, c.Shopper, c.Beneficiary); last != nil {
		slot = last.r.Slot + 1
	}
	b.deal.r.NextSerial++
	zero := money.Of(0, b.deal.r.Currency)
	entered := c.Ask.By
	o := &Order{fresh: true, r: OrderRecord{
		ID: OrderID(b.mint.ID()), Token: b.mint.Token(), Deal: b.deal.r.ID, Team: t.r.ID, Shopper: c.Shopper, Beneficiary: c.Beneficiary,
		Slot: slot, Serial: b.deal.r.NextSerial, State: OrderPlaced, Pay: PayNone, Total: zero, Paid: zero, RefundDue: zero, Refunded: zero,
		ViaChat: c.Ask.Chat, ViaLeader: c.Leader, PlacedBy: c.Shopper, EnteredBy: entered, Payer: c.Shopper, Source: c.Via, SourceLine: c.Ask.Source,
		Household: c.Household, Point: c.Point, AddressBox: c.AddressBox, CreatedAt: b.Now, UpdatedAt: b.Now,
	}}
	if o.r.Point == "" {
		o.r.Point = b.deal.r.Terms.Point
	}
	b.AddOrder(o)
	return o
}

// addLines adds wanted quantities to an order's lines at today's group prices and sums the whole up.
func (b *Book) addLines(old []LineRecord, wants []Want) ([]LineRecord, money.Amount, error) {
	lines := slices.Clone(old)
	for _, w := range wants {
		it := b.item(w.Item).r
		i := slices.IndexFunc(lines, func(l LineRecord) bool { return l.Item == w.Item })
		if i < 0 {
			lines = append(lines, LineRecord{ID: LineID(b.mint.ID()), Item: w.Item, Unit: it.Group, Prices: []PriceStep{{Step: "group", Unit: it.Group}}})
			i = len(lines) - 1
		}
		lines[i].Ordered += w.Qty
		lines[i].Allocated = lines[i].Ordered
	}
	sum, err := b.sum(lines)
	return lines, sum, err
}

func (b *Book) sum(lines []LineRecord) (money.Amount, error) {
	sum := money.Of(0, b.deal.r.Currency)
	for _, l := range lines {
		cost, err := l.Unit.Times(l.Ordered)
		if err == nil {
			sum, err = sum.Add(cost)
		}
		if err != nil {
			return sum, fmt.Errorf("sum up lines: %w", err)
		}
	}
	return sum, nil
}

func shares(lines []LineRecord) int64 {
	var n int64
	for _, l := range lines {
		n += l.Ordered
	}
	return n
}
