package storage

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// A decision changes hundreds of rows in the same way. Rows that change alike are written by one short statement: the
// database then touches the columns and indexes that changed and no others, and parses little.

// edit is one row before and after.
type edit[R any] struct {
	id            string
	before, after R
}

// group is rows that change alike.
type group struct {
	columns []string
	values  []any
	version int64 // what all of them have now, when the table has versions
	ids     []string
}

// updateAlike writes the edits of one table, group by group. A row that is not there, or no longer has the version it was read
// with, is ErrGuard. When the rows differ too much to be worth it, it writes nothing and reports false.
func updateAlike[R any](ctx context.Context, db *gorm.DB, edits []edit[R], versioned bool, keep ...string) (done bool, err error) {
	groups, err := alike(ctx, db, edits, versioned, keep)
	if err != nil || len(groups) > max(few, len(edits)/8) {
		return false, err
	}
	for _, g := range groups {
		for ids := range slices.Chunk(g.ids, maxKeys) {
			if err := writeGroup[R](db, g, ids, versioned); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// updateEach is updateAlike for rows with versions that may all differ: those are written one by one.
func updateEach[R any](ctx context.Context, db *gorm.DB, edits []edit[R]) error {
	done, err := updateAlike(ctx, db, edits, true)
	if err != nil || done {
		return err
	}
	for i := range edits {
		if _, err := updateAlike(ctx, db, edits[i:i+1], true); err != nil {
			return err
		}
	}
	return nil
}

func writeGroup[R any](db *gorm.DB, g *group, ids []string, versioned bool) error {
	set := make(map[string]any, len(g.columns))
	for i, c := range g.columns {
		set[c] = g.values[i]
	}
	q := db.Model(new(R)).Where("id IN ?", ids)
	if versioned {
		q = q.Where("version = ?", g.version)
	}
	res := q.Updates(set)
	if res.Error != nil {
		return translate(res.Error)
	}
	if res.RowsAffected != int64(len(ids)) {
		return fmt.Errorf("%d of %d rows from %s on are as they were: %w", res.RowsAffected, len(ids), ids[0], domain.ErrGuard)
	}
	return nil
}

// alike sorts edits into groups, in the order of their first row.
func alike[R any](ctx context.Context, db *gorm.DB, edits []edit[R], versioned bool, keep []string) ([]*group, error) {
	s, err := shape[R](db)
	if err != nil {
		return nil, err
	}
	version := s.LookUpField("version")
	var groups []*group
	known := map[string]*group{}
	for i := range edits {
		b, a := reflect.ValueOf(&edits[i].before).Elem(), reflect.ValueOf(&edits[i].after).Elem()
		g := &group{}
		var key []byte
		if versioned {
			g.version = b.Field(version.StructField.Index[0]).Int()
			key = strconv.AppendInt(key, g.version, 10)
		}
		for _, f := range s.Fields {
			if f.DBName == "" || !f.Updatable || slices.Contains(keep, f.DBName) {
				continue
			}
			old, _ := f.ValueOf(ctx, b)
			now, _ := f.ValueOf(ctx, a)
			if same(old, now) {
				continue
			}
			g.columns, g.values = append(g.columns, f.DBName), append(g.values, now)
			key = fmt.Appendf(key, "\x00%s\x00%v", f.DBName, now)
		}
		if len(g.columns) == 0 {
			continue
		}
		if known[string(key)] == nil {
			known[string(key)] = g
			groups = append(groups, g)
		}
		of := known[string(key)]
		of.ids = append(of.ids, edits[i].id)
	}
	return groups, nil
}
