package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// MarkSending notes that a send is about to start. It fails with ErrLostLease when the lease ran out, even if nobody has
// taken the row over yet.
func (d *DB) MarkSending(ctx context.Context, dv domain.Delivery) error {
	id, err := noticeID(dv.ID)
	if err != nil {
		return err
	}
	return d.inTx(ctx, func(t *tx) error {
		now, err := t.Now(ctx)
		if err != nil {
			return err
		}
		res := t.orm(ctx).Model(&noticeRow{}).Where("id = ? AND owner = ? AND fence = ? AND due_at > ?", id, dv.Owner, dv.Fence, ms(now)).
			Updates(map[string]any{"state": domain.DeliverySending, "channel": dv.Channel, "attempts": dv.Attempts})
		if res.Error != nil {
			return fmt.Errorf("mark sending: %w", translate(res.Error))
		}
		if res.RowsAffected != 1 {
			return fmt.Errorf("mark sending %s: %w", dv.ID, domain.ErrLostLease)
		}
		return nil
	})
}

// SettleDeliveries writes outcomes. A row whose lease was lost stays with whoever has it now.
func (d *DB) SettleDeliveries(ctx context.Context, ds []domain.Delivery) error {
	if len(ds) == 0 {
		return nil
	}
	return d.inTx(ctx, func(t *tx) error {
		now, err := t.Now(ctx)
		if err != nil {
			return err
		}
		for _, dv := range ds {
			id, err := noticeID(dv.ID)
			if err != nil {
				return err
			}
			err = t.orm(ctx).Model(&noticeRow{}).Where("id = ? AND owner = ? AND fence = ?", id, dv.Owner, dv.Fence).Updates(settled(dv, ms(now))).Error
			if err != nil {
				return fmt.Errorf("settle %s: %w", dv.ID, translate(err))
			}
		}
		return nil
	})
}

func settled(dv domain.Delivery, now int64) map[string]any {
	set := map[string]any{
		"state": dv.State, "channel": dv.Channel, "attempts": dv.Attempts, "last_reason": dv.LastReason, "message_id": dv.MessageID, "owner": "",
	}
	switch dv.State {
	case domain.DeliverySent, domain.DeliveryDropped:
		set["lane"], set["due_at"], set["done_at"] = laneOver, now, now
	case domain.DeliveryDead, domain.DeliveryKept:
		set["lane"], set["due_at"], set["done_at"] = laneAside, now, now
	default:
		set["lane"], set["due_at"] = lane(dv.Urgent, true), max(ms(dv.DueAt), 1)
	}
	return set
}

// DeliveriesIn lists rows of a state, oldest first.
func (d *DB) DeliveriesIn(ctx context.Context, state domain.DeliveryState, limit int) ([]domain.Delivery, error) {
	lanes := []int{laneUrgent, laneUrgentTried, lanePlain, lanePlainTried}
	switch state { //nolint:exhaustive // the others need nothing special
	case domain.DeliverySent, domain.DeliveryDropped:
		lanes = []int{laneOver}
	case domain.DeliveryDead, domain.DeliveryKept:
		lanes = []int{laneAside}
	}
	rows, err := all[noticeRow](limited(d.reader(ctx).Where("lane IN ? AND state = ?", lanes, state).Order("id"), limit))
	if err != nil {
		return nil, failed("deliveries", err)
	}
	return deliveries(rows)
}

// Requeue makes dead or kept rows due now, as if they had never been tried.
func (d *DB) Requeue(ctx context.Context, ids []domain.NoticeID, account domain.AccountID) (int64, error) {
	if len(ids) == 0 && account == "" {
		return 0, nil
	}
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		var err error
		if numbers[i], err = noticeID(id); err != nil {
			return 0, err
		}
	}
	var who []domain.AccountID
	if account != "" {
		var err error
		if who, err = d.everyAccount(ctx, account); err != nil {
			return 0, failed("requeue", err)
		}
	}
	var n int64
	err := d.inTx(ctx, func(t *tx) error {
		now, err := t.Now(ctx)
		if err != nil {
			return err
		}
		q := t.orm(ctx).Model(&noticeRow{}).Where("lane = ?", laneAside)
		if account != "" {
			q = q.Where("account IN ?", who)
		}
		if len(numbers) > 0 {
			q = q.Where("id IN ?", numbers)
		}
		res := q.Updates(map[string]any{
			"state": domain.DeliveryNew, "due_at": ms(now), "done_at": 0, "attempts": 0, "owner": "",
			"lane": gorm.Expr("CASE WHEN urgent = ? THEN ? ELSE ? END", true, laneUrgent, lanePlain),
		})
		n = res.RowsAffected
		return translate(res.Error)
	})
	if err != nil {
		return 0, fmt.Errorf("requeue: %w", err)
	}
	return n, nil
}

// endedLists are the lists of deals that are over; they are full of names.
const endedLists = "updated_at < ? AND deal IN (SELECT id FROM deals WHERE state NOT IN ('" + string(domain.DealScheduled) + "', '" + string(domain.DealOpen) + "') AND deadline_at < ?)"

// ages gives each placeholder of a condition the same time.
func ages(where string, before time.Time) []any {
	args := make([]any, strings.Count(where, "?"))
	for i := range args {
		args[i] = ms(before)
	}
	return args
}

// Prune removes up to limit rows that are of no use any more: what was sent or dropped, dialogues and notes that are over,
// counts of wrong codes, lists of deals that are over. Facts stay.
func (d *DB) Prune(ctx context.Context, before time.Time, limit int) (int64, error) {
	if limit <= 0 {
		limit = manyRows
	}
	var total int64
	err := d.inTx(ctx, func(t *tx) error {
		total = 0
		for _, p := range []struct{ table, key, where string }{
			{"outbox", "id", "lane = 0 AND due_at < ?"},
			{"inbox", "event_key", "done = 1 AND due_at < ?"},
			{"dialogues", "until_at", "until_at > 0 AND until_at < ?"},
			{"code_tries", "account", "last_at < ?"},
			{"notes", "note_key", "until_at > 0 AND until_at < ?"},
			{"chains", "deal", endedLists},
		} {
			var keys []any
			err := t.orm(ctx).Table(p.table).Where(p.where, ages(p.where, before)...).Limit(limit).Pluck(p.key, &keys).Error
			if err != nil {
				return fmt.Errorf("prune %s: %w", p.table, translate(err))
			}
			if len(keys) == 0 {
				continue
			}
			for part := range slices.Chunk(keys, maxKeys) {
				res := t.orm(ctx).Exec("DELETE FROM "+p.table+" WHERE "+p.where+" AND "+p.key+" IN ?", append(ages(p.where, before), part)...)
				if res.Error != nil {
					return fmt.Errorf("prune %s: %w", p.table, translate(res.Error))
				}
				total += res.RowsAffected
			}
		}
		return nil
	})
	return total, err
}
