package chat

import (
	"errors"
	"fmt"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// asked answers what was said to the bot and is neither a command nor an order: a question about a deal gets its fact, what
// only a person knows goes to the leader. In a group nobody who does not address the bot is answered.
func (t *talk) asked() (replies []bot.Reply, done bool, err error) {
	if t.silent() {
		return nil, false, nil
	}
	topic := words.Asks(t.text)
	if fact := facts[topic]; fact != "" {
		replies, err = t.fact(topic, fact)
		return replies, true, err
	}
	switch topic {
	case words.TopicHello:
		replies, err = t.welcome()
	case words.TopicThanks:
		replies = []bot.Reply{t.v.Welcome()}
	case words.TopicFine: // nothing to add
	case words.TopicOrders:
		replies, err = t.myOrders()
	case words.TopicDeals:
		replies, err = t.openDeals()
	case words.TopicLeft:
		replies, err = t.status()
	case words.TopicLeader, words.TopicOther:
		replies, err = t.passOn(topic)
	default:
		return nil, false, nil
	}
	return replies, true, err
}

var facts = map[words.Topic]say.Fact{
	words.TopicPrice: say.FactPrice, words.TopicClosing: say.FactClosing, words.TopicPickup: say.FactPickup, words.TopicPaying: say.FactPaying,
	words.TopicLeaving: say.FactLeaving,
}

// asksFact tells a question about the goods from one that wishes for some: 多少钱一份 from 还能来一份吗.
func asksFact(text string) bool {
	topic := words.Asks(text)
	return topic == words.TopicLeft || facts[topic] != "" && topic != words.TopicClosing
}

// onlyAsks: 多少钱一份 has the look of an order, and is one in no deal.
func (t *talk) onlyAsks() (bool, error) {
	if t.said.command == nil || !t.said.loose || t.said.wish.Plus || t.said.command.name != "join" || !asksFact(t.text) {
		return false, nil
	}
	pool, err := t.candidates()
	if err != nil {
		return false, err
	}
	for _, s := range pool {
		if t.meantIn(s).Kind == words.Buy {
			return false, nil
		}
	}
	return true, nil
}

// fact tells one fact of the deal that is meant. Who can pay or collect now is led there at once.
func (t *talk) fact(topic words.Topic, fact say.Fact) ([]bot.Reply, error) {
	if replies, err := t.urgent(topic); err != nil || len(replies) > 0 {
		return replies, err
	}
	sheet, replies, err := t.find(seek{pool: t.aboutMe(topic), act: func(code string) string { return say.Do(say.VerbDeal, code) }})
	if err != nil || len(replies) > 0 {
		return replies, err
	}
	f, err := t.cardFacts(sheet)
	if err != nil {
		return nil, err
	}
	leader, err := t.leaderName(sheet)
	if err != nil {
		return nil, err
	}
	return []bot.Reply{t.v.Asked(fact, sheet, f, leader)}, t.about(sheet.Deal.Code)
}

// urgent is what the speaker can do this minute about paying or collecting; none: nothing.
func (t *talk) urgent(topic words.Topic) ([]bot.Reply, error) {
	if topic != words.TopicPaying && topic != words.TopicPickup {
		return nil, nil
	}
	orders, err := t.h.c.Desk.OrdersOf(t.ctx, t.who.ID, 50)
	if err != nil {
		return nil, fmt.Errorf("my orders: %w", busy(err))
	}
	for _, o := range orders {
		switch {
		case topic == words.TopicPickup && o.State == domain.OrderReady && o.PickupCode != "":
			return t.myOrders()
		case topic == words.TopicPaying && o.State == domain.OrderAwaiting && o.Owed().IsPositive():
			return t.myOrders()
		}
	}
	return nil, nil
}

// aboutMe looks first where the speaker has an order, for what happens after joining; prices and deadlines are asked of what
// is open here.
func (t *talk) aboutMe(topic words.Topic) func() ([]domain.DealSheet, error) {
	if topic == words.TopicPrice || topic == words.TopicClosing {
		return t.here
	}
	return func() ([]domain.DealSheet, error) {
		mine, err := t.mine(func(o domain.OrderRecord) bool { return o.State.IsLive() && o.State != domain.OrderReceived })()
		if err != nil || len(mine) > 0 {
			return mine, err
		}
		return t.here()
	}
}

// passOn names the one who can answer, if one deal can be meant.
func (t *talk) passOn(topic words.Topic) ([]bot.Reply, error) {
	pool, err := t.aboutMe(topic)()
	if err != nil {
		return nil, err
	}
	names := map[string]domain.DealSheet{}
	for _, s := range pool {
		leader, err := t.leaderName(s)
		if err != nil {
			return nil, err
		}
		names[leader] = s
	}
	if len(names) != 1 {
		return []bot.Reply{t.v.AskLeader("")}, nil
	}
	for leader, s := range names {
		if topic == words.TopicLeader {
			return []bot.Reply{t.v.LeaderIs(s, leader)}, nil
		}
		return []bot.Reply{t.v.AskLeader(leader)}, nil
	}
	return nil, nil
}

// leaderName is the name of who leads a deal; "" when nobody knows them any more.
func (t *talk) leaderName(s domain.DealSheet) (string, error) {
	a, err := t.h.c.Desk.Account(t.ctx, t.leaderOf(s))
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return "", fmt.Errorf("who leads: %w", busy(err))
	}
	return a.Name, nil
}
