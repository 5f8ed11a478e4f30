package redis_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tuanbot/domain"
	"tuanbot/storage/redis"
	"tuanbot/storage/storagetest/servers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, url string) *redis.Redis {
	t.Helper()
	r, err := redis.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func tally(version int64) domain.DealTally {
	return domain.DealTally{Deal: "d", Version: version, Open: true, Items: []domain.ItemTally{{Item: "i", Held: version}}}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	if !r.Embedded() || r.Ping(t.Context()) != nil {
		t.Error("the Redis inside the process does not answer")
	}
	if err := r.Publish(t.Context(), tally(1)); err != nil {
		t.Error(err)
	}
	if got, err := r.TallyOf(t.Context(), "d"); err != nil || got.Version != 1 {
		t.Errorf("tally %+v, %v", got, err)
	}
}

func TestBadURLsKeepTheirSecret(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"http://:hunter2@host", "redis://:hunter2@host:port", "redis://:hunter2@host/x", "rediss://:hunter2@host?nonsense=1",
		"redis://:hunter2@h1?cluster=true&x=1", "redis://:hunter2@h1?master_name=m&x=1", "redis://%zz:hunter2@host",
	} {
		r, err := redis.Open(t.Context(), url, nil)
		if err == nil {
			t.Errorf("%s was taken", url)
			_ = r.Close()
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password is in %q", err)
		}
	}
}

// TestAway: without a Redis every answer is an error within its time, and none after the first few takes any.
func TestAway(t *testing.T) {
	t.Parallel()
	r := open(t, "redis://"+silent(t))
	start := time.Now()
	for range 20 {
		if _, err := r.TallyOf(t.Context(), "d"); !errors.Is(err, domain.ErrNoTally) {
			t.Fatalf("tally of a silent server: %v", err)
		}
	}
	if took := time.Since(start); took > 900*time.Millisecond {
		t.Errorf("20 questions to a silent server took %s", took)
	}
	if _, _, err := r.Take(t.Context(), "k", 1, time.Second); err == nil {
		t.Error("a budget was given away by nobody")
	}
	signals, stop := r.Subscribe(t.Context(), "topic")
	defer stop()
	r.Wake(t.Context(), "topic")
	select {
	case <-signals: // those in this process hear each other all the same
	case <-time.After(5 * time.Second):
		t.Error("no signal")
	}
}

// silent listens and says nothing, like a frozen server.
func silent(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func server(t *testing.T) *servers.Redis {
	t.Helper()
	dir, remove, err := servers.Dir()
	if err != nil {
		t.Fatal(err)
	}
	s, err := servers.StartRedis(t.Context(), dir)
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("TUANBOT_TEST_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Stop(), remove()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// until repeats a question until it is answered well; the deadline is for a test that fails.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within 20 s", what)
		case <-tick.C:
		}
	}
}

// TestWakesCross: two processes hear each other, also after Redis was killed and came back.
func TestWakesCross(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := server(t)
	a, b := open(t, s.URL()), open(t, s.URL())
	signals, stop := b.Subscribe(ctx, "topic")
	defer stop()
	heard := func() bool {
		a.Wake(ctx, "topic")
		select {
		case <-signals:
			return true
		default:
			return false
		}
	}
	until(t, "a wake from another process", heard)
	if err := errors.Join(a.Publish(ctx, tally(5)), s.Kill()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.TallyOf(ctx, "d"); !errors.Is(err, domain.ErrNoTally) {
		t.Errorf("tally of a dead server: %v", err)
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	until(t, "a wake after the restart", heard)
	until(t, "a tally after the restart", func() bool { return a.Publish(ctx, tally(3)) == nil })
	if got, err := b.TallyOf(ctx, "d"); err != nil || got.Version != 3 {
		t.Errorf("tally %+v, %v: what was lost came back", got, err)
	}
}

// TestFrozen: a Redis that is stopped in mid-flight costs a moment, then nothing, and is used again when it wakes.
func TestFrozen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := server(t)
	r := open(t, s.URL())
	until(t, "the first publish", func() bool { return r.Publish(ctx, tally(1)) == nil })
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for range 50 {
		if _, err := r.TallyOf(ctx, "d"); !errors.Is(err, domain.ErrNoTally) {
			t.Fatalf("tally of a frozen server: %v", err)
		}
	}
	if took := time.Since(start); took > 900*time.Millisecond {
		t.Errorf("50 questions to a frozen server took %s", took)
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	until(t, "a tally after it woke", func() bool {
		got, err := r.TallyOf(ctx, "d")
		return err == nil && got.Version == 1
	})
}

func TestEpochsDoNotMeet(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := open(t, "")
	r.UseEpoch("one")
	if err := r.Publish(ctx, tally(7)); err != nil {
		t.Fatal(err)
	}
	if err := r.Schedule(ctx, []domain.TeamDeadline{{Deal: "d", Team: "t", At: time.UnixMilli(1)}}); err != nil {
		t.Fatal(err)
	}
	r.UseEpoch("two") // SQL was restored from a backup: what is remembered is of another world
	if _, err := r.TallyOf(ctx, "d"); !errors.Is(err, domain.ErrNoTally) {
		t.Errorf("a tally of the old epoch: %v", err)
	}
	if due, err := r.Due(ctx, time.UnixMilli(2), 10); err != nil || len(due) != 0 {
		t.Errorf("deadlines of the old epoch: %v, %v", due, err)
	}
}

// TestBudgetsAgree: two processes share one budget, counted by the server's clock.
func TestBudgetsAgree(t *testing.T) {
	t.Parallel()
	s := server(t)
	a, b := open(t, s.URL()), open(t, s.URL())
	given := 0
	for range 20 {
		for _, r := range []*redis.Redis{a, b} {
			_, wait, err := r.Take(t.Context(), "chat", 10, time.Hour)
			if err != nil {
				continue // the breaker of a slow machine; nothing was given away
			}
			if wait == 0 {
				given++
			}
		}
	}
	if given != 5 { // half of ten, since the server is new
		t.Errorf("%d were given away", given)
	}
}
