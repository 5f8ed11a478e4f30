package handlers

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/storage"

	_ "github.com/glebarez/go-sqlite"
	_ "github.com/go-sql-driver/mysql"
)

// The tests of this package run on both engines. On SQLite each has a file of its own, on MariaDB all share one database,
// where each posts deals of its own.
const (
	onSQLite = "SQLite"
	onMaria  = "MariaDB"
)

// mariaDSN is where the tests' MariaDB is; empty: there is none, and nobody promised one.
func mariaDSN(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("TUANBOT_TEST_MYSQL")
	if dsn == "" && os.Getenv("TUANBOT_TEST_REQUIRE") != "" {
		t.Fatal("TUANBOT_TEST_MYSQL is not set")
	}
	return dsn
}

var shared struct {
	sync.Mutex
	name string
}

func TestMain(m *testing.M) {
	if os.Getenv(holderEnv) != "" {
		os.Exit(holdDeal())
	}
	code := m.Run()
	if shared.name != "" {
		if db, err := sql.Open("mysql", os.Getenv("TUANBOT_TEST_MYSQL")); err == nil {
			_, _ = db.Exec("DROP DATABASE " + shared.name) // the server is thrown away anyway
			_ = db.Close()
		}
	}
	os.Exit(code)
}

// place is where a database is, so that several handles and processes can be opened on it.
type place struct {
	engine, url, dir string
}

func (p place) open(t *testing.T, opt storage.Options) *storage.DB {
	t.Helper()
	opt.URL, opt.DataDir, opt.MaxOpen = p.url, p.dir, 8
	db, err := storage.Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// raw is a connection that shares no code with the program.
func (p place) raw(t *testing.T) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+p.dir+"/"+storage.SQLiteFile+"?_pragma=busy_timeout(5000)&_txlock=immediate"
	if p.engine == onMaria {
		driver, dsn = "mysql", strings.TrimPrefix(p.url, "mysql://")
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func placeOf(t *testing.T, engine string) place {
	t.Helper()
	p := place{engine: engine}
	if engine == onSQLite {
		p.dir = t.TempDir()
		migrate(t, p)
		return p
	}
	dsn := mariaDSN(t)
	if dsn == "" {
		t.Skip("TUANBOT_TEST_MYSQL is not set")
	}
	head, _, _ := strings.Cut(dsn, "/?")
	shared.Lock()
	defer shared.Unlock()
	if shared.name == "" {
		name := fmt.Sprintf("desk_%d", os.Getpid())
		db, err := sql.Open("mysql", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"); err != nil {
			t.Fatal(err)
		}
		migrate(t, place{engine: engine, url: "mysql://" + head + "/" + name})
		shared.name = name
	}
	p.url = "mysql://" + head + "/" + shared.name
	return p
}

func migrate(t *testing.T, p place) {
	t.Helper()
	db := p.open(t, storage.Options{})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// onBoth runs a test on each engine.
func onBoth(t *testing.T, f func(t *testing.T, p place)) {
	t.Helper()
	for _, engine := range []string{onSQLite, onMaria} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(t, placeOf(t, engine))
		})
	}
}

// spy is a store that counts transactions and lets a test step in between.
type spy struct {
	domain.Store
	txs   atomic.Int64
	lends func(domain.Tx) domain.Tx
}

func (s *spy) InTx(ctx context.Context, f func(domain.Tx) error) error {
	s.txs.Add(1)
	return s.Store.InTx(ctx, func(tx domain.Tx) error {
		if s.lends != nil {
			tx = s.lends(tx)
		}
		return f(tx)
	})
}

// world is one Desk over a database.
type world struct {
	*Desk
	place place
	db    *storage.DB
	spy   *spy
	stop  atomic.Pointer[halt]
}

// options are what a test may set of its world.
type options struct {
	commit func(commit func() error) error
	tally  domain.Tally
	lends  func(domain.Tx) domain.Tx
}

func newWorld(t *testing.T, p place, o options) *world {
	t.Helper()
	w := &world{place: p, db: p.open(t, storage.Options{CommitHook: o.commit})}
	w.spy = &spy{Store: w.db, lends: o.lends}
	if o.tally == nil {
		o.tally = &tally{}
	}
	w.Desk = New(Config{
		Store: w.spy, Tally: o.tally, Waker: silent{}, Mint: Mint{}, Log: slog.New(slog.DiscardHandler), At: w.at,
	})
	t.Cleanup(w.Close)
	return w
}

// halt stops whoever reaches a point until it is lifted.
type halt struct {
	point   string
	reached chan struct{}
	lift    chan struct{}
	once    sync.Once
}

func (w *world) at(point string) {
	h := w.stop.Load()
	if h == nil || h.point != point {
		return
	}
	h.once.Do(func() { close(h.reached) })
	<-h.lift
}

// haltAt stops the Desk at a point and returns how to wait until it stands there, and how to let it go on.
func (w *world) haltAt(t *testing.T, point string) (reached <-chan struct{}, lift func()) {
	t.Helper()
	h := &halt{point: point, reached: make(chan struct{}), lift: make(chan struct{})}
	w.stop.Store(h)
	var once sync.Once
	lift = func() {
		once.Do(func() {
			w.stop.Store(nil)
			close(h.lift)
		})
	}
	t.Cleanup(lift)
	return h.reached, lift
}

// waiting is how many commands stand at the gate of a deal.
func (w *world) waiting(deal domain.DealID) int {
	w.turn.mu.Lock()
	defer w.turn.mu.Unlock()
	if g := w.turn.gates[deal]; g != nil {
		return len(g.waiting)
	}
	return 0
}

// offer is a posted deal.
type offer struct {
	deal domain.DealID
	item domain.ItemID
	team domain.TeamID
}

// post opens a chain with one item.
func (w *world) post(t *testing.T, change func(*domain.DealTerms, *domain.NewItem)) offer {
	t.Helper()
	terms := domain.DealTerms{
		Kind: domain.KindChain, Title: "葡萄", Pay: domain.PayAfterFormed, ThresholdUnit: domain.UnitNone,
		DeadlineAt: time.Now().Add(time.Hour), Fulfilment: domain.FulfilPickup,
	}
	item := domain.NewItem{Name: "葡萄", Group: money.Yuan(1000)}
	if change != nil {
		change(&terms, &item)
	}
	var nd domain.NewDeal
	err := w.db.InTx(t.Context(), func(tx domain.Tx) error {
		now, err := tx.Now(t.Context())
		if err != nil {
			return err
		}
		nd, err = domain.Post(domain.PostCommand{
			Ask: domain.Asked{By: "leader"}, Community: domain.Community{ID: "home", Currency: string(money.CNY)}, Terms: terms,
			Items: []domain.NewItem{item}, Chats: []domain.ChatID{"chat"},
		}, Mint{}, now)
		if err != nil {
			return err
		}
		return tx.InsertDeal(t.Context(), nd)
	})
	if err != nil {
		t.Fatal(err)
	}
	o := offer{deal: nd.Deal.ID, item: nd.Items[0].ID}
	if len(nd.Teams) > 0 {
		o.team = nd.Teams[0].ID
	}
	return o
}

// join is a command of a person for an offer; the message is its key and its input.
func (o offer) join(who, message string, qty int64) domain.JoinCommand {
	return domain.JoinCommand{
		Ask: domain.Asked{
			Key: domain.EventKey{Channel: "test", Message: string(o.deal) + "/" + message}, Hash: fmt.Sprintf("%s+%d", message, qty),
			By: domain.AccountID(who), Lang: domain.Chinese, Chat: "chat",
		},
		Deal: o.deal, Wants: []domain.Want{{Item: o.item, Qty: qty}}, Shopper: domain.AccountID(who), Via: domain.ViaText,
	}
}

// probe is a turn that a test writes itself.
type probe struct {
	ask   domain.Asked
	apply func(b *domain.Book) (domain.Answer, error)
}

func (p probe) Asked() domain.Asked { return p.ask }
func (p probe) Kind() string        { return "probe" }
func (p probe) Needs() domain.Needs { return domain.Needs{ChainTeam: true} }
func (p probe) Apply(b *domain.Book) (domain.Answer, error) {
	return p.apply(b)
}

// result is what one caller heard.
type result struct {
	answer domain.Answer
	err    error
}

// together lets n callers speak at once and collects what each heard.
func together(n int, f func(i int) (domain.Answer, error)) []result {
	out := make([]result, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { out[i].answer, out[i].err = f(i) })
	}
	wg.Wait()
	return out
}

func joined(t *testing.T, a domain.Answer, err error) {
	t.Helper()
	if err != nil || a.Did != domain.DidJoin {
		t.Fatalf("%+v, %v; want joined", a, err)
	}
}

func refusedWith(t *testing.T, a domain.Answer, err error, why domain.Why) {
	t.Helper()
	if err != nil || a.Refusal == nil || a.Refusal.Why != why {
		t.Fatalf("%s %v, %v; want a refusal: %s", a.Did, a.Refusal, err, why)
	}
}

// books is what SQL says of a deal.
type books struct {
	orders, shares, live, held, serial, events int64
}

func (w *world) books(t *testing.T, o offer) books {
	t.Helper()
	var b books
	err := w.place.raw(t).QueryRowContext(t.Context(), `SELECT
		(SELECT COUNT(*) FROM orders WHERE deal = ?), (SELECT COALESCE(SUM(shares), 0) FROM orders WHERE deal = ? AND state = 'placed'),
		(SELECT COALESCE(SUM(live_shares), 0) FROM teams WHERE deal = ?), (SELECT held FROM deal_items WHERE deal = ?),
		(SELECT next_serial FROM deals WHERE id = ?), (SELECT COUNT(*) FROM order_events WHERE deal = ?)`,
		o.deal, o.deal, o.deal, o.deal, o.deal, o.deal).Scan(&b.orders, &b.shares, &b.live, &b.held, &b.serial, &b.events)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// agree fails unless every count of a deal says the same.
func (w *world) agree(t *testing.T, o offer, shares int64) books {
	t.Helper()
	b := w.books(t, o)
	if b.shares != shares || b.live != shares || b.held != shares {
		t.Fatalf("counts disagree: %+v, want %d shares", b, shares)
	}
	return b
}

// until polls a condition; the test's own deadline ends a hopeless wait.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("waited half a minute until %s", what)
		}
	}
}

type silent struct{}

func (silent) Wake(context.Context, string) {}
func (silent) Subscribe(context.Context, string) (<-chan struct{}, func()) {
	return nil, func() {}
}
