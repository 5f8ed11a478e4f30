package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the tables up to date. On MySQL a lock table keeps two copies apart, and each step is one statement,
// because a failed one cannot be rolled back there.
func (d *DB) Migrate(ctx context.Context) error {
	p, pool, err := d.goose(ctx)
	if err != nil {
		return err
	}
	defer d.closePool(ctx, pool)
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return d.seed(ctx)
}

// NeedsMigration reports whether tables are missing or old.
func (d *DB) NeedsMigration(ctx context.Context) (bool, error) {
	p, pool, err := d.goose(ctx)
	if err != nil {
		return false, err
	}
	defer d.closePool(ctx, pool)
	pending, err := p.HasPending(ctx)
	if err != nil {
		return false, fmt.Errorf("look for migrations: %w", err)
	}
	return pending, nil
}

// goose makes the migration runner. On MySQL it gets a pool of its own without the short patience of ours.
func (d *DB) goose(ctx context.Context) (*goose.Provider, *sql.DB, error) {
	dialect, folder, pool := goose.DialectSQLite3, "migrations/sqlite", d.writeSQL
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.mysql {
		locker, err := lock.NewMySQLTableLocker()
		if err != nil {
			return nil, nil, fmt.Errorf("prepare migration lock: %w", err)
		}
		opts = append(opts, goose.WithLocker(locker))
		dialect, folder = goose.DialectMySQL, "migrations/mysql"
		if pool, err = d.mysqlPool(nil, 0); err != nil {
			return nil, nil, err
		}
	}
	sub, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, nil, fmt.Errorf("find migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, pool, sub, opts...)
	if err != nil {
		err = fmt.Errorf("prepare migrations: %w", err)
		d.closePool(ctx, pool)
		return nil, nil, err
	}
	return p, pool, nil
}

func (d *DB) closePool(ctx context.Context, pool *sql.DB) {
	if pool == d.writeSQL {
		return
	}
	if err := pool.Close(); err != nil {
		d.opt.Log.WarnContext(ctx, "close migration pool", "err", err)
	}
}

// seed adds the rows that the program takes for granted.
func (d *DB) seed(ctx context.Context) error {
	return d.inTx(ctx, func(t *tx) error {
		rows := []metaRow{{Name: epochName, Val: rand.Text()}, {Name: claimLock}}
		return insertNew(t.orm(ctx), rows, "name")
	})
}

// BumpEpoch makes everything that Redis remembers void; to be called after a restore.
func (d *DB) BumpEpoch(ctx context.Context) error {
	return d.inTx(ctx, func(t *tx) error {
		return guarded[metaRow](t.orm(ctx), map[string]any{"val": rand.Text()}, "name = ?", epochName)
	})
}

var errUnsafe = errors.New("the database is not set up safely")
