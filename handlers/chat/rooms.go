package chat

import (
	"fmt"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// mostBuildings is how many buildings are offered as buttons.
const mostBuildings = 4

// placed finds the building of a room that was typed alone, +2 1203: one's own, or the only one there is. Else it is asked in
// private; in a group the order goes without an address rather than hold everybody up.
func (t *talk) placed(o order) (wish, []bot.Reply, error) {
	w := o.wish
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
		w.Home.Room = ""
	default:
		t.keepOrder(w, o.sheet.Deal.Code)
		return w, t.askBuilding(w.Home.Room, all), nil
	}
	return w, nil, nil
}

func (t *talk) askBuilding(room string, all []string) []bot.Reply {
	r := t.say1("ask_building", "ask_building", "room", room)
	for _, b := range all {
		a := say.Plain(say.VerbHousehold, b, room)
		if _, ok := say.ParseAction(a); ok && len(all) <= mostBuildings && len(a) <= say.MaxAction {
			r[0].Choices = append(r[0].Choices, bot.Choice{Label: t.w("building", "building", b), Action: a})
		}
	}
	return r
}

// pressBuilding is the answer: the order that waited goes on.
func pressBuilding(t *talk, a say.Action) ([]bot.Reply, error) {
	if len(a.Args) != 2 || strings.TrimSpace(a.Args[1]) == "" {
		return t.broken()
	}
	if t.memory.Step != stepHome || t.memory.Order == nil || t.memory.Code == "" {
		return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), domain.DealSheet{}), nil
	}
	t.said.wish = wish{Home: home{Building: a.Args[0], Room: a.Args[1]}}
	replies, _, err := t.homeSaid()
	return t.replacing(replies), err
}
