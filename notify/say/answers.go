package say

import (
	"tuanbot/bot"
	"tuanbot/domain"
)

// orderSaid is what leaders and verifiers hear of somebody's order, and people of their pickup point.
func (v Voice) orderSaid(a domain.Answer, f Facts) bot.Reply {
	code, unit := f.code(a), unitSaid(a.Lines)
	who := ""
	if f.Person != "" {
		who = " " + v.Name(f.Person)
	}
	as := append(v.orderWords(a), "who", who, "shares", v.Qty(a.Shares, unit), "gone", v.Qty(-a.Added, unit), "took", v.Qty(a.Count, unit),
		"left", v.Qty(f.Left, unit), "back", Money(a.Back), "paid", Money(a.Total), "point", Line(f.Point, 30))
	r := bot.Reply{Text: v.words("order."+string(a.Did), as...)}
	switch a.Did { //nolint:exhaustive // the rest has no more to say
	case domain.DidRemove:
		if a.Back.IsPositive() {
			r.Text += "\n" + v.words("back.theirs."+backBy(a.Pay), as...)
		}
	case domain.DidCheckOff:
		if f.Left > 0 {
			r.Text = v.words("order.checked_part", as...)
		}
		r.Text += v.noteLine(f)
		r.Choices = []bot.Choice{v.press("uncheck", Do(VerbUncheck, code, a.Serial))}
	}
	return r
}

// noteLine is the note on an order in a line of its own; never in a group.
func (v Voice) noteLine(f Facts) string {
	if f.Note == "" || f.Group {
		return ""
	}
	return "\n" + v.words("note", "note", Line(f.Note, domain.MaxNote))
}

func backBy(pay domain.PayWhen) string {
	if pay == domain.PayOffline {
		return "offline"
	}
	return "online"
}

// waited says where in the waiting list somebody stands, or that they left it.
func (v Voice) waited(a domain.Answer, f Facts) bot.Reply {
	if a.Did == domain.DidUnwait {
		return v.reply(string(a.Did), "unwait")
	}
	r := v.reply(string(a.Did), "wait", "goods", v.wanted(a.Asked, f), "place", a.Count)
	for _, p := range picksOf(a.Asked, a.Lines, f.Sheet.Items) {
		r.Choices = append(r.Choices, v.press("unwait", Action{Verb: VerbUnwait, Deal: f.code(a), Args: []string{p.Letter}}.String()))
	}
	return r
}

// wanted lists wanted quantities with the names of their items.
func (v Voice) wanted(ws []domain.Want, f Facts) string {
	var lines []domain.LineSaid
	for _, w := range ws {
		for _, it := range f.Sheet.Items {
			if it.ID == w.Item {
				lines = append(lines, domain.LineSaid{Item: it.ID, Letter: it.Letter, Name: it.Name, Unit: it.Unit, Qty: w.Qty})
			}
		}
	}
	if len(lines) == 0 {
		return v.Qty(sum(ws), "")
	}
	return v.Goods(lines)
}

// led is what the leader hears after leading.
func (v Voice) led(a domain.Answer, f Facts) bot.Reply {
	code, unit := f.code(a), unitOf(f.Sheet.Items)
	as := []any{
		"code", code, "title", Line(a.Title, 30), "deadline", v.clockOf(a.Deadline), "people", v.People(a.Live.People),
		"shares", v.Qty(a.Live.Shares, unit), "missing", v.In(a.Missing, a.WantUnit, unit, currency(a)), "n", a.Count,
	}
	r := bot.Reply{Text: v.words("led."+v.ledKey(a, f), as...)}
	switch a.Did { //nolint:exhaustive // the rest has no more to say
	case domain.DidOpenDeal:
		r.Choices = append([]bot.Choice{v.press("qr", Do(VerbQR, code))}, v.link("page", "/d/"+code)...)
	case domain.DidArrive:
		r.Choices = []bot.Choice{v.press("missing", Do(VerbMissing, code))}
	case domain.DidClose, domain.DidComplete:
		if a.TeamState == domain.TeamFormed {
			r.Choices = []bot.Choice{v.press("summary", Do(VerbSummary, code)), v.press("unpaid", Do(VerbUnpaid, code))}
		}
	}
	return r
}

// ledKey finds the words for how a deal stands after the leader's command.
func (v Voice) ledKey(a domain.Answer, f Facts) string {
	switch {
	case a.Did == domain.DidOpenDeal && f.Sheet.Deal.State == domain.DealScheduled:
		return "scheduled"
	case a.Did == domain.DidCancel && a.Pay == domain.PayOffline:
		return "cancelled_offline"
	case (a.Did == domain.DidClose || a.Did == domain.DidDecide) && a.TeamState != "":
		switch a.TeamState {
		case domain.TeamFormed:
			return "closed.formed"
		case domain.TeamDeciding:
			return "closed.deciding"
		case domain.TeamForming:
		case domain.TeamFailing, domain.TeamFailed, domain.TeamCancelling, domain.TeamCancelled:
			if a.Missing > 0 && a.Live.Shares > 0 {
				return "closed.failed" + unpaidKey(a.Pay, "_")
			}
			return "closed.empty"
		}
	}
	return string(a.Did)
}

// unpaidKey ends the key of words about a team that failed: where nobody pays before it forms, nothing goes back.
func unpaidKey(pay domain.PayWhen, sep string) string {
	switch pay {
	case domain.PayAfterFormed:
		return sep + "unpaid"
	case domain.PayOffline:
		return sep + "offline"
	case domain.PayAtJoin:
	}
	return ""
}

// paying leads to the cashier, or says that money came in.
func (v Voice) paying(a domain.Answer, f Facts) bot.Reply {
	as := append(v.orderWords(a), "n", a.Count, "back", Money(a.Back))
	switch {
	case a.Did == domain.DidStartPayment:
		key := "pay.start"
		if a.Count > 1 {
			key = "pay.start_many"
		}
		r := bot.Reply{Text: v.words(key, as...), Private: f.Group}
		if f.PayURL != "" {
			r.Choices = []bot.Choice{{Label: v.words("button.pay_now", "sum", Money(a.Owed)), URL: f.PayURL, Main: true}}
		}
		return r
	case a.Back.IsPositive():
		return bot.Reply{Text: v.words("pay.returned", as...), Private: f.Group}
	}
	return bot.Reply{Text: v.words("pay.in", as...), Private: f.Group}
}

// summed is said to the leader who sent a summary and to the merchant who answered it.
func (v Voice) summed(a domain.Answer) bot.Reply {
	r := bot.Reply{Text: v.words("summed."+string(a.Did), "n", a.Count, "shares", v.Qty(a.Shares, ""), "reason", Line(a.Reason, 60))}
	if a.Did == domain.DidSummary && a.Token != "" {
		r.Choices = v.link("details", "/m/"+a.Token)
	}
	return r
}

// nothing says that it was so already, as exactly as the answer allows.
func (v Voice) nothing(a domain.Answer, f Facts) bot.Reply {
	key := "nothing"
	switch {
	case f.Kind == "check_off":
		key = "nothing.collected"
	case f.Kind == "record_payment":
		key = "nothing.recorded"
	case f.Kind == "wait" && a.Count > 0:
		key = "nothing.waiting"
	case f.Kind == "summary":
		key = "nothing.summary"
	case f.Kind == "answer_summary":
		key = "nothing.answered"
	case f.Kind == "arrive":
		key = "nothing.arrived"
	case f.Kind == "cancel":
		key = "nothing.cancelled"
	case f.Kind == "remind" && a.Count > 0:
		key = "nothing.reminded"
	case f.Kind == "remind":
		key = "nothing.to_remind"
	case f.Kind == "share":
		key = "nothing.shared"
	}
	who := ""
	if f.Person != "" {
		who = " " + v.Name(f.Person)
	}
	return v.reply(string(domain.DidNothing), key, "no", a.Serial, "who", who, "n", a.Count, "place", a.Count)
}
