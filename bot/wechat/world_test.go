package wechat_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/bot/fake"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

const (
	appID    = "wx0123456789abcdef"
	secret   = "canary-app-secret-7f3a"
	token    = "canary-callback-token"
	aesKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	otherKey = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcbA"
	who      = "oXiaoMing_-1"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// buffer is a log that several goroutines write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// world is an account of ours before the stand-in of its platform.
type world struct {
	t     *testing.T
	clock *clock
	town  *fakewx.Town
	api   *httptest.Server
	bot   *httptest.Server
	ch    *wechat.Channel
	notes *bottest.Notebook
	log   *buffer
	cfg   wechat.Config

	mu    sync.Mutex
	heard []bot.Update
	say   func(ctx context.Context, up bot.Update) (bot.Taken, error)
}

// Take answers as the test said and keeps what came.
func (w *world) Take(ctx context.Context, up bot.Update) (bot.Taken, error) {
	w.mu.Lock()
	w.heard = append(w.heard, up)
	say := w.say
	w.mu.Unlock()
	if say == nil {
		return bot.Taken{}, nil
	}
	return say(ctx, up)
}

func (w *world) answer(replies ...bot.Reply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.say = func(context.Context, bot.Update) (bot.Taken, error) { return bot.Taken{Replies: replies}, nil }
}

func (w *world) updates() []bot.Update {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]bot.Update(nil), w.heard...)
}

func (w *world) forgetHeard() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = nil
}

func (w *world) last() bot.Update {
	w.t.Helper()
	all := w.updates()
	if len(all) == 0 {
		w.t.Fatal("nothing was heard")
	}
	return all[len(all)-1]
}

// option changes a world before it begins.
type option func(*fakewx.Config, *wechat.Config)

func newWorld(t *testing.T, opts ...option) *world {
	t.Helper()
	w := newBare(t, opts...)
	w.api = httptest.NewServer(w.town.Handler())
	t.Cleanup(w.api.Close)
	w.cfg.BaseURL = w.api.URL
	w.ch = w.open(w.cfg)
	mux := http.NewServeMux()
	w.ch.Routes(mux)
	w.bot = httptest.NewServer(mux)
	t.Cleanup(w.bot.Close)
	w.town.SetHook(w.bot.URL + "/hook/wechat")
	t.Cleanup(func() { w.settle() })
	return w
}

// newBare is a world without sockets.
func newBare(t *testing.T, opts ...option) *world {
	t.Helper()
	w := &world{t: t}
	w.build(opts...)
	return w
}

func (w *world) build(opts ...option) {
	w.clock = &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	w.notes, w.log = bottest.NewNotebook(w.clock.Now), &buffer{}
	tc := fakewx.Config{
		AppID: appID, Secret: secret, Token: token, AESKey: aesKey, Site: "tuan.example.org", Clock: w.clock.Now, Random: rand.Reader, Patience: 2 * time.Second,
	}
	cfg := wechat.Config{
		AppID: appID, Secret: secret, Token: token, AESKey: aesKey, PublicURL: "https://tuan.example.org", SigningKey: []byte(strings.Repeat("canary-signing-key", 2)),
		Notes: w.notes, Clock: w.clock.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Taker: w,
		HTTP: &http.Client{Timeout: 5 * time.Second},
	}
	for _, o := range opts {
		o(&tc, &cfg)
	}
	w.town = fakewx.New(tc)
	w.town.AddPerson(fake.Person{ID: who, Name: "小明"}, true)
	w.cfg = cfg
	ch, err := wechat.New(cfg)
	if err != nil {
		panic(err)
	}
	w.ch = ch
}

func (w *world) open(cfg wechat.Config) *wechat.Channel {
	w.t.Helper()
	ch, err := wechat.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return ch
}

// settle runs the channel until it has written and sent all.
func (w *world) settle() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.ch.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		w.t.Error(err)
	}
}

func (w *world) speak(text string) {
	w.t.Helper()
	if err := w.town.Say(w.t.Context(), who, "", text); err != nil {
		w.t.Fatal(err)
	}
}

// shown are the texts that the account said to who.
func (w *world) shown() []string {
	var all []string
	for _, m := range w.town.Shown(who, "") {
		if m.From == "" {
			all = append(all, m.Text)
		}
	}
	return all
}

func (w *world) noFaults() {
	w.t.Helper()
	for _, f := range w.town.Faults() {
		w.t.Errorf("the platform complains: %s", f)
	}
}

func (w *world) push(r bot.Reply, key string) bot.Outcome {
	return w.ch.Send(w.t.Context(), bot.Outgoing{To: bot.Address{Channel: wechat.ChannelName, Person: who}, Reply: r, Key: key})
}

// post sends a callback body with the query changed, and gives status and answer.
func (w *world) post(body string, change func(q url.Values, sealed []byte) []byte) (int, string) {
	w.t.Helper()
	q, sealed, err := w.town.Callback(body)
	if err != nil {
		w.t.Fatal(err)
	}
	if change != nil {
		sealed = change(q, sealed)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.bot.URL+"/hook/wechat?"+q.Encode(), bytes.NewReader(sealed))
	if err != nil {
		w.t.Fatal(err)
	}
	return do(w.t, w.bot.Client(), req)
}

func do(t *testing.T, client *http.Client, req *http.Request) (int, string) {
	t.Helper()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

const textBody = `<xml><ToUserName>gh_acc</ToUserName><FromUserName>` + who + `</FromUserName><CreateTime>1777636800</CreateTime><MsgType>text</MsgType><Content>+2</Content><MsgId>24300000000000001</MsgId></xml>`
