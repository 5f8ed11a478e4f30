package sandbox

import "context"

// The rows of the journal, in plain types without names, so that storage can spell the same ones without importing this
// package. Times are milliseconds UTC, 0 = not yet.
type (
	// TradeRow is a payment as the gateway sees it.
	TradeRow = struct {
		Number, Title, Currency                         string
		Amount                                          int64
		State, Transaction                              string
		Version, ExpiresAt, CreatedAt, PaidAt, ClosedAt int64
	}
	// RefundRow is a refund as the gateway sees it.
	RefundRow = struct {
		Number, Trade            string
		Amount                   int64
		State, Reason            string
		DueAt, CreatedAt, DoneAt int64
	}
	// CallRow is a callback that is delivered until it is taken.
	CallRow = struct {
		ID, Trade, Kind, Body                   string
		DueAt, Attempts, CreatedAt, DeliveredAt int64
	}
	// LogRow is one thing that happened; rows are only ever added.
	LogRow = struct {
		ID                  int64
		Trade, What, Number string
		Amount              int64
		Note                string
		At                  int64
	}
	// Page is a trade with its refunds; Calls and Log are what a change adds.
	Page = struct {
		Known   bool
		Trade   TradeRow
		Refunds []RefundRow
		Calls   []CallRow
		Log     []LogRow
	}
)

// Journal is the gateway's own memory. It is apart from the books of group buying, as a bank's is.
type Journal interface {
	Trades
	Calls
}

// Trades keeps payments and refunds.
type Trades interface {
	// ChangeSandboxTrade locks the trade of a number, hands its page to change and writes what comes back, all in one
	// transaction that may run again. An error of change writes nothing.
	ChangeSandboxTrade(ctx context.Context, number string, change func(Page) (Page, error)) error
	SandboxTrade(ctx context.Context, number string) (Page, error)
	SandboxTradeOfRefund(ctx context.Context, refund string) (number string, found bool, err error)
	// DueSandboxRefunds lists refunds under way whose time has come, oldest first.
	DueSandboxRefunds(ctx context.Context, now int64, limit int) ([]RefundRow, error)
}

// Calls keeps what is to be delivered.
type Calls interface {
	// ClaimSandboxCalls takes due callbacks until a time, so that two processes do not deliver the same one.
	ClaimSandboxCalls(ctx context.Context, now, until int64, limit int) ([]CallRow, error)
	// SettleSandboxCall writes when a callback was delivered, or when it is tried again.
	SettleSandboxCall(ctx context.Context, c CallRow, happened LogRow) error
}
