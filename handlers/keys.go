package handlers

import (
	"context"
	"fmt"
	"sync"

	"tuanbot/domain"
)

// keyring looks message keys up before anything else is done, many callers in one statement: whoever asks while a
// look-up runs rides in the next one.
type keyring struct {
	store   domain.Store
	mu      sync.Mutex
	waiting []*keyWait
	running bool
}

type keyWait struct {
	key  domain.EventKey
	done chan keyFound
}

type keyFound struct {
	event domain.Event
	found bool
	err   error
}

// first is find for a command's first look, which is spared when the same message has just been looked for.
func (k *keyring) first(ctx context.Context, key domain.EventKey) (domain.Event, bool, error) {
	if !key.IsZero() && wasAbsent(ctx, key) {
		return domain.Event{}, false, nil
	}
	return k.find(ctx, key)
}

// find returns the stored event of a key, if there is one.
func (k *keyring) find(ctx context.Context, key domain.EventKey) (domain.Event, bool, error) {
	if key.IsZero() {
		return domain.Event{}, false, nil
	}
	w := &keyWait{key: key, done: make(chan keyFound, 1)}
	k.mu.Lock()
	if len(k.waiting) >= maxWaiting {
		k.mu.Unlock()
		return domain.Event{}, false, domain.ErrBusy
	}
	k.waiting = append(k.waiting, w)
	if !k.running {
		k.running = true
		go k.serve() //nolint:contextcheck // the look-up serves many callers; no one caller's context may end it
	}
	k.mu.Unlock()
	select {
	case f := <-w.done:
		if f.found {
			markWritten(ctx)
		}
		return f.event, f.found, f.err
	case <-ctx.Done():
		return domain.Event{}, false, ctx.Err()
	}
}

func (k *keyring) serve() {
	for {
		k.mu.Lock()
		n := min(maxBatch, len(k.waiting))
		if n == 0 {
			k.running = false
			k.mu.Unlock()
			return
		}
		batch := k.waiting[:n:n]
		k.waiting = append([]*keyWait(nil), k.waiting[n:]...)
		k.mu.Unlock()
		k.answer(batch)
	}
}

func (k *keyring) answer(batch []*keyWait) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	keys := make([]domain.EventKey, len(batch))
	for i, w := range batch {
		keys[i] = w.key
	}
	found, err := k.store.EventsByKeys(ctx, keys)
	if err != nil {
		err = fmt.Errorf("look keys up: %w", errBusy(err))
	}
	for _, w := range batch {
		e, ok := found[w.key]
		w.done <- keyFound{event: e, found: ok, err: err}
	}
}
