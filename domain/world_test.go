package domain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tuanbot/domain/money"
)

// tb is what a test of either kind offers.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// world is a store over maps with the promises of TurnTx: it loads exactly what a turn asks for, keeps the image while the
// version stands, and guards its writes. Nothing in it knows a rule.
type world struct {
	now       time.Time
	mint      *countingMint
	deal      DealRecord
	items     map[ItemID]ItemRecord
	teams     map[TeamID]TeamRecord
	orders    map[OrderID]OrderRecord
	payments  map[PaymentID]PaymentRecord
	refunds   map[RefundID]RefundRecord
	waiting   map[WaitingID]WaitingRecord
	chats     []DealChat
	summaries []SummaryRecord
	checkoffs []CheckOff
	arrivals  []Arrival
	transfers []Transfer
	editions  []DealEdition
	dues      []Due
	events    map[EventKey]Event
	notices   map[string]Notice
	image     *Image
	messages  int
	homes     map[HouseholdID]string
}

// countingMint makes ids that sort by the time they were made.
type countingMint struct{ n int }

func (m *countingMint) next(p string) string { m.n++; return fmt.Sprintf("%s%06d", p, m.n) }
func (m *countingMint) ID() string           { return m.next("i") }
func (m *countingMint) Token() string        { return m.next("t") }
func (m *countingMint) Number() string       { return m.next("N") }

const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

func (m *countingMint) Code(n int) string {
	m.n++
	out := make([]byte, n)
	for i, v := 0, m.n; i < n; i++ {
		out[n-1-i] = letters[v%len(letters)]
		v /= len(letters)
	}
	return string(out)
}

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const (
	leader   AccountID = "leader"
	merchant AccountID = "merchant"
	xiaoming AccountID = "xiaoming"
	wang     AccountID = "wang"
	ann      AccountID = "ann"
	group    ChatID    = "group"
)

// offer is a deal to be posted in a test.
func offer(change func(c *PostCommand)) PostCommand {
	c := PostCommand{
		Ask:       Asked{By: leader, Lang: Chinese, Chat: group},
		Community: Community{ID: "community", Currency: "CNY", Zone: "Asia/Shanghai"},
		Terms: DealTerms{
			Kind: KindChain, Title: "阳光玫瑰", Pay: PayAfterFormed, Threshold: 3, ThresholdUnit: UnitShares, Cap: 10, CapUnit: UnitShares,
			DeadlineAt: epoch.Add(8 * time.Hour), Fulfilment: FulfilPickup, Point: "hall", Merchant: merchant,
		},
		Items: []NewItem{{Name: "阳光玫瑰", Spec: "2 斤", Group: money.Yuan(2990), Solo: money.Yuan(4900)}, {Name: "草莓", Group: money.Yuan(1500)}},
		Chats: []ChatID{group},
	}
	if change != nil {
		change(&c)
	}
	return c
}

// open posts a deal into a new world.
func open(t tb, change func(c *PostCommand)) *world {
	t.Helper()
	w := &world{
		now: epoch, mint: &countingMint{}, items: map[ItemID]ItemRecord{}, teams: map[TeamID]TeamRecord{}, orders: map[OrderID]OrderRecord{},
		payments: map[PaymentID]PaymentRecord{}, refunds: map[RefundID]RefundRecord{}, waiting: map[WaitingID]WaitingRecord{},
		events: map[EventKey]Event{}, notices: map[string]Notice{}, homes: map[HouseholdID]string{},
	}
	nd, err := Post(offer(change), w.mint, w.now)
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	w.deal, w.chats = nd.Deal, nd.Chats
	for _, it := range nd.Items {
		w.items[it.ID] = it
	}
	for _, tm := range nd.Teams {
		w.teams[tm.ID] = tm
	}
	for _, n := range nd.Notices {
		w.notices[n.Dedup] = n
	}
	return w
}

func (w *world) item(letter string) ItemID {
	for _, it := range w.items {
		if it.Letter == letter {
			return it.ID
		}
	}
	return ItemID("no item " + letter)
}

// outcome is what a turn came to.
type outcome struct {
	Answer
	refusal *Refusal
	repeat  bool
}

// run passes turns through one batch, as the Turnstile does. A fault throws the batch away.
func (w *world) run(turns ...Turn) ([]outcome, error) {
	b, out, err := w.try(turns...)
	if err != nil {
		return nil, err
	}
	return out, w.save(b)
}

// try applies turns to a fresh book and writes nothing.
func (w *world) try(turns ...Turn) (*Book, []outcome, error) {
	if w.image == nil || w.image.Deal.base.Version != w.deal.Version {
		w.image = w.freshImage()
	}
	b := NewBook(w.image, w.now, w.mint)
	var n Needs
	for _, t := range turns {
		n.Merge(t.Needs())
	}
	w.load(b, n)
	var out []outcome
	seen := map[EventKey]outcome{}
	for _, t := range turns {
		key := t.Asked().Key
		if e, ok := w.events[key]; ok && !key.IsZero() {
			out = append(out, outcome{Answer: e.Answer, refusal: e.Answer.Refusal, repeat: true})
			continue
		}
		if o, ok := seen[key]; ok && !key.IsZero() {
			o.repeat = true
			out = append(out, o)
			continue
		}
		a, err := t.Apply(b)
		r := AsRefusal(err)
		if err != nil && r == nil {
			return nil, nil, fmt.Errorf("%s: %w", t.Kind(), err)
		}
		if r != nil {
			a = Answer{Did: DidRefuse, Refusal: r, Deal: w.deal.ID}
		}
		b.Record(t, a)
		o := outcome{Answer: a, refusal: r}
		seen[key] = o
		out = append(out, o)
	}
	return b, out, nil
}

func (w *world) freshImage() *Image {
	im := &Image{Deal: RestoreDeal(w.deal), Chats: slices.Clone(w.chats)}
	for _, it := range w.items {
		im.Items = append(im.Items, RestoreItem(it))
	}
	return im
}

func sorted[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// load brings exactly what the comments of Needs promise.
func (w *world) load(b *Book, n Needs) {
	l := loader{w: w, b: b, orders: map[OrderID]bool{}, payments: map[PaymentID]bool{}}
	l.named(n)
	l.paged(n)
	if n.Homes && w.deal.Terms.LimitHousehold > 0 {
		for _, id := range sorted(l.orders) {
			l.home(w.orders[id].Household)
		}
	}
	l.closeOver()
	if n.Mates && w.deal.Terms.Kind == KindTeam {
		for _, id := range sorted(l.orders) {
			l.mates(w.orders[id].Team)
		}
		l.closeOver()
	}
	for _, id := range sorted(l.orders) {
		b.AddOrder(RestoreOrder(cloneOrder(w.orders[id])))
	}
	l.teams(n)
	if n.Money || n.Begun && w.deal.Terms.Pay == PayAtJoin {
		l.money()
	}
	for _, id := range sorted(l.payments) {
		b.AddPayment(RestorePayment(clonePayment(w.payments[id])))
	}
	l.rest(n)
}

type loader struct {
	w        *world
	b        *Book
	orders   map[OrderID]bool
	payments map[PaymentID]bool
}

func (l *loader) pick(want func(o OrderRecord) bool) {
	for id, o := range l.w.orders {
		if want(o) {
			l.orders[id] = true
		}
	}
}

func (l *loader) home(h HouseholdID) {
	l.pick(func(o OrderRecord) bool { return h != "" && o.Household == h })
}

func (l *loader) mates(team TeamID) {
	if t := l.w.teams[team]; !t.IsDecided() {
		l.pick(func(o OrderRecord) bool { return o.Team == team && o.State.IsLive() })
	}
}

func (l *loader) named(n Needs) {
	l.pick(func(o OrderRecord) bool {
		return n.AllOrders || slices.Contains(n.Shoppers, o.Shopper) || slices.Contains(n.Orders, o.ID) || slices.Contains(n.Serials, o.Serial) ||
			(o.PickupCode != "" && slices.Contains(n.Codes, o.PickupCode)) || (o.Household != "" && slices.Contains(n.Households, o.Household))
	})
	for id, p := range l.w.payments {
		if slices.Contains(n.Payments, p.Number) {
			l.payment(id)
		}
	}
	for id, f := range l.w.refunds {
		if slices.Contains(n.Refunds, id) {
			l.payment(f.Payment)
		}
	}
}

func (l *loader) payment(id PaymentID) {
	l.payments[id] = true
	for _, part := range l.w.payments[id].Parts {
		l.orders[part.Order] = true
	}
}

// paged serves the clock's pages, oldest first.
func (l *loader) paged(n Needs) {
	var page Page
	for _, id := range sorted(l.w.orders) {
		o := l.w.orders[id]
		t := l.w.teams[o.Team]
		unpaid := (o.State == OrderPlaced || o.State == OrderAwaiting) && o.Paid.IsZero() && !o.PayDueAt.IsZero() && !o.PayDueAt.Add(PayDrain).After(l.w.now)
		if unpaid && page.Unpaid < n.Unpaid {
			page.Unpaid++
			l.orders[id] = true
		}
		if t.IsDecided() && !t.FannedOut && page.FanOut < n.FanOut && toMove(t, o) {
			page.FanOut++
			l.orders[id] = true
		}
		if o.State == OrderConfirmed && page.Arrived < n.Arrived && slices.ContainsFunc(l.w.arrivals, func(a Arrival) bool {
			return !a.Done && (a.Point == "" || a.Point == o.Point)
		}) {
			page.Arrived++
			l.orders[id] = true
		}
	}
	for _, id := range sorted(l.w.teams) {
		t := l.w.teams[id]
		if n.FanOut > 0 && t.IsDecided() && !t.FannedOut {
			page.FanOutTeams = append(page.FanOutTeams, id)
			l.b.AddTeam(RestoreTeam(t))
		}
	}
	l.b.SetPage(page)
}

func toMove(t TeamRecord, o OrderRecord) bool {
	switch t.State {
	case TeamFormed:
		return o.State == OrderPlaced || o.State == OrderWaiting
	case TeamFailing, TeamCancelling:
		return o.State.IsLive() && o.State != OrderReceived
	default:
		return false
	}
}

// closeOver brings every order of the shoppers that are there.
func (l *loader) closeOver() {
	who := map[AccountID]bool{}
	for id := range l.orders {
		who[l.w.orders[id].Shopper] = true
	}
	l.pick(func(o OrderRecord) bool { return who[o.Shopper] })
}

func (l *loader) teams(n Needs) {
	for _, id := range sorted(l.w.teams) {
		t := l.w.teams[id]
		due := t.State == TeamForming && !t.DeadlineAt.After(l.w.now) || t.State == TeamDeciding && !t.DrainUntil.After(l.w.now)
		if n.AllTeams || slices.Contains(n.Teams, id) || (n.ChainTeam && l.w.deal.Terms.Kind == KindChain) ||
			(n.OpenTeams && !t.IsDecided()) || (n.DueTeams && due) {
			l.b.AddTeam(RestoreTeam(t))
		}
	}
	for _, id := range l.b.MissingTeams() {
		l.b.AddTeam(RestoreTeam(l.w.teams[id]))
	}
}

func (l *loader) money() {
	for id, p := range l.w.payments {
		for _, part := range p.Parts {
			if l.orders[part.Order] {
				l.payments[id] = true
			}
		}
	}
	for id, f := range l.w.refunds {
		if l.payments[f.Payment] {
			f.Parts = slices.Clone(f.Parts)
			l.b.AddRefund(RestoreRefund(f))
			_ = id
		}
	}
}

func (l *loader) rest(n Needs) {
	w, b := l.w, l.b
	if n.Waiting {
		var ws []*Waiting
		for _, id := range sorted(w.waiting) {
			if r := w.waiting[id]; r.State == WaitQueued || r.State == WaitOffered {
				ws = append(ws, RestoreWaiting(r))
			}
		}
		b.AddWaiting(ws)
	}
	var ss []SummaryRecord
	for i, s := range w.summaries {
		if (n.Summaries && i == len(w.summaries)-1) || slices.Contains(n.SummaryTokens, s.Token) {
			ss = append(ss, s)
		}
	}
	b.AddSummaries(ss)
	for _, c := range w.checkoffs {
		if slices.Contains(n.CheckOffs, c.Order) {
			b.AddCheckOff(c) // the latest stays
		}
	}
	if n.Arrivals || n.Arrived > 0 {
		b.AddArrivals(slices.Clone(w.arrivals))
	}
	if n.Buildings {
		for h, name := range w.homes {
			b.AddBuilding(h, name)
		}
	}
}

func cloneOrder(r OrderRecord) OrderRecord {
	r.Lines = slices.Clone(r.Lines)
	r.UndoWants = slices.Clone(r.UndoWants)
	return r
}

func clonePayment(r PaymentRecord) PaymentRecord {
	r.Parts = slices.Clone(r.Parts)
	return r
}

// save writes what changed with the guards of the real store.
func (w *world) save(b *Book) error {
	if !b.Finish() {
		return nil
	}
	if c, ok := b.DealChange(); ok {
		if c.Before.Version != w.deal.Version {
			return fmt.Errorf("deal version %d, not %d: %w", c.Before.Version, w.deal.Version, ErrGuard)
		}
		w.deal = c.After
	}
	for _, c := range b.TeamChanges() {
		old, there := w.teams[c.After.ID]
		if there == c.Fresh || (there && old.Version != c.Before.Version) {
			return fmt.Errorf("team %s: %w", c.After.ID, ErrGuard)
		}
		w.teams[c.After.ID] = c.After
	}
	for _, c := range b.ItemChanges() {
		if old := w.items[c.After.ID]; old != c.Before {
			return fmt.Errorf("item %s: %w", c.After.ID, ErrGuard)
		}
		w.items[c.After.ID] = c.After
	}
	for _, c := range b.OrderChanges() {
		if _, there := w.orders[c.After.ID]; there == c.Fresh {
			return fmt.Errorf("order %s: %w", c.After.ID, ErrDuplicate)
		}
		w.orders[c.After.ID] = cloneOrder(c.After)
	}
	for _, c := range b.PaymentChanges() {
		w.payments[c.After.ID] = clonePayment(c.After)
	}
	for _, c := range b.RefundChanges() {
		w.refunds[c.After.ID] = c.After
	}
	for _, c := range b.WaitingChanges() {
		for id, old := range w.waiting {
			if old.Number == c.After.Number && id != c.After.ID {
				return fmt.Errorf("waiting number %d: %w", old.Number, ErrDuplicate)
			}
		}
		w.waiting[c.After.ID] = c.After
	}
	w.saveNews(b.Changes())
	w.image = b.Image()
	return nil
}

func (w *world) saveNews(c Changes) {
	for _, e := range c.Events {
		w.events[e.Key] = e
	}
	for _, n := range c.Notices {
		if _, there := w.notices[n.Dedup]; !there {
			w.notices[n.Dedup] = n
		}
	}
	for _, s := range c.Summaries {
		if i := slices.IndexFunc(w.summaries, func(x SummaryRecord) bool { return x.ID == s.ID }); i >= 0 {
			w.summaries[i] = s
		} else {
			w.summaries = append(w.summaries, s)
		}
	}
	for _, k := range c.CheckOffs {
		if i := slices.IndexFunc(w.checkoffs, func(x CheckOff) bool { return x.ID == k.ID }); i >= 0 {
			w.checkoffs[i] = k
		} else {
			w.checkoffs = append(w.checkoffs, k)
		}
	}
	for _, a := range c.Arrivals {
		if i := slices.IndexFunc(w.arrivals, func(x Arrival) bool { return x.Point == a.Point }); i >= 0 {
			w.arrivals[i] = a
		} else {
			w.arrivals = append(w.arrivals, a)
		}
	}
	w.chats = append(w.chats, c.Chats...)
	w.transfers = append(w.transfers, c.Transfers...)
	w.editions = append(w.editions, c.Editions...)
	w.dues = append(w.dues, c.Dues...)
}

// snapshot is the whole deal, for Check.
func (w *world) snapshot() Snapshot {
	s := Snapshot{Deal: w.deal, Transfers: w.transfers}
	for _, id := range sorted(w.items) {
		s.Items = append(s.Items, w.items[id])
	}
	for _, id := range sorted(w.teams) {
		s.Teams = append(s.Teams, w.teams[id])
	}
	for _, id := range sorted(w.orders) {
		s.Orders = append(s.Orders, cloneOrder(w.orders[id]))
	}
	for _, id := range sorted(w.payments) {
		s.Payments = append(s.Payments, clonePayment(w.payments[id]))
	}
	for _, id := range sorted(w.refunds) {
		s.Refunds = append(s.Refunds, w.refunds[id])
	}
	for _, id := range sorted(w.waiting) {
		s.Waiting = append(s.Waiting, w.waiting[id])
	}
	return s
}

// sound fails the test if anything in the deal is not as it should be.
func (w *world) sound(t tb) {
	t.Helper()
	if bad := Check(w.snapshot()); len(bad) > 0 {
		lines := make([]string, 0, len(bad))
		for _, v := range bad {
			lines = append(lines, fmt.Sprintf("%s %v: %s", v.Code, v.IDs, v.Detail))
		}
		t.Fatalf("the deal is not sound:\n%s", strings.Join(lines, "\n"))
	}
}
