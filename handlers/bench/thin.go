package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// The thin pair writes two rows a join, an order and its key, into small tables of its own: what a program would do that keeps
// no lines, no prices and no trail. It is printed for information only.

const thinTables = `CREATE TABLE thin_deals (id VARCHAR(64) PRIMARY KEY, held BIGINT NOT NULL, cap BIGINT NOT NULL);
CREATE TABLE thin_orders (deal VARCHAR(64) NOT NULL, shopper VARCHAR(64) NOT NULL, qty BIGINT NOT NULL, PRIMARY KEY (deal, shopper));
CREATE TABLE thin_keys (message_key VARCHAR(64) PRIMARY KEY, deal VARCHAR(64) NOT NULL)`

func (w *world) thinTables(ctx context.Context) error {
	db, err := w.rivals()
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(thinTables, ";") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("make thin tables: %w", err)
		}
	}
	return nil
}

func (s *stage) thinDeal(ctx context.Context) error {
	_, err := s.w.rival.ExecContext(ctx, "INSERT INTO thin_deals (id, held, cap) VALUES (?, 0, 100000000)", s.deal)
	if err != nil {
		return fmt.Errorf("make thin deal: %w", err)
	}
	return nil
}

type thinPeer struct{ *peer }

func (p thinPeer) take(ctx context.Context, j job) (done outcome, err error) {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: p.isolation()})
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil || done == repeated {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	var held, known int64
	if err := tx.QueryRowContext(ctx, "SELECT held FROM thin_deals WHERE id = ?"+p.lock, p.deal).Scan(&held); err != nil {
		return 0, fmt.Errorf("lock deal: %w", err)
	}
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM thin_keys WHERE message_key = ?", j.key).Scan(&known); err != nil {
		return 0, fmt.Errorf("look for the key: %w", err)
	}
	if known > 0 {
		return repeated, nil
	}
	if err := touch(ctx, tx, 1, "INSERT INTO thin_keys (message_key, deal) VALUES (?, ?)", j.key, p.deal); err != nil {
		return 0, fmt.Errorf("key: %w", err)
	}
	if j.refuse {
		return declined, commit(tx)
	}
	if err := touch(ctx, tx, 1, "INSERT INTO thin_orders (deal, shopper, qty) VALUES (?, ?, ?)", p.deal, j.shopper, quantity); err != nil {
		return 0, fmt.Errorf("order: %w", err)
	}
	if err := touch(ctx, tx, 1, "UPDATE thin_deals SET held = held + ? WHERE id = ? AND held + ? <= cap", quantity, p.deal, quantity); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return admitted, commit(tx)
}

func (f *floor) writeThin(ctx context.Context, tx *sql.Tx, batch []waiting) error {
	orders := stack{pattern: pattern{table: "thin_orders", cols: []string{"deal", "shopper", "qty"}}}
	keys := stack{pattern: pattern{table: "thin_keys", cols: []string{"message_key", "deal"}}}
	for _, w := range batch {
		keys.add([]any{w.job.key, f.deal})
		if !w.job.refuse {
			orders.add([]any{f.deal, w.job.shopper, quantity})
		}
	}
	for _, s := range []stack{orders, keys} {
		if err := f.insert(ctx, tx, s); err != nil {
			return err
		}
	}
	return touch(ctx, tx, 1, "UPDATE thin_deals SET held = held + ? WHERE id = ?", orders.n*quantity, f.deal)
}
