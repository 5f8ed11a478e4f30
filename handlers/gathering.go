package handlers

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"tuanbot/domain"
)

// readTimeout is how long a read for many may take; each caller waits no longer than they like.
const readTimeout = 3 * time.Second

// gathering reads for many callers at once: whoever asks while a read runs rides in the next one. What a caller gets was
// read after they asked, so nothing is ever stale, and nothing is kept.
type gathering[K comparable, V any] struct {
	read func(ctx context.Context, keys []K) (map[K]V, error) // what is not there is missing

	mu      sync.Mutex
	waiting map[K][]chan got[V]
	count   int
	running bool
}

type got[V any] struct {
	value V
	found bool
	err   error
}

// get reads one value.
func (g *gathering[K, V]) get(ctx context.Context, key K) (value V, found bool, err error) {
	answer := make(chan got[V], 1)
	if !g.enter(key, answer) {
		return value, false, domain.ErrBusy
	}
	select {
	case r := <-answer:
		return r.value, r.found, r.err
	case <-ctx.Done():
		return value, false, fmt.Errorf("wait for a read: %w", ctx.Err())
	}
}

func (g *gathering[K, V]) enter(key K, answer chan got[V]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count >= maxWaiting {
		return false
	}
	if g.waiting == nil {
		g.waiting = map[K][]chan got[V]{}
	}
	g.waiting[key] = append(g.waiting[key], answer)
	g.count++
	if !g.running {
		g.running = true
		go g.serve()
	}
	return true
}

func (g *gathering[K, V]) serve() {
	for {
		runtime.Gosched() // whoever is about to ask may: the next read is for them too; it costs nothing when nobody is
		g.mu.Lock()
		batch := g.waiting
		g.waiting, g.count = nil, 0
		g.running = len(batch) > 0
		g.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		g.answer(batch)
	}
}

// answer reads one batch. A panic in the read is everybody's error and nobody's endless wait.
func (g *gathering[K, V]) answer(batch map[K][]chan got[V]) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	keys := make([]K, 0, len(batch))
	for k := range batch {
		keys = append(keys, k)
	}
	found, err := g.safely(ctx, keys)
	for k, callers := range batch {
		v, ok := found[k]
		for _, c := range callers {
			c <- got[V]{value: v, found: ok, err: err}
		}
	}
}

func (g *gathering[K, V]) safely(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = nil, fmt.Errorf("panic while reading: %v", p)
		}
	}()
	return g.read(ctx, keys)
}

// alone reads one thing at a time for all who want it: a group of readers for each key, which ends when nobody waits.
type alone[K comparable, V any] struct {
	read func(ctx context.Context, key K) (V, error)

	mu     sync.Mutex
	groups map[K]*group[K, V]
}

type group[K comparable, V any] struct {
	readers gathering[K, got[V]]
	inside  int
}

func (a *alone[K, V]) get(ctx context.Context, key K) (V, error) {
	g := a.enter(key)
	defer a.leave(key, g)
	r, _, err := g.readers.get(ctx, key)
	if err != nil {
		return r.value, err
	}
	return r.value, r.err
}

func (a *alone[K, V]) enter(key K) *group[K, V] {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.groups[key]
	if g == nil {
		g = &group[K, V]{}
		g.readers.read = func(ctx context.Context, _ []K) (map[K]got[V], error) {
			v, err := a.read(ctx, key)
			return map[K]got[V]{key: {value: v, err: err}}, nil
		}
		if a.groups == nil {
			a.groups = map[K]*group[K, V]{}
		}
		a.groups[key] = g
	}
	g.inside++
	return g
}

func (a *alone[K, V]) leave(key K, g *group[K, V]) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if g.inside--; g.inside == 0 {
		delete(a.groups, key)
	}
}

// crowd is what the first reads of many messages share.
type crowd struct {
	met         gathering[domain.Greeting, domain.Met]
	people      gathering[domain.Named, domain.Account]
	chats       gathering[domain.Named, domain.Chat]
	dialogues   gathering[domain.DialogueKey, domain.Dialogue]
	communities alone[struct{}, []domain.Community]
	marks       gathering[string, domain.DealMark]
	byCode      alone[string, domain.DealSheet]
	byID        alone[domain.DealID, domain.DealSheet]
}

func newCrowd(v domain.Views) *crowd {
	c := &crowd{}
	c.met.read, c.people.read, c.chats.read, c.dialogues.read = v.Meet, v.AccountsByIdentity, v.ChatsByExternal, v.Dialogues
	c.marks.read = v.DealMarks
	c.communities.read = func(ctx context.Context, _ struct{}) ([]domain.Community, error) { return v.Communities(ctx) }
	c.byCode.read, c.byID.read = v.DealByCode, v.Deal
	return c
}

// one makes "missing" the error that a single read gives.
func one[V any](what string, v V, found bool, err error) (V, error) {
	switch {
	case err != nil:
		return v, fmt.Errorf("%s: %w", what, err)
	case !found:
		return v, fmt.Errorf("%s: %w", what, domain.ErrNotFound)
	}
	return v, nil
}

// AccountByIdentity finds a person by who they are on a channel.
func (d *Desk) AccountByIdentity(ctx context.Context, channel, external string) (domain.Account, error) {
	a, found, err := d.crowd.people.get(ctx, domain.Named{Channel: channel, External: external})
	return one("identity", a, found, err)
}

// ChatByExternal finds a conversation by how its channel names it.
func (d *Desk) ChatByExternal(ctx context.Context, channel, external string) (domain.Chat, error) {
	c, found, err := d.crowd.chats.get(ctx, domain.Named{Channel: channel, External: external})
	return one("chat by name", c, found, err)
}

// Dialogue is where a conversation stands; ErrNotFound when there is none or it is over.
func (d *Desk) Dialogue(ctx context.Context, account domain.AccountID, chat domain.ChatID) (domain.Dialogue, error) {
	dlg, found, err := d.crowd.dialogues.get(ctx, domain.DialogueKey{Account: account, Chat: chat})
	return one("dialogue", dlg, found, err)
}

// Communities lists all communities, oldest first.
func (d *Desk) Communities(ctx context.Context) ([]domain.Community, error) {
	all, err := d.crowd.communities.get(ctx, struct{}{})
	return slices.Clone(all), err
}
