package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"tuanbot/domain"
)

const (
	txTries   = 5
	firstWait = 2 * time.Millisecond
)

// tx is one transaction. It remembers the rows it has read, so that only what changed is written.
type tx struct {
	d   *DB
	db  *gorm.DB
	now int64 // 0: not read yet
	mem memory
}

var _ domain.Tx = (*tx)(nil)

// InTx runs f in one transaction and again after a deadlock or a busy error. What fails before the commit was not
// written; a commit that fails is unknown and is never run again.
func (d *DB) InTx(ctx context.Context, f func(domain.Tx) error) error {
	return d.inTx(ctx, func(t *tx) error { return f(t) })
}

func (d *DB) inTx(ctx context.Context, f func(*tx) error) error {
	wait := firstWait
	var err error
	for range txTries {
		if err = d.try(ctx, f); err == nil || !isPassing(err) || errors.Is(err, domain.ErrUnknown) || errors.Is(err, domain.ErrBusy) {
			break
		}
		if !pause(ctx, wait+rand.N(wait)) {
			break
		}
		wait *= 2
	}
	if err == nil || errors.Is(err, domain.ErrUnknown) || errors.Is(err, domain.ErrBusy) {
		return err
	}
	if isPassing(err) || isAway(err) {
		return fmt.Errorf("%w: %w", domain.ErrBusy, err)
	}
	return err
}

// pause waits and reports whether the context lasted.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// try runs f once. The connection is taken by hand, so that it can be thrown away when a commit failed: on SQLite a failed
// commit leaves the transaction open on it.
func (d *DB) try(ctx context.Context, f func(*tx) error) (err error) {
	conn, err := d.writeSQL.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%w: get connection: %w", domain.ErrBusy, err)
	}
	defer conn.Close()
	raw, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%w: begin: %w", domain.ErrBusy, err)
	}
	done := false
	defer func() {
		if !done { // an error, or a panic on its way up
			if failed := rollback(raw); failed != nil {
				err = errors.Join(err, failed)
			}
		}
	}()
	if err := f(&tx{d: d, db: d.session(ctx, raw)}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("before commit: %w", err)
	}
	done = true
	return d.commit(conn, raw)
}

func rollback(raw *sql.Tx) error {
	if err := raw.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) && !isAway(err) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

func (d *DB) commit(conn *sql.Conn, raw *sql.Tx) error {
	commit := raw.Commit
	if d.opt.CommitHook != nil {
		commit = func() error { return d.opt.CommitHook(raw.Commit) }
	}
	err := commit()
	if err == nil {
		return nil
	}
	// A transaction that is still open (a hook that did not commit) must end, or the connection could not be dropped.
	_ = raw.Rollback() // usually it is over already
	// ErrBadConn makes the pool drop the connection.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the answer is that same error
	return fmt.Errorf("%w: commit: %w", domain.ErrUnknown, err)
}

// session is GORM over one transaction.
func (d *DB) session(ctx context.Context, raw *sql.Tx) *gorm.DB {
	db := d.write.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = session{Tx: raw, ready: d.ready}
	return db
}

// orm is GORM for one statement of this transaction.
func (t *tx) orm(ctx context.Context) *gorm.DB { return t.db.WithContext(ctx) }

// Now is the database's time, read by a statement of its own.
func (t *tx) Now(ctx context.Context) (time.Time, error) {
	n, err := t.d.now(t.orm(ctx))
	if err != nil {
		return time.Time{}, err
	}
	t.now = n
	return at(n), nil
}

// knownNow is the time that was last read in this transaction.
func (t *tx) knownNow(ctx context.Context) (int64, error) {
	if t.now == 0 {
		if _, err := t.Now(ctx); err != nil {
			return 0, err
		}
	}
	return t.now, nil
}
