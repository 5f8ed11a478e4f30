package say

import (
	"strconv"
	"strings"

	"tuanbot/domain"
)

// MaxAction is the longest action in bytes that every platform hands back unharmed.
const MaxAction = 64

// Verb is what a button does. Buttons and links carry a verb, a deal's code and short arguments: letters with quantities
// ("A2"), serial numbers, a team's number. Ids would not fit.
type Verb string

// The verbs of buttons.
const (
	VerbDeal      Verb = "deal"      // show a deal: deal CODE
	VerbTeam      Verb = "team"      // a link to one team: team TOKEN
	VerbOrder     Verb = "order"     // one order with its page: order CODE 12
	VerbMore      Verb = "more"      // everything about a deal: more CODE
	VerbQR        Verb = "qr"        // the deal's QR code: qr CODE
	VerbJoin      Verb = "join"      // take part: join CODE A2 B1
	VerbAgain     Verb = "again"     // the answer to "did you mean it twice?": again CODE A2
	VerbJoinTeam  Verb = "jointeam"  // into one team: jointeam CODE 3 A1
	VerbOpenTeam  Verb = "openteam"  // open a team of one's own: openteam CODE A1
	VerbChange    Verb = "change"    // ask for the new quantity, or set it: change CODE 12 A3
	VerbLeave     Verb = "leave"     // give an order up: leave CODE 12
	VerbUndo      Verb = "undo"      // take the last change back: undo CODE 12
	VerbWait      Verb = "wait"      // waiting list: wait CODE A2
	VerbUnwait    Verb = "unwait"    // leave it: unwait CODE A
	VerbTake      Verb = "take"      // take up an offered place: take CODE A
	VerbPay       Verb = "pay"       // pay what is owed in a deal, or one order: pay CODE 12
	VerbCode      Verb = "code"      // the pickup code as a picture: code CODE 12
	VerbPoint     Verb = "point"     // choose a pickup point: point CODE 2 (place in the list, from 1)
	VerbStatus    Verb = "status"    // how far it is: status CODE
	VerbWho       Verb = "who"       // who takes part: who CODE
	VerbOrders    Verb = "orders"    // my orders: orders
	VerbDeals     Verb = "deals"     // the open deals: deals
	VerbHelp      Verb = "help"      // help
	VerbHelpLead  Verb = "helplead"  // helplead: what leaders can say
	VerbUnpaid    Verb = "unpaid"    // leader: who has not paid: unpaid CODE
	VerbMissing   Verb = "missing"   // leader: who has not collected: missing CODE
	VerbRemind    Verb = "remind"    // leader: remind them: remind CODE
	VerbClose     Verb = "close"     // leader: cut off now: close CODE
	VerbExtend    Verb = "extend"    // leader: extend CODE [hours]
	VerbCancel    Verb = "cancel"    // leader: call the deal off: cancel CODE
	VerbComplete  Verb = "complete"  // leader: form with what there is: complete CODE [team number]
	VerbArrived   Verb = "arrived"   // leader: goods are there: arrived CODE
	VerbSummary   Verb = "summary"   // leader: send the summary: summary CODE
	VerbCheckOff  Verb = "checkoff"  // hand an order out, the name was seen: checkoff CODE 12
	VerbUncheck   Verb = "uncheck"   // take a check-off back: uncheck CODE 12
	VerbPaidBy    Verb = "paidby"    // leader: paid by hand: paidby CODE 12
	VerbBackTo    Verb = "backto"    // leader: returned by hand: backto CODE 12
	VerbAck       Verb = "ack"       // merchant: got the summary: ack CODE 1
	VerbProblem   Verb = "problem"   // merchant: something is wrong: problem CODE 1
	VerbPost      Verb = "post"      // dialogue: publish the preview
	VerbPostEdit  Verb = "postedit"  // dialogue: change a field: postedit price
	VerbPostDrop  Verb = "postdrop"  // dialogue: throw it away
	VerbYes       Verb = "yes"       // dialogue: yes
	VerbNo        Verb = "no"        // dialogue: no, stop
	VerbPick      Verb = "pick"      // dialogue: one of several answers: pick 2
	VerbConfirm   Verb = "sure"      // a second look before something that cannot be undone: sure cancel CODE
	VerbNoise     Verb = "noise"     // leader: how much to say: noise CODE quiet
	VerbForgetMe  Verb = "forgetme"  // delete my data, after asking
	VerbRevoke    Verb = "revoke"    // leader: shut a summary's link: revoke CODE 1
	VerbUnlink    Verb = "unlink"    // take an identity, or what another account brought, out of one's account: unlink [account]
	VerbShareTo   Verb = "shareto"   // leader: post a deal to more chats: shareto CODE [chat | all]
	VerbChain     Verb = "chain"     // a pasted list: chain CODE [one 4 | take 4 | drop | keep | claim 7 ACCOUNT 12 | other 7 ACCOUNT 12]; alone: print it
	VerbHousehold Verb = "household" // the building of a room that was typed alone: household 3 1203 [CODE 12]
)

// dealless are the verbs whose first argument is no deal's code.
var dealless = map[Verb]bool{
	VerbTeam: true, VerbOrders: true, VerbDeals: true, VerbHelp: true, VerbHelpLead: true, VerbPost: true, VerbPostEdit: true, VerbPostDrop: true,
	VerbYes: true, VerbNo: true, VerbPick: true, VerbConfirm: true, VerbForgetMe: true, VerbHousehold: true, VerbUnlink: true,
}

// Action is what a button or link stands for.
type Action struct {
	Verb Verb
	Deal string   // code of the deal; "" for verbs without one
	Args []string // none holds a space
}

// String is the action as a button carries it; ParseAction reads it back.
func (a Action) String() string {
	parts := make([]string, 0, len(a.Args)+2)
	parts = append(parts, string(a.Verb))
	if a.Deal != "" {
		parts = append(parts, a.Deal)
	}
	return strings.Join(append(parts, a.Args...), " ")
}

// ParseAction reads what a button or link stands for. It checks the form only: whether the verb and the code mean
// anything is for the reader to find out. Ok is false for what no button of ours can have carried.
func ParseAction(s string) (a Action, ok bool) {
	parts := strings.Fields(s)
	if len(s) > 4*MaxAction || len(parts) == 0 || !plain(parts[0], false) {
		return Action{}, false
	}
	a.Verb, parts = Verb(parts[0]), parts[1:]
	if !dealless[a.Verb] && len(parts) > 0 {
		if !plain(parts[0], true) {
			return Action{}, false
		}
		a.Deal, parts = strings.ToUpper(parts[0]), parts[1:]
	}
	for _, p := range parts {
		if !token(p) {
			return Action{}, false
		}
	}
	a.Args = parts
	return a, true
}

// plain is lower-case letters, or with code letters of any case and digits.
func plain(s string, code bool) bool {
	for _, r := range s {
		low := r >= 'a' && r <= 'z'
		other := (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9')
		if !low && (!code || !other) {
			return false
		}
	}
	return s != "" && len(s) <= 16
}

// token is what an argument may hold: the symbols of tokens, numbers and letters.
func token(s string) bool {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return len(s) <= MaxAction
}

// Number reads argument i as a whole number, 0 if it is none.
func (a Action) Number(i int) int64 {
	if i < 0 || i >= len(a.Args) {
		return 0
	}
	n, err := strconv.ParseInt(a.Args[i], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Picked is a quantity of an item named by its letter.
type Picked struct {
	Letter string
	Qty    int64
}

// Picks reads the arguments from i on as letters with quantities ("A2"); a letter alone means 1. Ok is false if one of
// them is something else.
func (a Action) Picks(i int) (ps []Picked, ok bool) {
	for ; i < len(a.Args); i++ {
		s := strings.ToUpper(a.Args[i])
		if s == "" || s[0] < 'A' || s[0] > 'Z' {
			return nil, false
		}
		p := Picked{Letter: s[:1], Qty: 1}
		if len(s) > 1 {
			n, err := strconv.ParseInt(s[1:], 10, 64)
			if err != nil || n < 0 {
				return nil, false
			}
			p.Qty = n
		}
		ps = append(ps, p)
	}
	return ps, true
}

// Wants turns picked letters into items of a deal; ok is false if a letter is not on offer.
func Wants(items []domain.ItemRecord, ps []Picked) (ws []domain.Want, ok bool) {
	for _, p := range ps {
		found := false
		for _, it := range items {
			if it.Letter == p.Letter {
				ws, found = append(ws, domain.Want{Item: it.ID, Qty: p.Qty}), true
			}
		}
		if !found {
			return nil, false
		}
	}
	return ws, true
}

// Do makes an action on a deal with whole numbers as arguments.
func Do(v Verb, code string, numbers ...int64) string {
	a := Action{Verb: v, Deal: code}
	for _, n := range numbers {
		a.Args = append(a.Args, strconv.FormatInt(n, 10))
	}
	return a.String()
}

// DoPicks makes an action on a deal with letters and quantities: join, again, wait, take, openteam.
func DoPicks(v Verb, code string, ps ...Picked) string {
	return Action{Verb: v, Deal: code, Args: pickArgs(ps)}.String()
}

// DoTeam makes the action that joins one team of a deal by its number.
func DoTeam(code string, team int64, ps ...Picked) string {
	return Action{Verb: VerbJoinTeam, Deal: code, Args: append([]string{strconv.FormatInt(team, 10)}, pickArgs(ps)...)}.String()
}

// DoChange makes the action that sets quantities of an order by its serial number; without picks it asks for them.
func DoChange(code string, serial int64, ps ...Picked) string {
	return Action{Verb: VerbChange, Deal: code, Args: append([]string{strconv.FormatInt(serial, 10)}, pickArgs(ps)...)}.String()
}

// Plain makes an action of a verb that needs no deal.
func Plain(v Verb, args ...string) string { return Action{Verb: v, Args: args}.String() }

func pickArgs(ps []Picked) []string {
	args := make([]string, 0, len(ps))
	for _, p := range ps {
		args = append(args, p.Letter+strconv.FormatInt(p.Qty, 10))
	}
	return args
}
