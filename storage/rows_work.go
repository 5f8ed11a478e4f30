package storage

import (
	"fmt"
	"strconv"
	"time"

	"tuanbot/domain"
)

// The lanes of the outbox: what is not over waits in one of four, so that claiming reads an index in its order. A row
// changes to the tried lane when it is first claimed, because from then on it holds up the later ones of its chat.
const (
	laneOver        = 0
	laneUrgent      = 1
	laneUrgentTried = 2
	lanePlain       = 3
	lanePlainTried  = 4
	laneAside       = 9 // dead or kept
)

type noticeRow struct {
	ID         int64 `gorm:"autoIncrement:false;->"`
	Kind       domain.NoticeKind
	Dedup      string
	Community  domain.CommunityID
	Account    domain.AccountID
	Chat       domain.ChatID
	Deal       domain.DealID
	Team       domain.TeamID
	OrderID    domain.OrderID
	Refund     domain.RefundID
	Payment    domain.PaymentID
	Summary    domain.SummaryID
	Num        string
	Due        int64
	Lead       int64
	Urgent     bool
	Channel    string
	State      domain.DeliveryState
	Lane       int
	Attempts   int64
	DueAt      int64
	Owner      string
	Fence      int64
	LastReason string
	MessageID  string
	Created    int64 `gorm:"column:created_at"`
	DoneAt     int64
}

// TableName names the table.
func (noticeRow) TableName() string { return "outbox" }

func noticeToRow(n domain.Notice, now int64) (noticeRow, error) {
	num := ""
	if n.Num != nil {
		var err error
		if num, err = toJSON(n.Num); err != nil {
			return noticeRow{}, fmt.Errorf("notice %s: %w", n.Kind, err)
		}
	}
	due := ms(n.Due)
	if due == 0 {
		due = now
	}
	return noticeRow{
		Kind: n.Kind, Dedup: n.Dedup, Community: n.Community, Account: n.Account, Chat: n.Chat, Deal: n.Deal, Team: n.Team,
		OrderID: n.Order, Refund: n.Refund, Payment: n.Payment, Summary: n.Summary, Num: num, Due: due,
		Lead: n.Lead.Milliseconds(), Urgent: n.Urgent, State: domain.DeliveryNew, Lane: lane(n.Urgent, false), DueAt: due, Created: now,
	}, nil
}

func lane(urgent, tried bool) int {
	switch {
	case urgent && tried:
		return laneUrgentTried
	case urgent:
		return laneUrgent
	case tried:
		return lanePlainTried
	}
	return lanePlain
}

func deliveryFromRow(w noticeRow) (domain.Delivery, error) {
	d := domain.Delivery{
		ID: domain.NoticeID(strconv.FormatInt(w.ID, 10)),
		Notice: domain.Notice{
			Kind: w.Kind, Dedup: w.Dedup, Community: w.Community, Account: w.Account, Chat: w.Chat, Deal: w.Deal, Team: w.Team,
			Order: w.OrderID, Refund: w.Refund, Payment: w.Payment, Summary: w.Summary, Due: at(w.Due),
			Lead: time.Duration(w.Lead) * time.Millisecond, Urgent: w.Urgent,
		},
		Channel: w.Channel, State: w.State, Attempts: w.Attempts, DueAt: at(w.DueAt), Owner: w.Owner, Fence: w.Fence,
		LastReason: w.LastReason, MessageID: w.MessageID, CreatedAt: at(w.Created), DoneAt: at(w.DoneAt),
	}
	if err := fromJSON(w.Num, &d.Num); err != nil {
		return d, fmt.Errorf("notice %d: %w", w.ID, err)
	}
	return d, nil
}

type waitingRow struct {
	ID           domain.WaitingID
	Deal         domain.DealID
	Team         domain.TeamID
	Item         domain.ItemID
	Account      domain.AccountID
	Qty          int64
	Number       int64
	NeedsSeat    bool
	State        domain.WaitState
	OfferedUntil int64
	Chat         domain.ChatID
	Created      int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (waitingRow) TableName() string { return "waiting" }

func waitingToRow(r domain.WaitingRecord) waitingRow {
	return waitingRow{
		ID: r.ID, Deal: r.Deal, Team: r.Team, Item: r.Item, Account: r.Account, Qty: r.Qty, Number: r.Number, NeedsSeat: r.NeedsSeat,
		State: r.State, OfferedUntil: ms(r.OfferedUntil), Chat: r.Chat, Created: ms(r.CreatedAt),
	}
}

func waitingFromRow(w waitingRow) domain.WaitingRecord {
	return domain.WaitingRecord{
		ID: w.ID, Deal: w.Deal, Team: w.Team, Item: w.Item, Account: w.Account, Qty: w.Qty, Number: w.Number, NeedsSeat: w.NeedsSeat,
		State: w.State, OfferedUntil: at(w.OfferedUntil), Chat: w.Chat, CreatedAt: at(w.Created),
	}
}

type summaryRow struct {
	ID        domain.SummaryID
	Deal      domain.DealID
	Number    int64
	Token     string
	Merchant  domain.AccountID
	Sheet     string
	Created   int64 `gorm:"column:created_at"`
	AckAt     int64
	AckBy     domain.AccountID
	Problem   string
	RevokedAt int64
}

// TableName names the table.
func (summaryRow) TableName() string { return "summaries" }

func summaryToRow(s domain.SummaryRecord) (summaryRow, error) {
	sheet, err := toJSON(s.Sheet)
	return summaryRow{
		ID: s.ID, Deal: s.Deal, Number: s.Number, Token: s.Token, Merchant: s.Merchant, Sheet: sheet, Created: ms(s.CreatedAt),
		AckAt: ms(s.AckAt), AckBy: s.AckBy, Problem: s.Problem, RevokedAt: ms(s.RevokedAt),
	}, err
}

func summaryFromRow(w summaryRow) (domain.SummaryRecord, error) {
	s := domain.SummaryRecord{
		ID: w.ID, Deal: w.Deal, Number: w.Number, Token: w.Token, Merchant: w.Merchant, CreatedAt: at(w.Created), AckAt: at(w.AckAt),
		AckBy: w.AckBy, Problem: w.Problem, RevokedAt: at(w.RevokedAt),
	}
	return s, fromJSON(w.Sheet, &s.Sheet)
}

type arrivalRow struct {
	Deal      domain.DealID
	Point     domain.PointID
	ByAccount domain.AccountID
	At        int64
	Done      bool
}

// TableName names the table.
func (arrivalRow) TableName() string { return "arrivals" }

func arrivalToRow(a domain.Arrival) arrivalRow {
	return arrivalRow{Deal: a.Deal, Point: a.Point, ByAccount: a.By, At: ms(a.At), Done: a.Done}
}

func arrivalFromRow(w arrivalRow) domain.Arrival {
	return domain.Arrival{Deal: w.Deal, Point: w.Point, By: w.ByAccount, At: at(w.At), Done: w.Done}
}

type checkOffRow struct {
	ID        string
	Deal      domain.DealID
	OrderID   domain.OrderID
	ByAccount domain.AccountID
	Items     string
	At        int64
	UndoneAt  int64
}

// TableName names the table.
func (checkOffRow) TableName() string { return "check_offs" }

func checkOffToRow(c domain.CheckOff) (checkOffRow, error) {
	items, err := toJSON(c.Lines)
	return checkOffRow{ID: c.ID, Deal: c.Deal, OrderID: c.Order, ByAccount: c.By, Items: items, At: ms(c.At), UndoneAt: ms(c.UndoneAt)}, err
}

func checkOffFromRow(w checkOffRow) (domain.CheckOff, error) {
	c := domain.CheckOff{ID: w.ID, Deal: w.Deal, Order: w.OrderID, By: w.ByAccount, At: at(w.At), UndoneAt: at(w.UndoneAt)}
	return c, fromJSON(w.Items, &c.Lines)
}
