package chat

import (
	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// paper writes down an order that somebody gave by phone or on paper: 记 王姐 +2 3-502.
func (t *talk) paper() ([]bot.Reply, error) {
	w := t.said.wish
	name := w.For
	if name == "" && len(w.Rest) > 0 {
		name, w.Rest = w.Rest[0], w.Rest[1:]
	}
	if name == "" || len(w.Picks) == 0 {
		if t.group() && !t.up.Spoken {
			return nil, nil
		}
		return []bot.Reply{t.v.NotUnderstood(t.text, t.example("paper"))}, nil
	}
	w.For = ""
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.led(domain.DealOpen), none: t.notLeading, act: func(code string) string { return say.Do(say.VerbMore, code) }})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	if !isLeader(sheet, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), sheet), nil
	}
	wants, refusal := w.wants(sheet)
	if refusal == nil && w.Trouble != "" {
		refusal = domain.Refuse(domain.CodeInvalid, domain.WhyQuantity).WithInt("max", domain.MaxQty)
	}
	if refusal != nil {
		return t.refuse(refusal, sheet), nil
	}
	return t.writeDown(sheet, name, w, wants)
}

func (t *talk) writeDown(sheet domain.DealSheet, name string, w wish, wants []domain.Want) ([]bot.Reply, error) {
	d := t.h.c.Desk
	p, err := d.PaperPerson(t.ctx, t.community.ID, t.who.ID, name)
	if err != nil {
		return nil, err
	}
	if w.Home.Room != "" && w.Home.Building != "" {
		if p, err = d.SetHome(t.ctx, p.ID, w.Home.Building, w.Home.Room); err != nil {
			return nil, err
		}
	}
	a, err := d.Join(t.ctx, domain.JoinCommand{
		Ask: t.ask(), Deal: sheet.Deal.ID, Wants: wants, Shopper: p.ID, Via: domain.ViaPaper, Household: p.Household, Leader: t.who.ID, Note: w.Note,
	})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "join", sheet.Deal.ID)
}

// remove takes an order out by its number, with a reason.
func (t *talk) remove() ([]bot.Reply, error) {
	if t.said.serial == 0 {
		return t.needSerial("remove")
	}
	sheet, replies, err := t.lead(say.VerbMore, domain.DealOpen, domain.DealLocked, domain.DealFormed, domain.DealFulfilling)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	if !isLeader(sheet, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), sheet), nil
	}
	a, err := t.h.c.Desk.Leave(t.ctx, domain.LeaveCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Serial: t.said.serial, Leader: true, Reason: say.Line(t.said.rest, 60)})
	if err != nil {
		return nil, err
	}
	return t.tell(withSerial(a, t.said.serial), "remove", sheet.Deal.ID)
}

// needSerial: the command was called without a number. In a group that is ordinary talk.
func (t *talk) needSerial(name string) ([]bot.Reply, error) {
	if t.group() && !t.up.Spoken {
		return nil, nil
	}
	return []bot.Reply{t.v.NotUnderstood(t.text, t.example(name))}, nil
}

func (t *talk) recordPaid() ([]bot.Reply, error) { return t.record("paid", say.VerbPaidBy, false) }
func (t *talk) recordReturned() ([]bot.Reply, error) {
	return t.record("returned", say.VerbBackTo, true)
}

// record is the leader's word that money changed hands outside of us.
func (t *talk) record(name string, verb say.Verb, returned bool) ([]bot.Reply, error) {
	if t.said.serial == 0 {
		return t.needSerial(name)
	}
	sheet, replies, err := t.find(seek{
		code: t.said.code, none: t.notLeading, act: func(code string) string { return say.Do(verb, code, t.said.serial) },
		pool: t.led(domain.DealOpen, domain.DealLocked, domain.DealFormed, domain.DealFulfilling, domain.DealFailed, domain.DealCancelled), keep: isOffline,
	})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.recordNow(sheet, t.said.serial, returned)
}

func isOffline(s domain.DealSheet) bool { return s.Deal.Terms.Pay == domain.PayOffline }

func (t *talk) recordNow(sheet domain.DealSheet, serial int64, returned bool) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.RecordPayment(t.ctx, domain.RecordPaymentCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Serial: serial, Returned: returned})
	if err != nil {
		return nil, err
	}
	replies, err := t.tell(withSerial(a, serial), "record_payment", sheet.Deal.ID)
	for i := range replies {
		replies[i].Private = t.group() // somebody's money
	}
	return replies, err
}

// withSerial names the order that was not found.
func withSerial(a domain.Answer, serial int64) domain.Answer {
	if a.Refusal != nil && a.Refusal.Why == domain.WhyNoOrder {
		r := domain.Refuse(a.Refusal.Code, a.Refusal.Why).WithInt("serial", serial)
		a.Refusal = r
	}
	return a
}
