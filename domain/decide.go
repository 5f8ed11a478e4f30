package domain

import (
	"time"
)

// Bits of TeamRecord.Told.
const (
	toldAlmostFull = 1
	toldKMore      = 2
)

// afterCount looks at a team whose tallies moved: marks, announcements, and the decision when the cap is reached.
func (b *Book) afterCount(t *Team) {
	pay := b.deal.r.Terms.Pay
	c := t.r.Counted(pay)
	if t.r.State != TeamForming {
		return
	}
	met := t.r.Missing(pay) == 0 && t.r.Live.Shares > 0
	switch {
	case met && t.r.MetAt.IsZero():
		t.r.MetAt = b.Now
	case !met:
		t.r.MetAt = time.Time{}
	}
	if t.r.Cap > 0 && c.In(t.r.CapUnit) >= t.r.Cap && met {
		b.decide(t)
		return
	}
	b.announce(t)
}

// announce says "k more" and "almost full" once per team; how loud a chat wants it is decided when sending.
func (b *Book) announce(t *Team) {
	pay := b.deal.r.Terms.Pay
	if missing := t.r.Missing(pay); missing > 0 && missing*5 <= t.r.Threshold && t.r.Told&toldKMore == 0 {
		t.r.Told |= toldKMore
		b.tellChats(Notice{Kind: NoticeKMore, Team: t.r.ID}, t.r.ID)
	}
	if t.r.Cap > 0 && t.r.room()*10 <= t.r.Cap && t.r.room() > 0 && t.r.Told&toldAlmostFull == 0 {
		t.r.Told |= toldAlmostFull
		b.tellChats(Notice{Kind: NoticeAlmostFull, Team: t.r.ID}, t.r.ID)
	}
}

// decideDue decides every loaded team whose time has come.
func (b *Book) decideDue() int64 {
	var n int64
	for _, t := range b.Teams() {
		due := t.r.State == TeamForming && !b.Now.Before(t.r.DeadlineAt)
		drained := t.r.State == TeamDeciding
		if due || drained {
			before := t.r.State
			b.decide(t)
			if t.r.State != before {
				n++
			}
		}
	}
	b.settleDeal()
	return n
}

// decide settles a team's fate. Whoever holds the deal's lock may call it; it happens once, because every way out of
// forming and deciding is one-way. Rules: design 2, field.md 3.3 and 3.6.
func (b *Book) decide(t *Team) {
	if t.r.IsDecided() {
		return
	}
	missing := t.r.Missing(b.deal.r.Terms.Pay)
	switch {
	case t.r.Live.Shares == 0:
		b.endTeam(t, TeamFailed, "no_orders")
		t.r.FannedOut = true
	case missing == 0:
		b.form(t, CompletionReal, "")
	case b.mayWait(t):
		if t.r.State == TeamForming {
			t.r.State = TeamDeciding
			t.r.DrainUntil = b.Now.Add(b.patience())
		}
	default:
		b.endTeam(t, TeamFailing, "short")
		t.r.Short = missing
		b.tellChats(Notice{Kind: NoticeFailedChat, Team: t.r.ID, Urgent: true, Num: map[string]int64{"missing": missing}}, t.r.ID)
	}
	b.settleDeal()
}

// patience is how long deciding may last: payments under way, plus the leader's grace if it was set when posting.
func (b *Book) patience() time.Duration {
	wait := min(b.deal.r.Terms.Grace, MaxGrace)
	if b.deal.r.Terms.Pay == PayAtJoin {
		wait = max(wait, DrainWindow)
	}
	return wait
}

// mayWait: a short team waits only for payments that could still make it whole, or for the leader's grace.
func (b *Book) mayWait(t *Team) bool {
	if t.r.State == TeamDeciding {
		return b.Now.Before(t.r.DrainUntil)
	}
	if b.patience() == 0 {
		return false
	}
	if b.deal.r.Terms.Grace > 0 {
		return true
	}
	return t.r.Live.In(t.r.ThresholdUnit) >= t.r.Threshold
}

// form makes a team formed.
func (b *Book) form(t *Team, how Completion, by AccountID) {
	b.endTeam(t, TeamFormed, "")
	t.r.Completion, t.r.DecidedBy, t.r.ThresholdUsed = how, by, t.r.Threshold
	b.deal.r.FormedTeams++
	b.tellChats(Notice{Kind: NoticeFormedChat, Team: t.r.ID, Urgent: true, Num: map[string]int64{"people": t.r.Live.People, "shares": t.r.Live.Shares}}, t.r.ID)
}

// endTeam leaves forming or deciding; fan-out to orders follows in a step of its own.
func (b *Book) endTeam(t *Team, to TeamState, reason string) {
	if !t.r.IsDecided() {
		b.deal.r.OpenTeams--
	}
	t.r.State, t.r.Reason = to, reason
	t.r.DecidedAt, t.r.DecidedAtVersion = b.Now, t.r.Version
	t.r.DrainUntil = time.Time{}
}

// settleDeal follows the deal's own state: locked at the cut-off, then formed or failed once no team is open.
func (b *Book) settleDeal() {
	d := &b.deal.r
	if d.State == DealScheduled && !b.Now.Before(d.Terms.OpensAt) {
		d.State = DealOpen
	}
	over := !b.Now.Before(d.Terms.DeadlineAt) || !d.LockedAt.IsZero() || (d.Terms.Kind == KindChain && d.OpenTeams == 0)
	if d.State == DealOpen && over {
		d.State = DealLocked
		if d.LockedAt.IsZero() {
			d.LockedAt = b.Now
		}
	}
	if d.State == DealLocked && d.OpenTeams == 0 {
		d.State = DealFailed
		if d.FormedTeams > 0 {
			d.State = DealFormed
		}
	}
}

// DecideDue is the clock's: decide every team of a deal whose time has come, and open a deal whose time has come.
type DecideDue struct{ Deal DealID }

// Asked is empty: nobody sends it.
func (c DecideDue) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c DecideDue) Kind() string { return "decide" }

// Needs asks for the due teams.
func (c DecideDue) Needs() Needs { return Needs{DueTeams: true} }

// Apply decides them.
func (c DecideDue) Apply(b *Book) (Answer, error) {
	n := b.decideDue()
	if n == 0 {
		return Answer{Did: DidNothing, Deal: b.deal.r.ID}, nil
	}
	a := b.answer(DidDecide, nil, nil)
	a.Count = n
	return a, nil
}

// CloseCommand cuts the deal off now (截团): every team that is still gathering is decided at once.
type CloseCommand struct {
	Ask  Asked
	Deal DealID
}

// Asked is the command's key and speaker.
func (c CloseCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c CloseCommand) Kind() string { return "close" }

// Needs asks for the open teams.
func (c CloseCommand) Needs() Needs { return Needs{ChainTeam: true, OpenTeams: true} }

// Apply closes early.
func (c CloseCommand) Apply(b *Book) (Answer, error) {
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	d := &b.deal.r
	if d.State != DealOpen && d.State != DealScheduled {
		return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(d.State))
	}
	d.State, d.LockedAt = DealOpen, b.Now
	d.Terms.DeadlineAt = earlier(d.Terms.DeadlineAt, b.Now)
	for _, t := range b.Teams() {
		if !t.r.IsDecided() {
			t.r.DeadlineAt = earlier(t.r.DeadlineAt, b.Now)
			b.decide(t)
		}
	}
	b.settleDeal()
	return b.answer(DidClose, nil, b.chainTeamOrNil()), nil
}

// chainTeamOrNil is the chain's team for answers; a team deal has no single one.
func (b *Book) chainTeamOrNil() *Team {
	if b.deal.r.Terms.Kind != KindChain {
		return nil
	}
	return b.chainTeam()
}

// CompleteCommand forms a short team by an explicit decision of its leader or merchant. It is recorded with its kind; no
// people, orders or points are made up. Rule: field.md 3.6.
type CompleteCommand struct {
	Ask  Asked
	Deal DealID
	Team TeamID // "" in a chain
	How  Completion
}

// Asked is the command's key and speaker.
func (c CompleteCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c CompleteCommand) Kind() string { return "complete" }

// Needs asks for the team.
func (c CompleteCommand) Needs() Needs {
	if c.Team == "" {
		return Needs{ChainTeam: true}
	}
	return Needs{Teams: []TeamID{c.Team}}
}

// Apply forms the team with what it has.
func (c CompleteCommand) Apply(b *Book) (Answer, error) {
	if !b.isLeader(c.Ask.By) && c.Ask.By != b.deal.r.Terms.Merchant {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if c.How != CompletionLowered && c.How != CompletionApproved && c.How != CompletionToppedUp {
		return Answer{}, Refuse(CodeInvalid, WhyEdit).With("field", "how")
	}
	t := b.teams[c.Team]
	if c.Team == "" {
		t = b.chainTeamOrNil()
	}
	if t == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNoTeam)
	}
	if t.r.IsDecided() || t.r.Live.Shares == 0 {
		return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(t.r.State))
	}
	used := t.r.Counted(b.deal.r.Terms.Pay).In(t.r.ThresholdUnit)
	b.form(t, c.How, c.Ask.By)
	t.r.ThresholdUsed = used
	b.settleDeal()
	return b.answer(DidComplete, nil, t), nil
}

// FanOut is the clock's: carry decisions to orders, refunds and notices, a page at a time. It can stop anywhere and go on.
type FanOut struct {
	Deal  DealID
	Limit int
}

// Asked is empty: nobody sends it.
func (c FanOut) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c FanOut) Kind() string { return "fan_out" }

// Needs asks for a page of orders that decided teams have still to move.
func (c FanOut) Needs() Needs { return Needs{FanOut: c.Limit, Money: true, Waiting: true} }

// Apply moves them. Answer.Count is how many moved; fewer than Limit means that this deal is done.
func (c FanOut) Apply(b *Book) (Answer, error) {
	var n int64
	for _, o := range b.Orders() {
		t := b.teams[o.r.Team]
		if t == nil || t.r.FannedOut {
			continue
		}
		moved, err := b.fanOutOrder(t, o)
		if err != nil {
			return Answer{}, err
		}
		n += moved
	}
	b.finishTeams(c.Limit)
	a := b.answer(DidNothing, nil, nil)
	a.Count = n
	return a, nil
}

// finishTeams marks teams as fanned out when the page held all that was left.
func (b *Book) finishTeams(limit int) {
	for _, id := range b.page.FanOutTeams {
		t := b.teams[id]
		if t == nil || !t.r.IsDecided() || t.r.FannedOut {
			continue
		}
		b.clearWaiting(t)
		if b.page.FanOut >= limit {
			continue
		}
		t.r.FannedOut = true
		b.endIfRefunded(t)
	}
}

// endIfRefunded: failed means that fan-out is over and every refund is final. Rule: design 2.
func (b *Book) endIfRefunded(t *Team) {
	if !t.r.FannedOut || t.r.OpenRefunds > 0 {
		return
	}
	switch t.r.State {
	case TeamFailing:
		t.r.State = TeamFailed
	case TeamCancelling:
		t.r.State = TeamCancelled
	}
}

func (b *Book) fanOutOrder(t *Team, o *Order) (int64, error) {
	switch t.r.State {
	case TeamFormed:
		return b.formOrder(t, o)
	case TeamFailing:
		return b.failOrder(t, o, OrderFailed, "team_failed", NoticeFailed)
	case TeamCancelling:
		return b.failOrder(t, o, OrderCancelled, "deal_cancelled", NoticeCancelled)
	}
	return 0, nil
}

// formOrder tells one person that the deal is on, and what to do now.
func (b *Book) formOrder(t *Team, o *Order) (int64, error) {
	terms := b.deal.r.Terms
	switch {
	case o.r.State == OrderWaiting, o.r.State == OrderPlaced && terms.Pay == PayOffline:
		if err := b.move(o, OrderConfirmed, nil); err != nil {
			return 0, err
		}
	case o.r.State == OrderPlaced && terms.Pay == PayAfterFormed:
		window := terms.PayWindow
		if window == 0 {
			window = FormedWindow
		}
		by := t.r.DecidedAt.Add(window)
		if err := b.move(o, OrderAwaiting, func(r *OrderRecord) { r.PayDueAt = by }); err != nil {
			return 0, err
		}
		b.out.Dues = append(b.out.Dues, Due{Order: o.r.ID, Purpose: PurposeFull, Amount: o.r.Owed(), At: by})
		b.tellOne(o.r.Shopper, Notice{Kind: NoticePayDue, Order: o.r.ID, Due: by.Add(-2 * time.Hour), Lead: 2 * time.Hour, Urgent: true}, o.r.ID)
	case o.r.State == OrderPlaced:
		return b.closeUnpaid(o) // at_join: the money did not come in time
	default:
		return 0, nil
	}
	b.tellOne(o.r.Shopper, Notice{Kind: NoticeFormed, Order: o.r.ID, Team: t.r.ID, Urgent: true, Num: map[string]int64{"owed": o.r.Owed().Fen()}}, o.r.ID)
	return 1, nil
}

// failOrder lets one person go and sends all of their money back.
func (b *Book) failOrder(t *Team, o *Order, to OrderState, why string, kind NoticeKind) (int64, error) {
	if !o.r.State.IsLive() || o.r.State == OrderReceived {
		return 0, nil
	}
	paid := o.r.Paid
	if err := b.move(o, to, func(r *OrderRecord) { r.Reason = why }); err != nil {
		return 0, err
	}
	b.supersedePayments(o)
	if err := b.refundAll(o, why); err != nil {
		return 0, err
	}
	b.tellOne(o.r.Shopper, Notice{Kind: kind, Order: o.r.ID, Team: t.r.ID, Urgent: true, Num: map[string]int64{"back": o.r.RefundDue.Fen(), "paid": paid.Fen(), "missing": t.r.Short}}, o.r.ID)
	return 1, nil
}
