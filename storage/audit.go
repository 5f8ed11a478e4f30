package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"tuanbot/domain"
)

const (
	auditDeals  = 200   // deals looked up at once
	auditOrders = 5_000 // orders read at once, give or take one deal
)

// auditColumns are what a check of an order looks at; texts and boxes stay where they are.
var auditColumns = []string{
	"id", "deal", "team", "shopper", "beneficiary", "slot", "serial", "state", "pay", "currency", "total_fen", "paid_fen",
	"refund_due_fen", "refunded_fen", "shares", "household",
}

// Examine looks at the whole database and changes nothing: every deal with its records, deal by deal, and what no look at a
// single deal can see. Each of the two looks sees one moment; they run side by side, and the functions are called one at a
// time. Memory stays small, whatever the number of deals.
func (d *DB) Examine(ctx context.Context, deal func(domain.Snapshot) error, stray func(domain.Violation) error) error {
	var one sync.Mutex
	say := func(v domain.Violation) error {
		one.Lock()
		defer one.Unlock()
		return stray(v)
	}
	show := func(s domain.Snapshot) error {
		one.Lock()
		defer one.Unlock()
		return deal(s)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, look := range []func(*auditor) error{func(a *auditor) error { return a.everyDeal(show) }, (*auditor).whole} {
		g.Go(func() error {
			return d.moment(ctx, func(db *gorm.DB, raw *sql.Tx) error {
				now, err := d.now(db)
				if err != nil {
					return err
				}
				return look(&auditor{d: d, ctx: ctx, db: db, raw: raw, now: now, stray: say})
			})
		})
	}
	return g.Wait() //nolint:wrapcheck // each look says what it was doing
}

// moment runs f in one reading transaction that sees a single moment, however long it takes.
func (d *DB) moment(ctx context.Context, f func(db *gorm.DB, raw *sql.Tx) error) (err error) {
	pool, opts := d.readSQL, &sql.TxOptions{}
	if d.mysql {
		if pool, err = d.mysqlPool(nil, 0); err != nil { // a look at everything takes longer than our patience elsewhere
			return err
		}
		defer func() { err = errors.Join(err, pool.Close()) }()
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	raw, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() {
		if failed := rollback(raw); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	db := d.read.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = raw
	return f(db, raw)
}

type auditor struct {
	d     *DB
	ctx   context.Context //nolint:containedctx // lives as long as the call
	db    *gorm.DB
	raw   *sql.Tx
	now   int64
	stray func(domain.Violation) error
}

func (a *auditor) q() *gorm.DB { return a.db.WithContext(a.ctx) }

// everyDeal pages through the deals, as many at once as have some thousand orders together.
func (a *auditor) everyDeal(each func(domain.Snapshot) error) error {
	after := domain.DealID("")
	for {
		rows, err := all[dealRow](a.q().Where("id > ?", after).Order("id").Limit(auditDeals))
		if err != nil {
			return fmt.Errorf("deals: %w", err)
		}
		for len(rows) > 0 {
			n, orders := 1, rows[0].NextSerial
			for n < len(rows) && orders+rows[n].NextSerial <= auditOrders {
				orders += rows[n].NextSerial
				n++
			}
			if err := a.deals(rows[:n], each); err != nil {
				return err
			}
			after, rows = rows[n-1].ID, rows[n:]
		}
		more, err := all[dealRow](a.q().Select("id").Where("id > ?", after).Limit(1))
		if err != nil || len(more) == 0 {
			return err
		}
	}
}

// deals fills the snapshots of some deals and hands them out.
func (a *auditor) deals(rows []dealRow, each func(domain.Snapshot) error) error {
	page := &auditPage{a: a, by: map[domain.DealID]*domain.Snapshot{}}
	for _, w := range rows {
		rec, err := dealFromRow(w)
		if err != nil {
			if err := a.say("unreadable", string(w.ID), err.Error()); err != nil {
				return err
			}
			continue
		}
		page.ids = append(page.ids, w.ID)
		page.by[w.ID] = &domain.Snapshot{Deal: rec}
	}
	for _, step := range []func() error{page.parts, page.orders, page.payments, page.refunds, page.transfers} {
		err := step()
		if errors.Is(err, errUnreadable) {
			return a.unreadable(rows, each, err)
		}
		if err != nil {
			return fmt.Errorf("read deals from %s on: %w", rows[0].ID, err)
		}
	}
	for _, id := range page.ids {
		if err := each(*page.by[id]); err != nil {
			return err
		}
	}
	return nil
}

// unreadable looks at deals one by one, because one of them holds what cannot be read.
func (a *auditor) unreadable(rows []dealRow, each func(domain.Snapshot) error, cause error) error {
	if len(rows) == 1 {
		return a.say("unreadable", string(rows[0].ID), cause.Error())
	}
	for i := range rows {
		if err := a.deals(rows[i:i+1], each); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) say(code, id, detail string) error {
	return a.stray(domain.Violation{Code: code, IDs: []string{id}, Detail: detail})
}

// auditPage is some deals being read.
type auditPage struct {
	a   *auditor
	ids []domain.DealID
	by  map[domain.DealID]*domain.Snapshot
}

// ofPage reads the rows of the page's deals from one table.
func ofPage[R any](p *auditPage, columns ...string) ([]R, error) {
	return allIn[R](func() *gorm.DB {
		q := p.a.q()
		if len(columns) > 0 {
			q = q.Select(columns)
		}
		return q
	}, "deal", p.ids)
}

func (p *auditPage) parts() error {
	items, err := ofPage[itemRow](p)
	if err != nil {
		return fmt.Errorf("items: %w", err)
	}
	for _, w := range items {
		p.by[w.Deal].Items = append(p.by[w.Deal].Items, itemFromRow(w))
	}
	teams, err := ofPage[teamRow](p)
	if err != nil {
		return fmt.Errorf("teams: %w", err)
	}
	for _, w := range teams {
		p.by[w.Deal].Teams = append(p.by[w.Deal].Teams, teamFromRow(w))
	}
	waits, err := allIn[waitingRow](func() *gorm.DB { return p.a.q().Where("state IN ?", liveWaits) }, "deal", p.ids)
	if err != nil {
		return fmt.Errorf("waiting lists: %w", err)
	}
	for _, w := range waits {
		p.by[w.Deal].Waiting = append(p.by[w.Deal].Waiting, waitingFromRow(w))
	}
	return nil
}

func (p *auditPage) orders() error {
	rows, err := ofPage[orderRow](p, auditColumns...)
	if err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	ids := make([]domain.OrderID, len(rows))
	recs := make([]domain.OrderRecord, len(rows))
	place := make(map[domain.OrderID]int, len(rows))
	for i, w := range rows {
		if recs[i], err = orderFromRow(w); err != nil {
			return err
		}
		ids[i], place[w.ID] = w.ID, i
	}
	lines, err := allIn[lineRow](func() *gorm.DB { return p.a.q() }, "order_id", ids)
	if err != nil {
		return fmt.Errorf("order lines: %w", err)
	}
	joinLines(recs, rows, place, lines, nil)
	for _, r := range recs {
		p.by[r.Deal].Orders = append(p.by[r.Deal].Orders, r)
	}
	return nil
}

func (p *auditPage) payments() error {
	rows, err := ofPage[paymentRow](p)
	if err != nil {
		return fmt.Errorf("payments: %w", err)
	}
	recs, err := withParts(p.a.q(), rows, nil)
	if err != nil {
		return err
	}
	for _, r := range recs {
		p.by[r.Deal].Payments = append(p.by[r.Deal].Payments, r)
	}
	return nil
}

func (p *auditPage) refunds() error {
	rows, err := ofPage[refundRow](p)
	if err != nil {
		return fmt.Errorf("refunds: %w", err)
	}
	recs, err := withRefundParts(p.a.q(), rows)
	if err != nil {
		return err
	}
	for _, r := range recs {
		p.by[r.Deal].Refunds = append(p.by[r.Deal].Refunds, r)
	}
	return nil
}

func (p *auditPage) transfers() error {
	rows, err := ofPage[transferRow](p)
	if err != nil {
		return fmt.Errorf("transfers: %w", err)
	}
	ids := make([]domain.TransferID, len(rows))
	for i, w := range rows {
		ids[i] = w.ID
	}
	legs, err := allIn[postingRow](func() *gorm.DB { return p.a.q() }, "transfer", ids)
	if err != nil {
		return fmt.Errorf("postings: %w", err)
	}
	of := make(map[domain.TransferID][]domain.Posting, len(rows))
	for _, l := range legs {
		of[l.Transfer] = append(of[l.Transfer], domain.Posting{Account: l.Account, Amount: amount(l.AmountFen, l.Currency)})
	}
	for _, w := range rows {
		p.by[w.Deal].Transfers = append(p.by[w.Deal].Transfers, domain.Transfer{
			ID: w.ID, Kind: w.Kind, Deal: w.Deal, Order: w.OrderID, Payment: w.Payment, Refund: w.Refund, At: at(w.At), Postings: of[w.ID],
		})
	}
	return nil
}
