package domain

import "time"

// Arrival says that goods of a deal are at a pickup point. Its orders are told in steps.
type Arrival struct {
	Deal  DealID
	Point PointID // "" for every point of the deal
	By    AccountID
	At    time.Time
	Done  bool
}

// CheckOff is one handing over: which lines, by whom; undone within minutes if it was a mistake.
type CheckOff struct {
	ID       string
	Deal     DealID
	Order    OrderID
	By       AccountID
	Lines    []Want
	At       time.Time
	UndoneAt time.Time
}

// SummaryRecord is one version of the order summary that the merchant gets.
type SummaryRecord struct {
	ID        SummaryID
	Deal      DealID
	Number    int64
	Token     string // the merchant sheet's address; revocable
	Merchant  AccountID
	Sheet     Sheet
	CreatedAt time.Time
	AckAt     time.Time
	AckBy     AccountID
	Problem   string
	RevokedAt time.Time
}

// Sheet is what a summary lists: per item, per pickup point, per building. Suppliers see serials, no names.
type Sheet struct {
	People int64       `json:"people"`
	Shares int64       `json:"shares"`
	Unpaid int64       `json:"unpaid,omitempty"` // orders that go out unpaid (offline)
	Notes  int64       `json:"notes,omitempty"`  // orders with a note; what they say is read when it is shown, so that it can be erased
	Items  []SheetItem `json:"items"`
	Diff   []SheetDiff `json:"diff,omitempty"` // against the version before
}

// SheetItem is one item of a sheet.
type SheetItem struct {
	Item      ItemID           `json:"item"`
	Letter    string           `json:"letter"`
	Name      string           `json:"name"`
	Spec      string           `json:"spec,omitempty"`
	Unit      string           `json:"unit"`
	Qty       int64            `json:"qty"`
	SupplyFen int64            `json:"supply_fen,omitempty"` // for all of Qty
	Points    map[string]int64 `json:"points,omitempty"`     // by point id
	Buildings map[string]int64 `json:"buildings,omitempty"`  // by building; "" unknown
	Serials   []int64          `json:"serials,omitempty"`
}

// SheetDiff is a change of one item since the version before.
type SheetDiff struct {
	Letter string `json:"letter"`
	Name   string `json:"name"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

// WaitState is where an entry of the waiting list stands.
type WaitState string

// The states of a waiting entry.
const (
	WaitQueued  WaitState = "waiting"
	WaitOffered WaitState = "offered"
	WaitTaken   WaitState = "taken"
	WaitExpired WaitState = "expired"
	WaitGone    WaitState = "gone" // left, or the deal was decided
)

// WaitingRecord is one person waiting for one item.
type WaitingRecord struct {
	ID           WaitingID
	Deal         DealID
	Team         TeamID
	Item         ItemID
	Account      AccountID
	Qty          int64
	Number       int64 // order of arrival in the deal
	NeedsSeat    bool  // the person is new to the team, so a place of a people cap is kept for them too
	State        WaitState
	OfferedUntil time.Time
	Chat         ChatID
	CreatedAt    time.Time
}

// Waiting is an entry of the waiting list.
type Waiting struct {
	r     WaitingRecord
	fresh bool
	dirty bool
}

// RestoreWaiting makes an entry from storage.
func RestoreWaiting(r WaitingRecord) *Waiting { return &Waiting{r: r} }

// Record is the entry's plain data.
func (w *Waiting) Record() WaitingRecord { return w.r }
