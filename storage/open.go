// Package storage keeps the truth in SQL: GORM rows and their mapping to the domain, transactions, migrations and the check
// that a database is set up safely. It works the same on SQLite and on MySQL or MariaDB.
//
// It fills the ports of the domain and must not know rules or words for people: what is admitted, refused or said is
// decided elsewhere. No GORM type leaves it.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/glebarez/sqlite"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"tuanbot/domain"
)

// Each match with a port is stated once.
var (
	_ domain.Store  = (*DB)(nil)
	_ domain.Outbox = (*DB)(nil)
	_ domain.Pruner = (*DB)(nil)
)

// Options say which database to open and how.
type Options struct {
	URL     string           // mysql://user:password@host:port/name or mysql://user@unix(/path.sock)/name; empty: SQLite in DataDir
	DataDir string           // folder of the SQLite file
	Clock   func() time.Time // instead of the database's time; for tests and rehearsals
	Log     *slog.Logger     // nil: silence
	MaxOpen int              // connections of each of the two pools; 0: 32
	// CommitHook runs around every commit, so that tests can make one fail, before or after it was done.
	CommitHook func(commit func() error) error
}

// DB is an open database: one pool that writes and one that only reads.
type DB struct {
	write, read       *gorm.DB
	writeSQL, readSQL *sql.DB
	mysql             bool
	ready             *prepared // nil on SQLite
	opt               Options
}

const (
	defaultConns  = 32
	writerIdle    = 3 * time.Second // a writer that idles longer is closed, so that a frozen copy cannot hold a deal
	readerIdle    = time.Minute
	sqliteReaders = 4
)

// Open opens the database. It does not create tables (Migrate) and does not check the settings of the server (Gate).
func Open(ctx context.Context, opt Options) (*DB, error) {
	if opt.MaxOpen <= 0 {
		opt.MaxOpen = defaultConns
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	d := &DB{opt: opt, mysql: opt.URL != ""}
	if err := d.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), d.Close())
	}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), d.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context) error {
	var err error
	if d.mysql {
		err = d.openMySQL()
	} else {
		err = d.openSQLite(ctx)
	}
	if err != nil {
		return err
	}
	if d.write, err = d.orm(d.writeSQL); err != nil {
		return err
	}
	d.read, err = d.orm(d.readSQL)
	return err
}

// orm lays GORM over a pool: no log of its own, no transactions that were not asked for, no pings.
func (d *DB) orm(pool *sql.DB) (*gorm.DB, error) {
	var dialect gorm.Dialector = sqlite.Dialector{Conn: pool}
	if d.mysql {
		dialect = mysql.New(mysql.Config{Conn: pool, SkipInitializeWithVersion: true})
	}
	db, err := gorm.Open(dialect, &gorm.Config{
		SkipDefaultTransaction: true, DisableAutomaticPing: true, Logger: logger.Discard,
		NowFunc: func() time.Time { return time.Time{} },
	})
	if err != nil {
		return nil, fmt.Errorf("set up gorm: %w", err)
	}
	return db, nil
}

// Ping reports whether the database answers, to writers and to readers.
func (d *DB) Ping(ctx context.Context) error {
	for _, pool := range []*sql.DB{d.writeSQL, d.readSQL} {
		if err := pool.PingContext(ctx); err != nil {
			return fmt.Errorf("reach database: %w", err)
		}
	}
	return nil
}

// Close ends every connection.
func (d *DB) Close() error {
	var errs []error
	if d.ready != nil {
		d.ready.close()
	}
	for _, pool := range []*sql.DB{d.readSQL, d.writeSQL} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Web is the memory of the built-in web chat in this database.
func (d *DB) Web() *WebStore { return NewWebStore(d.write, d.read, d.mysql) }

// IsMySQL reports whether this is MySQL or MariaDB.
func (d *DB) IsMySQL() bool { return d.mysql }

// Pools are the two pools, the writing one first, for metrics and for statements that belong to no port.
func (d *DB) Pools() (write, read *sql.DB) { return d.writeSQL, d.readSQL }

// Now is the database's time.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	n, err := d.now(d.read.WithContext(ctx))
	return at(n), err
}

// now reads the time by a statement of its own: inside another one it would be stale by as long as that one waited.
func (d *DB) now(db *gorm.DB) (int64, error) {
	if d.opt.Clock != nil {
		return ms(d.opt.Clock()), nil
	}
	query := "SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)"
	if d.mysql {
		query = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"
	}
	var n int64
	if err := db.Raw(query).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("read database time: %w", translate(err))
	}
	return n, nil
}

// ms is a time as it is stored: milliseconds UTC, 0 for none.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// placeholders is "?, ?, ?".
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
