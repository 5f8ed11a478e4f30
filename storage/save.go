package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// few is how many statements may always be spent on rows that changed; if it takes many more, rows are written whole, together.
const few = 4

// saver writes books.
type saver struct {
	t     *tx
	ctx   context.Context // lives as long as the call
	db    *gorm.DB
	books []*domain.Book

	made chan madeEvents // what happened, put into rows while the database is busy with the orders
}

// madeEvents are the rows of a turn's events, or why they could not be made.
type madeEvents struct {
	rows []eventRow
	err  error
}

// Save writes everything that changed in the books, in the lock order.
func (t *tx) Save(ctx context.Context, books ...*domain.Book) error {
	if len(books) == 0 {
		return nil
	}
	t.mem.open()
	s := &saver{t: t, ctx: ctx, db: t.orm(ctx), books: books, made: make(chan madeEvents, 1)}
	go func() { s.made <- makeEvents(books) }()
	steps := []func() error{s.deals, s.teams, s.items, s.orders, s.payments, s.refunds, s.waiting, s.facts, s.ledger, s.events, s.notices}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("save %d deals from %s on: %w", len(books), books[0].Deal().ID(), err)
		}
	}
	return nil
}

// changesOf are the changes of one sort in all the books.
func changesOf[R any](books []*domain.Book, of func(*domain.Book) []domain.Change[R]) []domain.Change[R] {
	if len(books) == 1 {
		return of(books[0])
	}
	var cs []domain.Change[R]
	for _, b := range books {
		cs = append(cs, of(b)...)
	}
	return cs
}

func (s *saver) deals() error {
	var edits []edit[dealRow]
	for _, b := range s.books {
		c, changed := b.DealChange()
		if !changed {
			continue
		}
		before, err := dealToRow(c.Before)
		if err != nil {
			return err
		}
		after, err := dealToRow(c.After)
		if err != nil {
			return err
		}
		edits = append(edits, edit[dealRow]{id: string(before.ID), before: before, after: after})
	}
	if err := updateEach(s.ctx, s.db, edits); err != nil {
		return fmt.Errorf("deals: %w", err)
	}
	return nil
}

func (s *saver) teams() error {
	var fresh, changed []teamRow
	var before []teamRow
	for _, c := range changesOf(s.books, (*domain.Book).TeamChanges) {
		if c.Fresh {
			fresh = append(fresh, teamToRow(c.After))
			continue
		}
		before, changed = append(before, teamToRow(c.Before)), append(changed, teamToRow(c.After))
	}
	edits := make([]edit[teamRow], len(changed))
	for i := range changed {
		edits[i] = edit[teamRow]{id: string(changed[i].ID), before: before[i], after: changed[i]}
	}
	done, err := updateAlike(s.ctx, s.db, edits, true)
	if err == nil && !done {
		err = s.manyTeams(before, changed)
	}
	if err != nil {
		return fmt.Errorf("teams: %w", err)
	}
	return insert(s.db, fresh)
}

// manyTeams guards by locking the rows and looking at their versions, then writes them in one statement.
func (s *saver) manyTeams(before, after []teamRow) error {
	want := make(map[domain.TeamID]int64, len(before))
	ids := make([]domain.TeamID, len(before))
	for i, w := range before {
		want[w.ID], ids[i] = w.Version, w.ID
	}
	rows, err := allIn[teamRow](func() *gorm.DB { return locked(s.db).Select("id", "version").Order("id") }, "id", ids)
	if err != nil {
		return fmt.Errorf("lock teams: %w", err)
	}
	for _, w := range rows {
		if want[w.ID] != w.Version {
			return fmt.Errorf("team %s has version %d, not %d: %w", w.ID, w.Version, want[w.ID], domain.ErrGuard)
		}
	}
	if len(rows) != len(before) {
		return fmt.Errorf("%d of %d teams are gone: %w", len(before)-len(rows), len(before), domain.ErrGuard)
	}
	return upsert(s.db, after, []string{"id"}, "deal", "number", "token", "created_at")
}

// items moves what is held and offered by the difference, behind a guard of its own.
func (s *saver) items() error {
	for _, c := range changesOf(s.books, (*domain.Book).ItemChanges) {
		before, after := itemToRow(c.Before), itemToRow(c.After)
		set, err := diff(s.ctx, s.db, &before, &after)
		if err != nil {
			return err
		}
		held, offered := after.Held-before.Held, after.Offered-before.Offered
		where, args := "id = ?", []any{before.ID}
		if held != 0 || offered != 0 {
			set["held"], set["offered"] = gorm.Expr("held + ?", held), gorm.Expr("offered + ?", offered)
			where += " AND held + ? >= 0 AND offered + ? >= 0 AND (? < 0 OR held + offered + ? <= ?)"
			args = append(args, held, offered, after.Stock, held+offered, after.Stock)
		}
		if err := guarded[itemRow](s.db, set, where, args...); err != nil {
			return fmt.Errorf("item %s: %w", before.ID, err)
		}
	}
	return nil
}

func (s *saver) waiting() error {
	var fresh, changed []waitingRow
	for _, c := range changesOf(s.books, (*domain.Book).WaitingChanges) {
		if c.Fresh {
			fresh = append(fresh, waitingToRow(c.After))
		} else {
			changed = append(changed, waitingToRow(c.After))
		}
	}
	if err := upsert(s.db, changed, []string{"id"}, "deal", "number", "created_at"); err != nil {
		return err
	}
	return insert(s.db, fresh)
}

// facts are what a turn adds to the deal's papers.
func (s *saver) facts() error {
	for _, b := range s.books {
		if err := s.factsOf(b.Changes()); err != nil {
			return err
		}
	}
	return nil
}

func (s *saver) factsOf(c domain.Changes) error {
	if err := upsert(s.db, convert(c.Dues, dueToRow), []string{"order_id", "purpose"}); err != nil {
		return err
	}
	for _, e := range c.Editions {
		row, err := editionToRow(e)
		if err != nil {
			return fmt.Errorf("edition %d: %w", e.Number, err)
		}
		if err := insert(s.db, []editionRow{row}); err != nil {
			return err
		}
	}
	for _, f := range c.CheckOffs {
		row, err := checkOffToRow(f)
		if err != nil {
			return fmt.Errorf("check-off %s: %w", f.ID, err)
		}
		if err := upsert(s.db, []checkOffRow{row}, []string{"id"}); err != nil {
			return err
		}
	}
	for _, m := range c.Summaries {
		row, err := summaryToRow(m)
		if err != nil {
			return fmt.Errorf("summary %s: %w", m.ID, err)
		}
		if err := put(s.db, row, map[string]any{"ack_at": row.AckAt, "ack_by": row.AckBy, "problem": row.Problem, "revoked_at": row.RevokedAt}, "id = ?", row.ID); err != nil {
			return fmt.Errorf("summary %s: %w", m.ID, err)
		}
	}
	if err := upsert(s.db, convert(c.Arrivals, arrivalToRow), []string{"deal", "point"}); err != nil {
		return err
	}
	if err := upsert(s.db, convert(c.Chains, chainToRow), []string{"deal", "chat"}); err != nil {
		return err
	}
	return upsert(s.db, convert(c.Chats, dealChatToRow), []string{"deal", "chat"}, "card_msg", "created_at")
}

func (s *saver) ledger() error {
	var moves []transferRow
	var legs []postingRow
	for _, b := range s.books {
		for _, t := range b.Changes().Transfers {
			m, ls := transferToRows(t)
			moves, legs = append(moves, m), append(legs, ls...)
		}
	}
	if err := insert(s.db, moves); err != nil {
		return err
	}
	return insert(s.db, legs)
}

func makeEvents(books []*domain.Book) madeEvents {
	var rows []eventRow
	for _, b := range books {
		for _, e := range b.Changes().Events {
			row, err := eventToRow(e)
			if err != nil {
				return madeEvents{err: fmt.Errorf("event %s: %w", e.Kind, err)}
			}
			rows = append(rows, row)
		}
	}
	return madeEvents{rows: rows}
}

func (s *saver) events() error {
	made := <-s.made
	if made.err != nil {
		return made.err
	}
	return insert(s.db, made.rows)
}

func (s *saver) notices() error {
	var ns []domain.Notice
	for _, b := range s.books {
		ns = append(ns, b.Changes().Notices...)
	}
	return appendNotices(s.db, ns, ms(s.books[0].Now))
}

// appendNotices skips what was announced before: the dedup key is there.
func appendNotices(db *gorm.DB, ns []domain.Notice, now int64) error {
	rows := make([]noticeRow, len(ns))
	for i, n := range ns {
		var err error
		if rows[i], err = noticeToRow(n, now); err != nil {
			return err
		}
	}
	return insertNew(db, rows, "dedup")
}
