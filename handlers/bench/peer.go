package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tuanbot/domain"
)

// peer is how such a program is usually written, and written well: one transaction a join that locks the deal, looks for the
// key and for the member, inserts, updates behind guards and commits.
type peer struct {
	*stage
	db   *sql.DB
	rows patterns
	lock string // what makes SELECT lock a row; SQLite's transactions hold everything anyway
}

func newPeer(ctx context.Context, s *stage) (contender, error) {
	db, err := s.w.rivals()
	if err != nil {
		return nil, err
	}
	p := &peer{stage: s, db: db}
	if s.w.engine == MariaDB {
		p.lock = " FOR UPDATE"
	}
	p.rows, err = readPatterns(ctx, db, s)
	return p, err
}

func (p *peer) take(ctx context.Context, j job) (done outcome, err error) {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: p.isolation()})
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil || done == repeated {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	serial, version, err := p.look(ctx, tx, j)
	if errors.Is(err, errKnown) {
		return repeated, nil
	}
	if err != nil {
		return 0, err
	}
	w := p.rows.rowsOf(p.stage, j, serial+1)
	if err := touch(ctx, tx, 1, p.rows.event.insert(1), w.event...); err != nil {
		return 0, fmt.Errorf("event: %w", err)
	}
	if j.refuse {
		return declined, commit(tx)
	}
	if err := p.write(ctx, tx, w, version); err != nil {
		return 0, err
	}
	return admitted, commit(tx)
}

// isolation is what the product uses too; SQLite knows only its own.
func (p *peer) isolation() sql.IsolationLevel {
	if p.w.engine == MariaDB {
		return sql.LevelReadCommitted
	}
	return sql.LevelDefault
}

var errKnown = errors.New("this message was handled before")

// look locks the deal and reads what has to be known before a join: is it open, was the message handled, is the person in
// already.
func (p *peer) look(ctx context.Context, tx *sql.Tx, j job) (serial, version int64, err error) {
	var state string
	var deadline int64
	err = tx.QueryRowContext(ctx, "SELECT state, deadline_at, next_serial, version FROM deals WHERE id = ?"+p.lock, p.deal).Scan(&state, &deadline, &serial, &version)
	if err != nil {
		return 0, 0, fmt.Errorf("lock deal: %w", err)
	}
	if state != string(domain.DealOpen) {
		return 0, 0, fmt.Errorf("the deal is %s", state)
	}
	var answer string
	err = tx.QueryRowContext(ctx, "SELECT answer FROM order_events WHERE channel = ? AND account = '' AND message_key = ? AND idx = 0", "bench", j.key).Scan(&answer)
	if err == nil {
		return 0, 0, errKnown
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, fmt.Errorf("look for the key: %w", err)
	}
	var shares int64
	err = tx.QueryRowContext(ctx, "SELECT COALESCE(SUM(shares), 0) FROM orders WHERE shopper = ? AND deal = ?", j.shopper, p.deal).Scan(&shares)
	if err != nil {
		return 0, 0, fmt.Errorf("look for the member: %w", err)
	}
	return serial, version, nil
}

func (p *peer) write(ctx context.Context, tx *sql.Tx, w written, version int64) error {
	for _, step := range []struct {
		query string
		args  []any
	}{
		{p.rows.order.insert(1), w.order},
		{p.rows.line.insert(1), w.line},
		{
			"UPDATE teams SET live_people = live_people + 1, live_shares = live_shares + ?, live_fen = live_fen + ?, version = version + 1 WHERE id = ? AND state = ?",
			[]any{quantity, quantity * 2990, p.team, domain.TeamForming},
		},
		{"UPDATE deal_items SET held = held + ? WHERE id = ? AND (stock < 0 OR held + offered + ? <= stock)", []any{quantity, p.item, quantity}},
		{"UPDATE deals SET next_serial = next_serial + 1, version = version + 1 WHERE id = ? AND version = ?", []any{p.deal, version}},
	} {
		if err := touch(ctx, tx, 1, step.query, step.args...); err != nil {
			return fmt.Errorf("write a join: %w", err)
		}
	}
	return nil
}

func commit(tx *sql.Tx) error {
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
