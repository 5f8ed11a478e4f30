package chat

import (
	"fmt"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// checkOffByWords hands an order out by its code, or shows whose it is when only a number was given.
func (t *talk) checkOffByWords() ([]bot.Reply, error) {
	if t.said.rest == "" {
		return t.needSerial("checkoff")
	}
	if m := pickupCode.FindStringSubmatch(t.said.rest); m != nil {
		return t.checkOff(domain.CheckOffCommand{Ask: t.ask(), Code: m[1] + m[2]})
	}
	m := serialRest.FindStringSubmatch(t.said.rest)
	serial, _ := words.Number(m[1]) // only digits match
	sheet, replies, err := t.find(seek{pool: t.handsOut, act: func(code string) string { return say.Do(say.VerbOrder, code, serial) }, none: func() ([]bot.Reply, error) { return t.nothingHere(serial) }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.checkFirst(sheet, serial)
}

func (t *talk) mayNotHandOut() ([]bot.Reply, error) {
	return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed), domain.DealSheet{}), nil
}

// nothingHere: a verifier hears that it is too early, everybody else that it is not for them.
func (t *talk) nothingHere(serial int64) ([]bot.Reply, error) {
	points, err := t.h.c.Desk.PointsOf(t.ctx, t.who.ID)
	if err != nil || len(points) == 0 {
		replies, _ := t.mayNotHandOut() // it cannot fail
		return replies, err
	}
	return t.refuse(domain.Refuse(domain.CodeConflict, domain.WhyNotReady).WithInt("serial", serial), domain.DealSheet{}), nil
}

// handsOut are the deals whose goods the speaker may hand out now.
func (t *talk) handsOut() ([]domain.DealSheet, error) {
	led, err := t.led(domain.DealFulfilling)()
	if err != nil {
		return nil, err
	}
	points, err := t.h.c.Desk.PointsOf(t.ctx, t.who.ID)
	if err != nil || len(points) == 0 {
		return led, err
	}
	all, err := t.h.c.Desk.DealsOf(t.ctx, t.community.ID, 50)
	if err != nil {
		return nil, fmt.Errorf("deals: %w", busy(err))
	}
	seen := map[domain.DealID]bool{}
	for _, s := range led {
		seen[s.Deal.ID] = true
	}
	for _, s := range all {
		if s.Deal.State == domain.DealFulfilling && !seen[s.Deal.ID] {
			led = append(led, s)
		}
	}
	return led, nil
}

// checkFirst shows a verifier the name behind a number before anything is handed out.
func (t *talk) checkFirst(sheet domain.DealSheet, serial int64) ([]bot.Reply, error) {
	points, err := t.h.c.Desk.PointsOf(t.ctx, t.who.ID)
	if err != nil {
		return nil, err
	}
	if !isLeader(sheet, t.who) && len(points) == 0 {
		return t.mayNotHandOut()
	}
	o, refused, err := t.bySerial(sheet, serial)
	if err != nil || refused != nil {
		return refused, err
	}
	if o.State == domain.OrderReady && o.Total.Fen() <= domain.CodeNeededFrom {
		owner, err := t.h.c.Desk.Account(t.ctx, o.Shopper)
		if err != nil {
			return nil, fmt.Errorf("whose order: %w", busy(err))
		}
		r := t.v.CheckFirst(sheet, say.OrderRow{Order: o, Sheet: sheet, Name: owner.Name})
		r.Private = t.group()
		return []bot.Reply{r}, nil
	}
	return t.checkOff(domain.CheckOffCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Serial: serial}) // the rules say what is the matter
}

func (t *talk) checkOff(c domain.CheckOffCommand) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.CheckOff(t.ctx, c, t.community.ID)
	if err != nil {
		return nil, err
	}
	if a.Deal == "" {
		a.Deal = c.Deal
	}
	return t.checkedOff(a)
}

// checkedOff words a handing over, with what is still to be collected.
func (t *talk) checkedOff(a domain.Answer) ([]bot.Reply, error) {
	if err := t.load(a.Deal); err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts("check_off")), nil //nolint:nilerr // the error has become the answer
	}
	f := t.facts("check_off")
	if err := t.nameOwner(a, &f); err != nil {
		return nil, err
	}
	if a.Order != "" {
		o, err := t.h.c.Desk.Order(t.ctx, a.Order)
		if err != nil {
			return nil, fmt.Errorf("what is left: %w", busy(err))
		}
		f.Left, f.Note = say.Uncollected(o), o.Note
	}
	return t.v.Answer(a, f), nil
}

func (t *talk) uncheck(sheet domain.DealSheet, serial int64) ([]bot.Reply, error) {
	o, refused, err := t.bySerial(sheet, serial)
	if err != nil || refused != nil {
		return refused, err
	}
	a, err := t.h.c.Desk.Uncheck(t.ctx, domain.UncheckCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Order: o.ID, Leader: isLeader(sheet, t.who)})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "uncheck", sheet.Deal.ID)
}

// supplied are the deals whose latest summary the speaker got and has not answered.
func (t *talk) supplied() ([]domain.DealSheet, error) {
	all, err := t.h.c.Desk.DealsOf(t.ctx, t.community.ID, 50)
	if err != nil {
		return nil, fmt.Errorf("deals: %w", busy(err))
	}
	mine := filter(all, func(s domain.DealSheet) bool { return t.who.Is(s.Deal.Terms.Merchant) && s.Deal.Summaries > 0 })
	var open []domain.DealSheet
	for _, s := range mine {
		last, err := t.lastSummary(s)
		if err != nil {
			return nil, err
		}
		if last.AckAt.IsZero() && last.RevokedAt.IsZero() {
			open = append(open, s)
		}
	}
	if len(open) == 0 && len(mine) > 0 {
		return mine[:1], nil
	}
	return open, nil
}

func (t *talk) lastSummary(s domain.DealSheet) (domain.SummaryRecord, error) {
	all, err := t.h.c.Desk.SummariesOf(t.ctx, s.Deal.ID)
	if err != nil {
		return domain.SummaryRecord{}, fmt.Errorf("summaries: %w", busy(err))
	}
	var last domain.SummaryRecord
	for _, r := range all {
		if r.Number > last.Number {
			last = r
		}
	}
	return last, nil
}

func (t *talk) ackByWords() ([]bot.Reply, error) {
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.supplied, none: t.noSummary, act: func(code string) string { return say.Do(say.VerbAck, code) }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.answerSummary(sheet, 0, "")
}

func (t *talk) problemByWords() ([]bot.Reply, error) {
	sheet, replies, err := t.find(seek{pool: t.supplied, none: t.noSummary, act: func(code string) string { return say.Do(say.VerbProblem, code) }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	if t.said.rest == "" {
		return t.askProblem(sheet, 0)
	}
	return t.answerSummary(sheet, 0, say.Line(t.said.rest, 200))
}

// noSummary: 已收到 and 有问题 are ordinary words for everybody but a merchant with a summary to answer.
func (t *talk) noSummary() ([]bot.Reply, error) {
	if t.group() && !t.up.Spoken {
		return nil, nil
	}
	return t.say1("no_summary", "no_summary"), nil
}

func (t *talk) askProblem(sheet domain.DealSheet, number int64) ([]bot.Reply, error) {
	if err := t.recall(); err != nil {
		return nil, err
	}
	t.memory.begin(stepProblem, t.v.Now)
	t.memory.Code, t.memory.N = sheet.Deal.Code, number
	return t.say1("problem_ask", "problem_ask"), nil
}

// answerSummary is the merchant's yes or no to a version of the summary; 0 is the latest.
func (t *talk) answerSummary(sheet domain.DealSheet, number int64, problem string) ([]bot.Reply, error) {
	all, err := t.h.c.Desk.SummariesOf(t.ctx, sheet.Deal.ID)
	if err != nil {
		return nil, fmt.Errorf("summaries: %w", busy(err))
	}
	var s domain.SummaryRecord
	for _, r := range all {
		if r.Number == number || number == 0 && r.Number > s.Number {
			s = r
		}
	}
	if s.ID == "" {
		return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), sheet), nil
	}
	if !t.who.Is(s.Merchant) && !isLeader(sheet, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed), sheet), nil
	}
	a, err := t.h.c.Desk.AnswerSummary(t.ctx, domain.AnswerSummaryCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Token: s.Token, Problem: problem})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "answer_summary", sheet.Deal.ID)
}
