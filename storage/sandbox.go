package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// The rows of the sandbox gateway, spelled field for field like those of its port, so that neither side imports the other.
type (
	sandboxTrade = struct {
		Number, Title, Currency                         string
		Amount                                          int64
		State, Transaction                              string
		Version, ExpiresAt, CreatedAt, PaidAt, ClosedAt int64
	}
	sandboxRefund = struct {
		Number, Trade            string
		Amount                   int64
		State, Reason            string
		DueAt, CreatedAt, DoneAt int64
	}
	sandboxCall = struct {
		ID, Trade, Kind, Body                   string
		DueAt, Attempts, CreatedAt, DeliveredAt int64
	}
	sandboxLog = struct {
		ID                  int64
		Trade, What, Number string
		Amount              int64
		Note                string
		At                  int64
	}
	sandboxPage = struct {
		Known   bool
		Trade   sandboxTrade
		Refunds []sandboxRefund
		Calls   []sandboxCall
		Log     []sandboxLog
	}
)

// SandboxJournal is the memory of the sandbox gateway: its own books beside ours. It keeps no rules.
type SandboxJournal struct{ d *DB }

// Sandbox is the memory of the sandbox gateway in this database.
func (d *DB) Sandbox() *SandboxJournal { return &SandboxJournal{d: d} }

type sandboxTradeRow struct {
	Number      string `gorm:"column:number"`
	Title       string `gorm:"column:title"`
	Currency    string `gorm:"column:currency"`
	Amount      int64  `gorm:"column:amount_fen"`
	State       string `gorm:"column:state"`
	Transaction string `gorm:"column:transaction_no"`
	Version     int64  `gorm:"column:version"`
	ExpiresAt   int64  `gorm:"column:expires_at"`
	CreatedAt   int64  `gorm:"column:created_at;autoCreateTime:false"`
	PaidAt      int64  `gorm:"column:paid_at"`
	ClosedAt    int64  `gorm:"column:closed_at"`
}

type sandboxRefundRow struct {
	Number    string `gorm:"column:number"`
	Trade     string `gorm:"column:trade"`
	Amount    int64  `gorm:"column:amount_fen"`
	State     string `gorm:"column:state"`
	Reason    string `gorm:"column:reason"`
	DueAt     int64  `gorm:"column:due_at"`
	CreatedAt int64  `gorm:"column:created_at;autoCreateTime:false"`
	DoneAt    int64  `gorm:"column:done_at"`
}

type sandboxCallRow struct {
	ID          string `gorm:"column:id"`
	Trade       string `gorm:"column:trade"`
	Kind        string `gorm:"column:kind"`
	Body        string `gorm:"column:body"`
	DueAt       int64  `gorm:"column:due_at"`
	Attempts    int64  `gorm:"column:attempts"`
	CreatedAt   int64  `gorm:"column:created_at;autoCreateTime:false"`
	DeliveredAt int64  `gorm:"column:delivered_at"`
}

type sandboxLogRow struct {
	ID     int64  `gorm:"column:id"`
	Trade  string `gorm:"column:trade"`
	What   string `gorm:"column:what"`
	Number string `gorm:"column:number"`
	Amount int64  `gorm:"column:amount_fen"`
	Note   string `gorm:"column:note"`
	At     int64  `gorm:"column:at"`
}

const (
	sandboxTradeColumns  = "number, title, currency, amount_fen, state, transaction_no, version, expires_at, created_at, paid_at, closed_at"
	sandboxRefundColumns = "number, trade, amount_fen, state, reason, due_at, created_at, done_at"
	sandboxCallColumns   = "id, trade, kind, body, due_at, attempts, created_at, delivered_at"
)

// ChangeSandboxTrade locks a trade, lets change decide and writes what it decided. Two that open the same trade at once
// meet at the primary key; the second then sees what the first wrote.
func (s *SandboxJournal) ChangeSandboxTrade(ctx context.Context, number string, change func(sandboxPage) (sandboxPage, error)) error {
	var err error
	for range txTries {
		err = s.d.inTx(ctx, func(t *tx) error { return s.changeTrade(t.orm(ctx), number, change) })
		if !errors.Is(err, domain.ErrDuplicate) {
			return err
		}
	}
	return err
}

func (s *SandboxJournal) changeTrade(db *gorm.DB, number string, change func(sandboxPage) (sandboxPage, error)) error {
	old, err := sandboxPageOf(db, number, s.d.mysql)
	if err != nil {
		return err
	}
	now, err := change(sandboxPage{Known: old.Known, Trade: old.Trade, Refunds: slices.Clone(old.Refunds)})
	if err != nil {
		return err
	}
	if !now.Known {
		return nil
	}
	if err := saveSandboxTrade(db, old, now); err != nil {
		return err
	}
	for _, f := range now.Refunds {
		if slices.Contains(old.Refunds, f) {
			continue
		}
		known := slices.ContainsFunc(old.Refunds, func(o sandboxRefund) bool { return o.Number == f.Number })
		if err := saveSandboxRefund(db, f, known); err != nil {
			return err
		}
	}
	for _, c := range now.Calls {
		err := db.Exec("INSERT INTO sandbox_calls ("+sandboxCallColumns+") VALUES (?,?,?,?,?,?,?,?)",
			c.ID, c.Trade, c.Kind, c.Body, c.DueAt, c.Attempts, c.CreatedAt, c.DeliveredAt).Error
		if err != nil {
			return fmt.Errorf("keep callback: %w", translate(err))
		}
	}
	for _, l := range now.Log {
		if err := appendSandboxLog(db, l); err != nil {
			return err
		}
	}
	return nil
}

func saveSandboxTrade(db *gorm.DB, old, now sandboxPage) error {
	t := now.Trade
	var err error
	switch {
	case !old.Known:
		err = db.Exec("INSERT INTO sandbox_trades ("+sandboxTradeColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			t.Number, t.Title, t.Currency, t.Amount, t.State, t.Transaction, 1, t.ExpiresAt, t.CreatedAt, t.PaidAt, t.ClosedAt).Error
	case t != old.Trade:
		err = db.Exec("UPDATE sandbox_trades SET state = ?, transaction_no = ?, paid_at = ?, closed_at = ?, version = version + 1 WHERE number = ?",
			t.State, t.Transaction, t.PaidAt, t.ClosedAt, t.Number).Error
	}
	if err != nil {
		return fmt.Errorf("keep trade: %w", translate(err))
	}
	return nil
}

func saveSandboxRefund(db *gorm.DB, f sandboxRefund, known bool) error {
	var err error
	if known {
		err = db.Exec("UPDATE sandbox_refunds SET state = ?, reason = ?, due_at = ?, done_at = ? WHERE number = ?", f.State, f.Reason, f.DueAt, f.DoneAt, f.Number).Error
	} else {
		err = db.Exec("INSERT INTO sandbox_refunds ("+sandboxRefundColumns+") VALUES (?,?,?,?,?,?,?,?)",
			f.Number, f.Trade, f.Amount, f.State, f.Reason, f.DueAt, f.CreatedAt, f.DoneAt).Error
	}
	if err != nil {
		return fmt.Errorf("keep refund: %w", translate(err))
	}
	return nil
}

func appendSandboxLog(db *gorm.DB, l sandboxLog) error {
	err := db.Exec("INSERT INTO sandbox_log (trade, what, number, amount_fen, note, at) VALUES (?,?,?,?,?,?)", l.Trade, l.What, l.Number, l.Amount, l.Note, l.At).Error
	if err != nil {
		return fmt.Errorf("note what happened: %w", translate(err))
	}
	return nil
}

// sandboxPageOf reads a trade with its refunds, holding the trade until the commit if asked to.
func sandboxPageOf(db *gorm.DB, number string, lock bool) (sandboxPage, error) {
	query := "SELECT " + sandboxTradeColumns + " FROM sandbox_trades WHERE number = ?"
	if lock {
		query += " FOR UPDATE"
	}
	var row sandboxTradeRow
	found, err := one(db, &row, query, number)
	if err != nil {
		return sandboxPage{}, fmt.Errorf("read trade: %w", translate(err))
	}
	if !found {
		return sandboxPage{}, nil
	}
	refunds, err := sandboxRefunds(db, "trade = ? ORDER BY number", number)
	return sandboxPage{Known: true, Trade: sandboxTrade(row), Refunds: refunds}, err
}

func sandboxRefunds(db *gorm.DB, where string, args ...any) ([]sandboxRefund, error) {
	var rows []sandboxRefundRow
	if err := db.Raw("SELECT "+sandboxRefundColumns+" FROM sandbox_refunds WHERE "+where, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read refunds: %w", translate(err))
	}
	out := make([]sandboxRefund, len(rows))
	for i, row := range rows {
		out[i] = sandboxRefund(row)
	}
	return out, nil
}

// SandboxTrade reads a trade with its refunds.
func (s *SandboxJournal) SandboxTrade(ctx context.Context, number string) (sandboxPage, error) {
	return sandboxPageOf(s.d.read.WithContext(ctx), number, false)
}

// SandboxTradeOfRefund finds the trade of a refund.
func (s *SandboxJournal) SandboxTradeOfRefund(ctx context.Context, refund string) (string, bool, error) {
	rows, err := sandboxRefunds(s.d.read.WithContext(ctx), "number = ?", refund)
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	return rows[0].Trade, true, nil
}

// DueSandboxRefunds lists refunds under way whose time has come.
func (s *SandboxJournal) DueSandboxRefunds(ctx context.Context, now int64, limit int) ([]sandboxRefund, error) {
	return sandboxRefunds(s.d.read.WithContext(ctx), "state = 'processing' AND due_at <= ? ORDER BY due_at, number LIMIT ?", now, limit)
}

// ClaimSandboxCalls takes due callbacks until a time. A look without locks comes first, since there is rarely any.
func (s *SandboxJournal) ClaimSandboxCalls(ctx context.Context, now, until int64, limit int) ([]sandboxCall, error) {
	query := "SELECT " + sandboxCallColumns + " FROM sandbox_calls WHERE delivered_at = 0 AND due_at <= ? ORDER BY due_at, created_at, id LIMIT ?"
	var rows []sandboxCallRow
	if err := s.d.read.WithContext(ctx).Raw(query, now, limit).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return nil, translate(err)
	}
	if s.d.mysql {
		query += " FOR UPDATE SKIP LOCKED"
	}
	err := s.d.inTx(ctx, func(t *tx) error {
		rows = nil
		if err := t.orm(ctx).Raw(query, now, limit).Scan(&rows).Error; err != nil {
			return fmt.Errorf("find callbacks: %w", translate(err))
		}
		for _, row := range rows {
			if err := t.orm(ctx).Exec("UPDATE sandbox_calls SET due_at = ? WHERE id = ?", until, row.ID).Error; err != nil {
				return fmt.Errorf("claim callback: %w", translate(err))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	calls := make([]sandboxCall, len(rows))
	for i, row := range rows {
		calls[i] = sandboxCall(row)
	}
	return calls, nil
}

// SettleSandboxCall writes how a delivery went. One that was delivered stays so.
func (s *SandboxJournal) SettleSandboxCall(ctx context.Context, c sandboxCall, happened sandboxLog) error {
	return s.d.inTx(ctx, func(t *tx) error {
		err := t.orm(ctx).Exec("UPDATE sandbox_calls SET due_at = ?, attempts = ?, delivered_at = ? WHERE id = ? AND delivered_at = 0",
			c.DueAt, c.Attempts, c.DeliveredAt, c.ID).Error
		if err != nil {
			return fmt.Errorf("settle callback: %w", translate(err))
		}
		return appendSandboxLog(t.orm(ctx), happened)
	})
}

// SandboxLog reads what happened at the gateway after a log row, in order: the witness of those who check our books.
func (s *SandboxJournal) SandboxLog(ctx context.Context, after int64, limit int) ([]sandboxLog, error) {
	var rows []sandboxLogRow
	err := s.d.read.WithContext(ctx).Raw("SELECT id, trade, what, number, amount_fen, note, at FROM sandbox_log WHERE id > ? ORDER BY id LIMIT ?", after, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read sandbox log: %w", translate(err))
	}
	out := make([]sandboxLog, len(rows))
	for i, row := range rows {
		out[i] = sandboxLog(row)
	}
	return out, nil
}
