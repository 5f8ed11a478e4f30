package chat

import (
	"fmt"
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// waitByWords queues for an item.
func (t *talk) waitByWords() ([]bot.Reply, error) {
	w := t.said.wish
	if len(w.Picks) == 0 {
		w.Picks = []pick{{Qty: 1}}
	}
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.here, keep: w.fits, act: func(code string) string { return say.Do(say.VerbWait, code) }})
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	return t.wait(sheet, w)
}

func (t *talk) wait(sheet domain.DealSheet, w wish) ([]bot.Reply, error) {
	if w.Trouble != "" || len(w.Picks) != 1 {
		return t.refuse(domain.Refuse(domain.CodeInvalid, domain.WhyQuantity).WithInt("max", domain.MaxQty), sheet), nil
	}
	wants, refusal := w.wants(sheet)
	if refusal != nil {
		return t.refuse(refusal, sheet), nil
	}
	a, err := t.h.c.Desk.Wait(t.ctx, domain.WaitCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Who: t.who.ID, Item: wants[0].Item, Qty: wants[0].Qty})
	if err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		f := t.facts("wait")
		f.Wants = wants
		return t.refuseWith(a.Refusal, f), nil //nolint:nilerr // the error has become the answer
	}
	return t.tell(a, "wait", sheet.Deal.ID)
}

func (t *talk) unwaitByWords() ([]bot.Reply, error) {
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.here, act: func(code string) string { return say.Do(say.VerbUnwait, code) }})
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	return t.unwait(sheet, "")
}

func (t *talk) unwait(sheet domain.DealSheet, item domain.ItemID) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Wait(t.ctx, domain.WaitCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Who: t.who.ID, Item: item, Gone: true})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "wait", sheet.Deal.ID)
}

// payByWords leads to the cashier.
func (t *talk) payByWords() ([]bot.Reply, error) {
	owes := func(o domain.OrderRecord) bool { return o.State.IsLive() && o.Owed().IsPositive() }
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.mine(owes), act: func(code string) string { return say.Do(say.VerbPay, code) }, none: t.owesNothing})
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	if t.said.serial != 0 {
		o, refused, err := t.bySerial(sheet, t.said.serial)
		if err != nil || len(refused) > 0 {
			return refused, err
		}
		return t.startPayment(sheet.Deal.ID, o.ID)
	}
	return t.startPayment(sheet.Deal.ID, "")
}

// owesNothing: the rules say what exactly of it is so, if there is any order at all.
func (t *talk) owesNothing() ([]bot.Reply, error) {
	pool, err := t.mine(func(domain.OrderRecord) bool { return true })()
	if err != nil || len(pool) == 0 {
		return t.refuse(domain.Refuse(domain.CodePayment, domain.WhyNothingToPay), domain.DealSheet{}), err
	}
	t.sheet = pool[0]
	return t.startPayment(pool[0].Deal.ID, "")
}

func (t *talk) startPayment(deal domain.DealID, order domain.OrderID) ([]bot.Reply, error) {
	a, url, err := t.h.c.Desk.StartPayment(t.ctx, domain.StartPaymentCommand{Ask: t.ask(), Deal: deal, Who: t.who.ID, Order: order})
	if err != nil {
		return nil, err
	}
	if err := t.load(deal); err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts("start_payment")), nil //nolint:nilerr // the error has become the answer
	}
	f := t.facts("start_payment")
	f.PayURL = url
	return t.v.Answer(a, f), t.about(a.Code)
}

// pointByWords shows the pickup points, or chooses one by its place in the list or its name.
func (t *talk) pointByWords() ([]bot.Reply, error) {
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.mineOrLate(changeable), none: t.noOrder, act: func(code string) string { return say.Do(say.VerbPoint, code) }})
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	name := t.said.rest
	if t.said.code != "" {
		name = ""
	}
	return t.point(sheet, name)
}

func (t *talk) point(sheet domain.DealSheet, name string) ([]bot.Reply, error) {
	points, err := t.h.c.Desk.Points(t.ctx, t.community.ID)
	if err != nil {
		return nil, fmt.Errorf("pickup points: %w", busy(err))
	}
	chosen := -1
	for i, p := range points {
		if name == strconv.Itoa(i+1) || name != "" && words.Fold(p.Name) == words.Fold(name) {
			chosen = i
		}
	}
	if chosen < 0 {
		r := bot.Reply{Text: t.w("point.ask"), Code: "point_ask"}
		for i, p := range points {
			label := say.Line(p.Name, say.MaxName)
			r.Choices = append(r.Choices, bot.Choice{Label: label, Action: say.Do(say.VerbPoint, sheet.Deal.Code, int64(i+1))})
		}
		return []bot.Reply{r}, nil
	}
	a, err := t.h.c.Desk.ChangePoint(t.ctx, domain.PointCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Who: t.who.ID, Point: points[chosen].ID})
	if err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts("change_point")), nil //nolint:nilerr // the error has become the answer
	}
	f := t.facts("change_point")
	f.Point = points[chosen].Name
	return t.v.Answer(a, f), nil
}
