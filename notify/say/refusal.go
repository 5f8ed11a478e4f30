package say

import (
	"strconv"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

// Refusal says kindly why not, and what would have worked. It never blames.
func (v Voice) Refusal(r *domain.Refusal, f Facts) bot.Reply {
	if r == nil {
		return v.Unknown()
	}
	said := bot.Reply{Text: v.words("why."+v.whyKey(r, f), v.whyWords(r, f)...), Code: string(r.Why)}
	said.Choices = v.whatThen(r, f)
	return said
}

// number reads a whole number of a refusal.
func number(r *domain.Refusal, name string) int64 {
	n, err := strconv.ParseInt(r.Params[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// fields are the fields of edit_rule and bad_deal that have words of their own.
var fields = map[domain.Why][]string{
	domain.WhyEdit:    {"title", "threshold", "stock"},
	domain.WhyBadDeal: {"title", "kind", "pay", "deadline", "threshold", "cap", "limit", "window", "chat", "items", "price", "stock"},
}

// ownOrder are the commands about an order that somebody has already: after the cut-off only the leader can help.
var ownOrder = map[string]bool{"change": true, "leave": true, "undo": true, "change_point": true}

// whyKey picks the exact words for a reason.
func (v Voice) whyKey(r *domain.Refusal, f Facts) string {
	key, left := string(r.Why), number(r, "left")
	switch r.Why { //nolint:exhaustive // the rest has one text each
	case domain.WhyFull, domain.WhySoldOut:
		switch {
		case r.Why == domain.WhyFull && f.Sheet.Deal.Terms.Kind == domain.KindTeam:
			return key + ".team"
		case left > 0:
			return key + ".left"
		}
	case domain.WhyLimitPerson, domain.WhyLimitItem, domain.WhyLimitHousehold:
		if number(r, "have") == 0 {
			return key + ".none"
		}
	case domain.WhyNoOrder:
		if number(r, "serial") > 0 {
			return key + ".serial"
		}
	case domain.WhyClosed:
		if ownOrder[f.Kind] {
			return key + ".order"
		}
		if v.formedEarly(r) {
			key += ".formed"
		}
		if len(f.Others) > 0 {
			return key + ".others"
		}
	case domain.WhyDecided:
		if v.has("why.decided." + r.Params["state"]) {
			return key + "." + r.Params["state"]
		}
	case domain.WhyNothingToPay:
		if rule := r.Params["rule"]; v.has("why.nothing_to_pay." + rule) {
			return key + "." + rule
		}
		if r.Params["late"] != "" {
			return key + ".late"
		}
	case domain.WhyNotAllowed, domain.WhyQuantity:
		if field := r.Params["field"]; field == "point" || field == "amount" {
			return key + "." + field
		}
	case domain.WhyEdit, domain.WhyBadDeal:
		for _, field := range fields[r.Why] {
			if r.Params["field"] == field {
				return key + "." + field
			}
		}
	case domain.WhyChooseItem, domain.WhyUnknownItem:
		if len(f.Sheet.Items) == 0 {
			return key + ".bare"
		}
	case domain.WhyNotFound, domain.WhyCancelled:
		if len(f.Others) > 0 {
			return key + ".others"
		}
	}
	return key
}

// formedEarly: the team was complete before its time was up.
func (v Voice) formedEarly(r *domain.Refusal) bool {
	switch domain.TeamState(r.Params["state"]) { //nolint:exhaustive // the words of deals are among them
	case domain.TeamFormed, domain.TeamState(domain.DealFulfilling), domain.TeamState(domain.DealCompleted):
		return time.UnixMilli(number(r, "at")).After(v.Now)
	}
	return false
}

// whyWords fills a reason's words.
func (v Voice) whyWords(r *domain.Refusal, f Facts) []any {
	unit := unitOf(f.Sheet.Items)
	it := f.itemOf(r)
	if it.Unit != "" {
		unit = it.Unit
	}
	left, limit, have := number(r, "left"), number(r, "limit"), number(r, "have")
	name := Line(it.Name, 20)
	if name == "" {
		name = Line(r.Params["name"], 20)
	}
	if name == "" {
		name = r.Params["item"]
	}
	most := number(r, "max")
	if most == 0 {
		most = domain.MaxQty
	}
	return []any{
		"max", most, "left", v.Qty(left, unit), "limit", v.Qty(limit, unit), "have", v.Qty(have, unit), "name", name, "item", r.Params["item"],
		"at", v.clockMS(number(r, "at")), "until", v.clockMS(number(r, "until")), "others", len(f.Others), "hours", number(r, "hours"),
		"no", number(r, "serial"), "held", v.Qty(number(r, "held"), unit), "items", v.Letters(f.Sheet.Items), "letter", firstLetter(f.Sheet.Items),
		"needed", fen(domain.CodeNeededFrom, f.Sheet.Deal.Currency),
	}
}

func (v Voice) clockMS(ms int64) string {
	if ms == 0 {
		return ""
	}
	return v.Clock(time.UnixMilli(ms))
}

// itemOf is the item a refusal speaks of.
func (f Facts) itemOf(r *domain.Refusal) domain.ItemRecord {
	for _, it := range f.Sheet.Items {
		if string(it.ID) == r.Params["id"] || (r.Params["id"] == "" && it.Letter == r.Params["item"]) {
			return it
		}
	}
	return domain.ItemRecord{}
}

func firstLetter(items []domain.ItemRecord) string {
	if len(items) == 0 {
		return "A"
	}
	return items[0].Letter
}

// whatThen are the buttons that help a person on.
func (v Voice) whatThen(r *domain.Refusal, f Facts) []bot.Choice {
	code := f.Sheet.Deal.Code
	switch r.Why { //nolint:exhaustive // the rest is helped by its example
	case domain.WhyFull, domain.WhySoldOut:
		return v.whenFull(r, f)
	case domain.WhyLimitPerson, domain.WhyLimitItem, domain.WhyLimitHousehold:
		return v.whenLimited(r, f)
	case domain.WhyClosed, domain.WhyCancelled, domain.WhyNotFound, domain.WhyDecided:
		return v.DealChoices(f.Others, 3)
	case domain.WhyChooseItem, domain.WhyUnknownItem:
		return v.ItemChoices(f.Sheet, max(1, f.Qty))
	case domain.WhyNoTeam:
		return v.TeamChoices(f.Sheet, f.Wants)
	case domain.WhyStale, domain.WhyNotYours, domain.WhyAlreadyPaid:
		return []bot.Choice{v.press("orders", Plain(VerbOrders))}
	case domain.WhyNoOrder:
		if code != "" && !f.Leader {
			return v.plusOne(f.Sheet)
		}
	case domain.WhyNoNeedToWait:
		if ps := picksOf(f.Wants, nil, f.Sheet.Items); code != "" && len(ps) > 0 {
			return []bot.Choice{v.main("take_qty", DoPicks(VerbJoin, code, ps...), "qty", v.Qty(sum(f.Wants), unitOf(f.Sheet.Items)))}
		}
	}
	return nil
}

// whenFull offers what is left, and the waiting list.
func (v Voice) whenFull(r *domain.Refusal, f Facts) []bot.Choice {
	code, left := f.Sheet.Deal.Code, number(r, "left")
	if r.Why == domain.WhyFull && f.Sheet.Deal.Terms.Kind == domain.KindTeam {
		return v.TeamChoices(f.Sheet, f.Wants)
	}
	ps := picksOf(f.Wants, nil, f.Sheet.Items)
	if it := f.itemOf(r); it.Letter != "" {
		ps = []Picked{{Letter: it.Letter, Qty: max(1, number(r, "want"))}}
	}
	if code == "" || len(ps) == 0 {
		return nil
	}
	var cs []bot.Choice
	if left > 0 && r.Params["unit"] != string(domain.UnitPeople) {
		cs = append(cs, v.main("take_qty", DoPicks(VerbJoin, code, Picked{Letter: ps[0].Letter, Qty: left}), "qty", v.Qty(left, unitOf(f.Sheet.Items))))
	}
	if f.Sheet.Deal.Terms.Kind != domain.KindTeam && len(ps) == 1 {
		cs = append(cs, v.press("wait", DoPicks(VerbWait, code, ps[0])))
	}
	return cs
}

// whenLimited offers what the limit still allows.
func (v Voice) whenLimited(r *domain.Refusal, f Facts) []bot.Choice {
	rest := number(r, "limit") - number(r, "have")
	ps := picksOf(f.Wants, nil, f.Sheet.Items)
	if rest <= 0 || len(ps) != 1 || f.Sheet.Deal.Code == "" {
		return nil
	}
	p := Picked{Letter: ps[0].Letter, Qty: rest}
	return []bot.Choice{v.main("take_qty", DoPicks(VerbJoin, f.Sheet.Deal.Code, p), "qty", v.Qty(rest, unitOf(f.Sheet.Items)))}
}
