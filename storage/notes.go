package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"tuanbot/domain"
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
	rows, err := all[noteRow](n.d.alive(n.d.reader(ctx)).Where("page = ? AND note_key = ?", page, key))
	if err != nil {
		return nil, failed("note", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0].Value, nil
}

// alive narrows to rows whose time is not over, by the database's clock.
func (d *DB) alive(q *gorm.DB) *gorm.DB {
	if d.opt.Clock != nil {
		return q.Where("until_at = 0 OR until_at > ?", ms(d.opt.Clock()))
	}
	if d.mysql {
		return q.Where("until_at = 0 OR until_at > UNIX_TIMESTAMP(NOW(3)) * 1000")
	}
	return q.Where("until_at = 0 OR until_at > unixepoch('subsec') * 1000")
}

// Change makes a note what f says, one writer at a time over all copies. f gets nil when there is none; a nil value removes
// the note; a zero time keeps it for ever. f may be called again and must touch nothing but its result.
func (n *Notes) Change(ctx context.Context, page, key string, f func(old []byte) (value []byte, until time.Time, err error)) error {
	return n.ChangeAll(ctx, page, []string{key}, func(_ string, old []byte) ([]byte, time.Time, error) { return f(old) })
}

// ChangeAll is Change for several notes of a page in one transaction. They are locked in the order of their keys, so that two
// who change some of the same wait for each other and never crosswise.
func (n *Notes) ChangeAll(ctx context.Context, page string, keys []string, f func(key string, old []byte) (value []byte, until time.Time, err error)) error {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	for _, key := range keys {
		if err := checkNote(page, key); err != nil {
			return err
		}
	}
	if len(keys) == 0 {
		return nil
	}
	err := n.d.inTx(ctx, func(t *tx) error { return t.changeNotes(ctx, page, keys, f) })
	if errors.Is(err, domain.ErrDuplicate) { // somebody else wrote one of the new ones meanwhile: now all are made sure of before f is asked
		err = n.d.inTx(ctx, func(t *tx) error {
			if err := t.seizeNotes(ctx, page, keys); err != nil {
				return err
			}
			return t.changeNotes(ctx, page, keys, f)
		})
	}
	if err != nil {
		return fmt.Errorf("change notes of %s: %w", page, err)
	}
	return nil
}

// changeNotes locks the notes that are there, asks f and writes. A note that is new cannot be locked; it is added plainly, so
// that of two who add it one fails and nobody's words are lost.
func (t *tx) changeNotes(ctx context.Context, page string, keys []string, f func(key string, old []byte) ([]byte, time.Time, error)) error {
	old, fresh, now, err := t.lockNotes(ctx, page, keys)
	if err != nil {
		return err
	}
	kept, gone, err := changed(old, now, f)
	if err != nil {
		return err
	}
	added, _, err := changed(fresh, now, f)
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		if err := t.orm(ctx).Where("page = ? AND note_key IN ?", page, gone).Delete(&noteRow{}).Error; err != nil {
			return translate(err)
		}
	}
	if err := upsert(t.orm(ctx), kept, []string{"page", "note_key"}); err != nil {
		return err
	}
	return insert(t.orm(ctx), added)
}

// changed are the rows as f wants them, and the keys of those that go.
func changed(rows []noteRow, now int64, f func(key string, old []byte) ([]byte, time.Time, error)) (kept []noteRow, gone []string, err error) {
	for _, row := range rows {
		if row.UntilAt != 0 && row.UntilAt <= now {
			row.Value = nil
		}
		value, until, err := f(row.NoteKey, row.Value)
		if err != nil {
			return nil, nil, err
		}
		if value == nil {
			gone = append(gone, row.NoteKey)
			continue
		}
		row.Value, row.UntilAt, row.UpdatedAt = value, ms(until), now
		kept = append(kept, row)
	}
	return kept, gone, nil
}

// lockNotes locks the rows of notes in the order of their keys, and makes rows for those that are not there.
func (t *tx) lockNotes(ctx context.Context, page string, keys []string) (old, fresh []noteRow, now int64, err error) {
	old, err = allIn[noteRow](func() *gorm.DB { return locked(t.orm(ctx)).Where("page = ?", page).Order("note_key") }, "note_key", keys)
	if err != nil {
		return nil, nil, 0, err
	}
	there := make(map[string]bool, len(old))
	for _, w := range old {
		there[w.NoteKey] = true
	}
	for _, key := range keys {
		if !there[key] {
			fresh = append(fresh, noteRow{Page: page, NoteKey: key})
		}
	}
	at, err := t.Now(ctx)
	return old, fresh, ms(at), err
}

// seizeNotes adds notes that are not there without a value, which nobody sees before the commit; whoever else wants one of them
// waits.
func (t *tx) seizeNotes(ctx context.Context, page string, keys []string) error {
	fresh := convert(keys, func(key string) noteRow { return noteRow{Page: page, NoteKey: key} })
	return insertNew(t.orm(ctx), fresh, "page, note_key")
}

// Keys lists keys of a page in order, after a key, at most limit.
func (n *Notes) Keys(ctx context.Context, page, after string, limit int) ([]string, error) {
	if limit <= 0 || limit > manyRows {
		limit = manyRows
	}
	var keys []string
	err := n.d.alive(n.d.reader(ctx)).Model(&noteRow{}).Where("page = ? AND note_key > ?", page, after).
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
