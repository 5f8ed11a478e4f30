package handlers

import (
	"context"
	"fmt"
	"slices"

	"tuanbot/domain"
)

// Erase forgets a person: name, identities, addresses and words go, amounts stay. Open orders must be ended first, and deals
// that they lead: nobody else could hand out or give back what others have ordered there.
func (d *Desk) Erase(ctx context.Context, who domain.AccountID) error {
	orders, err := d.OrdersOf(ctx, who, 500)
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	for _, o := range orders {
		if isOpen(o) {
			return domain.Refuse(domain.CodeConflict, domain.WhyNotAllowed).With("field", "open_orders").WithInt("serial", o.Serial)
		}
	}
	if code, err := d.stillLeads(ctx, who); err != nil {
		return fmt.Errorf("erase: %w", errBusy(err))
	} else if code != "" {
		return domain.Refuse(domain.CodeConflict, domain.WhyNotAllowed).With("field", "open_deals").With("code", code)
	}
	a, err := d.Account(ctx, who)
	if err != nil {
		return fmt.Errorf("erase: %w", errBusy(err))
	}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		for _, id := range append([]domain.AccountID{a.ID}, a.Also...) {
			if err := tx.EraseAccount(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

// ledDeals is how many of a leader's newest deals are looked at before they are forgotten.
const ledDeals = 200

// stillLeads is the code of a deal that waits for its leader: it still gathers, or somebody's goods or money are on the way.
func (d *Desk) stillLeads(ctx context.Context, who domain.AccountID) (code string, err error) {
	led, err := d.DealsLedBy(ctx, who, ledDeals)
	if err != nil {
		return "", err
	}
	for _, s := range led {
		if slices.Contains([]domain.DealState{domain.DealScheduled, domain.DealOpen, domain.DealLocked}, s.Deal.State) {
			return s.Deal.Code, nil
		}
		orders, err := d.OrdersOfDeal(ctx, s.Deal.ID, domain.OrderFilter{})
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(orders, isOpen) {
			return s.Deal.Code, nil
		}
	}
	return "", nil
}

// isOpen reports whether goods or money of an order are still on their way.
func isOpen(o domain.OrderRecord) bool {
	return o.State.IsLive() && o.State != domain.OrderReceived || o.RefundDue.IsPositive()
}
