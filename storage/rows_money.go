package storage

import (
	"database/sql"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

type paymentRow struct {
	ID             domain.PaymentID
	Number         domain.PaymentNumber
	Gateway        string
	Deal           domain.DealID
	Payer          domain.AccountID
	Currency       money.Currency
	AmountFen      int64
	State          domain.PaymentState
	TransactionNo  sql.NullString
	AppliedFen     int64
	UnappliedFen   int64
	RefundAskedFen int64
	Refunds        int64
	ExpiresAt      int64
	CheckAt        int64
	Checks         int64
	Created        int64 `gorm:"column:created_at"`
	PaidAt         int64
}

// TableName names the table.
func (paymentRow) TableName() string { return "payments" }

func paymentToRow(r domain.PaymentRecord) paymentRow {
	return paymentRow{
		ID: r.ID, Number: r.Number, Gateway: r.Gateway, Deal: r.Deal, Payer: r.Payer,
		Currency: currency(r.Amount, r.Applied, r.Unapplied, r.RefundAsked), AmountFen: r.Amount.Fen(), State: r.State,
		TransactionNo: null(r.Transaction), AppliedFen: r.Applied.Fen(), UnappliedFen: r.Unapplied.Fen(),
		RefundAskedFen: r.RefundAsked.Fen(), Refunds: r.Refunds, ExpiresAt: ms(r.ExpiresAt), CheckAt: ms(r.CheckAt),
		Checks: r.Checks, Created: ms(r.CreatedAt), PaidAt: ms(r.PaidAt),
	}
}

func paymentFromRow(w paymentRow) domain.PaymentRecord {
	return domain.PaymentRecord{
		ID: w.ID, Number: w.Number, Gateway: w.Gateway, Deal: w.Deal, Payer: w.Payer, Amount: money.Of(w.AmountFen, w.Currency),
		State: w.State, Transaction: w.TransactionNo.String, Applied: money.Of(w.AppliedFen, w.Currency),
		Unapplied: money.Of(w.UnappliedFen, w.Currency), RefundAsked: money.Of(w.RefundAskedFen, w.Currency), Refunds: w.Refunds,
		ExpiresAt: at(w.ExpiresAt), CheckAt: at(w.CheckAt), Checks: w.Checks, CreatedAt: at(w.Created), PaidAt: at(w.PaidAt),
	}
}

type paymentPartRow struct {
	Payment   domain.PaymentID
	OrderID   domain.OrderID
	Purpose   domain.Purpose
	Pos       int64
	AmountFen int64
	Applied   bool
}

// TableName names the table.
func (paymentPartRow) TableName() string { return "payment_parts" }

func paymentPartsToRows(r domain.PaymentRecord) []paymentPartRow {
	rows := make([]paymentPartRow, len(r.Parts))
	for i, p := range r.Parts {
		rows[i] = paymentPartRow{Payment: r.ID, OrderID: p.Order, Purpose: p.Purpose, Pos: int64(i), AmountFen: p.Amount.Fen(), Applied: p.Applied}
	}
	return rows
}

type refundRow struct {
	ID         domain.RefundID
	Payment    domain.PaymentID
	PaymentNo  domain.PaymentNumber
	Gateway    string
	Deal       domain.DealID
	Seq        int64
	Number     string
	Currency   money.Currency
	AmountFen  int64
	PaidFen    int64
	State      domain.RefundState
	Why        string
	ToAccount  domain.AccountID
	Attempts   int64
	DueAt      int64
	Owner      string
	LeaseUntil int64
	Fence      int64
	LastReason string
	Created    int64 `gorm:"column:created_at"`
	DoneAt     int64
}

// TableName names the table.
func (refundRow) TableName() string { return "refunds" }

func refundToRow(r domain.RefundRecord) refundRow {
	return refundRow{
		ID: r.ID, Payment: r.Payment, PaymentNo: r.PaymentNo, Gateway: r.Gateway, Deal: r.Deal, Seq: r.Seq, Number: r.Number,
		Currency: currency(r.Amount, r.Paid), AmountFen: r.Amount.Fen(), PaidFen: r.Paid.Fen(), State: r.State, Why: r.Why,
		ToAccount: r.To, Attempts: r.Attempts, DueAt: ms(r.DueAt), Owner: r.Owner, LeaseUntil: ms(r.LeaseUntil), Fence: r.Fence,
		LastReason: r.LastReason, Created: ms(r.CreatedAt), DoneAt: ms(r.DoneAt),
	}
}

func refundFromRow(w refundRow) domain.RefundRecord {
	return domain.RefundRecord{
		ID: w.ID, Payment: w.Payment, PaymentNo: w.PaymentNo, Gateway: w.Gateway, Deal: w.Deal, Seq: w.Seq, Number: w.Number,
		Amount: money.Of(w.AmountFen, w.Currency), Paid: money.Of(w.PaidFen, w.Currency), State: w.State, Why: w.Why,
		To: w.ToAccount, Attempts: w.Attempts, DueAt: at(w.DueAt), Owner: w.Owner, LeaseUntil: at(w.LeaseUntil), Fence: w.Fence,
		LastReason: w.LastReason, CreatedAt: at(w.Created), DoneAt: at(w.DoneAt),
	}
}

type refundPartRow struct {
	Refund    domain.RefundID
	Pos       int64
	OrderID   domain.OrderID
	Line      domain.LineID
	Qty       int64
	AmountFen int64
}

// TableName names the table.
func (refundPartRow) TableName() string { return "refund_parts" }

func refundPartsToRows(r domain.RefundRecord) []refundPartRow {
	rows := make([]refundPartRow, len(r.Parts))
	for i, p := range r.Parts {
		rows[i] = refundPartRow{Refund: r.ID, Pos: int64(i), OrderID: p.Order, Line: p.Line, Qty: p.Qty, AmountFen: p.Amount.Fen()}
	}
	return rows
}

type transferRow struct {
	ID      domain.TransferID
	Kind    string
	Deal    domain.DealID
	OrderID domain.OrderID
	Payment domain.PaymentID
	Refund  domain.RefundID
	At      int64
}

// TableName names the table.
func (transferRow) TableName() string { return "transfers" }

type postingRow struct {
	Transfer  domain.TransferID
	Seq       int64
	Account   string
	Currency  money.Currency
	AmountFen int64
}

// TableName names the table.
func (postingRow) TableName() string { return "postings" }

func transferToRows(t domain.Transfer) (transferRow, []postingRow) {
	legs := make([]postingRow, len(t.Postings))
	for i, p := range t.Postings {
		legs[i] = postingRow{Transfer: t.ID, Seq: int64(i), Account: p.Account, Currency: p.Amount.Currency(), AmountFen: p.Amount.Fen()}
	}
	return transferRow{ID: t.ID, Kind: t.Kind, Deal: t.Deal, OrderID: t.Order, Payment: t.Payment, Refund: t.Refund, At: ms(t.At)}, legs
}

type orphanRow struct {
	Gateway       string
	TransactionNo string
	Number        string
	Currency      money.Currency
	AmountFen     int64
	At            int64
	Note          string
	SolvedAt      int64
}

// TableName names the table.
func (orphanRow) TableName() string { return "orphans" }

func orphanToRow(o domain.Orphan) orphanRow {
	return orphanRow{
		Gateway: o.Gateway, TransactionNo: o.Transaction, Number: o.Number, Currency: o.Amount.Currency(), AmountFen: o.Amount.Fen(),
		At: ms(o.At), Note: o.Note, SolvedAt: ms(o.SolvedAt),
	}
}

func orphanFromRow(w orphanRow) domain.Orphan {
	return domain.Orphan{
		Gateway: w.Gateway, Transaction: w.TransactionNo, Number: w.Number, Amount: money.Of(w.AmountFen, w.Currency), At: at(w.At),
		Note: w.Note, SolvedAt: at(w.SolvedAt),
	}
}
