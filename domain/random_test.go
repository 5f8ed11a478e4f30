package domain

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tuanbot/domain/money"
)

// journal is what the gateway knows, kept apart from the books: who paid what, and what went back.
type journal struct {
	paid   map[PaymentNumber][]money.Amount
	back   map[string]money.Amount // by refund number
	backOf map[PaymentNumber]int64
}

// life is one deal under random commands.
type life struct {
	*world
	j        journal
	teamAt   map[TeamID]TeamState // where things stood a step ago
	refundAt map[RefundID]RefundState
	decided  map[TeamID]string // how a team was decided, the first time
	serials  map[int64]OrderID
	numbered map[RefundID]string
	oldest   []JoinCommand // joins that were said, to be said again
}

var people = []AccountID{xiaoming, wang, ann, leader, "li", "zhao"}

// TestRandomLives drives deals by random commands, clocks, late money and refund results, and looks at the whole after
// every step.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		t.Repeat(map[string]func(*rapid.T){
			"":        l.check,
			"join":    l.join,
			"join2":   l.join,
			"join3":   l.join,
			"again":   l.again,
			"change":  l.change,
			"leave":   l.leave,
			"undo":    l.undo,
			"wait":    l.wait,
			"offer":   l.take,
			"pay":     l.startPaying,
			"money":   l.land,
			"money2":  l.land,
			"clock":   l.clock,
			"fan out": l.fan,
			"refund":  l.refundResult,
			"lead":    l.lead,
			"hand":    l.hand,
			"later":   l.later,
			"sooner":  l.later,
			"batch":   l.batch,
			"retried": l.retried,
		})
		l.quiesce(t)
	})
}

func newLife(t *rapid.T) *life {
	kind := rapid.SampledFrom([]DealKind{KindChain, KindChain, KindTeam}).Draw(t, "kind")
	unit := rapid.SampledFrom([]Unit{UnitNone, UnitPeople, UnitShares, UnitMoney}).Draw(t, "threshold unit")
	if kind == KindTeam && (unit == UnitNone || unit == UnitMoney) {
		unit = UnitPeople
	}
	threshold := rapid.Int64Range(2, 4).Draw(t, "threshold")
	limit := rapid.SampledFrom([]int64{0, 0, 4}).Draw(t, "limit")
	home := rapid.SampledFrom([]int64{0, 0, 5}).Draw(t, "household limit")
	stock := rapid.Int64Range(0, 5).Draw(t, "stock")
	w := open(t, func(c *PostCommand) {
		terms := &c.Terms
		terms.Kind, terms.ThresholdUnit, terms.Threshold = kind, unit, threshold
		if unit == UnitMoney {
			terms.Threshold *= 2000
		}
		terms.Pay = rapid.SampledFrom([]PayWhen{PayAtJoin, PayAtJoin, PayAfterFormed, PayOffline}).Draw(t, "pay")
		terms.CapUnit = rapid.SampledFrom([]Unit{UnitPeople, UnitShares}).Draw(t, "cap unit")
		terms.Cap = rapid.SampledFrom([]int64{0, 4, 6}).Draw(t, "cap")
		terms.LimitPerson, terms.LimitHousehold = limit, home
		terms.Grace = rapid.SampledFrom([]time.Duration{0, 0, 30 * time.Minute}).Draw(t, "grace")
		terms.DeadlineAt = epoch.Add(90 * time.Minute)
		if kind == KindTeam {
			terms.TeamTTL = 40 * time.Minute
		}
		c.Items[0].Stock = stock
		c.Items[1].Limit = 3
	})
	return &life{
		world: w, j: journal{paid: map[PaymentNumber][]money.Amount{}, back: map[string]money.Amount{}, backOf: map[PaymentNumber]int64{}},
		teamAt: map[TeamID]TeamState{}, refundAt: map[RefundID]RefundState{}, decided: map[TeamID]string{}, serials: map[int64]OrderID{}, numbered: map[RefundID]string{},
	}
}

// ask makes the next message of a person.
func (l *life) ask(who AccountID) Asked {
	l.messages++
	return Asked{Key: EventKey{Channel: "test", Account: string(who), Message: fmt.Sprint(l.messages)}, By: who, Lang: Chinese, Chat: group, At: l.now}
}

// step passes one turn. A refusal of which the clock is innocent must leave the book as it was.
func (l *life) step(t *rapid.T, turn Turn) outcome {
	due := l.somethingDue()
	before := l.snapshot()
	version := l.deal.Version
	out, err := l.run(turn)
	if err != nil {
		t.Fatalf("%s: %v", turn.Kind(), err)
	}
	if out[0].refusal != nil && !due {
		after := l.snapshot()
		if !reflect.DeepEqual(before, after) || l.deal.Version != version {
			t.Fatalf("%s was refused (%v) and changed the deal", turn.Kind(), out[0].refusal)
		}
	}
	return out[0]
}

func (l *life) somethingDue() bool {
	if l.deal.State == DealScheduled || !l.now.Before(l.deal.Terms.DeadlineAt) {
		return true
	}
	for _, t := range l.teams {
		if t.State == TeamDeciding || (t.State == TeamForming && !l.now.Before(t.DeadlineAt)) {
			return true
		}
	}
	return false
}

func (l *life) someone(t *rapid.T) AccountID { return rapid.SampledFrom(people).Draw(t, "who") }

func (l *life) homeOf(who AccountID) HouseholdID {
	if who == xiaoming || who == wang {
		return "home1"
	}
	return HouseholdID("home of " + who)
}

func (l *life) wants(t *rapid.T, least int64) []Want {
	ws := []Want{{Item: l.item("A"), Qty: rapid.Int64Range(least, 3).Draw(t, "of A")}}
	if rapid.Bool().Draw(t, "B too") {
		ws = append(ws, Want{Item: l.item("B"), Qty: rapid.Int64Range(least, 2).Draw(t, "of B")})
	}
	return ws
}

func (l *life) someTeam(t *rapid.T) TeamID {
	ids := append(sorted(l.teams), "")
	return rapid.SampledFrom(ids).Draw(t, "team")
}

func (l *life) someOrder(t *rapid.T) OrderID {
	if len(l.orders) == 0 {
		t.Skip("no orders")
	}
	return rapid.SampledFrom(sorted(l.orders)).Draw(t, "order")
}

func (l *life) newJoin(t *rapid.T) JoinCommand {
	who := l.someone(t)
	c := JoinCommand{
		Ask: l.ask(who), Shopper: who, Wants: l.wants(t, 1), Via: rapid.SampledFrom([]Via{ViaText, ViaButton}).Draw(t, "via"),
		Household: l.homeOf(who), Sure: rapid.Bool().Draw(t, "sure"), Beneficiary: rapid.SampledFrom([]string{"", "", "neighbour"}).Draw(t, "for"),
	}
	if l.deal.Terms.Kind == KindTeam {
		c.Team = l.someTeam(t)
		c.Open = c.Team == ""
	}
	return c
}

func (l *life) join(t *rapid.T) {
	c := l.newJoin(t)
	l.oldest = append(l.oldest, c)
	l.step(t, c)
}

// again sends an old message once more: the same answer, and nothing else.
func (l *life) again(t *rapid.T) {
	if len(l.oldest) == 0 {
		t.Skip("nothing was said")
	}
	before := l.snapshot()
	out := l.step(t, rapid.SampledFrom(l.oldest).Draw(t, "old message"))
	if !out.repeat || !reflect.DeepEqual(before, l.snapshot()) {
		t.Fatal("a message that came twice did something twice")
	}
}

func (l *life) change(t *rapid.T) {
	id := l.someOrder(t)
	o := l.orders[id]
	c := ChangeCommand{Ask: l.ask(o.Shopper), Who: o.Shopper, Order: id, Wants: l.wants(t, 0), All: rapid.Bool().Draw(t, "all")}
	l.step(t, c)
}

func (l *life) leave(t *rapid.T) {
	o := l.orders[l.someOrder(t)]
	if rapid.IntRange(0, 3).Draw(t, "by the leader") == 0 {
		l.step(t, LeaveCommand{Ask: l.ask(leader), Leader: true, Serial: o.Serial, Reason: "asked"})
		return
	}
	l.step(t, LeaveCommand{Ask: l.ask(o.Shopper), Who: o.Shopper, For: o.Beneficiary})
}

func (l *life) undo(t *rapid.T) {
	o := l.orders[l.someOrder(t)]
	l.step(t, UndoCommand{Ask: l.ask(o.Shopper), Who: o.Shopper})
}

func (l *life) wait(t *rapid.T) {
	who := l.someone(t)
	l.step(t, WaitCommand{Ask: l.ask(who), Who: who, Item: l.item("A"), Qty: rapid.Int64Range(1, 2).Draw(t, "qty"), Gone: rapid.IntRange(0, 4).Draw(t, "gone") == 0})
}

func (l *life) take(t *rapid.T) {
	for _, id := range sorted(l.waiting) {
		if r := l.waiting[id]; r.State == WaitOffered {
			l.step(t, TakeOfferCommand{Item: r.Item, Join: JoinCommand{Ask: l.ask(r.Account), Shopper: r.Account, Household: l.homeOf(r.Account)}})
			return
		}
	}
	t.Skip("no offers")
}

func (l *life) startPaying(t *rapid.T) {
	o := l.orders[l.someOrder(t)]
	if l.deal.Terms.Pay == PayOffline {
		l.step(t, RecordPaymentCommand{Ask: l.ask(leader), Serial: o.Serial, Returned: rapid.Bool().Draw(t, "returned")})
		return
	}
	c := StartPaymentCommand{Ask: l.ask(o.Shopper), Who: o.Shopper, Gateway: "sandbox"}
	if rapid.Bool().Draw(t, "one order") {
		c.Order = o.ID
	}
	l.step(t, c)
}

// land lets money arrive at the gateway: in time, late, twice, a wrong amount; or lets the gateway close the payment.
func (l *life) land(t *rapid.T) {
	if len(l.payments) == 0 {
		t.Skip("no payments")
	}
	p := l.payments[rapid.SampledFrom(sorted(l.payments)).Draw(t, "payment")]
	if slices.ContainsFunc(p.Parts, func(x PaymentPart) bool { return x.Purpose == PurposeExtra }) {
		t.Skip("nobody can pay this number")
	}
	told := GatewayPayment{Number: p.Number, State: PaymentPaid, Amount: p.Amount, PaidAt: l.now}
	switch rapid.IntRange(0, 9).Draw(t, "how") {
	case 0:
		told.Amount = money.Yuan(p.Amount.Fen() + 1)
		wrong := withTransaction(told, fmt.Sprint("wrong", p.Number, len(l.j.paid[p.Number])))
		if out := l.step(t, PaymentResult{Told: wrong}); out.refusal == nil && p.State != PaymentPaid {
			t.Fatal("a wrong amount was taken")
		} else if out.refusal == nil {
			l.j.paid[p.Number] = append(l.j.paid[p.Number], told.Amount)
		}
		return
	case 1:
		if len(l.j.paid[p.Number]) > 0 {
			return
		}
		told.State = PaymentClosed
		l.step(t, PaymentResult{Told: told})
		return
	case 2, 3: // the same callback again
		if len(l.j.paid[p.Number]) == 0 {
			return
		}
		before := l.snapshot()
		l.step(t, PaymentResult{Told: withTransaction(told, fmt.Sprint(p.Number, 1))})
		if !reflect.DeepEqual(before, l.snapshot()) {
			t.Fatal("the same callback took effect twice")
		}
		return
	}
	l.j.paid[p.Number] = append(l.j.paid[p.Number], told.Amount)
	l.step(t, PaymentResult{Told: withTransaction(told, fmt.Sprint(p.Number, len(l.j.paid[p.Number])))})
}

func withTransaction(g GatewayPayment, s string) GatewayPayment { g.Transaction = s; return g }

func (l *life) clock(t *rapid.T) {
	turns := []Turn{DecideDue{}, CloseUnpaid{Limit: rapid.IntRange(1, 5).Draw(t, "page")}, ExpireOffers{}, TellArrived{Limit: 3}, SummaryCommand{Clock: true}, CompleteDeal{}}
	l.step(t, rapid.SampledFrom(turns).Draw(t, "worker"))
}

func (l *life) fan(t *rapid.T) { l.step(t, FanOut{Limit: rapid.IntRange(1, 4).Draw(t, "page")}) }

// refundResult lets the gateway say something of a refund; money returns once per number.
func (l *life) refundResult(t *rapid.T) {
	if len(l.refunds) == 0 {
		t.Skip("no refunds")
	}
	f := l.refunds[rapid.SampledFrom(sorted(l.refunds)).Draw(t, "refund")]
	if f.State == RefundAbnormal && rapid.Bool().Draw(t, "retry") {
		l.step(t, RetryRefund{Ask: l.ask(leader), Refund: f.ID})
		return
	}
	to := rapid.SampledFrom([]RefundState{RefundProcessing, RefundSucceeded, RefundSucceeded, RefundAbnormal, RefundClosed}).Draw(t, "state")
	if _, done := l.j.back[f.Number]; done {
		to = RefundSucceeded
	}
	l.returned(t, f, to)
}

func (l *life) returned(t *rapid.T, f RefundRecord, to RefundState) {
	if _, done := l.j.back[f.Number]; to == RefundSucceeded && !done && f.State != RefundClosed {
		l.j.back[f.Number] = f.Amount
		l.j.backOf[f.PaymentNo] += f.Amount.Fen()
	}
	l.step(t, RefundResult{Refund: f.ID, Told: GatewayRefund{Number: f.Number, State: to}})
}

func (l *life) lead(t *rapid.T) {
	low := max(1, l.deal.Terms.Threshold-1)
	turns := []Turn{
		ExtendCommand{Ask: l.ask(leader), To: l.deal.Terms.DeadlineAt.Add(time.Hour)},
		EditCommand{Ask: l.ask(leader), Threshold: &low},
		EditCommand{Ask: l.ask(leader), Stock: map[ItemID]int64{l.item("A"): l.items[l.item("A")].Held + l.items[l.item("A")].Offered + 1}},
		EditCommand{Ask: l.ask(leader), Point: new(PointID("gate"))},
		CompleteCommand{Ask: l.ask(merchant), Team: l.someTeam(t), How: CompletionApproved},
		SummaryCommand{Ask: l.ask(leader)},
		PointCommand{Ask: l.ask(xiaoming), Who: xiaoming, Point: "gate"},
	}
	if rapid.IntRange(0, 5).Draw(t, "drastic") == 0 {
		turns = []Turn{CloseCommand{Ask: l.ask(leader)}, CancelCommand{Ask: l.ask(leader), Reason: "rain"}}
	}
	l.step(t, rapid.SampledFrom(turns).Draw(t, "leader"))
}

func (l *life) hand(t *rapid.T) {
	o := l.orders[l.someOrder(t)]
	turns := []Turn{
		ArriveCommand{Ask: l.ask(leader), Point: rapid.SampledFrom([]PointID{"", "hall", "gate"}).Draw(t, "point")},
		CheckOffCommand{Ask: l.ask(leader), Leader: true, Serial: o.Serial, Code: o.PickupCode, Confirmed: true},
		CheckOffCommand{Ask: l.ask(leader), Leader: true, Serial: o.Serial, Code: o.PickupCode, Confirmed: true, Lines: []Want{{Item: l.item("A"), Qty: 1}}},
		UncheckCommand{Ask: l.ask(leader), Order: o.ID},
	}
	l.step(t, rapid.SampledFrom(turns).Draw(t, "hand"))
}

func (l *life) later(t *rapid.T) {
	l.now = l.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 10 * time.Minute, time.Hour}).Draw(t, "wait"))
}

// batch passes several commands through one lock, as on a busy evening.
func (l *life) batch(t *rapid.T) {
	var turns []Turn
	for range rapid.IntRange(2, 5).Draw(t, "waiting") {
		turns = append(turns, l.newJoin(t))
	}
	turns = append(turns, DecideDue{}, FanOut{Limit: 2}, CloseUnpaid{Limit: 2}, TellArrived{Limit: 2}, ExpireOffers{})
	turns = rapid.Permutation(turns).Draw(t, "order")
	if _, err := l.run(turns...); err != nil {
		t.Fatal(err)
	}
}

// retried applies a command to a book that is then thrown away, as after a deadlock: the next try starts from the rows.
func (l *life) retried(t *rapid.T) {
	c := l.newJoin(t)
	if _, _, err := l.try(c); err != nil {
		t.Fatal(err)
	}
	l.step(t, c)
}

// check looks at everything after every step.
func (l *life) check(t *rapid.T) {
	l.sound(t)
	for id, tm := range l.teams {
		if from, ok := l.teamAt[id]; ok && !leads(teamMoves, from, tm.State) {
			t.Fatalf("team %s went from %s to %s", id, from, tm.State)
		}
		l.teamAt[id] = tm.State
		if !tm.IsDecided() {
			continue
		}
		how := fmt.Sprint(tm.DecidedAt, tm.DecidedAtVersion)
		if first, ok := l.decided[id]; ok && first != how {
			t.Fatalf("team %s was decided at %s and again at %s", id, first, how)
		}
		l.decided[id] = how
	}
	for id, o := range l.orders {
		if first, ok := l.serials[o.Serial]; ok && first != id {
			t.Fatalf("number %d went to %s and to %s", o.Serial, first, id)
		}
		l.serials[o.Serial] = id
	}
	for id, f := range l.refunds {
		if from, ok := l.refundAt[id]; ok && !leads(refundMoves, from, f.State) {
			t.Fatalf("refund %s went from %s to %s", id, from, f.State)
		}
		l.refundAt[id] = f.State
		if first, ok := l.numbered[id]; ok && first != f.Number {
			t.Fatalf("refund %s went out as %s and as %s", id, first, f.Number)
		}
		l.numbered[id] = f.Number
	}
	for number, back := range l.j.backOf {
		var got int64
		for _, a := range l.j.paid[number] {
			got += a.Fen()
		}
		if back > got {
			t.Fatalf("%d fen went back of %d paid under %s", back, got, number)
		}
	}
}

// leads reports whether some moves of a table lead from one state to another; one step may make several.
func leads[S comparable](moves map[S][]S, from, to S) bool {
	seen := map[S]bool{from: true}
	todo := []S{from}
	for len(todo) > 0 {
		if todo[0] == to {
			return true
		}
		for _, next := range moves[todo[0]] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
		todo = todo[1:]
	}
	return false
}

// quiesce lets every clock run out and every refund arrive; then nothing may be left under way.
func (l *life) quiesce(t *rapid.T) {
	l.now = l.now.Add(200 * time.Hour)
	for range 3 {
		l.now = l.now.Add(24 * time.Hour) // payment windows open at the decision and run out too
		l.step(t, DecideDue{})
		l.step(t, ExpireOffers{})
		for l.fannedOut(t) {
			l.check(t)
		}
		for l.step(t, CloseUnpaid{Limit: 3}).Count >= 3 {
			l.check(t)
		}
		for _, id := range sorted(l.refunds) {
			f := l.refunds[id]
			if f.State == RefundAbnormal {
				l.step(t, RetryRefund{Ask: l.ask(leader), Refund: id})
			}
			if !f.State.IsFinal() {
				l.returned(t, f, RefundSucceeded)
			}
		}
	}
	l.check(t)
	l.settled(t)
}

// fannedOut passes one page and reports whether there may be more.
func (l *life) fannedOut(t *rapid.T) bool {
	l.step(t, FanOut{Limit: 3})
	for _, tm := range l.teams {
		if tm.IsDecided() && !tm.FannedOut {
			return true
		}
	}
	return false
}

func (l *life) settled(t *rapid.T) {
	for id, tm := range l.teams {
		if tm.State != TeamFormed && tm.State != TeamFailed && tm.State != TeamCancelled {
			t.Fatalf("team %s is still %s", id, tm.State)
		}
	}
	if l.deal.State == DealOpen || l.deal.State == DealLocked || l.deal.OpenTeams != 0 || l.deal.Waiting != 0 {
		t.Fatalf("the deal is %s with %d open teams, %d wait", l.deal.State, l.deal.OpenTeams, l.deal.Waiting)
	}
	if l.deal.Terms.Pay == PayOffline {
		return
	}
	var kept, received, returned int64
	for id, o := range l.orders {
		if o.State == OrderPlaced || o.State == OrderWaiting || o.State == OrderAwaiting {
			t.Fatalf("order %s is still %s", id, o.State)
		}
		if !o.State.IsLive() && o.Refunded != o.Paid {
			t.Fatalf("order %s is %s: paid %s, got %s back", id, o.State, o.Paid, o.Refunded)
		}
		kept += o.Paid.Fen() - o.Refunded.Fen()
	}
	for _, as := range l.j.paid {
		for _, a := range as {
			received += a.Fen()
		}
	}
	for _, a := range l.j.back {
		returned += a.Fen()
	}
	if received != returned+kept {
		t.Fatalf("the gateway received %d fen and returned %d, orders keep %d", received, returned, kept)
	}
}
