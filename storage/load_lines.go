package storage

import (
	"fmt"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// withLines joins order rows with their lines and prices; mem, if given, remembers the rows.
func withLines(db *gorm.DB, rows []orderRow, mem *memory) ([]domain.OrderRecord, error) {
	recs := make([]domain.OrderRecord, len(rows))
	ids := make([]domain.OrderID, len(rows))
	place := make(map[domain.OrderID]int, len(rows))
	for i, w := range rows {
		r, err := orderFromRow(w)
		if err != nil {
			return nil, err
		}
		recs[i], ids[i], place[w.ID] = r, w.ID, i
	}
	lines, err := allIn[lineRow](func() *gorm.DB { return db.Order("order_id, pos") }, "order_id", ids)
	if err != nil {
		return nil, fmt.Errorf("order lines: %w", err)
	}
	var several []domain.OrderID // with lines whose price came about in steps
	for _, w := range lines {
		if w.Step == "" {
			several = append(several, w.OrderID)
		}
	}
	prices, err := allIn[priceRow](func() *gorm.DB { return db.Order("order_id, line, seq") }, "order_id", distinct(several))
	if err != nil {
		return nil, fmt.Errorf("line prices: %w", err)
	}
	joinLines(recs, rows, place, lines, prices)
	if mem != nil {
		mem.keepLines(lines, prices)
	}
	return recs, nil
}

func joinLines(recs []domain.OrderRecord, rows []orderRow, place map[domain.OrderID]int, lines []lineRow, prices []priceRow) {
	type key struct {
		order domain.OrderID
		line  domain.LineID
	}
	steps := make(map[key][]priceRow, len(lines))
	for _, p := range prices {
		k := key{p.OrderID, p.Line}
		steps[k] = append(steps[k], p)
	}
	for _, w := range lines {
		i := place[w.OrderID]
		l := lineFromRow(w, rows[i].Currency)
		for _, p := range steps[key{w.OrderID, w.ID}] {
			l.Prices = append(l.Prices, domain.PriceStep{Step: p.Step, Unit: amount(p.UnitFen, rows[i].Currency)})
		}
		if len(l.Prices) == 0 && w.Step != "" {
			l.Prices = []domain.PriceStep{{Step: w.Step, Unit: l.Unit}}
		}
		recs[i].Lines = append(recs[i].Lines, l)
	}
}

func (m *memory) keepLines(lines []lineRow, prices []priceRow) {
	for _, w := range lines {
		if m.lines[w.OrderID] == nil {
			m.lines[w.OrderID] = map[domain.LineID]lineRow{}
		}
		m.lines[w.OrderID][w.ID] = w
	}
	for _, p := range prices {
		m.prices[p] = true
	}
}
