package domain

import (
	"time"
)

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

// finishTeams marks teams as fanned out when the page held all that was left. A team that came to another end since the page
// was loaded, by a turn of this very batch, has other orders to move than the page looked for.
func (b *Book) finishTeams(limit int) {
	for _, id := range b.page.FanOutTeams {
		t := b.teams[id]
		if t == nil || !t.r.IsDecided() || t.r.FannedOut || t.r.State != t.base.State {
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

// endIfRefunded: failed means that fan-out is over and every refund is final or handed to a person. Rule: design 2.
func (b *Book) endIfRefunded(t *Team) {
	if !t.r.FannedOut || t.r.OpenRefunds > 0 {
		return
	}
	switch t.r.State {
	case TeamFailing:
		t.r.State = TeamFailed
	case TeamCancelling:
		t.r.State = TeamCancelled
	default:
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
	default:
		return 0, nil
	}
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
		if b.Now.After(t.r.DecidedAt.Add(window / 2)) {
			by = b.Now.Add(window) // nobody is closed unpaid because we were away and told them late
		}
		if err := b.move(o, OrderAwaiting, func(r *OrderRecord) { r.PayDueAt = by }); err != nil {
			return 0, err
		}
		b.due(o)
		lead := min(2*time.Hour, window/2)
		b.tellOne(o.r.Shopper, Notice{Kind: NoticePayDue, Order: o.r.ID, Due: by.Add(-lead), Lead: lead, Urgent: true}, o.r.ID)
	case o.r.State == OrderPlaced && b.Now.Before(o.r.PayDueAt.Add(PayDrain)):
		// at_join: a hold lasts its window and the drain, whatever became of the team meanwhile; money under way is welcome.
		if err := b.move(o, OrderAwaiting, nil); err != nil {
			return 0, err
		}
		if !b.Now.Before(o.r.PayDueAt) {
			return 1, nil
		}
	case o.r.State == OrderPlaced:
		return b.closeUnpaid(o)
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
	paid, due := o.r.Paid, o.r.RefundDue
	if err := b.move(o, to, func(r *OrderRecord) { r.Reason = why }); err != nil {
		return 0, err
	}
	b.supersedePayments(o)
	if err := b.refundAll(o, why); err != nil {
		return 0, err
	}
	b.tellOne(o.r.Shopper, Notice{Kind: kind, Order: o.r.ID, Team: t.r.ID, Urgent: true, Num: map[string]int64{"back": o.r.RefundDue.Fen() - due.Fen(), "paid": paid.Fen(), "missing": t.r.Short}}, o.r.ID)
	return 1, nil
}
