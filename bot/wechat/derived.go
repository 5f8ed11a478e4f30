package wechat

import (
	"context"
	"time"
)

// keepOut makes sure that no error shows a secret that came from the platform.
func (t *tokens) keepOut(secret string) {
	t.now.Lock()
	defer t.now.Unlock()
	t.hide(secret)
}

// derived gives a value that is fetched with the access token and shared by all copies under a key.
func (t *tokens) derived(ctx context.Context, key string, fetch func(context.Context) (string, time.Duration, error)) (string, error) {
	t.pages.Lock()
	defer t.pages.Unlock()
	if s := t.ticket; s.Value != "" && t.clock().UnixMilli() < s.Until {
		return s.Value, nil
	}
	if s, ok := t.cached(ctx, key); ok {
		t.ticket = s
		t.keepOut(s.Value)
		return s.Value, nil
	}
	value, lasts, err := fetch(ctx)
	if err != nil {
		return "", err
	}
	t.keepOut(value)
	t.ticket = shared{Value: value, Until: t.clock().Add(lasts).UnixMilli()}
	t.store(ctx, key, value, lasts)
	return value, nil
}
