package domain_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// An exhaustive model of the path from a join to the last refund, small enough to try every order of events: three people,
// a cap and a threshold of two, people pay on joining. SQL steps under the deal's lock are single steps; everything else
// may come in between: crashes after a commit and before the tally is told, crashes after a refund was sent and before that
// was written, a flushed Redis, callbacks that come twice, late money, the deadline, the leader's cancelling.
//
// The design must hold in every state. Designs that leave one thing out must not: that shows that the model can see.

const (
	modelUsers     = 3
	modelCap       = 2
	modelThreshold = 2
)

// Where one person stands. Order: what SQL says. Gate: what the gateway says. Refund: the refund's row.
const (
	joinIdle, joinAdmitted, joinDone = 0, 1, 2

	orderNone, orderHeld, orderPaid, orderGone = 0, 1, 2, 3

	gateNone, gateOpen, gatePaid = 0, 1, 2

	knownNo, knownApplied, knownLate = 0, 1, 2

	refundNone, refundDue, refundSent, refundDone = 0, 1, 2, 3

	teamOpen, teamFormed, teamFailing, teamCancelling = 0, 1, 2, 3
)

type modelUser struct {
	join, order, gate, known, refund uint8
	numbers                          uint8 // refund numbers that were made
	back                             uint8 // how often the gateway really returned the money
	leaving                          bool  // weakened: saw an open team, will leave without looking again
	unmoved                          bool  // weakened: the refund was written, the order not yet moved
	readPaid                         bool  // weakened: a settler saw this one as paid
}

type modelState struct {
	users                    [modelUsers]modelUser
	team                     uint8
	redis                    int8 // the tally; -1 missing
	healed                   int8 // what a healer has read and not yet written; -1 nothing
	late                     bool // the deadline has passed
	decisions                uint8
	crashes, flushes, dups   uint8 // faults left
	read                     bool  // weakened: a settler has read the members
	readVerdict              uint8
	cancelled, settledByRead bool
}

// design says which safeguards stand.
type design struct {
	name                                                 string
	noGuard, heal, newNumber, leaveUnlocked, lateIgnored bool
	settleReads, refundApart                             bool
	crashes, flushes, dups                               uint8
	violation                                            string // what must go wrong; "" nothing
}

func (s modelState) live() (n int8) {
	for _, u := range s.users {
		if u.order == orderHeld || u.order == orderPaid {
			n++
		}
	}
	return n
}

func (s modelState) paid() (n int8) {
	for _, u := range s.users {
		if u.order == orderPaid {
			n++
		}
	}
	return n
}

// wrong says what must never be in any state.
func (s modelState) wrong() string {
	if s.live() > modelCap {
		return "over the cap"
	}
	if s.decisions > 1 {
		return "decided twice"
	}
	if s.team == teamFormed && s.paid() < modelThreshold {
		return "formed with too few"
	}
	for _, u := range s.users {
		switch {
		case u.back > 1:
			return "refunded twice"
		case s.team == teamFormed && u.order == orderPaid && u.refund != refundNone:
			return "refunded in success"
		}
	}
	return ""
}

// stuck says what must not be left when nothing is under way any more.
func (s modelState) stuck() string {
	if s.team == teamOpen {
		return "never decided"
	}
	for _, u := range s.users {
		in := s.team == teamFormed && u.order == orderPaid
		if u.gate == gatePaid && !in && u.back == 0 {
			return "money stuck"
		}
		if s.team != teamFormed && (u.order == orderHeld || u.order == orderPaid) {
			return "order left behind"
		}
	}
	return ""
}

// step is one thing that can happen. World steps may never happen; the others must, if they can.
type step struct {
	name  string
	to    modelState
	world bool
}

// next lists everything that can happen in a state.
func (d design) next(s modelState) []step {
	var out []step
	add := func(world bool, name string, to modelState) { out = append(out, step{name, to, world}) }
	for i := range s.users {
		d.joining(s, i, add)
		d.paying(s, i, add)
		d.leaving(s, i, add)
		d.moving(s, i, add)
		d.refunding(s, i, add)
	}
	d.deciding(s, add)
	d.forgetting(s, add)
	return out
}

type adder func(world bool, name string, to modelState)

func at(name string, i int) string { return fmt.Sprintf("%s %d", name, i+1) }

// joining: the tally filters, SQL decides, the tally is told afterwards.
func (d design) joining(s modelState, i int, add adder) {
	u := s.users[i]
	n := s
	switch u.join {
	case joinIdle:
		if !d.noGuard { // full is only said after a look at SQL, whatever the tally thinks
			n.users[i].join = joinDone
			if s.team == teamOpen && !s.late && s.live() < modelCap {
				n.users[i].order = orderHeld
			}
			add(true, at("join commits", i), n)
			return
		}
		n.users[i].join = joinAdmitted
		if free := s.redis < modelCap; free { // weakened: the tally itself hands out seats; a missing one counts from nothing
			n.redis = max(0, s.redis) + 1
			add(true, at("admitted by the tally", i), n)
		}
	case joinAdmitted:
		n.users[i].join = joinDone
		if s.team == teamOpen && !s.late {
			n.users[i].order = orderHeld
		}
		add(false, at("join commits", i), n)
	}
}

// paying: the gateway takes money whenever it comes; the callback comes at least once.
func (d design) paying(s modelState, i int, add adder) {
	u := s.users[i]
	n := s
	switch {
	case u.gate == gateNone && u.order == orderHeld && s.team == teamOpen:
		n.users[i].gate = gateOpen
		add(true, at("starts to pay", i), n)
	case u.gate == gateOpen:
		n.users[i].gate = gatePaid
		add(true, at("money lands", i), n)
	case u.gate == gatePaid && u.known == knownNo:
		add(false, at("callback", i), d.callback(n, i))
	case u.gate == gatePaid && s.dups > 0:
		n.dups--
		add(true, at("callback again", i), d.callback(n, i))
	}
}

func (d design) callback(s modelState, i int) modelState {
	u := &s.users[i]
	if u.known != knownNo {
		return s // keyed by the transaction
	}
	if u.order == orderHeld && (s.team == teamOpen || s.team == teamFormed) {
		u.known, u.order = knownApplied, orderPaid
		if s.team == teamOpen && s.paid() >= modelCap {
			s.team = teamFormed
			s.decisions++
		}
		return s
	}
	u.known = knownLate
	if !d.lateIgnored {
		u.refund, u.numbers = refundDue, u.numbers+1
	}
	return s
}

// leaving before the decision: seat and money go back in one step under the lock.
func (d design) leaving(s modelState, i int, add adder) {
	u := s.users[i]
	mine := u.order == orderHeld || u.order == orderPaid
	n := s
	switch {
	case d.leaveUnlocked && u.leaving:
		n.users[i].leaving = false
		if mine {
			n.users[i] = gone(n.users[i])
		}
		add(false, at("leaves", i), n)
	case mine && s.team == teamOpen && !s.late && d.leaveUnlocked:
		n.users[i].leaving = true
		add(true, at("may leave", i), n)
	case mine && s.team == teamOpen && !s.late:
		n.users[i] = gone(n.users[i])
		add(true, at("leaves", i), n)
	}
}

// gone ends an order; what it paid is due back.
func gone(u modelUser) modelUser {
	if u.order == orderPaid {
		u.refund, u.numbers = refundDue, u.numbers+1
	}
	u.order = orderGone
	return u
}

// moving is the fan-out, order by order, and the end of holds.
func (d design) moving(s modelState, i int, add adder) {
	u := s.users[i]
	n := s
	ending := s.team == teamFailing || s.team == teamCancelling
	live := u.order == orderHeld || u.order == orderPaid
	switch {
	case s.settledByRead && ending && !u.readPaid && u.order == orderPaid:
		return // weakened: who was not read is not moved
	case ending && live && d.refundApart && u.order == orderPaid && !u.unmoved:
		n.users[i].refund, n.users[i].numbers, n.users[i].unmoved = refundDue, u.numbers+1, true
		add(false, at("refund written", i), n)
	case ending && live && d.refundApart && u.unmoved:
		if s.crashes > 0 { // the order was not moved, so the next round writes another refund
			c := n
			c.crashes--
			c.users[i].unmoved = false
			add(true, at("crash before the order moved", i), c)
		}
		n.users[i].order, n.users[i].unmoved = orderGone, false
		add(false, at("order moved", i), n)
	case ending && live:
		n.users[i] = gone(n.users[i])
		add(false, at("fan-out moves", i), n)
	case s.team == teamFormed && s.late && u.order == orderHeld:
		n.users[i].order = orderGone
		add(false, at("hold ends", i), n)
	}
}

// refunding: the row first, then the call; the same number again whenever the outcome is not known.
func (d design) refunding(s modelState, i int, add adder) {
	u := s.users[i]
	if u.refund != refundDue && u.refund != refundSent {
		return
	}
	n := s
	again := u.refund == refundSent && !d.newNumber
	if !again && u.back < u.numbers {
		n.users[i].back++
	}
	if s.crashes > 0 {
		c := n
		c.crashes--
		c.users[i].refund = refundSent
		if d.newNumber {
			c.users[i].numbers++
		}
		add(true, at("crash after the refund was sent", i), c)
	}
	if d.refundApart && n.users[i].back < u.numbers {
		n.users[i].refund = refundDue // another row waits
		add(false, at("refund arrives", i), n)
		return
	}
	n.users[i].refund = refundDone
	add(false, at("refund arrives", i), n)
}

// deciding: the deadline passes, whoever holds the lock decides once; the leader may cancel until goods come.
func (d design) deciding(s modelState, add adder) {
	n := s
	if !s.late {
		n.late = true
		add(false, "deadline", n)
	}
	n = s
	verdict := uint8(teamFailing)
	if s.paid() >= modelThreshold {
		verdict = teamFormed
	}
	switch {
	case s.team == teamOpen && s.late && d.settleReads && !s.read:
		n.read, n.readVerdict = true, verdict
		for i, u := range s.users {
			n.users[i].readPaid = u.order == orderPaid
		}
		add(false, "settler reads", n)
	case d.settleReads && s.read && s.team == teamOpen:
		n.team, n.settledByRead, n.read = s.readVerdict, true, false
		n.decisions++
		add(false, "settler applies", n)
	case s.team == teamOpen && s.late:
		n.team = verdict
		n.decisions++
		add(false, "decide", n)
	}
	n = s
	if !s.cancelled && (s.team == teamOpen || s.team == teamFormed) && !d.settleReads {
		if s.team == teamOpen {
			n.decisions++
		}
		n.team, n.cancelled = teamCancelling, true
		add(true, "leader cancels", n)
	}
}

// forgetting: Redis loses everything. Ours is told what SQL says after a commit or by a recount, or, after a crash, not at
// all; a healer beside a tally that hands out seats writes what it read a moment ago.
func (d design) forgetting(s modelState, add adder) {
	n := s
	if s.flushes > 0 && s.redis >= 0 {
		n.flushes--
		n.redis = -1
		add(true, "flush", n)
	}
	n = s
	switch {
	case !d.noGuard && s.redis != s.live():
		n.redis = s.live()
		add(true, "tally told", n)
	case d.heal && s.healed < 0 && s.redis != s.live():
		n.healed = s.live()
		add(true, "healer reads", n)
	case s.healed >= 0:
		n.redis, n.healed = s.healed, -1
		add(true, "healer writes", n)
	}
}

// from remembers how a state was first reached.
type from struct {
	before modelState
	by     string
	depth  int
}

// explore tries everything, nearest states first, and returns the number of states and the shortest way to a violation.
func (d design) explore() (states int, violation string, trace []string) {
	start := modelState{healed: -1, crashes: d.crashes, flushes: d.flushes, dups: d.dups}
	seen := map[modelState]from{start: {}}
	for queue := []modelState{start}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		steps := d.next(s)
		bad := s.wrong()
		if bad == "" && quiet(steps) {
			bad = s.stuck()
		}
		if bad != "" {
			return len(seen), bad, way(seen, s)
		}
		for _, st := range steps {
			st.to = st.to.sorted()
			if _, ok := seen[st.to]; !ok {
				seen[st.to] = from{before: s, by: st.name, depth: seen[s].depth + 1}
				queue = append(queue, st.to)
			}
		}
	}
	return len(seen), "", nil
}

// sorted puts people who are alike in one order: who of them did it makes no difference.
func (s modelState) sorted() modelState {
	slices.SortFunc(s.users[:], func(a, b modelUser) int { return cmp.Compare(a.key(), b.key()) })
	return s
}

func (u modelUser) key() uint32 {
	k := uint32(u.join) | uint32(u.order)<<2 | uint32(u.gate)<<4 | uint32(u.known)<<6 | uint32(u.refund)<<8 | uint32(u.numbers)<<10 | uint32(u.back)<<14
	for i, b := range []bool{u.leaving, u.unmoved, u.readPaid} {
		if b {
			k |= 1 << (20 + i)
		}
	}
	return k
}

// quiet: nothing is left that must happen.
func quiet(steps []step) bool {
	for _, st := range steps {
		if !st.world {
			return false
		}
	}
	return true
}

func way(seen map[modelState]from, s modelState) []string {
	trace := make([]string, seen[s].depth)
	for i := len(trace) - 1; i >= 0; i-- {
		trace[i] = seen[s].by
		s = seen[s].before
	}
	return trace
}

func TestModel(t *testing.T) {
	t.Parallel()
	for _, d := range []design{
		{name: "ours", crashes: 1, flushes: 1, dups: 1},
		{name: "ours, two of each fault", crashes: 2, flushes: 2, dups: 2},
		{name: "no guard, the tally starts anew after a flush", noGuard: true, flushes: 1, violation: "over the cap"},
		{name: "no guard and a healer, no fault at all", noGuard: true, heal: true, violation: "over the cap"},
		{name: "a new refund number for each try", newNumber: true, crashes: 1, violation: "refunded twice"},
		{name: "leaving is not under the lock", leaveUnlocked: true, violation: "formed with too few"},
		{name: "late money is ignored", lateIgnored: true, violation: "money stuck"},
		{name: "the settler reads, then applies", settleReads: true, violation: "money stuck"},
		{name: "refund and order moved apart", refundApart: true, crashes: 1, violation: "refunded twice"},
	} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			states, got, trace := d.explore()
			if got != d.violation {
				t.Fatalf("%d states: %q, want %q\n%s", states, got, d.violation, strings.Join(trace, "\n"))
			}
			t.Logf("%d states, %q after %d steps: %s", states, got, len(trace), strings.Join(trace, " · "))
		})
	}
}
