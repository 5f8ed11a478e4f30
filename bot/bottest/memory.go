package bottest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

// Notebook remembers notes in memory.
type Notebook struct {
	clock func() time.Time
	mu    sync.Mutex
	notes map[[2]string]note
}

type note struct {
	value []byte
	until time.Time
}

var _ bot.Notebook = (*Notebook)(nil)

// NewNotebook makes an empty notebook that tells the time by a clock.
func NewNotebook(clock func() time.Time) *Notebook {
	return &Notebook{clock: clock, notes: map[[2]string]note{}}
}

func (n *Notebook) read(page, key string) []byte {
	v, ok := n.notes[[2]string{page, key}]
	if !ok || (!v.until.IsZero() && !v.until.After(n.clock())) {
		return nil
	}
	return slices.Clone(v.value)
}

// Note reads a note; nil when there is none or its time is over.
func (n *Notebook) Note(_ context.Context, page, key string) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.read(page, key), nil
}

// Change makes a note what f says.
func (n *Notebook) Change(ctx context.Context, page, key string, f func(old []byte) ([]byte, time.Time, error)) error {
	return n.ChangeAll(ctx, page, []string{key}, func(_ string, old []byte) ([]byte, time.Time, error) { return f(old) })
}

// ChangeAll makes several notes what f says, or none of them.
func (n *Notebook) ChangeAll(_ context.Context, page string, keys []string, f func(key string, old []byte) ([]byte, time.Time, error)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	notes := make(map[string]note, len(keys))
	for _, key := range keys {
		value, until, err := f(key, n.read(page, key))
		if err != nil {
			return err
		}
		notes[key] = note{value: slices.Clone(value), until: until}
	}
	for key, made := range notes {
		if at := [2]string{page, key}; made.value == nil {
			delete(n.notes, at)
		} else {
			n.notes[at] = made
		}
	}
	return nil
}

// Keys lists keys of a page in order, after a key, at most limit.
func (n *Notebook) Keys(_ context.Context, page, after string, limit int) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var keys []string
	for at := range n.notes {
		if at[0] == page && at[1] > after && n.read(page, at[1]) != nil {
			keys = append(keys, at[1])
		}
	}
	slices.Sort(keys)
	if limit > 0 && len(keys) > limit {
		keys = keys[:limit]
	}
	return keys, nil
}

// Forget removes every note about a key on the pages that start with a prefix.
func (n *Notebook) Forget(_ context.Context, pages, key string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for at := range n.notes {
		if at[1] == key && strings.HasPrefix(at[0], pages) {
			delete(n.notes, at)
		}
	}
	return nil
}

// Inbox keeps acknowledged updates in memory.
type Inbox struct {
	clock func() time.Time
	mu    sync.Mutex
	rows  map[[2]string]*inboxRow
	fail  error
}

type inboxRow struct {
	item bot.InboxItem
	due  time.Time
	done bool
}

var _ bot.Inbox = (*Inbox)(nil)

// NewInbox makes an empty inbox that tells the time by a clock.
func NewInbox(clock func() time.Time) *Inbox {
	return &Inbox{clock: clock, rows: map[[2]string]*inboxRow{}}
}

// Fail makes every call fail until it is called with nil.
func (i *Inbox) Fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fail = err
}

// Waiting is how many updates are not finished.
func (i *Inbox) Waiting() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := 0
	for _, r := range i.rows {
		if !r.done {
			n++
		}
	}
	return n
}

// KeepUpdate stores an update once.
func (i *Inbox) KeepUpdate(_ context.Context, u bot.InboxItem, lease time.Duration) (int64, bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := [2]string{u.Source, u.Key}
	if i.fail != nil || i.rows[at] != nil {
		return 0, false, i.fail
	}
	u.Attempts, u.Fence = 1, 1
	i.rows[at] = &inboxRow{item: u, due: i.clock().Add(lease)}
	return 1, true, nil
}

// ClaimUpdates leases what is due.
func (i *Inbox) ClaimUpdates(_ context.Context, owner string, lease time.Duration, limit int) ([]bot.InboxItem, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var claimed []bot.InboxItem
	for _, r := range i.rows {
		if len(claimed) < limit && !r.done && !r.due.After(i.clock()) && i.fail == nil {
			r.item.Owner, r.due = owner, i.clock().Add(lease)
			r.item.Fence++
			r.item.Attempts++
			claimed = append(claimed, r.item)
		}
	}
	return claimed, i.fail
}

// HoldUpdate prolongs a lease.
func (i *Inbox) HoldUpdate(_ context.Context, u bot.InboxItem, lease time.Duration) error {
	return i.set(u, func(r *inboxRow) { r.item.Body, r.due = u.Body, i.clock().Add(lease) })
}

// FinishUpdate ends an update.
func (i *Inbox) FinishUpdate(_ context.Context, u bot.InboxItem, _ string) error {
	return i.set(u, func(r *inboxRow) { r.done = true })
}

// PostponeUpdate gives an update another turn later.
func (i *Inbox) PostponeUpdate(_ context.Context, u bot.InboxItem, after time.Duration, _ string) error {
	return i.set(u, func(r *inboxRow) { r.item.Body, r.item.Owner, r.due = u.Body, "", i.clock().Add(after) })
}

// WakeUpdate makes a postponed update due.
func (i *Inbox) WakeUpdate(_ context.Context, u bot.InboxItem) error {
	u.Owner = ""
	err := i.set(u, func(r *inboxRow) { r.due = i.clock() })
	if errors.Is(err, domain.ErrLostLease) {
		return nil
	}
	return err
}

func (i *Inbox) set(u bot.InboxItem, change func(r *inboxRow)) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	r := i.rows[[2]string{u.Source, u.Key}]
	switch {
	case i.fail != nil:
		return i.fail
	case r == nil || r.done || r.item.Owner != u.Owner || r.item.Fence != u.Fence:
		return domain.ErrLostLease
	}
	change(r)
	return nil
}
