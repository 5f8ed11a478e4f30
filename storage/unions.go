package storage

import (
	"context"
	"time"

	"tuanbot/domain"
)

type unionRow struct {
	Channel  string
	External string
	UnionKey string
	Apart    bool
}

// TableName names the table.
func (unionRow) TableName() string { return "identity_unions" }

// SeeIdentity notes that somebody spoke, whichever account the identity was made for.
func (t *tx) SeeIdentity(ctx context.Context, channel, external string, at time.Time) error {
	q := t.orm(ctx).Model(&identityRow{}).Where("channel = ? AND external = ?", channel, external)
	return translate(q.Updates(map[string]any{"seen_at": ms(at)}).Error)
}

// SaveUnion keeps an identity's union; one that was taken out stays so.
func (t *tx) SaveUnion(ctx context.Context, u domain.Union) error {
	row := unionRow{Channel: u.Channel, External: u.External, UnionKey: u.Key, Apart: u.Apart}
	set := map[string]any{}
	if u.Key != "" {
		set["union_key"] = u.Key
	}
	if u.Apart {
		set["apart"] = true
	}
	return put(t.orm(ctx), row, set, "channel = ? AND external = ?", row.Channel, row.External)
}

// RemoveIdentity forgets an identity and its union.
func (t *tx) RemoveIdentity(ctx context.Context, channel, external string) error {
	for _, row := range []any{&unionRow{}, &identityRow{}} {
		if err := t.orm(ctx).Where("channel = ? AND external = ?", channel, external).Delete(row).Error; err != nil {
			return translate(err)
		}
	}
	return nil
}

// UnionOf is what is known of an identity's union.
func (d *DB) UnionOf(ctx context.Context, channel, external string) (domain.Union, error) {
	w, err := first[unionRow](d.reader(ctx).Where("channel = ? AND external = ?", channel, external))
	return domain.Union{Channel: w.Channel, External: w.External, Key: w.UnionKey, Apart: w.Apart}, failed("union", err)
}

// AccountByUnion finds the person that a union belongs to: of several identities the one that was there first, by its account.
func (d *DB) AccountByUnion(ctx context.Context, key string) (domain.Account, error) {
	row, err := first[identityRow](d.reader(ctx).Where(
		"EXISTS (SELECT 1 FROM identity_unions u WHERE u.union_key = ? AND u.apart = ? AND u.channel = identities.channel AND u.external = identities.external)", key, false).
		Order("account"))
	if err != nil {
		return domain.Account{}, failed("person of a union", err)
	}
	return d.Account(ctx, row.Account)
}

// ChatShares sums live orders by the chat they came by, most shares first.
func (d *DB) ChatShares(ctx context.Context, deal domain.DealID) ([]domain.ChatShare, error) {
	rows, err := all[shareRow](d.reader(ctx).Select("via_chat, COUNT(DISTINCT shopper) AS people, SUM(shares) AS shares").
		Where("deal = ? AND state IN ?", deal, liveStates).Group("via_chat").Order("shares DESC, via_chat"))
	return convert(rows, func(w shareRow) domain.ChatShare {
		return domain.ChatShare{Chat: w.ViaChat, People: w.People, Shares: w.Shares}
	}), failed("shares of chats", err)
}

// shareRow is a sum over orders.
type shareRow struct {
	ViaChat domain.ChatID
	People  int64
	Shares  int64
}

// TableName names the table.
func (shareRow) TableName() string { return "orders" }

// ShoppersVia lists who has live orders that came by a chat, with one of these orders each.
func (d *DB) ShoppersVia(ctx context.Context, deal domain.DealID, chat domain.ChatID) (map[domain.AccountID]domain.OrderID, error) {
	rows, err := all[orderRow](d.reader(ctx).Where("deal = ? AND via_chat = ? AND state IN ?", deal, chat, liveStates).Order("serial"))
	who := make(map[domain.AccountID]domain.OrderID, len(rows))
	for _, w := range rows {
		who[w.Shopper] = w.ID
	}
	return who, failed("people of a chat", err)
}
