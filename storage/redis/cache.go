package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// unlockScript gives a lock back only if it is still the caller's.
// KEYS[1] the lock. ARGV[1] the holder's mark.
const unlockScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
	return redis.call('DEL', KEYS[1])
end
return 0
`

// Cache shares small values between the copies of the program, such as the access tokens of platforms. A Redis that is away
// is no error: each copy then goes by what it has seen itself, and a lock keeps only the callers of one copy apart.
type Cache struct {
	r     *Redis
	name  string
	clock func() time.Time

	mu     sync.Mutex
	own    map[string]cached
	locks  map[string]cached
	unlock *redis.Script
}

type cached struct {
	value string
	until time.Time
}

// Cache is the one under a name; the clock says when what this copy has seen itself is over.
func (r *Redis) Cache(name string, clock func() time.Time) *Cache {
	return &Cache{r: r, name: name, clock: clock, own: map[string]cached{}, locks: map[string]cached{}, unlock: redis.NewScript(unlockScript)}
}

func (c *Cache) key(key string) string { return c.r.key("cache", c.name, key) }

// Get reads a value. Without Redis it is the one that this copy has set.
func (c *Cache) Get(ctx context.Context, key string) (string, bool, error) {
	var value string
	err := c.r.within(ctx, otherPatience, func(ctx context.Context) (err error) {
		value, err = c.r.c.Get(ctx, c.key(key)).Result()
		return err
	})
	switch {
	case err == nil:
		return value, true, nil
	case errors.Is(err, redis.Nil):
		return "", false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if own, ok := c.own[key]; ok && c.clock().Before(own.until) {
		return own.value, true, nil
	}
	return "", false, nil
}

// Set keeps a value for a time; without one it is not kept at all, since Redis would keep it for ever.
func (c *Cache) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if ttl <= 0 {
		return nil
	}
	c.mu.Lock()
	c.own[key] = cached{value: value, until: c.clock().Add(ttl)}
	c.mu.Unlock()
	err := c.r.within(ctx, otherPatience, func(ctx context.Context) error {
		return c.r.c.Set(ctx, c.key(key), value, max(ttl, time.Millisecond)).Err()
	})
	if err != nil {
		c.r.log.WarnContext(ctx, "a value is known to this copy only", "cache", c.name, "err", err)
	}
	return nil
}

// Delete drops a value.
func (c *Cache) Delete(ctx context.Context, key string) error {
	c.mu.Lock()
	delete(c.own, key)
	c.mu.Unlock()
	err := c.r.within(ctx, otherPatience, func(ctx context.Context) error { return c.r.c.Del(ctx, c.key(key)).Err() })
	if err != nil {
		c.r.log.WarnContext(ctx, "other copies may still know a value", "cache", c.name, "err", err)
	}
	return nil
}

// Lock takes a lock for at most a time; ok is false while somebody else holds it.
func (c *Cache) Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), ok bool, err error) {
	mark := rand.Text()
	if !c.lockHere(key, mark, ttl) {
		return nil, false, nil
	}
	lock := c.key("lock:" + key)
	err = c.r.within(ctx, otherPatience, func(ctx context.Context) error {
		return c.r.c.SetArgs(ctx, lock, mark, redis.SetArgs{Mode: "NX", TTL: max(ttl, time.Millisecond)}).Err()
	})
	if errors.Is(err, redis.Nil) {
		c.unlockHere(key, mark)
		return nil, false, nil
	}
	if err != nil {
		c.r.log.WarnContext(ctx, "a lock holds in this copy only", "cache", c.name, "err", err)
	}
	return func() {
		c.unlockHere(key, mark)
		if err != nil {
			return
		}
		gone := c.r.within(context.WithoutCancel(ctx), otherPatience, func(ctx context.Context) error {
			return c.unlock.Run(ctx, c.r.c, []string{lock}, mark).Err()
		})
		if gone != nil {
			c.r.log.WarnContext(ctx, "a lock ends by its time", "cache", c.name, "err", gone)
		}
	}, true, nil
}

func (c *Cache) lockHere(key, mark string, ttl time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	if held, ok := c.locks[key]; ok && now.Before(held.until) {
		return false
	}
	c.locks[key] = cached{value: mark, until: now.Add(ttl)}
	return true
}

func (c *Cache) unlockHere(key, mark string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.locks[key].value == mark {
		delete(c.locks, key)
	}
}
