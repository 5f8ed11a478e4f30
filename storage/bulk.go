package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"tuanbot/domain"
)

const (
	maxVars  = 30_000 // parameters in one statement of MySQL, which takes 65,535
	liteVars = 250    // of SQLite: it takes 32,766, but its driver compares every parameter with every argument
	maxKeys  = 500    // keys in one IN list

	mysqlName = "mysql" // what GORM calls it
)

// shape is what GORM knows of a row type; GORM caches it.
func shape[R any](db *gorm.DB) (*schema.Schema, error) {
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(new(R)); err != nil {
		return nil, fmt.Errorf("read row type: %w", err)
	}
	return stmt.Schema, nil
}

// insert adds rows, many in a statement. Columns that are zero in every row are left to their defaults. It writes the
// statement itself, because most of what a busy deal costs in this program would otherwise be the building of it.
func insert[R any](db *gorm.DB, rows []R) error { return insertOn(db, rows, "", false) }

// insertNew adds rows and skips those whose key is there.
func insertNew[R any](db *gorm.DB, rows []R, key string) error {
	skip := " ON CONFLICT (" + key + ") DO NOTHING"
	if db.Name() == mysqlName { // not INSERT IGNORE, which would swallow other mistakes too
		column, _, _ := strings.Cut(key, ",")
		skip = " ON DUPLICATE KEY UPDATE " + column + " = VALUES(" + column + ")"
	}
	return insertOn(db, rows, skip, false)
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
	format, sep := "%[1]s = excluded.%[1]s", " ON CONFLICT ("+strings.Join(key, ", ")+") DO UPDATE SET "
	if db.Name() == mysqlName {
		format, sep = "%[1]s = VALUES(%[1]s)", " ON DUPLICATE KEY UPDATE "
	}
	var on strings.Builder
	for _, c := range s.DBNames {
		if !slices.Contains(key, c) && !slices.Contains(keep, c) {
			on.WriteString(sep)
			fmt.Fprintf(&on, format, c)
			sep = ", "
		}
	}
	return insertOn(db, rows, on.String(), true)
}

func insertOn[R any](db *gorm.DB, rows []R, on string, whole bool) error {
	if len(rows) == 0 {
		return nil
	}
	s, err := shape[R](db)
	if err != nil {
		return err
	}
	fields, perRow := insertFields(s, reflect.ValueOf(rows), whole)
	vars := liteVars
	if db.Name() == mysqlName {
		vars = maxVars
	}
	if on == "" {
		if rows, err = insertPieces(db, s.Table, fields, rows); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(rows, max(1, vars/max(1, perRow))) {
		query, args := insertText(s.Table, fields, part)
		// Past GORM's own reading of the statement, which costs more than sending it.
		if _, err := db.Statement.ConnPool.ExecContext(db.Statement.Context, query+on, args...); err != nil {
			return fmt.Errorf("insert into %s: %w", s.Table, translate(err))
		}
	}
	return nil
}

// insertText writes numbers into the statement and leaves texts to the driver.
func insertText[R any](table string, fields []*schema.Field, rows []R) (string, []any) {
	values := reflect.ValueOf(rows)
	b := make([]byte, 0, 256+len(rows)*len(fields)*5)
	b = append(append(b, "INSERT INTO "...), table...)
	sep := " ("
	for _, f := range fields {
		b = append(append(b, sep...), f.DBName...)
		sep = ", "
	}
	args := make([]any, 0, len(rows)*len(fields))
	next := ") VALUES ("
	for i := range rows {
		row := values.Index(i)
		for _, f := range fields {
			b = append(b, next...)
			b, args = appendValue(b, args, row.Field(f.StructField.Index[0]))
			next = ","
		}
		next = "),("
	}
	return string(append(b, ')')), args
}

func appendValue(b []byte, args []any, v reflect.Value) ([]byte, []any) {
	switch v.Kind() {
	case reflect.String:
		return append(b, '?'), append(args, v.String())
	case reflect.Int, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10), args
	case reflect.Bool:
		if v.Bool() {
			return append(b, '1'), args
		}
		return append(b, '0'), args
	default:
		return append(b, '?'), append(args, v.Interface())
	}
}

// insertFields are the columns to write: all of them, or those that any row has something for. It also counts how many of
// them need a parameter.
func insertFields(s *schema.Schema, rows reflect.Value, whole bool) (fields []*schema.Field, params int) {
	fields = make([]*schema.Field, 0, len(s.Fields))
	for _, f := range s.Fields {
		if f.DBName == "" || !f.Creatable {
			continue
		}
		at := f.StructField.Index[0]
		used := whole
		for i := 0; i < rows.Len() && !used; i++ {
			used = !rows.Index(i).Field(at).IsZero()
		}
		if !used {
			continue
		}
		fields = append(fields, f)
		switch f.FieldType.Kind() {
		case reflect.Int, reflect.Int64, reflect.Bool:
		default:
			params++
		}
	}
	return fields, params
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

// errUnreadable is a row that holds what its columns cannot mean.
var errUnreadable = errors.New("unreadable")

// all reads rows. It scans straight into them: GORM's own scanning costs more than the reading.
func all[R any](q *gorm.DB) (list []R, err error) {
	s, err := shape[R](q)
	if err != nil {
		return nil, err
	}
	rows, err := q.Model(new(R)).Rows()
	if err != nil {
		return nil, translate(err)
	}
	defer func() { err = errors.Join(err, translate(rows.Close())) }()
	names, err := rows.Columns()
	if err != nil {
		return nil, translate(err)
	}
	places, err := placesOf(s, names)
	if err != nil {
		return nil, err
	}
	to := make([]any, len(names))
	for rows.Next() {
		list = append(list, *new(R))
		row := reflect.ValueOf(&list[len(list)-1]).Elem()
		for i, at := range places {
			to[i] = target(row.Field(at))
		}
		if err := rows.Scan(to...); err != nil {
			return nil, fmt.Errorf("%w: a row of %s: %w", errUnreadable, s.Table, translate(err))
		}
	}
	return list, translate(rows.Err())
}

func placesOf(s *schema.Schema, columns []string) ([]int, error) {
	places := make([]int, len(columns))
	for i, name := range columns {
		f := s.FieldsByDBName[name]
		if f == nil {
			return nil, fmt.Errorf("%s has a column %s that we do not know", s.Table, name)
		}
		places[i] = f.StructField.Index[0]
	}
	return places, nil
}

// target is where a column is read to. A string of a type of ours is read as a plain one, which the standard library does
// without reflection.
func target(field reflect.Value) any {
	if field.Kind() == reflect.String {
		return field.Addr().Convert(reflect.TypeFor[*string]()).Interface()
	}
	return field.Addr().Interface()
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
