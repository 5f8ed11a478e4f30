package domain

import (
	"slices"
	"time"
)

// Lang is the language a person reads.
type Lang string

// The languages.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Community is a neighbourhood: its zone, language, currency and quiet hours hold for all its deals and chats.
type Community struct {
	ID        CommunityID
	Name      string
	Zone      string // IANA name
	Lang      Lang
	Currency  string
	QuietFrom int // minutes after midnight, local
	QuietTo   int
	CreatedAt time.Time
}

// AccountKind says how much we know of a person.
type AccountKind string

// The kinds of account.
const (
	AccountPerson    AccountKind = "person"
	AccountGuest     AccountKind = "guest"     // gave a name, nobody vouches yet
	AccountUnclaimed AccountKind = "unclaimed" // a paper or phone order's name
	AccountErased    AccountKind = "erased"    // asked to be forgotten
)

// Account is a person to us.
type Account struct {
	ID        AccountID
	Community CommunityID
	Kind      AccountKind
	Name      string
	Lang      Lang
	Household HouseholdID // "" unknown
	Point     PointID     // where they last chose to pick up
	CreatedAt time.Time
	// Also are the accounts that were linked to this one: the same person. It is filled by views and never stored.
	Also []AccountID
}

// Is reports whether an id is this person's, also by an account that was linked to theirs.
func (a Account) Is(id AccountID) bool {
	return id != "" && (id == a.ID || slices.Contains(a.Also, id))
}

// Identity is one person on one channel.
type Identity struct {
	Channel  string
	External string
	Account  AccountID
	SeenAt   time.Time // last time they spoke there
}

// Chat is a conversation that we take part in.
type Chat struct {
	ID        ChatID
	Community CommunityID
	Channel   string
	External  string
	Group     bool
	Title     string
	Noise     Noise
	CreatedAt time.Time
	GoneAt    time.Time // since when we cannot speak there any more: kicked, or the chat vanished; zero while we can
}

// Noise is how much a leader wants the bot to say in a group.
type Noise string

// The noise levels. Quiet keeps the card alive and says only the decision; Lively adds "k more" and "almost full".
const (
	NoiseQuiet  Noise = "quiet"
	NoiseNormal Noise = "normal"
	NoiseLively Noise = "lively"
)

// RoleName is what a person may do somewhere.
type RoleName string

// The roles. A scope of "" means the whole community.
const (
	RoleOperator RoleName = "operator"
	RoleLeader   RoleName = "leader"   // scope: chat
	RoleMerchant RoleName = "merchant" // scope: ""
	RoleVerifier RoleName = "verifier" // scope: pickup point
)

// Role is one grant.
type Role struct {
	Community CommunityID
	Account   AccountID
	Name      RoleName
	Scope     string
	GrantedBy AccountID
	At        time.Time
}

// Point is a pickup point.
type Point struct {
	ID        PointID
	Community CommunityID
	Name      string
	Hours     string // as the leader wrote them: "周六 10:00-12:00"
	CreatedAt time.Time
}

// Household is a home: it is found by a blind index, its address is stored encrypted.
type Household struct {
	ID        HouseholdID
	Community CommunityID
	Building  string // shown in summaries: "3"
	Blind     string // keyed hash of community, building and room
	RoomBox   []byte // encrypted
}

// Dialogue is where a guided conversation stands. One per person and chat.
type Dialogue struct {
	Account AccountID
	Chat    ChatID
	Name    string // which dialogue
	State   []byte // JSON of that dialogue
	Until   time.Time
}
