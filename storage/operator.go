package storage

import (
	"context"
	"fmt"
)

// PutOperatorLink keeps a one-time link for the operator, by the hash of its token. Older unused ones end.
func (d *DB) PutOperatorLink(ctx context.Context, hash string, now, expires int64) error {
	return d.inTx(ctx, func(t *tx) error {
		if err := t.orm(ctx).Exec("UPDATE operator_links SET used_at = ? WHERE used_at = 0", now).Error; err != nil {
			return fmt.Errorf("end operator links: %w", translate(err))
		}
		err := t.orm(ctx).Exec("INSERT INTO operator_links (hash, created_at, expires_at, used_at) VALUES (?,?,?,0)", hash, now, expires).Error
		if err != nil {
			return fmt.Errorf("keep operator link: %w", translate(err))
		}
		return nil
	})
}

// UseOperatorLink burns a link: of any number that come at once exactly one hears true. The row is locked and read, so
// that nothing hangs on what an engine counts as affected.
func (d *DB) UseOperatorLink(ctx context.Context, hash string, now int64) (bool, error) {
	good := false
	query := "SELECT used_at FROM operator_links WHERE hash = ? AND expires_at > ?"
	if d.mysql {
		query += " FOR UPDATE"
	}
	err := d.inTx(ctx, func(t *tx) error {
		good = false
		var used int64
		found, err := one(t.orm(ctx), &used, query, hash, now)
		if err != nil {
			return fmt.Errorf("find operator link: %w", translate(err))
		}
		if !found || used != 0 {
			return nil
		}
		if err := t.orm(ctx).Exec("UPDATE operator_links SET used_at = ? WHERE hash = ?", now, hash).Error; err != nil {
			return fmt.Errorf("burn operator link: %w", translate(err))
		}
		good = true
		return nil
	})
	if err != nil {
		return false, err
	}
	return good, nil
}

// KnownOperatorLink reports whether a link would still work, without burning it.
func (d *DB) KnownOperatorLink(ctx context.Context, hash string, now int64) (bool, error) {
	var used int64
	found, err := one(d.read.WithContext(ctx), &used, "SELECT used_at FROM operator_links WHERE hash = ? AND expires_at > ?", hash, now)
	if err != nil {
		return false, fmt.Errorf("find operator link: %w", translate(err))
	}
	return found && used == 0, nil
}
