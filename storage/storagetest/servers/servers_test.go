package servers_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tuanbot/storage/storagetest/servers"
)

// need skips a test for which a server is not installed, except where the caller promised that everything is there.
func need(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("TUANBOT_TEST_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func shortDir(t *testing.T) string {
	t.Helper()
	dir, remove, err := servers.Dir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestMariaKeepsCommittedRowsThroughKill(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	m, err := servers.StartMaria(ctx, shortDir(t))
	need(t, err)
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	ok(t, m.CreateDB(ctx, "t"))
	query(ctx, t, m, "CREATE TABLE t.a (n INT PRIMARY KEY) ENGINE=InnoDB")
	for _, n := range []string{"1", "2"} {
		query(ctx, t, m, "INSERT INTO t.a VALUES ("+n+")")
		ok(t, m.Kill())
		if m.Running() || m.Ping(ctx) == nil {
			t.Fatal("it lives on after Kill")
		}
		ok(t, m.Start(ctx))
	}
	if got := query(ctx, t, m, "SELECT GROUP_CONCAT(n ORDER BY n) FROM t.a"); got != "1,2" {
		t.Errorf("rows after two kills: %q", got)
	}
	if got := query(ctx, t, m, "SELECT @@innodb_flush_log_at_trx_commit, @@character_set_server, @@log_bin"); got != "1\tutf8mb4\t0" {
		t.Errorf("settings are %q", got)
	}
	if !strings.Contains(m.DSN("t"), "/t?parseTime=true&loc=UTC") || !strings.HasPrefix(m.URL("t"), "mysql://root@unix(") {
		t.Errorf("addresses: %s, %s", m.DSN("t"), m.URL("t"))
	}
}

func TestRedisForgetsAndFreezes(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	r, err := servers.StartRedis(ctx, shortDir(t))
	need(t, err)
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	do(ctx, t, r, "SET a 1", "+OK")
	do(ctx, t, r, "EXISTS a", ":1")
	ok(t, r.Flush(ctx))
	do(ctx, t, r, "EXISTS a", ":0")
	do(ctx, t, r, "SET a 1", "+OK")
	ok(t, r.Kill())
	ok(t, r.Start(ctx))
	do(ctx, t, r, "EXISTS a", ":0")

	ok(t, r.Pause())
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if answer, err := r.Do(short, "PING"); err == nil {
		t.Errorf("a frozen server answered %q", answer)
	}
	ok(t, r.Resume())
	do(ctx, t, r, "PING", "+PONG")
	ok(t, r.Pause())
	ok(t, r.Stop()) // must not wait for a process that cannot hear
	if r.Running() || r.PID() != 0 {
		t.Error("it lives on after Stop")
	}
}

func TestStartTellsWhy(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	dir := shortDir(t)
	r, err := servers.StartRedis(ctx, dir)
	need(t, err)
	if err := r.Start(ctx); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("second start: %v", err)
	}
	ok(t, r.Stop())
	ok(t, r.Stop()) // stopping twice is harmless
	if err := r.Pause(); err == nil {
		t.Error("a stopped server was paused")
	}
	if _, err := servers.StartRedis(ctx, filepath.Join(dir, strings.Repeat("long", 30))); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("long path: %v", err)
	}
	if _, err := servers.StartRedis(ctx, filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing folder was accepted")
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func query(ctx context.Context, t *testing.T, m *servers.Maria, sql string) string {
	t.Helper()
	out, err := m.Query(ctx, sql)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func do(ctx context.Context, t *testing.T, r *servers.Redis, command, want string) {
	t.Helper()
	got, err := r.Do(ctx, command)
	if err != nil || got != want {
		t.Fatalf("%s: %q, %v; want %q", command, got, err, want)
	}
}
