package engines

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Making the tables takes MariaDB a second, emptying them a few milliseconds. So a database goes back on a shelf after its
// test and the next test of this process takes it, unless something has changed its tables. What lies on the shelf at the
// end stays in the server: the tests' servers do not outlive them.

type shelf struct {
	mu   sync.Mutex
	free []string
	form string // what the tables of a new database look like
}

var theShelf = sync.OnceValue(func() *shelf { return &shelf{} })

// freshDatabase gives the URL of an empty database that belongs to the test alone.
func freshDatabase(t testing.TB, source string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(source)
	must(t, err)
	s := theShelf()
	name := s.take()
	if name == "" {
		name = fmt.Sprintf("t%d_%s", os.Getpid(), strings.ToLower(rand.Text()[:12]))
		admin := connectTo(t, cfg, "")
		_, err = admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
		must(t, errors.Join(err, admin.Close()))
	}
	t.Cleanup(func() {
		db := connectTo(t, cfg, name)
		must(t, errors.Join(s.giveBack(context.Background(), db, name), db.Close()))
	})
	return databaseURL(cfg, name)
}

func connectTo(t testing.TB, cfg *mysql.Config, name string) *sql.DB {
	t.Helper()
	own := cfg.Clone()
	own.DBName = name
	connector, err := mysql.NewConnector(own)
	must(t, err)
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1) // what is set for the session holds for all that follows
	return db
}

func databaseURL(cfg *mysql.Config, name string) string {
	user := cfg.User
	if cfg.Passwd != "" {
		user += ":" + url.PathEscape(cfg.Passwd)
	}
	if cfg.Net == "unix" {
		return fmt.Sprintf("mysql://%s@unix(%s)/%s", user, cfg.Addr, name)
	}
	return fmt.Sprintf("mysql://%s@%s/%s", user, cfg.Addr, name)
}

func (s *shelf) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return ""
	}
	name := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return name
}

// learn remembers what new tables look like.
func (s *shelf) learn(ctx context.Context, db *sql.DB) error {
	form, err := formOf(ctx, db)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.form = form
	return err
}

// giveBack empties a database for the next test, or drops one whose tables are not what they were.
func (s *shelf) giveBack(ctx context.Context, db *sql.DB, name string) error {
	form, err := formOf(ctx, db)
	if err != nil {
		return err
	}
	s.mu.Lock()
	changed := s.form != form
	s.mu.Unlock()
	if changed {
		_, err := db.ExecContext(ctx, "DROP DATABASE "+name)
		return err
	}
	if err := empty(ctx, db); err != nil {
		return err
	}
	s.mu.Lock()
	s.free = append(s.free, name)
	s.mu.Unlock()
	return nil
}

// formOf is a fingerprint of columns, indexes, constraints and triggers.
func formOf(ctx context.Context, db *sql.DB) (string, error) {
	var form string
	err := db.QueryRowContext(ctx, `SELECT CONCAT_WS('/',
		(SELECT MD5(GROUP_CONCAT(table_name, ' ', column_name, ' ', column_type, ' ', is_nullable ORDER BY table_name, ordinal_position)) FROM information_schema.columns WHERE table_schema = DATABASE()),
		(SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()),
		(SELECT COUNT(*) FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()),
		(SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()))`).Scan(&form)
	return form, err
}

func empty(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'")
	if err != nil {
		return err
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		tables = append(tables, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "SET foreign_key_checks = 0"); err != nil {
		return err
	}
	for _, name := range tables {
		if err := emptyTable(ctx, db, name); err != nil {
			return fmt.Errorf("empty %s: %w", name, err)
		}
	}
	return nil
}

// emptyTable deletes, which is quick; only where triggers forbid that, the table is made anew.
func emptyTable(ctx context.Context, db *sql.DB, name string) error {
	if name == "meta" || strings.HasPrefix(name, "goose_") {
		return nil // their rows belong to the tables
	}
	var used bool
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+name+")").Scan(&used); err != nil || !used {
		return err
	}
	if _, err := db.ExecContext(ctx, "DELETE FROM "+name); err == nil {
		return nil
	}
	_, err := db.ExecContext(ctx, "TRUNCATE TABLE "+name)
	return err
}
