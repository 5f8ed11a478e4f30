package storage

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"tuanbot/domain"
)

const (
	maxVars  = 30_000 // parameters in one statement of MySQL, which takes 65,535
	liteVars = 600    // of SQLite: it takes 32,766, but its driver compares every parameter with every argument
	maxKeys  = 500    // keys in one IN list
)

// shape is what GORM knows of a row type; GORM caches it.
func shape[R any](db *gorm.DB) (*schema.Schema, error) {
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(new(R)); err != nil {
		return nil, fmt.Errorf("read row type: %w", err)
	}
	return stmt.Schema, nil
}

// insert adds rows, many in a statement.
func insert[R any](db *gorm.DB, rows []R, on ...clause.Expression) error {
	if len(rows) == 0 {
		return nil
	}
	s, err := shape[R](db)
	if err != nil {
		return err
	}
	vars := maxVars
	if db.Name() == sqlite.DriverName {
		vars = liteVars
	}
	for part := range slices.Chunk(rows, max(1, vars/len(s.DBNames))) {
		if err := db.Clauses(on...).Create(&part).Error; err != nil {
			return fmt.Errorf("insert into %s: %w", s.Table, translate(err))
		}
	}
	return nil
}

// upsert writes whole rows by their key: new ones are added, known ones replaced but for the columns to keep.
func upsert[R any](db *gorm.DB, rows []R, key []string, keep ...string) error {
	if len(rows) == 0 {
		return nil
	}
	s, err := shape[R](db)
	if err != nil {
		return err
	}
	on := clause.OnConflict{}
	for _, k := range key {
		on.Columns = append(on.Columns, clause.Column{Name: k})
	}
	var cols []string
	for _, c := range s.DBNames {
		if !slices.Contains(key, c) && !slices.Contains(keep, c) {
			cols = append(cols, c)
		}
	}
	on.DoUpdates = clause.AssignmentColumns(cols)
	return insert(db, rows, on)
}

// diff is what an update has to set to turn one row into another.
func diff[R any](ctx context.Context, db *gorm.DB, before, after *R) (map[string]any, error) {
	s, err := shape[R](db)
	if err != nil {
		return nil, err
	}
	set := map[string]any{}
	b, a := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for _, f := range s.Fields {
		if f.DBName == "" || !f.Updatable {
			continue
		}
		old, _ := f.ValueOf(ctx, b)
		now, _ := f.ValueOf(ctx, a)
		if !same(old, now) {
			set[f.DBName] = now
		}
	}
	return set, nil
}

func same(a, b any) bool {
	x, isBytes := a.([]byte)
	if y, ok := b.([]byte); ok && isBytes {
		return bytes.Equal(x, y)
	}
	return a == b
}

// guarded changes exactly one row; a row that is not as expected is ErrGuard.
func guarded[R any](db *gorm.DB, set map[string]any, where string, args ...any) error {
	if len(set) == 0 {
		return nil
	}
	res := db.Model(new(R)).Where(where, args...).Updates(set)
	if res.Error != nil {
		return translate(res.Error)
	}
	if res.RowsAffected != 1 {
		return fmt.Errorf("%w: %d rows", domain.ErrGuard, res.RowsAffected)
	}
	return nil
}

// put replaces a row by its key, or adds it. Unlike an upsert it never touches another row that has the same unique values.
func put[R any](db *gorm.DB, row R, set map[string]any, where string, args ...any) error {
	res := db.Model(new(R)).Where(where, args...).Updates(set)
	if res.Error != nil {
		return translate(res.Error)
	}
	if res.RowsAffected > 0 {
		return nil
	}
	return insert(db, []R{row})
}

// all reads rows.
func all[R any](q *gorm.DB) ([]R, error) {
	var rows []R
	if err := q.Find(&rows).Error; err != nil {
		return nil, translate(err)
	}
	return rows, nil
}

// first reads one row, or ErrNotFound.
func first[R any](q *gorm.DB) (R, error) {
	rows, err := all[R](q.Limit(1))
	var none R
	if err != nil {
		return none, err
	}
	if len(rows) == 0 {
		return none, domain.ErrNotFound
	}
	return rows[0], nil
}

// allIn reads the rows that have one of the keys in a column, a list at a time.
func allIn[R any, K any](q func() *gorm.DB, column string, keys []K) ([]R, error) {
	var rows []R
	for part := range slices.Chunk(keys, maxKeys) {
		more, err := all[R](q().Where(column+" IN ?", part))
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// locked reads rows that must stay as they are until the commit. SQLite's immediate transaction holds them anyway.
func locked(db *gorm.DB) *gorm.DB { return db.Clauses(clause.Locking{Strength: "UPDATE"}) }

// distinct keeps the first of equal keys and drops the empty one.
func distinct[K comparable](keys []K) []K {
	var none K
	seen := make(map[K]bool, len(keys))
	kept := make([]K, 0, len(keys))
	for _, k := range keys {
		if k != none && !seen[k] {
			seen[k] = true
			kept = append(kept, k)
		}
	}
	return kept
}

// convert maps a slice.
func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}
