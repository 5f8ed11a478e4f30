package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"
)

const (
	tokenMargin = 300 * time.Second // a token is renewed that long before its end
	tokenLeast  = 5 * time.Second
	cacheWait   = 300 * time.Millisecond
)

// credential is one secret of the company with the token that belongs to it. Each secret has a token of its own: two of
// them under one cache key would each use the other's and be refused.
type credential struct {
	api          *api
	door, secret string

	fetching sync.Mutex // others wait for the same token
	mu       sync.Mutex // guards what follows
	value    string
	until    time.Time
}

func (a *api) credential(door, secret string) *credential {
	return &credential{api: a, door: door, secret: secret}
}

// ready reports whether the door is set up.
func (k *credential) ready() bool { return k.secret != "" }

var errShut = errors.New("this door is not set up")

// kept is how copies hand a token to each other.
type kept struct {
	Value string `json:"v"`
	Until int64  `json:"u"` // ms
}

// token gives a valid token.
func (k *credential) token(ctx context.Context) (string, error) {
	if !k.ready() {
		return "", fmt.Errorf("token of %s: %w", k.door, errShut)
	}
	if t := k.mine(); t != "" {
		return t, nil
	}
	k.fetching.Lock()
	defer k.fetching.Unlock()
	if t := k.mine(); t != "" {
		return t, nil
	}
	if s, ok := k.shared(ctx); ok {
		k.keep(s.Value, time.UnixMilli(s.Until))
		return s.Value, nil
	}
	return k.fetch(ctx)
}

func (k *credential) mine() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.api.clock().Before(k.until) {
		return k.value
	}
	return ""
}

func (k *credential) keep(value string, until time.Time) {
	k.api.veil.add(value)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value, k.until = value, until
}

func (k *credential) key() string { return "wecom/token/" + k.api.corp + "/" + k.door }

// shared reads what another copy has fetched. A cache that fails or is slow is a cache without it.
func (k *credential) shared(ctx context.Context) (s kept, ok bool) {
	if k.api.cache == nil {
		return s, false
	}
	ctx, cancel := context.WithTimeout(ctx, cacheWait)
	defer cancel()
	raw, found, err := k.api.cache.Get(ctx, k.key())
	if err != nil {
		k.api.log.WarnContext(ctx, "the shared cache gives nothing", "channel", ChannelName, "err", err)
	}
	if err != nil || !found || json.Unmarshal([]byte(raw), &s) != nil || s.Value == "" {
		return s, false
	}
	return s, k.api.clock().UnixMilli() < s.Until
}

// fetch asks the platform, which gives everybody who asks the same token until it nears its end. The secret stands in the
// address, because the platform takes it nowhere else.
func (k *credential) fetch(ctx context.Context) (string, error) {
	var got struct {
		Token string `json:"access_token"`
		Lasts int64  `json:"expires_in"`
	}
	const path = "/cgi-bin/gettoken"
	q := url.Values{"corpid": {k.api.corp}, "corpsecret": {k.secret}}
	err := k.api.do(ctx, path, k.api.base+path+"?"+q.Encode(), nil, "", &got)
	if err == nil && got.Token == "" {
		err = errors.New("the answer has none")
	}
	if err != nil {
		if _, ok := errors.AsType[*transitError](err); ok {
			err = &transitError{err: err} // what the token was wanted for has not left
		}
		return "", fmt.Errorf("token of %s: %w", k.door, err)
	}
	lasts := time.Duration(got.Lasts)*time.Second - tokenMargin
	k.share(ctx, got.Token, lasts)
	k.keep(got.Token, k.api.clock().Add(max(lasts, tokenLeast)))
	return got.Token, nil
}

// share gives the token to other copies. A life of nothing is not stored: some stores would keep it for ever.
func (k *credential) share(ctx context.Context, token string, lasts time.Duration) {
	if k.api.cache == nil || lasts <= 0 {
		return
	}
	raw, err := json.Marshal(kept{Value: token, Until: k.api.clock().Add(lasts).UnixMilli()})
	if err != nil {
		return // a struct of a text and a number always encodes
	}
	ctx, cancel := context.WithTimeout(ctx, cacheWait)
	defer cancel()
	if err := k.api.cache.Set(ctx, k.key(), string(raw), lasts); err != nil {
		k.api.log.WarnContext(ctx, "the shared cache takes nothing", "channel", ChannelName, "err", err)
	}
}

// drop forgets a token that the platform did not take, unless it was replaced meanwhile.
func (k *credential) drop(ctx context.Context, bad string) {
	k.mu.Lock()
	if k.value == bad {
		k.value = ""
	}
	k.mu.Unlock()
	s, ok := k.shared(ctx)
	if !ok || s.Value != bad {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, cacheWait)
	defer cancel()
	if err := k.api.cache.Delete(ctx, k.key()); err != nil {
		k.api.log.WarnContext(ctx, "the shared cache removes nothing", "channel", ChannelName, "err", err)
	}
}
