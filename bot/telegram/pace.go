package telegram

import (
	"sync"
	"time"
)

// Telegram's limits are not exact; we stay a little below them, and what it says in a 429 has the last word.
const (
	perSecond  = 27 // on the whole bot, of about 30
	perMinute  = 19 // into one group, of 20
	minuteLong = 61 * time.Second
	burst      = 3           // into one chat at once
	refill     = time.Second // after that one a second
	reserve    = 5           // with fewer left of a group's minute, answers go out together
	maxPaced   = 10_000      // chats remembered
)

// pace keeps what this process sends within Telegram's limits.
type pace struct {
	clock func() time.Time
	mu    sync.Mutex
	all   window
	chats map[string]*chatPace
	until map[string]time.Time // told to wait by a 429
}

type chatPace struct {
	minute window
	tokens float64
	at     time.Time
}

// window holds the times of the last sends within a length of time.
type window struct{ times []time.Time }

func (w *window) trim(now time.Time, long time.Duration) {
	n := 0
	for n < len(w.times) && now.Sub(w.times[n]) >= long {
		n++
	}
	w.times = w.times[n:]
}

// wait is how long until fewer than limit sends lie in the window.
func (w *window) wait(now time.Time, long time.Duration, limit int) time.Duration {
	w.trim(now, long)
	if len(w.times) < limit {
		return 0
	}
	return max(w.times[len(w.times)-limit].Add(long).Sub(now), time.Millisecond)
}

func newPace(clock func() time.Time) *pace {
	return &pace{clock: clock, chats: map[string]*chatPace{}, until: map[string]time.Time{}}
}

// take asks for one send into a chat. A wait above zero means: not now, and for how long; then nothing is taken. Left is
// how many more the chat may hear this minute; -1: as many as it likes.
func (p *pace) take(chat int64) (wait time.Duration, left int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, name, group := p.clock(), key(chat), chat < 0
	c := p.chat(name, now)
	wait = max(p.told(name, now), p.all.wait(now, time.Second, perSecond))
	if c.tokens < 1 {
		wait = max(wait, time.Duration((1-c.tokens)*float64(refill))+time.Millisecond)
	}
	left = -1
	if group {
		wait = max(wait, c.minute.wait(now, minuteLong, perMinute))
		left = perMinute - len(c.minute.times)
	}
	if wait > 0 {
		return wait, left
	}
	c.tokens--
	p.all.times = append(p.all.times, now)
	if group {
		c.minute.times = append(c.minute.times, now)
		left--
	}
	return 0, left
}

// block holds a chat back as long as a 429 says.
func (p *pace) block(chat int64, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until[key(chat)] = p.clock().Add(d)
}

func (p *pace) told(name string, now time.Time) time.Duration {
	at, ok := p.until[name]
	if !ok {
		return 0
	}
	if d := at.Sub(now); d > 0 {
		return d
	}
	delete(p.until, name)
	return 0
}

func (p *pace) chat(name string, now time.Time) *chatPace {
	if len(p.chats) >= maxPaced {
		for k, c := range p.chats {
			if now.Sub(c.at) > minuteLong {
				delete(p.chats, k)
			}
		}
	}
	c := p.chats[name]
	if c == nil {
		c = &chatPace{tokens: burst, at: now}
		p.chats[name] = c
	}
	c.tokens = min(burst, c.tokens+float64(now.Sub(c.at))/float64(refill))
	c.at = now
	return c
}
