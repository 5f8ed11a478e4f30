package say_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// spoken is everything the bot said in a case of the golden file.
type spoken struct {
	title   string
	replies []bot.Reply
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, lang := range []domain.Lang{domain.Chinese, domain.English} {
		var sb strings.Builder
		for _, s := range everything(lang) {
			sb.WriteString("== " + s.title + "\n")
			for _, r := range s.replies {
				sb.WriteString(show(r))
			}
			sb.WriteString("\n")
		}
		golden(t, "said."+string(lang)+".txt", sb.String())
	}
}

// everything is all that the bot can say.
func everything(lang domain.Lang) []spoken {
	var all []spoken
	all = append(all, answers(lang)...)
	all = append(all, refusals(lang)...)
	all = append(all, notices(lang)...)
	return append(all, rest(lang)...)
}

// dids are all results of commands.
func dids() []domain.Did {
	return []domain.Did{
		domain.DidRefuse, domain.DidJoin, domain.DidAskAgain, domain.DidChange, domain.DidLeave, domain.DidUndo, domain.DidWait, domain.DidUnwait,
		domain.DidOpenDeal, domain.DidClose, domain.DidExtend, domain.DidCancel, domain.DidEdit, domain.DidComplete, domain.DidDecide, domain.DidStartPayment,
		domain.DidPay, domain.DidRecordPaid, domain.DidRecordBack, domain.DidRemove, domain.DidPoint, domain.DidArrive, domain.DidCheckOff, domain.DidUncheck,
		domain.DidSummary, domain.DidAcknowledge, domain.DidProblem, domain.DidRevoke, domain.DidNothing,
	}
}

func answers(lang domain.Lang) []spoken {
	v, s := voice(lang), chain(lang)
	var all []spoken
	add := func(title string, a domain.Answer, f say.Facts) {
		if len(f.Sheet.Items) == 0 {
			f.Sheet = s
		}
		if f.Name == "" {
			f.Name = name(lang)
		}
		all = append(all, spoken{"answer " + title, v.Answer(a, f)})
	}
	for _, did := range dids() {
		a := answer(lang, did)
		a.Token, a.Count, a.Refusal = "sheet-token", 1, domain.Refuse(domain.CodeFull, domain.WhyFull)
		if did == domain.DidRemove || did == domain.DidRecordBack {
			a.Added, a.Back = -2, yuan(5980)
		}
		if did == domain.DidProblem {
			a.Reason = map[domain.Lang]string{"zh": "少了两箱", "en": "two boxes short"}[lang]
		}
		add(string(did), a, say.Facts{Point: point(lang).Name, PayURL: "https://pay.example/1"})
		if did == domain.DidJoin || did == domain.DidChange || did == domain.DidLeave || did == domain.DidUndo {
			add(string(did)+" group", a, say.Facts{Group: true})
		}
	}
	return append(all, moreAnswers(lang, add)...)
}

// moreAnswers are answers that depend on more than their name.
func moreAnswers(lang domain.Lang, add func(string, domain.Answer, say.Facts)) []spoken {
	group := say.Facts{Group: true}
	for _, pay := range []domain.PayWhen{domain.PayAtJoin, domain.PayOffline} {
		a := answer(lang, domain.DidJoin)
		a.Pay = pay
		add("joined "+string(pay)+" group", a, group)
		add("joined "+string(pay), a, say.Facts{})
	}
	a := answer(lang, domain.DidJoin)
	a.For, a.Missing, a.Live.Shares, a.Counted.Shares = map[domain.Lang]string{"zh": "小王", "en": "Wang"}[lang], 0, 23, 23
	add("joined for a neighbour, enough already", a, group)
	a.For, a.TeamState = "", domain.TeamFormed
	add("joined the last place", a, group)
	add("joined the last place, private", a, say.Facts{})
	a = answer(lang, domain.DidJoin)
	b := berries(lang)
	a.Lines = append(a.Lines, domain.LineSaid{Item: b.ID, Letter: "B", Name: b.Name, Unit: b.Unit, Qty: 1, Price: b.Group})
	a.Asked, a.Added, a.Shares, a.Total = append(a.Asked, domain.Want{Item: b.ID, Qty: 1}), 3, 3, yuan(7480)
	add("joined two things", a, say.Facts{Group: true, Sheet: several(lang)})
	add("joined two things, private", a, say.Facts{Sheet: several(lang)})
	a = answer(lang, domain.DidLeave)
	a.Back = yuan(5980)
	add("left, paid, group", a, group)
	a.Pay = domain.PayOffline
	add("left, paid offline", a, say.Facts{})
	a = answer(lang, domain.DidUndo)
	a.Shares, a.Lines = 0, nil
	add("undone to nothing", a, group)
	for _, st := range []domain.TeamState{domain.TeamFormed, domain.TeamDeciding, domain.TeamFailing} {
		a = answer(lang, domain.DidClose)
		a.TeamState = st
		add("closed, "+string(st), a, say.Facts{})
	}
	a = answer(lang, domain.DidPay)
	a.Back = yuan(5980)
	add("paid too late", a, say.Facts{})
	a = answer(lang, domain.DidCheckOff)
	a.Count = 1
	add("checked off in part", a, say.Facts{Left: 1, Person: name(lang)})
	for _, kind := range []string{"check_off", "record_payment", "wait", "summary", "answer_summary", "arrive", "cancel", "share", "remind"} {
		a = answer(lang, domain.DidNothing)
		a.Count = 3
		add("nothing, "+kind, a, say.Facts{Kind: kind})
	}
	return nil
}

// whys are all reasons with the parameters that the rules give.
func whys() []*domain.Refusal {
	no := domain.Refuse
	return []*domain.Refusal{
		no("not_found", domain.WhyLinkCode), no("conflict", domain.WhyLinkOwn), no("conflict", domain.WhyLinkedYet), no("not_found", domain.WhyNotLinked),
		no("invalid", domain.WhyQuantity).WithInt("max", 999), no("payment", domain.WhyQuantity).With("field", "amount"), no("not_found", domain.WhyUnknownItem),
		no("invalid", domain.WhyChooseItem), no("too_late", domain.WhyNotOpenYet).WithInt("at", tomorrow().UnixMilli()),
		no("too_late", domain.WhyClosed).WithInt("at", now().Add(-2*time.Hour).UnixMilli()), no("too_late", domain.WhyDecided).With("state", "formed"),
		no("too_late", domain.WhyDecided).With("state", "failing"), no("too_late", domain.WhyCancelled), no("full", domain.WhyFull).WithInt("left", 0).WithInt("want", 2),
		no("full", domain.WhyFull).WithInt("left", 1).WithInt("want", 2), no("full", domain.WhySoldOut).With("item", "A").With("id", "i1").WithInt("left", 0).WithInt("want", 5),
		no("full", domain.WhySoldOut).With("item", "A").With("id", "i1").WithInt("left", 3).WithInt("want", 5),
		no("conflict", domain.WhyLimitPerson).WithInt("limit", 3).WithInt("have", 2), no("conflict", domain.WhyLimitPerson).WithInt("limit", 3).WithInt("have", 0),
		no("conflict", domain.WhyLimitItem).With("item", "A").WithInt("limit", 3).WithInt("have", 3),
		no("conflict", domain.WhyLimitItem).With("item", "A").WithInt("limit", 3).WithInt("have", 0),
		no("conflict", domain.WhyLimitHousehold).WithInt("limit", 2).WithInt("have", 2), no("conflict", domain.WhyLimitHousehold).WithInt("limit", 2).WithInt("have", 0),
		no("conflict", domain.WhyNeedHousehold), no("not_found", domain.WhyNoOrder), no("forbidden", domain.WhyNotYours), no("forbidden", domain.WhyNotLeader),
		no("forbidden", domain.WhyNotAllowed), no("forbidden", domain.WhyNotAllowed).With("field", "point"), no("payment", domain.WhyAlreadyPaid),
		no("payment", domain.WhyNothingToPay), no("payment", domain.WhyNothingToPay).With("rule", "offline"), no("payment", domain.WhyNothingToPay).With("rule", "return").With("serial", "12"), no("too_late", domain.WhyNothingToPay).With("late", "1"),
		no("too_late", domain.WhyNothingToUndo), no("conflict", domain.WhyStale), no("conflict", domain.WhyKeyReused), no("invalid", domain.WhyNoTeam),
		no("conflict", domain.WhyExtended), no("invalid", domain.WhyExtendRange).WithInt("hours", 72), no("invalid", domain.WhyEdit).With("field", "how"),
		no("invalid", domain.WhyEdit).With("field", "title"), no("invalid", domain.WhyEdit).With("field", "threshold"),
		no("invalid", domain.WhyEdit).With("field", "stock").With("item", "A").WithInt("held", 17), no("invalid", domain.WhyReason), no("conflict", domain.WhyNotFormed),
		no("conflict", domain.WhyNotReady).WithInt("serial", 12), no("not_found", domain.WhyWrongCode), no("conflict", domain.WhyNeedCode).WithInt("serial", 12),
		no("conflict", domain.WhySlowDown).WithInt("until", now().Add(5*time.Minute).UnixMilli()), no("conflict", domain.WhyCollected),
		no("invalid", domain.WhyBadDeal).With("field", "title"), no("invalid", domain.WhyBadDeal).With("field", "kind"), no("invalid", domain.WhyBadDeal).With("field", "pay"),
		no("invalid", domain.WhyBadDeal).With("field", "deadline"), no("invalid", domain.WhyBadDeal).With("field", "threshold"),
		no("invalid", domain.WhyBadDeal).With("field", "cap"), no("invalid", domain.WhyBadDeal).With("field", "limit"), no("invalid", domain.WhyBadDeal).With("field", "window"),
		no("invalid", domain.WhyBadDeal).With("field", "chat"), no("invalid", domain.WhyBadDeal).With("field", "items"), no("invalid", domain.WhyBadDeal).With("field", "price"),
		no("invalid", domain.WhyBadDeal).With("field", "stock"), no("invalid", domain.WhyBadDeal).With("field", "new"), no("invalid", domain.WhyBadName),
		no("not_found", domain.WhyNotWaiting), no("conflict", domain.WhyNoNeedToWait), no("not_found", domain.WhyLink), no("not_found", domain.WhyNotFound),
		no("internal", domain.WhyBusy),
	}
}

func refusals(lang domain.Lang) []spoken {
	v := voice(lang)
	var all []spoken
	wants := []domain.Want{{Item: "i1", Qty: 2}}
	for _, r := range whys() {
		s := chain(lang)
		switch r.Why { //nolint:exhaustive // the others speak of a plain chain
		case domain.WhyNoTeam:
			s = teams(lang)
		case domain.WhyChooseItem, domain.WhyUnknownItem:
			s = several(lang)
		}
		title := fmt.Sprint("refusal ", r.Why, " ", r.Params)
		all = append(all, spoken{title, []bot.Reply{v.Refusal(r, say.Facts{Sheet: s, Wants: wants, Qty: 2})}})
		if r.Why == domain.WhyClosed || r.Why == domain.WhyCancelled || r.Why == domain.WhyNotFound {
			all = append(all, spoken{title + " others", []bot.Reply{v.Refusal(r, say.Facts{Sheet: s, Others: others(lang)})}})
		}
		if r.Why == domain.WhyChooseItem || r.Why == domain.WhyUnknownItem {
			all = append(all, spoken{title + " bare", []bot.Reply{v.Refusal(r, say.Facts{})}})
		}
	}
	full := domain.Refuse("full", domain.WhyFull).WithInt("left", 0).With("unit", "people")
	return append(all, spoken{"refusal full team", []bot.Reply{v.Refusal(full, say.Facts{Sheet: teams(lang), Wants: wants})}})
}

// rest is what belongs to no command: cards, lists, questions, trouble.
func rest(lang domain.Lang) []spoken {
	v, s, o := voice(lang), chain(lang), order(lang)
	row := say.OrderRow{Order: o, Sheet: s, Name: name(lang)}
	card := say.CardFacts{
		Recent: []say.Joined{{Serial: 12, Name: name(lang), Qty: 2}, {Serial: 11, Name: "王姐", Qty: 1}, {Serial: 10, Name: "Ann", For: "Bob", Qty: 3}},
		Point:  point(lang), Names: map[domain.AccountID]string{"a1": name(lang), "a2": "Ann"},
	}
	failed, met := chain(lang), chain(lang)
	failed.Deal.State, failed.Teams[0].State = domain.DealFailed, domain.TeamFailed
	met.Teams[0].Live.Shares = 23
	items := []domain.NewItem{{Name: grapes(lang).Name, Spec: grapes(lang).Spec, Group: yuan(2990), Solo: yuan(4900)}}
	one := func(title string, r bot.Reply) spoken { return spoken{title, []bot.Reply{r}} }
	return []spoken{
		one("busy", v.Busy()), one("unknown", v.Unknown()), one("not understood", v.NotUnderstood("A 来点", "A 2")), one("meant", v.NotUnderstoodMeant("A 来点", "A × 2", "A 2")),
		one("too long", v.TooLong()), one("fault", v.Fault("f-12")), one("forgotten", v.Forgotten()), one("help", v.Help("tuanbot", []say.HelpLine{{Words: "+2", Means: "…"}})),
		one("card", v.Card(s, card)), one("card met", v.Card(met, card)), one("card several", v.Card(several(lang), card)), one("card teams", v.Card(teams(lang), card)),
		one("card failed", v.Card(failed, card)), one("preview", v.Preview(s.Deal.Terms, items, card)), one("status", v.Progress(s)), one("status teams", v.Progress(teams(lang))),
		one("orders", v.Orders([]say.OrderRow{row})), one("orders none", v.Orders(nil)), one("who", v.Who(s, []say.OrderRow{row})), one("who none", v.Who(s, nil)),
		one("unpaid", v.UnpaidList(s, []say.OrderRow{row})), one("unpaid none", v.UnpaidList(s, nil)), one("missing", v.MissingList(s, []say.OrderRow{row})),
		one("missing none", v.MissingList(s, nil)), one("waiting list", v.WaitingList(s, []say.WaitRow{{Waiting: domain.WaitingRecord{Item: "i1", Qty: 2}, Name: name(lang)}})),
		one("waiting none", v.WaitingList(s, nil)), one("deals", v.Deals(others(lang))), one("deals none", v.Deals(nil)),
		one("which deal", v.WhichDeal(others(lang), func(code string) string { return say.Do(say.VerbStatus, code) })), one("qr", v.QR(s)), one("pickup code", v.PickupQR(o)),
		one("check first", v.CheckFirst(s, row)), one("sure close", v.Sure("close", say.Do(say.VerbClose, "D7KQ2"), s)), one("sure cancel", v.Sure("cancel", "x", s)),
		one("sure complete", v.Sure("complete", "x", s)), one("sure leave", v.Sure("leave", "x", s)), one("sure forget", v.Sure("forget", "x", s)),
	}
}
