package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/fake"
	faketg "tuanbot/bot/fake/telegram"
	"tuanbot/bot/telegram"
)

const (
	token  = "4242:CANARY-token_of-the-bot"
	secret = "CANARY-secret_of-the-hook"
	name   = "TuanTestBot"
)

// direct lets a client speak to a handler without a network, so that a test's clock stands still while it works.
type direct struct {
	mu   sync.Mutex
	to   http.Handler
	fail func(*http.Request) (*http.Response, error) // nil, or gives an answer of its own; nil, nil passes on
}

func (d *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	to, fail := d.to, d.fail
	d.mu.Unlock()
	if r.Body != nil {
		defer r.Body.Close()
	}
	if fail != nil {
		if resp, err := fail(r); resp != nil || err != nil {
			return resp, err
		}
	}
	rec := httptest.NewRecorder()
	to.ServeHTTP(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func (d *direct) breaks(f func(*http.Request) (*http.Response, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = f
}

// taker records what comes in and answers as a test says.
type taker struct {
	mu     sync.Mutex
	ups    []bot.Update
	answer func(bot.Update) (bot.Taken, error)
}

func (k *taker) Take(_ context.Context, up bot.Update) (bot.Taken, error) {
	k.mu.Lock()
	k.ups = append(k.ups, up)
	answer := k.answer
	k.mu.Unlock()
	if answer == nil {
		return bot.Taken{}, nil
	}
	return answer(up)
}

func (k *taker) says(f func(bot.Update) (bot.Taken, error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answer = f
}

func (k *taker) replies(rs ...bot.Reply) {
	k.says(func(bot.Update) (bot.Taken, error) { return bot.Taken{Replies: rs}, nil })
}

// all are the updates so far.
func (k *taker) all() []bot.Update {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.ups)
}

// last is the newest update.
func (k *taker) last(t *testing.T) bot.Update {
	t.Helper()
	all := k.all()
	if len(all) == 0 {
		t.Fatal("nothing came in")
	}
	return all[len(all)-1]
}

// notebook is bot.Notebook in memory.
type notebook struct {
	mu   sync.Mutex
	page map[string][]byte
	fail error
}

func (n *notebook) Note(_ context.Context, page, key string) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.page[page+"\x00"+key], n.fail
}

func (n *notebook) Change(_ context.Context, page, key string, f func([]byte) ([]byte, time.Time, error)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fail != nil {
		return n.fail
	}
	v, _, err := f(n.page[page+"\x00"+key])
	n.page[page+"\x00"+key] = v
	return err
}

func (n *notebook) ChangeAll(ctx context.Context, page string, keys []string, f func(string, []byte) ([]byte, time.Time, error)) error {
	for _, key := range keys {
		if err := n.Change(ctx, page, key, func(old []byte) ([]byte, time.Time, error) { return f(key, old) }); err != nil {
			return err
		}
	}
	return nil
}

func (n *notebook) Keys(context.Context, string, string, int) ([]string, error) { return nil, nil }
func (n *notebook) Forget(context.Context, string, string) error                { return nil }

func (n *notebook) breaks(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fail = err
}

// world is a Telegram, a channel that speaks to it, and somebody who takes updates.
type world struct {
	t     *testing.T
	town  *faketg.Town
	ch    *telegram.Channel
	took  *taker
	notes *notebook
	out   *direct // from the channel to Telegram
	hook  *direct // from Telegram to the channel
	mux   *http.ServeMux
	log   *bytes.Buffer
	stop  func()
}

// build makes a world whose channel does not run yet.
func build(t *testing.T, edit func(*telegram.Config, *faketg.Config)) *world {
	t.Helper()
	w := &world{t: t, took: &taker{}, notes: &notebook{page: map[string][]byte{}}, out: &direct{}, hook: &direct{}, mux: http.NewServeMux(), log: &bytes.Buffer{}}
	fc := faketg.Config{Token: token, Username: name, Clock: time.Now, HTTP: &http.Client{Transport: w.hook}}
	tc := telegram.Config{
		Token: token, Secret: secret, BaseURL: "https://api.test", Notes: w.notes, Taker: w.took, Clock: time.Now, HTTP: &http.Client{Transport: w.out},
		Log: slog.New(slog.NewTextHandler(&locked{w: w.log}, &slog.HandlerOptions{Level: slog.LevelDebug})), Words: words,
	}
	if edit != nil {
		edit(&tc, &fc)
	}
	var err error
	if w.town, err = faketg.New(fc); err != nil {
		t.Fatal(err)
	}
	if w.ch, err = telegram.New(tc); err != nil {
		t.Fatal(err)
	}
	w.out.to, w.hook.to = w.town.Handler(), w.mux
	w.ch.Routes(w.mux)
	return w
}

type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func words(lang, key string) string { return key + " (" + lang + ")" }

// run starts the channel; it ends with the test.
func (w *world) run() {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.ch.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
	})
	w.t.Cleanup(w.stop)
	synctest.Wait()
}

// inBothModes runs a test with long polling and with a webhook, on a clock that moves only when everything waits.
func inBothModes(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, mode := range []telegram.Mode{telegram.ModePoll, telegram.ModeWebhook} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			alone(t, mode, nil, test)
		})
	}
}

func alone(t *testing.T, mode telegram.Mode, edit func(*telegram.Config, *faketg.Config), test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := build(t, func(tc *telegram.Config, fc *faketg.Config) {
			tc.Mode = mode
			if mode == telegram.ModeWebhook {
				tc.PublicURL = "https://bot.test"
			}
			if edit != nil {
				edit(tc, fc)
			}
		})
		w.run()
		test(t, w)
	})
}

// good fails the test when doing something did not work.
func (w *world) good(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// clean fails the test when the bot has broken a rule of Telegram.
func (w *world) clean() {
	w.t.Helper()
	synctest.Wait()
	for _, f := range w.town.Faults() {
		w.t.Error("fault:", f)
	}
}

// shown is what the bot has said in a chat, as a person sees it.
func (w *world) shown(who, chat string) (said []fake.Message) {
	w.t.Helper()
	synctest.Wait()
	for _, m := range w.town.Shown(who, chat) {
		if m.From == "" {
			said = append(said, m)
		}
	}
	return said
}

func (w *world) one(who, chat string) fake.Message {
	w.t.Helper()
	all := w.shown(who, chat)
	if len(all) == 0 {
		w.t.Fatal("the bot said nothing")
	}
	return all[len(all)-1]
}

// send delivers one message of the outbox, at a moment when no limit stands in the way.
func (w *world) send(out bot.Outgoing) bot.Outcome {
	w.t.Helper()
	w.later(5 * time.Second)
	return w.ch.Send(w.t.Context(), out)
}

// later lets time pass; the clock of a test is its own.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	time.Sleep(d)
	synctest.Wait()
}

var errStore = errors.New("the store is away")

func labels(m fake.Message) string {
	var all []string
	for _, b := range m.Buttons {
		all = append(all, b.Label)
	}
	return strings.Join(all, "|")
}
