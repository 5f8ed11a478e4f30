package wechat_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

// door is the channel's routes without a server around them, so that a panic or a broken connection is seen as it is.
func (w *world) door(rw http.ResponseWriter, body string) {
	w.t.Helper()
	q, sealed, err := w.town.Callback(body)
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.ch.Routes(mux)
	mux.ServeHTTP(rw, httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/hook/wechat?"+q.Encode(), bytes.NewReader(sealed)))
}

// A panic is answered here and never reaches the server, which would cut the connection and say nothing.
func TestPanicsEndAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say = func(context.Context, bot.Update) (bot.Taken, error) { panic("boom") }
	rec := httptest.NewRecorder()
	w.door(rec, textBody)
	if rec.Code != http.StatusInternalServerError {
		t.Errorf("answered %d", rec.Code)
	}
}

// sealedAnswer is the answer to a callback, taken apart.
func (w *world) sealedAnswer(q url.Values, sealed []byte) (text, stamp, nonce string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.bot.URL+"/hook/wechat?"+q.Encode(), bytes.NewReader(sealed))
	if err != nil {
		w.t.Fatal(err)
	}
	_, answer := do(w.t, w.bot.Client(), req)
	var env struct{ Encrypt, TimeStamp, Nonce string }
	if err := xml.Unmarshal([]byte(answer), &env); err != nil || env.Encrypt == "" {
		w.t.Fatalf("%q: %v", answer, err)
	}
	return env.Encrypt, env.TimeStamp, env.Nonce
}

// Time, nonce and the random bytes inside an answer are its own: the same words to the same callback look different.
func TestEveryPartOfASealIsFresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "同样的话"})
	q, sealed, err := w.town.Callback(textBody)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(7 * time.Second)
	text, stamp, nonce := w.sealedAnswer(q, sealed)
	again, _, nonce2 := w.sealedAnswer(q, sealed)
	if text == again || nonce == nonce2 || nonce == q.Get("nonce") {
		t.Errorf("sealed alike, or with the nonces %q, %q of %q", nonce, nonce2, q.Get("nonce"))
	}
	if stamp == q.Get("timestamp") || stamp != strconv.FormatInt(w.clock.Now().Unix(), 10) {
		t.Errorf("stamped %s, asked at %s", stamp, q.Get("timestamp"))
	}
}

// deaf is a connection whose other end has gone.
type deaf struct{ *httptest.ResponseRecorder }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// Who goes away before the answer is written asks again and gets it then.
func TestWhoWentAwayGetsTheAnswerNextTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "已记下 2 份"})
	w.door(deaf{httptest.NewRecorder()}, textBody)
	rec := httptest.NewRecorder()
	w.door(rec, textBody)
	if all := w.updates(); rec.Code != 200 || rec.Body.Len() < 100 || len(all) != 2 || all[0].Key != all[1].Key {
		t.Errorf("%d with %d bytes, heard %+v", rec.Code, rec.Body.Len(), all)
	}
}

// In compat mode the plain fields stand beside the sealed part. Nothing signs them: only what is sealed counts.
func TestPlainFieldsBesideTheSealMeanNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	forged := strings.Replace(strings.TrimSuffix(textBody, "</xml>"), "+2", "+200", 1)
	code, _ := w.post(textBody, func(_ url.Values, sealed []byte) []byte {
		_, rest, _ := strings.Cut(string(sealed), "<Encrypt>")
		return []byte(forged + "<Encrypt>" + rest)
	})
	if code != 200 || len(w.updates()) != 1 || w.last().Text != "+2" {
		t.Errorf("%d, heard %+v", code, w.updates())
	}
}

// What answers hold between their markers can end none of them, also where it is an address.
func TestNothingEndsASection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "https://tuan.example.org/p/1]]>.jpg"
	w.answer(bot.Reply{Card: &bot.Card{Deal: "7KQ4D", Title: "阳光玫瑰 ]]> <b>", Price: "¥29.90", Picture: at}})
	w.speak("看看")
	w.noFaults()
	shown := w.town.Shown(who, "")
	if m := shown[len(shown)-1]; m.Form != "news" || m.Picture != at {
		t.Errorf("shown %+v", m)
	}
}

// Two answers about notices in one second are two events, and each permission counts.
func TestConsentsOfOneSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		c.Subscribed = map[string]wechat.Template{
			"arrived": {ID: "sub1", Fields: map[string]string{"thing1": "title"}}, "formed": {ID: "sub2", Fields: map[string]string{"thing1": "title"}},
		}
	})
	w.town.Repeat(2)
	for _, id := range []string{"sub1", "sub2"} {
		w.town.AddTemplate(fakewx.Template{ID: id, Title: "到货", Fields: []string{"thing1"}, Notice: true})
		if err := w.town.Consent(t.Context(), who, map[string]bool{id: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, code := range []string{"arrived", "formed"} {
		r := bot.Reply{Text: "x", Code: code, Facts: map[string]string{"title": "葡萄"}}
		if out := w.push(r, code+"1"); out.Sent != bot.SentOK {
			t.Errorf("%s: %+v", code, out)
		}
		if out := w.push(r, code+"2"); out.Sent != bot.SentUnreachable {
			t.Errorf("%s, one permission used twice: %+v", code, out)
		}
	}
	w.noFaults()
}

// Who turned a notice off is not asked for it again: nothing is sent that the platform would refuse.
func TestWhatWasTurnedOffIsNotTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplates)
	w.town.AddTemplate(fakewx.Template{ID: "sub1", Title: "到货", Fields: []string{"thing1"}, Notice: true})
	w.town.AddTemplate(fakewx.Template{ID: "tpl1", Title: "到货提醒", Fields: []string{"thing1", "character_string2", "amount3", "time4", "thing5"}})
	if err := errors.Join(w.town.Consent(t.Context(), who, map[string]bool{"sub1": true}), w.town.Withdraw(t.Context(), who, "sub1")); err != nil {
		t.Fatal(err)
	}
	w.town.Fail(pathTemplate, 43004)
	if out := w.push(arrived(), "k"); out.Sent != bot.SentUnreachable {
		t.Errorf("%+v", out)
	}
	if calls := strings.Join(w.town.Calls(), " "); strings.Contains(calls, "bizsend") {
		t.Errorf("called %s", calls)
	}
}

// noticed is a world in which a person has allowed so many notices of an arrival, and no other way reaches them; push sends
// one and tells how often the platform was asked for it.
func noticed(t *testing.T, allowed int) (w *world, push func(key string) (bot.Outcome, int)) {
	t.Helper()
	w = newWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		c.Subscribed = map[string]wechat.Template{"arrived": {ID: "sub1", Fields: map[string]string{"thing1": "title"}}}
	})
	w.town.AddTemplate(fakewx.Template{ID: "sub1", Title: "到货", Fields: []string{"thing1"}, Notice: true})
	for range allowed {
		w.clock.forward(time.Second)
		if err := w.town.Consent(t.Context(), who, map[string]bool{"sub1": true}); err != nil {
			t.Fatal(err)
		}
	}
	return w, func(key string) (bot.Outcome, int) {
		out := w.push(arrived(), key)
		return out, strings.Count(strings.Join(w.town.Calls(), " "), "bizsend")
	}
}

// One permission is one notice: after it the platform is not asked.
func TestAConsentIsSpent(t *testing.T) {
	t.Parallel()
	_, push := noticed(t, 1)
	if out, n := push("a"); out.Sent != bot.SentOK || n != 1 {
		t.Errorf("%+v after %d calls", out, n)
	}
	if out, n := push("b"); out.Sent != bot.SentUnreachable || n != 1 {
		t.Errorf("%+v after %d calls", out, n)
	}
}

// 43101 says that all permissions for this notice are void, however many we had counted.
func TestARefusalClearsAllConsents(t *testing.T) {
	t.Parallel()
	w, push := noticed(t, 3)
	w.town.Fail(pathBizsend, 43101)
	for _, key := range []string{"a", "b"} {
		if out, n := push(key); out.Sent != bot.SentUnreachable || n != 1 {
			t.Errorf("%+v after %d calls", out, n)
		}
	}
}

// What the platform was too busy to take costs no permission.
func TestABusyPlatformCostsNoConsent(t *testing.T) {
	t.Parallel()
	w, push := noticed(t, 1)
	w.town.Fail(pathBizsend, -1)
	if out, _ := push("a"); out.Sent != bot.SentRetry {
		t.Errorf("%+v", out)
	}
	if out, n := push("a"); out.Sent != bot.SentOK || n != 2 {
		t.Errorf("%+v after %d calls", out, n)
	}
}

// A pressed menu entry comes as a text, but counts as a click of the menu: three messages in a minute, not five in two days.
func TestAPressedMenuOpensTheShortWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	if out := w.push(menuOf("pay D 12"), "menu"); out.Sent != bot.SentOK {
		t.Fatalf("%+v", out)
	}
	press := func() {
		w.clock.forward(time.Second)
		if err := w.town.Press(t.Context(), who, "", "PAY D 12"); err != nil {
			t.Fatal(err)
		}
	}
	press()
	for n := range 4 {
		if out := w.push(bot.Reply{Text: "x"}, fmt.Sprint(n)); (out.Sent == bot.SentOK) != (n < 3) {
			t.Errorf("message %d: %+v", n, out)
		}
	}
	press()
	w.clock.forward(time.Minute)
	if out := w.push(bot.Reply{Text: "x"}, "late"); out.Sent != bot.SentUnreachable {
		t.Errorf("after a minute: %+v", out)
	}
	if n := strings.Count(strings.Join(w.town.Calls(), " "), "custom/send"); n != 4 {
		t.Errorf("%d calls: a shut window was tried", n)
	}
	w.noFaults()
}

// A verified subscription account has service messages and pages, but neither templates nor codes of its own.
func TestSubscriptionAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplates, func(tc *fakewx.Config, c *wechat.Config) { tc.Kind, c.Subscription = fakewx.Subscription, true })
	w.town.AddTemplate(fakewx.Template{ID: "tpl1", Title: "到货提醒", Fields: []string{"thing1"}})
	w.speak("hi")
	r := menuOf("pay D 12")
	r.Picture = &bot.Picture{QR: "https://tuan.example.org/d/7KQ4D", Open: "deal 7KQ4D", Alt: "码"}
	if out := w.push(r, "k"); out.Sent != bot.SentOK {
		t.Errorf("within the window: %+v", out)
	}
	if _, err := w.ch.JSConfig(t.Context(), "https://tuan.example.org/d/7KQ4D"); err != nil {
		t.Error(err)
	}
	w.clock.forward(49 * time.Hour)
	for n := range 2 {
		if out := w.push(arrived(), fmt.Sprint(n)); out.Sent != bot.SentUnreachable {
			t.Errorf("after the window: %+v", out)
		}
	}
	calls := strings.Join(w.town.Calls(), " ")
	if n := strings.Count(calls, "template/send"); n != 1 || strings.Contains(calls, "qrcode/create") {
		t.Errorf("called what the account may not do: %s", calls)
	}
	w.noFaults()
}

// A notice that the platform took and the person refused uses the permission up for good; so says its outcome.
func TestOutcomeOfANoticeClearsTheConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplates)
	w.town.AddTemplate(fakewx.Template{ID: "sub1", Title: "到货", Fields: []string{"thing1"}, Notice: true})
	for range 2 {
		w.clock.forward(time.Second)
		if err := w.town.Consent(t.Context(), who, map[string]bool{"sub1": true}); err != nil {
			t.Fatal(err)
		}
	}
	sent := body("<MsgType>event</MsgType><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>other</TemplateId><MsgID>1</MsgID><ErrorCode>0</ErrorCode></List>" +
		"<List><TemplateId>sub1</TemplateId><MsgID>2</MsgID><ErrorCode>43101</ErrorCode><ErrorStatus>user refuse</ErrorStatus></List></SubscribeMsgSentEvent>")
	if code, _ := w.post(sent, nil); code != 200 || len(w.updates()) != 0 {
		t.Fatalf("%d, %d heard", code, len(w.updates()))
	}
	raw, err := w.notes.Note(t.Context(), "wechat/person/consent", who)
	if err != nil || strings.Contains(string(raw), `"sub1"`) {
		t.Errorf("%s %v", raw, err)
	}
}

// Of two bodies in one request, or two sealed parts in one body, nobody can say which one was signed: neither counts.
func TestDoubledBodiesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(sealed string) string{
		"twice":            func(s string) string { return s + s },
		"an empty one":     func(s string) string { return s + "<xml/>" },
		"words behind":     func(s string) string { return s + "x" },
		"two sealed parts": func(s string) string { return strings.Replace(s, "<Encrypt>", "<Encrypt>AAAA</Encrypt><Encrypt>", 1) },
		"within itself":    func(s string) string { return "<xml>" + s + "</xml>" },
	} {
		if code, _ := w.post(textBody, func(_ url.Values, b []byte) []byte { return []byte(change(string(b))) }); code != 400 || len(w.updates()) != 0 {
			t.Errorf("%s: %d, %d heard", name, code, len(w.updates()))
		}
	}
	if code, _ := w.post(textBody+textBody, nil); code != 400 || len(w.updates()) != 0 {
		t.Errorf("two within the seal: %d, %d heard", code, len(w.updates()))
	}
	if code, _ := w.post(" "+textBody+"\n", func(_ url.Values, b []byte) []byte { return append(b, '\r', '\n') }); code != 200 || len(w.updates()) != 1 {
		t.Errorf("space around it: %d, %d heard", code, len(w.updates()))
	}
}

// JSON is a format that the console can be set to. We take XML; what is not understood is refused and not lost in silence.
func TestJSONCallbacksAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, b := range []string{`{"ToUserName":"gh_acc","FromUserName":"` + who + `","CreateTime":1777636800,"MsgType":"text","Content":"+2","MsgId":1}`, `{"Encrypt":"AAAA"}`} {
		if code, _ := w.post(b, nil); code != 400 || len(w.updates()) != 0 {
			t.Errorf("%d, %d heard of %s", code, len(w.updates()), b)
		}
	}
}

// Too many messages for a trigger shut the window like its end does: the platform is not asked again.
func TestTooManyShutsTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	w.town.Fail(pathCustom, 45047)
	for n := range 2 {
		if out := w.push(bot.Reply{Text: "x"}, fmt.Sprint(n)); out.Sent != bot.SentUnreachable {
			t.Errorf("%+v", out)
		}
	}
	if n := strings.Count(strings.Join(w.town.Calls(), " "), "custom/send"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// What only the operator can mend is told to the operator, by its name; what mends itself is not.
func TestOperatorsHearWhatTheyMustMend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		path  string
		codes []int
		tells string
	}{
		{pathCustom, []int{40001, 40001, 40001}, "token"},
		{pathCustom, []int{40164}, "ip_not_listed"},
		{pathToken, []int{40164}, "ip_not_listed"},
		{pathCustom, []int{48001}, "no_ability"},
		{pathCustom, []int{12345}, "code_12345"},
		{pathTemplate, []int{40037}, "template_id"},
		{pathTemplate, []int{41030}, "template_page"},
		{pathTemplate, []int{47003}, "template_field"},
		{pathTemplate, []int{48001}, "no_ability"},
		{pathCustom, []int{-1}, ""},
		{pathCustom, []int{45009}, ""},
		{pathCustom, []int{45011}, ""},
		{pathCustom, []int{45015}, ""},
		{pathCustom, []int{45047}, ""},
		{pathCustom, []int{48002}, ""},
		{pathCustom, []int{40003}, ""},
		{pathCustom, []int{43004}, ""},
		{pathCustom, []int{40200}, ""},
		{pathCustom, []int{42001}, ""},
	} {
		t.Run(fmt.Sprint(tc.path, tc.codes), func(t *testing.T) {
			t.Parallel()
			w := templateWorld(t)
			if tc.path != pathTemplate {
				w.speak("hi")
			}
			w.town.Fail(tc.path, tc.codes...)
			w.push(arrived(), "k")
			log := w.log.String()
			if told := strings.Contains(log, "needs its operator"); told != (tc.tells != "") || !strings.Contains(log, tc.tells) {
				t.Errorf("told: %v, want %q\n%s", told, tc.tells, log)
			}
		})
	}
}
