package wecom_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/bot/fake"
	fakewc "tuanbot/bot/fake/wecom"
	"tuanbot/bot/wecom"
)

const (
	corp          = "ww0123456789abcdef"
	appSecret     = "canary-app-secret"
	kfSecret      = "canary-kf-secret"
	contactSecret = "canary-contact-secret"
	robotKey      = "canary-robot-key-7f3a"
	agent         = 1000002
	member        = "ZhangSan"
)

func seal(n byte) wecom.Seal {
	key := bytes.Repeat([]byte{'k', n}, 21)
	return wecom.Seal{Token: "canaryToken" + string(n), AESKey: string(key) + "A"}
}

func fakeSeal(s wecom.Seal) fakewc.Seal { return fakewc.Seal(s) }

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

// world is a company of ours before the stand-in of its platform.
type world struct {
	t        *testing.T
	clock    *clock
	town     *fakewc.Town
	api, bot *httptest.Server
	ch       *wecom.Channel
	notes    *bottest.Notebook
	log      *buffer
	cfg      wecom.Config
	customer string
	group    string

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

func (w *world) fails(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.say = func(context.Context, bot.Update) (bot.Taken, error) { return bot.Taken{}, err }
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

type option func(*fakewc.Config, *wecom.Config)

func newBare(opts ...option) *world {
	w := &world{clock: &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}, log: &buffer{}}
	w.notes = bottest.NewNotebook(w.clock.Now)
	tc := fakewc.Config{
		CorpID: corp, AgentID: agent, AppSecret: appSecret, KFSecret: kfSecret, ContactSecret: contactSecret,
		App: fakeSeal(seal('1')), KF: fakeSeal(seal('2')), Bot: fakeSeal(seal('3')), KFID: "wkKefu0001", BotID: "AIBOT1", BotName: "团购助手",
		Clock: w.clock.Now, Random: rand.Reader, Patience: 5 * time.Second,
	}
	cfg := wecom.Config{
		CorpID: corp, AgentID: agent, AppSecret: appSecret, App: seal('1'), Robots: map[string]string{"3号楼": robotKey}, KFSecret: kfSecret, KF: seal('2'),
		Bot: seal('3'), ContactSecret: contactSecret, PublicURL: "https://tuan.example.org", Notes: w.notes, Clock: w.clock.Now, Random: rand.Reader,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Taker: w, HTTP: &http.Client{Timeout: 5 * time.Second},
	}
	for _, o := range opts {
		o(&tc, &cfg)
	}
	w.town, w.cfg = fakewc.New(tc), cfg
	w.town.AddMember(member, "张三")
	w.customer = w.town.AddCustomer("王姐")
	w.group = w.town.AddGroup("3 号楼业主", robotKey, member)
	ch, err := wecom.New(cfg)
	if err != nil {
		panic(err)
	}
	w.ch = ch
	return w
}

func newWorld(t *testing.T, opts ...option) *world {
	t.Helper()
	w := newBare(opts...)
	w.t = t
	w.api = httptest.NewServer(w.town.Handler())
	t.Cleanup(w.api.Close)
	w.cfg.BaseURL = w.api.URL
	w.town.SetBase(w.api.URL)
	w.ch = w.open()
	mux := http.NewServeMux()
	w.ch.Routes(mux)
	w.bot = httptest.NewServer(mux)
	t.Cleanup(w.bot.Close)
	w.town.SetHook(w.bot.URL + "/hook/wecom")
	return w
}

func (w *world) open() *wecom.Channel {
	w.t.Helper()
	ch, err := wecom.New(w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return ch
}

// run is another copy of the program, or this one after a death, that looks what customer service still owes.
func (w *world) run() {
	w.t.Helper()
	w.open().FetchKF(w.t.Context(), true)
}

func (w *world) good(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) speak(who, chat, text string) {
	w.t.Helper()
	w.good(w.town.Say(w.t.Context(), who, chat, text))
}

// bind gives the group's robot to the AI bot in it, as people do it.
func (w *world) bind() {
	w.t.Helper()
	w.speak(member, w.group, "@团购助手 机器人 3号楼")
	code := ""
	for _, m := range w.town.Shown(member, w.group) {
		if m.Form == "robot" {
			code = digits(m.Text)[:6]
		}
	}
	w.speak(member, w.group, "@团购助手 绑定 "+code)
}

func digits(s string) string {
	out := ""
	for _, r := range s {
		if r >= '0' && r <= '9' {
			out += string(r)
		}
	}
	return out
}

// shown are the messages of ours that somebody sees.
func (w *world) shown(who, chat string) []fake.Message {
	var all []fake.Message
	for _, m := range w.town.Shown(who, chat) {
		if m.From == "" {
			all = append(all, m)
		}
	}
	return all
}

func (w *world) lastShown(who, chat string) fake.Message {
	w.t.Helper()
	all := w.shown(who, chat)
	if len(all) == 0 {
		w.t.Fatal("nothing is shown")
	}
	return all[len(all)-1]
}

func (w *world) noFaults() {
	w.t.Helper()
	for _, f := range w.town.Faults() {
		w.t.Errorf("the platform complains: %s", f)
	}
}

func (w *world) push(to, key string, r bot.Reply) bot.Outcome {
	return w.ch.Send(w.t.Context(), bot.Outgoing{To: address(to), Reply: r, Key: key})
}

func address(to string) bot.Address {
	if to[0] == 'u' || to[0] == 'k' {
		return bot.Address{Channel: wecom.ChannelName, Person: to}
	}
	return bot.Address{Channel: wecom.ChannelName, Chat: to}
}

// post sends a callback with its query and body changed, and gives status and answer.
func (w *world) post(door, body string, change func(q url.Values, sealed []byte) []byte) (int, string) {
	w.t.Helper()
	q, sealed, err := w.town.Callback(door, body)
	w.good(err)
	if change != nil {
		sealed = change(q, sealed)
	}
	return w.request(http.MethodPost, door, q, sealed)
}

func (w *world) request(method, door string, q url.Values, sealed []byte) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.bot.URL+"/hook/wecom"+door+"?"+q.Encode(), bytes.NewReader(sealed))
	w.good(err)
	res, err := w.bot.Client().Do(req)
	w.good(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	w.good(err)
	return res.StatusCode, string(b)
}

// unseal opens an answer of the AI bot.
func (w *world) unseal(answer string) string {
	w.t.Helper()
	var env struct {
		Encrypt string `json:"encrypt"`
	}
	w.good(json.Unmarshal([]byte(answer), &env))
	raw, err := fake.Unseal(seal('3').AESKey, "", env.Encrypt)
	w.good(err)
	return string(raw)
}

func (w *world) textBody() string {
	return w.town.XML(member, "text", "<Content>+2</Content><MsgId>4242</MsgId>")
}

const botBody = `{"msgid":"CAIQ1","aibotid":"AIBOT1","chatid":"wr1","chattype":"group","from":{"userid":"` + member + `"},"msgtype":"text","text":{"content":"@团购助手 +2"}}`
