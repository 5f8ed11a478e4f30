package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"tuanbot/domain"
)

const (
	maxHops  = 16
	linkKeys = 400 // accounts asked for in one statement; each stands there twice
)

// family is what ties accounts together: for each account that leads to another, where it leads to in the end. All accounts of
// the people asked for are in it, whichever of them was named.
func family(db func() *gorm.DB, ids []domain.AccountID) (map[domain.AccountID]domain.AccountID, error) {
	to := map[domain.AccountID]domain.AccountID{}
	seen := map[domain.AccountID]bool{}
	next := distinct(ids)
	for hop := 0; hop < maxHops && len(next) > 0; hop++ {
		for _, id := range next {
			seen[id] = true
		}
		rows, err := linksAt(db, next)
		if err != nil {
			return nil, err
		}
		next = nil
		for _, w := range rows {
			to[w.FromID] = w.ToID
			for _, id := range []domain.AccountID{w.FromID, w.ToID} {
				if !seen[id] {
					seen[id] = true
					next = append(next, id)
				}
			}
		}
	}
	ends := make(map[domain.AccountID]domain.AccountID, len(to))
	for from, end := range to {
		for range maxHops {
			further, more := to[end]
			if !more {
				break
			}
			end = further
		}
		ends[from] = end
	}
	return ends, nil
}

// linksAt reads the redirects that begin or end at some accounts.
func linksAt(db func() *gorm.DB, ids []domain.AccountID) ([]linkRow, error) {
	var rows []linkRow
	for len(ids) > 0 {
		part := ids[:min(linkKeys, len(ids))]
		ids = ids[len(part):]
		more, err := all[linkRow](db().Where("from_id IN ? OR to_id IN ?", part, part))
		if err != nil {
			return nil, fmt.Errorf("follow links: %w", err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// LinkAccounts makes one account speak for another: a redirect row. A circle is refused by ErrGuard.
func (t *tx) LinkAccounts(ctx context.Context, from, to domain.AccountID) error {
	now, err := t.knownNow(ctx)
	if err != nil {
		return err
	}
	if _, err := all[accountRow](locked(t.orm(ctx)).Where("id IN ?", []domain.AccountID{from, to}).Order("id")); err != nil { // two links at once must see each other
		return fmt.Errorf("link accounts: %w", err)
	}
	ends, err := family(func() *gorm.DB { return locked(t.orm(ctx)) }, []domain.AccountID{to})
	if err != nil {
		return err
	}
	if from == to || ends[to] == from {
		return fmt.Errorf("link account %s to %s: a circle: %w", from, to, domain.ErrGuard)
	}
	return insert(t.orm(ctx), []linkRow{{FromID: from, ToID: to, LinkedAt: now}})
}

// UnlinkAccount takes a redirect back.
func (t *tx) UnlinkAccount(ctx context.Context, from domain.AccountID) error {
	res := t.orm(ctx).Where("from_id = ?", from).Delete(&linkRow{})
	if res.Error != nil {
		return fmt.Errorf("unlink account %s: %w", from, translate(res.Error))
	}
	if res.RowsAffected == 0 {
		return fmt.Errorf("unlink account %s: %w", from, domain.ErrNotFound)
	}
	return nil
}

// SaveLinkCode keeps the account's newest code.
func (t *tx) SaveLinkCode(ctx context.Context, c domain.LinkCode) error {
	return replace(t.orm(ctx), linkCodeRow{Account: c.Account, Hash: c.Hash, Channel: c.Channel, External: c.External, ExpiresAt: ms(c.ExpiresAt)}, "account")
}

// LinkCodeByHash finds a code and locks it.
func (t *tx) LinkCodeByHash(ctx context.Context, hash string) (domain.LinkCode, error) {
	row, err := first[linkCodeRow](locked(t.orm(ctx)).Where("hash = ?", hash))
	return linkCodeFromRow(row), failed("link code", err)
}

// EndLinkCode makes an account's code useless.
func (t *tx) EndLinkCode(ctx context.Context, account domain.AccountID) error {
	return translate(t.orm(ctx).Where("account = ?", account).Delete(&linkCodeRow{}).Error)
}

// MoveIdentity gives an identity to another account.
func (t *tx) MoveIdentity(ctx context.Context, channel, external string, to domain.AccountID) error {
	res := t.orm(ctx).Model(&identityRow{}).Where("channel = ? AND external = ?", channel, external).Updates(map[string]any{"account": to})
	if res.Error != nil {
		return fmt.Errorf("move an identity: %w", translate(res.Error))
	}
	if res.RowsAffected == 0 {
		return fmt.Errorf("move an identity: %w", domain.ErrNotFound)
	}
	return nil
}

// Identity is one identity with the account that it was made for.
func (d *DB) Identity(ctx context.Context, channel, external string) (domain.Identity, error) {
	row, err := first[identityRow](d.reader(ctx).Where("channel = ? AND external = ?", channel, external))
	return identityFromRow(row), failed("identity", err)
}

// LinksTo lists the redirects that end at an account, newest first.
func (d *DB) LinksTo(ctx context.Context, account domain.AccountID) ([]domain.Link, error) {
	rows, err := all[linkRow](d.reader(ctx).Where("to_id = ?", account).Order("linked_at DESC, from_id"))
	return convert(rows, func(w linkRow) domain.Link { return domain.Link{From: w.FromID, To: w.ToID, At: at(w.LinkedAt)} }), failed("links", err)
}

// OwnNames are the names of accounts themselves, also of those that lead to others.
func (d *DB) OwnNames(ctx context.Context, ids []domain.AccountID) (map[domain.AccountID]string, error) {
	rows, err := allIn[accountRow](func() *gorm.DB { return d.reader(ctx) }, "id", distinct(ids))
	names := make(map[domain.AccountID]string, len(rows))
	for _, w := range rows {
		names[w.ID] = w.Name
	}
	return names, failed("names", err)
}

type linkCodeRow struct {
	Account   domain.AccountID
	Hash      string
	Channel   string
	External  string
	ExpiresAt int64
}

// TableName names the table.
func (linkCodeRow) TableName() string { return "link_codes" }

func linkCodeFromRow(w linkCodeRow) domain.LinkCode {
	return domain.LinkCode{Account: w.Account, Hash: w.Hash, Channel: w.Channel, External: w.External, ExpiresAt: at(w.ExpiresAt)}
}
