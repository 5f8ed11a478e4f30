package storage

import (
	"context"
	"time"

	"gorm.io/gorm"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

func (d *DB) manyPayments(ctx context.Context, what string, q *gorm.DB) ([]domain.PaymentRecord, error) {
	rows, err := all[paymentRow](q)
	if err != nil {
		return nil, failed(what, err)
	}
	recs, err := withParts(d.reader(ctx), rows, nil)
	return recs, failed(what, err)
}

func (d *DB) manyRefunds(ctx context.Context, what string, q *gorm.DB) ([]domain.RefundRecord, error) {
	rows, err := all[refundRow](q)
	if err != nil {
		return nil, failed(what, err)
	}
	recs, err := withRefundParts(d.reader(ctx), rows)
	return recs, failed(what, err)
}

func only[R any](what string, recs []R, err error) (R, error) {
	var none R
	if err == nil && len(recs) == 0 {
		err = failed(what, domain.ErrNotFound)
	}
	if err != nil {
		return none, err
	}
	return recs[0], nil
}

// Payment finds a payment by our number.
func (d *DB) Payment(ctx context.Context, number domain.PaymentNumber) (domain.PaymentRecord, error) {
	recs, err := d.manyPayments(ctx, "payment by number", d.reader(ctx).Where("number = ?", number))
	return only("payment by number", recs, err)
}

// PaymentByID is one payment.
func (d *DB) PaymentByID(ctx context.Context, id domain.PaymentID) (domain.PaymentRecord, error) {
	recs, err := d.manyPayments(ctx, "payment", d.reader(ctx).Where("id = ?", id))
	return only("payment "+string(id), recs, err)
}

// Refund is one refund.
func (d *DB) Refund(ctx context.Context, id domain.RefundID) (domain.RefundRecord, error) {
	recs, err := d.manyRefunds(ctx, "refund", d.reader(ctx).Where("id = ?", id))
	return only("refund "+string(id), recs, err)
}

// RefundByNumber finds a refund by the number that the gateway knows.
func (d *DB) RefundByNumber(ctx context.Context, number string) (domain.RefundRecord, error) {
	recs, err := d.manyRefunds(ctx, "refund by number", d.reader(ctx).Where("number = ?", number))
	return only("refund by number", recs, err)
}

// TransfersOf lists the movements of money of a deal, oldest first.
func (d *DB) TransfersOf(ctx context.Context, deal domain.DealID) ([]domain.Transfer, error) {
	rows, err := all[transferRow](d.reader(ctx).Where("deal = ?", deal).Order("at, id"))
	if err != nil {
		return nil, failed("transfers", err)
	}
	list := make([]domain.Transfer, len(rows))
	place := make(map[domain.TransferID]int, len(rows))
	ids := make([]domain.TransferID, len(rows))
	for i, w := range rows {
		list[i] = domain.Transfer{ID: w.ID, Kind: w.Kind, Deal: w.Deal, Order: w.OrderID, Payment: w.Payment, Refund: w.Refund, At: at(w.At)}
		place[w.ID], ids[i] = i, w.ID
	}
	legs, err := allIn[postingRow](func() *gorm.DB { return d.reader(ctx).Order("transfer, seq") }, "transfer", ids)
	if err != nil {
		return nil, failed("postings", err)
	}
	for _, w := range legs {
		t := &list[place[w.Transfer]]
		t.Postings = append(t.Postings, domain.Posting{Account: w.Account, Amount: money.Of(w.AmountFen, w.Currency)})
	}
	return list, nil
}

// PaymentsOfOrder lists the attempts to pay an order, oldest first.
func (d *DB) PaymentsOfOrder(ctx context.Context, order domain.OrderID) ([]domain.PaymentRecord, error) {
	q := d.reader(ctx).Where("id IN (SELECT payment FROM payment_parts WHERE order_id = ?)", order).Order("created_at, id")
	return d.manyPayments(ctx, "payments of order", q)
}

// RefundsOfOrder lists the money on its way back for an order, oldest first.
func (d *DB) RefundsOfOrder(ctx context.Context, order domain.OrderID) ([]domain.RefundRecord, error) {
	q := d.reader(ctx).Where("id IN (SELECT refund FROM refund_parts WHERE order_id = ?)", order).Order("created_at, id")
	return d.manyRefunds(ctx, "refunds of order", q)
}

// StuckRefunds lists refunds that a person should look at, oldest first.
func (d *DB) StuckRefunds(ctx context.Context, limit int) ([]domain.RefundRecord, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, failed("stuck refunds", err)
	}
	q := d.reader(ctx).Where("state = ? OR (state IN ? AND created_at <= ?)",
		domain.RefundAbnormal, []domain.RefundState{domain.RefundDue, domain.RefundSent}, ms(now.Add(-time.Hour)))
	return d.manyRefunds(ctx, "stuck refunds", limited(q.Order("created_at, id"), limit))
}

// Orphans lists money that nobody asked for and that nobody has dealt with, oldest first.
func (d *DB) Orphans(ctx context.Context, limit int) ([]domain.Orphan, error) {
	rows, err := all[orphanRow](limited(d.reader(ctx).Where("solved_at = 0").Order("at, transaction_no"), limit))
	return convert(rows, orphanFromRow), failed("orphans", err)
}

// PaymentsToCheck lists payments that the gateway should be asked about, most overdue first.
func (d *DB) PaymentsToCheck(ctx context.Context, limit int) ([]domain.PaymentRecord, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, failed("payments to check", err)
	}
	q := d.reader(ctx).Where("check_at > 0 AND check_at <= ?", ms(now)).Order("check_at")
	return d.manyPayments(ctx, "payments to check", limited(q, limit))
}
