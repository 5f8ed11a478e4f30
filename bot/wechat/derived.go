package wechat

import (
	"context"
	"time"
)

// derived gives a value that is fetched with the access token and shared by all copies under a key.
func (t *tokens) derived(ctx context.Context, key string, fetch func(context.Context) (string, time.Duration, error)) (string, error) {
	t.pages.Lock()
	defer t.pages.Unlock()
	if s := t.ticket; s.value != "" && t.clock().Before(s.until) {
		return s.value, nil
	}
	if value, until, ok := t.shelf.Look(ctx, key); ok {
		t.ticket = shared{value, until}
		t.api.veil.Add(value)
		return value, nil
	}
	value, lasts, err := fetch(ctx)
	if err != nil {
		return "", err
	}
	t.api.veil.Add(value)
	t.ticket = shared{value, t.clock().Add(lasts)}
	t.shelf.Put(ctx, key, value, lasts)
	return value, nil
}
