package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// placed finds the building of a room that was typed alone, +2 1203: one's own, or the only one there is. Else it is asked in
// private; in a group the order goes without an address rather than hold everybody up, and who ordered is asked afterwards.
func (t *talk) placed(o order) (wish, []bot.Reply, error) {
	w := o.wish
	t.room = ""
	if w.Home.Room == "" || w.Home.Building != "" {
		return w, nil, nil
	}
	home := t.who.Household
	if w.For != "" {
		home = "" // where a neighbour lives is not known by where we do
	}
	all, mine, err := t.h.c.Desk.Buildings(t.ctx, t.community.ID, home)
	if err != nil {
		return w, nil, fmt.Errorf("which building: %w", busy(err))
	}
	switch {
	case mine != "":
		w.Home.Building = mine
	case len(all) == 1:
		w.Home.Building = all[0]
	case t.group():
		t.room, w.Home.Room = w.Home.Room, ""
	default:
		t.keepOrder(w, o.sheet.Deal.Code)
		return w, t.askBuilding(w.Home.Room, all), nil
	}
	return w, nil, nil
}

func (t *talk) askBuilding(room string, all []string) []bot.Reply {
	r := t.say1("ask_building", "ask_building", "room", room)
	r[0].Choices = t.v.BuildingChoices(all, room)
	return r
}

// pressBuilding is the answer: the order that waited goes on, or the one that is there already gets its address.
func pressBuilding(t *talk, a say.Action) ([]bot.Reply, error) {
	if len(a.Args) < 2 || strings.TrimSpace(a.Args[1]) == "" {
		return t.broken()
	}
	t.said.wish = wish{Home: home{Building: a.Args[0], Room: a.Args[1]}}
	if len(a.Args) == 4 {
		return t.homeOfSerial(a.Args[2], a.Number(3))
	}
	if t.memory.Step != stepHome || t.memory.Order == nil || t.memory.Code == "" {
		return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), domain.DealSheet{}), nil
	}
	replies, _, err := t.homeSaid()
	return t.replacing(replies), err
}

// homeOfSerial puts the home that was said on one order.
func (t *talk) homeOfSerial(code string, serial int64) ([]bot.Reply, error) {
	sheet, err := t.byCode(code)
	if errors.Is(err, domain.ErrNotFound) {
		return t.broken()
	}
	if err != nil {
		return nil, err
	}
	t.sheet = sheet
	o, err := t.h.c.Desk.OrderBySerial(t.ctx, sheet.Deal.ID, serial)
	if errors.Is(err, domain.ErrNotFound) {
		return t.broken()
	}
	if err != nil {
		return nil, fmt.Errorf("order without a home: %w", busy(err))
	}
	return t.putHome(o)
}

// putHome puts the home that was said on an order, and remembers it when it is one's own.
func (t *talk) putHome(o domain.OrderRecord) ([]bot.Reply, error) {
	w := t.said.wish
	w.For = o.Beneficiary
	home, err := t.homeOf(w)
	if err != nil {
		return nil, err
	}
	a, err := t.h.c.Desk.PutHome(t.ctx, domain.HomeCommand{Ask: t.ask(), Deal: o.Deal, Order: o.ID, Household: home})
	if err != nil {
		return nil, err
	}
	return t.homePut(a, o.Deal)
}

// homePut words what became of an address, also when the message is repeated.
func (t *talk) homePut(a domain.Answer, deal domain.DealID) ([]bot.Reply, error) {
	if err := t.load(deal); err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.replacing(t.refuseWith(a.Refusal, t.facts("join"))), nil //nolint:nilerr // the error has become the answer
	}
	key := "home_added"
	if a.Did == domain.DidNothing {
		key = "home_there"
	}
	return t.replacing(t.say1(key, key, "no", number(a.Serial), "title", say.Line(a.Title, 20))), nil
}

// homeless are the orders that wait for the home of this room: it was typed with them, without its building.
func (t *talk) homeless(room string) ([]domain.OrderRecord, error) {
	orders, err := t.h.c.Desk.OrdersOf(t.ctx, t.who.ID, 20)
	if err != nil {
		return nil, fmt.Errorf("orders without a home: %w", busy(err))
	}
	return slices.DeleteFunc(orders, func(o domain.OrderRecord) bool {
		return o.Household != "" || !changeable(o) || !strings.Contains(words.Fold(o.SourceLine), room)
	}), nil
}
