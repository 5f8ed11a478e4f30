package say

import (
	"strconv"
	"strings"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/domain/money"
)

// Facts is what wording an answer or a refusal may need beside it. Zero fields are left out of the words.
type Facts struct {
	Group  bool               // it is said in a group: no money, no codes, one line
	Kind   string             // the command's kind (domain.Turn.Kind), for "it was so already"
	Name   string             // who spoke
	Person string             // whose order it is, when a leader or verifier acts
	Leader bool               // the speaker leads the deal
	Sheet  domain.DealSheet   // the deal, as far as it is known
	Others []domain.DealSheet // other open deals of this chat or community
	Wants  []domain.Want      // what was asked for, when it was refused
	Qty    int64              // how many were asked for without naming an item
	Left   int64              // check-off: what is still to be collected
	Point  string             // name of a pickup point
	Note   string             // on the order
	PayURL string             // where to pay
}

// code is the deal's code, from the answer or the sheet.
func (f Facts) code(a domain.Answer) string {
	if a.Code != "" {
		return a.Code
	}
	return f.Sheet.Deal.Code
}

// Answer words what a command came to. The first reply goes to where the command came from; what is private goes to the
// person alone.
func (v Voice) Answer(a domain.Answer, f Facts) []bot.Reply {
	replies := v.answers(a, f)
	for i := range replies {
		if replies[i].Code == "" {
			replies[i].Code = string(a.Did)
		}
	}
	return replies
}

func (v Voice) answers(a domain.Answer, f Facts) []bot.Reply {
	switch a.Did { //nolint:exhaustive // lists and links are worded where they are handled
	case domain.DidRefuse:
		return []bot.Reply{v.Refusal(a.Refusal, f)}
	case domain.DidJoin:
		return v.joined(a, f)
	case domain.DidAskAgain:
		return one(v.askAgain(a, f))
	case domain.DidChange, domain.DidLeave, domain.DidUndo:
		return v.moved(a, f)
	case domain.DidRemove, domain.DidRecordPaid, domain.DidRecordBack, domain.DidPoint, domain.DidCheckOff, domain.DidUncheck:
		return one(v.orderSaid(a, f))
	case domain.DidWait, domain.DidUnwait:
		return one(v.waited(a, f))
	case domain.DidOpenDeal, domain.DidClose, domain.DidExtend, domain.DidCancel, domain.DidEdit, domain.DidComplete,
		domain.DidDecide, domain.DidArrive:
		return one(v.led(a, f))
	case domain.DidStartPayment, domain.DidPay:
		return one(v.paying(a, f))
	case domain.DidSummary, domain.DidAcknowledge, domain.DidProblem, domain.DidRevoke:
		return one(v.summed(a))
	case domain.DidNothing:
		return one(v.nothing(a, f))
	}
	return one(v.nothing(a, f))
}

func one(r bot.Reply) []bot.Reply { return []bot.Reply{r} }

// joined is the echo of a join: one line for the group, the whole order for the person.
func (v Voice) joined(a domain.Answer, f Facts) []bot.Reply {
	code := f.code(a)
	if f.Group {
		undo := bot.Reply{Text: v.echo("join.group", a, f)}
		if !decided(a) {
			undo.Choices = []bot.Choice{v.press("undo", Do(VerbUndo, code, a.Serial))}
		}
		if a.Pay != domain.PayAtJoin || !a.Owed.IsPositive() {
			return one(undo)
		}
		mine := f
		mine.Group = false
		pay := v.joined(a, mine)[0]
		pay.Private = true
		return []bot.Reply{undo, pay}
	}
	r := bot.Reply{Text: v.words("join.private."+v.payRule(a), v.orderWords(a)...)}
	if a.For != "" {
		r.Text = v.words("for", "who", v.Name(a.For)) + r.Text
	}
	r.Text += v.noteLine(f)
	if a.Pay == domain.PayAtJoin && a.Owed.IsPositive() {
		r.Choices = append(r.Choices, v.main("pay", Do(VerbPay, code, a.Serial)))
	}
	if !decided(a) {
		r.Choices = append(r.Choices, v.press("change", DoChange(code, a.Serial)), v.press("leave", Do(VerbLeave, code, a.Serial)))
	} else {
		r.Choices = append(r.Choices, v.press("orders", Plain(VerbOrders)))
	}
	return one(r)
}

// decided reports whether the team's fate is settled, so that nothing can be changed any more.
func decided(a domain.Answer) bool { return a.TeamState != "" && a.TeamState != domain.TeamForming }

// payRule picks the words that say when to pay.
func (v Voice) payRule(a domain.Answer) string {
	switch {
	case a.TeamState == domain.TeamFormed && a.Pay != domain.PayOffline:
		return "formed"
	case a.Pay == "":
		return string(domain.PayAfterFormed)
	}
	return string(a.Pay)
}

func (v Voice) orderWords(a domain.Answer) []any {
	return []any{
		"goods", v.Goods(a.Lines), "total", Money(a.Total), "owed", Money(a.Owed), "deadline", v.clockOf(a.Deadline), "by", v.clockOf(a.PayBy),
		"no", a.Serial, "title", Line(a.Title, 30),
	}
}

func (v Voice) clockOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.Clock(t)
}

// echo is the one line a group sees of a person's order.
func (v Voice) echo(key string, a domain.Answer, f Facts) string {
	who := v.Name(f.Name)
	if f.Person != "" {
		who = v.Name(f.Person)
	}
	if a.For != "" {
		who = v.words("echo.for", "who", who, "whom", v.Name(a.For))
	}
	return v.words(key, "who", who, "added", v.added(a, f), "no", a.Serial, "tally", v.Tally(a), "shares", v.Qty(a.Shares, unitSaid(a.Lines)))
}

// added is what a command added: +2, or A+2 B+1 where there are several items.
func (v Voice) added(a domain.Answer, f Facts) string {
	single := len(f.Sheet.Items) <= 1 && len(a.Lines) <= 1 && len(a.Asked) <= 1
	ps := picksOf(a.Asked, a.Lines, f.Sheet.Items)
	if single || len(ps) == 0 {
		return signed(a.Added)
	}
	parts := make([]string, 0, len(ps))
	for _, p := range ps {
		parts = append(parts, p.Letter+signed(p.Qty))
	}
	return strings.Join(parts, " ")
}

func signed(n int64) string {
	if n < 0 {
		return "−" + strconv.FormatInt(-n, 10)
	}
	return "+" + strconv.FormatInt(n, 10)
}

// picksOf names wanted items by their letters.
func picksOf(ws []domain.Want, lines []domain.LineSaid, items []domain.ItemRecord) []Picked {
	letters := map[domain.ItemID]string{}
	for _, it := range items {
		letters[it.ID] = it.Letter
	}
	for _, l := range lines {
		letters[l.Item] = l.Letter
	}
	ps := make([]Picked, 0, len(ws))
	for _, w := range ws {
		if l := letters[w.Item]; l != "" {
			ps = append(ps, Picked{Letter: l, Qty: w.Qty})
		}
	}
	return ps
}

// Tally says how far a team is: 共 17 份，还差 3 份.
func (v Voice) Tally(a domain.Answer) string {
	counts, key := a.Live, "tally.live"
	if a.Pay == domain.PayAtJoin {
		counts, key = a.Counted, "tally.paid"
	}
	unit, cur := a.WantUnit, currency(a)
	if unit == domain.UnitNone || unit == "" {
		unit = domain.UnitShares
	}
	items := unitSaid(a.Lines)
	text := v.words(key, "n", v.In(counts.In(unit), unit, items, cur))
	switch {
	case a.TeamState == domain.TeamFormed:
		return text + v.words("tally.formed")
	case a.TeamState != "" && a.TeamState != domain.TeamForming, a.Want == 0:
		return text
	case a.Missing > 0:
		return text + v.words("tally.missing", "n", v.In(a.Missing, unit, items, cur))
	}
	return text + v.words("tally.met", "n", v.In(a.Want, unit, items, cur))
}

func currency(a domain.Answer) money.Currency {
	if c := a.Total.Currency(); c != "" {
		return c
	}
	return a.Live.Goods.Currency()
}

// askAgain asks the person who sent the same thing twice whether they meant it.
func (v Voice) askAgain(a domain.Answer, f Facts) bot.Reply {
	unit := unitSaid(a.Lines)
	more := v.Qty(sum(a.Asked), unit)
	ps := picksOf(a.Asked, a.Lines, f.Sheet.Items)
	return bot.Reply{
		Text:    v.words("ask_again", "shares", v.Qty(a.Shares, unit), "no", a.Serial, "more", more),
		Choices: []bot.Choice{v.main("again", DoPicks(VerbAgain, f.code(a), ps...), "more", more)},
	}
}

func sum(ws []domain.Want) int64 {
	var n int64
	for _, w := range ws {
		n += w.Qty
	}
	return n
}

// moved says what became of an order that was changed, left or restored.
func (v Voice) moved(a domain.Answer, f Facts) []bot.Reply {
	key, code := string(a.Did), f.code(a)
	if a.Did == domain.DidUndo && a.Shares == 0 {
		key = "undone_all"
	}
	choices := []bot.Choice(nil)
	if a.Did != domain.DidUndo && !a.Back.IsPositive() && !decided(a) {
		choices = append(choices, v.press("undo", Do(VerbUndo, code, a.Serial)))
	}
	var out []bot.Reply
	if f.Group {
		out = append(out, bot.Reply{Text: v.echo(key+".group", a, f), Choices: choices})
		if !a.Back.IsPositive() {
			return out
		}
		return append(out, bot.Reply{Text: v.Back(a.Back, a.Pay), Private: true})
	}
	text := v.words(key+".private", v.orderWords(a)...)
	if a.Did == domain.DidChange {
		text += v.noteLine(f)
	}
	if a.Back.IsPositive() {
		text += "\n" + v.Back(a.Back, a.Pay)
	}
	return append(out, bot.Reply{Text: text, Choices: choices})
}

// Back says that money goes back: how much, where to, by when.
func (v Voice) Back(back money.Amount, pay domain.PayWhen) string {
	if pay == domain.PayOffline {
		return v.words("back.offline", "back", Money(back))
	}
	return v.words("back.online", "back", Money(back))
}
