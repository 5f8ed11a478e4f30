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

// Inbox holds updates that a platform was told are taken before they were handled.
type Inbox struct{ d *DB }

// Inbox is that of this database.
func (d *DB) Inbox() *Inbox { return &Inbox{d: d} }

// inboxItem is spelled field for field like the row of its port, so that neither side imports the other.
type inboxItem = struct {
	Source, Key, Owner string
	Body               []byte
	Attempts, Fence    int64
}

type inboxRow struct {
	Source     string
	EventKey   string
	Body       string
	DueAt      int64
	Attempts   int64
	Owner      string
	Fence      int64
	Done       bool
	LastReason string
	Created    int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (inboxRow) TableName() string { return "inbox" }

func (w inboxRow) item() inboxItem {
	return inboxItem{Source: w.Source, Key: w.EventKey, Owner: w.Owner, Body: []byte(w.Body), Attempts: w.Attempts, Fence: w.Fence}
}

// KeepUpdate stores an update once, leased to its owner. Fresh is false when it is there already, whoever has it.
func (i *Inbox) KeepUpdate(ctx context.Context, u inboxItem, lease time.Duration) (fence int64, fresh bool, err error) {
	err = i.d.inTx(ctx, func(t *tx) error {
		fence, fresh = 1, true
		now, err := t.Now(ctx)
		if err != nil {
			return err
		}
		err = insert(t.orm(ctx), []inboxRow{{
			Source: u.Source, EventKey: u.Key, Body: string(u.Body), DueAt: ms(now.Add(lease)), Attempts: 1, Owner: u.Owner, Fence: 1, Created: ms(now),
		}})
		if errors.Is(err, domain.ErrDuplicate) {
			fence, fresh = 0, false
			return nil
		}
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("keep an update: %w", err)
	}
	return fence, fresh, nil
}

// ClaimUpdates leases unfinished rows whose lease is over, oldest first, and raises their fence.
func (i *Inbox) ClaimUpdates(ctx context.Context, owner string, lease time.Duration, limit int) ([]inboxItem, error) { //nolint:revive // an alias of a plain struct
	var claimed []inboxItem
	err := i.d.inTx(ctx, func(t *tx) error {
		claimed = nil
		now, err := t.Now(ctx)
		if err != nil {
			return err
		}
		rows, err := all[inboxRow](t.orm(ctx).Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).
			Where("done = ? AND due_at <= ?", false, ms(now)).Order("due_at, source, event_key").Limit(limit))
		if err != nil {
			return err
		}
		for _, w := range rows {
			w.Owner, w.Fence, w.Attempts = owner, w.Fence+1, w.Attempts+1
			err := guarded[inboxRow](t.orm(ctx), map[string]any{"owner": w.Owner, "fence": w.Fence, "attempts": w.Attempts, "due_at": ms(now.Add(lease))},
				"source = ? AND event_key = ?", w.Source, w.EventKey)
			if err != nil {
				return err
			}
			claimed = append(claimed, w.item())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim updates: %w", err)
	}
	return claimed, nil
}

// HoldUpdate prolongs a lease and keeps the body as it is now.
func (i *Inbox) HoldUpdate(ctx context.Context, u inboxItem, lease time.Duration) error {
	return i.set(ctx, "hold an update", u, func(now time.Time) map[string]any {
		return map[string]any{"body": string(u.Body), "due_at": ms(now.Add(lease))}
	})
}

// FinishUpdate marks a row done; its text is not needed any more and goes.
func (i *Inbox) FinishUpdate(ctx context.Context, u inboxItem, reason string) error {
	return i.set(ctx, "finish an update", u, func(now time.Time) map[string]any {
		return map[string]any{"done": true, "body": "", "owner": "", "due_at": ms(now), "last_reason": reason}
	})
}

// PostponeUpdate gives a row another turn later.
func (i *Inbox) PostponeUpdate(ctx context.Context, u inboxItem, after time.Duration, reason string) error {
	return i.set(ctx, "postpone an update", u, func(now time.Time) map[string]any {
		return map[string]any{"body": string(u.Body), "owner": "", "due_at": ms(now.Add(after)), "last_reason": reason}
	})
}

// WakeUpdate makes a postponed row due, unless somebody took it up meanwhile.
func (i *Inbox) WakeUpdate(ctx context.Context, u inboxItem) error {
	u.Owner = ""
	err := i.set(ctx, "wake an update", u, func(now time.Time) map[string]any { return map[string]any{"due_at": ms(now)} })
	if errors.Is(err, domain.ErrLostLease) {
		return nil
	}
	return err
}

// set changes a row that is still ours, and says ErrLostLease when it is not. The row is locked and read, so that nothing
// hangs on what an engine counts as affected.
func (i *Inbox) set(ctx context.Context, what string, u inboxItem, change func(now time.Time) map[string]any) error {
	err := i.d.inTx(ctx, func(t *tx) error {
		now, err := t.Now(ctx)
		if err != nil {
			return err
		}
		row, err := first[inboxRow](locked(t.orm(ctx)).Where("source = ? AND event_key = ?", u.Source, u.Key))
		if errors.Is(err, domain.ErrNotFound) || err == nil && (row.Done || row.Owner != u.Owner || row.Fence != u.Fence) {
			return domain.ErrLostLease
		}
		if err != nil {
			return err
		}
		return translate(inboxAt(t.orm(ctx), u).Updates(change(now)).Error)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func inboxAt(db *gorm.DB, u inboxItem) *gorm.DB {
	return db.Model(&inboxRow{}).Where("source = ? AND event_key = ?", u.Source, u.Key)
}
