package webchat

import (
	"sync"
	"time"
)

// Rate allows Burst at once and then one per Every.
type Rate struct {
	Burst int
	Every time.Duration
}

func (r Rate) or(other Rate) Rate {
	if r.Burst == 0 {
		return other
	}
	return r
}

// limiter holds a token bucket per key. Losing it at a restart costs nothing but a fresh burst.
type limiter struct {
	rate  Rate
	clock func() time.Time
	mu    sync.Mutex
	full  map[string]time.Time // when the key's bucket is full again
	swept time.Time
}

func newLimiter(rate Rate, clock func() time.Time) *limiter {
	return &limiter{rate: rate, clock: clock, full: map[string]time.Time{}, swept: clock()}
}

// wait takes a token, or says how long until there is one.
func (l *limiter) wait(key string) time.Duration {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	full := l.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.rate.Every)
	if over := full.Sub(now) - time.Duration(l.rate.Burst)*l.rate.Every; over > 0 {
		return over
	}
	l.full[key] = full
	return 0
}

// sweep forgets full buckets now and then, so that passing strangers leave nothing behind.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for key, full := range l.full {
		if full.Before(now) {
			delete(l.full, key)
		}
	}
}
