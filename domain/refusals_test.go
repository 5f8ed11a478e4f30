package domain

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// ask is the next message of a person.
func (w *world) ask(who AccountID) Asked {
	w.messages++
	return Asked{Key: EventKey{Channel: "test", Account: string(who), Message: fmt.Sprint(w.messages)}, By: who, Lang: Chinese, Chat: group, At: w.now}
}

// say passes one turn; a fault ends the test.
func (w *world) say(t tb, turn Turn) outcome {
	t.Helper()
	out, err := w.run(turn)
	if err != nil {
		t.Fatalf("%s: %v", turn.Kind(), err)
	}
	return out[0]
}

// does passes a turn that must not be refused, and looks at the whole deal after it.
func (w *world) does(t tb, turn Turn) outcome {
	t.Helper()
	out := w.say(t, turn)
	if out.refusal != nil {
		t.Fatalf("%s was refused: %s %v", turn.Kind(), out.refusal.Why, out.refusal.Params)
	}
	w.sound(t)
	return out
}

// a and b are quantities of the two items.
func (w *world) a(n int64) []Want { return []Want{{Item: w.item("A"), Qty: n}} }
func (w *world) b(n int64) []Want { return []Want{{Item: w.item("B"), Qty: n}} }

// joining is a plain join of somebody.
func (w *world) joining(who AccountID, wants []Want) JoinCommand {
	return JoinCommand{Ask: w.ask(who), Shopper: who, Wants: wants, Via: ViaText, Sure: true}
}

func (w *world) joins(t tb, who AccountID, wants []Want) outcome {
	t.Helper()
	return w.does(t, w.joining(who, wants))
}

// pays starts a payment and lets its money land.
func (w *world) pays(t tb, who AccountID) outcome {
	t.Helper()
	out := w.does(t, StartPaymentCommand{Ask: w.ask(who), Who: who, Gateway: "sandbox"})
	return w.lands(t, out.Number)
}

func (w *world) lands(t tb, number PaymentNumber) outcome {
	t.Helper()
	return w.does(t, PaymentResult{Told: w.told(number, "tx-"+string(number))})
}

func (w *world) told(number PaymentNumber, tx string) GatewayPayment {
	for _, p := range w.payments {
		if p.Number == number {
			return GatewayPayment{Number: number, State: PaymentPaid, Transaction: tx, Amount: p.Amount, PaidAt: w.now}
		}
	}
	return GatewayPayment{Number: number, State: PaymentPaid, Transaction: tx, PaidAt: w.now}
}

// order finds an order by its number.
func (w *world) order(serial int64) OrderRecord {
	for _, o := range w.orders {
		if o.Serial == serial {
			return o
		}
	}
	return OrderRecord{}
}

// team is the only team, or the newest.
func (w *world) team() TeamRecord {
	var last TeamRecord
	for _, t := range w.teams {
		if t.Number > last.Number {
			last = t
		}
	}
	return last
}

func (w *world) wait(d time.Duration) { w.now = w.now.Add(d) }

// cutOff runs to the deadline, decides and fans out.
func (w *world) cutOff(t tb) {
	t.Helper()
	if w.now.Before(w.deal.Terms.DeadlineAt) {
		w.now = w.deal.Terms.DeadlineAt
	}
	w.does(t, DecideDue{})
	w.does(t, FanOut{Limit: 100})
}

// ready is a formed deal whose goods are there; 1 is xiaoming's with 2 of A and 1 of B, 2 is wang's with 5 of A.
func (w *world) ready(t tb) {
	t.Helper()
	w.joins(t, xiaoming, append(w.a(2), w.b(1)...))
	w.joins(t, wang, w.a(5))
	w.cutOff(t)
	w.does(t, ArriveCommand{Ask: w.ask(leader)})
	w.does(t, TellArrived{Limit: 100})
}

func offline(c *PostCommand) { c.Terms.Pay = PayOffline }
func atJoin(c *PostCommand)  { c.Terms.Pay = PayAtJoin }
func teams(c *PostCommand) {
	c.Terms.Kind, c.Terms.ThresholdUnit, c.Terms.Threshold, c.Terms.Cap, c.Terms.CapUnit = KindTeam, UnitPeople, 3, 3, UnitPeople
	c.Terms.TeamTTL = time.Hour
}

// refused is one command that a rule says no to.
type refused struct {
	why   Why
	code  Code
	deal  func(c *PostCommand)
	given func(t tb, w *world)
	turn  func(w *world) Turn
}

func joinsA(who AccountID, n int64) func(tb, *world) {
	return func(t tb, w *world) { t.Helper(); w.joins(t, who, w.a(n)) }
}

func join(who AccountID, n int64) func(w *world) Turn {
	return func(w *world) Turn { return w.joining(who, w.a(n)) }
}

// refusals has a row for every rule that can say no, grouped by verb.
var refusals = map[string]refused{
	"join: nothing wanted":             {WhyChooseItem, CodeInvalid, nil, nil, func(w *world) Turn { return w.joining(wang, nil) }},
	"join: zero":                       {WhyQuantity, CodeInvalid, nil, nil, join(wang, 0)},
	"join: less than nothing":          {WhyQuantity, CodeInvalid, nil, nil, join(wang, -2)},
	"join: far too many":               {WhyQuantity, CodeInvalid, nil, nil, join(wang, MaxQty+1)},
	"join: too many in pieces":         {WhyQuantity, CodeInvalid, nil, nil, func(w *world) Turn { return w.joining(wang, append(w.a(600), w.a(600)...)) }},
	"join: unknown item":               {WhyUnknownItem, CodeNotFound, nil, nil, func(w *world) Turn { return w.joining(wang, []Want{{Item: "pears", Qty: 1}}) }},
	"join: not open yet":               {WhyNotOpenYet, CodeTooLate, func(c *PostCommand) { c.Terms.OpensAt = epoch.Add(time.Hour) }, nil, join(wang, 1)},
	"join: at the deadline":            {WhyClosed, CodeTooLate, nil, func(_ tb, w *world) { w.now = w.deal.Terms.DeadlineAt }, join(wang, 1)},
	"join: a new team at the deadline": {WhyClosed, CodeTooLate, teams, func(_ tb, w *world) { w.now = w.deal.Terms.DeadlineAt }, func(w *world) Turn { c := w.joining(wang, w.a(1)); c.Open = true; return c }},
	"join: closed by hand":             {WhyClosed, CodeTooLate, nil, func(t tb, w *world) { w.does(t, CloseCommand{Ask: w.ask(leader)}) }, join(wang, 1)},
	"join: cancelled":                  {WhyCancelled, CodeTooLate, nil, func(t tb, w *world) { w.does(t, CancelCommand{Ask: w.ask(leader)}) }, join(wang, 1)},
	"join: cap of shares":              {WhyFull, CodeFull, nil, joinsA(ann, 9), join(wang, 2)},
	"join: cap of people":              {WhyFull, CodeFull, func(c *PostCommand) { teams(c); c.Terms.Pay = PayAtJoin }, fillTeam, func(w *world) Turn { c := w.joining("li", w.a(1)); c.Team = w.team().ID; return c }},
	"join: sold out":                   {WhySoldOut, CodeFull, func(c *PostCommand) { c.Items[0].Stock = 2 }, joinsA(ann, 1), join(wang, 2)},
	"join: limit of a person":          {WhyLimitPerson, CodeConflict, func(c *PostCommand) { c.Terms.LimitPerson = 3 }, joinsA(wang, 2), join(wang, 2)},
	"join: limit, and one is paid":     {WhyLimitPerson, CodeConflict, func(c *PostCommand) { atJoin(c); c.Terms.LimitPerson = 3 }, func(t tb, w *world) { w.joins(t, wang, w.a(2)); w.pays(t, wang) }, join(wang, 2)},
	"join: limit of an item":           {WhyLimitItem, CodeConflict, func(c *PostCommand) { c.Items[0].Limit = 3 }, joinsA(wang, 2), join(wang, 2)},
	"join: limit of a home":            {WhyLimitHousehold, CodeConflict, func(c *PostCommand) { c.Terms.LimitHousehold = 3 }, homeOfTwo, func(w *world) Turn { c := w.joining(wang, w.a(2)); c.Household = "home"; return c }},
	"join: home unknown":               {WhyNeedHousehold, CodeConflict, func(c *PostCommand) { c.Terms.LimitHousehold = 3 }, nil, join(wang, 1)},
	"join: older than the last":        {WhyStale, CodeConflict, nil, joinsA(wang, 1), stale1(func(w *world, ask Asked) Turn { c := w.joining(wang, w.a(1)); c.Ask = ask; return c })},
	"join: older than leaving": {WhyStale, CodeConflict, nil, func(t tb, w *world) {
		w.joins(t, wang, w.a(1))
		w.does(t, LeaveCommand{Ask: w.ask(wang), Who: wang})
	}, stale1(func(w *world, ask Asked) Turn { c := w.joining(wang, w.a(1)); c.Ask = ask; return c })},
	"join: which team?":          {WhyNoTeam, CodeInvalid, teams, nil, join(wang, 1)},
	"join: no such team":         {WhyNoTeam, CodeInvalid, teams, nil, func(w *world) Turn { c := w.joining(wang, w.a(1)); c.Team = "gone"; return c }},
	"join: the team's clock ran": {WhyClosed, CodeTooLate, teams, func(t tb, w *world) { opensTeam(t, w); w.wait(time.Hour) }, func(w *world) Turn { c := w.joining(wang, w.a(1)); c.Team = w.team().ID; return c }},

	"change: nothing named": {WhyChooseItem, CodeInvalid, nil, joinsA(wang, 1), func(w *world) Turn { return ChangeCommand{Ask: w.ask(wang), Who: wang} }},
	"change: negative":      {WhyQuantity, CodeInvalid, nil, joinsA(wang, 1), change(wang, -1)},
	"change: unknown item": {WhyUnknownItem, CodeNotFound, nil, joinsA(wang, 1), func(w *world) Turn {
		return ChangeCommand{Ask: w.ask(wang), Who: wang, Wants: []Want{{Item: "x", Qty: 1}}}
	}},
	"change: no order":        {WhyNoOrder, CodeNotFound, nil, nil, change(wang, 1)},
	"change: somebody else's": {WhyNotYours, CodeForbidden, nil, joinsA(wang, 1), func(w *world) Turn { return ChangeCommand{Ask: w.ask(ann), Order: w.order(1).ID, Wants: w.a(2)} }},
	"change: not the leader": {WhyNotLeader, CodeForbidden, nil, joinsA(wang, 1), func(w *world) Turn {
		return ChangeCommand{Ask: w.ask(ann), Order: w.order(1).ID, Wants: w.a(2), Leader: true}
	}},
	"change: over the cap":     {WhyFull, CodeFull, nil, joinsA(wang, 1), change(wang, 11)},
	"change: over the stock":   {WhySoldOut, CodeFull, func(c *PostCommand) { c.Items[0].Stock = 2 }, joinsA(wang, 1), change(wang, 3)},
	"change: over the limit":   {WhyLimitPerson, CodeConflict, func(c *PostCommand) { c.Terms.LimitPerson = 3 }, joinsA(wang, 1), change(wang, 4)},
	"change: over the home's":  {WhyLimitHousehold, CodeConflict, func(c *PostCommand) { c.Terms.LimitHousehold = 3 }, homeOfTwo, change(xiaoming, 3)},
	"change: more of paid":     {WhyAlreadyPaid, CodeConflict, atJoin, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.pays(t, wang) }, change(wang, 2)},
	"change: after the cutoff": {WhyClosed, CodeTooLate, nil, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.now = w.deal.Terms.DeadlineAt }, change(wang, 2)},
	"change: stale":            {WhyStale, CodeConflict, nil, joinsA(wang, 1), stale1(func(w *world, ask Asked) Turn { return ChangeCommand{Ask: ask, Who: wang, Wants: w.a(2)} })},

	"leave: no order":            {WhyNoOrder, CodeNotFound, nil, nil, func(w *world) Turn { return LeaveCommand{Ask: w.ask(wang), Who: wang} }},
	"leave: after the cutoff":    {WhyClosed, CodeTooLate, nil, func(t tb, w *world) { w.joins(t, wang, w.a(5)); w.cutOff(t) }, func(w *world) Turn { return LeaveCommand{Ask: w.ask(wang), Who: wang} }},
	"remove: not the leader":     {WhyNotLeader, CodeForbidden, nil, joinsA(wang, 1), func(w *world) Turn { return LeaveCommand{Ask: w.ask(wang), Leader: true, Serial: 1, Reason: "x"} }},
	"remove: no reason":          {WhyReason, CodeInvalid, nil, joinsA(wang, 1), func(w *world) Turn { return LeaveCommand{Ask: w.ask(leader), Leader: true, Serial: 1} }},
	"remove: no such number":     {WhyNoOrder, CodeNotFound, nil, joinsA(wang, 1), func(w *world) Turn { return LeaveCommand{Ask: w.ask(leader), Leader: true, Serial: 7, Reason: "x"} }},
	"remove: partly handed over": {WhyCollected, CodeConflict, offline, partlyHanded, func(w *world) Turn { return LeaveCommand{Ask: w.ask(leader), Leader: true, Serial: 1, Reason: "x"} }},

	"undo: nothing":        {WhyNothingToUndo, CodeNotFound, nil, nil, func(w *world) Turn { return UndoCommand{Ask: w.ask(wang), Who: wang} }},
	"undo: ten minutes on": {WhyNothingToUndo, CodeTooLate, nil, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.wait(UndoWindow + time.Second) }, undo(wang)},
	"undo: paid":           {WhyNothingToUndo, CodeTooLate, atJoin, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.pays(t, wang) }, func(w *world) Turn { return UndoCommand{Ask: w.ask(wang), Order: w.order(1).ID} }},
	"undo: not yours":      {WhyNotYours, CodeForbidden, nil, joinsA(wang, 1), func(w *world) Turn { return UndoCommand{Ask: w.ask(ann), Order: w.order(1).ID} }},
	"undo: decided":        {WhyClosed, CodeTooLate, nil, joinsA(wang, 10), undo(wang)},
	"undo: stale":          {WhyStale, CodeConflict, nil, joinsA(wang, 1), stale1(func(_ *world, ask Asked) Turn { return UndoCommand{Ask: ask, Who: wang} })},
	"undo: the seat is gone": {WhyFull, CodeFull, nil, func(t tb, w *world) {
		w.joins(t, wang, w.a(8))
		w.does(t, LeaveCommand{Ask: w.ask(wang), Who: wang})
		w.joins(t, ann, w.a(5))
	}, undo(wang)},

	"wait: there is room":     {WhyNoNeedToWait, CodeConflict, nil, nil, waits(wang, 1)},
	"wait: over the limit":    {WhyLimitPerson, CodeConflict, func(c *PostCommand) { c.Terms.LimitPerson = 2; c.Items[0].Stock = 1 }, joinsA(ann, 1), waits(wang, 3)},
	"wait: not on the list":   {WhyNotWaiting, CodeNotFound, nil, nil, func(w *world) Turn { return WaitCommand{Ask: w.ask(wang), Who: wang, Gone: true} }},
	"wait: in a team deal":    {WhyNoTeam, CodeInvalid, teams, nil, waits(wang, 1)},
	"wait: closed":            {WhyClosed, CodeTooLate, nil, func(_ tb, w *world) { w.now = w.deal.Terms.DeadlineAt }, waits(wang, 1)},
	"offer: none":             {WhyNotWaiting, CodeTooLate, nil, nil, func(w *world) Turn { return TakeOfferCommand{Item: w.item("A"), Join: w.joining(wang, nil)} }},
	"offer: ran out":          {WhyNotWaiting, CodeTooLate, nil, func(t tb, w *world) { offered(t, w); w.wait(OfferWindow) }, func(w *world) Turn { return TakeOfferCommand{Item: w.item("A"), Join: w.joining(wang, nil)} }},
	"offer: kept from others": {WhyFull, CodeFull, nil, offered, join("li", 1)},

	"pay: offline":          {WhyNothingToPay, CodePayment, offline, joinsA(wang, 1), pay(wang)},
	"pay: nothing":          {WhyNothingToPay, CodePayment, atJoin, nil, pay(wang)},
	"pay: before it formed": {WhyNotFormed, CodePayment, nil, joinsA(wang, 1), pay(wang)},
	"pay: twice":            {WhyAlreadyPaid, CodePayment, atJoin, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.pays(t, wang) }, pay(wang)},
	"pay: too late":         {WhyNothingToPay, CodeTooLate, atJoin, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.wait(AtJoinWindow) }, pay(wang)},
	"paid: unknown number":  {WhyNotFound, CodeNotFound, atJoin, nil, func(w *world) Turn { return PaymentResult{Told: w.told("never", "tx")} }},
	"paid: wrong amount": {WhyQuantity, CodePayment, atJoin, func(t tb, w *world) {
		w.joins(t, wang, w.a(1))
		w.does(t, StartPaymentCommand{Ask: w.ask(wang), Who: wang, Gateway: "sandbox"})
	}, wrongAmount},
	"record: not the leader": {WhyNotLeader, CodeForbidden, offline, joinsA(wang, 1), func(w *world) Turn { return RecordPaymentCommand{Ask: w.ask(wang), Serial: 1} }},
	"record: not offline":    {WhyNotAllowed, CodePayment, nil, joinsA(wang, 1), func(w *world) Turn { return RecordPaymentCommand{Ask: w.ask(leader), Serial: 1} }},
	"record: no such number": {WhyNoOrder, CodeNotFound, offline, nil, func(w *world) Turn { return RecordPaymentCommand{Ask: w.ask(leader), Serial: 1} }},
	"record: who left": {WhyNoOrder, CodeTooLate, offline, func(t tb, w *world) {
		w.joins(t, wang, w.a(1))
		w.does(t, LeaveCommand{Ask: w.ask(wang), Who: wang})
	}, func(w *world) Turn { return RecordPaymentCommand{Ask: w.ask(leader), Serial: 1} }},
	"refund: unknown": {WhyNotFound, CodeNotFound, nil, nil, func(*world) Turn { return RefundResult{Refund: "x"} }},
	"retry: unknown":  {WhyNotFound, CodeNotFound, nil, nil, func(w *world) Turn { return RetryRefund{Ask: w.ask(leader), Refund: "x"} }},

	"close: not the leader":        {WhyNotLeader, CodeForbidden, nil, nil, func(w *world) Turn { return CloseCommand{Ask: w.ask(wang)} }},
	"close: nobody":                {WhyNotLeader, CodeForbidden, nil, nil, func(*world) Turn { return CloseCommand{} }},
	"close: twice":                 {WhyDecided, CodeTooLate, nil, func(t tb, w *world) { w.does(t, CloseCommand{Ask: w.ask(leader)}) }, func(w *world) Turn { return CloseCommand{Ask: w.ask(leader)} }},
	"complete: a shopper":          {WhyNotLeader, CodeForbidden, nil, joinsA(wang, 1), complete(wang, CompletionApproved)},
	"complete: not said how":       {WhyEdit, CodeInvalid, nil, joinsA(wang, 1), complete(leader, CompletionReal)},
	"complete: nobody joined":      {WhyDecided, CodeTooLate, nil, nil, complete(leader, CompletionApproved)},
	"complete: nobody paid":        {WhyDecided, CodeTooLate, atJoin, joinsA(wang, 1), complete(leader, CompletionApproved)},
	"complete: decided":            {WhyDecided, CodeTooLate, nil, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.cutOff(t) }, complete(leader, CompletionApproved)},
	"complete: at the deadline":    {WhyDecided, CodeTooLate, nil, func(t tb, w *world) { w.joins(t, wang, w.a(1)); w.now = w.deal.Terms.DeadlineAt }, complete(leader, CompletionApproved)},
	"complete: no such team":       {WhyNoTeam, CodeNotFound, teams, nil, complete(leader, CompletionApproved)},
	"extend: not the leader":       {WhyNotLeader, CodeForbidden, nil, nil, extend(wang, time.Hour)},
	"extend: twice":                {WhyExtended, CodeConflict, nil, func(t tb, w *world) { w.does(t, extend(leader, time.Hour)(w)) }, extend(leader, time.Hour)},
	"extend: backwards":            {WhyExtendRange, CodeInvalid, nil, nil, extend(leader, 0)},
	"extend: beyond three days":    {WhyExtendRange, CodeInvalid, nil, nil, extend(leader, MaxExtension+time.Millisecond)},
	"extend: at the deadline":      {WhyDecided, CodeTooLate, nil, func(_ tb, w *world) { w.now = w.deal.Terms.DeadlineAt }, extend(leader, time.Hour)},
	"cancel: not the leader":       {WhyNotLeader, CodeForbidden, nil, nil, func(w *world) Turn { return CancelCommand{Ask: w.ask(wang)} }},
	"cancel: failed":               {WhyDecided, CodeTooLate, nil, func(t tb, w *world) { w.cutOff(t) }, func(w *world) Turn { return CancelCommand{Ask: w.ask(leader)} }},
	"cancel: handing out":          {WhyDecided, CodeTooLate, offline, func(t tb, w *world) { w.ready(t) }, func(w *world) Turn { return CancelCommand{Ask: w.ask(leader)} }},
	"edit: not the leader":         {WhyNotLeader, CodeForbidden, nil, nil, func(w *world) Turn { return EditCommand{Ask: w.ask(wang)} }},
	"edit: cancelled":              {WhyDecided, CodeTooLate, nil, func(t tb, w *world) { w.does(t, CancelCommand{Ask: w.ask(leader)}) }, func(w *world) Turn { return EditCommand{Ask: w.ask(leader), Title: new("x")} }},
	"edit: empty title":            {WhyEdit, CodeInvalid, nil, nil, func(w *world) Turn { return EditCommand{Ask: w.ask(leader), Title: new("  ")} }},
	"edit: higher threshold":       {WhyEdit, CodeInvalid, nil, nil, func(w *world) Turn { return EditCommand{Ask: w.ask(leader), Threshold: new(int64(4))} }},
	"edit: stock below what holds": {WhyEdit, CodeInvalid, nil, joinsA(wang, 2), func(w *world) Turn { return EditCommand{Ask: w.ask(leader), Stock: map[ItemID]int64{w.item("A"): 1}} }},
	"edit: stock of what?":         {WhyUnknownItem, CodeNotFound, nil, nil, func(w *world) Turn { return EditCommand{Ask: w.ask(leader), Stock: map[ItemID]int64{"x": 1}} }},
	"point: no order":              {WhyNoOrder, CodeNotFound, nil, nil, func(w *world) Turn { return PointCommand{Ask: w.ask(wang), Who: wang, Point: "gate"} }},
	"point: after the cutoff":      {WhyClosed, CodeTooLate, nil, func(t tb, w *world) { w.joins(t, wang, w.a(5)); w.cutOff(t) }, func(w *world) Turn { return PointCommand{Ask: w.ask(wang), Who: wang, Point: "gate"} }},
	"share: not the leader":        {WhyNotLeader, CodeForbidden, nil, nil, func(w *world) Turn { return ShareCommand{Ask: w.ask(wang), Chat: "other"} }},
	"share: closed":                {WhyClosed, CodeTooLate, nil, func(t tb, w *world) { w.cutOff(t) }, func(w *world) Turn { return ShareCommand{Ask: w.ask(leader), Chat: "other"} }},

	"summary: not the leader": {WhyNotLeader, CodeForbidden, nil, nil, func(w *world) Turn { return SummaryCommand{Ask: w.ask(wang)} }},
	"summary: not formed":     {WhyNotFormed, CodeConflict, nil, nil, func(w *world) Turn { return SummaryCommand{Ask: w.ask(leader)} }},
	"summary: wrong link":     {WhyLink, CodeNotFound, nil, nil, func(w *world) Turn { return AnswerSummaryCommand{Ask: w.ask(merchant), Token: "x"} }},
	"summary: empty link":     {WhyLink, CodeNotFound, nil, nil, func(w *world) Turn { return AnswerSummaryCommand{Ask: w.ask(merchant)} }},
	"summary: shut by others": {WhyNotLeader, CodeForbidden, offline, summed, func(w *world) Turn {
		return AnswerSummaryCommand{Ask: w.ask(wang), Token: w.summaries[0].Token, Revoke: true}
	}},
	"summary: shut": {WhyLink, CodeNotFound, offline, func(t tb, w *world) {
		summed(t, w)
		w.does(t, AnswerSummaryCommand{Ask: w.ask(leader), Token: w.summaries[0].Token, Revoke: true})
	}, func(w *world) Turn { return AnswerSummaryCommand{Ask: w.ask(merchant), Token: w.summaries[0].Token} }},
	"arrive: not the leader": {WhyNotLeader, CodeForbidden, nil, nil, func(w *world) Turn { return ArriveCommand{Ask: w.ask(wang)} }},
	"arrive: not formed":     {WhyNotFormed, CodeConflict, nil, nil, func(w *world) Turn { return ArriveCommand{Ask: w.ask(leader)} }},
	"arrive: still moving": {WhyBusy, CodeConflict, offline, func(t tb, w *world) {
		w.joins(t, wang, w.a(5))
		w.now = w.deal.Terms.DeadlineAt
		w.does(t, DecideDue{})
	}, func(w *world) Turn { return ArriveCommand{Ask: w.ask(leader)} }},
	"check off: nobody's verifier": {WhyNotAllowed, CodeForbidden, offline, isReady, func(w *world) Turn { return CheckOffCommand{Ask: w.ask(wang), Serial: 1, Confirmed: true} }},
	"check off: says leader":       {WhyNotAllowed, CodeForbidden, offline, isReady, func(w *world) Turn { return CheckOffCommand{Ask: w.ask(wang), Serial: 1, Leader: true} }},
	"check off: another point":     {WhyNotAllowed, CodeForbidden, offline, isReady, func(w *world) Turn { return CheckOffCommand{Ask: w.ask(wang), Serial: 1, Points: []PointID{"gate"}} }},
	"check off: wrong code":        {WhyWrongCode, CodeNotFound, offline, isReady, func(w *world) Turn { return CheckOffCommand{Ask: w.ask(leader), Code: "NONE", Leader: true} }},
	"check off: no such number":    {WhyNoOrder, CodeNotFound, offline, isReady, func(w *world) Turn { return CheckOffCommand{Ask: w.ask(leader), Serial: 9, Leader: true} }},
	"check off: dear without code": {WhyNeedCode, CodeConflict, offline, isReady, func(w *world) Turn {
		return CheckOffCommand{Ask: w.ask(leader), Serial: 2, Leader: true, Confirmed: true}
	}},
	"check off: not there yet": {WhyNotReady, CodeConflict, offline, joinsA(wang, 1), func(w *world) Turn {
		return CheckOffCommand{Ask: w.ask(leader), Serial: 1, Leader: true, Confirmed: true}
	}},
	"check off: at the other point": {WhyNotReady, CodeConflict, offline, arrivedElsewhere, func(w *world) Turn {
		return CheckOffCommand{Ask: w.ask(leader), Serial: 1, Leader: true, Confirmed: true}
	}},
	"check off: more than ordered": {WhyQuantity, CodeInvalid, offline, isReady, func(w *world) Turn {
		return CheckOffCommand{Ask: w.ask(leader), Serial: 1, Leader: true, Confirmed: true, Lines: append(w.a(1), w.a(2)...)}
	}},
	"check off: not ordered": {WhyUnknownItem, CodeInvalid, offline, isReady, func(w *world) Turn {
		return CheckOffCommand{Ask: w.ask(leader), Code: w.order(2).PickupCode, Leader: true, Lines: w.b(1)}
	}},
	"uncheck: nothing": {WhyNothingToUndo, CodeTooLate, offline, isReady, func(w *world) Turn { return UncheckCommand{Ask: w.ask(leader), Order: w.order(1).ID} }},
	"uncheck: too late": {WhyNothingToUndo, CodeTooLate, offline, func(t tb, w *world) { partlyHanded(t, w); w.wait(UncheckWindow + time.Second) }, func(w *world) Turn {
		return UncheckCommand{Ask: w.ask(leader), Order: w.order(1).ID}
	}},
	"uncheck: by others": {WhyNotAllowed, CodeForbidden, offline, partlyHanded, func(w *world) Turn { return UncheckCommand{Ask: w.ask(wang), Order: w.order(1).ID} }},
}

func fillTeam(t tb, w *world) {
	t.Helper()
	opensTeam(t, w)
	for _, who := range []AccountID{ann, "zhao"} {
		c := w.joining(who, w.a(1))
		c.Team = w.team().ID
		w.does(t, c)
	}
}

func opensTeam(t tb, w *world) {
	t.Helper()
	c := w.joining(xiaoming, w.a(1))
	c.Open = true
	w.does(t, c)
}

func homeOfTwo(t tb, w *world) {
	t.Helper()
	for _, who := range []AccountID{xiaoming, ann} {
		c := w.joining(who, w.a(1))
		c.Household = "home"
		w.does(t, c)
	}
}

func stale1(turn func(w *world, ask Asked) Turn) func(w *world) Turn {
	return func(w *world) Turn {
		ask := w.ask(wang)
		ask.At = w.now.Add(-time.Second)
		return turn(w, ask)
	}
}

func change(who AccountID, n int64) func(w *world) Turn {
	return func(w *world) Turn { return ChangeCommand{Ask: w.ask(who), Who: who, Wants: w.a(n)} }
}

func undo(who AccountID) func(w *world) Turn {
	return func(w *world) Turn { return UndoCommand{Ask: w.ask(who), Who: who} }
}

func waits(who AccountID, n int64) func(w *world) Turn {
	return func(w *world) Turn { return WaitCommand{Ask: w.ask(who), Who: who, Item: w.item("A"), Qty: n} }
}

func pay(who AccountID) func(w *world) Turn {
	return func(w *world) Turn { return StartPaymentCommand{Ask: w.ask(who), Who: who, Gateway: "sandbox"} }
}

func wrongAmount(w *world) Turn {
	var told GatewayPayment
	for _, p := range w.payments {
		told = w.told(p.Number, "tx")
		told.Amount, _ = told.Amount.Times(2)
	}
	return PaymentResult{Told: told}
}

func complete(who AccountID, how Completion) func(w *world) Turn {
	return func(w *world) Turn { return CompleteCommand{Ask: w.ask(who), How: how} }
}

func extend(who AccountID, by time.Duration) func(w *world) Turn {
	return func(w *world) Turn { return ExtendCommand{Ask: w.ask(who), To: w.deal.Terms.DeadlineAt.Add(by)} }
}

// offered: wang waits for the last two of a deal that is nearly full, and ann, who has them, leaves.
func offered(t tb, w *world) {
	t.Helper()
	w.joins(t, xiaoming, w.a(8))
	w.joins(t, ann, w.a(1))
	w.does(t, waits(wang, 2)(w))
	w.does(t, LeaveCommand{Ask: w.ask(ann), Who: ann})
}

func isReady(t tb, w *world) { t.Helper(); w.ready(t) }

func partlyHanded(t tb, w *world) {
	t.Helper()
	w.ready(t)
	w.does(t, CheckOffCommand{Ask: w.ask(leader), Serial: 1, Leader: true, Confirmed: true, Lines: w.b(1)})
}

func arrivedElsewhere(t tb, w *world) {
	t.Helper()
	w.joins(t, wang, w.a(3))
	w.cutOff(t)
	w.does(t, ArriveCommand{Ask: w.ask(leader), Point: "gate"})
}

func summed(t tb, w *world) {
	t.Helper()
	w.joins(t, wang, w.a(3))
	w.cutOff(t)
	w.does(t, SummaryCommand{Ask: w.ask(leader)})
}

// TestRefusals walks every rule that says no: the right reason, and no order, item, payment or refund moves because of it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, c.deal)
			if c.given != nil {
				c.given(t, w)
			}
			before := w.snapshot()
			out := w.say(t, c.turn(w))
			if out.refusal == nil || out.refusal.Why != c.why || out.refusal.Code != c.code {
				t.Fatalf("came to %s (%v), want %s (%s)", out.Did, out.refusal, c.why, c.code)
			}
			after := w.snapshot()
			w.sound(t)
			before.Deal, after.Deal, before.Teams, after.Teams = DealRecord{}, DealRecord{}, nil, nil // the clock may have moved these
			if !reflect.DeepEqual(before, after) {
				t.Fatal("a refused command changed something")
			}
		})
	}
}

// TestEveryReasonIsWalked keeps the table above whole. The rest are reasons of the layers around the domain.
func TestEveryReasonIsWalked(t *testing.T) {
	t.Parallel()
	walked := map[Why]bool{WhyBadDeal: true /* TestPostRefuses */}
	for _, c := range refusals {
		walked[c.why] = true
	}
	for _, why := range []Why{
		WhyQuantity, WhyUnknownItem, WhyChooseItem, WhyNotOpenYet, WhyClosed, WhyDecided, WhyCancelled, WhyFull, WhySoldOut, WhyLimitPerson,
		WhyLimitItem, WhyLimitHousehold, WhyNeedHousehold, WhyNoOrder, WhyNotYours, WhyNotLeader, WhyNotAllowed, WhyAlreadyPaid,
		WhyNothingToPay, WhyNothingToUndo, WhyStale, WhyNoTeam, WhyExtended, WhyExtendRange, WhyEdit, WhyReason, WhyNotFormed, WhyNotReady,
		WhyWrongCode, WhyNeedCode, WhyCollected, WhyBadDeal, WhyNotWaiting, WhyNoNeedToWait, WhyLink, WhyNotFound, WhyBusy,
	} {
		if !walked[why] {
			t.Errorf("no test is refused for %s", why)
		}
	}
}
