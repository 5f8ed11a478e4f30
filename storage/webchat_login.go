package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// PutWebLogin keeps a link or token.
func (s *WebStore) PutWebLogin(ctx context.Context, l webLogin) error {
	return s.inTx(ctx, "keep web login", func(tx *gorm.DB) error { return putLogin(tx, l) })
}

func putLogin(tx *gorm.DB, l webLogin) error {
	return tx.Exec("INSERT INTO web_logins (hash, kind, person, created_at, expires_at) VALUES (?,?,?,?,?)",
		l.Hash, l.Kind, l.Person, l.CreatedAt, l.ExpiresAt).Error
}

// WebLogin finds the person of a link or token that has not expired.
func (s *WebStore) WebLogin(ctx context.Context, hash, kind string, now int64) (webPerson, bool, error) {
	var row personRow
	found, err := one(s.read.WithContext(ctx), &row, "SELECT "+personColumns+
		" FROM web_logins l JOIN web_people p ON p.id = l.person WHERE l.hash = ? AND l.kind = ? AND (l.expires_at = 0 OR l.expires_at > ?) AND p.gone_at = 0",
		hash, kind, now)
	if err != nil {
		return webPerson{}, false, fmt.Errorf("find web login: %w", err)
	}
	return webPerson(row), found, nil
}

// RenewWebEntry replaces the entry link of a person and ends all their sessions and tokens.
func (s *WebStore) RenewWebEntry(ctx context.Context, l webLogin) error {
	return s.inTx(ctx, "renew web entry", func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE web_people SET epoch = epoch + 1 WHERE id = ?", l.Person).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM web_sessions WHERE person = ?", l.Person).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM web_logins WHERE person = ?", l.Person).Error; err != nil {
			return err
		}
		return putLogin(tx, l)
	})
}

// PutWebSession keeps a signed-in browser.
func (s *WebStore) PutWebSession(ctx context.Context, v webSession) error {
	return s.inTx(ctx, "keep web session", func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO web_sessions (hash, person, epoch, created_at, expires_at) VALUES (?,?,?,?,?)",
			v.Hash, v.Person, v.Epoch, v.CreatedAt, v.ExpiresAt).Error
	})
}

// WebSession finds who is signed in, unless the session ended, expired or a new link was issued since.
func (s *WebStore) WebSession(ctx context.Context, hash string, now int64) (webPerson, bool, error) {
	var row personRow
	found, err := one(s.read.WithContext(ctx), &row, "SELECT "+personColumns+
		" FROM web_sessions v JOIN web_people p ON p.id = v.person AND p.epoch = v.epoch WHERE v.hash = ? AND v.expires_at > ? AND p.gone_at = 0", hash, now)
	if err != nil {
		return webPerson{}, false, fmt.Errorf("find web session: %w", err)
	}
	return webPerson(row), found, nil
}

// EndWebSession signs a browser out.
func (s *WebStore) EndWebSession(ctx context.Context, hash string) error {
	return s.inTx(ctx, "end web session", func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM web_sessions WHERE hash = ?", hash).Error
	})
}

// PruneWebSessions forgets expired sessions and links.
func (s *WebStore) PruneWebSessions(ctx context.Context, now int64) error {
	return s.inTx(ctx, "prune web sessions", func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM web_sessions WHERE expires_at <= ?", now).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM web_logins WHERE expires_at > 0 AND expires_at <= ?", now).Error
	})
}
