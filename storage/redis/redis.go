// Package redis remembers what SQL knows already: live tallies, the index of deadlines, wake-ups and budgets. Everything
// here may vanish at any moment and is rebuilt; the only harm is a slower answer.
//
// It fills the ports Tally, Waker and Budget of the domain, against a real Redis or one inside this process. It must not
// decide anything and knows no SQL.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"tuanbot/domain"
)

// Each match with a port is stated once.
var (
	_ domain.Tally  = (*Redis)(nil)
	_ domain.Waker  = (*Redis)(nil)
	_ domain.Budget = (*Redis)(nil)
)

const (
	tallyPatience  = 50 * time.Millisecond // a slower tally is no tally: ask SQL
	otherPatience  = 250 * time.Millisecond
	dialPatience   = time.Second
	miniTick       = time.Second
	breakAfter     = 3 // failures in a row
	breakFor       = time.Second
	keyPrefix      = "tuanbot:"
	tallyLife      = 48 * time.Hour
	miniAddress    = "127.0.0.1:6379" // never dialled; a name would be looked up
	schemeMaster   = "master_name"
	schemeCluster  = "cluster"
	schemeMoreAddr = "addr"
)

// Redis is the fast memory. It works from Open to Close.
type Redis struct {
	c     redis.UniversalClient
	mini  *miniredis.Miniredis
	log   *slog.Logger
	epoch atomic.Pointer[string]
	wakes *wakes

	scripts struct{ publish, forget, budget *redis.Script }

	fails  atomic.Int32
	broken atomic.Bool
	mender atomic.Pointer[time.Timer]

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup
}

// Open connects to the Redis at the URL (redis://, rediss://, unix://; with ?master_name=… to its sentinels, with
// ?cluster=true to a cluster) or starts one inside this process when the URL is empty. A Redis that is away is no error:
// everything works without it, and it is used when it comes back.
func Open(ctx context.Context, address string, log *slog.Logger) (*Redis, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	r := &Redis{log: log}
	r.scripts.publish, r.scripts.forget, r.scripts.budget = redis.NewScript(publishScript), redis.NewScript(forgetScript), redis.NewScript(budgetScript)
	r.ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.UseEpoch("0")
	if address == "" {
		r.startMini()
	} else {
		c, err := client(address)
		if err != nil {
			r.stop()
			return nil, fmt.Errorf("open Redis: %w", err)
		}
		r.c = c
	}
	r.wakes = newWakes(r.c, r.log, func() string { return r.key("wake") + ":" })
	r.wg.Go(func() { r.wakes.publish(r.ctx) })
	r.wg.Go(func() { r.wakes.listen(r.ctx) })
	return r, nil
}

// startMini makes a Redis in this process, dialled in memory. Lifetimes end only when its clock is pushed.
func (r *Redis) startMini() {
	r.mini = miniredis.NewMiniRedis()
	r.c = redis.NewClient(&redis.Options{
		Addr: miniAddress, Dialer: func(context.Context, string, string) (net.Conn, error) { return r.mini.Dial() },
		MaxRetries: -1, ContextTimeoutEnabled: true, ReadTimeout: otherPatience, WriteTimeout: otherPatience,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	r.wg.Go(func() {
		tick := time.NewTicker(miniTick)
		defer tick.Stop()
		for {
			select {
			case <-r.ctx.Done():
				return
			case <-tick.C:
				r.mini.FastForward(miniTick)
			}
		}
	})
}

// UseEpoch makes every key belong to an epoch: after SQL was restored from a backup nothing remembered holds any more.
func (r *Redis) UseEpoch(epoch string) { r.epoch.Store(&epoch) }

func (r *Redis) key(parts ...string) string {
	var k strings.Builder
	k.WriteString(keyPrefix + *r.epoch.Load())
	for _, p := range parts {
		k.WriteString(":" + p)
	}
	return k.String()
}

// client reads the URL. Its parameters choose the kind: none, sentinels or a cluster. Errors never repeat the URL.
func client(address string) (redis.UniversalClient, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the Redis URL cannot be read")
	}
	q := u.Query()
	quiet := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	switch {
	case q.Has(schemeMaster):
		o, err := redis.ParseFailoverURL(address)
		if err != nil {
			return nil, errors.New("the Redis URL of the sentinels cannot be read")
		}
		o.MaxRetries, o.DialerRetries, o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.ContextTimeoutEnabled = -1, 1, dialPatience, otherPatience, otherPatience, true
		return redis.NewFailoverClient(o), nil
	case q.Has(schemeCluster), q.Has(schemeMoreAddr):
		q.Del(schemeCluster)
		u.RawQuery = q.Encode()
		o, err := redis.ParseClusterURL(u.String())
		if err != nil {
			return nil, errors.New("the Redis URL of the cluster cannot be read")
		}
		o.MaxRetries, o.DialerRetries, o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.ContextTimeoutEnabled = -1, 1, dialPatience, otherPatience, otherPatience, true
		o.MaintNotificationsConfig = quiet
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, errors.New("the Redis URL cannot be read")
	}
	o.MaxRetries, o.DialerRetries, o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.ContextTimeoutEnabled = -1, 1, dialPatience, otherPatience, otherPatience, true
	o.MaintNotificationsConfig = quiet
	return redis.NewClient(o), nil
}

// Ping reports whether Redis answers. The program is ready without it.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, otherPatience)
	defer cancel()
	if err := r.c.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("reach Redis: %w", err)
	}
	return nil
}

// Embedded reports whether this is the Redis inside the process.
func (r *Redis) Embedded() bool { return r.mini != nil }

// SetTime stops the clock of the Redis inside the process at a time; for tests. A real Redis keeps its own.
func (r *Redis) SetTime(now time.Time) {
	if r.mini != nil {
		r.mini.SetTime(now)
	}
}

// Close ends the background work and the connections.
func (r *Redis) Close() error {
	r.stop()
	if t := r.mender.Load(); t != nil {
		t.Stop()
	}
	err := r.c.Close()
	r.wg.Wait()
	if r.mini != nil {
		r.mini.Close()
	}
	if err != nil {
		return fmt.Errorf("close Redis: %w", err)
	}
	return nil
}

var errBroken = errors.New("Redis failed a moment ago and is left alone")

// within runs one exchange with Redis within a time. After some failures in a row Redis is left alone for a second, so
// that a frozen one does not cost every caller that time.
func (r *Redis) within(ctx context.Context, d time.Duration, f func(ctx context.Context) error) error {
	if r.broken.Load() {
		return errBroken
	}
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := f(short)
	if err == nil || errors.Is(err, redis.Nil) {
		r.fails.Store(0)
		return err
	}
	if ctx.Err() == nil && r.fails.Add(1) >= breakAfter {
		r.fails.Store(0)
		r.broken.Store(true)
		r.mender.Store(time.AfterFunc(breakFor, func() { r.broken.Store(false) }))
	}
	return err
}
