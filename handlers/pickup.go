package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tuanbot/domain"
)

// Wrong codes: after freeTries in a row each further one costs a wait that doubles, up to maxWait.
const (
	freeTries = 5
	firstWait = 30 * time.Second
	maxWait   = 30 * time.Minute
	triesFade = time.Hour
)

// CheckOff hands an order out. A code finds its deal by itself. Wrong codes are counted per verifier, and slowed.
func (d *Desk) CheckOff(ctx context.Context, c domain.CheckOffCommand, community domain.CommunityID) (domain.Answer, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("check off: %w", errBusy(err))
	}
	tries, err := d.TriesOf(ctx, c.Ask.By)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("check off: %w", errBusy(err))
	}
	if c.Code != "" && now.Before(tries.Until) {
		return refused(domain.Refuse(domain.CodeTooLate, domain.WhySlowDown).WithInt("until", tries.Until.UnixMilli())), nil
	}
	if c, err = d.verifier(ctx, c, community); err != nil {
		if r := domain.AsRefusal(err); r != nil {
			if r.Why == domain.WhyWrongCode {
				return refused(r), d.countTry(ctx, tries, c.Ask.By, now)
			}
			return refused(r), nil
		}
		return domain.Answer{}, err
	}
	a, err := d.pass(ctx, c.Deal, c)
	if err == nil && a.Refusal != nil && a.Refusal.Why == domain.WhyWrongCode {
		return a, d.countTry(ctx, tries, c.Ask.By, now)
	}
	if err == nil && a.Did == domain.DidCheckOff {
		d.finishDeal(ctx, c.Deal)
	}
	return a, err
}

// verifier finds the deal of a code and what the speaker may hand out there.
func (d *Desk) verifier(ctx context.Context, c domain.CheckOffCommand, community domain.CommunityID) (domain.CheckOffCommand, error) {
	c.Code = strings.ToUpper(strings.NewReplacer("-", "", " ", "", "－", "").Replace(c.Code))
	if c.Code != "" {
		o, err := d.OrderByPickupCode(ctx, community, c.Code)
		if errors.Is(err, domain.ErrNotFound) {
			return c, domain.Refuse(domain.CodeNotFound, domain.WhyWrongCode)
		}
		if err != nil {
			return c, fmt.Errorf("find code: %w", errBusy(err))
		}
		c.Deal = o.Deal
	}
	if c.Deal == "" {
		return c, domain.Refuse(domain.CodeNotFound, domain.WhyNoOrder)
	}
	me, err := d.Account(ctx, c.Ask.By)
	if err != nil {
		return c, fmt.Errorf("who hands out: %w", errBusy(err))
	}
	points, err := d.PointsOf(ctx, c.Ask.By)
	if err != nil {
		return c, err
	}
	sheet, err := d.Deal(ctx, c.Deal)
	if err != nil {
		return c, fmt.Errorf("find deal: %w", errBusy(err))
	}
	c.Points, c.Leader = points, LeadsAs(sheet, me)
	return c, nil
}

func leads(s domain.DealSheet, who domain.AccountID) bool {
	if s.Deal.OpenedBy == who {
		return true
	}
	for _, ch := range s.Chats {
		if ch.Leader == who {
			return true
		}
	}
	return false
}

// LeadsAs reports whether a person leads a deal in any of its chats, with any of their accounts.
func LeadsAs(s domain.DealSheet, who domain.Account) bool {
	return leads(s, who.ID) || slices.ContainsFunc(who.Also, func(id domain.AccountID) bool { return leads(s, id) })
}

func (d *Desk) countTry(ctx context.Context, t domain.Tries, who domain.AccountID, now time.Time) error {
	if now.Sub(t.LastAt) > triesFade {
		t.Count = 0
	}
	t.Account, t.LastAt = who, now
	t.Count++
	if over := t.Count - freeTries; over > 0 {
		wait := maxWait
		if over < 10 {
			wait = min(maxWait, firstWait<<(over-1))
		}
		t.Until = now.Add(wait)
	}
	if err := d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SaveTries(ctx, t) }); err != nil {
		return fmt.Errorf("count a wrong code: %w", err)
	}
	return nil
}

// Uncheck takes a check-off back.
func (d *Desk) Uncheck(ctx context.Context, c domain.UncheckCommand) (domain.Answer, error) {
	return d.pass(ctx, c.Deal, c)
}

// finishDeal completes a deal once the last order is handed out; when it fails, the sweep does it.
func (d *Desk) finishDeal(ctx context.Context, deal domain.DealID) {
	if _, err := d.turn.Pass(ctx, deal, domain.CompleteDeal{Deal: deal}); err != nil {
		d.c.Log.WarnContext(ctx, "complete deal", "deal", deal, "err", err)
	}
}
