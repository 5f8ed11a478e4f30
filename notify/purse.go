package notify

import (
	"context"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tuanbot/bot"
	"tuanbot/domain"
)

// reserve is how many sends of a chat's minute are kept for what matters: below it, echoes merge and cards wait.
const reserve = 5

// purse spends the budgets of channels and chats. While the shared budget is away, this process allows itself half.
type purse struct {
	shared domain.Budget
	clock  func() time.Time

	mu    sync.Mutex
	own   map[string]*rate.Limiter
	short map[string]time.Time // chats with little left, until when
}

func newPurse(shared domain.Budget, clock func() time.Time) *purse {
	return &purse{shared: shared, clock: clock, own: map[string]*rate.Limiter{}, short: map[string]time.Time{}}
}

// take asks for one send to an address. A wait above zero means: not now, and for how long.
func (p *purse) take(ctx context.Context, to bot.Address, can bot.Capabilities) time.Duration {
	if can.PerMinute > 0 && to.Chat != "" {
		left, wait := p.one(ctx, "chat:"+to.Channel+":"+to.Chat, can.PerMinute, time.Minute)
		if wait > 0 {
			p.note(to, wait)
			return wait
		}
		if left < reserve {
			p.note(to, time.Minute/time.Duration(can.PerMinute)*reserve)
		}
	}
	if can.PerSecond > 0 {
		_, wait := p.one(ctx, "channel:"+to.Channel, can.PerSecond, time.Second)
		return wait
	}
	return 0
}

func (p *purse) one(ctx context.Context, key string, limit int, period time.Duration) (left int, wait time.Duration) {
	left, wait, err := p.shared.Take(ctx, key, limit, period)
	if err == nil {
		return left, wait
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.own) > 10_000 {
		clear(p.own)
	}
	half := max(1, limit/2)
	name := key + "/" + strconv.Itoa(limit)
	l := p.own[name]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(float64(half)/period.Seconds()), half)
		p.own[name] = l
	}
	now := p.clock()
	got := l.ReserveN(now, 1)
	if wait = got.DelayFrom(now); wait > 0 {
		got.CancelAt(now)
		return 0, wait
	}
	return int(l.TokensAt(now)), 0
}

// note remembers that a chat has little left.
func (p *purse) note(to bot.Address, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if len(p.short) > 1000 {
		for k, until := range p.short {
			if !now.Before(until) {
				delete(p.short, k)
			}
		}
	}
	p.short[to.Channel+":"+to.Chat] = now.Add(d)
}

// isShort says how long a chat has only little left; 0: it has enough.
func (p *purse) isShort(to bot.Address) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.short[to.Channel+":"+to.Chat].Sub(p.clock()))
}
