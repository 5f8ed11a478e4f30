package say

import (
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/domain/money"
)

// NoticeFacts is what wording a notice may need beside the delivery: the rows it speaks of, read when it is sent.
type NoticeFacts struct {
	Sheet     domain.DealSheet
	Team      domain.TeamRecord
	Order     domain.OrderRecord
	Refund    domain.RefundRecord
	Summary   domain.SummaryRecord
	Point     domain.Point              // where the order, or the deal, is picked up
	Points    map[domain.PointID]string // names of the community's points, for summaries
	Name      string                    // of the person it is about, when that is not the reader
	Others    []domain.DealSheet        // other open deals, for those who are left without
	Card      CardFacts
	Answer    *domain.Answer // for a reply that took too long
	Facts     Facts
	From      domain.AccountID // the account that was linked to the reader's, or that claims a line of a list
	Listed    string           // what a pasted list calls who an order is for
	Buildings []string         // of the community, as far as they are known
	Gone      []string         // titles of the deal's chats that we cannot speak in any more
}

// What a leader is asked to look at (Num["what"] of a leader's note).
const (
	NoteRefundStuck = domain.NoteRefundStuck
	NoteUnreachable = 2 // a person who should know something could not be reached anywhere
)

// Notice words a delivery. It is false when what it spoke of is not there any more.
func (v Voice) Notice(d domain.Delivery, f NoticeFacts) (bot.Reply, bool) {
	r, ok := v.notice(d, f)
	if r.Code == "" {
		r.Code = string(d.Kind)
	}
	if ok && d.Account != "" {
		r.Facts = v.FactsOf(d, f)
	}
	return r, ok
}

func (v Voice) notice(d domain.Delivery, f NoticeFacts) (bot.Reply, bool) {
	switch d.Kind {
	case domain.NoticeCard, domain.NoticePosted:
		return v.Card(f.Sheet, f.Card), f.Sheet.Deal.ID != ""
	case domain.NoticeKMore, domain.NoticeAlmostFull, domain.NoticeRemindChat, domain.NoticeFormedChat, domain.NoticeFailedChat,
		domain.NoticeCancelledChat, domain.NoticeChanged, domain.NoticeExtended, domain.NoticeArrivedChat, domain.NoticeCompleted:
		return v.toChat(d, f), f.Sheet.Deal.ID != ""
	case domain.NoticeRemindLeader, domain.NoticeUnpaidLeader, domain.NoticeSummaryLate, domain.NoticeSummaryAnswer, domain.NoticeLeaderNote:
		return v.toLeader(d, f), true
	case domain.NoticeRemindUnpaid, domain.NoticePayDue, domain.NoticePayOverdue, domain.NoticePaid, domain.NoticeRefundSent,
		domain.NoticeRefundArrived, domain.NoticeRemoved:
		return v.aboutMoney(d, f), true
	case domain.NoticeFormed, domain.NoticeFailed, domain.NoticeCancelled:
		return v.decided(d, f), f.Order.ID != ""
	case domain.NoticeSummary:
		return v.summary(f), f.Summary.ID != ""
	case domain.NoticeArrived, domain.NoticeStillThere, domain.NoticeReceived:
		return v.goodsThere(d, f), f.Order.ID != ""
	case domain.NoticeSeatOffered, domain.NoticeSeatGone, domain.NoticeHeadNow:
		return v.placeFree(d, f), f.Sheet.Deal.ID != ""
	case domain.NoticeLinked:
		return v.linked(d, f), f.From != "" || d.Num["union"] != 0
	case domain.NoticeAskHome:
		return v.askHome(d, f), f.Order.ID != "" && d.Num["room"] > 0
	case domain.NoticeClaimAsked, domain.NoticeClaimTold:
		return v.claims(d, f), f.Order.ID != "" && (f.From != "" || d.Kind == domain.NoticeClaimTold)
	case domain.NoticeChatGone:
		return v.chatGone(d, f), f.Sheet.Deal.ID != ""
	case domain.NoticeText:
		if f.Answer == nil {
			return bot.Reply{}, false
		}
		return v.Answer(*f.Answer, f.Facts)[0], true
	}
	return bot.Reply{}, false
}

// noticeWords fills every placeholder that notices use.
func (v Voice) noticeWords(d domain.Delivery, f NoticeFacts) []any {
	deal, o := f.Sheet.Deal, f.Order
	unit := unitOf(f.Sheet.Items)
	t := f.team()
	missing := d.Num["missing"]
	if missing == 0 {
		missing = t.Missing(deal.Terms.Pay)
	}
	count, deadline := t.ThresholdUnit, t.DeadlineAt
	if deadline.IsZero() {
		deadline = deal.Terms.DeadlineAt
	}
	return []any{
		"title", Line(deal.Terms.Title, 30), "subject", v.subject(f), "deadline", v.clockOf(deadline), "progress", v.progressOf(t, f.Sheet),
		"missing", v.In(missing, count, unit, deal.Currency), "want", v.In(t.Threshold, count, unit, deal.Currency),
		"people", v.People(d.Num["people"]), "all", v.Qty(d.Num["shares"], unit), "left", v.Qty(roomOf(t), unit),
		"place", v.PlaceOf(deal.Terms, f.Point), "until", v.clockMS(d.Num["until"]), "lead", v.Span(d.Lead),
		"who", v.Name(f.Name), "no", o.Serial, "shares", v.Qty(o.Shares, unit), "goods", v.Goods(Said(o.Lines, f.Sheet.Items)),
		"total", Money(o.Total), "owed", Money(o.Owed()), "by", v.clockOf(o.PayDueAt), "back", fen(d.Num["back"], deal.Currency),
		"paid", fen(d.Num["paid"], deal.Currency), "code", Code(o.PickupCode), "uncollected", v.Qty(Uncollected(o), unit),
		"reason", Line(o.Reason, 40), "n", f.Summary.Number, "problem", Line(f.Summary.Problem, 60), "offered", v.Qty(d.Num["qty"], unit),
		"others", len(f.Others), "held", v.Qty(d.Num["shares"], unit),
	}
}

// subject is what was decided: the deal, or one team of it.
func (v Voice) subject(f NoticeFacts) string {
	title := Line(f.Sheet.Deal.Terms.Title, 30)
	if f.Sheet.Deal.Terms.Kind == domain.KindTeam && f.Team.Number > 0 {
		return v.words("subject.team", "title", title, "n", f.Team.Number)
	}
	return title
}

// progressOf is how far a chain's team is, or how many teams there are.
func (v Voice) progressOf(t domain.TeamRecord, s domain.DealSheet) string {
	if s.Deal.Terms.Kind == domain.KindTeam {
		var c bot.Card
		v.progress(&c, s, CardFacts{})
		return c.Progress
	}
	return v.TeamProgress(t, s)
}

// team is the team a notice is about: its own, or a chain's only one.
func (f NoticeFacts) team() domain.TeamRecord {
	if f.Team.ID == "" && len(f.Sheet.Teams) > 0 && f.Sheet.Deal.Terms.Kind == domain.KindChain {
		return f.Sheet.Teams[0]
	}
	return f.Team
}

func roomOf(t domain.TeamRecord) int64 {
	if t.CapUnit == domain.UnitPeople {
		return max(0, t.Cap-t.Live.People-t.OfferedPeople)
	}
	return max(0, t.Cap-t.Live.Shares-t.OfferedShares)
}

// Uncollected is how many shares of an order are still to be handed out.
func Uncollected(o domain.OrderRecord) int64 {
	var n int64
	for _, l := range o.Lines {
		n += max(0, l.Allocated-l.Collected)
	}
	return n
}

// PlaceOf says where and when goods are picked up: 3 号楼大厅，周六 10:00-12:00.
func (v Voice) PlaceOf(t domain.DealTerms, p domain.Point) string {
	when := t.PickupTime
	if when == "" {
		when = p.Hours
	}
	name, when := Line(p.Name, 30), Line(when, 30)
	switch {
	case name == "" && when == "":
		return v.words("place.ask")
	case name == "" || when == "":
		return name + when
	}
	return v.words("place.both", "where", name, "when", when)
}

// toChat words what a whole chat hears: no money of anybody, no codes.
func (v Voice) toChat(d domain.Delivery, f NoticeFacts) bot.Reply {
	key, deal := string(d.Kind), f.Sheet.Deal
	t := f.team()
	var cs []bot.Choice
	switch d.Kind { //nolint:exhaustive // the rest has one text and no buttons
	case domain.NoticeRemindChat:
		switch {
		case deal.Terms.Kind == domain.KindTeam || t.Threshold == 0:
			key += ".open"
		case t.Missing(deal.Terms.Pay) == 0:
			key += ".met"
		}
		cs = v.plusOne(f.Sheet)
	case domain.NoticeKMore, domain.NoticeAlmostFull:
		cs = v.plusOne(f.Sheet)
	case domain.NoticeFailedChat:
		key += unpaidKey(deal.Terms.Pay, ".")
		cs = v.DealChoices(f.Others, 3)
	case domain.NoticeCancelledChat:
		cs = v.DealChoices(f.Others, 3)
	case domain.NoticeCompleted:
		if d.Account != "" {
			key += ".leader"
		}
	}
	text := v.words("notice."+key, v.noticeWords(d, f)...)
	if d.Kind == domain.NoticeCancelledChat && deal.Reason != "" {
		text += "\n" + v.words("reason", "reason", Line(deal.Reason, 60))
	}
	if (d.Kind == domain.NoticeFailedChat || d.Kind == domain.NoticeCancelledChat) && len(cs) > 0 {
		text += "\n" + v.words("others")
	}
	return bot.Reply{Text: text, Choices: cs}
}

// toLeader words what leaders are told.
func (v Voice) toLeader(d domain.Delivery, f NoticeFacts) bot.Reply {
	key, deal := string(d.Kind), f.Sheet.Deal
	var cs []bot.Choice
	switch d.Kind { //nolint:exhaustive // these are the leader's
	case domain.NoticeRemindLeader:
		if f.team().Missing(deal.Terms.Pay) > 0 {
			key += ".short"
		}
		if deal.Terms.Kind == domain.KindTeam {
			key = string(d.Kind) + ".team"
		}
		if d.Lead < time.Hour && deal.Terms.Kind == domain.KindChain {
			if !deal.Extended {
				cs = append(cs, v.press("extend", Do(VerbExtend, deal.Code)))
			}
			cs = append(cs, v.press("complete", Do(VerbComplete, deal.Code)))
		}
	case domain.NoticeSummaryLate:
		cs = v.sheetLink(f)
	case domain.NoticeSummaryAnswer:
		if d.Num["problem"] != 0 {
			key += ".problem"
		}
	case domain.NoticeUnpaidLeader:
		cs = []bot.Choice{v.press("unpaid", Do(VerbUnpaid, deal.Code))}
	case domain.NoticeLeaderNote:
		switch d.Num["what"] {
		case NoteUnreachable:
			key += ".unreachable"
		case domain.NoteOverLimit:
			key += ".over_limit"
		}
	}
	as := v.noticeWords(d, f)
	if d.Kind == domain.NoticeLeaderNote {
		as = append([]any{"amount", Money(f.Refund.Amount)}, as...)
	}
	return bot.Reply{Text: v.words("notice."+key, as...), Choices: cs, Private: true}
}

func (v Voice) sheetLink(f NoticeFacts) []bot.Choice {
	if f.Summary.Token == "" || !f.Summary.RevokedAt.IsZero() {
		return nil
	}
	return v.link("details", "/m/"+f.Summary.Token)
}

// aboutMoney words payments and refunds for the one they concern.
func (v Voice) aboutMoney(d domain.Delivery, f NoticeFacts) bot.Reply {
	key, deal := string(d.Kind), f.Sheet.Deal
	var cs []bot.Choice
	switch d.Kind { //nolint:exhaustive // these are about money
	case domain.NoticeRemindUnpaid, domain.NoticePayDue:
		cs = []bot.Choice{v.main("pay", Do(VerbPay, deal.Code, f.Order.Serial))}
	case domain.NoticePayOverdue:
		cs = v.DealChoices(f.Others, 3)
	case domain.NoticePaid:
		switch {
		case d.Num["offline"] != 0:
			key += ".offline"
		case f.Order.State == domain.OrderWaiting:
			key += ".waiting"
		}
	case domain.NoticeRefundArrived:
		if d.Num["offline"] != 0 {
			key += ".offline"
		}
	}
	text := v.words("notice."+key, v.noticeWords(d, f)...)
	if d.Kind == domain.NoticeRemoved && d.Num["back"] > 0 {
		text += "\n" + v.Back(money.Of(d.Num["back"], deal.Currency), deal.Terms.Pay)
	}
	return bot.Reply{Text: text, Choices: cs, Private: true}
}

// decided tells one person what became of their team, and of their money.
func (v Voice) decided(d domain.Delivery, f NoticeFacts) bot.Reply {
	deal, key := f.Sheet.Deal, string(d.Kind)
	offline := deal.Terms.Pay == domain.PayOffline
	var cs []bot.Choice
	switch {
	case d.Kind == domain.NoticeFormed && offline:
		key += ".offline"
	case d.Kind == domain.NoticeFormed && f.Order.Owed().IsPositive():
		key += ".owed"
		cs = []bot.Choice{v.main("pay", Do(VerbPay, deal.Code, f.Order.Serial))}
	case d.Kind == domain.NoticeFormed:
	default:
		cs = v.DealChoices(f.Others, 3)
		switch {
		case d.Num["back"] == 0:
			key += ".unpaid"
		case offline:
			key += ".offline"
		}
	}
	text := v.words("notice."+key, v.noticeWords(d, f)...)
	if d.Kind == domain.NoticeCancelled && deal.Reason != "" {
		text += "\n" + v.words("reason", "reason", Line(deal.Reason, 60))
	}
	if d.Kind != domain.NoticeFormed && len(f.Others) > 0 {
		text += "\n" + v.words("others")
	}
	return bot.Reply{Text: text, Choices: cs, Private: true}
}

// goodsThere tells of arrival, of what still waits, and that it was handed over.
func (v Voice) goodsThere(d domain.Delivery, f NoticeFacts) bot.Reply {
	var cs []bot.Choice
	if d.Kind != domain.NoticeReceived {
		cs = []bot.Choice{v.main("code", Do(VerbCode, f.Sheet.Deal.Code, f.Order.Serial))}
	}
	return bot.Reply{Text: v.words("notice."+string(d.Kind), v.noticeWords(d, f)...), Choices: cs, Private: true}
}

// placeFree tells people of the waiting list, and who leads a team now.
func (v Voice) placeFree(d domain.Delivery, f NoticeFacts) bot.Reply {
	code := f.Sheet.Deal.Code
	var cs []bot.Choice
	switch d.Kind { //nolint:exhaustive // only three come here
	case domain.NoticeSeatOffered:
		args := []string(nil)
		if len(f.Sheet.Items) == 1 {
			args = []string{f.Sheet.Items[0].Letter}
		}
		cs = []bot.Choice{
			{Label: v.words("button.take"), Action: Action{Verb: VerbTake, Deal: code, Args: args}.String(), Main: true},
			v.press("unwait", Action{Verb: VerbUnwait, Deal: code, Args: args}.String()),
		}
	case domain.NoticeSeatGone:
		cs = v.DealChoices(f.Others, 3)
	case domain.NoticeHeadNow:
		if f.Team.Token != "" {
			cs = v.link("team_page", "/t/"+f.Team.Token)
		}
	}
	return bot.Reply{Text: v.words("notice."+string(d.Kind), v.noticeWords(d, f)...), Choices: cs, Private: true}
}
