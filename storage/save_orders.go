package storage

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// orders writes new orders and changed ones with their lines.
func (s *saver) orders() error {
	var fresh, changed []orderRow
	var lines, oldLines []lineRow
	var prices, oldPrices []priceRow
	for _, c := range changesOf(s.books, (*domain.Book).OrderChanges) {
		row, err := orderToRow(c.After)
		if err != nil {
			return err
		}
		ls, ps := linesToRows(c.After)
		if c.Fresh {
			fresh, lines, prices = append(fresh, row), append(lines, ls...), append(prices, ps...)
			continue
		}
		changed = append(changed, row)
		ls, ps, err = s.changedLines(row.ID, ls, ps)
		if err != nil {
			return err
		}
		oldLines, oldPrices = append(oldLines, ls...), append(oldPrices, ps...)
	}
	if err := s.changeOrders(changed); err != nil {
		return err
	}
	if err := upsert(s.db, oldLines, []string{"order_id", "id"}); err != nil {
		return err
	}
	if err := upsert(s.db, oldPrices, []string{"order_id", "line", "seq"}); err != nil {
		return err
	}
	if err := insert(s.db, fresh); err != nil {
		return err
	}
	if err := insert(s.db, lines); err != nil {
		return err
	}
	return insert(s.db, prices)
}

func (s *saver) changeOrders(rows []orderRow) error {
	edits := make([]edit[orderRow], len(rows))
	for i, row := range rows {
		before, known := s.t.mem.orders[row.ID]
		if !known {
			return fmt.Errorf("order %s was changed but not loaded: %w", row.ID, domain.ErrGuard)
		}
		edits[i] = edit[orderRow]{id: string(row.ID), before: before, after: row}
	}
	done, err := updateAlike(s.ctx, s.db, edits, false, orderKept...)
	if err != nil || done {
		return err
	}
	return upsert(s.db, rows, []string{"id"}, orderKept...)
}

// changedLines keeps the lines and prices that differ from what was read, and removes those that are gone.
func (s *saver) changedLines(order domain.OrderID, lines []lineRow, prices []priceRow) ([]lineRow, []priceRow, error) {
	known := s.t.mem.lines[order]
	var ls []lineRow
	there := map[domain.LineID]bool{}
	for _, l := range lines {
		there[l.ID] = true
		if known[l.ID] != l {
			ls = append(ls, l)
		}
	}
	var ps []priceRow
	for _, p := range prices {
		if !s.t.mem.prices[p] {
			ps = append(ps, p)
		}
	}
	for id := range known {
		if there[id] {
			continue
		}
		if err := s.dropLine(order, id); err != nil {
			return nil, nil, err
		}
	}
	return ls, ps, nil
}

func (s *saver) dropLine(order domain.OrderID, line domain.LineID) error {
	if err := s.db.Where("order_id = ? AND id = ?", order, line).Delete(&lineRow{}).Error; err != nil {
		return fmt.Errorf("drop line %s: %w", line, translate(err))
	}
	if err := s.db.Where("order_id = ? AND line = ?", order, line).Delete(&priceRow{}).Error; err != nil {
		return fmt.Errorf("drop prices of line %s: %w", line, translate(err))
	}
	return nil
}

func (s *saver) payments() error {
	var fresh, changed []paymentRow
	var parts, oldParts []paymentPartRow
	for _, c := range changesOf(s.books, (*domain.Book).PaymentChanges) {
		row, ps := paymentToRow(c.After), paymentPartsToRows(c.After)
		if c.Fresh {
			fresh, parts = append(fresh, row), append(parts, ps...)
			continue
		}
		changed = append(changed, row)
		for _, p := range ps {
			if !s.t.mem.parts[p] {
				oldParts = append(oldParts, p)
			}
		}
	}
	if err := s.changePayments(changed); err != nil {
		return err
	}
	if err := upsert(s.db, oldParts, []string{"payment", "order_id", "purpose"}); err != nil {
		return err
	}
	if err := insert(s.db, fresh); err != nil {
		return err
	}
	return insert(s.db, parts)
}

var paymentKept = []string{"number", "gateway", "deal", "created_at"}

func (s *saver) changePayments(rows []paymentRow) error {
	edits := make([]edit[paymentRow], len(rows))
	for i, row := range rows {
		before, known := s.t.mem.payments[row.ID]
		if !known {
			return fmt.Errorf("payment %s was changed but not loaded: %w", row.ID, domain.ErrGuard)
		}
		edits[i] = edit[paymentRow]{id: string(row.ID), before: before, after: row}
	}
	done, err := updateAlike(s.ctx, s.db, edits, false, paymentKept...)
	if err != nil || done {
		return err
	}
	return upsert(s.db, rows, []string{"id"}, paymentKept...)
}

// refunds ends the lease of a refund that a turn has settled and raises its fence, so that a worker that still holds it
// cannot write over the outcome. While the refund is under way the worker keeps it.
func (s *saver) refunds() error {
	var fresh []refundRow
	var parts []refundPartRow
	for _, c := range changesOf(s.books, (*domain.Book).RefundChanges) {
		row := refundToRow(c.After)
		if c.Fresh {
			fresh, parts = append(fresh, row), append(parts, refundPartsToRows(c.After)...)
			continue
		}
		set := map[string]any{
			"state": row.State, "attempts": row.Attempts, "due_at": row.DueAt, "last_reason": row.LastReason, "done_at": row.DoneAt,
		}
		if !slices.Contains(openRefunds, row.State) {
			set["owner"], set["lease_until"], set["fence"] = "", 0, gorm.Expr("fence + 1")
		}
		if err := guarded[refundRow](s.db, set, "id = ?", row.ID); err != nil {
			return fmt.Errorf("refund %s: %w", row.ID, err)
		}
	}
	if err := insert(s.db, fresh); err != nil {
		return err
	}
	return insert(s.db, parts)
}
