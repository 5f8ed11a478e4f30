package domain

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tuanbot/domain/money"
)

// told reports whether somebody (a person or a chat) was sent a kind of notice.
func (w *world) heard(who string, kind NoticeKind) (Notice, bool) {
	for _, n := range w.notices {
		if n.Kind == kind && (string(n.Account) == who || string(n.Chat) == who) {
			return n, true
		}
	}
	return Notice{}, false
}

func equal[T comparable](t tb, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}

func TestJoiningCountsPeopleOnce(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	out := w.joins(t, xiaoming, w.a(2))
	equal(t, "serial", out.Serial, 1)
	equal(t, "live", out.Live, Counts{People: 1, Shares: 2, Goods: money.Yuan(5980)})
	equal(t, "missing", out.Missing, 1)
	out = w.joins(t, xiaoming, w.b(1))
	equal(t, "serial of more", out.Serial, 1)
	equal(t, "added", out.Added, 1)
	equal(t, "shares", out.Shares, 3)
	equal(t, "people", out.Live.People, 1)
	c := w.joining(xiaoming, w.a(1))
	c.Beneficiary = "奶奶"
	out = w.does(t, c)
	equal(t, "serial for a neighbour", out.Serial, 2)
	equal(t, "people with a neighbour's order", out.Live.People, 1)
	out = w.joins(t, wang, w.a(1))
	equal(t, "people", out.Live.People, 2)
	if w.team().MetAt.IsZero() || w.team().State != TeamForming {
		t.Fatal("reaching the threshold early is a mark, not a state")
	}
}

func TestTheElderWhoSendsItTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		via   Via
		after time.Duration
		asked bool
	}{
		{ViaText, 89 * time.Second, true},
		{ViaText, 90 * time.Second, false},
		{ViaButton, 2 * time.Second, true},
		{ViaButton, 3 * time.Second, false},
		{ViaPaper, time.Second, false},
	} {
		w := open(t, nil)
		say := func() outcome {
			j := w.joining(wang, w.a(2))
			j.Via, j.Sure = c.via, false
			return w.does(t, j)
		}
		say()
		w.wait(c.after)
		out := say()
		equal(t, fmt.Sprintf("asked again %v by %s", c.after, c.via), out.Did == DidAskAgain, c.asked)
		if c.asked {
			equal(t, "shares", w.order(1).Shares, 2)
			sure := w.joining(wang, out.Asked)
			sure.Via = ViaButton
			equal(t, "shares when they meant it", w.does(t, sure).Shares, 4)
		}
	}
}

func TestOpeningTheSameTeamTwiceIsAskedBack(t *testing.T) {
	t.Parallel()
	w := open(t, teams)
	say := func() outcome {
		j := w.joining(wang, w.a(1))
		j.Open, j.Sure = true, false
		return w.does(t, j)
	}
	say()
	equal(t, "the second time", say().Did, DidAskAgain)
	equal(t, "teams", len(w.teams), 1)
	w.wait(TextTwice)
	equal(t, "much later", say().Did, DidJoin)
	equal(t, "teams", len(w.teams), 2)
}

func TestTheSameMessageGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	c := w.joining(wang, w.a(2))
	first := w.does(t, c)
	w.now = w.deal.Terms.DeadlineAt.Add(time.Hour) // it would be refused by now
	again := w.does(t, c)
	if !again.repeat || !reflect.DeepEqual(first.Answer, again.Answer) {
		t.Fatalf("the repeat got %+v, the first %+v", again.Answer, first.Answer)
	}
}

func TestChangeSetsQuantities(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.joins(t, wang, append(w.a(2), w.b(1)...))
	out := w.does(t, change(wang, 5)(w))
	equal(t, "added", out.Added, 3)
	equal(t, "shares", out.Shares, 6)
	out = w.does(t, change(wang, 5)(w))
	equal(t, "the same again", out.Did, DidNothing)
	out = w.does(t, UndoCommand{Ask: w.ask(wang), Who: wang})
	equal(t, "shares after undo", out.Shares, 3)
	out = w.does(t, ChangeCommand{Ask: w.ask(wang), Who: wang, Wants: w.b(4), All: true})
	equal(t, "shares of B alone", out.Shares, 4)
	equal(t, "A held", w.items[w.item("A")].Held, 0)
	out = w.does(t, ChangeCommand{Ask: w.ask(leader), Order: out.Order, Wants: w.b(1), Leader: true})
	equal(t, "set by the leader", out.Shares, 1)
	out = w.does(t, ChangeCommand{Ask: w.ask(wang), Who: wang, Wants: w.b(0)})
	equal(t, "nothing left", out.Did, DidLeave)
}

func TestUndo(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.joins(t, wang, w.a(2))
	w.joins(t, wang, w.a(3))
	equal(t, "shares", w.does(t, undo(wang)(w)).Shares, 2)
	if out := w.say(t, undo(wang)(w)); out.refusal == nil {
		t.Fatal("what was undone was undone again")
	}
	w.does(t, LeaveCommand{Ask: w.ask(wang), Who: wang})
	equal(t, "live after leaving", w.team().Live.Shares, 0)
	equal(t, "held after leaving", w.items[w.item("A")].Held, 0)
	out := w.does(t, undo(wang)(w))
	equal(t, "back with", out.Shares, 2)
	equal(t, "serial", out.Serial, 1)
	w.joins(t, ann, w.a(1))
	out = w.does(t, UndoCommand{Ask: w.ask(leader), Order: w.order(2).ID})
	equal(t, "undone by the leader: added", out.Added, -1)
	equal(t, "order of who never joined", w.order(2).State, OrderLeft)
	equal(t, "new number after that", w.joins(t, ann, w.a(1)).Serial, 3)
}

func TestPaidOrdersGrowByNewNumbersAndShrinkByRefunds(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	w.joins(t, wang, w.a(2))
	w.pays(t, wang)
	equal(t, "more of paid", w.joins(t, wang, w.a(1)).Serial, 2)
	equal(t, "people", w.team().Live.People, 1)
	w.pays(t, wang)
	out := w.does(t, ChangeCommand{Ask: w.ask(wang), Order: w.order(1).ID, Wants: w.a(1)})
	equal(t, "back", out.Back, money.Yuan(2990))
	out = w.does(t, LeaveCommand{Ask: w.ask(wang), Order: w.order(1).ID})
	equal(t, "back on leaving after a reduction", out.Back, money.Yuan(2990))
	equal(t, "refunds", len(w.refunds), 2)
	var numbers []string
	for _, id := range sorted(w.refunds) {
		numbers = append(numbers, w.refunds[id].Number)
	}
	slices.Sort(numbers)
	if no := string(w.refunds[sorted(w.refunds)[0]].PaymentNo); !slices.Equal(numbers, []string{no + "-R1", no + "-R2"}) {
		t.Fatalf("refund numbers are %v", numbers)
	}
}

// TestMoneyGoesBackAlongThePaymentThatBroughtIt: two orders under one payment, one of them changed before the money landed,
// paid for by a second payment, and then both left.
func TestMoneyGoesBackAlongThePaymentThatBroughtIt(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	w.joins(t, wang, w.a(1))
	c := w.joining(wang, w.b(1))
	c.Beneficiary = "奶奶"
	w.does(t, c)
	both := w.does(t, StartPaymentCommand{Ask: w.ask(wang), Who: wang, Gateway: "sandbox"})
	equal(t, "owed for both", both.Owed, money.Yuan(4490))
	w.does(t, ChangeCommand{Ask: w.ask(wang), Order: w.order(2).ID, Wants: w.b(2)})
	out := w.lands(t, both.Number)
	equal(t, "late part", out.Back, money.Yuan(1500))
	w.pays(t, wang)
	w.does(t, LeaveCommand{Ask: w.ask(wang), Order: w.order(2).ID})
	w.does(t, LeaveCommand{Ask: w.ask(wang), Order: w.order(1).ID})
	for _, p := range w.payments {
		equal(t, "asked back of "+p.Amount.String(), p.RefundAsked, p.Amount)
	}
}

func TestMoneyThatComesTwiceOrLateGoesBack(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	w.joins(t, wang, w.a(1))
	out := w.does(t, StartPaymentCommand{Ask: w.ask(wang), Who: wang, Gateway: "sandbox"})
	equal(t, "asked again", w.does(t, StartPaymentCommand{Ask: w.ask(wang), Who: wang, Gateway: "sandbox"}).Number, out.Number)
	w.lands(t, out.Number)
	equal(t, "the same callback", w.does(t, PaymentResult{Told: w.told(out.Number, "tx-"+string(out.Number))}).Did, DidNothing)
	equal(t, "another transaction", w.does(t, PaymentResult{Told: w.told(out.Number, "tx-2")}).Back, money.Yuan(2990))
	for _, f := range w.refunds {
		equal(t, "the number the gateway knows", f.PaymentNo, out.Number)
	}
	w.joins(t, ann, w.a(1))
	late := w.does(t, StartPaymentCommand{Ask: w.ask(ann), Who: ann, Gateway: "sandbox"})
	w.wait(AtJoinWindow + PayDrain)
	w.does(t, CloseUnpaid{Limit: 10})
	equal(t, "unpaid", w.order(2).State, OrderUnpaid)
	equal(t, "late", w.lands(t, late.Number).Back, money.Yuan(2990))
}

func TestAHoldLastsItsDrain(t *testing.T) {
	t.Parallel()
	for _, short := range []bool{false, true} {
		w := open(t, atJoin)
		w.joins(t, wang, w.a(2))
		w.pays(t, wang)
		if !short {
			w.joins(t, xiaoming, w.a(1))
			w.pays(t, xiaoming)
		}
		w.now = w.deal.Terms.DeadlineAt.Add(-time.Minute)
		w.joins(t, ann, w.a(1))
		n := w.does(t, StartPaymentCommand{Ask: w.ask(ann), Who: ann, Gateway: "sandbox"}).Number
		w.cutOff(t)
		if short {
			equal(t, "a team that one payment could save", w.team().State, TeamDeciding)
		} else {
			equal(t, "a team that is whole", w.team().State, TeamFormed)
		}
		w.wait(2 * time.Minute)
		equal(t, "back of money within the drain", w.lands(t, n).Back, money.Yuan(0))
		w.does(t, FanOut{Limit: 100})
		equal(t, "team", w.team().State, TeamFormed)
		equal(t, "order", w.order(w.deal.NextSerial).State, OrderConfirmed)
	}
}

func TestAShortTeamFailsAndEverythingGoesBackOnce(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	for _, who := range []AccountID{xiaoming, wang} {
		w.joins(t, who, w.a(1))
		w.pays(t, who)
	}
	w.cutOff(t)
	equal(t, "team", w.team().State, TeamFailing)
	equal(t, "short by", w.team().Short, 1)
	equal(t, "refunds", len(w.refunds), 2)
	to := map[AccountID]money.Amount{}
	for _, f := range w.refunds {
		to[f.To] = f.Amount
	}
	equal(t, "to xiaoming", to[xiaoming], money.Yuan(2990))
	equal(t, "to wang", to[wang], money.Yuan(2990))
	if n, ok := w.heard(string(wang), NoticeFailed); !ok || n.Num["back"] != 2990 || n.Num["missing"] != 1 {
		t.Fatalf("wang heard %+v", n)
	}
	w.does(t, FanOut{Limit: 100})
	equal(t, "refunds after another fan-out", len(w.refunds), 2)
	for i, id := range sorted(w.refunds) {
		equal(t, "team while money is on its way", w.team().State, TeamFailing)
		w.does(t, RefundResult{Refund: id, Told: GatewayRefund{Number: w.refunds[id].Number, State: RefundProcessing}})
		equal(t, "open refunds", w.team().OpenRefunds, int64(2-i))
		w.does(t, RefundResult{Refund: id, Told: GatewayRefund{Number: w.refunds[id].Number, State: RefundSucceeded}})
	}
	equal(t, "team", w.team().State, TeamFailed)
	equal(t, "deal", w.deal.State, DealFailed)
}

func TestARefundKeepsItsNumberUntilTheGatewayGivesItUp(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	w.joins(t, wang, w.a(1))
	w.pays(t, wang)
	w.cutOff(t)
	id := sorted(w.refunds)[0]
	number := w.refunds[id].Number
	tell := func(id RefundID, s RefundState) {
		w.does(t, RefundResult{Refund: id, Told: GatewayRefund{Number: w.refunds[id].Number, State: s, Reason: "r"}})
	}
	tell(id, RefundAbnormal)
	equal(t, "handed to a person: team", w.team().State, TeamFailed)
	if _, ok := w.heard(string(leader), NoticeLeaderNote); !ok {
		t.Fatal("nobody heard of the stuck refund")
	}
	w.does(t, RetryRefund{Ask: w.ask(leader), Refund: id})
	equal(t, "number of the retry", w.refunds[id].Number, number)
	equal(t, "refunds", len(w.refunds), 1)
	tell(id, RefundClosed)
	equal(t, "refunds after closing", len(w.refunds), 2)
	next := w.refunds[sorted(w.refunds)[1]]
	if next.Number == number || next.Amount != w.refunds[id].Amount || next.Seq != 2 {
		t.Fatalf("the next refund is %+v", next)
	}
	tell(next.ID, RefundSucceeded)
	tell(next.ID, RefundAbnormal) // too late to matter
	equal(t, "refund", w.refunds[next.ID].State, RefundSucceeded)
	equal(t, "returned", w.order(1).Refunded, money.Yuan(2990))
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name  string
		deal  func(c *PostCommand)
		given func(w *world)
		team  TeamState
		deals DealState
	}{
		{"nobody came", nil, nil, TeamFailed, DealFailed},
		{"short", nil, func(w *world) { w.joins(t, wang, w.a(2)) }, TeamFailed, DealFailed},
		{"exactly enough", nil, func(w *world) { w.joins(t, wang, w.a(3)) }, TeamFormed, DealFormed},
		{"no threshold", func(c *PostCommand) { c.Terms.ThresholdUnit = UnitNone }, func(w *world) { w.joins(t, wang, w.a(1)) }, TeamFormed, DealFormed},
		{"people count once", func(c *PostCommand) { c.Terms.ThresholdUnit, c.Terms.Threshold = UnitPeople, 2 }, func(w *world) {
			c := w.joining(wang, w.a(1))
			c.Beneficiary = "x"
			w.does(t, c)
			w.joins(t, wang, w.a(1))
		}, TeamFailed, DealFailed},
		{"money", func(c *PostCommand) { c.Terms.ThresholdUnit, c.Terms.Threshold = UnitMoney, 2990 }, func(w *world) { w.joins(t, wang, w.a(1)) }, TeamFormed, DealFormed},
		{"at_join and unpaid", atJoin, func(w *world) { w.now = w.deal.Terms.DeadlineAt.Add(-time.Minute); w.joins(t, wang, w.a(2)) }, TeamFailed, DealFailed},
		{"at_join, no threshold, unpaid", func(c *PostCommand) { c.Terms.Pay, c.Terms.ThresholdUnit = PayAtJoin, UnitNone }, func(w *world) {
			w.now = w.deal.Terms.DeadlineAt.Add(-time.Minute)
			w.joins(t, wang, w.a(2))
		}, TeamDeciding, DealLocked},
		{"grace", func(c *PostCommand) { c.Terms.Grace = time.Hour }, func(w *world) { w.joins(t, wang, w.a(2)) }, TeamDeciding, DealLocked},
	}
	for _, c := range rows {
		w := open(t, c.deal)
		if c.given != nil {
			c.given(w)
		}
		w.cutOff(t)
		equal(t, c.name+": team", w.team().State, c.team)
		equal(t, c.name+": deal", w.deal.State, c.deals)
		w.now = w.now.Add(3 * time.Hour)
		w.cutOff(t)
		if s := w.team().State; s != TeamFormed && s != TeamFailed {
			t.Fatalf("%s: still %s long after", c.name, s)
		}
	}
}

func TestTheCapDecidesAtOnce(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.joins(t, wang, w.a(9))
	equal(t, "before", w.team().State, TeamForming)
	out := w.joins(t, ann, w.a(1))
	equal(t, "at the cap", out.TeamState, TeamFormed)
	equal(t, "deal", w.deal.State, DealFormed)
	w.does(t, FanOut{Limit: 1})
	w.does(t, FanOut{Limit: 1})
	equal(t, "fanned out before the last page was short", w.team().FannedOut, false)
	w.does(t, FanOut{Limit: 1})
	equal(t, "fanned out", w.team().FannedOut, true)
	equal(t, "pay by", w.order(1).PayDueAt, w.now.Add(FormedWindow))
	w.pays(t, wang)
	equal(t, "paid", w.order(1).State, OrderConfirmed)
	w.wait(FormedWindow + PayDrain)
	w.does(t, CloseUnpaid{Limit: 10})
	equal(t, "unpaid", w.order(2).State, OrderUnpaid)
	equal(t, "the team stays", w.team().State, TeamFormed)
	if _, ok := w.heard(string(leader), NoticeUnpaidLeader); !ok {
		t.Fatal("the leader did not hear who did not pay")
	}
}

func TestLeadersDecisions(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *PostCommand) { c.Terms.Grace = time.Hour })
	w.joins(t, wang, w.a(2))
	w.cutOff(t)
	equal(t, "waiting for the leader", w.team().State, TeamDeciding)
	out := w.does(t, CompleteCommand{Ask: w.ask(merchant), How: CompletionApproved})
	equal(t, "team", out.TeamState, TeamFormed)
	equal(t, "how", w.team().Completion, CompletionApproved)
	equal(t, "by", w.team().DecidedBy, merchant)
	equal(t, "with", w.team().ThresholdUsed, 2)

	w = open(t, nil)
	w.joins(t, wang, w.a(2))
	w.does(t, extend(leader, time.Hour)(w))
	equal(t, "team's deadline", w.team().DeadlineAt, epoch.Add(9*time.Hour))
	w.does(t, EditCommand{Ask: w.ask(leader), Threshold: new(int64(2)), Title: new("葡萄"), PickupTime: new("周六")})
	equal(t, "editions", len(w.editions), 2)
	w.does(t, CloseCommand{Ask: w.ask(leader)})
	equal(t, "closed early", w.deal.State, DealFormed)
	w.does(t, FanOut{Limit: 10})
	w.does(t, CancelCommand{Ask: w.ask(leader), Reason: "没货"})
	w.does(t, FanOut{Limit: 10})
	equal(t, "order", w.order(1).State, OrderCancelled)
	equal(t, "team", w.team().State, TeamCancelled)
	equal(t, "formed teams", w.deal.FormedTeams, 0)
	equal(t, "cancelled twice", w.does(t, CancelCommand{Ask: w.ask(leader)}).Did, DidNothing)
}

func TestOrdersFollowTheDealToAnotherPoint(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.joins(t, wang, w.a(1))
	c := w.joining(ann, w.a(1))
	c.Point = "gate"
	w.does(t, c)
	w.does(t, EditCommand{Ask: w.ask(leader), Point: new(PointID("garden"))})
	equal(t, "who took the deal's point", w.order(1).Point, "garden")
	equal(t, "who chose", w.order(2).Point, "gate")
	w.does(t, PointCommand{Ask: w.ask(wang), Who: wang, Point: "gate"})
	equal(t, "who moved", w.order(1).Point, "gate")
}

func TestAddingDoesNotHoldASeatForEver(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	first := w.now
	w.joins(t, wang, w.a(1))
	w.wait(AtJoinWindow - time.Minute)
	w.joins(t, wang, w.a(1))
	equal(t, "a new window for more", w.order(1).PayDueAt, w.now.Add(AtJoinWindow))
	w.does(t, UndoCommand{Ask: w.ask(wang), Who: wang})
	w.wait(AtJoinWindow - time.Minute)
	w.joins(t, wang, w.a(1))
	equal(t, "twice the window at most", w.order(1).PayDueAt, first.Add(2*AtJoinWindow))
	w.wait(time.Minute)
	w.does(t, UndoCommand{Ask: w.ask(wang), Who: wang})
	w.joins(t, wang, w.a(1))
	equal(t, "and no more", w.order(1).PayDueAt, first.Add(2*AtJoinWindow))
	w.wait(time.Minute + PayDrain)
	w.does(t, CloseUnpaid{Limit: 10})
	equal(t, "nobody holds it", w.team().Live.People, 0)
}

func TestTheHeadPassesOn(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *PostCommand) { teams(c); c.Terms.Pay = PayAtJoin })
	opensTeam(t, w)
	deadline := w.team().DeadlineAt
	for _, who := range []AccountID{ann, wang} {
		c := w.joining(who, w.a(1))
		c.Team = w.team().ID
		w.does(t, c)
	}
	w.pays(t, wang)
	w.does(t, LeaveCommand{Ask: w.ask(xiaoming), Who: xiaoming})
	equal(t, "head", w.team().Head, wang)
	equal(t, "deadline", w.team().DeadlineAt, deadline)
	w.wait(AtJoinWindow + PayDrain)
	w.does(t, CloseUnpaid{Limit: 10})
	equal(t, "people", w.team().Live.People, 1)
	w.does(t, LeaveCommand{Ask: w.ask(wang), Who: wang})
	equal(t, "alone, money on its way", w.team().State, TeamCancelling)
	id := sorted(w.refunds)[0]
	w.does(t, RefundResult{Refund: id, Told: GatewayRefund{Number: w.refunds[id].Number, State: RefundSucceeded}})
	equal(t, "alone", w.team().State, TeamCancelled)
	equal(t, "open teams", w.deal.OpenTeams, 0)
	equal(t, "deal", w.deal.State, DealOpen)
	w.now = w.deal.Terms.DeadlineAt
	w.does(t, DecideDue{})
	equal(t, "deal at the end of its campaign", w.deal.State, DealFailed)
}

func TestTheWaitingList(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	offered(t, w)
	equal(t, "first in line later", w.does(t, waits("li", 2)(w)).Count, 2)
	equal(t, "offered shares", w.team().OfferedShares, 2)
	if _, ok := w.heard(string(wang), NoticeSeatOffered); !ok {
		t.Fatal("wang did not hear of the free seat")
	}
	w.wait(OfferWindow)
	w.does(t, ExpireOffers{})
	equal(t, "offers move on", w.team().OfferedShares, 2)
	w.does(t, WaitCommand{Ask: w.ask("zhao"), Who: "zhao", Item: w.item("A"), Qty: 1})
	out := w.does(t, TakeOfferCommand{Item: w.item("A"), Join: w.joining("li", nil)})
	equal(t, "taken", out.Shares, 2)
	equal(t, "the cap decides", out.TeamState, TeamFormed)
	w.does(t, FanOut{Limit: 10})
	equal(t, "nobody waits after the decision", w.deal.Waiting, 0)
}

// TestWaitingNumbersNeverComeTwice: only live entries are loaded, so the next number must not follow from them.
func TestWaitingNumbersNeverComeTwice(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.joins(t, xiaoming, w.a(9))
	for range 3 {
		w.does(t, waits(wang, 2)(w))
		w.does(t, WaitCommand{Ask: w.ask(wang), Who: wang, Gone: true})
	}
	equal(t, "entries", len(w.waiting), 3)
}

func TestWhoWaitsIsLetGoWhenEverybodyLeft(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *PostCommand) { c.Items[0].Stock = 1 })
	w.joins(t, xiaoming, w.a(1))
	w.does(t, waits(wang, 1)(w))
	w.does(t, LeaveCommand{Ask: w.ask(xiaoming), Who: xiaoming})
	w.cutOff(t)
	equal(t, "team", w.team().State, TeamFailed)
	equal(t, "waiting", w.deal.Waiting, 0)
	equal(t, "offered", w.items[w.item("A")].Offered, 0)
}

func TestOfflineMoneyIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	w := open(t, offline)
	w.joins(t, wang, w.a(2))
	equal(t, "recorded", w.does(t, RecordPaymentCommand{Ask: w.ask(leader), Serial: 1}).Did, DidRecordPaid)
	equal(t, "twice", w.does(t, RecordPaymentCommand{Ask: w.ask(leader), Serial: 1}).Did, DidNothing)
	equal(t, "less", w.does(t, change(wang, 1)(w)).Back, money.Yuan(2990))
	equal(t, "returned", w.does(t, RecordPaymentCommand{Ask: w.ask(leader), Serial: 1, Returned: true}).Back, money.Yuan(2990))
	w.cutOff(t)
	equal(t, "team", w.team().State, TeamFailed)
	equal(t, "to return", w.order(1).RefundDue, money.Yuan(2990))
	w.does(t, RecordPaymentCommand{Ask: w.ask(leader), Serial: 1, Returned: true})
	equal(t, "to return", w.order(1).RefundDue, money.Yuan(0))
	equal(t, "refund rows", len(w.refunds), 0)
}

func TestSummaryArrivalAndPickup(t *testing.T) {
	t.Parallel()
	w := open(t, offline)
	w.joins(t, xiaoming, append(w.a(2), w.b(1)...))
	w.joins(t, wang, w.a(5))
	w.cutOff(t)
	w.does(t, SummaryCommand{Clock: true})
	equal(t, "summaries", len(w.summaries), 1)
	equal(t, "shares", w.summaries[0].Sheet.Shares, 8)
	equal(t, "unpaid", w.summaries[0].Sheet.Unpaid, 2)
	equal(t, "unchanged", w.does(t, SummaryCommand{Clock: true}).Did, DidNothing)
	w.does(t, LeaveCommand{Ask: w.ask(leader), Leader: true, Serial: 2, Reason: "moved away"})
	w.does(t, SummaryCommand{Clock: true})
	equal(t, "amendment", fmt.Sprint(w.summaries[1].Sheet.Diff), "[{A 阳光玫瑰 7 2}]")
	equal(t, "acknowledged", w.does(t, AnswerSummaryCommand{Ask: w.ask(merchant), Token: w.summaries[1].Token}).Did, DidAcknowledge)
	equal(t, "twice", w.does(t, AnswerSummaryCommand{Ask: w.ask(merchant), Token: w.summaries[1].Token}).Did, DidNothing)

	w.does(t, ArriveCommand{Ask: w.ask(leader)})
	equal(t, "twice", w.does(t, ArriveCommand{Ask: w.ask(leader), Point: "hall"}).Did, DidNothing)
	w.does(t, TellArrived{Limit: 10})
	equal(t, "told", w.order(1).State, OrderReady)
	equal(t, "code", len(w.order(1).PickupCode), 8)
	check := CheckOffCommand{Ask: w.ask("verifier"), Serial: 1, Points: []PointID{"hall"}}
	equal(t, "whose is it?", w.does(t, check).Did, DidAskAgain)
	check.Ask, check.Confirmed, check.Lines = w.ask("verifier"), true, w.a(1)
	w.does(t, check)
	equal(t, "partly", w.order(1).State, OrderReady)
	w.does(t, CheckOffCommand{Ask: w.ask("verifier"), Code: w.order(1).PickupCode, Points: []PointID{"hall"}})
	equal(t, "all", w.order(1).State, OrderReceived)
	equal(t, "again", w.does(t, CheckOffCommand{Ask: w.ask("verifier"), Code: w.order(1).PickupCode, Points: []PointID{"hall"}}).Did, DidNothing)
	w.does(t, CompleteDeal{})
	equal(t, "deal", w.deal.State, DealCompleted)
	w.does(t, UncheckCommand{Ask: w.ask("verifier"), Order: w.order(1).ID})
	equal(t, "undone", w.order(1).State, OrderReady)
	equal(t, "deal", w.deal.State, DealFulfilling)
}

// TestWhoPaysAfterTheArrivalIsCalledToo: the arrival was told to everybody before this order was paid.
func TestWhoPaysAfterTheArrivalIsCalledToo(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.joins(t, wang, w.a(2))
	w.joins(t, ann, w.a(1))
	w.cutOff(t)
	w.pays(t, wang)
	w.does(t, ArriveCommand{Ask: w.ask(leader)})
	w.does(t, TellArrived{Limit: 10})
	w.pays(t, ann)
	equal(t, "order", w.order(2).State, OrderReady)
	if _, ok := w.heard(string(ann), NoticeArrived); !ok {
		t.Fatal("ann was not called")
	}
}

// TestAnArrivalOfThisBatchIsNotDone: the page of people to tell was loaded before the arrival was written.
func TestAnArrivalOfThisBatchIsNotDone(t *testing.T) {
	t.Parallel()
	w := open(t, offline)
	w.joins(t, wang, w.a(3))
	w.cutOff(t)
	if _, err := w.run(ArriveCommand{Ask: w.ask(leader)}, TellArrived{Limit: 10}); err != nil {
		t.Fatal(err)
	}
	equal(t, "done", w.arrivals[0].Done, false)
	w.does(t, TellArrived{Limit: 10})
	equal(t, "told", w.order(1).State, OrderReady)
	equal(t, "done", w.arrivals[0].Done, true)
}

func TestShareReachesOneMoreChat(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.does(t, ShareCommand{Ask: w.ask(leader), Chat: "other", Leader: ann})
	equal(t, "twice", w.does(t, ShareCommand{Ask: w.ask(leader), Chat: "other"}).Did, DidNothing)
	w.joins(t, wang, w.a(3))
	w.does(t, CloseCommand{Ask: w.ask(ann)}) // she leads it in her chat
	if _, ok := w.heard("other", NoticeFormedChat); !ok {
		t.Fatal("the other chat did not hear")
	}
}

func TestADealOpensOnTime(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *PostCommand) { c.Terms.OpensAt = epoch.Add(time.Hour) })
	equal(t, "deal", w.deal.State, DealScheduled)
	w.wait(time.Hour)
	w.does(t, DecideDue{})
	equal(t, "deal", w.deal.State, DealOpen)
	w.joins(t, wang, w.a(1))
}

func TestPostRefuses(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(c *PostCommand){
		"title":     func(c *PostCommand) { c.Terms.Title = " " },
		"kind":      func(c *PostCommand) { c.Terms.Kind = "flash" },
		"pay":       func(c *PostCommand) { c.Terms.Pay = "later" },
		"deadline":  func(c *PostCommand) { c.Terms.DeadlineAt = epoch },
		"threshold": func(c *PostCommand) { c.Terms.ThresholdUnit = "kilos" },
		"cap":       func(c *PostCommand) { c.Terms.Cap = 2 },
		"limit":     func(c *PostCommand) { c.Terms.LimitPerson = -1 },
		"window":    func(c *PostCommand) { c.Terms.Grace = MaxGrace + 1 },
		"chat":      func(c *PostCommand) { c.Chats = nil },
		"items":     func(c *PostCommand) { c.Items = nil },
		"price":     func(c *PostCommand) { c.Items[0].Group = money.Of(100, "USD") },
		"stock":     func(c *PostCommand) { c.Items[0].Stock = -1 },
	} {
		_, err := Post(offer(change), &countingMint{}, epoch)
		if r := AsRefusal(err); r == nil || r.Why != WhyBadDeal || r.Params["field"] != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestPostFillsDefaultsIn(t *testing.T) {
	t.Parallel()
	nd, err := Post(offer(func(c *PostCommand) {
		c.Terms = DealTerms{Title: "葡萄", DeadlineAt: epoch.Add(48 * time.Hour)}
		c.Chats = []ChatID{group, group}
		c.Items = []NewItem{{Name: "葡萄", Group: money.Yuan(100)}}
	}), &countingMint{}, epoch)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "kind", nd.Deal.Terms.Kind, KindChain)
	equal(t, "pay", nd.Deal.Terms.Pay, PayAfterFormed)
	equal(t, "chats", len(nd.Chats), 1)
	equal(t, "stock", nd.Items[0].Stock, -1)
	equal(t, "solo", nd.Items[0].Solo, money.Yuan(0))
	equal(t, "reminders", len(nd.Notices), 4) // the card, 2 h to the chat, 24 h and 15 min to the leader
}
