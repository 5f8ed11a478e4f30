package handlers

import (
	"context"
	"fmt"
	"strings"

	"tuanbot/domain"
)

// SolveOrphan marks money that nobody asked for as dealt with, and how. Only an operator may.
func (d *Desk) SolveOrphan(ctx context.Context, by domain.AccountID, transaction, note string) error {
	ok, err := d.Can(ctx, by, domain.RoleOperator, "")
	if err != nil {
		return err
	}
	if !ok {
		return domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
	}
	if note = strings.TrimSpace(note); note == "" {
		return domain.Refuse(domain.CodeInvalid, domain.WhyReason)
	}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SolveOrphan(ctx, transaction, note) })
	if err != nil {
		return fmt.Errorf("solve orphan payment: %w", err)
	}
	return nil
}
