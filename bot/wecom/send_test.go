package wecom_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/bot/fake"
	fakewc "tuanbot/bot/fake/wecom"
	"tuanbot/bot/wecom"
)

const (
	pathApp   = "/cgi-bin/message/send"
	pathRobot = "/cgi-bin/webhook/send"
	pathTask  = "/cgi-bin/externalcontact/add_msg_template"
)

func seen(all []fake.Message) []bottest.Seen {
	var out []bottest.Seen
	for _, m := range all {
		s := bottest.Seen{ID: m.ID, Text: m.Text}
		for _, b := range m.Buttons {
			s.Buttons = append(s.Buttons, b.Label)
		}
		if m.From == "" {
			out = append(out, s)
		}
	}
	return out
}

func contract(private func(w *world) string, path string, unclear bot.Sent, fresh func(t *testing.T, w *world)) bottest.Contract {
	return bottest.Contract{Open: func(t *testing.T) *bottest.Stand {
		t.Helper()
		w := newWorld(t)
		w.speak(w.customer, "", "hi")
		silent := w.town.AddCustomer("沉默")
		to := private(w)
		nobody := bot.Address{Channel: wecom.ChannelName, Person: "u:nobody"}
		if to[0] == 'k' {
			nobody.Person = "k:" + silent
		}
		fail := func(name string, want bot.Sent, wait bool, codes ...int) bottest.Failure {
			return bottest.Failure{Name: name, Want: want, Wait: wait, Do: func() { w.town.Fail(path, codes...) }}
		}
		return &bottest.Stand{
			Channel: w.ch, Private: address(to), Group: bot.Address{Channel: wecom.ChannelName, Chat: "r:3号楼"}, Nobody: nobody,
			Seen: func(_ *testing.T, at bot.Address) []bottest.Seen {
				if at.Chat != "" {
					return seen(w.town.Shown(member, w.group))
				}
				return seen(w.town.Shown(at.Person[2:], ""))
			},
			Fresh: func(t *testing.T) { t.Helper(); fresh(t, w) },
			Fail: []bottest.Failure{
				fail("busy", bot.SentRetry, false, -1), fail("a minute's quota", bot.SentRetry, true, 45009), fail("address not listed", bot.SentRefused, false, 60020),
				fail("our fault", bot.SentRefused, false, 44004), fail("out of order", unclear, false, 502), fail("token", bot.SentRetry, false, 42001, 40014),
				{Name: "nobody answers", Want: bot.SentRetry, Do: w.api.Close},
			},
			Secrets: secrets(w), Log: w.log.String, Faults: w.town.Faults,
		}
	}}
}

func secrets(w *world) []string {
	all := []string{appSecret, kfSecret, contactSecret, robotKey, "canaryToken", seal('1').AESKey, seal('2').AESKey, seal('3').AESKey, "T0K"}
	for _, tok := range w.town.Tokens() {
		all = append(all, tok)
	}
	return all
}

func TestContractOfTheApp(t *testing.T) {
	t.Parallel()
	bottest.Run(t, contract(func(*world) string { return "u:" + member }, pathApp, bot.SentUnknown, func(*testing.T, *world) {}))
}

func TestContractOfCustomerService(t *testing.T) {
	t.Parallel()
	bottest.Run(t, contract(func(w *world) string { return "k:" + w.customer }, pathKF, bot.SentRetry, func(t *testing.T, w *world) {
		t.Helper()
		w.clock.forward(time.Second)
		w.speak(w.customer, "", "hi")
	}))
}

// Short questions to members are cards whose buttons act; the answer to a press leaves as a message, once.
func TestCardsForMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.push("u:"+member, "k1", bot.Reply{Text: "成团了！\n2 份，请付款。", Choices: []bot.Choice{{Label: "去付款", Action: "pay D7KQ4"}, {Label: "改数量", Action: "change D7KQ4"}}})
	m := w.lastShown(member, "")
	if out.Sent != bot.SentOK || m.Form != "card" || len(m.Buttons) != 2 || !strings.Contains(m.Text, "请付款") {
		t.Fatalf("%+v %+v", out, m)
	}
	w.town.Repeat(2)
	w.answer(bot.Reply{Text: "去这里付"})
	w.good(w.town.Press(t.Context(), member, m.ID, "去付款"))
	if up := w.last(); up.Action != "pay D7KQ4" || up.Pressed != out.MessageID {
		t.Errorf("pressed %+v, was %q", up, out.MessageID)
	}
	if all := w.shown(member, ""); len(all) != 2 {
		t.Errorf("%d messages", len(all))
	}
	long := bot.Reply{Text: strings.Repeat("长", 200), Choices: []bot.Choice{{Label: "好", Action: "a"}}}
	w.push("u:"+member, "k2", long)
	if m := w.lastShown(member, ""); m.Form != "app" || len(m.Buttons) != 1 {
		t.Errorf("what is too long for a card: %+v", m)
	}
	w.noFaults()
}

// A member outside the app's scope is named in an answer that says "ok"; nobody gets what was for one.
func TestMembersOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Hide(member)
	for to, want := range map[string]bot.Sent{"u:" + member: bot.SentUnreachable, "u:nobody": bot.SentUnreachable, "u:@all": bot.SentRefused, "u:a|b": bot.SentRefused, "x": bot.SentRefused, "z:1": bot.SentRefused} {
		if out := w.push(to, "k", bot.Reply{Text: "x"}); out.Sent != want || out.Reason == "" {
			t.Errorf("%s: %+v", to, out)
		}
	}
	w.noFaults()
}

func TestPicturesAreUploadedByEachSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	poster := bot.Reply{Text: "扫码", Picture: &bot.Picture{QR: "https://tuan.example.org/d/7KQ4", Alt: "二维码"}}
	for i, after := range []time.Duration{0, 36 * time.Hour, 36*time.Hour - time.Second} { // the last just before the platform throws them away
		w.clock.forward(after)
		w.speak(w.customer, "", "hi")
		for _, to := range []string{"u:" + member, "k:" + w.customer, "r:3号楼"} {
			if out := w.push(to, fmt.Sprint(to, i), poster); out.Sent != bot.SentOK {
				t.Errorf("%s: %+v", to, out)
			}
		}
	}
	uploads := 0
	for _, c := range w.town.Calls() {
		if c == "/cgi-bin/media/upload" {
			uploads++
		}
	}
	if uploads != 4 {
		t.Errorf("%d uploads, want one for each secret and one more each before their end", uploads)
	}
	w.noFaults()
}

// Twenty a minute for one robot, whoever asks; the platform's own word holds it for the rest of the minute.
func TestRobotsKeepTheirMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	say := func(i int) bot.Outcome {
		return w.push("r:3号楼", fmt.Sprint("k", i), bot.Reply{Text: fmt.Sprint("n", i)})
	}
	for i := range 20 {
		if out := say(i); out.Sent != bot.SentOK {
			t.Fatalf("%d: %+v", i, out)
		}
	}
	if out := say(20); out.Sent != bot.SentRetry || out.Wait <= 0 || out.Wait > 61*time.Second || out.Reason != "quota_minute" {
		t.Errorf("%+v", out)
	}
	if n := len(w.town.Calls()); n != 20 {
		t.Errorf("%d calls", n)
	}
	w.clock.forward(62 * time.Second)
	w.town.Fail(pathRobot, 45009)
	if out := say(21); out.Sent != bot.SentRetry || out.Wait <= 0 {
		t.Errorf("%+v", out)
	}
	calls := len(w.town.Calls())
	if out := say(22); out.Sent != bot.SentRetry || len(w.town.Calls()) != calls {
		t.Errorf("it went on: %+v", out)
	}
	w.clock.forward(62 * time.Second)
	if out := say(23); out.Sent != bot.SentOK {
		t.Errorf("%+v", out)
	}
	if w.ch.Capabilities().PerMinute != 20 {
		t.Error("the relay does not know the budget")
	}
	w.noFaults()
}

// A robot's answer with a code is not sent, though its status is 200; and its key never shows.
func TestCodesOfRobots(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bot.Sent{93000: bot.SentRefused, 40008: bot.SentRefused, -1: bot.SentRetry, 502: bot.SentUnknown} {
		w := newWorld(t)
		w.town.Fail(pathRobot, code)
		if out := w.push("r:3号楼", "k", bot.Reply{Text: "x"}); out.Sent != want || out.Reason == "" {
			t.Errorf("%d: %+v", code, out)
		}
		w.api.Close()
		out := w.push("r:3号楼", "k2", bot.Reply{Text: "x"})
		if text := fmt.Sprint(out, w.log.String()); strings.Contains(text, robotKey) {
			t.Errorf("the key shows: %s", strings.ReplaceAll(text, robotKey, "***"))
		}
	}
	w := newWorld(t)
	if out := w.push("r:unknown", "k", bot.Reply{Text: "x"}); out.Sent != bot.SentRefused || out.Reason != "no_robot" {
		t.Errorf("%+v", out)
	}
}

// Forms of a robot: text, markdown by bytes when it is long, news for a card with picture and page.
func TestFormsOfRobots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	card := bot.Reply{
		Card:    &bot.Card{Deal: "7KQ4", Icon: "🍇", Title: strings.Repeat("阳光玫瑰", 20), Price: "¥29.90", Picture: "https://tuan.example.org/p.jpg", Place: strings.Repeat("楼", 300)},
		Choices: []bot.Choice{{Label: "看看", URL: "https://tuan.example.org/d/7KQ4"}, {Label: "来 1 份", Action: "join"}},
	}
	for _, c := range []struct {
		r    bot.Reply
		form string
	}{
		{bot.Reply{Text: "短"}, "robot"}, {bot.Reply{Text: strings.Repeat("很长_*[x](y)\n", 150)}, "markdown"}, {bot.Reply{Text: strings.Repeat("葡🍇", 3000)}, "markdown"}, {card, "news"},
	} {
		if out := w.push("r:3号楼", c.form+c.r.Text, c.r); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
		m := w.lastShown(member, w.group)
		if m.Form != c.form || strings.Contains(m.Text, "[x](y)") {
			t.Errorf("%s: %s %.80q", c.form, m.Form, m.Text)
		}
		if len(m.Buttons) > 0 && m.Buttons[0].Press != "" {
			t.Error("nobody can answer a robot")
		}
	}
	w.noFaults()
}

// Each secret has a token of its own under a key of its own; one that ends is dropped and the call made once more.
func TestTokensOfEachSecret(t *testing.T) {
	t.Parallel()
	store := &cache{values: map[string]string{}}
	w := newWorld(t, func(_ *fakewc.Config, c *wecom.Config) { c.Cache = store })
	w.speak(w.customer, "", "hi")
	w.push("u:"+member, "a", bot.Reply{Text: "x"})
	w.ch.RefreshGroups(t.Context())
	if n := len(store.values); n != 3 {
		t.Errorf("%d tokens are shared: %v", n, store.keys())
	}
	w.ch = w.open() // another copy takes what is there
	w.push("u:"+member, "b", bot.Reply{Text: "x"})
	fetched := 0
	for _, c := range w.town.Calls() {
		if c == "/cgi-bin/gettoken" {
			fetched++
		}
	}
	if fetched != 3 {
		t.Errorf("%d tokens were fetched, want 3", fetched)
	}
	w.town.Expire()
	if out := w.push("u:"+member, "c", bot.Reply{Text: "x"}); out.Sent != bot.SentOK {
		t.Errorf("after the token's end: %+v", out)
	}
	w.clock.forward(7300 * time.Second)
	if out := w.push("u:"+member, "d", bot.Reply{Text: "x"}); out.Sent != bot.SentOK {
		t.Errorf("a day later: %+v", out)
	}
	store.broken = true
	if out := w.push("u:"+member, "e", bot.Reply{Text: "x"}); out.Sent != bot.SentOK {
		t.Errorf("a broken cache: %+v", out)
	}
	w.noFaults()
}

// Whatever fails, no error and no log holds a secret.
func TestNoSecretInErrorsAndLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(w.customer, "", "hi")
	group := w.town.AddCustomerGroup("群", member)
	all := secrets(w)
	var text strings.Builder
	try := func() {
		ctx := context.Background()
		for i, to := range []string{"u:" + member, "k:" + w.customer, "r:3号楼", "g:" + group} {
			fmt.Fprintln(&text, w.push(to, fmt.Sprint(i, text.Len()), bot.Reply{Text: "x"}))
		}
		_, err := w.ch.JoinQR(ctx, "m", group)
		_, err2 := w.ch.KFLink(ctx, "wkKefu0001", "")
		fmt.Fprintln(&text, err, err2, w.ch.Ways(ctx, bot.WaysAsk{Payload: "x", Groups: []string{"g:" + group}}), w.ch.Check(ctx))
		w.ch.RefreshGroups(ctx)
		w.ch.FollowTasks(ctx)
	}
	for _, code := range []int{50001, 500} {
		for _, path := range []string{pathApp, pathKF, pathRobot, pathTask, pathSync, "/cgi-bin/gettoken", "/cgi-bin/externalcontact/groupchat/get", "/cgi-bin/externalcontact/groupchat/list", "/cgi-bin/externalcontact/groupchat/add_join_way", "/cgi-bin/kf/add_contact_way", "/cgi-bin/kf/account/list", "/cgi-bin/agent/get"} {
			w.town.Fail(path, code, code)
		}
		try()
	}
	all = append(all, secrets(w)...)
	w.api.Close()
	w.clock.forward(3 * time.Hour)
	try()
	text.WriteString(w.log.String())
	for _, s := range all {
		if strings.Contains(text.String(), s) {
			t.Errorf("%q stands in:\n%s", s, text.String())
		}
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, f := range w.ch.Check(t.Context()) {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
	w.town.Fail("/cgi-bin/agent/get", 60020)
	w.town.Fail("/cgi-bin/kf/account/list", 48002)
	w.cfg.PublicURL = "http://tuan.example.org"
	w.ch = w.open()
	bad := 0
	for _, f := range w.ch.Check(t.Context()) {
		if !f.OK && f.Advice != "" {
			bad++
		}
	}
	if bad != 3 {
		t.Errorf("%d findings are bad, want 3", bad)
	}
	for name, change := range map[string]func(c *wecom.Config){
		"no door":      func(c *wecom.Config) { *c = wecom.Config{Notes: c.Notes, Clock: c.Clock, Random: c.Random, Log: c.Log} },
		"no company":   func(c *wecom.Config) { c.CorpID = "" },
		"bad key":      func(c *wecom.Config) { c.App.AESKey = "short" },
		"no agent":     func(c *wecom.Config) { c.AgentID = 0 },
		"half a door":  func(c *wecom.Config) { c.KFSecret = "" },
		"bad address":  func(c *wecom.Config) { c.BaseURL = "ftp://x" },
		"no robot key": func(c *wecom.Config) { c.Robots = map[string]string{"a": ""} },
	} {
		cfg := w.cfg
		change(&cfg)
		if _, err := wecom.New(cfg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
