package telegram

import (
	"math"
	"net/http"
	"time"
)

// Telegram's limits, as far as it tells: about 30 messages a second for a bot, one a second into a chat with short bursts,
// 20 a minute into a group.
const (
	perSecond = 30
	perMinute = 20
	burst     = 3
)

type limits struct {
	all   []time.Time
	held  int
	chats map[int64]*bucket
}

type bucket struct {
	minute []time.Time
	tokens float64
	at     time.Time
	until  time.Time // the bot was told to wait
}

// limit lets a message or an edit pass or says how long to wait. To go on in spite of that is a fault.
func (t *Town) limit(r *room) *refusal {
	now := t.c.Clock()
	b := t.pace.chats[r.id]
	if b == nil {
		b = &bucket{tokens: burst, at: now}
		t.pace.chats[r.id] = b
	}
	if now.Before(b.until) {
		t.fault("chat %d: sent again before retry_after was over", r.id)
		return tooMany(b.until.Sub(now))
	}
	b.tokens = math.Min(burst, b.tokens+now.Sub(b.at).Seconds())
	b.at = now
	t.pace.all = since(t.pace.all, now.Add(-time.Second))
	b.minute = since(b.minute, now.Add(-time.Minute))
	var wait time.Duration
	switch {
	case len(t.pace.all) >= perSecond:
		wait = time.Second
	case r.id < 0 && len(b.minute) >= perMinute:
		wait = b.minute[0].Add(time.Minute).Sub(now)
	case b.tokens < 1:
		wait = time.Duration((1 - b.tokens) * float64(time.Second))
	}
	if wait > 0 {
		t.pace.held++
		b.until = now.Add(wait)
		return tooMany(wait)
	}
	b.tokens--
	t.pace.all = append(t.pace.all, now)
	b.minute = append(b.minute, now)
	return nil
}

func tooMany(wait time.Duration) *refusal {
	s := int(math.Ceil(wait.Seconds()))
	return &refusal{code: http.StatusTooManyRequests, text: "Too Many Requests: retry after " + id(int64(s)), retry: s}
}

func since(times []time.Time, from time.Time) []time.Time {
	n := 0
	for n < len(times) && !times[n].After(from) {
		n++
	}
	return times[n:]
}

// Held is how often the bot was told to wait.
func (t *Town) Held() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pace.held
}

// Busy makes the next message into a chat be refused with a wait, as happens when Telegram itself is busy.
func (t *Town) Busy(chat string, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.pace.chats[number(chat)]
	if b == nil {
		b = &bucket{at: t.c.Clock()}
		t.pace.chats[number(chat)] = b
	}
	b.tokens, b.at = 1-wait.Seconds(), t.c.Clock()
}
