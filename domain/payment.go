package domain

import (
	"slices"
	"time"

	"tuanbot/domain/money"
)

// PaymentState is where one attempt to pay stands.
type PaymentState string

// The states of a payment.
const (
	PaymentPending PaymentState = "pending"
	PaymentPaid    PaymentState = "paid"
	PaymentClosed  PaymentState = "closed" // cannot be paid any more as far as we know
)

// PaymentRecord is one attempt to pay; it may cover several orders of one deal.
type PaymentRecord struct {
	ID          PaymentID
	Number      PaymentNumber
	Gateway     string
	Deal        DealID
	Payer       AccountID
	Amount      money.Amount
	State       PaymentState
	Transaction string // the gateway's own number, unique
	Parts       []PaymentPart
	Applied     money.Amount // went to orders
	Unapplied   money.Amount // late or extra: to be returned
	RefundAsked money.Amount // sum of all refunds made of it; never above Amount
	Refunds     int64        // number of refunds made of it
	ExpiresAt   time.Time
	CheckAt     time.Time // when to ask the gateway next; zero: no need
	Checks      int64
	CreatedAt   time.Time
	PaidAt      time.Time
}

// PaymentPart is the share of a payment meant for one order.
type PaymentPart struct {
	Order   OrderID
	Purpose Purpose
	Amount  money.Amount
	Applied bool
}

// Payment is an attempt to pay.
type Payment struct {
	r     PaymentRecord
	fresh bool
	dirty bool
}

// RestorePayment makes a payment from storage.
func RestorePayment(r PaymentRecord) *Payment { return &Payment{r: r} }

// Record is the payment's plain data.
func (p *Payment) Record() PaymentRecord { return p.r }

// RefundState is where a refund stands.
type RefundState string

// The states of a refund.
const (
	RefundDue        RefundState = "due"        // written down, not sent
	RefundSent       RefundState = "sent"       // sent, outcome unknown: same number again
	RefundProcessing RefundState = "processing" // the gateway took it
	RefundSucceeded  RefundState = "succeeded"
	RefundAbnormal   RefundState = "abnormal" // a person must look
	RefundClosed     RefundState = "closed"   // the gateway gave up: a new number follows
)

// refundMoves is every allowed move of a refund.
var refundMoves = map[RefundState][]RefundState{
	RefundDue:        {RefundSent, RefundProcessing, RefundSucceeded, RefundAbnormal, RefundClosed},
	RefundSent:       {RefundSent, RefundProcessing, RefundSucceeded, RefundAbnormal, RefundClosed},
	RefundProcessing: {RefundProcessing, RefundSucceeded, RefundAbnormal, RefundClosed},
	RefundAbnormal:   {RefundDue, RefundSucceeded, RefundClosed},
	RefundSucceeded:  {},
	RefundClosed:     {},
}

// CanMove reports whether a refund may go from one state to another.
func (s RefundState) CanMove(to RefundState) bool {
	return slices.Contains(refundMoves[s], to)
}

// IsFinal reports whether nothing more will happen to the refund by itself.
func (s RefundState) IsFinal() bool {
	return s == RefundSucceeded || s == RefundClosed
}

// RefundRecord is money on its way back. Its number is made once and never changes.
type RefundRecord struct {
	ID         RefundID
	Payment    PaymentID
	PaymentNo  PaymentNumber
	Gateway    string
	Deal       DealID
	Seq        int64
	Number     string
	Amount     money.Amount
	Paid       money.Amount // amount of the whole payment, as gateways want to hear it
	State      RefundState
	Why        string // team_failed, deal_cancelled, left, reduced, late, extra, removed
	Parts      []RefundPart
	To         AccountID
	Attempts   int64
	DueAt      time.Time
	Owner      string
	LeaseUntil time.Time
	Fence      int64
	LastReason string
	CreatedAt  time.Time
	DoneAt     time.Time
}

// RefundPart is the share of a refund for one line of an order; Line is "" for unapplied money.
type RefundPart struct {
	Order  OrderID
	Line   LineID
	Qty    int64
	Amount money.Amount
}

// Refund is money on its way back.
type Refund struct {
	r     RefundRecord
	fresh bool
	dirty bool
}

// RestoreRefund makes a refund from storage.
func RestoreRefund(r RefundRecord) *Refund { return &Refund{r: r} }

// Record is the refund's plain data.
func (f *Refund) Record() RefundRecord { return f.r }

// Transfer is one movement of money: postings that sum to zero. It is written once and never changed.
type Transfer struct {
	ID       TransferID
	Kind     string
	Deal     DealID
	Order    OrderID
	Payment  PaymentID
	Refund   RefundID
	At       time.Time
	Postings []Posting
}

// Posting is one leg of a transfer: plus is money into the account.
type Posting struct {
	Account string
	Amount  money.Amount
}
