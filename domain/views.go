package domain

import (
	"context"
	"time"
)

// Views are plain reads outside any transaction. A missing thing is ErrNotFound. Lists have an order and a limit.
type Views interface {
	DealViews
	DealLists
	TeamViews
	OrderViews
	OrderLists
	MoneyViews
	MoneyLists
	PeopleViews
	ManyViews
	RoleViews
	LinkViews
	ChatViews
	PlaceViews
	HomeViews
	FulfilmentViews
	EventViews
	ChainViews
	WorkViews
	WorkLists
}

// DealSheet is a deal with all that is shown of it.
type DealSheet struct {
	Deal  DealRecord
	Items []ItemRecord
	Teams []TeamRecord // a chain's one team, or the newest 20 of a team deal, open ones first
	Chats []DealChat
}

// DealViews reads single deals.
type DealViews interface {
	Deal(ctx context.Context, id DealID) (DealSheet, error)
	DealByCode(ctx context.Context, code string) (DealSheet, error)
	DealEditions(ctx context.Context, id DealID) ([]DealEdition, error)
	DealChatsOf(ctx context.Context, id DealID) ([]DealChat, error)
	WaitingList(ctx context.Context, id DealID) ([]WaitingRecord, error)
}

// DealLists finds deals, newest first.
type DealLists interface {
	OpenDealsInChat(ctx context.Context, chat ChatID) ([]DealSheet, error)
	OpenDeals(ctx context.Context, community CommunityID, limit int) ([]DealSheet, error)
	DealsInChat(ctx context.Context, chat ChatID, limit int) ([]DealSheet, error)
	DealsLedBy(ctx context.Context, leader AccountID, limit int) ([]DealSheet, error)
	DealsOf(ctx context.Context, community CommunityID, limit int) ([]DealSheet, error)
}

// TeamViews reads teams.
type TeamViews interface {
	Team(ctx context.Context, id TeamID) (TeamRecord, error)
	TeamByToken(ctx context.Context, token string) (TeamRecord, error)
	OpenTeams(ctx context.Context, deal DealID, limit int) ([]TeamRecord, error)
	Tally(ctx context.Context, deal DealID) (DealTally, error) // straight from SQL
}

// OrderViews reads single orders.
type OrderViews interface {
	Order(ctx context.Context, id OrderID) (OrderRecord, error)
	OrderByToken(ctx context.Context, token string) (OrderRecord, error)
	OrderBySerial(ctx context.Context, deal DealID, serial int64) (OrderRecord, error)
	OrderByPickupCode(ctx context.Context, community CommunityID, code string) (OrderRecord, error)
}

// OrderFilter narrows a list of orders. Zero fields do not narrow.
type OrderFilter struct {
	Team   TeamID
	States []OrderState
	Point  *PointID
	Pay    PayState
	After  int64 // serial
	Newest bool  // by serial, newest first
	Limit  int   // 0 = 10,000
}

// OrderLists finds orders by serial.
type OrderLists interface {
	OrdersOf(ctx context.Context, account AccountID, limit int) ([]OrderRecord, error) // newest first, over all deals
	OrdersOfDeal(ctx context.Context, deal DealID, f OrderFilter) ([]OrderRecord, error)
	OrdersByIDs(ctx context.Context, ids []OrderID) ([]OrderRecord, error)
	DuesOf(ctx context.Context, ids []OrderID) ([]Due, error)
}

// MoneyViews reads single payments and refunds.
type MoneyViews interface {
	Payment(ctx context.Context, number PaymentNumber) (PaymentRecord, error)
	PaymentByID(ctx context.Context, id PaymentID) (PaymentRecord, error)
	Refund(ctx context.Context, id RefundID) (RefundRecord, error)
	RefundByNumber(ctx context.Context, number string) (RefundRecord, error)
	TransfersOf(ctx context.Context, deal DealID) ([]Transfer, error)
}

// MoneyLists finds payments and refunds.
type MoneyLists interface {
	PaymentsOfOrder(ctx context.Context, order OrderID) ([]PaymentRecord, error)
	RefundsOfOrder(ctx context.Context, order OrderID) ([]RefundRecord, error)
	StuckRefunds(ctx context.Context, limit int) ([]RefundRecord, error)     // abnormal, or due for more than an hour
	Orphans(ctx context.Context, limit int) ([]Orphan, error)                // unsolved
	PaymentsToCheck(ctx context.Context, limit int) ([]PaymentRecord, error) // CheckAt passed, database time
}

// PeopleViews reads people. Redirects of linked accounts are followed.
type PeopleViews interface {
	Account(ctx context.Context, id AccountID) (Account, error)
	Accounts(ctx context.Context, ids []AccountID) (map[AccountID]Account, error)
	AccountByIdentity(ctx context.Context, channel, external string) (Account, error)
	IdentitiesOf(ctx context.Context, id AccountID) ([]Identity, error)             // last seen first
	Dialogue(ctx context.Context, account AccountID, chat ChatID) (Dialogue, error) // ErrNotFound when none or over
}

// LinkViews reads what ties a person's identities and accounts together.
type LinkViews interface {
	Identity(ctx context.Context, channel, external string) (Identity, error) // with the account it was made for
	UnionOf(ctx context.Context, channel, external string) (Union, error)
	AccountByUnion(ctx context.Context, key string) (Account, error)             // of an identity that is not apart
	LinksTo(ctx context.Context, account AccountID) ([]Link, error)              // newest first, direct ones
	OwnNames(ctx context.Context, ids []AccountID) (map[AccountID]string, error) // without following redirects
}

// ChatShare is what came by one chat of a deal: people and shares of live orders.
type ChatShare struct {
	Chat   ChatID
	People int64
	Shares int64
}

// ChatViews reads how a deal goes in its chats.
type ChatViews interface {
	// ChatShares sums live orders by the chat they came by, most shares first; "" is those that came by none.
	ChatShares(ctx context.Context, deal DealID) ([]ChatShare, error)
	// ShoppersVia lists who has live orders that came by a chat, with one of these orders each.
	ShoppersVia(ctx context.Context, deal DealID, chat ChatID) (map[AccountID]OrderID, error)
}

// RoleViews reads grants.
type RoleViews interface {
	RolesOf(ctx context.Context, account AccountID) ([]Role, error)
	RolesIn(ctx context.Context, community CommunityID) ([]Role, error)
	TriesOf(ctx context.Context, account AccountID) (Tries, error) // zero when none
}

// PlaceViews reads communities, chats, points and households.
type PlaceViews interface {
	Communities(ctx context.Context) ([]Community, error)
	Chat(ctx context.Context, id ChatID) (Chat, error)
	ChatByExternal(ctx context.Context, channel, external string) (Chat, error)
	Points(ctx context.Context, community CommunityID) ([]Point, error)
	HouseholdByBlind(ctx context.Context, community CommunityID, blind string) (Household, error)
}

// HomeViews tells where people live, as far as a building goes.
type HomeViews interface {
	// Buildings are the buildings of a community, the first few of them, and the one that a home is in.
	Buildings(ctx context.Context, community CommunityID, home HouseholdID) (all []string, mine string, err error)
}

// FulfilmentViews reads summaries, arrivals and check-offs.
type FulfilmentViews interface {
	SummaryByToken(ctx context.Context, token string) (SummaryRecord, error)
	Summary(ctx context.Context, id SummaryID) (SummaryRecord, error)
	SummariesOf(ctx context.Context, deal DealID) ([]SummaryRecord, error)
	ArrivalsOf(ctx context.Context, deal DealID) ([]Arrival, error)
	ChatsIn(ctx context.Context, community CommunityID) ([]Chat, error)
}

// ChainViews reads the lists that chats keep.
type ChainViews interface {
	Chain(ctx context.Context, deal DealID, chat ChatID) (ChainRecord, error)
}

// EventViews reads the trail.
type EventViews interface {
	EventsByKeys(ctx context.Context, keys []EventKey) (map[EventKey]Event, error)
	EventsOfDeal(ctx context.Context, deal DealID, limit int) ([]Event, error) // newest first
	EventsOfOrder(ctx context.Context, order OrderID) ([]Event, error)
	LastDealOf(ctx context.Context, account AccountID) (DealID, error) // the deal this person last opened or joined
}

// WorkViews finds deals with work that the clock has made due, by database time. No look-back window anywhere.
type WorkViews interface {
	DueDeals(ctx context.Context, limit int) ([]DealID, error)     // teams past their deadline, or draining past its end; scheduled deals past OpensAt; open deals past DeadlineAt, also without any open team
	FanOutDeals(ctx context.Context, limit int) ([]DealID, error)  // decided teams whose orders are not all moved, or whose refunds are over
	UnpaidDeals(ctx context.Context, limit int) ([]DealID, error)  // orders past their payment window and drain
	OfferedDeals(ctx context.Context, limit int) ([]DealID, error) // waiting-list offers that ran out
	ArrivalDeals(ctx context.Context, limit int) ([]DealID, error) // arrivals not told to everybody
}

// WorkLists finds the rest of the clock's work.
type WorkLists interface {
	SummaryDeals(ctx context.Context, limit int) ([]DealID, error)              // deals whose first summary should go out
	ActiveDeals(ctx context.Context, after DealID, limit int) ([]DealID, error) // open, locked or undecided deals, for recounting
	OpenTeamDeadlines(ctx context.Context, after TeamID, limit int) ([]TeamDeadline, error)
	Epoch(ctx context.Context) (string, error)  // changes when SQL is restored from a backup
	Now(ctx context.Context) (time.Time, error) // database time
}

// TeamDeadline is when a team is due.
type TeamDeadline struct {
	Deal DealID
	Team TeamID
	At   time.Time
}
