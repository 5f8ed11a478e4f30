package say

import (
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/domain/money"
)

// most is how many rows a list in a chat shows; the rest is counted and stands on a page.
const most = 20

// OrderRow is an order with what its line in a list needs.
type OrderRow struct {
	Order domain.OrderRecord
	Sheet domain.DealSheet
	Name  string // of the shopper, in lists of many people
}

// Orders is "my orders": a line each, newest first, with what can be done now.
func (v Voice) Orders(rows []OrderRow) bot.Reply {
	if len(rows) == 0 {
		r := v.reply("orders", "orders.none")
		r.Choices = []bot.Choice{v.press("deals", Plain(VerbDeals))}
		return r
	}
	r := bot.Reply{Code: "orders", Private: true}
	lines := make([]string, 0, len(rows))
	for _, row := range rows[:min(len(rows), most)] {
		o := row.Order
		lines = append(lines, v.OrderLine(row))
		code := row.Sheet.Deal.Code
		switch {
		case len(r.Choices) >= 4:
		case v.owesNow(o, row.Sheet):
			r.Choices = append(r.Choices, v.main("pay_no", Do(VerbPay, code, o.Serial), "no", o.Serial))
		case o.State == domain.OrderReady:
			r.Choices = append(r.Choices, v.main("code_no", Do(VerbCode, code, o.Serial), "no", o.Serial))
		}
	}
	r.Text = strings.Join(v.rest(lines, len(rows)), "\n")
	return r
}

// owesNow reports whether an order can be paid in the chat right now.
func (v Voice) owesNow(o domain.OrderRecord, s domain.DealSheet) bool {
	if s.Deal.Terms.Pay == domain.PayOffline || !o.Owed().IsPositive() {
		return false
	}
	return o.State == domain.OrderAwaiting || (o.State == domain.OrderPlaced && s.Deal.Terms.Pay == domain.PayAtJoin)
}

// OrderLine is one order in a line: 12 阳光玫瑰 2 份 ¥59.80 · 待付款.
func (v Voice) OrderLine(row OrderRow) string {
	o := row.Order
	goods := v.Goods(Said(o.Lines, row.Sheet.Items))
	if o.Beneficiary != "" {
		goods = v.words("for", "who", v.Name(o.Beneficiary)) + goods
	}
	text := v.words("orders.line", "no", o.Serial, "goods", goods, "total", Money(o.Total), "state", v.StateWord(o.State))
	if o.RefundDue.IsPositive() {
		text += v.words("orders.refunding", "back", Money(o.RefundDue))
	}
	if o.Refunded.IsPositive() {
		text += v.words("orders.refunded", "back", Money(o.Refunded))
	}
	return text + v.noted(o.Note)
}

// noted is the note on an order behind its line; whoever words a list for a group leaves notes out of it.
func (v Voice) noted(note string) string {
	if note == "" {
		return ""
	}
	return v.words("noted", "note", Line(note, domain.MaxNote))
}

// rest says how many rows are not shown.
func (v Voice) rest(lines []string, all int) []string {
	if all > len(lines) {
		return append(lines, v.words("list.more", "n", all-len(lines)))
	}
	return lines
}

// Progress is how far a deal is, in words, with its buttons.
func (v Voice) Progress(s domain.DealSheet) bot.Reply {
	d := s.Deal
	lines := []string{Line(d.Terms.Title, 30)}
	if d.Terms.Kind == domain.KindTeam || len(s.Teams) == 0 {
		c := &bot.Card{}
		v.progress(c, s, CardFacts{})
		lines[0] += v.words("colon") + c.Progress
	} else {
		t := s.Teams[0]
		lines[0] += v.words("colon") + v.TeamProgress(t, s)
		if missing := t.Missing(d.Terms.Pay); missing > 0 && d.State == domain.DealOpen {
			lines = append(lines, v.words("progress.missing", "n", v.In(missing, t.ThresholdUnit, unitOf(s.Items), d.Currency), "at", v.Clock(t.DeadlineAt)))
		}
	}
	switch end := v.deadline(d); {
	case end != "" && len(lines) == 1:
		lines = append(lines, end)
	case end == "":
		lines = append(lines, v.DealWord(d.State))
	}
	return bot.Reply{Text: strings.Join(lines, "\n"), Choices: v.cardChoices(s), Code: "status"}
}

// Who lists who takes part, by serial number; it says no amounts, and without notes it is fit for a group.
func (v Voice) Who(s domain.DealSheet, rows []OrderRow) bot.Reply {
	if len(rows) == 0 {
		r := v.reply("who", "who.none")
		if s.Deal.State == domain.DealOpen {
			r.Choices = v.plusOne(s)
		}
		return r
	}
	people, shares := map[domain.AccountID]bool{}, int64(0)
	parts := make([]string, 0, len(rows))
	for _, row := range rows {
		people[row.Order.Shopper] = true
		shares += row.Order.Shares
		if len(parts) < most {
			parts = append(parts, v.named(row)+" "+signed(row.Order.Shares)+v.noted(row.Order.Note))
		}
	}
	text := v.words("who.head", "people", v.People(int64(len(people))), "shares", v.Qty(shares, unitOf(s.Items))) + "\n" +
		strings.Join(v.rest(parts, len(rows)), " · ")
	return bot.Reply{Text: text, Code: "who"}
}

// named is a serial number with its person.
func (v Voice) named(row OrderRow) string {
	name := v.Name(row.Name)
	if row.Order.Beneficiary != "" {
		name = v.words("echo.for", "who", name, "whom", v.Name(row.Order.Beneficiary))
	}
	return filled(row.Order.Serial) + " " + name
}

// UnpaidList tells the leader who has not paid.
func (v Voice) UnpaidList(s domain.DealSheet, rows []OrderRow) bot.Reply {
	if len(rows) == 0 {
		return v.reply("unpaid", "unpaid.none")
	}
	owed := int64(0)
	lines := []string{""}
	for _, row := range rows {
		owed += row.Order.Owed().Fen()
		if len(lines) <= most {
			lines = append(lines, v.words("unpaid.line", "who", v.named(row), "owed", Money(row.Order.Owed())))
		}
	}
	lines[0] = v.words("unpaid.head", "n", len(rows), "owed", Money(money.Of(owed, s.Deal.Currency)))
	r := bot.Reply{Text: strings.Join(v.rest(lines, len(rows)+1), "\n"), Private: true, Code: "unpaid"}
	if s.Deal.Terms.Pay == domain.PayOffline {
		for _, row := range rows[:min(3, len(rows))] {
			r.Choices = append(r.Choices, v.press("paid_by", Do(VerbPaidBy, s.Deal.Code, row.Order.Serial), "no", row.Order.Serial))
		}
		return r
	}
	r.Choices = []bot.Choice{v.main("remind", Do(VerbRemind, s.Deal.Code))}
	return r
}

// MissingList tells the leader who has not collected.
func (v Voice) MissingList(s domain.DealSheet, rows []OrderRow) bot.Reply {
	if len(rows) == 0 {
		return v.reply("missing", "missing.none")
	}
	lines := []string{v.words("missing.head", "n", len(rows))}
	for _, row := range rows[:min(len(rows), most)] {
		lines = append(lines, v.words("missing.line", "who", v.named(row), "shares", v.Qty(Uncollected(row.Order), unitOf(s.Items)))+v.noted(row.Order.Note))
	}
	return bot.Reply{
		Text: strings.Join(v.rest(lines, len(rows)+1), "\n"), Private: true, Code: "missing",
		Choices: []bot.Choice{v.main("remind", Do(VerbRemind, s.Deal.Code))},
	}
}

// WaitRow is one entry of the waiting list with its person.
type WaitRow struct {
	Waiting domain.WaitingRecord
	Name    string
}

// WaitingList tells the leader who waits for what.
func (v Voice) WaitingList(s domain.DealSheet, rows []WaitRow) bot.Reply {
	if len(rows) == 0 {
		return v.reply("waiting_list", "waiting.none")
	}
	lines := []string{v.words("waiting.head", "n", len(rows))}
	for i, row := range rows[:min(len(rows), most)] {
		goods := v.wanted([]domain.Want{{Item: row.Waiting.Item, Qty: row.Waiting.Qty}}, Facts{Sheet: s})
		lines = append(lines, v.words("waiting.line", "n", i+1, "who", v.Name(row.Name), "goods", goods))
	}
	return bot.Reply{Text: strings.Join(v.rest(lines, len(rows)+1), "\n"), Code: "waiting_list"}
}

// Deals lists the open deals to choose from.
func (v Voice) Deals(deals []domain.DealSheet) bot.Reply {
	if len(deals) == 0 {
		return v.reply("deals", "deals.none")
	}
	return bot.Reply{Text: v.words("deals.head", "n", len(deals)), Choices: v.DealChoices(deals, 8), Code: "deals"}
}

// WhichDeal asks which of several open deals is meant; each choice does act(code).
func (v Voice) WhichDeal(deals []domain.DealSheet, act func(code string) string) bot.Reply {
	r := bot.Reply{Text: v.words("which_deal"), Code: "which_deal"}
	for _, d := range deals[:min(len(deals), 8)] {
		r.Choices = append(r.Choices, bot.Choice{Label: v.dealLabel(d), Action: act(d.Deal.Code)})
	}
	return r
}

// QR is a deal's code as a picture, with the short code to type.
func (v Voice) QR(s domain.DealSheet) bot.Reply {
	code := s.Deal.Code
	text := v.DealURL(code)
	if text == "" {
		text = code
	}
	title := Line(s.Deal.Terms.Title, 30)
	return bot.Reply{
		Text: v.words("qr", "title", title, "code", code), Code: "qr",
		Picture: &bot.Picture{QR: text, Open: "deal " + code, Alt: v.words("qr.alt", "title", title, "code", code)},
	}
}

// PickupQR is the picture of an order's pickup code; it is for the person's eyes only.
func (v Voice) PickupQR(o domain.OrderRecord) bot.Reply {
	code := Code(o.PickupCode)
	return bot.Reply{
		Text: v.words("pickup", "code", code, "no", o.Serial), Private: true, Code: "pickup_code",
		Picture: &bot.Picture{QR: code, Alt: v.words("pickup.alt", "code", code)},
	}
}

// CheckFirst shows a verifier whose order a serial number is, before it is handed out.
func (v Voice) CheckFirst(s domain.DealSheet, row OrderRow) bot.Reply {
	return bot.Reply{
		Text:    v.words("check_first", "who", v.named(row), "goods", v.Goods(Said(row.Order.Lines, s.Items))+v.noted(row.Order.Note)),
		Choices: []bot.Choice{v.main("check_off", Do(VerbCheckOff, s.Deal.Code, row.Order.Serial)), v.press("no", Plain(VerbNo))}, Code: "check_first",
	}
}

// Sure asks once more before something that cannot be undone. What is the key of the words: close, cancel, complete,
// leave, forget; action is done on yes.
func (v Voice) Sure(what, action string, s domain.DealSheet) bot.Reply {
	t := domain.TeamRecord{}
	if len(s.Teams) > 0 {
		t = s.Teams[0]
	}
	return bot.Reply{
		Text: v.words("sure."+what, "title", Line(s.Deal.Terms.Title, 30), "people", v.People(t.Live.People),
			"shares", v.Qty(t.Live.Shares, unitOf(s.Items))),
		Choices: []bot.Choice{v.press("yes", action), v.press("no", Plain(VerbNo))}, Code: "sure", // neither is the obvious one
	}
}
