package bench

import (
	"context"
	"fmt"
	"time"

	"tuanbot/domain"
)

const (
	manyTeams  = 64
	teamsTitle = "64 teams of one deal, 256 callers"
)

// teamed joins one of many teams of a deal, each in its turn.
type teamed struct {
	*stage
	teams []domain.TeamID
}

func (d teamed) take(ctx context.Context, j job) (outcome, error) {
	return d.join(ctx, j, d.teams[j.n%int64(len(d.teams))])
}

// measureTeams shows that teams of one deal commit together: they share the deal's stock and its row.
func measureTeams(ctx context.Context, o *Options, w *world, t *table) error {
	s, err := teamStage(ctx, w)
	if err != nil {
		return err
	}
	d := teamed{stage: s}
	for i := range manyTeams {
		c := s.command(job{key: fmt.Sprintf("open-%d", i), shopper: domain.AccountID(fmt.Sprintf("head-%d", i))})
		c.Open = true
		a, err := w.desk.Join(ctx, c)
		if err != nil || a.Did != domain.DidJoin {
			return fmt.Errorf("open team %d: %w", i, errOr(err, a))
		}
		d.teams = append(d.teams, a.Team)
	}
	f, err := load{callers: o.Callers, span: o.RoundTime, clock: o.Clock, name: "teams"}.run(ctx, d)
	if err != nil {
		return err
	}
	t.add(teamsTitle, "Desk, durable joins/s", w.engine, "%s", rate(f.admitted, f.span))
	t.add(teamsTitle, "Desk p50 / p99 ", w.engine, "%s / %s", brief(f.quantile(500)), brief(f.quantile(990)))
	return nil
}

func teamStage(ctx context.Context, w *world) (*stage, error) {
	now, err := w.db.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the time: %w", err)
	}
	deal, item, err := w.post(ctx, domain.DealTerms{
		Kind: domain.KindTeam, Pay: domain.PayAfterFormed, Threshold: 100_000, ThresholdUnit: domain.UnitPeople, LimitPerson: 5,
		DeadlineAt: now.Add(24 * time.Hour),
	}, domain.MaxStock)
	return &stage{w: w, deal: deal, item: item, said: now}, err
}

// errOr is what went wrong: the error, or else an answer that should have been another.
func errOr(err error, a domain.Answer) error {
	if err != nil {
		return err
	}
	if a.Refusal != nil {
		return a.Refusal
	}
	return fmt.Errorf("answered %q", a.Did)
}
