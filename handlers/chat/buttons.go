package chat

import (
	"errors"
	"fmt"
	"maps"
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

type press = func(*talk, say.Action) ([]bot.Reply, error)

// onDeal wraps what needs the button's deal.
func onDeal(do func(*talk, domain.DealSheet, say.Action) ([]bot.Reply, error)) press {
	return func(t *talk, a say.Action) ([]bot.Reply, error) {
		sheet, err := t.byCode(a.Deal)
		if errors.Is(err, domain.ErrNotFound) {
			return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), domain.DealSheet{}), nil
		}
		if err != nil {
			return nil, err
		}
		t.sheet = sheet
		return do(t, sheet, a)
	}
}

// word wraps a command that needs no argument.
func word(do func(*talk) ([]bot.Reply, error)) press {
	return func(t *talk, _ say.Action) ([]bot.Reply, error) { return do(t) }
}

// list wraps a leader's list.
func list(do func(*talk, domain.DealSheet) ([]bot.Reply, error)) press {
	return onDeal(func(t *talk, s domain.DealSheet, _ say.Action) ([]bot.Reply, error) {
		return t.forLeader(s, func(s domain.DealSheet) ([]bot.Reply, error) { return do(t, s) })
	})
}

// plain wraps what needs the deal only.
func plain(do func(*talk, domain.DealSheet) ([]bot.Reply, error)) press {
	return onDeal(func(t *talk, s domain.DealSheet, _ say.Action) ([]bot.Reply, error) { return do(t, s) })
}

// numbered wraps what is done to the order with the button's number.
func numbered(do func(*talk, domain.DealSheet, domain.OrderRecord) ([]bot.Reply, error)) press {
	return onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
		if len(a.Args) == 0 {
			return do(t, s, domain.OrderRecord{})
		}
		o, refused, err := t.bySerial(s, a.Number(0))
		if err != nil || refused != nil {
			return refused, err
		}
		return do(t, s, o)
	})
}

// buttons lists what each verb does.
func buttons() map[say.Verb]press {
	m := map[say.Verb]press{
		say.VerbDeal:     plain((*talk).show),
		say.VerbTeam:     func(t *talk, a say.Action) ([]bot.Reply, error) { return t.showTeam(first(a)) },
		say.VerbOrder:    onDeal(pressOrder),
		say.VerbMore:     plain((*talk).show),
		say.VerbQR:       plain((*talk).codes),
		say.VerbJoin:     onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) { return pressJoin(t, s, a, false) }),
		say.VerbAgain:    onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) { return pressJoin(t, s, a, true) }),
		say.VerbJoinTeam: onDeal(pressJoinTeam),
		say.VerbOpenTeam: onDeal(pressOpenTeam),
		say.VerbChange:   onDeal(pressChange),
		say.VerbLeave: numbered(func(t *talk, s domain.DealSheet, o domain.OrderRecord) ([]bot.Reply, error) {
			return t.leave(s, o, o.Beneficiary)
		}),
		say.VerbUndo: numbered(func(t *talk, s domain.DealSheet, o domain.OrderRecord) ([]bot.Reply, error) {
			return t.undo(s.Deal.ID, o)
		}),
		say.VerbWait:   onDeal(pressWait),
		say.VerbUnwait: onDeal(pressUnwait),
		say.VerbTake:   onDeal(pressTake),
		say.VerbPay: numbered(func(t *talk, s domain.DealSheet, o domain.OrderRecord) ([]bot.Reply, error) {
			return t.startPayment(s.Deal.ID, o.ID)
		}),
		say.VerbCode:     numbered(pressCode),
		say.VerbPoint:    onDeal(pressPoint),
		say.VerbStatus:   plain((*talk).progress),
		say.VerbWho:      plain((*talk).who1),
		say.VerbOrders:   word((*talk).myOrders),
		say.VerbDeals:    word((*talk).openDeals),
		say.VerbHelp:     word((*talk).help),
		say.VerbHelpLead: word((*talk).helpLeading),
		say.VerbChain:    onDeal(pressList),
	}
	maps.Copy(m, leaderButtons())
	return m
}

func leaderButtons() map[say.Verb]press {
	return map[say.Verb]press{
		say.VerbUnpaid:  list((*talk).unpaidOf),
		say.VerbMissing: list((*talk).missingOf),
		say.VerbRemind:  plain((*talk).remindNow),
		say.VerbClose:   plain((*talk).closeNow),
		say.VerbExtend:  onDeal(pressExtend),
		say.VerbCancel:  plain(func(t *talk, s domain.DealSheet) ([]bot.Reply, error) { return t.askCancel(s, "") }),
		say.VerbComplete: onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
			return t.askComplete(s, first(a))
		}),
		say.VerbArrived:  plain(func(t *talk, s domain.DealSheet) ([]bot.Reply, error) { return t.arriveAt(s, "") }),
		say.VerbSummary:  plain((*talk).summarise),
		say.VerbCheckOff: onDeal(pressCheckOff),
		say.VerbUncheck:  onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) { return t.uncheck(s, a.Number(0)) }),
		say.VerbPaidBy: onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
			return t.recordNow(s, a.Number(0), false)
		}),
		say.VerbBackTo: onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
			return t.recordNow(s, a.Number(0), true)
		}),
		say.VerbAck: onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
			return t.answerSummary(s, a.Number(0), "")
		}),
		say.VerbProblem: onDeal(func(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) { return pressProblem(t, s, a) }),
		say.VerbRevoke:  onDeal(pressRevoke),
		say.VerbNoise:   onDeal(pressNoise),
		say.VerbPost:    func(t *talk, _ say.Action) ([]bot.Reply, error) { return t.pressPost(t.publish) },
		say.VerbPostEdit: func(t *talk, _ say.Action) ([]bot.Reply, error) {
			return t.pressPost(func() ([]bot.Reply, error) { return t.say1("post_edit", "post.edit"), nil })
		},
		say.VerbPostDrop: func(t *talk, _ say.Action) ([]bot.Reply, error) {
			return t.pressPost(func() ([]bot.Reply, error) {
				t.memory.end()
				return t.replacing(t.say1("dropped", "post.dropped")), nil
			})
		},
		say.VerbHousehold: pressBuilding,
		say.VerbPick:      pressPick,
		say.VerbYes:       pressPick,
		say.VerbNo:        pressNo,
		say.VerbConfirm:   pressSure,
		say.VerbForgetMe:  word((*talk).forgetMe),
		say.VerbUnlink:    func(t *talk, a say.Action) ([]bot.Reply, error) { return t.unlink(domain.AccountID(first(a))) },
		say.VerbShareTo:   onDeal(pressShareTo),
	}
}

func first(a say.Action) string {
	if len(a.Args) == 0 {
		return ""
	}
	return a.Args[0]
}

// wishOf reads a button's quantities from argument i on; a bare number waits for its item.
func wishOf(a say.Action, i int) (wish, bool) {
	var w wish
	if i < len(a.Args) && a.Args[i] != "" && (a.Args[i][0] >= '0' && a.Args[i][0] <= '9' || a.Args[i][0] == '-') {
		n, err := strconv.ParseInt(a.Args[i], 10, 64)
		w.Picks = []pick{{Qty: n}}
		return w, err == nil
	}
	ps, ok := a.Picks(i)
	for _, p := range ps {
		w.Picks = append(w.Picks, pick{Letter: p.Letter, Qty: p.Qty})
	}
	return w, ok
}

// broken is the answer to a button that none of ours can be.
func (t *talk) broken() ([]bot.Reply, error) {
	return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), t.sheet), nil
}

func pressJoin(t *talk, s domain.DealSheet, a say.Action, sure bool) ([]bot.Reply, error) {
	w, ok := wishOf(a, 0)
	if !ok {
		return t.broken()
	}
	if len(w.Picks) == 0 {
		return t.show(s)
	}
	via := domain.ViaButton
	if o := t.memory.Order; t.memory.Step == stepHome && o != nil && t.memory.Code == "" && o.answeredBy(w) {
		w.For, w.Home, w.Note = o.For, o.Home, o.Note // typed before it was clear which deal was meant
		t.memory.end()
	}
	return t.join(order{sheet: s, wish: w, via: via, sure: sure})
}

// teamByNumber finds an open team of a deal.
func (t *talk) teamByNumber(s domain.DealSheet, number int64) (domain.TeamRecord, []bot.Reply, error) {
	teams, err := t.h.c.Desk.OpenTeams(t.ctx, s.Deal.ID, 500)
	if err != nil {
		return domain.TeamRecord{}, nil, fmt.Errorf("open teams: %w", busy(err))
	}
	for _, tm := range append(teams, s.Teams...) {
		if tm.Number == number {
			return tm, nil, nil
		}
	}
	return domain.TeamRecord{}, t.refuse(domain.Refuse(domain.CodeInvalid, domain.WhyNoTeam), s), nil
}

func pressJoinTeam(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	w, ok := wishOf(a, 1)
	if !ok || len(w.Picks) == 0 || s.Deal.Terms.Kind != domain.KindTeam {
		return t.broken()
	}
	team, refused, err := t.teamByNumber(s, a.Number(0))
	if err != nil || refused != nil {
		return refused, err
	}
	return t.join(order{sheet: s, wish: w, team: team.ID, via: domain.ViaButton})
}

func pressOpenTeam(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	w, ok := wishOf(a, 0)
	if !ok {
		return t.broken()
	}
	if len(w.Picks) == 0 {
		w.Picks = []pick{{Qty: 1}}
	}
	return t.join(order{sheet: s, wish: w, open: true, via: domain.ViaButton})
}

// pressChange sets quantities, or asks for them: change CODE 12 [A3].
func pressChange(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	w, ok := wishOf(a, 1)
	if !ok {
		return t.broken()
	}
	o := domain.OrderRecord{}
	if serial := a.Number(0); serial != 0 {
		var refused []bot.Reply
		var err error
		if o, refused, err = t.bySerial(s, serial); err != nil || refused != nil {
			return refused, err
		}
	}
	if len(w.Picks) > 0 {
		w.For = o.Beneficiary
		return t.change(s, o, w)
	}
	if o.ID != "" && !t.who.Is(o.Shopper) && !t.who.Is(o.EnteredBy) && !isLeader(s, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotYours), s), nil
	}
	return t.askChange(s, o)
}

// askChange offers the quantities that people change to.
func (t *talk) askChange(s domain.DealSheet, o domain.OrderRecord) ([]bot.Reply, error) {
	o, err := t.newest(s.Deal.ID, o, "")
	if err != nil {
		return nil, err
	}
	r := bot.Reply{Text: t.w("ask_quantity"), Code: "ask_quantity"}
	held := o.Wants()
	if len(held) != 1 {
		return []bot.Reply{r}, t.about(s.Deal.Code)
	}
	it := filterItems(s.Items, func(it domain.ItemRecord) bool { return it.ID == held[0].Item })
	for n := int64(1); n <= 4 && len(it) == 1; n++ {
		if n != held[0].Qty {
			r.Choices = append(r.Choices, bot.Choice{Label: t.v.Qty(n, it[0].Unit), Action: say.DoChange(s.Deal.Code, o.Serial, say.Picked{Letter: it[0].Letter, Qty: n})})
		}
	}
	return []bot.Reply{r}, t.about(s.Deal.Code)
}

func pressWait(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	w, ok := wishOf(a, 0)
	if !ok {
		return t.broken()
	}
	if len(w.Picks) == 0 {
		w.Picks = []pick{{Qty: 1}}
	}
	return t.wait(s, w)
}

// itemOf is the item that a button's first argument names; "" for all.
func itemOf(s domain.DealSheet, a say.Action) domain.ItemID {
	for _, it := range s.Items {
		if it.Letter == first(a) {
			return it.ID
		}
	}
	return ""
}

func pressUnwait(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	return t.unwait(s, itemOf(s, a))
}

// pressTake takes up a place that was offered to the waiting list.
func pressTake(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	item := itemOf(s, a)
	if item == "" && len(s.Items) == 1 {
		item = s.Items[0].ID
	}
	answer, err := t.h.c.Desk.TakeOffer(t.ctx, domain.TakeOfferCommand{Item: item, Join: domain.JoinCommand{
		Ask: t.ask(), Deal: s.Deal.ID, Shopper: t.who.ID, Via: domain.ViaWait, Household: t.who.Household, Point: t.pointIn(s), Leader: t.leaderHere(s),
	}})
	if err != nil {
		return nil, err
	}
	return t.tell(answer, "take_offer", s.Deal.ID)
}

func pressCode(t *talk, s domain.DealSheet, o domain.OrderRecord) ([]bot.Reply, error) {
	switch {
	case o.ID == "" || !t.who.Is(o.Shopper) && !t.who.Is(o.Payer):
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotYours), s), nil
	case o.PickupCode == "":
		return t.refuse(domain.Refuse(domain.CodeConflict, domain.WhyNotReady).WithInt("serial", o.Serial), s), nil
	}
	r := t.v.PickupQR(o)
	r.Private = t.group()
	return []bot.Reply{r}, nil
}

func pressPoint(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	return t.point(s, first(a))
}

// pressOrder shows a verifier an order before it is handed out, and its owner the order.
func pressOrder(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	o, refused, err := t.bySerial(s, a.Number(0))
	if err != nil || refused != nil {
		return refused, err
	}
	if !t.who.Is(o.Shopper) {
		return t.checkFirst(s, o.Serial)
	}
	r := t.v.Orders([]say.OrderRow{{Order: o, Sheet: s, Name: t.who.Name}})
	r.Private = t.group()
	return []bot.Reply{r}, nil
}
