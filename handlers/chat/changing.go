package chat

import (
	"fmt"
	"slices"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// changeByWords sets quantities: 改成 3, 改 A2 B0.
func (t *talk) changeByWords() ([]bot.Reply, error) {
	w := t.said.wish
	if len(w.Picks) == 0 && w.Trouble == "" {
		return t.say1("ask_quantity", "ask_quantity"), nil
	}
	if w.Trouble == "contradiction" {
		return t.say1("contradiction", "contradiction"), nil
	}
	if w.Trouble != "" {
		return t.refuse(domain.Refuse(domain.CodeInvalid, domain.WhyQuantity).WithInt("max", domain.MaxQty), t.sheet), nil
	}
	sheet, o, replies, err := t.own(say.VerbChange, changeable)
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	if w.Serial == 0 {
		if m := t.meantIn(sheet); m.Kind == words.Change {
			w = wishFrom(m)
		}
	}
	if w.Mode == words.Less {
		return t.lessen(sheet, o, w)
	}
	return t.change(sheet, o, w)
}

// lessen takes quantities off what somebody has; all of it is leaving.
func (t *talk) lessen(sheet domain.DealSheet, o domain.OrderRecord, w wish) ([]bot.Reply, error) {
	mine, err := t.newest(sheet.Deal.ID, o, w.For)
	if err != nil {
		return nil, err
	}
	held := map[string]int64{}
	total := int64(0)
	for _, want := range mine.Wants() {
		for _, it := range sheet.Items {
			if it.ID == want.Item {
				held[it.Letter] += want.Qty
				total += want.Qty
			}
		}
	}
	w.Mode = words.Set
	for i, p := range w.Picks {
		if p.Letter == "" && len(held) == 1 {
			for letter := range held {
				p.Letter = letter
			}
		}
		total -= p.Qty
		w.Picks[i] = pick{Letter: p.Letter, Qty: held[p.Letter] - p.Qty}
	}
	if total == 0 && mine.ID != "" {
		return t.leave(sheet, mine, w.For)
	}
	return t.change(sheet, o, w)
}

// change sets the quantities of an order; without one named, of the person's newest.
func (t *talk) change(sheet domain.DealSheet, o domain.OrderRecord, w wish) ([]bot.Reply, error) {
	narrowed := sheet
	if mine, err := t.newest(sheet.Deal.ID, o, w.For); err != nil {
		return nil, err
	} else if held := mine.Wants(); len(held) == 1 && len(w.Picks) == 1 && w.Picks[0].Letter == "" {
		narrowed.Items = filterItems(sheet.Items, func(it domain.ItemRecord) bool { return it.ID == held[0].Item })
	}
	wants, refusal := w.wants(narrowed)
	if refusal != nil {
		return t.refuse(refusal, sheet), nil
	}
	t.note = domain.CleanNote(w.Note)
	c := domain.ChangeCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Who: t.who.ID, For: w.For, Wants: wants, Note: w.Note}
	t.asOwner(sheet, o, &c.Who, &c.Leader)
	c.Order = o.ID
	a, err := t.h.c.Desk.Change(t.ctx, c)
	if err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		f := t.facts("change")
		f.Wants = nil                          // a button could only add, not set
		return t.refuseWith(a.Refusal, f), nil //nolint:nilerr // the error has become the answer
	}
	return t.tell(a, "change", sheet.Deal.ID)
}

// asOwner: a leader who names somebody's order acts as the leader, for its owner.
func (t *talk) asOwner(sheet domain.DealSheet, o domain.OrderRecord, who *domain.AccountID, leader *bool) {
	if o.ID == "" || t.who.Is(o.Shopper) {
		return
	}
	*who = o.Shopper
	*leader = !t.who.Is(o.EnteredBy) && isLeader(sheet, t.who)
}

// newest is the order itself, or the person's newest live one in the deal.
func (t *talk) newest(deal domain.DealID, o domain.OrderRecord, forWhom string) (domain.OrderRecord, error) {
	if o.ID != "" {
		return o, nil
	}
	orders, err := t.h.c.Desk.OrdersOf(t.ctx, t.who.ID, 50)
	if err != nil {
		return o, fmt.Errorf("my orders: %w", busy(err))
	}
	for _, m := range orders {
		if m.Deal == deal && m.State.IsLive() && m.Beneficiary == forWhom && m.Serial > o.Serial {
			o = m
		}
	}
	return o, nil
}

// leaveByWords gives up one's order, or a neighbour's that one placed.
func (t *talk) leaveByWords() ([]bot.Reply, error) {
	sheet, o, replies, err := t.own(say.VerbLeave, changeable)
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	w := t.said.wish
	m := t.meantIn(sheet)
	if m.Doubt == words.DoubtQuestion || words.IsQuestion(t.text) {
		return t.sureToLeave(sheet, o, w)
	}
	if m.Kind == words.Leave {
		w = wishFrom(m)
	}
	if len(w.Picks) > 0 && o.ID == "" {
		return t.leaveItems(sheet, w)
	}
	return t.leave(sheet, o, w.For)
}

// sureToLeave: 能退吗 is no 退. It is answered, with the button that does it while that is still possible.
func (t *talk) sureToLeave(sheet domain.DealSheet, o domain.OrderRecord, w wish) ([]bot.Reply, error) {
	mine, err := t.newest(sheet.Deal.ID, o, w.For)
	if err != nil {
		return nil, err
	}
	if mine.ID == "" || !isOpen(sheet) {
		return t.fact(words.TopicLeaving, say.FactLeaving)
	}
	r := t.say1("leave_sure", "leave_sure", "at", t.v.Clock(sheet.Deal.Terms.DeadlineAt))
	r[0].Choices = []bot.Choice{{Label: t.w("leave_it"), Action: say.Do(say.VerbLeave, sheet.Deal.Code, mine.Serial)}}
	return r, nil
}

// leaveItems gives up some of the items of an order.
func (t *talk) leaveItems(sheet domain.DealSheet, w wish) ([]bot.Reply, error) {
	mine, err := t.newest(sheet.Deal.ID, domain.OrderRecord{}, w.For)
	if err != nil {
		return nil, err
	}
	left := 0
	for _, want := range mine.Wants() {
		for _, it := range sheet.Items {
			if it.ID == want.Item && !slices.ContainsFunc(w.Picks, func(p pick) bool { return p.Letter == it.Letter }) {
				left++
			}
		}
	}
	if left == 0 {
		return t.leave(sheet, domain.OrderRecord{}, w.For)
	}
	return t.change(sheet, domain.OrderRecord{}, w)
}

func (t *talk) leave(sheet domain.DealSheet, o domain.OrderRecord, forWhom string) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Leave(t.ctx, domain.LeaveCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Who: ownerOr(o, t.who.ID), Order: o.ID, For: forWhom})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "leave", sheet.Deal.ID)
}

func ownerOr(o domain.OrderRecord, who domain.AccountID) domain.AccountID {
	if o.Shopper != "" {
		return o.Shopper
	}
	return who
}

// cancelMine: who leads nothing means their own order.
func (t *talk) cancelMine() ([]bot.Reply, error) {
	pool, err := t.mine(changeable)()
	if err != nil {
		return nil, err
	}
	leaves := func(s domain.DealSheet) bool { return t.meantIn(s).Kind == words.Leave }
	if len(filter(pool, leaves)) == 0 {
		return t.notLeading()
	}
	t.said.wish = readWish(t.text)
	return t.leaveByWords()
}
