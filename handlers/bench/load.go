package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tuanbot/domain"
)

// job is one command of a caller.
type job struct {
	n       int64  // number of the command in this load
	key     string // message key
	shopper domain.AccountID
	repeat  bool // the same message came again
	refuse  bool // asks for something that is refused
}

// outcome is what became of a job.
type outcome int

const (
	admitted outcome = iota + 1
	repeated
	declined
)

// contender takes jobs; callers call it side by side.
type contender interface {
	take(ctx context.Context, j job) (outcome, error)
}

// load is callers that each send a command, wait for the answer and send the next, until the time is over. Of a hundred
// commands of a caller five repeat its last message and two ask for what is refused.
type load struct {
	callers int
	span    time.Duration
	clock   func() time.Time
	name    string // makes keys and shoppers of this load its own
}

// figures are what a load measured.
type figures struct {
	span     time.Duration
	admitted int
	repeated int
	declined int
	waits    []time.Duration // of every answer, sorted
	cost     cost            // where it was measured
}

func (f figures) answers() int { return f.admitted + f.repeated + f.declined }

// perSecond is how many joins were admitted in a second.
func (f figures) perSecond() float64 {
	if f.span <= 0 {
		return 0
	}
	return float64(f.admitted) / f.span.Seconds()
}

// quantile is the wait that so many of a thousand answers did not pass.
func (f figures) quantile(permille int) time.Duration {
	if len(f.waits) == 0 {
		return 0
	}
	return f.waits[min(len(f.waits)-1, len(f.waits)*permille/1000)]
}

func (l load) run(ctx context.Context, c contender) (figures, error) {
	parts, errs := make([]figures, l.callers), make([]error, l.callers)
	var next atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	start := l.clock()
	for i := range l.callers {
		wg.Go(func() {
			parts[i], errs[i] = l.call(ctx, c, i, &next, &stop, start.Add(l.span))
			if errs[i] != nil {
				stop.Store(true)
			}
		})
	}
	wg.Wait()
	sum := figures{span: l.clock().Sub(start)}
	for _, p := range parts {
		sum.admitted, sum.repeated, sum.declined = sum.admitted+p.admitted, sum.repeated+p.repeated, sum.declined+p.declined
		sum.waits = append(sum.waits, p.waits...)
	}
	slices.Sort(sum.waits)
	return sum, errors.Join(errs...)
}

// call is one caller.
func (l load) call(ctx context.Context, c contender, me int, next *atomic.Int64, stop *atomic.Bool, until time.Time) (figures, error) {
	var f figures
	var last job
	for i := me; !stop.Load() && ctx.Err() == nil; i++ {
		begin := l.clock()
		if !begin.Before(until) {
			break
		}
		j := l.job(next, i, last)
		done, err := c.take(ctx, j)
		if err != nil {
			return f, fmt.Errorf("command %s: %w", j.key, err)
		}
		f.waits = append(f.waits, l.clock().Sub(begin))
		switch done {
		case admitted:
			f.admitted++
			last = j
		case repeated:
			f.repeated++
		case declined:
			f.declined++
		}
	}
	return f, nil
}

func (l load) job(next *atomic.Int64, turn int, last job) job {
	slot := turn % 100
	if slot%20 == 7 && last.key != "" {
		last.repeat = true
		return last
	}
	n := next.Add(1)
	return job{
		n: n, key: fmt.Sprintf("%s-%d", l.name, n), shopper: domain.AccountID(fmt.Sprintf("%s-p%d", l.name, n)), refuse: slot == 33 || slot == 83,
	}
}

// counting is a store that counts what is asked of it.
type counting struct {
	domain.Store
	turns   atomic.Int64
	lookups atomic.Int64
}

// InTx counts and passes on.
func (c *counting) InTx(ctx context.Context, f func(domain.Tx) error) error {
	c.turns.Add(1)
	return c.Store.InTx(ctx, f) //nolint:wrapcheck // a counter adds nothing to an error
}

// EventsByKeys counts and passes on.
func (c *counting) EventsByKeys(ctx context.Context, keys []domain.EventKey) (map[domain.EventKey]domain.Event, error) {
	c.lookups.Add(1)
	return c.Store.EventsByKeys(ctx, keys) //nolint:wrapcheck // a counter adds nothing to an error
}
