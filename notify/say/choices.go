package say

import (
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
)

// DealChoices offers deals to look at, at most limit of them.
func (v Voice) DealChoices(deals []domain.DealSheet, limit int) []bot.Choice {
	var cs []bot.Choice
	for _, d := range deals {
		if len(cs) == limit {
			break
		}
		cs = append(cs, bot.Choice{Label: v.dealLabel(d), Action: Do(VerbDeal, d.Deal.Code)})
	}
	return cs
}

func (v Voice) dealLabel(d domain.DealSheet) string {
	limit := MaxName
	if v.English() {
		limit *= 2
	}
	label := Line(d.Deal.Terms.Title, limit)
	if icon := Line(d.Deal.Terms.Icon, 1); icon != "" {
		label = icon + " " + label
	}
	if len(d.Items) == 1 {
		label += " " + Money(d.Items[0].Group)
	}
	return label
}

// ItemChoices offers each item of a deal that is not sold out, qty of it.
func (v Voice) ItemChoices(s domain.DealSheet, qty int64) []bot.Choice {
	var cs []bot.Choice
	for _, it := range s.Items {
		if it.Left() == 0 || s.Deal.Code == "" || len(cs) == 6 {
			continue
		}
		label := v.words("button.item", "letter", it.Letter, "name", Line(it.Name, MaxName), "added", signed(qty))
		cs = append(cs, bot.Choice{Label: label, Action: DoPicks(VerbJoin, s.Deal.Code, Picked{Letter: it.Letter, Qty: qty})})
	}
	return cs
}

// TeamChoices offers the open teams of a team deal and a new one, for what was wanted or one of the first item.
func (v Voice) TeamChoices(s domain.DealSheet, wants []domain.Want) []bot.Choice {
	if s.Deal.Code == "" || len(s.Items) == 0 {
		return nil
	}
	ps := picksOf(wants, nil, s.Items)
	if len(ps) == 0 {
		ps = []Picked{{Letter: s.Items[0].Letter, Qty: 1}}
	}
	var cs []bot.Choice
	for _, t := range s.Teams {
		if t.State != domain.TeamForming || len(cs) == 3 {
			continue
		}
		missing := v.In(t.Missing(s.Deal.Terms.Pay), t.ThresholdUnit, unitOf(s.Items), s.Deal.Currency)
		cs = append(cs, v.press("join_team", DoTeam(s.Deal.Code, t.Number, ps...), "n", t.Number, "missing", missing))
	}
	return append(cs, v.press("open_team", DoPicks(VerbOpenTeam, s.Deal.Code, ps...)))
}

// plusOne offers to take part: +1 of the only item, or each item by name.
func (v Voice) plusOne(s domain.DealSheet) []bot.Choice {
	switch {
	case len(s.Items) == 0 || s.Deal.Code == "":
		return nil
	case s.Deal.Terms.Kind == domain.KindTeam:
		return v.TeamChoices(s, nil)
	case len(s.Items) > 1:
		return v.ItemChoices(s, 1)
	}
	return []bot.Choice{{Label: "+1", Action: DoPicks(VerbJoin, s.Deal.Code, Picked{Letter: s.Items[0].Letter, Qty: 1}), Main: true}}
}

// Letters lists the items by letter: A 葡萄、B 苹果.
func (v Voice) Letters(items []domain.ItemRecord) string {
	parts := make([]string, 0, len(items))
	for _, it := range items {
		parts = append(parts, it.Letter+" "+Line(it.Name, MaxName))
	}
	if len(parts) > 5 {
		parts = append(parts[:5], "…")
	}
	return strings.Join(parts, v.words("and"))
}
