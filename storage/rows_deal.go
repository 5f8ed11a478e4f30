package storage

import (
	"encoding/json"
	"fmt"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// Rows are what GORM sees; toRow and fromRow map them to the domain. Fields of time are called Created and Updated, because
// GORM would fill in a CreatedAt by itself.

type dealRow struct {
	ID          domain.DealID
	Community   domain.CommunityID
	Code        string
	Currency    money.Currency
	Kind        domain.DealKind
	State       domain.DealState
	Pay         domain.PayWhen
	OpensAt     int64
	DeadlineAt  int64
	Terms       string
	OpenedBy    domain.AccountID
	NextSerial  int64
	Version     int64
	Edition     int64
	NextTeam    int64
	OpenTeams   int64
	FormedTeams int64
	Waiting     int64
	Extended    bool
	Reason      string
	Summaries   int64
	ArrivedAt   int64
	LockedAt    int64
	Created     int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (dealRow) TableName() string { return "deals" }

func dealToRow(r domain.DealRecord) (dealRow, error) {
	terms, err := toJSON(r.Terms)
	if err != nil {
		return dealRow{}, fmt.Errorf("deal %s: %w", r.ID, err)
	}
	return dealRow{
		ID: r.ID, Community: r.Community, Code: r.Code, Currency: r.Currency, Kind: r.Terms.Kind, State: r.State, Pay: r.Terms.Pay,
		OpensAt: ms(r.Terms.OpensAt), DeadlineAt: ms(r.Terms.DeadlineAt), Terms: terms, OpenedBy: r.OpenedBy,
		NextSerial: r.NextSerial, Version: r.Version, Edition: r.Edition, NextTeam: r.NextTeam, OpenTeams: r.OpenTeams,
		FormedTeams: r.FormedTeams, Waiting: r.Waiting, Extended: r.Extended, Reason: r.Reason, Summaries: r.Summaries,
		ArrivedAt: ms(r.ArrivedAt), LockedAt: ms(r.LockedAt), Created: ms(r.CreatedAt),
	}, nil
}

func dealFromRow(w dealRow) (domain.DealRecord, error) {
	r := domain.DealRecord{
		ID: w.ID, Community: w.Community, Code: w.Code, Currency: w.Currency, State: w.State, OpenedBy: w.OpenedBy,
		NextSerial: w.NextSerial, Version: w.Version, Edition: w.Edition, NextTeam: w.NextTeam, OpenTeams: w.OpenTeams,
		FormedTeams: w.FormedTeams, Waiting: w.Waiting, Extended: w.Extended, Reason: w.Reason, Summaries: w.Summaries,
		ArrivedAt: at(w.ArrivedAt), LockedAt: at(w.LockedAt), CreatedAt: at(w.Created),
	}
	if err := fromJSON(w.Terms, &r.Terms); err != nil {
		return r, fmt.Errorf("deal %s: %w", w.ID, err)
	}
	r.Terms.Kind, r.Terms.Pay, r.Terms.OpensAt, r.Terms.DeadlineAt = w.Kind, w.Pay, at(w.OpensAt), at(w.DeadlineAt)
	return r, nil
}

type itemRow struct {
	ID        domain.ItemID
	Deal      domain.DealID
	Letter    string
	Name      string
	Spec      string
	Unit      string
	Currency  money.Currency
	GroupFen  int64
	SoloFen   int64
	SupplyFen int64
	Stock     int64
	Held      int64
	Offered   int64
	PerPerson int64
	Created   int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (itemRow) TableName() string { return "deal_items" }

func itemToRow(r domain.ItemRecord) itemRow {
	return itemRow{
		ID: r.ID, Deal: r.Deal, Letter: r.Letter, Name: r.Name, Spec: r.Spec, Unit: r.Unit,
		Currency: currency(r.Group, r.Solo, r.Supply), GroupFen: r.Group.Fen(), SoloFen: r.Solo.Fen(), SupplyFen: r.Supply.Fen(),
		Stock: r.Stock, Held: r.Held, Offered: r.Offered, PerPerson: r.Limit, Created: ms(r.CreatedAt),
	}
}

func itemFromRow(w itemRow) domain.ItemRecord {
	return domain.ItemRecord{
		ID: w.ID, Deal: w.Deal, Letter: w.Letter, Name: w.Name, Spec: w.Spec, Unit: w.Unit, Group: money.Of(w.GroupFen, w.Currency),
		Solo: money.Of(w.SoloFen, w.Currency), Supply: money.Of(w.SupplyFen, w.Currency), Stock: w.Stock, Held: w.Held,
		Offered: w.Offered, Limit: w.PerPerson, CreatedAt: at(w.Created),
	}
}

type dealChatRow struct {
	Deal       domain.DealID
	Chat       domain.ChatID
	Leader     domain.AccountID
	Commission int64
	CardMsg    string
	Noise      domain.Noise
	Created    int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (dealChatRow) TableName() string { return "deal_chats" }

func dealChatToRow(c domain.DealChat) dealChatRow {
	return dealChatRow{Deal: c.Deal, Chat: c.Chat, Leader: c.Leader, Commission: c.Commission, CardMsg: c.CardMsg, Noise: c.Noise, Created: ms(c.CreatedAt)}
}

func dealChatFromRow(w dealChatRow) domain.DealChat {
	return domain.DealChat{Deal: w.Deal, Chat: w.Chat, Leader: w.Leader, Commission: w.Commission, CardMsg: w.CardMsg, Noise: w.Noise, CreatedAt: at(w.Created)}
}

type editionRow struct {
	Deal      domain.DealID
	Number    int64
	Terms     string
	Items     string
	ByAccount domain.AccountID
	Reason    string
	At        int64
}

// TableName names the table.
func (editionRow) TableName() string { return "deal_versions" }

func editionToRow(e domain.DealEdition) (editionRow, error) {
	terms, err := toJSON(e.Terms)
	if err != nil {
		return editionRow{}, err
	}
	items, err := toJSON(e.Items)
	return editionRow{Deal: e.Deal, Number: e.Number, Terms: terms, Items: items, ByAccount: e.By, Reason: e.Reason, At: ms(e.At)}, err
}

func editionFromRow(w editionRow) (domain.DealEdition, error) {
	e := domain.DealEdition{Deal: w.Deal, Number: w.Number, By: w.ByAccount, Reason: w.Reason, At: at(w.At)}
	if err := fromJSON(w.Terms, &e.Terms); err != nil {
		return e, err
	}
	return e, fromJSON(w.Items, &e.Items)
}

type teamRow struct {
	ID               domain.TeamID
	Deal             domain.DealID
	Number           int64
	Token            string
	State            domain.TeamState
	Head             domain.AccountID
	OpensAt          int64
	DeadlineAt       int64
	Cap              int64
	CapUnit          domain.Unit
	Threshold        int64
	ThresholdUnit    domain.Unit
	Currency         money.Currency
	LivePeople       int64
	LiveShares       int64
	LiveFen          int64
	PaidPeople       int64
	PaidShares       int64
	PaidFen          int64
	OfferedShares    int64
	OfferedPeople    int64
	Version          int64
	MetAt            int64
	DrainUntil       int64
	DecidedAt        int64
	DecidedAtVersion int64
	Completion       domain.Completion
	DecidedBy        domain.AccountID
	Reason           string
	ThresholdUsed    int64
	Short            int64
	FannedOut        bool
	OpenRefunds      int64
	Told             int64
	Created          int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (teamRow) TableName() string { return "teams" }

func teamToRow(r domain.TeamRecord) teamRow {
	return teamRow{
		ID: r.ID, Deal: r.Deal, Number: r.Number, Token: r.Token, State: r.State, Head: r.Head, OpensAt: ms(r.OpensAt),
		DeadlineAt: ms(r.DeadlineAt), Cap: r.Cap, CapUnit: r.CapUnit, Threshold: r.Threshold, ThresholdUnit: r.ThresholdUnit,
		Currency:   currency(r.Live.Goods, r.Paid.Goods),
		LivePeople: r.Live.People, LiveShares: r.Live.Shares, LiveFen: r.Live.Goods.Fen(),
		PaidPeople: r.Paid.People, PaidShares: r.Paid.Shares, PaidFen: r.Paid.Goods.Fen(),
		OfferedShares: r.OfferedShares, OfferedPeople: r.OfferedPeople, Version: r.Version, MetAt: ms(r.MetAt),
		DrainUntil: ms(r.DrainUntil), DecidedAt: ms(r.DecidedAt), DecidedAtVersion: r.DecidedAtVersion, Completion: r.Completion,
		DecidedBy: r.DecidedBy, Reason: r.Reason, ThresholdUsed: r.ThresholdUsed, Short: r.Short, FannedOut: r.FannedOut,
		OpenRefunds: r.OpenRefunds, Told: r.Told, Created: ms(r.CreatedAt),
	}
}

func teamFromRow(w teamRow) domain.TeamRecord {
	return domain.TeamRecord{
		ID: w.ID, Deal: w.Deal, Number: w.Number, Token: w.Token, State: w.State, Head: w.Head, OpensAt: at(w.OpensAt),
		DeadlineAt: at(w.DeadlineAt), Cap: w.Cap, CapUnit: w.CapUnit, Threshold: w.Threshold, ThresholdUnit: w.ThresholdUnit,
		Live:          domain.Counts{People: w.LivePeople, Shares: w.LiveShares, Goods: money.Of(w.LiveFen, w.Currency)},
		Paid:          domain.Counts{People: w.PaidPeople, Shares: w.PaidShares, Goods: money.Of(w.PaidFen, w.Currency)},
		OfferedShares: w.OfferedShares, OfferedPeople: w.OfferedPeople, Version: w.Version, MetAt: at(w.MetAt),
		DrainUntil: at(w.DrainUntil), DecidedAt: at(w.DecidedAt), DecidedAtVersion: w.DecidedAtVersion, Completion: w.Completion,
		DecidedBy: w.DecidedBy, Reason: w.Reason, ThresholdUsed: w.ThresholdUsed, Short: w.Short, FannedOut: w.FannedOut,
		OpenRefunds: w.OpenRefunds, Told: w.Told, CreatedAt: at(w.Created),
	}
}

// currency is the one that a row's amounts share; an amount of nothing may have none.
func currency(as ...money.Amount) money.Currency {
	for _, a := range as {
		if a.Currency() != "" {
			return a.Currency()
		}
	}
	return ""
}

func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write JSON: %w", err)
	}
	return string(b), nil
}

func fromJSON(s string, v any) error {
	if s == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}
