package domain

import (
	"slices"
	"time"

	"tuanbot/domain/money"
)

// OrderState is where an order stands; payment and refund have axes of their own.
type OrderState string

// The states of an order.
const (
	OrderPlaced    OrderState = "placed"           // holds seat and stock, team undecided, not paid
	OrderWaiting   OrderState = "paid_waiting"     // paid, team undecided
	OrderAwaiting  OrderState = "awaiting_payment" // team formed, not paid
	OrderConfirmed OrderState = "confirmed"        // team formed and paid, or paid offline
	OrderReady     OrderState = "ready"            // goods are at the pickup point
	OrderReceived  OrderState = "received"
	OrderLeft      OrderState = "left"          // the shopper left
	OrderRemoved   OrderState = "removed"       // the leader took it out, with a reason
	OrderUnpaid    OrderState = "closed_unpaid" // not paid in time
	OrderFailed    OrderState = "failed"        // the team failed
	OrderCancelled OrderState = "cancelled"     // the deal was cancelled
)

// orderMoves is every allowed move of an order.
var orderMoves = map[OrderState][]OrderState{
	OrderPlaced:    {OrderWaiting, OrderAwaiting, OrderConfirmed, OrderLeft, OrderRemoved, OrderUnpaid, OrderFailed, OrderCancelled},
	OrderWaiting:   {OrderConfirmed, OrderLeft, OrderRemoved, OrderFailed, OrderCancelled},
	OrderAwaiting:  {OrderConfirmed, OrderUnpaid, OrderRemoved, OrderCancelled},
	OrderConfirmed: {OrderReady, OrderReceived, OrderRemoved, OrderCancelled},
	OrderReady:     {OrderReceived, OrderRemoved, OrderCancelled},
	OrderReceived:  {OrderReady, OrderConfirmed}, // check-off undone within minutes
	OrderLeft:      {OrderPlaced},                // undone by taking part again
	OrderRemoved:   {},
	OrderUnpaid:    {},
	OrderFailed:    {},
	OrderCancelled: {},
}

// CanMove reports whether an order may go from one state to another.
func (s OrderState) CanMove(to OrderState) bool {
	return slices.Contains(orderMoves[s], to)
}

// IsLive reports whether orders in this state hold a seat and stock.
func (s OrderState) IsLive() bool {
	switch s {
	case OrderPlaced, OrderWaiting, OrderAwaiting, OrderConfirmed, OrderReady, OrderReceived:
		return true
	default:
		return false
	}
}

// PayState is the payment axis of an order.
type PayState string

// The payment axis.
const (
	PayNone PayState = "none"
	PayPart PayState = "part"
	PayFull PayState = "full"
)

// Via is how a command came: some rules differ for buttons and paper.
type Via string

// The ways.
const (
	ViaText   Via = "text"
	ViaButton Via = "button"
	ViaLink   Via = "link"
	ViaPaper  Via = "paper" // entered by the leader for somebody
	ViaWait   Via = "wait"  // taken up from the waiting list
)

// Want is a quantity of one item.
type Want struct {
	Item ItemID `json:"item"`
	Qty  int64  `json:"qty"`
}

// LineRecord is one item in an order.
type LineRecord struct {
	ID        LineID
	Item      ItemID
	Ordered   int64
	Allocated int64 // what really came for it; equals Ordered until a shortage
	Collected int64
	Refunded  int64
	Unit      money.Amount
	FinalUnit money.Amount // zero until weighed or tier-settled
	Prices    []PriceStep
}

// PriceStep is one step of a line's unit price, in the order the steps were applied.
type PriceStep struct {
	Step string // "group"
	Unit money.Amount
}

// OrderRecord is an order as storage keeps it.
type OrderRecord struct {
	ID          OrderID
	Token       string // names the order's page
	Deal        DealID
	Team        TeamID
	Shopper     AccountID
	Beneficiary string // "" for oneself
	Slot        int64
	Serial      int64 // 跟团号
	State       OrderState
	Pay         PayState
	Total       money.Amount
	Paid        money.Amount
	RefundDue   money.Amount // asked for, not final
	Refunded    money.Amount // arrived
	Shares      int64
	Lines       []LineRecord
	ViaChat     ChatID
	ViaLeader   AccountID
	PlacedBy    AccountID
	EnteredBy   AccountID
	Payer       AccountID
	Source      Via
	SourceLine  string
	Household   HouseholdID
	Point       PointID
	AddressBox  []byte // encrypted snapshot
	Note        string // what whoever packs should know; personal, never shown in a group
	PayDueAt    time.Time
	LastCommand string // canonical form of the last applied command
	LastVia     Via
	LastAt      time.Time // when it was applied, database time
	LastSaidAt  time.Time // the platform's time of it
	UndoWants   []Want    // what it was before; meaningful while UndoAt is set
	UndoAt      time.Time
	Reason      string
	PickupCode  string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ReceivedAt  time.Time
}

// Order is one person's part in a team.
type Order struct {
	r     OrderRecord
	base  OrderRecord
	fresh bool
	dirty bool
}

// RestoreOrder makes an order from storage.
func RestoreOrder(r OrderRecord) *Order { return &Order{r: r, base: r} }

// Record is the order's plain data. The caller must not change its slices.
func (o *Order) Record() OrderRecord { return o.r }

// ID is the order's id.
func (o *Order) ID() OrderID { return o.r.ID }

// Owed is what is still to be paid; an order that is over owes nothing.
func (r OrderRecord) Owed() money.Amount {
	if !r.State.IsLive() {
		return money.Of(0, r.Total.Currency())
	}
	owed, err := r.Total.Sub(r.Paid)
	if err != nil || owed.Fen() < 0 {
		return money.Of(0, r.Total.Currency())
	}
	return owed
}

// Wants lists the ordered quantities.
func (r OrderRecord) Wants() []Want {
	wants := make([]Want, 0, len(r.Lines))
	for _, l := range r.Lines {
		if l.Ordered > 0 {
			wants = append(wants, Want{Item: l.Item, Qty: l.Ordered})
		}
	}
	return wants
}

// Due is an amount an order owes by a time.
type Due struct {
	Order   OrderID
	Purpose Purpose
	Amount  money.Amount
	At      time.Time
}

// Purpose is what a payment is for.
type Purpose string

// The purposes.
const (
	PurposeFull    Purpose = "full"
	PurposeDeposit Purpose = "deposit"
	PurposeBalance Purpose = "balance"
	PurposeExtra   Purpose = "extra"
)
