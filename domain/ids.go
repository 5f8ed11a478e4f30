// Package domain holds the rules of group buying: deals, teams, orders, payments, refunds, pickup, and the ports that storage
// and payment gateways fill. It uses the standard library and nothing else; it never reads a clock, a database or a random
// source: time, ids and facts come in, decisions and news come out.
package domain

// Ids are opaque, case-sensitive strings made by a Mint.

type (
	CommunityID   string
	AccountID     string // a person to us
	ChatID        string // a conversation on some channel
	DealID        string
	ItemID        string
	TeamID        string
	OrderID       string
	LineID        string
	PaymentID     string
	RefundID      string
	PointID       string // a pickup point
	HouseholdID   string
	SummaryID     string
	WaitingID     string
	TransferID    string
	NoticeID      string
	PaymentNumber string // ours, made before the gateway is called; one per attempt
)

// Mint makes ids, capability tokens and short codes. Tests give a counting one.
type Mint interface {
	ID() string        // sortable by time, unique
	Token() string     // at least 128 unguessable bits, URL-safe
	Code(n int) string // n unguessable symbols easy to read aloud, without 0 O 1 I L
	Number() string    // a payment number: 6-32 of [0-9A-Za-z_-]
}
