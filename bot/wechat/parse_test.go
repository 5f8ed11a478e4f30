package wechat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tuanbot/bot"
	"tuanbot/bot/fake"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

func private() bot.ChatRef { return bot.ChatRef{ID: who, Kind: bot.ChatPrivate} }

// heardAs is what of an update says what somebody did.
type heardAs struct {
	Kind    bot.Kind
	Text    string
	Action  string
	Picture string
}

func TestWhatPeopleDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.AddPerson(fake.Person{ID: "oNew"}, false)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.ch.SetMenu(ctx, []wechat.MenuButton{
		{Label: "我的订单", Text: "我的订单"},
		{Label: "团购", Below: []wechat.MenuButton{{Label: "正在开", Action: "deals"}, {Label: "网页", URL: "https://tuan.example.org/"}}},
	}))
	code, err := w.ch.ShareQR(ctx, "team a_B-9")
	must(err)
	for name, tc := range map[string]struct {
		do   func() error
		want heardAs
	}{
		"text":    {func() error { return w.town.Say(ctx, who, "", " ＋２ \n") }, heardAs{Kind: bot.KindText, Text: "＋２"}},
		"picture": {func() error { return w.town.SayPicture(ctx, who, "https://mmbiz.example/1") }, heardAs{Kind: bot.KindPicture, Picture: "https://mmbiz.example/1"}},
		"voice":   {func() error { return w.town.SayVoice(ctx, who, "来两份") }, heardAs{Kind: bot.KindText, Text: "来两份"}},
		"mumble":  {func() error { return w.town.SayVoice(ctx, who, "") }, heardAs{Kind: bot.KindOther}},
		"menu":    {func() error { return w.town.Click(ctx, who, "我的订单") }, heardAs{Kind: bot.KindText, Text: "我的订单"}},
		"action":  {func() error { return w.town.Click(ctx, who, "正在开") }, heardAs{Kind: bot.KindAction, Action: "deals"}},
		"scan":    {func() error { return w.town.Open(ctx, who, code) }, heardAs{Kind: bot.KindOpen, Action: "team a_B-9"}},
		"follow":  {func() error { return w.town.Follow(ctx, who) }, heardAs{Kind: bot.KindFollow}},
		"scan of a stranger": {func() error { return w.town.Open(ctx, "oNew", "deal 7KQ4D") }, heardAs{
			Kind: bot.KindOpen, Action: "deal 7KQ4D",
		}},
	} {
		must(tc.do())
		up := w.last()
		if diff := cmp.Diff(tc.want, heardAs{up.Kind, up.Text, up.Action, up.Picture}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !up.Spoken || up.Channel != "wechat" || up.Account != appID || up.Chat.Kind != bot.ChatPrivate || up.Chat.ID != up.Person.ID || up.Key == "" ||
			len(up.Hash) != 64 || up.Person.Name != "" || !up.At.Equal(w.clock.Now().Truncate(time.Second)) {
			t.Errorf("%s: %+v", name, up)
		}
	}
	w.noFaults()
}

// body is an event as the platform writes it.
func body(rest string) string {
	return `<xml><ToUserName>gh_acc</ToUserName><FromUserName>` + who + `</FromUserName><CreateTime>1777636800</CreateTime>` + rest + `</xml>`
}

// Two events of one person can share a second; only what is the same in all parts is the same event.
func TestKeysTellEventsApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	event := func(name, rest string) string {
		return body("<MsgType>event</MsgType><Event>" + name + "</Event>" + rest)
	}
	bodies := []string{
		event("CLICK", "<EventKey>a</EventKey>"), event("CLICK", "<EventKey>b</EventKey>"), event("SCAN", "<EventKey>a</EventKey>"), event("subscribe", ""),
		event("unsubscribe", ""), textBody, strings.Replace(textBody, "001</MsgId>", "002</MsgId>", 1),
	}
	keys := map[string]int{}
	for round := range 2 {
		for _, b := range bodies {
			if code, _ := w.post(b, nil); code != 200 {
				t.Fatalf("%d for %s", code, b)
			}
			if up := w.last(); len(up.Key) > 64 || keys[up.Key] != round {
				t.Errorf("key %q of %s was seen %d times", up.Key, b, keys[up.Key])
			}
			keys[w.last().Key]++
		}
	}
	if len(keys) != len(bodies) {
		t.Errorf("%d keys for %d events", len(keys), len(bodies))
	}
}

func TestHashCoversWhatWasSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hashes := map[string]bool{}
	for _, b := range []string{textBody, strings.Replace(textBody, "+2", "+3", 1), strings.Replace(textBody, "1777636800", "1777636801", 1)} {
		w.post(b, nil)
		hashes[w.last().Hash] = true
	}
	if len(hashes) != 3 {
		t.Errorf("%d hashes for 3 messages", len(hashes))
	}
	w.post(textBody, nil)
	if !hashes[w.last().Hash] {
		t.Error("a redelivery hashes to something else")
	}
}

// Ids that the library would choke on must not lose the message.
func TestOddNumbersLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, rest := range []string{
		"<MsgType>text</MsgType><Content>退团</Content><MsgId>99999999999999999999999</MsgId><bizmsgmenuid>not-a-number</bizmsgmenuid>",
		"<MsgType>text</MsgType><Content>退团</Content><MsgId>abc</MsgId>",
		"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[退团]]></Content><MsgId>1</MsgId><bizmsgmenuid>101</bizmsgmenuid><MsgDataId>x</MsgDataId><Idx>0</Idx>",
	} {
		if code, _ := w.post(body(rest), nil); code != 200 || w.last().Text != "退团" || w.last().Chat != private() {
			t.Errorf("%d, heard %+v", code, w.last())
		}
	}
}

func TestUnknownThingsAreTakenCalmly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, rest := range []string{
		"<MsgType>event</MsgType><Event>VIEW</Event><EventKey>https://x</EventKey>", "<MsgType>event</MsgType><Event>LOCATION</Event>",
		"<MsgType>event</MsgType><Event>something_new</Event>",
	} {
		if code, answer := w.post(body(rest), nil); code != 200 || answer != "success" || len(w.updates()) != 0 {
			t.Errorf("%s: %d %q, %d heard", rest, code, answer, len(w.updates()))
		}
	}
	if code, _ := w.post(body("<MsgType>shortvideo</MsgType><MediaId>m</MediaId><MsgId>7</MsgId>"), nil); code != 200 || w.last().Kind != bot.KindOther {
		t.Errorf("%d, heard %+v", code, w.last())
	}
	for _, bad := range []string{
		strings.Replace(textBody, who, "", 1), strings.Replace(textBody, who, "o\u4e00", 1), strings.Replace(textBody, who, strings.Repeat("o", 65), 1),
		strings.Replace(textBody, "1777636800", "soon", 1), strings.Replace(textBody, "1777636800", "0", 1), strings.Replace(textBody, "text", "", 1), "<xml></xml>", "<html/>",
	} {
		if code, _ := w.post(bad, nil); code != 400 {
			t.Errorf("%d for %s", code, bad)
		}
	}
}

// Both lists of a popup are counted, each event once, and what was turned off is gone.
func TestConsentsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		c.Subscribed = map[string]wechat.Template{
			"arrived": {ID: "sub1", Fields: map[string]string{"thing1": "title"}}, "formed": {ID: "sub2", Fields: map[string]string{"thing1": "title"}},
		}
	})
	for _, id := range []string{"sub1", "sub2"} {
		w.town.AddTemplate(fakewx.Template{ID: id, Title: "到货", Fields: []string{"thing1"}, Notice: true})
	}
	w.town.Repeat(2)
	if err := w.town.Consent(t.Context(), who, map[string]bool{"sub1": true, "sub2": true, "sub3": false}); err != nil {
		t.Fatal(err)
	}
	w.town.Repeat(0)
	send := func(code string, n int) bot.Sent {
		return w.push(bot.Reply{Text: "x", Code: code, Facts: map[string]string{"title": "葡萄"}}, fmt.Sprint(code, n)).Sent
	}
	if a, b := send("arrived", 1), send("arrived", 2); a != bot.SentOK || b != bot.SentUnreachable {
		t.Errorf("one consent: %s, then %s", a, b)
	}
	if err := w.town.Withdraw(t.Context(), who, "sub2"); err != nil {
		t.Fatal(err)
	}
	if a := send("formed", 1); a != bot.SentUnreachable {
		t.Errorf("a withdrawn consent: %s", a)
	}
	if err := w.town.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.updates()) != 0 {
		t.Errorf("events about our own messages went to the bot: %+v", w.updates())
	}
	w.noFaults()
}

func TestLeavingForgetsThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "好", Choices: []bot.Choice{{Label: "退团", Action: "leave D"}}})
	w.speak("+2")
	if err := w.town.Consent(t.Context(), who, map[string]bool{"sub1": true}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	pages := []string{"wechat/person/", "wechat/person/consent"}
	for _, page := range pages {
		if keys, _ := w.notes.Keys(t.Context(), page, "", 9); len(keys) != 1 {
			t.Errorf("%s holds %v", page, keys)
		}
	}
	w.speak("+1") // not written down yet when they leave
	if err := w.town.Leave(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	if up := w.last(); up.Kind != bot.KindUnfollow {
		t.Errorf("heard %+v", up)
	}
	w.settle()
	for _, page := range pages {
		if keys, _ := w.notes.Keys(t.Context(), page, "", 9); len(keys) != 0 {
			t.Errorf("%s still holds %v", page, keys)
		}
	}
}
