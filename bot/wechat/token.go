package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tuanbot/bot"
)

const (
	tokenMargin = 300 * time.Second // a stable token is renewed that long before its end
	lockFor     = 10 * time.Second
	forceEvery  = 30 * time.Second // the platform forces no oftener
	forcesADay  = 20
	cacheWait   = 300 * time.Millisecond
	lookAgain   = 100 * time.Millisecond
	lookTimes   = 15
)

// tokens is the one owner of the access token in this process; through the cache all copies share one. The stable token is
// the same for everybody who asks until it nears its end, so even copies without a cache do not take it from each other.
type tokens struct {
	api   *api
	cache Cache
	shelf bot.Shelf
	clock func() time.Time
	log   *slog.Logger

	mu     sync.Mutex // held while fetching: others wait for the same token
	now    sync.Mutex // guards what follows
	token  string
	until  time.Time
	forced []time.Time

	pages  sync.Mutex // held while the page ticket is fetched
	ticket shared
}

// shared is a value that copies hand to each other.
type shared struct {
	value string
	until time.Time
}

func newTokens(a *api, cfg Config) *tokens {
	t := &tokens{api: a, cache: cfg.Cache, clock: cfg.Clock, log: cfg.Log, shelf: bot.Shelf{Clock: cfg.Clock, Log: cfg.Log, Channel: ChannelName}}
	if cfg.Cache != nil {
		t.shelf.Cache = cfg.Cache
	}
	return t
}

// take gives a valid token.
func (t *tokens) take(ctx context.Context) (string, error) {
	if tok := t.local(); tok != "" {
		return tok, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if tok := t.local(); tok != "" {
		return tok, nil
	}
	if t.adopt(ctx) {
		return t.local(), nil
	}
	unlock := t.lock(ctx)
	defer unlock()
	if t.adopt(ctx) {
		return t.local(), nil
	}
	return t.fetch(ctx, false)
}

func (t *tokens) local() string {
	t.now.Lock()
	defer t.now.Unlock()
	if t.token != "" && t.clock().Before(t.until) {
		return t.token
	}
	return ""
}

func (t *tokens) keep(token string, until time.Time) {
	t.now.Lock()
	defer t.now.Unlock()
	t.token, t.until = token, until
	t.api.veil.Add(token)
}

func (t *tokens) cacheKey() string { return "wechat/token/" + t.api.app }

// adopt takes the token that another copy has fetched.
func (t *tokens) adopt(ctx context.Context) bool {
	value, until, ok := t.shelf.Look(ctx, t.cacheKey())
	if ok {
		t.keep(value, until)
	}
	return ok
}

// lock makes this copy the one that fetches. When another one is at it, its result is waited for a little; after that, or
// without a cache, everybody may fetch.
func (t *tokens) lock(ctx context.Context) (unlock func()) {
	free := func() {}
	if t.cache == nil {
		return free
	}
	for range lookTimes {
		unlock, ok, err := t.tryLock(ctx)
		if err != nil {
			return free
		}
		if ok {
			return unlock
		}
		if _, _, there := t.shelf.Look(ctx, t.cacheKey()); there {
			return free
		}
		if !pause(ctx, lookAgain) {
			return free
		}
	}
	return free
}

func (t *tokens) tryLock(ctx context.Context) (unlock func(), ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, cacheWait)
	defer cancel()
	unlock, ok, err = t.cache.Lock(ctx, t.cacheKey()+"/lock", lockFor)
	if err != nil {
		t.log.WarnContext(ctx, "the shared cache locks nothing", "channel", ChannelName, "err", err)
	}
	return unlock, ok, err
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// fetch asks the platform for the token. The secret travels in the body, never in an address.
func (t *tokens) fetch(ctx context.Context, force bool) (string, error) {
	raw, kind, err := encode(map[string]any{"grant_type": "client_credential", "appid": t.api.app, "secret": t.api.secret, "force_refresh": force})
	if err != nil {
		return "", err
	}
	var got struct {
		Token string `json:"access_token"`
		Lasts int64  `json:"expires_in"`
	}
	if err := t.api.do(ctx, "/cgi-bin/stable_token", nil, raw, kind, &got); err != nil {
		return "", fmt.Errorf("fetch the access token: %w", err)
	}
	if got.Token == "" {
		return "", errors.New("fetch the access token: the answer has none")
	}
	lasts := time.Duration(got.Lasts)*time.Second - tokenMargin
	t.shelf.Put(ctx, t.cacheKey(), got.Token, lasts)
	// Near its end a token is good for a moment only; the next fetch brings the new one.
	t.keep(got.Token, t.clock().Add(max(lasts, 5*time.Second)))
	return got.Token, nil
}

// drop forgets a token that the platform did not take, unless it was replaced meanwhile.
func (t *tokens) drop(ctx context.Context, bad string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Lock()
	mine := t.token == bad
	if mine {
		t.token = ""
	}
	t.now.Unlock()
	if mine {
		t.shelf.Drop(ctx, t.cacheKey(), bad)
	}
}

var errForced = errors.New("a new access token was forced too often")

// force has the platform make a new token, which ends the old one for everybody: the last resort, and rationed.
func (t *tokens) force(ctx context.Context, bad string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tok := t.local(); tok != "" && tok != bad {
		return nil // somebody was faster
	}
	now := t.clock()
	t.forced = slices.DeleteFunc(t.forced, func(at time.Time) bool { return now.Sub(at) > 24*time.Hour })
	if n := len(t.forced); n >= forcesADay || n > 0 && now.Sub(t.forced[n-1]) < forceEvery {
		return errForced
	}
	t.forced = append(t.forced, now)
	_, err := t.fetch(ctx, true)
	return err
}
