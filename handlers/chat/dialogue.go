package chat

import (
	"slices"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// stops are the words that end a dialogue.
var stops = []string{"算了", "不发了", "不要了", "取消", "退出", "停", "stop", "cancel", "never mind", "nevermind", "quit"}

// dialogue hands the text to the dialogue that is under way. Commands come first: somebody who asks 进度 in the middle gets
// it, and the dialogue goes on afterwards.
func (t *talk) dialogue() (replies []bot.Reply, done bool, err error) {
	if t.memory.Step == "" {
		return t.homeAlone()
	}
	if slices.Contains(stops, words.Fold(t.text)) {
		t.memory.end()
		return t.say1("kept", "kept"), true, nil
	}
	if c := t.said.command; c != nil && (c.name != "join" || t.said.wish.Plus || t.said.wish.Led) {
		return nil, false, nil
	}
	switch t.memory.Step {
	case stepPost:
		return t.postingWords()
	case stepProblem:
		replies, err = t.problemSaid()
		return replies, true, err
	case stepHome:
		return t.homeSaid()
	}
	return nil, false, nil
}

func (t *talk) problemSaid() ([]bot.Reply, error) {
	sheet, err := t.byCode(t.memory.Code)
	if err != nil {
		return nil, err
	}
	t.sheet = sheet
	replies, err := t.answerSummary(sheet, t.memory.N, say.Line(t.text, 200))
	t.memory.end()
	return replies, err
}

// homeSaid: the address that an order waited for.
func (t *talk) homeSaid() (replies []bot.Reply, done bool, err error) {
	w := t.said.wish
	if t.memory.Order == nil || w.Home.Room == "" || w.Home.Building == "" || len(w.Picks) > 0 || t.memory.Code == "" {
		return t.homeAlone()
	}
	sheet, err := t.byCode(t.memory.Code)
	if err != nil {
		return nil, true, err
	}
	t.sheet = sheet
	o := t.memory.Order
	t.memory.end()
	replies, err = t.join(order{sheet: sheet, wish: wish{Picks: o.Picks, For: o.For, Home: w.Home, Note: o.Note}, via: domain.ViaText})
	return replies, true, err
}

// homeAlone: an address without an order is remembered for the next ones. It is nobody's business in a group.
func (t *talk) homeAlone() (replies []bot.Reply, done bool, err error) {
	w := t.said.wish
	if t.said.command != nil || t.group() || w.Home.Room == "" || w.Home.Building == "" || len(w.Picks) > 0 || len(w.Rest) > 0 {
		return nil, false, nil
	}
	if orders, err := t.homeless(w.Home.Room); err != nil {
		return nil, true, err
	} else if len(orders) > 0 {
		replies, err = t.putHome(orders[0])
		return replies, true, err
	}
	if _, err := t.homeOf(w); err != nil {
		return nil, true, err
	}
	return t.say1("home_known", "home_known", "building", w.Home.Building), true, nil
}

// welcome greets who came without a link.
func (t *talk) welcome() ([]bot.Reply, error) {
	all, err := t.h.c.Desk.OpenDeals(t.ctx, t.community.ID, 8)
	if err != nil {
		return nil, busy(err)
	}
	r := t.v.Deals(all)
	r.Text, r.Code = t.w("welcome")+"\n"+r.Text, "welcome"
	return []bot.Reply{r}, nil
}
