package say

import (
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/domain/money"
)

// Joined is one recent join, for the last line of a card.
type Joined struct {
	Serial int64
	Name   string
	For    string // whom it is for, when not oneself
	Qty    int64
}

// CardFacts is what a card shows beside the deal's own rows.
type CardFacts struct {
	Recent []Joined                    // newest first
	Point  domain.Point                // where the goods are picked up
	Names  map[domain.AccountID]string // who leads the open teams
}

// CardKey names the living card of a deal.
func CardKey(id domain.DealID) string { return "card:" + string(id) }

// Card is the living card of a deal with its buttons.
func (v Voice) Card(s domain.DealSheet, f CardFacts) bot.Reply {
	d := s.Deal
	c := v.face(d.Terms, s.Items, f)
	c.Deal, c.Version = d.Code, d.Version
	c.State = v.DealWord(d.State)
	if d.State == domain.DealOpen || d.State == domain.DealScheduled {
		c.State = ""
	}
	c.Deadline = v.deadline(d)
	v.progress(c, s, f)
	c.Recent = v.recent(f.Recent)
	return bot.Reply{Card: c, Choices: v.cardChoices(s), Living: CardKey(d.ID), Code: "card"}
}

// face is what a card says of the offer itself.
func (v Voice) face(t domain.DealTerms, items []domain.ItemRecord, f CardFacts) *bot.Card {
	c := &bot.Card{Icon: Line(t.Icon, 1), Title: Line(t.Title, 60), Picture: t.Picture, Place: v.place(t, f.Point)}
	if len(items) == 0 {
		return c
	}
	first := items[0]
	if len(items) == 1 {
		if first.Spec != "" && !strings.Contains(t.Title, first.Spec) {
			c.Title += " " + Line(first.Spec, 20)
		}
		c.Price = Money(first.Group)
		if first.Solo.IsPositive() {
			c.Was = v.words("card.was", "price", Money(first.Solo))
		}
		return c
	}
	for _, it := range items {
		c.Items = append(c.Items, v.itemLine(it))
	}
	return c
}

// itemLine is one item of several: A 葡萄 2 斤 ¥29.90 · 剩 3 份.
func (v Voice) itemLine(it domain.ItemRecord) string {
	text := it.Letter + " " + Line(it.Name, 20)
	if it.Spec != "" {
		text += " " + Line(it.Spec, 20)
	}
	text += " " + Money(it.Group)
	switch left := it.Left(); {
	case left == 0:
		text += v.words("card.sold_out")
	case left > 0 && left <= 10:
		text += v.words("card.left", "n", v.Qty(left, it.Unit))
	}
	return text
}

// place says where and how the goods reach people.
func (v Voice) place(t domain.DealTerms, p domain.Point) string {
	if t.Fulfilment != domain.FulfilPickup && t.Fulfilment != "" {
		return v.words("card.fulfil." + string(t.Fulfilment))
	}
	when := t.PickupTime
	if when == "" {
		when = p.Hours
	}
	name, when := Line(p.Name, 30), Line(when, 30)
	switch {
	case name == "" && when == "":
		return ""
	case name == "":
		return v.words("card.pickup", "where", when)
	case when == "":
		return v.words("card.pickup", "where", name)
	}
	return v.words("card.pickup", "where", name+" · "+when)
}

// deadline says when a deal ends, or begins; nothing once it is decided.
func (v Voice) deadline(d domain.DealRecord) string {
	switch d.State {
	case domain.DealScheduled:
		return v.words("card.opens", "at", v.Clock(d.Terms.OpensAt))
	case domain.DealOpen:
		return v.words("card.deadline", "at", v.Clock(d.Terms.DeadlineAt))
	case domain.DealLocked:
		return v.words("card.locked")
	case domain.DealFormed, domain.DealFailed, domain.DealCancelled, domain.DealFulfilling, domain.DealCompleted:
	}
	return ""
}

// progress draws the bar of a chain, or lists the open teams.
func (v Voice) progress(c *bot.Card, s domain.DealSheet, f CardFacts) {
	if s.Deal.Terms.Kind == domain.KindTeam {
		c.Progress = v.words("card.teams", "need", v.In(s.Deal.Terms.Threshold, s.Deal.Terms.ThresholdUnit, unitOf(s.Items), s.Deal.Currency),
			"formed", s.Deal.FormedTeams, "open", s.Deal.OpenTeams)
		c.Items = append(c.Items, v.teamLines(s, f.Names)...)
		return
	}
	if len(s.Teams) == 0 || s.Deal.State == domain.DealFailed || s.Deal.State == domain.DealCancelled {
		return // nobody is in it any more, which says nothing of how far it was
	}
	t := s.Teams[0]
	c.Done, c.Want = bar(t, s.Deal.Terms.Pay)
	c.Progress = v.TeamProgress(t, s)
}

// bar is how far and how wide a team's bar is, in the unit it is decided by; the cap where there is no threshold.
func bar(t domain.TeamRecord, pay domain.PayWhen) (done, want int64) {
	switch {
	case t.ThresholdUnit != domain.UnitNone && t.ThresholdUnit != "":
		return t.Counted(pay).In(t.ThresholdUnit), t.Threshold
	case t.Cap > 0:
		return t.Counted(pay).In(t.CapUnit), t.Cap
	}
	return 0, 0
}

// TeamProgress is how far a team is, in the unit it is decided by: 17/20 份 · 12 人.
func (v Voice) TeamProgress(t domain.TeamRecord, s domain.DealSheet) string {
	pay, items, cur := s.Deal.Terms.Pay, unitOf(s.Items), s.Deal.Currency
	c := t.Counted(pay)
	unit := t.ThresholdUnit
	if unit == domain.UnitNone || unit == "" {
		unit = t.CapUnit
	}
	if unit == domain.UnitNone || unit == "" {
		unit = domain.UnitShares
	}
	done, want := bar(t, pay)
	head, other := v.In(c.In(unit), unit, items, cur), v.People(c.People)
	if want > 0 {
		head = v.words("card.of", "done", bare(done, unit, cur), "want", v.In(want, unit, items, cur))
	}
	if unit == domain.UnitPeople {
		other = v.words("shares", "n", v.Qty(c.Shares, items))
	}
	if met := t.ThresholdUnit != domain.UnitNone && t.ThresholdUnit != "" && t.Missing(pay) == 0 && t.State == domain.TeamForming; met {
		head = v.words("card.met", "want", v.In(t.Threshold, unit, items, cur), "done", v.In(done, unit, items, cur))
	}
	if pay == domain.PayAtJoin {
		head = v.words("card.paid", "progress", head)
	}
	return head + " · " + other
}

// bare is a number without its unit; money keeps its sign.
func bare(n int64, unit domain.Unit, cur money.Currency) string {
	if unit == domain.UnitMoney {
		return fen(n, cur)
	}
	return filled(n)
}

// teamLines lists the open teams of a team deal, who leads them and what they lack.
func (v Voice) teamLines(s domain.DealSheet, names map[domain.AccountID]string) []string {
	var lines []string
	for _, t := range s.Teams {
		if t.State != domain.TeamForming || len(lines) == 3 {
			continue
		}
		missing := v.In(t.Missing(s.Deal.Terms.Pay), t.ThresholdUnit, unitOf(s.Items), s.Deal.Currency)
		lines = append(lines, v.words("card.team", "n", t.Number, "who", v.Name(names[t.Head]), "missing", missing, "at", v.Clock(t.DeadlineAt)))
	}
	return lines
}

// recent is the last line: who joined lately.
func (v Voice) recent(js []Joined) string {
	parts := make([]string, 0, len(js))
	for _, j := range js {
		name := v.Name(j.Name)
		if j.For != "" {
			name = v.words("echo.for", "who", name, "whom", v.Name(j.For))
		}
		parts = append(parts, filled(j.Serial)+" "+name+" "+signed(j.Qty))
		if len(parts) == 3 {
			break
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return v.words("card.recent", "list", strings.Join(parts, " · "))
}

// cardChoices are the buttons below a card.
func (v Voice) cardChoices(s domain.DealSheet) []bot.Choice {
	code := s.Deal.Code
	more := v.press("more", Do(VerbMore, code))
	if v.BaseURL != "" {
		more = bot.Choice{Label: v.words("button.more"), URL: v.DealURL(code)}
	}
	var cs []bot.Choice
	switch s.Deal.State {
	case domain.DealOpen:
		cs = v.plusOne(s)
		if len(s.Items) == 1 && s.Deal.Terms.Kind != domain.KindTeam {
			cs = append(cs, bot.Choice{Label: "+2", Action: DoPicks(VerbJoin, code, Picked{Letter: s.Items[0].Letter, Qty: 2})})
		}
	case domain.DealScheduled:
	case domain.DealFailed, domain.DealCancelled:
		return []bot.Choice{v.press("deals", Plain(VerbDeals)), more}
	case domain.DealLocked, domain.DealFormed, domain.DealFulfilling, domain.DealCompleted:
		return []bot.Choice{v.press("orders", Plain(VerbOrders)), more}
	}
	return append(cs, more, v.press("qr", Do(VerbQR, code)))
}

// Preview is the card of a deal before it is posted, with the buttons that post, change or drop it.
func (v Voice) Preview(t domain.DealTerms, items []domain.NewItem, f CardFacts) bot.Reply {
	rows := make([]domain.ItemRecord, 0, len(items))
	for i, n := range items {
		stock := n.Stock
		if stock == 0 {
			stock = -1
		}
		rows = append(rows, domain.ItemRecord{Letter: string(rune('A' + i)), Name: n.Name, Spec: n.Spec, Unit: n.Unit, Group: n.Group, Solo: n.Solo, Stock: stock})
	}
	c := v.face(t, rows, f)
	c.Deadline = v.words("card.deadline", "at", v.Clock(t.DeadlineAt))
	c.Progress = v.terms(t, unitOf(rows))
	return bot.Reply{
		Text: v.words("preview"), Card: c, Code: "preview",
		Choices: []bot.Choice{v.main("post", Plain(VerbPost)), v.press("post_edit", Plain(VerbPostEdit)), v.press("post_drop", Plain(VerbPostDrop))},
	}
}

// terms says in one line when a deal is on, how much there is, and when to pay.
func (v Voice) terms(t domain.DealTerms, unit string) string {
	var parts []string
	if t.Threshold > 0 && t.ThresholdUnit != domain.UnitNone && t.ThresholdUnit != "" {
		parts = append(parts, v.words("terms.threshold", "n", v.In(t.Threshold, t.ThresholdUnit, unit, money.CNY)))
	} else {
		parts = append(parts, v.words("terms.always"))
	}
	if t.Cap > 0 && t.Kind != domain.KindTeam {
		parts = append(parts, v.words("terms.cap", "n", v.In(t.Cap, t.CapUnit, unit, money.CNY)))
	}
	if t.LimitPerson > 0 {
		parts = append(parts, v.words("terms.limit", "n", v.Qty(t.LimitPerson, unit)))
	}
	return strings.Join(append(parts, v.words("terms.pay."+string(t.Pay))), " · ")
}
