// Package engines opens the pairs of engines that tests run on: SQLite with the Redis inside the process, always, and
// MariaDB with a real Redis when the environment names them. Every pair is empty, migrated and has a clock of its own.
//
// It is for tests only and knows nothing of what they test.
package engines

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tuanbot/storage"
	"tuanbot/storage/redis"
)

// The names of the environment: a data source without a database for MariaDB, a URL for Redis. With Require set, a test
// that cannot have them fails instead of running on less.
const (
	EnvMySQL   = "TUANBOT_TEST_MYSQL"
	EnvRedis   = "TUANBOT_TEST_REDIS"
	EnvRequire = "TUANBOT_TEST_REQUIRE"
)

// The names of the pairs.
const (
	NameSQLite  = "sqlite"
	NameMariaDB = "mariadb"
)

// Start is the time at which every clock starts: an evening in Shanghai.
var Start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant, were there constants of this type

// Clock is a time that only tests move.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set puts the clock to a time.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now.UTC().Truncate(time.Millisecond)
}

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Commits lets a test stand around every commit of a pair's database.
type Commits struct {
	mu   sync.Mutex
	hook func(commit func() error) error
}

// Set puts a function around the commits to come; nil takes it away.
func (c *Commits) Set(hook func(commit func() error) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook = hook
}

func (c *Commits) run(commit func() error) error {
	c.mu.Lock()
	hook := c.hook
	c.mu.Unlock()
	if hook == nil {
		return commit()
	}
	return hook(commit)
}

// Pair is one pair of engines.
type Pair struct {
	Name    string
	DB      *storage.DB
	Redis   *redis.Redis
	Clock   *Clock
	Commits *Commits

	options  storage.Options
	redisURL string
}

// SQLite opens the pair that needs nothing installed.
func SQLite(t testing.TB) Pair {
	t.Helper()
	empty, err := emptySQLite()
	must(t, err)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, storage.SQLiteFile), empty, 0o600))
	return open(t, NameSQLite, storage.Options{DataDir: dir}, "")
}

// emptySQLite is the file of a migrated database without rows. It is made once: reading all migrations anew for each of
// hundreds of tests took more time than the tests.
var emptySQLite = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "tuanbot-empty-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Options{DataDir: dir})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(ctx), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, storage.SQLiteFile))
})

// MariaDB opens the big pair on a database of its own. Without the environment the test is skipped, or fails where the
// pair is required.
func MariaDB(t testing.TB) Pair {
	t.Helper()
	source, address := os.Getenv(EnvMySQL), os.Getenv(EnvRedis)
	if source == "" || address == "" {
		if os.Getenv(EnvRequire) != "" {
			t.Fatalf("%s and %s must be set", EnvMySQL, EnvRedis)
		}
		t.Skipf("set %s and %s to run this on MariaDB and Redis", EnvMySQL, EnvRedis)
	}
	return open(t, NameMariaDB, storage.Options{URL: freshDatabase(t, source), MaxOpen: 24}, address)
}

// Has reports whether the big pair is in the environment, and fails the test where it is required and missing.
func Has(t testing.TB) bool {
	t.Helper()
	if os.Getenv(EnvMySQL) != "" && os.Getenv(EnvRedis) != "" {
		return true
	}
	if os.Getenv(EnvRequire) != "" {
		t.Fatalf("%s and %s must be set", EnvMySQL, EnvRedis)
	}
	return false
}

// Pairs opens every pair that can be had.
func Pairs(t testing.TB) []Pair {
	t.Helper()
	ps := []Pair{SQLite(t)}
	if Has(t) {
		ps = append(ps, MariaDB(t))
	}
	return ps
}

// Each runs a test on every pair that can be had, side by side.
func Each(t *testing.T, f func(t *testing.T, p Pair)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) Pair{NameSQLite: SQLite, NameMariaDB: MariaDB} {
		if name == NameMariaDB && !Has(t) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open(t))
		})
	}
}

// Again opens the same database and Redis once more, as a second copy of the program would. The Redis inside the process
// cannot be shared, so there the copy has its own.
func (p Pair) Again(t testing.TB) Pair {
	t.Helper()
	return connect(t, p)
}

func open(t testing.TB, name string, o storage.Options, redisURL string) Pair {
	t.Helper()
	p := Pair{Name: name, Clock: &Clock{now: Start}, Commits: &Commits{}, redisURL: redisURL}
	o.Clock, o.CommitHook = p.Clock.Now, p.Commits.run
	p.options = o
	migrate(t, o)
	return connect(t, p)
}

// migrate makes the tables; in a database that was used before it only gives a new epoch.
func migrate(t testing.TB, o storage.Options) {
	t.Helper()
	db, err := storage.Open(t.Context(), o)
	must(t, err)
	behind, err := db.NeedsMigration(t.Context())
	must(t, err)
	if behind {
		must(t, db.Migrate(t.Context()))
		if db.IsMySQL() {
			write, _ := db.Pools()
			must(t, theShelf().learn(t.Context(), write))
		}
	} else {
		must(t, db.BumpEpoch(t.Context()))
	}
	must(t, db.Close())
}

func connect(t testing.TB, p Pair) Pair {
	t.Helper()
	ctx := t.Context()
	var err error
	p.DB, err = storage.Open(ctx, p.options)
	must(t, err)
	t.Cleanup(func() { must(t, p.DB.Close()) })
	p.Redis, err = redis.Open(ctx, p.redisURL, nil)
	must(t, err)
	t.Cleanup(func() { must(t, p.Redis.Close()) })
	epoch, err := p.DB.Epoch(ctx)
	must(t, err)
	p.Redis.UseEpoch(epoch)
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
