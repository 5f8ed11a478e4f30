package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"tuanbot/domain"
)

func (d *DB) oneOrder(ctx context.Context, what string, q *gorm.DB) (domain.OrderRecord, error) {
	row, err := first[orderRow](q)
	if err != nil {
		return domain.OrderRecord{}, failed(what, err)
	}
	recs, err := withLines(d.reader(ctx), []orderRow{row}, nil)
	if err != nil {
		return domain.OrderRecord{}, failed(what, err)
	}
	return recs[0], nil
}

func (d *DB) manyOrders(ctx context.Context, what string, q *gorm.DB) ([]domain.OrderRecord, error) {
	rows, err := all[orderRow](q)
	if err != nil {
		return nil, failed(what, err)
	}
	recs, err := withLines(d.reader(ctx), rows, nil)
	return recs, failed(what, err)
}

// Order is one order.
func (d *DB) Order(ctx context.Context, id domain.OrderID) (domain.OrderRecord, error) {
	return d.oneOrder(ctx, "order "+string(id), d.reader(ctx).Where("id = ?", id))
}

// OrderByToken finds an order by the token of its page.
func (d *DB) OrderByToken(ctx context.Context, token string) (domain.OrderRecord, error) {
	return d.oneOrder(ctx, "order by token", d.reader(ctx).Where("token = ?", token))
}

// OrderBySerial finds an order by its number in the deal.
func (d *DB) OrderBySerial(ctx context.Context, deal domain.DealID, serial int64) (domain.OrderRecord, error) {
	return d.oneOrder(ctx, "order by number", d.reader(ctx).Where("deal = ? AND serial = ?", deal, serial))
}

// OrderByPickupCode finds an order of a community by its pickup code; the newest, if two deals should share one.
func (d *DB) OrderByPickupCode(ctx context.Context, community domain.CommunityID, code string) (domain.OrderRecord, error) {
	q := d.reader(ctx).Where("pickup_code = ? AND deal IN (SELECT id FROM deals WHERE community = ?)", code, community).Order(newestFirst)
	return d.oneOrder(ctx, "order by pickup code", q)
}

// OrdersOf lists a person's orders over all deals, newest first, also those placed as an account that was linked to them.
func (d *DB) OrdersOf(ctx context.Context, account domain.AccountID, limit int) ([]domain.OrderRecord, error) {
	who, err := d.everyAccount(ctx, account)
	if err != nil {
		return nil, failed("orders of person", err)
	}
	return d.manyOrders(ctx, "orders of person", limited(d.reader(ctx).Where("shopper IN ?", who).Order(newestFirst), limit))
}

// OrdersOfDeal lists orders of a deal by their number.
func (d *DB) OrdersOfDeal(ctx context.Context, deal domain.DealID, f domain.OrderFilter) ([]domain.OrderRecord, error) {
	q := d.reader(ctx).Where("deal = ?", deal)
	if f.Team != "" {
		q = q.Where("team = ?", f.Team)
	}
	if len(f.States) > 0 {
		q = q.Where("state IN ?", f.States)
	}
	if f.Point != nil {
		q = q.Where("point = ?", *f.Point)
	}
	if f.Pay != "" {
		q = q.Where("pay = ?", f.Pay)
	}
	switch {
	case f.Newest && f.After > 0:
		q = q.Where("serial < ?", f.After).Order("serial DESC")
	case f.Newest:
		q = q.Order("serial DESC")
	default:
		q = q.Where("serial > ?", f.After).Order("serial")
	}
	return d.manyOrders(ctx, "orders of deal", limited(q, f.Limit))
}

// OrdersByIDs reads orders; those that do not exist are left out.
func (d *DB) OrdersByIDs(ctx context.Context, ids []domain.OrderID) ([]domain.OrderRecord, error) {
	rows, err := allIn[orderRow](func() *gorm.DB { return d.reader(ctx).Order("deal, serial") }, "id", distinct(ids))
	if err != nil {
		return nil, failed("orders by id", err)
	}
	recs, err := withLines(d.reader(ctx), rows, nil)
	return recs, failed("orders by id", err)
}

// DuesOf lists what orders owe.
func (d *DB) DuesOf(ctx context.Context, ids []domain.OrderID) ([]domain.Due, error) {
	rows, err := allIn[dueRow](func() *gorm.DB { return d.reader(ctx).Order("order_id, due_at, purpose") }, "order_id", distinct(ids))
	return convert(rows, dueFromRow), failed("dues", err)
}

// EventsByKeys finds stored commands.
func (d *DB) EventsByKeys(ctx context.Context, keys []domain.EventKey) (map[domain.EventKey]domain.Event, error) {
	found, err := eventsByKeys(d.reader(ctx), keys)
	return found, failed("events by key", err)
}

// EventsOfDeal is the trail of a deal, newest first.
func (d *DB) EventsOfDeal(ctx context.Context, deal domain.DealID, limit int) ([]domain.Event, error) {
	return events("events of deal", limited(d.reader(ctx).Where("deal = ?", deal).Order("id DESC"), limit))
}

// EventsOfOrder is the trail of an order, oldest first.
func (d *DB) EventsOfOrder(ctx context.Context, order domain.OrderID) ([]domain.Event, error) {
	return events("events of order", limited(d.reader(ctx).Where("order_id = ?", order).Order("id"), 0))
}

func events(what string, q *gorm.DB) ([]domain.Event, error) {
	rows, err := all[eventRow](q)
	if err != nil {
		return nil, failed(what, err)
	}
	list := make([]domain.Event, len(rows))
	for i, w := range rows {
		if list[i], err = eventFromRow(w); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	return list, nil
}

// takesPart are the outcomes after which a person speaks of that deal when they name none.
var takesPart = []domain.Did{domain.DidJoin, domain.DidAskAgain, domain.DidChange, domain.DidUndo, domain.DidWait, domain.DidOpenDeal, domain.DidStartPayment, domain.DidChain}

// LastDealOf is the deal this person last opened or took part in.
func (d *DB) LastDealOf(ctx context.Context, account domain.AccountID) (domain.DealID, error) {
	who, err := d.everyAccount(ctx, account)
	if err != nil {
		return "", failed("last deal", err)
	}
	row, err := first[eventRow](d.reader(ctx).Select("deal").Where("by_account IN ? AND did IN ? AND deal <> ''", who, takesPart).Order("id DESC"))
	return row.Deal, failed("last deal", err)
}
