package webchat_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/glebarez/sqlite"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"tuanbot/assets"
	"tuanbot/bot"
	"tuanbot/bot/webchat"
	"tuanbot/handlers/api"
	"tuanbot/storage"
)

var (
	_ webchat.Store = (*storage.WebStore)(nil)
	_ api.Chat      = (*webchat.Chat)(nil)
)

// eachEngine runs a test on SQLite, and on MariaDB when its address is in the environment.
func eachEngine(t *testing.T, test func(t *testing.T, store *storage.WebStore)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, sqliteStore(t))
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		test(t, mysqlStore(t))
	})
}

func migrations(t *testing.T, engine string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := filepath.Glob("../../storage/migrations/" + engine + "/*web*.sql")
	must(t, err)
	for _, name := range names {
		body, err := os.ReadFile(name)
		must(t, err)
		files[filepath.Base(name)] = &fstest.MapFile{Data: body}
	}
	return files
}

func sqliteStore(t *testing.T) *storage.WebStore {
	t.Helper()
	dsn := "file:" + filepath.Join(t.TempDir(), "chat.db") +
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_txlock=immediate"
	write := openGorm(t, sqlite.Open(dsn), 1)
	migrate(t, goose.DialectSQLite3, write, migrations(t, "sqlite"))
	read := openGorm(t, sqlite.Open(dsn+"&_pragma=query_only(1)"), 4)
	return storage.NewWebStore(write, read, false)
}

func mysqlStore(t *testing.T) *storage.WebStore {
	t.Helper()
	dsn := os.Getenv("TUANBOT_TEST_MYSQL")
	if dsn == "" {
		if os.Getenv("TUANBOT_TEST_REQUIRE") != "" {
			t.Fatal("TUANBOT_TEST_MYSQL is needed")
		}
		t.Skip("TUANBOT_TEST_MYSQL is not set")
	}
	word := make([]byte, 6)
	_, err := rand.Read(word)
	must(t, err)
	name := "webchat_" + hex.EncodeToString(word)
	admin, err := sql.Open("mysql", dsn)
	must(t, err)
	t.Cleanup(func() {
		_, _ = admin.Exec("DROP DATABASE " + name) // a left-over database of a test harms nobody
		_ = admin.Close()
	})
	_, err = admin.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4")
	must(t, err)
	slash := strings.LastIndex(dsn, "/")
	_, options, _ := strings.Cut(dsn[slash+1:], "?")
	db := openGorm(t, mysql.Open(dsn[:slash+1]+name+"?"+options), 24)
	migrate(t, goose.DialectMySQL, db, migrations(t, "mysql"))
	return storage.NewWebStore(db, db, true)
}

func openGorm(t *testing.T, d gorm.Dialector, conns int) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(d, &gorm.Config{TranslateError: true, Logger: logger.Discard})
	must(t, err)
	pool, err := db.DB()
	must(t, err)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	t.Cleanup(func() { _ = pool.Close() })
	return db
}

func migrate(t *testing.T, dialect goose.Dialect, db *gorm.DB, files fstest.MapFS) {
	t.Helper()
	pool, err := db.DB()
	must(t, err)
	p, err := goose.NewProvider(dialect, pool, files)
	must(t, err)
	_, err = p.Up(t.Context())
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// echo answers what it is told; it counts, so that tests see each message handled once.
type echo struct {
	mu     sync.Mutex
	seen   []bot.Update
	count  map[string]int
	answer func(up bot.Update) ([]bot.Reply, error)
}

func newEcho() *echo { return &echo{count: map[string]int{}} }

func (e *echo) Handle(_ context.Context, up bot.Update) ([]bot.Reply, error) {
	e.mu.Lock()
	e.seen = append(e.seen, up)
	e.count[up.Key]++
	answer := e.answer
	e.mu.Unlock()
	if answer != nil {
		return answer(up)
	}
	if up.Kind == bot.KindFollow || !up.Spoken {
		return nil, nil
	}
	return []bot.Reply{{Text: "echo: " + up.Text + up.Action, Code: "echo"}}, nil
}

// updates gives what the bot heard, without first contacts.
func (e *echo) updates() []bot.Update {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []bot.Update
	for _, up := range e.seen {
		if up.Kind != bot.KindFollow {
			list = append(list, up)
		}
	}
	return list
}

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a chat with a sample group, served over HTTP.
type world struct {
	t      *testing.T
	chat   *webchat.Chat
	store  *storage.WebStore
	echo   *echo
	clock  *clock
	server *httptest.Server
	log    *bytes.Buffer
}

func newWorld(t *testing.T, store *storage.WebStore, change func(cfg *webchat.Config)) *world {
	t.Helper()
	w := &world{t: t, store: store, echo: newEcho(), clock: newClock(), log: &bytes.Buffer{}}
	cfg := webchat.Config{
		Store: store, Handler: w.echo, Clock: w.clock.Now, Random: rand.Reader, SigningKey: bytes.Repeat([]byte{7}, 32), Sandbox: true,
		PerPerson: webchat.Rate{Burst: 1000, Every: time.Millisecond}, PerAddress: webchat.Rate{Burst: 1000, Every: time.Millisecond},
		Log: slog.New(slog.NewTextHandler(&lockedWriter{w: w.log}, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	chat, err := webchat.New(cfg)
	must(t, err)
	w.chat = chat
	for _, p := range [][2]string{{"lin", "林团长"}, {"ming", "小明"}, {"wang", "王姐"}} {
		must(t, chat.CreatePerson(t.Context(), p[0], p[1], "zh"))
	}
	must(t, chat.CreateRoom(t.Context(), "g1", "幸福里 3 号楼", bot.ChatGroup))
	must(t, chat.AddMember(t.Context(), "g1", "lin", webchat.RoleKeeper))
	must(t, chat.AddMember(t.Context(), "g1", "ming", webchat.RoleMember))
	must(t, chat.AddMember(t.Context(), "g1", "wang", webchat.RoleMember))
	if cfg.Handler != nil {
		_, err = chat.Once(t.Context())
		must(t, err)
	}
	w.serve()
	return w
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (w *world) serve() {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", assets.Handler())
	w.chat.Routes(mux)
	api.New(w.chat, rand.Reader, slog.New(slog.DiscardHandler), w.chat.Done()).Routes(mux)
	w.server = httptest.NewServer(mux)
	w.t.Cleanup(w.server.Close)
}

// browser is one browser with its own cookies; it does not follow redirects.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &browser{t: w.t, base: w.server.URL, http: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) do(method, path string, form url.Values, header ...string) (*http.Response, string) {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	must(b.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	res, err := b.http.Do(req)
	must(b.t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	must(b.t, err)
	return res, string(text)
}

func (b *browser) get(path string) (*http.Response, string) {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

func (b *browser) post(path string, pairs ...string) (*http.Response, string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, form)
}

// enter signs a browser in by a fresh entry link.
func (w *world) enter(person string) *browser {
	w.t.Helper()
	b := w.browser()
	link, err := w.chat.EntryLink(w.t.Context(), person)
	must(w.t, err)
	if res, text := b.post(link); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("enter: %d %s", res.StatusCode, text)
	}
	return b
}

// texts gives what a person reads in a room, oldest first: "name: text".
func (w *world) texts(person, room string) []string {
	w.t.Helper()
	list, err := w.chat.Messages(w.t.Context(), person, room, 0, 200)
	must(w.t, err)
	var lines []string
	for _, m := range list {
		if m.Reply != nil {
			lines = append(lines, "bot: "+m.Reply.Text)
		} else {
			lines = append(lines, fmt.Sprintf("%s: %s", m.Author.Name, m.Text))
		}
	}
	return lines
}

func wantStatus(t *testing.T, res *http.Response, text string, want int) {
	t.Helper()
	if res.StatusCode != want {
		t.Fatalf("status %d, want %d: %s", res.StatusCode, want, text)
	}
}
