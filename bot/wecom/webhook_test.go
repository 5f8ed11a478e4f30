package wecom_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	fakewc "tuanbot/bot/fake/wecom"
	"tuanbot/bot/wecom"
)

// The console asks within a second and wants the opened echo bare; the AI bot's is sealed for nobody by name.
func TestAddressesAreVerified(t *testing.T) {
	t.Parallel()
	for _, door := range []string{"", "/kf", "/bot"} {
		w := newWorld(t)
		if err := w.town.Verify(t.Context(), door); err != nil {
			t.Errorf("%q: %v", door, err)
		}
	}
	for name, o := range map[string]option{
		"another token":   func(tc *fakewc.Config, _ *wecom.Config) { tc.App.Token, tc.Bot.Token = "x", "x" },
		"another key":     func(tc *fakewc.Config, _ *wecom.Config) { tc.App, tc.Bot = otherKey(tc.App), otherKey(tc.Bot) },
		"another company": func(tc *fakewc.Config, c *wecom.Config) { tc.CorpID = "wwother"; c.Bot = seal('9') },
	} {
		w := newWorld(t, o)
		for _, door := range []string{"", "/bot"} {
			if err := w.town.Verify(t.Context(), door); err == nil || !strings.Contains(err.Error(), "403") {
				t.Errorf("%s at %q: %v", name, door, err)
			}
		}
	}
}

func otherKey(s fakewc.Seal) fakewc.Seal {
	s.AESKey = string(bytes.Repeat([]byte("z"), 42)) + "A"
	return s
}

// What the library does not check: signature, age, size, encryption.
func TestCallbacksThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(w *world, q url.Values, sealed []byte) []byte
		want   int
	}{
		"bad signature": {func(_ *world, q url.Values, b []byte) []byte {
			q.Set("msg_signature", strings.Repeat("a", 40))
			return b
		}, 403},
		"no signature":  {func(_ *world, q url.Values, b []byte) []byte { q.Del("msg_signature"); return b }, 403},
		"another nonce": {func(_ *world, q url.Values, b []byte) []byte { q.Set("nonce", "x"); return b }, 403},
		"stale":         {func(w *world, _ url.Values, b []byte) []byte { w.clock.forward(11 * time.Minute); return b }, 403},
		"future":        {func(w *world, _ url.Values, b []byte) []byte { w.clock.forward(-11 * time.Minute); return b }, 403},
		"no time":       {func(_ *world, q url.Values, b []byte) []byte { q.Set("timestamp", "soon"); return b }, 403},
		"plain":         {func(w *world, _ url.Values, _ []byte) []byte { return []byte(w.textBody()) }, 403},
		"oversized": {func(_ *world, _ url.Values, b []byte) []byte {
			return append(b, bytes.Repeat([]byte(" "), 64<<10)...)
		}, 413},
		"garbage":   {func(_ *world, _ url.Values, _ []byte) []byte { return []byte("{not xml") }, 400},
		"truncated": {func(_ *world, _ url.Values, b []byte) []byte { return b[:len(b)/2] }, 400},
		"nested": {func(_ *world, _ url.Values, _ []byte) []byte {
			return []byte(strings.Repeat("<xml>", 9000))
		}, 400},
		"empty": {func(_ *world, _ url.Values, _ []byte) []byte { return nil }, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for door, body := range map[string]string{"": w.textBody(), "/kf": w.textBody(), "/bot": botBody} {
				want := tc.want
				if door == "/bot" && name == "plain" {
					want = 400 // it is not even JSON
				}
				before := w.clock.Now()
				code, answer := w.post(door, body, func(q url.Values, b []byte) []byte { return tc.change(w, q, b) })
				w.clock.forward(before.Sub(w.clock.Now()))
				if code != want || answer == "" || len(w.updates()) != 0 {
					t.Errorf("%q: %d %q, %d heard; want %d with words and nothing heard", door, code, answer, len(w.updates()), want)
				}
			}
		})
	}
}

func TestMalformedInsideTheSeal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range [][2]string{
		{"", "<xml>"},
		{"", "<xml><MsgType>text</MsgType></xml>"},
		{"", strings.ReplaceAll(w.textBody(), member, "a b")},
		{"/kf", "nothing"},
		{"/bot", "{}"},
		{"/bot", "[]"},
		{"/bot", strings.ReplaceAll(botBody, "wr1", "")},
		{"/bot", strings.Repeat("[", 20000)},
		{"/kf", "<xml><MsgType>event</MsgType><CreateTime>1</CreateTime><Event>kf_msg_or_event</Event><OpenKfId>a b</OpenKfId></xml>"},
	} {
		if code, _ := w.post(c[0], c[1], nil); code != 400 || len(w.updates()) != 0 {
			t.Errorf("%q %.40q: %d, %d heard", c[0], c[1], code, len(w.updates()))
		}
	}
}

// One secret's callbacks are no use at another's door.
func TestDoorsHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q, sealed, err := w.town.Callback("", w.textBody())
	w.good(err)
	if code, _ := w.request(http.MethodPost, "/kf", q, sealed); code != 403 {
		t.Errorf("%d", code)
	}
}

func TestMembersAreAnsweredInTheCallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Repeat(3)
	w.answer(bot.Reply{
		Text:    "已记下 2 份 <a href=\"https://evil.example\">付款</a>",
		Choices: []bot.Choice{{Label: "撤销", Action: "undo D7KQ4"}, {Label: "看看", URL: "https://tuan.example.org/d/7KQ4?a=1&b=\"2"}},
	})
	w.speak(member, "", " +2 ")
	up := w.last()
	if up.Text != "+2" || up.Person.Name != "张三" || up.Person.ID != "u:"+member || up.Chat.ID != up.Person.ID || !up.Spoken || up.Account != "1000002" || up.At != w.clock.Now() {
		t.Errorf("heard %+v", up)
	}
	for _, again := range w.updates() {
		if again.Key != up.Key || again.Hash != up.Hash {
			t.Error("a redelivery looks like another message")
		}
	}
	m := w.lastShown(member, "")
	if len(m.Buttons) != 2 || m.Buttons[0].URL != "https://tuan.example.org/d/7KQ4?a=1&b=%222" || m.Buttons[1].Label != "撤销" {
		t.Errorf("shown %+v", m)
	}
	w.good(w.town.Press(t.Context(), member, m.ID, "撤销"))
	if up := w.last(); up.Kind != bot.KindAction || up.Action != "undo D7KQ4" {
		t.Errorf("pressed %+v", up)
	}
	w.noFaults()
}

// A typed +2 is an order and never the second entry of a list; a bare number on no list stays text.
func TestNumbersOfLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "哪个团？", Choices: []bot.Choice{{Label: "葡萄", Action: "a"}, {Label: "苹果", Action: "b"}}})
	w.speak(member, "", "+2")
	for _, c := range []struct{ text, action string }{{"+2", ""}, {"２", "b"}, {"3", ""}, {"2份", ""}, {"1", "a"}} {
		w.speak(member, "", c.text)
		if up := w.last(); up.Action != c.action || c.action == "" && up.Text != c.text {
			t.Errorf("%q is %+v", c.text, up)
		}
	}
	w.answer(bot.Reply{Text: "几份？"})
	w.speak(member, "", "嗯")
	w.speak(member, "", "2")
	if up := w.last(); up.Kind != bot.KindText {
		t.Errorf("a quantity was taken for an old choice: %+v", up)
	}
}

// The repeat of a number means what it meant, also when the list has changed meanwhile.
func TestARepeatedNumberMeansTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "？", Choices: []bot.Choice{{Label: "甲", Action: "a"}}})
	w.speak(member, "", "hi")
	w.answer(bot.Reply{Text: "？", Choices: []bot.Choice{{Label: "乙", Action: "b"}}})
	w.town.Repeat(2)
	w.speak(member, "", "1")
	all := w.updates()
	for _, up := range all[1:] {
		if up.Action != "a" {
			t.Errorf("%+v", up)
		}
	}
	w.noFaults()
}

func TestNothingToSayIsAnEmptyAcknowledgement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, taken := range []bot.Taken{{}, {Replies: []bot.Reply{{}}}, {Late: true, Replies: []bot.Reply{{Text: "x"}}}} {
		w.say = func(context.Context, bot.Update) (bot.Taken, error) { return taken, nil }
		for door, body := range map[string]string{"": w.textBody(), "/bot": botBody} {
			if taken.Late && door == "/bot" {
				continue // that one begins a stream
			}
			if code, answer := w.post(door, body, nil); code != 200 || answer != "" {
				t.Errorf("%q %+v: %d %q", door, taken, code, answer)
			}
		}
	}
}

func TestFaultsAreNotAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fails(errors.New("the database is away, " + appSecret))
	for door, body := range map[string]string{"": w.textBody(), "/bot": botBody} {
		if code, _ := w.post(door, body, nil); code != 503 {
			t.Errorf("%q: %d", door, code)
		}
	}
	w.say = func(context.Context, bot.Update) (bot.Taken, error) { panic("boom") }
	if code, _ := w.post("", w.textBody(), nil); code != 500 {
		t.Errorf("a panic: %d", code)
	}
	w.forgetHeard()
	if err := w.town.Say(t.Context(), member, "", "+2"); err == nil || len(w.updates()) != 4 {
		t.Errorf("%v, delivered %d times", err, len(w.updates()))
	}
	if strings.Contains(w.log.String(), appSecret) {
		t.Error("a secret is logged")
	}
	none := newWorld(t, func(_ *fakewc.Config, c *wecom.Config) { c.Taker = nil })
	if code, _ := none.post("", w.textBody(), nil); code != 503 {
		t.Errorf("without anybody to take it: %d", code)
	}
}

func TestEventsOfTheApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tag := func(name, value string) [2]string { return [2]string{name, value} }
	for _, c := range []struct {
		event string
		tags  [][2]string
		want  bot.Update
	}{
		{"subscribe", nil, bot.Update{Kind: bot.KindFollow}},
		{"click", [][2]string{tag("EventKey", "我的订单")}, bot.Update{Kind: bot.KindText, Text: "我的订单"}},
		{"click", [][2]string{tag("EventKey", "do:orders")}, bot.Update{Kind: bot.KindAction, Action: "orders"}},
		{"template_card_event", [][2]string{tag("EventKey", "undo D7"), tag("TaskId", "t1")}, bot.Update{Kind: bot.KindAction, Action: "undo D7", Pressed: "t1"}},
		{"unsubscribe", nil, bot.Update{Kind: bot.KindUnfollow}},
	} {
		w.forgetHeard()
		w.good(w.town.AppEvent(t.Context(), member, c.event, c.tags...))
		if up := w.last(); up.Kind != c.want.Kind || up.Text != c.want.Text || up.Action != c.want.Action || up.Pressed != c.want.Pressed || !up.Spoken {
			t.Errorf("%s: %+v", c.event, up)
		}
	}
	w.forgetHeard()
	for _, event := range []string{"enter_agent", "LOCATION", "view", "batch_job_result", "change_contact"} {
		w.good(w.town.AppEvent(t.Context(), member, event))
	}
	if len(w.updates()) != 0 {
		t.Errorf("heard %+v", w.updates())
	}
}

// Who leaves is forgotten: their lists, windows and name.
func TestWhoLeavesIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "？", Choices: []bot.Choice{{Label: "甲", Action: "a"}}})
	w.speak(member, "", "hi")
	w.good(w.town.Leave(t.Context(), member))
	for _, page := range []string{"wecom/person/list", "wecom/person/name"} {
		if keys, err := w.notes.Keys(t.Context(), page, "", 10); err != nil || len(keys) != 0 {
			t.Errorf("%s still holds %v (%v)", page, keys, err)
		}
	}
}

// A long answer: the first part in the callback, the rest as messages, each once however often the callback comes.
func TestLongAnswersLeaveOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Repeat(2)
	w.answer(bot.Reply{Text: strings.Repeat("一二三四五六七八九十\n", 150)}, bot.Reply{Picture: &bot.Picture{QR: "https://tuan.example.org/d/7KQ4", Alt: "扫码"}})
	w.speak(member, "", "海报")
	all := w.shown(member, "")
	pictures := 0
	for _, m := range all {
		if m.Form == "image" {
			pictures++
		}
	}
	if len(all) != 4 || pictures != 1 {
		t.Errorf("shown %d messages, %d pictures", len(all), pictures)
	}
	w.noFaults()
}

// The AI bot's seal is for nobody by name, which the library's own function refuses.
func TestSealsOfTheBot(t *testing.T) {
	t.Parallel()
	s := seal('3')
	for _, raw := range []string{"", "AAAA", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 64)), "!!"} {
		w := newWorld(t)
		q, _, err := w.town.Callback("/bot", botBody)
		w.good(err)
		if code, _ := w.request(http.MethodPost, "/bot", q, []byte(`{"encrypt":"`+raw+`"}`)); code < 400 || code > 499 {
			t.Errorf("%q: %d", raw, code)
		}
	}
	if s.AESKey == seal('1').AESKey {
		t.Error("doors share a key")
	}
}

func TestKFLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	link, err := w.ch.KFLink(t.Context(), "wkKefu0001", "deal 7KQ4")
	if err != nil || !strings.HasSuffix(link, "&scene_param=deal_7KQ4") {
		t.Errorf("%q %v", link, err)
	}
	if first, err := w.ch.KFLink(t.Context(), "", "deal 7KQ4"); err != nil || first != link {
		t.Errorf("the first account: %q %v", first, err)
	}
	calls := len(w.town.Calls())
	if again, err := w.ch.KFLink(t.Context(), "wkKefu0001", ""); err != nil || again+"&scene_param=deal_7KQ4" != link || len(w.town.Calls()) != calls {
		t.Errorf("it is remembered: %q %v", again, err)
	}
	shut := newWorld(t, func(_ *fakewc.Config, c *wecom.Config) { c.KFSecret, c.KF = "", wecom.Seal{} })
	if _, err := shut.ch.KFLink(t.Context(), "wkKefu0001", ""); err == nil {
		t.Error("a door that is not set up makes no link")
	}
}
