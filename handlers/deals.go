package handlers

import (
	"context"
	"errors"
	"fmt"

	"tuanbot/domain"
)

// Post opens a deal. The speaker must lead every chat it is posted to.
func (d *Desk) Post(ctx context.Context, c domain.PostCommand) (domain.Answer, error) {
	for _, chat := range c.Chats {
		ok, err := d.Can(ctx, c.Ask.By, domain.RoleLeader, string(chat))
		if err != nil {
			return domain.Answer{}, err
		}
		if !ok {
			return refused(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader)), nil
		}
	}
	if c.Terms.PayWindow == 0 {
		c.Terms.PayWindow = d.c.PayWindows[c.Terms.Pay]
	}
	a, err := d.once(ctx, c.Ask, "post", func(tx domain.Tx) (domain.Answer, error) {
		now, err := tx.Now(ctx)
		if err != nil {
			return domain.Answer{}, err
		}
		nd, err := domain.Post(c, d.c.Mint, now)
		if err != nil {
			return domain.Answer{}, err
		}
		if err := tx.InsertDeal(ctx, nd); err != nil {
			return domain.Answer{}, err
		}
		return domain.Answer{
			Did: domain.DidOpenDeal, Deal: nd.Deal.ID, Code: nd.Deal.Code, Title: nd.Deal.Terms.Title, Pay: nd.Deal.Terms.Pay,
			Deadline: nd.Deal.Terms.DeadlineAt, Version: 1, Count: int64(len(nd.Chats)),
		}, nil
	})
	if err == nil && a.Did == domain.DidOpenDeal {
		d.PublishTally(ctx, a.Deal)
	}
	return a, err
}

// CloseDeal cuts a deal off now.
func (d *Desk) CloseDeal(ctx context.Context, c domain.CloseCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}

// Extend moves the cut-off once.
func (d *Desk) Extend(ctx context.Context, c domain.ExtendCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}

// Cancel calls a deal off.
func (d *Desk) Cancel(ctx context.Context, c domain.CancelCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}

// Edit changes what may be changed after posting.
func (d *Desk) Edit(ctx context.Context, c domain.EditCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}

// Complete forms a short team by an explicit decision.
func (d *Desk) Complete(ctx context.Context, c domain.CompleteCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}

// Share posts a deal to one more chat, which the new leader must lead.
func (d *Desk) Share(ctx context.Context, c domain.ShareCommand) (domain.Answer, error) {
	ok, err := d.Can(ctx, c.Ask.By, domain.RoleLeader, string(c.Chat))
	if err != nil {
		return domain.Answer{}, err
	}
	if !ok {
		return refused(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader)), nil
	}
	return d.pass(ctx, c.Deal, c)
}

// SetNoise changes how much is said about a deal in a chat.
func (d *Desk) SetNoise(ctx context.Context, deal domain.DealID, chat domain.ChatID, by domain.AccountID, noise domain.Noise) error {
	ok, err := d.Can(ctx, by, domain.RoleLeader, string(chat))
	if err != nil {
		return err
	}
	if !ok {
		return domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader)
	}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SaveDealNoise(ctx, deal, chat, noise) })
	if err != nil {
		return fmt.Errorf("set noise: %w", err)
	}
	return nil
}

// PublishTally puts a deal's count from SQL into Redis; what fails is healed by the recount.
func (d *Desk) PublishTally(ctx context.Context, deal domain.DealID) {
	t, err := d.Tally(ctx, deal)
	if err != nil {
		d.c.Log.DebugContext(ctx, "count from SQL", "deal", deal, "err", err)
		return
	}
	d.pub.offer(t)
}

// The clock's use cases: each is safe to repeat and to run in several processes.

// DecideDue decides the teams of a deal whose time has come.
func (d *Desk) DecideDue(ctx context.Context, deal domain.DealID) (int64, error) {
	d.c.At("decide.before")
	a, err := d.turn.Pass(ctx, deal, domain.DecideDue{Deal: deal})
	if err == nil && a.Count > 0 {
		d.c.At("decide.after")
	}
	return a.Count, err
}

// FanOut carries decisions to one page of orders and says how many it moved.
func (d *Desk) FanOut(ctx context.Context, deal domain.DealID, limit int) (int64, error) {
	d.c.At("fanout.before")
	a, err := d.turn.Pass(ctx, deal, domain.FanOut{Deal: deal, Limit: limit})
	if err == nil {
		d.c.At("fanout.after")
		d.c.Waker.Wake(ctx, TopicMoney)
	}
	return a.Count, err
}

// CloseUnpaid closes one page of orders that were not paid in time.
func (d *Desk) CloseUnpaid(ctx context.Context, deal domain.DealID, limit int) (int64, error) {
	a, err := d.turn.Pass(ctx, deal, domain.CloseUnpaid{Deal: deal, Limit: limit})
	if err == nil && a.Count > 0 {
		d.c.Waker.Wake(ctx, TopicMoney)
	}
	return a.Count, err
}

// ExpireOffers passes unanswered offers of the waiting list on.
func (d *Desk) ExpireOffers(ctx context.Context, deal domain.DealID) (int64, error) {
	a, err := d.turn.Pass(ctx, deal, domain.ExpireOffers{Deal: deal})
	return a.Count, err
}

// TellArrived gives one page of people their pickup codes.
func (d *Desk) TellArrived(ctx context.Context, deal domain.DealID, limit int) (int64, error) {
	a, err := d.turn.Pass(ctx, deal, domain.TellArrived{Deal: deal, Limit: limit})
	return a.Count, err
}

// SummaryDue sends the first summary if the rule says that it is time.
func (d *Desk) SummaryDue(ctx context.Context, deal domain.DealID) (int64, error) {
	a, err := d.turn.Pass(ctx, deal, domain.SummaryCommand{Deal: deal, Clock: true})
	if err != nil || a.Did != domain.DidSummary {
		return 0, err
	}
	return 1, nil
}

// Summary writes the next version of the order summary, or gives the last again when nothing changed.
func (d *Desk) Summary(ctx context.Context, c domain.SummaryCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}

// AnswerSummary is the merchant's answer, or shuts the link.
func (d *Desk) AnswerSummary(ctx context.Context, c domain.AnswerSummaryCommand) (domain.Answer, error) {
	if c.Deal == "" {
		s, err := d.SummaryByToken(ctx, c.Token)
		if errors.Is(err, domain.ErrNotFound) {
			return refused(domain.Refuse(domain.CodeNotFound, domain.WhyLink)), nil
		}
		if err != nil {
			return domain.Answer{}, fmt.Errorf("answer summary: %w", errBusy(err))
		}
		c.Deal = s.Deal
	}
	return d.pass(ctx, c.Deal, c)
}

// Arrive says that goods are there.
func (d *Desk) Arrive(ctx context.Context, c domain.ArriveCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}
