package telegram_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	faketg "tuanbot/bot/fake/telegram"
	"tuanbot/bot/telegram"
)

// pressing makes a group with a card that has a button.
func pressing(t *testing.T, w *world) (ming, group, card string) {
	t.Helper()
	ming = w.town.AddPerson("小明", "", "")
	group = w.town.AddGroup("邻居", ming)
	w.good(w.town.TakeIn(t.Context(), ming, group))
	r := bot.Reply{Card: &bot.Card{Title: "葡萄"}, Choices: []bot.Choice{{Label: "+1", Action: "join D1 A1"}, {Label: "我的", Action: "orders"}}}
	out := w.send(bot.Outgoing{To: bot.Address{Chat: group}, Reply: r, Key: "k"})
	if out.Sent != bot.SentOK {
		t.Fatalf("%+v", out)
	}
	return ming, group, out.MessageID
}

func TestPressInAGroup(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, group, card := pressing(t, w)
		w.took.replies(bot.Reply{Text: "✅ 小明 +1", Choices: []bot.Choice{{Label: "撤销", Action: "undo D1 1"}}})
		w.good(w.town.Press(t.Context(), ming, card, "join D1 A1"))
		if got := w.town.Toasts(ming); !slices.Equal(got, []string{"✅ 小明 +1"}) {
			t.Errorf("toasts: %q", got)
		}
		if m := w.one(ming, group); m.Text != "✅ 小明 +1" || labels(m) != "撤销" {
			t.Errorf("said: %+v", m)
		}
		w.took.replies() // nothing to say: the wheel stops all the same
		w.good(w.town.Press(t.Context(), ming, card, "orders"))
		w.took.says(func(bot.Update) (bot.Taken, error) { return bot.Taken{Late: true}, nil })
		w.good(w.town.Press(t.Context(), ming, card, "orders"))
		w.clean()
	})
}

func TestPrivateAnswerToAPress(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, group, card := pressing(t, w)
		said := len(w.shown(ming, group))
		w.took.replies(bot.Reply{Text: "你的 2 份共 ¥59.80", Choices: []bot.Choice{{Label: "付款", Action: "pay D1"}}, Private: true, Replace: card})
		w.good(w.town.Press(t.Context(), ming, card, "orders")) // never pressed Start
		toasts := w.town.Toasts(ming)
		if len(toasts) != 1 || toasts[0] != w.ch.Link("orders") {
			t.Errorf("the way to the private talk: %q, want %q", toasts, w.ch.Link("orders"))
		}
		w.good(w.town.Follow(t.Context(), ming))
		w.later(5 * time.Second)
		w.good(w.town.Press(t.Context(), ming, card, "orders"))
		if m := w.one(ming, ""); m.Text != "你的 2 份共 ¥59.80" || labels(m) != "付款" {
			t.Errorf("in private: %+v", m)
		}
		if toasts = w.town.Toasts(ming); toasts[1] != "你的 2 份共 ¥59.80" {
			t.Errorf("toasts: %q", toasts)
		}
		if got := w.shown(ming, group); len(got) != said || got[len(got)-1].Edited != 0 {
			t.Errorf("money was shown to the group: %+v", got)
		}
		w.clean()
	})
}

// TestPrivateAnswerToWords: what may not be said in the group is said in private, or the group hears how to get there.
func TestPrivateAnswerToWords(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, group, _ := pressing(t, w)
		w.took.replies(bot.Reply{Text: "你的订单", Private: true})
		w.good(w.town.Say(t.Context(), ming, group, "/orders@TuanTestBot"))
		m := w.one(ming, group)
		if m.Text != "start ()" || len(m.Buttons) != 1 || m.Buttons[0].URL != w.ch.Link("") {
			t.Errorf("how to get there: %+v", m)
		}
		w.good(w.town.Follow(t.Context(), ming))
		said := len(w.shown(ming, group))
		w.later(5 * time.Second)
		w.good(w.town.Say(t.Context(), ming, group, "/orders@TuanTestBot"))
		if m := w.one(ming, ""); m.Text != "你的订单" || len(w.shown(ming, group)) != said {
			t.Errorf("in private: %+v", m)
		}
		w.clean()
	})
}

func TestPressThatFailsIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, _, card := pressing(t, w)
		tries := 0
		w.took.says(func(bot.Update) (bot.Taken, error) {
			if tries++; tries < 3 {
				return bot.Taken{}, errStore
			}
			return bot.Taken{Replies: []bot.Reply{{Text: "好了"}}}, nil
		})
		w.good(w.town.Press(t.Context(), ming, card, "join D1 A1"))
		if tries != 3 || !slices.Equal(w.town.Toasts(ming), []string{"好了"}) {
			t.Errorf("%d tries, %q", tries, w.town.Toasts(ming))
		}
		w.clean()
	})
}

func TestPressOfAnOldMessage(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming, group, card := pressing(t, w)
		w.took.replies(bot.Reply{Text: "刚刚满了"})
		w.good(w.town.PressOld(t.Context(), ming, card, "join D1 A1"))
		if up := w.took.last(t); up.Pressed != card || up.Chat.ID != group {
			t.Errorf("%+v", up)
		}
		w.took.says(func(bot.Update) (bot.Taken, error) { // an answer that comes too late is no trouble
			time.Sleep(16 * time.Minute)
			return bot.Taken{Replies: []bot.Reply{{Text: "晚了"}}}, nil
		})
		w.good(w.town.Press(t.Context(), ming, card, "join D1 A1"))
		if m := w.one(ming, group); m.Text != "晚了" || strings.Contains(w.log.String(), "too old") {
			t.Errorf("%+v\n%s", m, w.log)
		}
		w.clean()
	})
}

// sharer offers one deal.
type sharer struct{ err error }

func (s sharer) OpenDeals(_ context.Context, query, lang string) ([]telegram.Share, error) {
	r := bot.Reply{Card: &bot.Card{Icon: "🍇", Title: "葡萄", Price: "¥29.90"}}
	return []telegram.Share{
		{ID: "D7KQ2", Title: "葡萄 " + query + lang, Detail: "¥29.90", Reply: r, Choices: []bot.Choice{{Label: "网页", URL: "https://tuan.test/d/D7KQ2"}, {Label: "+1", Action: "join D7KQ2 A1"}}},
		{ID: "", Title: "没有编号"},
	}, s.err
}

func TestShareInline(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModePoll, func(tc *telegram.Config, _ *faketg.Config) { tc.Sharer = sharer{} }, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "zh")
		group := w.town.AddGroup("别的群", ming)
		w.good(w.town.TakeIn(t.Context(), ming, group))
		found, err := w.town.Query(t.Context(), ming, "葡")
		w.good(err)
		if len(found) != 1 || found[0].Title != "葡萄 葡zh" || found[0].Text != "🍇 葡萄\n¥29.90" {
			t.Fatalf("%+v", found)
		}
		before := len(w.took.all())
		_, err = w.town.Share(t.Context(), ming, group, found[0])
		w.good(err)
		if got := w.took.all()[before:]; len(got) > 0 {
			t.Errorf("what somebody shares is not what they say: %+v", got)
		}
		all := w.town.Shown(ming, group)
		m := all[len(all)-1]
		if len(m.Buttons) != 2 || m.Buttons[0].URL != w.ch.Link("deal D7KQ2") || m.Buttons[1].URL != "https://tuan.test/d/D7KQ2" {
			t.Errorf("links only, no presses that nobody could answer: %+v", m.Buttons)
		}
		w.clean()
	})
}

func TestShareFindsNothing(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]telegram.Sharer{"nobody shares": nil, "the store is away": broken{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone(t, telegram.ModeWebhook, func(tc *telegram.Config, _ *faketg.Config) { tc.Sharer = s }, func(t *testing.T, w *world) {
				t.Helper()
				found, err := w.town.Query(t.Context(), w.town.AddPerson("小明", "", ""), "葡萄")
				if err != nil || len(found) != 0 {
					t.Errorf("%v %v", found, err)
				}
				w.clean()
			})
		})
	}
}

type broken struct{}

func (broken) OpenDeals(context.Context, string, string) ([]telegram.Share, error) {
	return nil, errStore
}

// TestPressOnAnInlineMessage: Telegram does not say where it hangs; the answer goes to the person, or stands above the chat.
func TestPressOnAnInlineMessage(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		inline := w.town.Inline("葡萄", "+1", "join D1 A1")
		w.took.replies(bot.Reply{Text: "✅ 记下 1 份"})
		w.good(w.town.Press(t.Context(), ming, inline, "join D1 A1"))
		up := w.took.last(t)
		if up.Kind != bot.KindAction || up.Chat != (bot.ChatRef{ID: ming, Kind: bot.ChatPrivate}) || up.Pressed != "inline:"+inline {
			t.Errorf("%+v", up)
		}
		if got := w.town.Toasts(ming); !slices.Equal(got, []string{"✅ 记下 1 份"}) {
			t.Errorf("%q", got)
		}
		out := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: bot.Reply{Text: "葡萄 3 份"}, Edit: up.Pressed, Key: "k"})
		if out.Sent != bot.SentOK || out.MessageID != up.Pressed {
			t.Errorf("edited by its inline id: %+v", out)
		}
		w.clean()
	})
}

// cashier takes payments.
type cashier struct {
	no    string
	err   error
	slow  time.Duration
	paid  []telegram.Paid
	fails int
}

func (c *cashier) Checkout(ctx context.Context, q telegram.Checkout) (string, error) {
	select {
	case <-time.After(c.slow):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if q.Payload != "order-1" || q.Total != 5980 || q.Currency != "CNY" {
		return "?", nil
	}
	return c.no, c.err
}

func (c *cashier) Settle(_ context.Context, p telegram.Paid) error {
	if c.fails > 0 {
		c.fails--
		return errStore
	}
	c.paid = append(c.paid, p)
	return nil
}

func TestCheckoutIsAlwaysAnswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by   telegram.Invoices
		ok   bool
		text string
	}{
		"nobody takes payments": {nil, false, "no_pay (zh)"},
		"yes":                   {&cashier{}, true, ""},
		"no":                    {&cashier{no: "卖完了"}, false, "卖完了"},
		"the store is away":     {&cashier{err: errors.New("away")}, false, "no_pay (zh)"},
		"too slow":              {&cashier{slow: time.Hour}, false, "no_pay (zh)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone(t, telegram.ModeWebhook, func(tc *telegram.Config, _ *faketg.Config) { tc.Invoices = c.by }, func(t *testing.T, w *world) {
				t.Helper()
				ok, text, err := w.town.CheckOut(t.Context(), w.town.AddPerson("小明", "", "zh-CN"), "order-1", "CNY", 5980)
				if err != nil || ok != c.ok || text != c.text {
					t.Errorf("%v %q %v", ok, text, err)
				}
				w.clean()
			})
		})
	}
}

func TestPaymentIsToldUntilItIsWrittenDown(t *testing.T) {
	t.Parallel()
	till := &cashier{fails: 2}
	alone(t, telegram.ModePoll, func(tc *telegram.Config, _ *faketg.Config) { tc.Invoices = till }, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		w.good(w.town.Follow(t.Context(), ming))
		v := telegram.Invoice{Title: "葡萄 2 份", Text: "3 号楼自提", Payload: "order-1", Provider: "p:TEST:1", Currency: "CNY", Total: 5980}
		if out := w.ch.SendInvoice(t.Context(), ming, v); out.Sent != bot.SentOK {
			t.Errorf("%+v", out)
		}
		v.Payload = strings.Repeat("x", 129)
		if out := w.ch.SendInvoice(t.Context(), ming, v); out.Sent != bot.SentRefused {
			t.Errorf("%+v", out)
		}
		w.good(w.town.Pay(t.Context(), ming, "order-1", "CNY", 5980, "charge-1"))
		if len(till.paid) != 1 || till.paid[0].Charge != "charge-1" || till.paid[0].Person != ming || till.paid[0].Provider != "p-charge-1" {
			t.Errorf("%+v", till.paid)
		}
		w.clean()
	})
}
