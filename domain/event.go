package domain

import (
	"time"

	"tuanbot/domain/money"
)

// EventKey names one command for ever: the platform's message key, without the deal in it, and an index when one message
// holds several commands. The zero key belongs to commands that nobody can send twice (the clock's).
type EventKey struct {
	Channel string
	Account string
	Message string
	Index   int64
}

// IsZero reports whether there is no key.
func (k EventKey) IsZero() bool { return k.Message == "" }

// Asked is what every command of a person carries.
type Asked struct {
	Key    EventKey
	Hash   string // of the raw inbound, never of the parsed command
	By     AccountID
	Lang   Lang
	Chat   ChatID
	At     time.Time // the platform's time
	Source string    // what was typed
}

// Event is a command that was decided: its key, its result and its trail, in one row.
type Event struct {
	Key     EventKey
	Hash    string
	Kind    string
	Deal    DealID
	Team    TeamID
	Order   OrderID
	By      AccountID
	Chat    ChatID
	Lang    Lang
	Source  string
	Answer  Answer
	Version int64 // of the deal after it
	At      time.Time
}

// Did names what a command came to.
type Did string

// The things that can have been done.
const (
	DidRefuse       Did = "refused"
	DidJoin         Did = "joined"
	DidAskAgain     Did = "ask_again" // the same thing came twice: did they mean it?
	DidChange       Did = "changed"
	DidLeave        Did = "left"
	DidUndo         Did = "undone"
	DidWait         Did = "waiting"
	DidUnwait       Did = "left_waiting"
	DidOpenDeal     Did = "deal_opened"
	DidClose        Did = "deal_closed"
	DidExtend       Did = "deal_extended"
	DidCancel       Did = "deal_cancelled"
	DidEdit         Did = "deal_edited"
	DidComplete     Did = "completed_assisted"
	DidDecide       Did = "decided"
	DidStartPayment Did = "payment_started"
	DidPay          Did = "paid"
	DidRecordPaid   Did = "recorded_paid"
	DidRecordBack   Did = "recorded_returned"
	DidRemove       Did = "removed"
	DidPoint        Did = "point_changed"
	DidArrive       Did = "arrived"
	DidCheckOff     Did = "checked_off"
	DidUncheck      Did = "check_off_undone"
	DidSummary      Did = "summary_sent"
	DidAcknowledge  Did = "summary_acknowledged"
	DidProblem      Did = "summary_problem"
	DidRevoke       Did = "summary_revoked"
	DidLinkCode     Did = "link_code"
	DidLink         Did = "linked"
	DidUnlink       Did = "unlinked"
	DidHome         Did = "home_added"
	DidClaimAsk     Did = "claim_asked"
	DidClaim        Did = "claimed"
	DidClaimDeny    Did = "claim_denied"
	DidClaimTaken   Did = "claim_taken"
	DidClaimMine    Did = "claim_mine" // it was so already
	DidNothing      Did = "nothing"    // it was so already
)

// LineSaid is a quantity of an item as it is spoken of.
type LineSaid struct {
	Item   ItemID       `json:"item"`
	Letter string       `json:"letter"`
	Name   string       `json:"name"`
	Unit   string       `json:"unit"`
	Qty    int64        `json:"qty"`
	Price  money.Amount `json:"price"`
}

// Answer is what a command came to: codes, ids and numbers. Words are a pure function of it.
type Answer struct {
	Did     Did          `json:"did"`
	Refusal *Refusal     `json:"refusal,omitempty"`
	Deal    DealID       `json:"deal,omitempty"`
	Code    string       `json:"code,omitempty"`  // of the deal
	Title   string       `json:"title,omitempty"` // of the deal
	Team    TeamID       `json:"team,omitempty"`
	Order   OrderID      `json:"order,omitempty"`
	Serial  int64        `json:"serial,omitempty"`
	Shopper AccountID    `json:"shopper,omitempty"`
	For     string       `json:"for,omitempty"`   // beneficiary
	Added   int64        `json:"added,omitempty"` // shares that this command added (or took away: negative)
	Shares  int64        `json:"shares,omitempty"`
	Lines   []LineSaid   `json:"lines,omitempty"` // what the order holds now
	Asked   []Want       `json:"asked,omitempty"` // what the command wanted, for [add 2 more]
	Total   money.Amount `json:"total"`
	Owed    money.Amount `json:"owed"`
	Back    money.Amount `json:"back"` // money that goes back because of this
	Pay     PayWhen      `json:"pay,omitempty"`
	PayBy   time.Time    `json:"pay_by,omitzero"`
	// The team as it stands after the command.
	TeamState TeamState     `json:"team_state,omitempty"`
	Live      Counts        `json:"live,omitzero"`
	Counted   Counts        `json:"counted,omitzero"`
	Want      int64         `json:"want,omitempty"` // threshold
	WantUnit  Unit          `json:"want_unit,omitempty"`
	Missing   int64         `json:"missing,omitempty"`
	Cap       int64         `json:"cap,omitempty"`
	Deadline  time.Time     `json:"deadline,omitzero"`
	Number    PaymentNumber `json:"number,omitempty"` // of the payment
	Token     string        `json:"token,omitempty"`  // of the order, team or summary that was touched
	Count     int64         `json:"count,omitempty"`  // how many were touched
	Reason    string        `json:"reason,omitempty"`
	Version   int64         `json:"version,omitempty"`
	Chain     *ChainSaid    `json:"chain,omitempty"` // of a pasted list
}
