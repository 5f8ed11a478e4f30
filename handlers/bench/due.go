package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tuanbot/domain"
)

const (
	dueTitle   = "10,000 teams of 500 deals with 5 paid orders each, half short, due at one instant"
	duePoll    = 20 * time.Millisecond
	duePatient = 3 * time.Minute
)

// progress is how far the teams are.
type progress struct {
	undecided, unmoved int64
}

// measureDue fills a database, starts a worker process, makes all teams due at one instant and watches. In the middle of the
// fan-out the worker is killed and started again; that is part of the time.
func measureDue(ctx context.Context, o *Options, w *world, t *table) (err error) {
	begin := o.Clock()
	if err := fillDue(ctx, o, w); err != nil {
		return err
	}
	o.say("  %d teams with %d orders made in %s", o.Deals*o.Teams, o.Deals*o.Teams*ordersPerTeam, brief(o.Clock().Sub(begin)))
	db, err := w.rivals()
	if err != nil {
		return err
	}
	instant, err := makeDue(ctx, w, db, o.Lead)
	if err != nil {
		return err
	}
	r := race{o: o, w: w, db: db, instant: instant, teams: int64(o.Deals * o.Teams)}
	if r.worker, err = hire(ctx, o, w.at); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.worker.kill()) }()
	if late := o.Clock().Sub(instant); late > 0 {
		return fmt.Errorf("the worker was not ready before the instant, but %s after it", late)
	}
	if err := r.watch(ctx); err != nil {
		return err
	}
	if err := r.verify(ctx); err != nil {
		return err
	}
	r.print(t)
	return nil
}

// makeDue moves every deadline to one instant a little ahead.
func makeDue(ctx context.Context, w *world, db *sql.DB, lead time.Duration) (time.Time, error) {
	now, err := w.db.Now(ctx)
	if err != nil {
		return now, fmt.Errorf("read the time: %w", err)
	}
	instant := now.Add(lead)
	for _, table := range []string{"teams", "deals"} {
		if _, err := db.ExecContext(ctx, "UPDATE "+table+" SET deadline_at = ?", instant.UnixMilli()); err != nil {
			return now, fmt.Errorf("move deadlines of %s: %w", table, err)
		}
	}
	return instant, nil
}

// race is one run of the workers against the clock.
type race struct {
	o       *Options
	w       *world
	db      *sql.DB
	worker  *hired
	instant time.Time
	teams   int64

	decided, moved time.Duration
	killed         time.Duration // when, after the instant
	away           time.Duration // how long until the new worker was ready
}

func (r *race) watch(ctx context.Context) error {
	tick := time.NewTicker(duePoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("watch: %w", ctx.Err())
		case <-tick.C:
		}
		p, err := r.look(ctx)
		if err != nil {
			return err
		}
		since := r.o.Clock().Sub(r.instant)
		if p.undecided == 0 && r.decided == 0 {
			r.decided = since
		}
		if p.unmoved == 0 {
			r.moved = since
			return nil
		}
		if since > duePatient {
			return fmt.Errorf("after %s %d teams are undecided and %d not fanned out", since, p.undecided, p.unmoved)
		}
		if r.killed == 0 && p.unmoved <= r.teams/2 {
			if err := r.replace(ctx); err != nil {
				return err
			}
		}
	}
}

func (r *race) look(ctx context.Context) (p progress, err error) {
	_, read := r.w.db.Pools()
	err = read.QueryRowContext(ctx, "SELECT (SELECT COUNT(*) FROM teams WHERE state IN ('forming', 'deciding')), "+
		"(SELECT COUNT(*) FROM teams WHERE fanned_out = 0 AND state IN ('forming', 'deciding', 'formed', 'failing'))").Scan(&p.undecided, &p.unmoved)
	if err != nil {
		return p, fmt.Errorf("look at the teams: %w", err)
	}
	return p, nil
}

// replace kills the worker as a power cut would and starts another one.
func (r *race) replace(ctx context.Context) error {
	r.killed = r.o.Clock().Sub(r.instant)
	if err := r.worker.kill(); err != nil {
		return err
	}
	k, err := hire(ctx, r.o, r.w.at)
	if err != nil {
		return err
	}
	*r.worker = *k
	r.away = r.o.Clock().Sub(r.instant) - r.killed
	return nil
}

// verify counts what must be there: every order moved once, a refund for every order of a failed team, a notice for everybody.
func (r *race) verify(ctx context.Context) error {
	half := int64(r.o.Deals/2) * int64(r.o.Teams)
	formed, failed := (r.teams-half)*ordersPerTeam, half*ordersPerTeam
	var errs []error
	for _, c := range []struct {
		what  string
		want  int64
		query string
	}{
		{"formed teams", r.teams - half, "SELECT COUNT(*) FROM teams WHERE state = 'formed'"},
		{"confirmed orders", formed, "SELECT COUNT(*) FROM orders WHERE state = 'confirmed'"},
		{"failed orders", failed, "SELECT COUNT(*) FROM orders WHERE state = 'failed'"},
		{"refunds", failed, "SELECT COUNT(*) FROM refunds"},
		{"fen on their way back", failed * quantity * 2990, "SELECT COALESCE(SUM(amount_fen), 0) FROM refunds"},
		{"notices of success", formed, "SELECT COUNT(*) FROM outbox WHERE kind = 'formed'"},
		{"notices of failure", failed, "SELECT COUNT(*) FROM outbox WHERE kind = 'failed'"},
	} {
		var n int64
		if err := r.db.QueryRowContext(ctx, c.query).Scan(&n); err != nil {
			errs = append(errs, fmt.Errorf("count %s: %w", c.what, err))
		} else if n != c.want {
			errs = append(errs, fmt.Errorf("%d %s instead of %d", n, c.what, c.want))
		}
	}
	return errors.Join(errs...)
}

func (r *race) print(t *table) {
	add := func(name, format string, args ...any) { t.add(dueTitle, name, r.w.engine, format, args...) }
	add("teams / orders", "%s / %s", thousands(r.teams), thousands(r.teams*ordersPerTeam))
	add("all decided after (<= 2 s)", "%s", brief(r.decided))
	add("SIGKILL after; next worker ready in", "%s; %s", brief(r.killed), brief(r.away))
	add("all orders moved, all notices and refunds queued after (<= 20 s)", "%s", brief(r.moved))
}

// dueTerms are of the deals that the due part posts: paid at joining, so that a failure has money to return.
func dueTerms(short bool, deadline time.Time) domain.DealTerms {
	terms := domain.DealTerms{
		Kind: domain.KindTeam, Pay: domain.PayAtJoin, Threshold: ordersPerTeam - 1, ThresholdUnit: domain.UnitPeople, Cap: 2 * ordersPerTeam, CapUnit: domain.UnitPeople,
		DeadlineAt: deadline,
	}
	if short {
		terms.Threshold = ordersPerTeam + 1
	}
	return terms
}
