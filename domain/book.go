package domain

import (
	"slices"
	"sort"
	"time"
)

// Needs says what a turn must have in the book before it is applied. However an order gets into the book, it brings every
// order of its shopper in this deal with it, because people are counted and limits are kept by shopper, and the team of
// every order in the book is in the book too (MissingTeams says which are not), because an order that changes moves the
// tallies of its team. Refunds bring their payment and its orders, payments their orders.
type Needs struct {
	Keys          []EventKey
	Teams         []TeamID
	ChainTeam     bool // the only team of a chain
	DueTeams      bool // forming or deciding teams whose clock has run out (or whose drain has) at b.Now
	OpenTeams     bool // every forming or deciding team
	AllTeams      bool // every team of the deal
	Shoppers      []AccountID
	People        []AccountID // who speaks: which accounts are theirs must be known, to tell what is theirs
	Households    []HouseholdID
	Homes         bool // also every order of the households of the orders that were loaded by shopper, id or serial; only where the deal has a household limit
	Mates         bool // team deals only, nothing in a chain: also every live order of the undecided teams of the loaded orders, among whom a new head is looked for
	Orders        []OrderID
	Serials       []int64
	Codes         []string // pickup codes
	AllOrders     bool
	Unpaid        int  // up to so many unpaid orders whose PayDueAt plus PayDrain lies before b.Now
	FanOut        int  // up to so many orders that decided, not fanned-out teams have still to move, with those teams: placed and paid_waiting ones of formed teams, every live one but received of failing and cancelling teams
	Arrived       int  // up to so many confirmed orders at points with an arrival that is not done, with all arrivals
	Money         bool // payments and refunds of the loaded orders
	Begun         bool // the same, but only in a deal that is paid on joining, where a payment may have been begun for an order that still grows
	Payments      []PaymentNumber
	Refunds       []RefundID
	Waiting       bool // live entries of the waiting list
	Summaries     bool // the latest summary, and those named in SummaryTokens
	SummaryTokens []string
	CheckOffs     []OrderID // the latest check-off of these orders
	Arrivals      bool
	Chains        []ChatID // the lists of these chats
	Names         bool     // the people of the loaded orders, and the Shoppers
	Buildings     bool     // building names of the loaded orders' households
}

// Merge adds another turn's needs.
func (n *Needs) Merge(m Needs) {
	n.Keys = append(n.Keys, m.Keys...)
	n.Chains = append(n.Chains, m.Chains...)
	n.Teams = append(n.Teams, m.Teams...)
	n.Shoppers = append(n.Shoppers, m.Shoppers...)
	n.People = append(n.People, m.People...)
	n.Households = append(n.Households, m.Households...)
	n.Orders = append(n.Orders, m.Orders...)
	n.Serials = append(n.Serials, m.Serials...)
	n.Codes = append(n.Codes, m.Codes...)
	n.Payments = append(n.Payments, m.Payments...)
	n.Refunds = append(n.Refunds, m.Refunds...)
	n.SummaryTokens = append(n.SummaryTokens, m.SummaryTokens...)
	n.CheckOffs = append(n.CheckOffs, m.CheckOffs...)
	n.ChainTeam = n.ChainTeam || m.ChainTeam
	n.OpenTeams = n.OpenTeams || m.OpenTeams
	n.AllTeams = n.AllTeams || m.AllTeams
	n.AllOrders = n.AllOrders || m.AllOrders
	n.Homes = n.Homes || m.Homes
	n.Mates = n.Mates || m.Mates
	n.Money = n.Money || m.Money
	n.Begun = n.Begun || m.Begun
	n.Waiting = n.Waiting || m.Waiting
	n.FanOut = max(n.FanOut, m.FanOut)
	n.Arrived = max(n.Arrived, m.Arrived)
	n.Summaries = n.Summaries || m.Summaries
	n.Arrivals = n.Arrivals || m.Arrivals
	n.Buildings = n.Buildings || m.Buildings
	n.Names = n.Names || m.Names
	n.DueTeams = n.DueTeams || m.DueTeams
	n.Unpaid = max(n.Unpaid, m.Unpaid)
}

// Book is what one deal looks like while its row is locked: the deal, its items, and those teams, orders, payments and
// refunds that the waiting commands touch. Rules change it; storage writes what changed.
type Book struct {
	Now  time.Time // database time, read after the lock
	mint Mint

	deal      *Deal
	items     []*Item // by letter
	teams     map[TeamID]*Team
	orders    map[OrderID]*Order
	bySerial  map[int64]*Order
	persons   map[AccountID]AccountID // linked accounts -> the one that stands for the person
	shoppers  map[AccountID][]*Order  // by person
	homes     map[HouseholdID][]*Order
	payments  map[PaymentID]*Payment
	refunds   map[RefundID]*Refund
	waiting   []*Waiting // by number
	chats     []DealChat
	summaries []SummaryRecord // by number
	checkoffs map[OrderID]CheckOff
	arrivals  []Arrival
	buildings map[HouseholdID]string
	people    map[AccountID]Account
	chains    map[ChatID]ChainRecord

	page Page
	out  Changes
}

// Page says how many orders a paged need really found: fewer than asked for means that there are no more. FanOutTeams are
// the teams that the fan-out page looked at, also those that have nothing left to move.
type Page struct {
	FanOut      int
	FanOutTeams []TeamID
	Arrived     int
	Unpaid      int
}

// SetPage is called by storage after it loaded the paged needs.
func (b *Book) SetPage(p Page) { b.page = p }

// Changes is what a turn adds besides the changed entities themselves.
type Changes struct {
	Events    []Event
	Notices   []Notice
	Dues      []Due
	Transfers []Transfer
	Editions  []DealEdition
	CheckOffs []CheckOff      // new ones, and old ones with UndoneAt set
	Summaries []SummaryRecord // new ones, and old ones acknowledged or revoked
	Arrivals  []Arrival
	Chats     []DealChat // new chats the deal is posted to
	Chains    []ChainRecord
}

// NewBook opens the book of a locked deal. An image that an earlier, rolled-back try had opened is as good as new: every
// entity starts from its row.
func NewBook(im *Image, now time.Time, mint Mint) *Book {
	im.Deal.r = im.Deal.base
	for _, i := range im.Items {
		i.r = i.base
	}
	sort.Slice(im.Items, func(i, j int) bool { return im.Items[i].r.Letter < im.Items[j].r.Letter })
	b := &Book{
		Now: now, mint: mint, deal: im.Deal, items: im.Items, chats: im.Chats,
		teams: map[TeamID]*Team{}, orders: map[OrderID]*Order{}, bySerial: map[int64]*Order{},
		persons: map[AccountID]AccountID{}, shoppers: map[AccountID][]*Order{}, homes: map[HouseholdID][]*Order{},
		payments: map[PaymentID]*Payment{}, refunds: map[RefundID]*Refund{},
		checkoffs: map[OrderID]CheckOff{}, buildings: map[HouseholdID]string{}, chains: map[ChatID]ChainRecord{},
	}
	for _, t := range im.Teams {
		t.r = t.base
		b.teams[t.r.ID] = t
	}
	return b
}

// Deal is the locked deal.
func (b *Book) Deal() *Deal { return b.deal }

// Items are the deal's items by letter.
func (b *Book) Items() []*Item { return b.items }

// AddTeam puts a loaded team into the book; one that is there stays.
func (b *Book) AddTeam(t *Team) {
	if _, ok := b.teams[t.r.ID]; !ok {
		b.teams[t.r.ID] = t
	}
}

// HasTeam reports whether the team is in the book.
func (b *Book) HasTeam(id TeamID) bool { return b.teams[id] != nil }

// MissingTeams lists the teams of orders in the book that are not in the book themselves. Storage fetches them before a
// turn is applied; an order must never change without its team.
func (b *Book) MissingTeams() []TeamID {
	var ids []TeamID
	seen := map[TeamID]bool{}
	for _, o := range b.orders {
		if id := o.r.Team; b.teams[id] == nil && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Teams lists the teams in the book by number.
func (b *Book) Teams() []*Team {
	all := make([]*Team, 0, len(b.teams))
	for _, t := range b.teams {
		all = append(all, t)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].r.Number < all[j].r.Number })
	return all
}

// AddOrder puts a loaded order into the book; one that is there stays.
func (b *Book) AddOrder(o *Order) {
	if _, ok := b.orders[o.r.ID]; ok {
		return
	}
	b.orders[o.r.ID] = o
	b.bySerial[o.r.Serial] = o
	who := b.person(o.r.Shopper)
	b.shoppers[who] = append(b.shoppers[who], o)
	if o.r.Household != "" {
		b.homes[o.r.Household] = append(b.homes[o.r.Household], o)
	}
}

// Orders lists the orders in the book by serial number.
func (b *Book) Orders() []*Order {
	all := make([]*Order, 0, len(b.orders))
	for _, o := range b.orders {
		all = append(all, o)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].r.Serial < all[j].r.Serial })
	return all
}

// AddPayment puts a loaded payment into the book.
func (b *Book) AddPayment(p *Payment) {
	if _, ok := b.payments[p.r.ID]; !ok {
		b.payments[p.r.ID] = p
	}
}

// Payments lists the payments in the book by id.
func (b *Book) Payments() []*Payment {
	all := make([]*Payment, 0, len(b.payments))
	for _, p := range b.payments {
		all = append(all, p)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].r.ID < all[j].r.ID })
	return all
}

// AddRefund puts a loaded refund into the book.
func (b *Book) AddRefund(f *Refund) {
	if _, ok := b.refunds[f.r.ID]; !ok {
		b.refunds[f.r.ID] = f
	}
}

// Refunds lists the refunds in the book by id.
func (b *Book) Refunds() []*Refund {
	all := make([]*Refund, 0, len(b.refunds))
	for _, f := range b.refunds {
		all = append(all, f)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].r.ID < all[j].r.ID })
	return all
}

// AddWaiting puts loaded entries of the waiting list into the book, in their order.
func (b *Book) AddWaiting(ws []*Waiting) {
	b.waiting = ws
	sort.Slice(b.waiting, func(i, j int) bool { return b.waiting[i].r.Number < b.waiting[j].r.Number })
}

// Chats are the chats the deal is posted to.
func (b *Book) Chats() []DealChat { return b.chats }

// AddSummaries puts loaded summaries into the book.
func (b *Book) AddSummaries(ss []SummaryRecord) {
	b.summaries = ss
	sort.Slice(b.summaries, func(i, j int) bool { return b.summaries[i].Number < b.summaries[j].Number })
}

// AddCheckOff puts the latest check-off of an order into the book.
func (b *Book) AddCheckOff(c CheckOff) { b.checkoffs[c.Order] = c }

// AddArrivals puts the deal's arrivals into the book.
func (b *Book) AddArrivals(as []Arrival) { b.arrivals = as }

// AddBuilding tells the book which building a household is in.
func (b *Book) AddBuilding(h HouseholdID, name string) { b.buildings[h] = name }

// WaitingList is the loaded waiting list.
func (b *Book) WaitingList() []*Waiting { return b.waiting }

// Changes is what to write besides entities.
func (b *Book) Changes() Changes { return b.out }
