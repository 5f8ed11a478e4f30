package chat

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// pending is an order that waits for an answer: which deal, which item, which home.
type pending struct {
	Picks []pick `json:"picks,omitempty"`
	For   string `json:"for,omitempty"`
	Home  home   `json:"home,omitzero"`
	Note  string `json:"note,omitempty"`
	Exact bool   `json:"exact,omitempty"` // only a button with just these quantities is the answer
	Team  int64  `json:"team,omitempty"`
	Open  bool   `json:"open,omitempty"`
	Wait  bool   `json:"wait,omitempty"`
}

// order is one way to take part, whatever it came by.
type order struct {
	sheet domain.DealSheet
	wish  wish
	team  domain.TeamID
	open  bool
	via   domain.Via
	sure  bool
}

// joinByWords takes part by what was typed.
func (t *talk) joinByWords() ([]bot.Reply, error) {
	w := t.said.wish
	none := func() ([]bot.Reply, error) {
		if t.group() && !t.up.Spoken {
			return nil, nil // "+1" is ordinary talk where nothing is on offer
		}
		return []bot.Reply{t.v.Deals(nil)}, nil
	}
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.here, keep: t.fits, none: none, act: func(code string) string { return joinAction(w, code) }})
	if err != nil || sheet.Deal.ID == "" {
		if len(replies) > 0 && w.personal() {
			t.keepOrder(w, "")
		}
		return replies, err
	}
	return t.joinIn(sheet)
}

// joinAction is the button that joins a deal with what was typed; a bare number travels alone until an item is chosen.
func joinAction(w wish, code string) string {
	a := say.Action{Verb: say.VerbJoin, Deal: code}
	for _, p := range w.Picks {
		a.Args = append(a.Args, p.Letter+strconv.FormatInt(p.Qty, 10))
	}
	return a.String()
}

// guessOrder is for "阳光玫瑰 2": an order only if it names something on offer here.
func (t *talk) guessOrder() (replies []bot.Reply, done bool, err error) {
	if t.silent() {
		return nil, false, nil
	}
	pool, err := t.here()
	if err != nil {
		return nil, true, err
	}
	if len(filter(pool, t.fits)) == 0 {
		return nil, false, nil
	}
	replies, err = t.joinByWords()
	return replies, true, err
}

// keepOrder remembers what a button cannot carry: for whom, where they live, a note.
func (t *talk) keepOrder(w wish, code string) {
	if t.recall() != nil {
		return // then the button orders for oneself, which the echo shows
	}
	t.memory.begin(stepHome, t.v.Now)
	t.memory.Code, t.memory.Order = code, &pending{Picks: w.Picks, For: w.For, Home: w.Home, Note: w.Note}
}

// answeredBy reports whether a pressed button can be the answer that an order waited for.
func (p *pending) answeredBy(w wish) bool {
	return len(p.Picks) == len(w.Picks) && (!p.Exact || slices.EqualFunc(p.Picks, w.Picks, func(a, b pick) bool { return a.Qty == b.Qty }))
}

// join does what every way to take part ends in.
func (t *talk) join(o order) ([]bot.Reply, error) {
	if o.wish.Trouble == "contradiction" {
		return t.say1("contradiction", "contradiction"), nil
	}
	wants, refusal := o.wish.wants(o.sheet)
	f := t.facts("join")
	if refusal != nil {
		if len(o.wish.Picks) > 0 {
			f.Qty = o.wish.Picks[0].Qty
		}
		return t.refuseWith(refusal, f), nil
	}
	if o.wish.Trouble != "" {
		return t.refuseWith(domain.Refuse(domain.CodeInvalid, domain.WhyQuantity).WithInt("max", domain.MaxQty), f), nil
	}
	w, ask, err := t.placed(o)
	if err != nil || ask != nil {
		return ask, err
	}
	o.wish, t.note = w, domain.CleanNote(w.Note)
	household, err := t.homeOf(o.wish)
	if err != nil {
		return nil, err
	}
	a, err := t.h.c.Desk.Join(t.ctx, domain.JoinCommand{
		Ask: t.ask(), Deal: o.sheet.Deal.ID, Team: o.team, Open: o.open, Wants: wants, Shopper: t.who.ID, Beneficiary: o.wish.For, Via: o.via,
		Household: household, Point: t.pointIn(o.sheet), Leader: t.leaderHere(o.sheet), Note: o.wish.Note, Room: t.room, Sure: o.sure,
	})
	if err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.notJoined(o, wants, a)
	}
	t.sheet = o.sheet // the counts of after the command are in the answer
	return t.tell(a, "join", o.sheet.Deal.ID)
}

// notJoined words why not; where only the address is missing, the next message may bring it.
func (t *talk) notJoined(o order, wants []domain.Want, a domain.Answer) ([]bot.Reply, error) {
	f := t.facts("join")
	f.Wants = wants
	if a.Refusal.Why == domain.WhyNeedHousehold && !t.group() {
		t.keepOrder(o.wish, o.sheet.Deal.Code)
	}
	if err := t.about(o.sheet.Deal.Code); err != nil {
		return nil, err
	}
	return t.refuseWith(a.Refusal, f), nil
}

// homeOf is the household of an order. A new address of one's own is remembered; a neighbour's belongs to the order alone.
func (t *talk) homeOf(w wish) (domain.HouseholdID, error) {
	if w.Home.Room == "" || w.Home.Building == "" {
		if w.For != "" {
			return "", nil
		}
		return t.who.Household, nil
	}
	if w.For != "" {
		return t.h.c.Desk.Home(t.ctx, t.community.ID, w.Home.Building, w.Home.Room)
	}
	a, err := t.h.c.Desk.SetHome(t.ctx, t.who.ID, w.Home.Building, w.Home.Room)
	if err == nil {
		t.who.Household = a.Household
	}
	return t.who.Household, err
}

// pointIn is the person's usual pickup point where the deal leaves the choice open.
func (t *talk) pointIn(s domain.DealSheet) domain.PointID {
	if s.Deal.Terms.Point != "" {
		return ""
	}
	return t.who.Point
}

// leaderHere is who brought the person: the leader of the deal in this chat.
func (t *talk) leaderHere(s domain.DealSheet) domain.AccountID {
	for _, c := range s.Chats {
		if c.Chat == t.chat.ID {
			return c.Leader
		}
	}
	return ""
}

// changeable are orders that their owner can still change.
func changeable(o domain.OrderRecord) bool {
	return o.State == domain.OrderPlaced || o.State == domain.OrderWaiting
}

// own finds the deal of one's own order, and the order's id when a number was given.
func (t *talk) own(verb say.Verb, fit func(domain.OrderRecord) bool) (domain.DealSheet, domain.OrderRecord, []bot.Reply, error) {
	none := func() ([]bot.Reply, error) { return t.noOrder() }
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.mineOrLate(fit), none: none, act: func(code string) string { return say.Do(verb, code) }})
	if err != nil || sheet.Deal.ID == "" || t.said.serial == 0 {
		return sheet, domain.OrderRecord{}, replies, err
	}
	o, refused, err := t.bySerial(sheet, t.said.serial)
	return sheet, o, refused, err
}

// mineOrLate falls back to orders that are past changing, so that the rules can say why.
func (t *talk) mineOrLate(fit func(domain.OrderRecord) bool) func() ([]domain.DealSheet, error) {
	return func() ([]domain.DealSheet, error) {
		pool, err := t.mine(fit)()
		if err != nil || len(pool) > 0 {
			return pool, err
		}
		pool, err = t.mine(func(o domain.OrderRecord) bool { return o.State.IsLive() })()
		return pool[:min(1, len(pool))], err
	}
}

// noOrder says so, and shows what could be joined here.
func (t *talk) noOrder() ([]bot.Reply, error) {
	pool, err := t.here()
	if err != nil {
		return nil, err
	}
	sheet := domain.DealSheet{}
	if len(pool) == 1 && isOpen(pool[0]) {
		sheet = pool[0]
	}
	return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyNoOrder), sheet), nil
}

// bySerial reads an order by its number; without one it says what to say.
func (t *talk) bySerial(s domain.DealSheet, serial int64) (domain.OrderRecord, []bot.Reply, error) {
	o, err := t.h.c.Desk.OrderBySerial(t.ctx, s.Deal.ID, serial)
	if errors.Is(err, domain.ErrNotFound) {
		return o, t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyNoOrder).WithInt("serial", serial), s), nil
	}
	if err != nil {
		return o, nil, fmt.Errorf("order %d: %w", serial, busy(err))
	}
	return o, nil, nil
}

// joinIn reads the message once more, with what the deal offers, and does what it says.
func (t *talk) joinIn(sheet domain.DealSheet) ([]bot.Reply, error) {
	m := t.meantIn(sheet)
	w := wishFrom(m)
	switch m.Kind {
	case words.Silence:
		return nil, nil
	case words.Ask:
		return t.doubt(sheet, m, w)
	case words.Other:
		return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyUnknownItem), sheet), nil
	case words.Leave:
		t.said.wish = w
		return t.leaveByWords()
	case words.Change:
		if w.Mode != words.Add {
			t.said.wish = w
			return t.changeByWords()
		}
	case words.Buy:
	}
	var all []bot.Reply
	for i, one := range append([]wish{w}, w.More...) {
		t.index = int64(i)
		replies, err := t.join(order{sheet: sheet, wish: one, via: domain.ViaText})
		if err != nil {
			return nil, err
		}
		all = append(all, replies...)
	}
	return all, nil
}

// undoByWords takes the person's last step back, whichever order it was on.
func (t *talk) undoByWords() ([]bot.Reply, error) {
	orders, err := t.h.c.Desk.OrdersOf(t.ctx, t.who.ID, 50)
	if err != nil {
		return nil, fmt.Errorf("my orders: %w", busy(err))
	}
	var last domain.OrderRecord
	for _, o := range orders {
		if !o.UndoAt.IsZero() && o.UndoAt.After(last.UndoAt) {
			last = o
		}
	}
	if t.said.code != "" || last.ID == "" {
		sheet, replies, err := t.find(seek{code: t.said.code, pool: t.mine(changeable), none: func() ([]bot.Reply, error) {
			return t.refuse(domain.Refuse(domain.CodeTooLate, domain.WhyNothingToUndo), domain.DealSheet{}), nil
		}, act: func(code string) string { return say.Do(say.VerbUndo, code) }})
		if err != nil || len(replies) > 0 {
			return replies, err
		}
		return t.undo(sheet.Deal.ID, domain.OrderRecord{})
	}
	return t.undo(last.Deal, last)
}

func (t *talk) undo(deal domain.DealID, o domain.OrderRecord) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Undo(t.ctx, domain.UndoCommand{Ask: t.ask(), Deal: deal, Who: ownerOr(o, t.who.ID), Order: o.ID})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "undo", deal)
}

// openTeamByWords opens a team of one's own under a team deal.
func (t *talk) openTeamByWords() ([]bot.Reply, error) {
	w := t.said.wish
	if len(w.Picks) == 0 {
		w.Picks = []pick{{Qty: 1}}
	}
	isTeam := func(s domain.DealSheet) bool { return s.Deal.Terms.Kind == domain.KindTeam }
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.here, keep: isTeam, act: func(code string) string { return say.Do(say.VerbOpenTeam, code) }})
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	return t.join(order{sheet: sheet, wish: w, open: isTeam(sheet), via: domain.ViaText})
}
