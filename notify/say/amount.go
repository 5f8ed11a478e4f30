package say

import (
	"strconv"
	"strings"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// signs are the signs of currencies; another currency is named by its code.
var signs = map[money.Currency]string{money.CNY: "¥", "": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "HKD": "HK$", "SGD": "S$"}

// Money is an amount with its sign, two decimals and thousands apart: ¥1,107.00.
func Money(a money.Amount) string {
	text, minus := strings.CutPrefix(a.String(), "-")
	whole, frac, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	sign, known := signs[a.Currency()]
	if !known {
		sign = string(a.Currency()) + " "
	}
	if minus {
		sign = "-" + sign
	}
	return sign + whole + "." + frac
}

// fen is an amount of a deal's currency.
func fen(n int64, cur money.Currency) string { return Money(money.Of(n, cur)) }

// Qty is a number of something with its unit: 3 份, 2 箱. English leaves Chinese units out.
func (v Voice) Qty(n int64, unit string) string {
	num := strconv.FormatInt(n, 10)
	if unit == "" {
		unit = "份"
	}
	unit = Line(unit, 4)
	if v.English() && !ascii(unit) {
		return num
	}
	return num + " " + unit
}

func ascii(s string) bool {
	for _, r := range s {
		if r > 127 {
			return false
		}
	}
	return true
}

// People is a number of people: 12 人, 12 people.
func (v Voice) People(n int64) string {
	if n == 1 {
		return v.words("people.one")
	}
	return v.words("people.many", "n", n)
}

// In is a number in the unit of a cap or threshold; money comes in fen.
func (v Voice) In(n int64, unit domain.Unit, items string, cur money.Currency) string {
	switch unit {
	case domain.UnitPeople:
		return v.People(n)
	case domain.UnitMoney:
		return fen(n, cur)
	case domain.UnitNone, domain.UnitShares:
	}
	return v.Qty(n, items)
}

// unitOf is the unit that all items share, 份 when they differ.
func unitOf(items []domain.ItemRecord) string {
	unit := ""
	for _, it := range items {
		if unit != "" && it.Unit != unit {
			return "份"
		}
		unit = it.Unit
	}
	return unit
}

// unitSaid is the unit that all spoken lines share, 份 when they differ.
func unitSaid(lines []domain.LineSaid) string {
	unit := ""
	for _, l := range lines {
		if unit != "" && l.Unit != unit {
			return "份"
		}
		unit = l.Unit
	}
	return unit
}

// Goods lists what an order holds: 阳光玫瑰 2 份、草莓 1 盒; Shine Muscat × 2, Strawberries × 1. More than three kinds are
// counted instead of listed.
func (v Voice) Goods(lines []domain.LineSaid) string {
	parts := make([]string, 0, len(lines))
	for _, l := range lines {
		if l.Qty > 0 {
			parts = append(parts, v.words("goods", "name", Line(l.Name, 20), "qty", v.Qty(l.Qty, l.Unit)))
		}
	}
	if len(parts) > 3 {
		parts = append(parts[:2], v.words("goods.more", "n", len(parts)-2))
	}
	return strings.Join(parts, v.words("and"))
}

// Said turns an order's lines into spoken ones with the deal's items.
func Said(lines []domain.LineRecord, items []domain.ItemRecord) []domain.LineSaid {
	out := make([]domain.LineSaid, 0, len(lines))
	for _, l := range lines {
		for _, it := range items {
			if it.ID == l.Item && l.Ordered > 0 {
				out = append(out, domain.LineSaid{Item: it.ID, Letter: it.Letter, Name: it.Name, Unit: it.Unit, Qty: l.Ordered, Price: l.Unit})
			}
		}
	}
	return out
}

// Code groups a pickup code in fours: 7KQ4-M2WX.
func Code(s string) string {
	var parts []string
	for len(s) > 4 {
		parts, s = append(parts, s[:4]), s[4:]
	}
	return strings.Join(append(parts, s), "-")
}
