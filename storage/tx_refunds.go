package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"tuanbot/domain"
)

var openRefunds = []domain.RefundState{domain.RefundDue, domain.RefundSent, domain.RefundProcessing}

// ClaimRefunds leases refunds that are due. Rows that another worker holds right now are passed over.
func (t *tx) ClaimRefunds(ctx context.Context, owner string, lease time.Duration, limit int) ([]domain.RefundRecord, error) {
	now, err := t.Now(ctx)
	if err != nil {
		return nil, err
	}
	db := t.orm(ctx)
	var rows []refundRow
	for _, state := range openRefunds { // one at a time: the index gives each in its order
		more, err := all[refundRow](db.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).
			Where("state = ? AND due_at <= ? AND lease_until <= ?", state, ms(now), ms(now)).Order("due_at").Limit(limit - len(rows)))
		if err != nil {
			return nil, fmt.Errorf("find due refunds: %w", err)
		}
		if rows = append(rows, more...); len(rows) >= limit {
			break
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]domain.RefundID, len(rows))
	until := now.Add(lease)
	for i := range rows {
		ids[i] = rows[i].ID
		rows[i].Owner, rows[i].LeaseUntil = owner, ms(until)
		rows[i].Fence++
	}
	set := map[string]any{"owner": owner, "lease_until": ms(until), "fence": gorm.Expr("fence + 1")}
	if err := db.Model(&refundRow{}).Where("id IN ?", ids).Updates(set).Error; err != nil {
		return nil, fmt.Errorf("lease refunds: %w", translate(err))
	}
	return withRefundParts(db, rows)
}

// MarkRefund records a step of a refund that was claimed. Putting it off ends the lease; a mark before the call to the
// gateway keeps it, so that nobody else sends the same refund meanwhile.
func (t *tx) MarkRefund(ctx context.Context, r domain.RefundRecord) error {
	now, err := t.Now(ctx)
	if err != nil {
		return err
	}
	set := map[string]any{"state": r.State, "attempts": r.Attempts, "due_at": ms(r.DueAt), "last_reason": r.LastReason}
	if r.DueAt.After(now) {
		set["lease_until"] = 0
	}
	err = guarded[refundRow](t.orm(ctx), set, "id = ? AND owner = ? AND fence = ?", r.ID, r.Owner, r.Fence)
	if errors.Is(err, domain.ErrGuard) {
		err = domain.ErrLostLease
	}
	if err != nil {
		return fmt.Errorf("mark refund %s: %w", r.ID, err)
	}
	return nil
}
