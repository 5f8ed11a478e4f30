// Package crash kills the real program, MariaDB and Redis under a load of people who join, change, leave and pay, and then
// lets a checker that shares no code with the program look at what people were told, what SQL holds and what the sandbox
// gateway wrote down. It holds tests only.
package crash

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/glebarez/go-sqlite"
	_ "github.com/go-sql-driver/mysql"

	"tuanbot/storage"
	"tuanbot/storage/storagetest/servers"
)

const root = "../../.."

// build makes the program with failpoints, once for all tests of this package.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tuanbot-crash-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tuanbot")
	cmd := exec.Command("go", "build", "-tags", "failpoints", "-o", path, ".")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // it lies in the system's temporary folder
	}
	os.Exit(code)
}

// world is one installation: databases, copies of the program, people and deals.
type world struct {
	t      *testing.T
	dir    string
	binary string
	maria  *servers.Maria // nil: SQLite
	redis  *servers.Redis
	url    string
	apps   []*servers.Program
	eye    *sql.DB // looks at SQL past the program
	store  *storage.DB
	people []*person
	market market
	posted int
	// platform is that of another channel; nil: there is only the web chat.
	platform  *platform
	lateEvery int             // every so many joins take longer than the platforms wait, so that they are answered late
	again     []span          // between what was said twice
	deaths    []span          // when something was killed, whatever it was
	found     tallyOfPlatform // by the last check
	whys      map[string]int  // why the platform gave up
	started   int
	pointAt   string // where the programs note the points they reached
	faults    []string
}

const masterKey = "0101010101010101010101010101010101010101010101010101010101010101"

// newWorld starts databases and n copies of the program and settles people in it.
func newWorld(t *testing.T, onMaria bool, copies, people, followers int) *world {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir, remove, err := servers.Dir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, dir: dir, binary: binary, pointAt: filepath.Join(dir, "points"), lateEvery: 10, whys: map[string]int{}}
	if onMaria {
		w.startServers()
	}
	for i := range copies {
		address, err := servers.FreeAddress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("app%d", i)
		p := servers.NewProgram(name, binary, address, filepath.Join(dir, name+".log"))
		w.apps = append(w.apps, p)
		t.Cleanup(func() { w.must(p.Kill()) })
	}
	if followers > 0 {
		w.openPlatform(followers)
	}
	w.start(0, "")
	w.openEyes()
	w.settle(people)
	if followers > 0 {
		w.welcomeFollowers()
	}
	return w
}

func (w *world) startServers() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	var err error
	if w.maria, err = servers.StartMaria(ctx, w.dir); err == nil {
		w.redis, err = servers.StartRedis(ctx, w.dir)
	}
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("TUANBOT_TEST_REQUIRE") == "" {
		w.t.Skip(err)
	}
	w.must(err)
	w.t.Cleanup(func() {
		w.must(w.redis.Kill())
		w.must(w.maria.Kill())
	})
	w.must(w.maria.CreateDB(ctx, "crash"))
	w.url = w.maria.URL("crash")
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// environ is what copy i is told.
func (w *world) environ(i int, failpoints string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir,
		"TUANBOT_LISTEN=" + w.apps[i].Address, "TUANBOT_METRICS_LISTEN=", "TUANBOT_DATA_DIR=" + filepath.Join(w.dir, fmt.Sprintf("data%d", i)),
		"TUANBOT_MASTER_KEY=" + masterKey, "TUANBOT_SAMPLE=false", "TUANBOT_SANDBOX=true", "TUANBOT_LOG_LEVEL=warn",
		"TUANBOT_QUIET_FROM=00:00", "TUANBOT_QUIET_TO=00:00", "TUANBOT_FAILPOINT_LOG=" + w.pointAt,
	}
	if w.platform != nil {
		env = append(env, w.platform.environ()...)
		failpoints = fmt.Sprintf("join.before_turn=slow@%d;", w.lateEvery) + failpoints
	}
	if failpoints != "" {
		env = append(env, "TUANBOT_FAILPOINTS="+failpoints)
	}
	if w.maria != nil {
		env = append(env, "TUANBOT_DATABASE_URL="+w.url, "TUANBOT_REDIS_URL="+w.redis.URL(), "TUANBOT_MIGRATE=true", "TUANBOT_DATABASE_CONNECTIONS=24")
	}
	return env
}

// start starts copy i, with a point at which it kills or freezes itself, and waits until it is ready or has died again.
func (w *world) start(i int, failpoints string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	err := w.apps[i].Start(ctx, w.environ(i, failpoints))
	w.started++
	if err != nil && failpoints != "" && !w.apps[i].Running() {
		return // it met its point before it was ready
	}
	if err != nil {
		w.t.Fatalf("%v\n%s", err, tail(w.apps[i].Log(), 4000))
	}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// openEyes opens the two looks at the database: one for the checker, one to post deals with.
func (w *world) openEyes() {
	w.t.Helper()
	driver, dsn := "sqlite", "file:"+filepath.Join(w.dir, "data0", storage.SQLiteFile)+"?_pragma=busy_timeout(10000)"
	if w.maria != nil {
		driver, dsn = "mysql", w.maria.DSN("crash")
	}
	var err error
	w.eye, err = sql.Open(driver, dsn)
	w.must(err)
	w.t.Cleanup(func() { w.eye.Close() })
	w.store, err = storage.Open(w.t.Context(), storage.Options{
		URL: w.url, DataDir: filepath.Join(w.dir, "data0"), MaxOpen: 4, Log: slog.New(slog.DiscardHandler),
	})
	w.must(err)
	w.t.Cleanup(func() { _ = w.store.Close() }) // some of its connections died with the database
}

// number asks SQL for one number, again while the database is away.
func (w *world) number(query string, args ...any) int64 {
	w.t.Helper()
	var n sql.NullInt64
	w.until(30*time.Second, "SQL answers "+query, func() bool {
		err := w.eye.QueryRowContext(w.t.Context(), query, args...).Scan(&n)
		if err != nil && !away(err) {
			w.t.Fatalf("%s: %v", query, err)
		}
		return err == nil
	})
	return n.Int64
}

func away(err error) bool {
	var network net.Error
	text := err.Error()
	return errors.As(err, &network) || strings.Contains(text, "bad connection") || strings.Contains(text, "invalid connection") || strings.Contains(text, "locked")
}

// until polls a condition.
func (w *world) until(patience time.Duration, what string, ok func() bool) {
	w.t.Helper()
	if !w.await(patience, ok) {
		w.t.Fatalf("waited %s until %s%s", patience, what, w.logs())
	}
}

func (w *world) await(patience time.Duration, ok func() bool) bool {
	late := time.NewTimer(patience)
	defer late.Stop()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late.C:
			return ok()
		case <-tick.C:
		}
	}
	return true
}

// logs is what the copies printed last.
func (w *world) logs() string {
	var sb strings.Builder
	for i, a := range w.apps {
		fmt.Fprintf(&sb, "\n--- copy %d, running: %v\n%s", i, a.Running(), tail(a.Log(), 3000))
	}
	return sb.String()
}

// pause lets time pass that is load, not waiting for something.
func (w *world) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.t.Context().Done():
	}
}

var pointCall = regexp.MustCompile(`\.[aA]t\("([a-z_]+\.[a-z_]+)"\)`)

// points finds every failpoint in the source, so that none can be forgotten here.
func points(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." && path != root || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range pointCall.FindAllStringSubmatch(string(content), -1) {
			names = append(names, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
