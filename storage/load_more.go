package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

func amount(fen int64, cur money.Currency) money.Amount { return money.Of(fen, cur) }

// namedMoney finds payments and refunds that are asked for by name, and the shoppers of their orders.
func (l *loader) namedMoney() error {
	if len(l.n.Payments) == 0 && len(l.n.Refunds) == 0 {
		return nil
	}
	if len(l.n.Payments) > 0 {
		var ids []domain.PaymentID
		if err := l.db.Model(&paymentRow{}).Where("deal = ? AND number IN ?", l.deal, l.n.Payments).Pluck("id", &ids).Error; err != nil {
			return fmt.Errorf("payments by number: %w", translate(err))
		}
		l.payments = append(l.payments, ids...)
	}
	if len(l.n.Refunds) > 0 {
		var ids []domain.PaymentID
		if err := l.db.Model(&refundRow{}).Where("deal = ? AND id IN ?", l.deal, l.n.Refunds).Pluck("payment", &ids).Error; err != nil {
			return fmt.Errorf("payments of refunds: %w", translate(err))
		}
		l.payments = append(l.payments, ids...)
	}
	l.payments = distinct(l.payments)
	if len(l.payments) == 0 {
		return nil
	}
	orders := l.db.Session(&gorm.Session{}).Model(&paymentPartRow{}).Select("order_id").Where("payment IN ?", l.payments)
	return l.addShoppers(l.db.Where("id IN (?)", orders))
}

// money reads payments with their parts and refunds. The rows are locked, because the refund worker and the payment poll
// write some of their columns without holding the deal.
func (l *loader) money() error {
	if l.n.Money || l.n.Begun && l.b.Deal().Record().Terms.Pay == domain.PayAtJoin {
		parts, err := allIn[paymentPartRow](func() *gorm.DB { return l.db }, "order_id", l.orders)
		if err != nil {
			return fmt.Errorf("payments of orders: %w", err)
		}
		for _, p := range parts {
			l.payments = append(l.payments, p.Payment)
		}
	}
	ids := distinct(l.payments)
	if len(ids) == 0 {
		return nil
	}
	rows, err := allIn[paymentRow](func() *gorm.DB { return locked(l.db).Order("id") }, "id", ids)
	if err != nil {
		return fmt.Errorf("payments: %w", err)
	}
	recs, err := withParts(l.db, rows, &l.t.mem)
	if err != nil {
		return err
	}
	for i, r := range recs {
		l.t.mem.payments[r.ID] = rows[i]
		l.b.AddPayment(domain.RestorePayment(r))
	}
	refunds, err := allIn[refundRow](func() *gorm.DB { return locked(l.db).Order("payment, seq") }, "payment", ids)
	if err != nil {
		return fmt.Errorf("refunds: %w", err)
	}
	back, err := withRefundParts(l.db, refunds)
	if err != nil {
		return err
	}
	for _, r := range back {
		l.b.AddRefund(domain.RestoreRefund(r))
	}
	return nil
}

func withParts(db *gorm.DB, rows []paymentRow, mem *memory) ([]domain.PaymentRecord, error) {
	recs := convert(rows, paymentFromRow)
	place := make(map[domain.PaymentID]int, len(rows))
	ids := make([]domain.PaymentID, len(rows))
	for i, w := range rows {
		place[w.ID], ids[i] = i, w.ID
	}
	parts, err := allIn[paymentPartRow](func() *gorm.DB { return db.Order("payment, pos") }, "payment", ids)
	if err != nil {
		return nil, fmt.Errorf("payment parts: %w", err)
	}
	for _, p := range parts {
		r := &recs[place[p.Payment]]
		r.Parts = append(r.Parts, domain.PaymentPart{Order: p.OrderID, Purpose: p.Purpose, Amount: amount(p.AmountFen, r.Amount.Currency()), Applied: p.Applied})
		if mem != nil {
			mem.parts[p] = true
		}
	}
	return recs, nil
}

func withRefundParts(db *gorm.DB, rows []refundRow) ([]domain.RefundRecord, error) {
	recs := convert(rows, refundFromRow)
	place := make(map[domain.RefundID]int, len(rows))
	ids := make([]domain.RefundID, len(rows))
	for i, w := range rows {
		place[w.ID], ids[i] = i, w.ID
	}
	parts, err := allIn[refundPartRow](func() *gorm.DB { return db.Order("refund, pos") }, "refund", ids)
	if err != nil {
		return nil, fmt.Errorf("refund parts: %w", err)
	}
	for _, p := range parts {
		r := &recs[place[p.Refund]]
		r.Parts = append(r.Parts, domain.RefundPart{Order: p.OrderID, Line: p.Line, Qty: p.Qty, Amount: amount(p.AmountFen, r.Amount.Currency())})
	}
	return recs, nil
}

var liveWaits = []domain.WaitState{domain.WaitQueued, domain.WaitOffered}

func (l *loader) waiting() error {
	if !l.n.Waiting {
		return nil
	}
	rows, err := all[waitingRow](l.db.Where("deal = ? AND state IN ?", l.deal, liveWaits).Order("number"))
	if err != nil {
		return fmt.Errorf("waiting list: %w", err)
	}
	l.b.AddWaiting(convert(rows, func(w waitingRow) *domain.Waiting { return domain.RestoreWaiting(waitingFromRow(w)) }))
	return nil
}

func (l *loader) summaries() error {
	if !l.n.Summaries && len(l.n.SummaryTokens) == 0 {
		return nil
	}
	newest := l.db.Session(&gorm.Session{}).Model(&summaryRow{}).Select("MAX(number)").Where("deal = ?", l.deal)
	q := l.db.Where("deal = ?", l.deal)
	if len(l.n.SummaryTokens) > 0 {
		q = q.Where("(number = (?) OR token IN ?)", newest, l.n.SummaryTokens)
	} else {
		q = q.Where("number = (?)", newest)
	}
	recs, err := summaries(q.Order("number"))
	if err != nil {
		return err
	}
	l.b.AddSummaries(recs)
	return nil
}

func summaries(q *gorm.DB) ([]domain.SummaryRecord, error) {
	rows, err := all[summaryRow](q)
	if err != nil {
		return nil, fmt.Errorf("summaries: %w", err)
	}
	recs := make([]domain.SummaryRecord, len(rows))
	for i, w := range rows {
		if recs[i], err = summaryFromRow(w); err != nil {
			return nil, fmt.Errorf("summary %s: %w", w.ID, err)
		}
	}
	return recs, nil
}

// checkOffs: the later ones come last and win.
func (l *loader) checkOffs() error {
	rows, err := allIn[checkOffRow](func() *gorm.DB { return l.db.Order("at, id") }, "order_id", distinct(l.n.CheckOffs))
	if err != nil {
		return fmt.Errorf("check-offs: %w", err)
	}
	for _, w := range rows {
		c, err := checkOffFromRow(w)
		if err != nil {
			return fmt.Errorf("check-off %s: %w", w.ID, err)
		}
		l.b.AddCheckOff(c)
	}
	return nil
}

func (l *loader) buildings() error {
	if !l.n.Buildings {
		return nil
	}
	var homes []domain.HouseholdID
	for _, id := range l.orders {
		homes = append(homes, domain.HouseholdID(l.t.mem.orders[id].Household.String))
	}
	rows, err := allIn[householdRow](func() *gorm.DB { return l.db }, "id", distinct(homes))
	if err != nil {
		return fmt.Errorf("households: %w", err)
	}
	for _, w := range rows {
		l.b.AddBuilding(w.ID, w.Building)
	}
	return nil
}

// whoseTimeHasCome is one expression: asked as two, databases look through the due teams of all deals to find the few of one.
const whoseTimeHasCome = "state IN ? AND CASE state WHEN ? THEN deadline_at ELSE drain_until END <= ?"

var undecided = []domain.TeamState{domain.TeamForming, domain.TeamDeciding}

// LoadDue reads the due teams of several deals at once.
func (t *tx) LoadDue(ctx context.Context, books []*domain.Book) error {
	t.mem.open()
	of := make(map[domain.DealID]*domain.Book, len(books))
	deals := make([]domain.DealID, len(books))
	for i, b := range books {
		deals[i] = b.Deal().ID()
		of[deals[i]] = b
	}
	rows, err := all[teamRow](t.orm(ctx).Where("deal IN ?", deals).Where(whoseTimeHasCome, undecided, domain.TeamForming, ms(books[0].Now)).Order("deal, id"))
	if err != nil {
		return fmt.Errorf("due teams of %d deals: %w", len(deals), err)
	}
	for _, w := range rows {
		of[w.Deal].AddTeam(domain.RestoreTeam(teamFromRow(w)))
	}
	return nil
}
