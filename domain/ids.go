// Package domain holds the rules of group buying: deals, teams, orders, payments, refunds, pickup, and the ports that storage
// and payment gateways fill. It uses the standard library and nothing else; it never reads a clock, a database or a random
// source: time, ids and facts come in, decisions and news come out.
package domain

// Ids are opaque, case-sensitive strings made by a Mint.
type (
	// CommunityID names a neighbourhood.
	CommunityID string
	// AccountID names a person, as we know them.
	AccountID string
	// ChatID names a conversation on some channel.
	ChatID string
	// DealID names a deal.
	DealID string
	// ItemID names one thing on offer in a deal.
	ItemID string
	// TeamID names one group gathering for a deal.
	TeamID string
	// OrderID names one person's part in a team.
	OrderID string
	// LineID names one item in an order.
	LineID string
	// PaymentID names one attempt to pay.
	PaymentID string
	// RefundID names money on its way back.
	RefundID string
	// PointID names a pickup point.
	PointID string
	// HouseholdID names a home.
	HouseholdID string
	// SummaryID names one version of an order summary.
	SummaryID string
	// WaitingID names a place in the waiting list.
	WaitingID string
	// TransferID names one movement of money.
	TransferID string
	// NoticeID names one delivery.
	NoticeID string
	// PaymentNumber is ours, made before the gateway is called, one for each attempt.
	PaymentNumber string
)

// Mint makes ids, capability tokens and short codes. Tests give a counting one.
type Mint interface {
	ID() string        // sortable by time, unique
	Token() string     // at least 128 unguessable bits, URL-safe
	Code(n int) string // n unguessable symbols easy to read aloud, without 0 O 1 I L
	Number() string    // a payment number: 6-32 of [0-9A-Za-z_-]
}
