package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers"
	"tuanbot/storage"
	"tuanbot/storage/redis"
	"tuanbot/storage/storagetest/servers"
)

// rivalConns is how many connections the peer has, as the definition of the bench says.
const rivalConns = 64

// machines are the private servers of one engine pair; for SQLite there are none.
type machines struct {
	engine string
	dir    string
	maria  *servers.Maria
	redis  *servers.Redis
	remove func() error
}

func startServers(ctx context.Context, engine string) (m *machines, err error) {
	dir, remove, err := servers.Dir()
	if err != nil {
		return nil, err
	}
	m = &machines{engine: engine, dir: dir, remove: remove}
	if engine == SQLite {
		return m, nil
	}
	if m.maria, err = servers.StartMaria(ctx, dir); err == nil {
		m.redis, err = servers.StartRedis(ctx, dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("private servers (mariadbd and redis-server are needed; `make bench` finds or installs them): %w", err), m.close())
	}
	return m, nil
}

func (m *machines) close() error {
	var errs []error
	if m.maria != nil {
		errs = append(errs, m.maria.Kill()) // nothing in it is wanted any more
	}
	if m.redis != nil {
		errs = append(errs, m.redis.Kill())
	}
	return errors.Join(append(errs, m.remove())...)
}

// address is where a world's database and Redis are, as another process would be told.
type address struct {
	URL, Dir, Redis string
}

// fresh makes an empty database.
func (m *machines) fresh(ctx context.Context, name string) (address, error) {
	if m.engine == SQLite {
		return address{Dir: filepath.Join(m.dir, name)}, nil
	}
	if err := m.maria.CreateDB(ctx, name); err != nil {
		return address{}, err
	}
	return address{URL: m.maria.URL(name), Redis: m.redis.URL()}, nil
}

// world is one database with a Desk over it.
type world struct {
	engine string
	at     address
	db     *storage.DB
	redis  *redis.Redis
	maria  *servers.Maria // nil on SQLite
	desk   *handlers.Desk
	store  *counting
	rival  *sql.DB // what peer and floor use
	clean  []func() error
	chat   domain.ChatID
	town   domain.Community
}

const leader domain.AccountID = "leader"

// inWorld makes an empty world, hands it to f and takes it down.
func inWorld(ctx context.Context, o *Options, m *machines, f func(*world) error) (err error) {
	at, err := m.fresh(ctx, "b"+handlers.Mint{}.ID())
	if err != nil {
		return err
	}
	w, err := openWorld(ctx, o, m.engine, at, nil)
	if err != nil {
		return err
	}
	w.maria = m.maria
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.settle(ctx); err != nil {
		return err
	}
	return f(w)
}

func openWorld(ctx context.Context, o *Options, engine string, at address, clock func() time.Time) (w *world, err error) {
	w = &world{engine: engine, at: at}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	w.db, err = storage.Open(ctx, storage.Options{URL: at.URL, DataDir: at.Dir, Clock: clock, Log: o.Log, MaxOpen: rivalConns})
	if err != nil {
		return nil, err
	}
	w.clean = append(w.clean, w.db.Close)
	if err := w.db.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if err := w.db.Gate(ctx); err != nil {
		return nil, fmt.Errorf("the database is not durable: %w", err)
	}
	if w.redis, err = redis.Open(ctx, at.Redis, o.Log); err != nil {
		return nil, err
	}
	w.clean = append(w.clean, w.redis.Close)
	w.store = &counting{Store: w.db}
	w.desk = newDesk(o, w) //nolint:contextcheck // the publisher outlives every caller
	w.clean = append(w.clean, func() error { w.desk.Close(); return nil })
	return w, nil
}

func newDesk(o *Options, w *world) *handlers.Desk {
	return handlers.New(handlers.Config{
		Store: w.store, Tally: w.redis, Waker: w.redis, Mint: handlers.Mint{}, Log: o.Log,
		Gateways: map[string]domain.Payments{gatewayName: gateway{}}, Gateway: gatewayName,
	})
}

func (w *world) close() error {
	var errs []error
	for _, v := range slices.Backward(w.clean) {
		errs = append(errs, v())
	}
	w.clean = nil
	return errors.Join(errs...)
}

// settle makes a community with one group chat and its leader.
func (w *world) settle(ctx context.Context) error {
	w.town = domain.Community{ID: "town", Name: "Bench", Zone: "Asia/Shanghai", Lang: domain.Chinese, Currency: string(money.CNY)}
	w.chat = "chat"
	return w.db.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		w.town.CreatedAt = now
		return errors.Join(
			tx.SaveCommunity(ctx, w.town),
			tx.SaveAccount(ctx, domain.Account{ID: leader, Community: w.town.ID, Kind: domain.AccountPerson, Name: "Leader", Lang: domain.Chinese, CreatedAt: now}),
			tx.SaveChat(ctx, domain.Chat{ID: w.chat, Community: w.town.ID, Channel: "bench", External: "chat", Group: true, Title: "Bench", CreatedAt: now}),
			tx.SaveRole(ctx, domain.Role{Community: w.town.ID, Account: leader, Name: domain.RoleLeader, GrantedBy: leader, At: now}),
		)
	})
}

// post opens a deal with one item and returns it with its item.
func (w *world) post(ctx context.Context, terms domain.DealTerms, stock int64) (domain.DealID, domain.ItemID, error) {
	terms.Title, terms.Fulfilment = "阳光玫瑰 2 斤装", domain.FulfilPickup
	a, err := w.desk.Post(ctx, domain.PostCommand{
		Ask: domain.Asked{Key: w.key(handlers.Mint{}.ID()), Hash: "post", By: leader, Lang: domain.Chinese, Chat: w.chat}, Community: w.town, Terms: terms,
		Items: []domain.NewItem{{Name: "阳光玫瑰", Spec: "2 斤装", Group: money.Yuan(2990), Solo: money.Yuan(4900), Stock: stock}},
		Chats: []domain.ChatID{w.chat},
	})
	if err != nil {
		return "", "", fmt.Errorf("post: %w", err)
	}
	if a.Refusal != nil {
		return "", "", fmt.Errorf("post: %w", a.Refusal)
	}
	sheet, err := w.desk.Deal(ctx, a.Deal)
	if err != nil {
		return "", "", fmt.Errorf("read deal %s: %w", a.Deal, err)
	}
	return a.Deal, sheet.Items[0].ID, nil
}

func (w *world) key(message string) domain.EventKey {
	return domain.EventKey{Channel: "bench", Message: message}
}

// rivals opens the connections of peer and floor: 64 to MariaDB with parameters written into the statement, one to SQLite,
// where more only wait for each other.
func (w *world) rivals() (*sql.DB, error) {
	if w.rival != nil {
		return w.rival, nil
	}
	var err error
	if w.engine == SQLite {
		w.rival, err = sql.Open("sqlite", "file:"+filepath.Join(w.at.Dir, storage.SQLiteFile)+
			"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)&_pragma=journal_mode(WAL)&_txlock=immediate")
		if err == nil {
			w.rival.SetMaxOpenConns(1)
		}
	} else {
		w.rival, err = openMaria(w.at.URL)
	}
	if err != nil {
		return nil, fmt.Errorf("connect peer and floor: %w", err)
	}
	w.clean = append(w.clean, w.rival.Close)
	return w.rival, nil
}

func openMaria(url string) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(url[len("mysql://"):])
	if err != nil {
		return nil, fmt.Errorf("read address: %w", err)
	}
	cfg.InterpolateParams, cfg.ClientFoundRows, cfg.Collation = true, true, "utf8mb4_bin"
	conn, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare connection: %w", err)
	}
	pool := sql.OpenDB(conn)
	pool.SetMaxOpenConns(rivalConns)
	pool.SetMaxIdleConns(rivalConns)
	return pool, nil
}
