package say_test

import (
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// kinds are all notices, and to whom they go.
func kinds() map[domain.NoticeKind]string {
	return map[domain.NoticeKind]string{
		domain.NoticeCard: "chat", domain.NoticePosted: "chat", domain.NoticeKMore: "chat", domain.NoticeAlmostFull: "chat", domain.NoticeRemindChat: "chat",
		domain.NoticeRemindLeader: "leader", domain.NoticeRemindUnpaid: "shopper", domain.NoticeFormedChat: "chat", domain.NoticeFormed: "shopper",
		domain.NoticeFailedChat: "chat", domain.NoticeFailed: "shopper", domain.NoticePayDue: "shopper", domain.NoticePayOverdue: "shopper",
		domain.NoticeUnpaidLeader: "leader", domain.NoticePaid: "shopper", domain.NoticeRefundSent: "shopper", domain.NoticeRefundArrived: "shopper",
		domain.NoticeChanged: "chat", domain.NoticeExtended: "chat", domain.NoticeCancelledChat: "chat", domain.NoticeCancelled: "shopper",
		domain.NoticeRemoved: "shopper", domain.NoticeSummary: "merchant", domain.NoticeSummaryLate: "leader", domain.NoticeSummaryAnswer: "leader",
		domain.NoticeArrived: "shopper", domain.NoticeArrivedChat: "chat", domain.NoticeStillThere: "shopper", domain.NoticeCompleted: "chat",
		domain.NoticeReceived: "shopper", domain.NoticeSeatOffered: "shopper", domain.NoticeSeatGone: "shopper", domain.NoticeHeadNow: "shopper",
		domain.NoticeLeaderNote: "leader", domain.NoticeText: "shopper", domain.NoticeLinked: "person", domain.NoticeChatGone: "shopper",
		domain.NoticeAskHome: "shopper", domain.NoticeClaimAsked: "leader", domain.NoticeClaimTold: "shopper",
	}
}

func delivery(kind domain.NoticeKind) domain.Delivery {
	n := domain.Notice{Kind: kind, Deal: "d1", Team: "t1", Order: "o1", Lead: 2 * time.Hour, Num: map[string]int64{
		"people": 23, "shares": 41, "back": 5980, "paid": 5980, "qty": 2, "until": evening().Add(15 * time.Minute).UnixMilli(), "line": 7, "room": 1203, "digits": 4,
	}}
	if kinds()[kind] == "chat" {
		n.Chat = "c1"
	} else {
		n.Account = "a1"
	}
	return domain.Delivery{ID: "n1", Notice: n}
}

func facts(lang domain.Lang) say.NoticeFacts {
	s := chain(lang)
	a := answer(lang, domain.DidJoin)
	sheet := domain.Sheet{People: 23, Shares: 41, Items: []domain.SheetItem{{
		Item: "i1", Letter: "A", Name: grapes(lang).Name, Spec: grapes(lang).Spec, Unit: "份", Qty: 41, SupplyFen: 110700,
		Points: map[string]int64{"p1": 41}, Buildings: map[string]int64{"5": 23, "3": 18},
	}}}
	return say.NoticeFacts{
		Sheet: s, Team: s.Teams[0], Order: order(lang), Refund: domain.RefundRecord{ID: "r1", Amount: yuan(5980)}, Point: point(lang), Name: name(lang), Others: others(lang),
		Summary: domain.SummaryRecord{ID: "s1", Number: 1, Token: "sheet-token", Sheet: sheet}, Answer: &a, Points: map[domain.PointID]string{"p1": point(lang).Name},
		From: "a2", Gone: []string{"三号楼"}, Buildings: []string{"3", "5"}, Listed: map[domain.Lang]string{"zh": "陈阿姨", "en": "Aunt Chen"}[lang],
	}
}

// notices is every kind of notice, and the turns that facts give it.
func notices(lang domain.Lang) []spoken {
	v := voice(lang)
	var all []spoken
	add := func(title string, d domain.Delivery, f say.NoticeFacts) {
		r, ok := v.Notice(d, f)
		if !ok {
			title += " (not said)"
		}
		all = append(all, spoken{"notice " + title, []bot.Reply{r}})
	}
	for _, kind := range sortedKinds() {
		add(string(kind), delivery(kind), facts(lang))
	}
	for _, pay := range []domain.PayWhen{domain.PayOffline, domain.PayAfterFormed} {
		for _, kind := range []domain.NoticeKind{domain.NoticeFormed, domain.NoticeFailed, domain.NoticeCancelled} {
			d, f := delivery(kind), facts(lang)
			f.Sheet.Deal.Terms.Pay = pay
			title := string(kind) + " " + string(pay)
			if pay == domain.PayAfterFormed {
				d.Num["back"], f.Order.Paid, f.Order.Pay, f.Others = 0, f.Order.Total, domain.PayFull, nil
				title += ", nothing back or owed"
			}
			add(title, d, f)
		}
	}
	return append(all, turns(lang, v)...)
}

// turns are notices whose words turn on one fact.
func turns(lang domain.Lang, v say.Voice) []spoken {
	var all []spoken
	add := func(title string, kind domain.NoticeKind, change func(d *domain.Delivery, f *say.NoticeFacts)) {
		d, f := delivery(kind), facts(lang)
		change(&d, &f)
		r, _ := v.Notice(d, f)
		all = append(all, spoken{"notice " + title, []bot.Reply{r}})
	}
	team := func(_ *domain.Delivery, f *say.NoticeFacts) {
		f.Sheet = teams(lang)
		f.Team = f.Sheet.Teams[0]
		f.Team.Token = "team-token"
	}
	add("2 hours left, no threshold", domain.NoticeRemindChat, func(_ *domain.Delivery, f *say.NoticeFacts) {
		f.Team.Threshold, f.Team.ThresholdUnit = 0, domain.UnitNone
	})
	add("2 hours left, teams", domain.NoticeRemindChat, func(_ *domain.Delivery, f *say.NoticeFacts) {
		f.Sheet, f.Team = teams(lang), domain.TeamRecord{}
	})
	add("formed in a team", domain.NoticeFormedChat, team)
	add("failed in a team", domain.NoticeFailedChat, team)
	add("leads a team now", domain.NoticeHeadNow, team)
	add("reminds the leader of teams", domain.NoticeRemindLeader, team)
	add("15 minutes left", domain.NoticeRemindLeader, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Lead = 15 * time.Minute })
	add("24 hours left, enough", domain.NoticeRemindLeader, func(d *domain.Delivery, f *say.NoticeFacts) {
		d.Lead, f.Team.Live.Shares = 24*time.Hour, 21
	})
	add("2 hours left, enough", domain.NoticeRemindChat, func(_ *domain.Delivery, f *say.NoticeFacts) { f.Team.Live.Shares = 21 })
	add("a chat gone, to its leader", domain.NoticeChatGone, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Num["what"] = domain.GoneForLeader })
	add("for a neighbour, which of many buildings", domain.NoticeAskHome, func(_ *domain.Delivery, f *say.NoticeFacts) {
		f.Order.Beneficiary, f.Buildings = name(lang), []string{"1", "2", "3", "4", "5"}
	})
	add("a claim was right", domain.NoticeClaimTold, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Num["yes"] = 1 })
	add("two accounts of one person over a limit", domain.NoticeLeaderNote, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Num["what"] = domain.NoteOverLimit })
	add("paid by hand", domain.NoticePaid, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Num["offline"] = 1 })
	add("paid, waiting", domain.NoticePaid, func(_ *domain.Delivery, f *say.NoticeFacts) { f.Order.State = domain.OrderWaiting })
	add("returned by hand", domain.NoticeRefundArrived, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Num["offline"] = 1 })
	add("the merchant has a problem", domain.NoticeSummaryAnswer, func(d *domain.Delivery, f *say.NoticeFacts) {
		d.Num["problem"], f.Summary.Problem = 1, map[domain.Lang]string{"zh": "少了两箱", "en": "two boxes short"}[lang]
	})
	add("nobody could be reached", domain.NoticeLeaderNote, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Num["what"] = say.NoteUnreachable })
	add("completed, to the leader", domain.NoticeCompleted, func(d *domain.Delivery, _ *say.NoticeFacts) { d.Chat, d.Account = "", "a9" })
	add("cancelled with a reason", domain.NoticeCancelledChat, func(_ *domain.Delivery, f *say.NoticeFacts) {
		f.Sheet.Deal.Reason = map[domain.Lang]string{"zh": "果园下雨", "en": "rain at the orchard"}[lang]
	})
	add("amended summary of two things", domain.NoticeSummary, func(_ *domain.Delivery, f *say.NoticeFacts) {
		f.Summary.Number = 2
		f.Summary.Sheet.Items = append(f.Summary.Sheet.Items, domain.SheetItem{Item: "i2", Letter: "B", Name: berries(lang).Name, Unit: "盒", Qty: 3, Buildings: map[string]int64{"": 3}})
		f.Summary.Sheet.Diff = []domain.SheetDiff{{Letter: "A", Name: grapes(lang).Name, Before: 43, After: 41}}
	})
	add("offer of several", domain.NoticeSeatOffered, func(_ *domain.Delivery, f *say.NoticeFacts) { f.Sheet = several(lang) })
	return all
}

func sortedKinds() []domain.NoticeKind {
	all := kinds()
	out := make([]domain.NoticeKind, 0, len(all))
	for k := range all {
		out = append(out, k)
	}
	sortStrings(out)
	return out
}
