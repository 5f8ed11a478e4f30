package say

import (
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
)

// Fact is what a question in plain words is answered with.
type Fact string

// The facts of a deal that people ask for.
const (
	FactPrice   Fact = "price"   // what it costs
	FactClosing Fact = "closing" // until when one can join
	FactPickup  Fact = "pickup"  // where and when the goods are to be had
	FactPaying  Fact = "paying"  // when and how it is paid
	FactLeaving Fact = "leaving" // whether one can still get out
)

// Asked answers a question about a deal in a line or two, with the deal's buttons. Leader is who else can help; may be "".
func (v Voice) Asked(what Fact, s domain.DealSheet, f CardFacts, leader string) bot.Reply {
	title := Line(s.Deal.Terms.Title, 30)
	r := bot.Reply{Code: "asked_" + string(what), Choices: v.cardChoices(s)}
	switch what {
	case FactPrice:
		r.Text = v.prices(s)
	case FactClosing:
		r.Text = title + v.words("colon") + v.closing(s.Deal)
	case FactPickup:
		r.Text = title + v.words("colon") + v.fetching(s.Deal, f)
	case FactPaying:
		r.Text = v.words("asked.paying."+string(s.Deal.Terms.Pay), "title", title)
	case FactLeaving:
		r.Text, r.Choices = v.leaving(s.Deal, leader), []bot.Choice{v.press("orders", Plain(VerbOrders))}
	}
	return r
}

// prices says what each item costs, one a line.
func (v Voice) prices(s domain.DealSheet) string {
	if len(s.Items) == 1 {
		it := s.Items[0]
		text := Line(strings.TrimSpace(s.Deal.Terms.Title+" "+ifNew(it.Spec, s.Deal.Terms.Title)), 40) + v.words("colon") + Money(it.Group)
		switch it.Unit {
		case "":
		case "份":
			text += v.words("asked.each_share")
		default:
			text += v.words("asked.each", "unit", Line(it.Unit, 6))
		}
		if it.Solo.IsPositive() {
			text += " · " + v.words("card.was", "price", Money(it.Solo))
		}
		return text
	}
	lines := []string{Line(s.Deal.Terms.Title, 40)}
	for _, it := range s.Items[:min(len(s.Items), most)] {
		lines = append(lines, v.itemLine(it))
	}
	return strings.Join(v.rest(lines, len(s.Items)+1), "\n")
}

// ifNew is a text unless another holds it already.
func ifNew(text, in string) string {
	if strings.Contains(in, text) {
		return ""
	}
	return text
}

// closing says until when one can join, or that it is over.
func (v Voice) closing(d domain.DealRecord) string {
	switch d.State {
	case domain.DealScheduled:
		return v.words("asked.opens", "from", v.Clock(d.Terms.OpensAt), "until", v.Clock(d.Terms.DeadlineAt))
	case domain.DealOpen:
		return v.words("asked.closes", "at", v.Clock(d.Terms.DeadlineAt))
	case domain.DealLocked, domain.DealFormed, domain.DealFailed, domain.DealCancelled, domain.DealFulfilling, domain.DealCompleted:
	}
	return v.words("asked.closed", "state", v.DealWord(d.State))
}

// fetching says where and when the goods are to be had; while that is open, that people will be told.
func (v Voice) fetching(d domain.DealRecord, f CardFacts) string {
	switch d.State {
	case domain.DealFailed, domain.DealCancelled, domain.DealCompleted:
		return v.DealWord(d.State)
	case domain.DealScheduled, domain.DealOpen, domain.DealLocked, domain.DealFormed, domain.DealFulfilling:
	}
	where := strings.TrimPrefix(v.place(d.Terms, f.Point), "📍 ")
	if where == "" {
		return v.words("asked.pickup_open")
	}
	return v.words("asked.pickup", "where", where)
}

// leaving says how one gets out of a deal, and who helps when it is too late for that.
func (v Voice) leaving(d domain.DealRecord, leader string) string {
	switch {
	case d.State == domain.DealOpen && d.Terms.Pay == domain.PayOffline:
		return v.words("asked.leaving.offline", "at", v.Clock(d.Terms.DeadlineAt))
	case d.State == domain.DealOpen:
		return v.words("asked.leaving", "at", v.Clock(d.Terms.DeadlineAt))
	}
	return v.words("asked.left_late", "leader", v.leaderCalled(leader))
}

// leaderCalled is a leader's name with what they are, unless the name says so itself.
func (v Voice) leaderCalled(name string) string {
	if title := v.words("asked.title"); !strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(title))) {
		return title + v.Name(name)
	}
	return v.Name(name)
}

// AskLeader says that a question is one for the leader, by name where there is one.
func (v Voice) AskLeader(leader string) bot.Reply {
	if leader == "" {
		return v.reply("asked_leader", "asked.leader.nobody")
	}
	return v.reply("asked_leader", "asked.leader", "leader", v.leaderCalled(leader))
}

// LeaderIs says who leads a deal.
func (v Voice) LeaderIs(s domain.DealSheet, leader string) bot.Reply {
	if leader == "" {
		return v.AskLeader("")
	}
	return v.reply("asked_who_leads", "asked.who_leads", "title", Line(s.Deal.Terms.Title, 30), "leader", v.Name(leader))
}

// Welcome is the answer to thanks.
func (v Voice) Welcome() bot.Reply { return v.reply("asked_thanks", "asked.thanks") }
