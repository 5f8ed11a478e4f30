package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tuanbot/domain"
	"tuanbot/handlers"
)

// pattern is a row of one of the product's tables as the Desk wrote it: peer and floor write the same columns with the same
// amount of data.
type pattern struct {
	table  string
	cols   []string
	values []any
}

// patterns are the rows of one join.
type patterns struct {
	order, line, event, refusal, card pattern
}

// readPatterns lets the Desk do one join and one refusal on the stage, and reads back what it wrote.
func readPatterns(ctx context.Context, db *sql.DB, s *stage) (p patterns, err error) {
	for _, j := range []job{{key: "pattern-join", shopper: "pattern"}, {key: "pattern-refusal", shopper: "pattern", refuse: true}} {
		j.key += string(s.deal)
		if _, err := (desked{s}).take(ctx, j); err != nil {
			return p, err
		}
	}
	for _, r := range []struct {
		to    *pattern
		table string
		where string
		args  []any
	}{
		{&p.order, "orders", "deal = ? AND shopper = 'pattern'", []any{s.deal}},
		{&p.line, "order_lines", "order_id = (SELECT id FROM orders WHERE deal = ? AND shopper = 'pattern')", []any{s.deal}},
		{&p.event, "order_events", "deal = ? AND did = ?", []any{s.deal, domain.DidJoin}},
		{&p.refusal, "order_events", "deal = ? AND did = ?", []any{s.deal, domain.DidRefuse}},
		{&p.card, "outbox", "deal = ? AND kind = ?", []any{s.deal, domain.NoticeCard}},
	} {
		if *r.to, err = readPattern(ctx, db, r.table, r.where, r.args); err != nil {
			return p, err
		}
	}
	return p, nil
}

func readPattern(ctx context.Context, db *sql.DB, table, where string, args []any) (p pattern, err error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+table+" WHERE "+where+" LIMIT 1", args...)
	if err != nil {
		return p, fmt.Errorf("read a row of %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	cols, err := rows.Columns()
	if err != nil {
		return p, fmt.Errorf("columns of %s: %w", table, err)
	}
	if !rows.Next() {
		return p, fmt.Errorf("the Desk wrote no row into %s: %w", table, errors.Join(sql.ErrNoRows, rows.Err()))
	}
	values := make([]any, len(cols))
	to := make([]any, len(cols))
	for i := range values {
		to[i] = &values[i]
	}
	if err := rows.Scan(to...); err != nil {
		return p, fmt.Errorf("read a row of %s: %w", table, err)
	}
	p = pattern{table: table, cols: cols, values: values}
	if table == "order_events" || table == "outbox" { // numbered by the database
		i := slices.Index(cols, "id")
		p.cols, p.values = slices.Delete(p.cols, i, i+1), slices.Delete(p.values, i, i+1)
	}
	return p, nil
}

// row is the pattern with other values in some columns: name, value, name, value.
func (p pattern) row(pairs ...any) []any {
	values := slices.Clone(p.values)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if at := slices.Index(p.cols, name); ok && at >= 0 {
			values[at] = pairs[i+1]
		}
	}
	return values
}

// insert is the statement for so many rows.
func (p pattern) insert(n int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(p.cols)), ",") + ")"
	return "INSERT INTO " + p.table + " (" + strings.Join(p.cols, ",") + ") VALUES " + strings.TrimSuffix(strings.Repeat(one+",", n), ",")
}

// written is what one job writes.
type written struct {
	order, line, event []any
}

// rowsOf makes the rows of a join with its serial number, or the one row of a refusal.
func (p patterns) rowsOf(s *stage, j job, serial int64) written {
	if j.refuse {
		return written{event: p.refusal.row("message_key", j.key, "by_account", j.shopper, "deal", s.deal)}
	}
	m := handlers.Mint{}
	order, line := m.ID(), m.ID()
	return written{
		order: p.order.row("id", order, "token", m.Token(), "deal", s.deal, "team", s.team, "shopper", j.shopper, "serial", serial,
			"placed_by", j.shopper, "entered_by", j.shopper, "payer", j.shopper),
		line:  p.line.row("order_id", order, "id", line, "item", s.item),
		event: p.event.row("message_key", j.key, "by_account", j.shopper, "deal", s.deal, "team", s.team, "order_id", order),
	}
}

// rowsPerJoin is how many rows a join adds; three more are updated: the deal, its team and its item.
const rowsPerJoin = 3

// touch runs a statement in a transaction and wants exactly so many rows touched.
func touch(ctx context.Context, tx *sql.Tx, want int64, query string, args ...any) error {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was doing
	}
	if n, err := res.RowsAffected(); err != nil || n != want {
		return fmt.Errorf("%d rows instead of %d: %w", n, want, errors.Join(err, errRows))
	}
	return nil
}

var errRows = errors.New("a statement touched another number of rows")
