package storage

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// LockDeal locks the deal's row. An image of the same version is copied rather than read again: the turn changes what it
// is given, and if it fails the kept image must be as it was.
func (t *tx) LockDeal(ctx context.Context, id domain.DealID, image *domain.Image) (*domain.Image, error) {
	db := t.orm(ctx)
	row, err := first[dealRow](locked(db).Where("id = ?", id))
	if err != nil {
		return nil, fmt.Errorf("lock deal %s: %w", id, err)
	}
	if image != nil && image.Deal.ID() == id && image.Deal.Record().Version == row.Version {
		return copyImage(image), nil
	}
	images, err := imagesOf(db, []dealRow{row})
	if err != nil {
		return nil, err
	}
	return images[0], nil
}

// LockDeals locks rows by their key, so that they are locked in its order.
func (t *tx) LockDeals(ctx context.Context, ids []domain.DealID) ([]*domain.Image, error) {
	db := t.orm(ctx)
	rows, err := all[dealRow](locked(db).Where("id IN ?", ids).Order("id"))
	if err == nil && len(rows) != len(ids) {
		err = fmt.Errorf("%d are there: %w", len(rows), domain.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %d deals: %w", len(ids), err)
	}
	return imagesOf(db, rows)
}

// imagesOf reads what belongs to locked deals.
func imagesOf(db *gorm.DB, rows []dealRow) ([]*domain.Image, error) {
	images := make([]*domain.Image, len(rows))
	of := make(map[domain.DealID]*domain.Image, len(rows))
	ids := make([]domain.DealID, len(rows))
	for i, w := range rows {
		rec, err := dealFromRow(w)
		if err != nil {
			return nil, err
		}
		images[i] = &domain.Image{Deal: domain.RestoreDeal(rec)}
		of[w.ID], ids[i] = images[i], w.ID
	}
	items, err := all[itemRow](db.Where("deal IN ?", ids).Order("deal, letter"))
	if err != nil {
		return nil, fmt.Errorf("items of %d deals from %s on: %w", len(ids), ids[0], err)
	}
	for _, w := range items {
		of[w.Deal].Items = append(of[w.Deal].Items, domain.RestoreItem(itemFromRow(w)))
	}
	chats, err := all[dealChatRow](db.Where("deal IN ?", ids).Order("deal, created_at, chat"))
	if err != nil {
		return nil, fmt.Errorf("chats of %d deals from %s on: %w", len(ids), ids[0], err)
	}
	for _, w := range chats {
		of[w.Deal].Chats = append(of[w.Deal].Chats, dealChatFromRow(w))
	}
	return images, nil
}

func copyImage(im *domain.Image) *domain.Image {
	return &domain.Image{
		Deal:  domain.RestoreDeal(im.Deal.Record()),
		Items: convert(im.Items, func(i *domain.Item) *domain.Item { return domain.RestoreItem(i.Record()) }),
		Teams: convert(im.Teams, func(t *domain.Team) *domain.Team { return domain.RestoreTeam(t.Record()) }),
		Chats: append([]domain.DealChat(nil), im.Chats...),
	}
}

// Answers finds the stored events of keys.
func (t *tx) Answers(ctx context.Context, keys []domain.EventKey) (map[domain.EventKey]domain.Event, error) {
	return eventsByKeys(t.orm(ctx), keys)
}

// eventsByKeys asks in one statement a few hundred keys at a time. Keys that share all but the message are asked for
// together, because MariaDB does not use an index for a list of tuples.
func eventsByKeys(db *gorm.DB, keys []domain.EventKey) (map[domain.EventKey]domain.Event, error) {
	found := map[domain.EventKey]domain.Event{}
	for len(keys) > 0 {
		part := keys[:min(maxKeys, len(keys))]
		keys = keys[len(part):]
		where, args := keysWhere(part)
		if where == "" {
			continue
		}
		rows, err := all[eventRow](db.Where(where, args...))
		if err != nil {
			return nil, fmt.Errorf("find events by key: %w", err)
		}
		for _, w := range rows {
			e, err := eventFromRow(w)
			if err != nil {
				return nil, err
			}
			found[e.Key] = e
		}
	}
	return found, nil
}

func keysWhere(keys []domain.EventKey) (where string, args []any) {
	groups := map[domain.EventKey][]string{}
	var order []domain.EventKey
	for _, k := range keys {
		if k.IsZero() {
			continue
		}
		g := domain.EventKey{Channel: k.Channel, Account: k.Account, Index: k.Index}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], k.Message)
	}
	parts := make([]string, 0, len(order))
	for _, g := range order {
		parts = append(parts, "(channel = ? AND account = ? AND idx = ? AND message_key IN ?)")
		args = append(args, g.Channel, g.Account, g.Index, groups[g])
	}
	return strings.Join(parts, " OR "), args
}

// memory is what a transaction read, so that a save can tell what changed even if a rule wrote into a shared slice.
type memory struct {
	orders   map[domain.OrderID]orderRow
	payments map[domain.PaymentID]paymentRow
	lines    map[domain.OrderID]map[domain.LineID]lineRow
	prices   map[priceRow]bool
	parts    map[paymentPartRow]bool
}

func (m *memory) open() {
	if m.orders == nil {
		m.orders = map[domain.OrderID]orderRow{}
		m.payments = map[domain.PaymentID]paymentRow{}
		m.lines = map[domain.OrderID]map[domain.LineID]lineRow{}
		m.prices = map[priceRow]bool{}
		m.parts = map[paymentPartRow]bool{}
	}
}
