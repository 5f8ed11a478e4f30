package crash

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// end answers whoever still waits, lets a day pass and waits until nothing is left to do.
func (r *run) end(all *sync.WaitGroup) {
	r.t.Helper()
	heard := make(chan struct{})
	go func() {
		all.Wait()
		close(heard)
	}()
	for round := range 6 {
		for i := range r.apps {
			r.kill(i)
		}
		r.letTimePass(24 * time.Hour)
		r.start(0, "")
		if r.await(20*time.Second, func() bool {
			select {
			case <-heard:
				return r.left() == ""
			default:
				return false
			}
		}) {
			r.t.Logf("quiet after %d rounds", round+1)
			r.hearKept()
			r.must(r.apps[0].Stop())
			return
		}
		r.t.Logf("still to do: %s", r.left())
	}
	r.t.Errorf("it does not come to rest: %s%s", r.left(), r.logs())
	<-heard
}

// clocks are the columns that say when something is due.
var clocks = map[string][]string{
	"deals": {"deadline_at"}, "teams": {"deadline_at", "drain_until"}, "orders": {"pay_due_at"}, "order_dues": {"due_at"},
	"payments": {"expires_at", "check_at"}, "refunds": {"due_at", "lease_until"}, "outbox": {"due", "due_at"}, "inbox": {"due_at"},
	"waiting": {"offered_until"}, "web_messages": {"lease_until"}, "sandbox_trades": {"expires_at"}, "sandbox_refunds": {"due_at"}, "sandbox_calls": {"due_at"},
}

// letTimePass makes everything due earlier, while no program runs that remembers it otherwise.
func (r *run) letTimePass(d time.Duration) {
	r.t.Helper()
	for table, columns := range clocks {
		for _, c := range columns {
			r.exec(fmt.Sprintf("UPDATE %s SET %s = %s - %d WHERE %s > %d", table, c, c, d.Milliseconds(), c, d.Milliseconds()))
		}
	}
}

// work are queries that count what is still to be done.
var work = map[string]string{
	"teams to decide or fan out": "SELECT COUNT(*) FROM teams WHERE state NOT IN ('formed', 'failed', 'cancelled') OR fanned_out = 0",
	"refunds":                    "SELECT COUNT(*) FROM refunds WHERE state <> 'succeeded'",
	"callbacks":                  "SELECT COUNT(*) FROM sandbox_calls WHERE delivered_at = 0",
	"notices":                    "SELECT COUNT(*) FROM outbox WHERE state NOT IN ('sent', 'dropped', 'dead', 'kept')",
	"messages":                   "SELECT COUNT(*) FROM web_messages WHERE author <> '' AND handled_at = 0",
	"acknowledged updates":       "SELECT COUNT(*) FROM inbox WHERE done = 0 AND last_reason <> 'window_closed'",
	"payments":                   "SELECT COUNT(*) FROM payments WHERE state = 'pending'",
	"unpaid orders":              "SELECT COUNT(*) FROM orders WHERE state IN ('placed', 'awaiting_payment')",
}

func (r *run) left() string {
	var out []string
	for what, query := range work {
		if n := r.number(query); n > 0 {
			out = append(out, fmt.Sprintf("%s %d", what, n))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// audit lets the program's own audit look, too.
func (r *run) audit() {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), r.binary, "audit", "--json")
	cmd.Env = r.environ(0, "")
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Errorf("tuanbot audit: %v\n%s", err, tail(string(out), 6000))
	}
}

// report says what was struck how often and what people went through.
func (r *run) report(names []string) {
	var sb strings.Builder
	reached := map[string]int{}
	if content, err := os.ReadFile(r.pointAt); err == nil {
		for line := range strings.Lines(string(content)) {
			name, _, _ := strings.Cut(line, " ")
			reached[name]++
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&sb, "\n  %-24s killed %2d, reached in %2d lives", name, r.struck[name], reached[name])
	}
	for what, n := range r.struck {
		if !slices.Contains(names, what) {
			fmt.Fprintf(&sb, "\n  %-24s %d", what, n)
		}
	}
	answers, commands, resent, paid := map[string]int{}, 0, 0, 0
	var slowest time.Duration
	for _, p := range r.people {
		for _, s := range p.history {
			answers[s.what+": "+s.code]++
		}
		commands += len(p.history)
		resent += p.resent
		paid += len(p.paid)
		slowest = max(slowest, p.slowest)
	}
	fmt.Fprintf(&sb, "\n  commands %d, sent again %d, paid %d, Redis emptied %d times, slowest answer %s", commands, resent, paid, r.floods, slowest.Round(time.Millisecond))
	for _, what := range sortedKeys(answers) {
		fmt.Fprintf(&sb, "\n    %-32s %d", what, answers[what])
	}
	if r.platform != nil {
		fmt.Fprintf(&sb, "\n  by the other channel: %+v; the platform gave up: %v", r.found, r.whys)
	}
	for _, table := range []string{"deals", "teams", "orders", "payments", "refunds", "transfers", "outbox"} {
		fmt.Fprintf(&sb, "\n  %-10s %d", table, r.number("SELECT COUNT(*) FROM "+table))
	}
	r.t.Log(sb.String())
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
