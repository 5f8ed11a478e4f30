package storage

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
)

// Notes is what channels remember across restarts and copies, by page and key.
type Notes struct{ d *DB }

// Notes are those of this database.
func (d *DB) Notes() *Notes { return &Notes{d: d} }

// The longest names of a note; SQLite would take any.
const (
	maxPage    = 64
	maxNoteKey = 190
)

var errNoteName = errors.New("not the name of a note")

type noteRow struct {
	Page      string
	NoteKey   string
	Value     []byte
	UntilAt   int64
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

// TableName names the table.
func (noteRow) TableName() string { return "notes" }

func checkNote(page, key string) error {
	if page == "" || key == "" || len(page) > maxPage || utf8.RuneCountInString(key) > maxNoteKey {
		return fmt.Errorf("page of %d, key of %d bytes: %w", len(page), len(key), errNoteName)
	}
	return nil
}

// Note reads a note; nil when there is none or its time is over.
func (n *Notes) Note(ctx context.Context, page, key string) ([]byte, error) {
	if err := checkNote(page, key); err != nil {
		return nil, err
	}
	rows, err := all[noteRow](n.alive(n.d.reader(ctx)).Where("page = ? AND note_key = ?", page, key))
	if err != nil {
		return nil, failed("note", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0].Value, nil
}

// alive narrows to notes whose time is not over, by the database's clock.
func (n *Notes) alive(q *gorm.DB) *gorm.DB {
	if n.d.opt.Clock != nil {
		return q.Where("until_at = 0 OR until_at > ?", ms(n.d.opt.Clock()))
	}
	if n.d.mysql {
		return q.Where("until_at = 0 OR until_at > UNIX_TIMESTAMP(NOW(3)) * 1000")
	}
	return q.Where("until_at = 0 OR until_at > unixepoch('subsec') * 1000")
}

// Change makes a note what f says, one writer at a time over all copies. f gets nil when there is none; a nil value removes
// the note; a zero time keeps it for ever. f may be called again and must touch nothing but its result.
func (n *Notes) Change(ctx context.Context, page, key string, f func(old []byte) (value []byte, until time.Time, err error)) error {
	if err := checkNote(page, key); err != nil {
		return err
	}
	err := n.d.inTx(ctx, func(t *tx) error {
		row, now, err := t.lockNote(ctx, page, key)
		if err != nil {
			return err
		}
		if row.UntilAt != 0 && row.UntilAt <= now {
			row.Value = nil
		}
		value, until, err := f(row.Value)
		if err != nil {
			return err
		}
		if value == nil {
			return translate(t.orm(ctx).Where("page = ? AND note_key = ?", page, key).Delete(&noteRow{}).Error)
		}
		row.Value, row.UntilAt, row.UpdatedAt = value, ms(until), now
		return upsert(t.orm(ctx), []noteRow{row}, []string{"page", "note_key"})
	})
	if err != nil {
		return fmt.Errorf("change a note of %s: %w", page, err)
	}
	return nil
}

// lockNote locks the row of a note. A row that is not there cannot be locked, so it is added without a value, which nobody
// sees before the commit; whoever else wants it waits at the insert.
func (t *tx) lockNote(ctx context.Context, page, key string) (noteRow, int64, error) {
	if err := insertNew(t.orm(ctx), []noteRow{{Page: page, NoteKey: key}}, "page, note_key"); err != nil {
		return noteRow{}, 0, err
	}
	row, err := first[noteRow](locked(t.orm(ctx)).Where("page = ? AND note_key = ?", page, key))
	if err != nil {
		return noteRow{}, 0, err
	}
	now, err := t.Now(ctx)
	return row, ms(now), err
}

// Keys lists keys of a page in order, after a key, at most limit.
func (n *Notes) Keys(ctx context.Context, page, after string, limit int) ([]string, error) {
	if limit <= 0 || limit > manyRows {
		limit = manyRows
	}
	var keys []string
	err := n.alive(n.d.reader(ctx)).Model(&noteRow{}).Where("page = ? AND note_key > ?", page, after).
		Order("note_key").Limit(limit).Pluck("note_key", &keys).Error
	if err != nil {
		return nil, failed("keys of notes", translate(err))
	}
	return keys, nil
}

// Forget removes every note about a key on the pages that start with a prefix: a person has left.
func (n *Notes) Forget(ctx context.Context, pages, key string) error {
	err := n.d.inTx(ctx, func(t *tx) error {
		return translate(t.orm(ctx).Where("note_key = ? AND SUBSTR(page, 1, ?) = ?", key, len(pages), pages).Delete(&noteRow{}).Error)
	})
	if err != nil {
		return fmt.Errorf("forget notes: %w", err)
	}
	return nil
}
