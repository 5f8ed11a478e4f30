package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/bot/fake"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

func TestAddressIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	get := func(change func(url.Values)) (int, string) {
		q, _, err := w.town.Callback("")
		if err != nil {
			t.Fatal(err)
		}
		q.Set("echostr", "5837<b>")
		change(q)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.bot.URL+"/hook/wechat?"+q.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return do(t, w.bot.Client(), req)
	}
	if code, body := get(func(url.Values) {}); code != 200 || body != "5837<b>" {
		t.Errorf("%d %q", code, body)
	}
	for name, change := range map[string]func(url.Values){
		"forged": func(q url.Values) { q.Set("signature", strings.Repeat("0", 40)) },
		"none":   func(q url.Values) { q.Del("signature") },
		"nonce":  func(q url.Values) { q.Set("nonce", "x") },
		"stale":  func(url.Values) { w.clock.forward(11 * time.Minute) },
	} {
		if code, body := get(change); code != 403 || strings.Contains(body, "5837") {
			t.Errorf("%s: %d %q", name, code, body)
		}
	}
}

// What the library's own server does not do, row by row of the facts' table.
func TestCallbacksThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(w *world, q url.Values, sealed []byte) []byte
		want   int
	}{
		"bad signature": {func(_ *world, q url.Values, b []byte) []byte { q.Set("signature", strings.Repeat("a", 40)); return b }, 403},
		"no signature":  {func(_ *world, q url.Values, b []byte) []byte { q.Del("signature"); return b }, 403},
		"bad message signature": {func(_ *world, q url.Values, b []byte) []byte {
			q.Set("msg_signature", strings.Repeat("a", 40))
			return b
		}, 403},
		"old":             {func(w *world, _ url.Values, b []byte) []byte { w.clock.forward(11 * time.Minute); return b }, 403},
		"from the future": {func(w *world, _ url.Values, b []byte) []byte { w.clock.forward(-11 * time.Minute); return b }, 403},
		"time that is no number": {func(_ *world, q url.Values, b []byte) []byte {
			q.Set("timestamp", "soon")
			return b
		}, 403},
		"downgrade, none": {func(_ *world, q url.Values, _ []byte) []byte { q.Del("encrypt_type"); return []byte(textBody) }, 403},
		"downgrade, raw":  {func(_ *world, q url.Values, _ []byte) []byte { q.Set("encrypt_type", "raw"); return []byte(textBody) }, 403},
		"unknown kind":    {func(_ *world, q url.Values, b []byte) []byte { q.Set("encrypt_type", "rot13"); return b }, 403},
		"plain body said to be sealed": {func(_ *world, _ url.Values, _ []byte) []byte {
			return []byte(textBody)
		}, 400},
		"oversized": {func(_ *world, _ url.Values, b []byte) []byte {
			return append(b, bytes.Repeat([]byte(" "), 64<<10)...)
		}, 413},
		"garbage":   {func(_ *world, _ url.Values, _ []byte) []byte { return []byte("{not xml") }, 400},
		"truncated": {func(_ *world, _ url.Values, b []byte) []byte { return b[:len(b)/2] }, 400},
		"empty":     {func(_ *world, _ url.Values, _ []byte) []byte { return nil }, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			code, body := w.post(textBody, func(q url.Values, b []byte) []byte { return tc.change(w, q, b) })
			if code != tc.want || body == "" || len(w.updates()) != 0 {
				t.Errorf("%d %q, %d heard; want %d with words and nothing heard", code, body, len(w.updates()), tc.want)
			}
		})
	}
}

func TestSealedForSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]option{
		"another account": func(tc *fakewx.Config, _ *wechat.Config) { tc.AppID = "wxsomebodyelse" },
		"another key":     func(tc *fakewx.Config, _ *wechat.Config) { tc.AESKey = otherKey },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			if code, _ := w.post(textBody, nil); code != 403 || len(w.updates()) != 0 {
				t.Errorf("%d, %d heard", code, len(w.updates()))
			}
		})
	}
}

func TestOldKeyStillOpensAndSealsTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(tc *fakewx.Config, c *wechat.Config) {
		tc.AESKey = otherKey
		c.PreviousAESKey = otherKey
	})
	w.answer(bot.Reply{Text: "好"})
	w.speak("+2")
	if got := w.shown(); len(got) != 1 || got[0] != "好" {
		t.Errorf("shown %q", got)
	}
	w.noFaults()
}

func TestPlainCallbacksOnlyWhereAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(tc *fakewx.Config, c *wechat.Config) { tc.Plain, c.AllowPlain, c.AESKey = true, true, "" })
	w.answer(bot.Reply{Text: "记下了"})
	w.speak("+2")
	if got := w.shown(); len(got) != 1 || got[0] != "记下了" {
		t.Errorf("shown %q", got)
	}
	w.noFaults()
}

// An echostr on a message is a way to have it skipped: it is neither echoed nor does it hide the message.
func TestEchostrOnAMessageMeansNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, body := w.post(textBody, func(q url.Values, b []byte) []byte { q.Set("echostr", "hello"); return b })
	if code != 200 || body != "success" || len(w.updates()) != 1 {
		t.Errorf("%d %q, %d heard", code, body, len(w.updates()))
	}
}

func TestNothingToSayIsSuccess(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bot.Taken{"no reply": {}, "an empty reply": {Replies: []bot.Reply{{}}}, "late": {Late: true, Replies: []bot.Reply{{Text: "x"}}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.say = func(context.Context, bot.Update) (bot.Taken, error) { return taken, nil }
			if code, body := w.post(textBody, nil); code != 200 || body != "success" {
				t.Errorf("%d %q", code, body)
			}
		})
	}
}

func TestFaultsAreNotAcknowledged(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(context.Context, bot.Update) (bot.Taken, error){
		"error": func(context.Context, bot.Update) (bot.Taken, error) {
			return bot.Taken{}, errors.New("the database is away")
		},
		"panic": func(context.Context, bot.Update) (bot.Taken, error) { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.say = say
			err := w.town.Say(t.Context(), who, "", "+2")
			if err == nil || len(w.updates()) != 4 {
				t.Fatalf("%v; delivered %d times, want 4", err, len(w.updates()))
			}
			for _, up := range w.updates() {
				if up.Key != w.updates()[0].Key || up.Hash != w.updates()[0].Hash {
					t.Error("a redelivery looks like another message")
				}
			}
		})
	}
	w := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) { c.Taker = nil })
	if code, _ := w.post(textBody, nil); code != 503 {
		t.Errorf("without anybody to take it: %d", code)
	}
}

// intake is the real thing in front of a handler that counts.
func intake(w *world, handle func(up bot.Update) []bot.Reply) *bot.Intake {
	return bot.NewIntake(bot.IntakeConfig{
		Handler: handler(handle), Inbox: bottest.NewInbox(w.clock.Now), Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler), Owner: "a",
	})
}

type handler func(up bot.Update) []bot.Reply

func (h handler) Handle(_ context.Context, up bot.Update) ([]bot.Reply, error) { return h(up), nil }

func TestRedeliveryGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ch.SetTaker(intake(w, func(bot.Update) []bot.Reply { return []bot.Reply{{Text: "已记下 2 份"}} }))
	w.town.Repeat(3)
	w.speak("+2")
	w.noFaults()
	if got := w.shown(); len(got) != 1 || got[0] != "已记下 2 份" {
		t.Errorf("shown %q", got)
	}
}

// While the first delivery is at work the second waits for it, and both get one answer from one handling.
func TestRedeliveryInFlightWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newBare(t)
		handled, goOn := 0, make(chan struct{})
		w.ch.SetTaker(intake(w, func(bot.Update) []bot.Reply {
			handled++
			<-goOn
			return []bot.Reply{{Text: "一次"}}
		}))
		mux := http.NewServeMux()
		w.ch.Routes(mux)
		q, sealed, err := w.town.Callback(textBody)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		answers := make([]*httptest.ResponseRecorder, 3)
		for i := range answers {
			answers[i] = httptest.NewRecorder()
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook/wechat?"+q.Encode(), bytes.NewReader(sealed))
			group.Go(func() { mux.ServeHTTP(answers[i], req) })
			synctest.Wait()
		}
		close(goOn)
		group.Wait()
		for _, a := range answers {
			if a.Code != 200 || a.Body.Len() != answers[0].Body.Len() || a.Body.Len() < 100 {
				t.Errorf("answered %d with %d bytes", a.Code, a.Body.Len())
			}
		}
		if handled != 1 {
			t.Errorf("handled %d times", handled)
		}
	})
}

// An answer that takes longer than the platform waits: the callback is acknowledged in time and the words leave as service
// messages in the window that the very message opened.
func TestSlowAnswerLeavesLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	goOn := make(chan struct{})
	in := bot.NewIntake(bot.IntakeConfig{
		Handler: handler(func(bot.Update) []bot.Reply { <-goOn; return []bot.Reply{{Text: "慢慢来"}} }), Inbox: bottest.NewInbox(w.clock.Now),
		Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler), Owner: "a", Patience: 20 * time.Millisecond,
	})
	in.Add(w.ch)
	w.ch.SetTaker(in)
	w.speak("+2")
	if got := w.shown(); len(got) != 0 {
		t.Errorf("shown %q before it was ready", got)
	}
	close(goOn)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = in.Run(ctx) // waits for what is under way
	if got := w.shown(); len(got) != 1 || got[0] != "慢慢来" {
		t.Errorf("shown %q", got)
	}
	w.noFaults()
}

// Answers carry a time, nonce and random bytes of their own, not the callback's.
func TestAnswersAreSealedFreshly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "同样的话"})
	q, sealed, err := w.town.Callback(textBody)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.bot.URL+"/hook/wechat?"+q.Encode(), bytes.NewReader(sealed))
		if err != nil {
			t.Fatal(err)
		}
		_, body := do(t, w.bot.Client(), req)
		bodies = append(bodies, body)
		if strings.Contains(body, q.Get("nonce")) {
			t.Error("the callback's nonce is used again")
		}
	}
	if bodies[0] == bodies[1] {
		t.Error("two answers are sealed with the same random bytes")
	}
}

// The library reads the time as a 32-bit number; we do not.
func TestTimesAfter2038(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.forward(20 * 365 * 24 * time.Hour)
	w.answer(bot.Reply{Text: "还在"})
	w.speak("+1")
	if got := w.shown(); len(got) != 1 {
		t.Errorf("shown %q", got)
	}
	if at := w.last().At; at.Year() < 2046 {
		t.Errorf("heard at %s", at)
	}
	w.noFaults()
}

func TestControlCharactersNeverLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "小\x00明\x1b[31m ]]> +2\x07\x7f\ufffe", Choices: []bot.Choice{{Label: "撤\x01销", Action: "undo D"}}})
	w.speak("+2")
	w.noFaults()
	if got := w.shown(); len(got) != 1 || !strings.HasPrefix(got[0], "小明[31m ]]＞ +2") {
		t.Errorf("shown %q", got)
	}
}

// A person who writes a link does not make one of ours.
func TestWordsOfPeopleAreNoLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{
		Text:    `<a href="https://evil.example">付款</a>`,
		Choices: []bot.Choice{{Label: "看看", URL: `https://tuan.example.org/d/7KQ4?a="><b>`}},
	})
	w.speak("看看")
	var urls []string
	for _, m := range w.town.Shown(who, "") {
		for _, b := range m.Buttons {
			urls = append(urls, b.URL)
		}
	}
	if text := w.shown()[0]; strings.ContainsAny(text, "<>") {
		t.Errorf("shown %q", text)
	}
	if len(urls) != 1 || urls[0] != "https://tuan.example.org/d/7KQ4?a=%22%3E%3Cb%3E" {
		t.Errorf("links %q", urls)
	}
	w.noFaults()
}

func TestOneAnswerForAllReplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(
		bot.Reply{Text: "已记下：阳光玫瑰 2 份", Choices: []bot.Choice{{Label: "改数量", Action: "change D 1"}, {Label: "退团", Action: "leave D 1"}}},
		bot.Reply{Text: "还差 3 份", Choices: []bot.Choice{{Label: "打开", URL: "https://tuan.example.org/d/D"}, {Label: "进度", Action: "status D"}}},
	)
	w.speak("+2")
	got := w.shown()
	if want := "已记下：阳光玫瑰 2 份\n\n还差 3 份\n\n打开\n\n回复数字：1 改数量　2 退团　3 进度"; len(got) != 1 || got[0] != want {
		t.Fatalf("shown %q, want %q", got, want)
	}
	w.noFaults()
	w.answer(bot.Reply{Text: "好的"})
	if err := w.town.Press(t.Context(), who, "", "退团"); err != nil {
		t.Fatal(err)
	}
	if up := w.last(); up.Kind != bot.KindAction || up.Action != "leave D 1" || up.Text != "" {
		t.Errorf("heard %+v", up)
	}
}

func TestCardWithAPictureIsNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{
		Card:    &bot.Card{Deal: "7KQ4D", Icon: "🍇", Title: "阳光玫瑰", Price: "¥29.90", Done: 17, Want: 20, Progress: "17/20 份", Picture: "https://tuan.example.org/p/1.jpg"},
		Choices: []bot.Choice{{Label: "+1", Action: "join 7KQ4D A1"}},
	})
	w.speak("看看")
	m := w.town.Shown(who, "")[1]
	if m.Form != "news" || m.Picture != "https://tuan.example.org/p/1.jpg" || m.Buttons[len(m.Buttons)-1].URL != "https://tuan.example.org/d/7KQ4D" ||
		!strings.Contains(m.Text, "¥29.90") || !strings.Contains(m.Text, "1 +1") {
		t.Errorf("shown %+v", m)
	}
	w.noFaults()
	w.speak("1")
	if up := w.last(); up.Action != "join 7KQ4D A1" {
		t.Errorf("heard %+v", up)
	}
}

func TestFakeGivesUpLikeThePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say = func(context.Context, bot.Update) (bot.Taken, error) { return bot.Taken{}, errors.New("away") }
	if w.town.Say(t.Context(), who, "", "+2") == nil || !strings.Contains(w.shown()[0], "故障") || len(w.town.Faults()) == 0 {
		t.Errorf("shown %q, faults %q", w.shown(), w.town.Faults())
	}
	w.town.AddPerson(fake.Person{ID: "oStranger"}, false)
	if w.town.Say(t.Context(), "oStranger", "", "+2") == nil {
		t.Error("a stranger writes")
	}
}
