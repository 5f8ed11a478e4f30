package storage

import (
	"database/sql"
	"fmt"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

type orderRow struct {
	ID           domain.OrderID
	Token        string
	Deal         domain.DealID
	Team         domain.TeamID
	Shopper      domain.AccountID
	Beneficiary  string
	Slot         int64
	Serial       int64
	State        domain.OrderState
	Pay          domain.PayState
	Currency     money.Currency
	TotalFen     int64
	PaidFen      int64
	RefundDueFen int64
	RefundedFen  int64
	Shares       int64
	ViaChat      domain.ChatID
	ViaLeader    domain.AccountID
	PlacedBy     domain.AccountID
	EnteredBy    domain.AccountID
	Payer        domain.AccountID
	Source       domain.Via
	SourceLine   string
	Household    sql.NullString
	Point        domain.PointID
	AddressBox   []byte
	Note         string
	PayDueAt     int64
	LastCommand  string
	LastVia      domain.Via
	LastAt       int64
	LastSaidAt   int64
	UndoWants    string
	UndoAt       int64
	Reason       string
	PickupCode   sql.NullString
	Created      int64 `gorm:"column:created_at"`
	Updated      int64 `gorm:"column:updated_at"`
	ReceivedAt   int64
}

// TableName names the table.
func (orderRow) TableName() string { return "orders" }

// orderKept are the columns that no update of an order may touch.
var orderKept = []string{"token", "deal", "team", "shopper", "slot", "serial", "created_at"}

func orderToRow(r domain.OrderRecord) (orderRow, error) {
	undo := ""
	if r.UndoWants != nil {
		var err error
		if undo, err = toJSON(r.UndoWants); err != nil {
			return orderRow{}, fmt.Errorf("order %s: %w", r.ID, err)
		}
	}
	return orderRow{
		ID: r.ID, Token: r.Token, Deal: r.Deal, Team: r.Team, Shopper: r.Shopper, Beneficiary: r.Beneficiary, Slot: r.Slot,
		Serial: r.Serial, State: r.State, Pay: r.Pay, Currency: currency(r.Total, r.Paid, r.RefundDue, r.Refunded),
		TotalFen: r.Total.Fen(), PaidFen: r.Paid.Fen(), RefundDueFen: r.RefundDue.Fen(), RefundedFen: r.Refunded.Fen(),
		Shares: r.Shares, ViaChat: r.ViaChat, ViaLeader: r.ViaLeader, PlacedBy: r.PlacedBy, EnteredBy: r.EnteredBy, Payer: r.Payer,
		Source: r.Source, SourceLine: r.SourceLine, Household: null(string(r.Household)), Point: r.Point, AddressBox: r.AddressBox, Note: r.Note,
		PayDueAt: ms(r.PayDueAt), LastCommand: r.LastCommand, LastVia: r.LastVia, LastAt: ms(r.LastAt), LastSaidAt: ms(r.LastSaidAt),
		UndoWants: undo, UndoAt: ms(r.UndoAt), Reason: r.Reason, PickupCode: null(r.PickupCode), Created: ms(r.CreatedAt),
		Updated: ms(r.UpdatedAt), ReceivedAt: ms(r.ReceivedAt),
	}, nil
}

// orderFromRow leaves the lines to whoever has them.
func orderFromRow(w orderRow) (domain.OrderRecord, error) {
	r := domain.OrderRecord{
		ID: w.ID, Token: w.Token, Deal: w.Deal, Team: w.Team, Shopper: w.Shopper, Beneficiary: w.Beneficiary, Slot: w.Slot,
		Serial: w.Serial, State: w.State, Pay: w.Pay, Total: money.Of(w.TotalFen, w.Currency), Paid: money.Of(w.PaidFen, w.Currency),
		RefundDue: money.Of(w.RefundDueFen, w.Currency), Refunded: money.Of(w.RefundedFen, w.Currency), Shares: w.Shares,
		ViaChat: w.ViaChat, ViaLeader: w.ViaLeader, PlacedBy: w.PlacedBy, EnteredBy: w.EnteredBy, Payer: w.Payer, Source: w.Source,
		SourceLine: w.SourceLine, Household: domain.HouseholdID(w.Household.String), Point: w.Point, AddressBox: w.AddressBox, Note: w.Note,
		PayDueAt: at(w.PayDueAt), LastCommand: w.LastCommand, LastVia: w.LastVia, LastAt: at(w.LastAt), LastSaidAt: at(w.LastSaidAt),
		UndoAt: at(w.UndoAt), Reason: w.Reason, PickupCode: w.PickupCode.String, CreatedAt: at(w.Created), UpdatedAt: at(w.Updated),
		ReceivedAt: at(w.ReceivedAt),
	}
	if err := fromJSON(w.UndoWants, &r.UndoWants); err != nil {
		return r, fmt.Errorf("order %s: %w", w.ID, err)
	}
	return r, nil
}

type lineRow struct {
	OrderID      domain.OrderID
	ID           domain.LineID
	Pos          int64
	Item         domain.ItemID
	Ordered      int64
	Allocated    int64
	Collected    int64
	Refunded     int64
	UnitFen      int64
	Step         string // which price UnitFen is, while there is only one; later steps lie in order_line_prices
	FinalUnitFen int64
}

// TableName names the table.
func (lineRow) TableName() string { return "order_lines" }

type priceRow struct {
	OrderID domain.OrderID
	Line    domain.LineID
	Seq     int64
	Step    string
	UnitFen int64
}

// TableName names the table.
func (priceRow) TableName() string { return "order_line_prices" }

// linesToRows spreads an order's lines over two tables. A line that has had one price only, as nearly all have, carries it
// itself: a join then writes a row less. See docs/adr/0006.
func linesToRows(r domain.OrderRecord) (lines []lineRow, prices []priceRow) {
	for pos, l := range r.Lines {
		w := lineRow{
			OrderID: r.ID, ID: l.ID, Pos: int64(pos), Item: l.Item, Ordered: l.Ordered, Allocated: l.Allocated,
			Collected: l.Collected, Refunded: l.Refunded, UnitFen: l.Unit.Fen(), FinalUnitFen: l.FinalUnit.Fen(),
		}
		if len(l.Prices) == 1 && l.Prices[0].Unit.Fen() == w.UnitFen {
			w.Step = l.Prices[0].Step
			lines = append(lines, w)
			continue
		}
		lines = append(lines, w)
		for seq, p := range l.Prices {
			prices = append(prices, priceRow{OrderID: r.ID, Line: l.ID, Seq: int64(seq), Step: p.Step, UnitFen: p.Unit.Fen()})
		}
	}
	return lines, prices
}

func lineFromRow(w lineRow, cur money.Currency) domain.LineRecord {
	return domain.LineRecord{
		ID: w.ID, Item: w.Item, Ordered: w.Ordered, Allocated: w.Allocated, Collected: w.Collected, Refunded: w.Refunded,
		Unit: money.Of(w.UnitFen, cur), FinalUnit: money.Of(w.FinalUnitFen, cur),
	}
}

type dueRow struct {
	OrderID   domain.OrderID
	Purpose   domain.Purpose
	Currency  money.Currency
	AmountFen int64
	DueAt     int64
}

// TableName names the table.
func (dueRow) TableName() string { return "order_dues" }

func dueToRow(d domain.Due) dueRow {
	return dueRow{OrderID: d.Order, Purpose: d.Purpose, Currency: d.Amount.Currency(), AmountFen: d.Amount.Fen(), DueAt: ms(d.At)}
}

func dueFromRow(w dueRow) domain.Due {
	return domain.Due{Order: w.OrderID, Purpose: w.Purpose, Amount: money.Of(w.AmountFen, w.Currency), At: at(w.DueAt)}
}

type eventRow struct {
	ID         int64 `gorm:"autoIncrement:false;->"`
	Channel    string
	Account    string
	MessageKey string
	Idx        int64
	Hash       string
	Kind       string
	Did        domain.Did
	Deal       domain.DealID
	Team       domain.TeamID
	OrderID    domain.OrderID
	ByAccount  domain.AccountID
	Chat       domain.ChatID
	Lang       domain.Lang
	Source     string
	Answer     string
	Version    int64
	At         int64
}

// TableName names the table.
func (eventRow) TableName() string { return "order_events" }

func eventToRow(e domain.Event) (eventRow, error) {
	answer, err := toJSON(e.Answer)
	return eventRow{
		Channel: e.Key.Channel, Account: e.Key.Account, MessageKey: e.Key.Message, Idx: e.Key.Index, Hash: e.Hash, Kind: e.Kind,
		Did: e.Answer.Did, Deal: e.Deal, Team: e.Team, OrderID: e.Order, ByAccount: e.By, Chat: e.Chat, Lang: e.Lang,
		Source: e.Source, Answer: answer, Version: e.Version, At: ms(e.At),
	}, err
}

func eventFromRow(w eventRow) (domain.Event, error) {
	e := domain.Event{
		Key:  domain.EventKey{Channel: w.Channel, Account: w.Account, Message: w.MessageKey, Index: w.Idx},
		Hash: w.Hash, Kind: w.Kind, Deal: w.Deal, Team: w.Team, Order: w.OrderID, By: w.ByAccount, Chat: w.Chat, Lang: w.Lang,
		Source: w.Source, Version: w.Version, At: at(w.At),
	}
	if err := fromJSON(w.Answer, &e.Answer); err != nil {
		return e, fmt.Errorf("event %d: %w", w.ID, err)
	}
	return e, nil
}

func null(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }
