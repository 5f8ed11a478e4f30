package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

// cache is a shared cache that can be broken or slow.
type cache struct {
	clock func() time.Time
	mu    sync.Mutex
	all   map[string]string
	ends  map[string]time.Time
	ttls  []time.Duration
	down  bool
	hangs bool
}

func newCache(clock func() time.Time) *cache {
	return &cache{clock: clock, all: map[string]string{}, ends: map[string]time.Time{}}
}

var errDown = errors.New("dial redis: refused")

func (c *cache) trouble(ctx context.Context) error {
	c.mu.Lock()
	down, hangs := c.down, c.hangs
	c.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if down {
		return errDown
	}
	return nil
}

func (c *cache) Get(ctx context.Context, key string) (string, bool, error) {
	if err := c.trouble(ctx); err != nil {
		return "", false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.all[key]
	return v, ok && c.clock().Before(c.ends[key]), nil
}

func (c *cache) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if err := c.trouble(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[key], c.ends[key] = value, c.clock().Add(ttl)
	c.ttls = append(c.ttls, ttl)
	return nil
}

func (c *cache) Delete(ctx context.Context, key string) error {
	if err := c.trouble(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, key)
	return nil
}

func (c *cache) Lock(ctx context.Context, key string, ttl time.Duration) (func(), bool, error) {
	if err := c.trouble(ctx); err != nil {
		return nil, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, held := c.all[key]; held && c.clock().Before(c.ends[key]) {
		return nil, false, nil
	}
	c.all[key], c.ends[key] = "x", c.clock().Add(ttl)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.all, key)
	}, true, nil
}

func cached(t *testing.T) (*world, *cache) {
	t.Helper()
	var shared *cache
	w := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		shared = newCache(c.Clock)
		c.Cache = shared
	})
	return w, shared
}

func (w *world) code(ch *wechat.Channel, payload string) error {
	_, err := ch.ShareQR(w.t.Context(), payload)
	return err
}

func (w *world) fetched() int {
	_, n := w.town.AccessToken()
	return n
}

// One fetch for many who ask at once, in one copy and over many.
func TestOneFetchForAll(t *testing.T) {
	t.Parallel()
	w, _ := cached(t)
	copies := []*wechat.Channel{w.ch}
	for range 19 {
		copies = append(copies, w.open(w.cfg))
	}
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			if err := w.code(copies[i%len(copies)], fmt.Sprint("deal D", i)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := w.fetched(); n != 1 {
		t.Errorf("%d fetches", n)
	}
	w.noFaults()
}

// A cache that is away, or hangs, costs requests and a moment, never an answer.
func TestBrokenCache(t *testing.T) {
	t.Parallel()
	for name, breakIt := range map[string]func(*cache){"down": func(c *cache) { c.down = true }, "hanging": func(c *cache) { c.hangs = true }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := cached(t)
			breakIt(c)
			began := time.Now()
			for i := range 3 {
				if err := w.code(w.ch, fmt.Sprint("deal D", i)); err != nil {
					t.Error(err)
				}
			}
			if n := w.fetched(); n != 1 {
				t.Errorf("%d fetches for 3 calls", n)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %s", took)
			}
			if !strings.Contains(w.log.String(), "the shared cache") {
				t.Error("nobody is told")
			}
		})
	}
}

// Near its end a stable token lives for less than the margin: it is not stored for ever, and the next one comes in time.
func TestTokenNearItsEnd(t *testing.T) {
	t.Parallel()
	w, c := cached(t)
	if err := w.code(w.ch, "deal A"); err != nil {
		t.Fatal(err)
	}
	w.clock.forward(7200*time.Second - 300*time.Second)
	next := w.open(w.cfg) // gets the old token with 300 s left
	for i := range 3 {
		if err := w.code(next, fmt.Sprint("deal N", i)); err != nil {
			t.Error(err)
		}
	}
	w.clock.forward(10 * time.Second)
	if err := w.code(next, "deal Z"); err != nil {
		t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ttl := range c.ttls {
		if ttl <= 0 {
			t.Errorf("stored for %s", ttl)
		}
	}
	if n := w.fetched(); n != 3 {
		t.Errorf("%d fetches, want 3", n)
	}
}

// A token that the platform does not take is dropped and the call made once more; a new one is forced only when that fails too.
func TestTokenThatIsNotTaken(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		w, _ := cached(t)
		w.town.Fail("/cgi-bin/qrcode/create", code)
		if err := w.code(w.ch, "deal A"); err != nil {
			t.Errorf("%d: %v", code, err)
		}
		if n := w.fetched(); n != 2 {
			t.Errorf("%d: %d fetches, want 2", code, n)
		}
		w.noFaults()
	}
	w, _ := cached(t)
	if err := w.code(w.ch, "deal A"); err != nil {
		t.Fatal(err)
	}
	w.town.Expire() // the next one asked for is new
	if err := w.code(w.ch, "deal B"); err != nil || w.fetched() != 2 {
		t.Errorf("%v after %d fetches", err, w.fetched())
	}
	before, _ := w.town.AccessToken()
	w.town.Revoke() // goes on being handed out
	if err := w.code(w.ch, "deal C"); err != nil {
		t.Error(err)
	}
	if after, n := w.town.AccessToken(); after == before || n != 4 {
		t.Errorf("%d fetches, want one more and one forced", n)
	}
	w.noFaults()
}

// Forcing is rationed: the platform allows 20 a day, 30 s apart.
func TestForcingIsRationed(t *testing.T) {
	t.Parallel()
	w, _ := cached(t)
	failed := 0
	for i := range 60 {
		w.town.Revoke()
		if w.code(w.ch, fmt.Sprint("deal D", i)) != nil {
			failed++
		}
		w.clock.forward(20 * time.Second)
	}
	if failed == 0 {
		t.Error("it never gave in")
	}
	w.noFaults() // the platform complains of every one too many
}

// Another copy forced a new token: it is taken over, not forced again.
func TestCopiesTakeOverANewToken(t *testing.T) {
	t.Parallel()
	w, _ := cached(t)
	other := w.open(w.cfg)
	for _, ch := range []*wechat.Channel{w.ch, other} {
		if err := w.code(ch, "deal A"); err != nil {
			t.Fatal(err)
		}
	}
	w.town.Revoke()
	for i, ch := range []*wechat.Channel{w.ch, other} {
		if err := w.code(ch, fmt.Sprint("deal B", i)); err != nil {
			t.Error(err)
		}
	}
	if n := w.fetched(); n != 3 {
		t.Errorf("%d fetches, want 3", n)
	}
	w.noFaults()
}

// The word "token" in a failure of a message never makes it certain or lost.
func TestMessageWithoutToken(t *testing.T) {
	t.Parallel()
	w, _ := cached(t)
	w.speak("hi")
	w.town.Fail(pathCustom, 42001, 42001)
	if out := w.push(bot.Reply{Text: "x"}, "k"); out.Sent != bot.SentOK {
		t.Errorf("%+v", out)
	}
	if got := w.shown(); len(got) != 1 {
		t.Errorf("shown %q", got)
	}
	w.noFaults()
}
