package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// operatorLinkFor is how long an operator link that nobody used stays good.
const operatorLinkFor = 24 * time.Hour

// OperatorLinks are the one-time links that make their first user an operator. Only hashes are kept.
type OperatorLinks struct{ d *DB }

// OperatorLinks are those of this database.
func (d *DB) OperatorLinks() *OperatorLinks { return &OperatorLinks{d: d} }

func hashOf(token string) string {
	sum := sha256.Sum256([]byte("operator link/" + token))
	return hex.EncodeToString(sum[:])
}

// Add keeps a new link; links that nobody used yet end with it.
func (l *OperatorLinks) Add(ctx context.Context, token string) error {
	return l.d.inTx(ctx, func(t *tx) error {
		now, err := t.knownNow(ctx)
		if err != nil {
			return err
		}
		if err := t.orm(ctx).Exec("UPDATE operator_links SET used_at = ? WHERE used_at = 0", now).Error; err != nil {
			return fmt.Errorf("end operator links: %w", translate(err))
		}
		err = t.orm(ctx).Exec("INSERT INTO operator_links (hash, created_at, expires_at, used_at) VALUES (?,?,?,0)",
			hashOf(token), now, now+operatorLinkFor.Milliseconds()).Error
		if err != nil {
			return fmt.Errorf("keep operator link: %w", translate(err))
		}
		return nil
	})
}

// Use burns a link: of any number that come at once exactly one hears true. The row is locked and read, so that nothing
// hangs on what an engine counts as affected.
func (l *OperatorLinks) Use(ctx context.Context, token string) (bool, error) {
	good := false
	query := "SELECT used_at FROM operator_links WHERE hash = ? AND expires_at > ?"
	if l.d.mysql {
		query += " FOR UPDATE"
	}
	err := l.d.inTx(ctx, func(t *tx) error {
		good = false
		now, err := t.knownNow(ctx)
		if err != nil {
			return err
		}
		var used int64
		found, err := one(t.orm(ctx), &used, query, hashOf(token), now)
		if err != nil {
			return fmt.Errorf("find operator link: %w", translate(err))
		}
		if !found || used != 0 {
			return nil
		}
		if err := t.orm(ctx).Exec("UPDATE operator_links SET used_at = ? WHERE hash = ?", now, hashOf(token)).Error; err != nil {
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

// Known reports whether a link would still work, without burning it.
func (l *OperatorLinks) Known(ctx context.Context, token string) (bool, error) {
	now, err := l.d.now(l.d.read.WithContext(ctx))
	if err != nil {
		return false, err
	}
	var used int64
	found, err := one(l.d.read.WithContext(ctx), &used, "SELECT used_at FROM operator_links WHERE hash = ? AND expires_at > ?", hashOf(token), now)
	if err != nil {
		return false, fmt.Errorf("find operator link: %w", translate(err))
	}
	return found && used == 0, nil
}
