package storage

import (
	"context"

	"tuanbot/domain"
)

// What tests outside the package may put into the tables as it is, past the rules.

// PutOrder stores an order as it is.
func (d *DB) PutOrder(ctx context.Context, r domain.OrderRecord) error {
	return d.inTx(ctx, func(t *tx) error {
		row, err := orderToRow(r)
		if err != nil {
			return err
		}
		lines, prices := linesToRows(r)
		if err := insert(t.orm(ctx), []orderRow{row}); err != nil {
			return err
		}
		if err := insert(t.orm(ctx), lines); err != nil {
			return err
		}
		return insert(t.orm(ctx), prices)
	})
}

// PutPayment stores a payment as it is.
func (d *DB) PutPayment(ctx context.Context, r domain.PaymentRecord) error {
	return d.inTx(ctx, func(t *tx) error {
		if err := insert(t.orm(ctx), []paymentRow{paymentToRow(r)}); err != nil {
			return err
		}
		return insert(t.orm(ctx), paymentPartsToRows(r))
	})
}

// PutRefund stores a refund as it is.
func (d *DB) PutRefund(ctx context.Context, r domain.RefundRecord) error {
	return d.inTx(ctx, func(t *tx) error {
		if err := insert(t.orm(ctx), []refundRow{refundToRow(r)}); err != nil {
			return err
		}
		return insert(t.orm(ctx), refundPartsToRows(r))
	})
}

// PutTransfer stores a movement of money as it is.
func (d *DB) PutTransfer(ctx context.Context, m domain.Transfer) error {
	return d.inTx(ctx, func(t *tx) error {
		row, legs := transferToRows(m)
		if err := insert(t.orm(ctx), []transferRow{row}); err != nil {
			return err
		}
		return insert(t.orm(ctx), legs)
	})
}

// PutWork stores what waits to be handed over, offered or read, as it is.
func (d *DB) PutWork(ctx context.Context, w domain.WaitingRecord, s domain.SummaryRecord, a domain.Arrival, c domain.CheckOff, due domain.Due) error {
	return d.inTx(ctx, func(t *tx) error {
		sum, err := summaryToRow(s)
		if err != nil {
			return err
		}
		check, err := checkOffToRow(c)
		if err != nil {
			return err
		}
		for _, put := range []func() error{
			func() error { return insert(t.orm(ctx), []waitingRow{waitingToRow(w)}) },
			func() error { return insert(t.orm(ctx), []summaryRow{sum}) },
			func() error { return insert(t.orm(ctx), []arrivalRow{arrivalToRow(a)}) },
			func() error { return insert(t.orm(ctx), []checkOffRow{check}) },
			func() error { return insert(t.orm(ctx), []dueRow{dueToRow(due)}) },
		} {
			if err := put(); err != nil {
				return err
			}
		}
		return nil
	})
}

// CheckOffs reads the check-offs of an order.
func (d *DB) CheckOffs(ctx context.Context, order domain.OrderID) ([]domain.CheckOff, error) {
	rows, err := all[checkOffRow](d.reader(ctx).Where("order_id = ?", order))
	if err != nil {
		return nil, err
	}
	list := make([]domain.CheckOff, len(rows))
	for i, w := range rows {
		if list[i], err = checkOffFromRow(w); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Spoil runs a statement inside the transaction, behind the back of its book.
func (t *tx) Spoil(ctx context.Context, statement string) error {
	return t.orm(ctx).Exec(statement).Error
}
