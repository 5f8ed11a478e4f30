package domain

import (
	"fmt"
	"reflect"
	"testing"

	"tuanbot/domain/money"
)

// walk checks a table of moves completely: who may go where, that every state is in it, and that ends are ends.
func walk[S ~string](t *testing.T, moves map[S][]S, can func(from, to S) bool, start S, ends ...S) {
	t.Helper()
	reached := map[S]bool{start: true}
	for range moves {
		for from := range reached {
			for _, to := range moves[from] {
				reached[to] = true
			}
		}
	}
	for from, tos := range moves {
		if from == "" || !reached[from] {
			t.Errorf("%q is never reached from %s", from, start)
		}
		allowed := map[S]bool{}
		for _, to := range tos {
			if _, known := moves[to]; !known {
				t.Errorf("%s leads to %s, which has no row", from, to)
			}
			allowed[to] = true
		}
		for to := range moves {
			if can(from, to) != allowed[to] {
				t.Errorf("%s to %s: %v, the table says %v", from, to, can(from, to), allowed[to])
			}
		}
		if can(from, "") || can("", from) {
			t.Errorf("the zero state is valid beside %s", from)
		}
	}
	isEnd := map[S]bool{}
	for _, e := range ends {
		isEnd[e] = true
	}
	for s, tos := range moves {
		if (len(tos) == 0) != isEnd[s] {
			t.Errorf("%s: end is %v", s, len(tos) == 0)
		}
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	walk(t, teamMoves, TeamState.CanMove, TeamForming, TeamFailed, TeamCancelled)
	walk(t, orderMoves, OrderState.CanMove, OrderPlaced, OrderRemoved, OrderUnpaid, OrderFailed, OrderCancelled)
	walk(t, refundMoves, RefundState.CanMove, RefundDue, RefundSucceeded, RefundClosed)
	for s := range refundMoves {
		if s.IsFinal() && (s.IsOpen() || s == RefundAbnormal) {
			t.Errorf("%s is open and final", s)
		}
	}
}

// TestOrdersMoveOnlyByTheTable tries every move on a real order: illegal ones are faults and change nothing.
func TestOrdersMoveOnlyByTheTable(t *testing.T) {
	t.Parallel()
	for from := range orderMoves {
		for to := range orderMoves {
			w := open(t, nil)
			w.joins(t, wang, w.a(1))
			b := NewBook(w.freshImage(), w.now, w.mint)
			w.load(b, Needs{ChainTeam: true, AllOrders: true})
			o := b.Orders()[0]
			b.mutate(o, func(r *OrderRecord) { r.State = from })
			err := b.move(o, to, nil)
			if legal := from == to || from.CanMove(to); (err == nil) != legal || (!legal && o.r.State != from) {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			live := int64(0)
			if o.r.State.IsLive() {
				live = 1
			}
			if got := b.chainTeam().r.Live.Shares; got != live {
				t.Errorf("%s to %s: %d live shares, want %d", from, to, got, live)
			}
		}
	}
}

// TestMergeForgetsNothing sets every field of Needs in turn.
func TestMergeForgetsNothing(t *testing.T) {
	t.Parallel()
	typ := reflect.TypeFor[Needs]()
	for i := range typ.NumField() {
		var one, all Needs
		f := reflect.ValueOf(&one).Elem().Field(i)
		switch f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int:
			f.SetInt(7)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 2, 2))
		default:
			t.Fatalf("what is %s?", f.Kind())
		}
		all.Merge(one)
		if !reflect.DeepEqual(all, one) {
			t.Errorf("%s is lost when needs are merged", typ.Field(i).Name)
		}
	}
}

// TestAnImageStartsFromItsRows: a try that was rolled back leaves nothing behind in the image that it had opened.
func TestAnImageStartsFromItsRows(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.joins(t, xiaoming, w.a(1))
	for range 3 {
		if _, _, err := w.try(w.joining(wang, w.a(4))); err != nil {
			t.Fatal(err)
		}
	}
	out := w.joins(t, wang, w.a(4))
	equal(t, "live", out.Live.Shares, 5)
	equal(t, "serial", out.Serial, 2)
}

// spoil is one planted corruption and the code by which Check must find it.
type spoil struct {
	code string
	how  func(s *Snapshot)
}

// rich is a deal with a bit of everything: paid, reduced, left and unpaid orders, an offer and a late payment.
func rich(t tb) Snapshot {
	w := open(t, func(c *PostCommand) {
		c.Terms.Pay, c.Items[0].Stock, c.Items[0].Limit, c.Terms.LimitPerson, c.Terms.LimitHousehold = PayAtJoin, 8, 4, 6, 6
	})
	say := func(who AccountID, wants []Want) {
		c := w.joining(who, wants)
		c.Household = HouseholdID("home of " + who)
		w.does(t, c)
	}
	say(xiaoming, append(w.a(3), w.b(1)...))
	say(wang, w.a(4))
	w.pays(t, xiaoming)
	w.pays(t, wang)
	say(ann, w.a(1))
	late := w.does(t, StartPaymentCommand{Ask: w.ask(ann), Who: ann, Gateway: "sandbox"})
	w.does(t, WaitCommand{Ask: w.ask("li"), Who: "li", Item: w.item("A"), Qty: 1})
	w.does(t, ChangeCommand{Ask: w.ask(xiaoming), Who: xiaoming, Wants: w.a(2)})
	w.wait(AtJoinWindow + PayDrain)
	w.does(t, ExpireOffers{})
	w.does(t, WaitCommand{Ask: w.ask("zhao"), Who: "zhao", Item: w.item("A"), Qty: 2})
	w.does(t, CloseUnpaid{Limit: 10})
	w.lands(t, late.Number)
	w.does(t, LeaveCommand{Ask: w.ask(wang), Who: wang})
	say(leader, w.b(2))
	w.pays(t, leader)
	id := sorted(w.refunds)[0]
	w.does(t, RefundResult{Refund: id, Told: GatewayRefund{Number: w.refunds[id].Number, State: RefundSucceeded}})
	s := w.snapshot()
	for _, e := range w.events {
		s.Events = append(s.Events, e)
	}
	return s
}

// byState finds the first order in a state.
func byState(s *Snapshot, state OrderState) *OrderRecord {
	for i := range s.Orders {
		if s.Orders[i].State == state {
			return &s.Orders[i]
		}
	}
	panic("no order is " + string(state))
}

func TestCheckFindsEveryCorruption(t *testing.T) {
	t.Parallel()
	if bad := Check(rich(t)); len(bad) > 0 {
		t.Fatalf("a sound deal: %v", bad)
	}
	item := func(s *Snapshot) *ItemRecord { return &s.Items[0] }
	for name, c := range map[string]spoil{
		"a seat too many":            {BadTeamLive, func(s *Snapshot) { s.Teams[0].Live.Shares++ }},
		"a person too few":           {BadTeamLive, func(s *Snapshot) { s.Teams[0].Live.People-- }},
		"money miscounted":           {BadTeamPaid, func(s *Snapshot) { s.Teams[0].Paid.Goods = money.Yuan(1) }},
		"an offer forgotten":         {BadTeamOffered, func(s *Snapshot) { s.Teams[0].OfferedShares = 9 }},
		"no such state":              {BadTeamState, func(s *Snapshot) { s.Teams[0].State = "done" }},
		"formed without a mark":      {BadTeamState, func(s *Snapshot) { s.Teams[0].State = TeamFormed }},
		"a version of the future":    {BadTeamVersion, func(s *Snapshot) { s.Teams[0].Version = s.Deal.Version + 1 }},
		"refunds miscounted":         {BadTeamRefunds, func(s *Snapshot) { s.Teams[0].OpenRefunds++ }},
		"over the cap":               {BadCap, func(s *Snapshot) { s.Teams[0].Cap = 1 }},
		"stock held twice":           {BadItemHeld, func(s *Snapshot) { item(s).Held++ }},
		"stock offered to nobody":    {BadItemOffered, func(s *Snapshot) { item(s).Offered += 3 }},
		"sold what was not there":    {BadStock, func(s *Snapshot) { item(s).Stock = 1 }},
		"limit of a person":          {BadLimitPerson, func(s *Snapshot) { s.Deal.Terms.LimitPerson = 1 }},
		"limit of an item":           {BadLimitItem, func(s *Snapshot) { item(s).Limit = 1 }},
		"limit of a home":            {BadLimitHome, func(s *Snapshot) { s.Deal.Terms.LimitHousehold = 1 }},
		"a number twice":             {BadSerial, func(s *Snapshot) { s.Orders[1].Serial = s.Orders[0].Serial }},
		"a number never given":       {BadSerial, func(s *Snapshot) { s.Orders[0].Serial = 99 }},
		"a slot twice":               {BadSlot, func(s *Snapshot) { s.Orders[1].Shopper = s.Orders[0].Shopper }},
		"a wrong total":              {BadOrderSum, func(s *Snapshot) { s.Orders[0].Total = money.Yuan(1) }},
		"handed out too much":        {BadOrderLine, func(s *Snapshot) { s.Orders[0].Lines[0].Collected = 99 }},
		"confirmed too early":        {BadOrderState, func(s *Snapshot) { byState(s, OrderWaiting).State = OrderConfirmed }},
		"an order without a team":    {BadOrderState, func(s *Snapshot) { s.Orders[0].Team = "gone" }},
		"paid from nowhere":          {BadOrderPaid, func(s *Snapshot) { byState(s, OrderUnpaid).Pay = PayFull }},
		"returned too much":          {BadOrderBack, func(s *Snapshot) { byState(s, OrderWaiting).Refunded = money.Yuan(999_999) }},
		"left and not refunded":      {BadMissingRefund, func(s *Snapshot) { byState(s, OrderLeft).RefundDue = money.Yuan(0) }},
		"refunded and not asked":     {BadUnasked, func(s *Snapshot) { byState(s, OrderWaiting).RefundDue = money.Yuan(5) }},
		"failed in a living team":    {BadUnasked, func(s *Snapshot) { s.Refunds[0].Why = "team_failed" }},
		"money that went nowhere":    {BadPaymentSplit, func(s *Snapshot) { s.Payments[0].Applied = money.Yuan(0) }},
		"asked back more than paid":  {BadPaymentBack, func(s *Snapshot) { s.Payments[0].RefundAsked = money.Yuan(999_999) }},
		"a refund lost":              {BadPaymentBack, func(s *Snapshot) { s.Refunds = s.Refunds[1:] }},
		"one transaction twice":      {BadTransaction, func(s *Snapshot) { s.Payments[1].Transaction = s.Payments[0].Transaction }},
		"a new number for a retry":   {BadRefundNumber, func(s *Snapshot) { s.Refunds[0].Number += "b" }},
		"parts of a refund":          {BadRefundParts, func(s *Snapshot) { s.Refunds[0].Parts = nil }},
		"money out of thin air":      {BadTransfer, func(s *Snapshot) { s.Transfers[0].Postings = s.Transfers[0].Postings[:1] }},
		"a transfer lost":            {BadAccount, func(s *Snapshot) { s.Transfers = s.Transfers[1:] }},
		"dollars":                    {BadCurrency, func(s *Snapshot) { s.Orders[0].Paid = money.Of(s.Orders[0].Paid.Fen(), "USD") }},
		"open teams miscounted":      {BadDealCounts, func(s *Snapshot) { s.Deal.OpenTeams = 0 }},
		"formed with an open team":   {BadDealState, func(s *Snapshot) { s.Deal.State = DealFormed }},
		"a message with two answers": {BadEventKey, func(s *Snapshot) { s.Events = append(s.Events, s.Events[0]) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rich(t)
			c.how(&s)
			for _, v := range Check(s) {
				if v.Code == c.code && len(v.IDs) > 0 {
					return
				}
			}
			t.Fatalf("not found as %s, but as %v", c.code, Check(s))
		})
	}
}

func TestCheckKeepsUp(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *PostCommand) { c.Terms.Cap = 0 })
	var turns []Turn
	for i := range 3000 {
		turns = append(turns, w.joining(AccountID(fmt.Sprint("p", i)), w.a(1)))
	}
	if _, err := w.run(turns...); err != nil {
		t.Fatal(err)
	}
	w.sound(t) // quadratic sums would be felt here
	equal(t, "live", w.team().Live.People, 3000)
}
