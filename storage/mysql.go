package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 30 * time.Second // no statement of ours takes that long; migrations use a pool without it
)

// lockPatience is for sessions that write: they give up waiting for a lock after 2 s, and MariaDB ends one that is silent for
// 2 s in the middle of a transaction, so that a frozen copy holds a deal no longer. MySQL has no such setting and takes the
// second part for a comment; there the silence ends after wait_timeout. Rule: docs/adr/0005-frozen-copies.md.
const lockPatience = "2 /*M! , idle_transaction_timeout = 2 */"

// openMySQL opens a pool whose sessions give up waiting for a lock after 2 s and die after 5 s of silence, and one for
// reading.
func (d *DB) openMySQL() error {
	var err error
	d.writeSQL, err = d.mysqlPool(map[string]string{"innodb_lock_wait_timeout": lockPatience, "wait_timeout": "5"}, ioTimeout)
	if err != nil {
		return err
	}
	d.writeSQL.SetConnMaxIdleTime(writerIdle)
	d.ready = newPrepared(d.writeSQL)
	if d.readSQL, err = d.mysqlPool(map[string]string{"innodb_lock_wait_timeout": "2"}, ioTimeout); err != nil {
		return err
	}
	d.readSQL.SetConnMaxIdleTime(readerIdle)
	return nil
}

func (d *DB) mysqlPool(session map[string]string, patience time.Duration) (*sql.DB, error) {
	cfg, err := mysqlConfig(d.opt.URL)
	if err != nil {
		return nil, err
	}
	cfg.ReadTimeout, cfg.WriteTimeout = patience, patience
	maps.Copy(cfg.Params, session)
	base, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare connection: %w", err)
	}
	pool := sql.OpenDB(readCommitted{base})
	pool.SetMaxOpenConns(d.opt.MaxOpen)
	pool.SetMaxIdleConns(d.opt.MaxOpen)
	return pool, nil
}

// mysqlConfig reads the URL. clientFoundRows makes affected rows mean matched rows, as on SQLite; interpolated parameters
// save a round trip for every statement. Errors never repeat the URL: it holds the password.
func mysqlConfig(raw string) (*mysql.Config, error) {
	rest, ok := strings.CutPrefix(raw, "mysql://")
	if !ok {
		return nil, errors.New("the database URL must start with mysql://")
	}
	cfg := mysql.NewConfig()
	var query string
	if user, place, isSocket := strings.Cut(rest, "@unix("); isSocket {
		path, tail, closed := strings.Cut(place, ")/")
		if !closed {
			return nil, errors.New("the database URL must look like mysql://user@unix(/path.sock)/name")
		}
		cfg.Net, cfg.Addr = "unix", path
		cfg.User, cfg.Passwd, _ = strings.Cut(user, ":")
		cfg.DBName, query, _ = strings.Cut(tail, "?")
		cfg.User, cfg.Passwd = unescape(cfg.User), unescape(cfg.Passwd)
	} else {
		u, err := url.Parse(raw)
		if err != nil {
			return nil, errors.New("the database URL cannot be read")
		}
		cfg.Net, cfg.Addr, cfg.User = "tcp", u.Host, u.User.Username()
		cfg.Passwd, _ = u.User.Password()
		cfg.DBName, query = strings.TrimPrefix(u.Path, "/"), u.RawQuery
		if u.Port() == "" {
			cfg.Addr += ":3306"
		}
	}
	return cfg, finishConfig(cfg, query)
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

func finishConfig(cfg *mysql.Config, query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("the parameters of the database URL cannot be read")
	}
	cfg.TLSConfig = values.Get("tls")
	cfg.Loc, cfg.ParseTime = time.UTC, true
	cfg.ClientFoundRows, cfg.InterpolateParams = true, true
	cfg.Timeout, cfg.Logger = dialTimeout, &mysql.NopLogger{} // what goes wrong comes back as an error
	cfg.Collation = "utf8mb4_bin"
	cfg.Params = map[string]string{"time_zone": "'+00:00'"}
	return nil
}

// readCommitted sets the isolation of every session by a statement that both MySQL and MariaDB know; the variable's name
// differs between them.
type readCommitted struct{ driver.Connector }

// Connect opens a session and sets its isolation.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	exec, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver cannot run statements"), conn.Close())
	}
	if _, err := exec.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("set isolation: %w", err), conn.Close())
	}
	return conn, nil
}
