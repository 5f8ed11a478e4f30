package chat_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/assets"
	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/bot/fake"
	faketelegram "tuanbot/bot/fake/telegram"
	fakewechat "tuanbot/bot/fake/wechat"
	fakewecom "tuanbot/bot/fake/wecom"
	"tuanbot/bot/telegram"
	"tuanbot/bot/wechat"
	"tuanbot/bot/wecom"
	"tuanbot/handlers/chat/chattest"
	"tuanbot/storage/storagetest/engines"
)

// direct lets a client speak to a handler without a network.
type direct struct {
	to   http.Handler
	seen func(path string) // after each request; may be nil
}

func (d *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	rec := httptest.NewRecorder()
	d.to.ServeHTTP(rec, r)
	if d.seen != nil {
		d.seen(r.URL.Path)
	}
	return rec.Result(), nil
}

func good(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// overTelegram opens the Telegram channel before its stand-in, with a webhook and no network between them.
func overTelegram(t *testing.T, clock func() time.Time, taker bot.Taker) *chattest.Stand {
	t.Helper()
	const token, name = "4242:stand-in", "TuanTestBot"
	ready := make(chan struct{})
	hooked := sync.OnceFunc(func() { close(ready) })
	in, out := http.NewServeMux(), &direct{}
	out.seen = func(path string) {
		if strings.HasSuffix(path, "/setWebhook") {
			hooked()
		}
	}
	town, err := faketelegram.New(faketelegram.Config{
		Token: token, Username: name, Clock: clock, HTTP: &http.Client{Transport: &direct{to: in}}, Pause: func(context.Context) {},
	})
	good(t, err)
	out.to = town.Handler()
	ch, err := telegram.New(telegram.Config{
		Token: token, Username: name, Mode: telegram.ModeWebhook, BaseURL: "https://api.test", PublicURL: "https://bot.test", Taker: taker,
		Notes: bottest.NewNotebook(clock), Clock: clock, HTTP: &http.Client{Transport: out}, Log: slog.New(slog.DiscardHandler),
		Words: func(lang, key string) string { return assets.Word(lang, "telegram."+key) },
	})
	good(t, err)
	ch.Routes(in)
	serve(t, ch.Run)
	s := &chattest.Stand{
		Platform: town, Channel: ch, Groups: true, Mention: "@" + name + " ",
		Person: func(name, lang string) string { return town.AddPerson(name, "", lang) },
		Again:  func() error { return town.Again(t.Context()) },
	}
	s.Group = func(title string, members []string) string {
		id := town.AddGroup(title, members...)
		good(t, town.TakeIn(t.Context(), members[0], id))
		good(t, town.Promote(t.Context(), members[0], id))
		return id
	}
	<-ready
	return s
}

// overWeChat opens the official account before its stand-in: sealed callbacks, passive answers, service messages.
func overWeChat(t *testing.T, clock func() time.Time, taker bot.Taker) *chattest.Stand {
	t.Helper()
	const app, secret, token = "wxtest0001", "secretofthetest", "tokenofthetest"
	key := strings.Repeat("k1", 21) + "Z"
	in, out := http.NewServeMux(), &direct{}
	town := fakewechat.New(fakewechat.Config{
		AppID: app, Secret: secret, Token: token, AESKey: key, Hook: "https://bot.test/hook/wechat", Clock: clock, Random: rand.Reader,
		HTTP: &http.Client{Transport: &direct{to: in}},
	})
	out.to = town.Handler()
	ch, err := wechat.New(wechat.Config{
		AppID: app, Secret: secret, Token: token, AESKey: key, BaseURL: "https://api.test", PublicURL: "https://bot.test", Taker: taker,
		Notes: bottest.NewNotebook(clock), Clock: clock, Random: rand.Reader, HTTP: &http.Client{Transport: out}, Log: slog.New(slog.DiscardHandler),
	})
	good(t, err)
	ch.Routes(in)
	serve(t, ch.Run)
	people := 0
	return &chattest.Stand{
		Platform: town, Channel: ch, Numbers: true,
		Person: func(name, _ string) string {
			people++
			id := fmt.Sprintf("oPerson%04d", people)
			town.AddPerson(fake.Person{ID: id, Name: name}, true)
			return id
		},
		Before: func(who string) { good(t, town.Say(t.Context(), who, "", "嗯")) },
	}
}

// company opens WeCom before its stand-in: an app and an AI bot for members, robots, customer service.
func company(t *testing.T, clock func() time.Time, taker bot.Taker) (*fakewecom.Town, *wecom.Channel) {
	t.Helper()
	const corp = "wwtest0001"
	seal := func(n string) wecom.Seal {
		return wecom.Seal{Token: "token" + n, AESKey: strings.Repeat("k"+n, 21) + "A"}
	}
	in, out := http.NewServeMux(), &direct{}
	town := fakewecom.New(fakewecom.Config{
		CorpID: corp, AgentID: 7, AppSecret: "app-secret", KFSecret: "kf-secret", App: fakewecom.Seal(seal("1")), KF: fakewecom.Seal(seal("2")), Bot: fakewecom.Seal(seal("3")),
		KFID: "wkTest", BotID: "bot", BotName: "助手", Hook: "https://bot.test/hook/wecom", Base: "https://api.test", Clock: clock, Random: rand.Reader,
		HTTP: &http.Client{Transport: &direct{to: in}},
	})
	out.to = town.Handler()
	ch, err := wecom.New(wecom.Config{
		CorpID: corp, AgentID: 7, AppSecret: "app-secret", App: seal("1"), KFSecret: "kf-secret", KF: seal("2"), Bot: seal("3"), Robots: robots(),
		BaseURL: "https://api.test", PublicURL: "https://bot.test", Taker: taker, Notes: bottest.NewNotebook(clock), Clock: clock, Random: rand.Reader,
		HTTP: &http.Client{Transport: out}, Log: slog.New(slog.DiscardHandler), Words: func(lang, key string) string { return assets.Word(lang, key) },
	})
	good(t, err)
	ch.Routes(in)
	serve(t, ch.Run)
	return town, ch
}

// robots are the keys of a few groups' robots.
func robots() map[string]string {
	all := map[string]string{}
	for i := range 9 {
		all[fmt.Sprint("楼", i)] = fmt.Sprint("robot-of-the-test-", i)
	}
	return all
}

// wecomIDs writes ids of the platform in the channel's form.
type wecomIDs struct {
	*wecom.Channel
	person string
}

// Send puts what says which door it is before an id.
func (c wecomIDs) Send(ctx context.Context, out bot.Outgoing) bot.Outcome {
	if out.To.Chat != "" {
		out.To.Chat = "b:" + out.To.Chat
	} else {
		out.To.Person = c.person + out.To.Person
	}
	return c.Channel.Send(ctx, out)
}

// overWeCom lets everybody be a member of the company: private talks go over the app, groups over the AI bot and a robot.
func overWeCom(t *testing.T, clock func() time.Time, taker bot.Taker) *chattest.Stand {
	t.Helper()
	town, ch := company(t, clock, taker)
	people := 0
	s := &chattest.Stand{
		Platform: town, Channel: wecomIDs{ch, "u:"}, Numbers: true, Groups: true, Mentions: true, NoLinks: true, Mention: "@助手 ",
		Person: func(name, _ string) string {
			people++
			return town.AddMember(fmt.Sprintf("member%04d", people), name)
		},
		Again: town.Again,
	}
	groups := 0
	s.Group = func(title string, members []string) string {
		groups++
		name := fmt.Sprint("楼", groups)
		id := town.AddGroup(title, robots()[name], members...)
		good(t, town.Say(t.Context(), members[0], id, "@助手 机器人 "+name))
		for _, m := range town.Shown(members[0], id) {
			if _, code, ok := strings.Cut(m.Text, "绑定 "); ok && m.Form == "robot" {
				good(t, town.Say(t.Context(), members[0], id, "@助手 绑定 "+code[:6]))
			}
		}
		return id
	}
	return s
}

// overKF lets everybody be a customer on WeChat who writes to customer service.
func overKF(t *testing.T, clock func() time.Time, taker bot.Taker) *chattest.Stand {
	t.Helper()
	town, ch := company(t, clock, taker)
	return &chattest.Stand{
		Platform: town, Channel: wecomIDs{ch, "k:"}, Person: func(name, _ string) string { return town.AddCustomer(name) },
		Before: func(who string) { good(t, town.Say(t.Context(), who, "", "嗯")) }, Again: town.Again,
	}
}

func serve(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestTranscriptsOverTheWire plays every conversation through a real channel and the platform's stand-in: what people say
// arrives as it was meant, the answers are the same, and the platform has nothing to complain about.
func TestTranscriptsOverTheWire(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.chat")
	good(t, err)
	for name, on := range map[string]struct {
		open  chattest.Open
		share int64 // percent of the lines that people can say there at least
	}{"telegram": {overTelegram, 90}, "wechat": {overWeChat, 25}, "wecom": {overWeCom, 25}, "wecom kf": {overKF, 25}} { // an official account takes part in no groups
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var over, past atomic.Int64
			t.Cleanup(func() {
				if all := over.Load() + past.Load(); over.Load()*100 < on.share*all {
					t.Errorf("only %d lines went over the wire, %d did not", over.Load(), past.Load())
				}
				t.Logf("%d lines over the wire, %d past it", over.Load(), past.Load())
			})
			for _, path := range paths {
				t.Run(strings.TrimSuffix(filepath.Base(path), ".chat"), func(t *testing.T) {
					t.Parallel()
					engines.Each(t, func(t *testing.T, p engines.Pair) {
						t.Helper()
						a, b := chattest.PlayOver(t, path, on.open, p)
						over.Add(int64(a))
						past.Add(int64(b))
					})
				})
			}
		})
	}
}
