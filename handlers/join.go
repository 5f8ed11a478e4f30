package handlers

import (
	"context"
	"fmt"
	"slices"

	"tuanbot/domain"
)

// Join takes part in a deal. The path is design 3: key first, then, if this process saw under the lock less than a second
// ago that it is full and the tally agrees, an answer that is not stored; else the Turnstile.
func (d *Desk) Join(ctx context.Context, c domain.JoinCommand) (domain.Answer, error) {
	if e, ok, err := d.keys.first(ctx, c.Ask.Key); err != nil {
		return domain.Answer{}, fmt.Errorf("join: %w", err)
	} else if ok {
		return sameInput(e, c.Ask), nil
	}
	if r := d.surelyFull(ctx, c); r != nil {
		return refused(r), nil
	}
	d.c.At("join.before_turn")
	a, err := d.turn.Pass(ctx, c.Deal, c)
	d.c.At("join.answered")
	return a, err
}

// surelyFull tells "full" without a transaction only if SQL said so less than a second ago and Redis does not object.
// A missing, slow or dead Redis means: ask SQL.
func (d *Desk) surelyFull(ctx context.Context, c domain.JoinCommand) *domain.Refusal {
	seen, ok := d.turn.seenRoom(c.Deal)
	if !ok || !seen.Open {
		return nil
	}
	mine := fullFor(seen, c)
	if mine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.c.ReadBudget)
	defer cancel()
	now, err := d.c.Tally.TallyOf(ctx, c.Deal)
	if err != nil || now.Version < seen.Version {
		return nil
	}
	if fullFor(now, c) == nil || d.mayBeIn(ctx, c) {
		return nil
	}
	return mine
}

// mayBeIn reports whether the person may have ordered in the deal lately. Who sends the same thing twice is asked whether
// they meant it, full or not: that only SQL can say.
func (d *Desk) mayBeIn(ctx context.Context, c domain.JoinCommand) bool {
	orders, err := d.OrdersOf(ctx, c.Shopper, 20)
	return err != nil || len(orders) == 20 || slices.ContainsFunc(orders, func(o domain.OrderRecord) bool { return o.Deal == c.Deal })
}

// fullFor says whether a tally has no room for what a join wants: stock of an item, or a cap in shares. A cap in people
// depends on whether the person is in already, so that SQL must say it.
func fullFor(t domain.DealTally, c domain.JoinCommand) *domain.Refusal {
	for _, w := range c.Wants {
		for _, it := range t.Items {
			if it.Item == w.Item && it.Left >= 0 && w.Qty > it.Left {
				return domain.Refuse(domain.CodeFull, domain.WhySoldOut).With("id", string(it.Item)).WithInt("left", it.Left).WithInt("want", w.Qty)
			}
		}
	}
	var need int64
	for _, w := range c.Wants {
		need += w.Qty
	}
	for _, tm := range t.Teams {
		inTeam := tm.Team == c.Team || c.Team == "" && len(t.Teams) == 1
		if !inTeam || tm.State != domain.TeamForming || tm.Cap == 0 || tm.CapUnit != domain.UnitShares {
			continue
		}
		if left := max(0, tm.Cap-tm.Live.Shares-tm.Offered); need > left {
			return domain.Refuse(domain.CodeFull, domain.WhyFull).WithInt("left", left).WithInt("want", need).With("unit", string(domain.UnitShares))
		}
	}
	return nil
}

// Change sets the quantities of an order.
func (d *Desk) Change(ctx context.Context, c domain.ChangeCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}

// Leave gives an order up, or (leader) takes one out.
func (d *Desk) Leave(ctx context.Context, c domain.LeaveCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}

// Undo takes the last change back.
func (d *Desk) Undo(ctx context.Context, c domain.UndoCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}

// Wait joins or leaves the waiting list.
func (d *Desk) Wait(ctx context.Context, c domain.WaitCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}

// TakeOffer takes up a seat offered to the waiting list.
func (d *Desk) TakeOffer(ctx context.Context, c domain.TakeOfferCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Join.Deal, c)
}

// ChangePoint moves one's orders to another pickup point.
func (d *Desk) ChangePoint(ctx context.Context, c domain.PointCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}

// passAndClose passes a command that may have made pending payments wrong; the reconcile worker closes them at the
// gateway, woken here so that it is soon.
func (d *Desk) passAndClose(ctx context.Context, deal domain.DealID, turn domain.Turn) (domain.Answer, error) {
	a, err := d.pass(ctx, deal, turn)
	if err == nil {
		d.c.Waker.Wake(ctx, TopicMoney)
	}
	return a, err
}

// TopicMoney is woken when payments or refunds may have something to do.
const TopicMoney = "money"
