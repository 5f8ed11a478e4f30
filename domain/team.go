package domain

import (
	"slices"
	"time"

	"tuanbot/domain/money"
)

// TeamState is where a team stands. The zero value is invalid.
type TeamState string

// The states of a team.
const (
	TeamForming    TeamState = "forming"
	TeamDeciding   TeamState = "deciding" // takes no joins while payments under way drain
	TeamFormed     TeamState = "formed"
	TeamFailing    TeamState = "failing"
	TeamFailed     TeamState = "failed"
	TeamCancelling TeamState = "cancelling"
	TeamCancelled  TeamState = "cancelled"
)

// teamMoves is every allowed move of a team.
var teamMoves = map[TeamState][]TeamState{
	TeamForming:    {TeamDeciding, TeamFormed, TeamFailing, TeamFailed, TeamCancelling, TeamCancelled},
	TeamDeciding:   {TeamFormed, TeamFailing, TeamFailed, TeamCancelling, TeamCancelled},
	TeamFormed:     {TeamCancelling, TeamCancelled},
	TeamFailing:    {TeamFailed},
	TeamFailed:     {},
	TeamCancelling: {TeamCancelled},
	TeamCancelled:  {},
}

// CanMove reports whether a team may go from one state to another.
func (s TeamState) CanMove(to TeamState) bool {
	return slices.Contains(teamMoves[s], to)
}

// Completion says how a team came to be formed.
type Completion string

// The kinds of completion. All but Real are an explicit, recorded decision of a leader or merchant.
const (
	CompletionReal     Completion = "real"
	CompletionLowered  Completion = "threshold_lowered"
	CompletionApproved Completion = "merchant_approved"
	CompletionToppedUp Completion = "topped_up"
)

// Counts are tallies of one team: live orders hold a seat, paid ones have their money in.
type Counts struct {
	People int64        `json:"people"`
	Shares int64        `json:"shares"`
	Goods  money.Amount `json:"goods"` // at group price before coupons, points and freight
}

// TeamRecord is a team as storage keeps it.
type TeamRecord struct {
	ID               TeamID
	Deal             DealID
	Number           int64
	Token            string
	State            TeamState
	Head             AccountID // opened it or leads it now; "" in a chain
	OpensAt          time.Time
	DeadlineAt       time.Time
	Cap              int64
	CapUnit          Unit
	Threshold        int64
	ThresholdUnit    Unit
	Live             Counts
	Paid             Counts
	OfferedShares    int64 // promised to the waiting list
	OfferedPeople    int64
	Version          int64
	MetAt            time.Time // threshold met early: a mark, not a state
	DrainUntil       time.Time // deciding ends here at the latest
	DecidedAt        time.Time
	DecidedAtVersion int64
	Completion       Completion
	DecidedBy        AccountID
	Reason           string // short, no_orders, cancelled, …
	ThresholdUsed    int64
	Short            int64 // how much was missing when it failed, in the threshold's unit
	FannedOut        bool  // every order has been moved and told
	OpenRefunds      int64 // refunds of this team's orders that are not final
	Told             int64 // bits: almost full, k more were announced
	CreatedAt        time.Time
}

// Team is one group gathering for a deal.
type Team struct {
	r     TeamRecord
	base  TeamRecord
	fresh bool
}

// RestoreTeam makes a team from storage.
func RestoreTeam(r TeamRecord) *Team { return &Team{r: r, base: r} }

// Record is the team's plain data.
func (t *Team) Record() TeamRecord { return t.r }

// ID is the team's id.
func (t *Team) ID() TeamID { return t.r.ID }

// Counted are the tallies that decide under a payment rule: paid orders when people pay on joining, live ones otherwise.
func (r TeamRecord) Counted(pay PayWhen) Counts {
	if pay == PayAtJoin {
		return r.Paid
	}
	return r.Live
}

// In reads one unit of the tallies; money in fen.
func (c Counts) In(u Unit) int64 {
	switch u {
	case UnitPeople:
		return c.People
	case UnitShares:
		return c.Shares
	case UnitMoney:
		return c.Goods.Fen()
	default:
		return 0
	}
}

// IsDecided reports whether the team's fate is settled.
func (r TeamRecord) IsDecided() bool {
	return r.State != TeamForming && r.State != TeamDeciding
}

// Missing is how much is still wanted in the threshold's unit, 0 when met.
func (r TeamRecord) Missing(pay PayWhen) int64 {
	if r.ThresholdUnit == UnitNone {
		return 0
	}
	return max(0, r.Threshold-r.Counted(pay).In(r.ThresholdUnit))
}
