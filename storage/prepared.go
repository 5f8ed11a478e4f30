package storage

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// The server spends half of what a busy deal costs it on reading long statements. So inserts of many rows are cut into
// pieces of these sizes, and each piece is a statement that the session has read before.
var pieces = []int{128, 64, 32, 16, 8}

const (
	maxPrepared   = 48 // statements; a table has one or two sets of columns that matter
	preparingSlot = 1  // at a time
)

// session is one transaction as GORM sees it, with the statements that are kept ready.
type session struct {
	*sql.Tx

	ready *prepared // nil on SQLite, which reads statements in no time
}

// prepared keeps statements ready for the writing pool. A statement that is not there is prepared behind the back of
// whoever wanted it: preparing takes a connection of its own, and one that waits for another could wait for ever.
type prepared struct {
	pool *sql.DB

	mu    sync.Mutex
	known map[string]*sql.Stmt // nil while it is being prepared
	slots chan struct{}
	wg    sync.WaitGroup
	ctx   context.Context // ends with close
	stop  context.CancelFunc
}

func newPrepared(pool *sql.DB) *prepared {
	p := &prepared{pool: pool, known: map[string]*sql.Stmt{}, slots: make(chan struct{}, preparingSlot)}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

func (p *prepared) close() {
	p.mu.Lock() // after this nobody adds to the group
	p.stop()
	p.mu.Unlock()
	p.wg.Wait()
}

// find gives the statement of a key if it is ready, and sees to it that it will be.
func (p *prepared) find(key string, text func() string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	stmt, known := p.known[key]
	if known || len(p.known) >= maxPrepared || p.ctx.Err() != nil {
		return stmt
	}
	p.known[key] = nil
	p.wg.Go(func() { p.prepare(key, text()) })
	return nil
}

func (p *prepared) prepare(key, text string) {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	stmt, err := p.pool.PrepareContext(p.ctx, text) //nolint:sqlclosecheck // the pool keeps and closes it
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		delete(p.known, key) // asked for again, it is tried again
		return
	}
	p.known[key] = stmt
}

// insertPieces writes as many rows as fit into ready pieces and returns the others.
func insertPieces[R any](db *gorm.DB, table string, fields []*schema.Field, rows []R) ([]R, error) {
	s, ok := db.Statement.ConnPool.(session)
	if !ok || s.ready == nil {
		return rows, nil
	}
	ctx := db.Statement.Context
	for _, size := range pieces {
		if len(rows) < size {
			continue
		}
		ready := s.ready.find(pieceKey(table, fields, size), func() string { return pieceText(table, fields, size) })
		if ready == nil {
			return rows, nil
		}
		stmt := s.StmtContext(ctx, ready) //nolint:sqlclosecheck // the pool keeps and closes it
		for len(rows) >= size {
			if _, err := stmt.ExecContext(ctx, pieceArgs(fields, rows[:size])...); err != nil {
				return rows, fmt.Errorf("insert into %s: %w", table, translate(err))
			}
			rows = rows[size:]
		}
	}
	return rows, nil
}

func pieceKey(table string, fields []*schema.Field, size int) string {
	key := append(make([]byte, 0, 512), table...)
	key = strconv.AppendInt(append(key, ' '), int64(size), 10)
	for _, f := range fields {
		key = append(append(key, ' '), f.DBName...)
	}
	return string(key)
}

func pieceText(table string, fields []*schema.Field, size int) string {
	row := ", (" + placeholders(len(fields)) + ")"
	var b strings.Builder
	b.Grow(64 + len(fields)*16 + size*len(row))
	b.WriteString("INSERT INTO " + table)
	sep := " ("
	for _, f := range fields {
		b.WriteString(sep + f.DBName)
		sep = ", "
	}
	b.WriteString(") VALUES " + row[2:])
	for range size - 1 {
		b.WriteString(row)
	}
	return b.String()
}

func pieceArgs[R any](fields []*schema.Field, rows []R) []any {
	values := reflect.ValueOf(rows)
	args := make([]any, 0, len(rows)*len(fields))
	for i := range rows {
		row := values.Index(i)
		for _, f := range fields {
			args = append(args, plain(row.Field(f.StructField.Index[0])))
		}
	}
	return args
}

// plain is a value without a type of ours, which the driver takes without reflection.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int64:
		return v.Int()
	case reflect.Bool:
		return v.Bool()
	default:
		return v.Interface()
	}
}
