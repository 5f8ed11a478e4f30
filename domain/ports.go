package domain

import (
	"context"
	"time"

	"tuanbot/domain/money"
)

// Store is the truth. InTx runs f in one READ COMMITTED transaction and may run it again after a deadlock or a busy
// error (five times at most), so f touches nothing but tx and its own result. A failed commit is ErrUnknown; a failure
// before any statement was sent is ErrBusy.
type Store interface {
	InTx(ctx context.Context, f func(tx Tx) error) error
	Views
}

// Tx is one transaction.
type Tx interface {
	TurnTx
	OnceTx
	DealTx
	PeopleTx
	PlaceTx
	LinkTx
	UnionTx
	DialogueTx
	OutboxTx
	RefundTx
	PaymentTx
	TriesTx
}

// TurnTx is what a turn of the Turnstile needs.
type TurnTx interface {
	// LockDeal locks the deal row and returns it with its items; ErrNotFound if there is none. When image is not nil and
	// the locked row still has the image's version, the image's deal, items, teams and chats are taken over instead of read.
	LockDeal(ctx context.Context, id DealID, image *Image) (*Image, error)
	// LockDeals locks several deal rows in the order of their ids and returns them in that order, read anew; ErrNotFound if
	// one of them is not there.
	LockDeals(ctx context.Context, ids []DealID) ([]*Image, error)
	// Now is the database's time, read by a statement of its own, in UTC cut to milliseconds.
	Now(ctx context.Context) (time.Time, error)
	// Answers finds the stored events of keys, in one statement.
	Answers(ctx context.Context, keys []EventKey) (map[EventKey]Event, error)
	// Load fills the book with what the turn needs.
	Load(ctx context.Context, b *Book, n Needs) error
	// LoadDue fills each book with those of its teams whose time has come, as Load does for Needs.DueTeams.
	LoadDue(ctx context.Context, books []*Book) error
	// Save writes everything that changed in the books, in the lock order Deals, Teams, Items, Orders, Payments, Refunds,
	// with guards; ErrGuard if a guard matched no row, ErrDuplicate on a duplicate key.
	Save(ctx context.Context, books ...*Book) error
}

// Image is a deal with its items and the teams seen so far, as of one version of the deal row. A Turnstile may keep it
// between transactions.
type Image struct {
	Deal  *Deal
	Items []*Item
	Teams []*Team
	Chats []DealChat // the chats the deal is posted to; LockDeal always brings them
}

// OnceTx is for commands outside a deal's lock: the key is looked up first and written with the effect.
type OnceTx interface {
	InsertEvent(ctx context.Context, e Event) error // ErrDuplicate when the key is there
}

// NewDeal is everything written when a deal is posted.
type NewDeal struct {
	Deal    DealRecord
	Items   []ItemRecord
	Teams   []TeamRecord
	Chats   []DealChat
	Edition DealEdition
	Notices []Notice
}

// DealTx opens deals.
type DealTx interface {
	InsertDeal(ctx context.Context, d NewDeal) error // ErrDuplicate when the code is taken
	// SaveCardMessage remembers the message id of a chat's living card.
	SaveCardMessage(ctx context.Context, deal DealID, chat ChatID, message string) error
	SaveDealNoise(ctx context.Context, deal DealID, chat ChatID, noise Noise) error
}

// PeopleTx writes people. Save… inserts or replaces by primary key.
type PeopleTx interface {
	SaveAccount(ctx context.Context, a Account) error
	SaveIdentity(ctx context.Context, i Identity) error // ErrDuplicate when (channel, external) belongs to another account
	SaveRole(ctx context.Context, r Role) error
	RemoveRole(ctx context.Context, r Role) error
	// EraseAccount deletes a person's personal data (name, identities, dialogues, addresses, texts) and keeps amounts.
	EraseAccount(ctx context.Context, id AccountID) error
}

// PlaceTx writes communities, chats, points and households.
type PlaceTx interface {
	SaveCommunity(ctx context.Context, c Community) error
	SaveChat(ctx context.Context, c Chat) error // ErrDuplicate when (channel, external) belongs to another chat
	SavePoint(ctx context.Context, p Point) error
	SaveHousehold(ctx context.Context, h Household) error
	// LinkAccounts redirects one account to another; the redirect is a row, nothing is rewritten.
	LinkAccounts(ctx context.Context, from, to AccountID) error
}

// LinkTx ties accounts of one person together and apart.
type LinkTx interface {
	// UnlinkAccount takes a redirect back, as if it had never been; ErrNotFound when there is none.
	UnlinkAccount(ctx context.Context, from AccountID) error
	SaveLinkCode(ctx context.Context, c LinkCode) error // replaces the account's code
	// LinkCodeByHash finds a code and locks it, also one that is too old.
	LinkCodeByHash(ctx context.Context, hash string) (LinkCode, error)
	EndLinkCode(ctx context.Context, account AccountID) error
	// MoveIdentity gives an identity to another account.
	MoveIdentity(ctx context.Context, channel, external string, to AccountID) error
}

// UnionTx notes what identities are known by.
type UnionTx interface {
	// SeeIdentity notes that somebody spoke, whichever account the identity was made for. An unknown one is no error.
	SeeIdentity(ctx context.Context, channel, external string, at time.Time) error
	// SaveUnion keeps an identity's union. An identity that was taken out stays so.
	SaveUnion(ctx context.Context, u Union) error
	// RemoveIdentity forgets an identity and its union; what the account did stays.
	RemoveIdentity(ctx context.Context, channel, external string) error
}

// DialogueTx keeps guided conversations.
type DialogueTx interface {
	SaveDialogue(ctx context.Context, d Dialogue) error // Name "" deletes it
}

// OutboxTx appends announcements of facts in the same transaction as the facts. A dedup key that is there is skipped.
type OutboxTx interface {
	AppendNotices(ctx context.Context, ns []Notice) error
}

// RefundTx is the refund worker's hold on refunds.
type RefundTx interface {
	// ClaimRefunds leases refunds that are due, oldest first, and raises their fence. Database time.
	ClaimRefunds(ctx context.Context, owner string, lease time.Duration, limit int) ([]RefundRecord, error)
	// MarkRefund records a step that needs no deal (sent, retry later): state, attempts, due, last reason, lease ended.
	// ErrLostLease when owner or fence are no longer the row's.
	MarkRefund(ctx context.Context, r RefundRecord) error
}

// PaymentTx writes facts about payments that belong to no known order.
type PaymentTx interface {
	// InsertOrphan stores money that came for a number we do not know. A known transaction is skipped.
	InsertOrphan(ctx context.Context, o Orphan) error
	// MarkChecked moves a pending payment's next look at the gateway.
	MarkChecked(ctx context.Context, number PaymentNumber, next time.Time) error
	SolveOrphan(ctx context.Context, transaction string, note string) error
}

// Orphan is money nobody asked for.
type Orphan struct {
	Gateway     string
	Number      string
	Transaction string
	Amount      money.Amount
	At          time.Time
	Note        string
	SolvedAt    time.Time
}

// Tries counts wrong pickup codes of one verifier.
type Tries struct {
	Account AccountID
	Count   int64
	Until   time.Time // no more tries before this
	LastAt  time.Time
}

// TriesTx keeps those counts.
type TriesTx interface {
	SaveTries(ctx context.Context, t Tries) error
}

// Outbox is the relay's hold on deliveries. All times are the database's.
type Outbox interface {
	// ClaimDeliveries leases due rows, urgent and oldest first, and raises their fence. Rows of one chat keep their order.
	ClaimDeliveries(ctx context.Context, owner string, lease time.Duration, limit int) ([]Delivery, error)
	// MarkSending notes that a send is about to start; found after a crash the outcome is unknown. ErrLostLease if the lease is gone.
	MarkSending(ctx context.Context, d Delivery) error
	// SettleDeliveries writes the outcomes (state, due, attempts, reason, message id), each fenced by owner and fence; rows whose lease is lost are left alone.
	SettleDeliveries(ctx context.Context, ds []Delivery) error
	// DeliveriesIn lists rows of a state, oldest first: dead letters, kept ones.
	DeliveriesIn(ctx context.Context, state DeliveryState, limit int) ([]Delivery, error)
	// Requeue makes dead or kept rows due now; account narrows to one person ("" = use ids).
	Requeue(ctx context.Context, ids []NoticeID, account AccountID) (int64, error)
}

// Pruner removes what time has made useless.
type Pruner interface {
	Prune(ctx context.Context, before time.Time, limit int) (int64, error)
}

// DealTally is the live count of a deal: absolute values and the deal version they belong to.
type DealTally struct {
	Deal    DealID
	Version int64
	Open    bool
	Teams   []TeamTally
	Items   []ItemTally
}

// TeamTally is the live count of a team.
type TeamTally struct {
	Team       TeamID    `json:"team"`
	State      TeamState `json:"state"`
	Live       Counts    `json:"live"`
	Paid       Counts    `json:"paid"`
	Cap        int64     `json:"cap"`
	CapUnit    Unit      `json:"cap_unit"`
	Offered    int64     `json:"offered"`
	DeadlineAt time.Time `json:"deadline_at"`
}

// ItemTally is the live count of an item; Left is -1 without a stock limit.
type ItemTally struct {
	Item ItemID `json:"item"`
	Held int64  `json:"held"`
	Left int64  `json:"left"`
}

// Tally remembers live counts. It is never the truth: whatever it does not know is ErrNoTally, and it may forget all.
type Tally interface {
	// Publish keeps the newer of what is there and what is given, by version, team by team.
	Publish(ctx context.Context, t DealTally) error
	// TallyOf is the remembered count, or ErrNoTally.
	TallyOf(ctx context.Context, deal DealID) (DealTally, error)
	// Schedule puts team deadlines into the index that wakes the deadline worker.
	Schedule(ctx context.Context, ds []TeamDeadline) error
	// Due lists deals in the index whose time has come. It only wakes; SQL decides.
	Due(ctx context.Context, now time.Time, limit int) ([]DealID, error)
	// Forget drops a deal's deadlines that have been dealt with.
	Forget(ctx context.Context, ds []TeamDeadline) error
}

// Waker tells other processes that something changed. It may lose signals; everybody also polls.
type Waker interface {
	Wake(ctx context.Context, topic string)
	// Subscribe returns a channel that gets a value after each wake (they may merge) until stop is called.
	Subscribe(ctx context.Context, topic string) (signals <-chan struct{}, stop func())
}

// Budget shares out sends between processes.
type Budget interface {
	// Take asks for one send under a key with at most limit per period; when refused it says how long to wait, and how
	// many are left otherwise.
	Take(ctx context.Context, key string, limit int, period time.Duration) (left int, wait time.Duration, err error)
}
