package handlers

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tuanbot/domain"
)

type trackKey struct{}

// track is what one message's way through the Desk has shown so far.
type track struct {
	written atomic.Bool

	mu     sync.Mutex
	absent map[domain.EventKey]time.Time // keys that were looked up and not found, and when
}

// absentLife is how long a look-up that found nothing counts for the command that follows it. The Turnstile looks again
// under the lock, so the worst that a later repeat can meet is what it would have met had it come that much earlier.
const absentLife = time.Second

// Track lets a caller find out later whether anything was committed, or found committed, under this context. Until then a
// failure means "nothing was recorded"; from then on it must not be said any more, however busy the rest of the way is.
func Track(ctx context.Context) (tracked context.Context, written func() bool) {
	t := &track{absent: map[domain.EventKey]time.Time{}}
	return context.WithValue(ctx, trackKey{}, t), t.written.Load
}

func tracked(ctx context.Context) *track {
	t, _ := ctx.Value(trackKey{}).(*track) // none: nil
	return t
}

func markWritten(ctx context.Context) {
	if t := tracked(ctx); t != nil {
		t.written.Store(true)
	}
}

// markAbsent notes that a key was looked up and is not there.
func markAbsent(ctx context.Context, key domain.EventKey) {
	if t := tracked(ctx); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.absent[key] = time.Now() //nolint:forbidigo // monotonic: only its age is asked for
	}
}

// knownAbsent is wasAbsent, but leaves the note for the command that follows.
func knownAbsent(ctx context.Context, key domain.EventKey) bool {
	t := tracked(ctx)
	if t == nil || key.IsZero() {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.absent[key]
	return ok && time.Since(at) < absentLife //nolint:forbidigo // as below
}

// wasAbsent reports whether a key was looked up a moment ago on the way of this same message, and takes the note away: it
// counts once.
func wasAbsent(ctx context.Context, key domain.EventKey) bool {
	t := tracked(ctx)
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.absent[key]
	delete(t.absent, key)
	return ok && time.Since(at) < absentLife //nolint:forbidigo // as above
}
