package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/glebarez/sqlite"
)

// SQLiteFile is the name of the database in the data folder.
const SQLiteFile = "tuanbot.db"

// openSQLite opens one writing connection and a few reading ones: with many writers single waits grow to seconds.
// Immediate transactions take the write lock at once; without that racing writers fail in spite of the busy timeout.
func (d *DB) openSQLite(ctx context.Context) error {
	if d.opt.DataDir == "" {
		return errors.New("SQLite needs a data folder")
	}
	if err := os.MkdirAll(d.opt.DataDir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	file := "file:" + (&url.URL{Path: filepath.ToSlash(filepath.Join(d.opt.DataDir, SQLiteFile))}).EscapedPath()
	common := "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)&_pragma=cache_size(-16000)"
	var err error
	if d.writeSQL, err = sql.Open(sqlite.DriverName, file+common+"&_pragma=journal_mode(WAL)&_txlock=immediate"); err != nil {
		return fmt.Errorf("open SQLite: %w", err)
	}
	d.writeSQL.SetMaxOpenConns(1)
	if err := d.writeSQL.PingContext(ctx); err != nil { // makes the file, so that readers find it
		return fmt.Errorf("open SQLite: %w", err)
	}
	if d.readSQL, err = sql.Open(sqlite.DriverName, file+common+"&_pragma=query_only(1)"); err != nil {
		return fmt.Errorf("open SQLite for reading: %w", err)
	}
	d.readSQL.SetMaxOpenConns(sqliteReaders)
	d.readSQL.SetMaxIdleConns(sqliteReaders)
	return nil
}
