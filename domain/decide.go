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
	counted := t.r.Counted(b.deal.r.Terms.Pay)
	switch {
	case t.r.Live.Shares == 0:
		b.endEmpty(t, TeamFailing, "no_orders")
	case missing == 0 && counted.Shares > 0:
		b.form(t, CompletionReal, "")
	case b.mayWait(t):
		if t.r.State == TeamForming {
			t.r.State = TeamDeciding
			t.r.DrainUntil = b.Now.Add(b.patience())
		}
	case counted.Shares == 0 && missing == 0:
		b.endTeam(t, TeamFailing, "unpaid") // people joined, but nobody paid
	default:
		b.endTeam(t, TeamFailing, "short")
		t.r.Short = missing
		if b.deal.r.Terms.Kind == KindChain { // one of many small teams is nobody's news but its people's
			b.tellChats(Notice{Kind: NoticeFailedChat, Team: t.r.ID, Urgent: true, Num: map[string]int64{"missing": missing}}, t.r.ID)
		}
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

// endTeam leaves forming or deciding, or formed when the deal is cancelled later; fan-out to orders follows in a step of its
// own. When and at which version a team was decided is written once.
func (b *Book) endTeam(t *Team, to TeamState, reason string) {
	if !t.r.IsDecided() {
		b.deal.r.OpenTeams--
		t.r.DecidedAt, t.r.DecidedAtVersion = b.Now, t.r.Version
	}
	if t.r.State == TeamFormed {
		b.deal.r.FormedTeams--
	}
	t.r.State, t.r.Reason = to, reason
	t.r.DrainUntil, t.r.FannedOut = time.Time{}, false
}

// endEmpty ends a team without live orders quietly: there is nobody to move or to tell, unless somebody waits for a seat
// or money of people who left is still on its way.
func (b *Book) endEmpty(t *Team, to TeamState, reason string) {
	b.endTeam(t, to, reason)
	t.r.FannedOut = b.deal.r.Waiting == 0
	b.endIfRefunded(t)
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
