package domain

import (
	"cmp"
	"fmt"
	"slices"

	"tuanbot/domain/money"
)

// Snapshot is one deal's full records as of one moment, to be checked as a whole. Tests and the audit fill it.
type Snapshot struct {
	Deal      DealRecord
	Items     []ItemRecord
	Teams     []TeamRecord
	Orders    []OrderRecord
	Payments  []PaymentRecord
	Refunds   []RefundRecord
	Transfers []Transfer
	Waiting   []WaitingRecord // at least the live entries
	Events    []Event         // may be left out
}

// Violation is one thing that should never be. The code is stable; IDs name what is wrong.
type Violation struct {
	Code   string   `json:"code"`
	IDs    []string `json:"ids"`
	Detail string   `json:"detail"`
}

// The codes of violations.
const (
	BadTeamLive      = "team_live"        // live tallies are not the sum of live orders
	BadTeamPaid      = "team_paid"        // paid tallies are not the sum of paid orders
	BadTeamOffered   = "team_offered"     // seats kept for the waiting list are not the sum of offers
	BadTeamState     = "team_state"       // a state, decision mark or completion that does not fit
	BadTeamVersion   = "team_version"     // versions that do not grow with the deal
	BadTeamRefunds   = "team_refunds"     // open refunds are miscounted
	BadCap           = "cap_exceeded"     // more seats than the cap
	BadItemHeld      = "item_held"        // held is not the sum of live lines
	BadItemOffered   = "item_offered"     // offered is not the sum of offers
	BadStock         = "stock_exceeded"   // more than there is
	BadLimitPerson   = "limit_person"     // somebody has more than allowed
	BadLimitItem     = "limit_item"       // somebody has more of an item than allowed
	BadLimitHome     = "limit_household"  // a home has more than allowed
	BadSerial        = "serial_reused"    // serial numbers that are not unique or were never given out
	BadSlot          = "slot_reused"      // two orders for one place
	BadOrderSum      = "order_sum"        // shares or total are not the sum of lines
	BadOrderLine     = "order_line"       // impossible quantities in a line
	BadOrderState    = "order_state"      // an order in a state that its team does not allow
	BadOrderPaid     = "order_paid"       // paid is not what payments brought
	BadOrderBack     = "order_back"       // more is on its way back than was paid, or refunds do not add up
	BadMissingRefund = "missing_refund"   // an order is over and its money was not asked back
	BadUnasked       = "unasked_refund"   // money went back that nobody asked for
	BadPaymentSplit  = "payment_split"    // applied and unapplied are not the payment
	BadPaymentBack   = "payment_refunds"  // refunds of a payment do not add up or pass it
	BadTransaction   = "transaction_used" // one transaction of the gateway in two payments
	BadRefundNumber  = "refund_number"    // a number that does not follow from payment and sequence, or comes twice
	BadRefundParts   = "refund_parts"     // parts are not the refund
	BadTransfer      = "transfer_sum"     // postings that do not sum to zero
	BadAccount       = "account_balance"  // an account that is not what orders and refunds say
	BadCurrency      = "currency"         // an amount in another currency than the deal's
	BadDealCounts    = "deal_counts"      // open teams, formed teams or waiting entries miscounted
	BadDealState     = "deal_state"       // a deal's state that its teams do not allow
	BadEventKey      = "event_key"        // one key with two outcomes
)

// Check looks at a deal as a whole and lists what should never be, in a fixed order. It changes nothing.
func Check(s Snapshot) []Violation {
	c := newChecker(s)
	c.teams()
	c.items()
	c.limits()
	c.orders()
	c.deal()
	c.money()
	slices.SortStableFunc(c.found, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), slices.Compare(a.IDs, b.IDs))
	})
	return c.found
}

type checker struct {
	Snapshot
	orderByID map[OrderID]OrderRecord
	teamByID  map[TeamID]TeamRecord
	payByID   map[PaymentID]PaymentRecord
	brought   map[OrderID]int64   // fen that payments applied to an order
	asked     map[OrderID]int64   // fen of an order that refunds ask back
	done      map[OrderID]int64   // fen of an order that arrived back
	refunded  map[PaymentID]int64 // fen of all refunds of a payment but closed ones
	found     []Violation
}

func newChecker(s Snapshot) *checker {
	c := &checker{
		Snapshot: s, orderByID: map[OrderID]OrderRecord{}, teamByID: map[TeamID]TeamRecord{}, payByID: map[PaymentID]PaymentRecord{},
		brought: map[OrderID]int64{}, asked: map[OrderID]int64{}, done: map[OrderID]int64{}, refunded: map[PaymentID]int64{},
	}
	for _, o := range s.Orders {
		c.orderByID[o.ID] = o
	}
	for _, t := range s.Teams {
		c.teamByID[t.ID] = t
	}
	for _, p := range s.Payments {
		c.payByID[p.ID] = p
	}
	c.sumMoney()
	return c
}

// must notes a violation unless ok.
func (c *checker) must(ok bool, code, id, format string, args ...any) {
	if !ok {
		c.found = append(c.found, Violation{Code: code, IDs: []string{id}, Detail: fmt.Sprintf(format, args...)})
	}
}

// tally sums orders up as a team counts them: people are distinct shoppers.
type tally struct {
	live, paid   Counts
	livers, paws map[AccountID]bool
}

func (c *checker) tallies() map[TeamID]*tally {
	sums := map[TeamID]*tally{}
	zero := Counts{Goods: money.Of(0, c.Deal.Currency)}
	for _, t := range c.Teams {
		sums[t.ID] = &tally{live: zero, paid: zero, livers: map[AccountID]bool{}, paws: map[AccountID]bool{}}
	}
	for _, o := range c.Orders {
		s := sums[o.Team]
		if s == nil || !o.State.IsLive() {
			continue
		}
		mine := Counts{Shares: o.Shares, Goods: o.Total}
		s.live = s.live.plus(mine)
		s.livers[o.Shopper] = true
		if o.Pay == PayFull {
			s.paid = s.paid.plus(mine)
			s.paws[o.Shopper] = true
		}
	}
	for _, s := range sums {
		s.live.People, s.paid.People = int64(len(s.livers)), int64(len(s.paws))
	}
	return sums
}

func (c *checker) teams() {
	sums := c.tallies()
	for _, t := range c.Teams {
		id, sum := string(t.ID), sums[t.ID]
		c.must(t.Live == sum.live, BadTeamLive, id, "says %v, orders sum to %v", t.Live, sum.live)
		c.must(t.Paid == sum.paid, BadTeamPaid, id, "says %v, orders sum to %v", t.Paid, sum.paid)
		if t.Cap > 0 {
			used := t.Live.Shares + t.OfferedShares
			if t.CapUnit == UnitPeople {
				used = t.Live.People + t.OfferedPeople
			}
			c.must(used <= t.Cap, BadCap, id, "%d of %d %s", used, t.Cap, t.CapUnit)
		}
		c.teamOffers(t)
		c.teamState(t)
	}
}

func (c *checker) teamOffers(t TeamRecord) {
	var shares, people int64
	for _, w := range c.Waiting {
		if w.Team != t.ID || w.State != WaitOffered {
			continue
		}
		shares += w.Qty
		if w.NeedsSeat {
			people++
		}
	}
	c.must(t.OfferedShares == shares && t.OfferedPeople == people, BadTeamOffered, string(t.ID),
		"says %d shares and %d people, offers sum to %d and %d", t.OfferedShares, t.OfferedPeople, shares, people)
}

func (c *checker) teamState(t TeamRecord) {
	id := string(t.ID)
	_, known := teamMoves[t.State]
	c.must(known, BadTeamState, id, "%q is no state", t.State)
	c.must(t.IsDecided() == !t.DecidedAt.IsZero(), BadTeamState, id, "%s, decided at %s", t.State, t.DecidedAt)
	c.must(t.State != TeamFormed || t.Completion != "", BadTeamState, id, "formed without saying how")
	c.must((t.State == TeamDeciding) == !t.DrainUntil.IsZero(), BadTeamState, id, "%s, drains until %s", t.State, t.DrainUntil)
	ending := t.State == TeamFailing || t.State == TeamCancelling
	c.must(!ending || !t.FannedOut || t.OpenRefunds > 0, BadTeamState, id, "%s with nothing left to do", t.State)
	c.must(t.IsDecided() || !t.FannedOut, BadTeamState, id, "fanned out before it was decided")
	c.must(t.Version <= c.Deal.Version && (!t.IsDecided() || t.DecidedAtVersion < t.Version), BadTeamVersion, id,
		"version %d, decided at %d, deal at %d", t.Version, t.DecidedAtVersion, c.Deal.Version)
}

func (c *checker) items() {
	holds, offers := map[ItemID]int64{}, map[ItemID]int64{}
	for _, o := range c.Orders {
		for _, l := range o.Lines { // counted here once more, not by the rules' own sums
			if o.State.IsLive() {
				holds[l.Item] += l.Ordered
			}
		}
	}
	for _, w := range c.Waiting {
		if w.State == WaitOffered {
			offers[w.Item] += w.Qty
		}
	}
	for _, it := range c.Items {
		id := string(it.ID)
		c.must(it.Held == holds[it.ID], BadItemHeld, id, "says %d, orders sum to %d", it.Held, holds[it.ID])
		c.must(it.Offered == offers[it.ID], BadItemOffered, id, "says %d, offers sum to %d", it.Offered, offers[it.ID])
		c.must(it.Stock < 0 || it.Held+it.Offered <= it.Stock, BadStock, id, "%d held and %d offered of %d", it.Held, it.Offered, it.Stock)
	}
}

func (c *checker) limits() {
	people, homes := map[AccountID]int64{}, map[HouseholdID]int64{}
	type one struct {
		who  AccountID
		item ItemID
	}
	ofItem := map[one]int64{}
	for _, o := range c.Orders {
		if !o.State.IsLive() {
			continue
		}
		people[o.Shopper] += o.Shares
		homes[o.Household] += o.Shares
		for _, l := range o.Lines {
			ofItem[one{o.Shopper, l.Item}] += l.Ordered
		}
	}
	terms := c.Deal.Terms
	for who, n := range people {
		c.must(terms.LimitPerson == 0 || n <= terms.LimitPerson, BadLimitPerson, string(who), "%d of %d", n, terms.LimitPerson)
		for _, it := range c.Items {
			n := ofItem[one{who, it.ID}]
			c.must(it.Limit == 0 || n <= it.Limit, BadLimitItem, string(who)+"/"+string(it.ID), "%d of %d", n, it.Limit)
		}
	}
	for home, n := range homes {
		c.must(terms.LimitHousehold == 0 || n <= terms.LimitHousehold, BadLimitHome, string(home), "%d of %d", n, terms.LimitHousehold)
	}
}

func (c *checker) deal() {
	var open, formed, waiting int64
	for _, t := range c.Teams {
		if !t.IsDecided() {
			open++
		}
		if t.State == TeamFormed {
			formed++
		}
	}
	for _, w := range c.Waiting {
		if w.State == WaitQueued || w.State == WaitOffered {
			waiting++
		}
	}
	d, id := c.Deal, string(c.Deal.ID)
	c.must(d.OpenTeams == open, BadDealCounts, id, "says %d open teams, there are %d", d.OpenTeams, open)
	c.must(d.FormedTeams == formed, BadDealCounts, id, "says %d formed teams, there are %d", d.FormedTeams, formed)
	c.must(d.Waiting == waiting, BadDealCounts, id, "says %d wait, there are %d", d.Waiting, waiting)
	over := d.State != DealScheduled && d.State != DealOpen && d.State != DealLocked
	c.must(!over || open == 0, BadDealState, id, "%s with %d open teams", d.State, open)
	c.must(d.State != DealFormed || formed > 0, BadDealState, id, "formed without a formed team")
	c.must(d.State != DealFailed || formed == 0, BadDealState, id, "failed with %d formed teams", formed)
	c.must(d.Terms.Kind != KindChain || len(c.Teams) == 1, BadDealState, id, "a chain with %d teams", len(c.Teams))
	keys := map[EventKey]bool{}
	for _, e := range c.Events {
		c.must(!keys[e.Key], BadEventKey, e.Key.Channel+"/"+e.Key.Account+"/"+e.Key.Message, "two outcomes")
		keys[e.Key] = true
	}
}

// The codes of what is no violation, but waits for a person.
const (
	NoteDead     = "delivery_dead"   // a notice that was given up
	NoteKept     = "delivery_kept"   // a notice that nobody could be reached with
	NoteOrphan   = "orphan_payment"  // money that nobody asked for
	NoteAbnormal = "refund_abnormal" // a refund that will not go through
)

// NeedsPerson reports whether this is no violation, but something that waits for a person.
func (v Violation) NeedsPerson() bool {
	switch v.Code {
	case NoteDead, NoteKept, NoteOrphan, NoteAbnormal:
		return true
	}
	return false
}
