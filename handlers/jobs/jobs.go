// Package jobs starts use cases by the clock: deadlines, fan-out, unpaid orders, offers, arrivals, summaries, refunds,
// silent payments, recounting and pruning. It finds what is due in SQL and calls the Desk; it has no rules of its own.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tuanbot/domain"
	"tuanbot/handlers"
)

// How much a worker takes at once.
const (
	dealsAtOnce  = 500
	ordersAtOnce = 500
	moneyAtOnce  = 100
	sideBySide   = 8
	longestPause = 5 * time.Second // short, because one sick deal must not make the others late
)

// Worker repeats one piece of work. Tests and the operator call Once; Run only adds waiting.
type Worker struct {
	name  string
	every time.Duration
	topic string // woken early by this
	waker domain.Waker
	log   *slog.Logger
	once  func(ctx context.Context) (int, error)
	good  func(name string)
}

// Name says which worker it is, for logs and metrics.
func (w *Worker) Name() string { return w.name }

// Once does what is due now and says how much that was.
func (w *Worker) Once(ctx context.Context) (int, error) {
	n, err := w.once(ctx)
	if err != nil {
		return n, fmt.Errorf("%s: %w", w.name, err)
	}
	if w.good != nil {
		w.good(w.name)
	}
	return n, nil
}

// Run works until the context ends. Errors are logged and tried again, later each time; nothing is skipped, because what
// is due stays due in SQL.
func (w *Worker) Run(ctx context.Context) error {
	signals, stop := w.waker.Subscribe(ctx, w.topic)
	defer stop()
	pause := w.every
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-signals:
		case <-timer.C:
		}
		n, err := w.Once(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			w.log.WarnContext(ctx, "worker", "worker", w.name, "err", err)
			pause = min(2*pause, longestPause)
		case n > 0:
			pause = 0
		default:
			pause = w.every
		}
		timer.Reset(pause)
		if err != nil && pause == 0 {
			pause = w.every
		}
	}
}

// Config is what the workers are made of.
type Config struct {
	Desk   *handlers.Desk
	Tally  domain.Tally
	Waker  domain.Waker
	Pruner domain.Pruner
	Owner  string // names this process in leases
	Keep   time.Duration
	Log    *slog.Logger
	Good   func(worker string) // called after each good run; may be nil
}

// All makes every worker.
func All(c Config) []*Worker {
	d := c.Desk
	make1 := func(name string, every time.Duration, topic string, once func(context.Context) (int, error)) *Worker {
		return &Worker{name: name, every: every, topic: topic, waker: c.Waker, log: c.Log, once: once, good: c.Good}
	}
	perDeal := func(find func(context.Context, int) ([]domain.DealID, error), do func(context.Context, domain.DealID) (int64, error)) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) { return forDeals(ctx, find, do) }
	}
	var order precedence
	return []*Worker{
		make1("deadline", time.Second, TopicDeadline, order.decisions(d.DueDeals, d.DecideDeals, c.Waker)),
		make1("fan_out", time.Second, handlers.TopicMoney, perDeal(d.FanOutDeals, pages(order.afterwards(d.FanOut)))),
		make1("unpaid", 5*time.Second, TopicDeadline, perDeal(d.UnpaidDeals, pages(d.CloseUnpaid))),
		make1("offers", 5*time.Second, TopicDeadline, perDeal(d.OfferedDeals, d.ExpireOffers)),
		make1("arrivals", time.Second, handlers.TopicOutbox, perDeal(d.ArrivalDeals, pages(d.TellArrived))),
		make1("summaries", 2*time.Second, handlers.TopicMoney, perDeal(d.SummaryDeals, d.SummaryDue)),
		make1("refunds", time.Second, handlers.TopicMoney, func(ctx context.Context) (int, error) { return d.SendRefunds(ctx, c.Owner, moneyAtOnce) }),
		make1("payments", 5*time.Second, handlers.TopicMoney, func(ctx context.Context) (int, error) { return d.CheckPayments(ctx, moneyAtOnce) }),
		make1("recount", time.Minute, TopicRecount, (&recount{c: c}).once),
		make1("prune", time.Hour, TopicRecount, (&prune{c: c}).once),
	}
}

// The topics that wake workers besides the Desk's.
const (
	TopicDeadline = "deadline"
	TopicRecount  = "recount"
)

// pages repeats a paged use case until a page is not full.
func pages(do func(context.Context, domain.DealID, int) (int64, error)) func(context.Context, domain.DealID) (int64, error) {
	return func(ctx context.Context, deal domain.DealID) (int64, error) {
		var total int64
		for {
			n, err := do(ctx, deal, ordersAtOnce)
			total += n
			if err != nil || n < ordersAtOnce {
				return total, err
			}
		}
	}
}

// precedence lets decisions go first: while some are due, no page of their consequences is begun. What a team comes to is
// known early and told in its turn.
type precedence struct{ mu sync.RWMutex }

// decisions decides what is due, some deals in a transaction and some transactions side by side, and wakes those who carry
// it out.
func (p *precedence) decisions(find func(context.Context, int) ([]domain.DealID, error), do func(context.Context, []domain.DealID) (int64, error), waker domain.Waker) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		deals, err := find(ctx, dealsAtOnce)
		if err != nil || len(deals) == 0 {
			return 0, err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		slices.Sort(deals)
		rounds := slices.Collect(slices.Chunk(deals, handlers.DecideTogether))
		n, err := sideways(rounds, func(some []domain.DealID) (int64, error) { return do(ctx, some) })
		if n > 0 {
			waker.Wake(ctx, handlers.TopicMoney)
		}
		return n, err
	}
}

// afterwards begins a page only when no decision is due.
func (p *precedence) afterwards(do func(context.Context, domain.DealID, int) (int64, error)) func(context.Context, domain.DealID, int) (int64, error) {
	return func(ctx context.Context, deal domain.DealID, limit int) (int64, error) {
		p.mu.RLock()
		defer p.mu.RUnlock()
		return do(ctx, deal, limit)
	}
}

// forDeals does the work of each due deal, several side by side. A deal that fails does not stop the others.
func forDeals(ctx context.Context, find func(context.Context, int) ([]domain.DealID, error), do func(context.Context, domain.DealID) (int64, error)) (int, error) {
	deals, err := find(ctx, dealsAtOnce)
	if err != nil {
		return 0, err
	}
	return sideways(deals, func(deal domain.DealID) (int64, error) { return do(ctx, deal) })
}

// sideways does pieces of work, several side by side, and sums up how much was done.
func sideways[T any](work []T, do func(T) (int64, error)) (int, error) {
	counts, errs := make([]int64, len(work)), make([]error, len(work))
	var g errgroup.Group
	g.SetLimit(sideBySide)
	for i, piece := range work {
		g.Go(func() error {
			counts[i], errs[i] = do(piece)
			return nil // collected below: one piece's failure is its own
		})
	}
	_ = g.Wait() // never an error, see above
	var n int
	for _, c := range counts {
		n += int(c)
	}
	return n, errors.Join(errs...)
}

// recount publishes every active deal's tally and deadlines from SQL, a page at a time, so that whatever Redis forgot is
// back soon.
type recount struct{ c Config }

func (r *recount) once(ctx context.Context) (int, error) {
	n, err := r.tallies(ctx)
	if err != nil {
		return n, err
	}
	return 0, r.deadlines(ctx) // nothing "more" to do: the next round is on time
}

func (r *recount) tallies(ctx context.Context) (int, error) {
	n := 0
	for after := domain.DealID(""); ; {
		deals, err := r.c.Desk.ActiveDeals(ctx, after, dealsAtOnce)
		if err != nil {
			return n, err
		}
		for _, id := range deals {
			r.c.Desk.PublishTally(ctx, id)
			after = id
			n++
		}
		if len(deals) < dealsAtOnce {
			return n, nil
		}
	}
}

func (r *recount) deadlines(ctx context.Context) error {
	for after := domain.TeamID(""); ; {
		ds, err := r.c.Desk.OpenTeamDeadlines(ctx, after, dealsAtOnce)
		if err != nil {
			return err
		}
		if len(ds) > 0 {
			after = ds[len(ds)-1].Team
			if err := r.c.Tally.Schedule(ctx, ds); err != nil {
				return fmt.Errorf("index deadlines: %w", err)
			}
		}
		if len(ds) < dealsAtOnce {
			return nil
		}
	}
}

// prune removes what only time has made useless: settled announcements, old answers to message keys, ended dialogues.
type prune struct{ c Config }

func (p *prune) once(ctx context.Context) (int, error) {
	now, err := p.c.Desk.Now(ctx)
	if err != nil {
		return 0, err
	}
	n, err := p.c.Pruner.Prune(ctx, now.Add(-p.c.Keep), 10_000)
	return int(n), err
}

// Alarm rings the deadline worker when the index in Redis says that something is due. It only wakes: SQL decides.
type Alarm struct{ c Config }

// NewAlarm makes the alarm.
func NewAlarm(c Config) *Alarm { return &Alarm{c: c} }

// Run looks at the index four times a second; without Redis the deadline worker's own second is all there is.
func (a *Alarm) Run(ctx context.Context) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			a.look(ctx, now)
		}
	}
}

func (a *Alarm) look(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	due, err := a.c.Tally.Due(ctx, now.UTC(), dealsAtOnce)
	if err != nil || len(due) == 0 {
		return
	}
	a.c.Waker.Wake(ctx, TopicDeadline)
}
