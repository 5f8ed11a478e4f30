package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	keptFor  = 24 * time.Hour
	maxTries = 6
)

var errNotFetched = errors.New("the bot has not fetched it yet; it is kept for 24 hours")

// pending is an update that the bot has not acknowledged.
type pending struct {
	id   int64
	body map[string]any
	at   time.Time
	done chan struct{}
}

// polling is the one long poll that may be under way.
type polling struct{ over chan struct{} }

type hook struct {
	url, secret string
	lastError   string
}

// unusual are the kinds of update that come only when they are asked for.
var unusual = []string{"chat_member", "message_reaction", "message_reaction_count"}

// deliver brings an update to the bot and waits until it is acknowledged. Kinds that the bot did not ask for never reach it.
func (t *Town) deliver(ctx context.Context, kind string, what any) error {
	t.mu.Lock()
	wanted := len(t.allowed) == 0 && !slices.Contains(unusual, kind) || slices.Contains(t.allowed, kind)
	if !wanted {
		t.mu.Unlock()
		return nil
	}
	t.lastID++
	p := &pending{id: t.lastID, body: map[string]any{"update_id": t.lastID, kind: what}, at: t.c.Clock(), done: make(chan struct{})}
	to := t.hook
	t.last = p
	if to.url == "" {
		t.enqueue(p)
	}
	t.mu.Unlock()
	if to.url != "" {
		return t.push(ctx, to, p)
	}
	return t.awaitFetch(ctx, p)
}

func (t *Town) awaitFetch(ctx context.Context, p *pending) error {
	if t.c.Patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.c.Patience)
		defer cancel()
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return errNotFetched
	}
}

// push delivers by webhook, and again on everything that is not 2xx.
func (t *Town) push(ctx context.Context, to hook, p *pending) error {
	body, err := json.Marshal(p.body)
	if err != nil {
		return err
	}
	last := ""
	for try := range maxTries {
		if try > 0 {
			t.c.Pause(ctx)
		}
		if last, err = t.call(ctx, to, body); err == nil {
			return nil
		}
		t.mu.Lock()
		t.hook.lastError = last
		t.mu.Unlock()
		if ctx.Err() != nil {
			break
		}
	}
	return fmt.Errorf("the webhook does not take it: %w", err)
}

func (t *Town) call(ctx context.Context, to hook, body []byte) (last string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(body))
	if err != nil {
		return "bad address", err
	}
	req.Header.Set("Content-Type", "application/json")
	if to.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", to.secret)
	}
	resp, err := t.c.HTTP.Do(req)
	if err != nil {
		return "Connection refused", err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return "Wrong response from the webhook: " + resp.Status, errors.New(resp.Status)
	}
	return "", nil
}

// Again delivers the last update once more, as happens when an acknowledgement is lost on its way to Telegram.
func (t *Town) Again(ctx context.Context) error {
	t.mu.Lock()
	p, to := t.last, t.hook
	if p == nil || to.url != "" {
		t.mu.Unlock()
		if p == nil {
			return errors.New("nothing was delivered yet")
		}
		return t.push(ctx, to, p)
	}
	again := &pending{id: p.id, body: p.body, at: p.at, done: make(chan struct{})}
	t.enqueue(again)
	t.mu.Unlock()
	return t.awaitFetch(ctx, again)
}

// enqueue keeps an update until it is fetched. The lock is held.
func (t *Town) enqueue(p *pending) {
	t.queue = append(t.queue, p)
	slices.SortStableFunc(t.queue, func(a, b *pending) int { return int(a.id - b.id) })
	close(t.wake)
	t.wake = make(chan struct{})
}

// getUpdates is the long poll. It excludes a webhook and other polls: the newer one ends the older.
func (t *Town) getUpdates(ctx context.Context, f form) (any, *refusal) {
	t.mu.Lock()
	if t.hook.url != "" {
		t.mu.Unlock()
		return nil, &refusal{code: http.StatusConflict, text: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if t.poll != nil {
		close(t.poll.over)
	}
	mine := &polling{over: make(chan struct{})}
	t.poll = mine
	t.allow(f)
	t.confirm(f.num("offset"))
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.poll == mine {
			t.poll = nil
		}
	}()
	timer := time.NewTimer(time.Duration(f.num("timeout")) * time.Second)
	defer timer.Stop()
	for {
		t.mu.Lock()
		found, wake := t.waiting(f), t.wake
		t.mu.Unlock()
		if len(found) > 0 {
			return found, nil
		}
		select {
		case <-wake:
		case <-timer.C:
			return found, nil
		case <-ctx.Done():
			return found, nil
		case <-mine.over:
			return nil, &refusal{code: http.StatusConflict, text: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		}
	}
}

// waiting is what a poll gets now. The lock is held.
func (t *Town) waiting(f form) []map[string]any {
	limit := int(f.num("limit"))
	if limit < 1 || limit > 100 {
		limit = 100
	}
	found := []map[string]any{}
	for _, p := range t.queue[:min(limit, len(t.queue))] {
		found = append(found, p.body)
	}
	return found
}

// confirm forgets what lies before an offset, and what is too old. The lock is held.
func (t *Town) confirm(offset int64) {
	now := t.c.Clock()
	t.queue = slices.DeleteFunc(t.queue, func(p *pending) bool {
		if p.id < offset {
			close(p.done)
			return true
		}
		if now.Sub(p.at) > keptFor {
			t.fault("update %d was not fetched for 24 hours and is lost", p.id)
			return true
		}
		return false
	})
}

// allow keeps the previous setting when none is named. The lock is held.
func (t *Town) allow(f form) {
	var kinds []string
	if raw := f.fields["allowed_updates"]; raw != "" && json.Unmarshal([]byte(raw), &kinds) == nil {
		t.allowed = kinds
	}
}

func (t *Town) setWebhook(f form) (any, *refusal) {
	u, err := url.Parse(f.fields["url"])
	secret := f.fields["secret_token"]
	switch {
	case err != nil || u.Scheme != "https":
		return nil, bad("bad webhook: An HTTPS URL must be provided for webhook")
	case !slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()):
		return nil, bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	case len(secret) > 256 || strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "":
		return nil, bad("secret token contains unallowed characters")
	case f.fields["max_connections"] != "" && (f.num("max_connections") < 1 || f.num("max_connections") > 100):
		return nil, bad("max_connections is out of range")
	}
	t.hook = hook{url: u.String(), secret: secret}
	t.allow(f)
	if t.poll != nil {
		close(t.poll.over)
		t.poll = nil
	}
	return true, nil
}

func (t *Town) deleteWebhook(f form) (any, *refusal) {
	t.hook = hook{}
	if f.yes("drop_pending_updates") {
		for _, p := range t.queue {
			close(p.done)
		}
		t.queue = nil
	}
	return true, nil
}

func (t *Town) webhookInfo(form) (any, *refusal) {
	info := map[string]any{"url": t.hook.url, "has_custom_certificate": false, "pending_update_count": len(t.queue), "allowed_updates": t.allowed}
	if t.hook.lastError != "" {
		info["last_error_date"], info["last_error_message"] = t.c.Clock().Unix(), t.hook.lastError
	}
	return info, nil
}

// Waiting is how many updates the bot has not acknowledged.
func (t *Town) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.queue)
}
