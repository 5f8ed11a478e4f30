package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"
)

const (
	tokenMargin = 300 * time.Second // a token is renewed that long before its end
	tokenLeast  = 5 * time.Second
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
	if value, until, ok := k.api.shelf.Look(ctx, k.key()); ok {
		k.keep(value, until)
		return value, nil
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
	k.api.veil.Add(value)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value, k.until = value, until
}

func (k *credential) key() string { return "wecom/token/" + k.api.corp + "/" + k.door }

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
	k.api.shelf.Put(ctx, k.key(), got.Token, lasts)
	k.keep(got.Token, k.api.clock().Add(max(lasts, tokenLeast)))
	return got.Token, nil
}

// drop forgets a token that the platform did not take, unless it was replaced meanwhile.
func (k *credential) drop(ctx context.Context, bad string) {
	k.mu.Lock()
	if k.value == bad {
		k.value = ""
	}
	k.mu.Unlock()
	k.api.shelf.Drop(ctx, k.key(), bad)
}
