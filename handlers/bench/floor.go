package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"tuanbot/handlers"
)

// floorBatch is how many joins the floor's one committer takes at once at most.
const floorBatch = 256

// floor is the least that can be done: one committer writes what waits, up to 256 joins in a transaction, with no reads and no
// rules. A repeat costs it nothing at all.
type floor struct {
	*stage
	db     *sql.DB
	rows   patterns
	thin   bool
	serial int64
	queue  chan waiting
	wg     sync.WaitGroup
}

type waiting struct {
	job  job
	done chan error
}

func newFloor(ctx context.Context, s *stage) (*floor, error) {
	db, err := s.w.rivals()
	if err != nil {
		return nil, err
	}
	f := &floor{stage: s, db: db, queue: make(chan waiting, 4096), serial: 1}
	f.rows, err = readPatterns(ctx, db, s)
	f.wg.Go(f.serve)
	return f, err
}

func (f *floor) close() {
	close(f.queue)
	f.wg.Wait()
}

func (f *floor) take(ctx context.Context, j job) (outcome, error) {
	if j.repeat {
		return repeated, nil
	}
	w := waiting{job: j, done: make(chan error, 1)}
	select {
	case f.queue <- w:
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the committer: %w", ctx.Err())
	}
	if err := <-w.done; err != nil {
		return 0, err
	}
	if j.refuse {
		return declined, nil
	}
	return admitted, nil
}

func (f *floor) serve() {
	for first := range f.queue {
		batch := append(make([]waiting, 0, floorBatch), first)
	more:
		for len(batch) < floorBatch {
			select {
			case w, ok := <-f.queue:
				if !ok {
					break more
				}
				batch = append(batch, w)
			default:
				break more
			}
		}
		err := f.write(context.Background(), batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (f *floor) write(ctx context.Context, batch []waiting) (err error) {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if f.thin {
		err = f.writeThin(ctx, tx, batch)
	} else {
		err = f.writeRows(ctx, tx, batch)
	}
	if err != nil {
		return err
	}
	return commit(tx)
}

// stack is rows of one table to be written together.
type stack struct {
	pattern
	n    int
	args []any
}

func (s *stack) add(row []any) {
	if row != nil {
		s.n++
		s.args = append(s.args, row...)
	}
}

func (f *floor) writeRows(ctx context.Context, tx *sql.Tx, batch []waiting) error {
	orders, lines := stack{pattern: f.rows.order}, stack{pattern: f.rows.line}
	events, refusals, cards := stack{pattern: f.rows.event}, stack{pattern: f.rows.refusal}, stack{pattern: f.rows.card}
	for _, w := range batch {
		r := f.rows.rowsOf(f.stage, w.job, f.serial+1)
		if w.job.refuse {
			refusals.add(r.event)
			continue
		}
		f.serial++
		orders.add(r.order)
		lines.add(r.line)
		events.add(r.event)
	}
	cards.add(f.rows.card.row("dedup", "floor/"+handlers.Mint{}.ID()))
	for _, s := range []stack{orders, lines, events, refusals, cards} {
		if err := f.insert(ctx, tx, s); err != nil {
			return err
		}
	}
	return f.count(ctx, tx, int64(orders.n))
}

// liteVars is how many parameters a statement of SQLite has at most here: its driver compares every parameter with every
// argument, so that large ones are slower than many.
const liteVars = 600

// insert writes a stack, in one statement where that is quickest.
func (f *floor) insert(ctx context.Context, tx *sql.Tx, s stack) error {
	most := s.n
	if f.w.engine == SQLite {
		most = max(1, liteVars/len(s.cols))
	}
	for s.n > 0 {
		n := min(most, s.n)
		if err := touch(ctx, tx, int64(n), s.insert(n), s.args[:n*len(s.cols)]...); err != nil {
			return fmt.Errorf("write %d rows of %s: %w", n, s.table, err)
		}
		s.n, s.args = s.n-n, s.args[n*len(s.cols):]
	}
	return nil
}

func (f *floor) count(ctx context.Context, tx *sql.Tx, n int64) error {
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"UPDATE deals SET next_serial = next_serial + ?, version = version + 1 WHERE id = ?", []any{n, f.deal}},
		{
			"UPDATE teams SET live_people = live_people + ?, live_shares = live_shares + ?, live_fen = live_fen + ?, version = version + 1 WHERE id = ?",
			[]any{n, n * quantity, n * quantity * 2990, f.team},
		},
		{"UPDATE deal_items SET held = held + ? WHERE id = ?", []any{n * quantity, f.item}},
	} {
		if err := touch(ctx, tx, 1, step.query, step.args...); err != nil {
			return fmt.Errorf("count a batch: %w", err)
		}
	}
	return nil
}
