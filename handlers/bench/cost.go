package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// cost is what was spent so far: a clock says little on a machine that others use too, this says more.
type cost struct {
	program, database time.Duration // of processor time; zero where the system does not tell
	statements        int64         // of MariaDB
	turns             int64         // transactions of the Desk
}

// spent reads the counters.
func (w *world) spent(ctx context.Context) cost {
	c := cost{program: processorTime("self"), turns: w.store.turns.Load()}
	if w.maria == nil {
		return c
	}
	c.database = processorTime(strconv.Itoa(w.maria.PID()))
	if said, err := w.maria.Query(ctx, "SHOW GLOBAL STATUS LIKE 'Questions'"); err == nil {
		_, number, _ := strings.Cut(said, "\t")
		c.statements, _ = strconv.ParseInt(number, 10, 64) // a figure for information: none is 0
	}
	return c
}

// since is what was spent between two looks.
func (c cost) since(before cost) cost {
	return cost{
		program: c.program - before.program, database: c.database - before.database,
		statements: c.statements - before.statements, turns: c.turns - before.turns,
	}
}

// each is the cost of one of so many joins.
func (c cost) each(joins int) string {
	if joins == 0 {
		return "-"
	}
	n := float64(joins)
	micros := func(d time.Duration) float64 { return float64(d.Microseconds()) / n }
	return fmt.Sprintf("%.0f µs + %.0f µs, %.2f statements, 1/%.0f transaction",
		micros(c.program), micros(c.database), float64(c.statements)/n, n/float64(max(1, c.turns)))
}

// tick is the unit in which Linux tells a process's time.
const tick = 10 * time.Millisecond

// processorTime is what a process has used, as Linux tells it; zero elsewhere.
func processorTime(process string) time.Duration {
	raw, err := os.ReadFile("/proc/" + process + "/stat")
	if err != nil {
		return 0
	}
	_, tail, _ := strings.Cut(string(raw), ") ") // the name may hold blanks
	fields := strings.Fields(tail)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64) // none is 0, as above
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick
}
