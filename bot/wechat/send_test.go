package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/bot/fake"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

const (
	pathCustom   = "/cgi-bin/message/custom/send"
	pathTemplate = "/cgi-bin/message/template/send"
	pathBizsend  = "/cgi-bin/message/subscribe/bizsend"
	pathToken    = "/cgi-bin/stable_token"
)

// withTemplates is an account with a template and a subscription notice for arrivals.
func withTemplates(_ *fakewx.Config, c *wechat.Config) {
	c.Templates = map[string]wechat.Template{
		"arrived": {ID: "tpl1", Fields: map[string]string{"thing1": "title", "character_string2": "code", "amount3": "amount", "time4": "deadline", "thing5": "=带好取货码"}},
	}
	c.Subscribed = map[string]wechat.Template{"arrived": {ID: "sub1", Fields: map[string]string{"thing1": "title"}}}
}

func templateWorld(t *testing.T, opts ...option) *world {
	t.Helper()
	w := newWorld(t, append([]option{withTemplates}, opts...)...)
	w.town.AddTemplate(fakewx.Template{ID: "tpl1", Title: "到货提醒", Fields: []string{"thing1", "character_string2", "amount3", "time4", "thing5"}})
	w.town.AddTemplate(fakewx.Template{ID: "sub1", Title: "到货", Fields: []string{"thing1"}, Notice: true})
	return w
}

func arrived() bot.Reply {
	return bot.Reply{
		Text: "📦 到货了！3 号楼大厅。取货码 7KQ4-M2WX。", Code: "arrived",
		Choices: []bot.Choice{{Label: "取货码", Action: "code 7KQ4D 12"}},
		Facts: map[string]string{
			"title": "阳光玫瑰葡萄两斤装一级果当季新鲜现摘现发包邮到家", "code": "7KQ4-M2WX", "amount": "¥1,059.80", "deadline": "2026-05-02 12:00", "page": "https://tuan.example.org/o/tok",
		},
	}
}

func TestFallbackChain(t *testing.T) {
	t.Parallel()
	w := templateWorld(t)
	forms := func() (all []string) {
		for _, m := range w.town.Shown(who, "") {
			if m.From == "" {
				all = append(all, m.Form)
			}
		}
		return all
	}
	w.speak("hi")
	steps := []struct {
		before func()
		want   bot.Sent
		form   string
	}{
		{func() {}, bot.SentOK, "msgmenu"},
		{func() { w.clock.forward(49 * time.Hour) }, bot.SentOK, "template"},
		{func() {
			w.town.Block(who, true)
			if err := w.town.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, bot.SentOK, "template"}, // accepted, and refused by the person: the event says so
		{func() {
			if err := w.town.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, bot.SentUnreachable, ""},
		{func() {
			if err := w.town.Consent(t.Context(), who, map[string]bool{"sub1": true}); err != nil {
				t.Fatal(err)
			}
		}, bot.SentOK, "subscription"},
		{func() {}, bot.SentUnreachable, ""},
		{func() { w.town.Block(who, false); w.speak("back") }, bot.SentOK, "msgmenu"},
	}
	for i, s := range steps {
		s.before()
		before := len(forms())
		out := w.push(arrived(), fmt.Sprint("n", i))
		if out.Sent != s.want || out.Sent != bot.SentOK && out.Reason == "" {
			t.Errorf("step %d: %+v, want %s", i, out, s.want)
		}
		if now := forms(); s.form != "" && i != 2 && (len(now) != before+1 || now[before] != s.form) {
			t.Errorf("step %d: shown %v", i, now[before:])
		}
	}
	w.noFaults()
}

// The platform loses a template message that it had accepted: it is sent again, at most twice more.
func TestLostTemplateIsSentAgain(t *testing.T) {
	t.Parallel()
	w := templateWorld(t)
	w.town.Lose()
	if out := w.push(arrived(), "k"); out.Sent != bot.SentOK || out.MessageID == "" {
		t.Fatalf("%+v", out)
	}
	if len(w.shown()) != 0 {
		t.Fatal("not lost")
	}
	for range 3 {
		w.town.Repeat(2) // the event comes more than once
		if err := w.town.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.shown(); len(got) != 1 || !strings.Contains(got[0], "7KQ4-M2WX") {
		t.Errorf("shown %q", got)
	}
	w.noFaults()
}

// A repeated request with one key is shown once by the platform.
func TestTemplateKeepsItsKey(t *testing.T) {
	t.Parallel()
	w := templateWorld(t)
	for range 2 {
		if out := w.push(arrived(), "same"); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
	}
	if got := w.shown(); len(got) != 1 {
		t.Errorf("shown %q", got)
	}
	w.noFaults()
}

// Every code of the facts' table, on each way.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		path   string
		code   int
		want   bot.Sent
		reason string
		wait   time.Duration
		shows  string // what reaches the person after all
	}{
		{path: pathCustom, code: -1, want: bot.SentRetry, reason: "busy"},
		{path: pathCustom, code: 40003, want: bot.SentUnreachable, reason: "bad_openid"},
		{path: pathCustom, code: 43004, want: bot.SentOK, shows: "template"},
		{path: pathCustom, code: 45015, want: bot.SentOK, shows: "template"},
		{path: pathCustom, code: 45047, want: bot.SentOK, shows: "template"},
		{path: pathCustom, code: 45009, want: bot.SentRetry, reason: "quota_day", wait: 4*time.Hour + time.Minute},
		{path: pathCustom, code: 45011, want: bot.SentRetry, reason: "quota_minute", wait: time.Minute + time.Second},
		{path: pathCustom, code: 48001, want: bot.SentOK, shows: "template"},
		{path: pathCustom, code: 48002, want: bot.SentUnreachable, reason: "blocked"},
		{path: pathCustom, code: 40200, want: bot.SentOK, shows: "service"},
		{path: pathCustom, code: 45002, want: bot.SentRefused, reason: "too_long"},
		{path: pathCustom, code: 40164, want: bot.SentRefused, reason: "ip_not_listed"},
		{path: pathCustom, code: 12345, want: bot.SentRefused, reason: "code_12345"},
		{path: pathCustom, code: 503, want: bot.SentUnknown, reason: "network"},
		{path: pathTemplate, code: 503, want: bot.SentRetry, reason: "network"},
		{path: pathTemplate, code: -1, want: bot.SentRetry, reason: "busy"},
		{path: pathTemplate, code: 40037, want: bot.SentUnreachable, reason: "template_id"},
		{path: pathTemplate, code: 41030, want: bot.SentUnreachable, reason: "template_page"},
		{path: pathTemplate, code: 43004, want: bot.SentUnreachable, reason: "not_follower"},
		{path: pathTemplate, code: 45009, want: bot.SentRetry, reason: "quota_day", wait: 4*time.Hour + time.Minute},
		{path: pathTemplate, code: 48001, want: bot.SentUnreachable, reason: "no_ability"},
		{path: pathBizsend, code: 43101, want: bot.SentUnreachable, reason: "no_consent"},
		{path: pathBizsend, code: -1, want: bot.SentRetry, reason: "busy"},
		{path: pathToken, code: 40164, want: bot.SentRefused, reason: "ip_not_listed"},
		{path: pathToken, code: -1, want: bot.SentRetry, reason: "busy"},
		{path: pathToken, code: 500, want: bot.SentRetry, reason: "network"},
	} {
		t.Run(fmt.Sprint(tc.path, tc.code), func(t *testing.T) {
			t.Parallel()
			w := templateWorld(t)
			switch tc.path {
			case pathTemplate:
			case pathBizsend:
				w.town.Block(who, true)
				if err := errors.Join(w.town.Consent(t.Context(), who, map[string]bool{"sub1": true}), w.block()); err != nil {
					t.Fatal(err)
				}
			default:
				w.speak("hi")
			}
			w.town.Fail(tc.path, tc.code)
			out := w.push(arrived(), "k")
			if out.Sent != tc.want || out.Reason != tc.reason || out.Wait != tc.wait {
				t.Errorf("%+v, want %s %q after %s", out, tc.want, tc.reason, tc.wait)
			}
			if shown := w.town.Shown(who, ""); tc.shows != "" && shown[len(shown)-1].Form != tc.shows {
				t.Errorf("shown %+v", shown)
			}
		})
	}
}

// block has a person refuse our templates, as the outcome of one tells.
func (w *world) block() error {
	w.push(arrived(), "first")
	return w.town.Settle(w.t.Context())
}

func TestTemplateFieldTroubleNamesTheField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		c.Templates = map[string]wechat.Template{"arrived": {ID: "tpl1", Fields: map[string]string{"thing1": "title"}}}
	})
	w.town.AddTemplate(fakewx.Template{ID: "tpl1", Title: "到货", Fields: []string{"thing1", "character_string2"}})
	out := w.push(arrived(), "k")
	if out.Sent != bot.SentUnreachable || out.Reason != "template_field:character_string2" {
		t.Errorf("%+v", out)
	}
	if log := w.log.String(); !strings.Contains(log, "needs its operator") || !strings.Contains(log, "character_string2") {
		t.Errorf("the operator hears nothing: %s", log)
	}
}

// After 45015 the window counts as shut until the person does something; the platform is not asked again.
func TestShutWindowStaysShut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	w.town.Fail(pathCustom, 45015)
	for n := range 2 {
		if out := w.push(bot.Reply{Text: "x"}, fmt.Sprint(n)); out.Sent != bot.SentUnreachable {
			t.Errorf("%+v", out)
		}
	}
	if n := strings.Count(strings.Join(w.town.Calls(), " "), "custom/send"); n != 1 {
		t.Errorf("%d calls", n)
	}
	w.clock.forward(time.Second)
	w.speak("again")
	if out := w.push(bot.Reply{Text: "x"}, "3"); out.Sent != bot.SentOK {
		t.Errorf("%+v", out)
	}
}

// A long answer: the first piece answers, the rest follows in order, once, also when the callback comes again.
func TestOverflowFollowsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var text strings.Builder
	for n := range 120 {
		fmt.Fprintf(&text, "%03d 号 小明家的阳光玫瑰两斤装\n", n)
	}
	w.answer(bot.Reply{Text: text.String()}, bot.Reply{Text: "付款码", Picture: &bot.Picture{QR: "https://tuan.example.org/o/tok", Alt: "取货码"}})
	w.town.Repeat(3)
	w.speak("名单")
	w.settle()
	shown := w.town.Shown(who, "")[1:]
	var forms []string
	next := 0
	for _, m := range shown {
		forms = append(forms, m.Form)
		for line := range strings.SplitSeq(m.Text, "\n") {
			if strings.HasPrefix(line, fmt.Sprintf("%03d 号", next)) {
				next++
			}
		}
	}
	if next != 120 {
		t.Errorf("line %d is missing or out of order", next)
	}
	if n := len(forms); forms[n-1] != "image" || strings.Count(strings.Join(forms, " "), "image") != 1 {
		t.Errorf("shown as %v", forms)
	}
	w.settle()
	w.ch.Resume(t.Context())
	if again := w.town.Shown(who, "")[1:]; len(again) != len(shown) {
		t.Errorf("%d messages, then %d", len(shown), len(again))
	}
	if first := shown[0]; first.Form != "passive" && first.Form != "service" {
		t.Errorf("the first is %q", first.Form)
	}
	w.noFaults()
}

// The program dies between the answer and its rest: the next one sends it.
func TestRestOutlivesAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Fail(pathCustom, -1)
	w.answer(bot.Reply{Text: strings.Repeat("一行字\n", 300)})
	w.speak("名单")
	w.settle()
	before := len(w.shown())
	next := w.open(w.cfg)
	next.Resume(t.Context())
	if got := w.shown(); before != 1 || len(got) != 2 {
		t.Errorf("shown %d, then %d messages", before, len(got))
	}
	w.noFaults()
}

// The callback comes again when its rest has left long since: the answer is the same, the rest is not sent again.
func TestRestIsSentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: strings.Repeat("一行字\n", 300)})
	w.town.AddPerson(fake.Person{ID: who}, true)
	if err := w.town.Follow(t.Context(), who); err != nil { // opens the platform's side of the window
		t.Fatal(err)
	}
	w.settle()
	before := len(w.shown())
	for range 3 {
		w.clock.forward(time.Second)
		if code, answer := w.post(body("<MsgType>text</MsgType><Content>名单</Content><MsgId>77</MsgId>"), nil); code != 200 || len(answer) < 1000 {
			t.Fatalf("%d %s", code, answer)
		}
		w.settle()
	}
	if got := w.shown(); len(got) != before+1 {
		t.Errorf("%d messages more, want the rest once", len(got)-before)
	}
}

// A message of several parts goes on where a failed try stopped.
func TestRetryGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	long := bot.Reply{Text: strings.Repeat("甲", 600) + "\n" + strings.Repeat("乙", 600)}
	w.town.Fail(pathCustom, 0, -1)
	if out := w.push(long, "k"); out.Sent != bot.SentRetry {
		t.Fatalf("%+v", out)
	}
	for range 2 {
		if out := w.push(long, "k"); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
	}
	if got := w.shown(); len(got) != 2 || !strings.HasPrefix(got[0], "甲") || !strings.HasPrefix(got[1], "乙") {
		t.Errorf("shown %d messages", len(got))
	}
}

// 45002 although we count the same: the text goes out in halves.
func TestTooLongIsHalved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	w.town.Fail(pathCustom, 45002)
	if out := w.push(bot.Reply{Text: strings.Repeat("一二三四五\n", 60)}, "k"); out.Sent != bot.SentOK {
		t.Fatalf("%+v", out)
	}
	if got := w.shown(); len(got) < 2 {
		t.Errorf("shown %q", got)
	}
	w.noFaults()
}

// The picture of a code is uploaded once and used again until the platform throws it away.
func TestPicturesAreUploadedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := bot.Reply{Text: "扫码看团", Picture: &bot.Picture{QR: "https://tuan.example.org/d/7KQ4D", Alt: "团的二维码"}}
	uploads := func() int { return strings.Count(strings.Join(w.town.Calls(), " "), "media/upload") }
	for n, c := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {36 * time.Hour, 1}, {36*time.Hour - time.Second, 2}} { // the last just before the platform throws it away
		w.clock.forward(c.after)
		w.speak("hi")
		if out := w.push(r, fmt.Sprint("k", n)); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
		if got := uploads(); got != c.want {
			t.Errorf("round %d: %d uploads, want %d", n, got, c.want)
		}
	}
	w.noFaults()
}

// A code that stands for a deal is one of the account: who scans it comes to the bot. Where the platform makes none, it is
// the page's address.
func TestCodesLeadIntoTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := bot.Reply{Text: "扫码看团", Picture: &bot.Picture{QR: "https://tuan.example.org/d/7KQ4D", Open: "deal 7KQ4D", Alt: "团的二维码"}}
	made := func() int { return strings.Count(strings.Join(w.town.Calls(), " "), "qrcode/create") }
	w.speak("hi")
	for range 2 {
		if out := w.push(r, fmt.Sprint("k", made())); out.Sent != bot.SentOK || made() != 1 {
			t.Fatalf("%+v after %d codes", out, made())
		}
	}
	other := bot.Reply{Text: "扫码看团", Picture: &bot.Picture{QR: "https://tuan.example.org/d/D7KQ2", Open: "deal D7KQ2", Alt: "团的二维码"}}
	w.town.Fail("/cgi-bin/qrcode/create", 48001)
	if out := w.push(other, "other"); out.Sent != bot.SentOK {
		t.Errorf("%+v", out)
	}
	w.noFaults()
}

func TestAccountWithoutInterfaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(tc *fakewx.Config, c *wechat.Config) { tc.Kind, c.Passive, c.Secret = fakewx.Unverified, true, "" })
	w.answer(bot.Reply{Text: strings.Repeat("一二三四五六七八九十\n", 200)}, menuOf("a"))
	w.speak("hi")
	if got := w.shown(); len(got) != 1 || !strings.HasSuffix(got[0], "…") {
		t.Errorf("shown %d messages", len(got))
	}
	if out := w.push(bot.Reply{Text: "x"}, "k"); out.Sent != bot.SentUnreachable || out.Reason != "window_closed" {
		t.Errorf("%+v", out)
	}
	if calls := w.town.Calls(); len(calls) != 0 {
		t.Errorf("called %v", calls)
	}
	w.noFaults()
}

func TestContract(t *testing.T) {
	t.Parallel()
	bottest.Run(t, bottest.Contract{Open: func(t *testing.T) *bottest.Stand {
		t.Helper()
		w := newWorld(t)
		w.speak("hi")
		w.town.AddPerson(fake.Person{ID: "oSilent"}, true)
		fail := func(name string, want bot.Sent, wait bool, codes ...int) bottest.Failure {
			return bottest.Failure{Name: name, Want: want, Wait: wait, Do: func() { w.town.Fail(pathCustom, codes...) }}
		}
		return &bottest.Stand{
			Channel: w.ch, Private: bot.Address{Channel: wechat.ChannelName, Person: who}, Nobody: bot.Address{Channel: wechat.ChannelName, Person: "oSilent"},
			Seen: func(_ *testing.T, to bot.Address) []bottest.Seen { return seen(w.town.Shown(to.Person, "")) },
			Fresh: func(*testing.T) {
				w.clock.forward(time.Second)
				w.speak("hi")
			},
			Fail: []bottest.Failure{
				fail("busy", bot.SentRetry, false, -1), fail("a day's quota", bot.SentRetry, true, 45009), fail("a minute's quota", bot.SentRetry, true, 45011),
				fail("window", bot.SentUnreachable, false, 45015), fail("too many", bot.SentUnreachable, false, 45047), fail("our fault", bot.SentRefused, false, 44004),
				fail("out of order", bot.SentUnknown, false, 502), fail("token", bot.SentRetry, false, 40001, 40001, 40001),
				{Name: "nobody answers", Want: bot.SentRetry, Do: w.api.Close},
			},
			Secrets: []string{secret, token, aesKey, "canary-signing-key", "T0K_"}, Log: w.log.String, Faults: w.town.Faults,
		}
	}})
}

func seen(all []fake.Message) []bottest.Seen {
	var out []bottest.Seen
	for _, m := range all {
		if m.From != "" {
			continue
		}
		s := bottest.Seen{ID: m.ID, Text: m.Text}
		for _, b := range m.Buttons {
			s.Buttons = append(s.Buttons, b.Label)
		}
		out = append(out, s)
	}
	return out
}

// Whatever fails, no error and no log holds a secret: of ours, or one that the platform gave us.
func TestNoSecretInErrorsAndLogs(t *testing.T) {
	t.Parallel()
	w := templateWorld(t)
	w.speak("hi")
	w.push(bot.Reply{Text: "x"}, "k")
	tok, _ := w.town.AccessToken()
	var all []string
	note := func(err error) {
		if err == nil {
			t.Error("it was to fail")
			return
		}
		all = append(all, err.Error())
	}
	ctx := context.Background()
	for _, path := range []string{"/cgi-bin/qrcode/create", "/cgi-bin/menu/create", "/cgi-bin/ticket/getticket", "/sns/oauth2/access_token", "/cgi-bin/template/get_all_private_template"} {
		w.town.Fail(path, 50001, 500) // the refusal's words hold the token
	}
	for range 2 {
		_, err := w.ch.ShareQR(ctx, "deal A")
		note(err)
		note(w.ch.SetMenu(ctx, []wechat.MenuButton{{Label: "a", Text: "b"}}))
		_, err = w.ch.JSConfig(ctx, "https://tuan.example.org/")
		note(err)
		_, _, _, err = w.ch.Login(ctx, "code")
		note(err)
		all = append(all, fmt.Sprint(w.ch.Check(ctx)))
	}
	w.api.Close()
	_, err := w.ch.ShareQR(ctx, "deal B")
	note(err)
	_, _, _, err = w.ch.Login(ctx, "code")
	note(err)
	w.clock.forward(3 * time.Hour)
	all = append(all, fmt.Sprint(w.ch.Check(ctx)), fmt.Sprint(w.push(bot.Reply{Text: "x"}, "k2")), w.log.String())
	for _, secret := range []string{secret, token, aesKey, "canary-signing-key", tok} {
		if text := strings.Join(all, "\n"); strings.Contains(text, secret) {
			t.Errorf("%q stands in %s", secret, text)
		}
	}
}

// transport fails in ways that servers do not.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A connection that breaks after the request left may have been heard: only keyed messages are tried again.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	w := templateWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		inner := http.DefaultTransport
		c.HTTP = &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "message/") {
				return nil, errors.New("connection reset by peer")
			}
			return inner.RoundTrip(r)
		})}
	})
	if out := w.push(arrived(), "k"); out.Sent != bot.SentRetry {
		t.Errorf("a template message has a key: %+v", out)
	}
	w.speak("hi")
	if out := w.push(arrived(), "k"); out.Sent != bot.SentUnknown {
		t.Errorf("a service message has none: %+v", out)
	}
}
