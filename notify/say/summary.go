package say

import (
	"sort"
	"strconv"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/domain/money"
)

// summary is the merchant's order summary: a line of goods, where they go, and what they bring in.
func (v Voice) summary(f NoticeFacts) bot.Reply {
	s, code := f.Summary, f.Sheet.Deal.Code
	cs := []bot.Choice{v.main("ack", Do(VerbAck, code, s.Number)), v.press("problem", Do(VerbProblem, code, s.Number))}
	return bot.Reply{Text: v.SheetText(s, f), Choices: append(cs, v.sheetLink(f)...), Private: true}
}

// SheetText is a summary in at most three lines: 阳光玫瑰 41 份（2 斤装）· 3 号楼 18 · 5 号楼 23 · 应收 ¥1,107.00.
func (v Voice) SheetText(s domain.SummaryRecord, f NoticeFacts) string {
	lines := v.sheetGoods(s)
	last := v.sheetPlaces(s.Sheet, f.Points)
	var supply int64
	for _, it := range s.Sheet.Items {
		supply += it.SupplyFen
	}
	if supply > 0 {
		last = append(last, v.words("sheet.supply", "sum", Money(money.Of(supply, f.Sheet.Deal.Currency))))
	}
	if s.Sheet.Unpaid > 0 {
		last = append(last, v.words("sheet.unpaid", "n", s.Sheet.Unpaid))
	}
	if s.Sheet.Notes > 0 {
		last = append(last, v.words("sheet.notes", "n", s.Sheet.Notes))
	}
	switch {
	case len(last) == 0:
	case len(lines) == 1:
		lines[0] = strings.ReplaceAll(lines[0]+" · "+strings.Join(last, " · "), "） ·", "）·")
	default:
		lines = append(lines, strings.Join(last, " · "))
	}
	if len(s.Sheet.Diff) > 0 {
		lines = append([]string{v.sheetDiff(s)}, lines...)
	}
	if len(lines) > 3 {
		lines = append(lines[:2], lines[len(lines)-1])
	}
	return strings.Join(lines, "\n")
}

// sheetGoods lists the goods: one line for one item, one line for several.
func (v Voice) sheetGoods(s domain.SummaryRecord) []string {
	var parts []string
	for _, it := range s.Sheet.Items {
		if it.Qty == 0 {
			continue
		}
		key := "sheet.item"
		if it.Spec != "" {
			key = "sheet.item_spec"
		}
		parts = append(parts, v.words(key, "name", Line(it.Name, 20), "qty", v.Qty(it.Qty, it.Unit), "spec", Line(it.Spec, 20)))
	}
	if len(parts) > 4 {
		parts = append(parts[:4], v.words("goods.more", "n", len(parts)-4))
	}
	if len(parts) == 0 {
		return []string{v.words("sheet.empty")}
	}
	return []string{strings.Join(parts, v.words("and"))}
}

// sheetPlaces counts by building, or by pickup point where no building is known.
func (v Voice) sheetPlaces(s domain.Sheet, points map[domain.PointID]string) []string {
	houses, spots := map[string]int64{}, map[string]int64{}
	for _, it := range s.Items {
		for b, n := range it.Buildings {
			houses[Line(b, 12)] += n
		}
		for p, n := range it.Points {
			spots[Line(points[domain.PointID(p)], 16)] += n
		}
	}
	if len(houses) > 1 || houses[""] == 0 && len(houses) == 1 {
		return v.counted(houses, "sheet.building")
	}
	if len(spots) > 1 {
		return v.counted(spots, "sheet.point")
	}
	return nil
}

// counted lists counts by place in the order people number them; the unnamed rest comes last.
func (v Voice) counted(m map[string]int64, key string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, errA := strconv.Atoi(names[i])
		b, errB := strconv.Atoi(names[j])
		if errA == nil && errB == nil {
			return a < b
		}
		if (names[i] == "") != (names[j] == "") {
			return names[j] == ""
		}
		return names[i] < names[j]
	})
	var parts []string
	for _, name := range names {
		switch _, err := strconv.Atoi(name); {
		case m[name] == 0:
		case name == "":
			parts = append(parts, v.words("sheet.elsewhere", "n", m[name]))
		case err == nil && key == "sheet.building":
			parts = append(parts, v.words(key, "name", name, "n", m[name]))
		default:
			parts = append(parts, v.words("sheet.point", "name", name, "n", m[name]))
		}
	}
	if len(parts) > 6 {
		parts = append(parts[:6], "…")
	}
	return parts
}

// sheetDiff is what an amendment changes: 更正（第 2 版）：葡萄 41→43.
func (v Voice) sheetDiff(s domain.SummaryRecord) string {
	var parts []string
	for _, d := range s.Sheet.Diff {
		parts = append(parts, Line(d.Name, 20)+" "+filled(d.Before)+"→"+filled(d.After))
	}
	if len(parts) > 4 {
		parts = append(parts[:4], "…")
	}
	return v.words("sheet.diff", "n", s.Number, "list", strings.Join(parts, v.words("and")))
}
