package redis_test

import (
	"testing"
	"time"

	"tuanbot/storage/redis"
)

// still is a clock that stands still.
func still() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func wantCached(t *testing.T, c *redis.Cache, key, want string) {
	t.Helper()
	got, found, err := c.Get(t.Context(), key)
	if err != nil || got != want || found != (want != "") {
		t.Errorf("%s: %q, %v, %v; want %q", key, got, found, err, want)
	}
}

func set(t *testing.T, c *redis.Cache, key, value string, ttl time.Duration) {
	t.Helper()
	if err := c.Set(t.Context(), key, value, ttl); err != nil {
		t.Fatal(err)
	}
}

func TestCacheIsSharedAndLetsGo(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	one, two, other := r.Cache("wechat", still), r.Cache("wechat", still), r.Cache("wecom", still)
	set(t, one, "token", "T1", time.Hour)
	wantCached(t, two, "token", "T1")
	wantCached(t, other, "token", "")
	set(t, one, "for ever", "x", 0)
	wantCached(t, one, "for ever", "")
	if err := two.Delete(t.Context(), "token"); err != nil {
		t.Fatal(err)
	}
	wantCached(t, one, "token", "")
	set(t, one, "token", "T2", time.Hour)
	r.UseEpoch("another")
	wantCached(t, one, "token", "")
}

func TestCacheLockHasOneHolder(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	one, two := r.Cache("wechat", still), r.Cache("wechat", still)
	unlock, ok, err := one.Lock(t.Context(), "token", time.Minute)
	if err != nil || !ok {
		t.Fatalf("lock: %v, %v", ok, err)
	}
	for _, c := range []*redis.Cache{one, two} {
		if _, ok, err := c.Lock(t.Context(), "token", time.Minute); err != nil || ok {
			t.Errorf("a second holder: %v, %v", ok, err)
		}
	}
	unlock()
	again, ok, err := two.Lock(t.Context(), "token", time.Minute)
	if err != nil || !ok {
		t.Fatalf("after it was given back: %v, %v", ok, err)
	}
	unlock() // a second time: it is somebody else's now
	if _, ok, err := one.Lock(t.Context(), "token", time.Minute); err != nil || ok {
		t.Errorf("somebody else's lock was given back: %v, %v", ok, err)
	}
	again()
}

func TestCacheWithoutRedisIsThisCopysOwn(t *testing.T) {
	t.Parallel()
	now := still()
	c := open(t, "unix:///nowhere/redis.sock").Cache("wechat", func() time.Time { return now })
	wantCached(t, c, "token", "")
	set(t, c, "token", "T", time.Hour)
	wantCached(t, c, "token", "T")
	unlock, ok, err := c.Lock(t.Context(), "token", time.Minute)
	if err != nil || !ok {
		t.Fatalf("lock: %v, %v", ok, err)
	}
	if _, ok, _ := c.Lock(t.Context(), "token", time.Minute); ok {
		t.Error("two holders in one copy")
	}
	unlock()
	now = now.Add(time.Hour)
	wantCached(t, c, "token", "")
}
