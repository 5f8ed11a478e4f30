package storage

import (
	"context"
	"fmt"
	"strings"
)

// Gate refuses a database whose settings could lose what was promised, naming everything that is wrong at once.
// Rule: reliability.md, config gate.
func (d *DB) Gate(ctx context.Context) error {
	check := d.gateSQLite
	if d.mysql {
		check = d.gateMySQL
	}
	wrong, err := check(ctx)
	if err != nil {
		return fmt.Errorf("check database settings: %w", err)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w: %s", errUnsafe, strings.Join(wrong, "; "))
	}
	return nil
}

func (d *DB) gateSQLite(ctx context.Context) ([]string, error) {
	var wrong []string
	for _, want := range []struct{ pragma, value string }{{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}} {
		var got string
		if err := d.writeSQL.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return nil, fmt.Errorf("read %s: %w", want.pragma, err)
		}
		if got != want.value {
			wrong = append(wrong, fmt.Sprintf("%s is %s, must be %s", want.pragma, got, want.value))
		}
	}
	return wrong, nil
}

// mustBe are the settings of a writing session. A name that a server does not know is not looked at: MySQL and MariaDB
// call the isolation differently.
var mustBe = []struct {
	name  string
	right func(value string) bool
	want  string
}{
	{"innodb_flush_log_at_trx_commit", is("1"), "1"},
	{"innodb_doublewrite", func(v string) bool { return v != "OFF" && v != "0" }, "ON"},
	{"tx_isolation", is("READ-COMMITTED"), "READ-COMMITTED"},
	{"transaction_isolation", is("READ-COMMITTED"), "READ-COMMITTED"},
	{"innodb_lock_wait_timeout", is("2"), "2 in our sessions"},
	{"idle_transaction_timeout", is("2"), "2 in our sessions"},
	{"wait_timeout", func(v string) bool { return v == "5" || v == "2" }, "at most 5 in our sessions"},
	{"time_zone", is("+00:00"), "+00:00 in our sessions"},
	{"sql_mode", isStrict, "strict (STRICT_TRANS_TABLES or STRICT_ALL_TABLES), without SIMULTANEOUS_ASSIGNMENT"},
	{"autocommit", is("ON"), "ON"},
	{"default_storage_engine", is("InnoDB"), "InnoDB"},
	{"foreign_key_checks", is("ON"), "ON"},
	{"check_constraint_checks", is("ON"), "ON"},
}

func is(want string) func(string) bool { return func(v string) bool { return v == want } }

func isStrict(v string) bool {
	return strings.Contains(v, "STRICT_") && !strings.Contains(v, "SIMULTANEOUS_ASSIGNMENT")
}

func (d *DB) gateMySQL(ctx context.Context) ([]string, error) {
	vars, err := d.variables(ctx)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, m := range mustBe {
		if got, known := vars[m.name]; known && !m.right(got) {
			wrong = append(wrong, fmt.Sprintf("%s is %s, must be %s", m.name, got, m.want))
		}
	}
	if vars["log_bin"] == "ON" {
		if vars["sync_binlog"] != "1" {
			wrong = append(wrong, "sync_binlog is "+vars["sync_binlog"]+", must be 1 while log_bin is ON")
		}
		if vars["binlog_format"] != "ROW" {
			wrong = append(wrong, "binlog_format is "+vars["binlog_format"]+", must be ROW")
		}
	}
	other, err := d.otherEngines(ctx)
	if err != nil {
		return nil, err
	}
	if len(other) > 0 {
		wrong = append(wrong, "these tables are not InnoDB: "+strings.Join(other, ", "))
	}
	return wrong, nil
}

func (d *DB) variables(ctx context.Context) (map[string]string, error) {
	rows, err := d.writeSQL.QueryContext(ctx, "SHOW SESSION VARIABLES")
	if err != nil {
		return nil, fmt.Errorf("read variables: %w", err)
	}
	defer rows.Close()
	vars := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("read variables: %w", err)
		}
		vars[name] = value
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read variables: %w", err)
	}
	return vars, nil
}

func (d *DB) otherEngines(ctx context.Context) ([]string, error) {
	var names []string
	err := d.write.WithContext(ctx).Raw(`SELECT table_name FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND engine <> 'InnoDB' ORDER BY table_name`).Scan(&names).Error
	if err != nil {
		return nil, fmt.Errorf("read table engines: %w", err)
	}
	return names, nil
}
