package domain

import (
	"errors"
	"strconv"
)

// Code is the family of a refusal; pages and the API map it to a status.
type Code string

// The codes.
const (
	CodeInvalid   Code = "invalid"
	CodeNotFound  Code = "not_found"
	CodeConflict  Code = "conflict"
	CodeForbidden Code = "forbidden"
	CodeTooLate   Code = "too_late"
	CodeFull      Code = "full"
	CodePayment   Code = "payment"
	CodeInternal  Code = "internal"
)

// Why is the exact rule that said no; words are found by it.
type Why string

// The reasons of refusals, with the parameters that their words may use.
const (
	WhyQuantity       Why = "quantity"        // max
	WhyUnknownItem    Why = "unknown_item"    //
	WhyChooseItem     Why = "choose_item"     //
	WhyNotOpenYet     Why = "not_open_yet"    // at (ms)
	WhyClosed         Why = "closed"          // at (ms)
	WhyDecided        Why = "decided"         // state
	WhyCancelled      Why = "deal_cancelled"  //
	WhyFull           Why = "full"            // left, want
	WhySoldOut        Why = "sold_out"        // item (letter), left, want
	WhyLimitPerson    Why = "limit_person"    // limit, have
	WhyLimitItem      Why = "limit_item"      // item, limit, have
	WhyLimitHousehold Why = "limit_household" // limit, have
	WhyNeedHousehold  Why = "need_household"  //
	WhyNoOrder        Why = "no_order"        //
	WhyNotYours       Why = "not_yours"       //
	WhyNotLeader      Why = "not_leader"      //
	WhyNotAllowed     Why = "not_allowed"     //
	WhyAlreadyPaid    Why = "already_paid"    //
	WhyNothingToPay   Why = "nothing_to_pay"  //
	WhyNothingToUndo  Why = "nothing_to_undo" //
	WhyStale          Why = "stale"           // the command is older than the last one applied
	WhyKeyReused      Why = "key_reused"      // same message key, other content
	WhyNoTeam         Why = "no_team"         //
	WhyExtended       Why = "already_extended"
	WhyExtendRange    Why = "extend_range" // hours (most)
	WhyEdit           Why = "edit_rule"    // field
	WhyReason         Why = "need_reason"
	WhyNotFormed      Why = "not_formed"
	WhyNotReady       Why = "not_ready"
	WhyWrongCode      Why = "wrong_code"
	WhyNeedCode       Why = "need_code"
	WhySlowDown       Why = "slow_down" // until (ms)
	WhyCollected      Why = "already_collected"
	WhyBadDeal        Why = "bad_deal" // field
	WhyBadName        Why = "bad_name"
	WhyNotWaiting     Why = "not_waiting"
	WhyNoNeedToWait   Why = "no_need_to_wait"
	WhyLink           Why = "bad_link"
	WhyNotFound       Why = "not_found"
	WhyLinkCode       Why = "link_code"  // wrong, used or too old
	WhyLinkOwn        Why = "link_own"   // the code of this very identity
	WhyLinkedYet      Why = "linked_yet" // one person already
	WhyNotLinked      Why = "not_linked" // nothing to take out
	WhyBusy           Why = "busy"
)

// Refusal is a rule saying no: expected, and turned into kind words at the edge.
type Refusal struct {
	Code   Code              `json:"code"`
	Why    Why               `json:"why"`
	Params map[string]string `json:"params,omitempty"`
}

// Error names the rule, for logs.
func (r *Refusal) Error() string { return "refused: " + string(r.Why) }

// With adds a parameter and returns the refusal.
func (r *Refusal) With(name, value string) *Refusal {
	if r.Params == nil {
		r.Params = map[string]string{}
	}
	r.Params[name] = value
	return r
}

// WithInt adds a whole number and returns the refusal.
func (r *Refusal) WithInt(name string, n int64) *Refusal {
	return r.With(name, strconv.FormatInt(n, 10))
}

// Refuse makes a refusal.
func Refuse(code Code, why Why) *Refusal { return &Refusal{Code: code, Why: why} }

// AsRefusal finds the refusal in an error, or nil.
func AsRefusal(err error) *Refusal {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r
	}
	return nil
}

// The faults that callers tell apart.
var (
	ErrNotFound      = errors.New("not found")
	ErrDuplicate     = errors.New("already there")
	ErrGuard         = errors.New("a guarded write matched no row")
	ErrUnknown       = errors.New("unknown whether it was committed")
	ErrBusy          = errors.New("too busy, nothing was written")
	ErrNoTally       = errors.New("no tally")
	ErrLostLease     = errors.New("the lease was lost")
	ErrPaidMeanwhile = errors.New("paid meanwhile")
)
