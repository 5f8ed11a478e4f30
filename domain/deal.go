package domain

import (
	"time"

	"tuanbot/domain/money"
)

// DealKind is how people gather.
type DealKind string

// The kinds of deal.
const (
	KindChain DealKind = "chain" // one Team per Deal, everybody joins it
	KindTeam  DealKind = "team"  // many Teams of N people, each with its own clock
)

// DealState is where a deal stands.
type DealState string

// The states of a deal.
const (
	DealScheduled  DealState = "scheduled"
	DealOpen       DealState = "open"
	DealLocked     DealState = "locked" // cut off, teams being decided
	DealFormed     DealState = "formed"
	DealFailed     DealState = "failed"
	DealCancelled  DealState = "cancelled"
	DealFulfilling DealState = "fulfilling"
	DealCompleted  DealState = "completed"
)

// Unit is what a cap or a threshold counts.
type Unit string

// The units. Money is counted in fen of goods at group price.
const (
	UnitNone   Unit = "none"
	UnitPeople Unit = "people"
	UnitShares Unit = "shares"
	UnitMoney  Unit = "money"
)

// PayWhen is when people pay.
type PayWhen string

// The payment rules.
const (
	PayAtJoin      PayWhen = "at_join"
	PayAfterFormed PayWhen = "after_formed"
	PayOffline     PayWhen = "offline" // record only: the leader takes the money
)

// Fulfilment is how goods reach people.
type Fulfilment string

// The kinds of fulfilment.
const (
	FulfilPickup  Fulfilment = "pickup"
	FulfilLeader  Fulfilment = "leader"
	FulfilLocal   Fulfilment = "local"
	FulfilExpress Fulfilment = "express"
)

// DealTerms is what a leader sets when posting.
type DealTerms struct {
	Kind           DealKind      `json:"kind"`
	Title          string        `json:"title"`
	Icon           string        `json:"icon,omitempty"`
	Picture        string        `json:"picture,omitempty"`
	Note           string        `json:"note,omitempty"`
	Pay            PayWhen       `json:"pay"`
	PayWindow      time.Duration `json:"pay_window,omitempty"` // 0 = the payment rule's default
	Cap            int64         `json:"cap,omitempty"`        // 0 = no cap
	CapUnit        Unit          `json:"cap_unit,omitempty"`   // people or shares
	Threshold      int64         `json:"threshold,omitempty"`
	ThresholdUnit  Unit          `json:"threshold_unit"` // none: always forms when it has orders
	LimitPerson    int64         `json:"limit_person,omitempty"`
	LimitHousehold int64         `json:"limit_household,omitempty"`
	OpensAt        time.Time     `json:"opens_at"`
	DeadlineAt     time.Time     `json:"deadline_at"`
	Grace          time.Duration `json:"grace,omitempty"`
	TeamTTL        time.Duration `json:"team_ttl,omitempty"` // team deals: the clock of each team
	Fulfilment     Fulfilment    `json:"fulfilment"`
	Point          PointID       `json:"point,omitempty"`
	PickupTime     string        `json:"pickup_time,omitempty"` // as the leader wrote it
	Merchant       AccountID     `json:"merchant,omitempty"`
	Commission     int64         `json:"commission,omitempty"` // basis points, kept for the commission work
}

// DealRecord is a deal as storage keeps it.
type DealRecord struct {
	ID        DealID
	Community CommunityID
	Code      string
	Terms     DealTerms
	Currency  money.Currency
	State     DealState
	OpenedBy  AccountID
	// NextSerial is the last 跟团号 given out; numbers are never reused.
	NextSerial  int64
	Version     int64 // grows with every change of anything in the deal
	Edition     int64 // number of the terms' latest deal_versions row
	NextTeam    int64 // the last team number given out
	OpenTeams   int64 // forming or deciding
	FormedTeams int64
	Waiting     int64 // live entries in the waiting list
	Extended    bool
	Reason      string // why cancelled
	Summaries   int64  // number of the latest summary
	ArrivedAt   time.Time
	LockedAt    time.Time
	CreatedAt   time.Time
}

// ItemRecord is one thing on offer in a deal.
type ItemRecord struct {
	ID        ItemID
	Deal      DealID
	Letter    string // A, B, … frozen after opening
	Name      string
	Spec      string
	Unit      string // 份, 箱, …
	Group     money.Amount
	Solo      money.Amount // zero: not shown
	Supply    money.Amount // what the merchant gets; zero: not set
	Stock     int64        // -1: unlimited
	Held      int64        // in live and received orders
	Offered   int64        // promised to the waiting list
	Limit     int64        // per person; 0 = none
	CreatedAt time.Time
}

// DealChat is one chat a deal is posted to.
type DealChat struct {
	Deal       DealID
	Chat       ChatID
	Leader     AccountID
	Commission int64  // basis points
	CardMsg    string // message id of the living card, "" until posted
	Noise      Noise
	CreatedAt  time.Time
}

// DealEdition is one version of a deal's terms.
type DealEdition struct {
	Deal   DealID
	Number int64
	Terms  DealTerms
	Items  []ItemRecord
	By     AccountID
	Reason string
	At     time.Time
}

// Deal is the offer. Its verbs are in the files named after the use cases.
type Deal struct {
	r    DealRecord
	base DealRecord
}

// RestoreDeal makes a deal from storage.
func RestoreDeal(r DealRecord) *Deal { return &Deal{r: r, base: r} }

// Record is the deal's plain data.
func (d *Deal) Record() DealRecord { return d.r }

// ID is the deal's id.
func (d *Deal) ID() DealID { return d.r.ID }

// Item is one thing on offer.
type Item struct {
	r    ItemRecord
	base ItemRecord
}

// RestoreItem makes an item from storage.
func RestoreItem(r ItemRecord) *Item { return &Item{r: r, base: r} }

// Record is the item's plain data.
func (i *Item) Record() ItemRecord { return i.r }

// Left is how many more can be ordered, or -1 when there is no stock limit.
func (i ItemRecord) Left() int64 {
	if i.Stock < 0 {
		return -1
	}
	return max(0, i.Stock-i.Held-i.Offered)
}
