package bench

import (
	"context"
	"fmt"
	"time"

	"tuanbot/domain"
)

const fullTitle = `"Sold out", 256 callers`

// crowd wants what is gone.
type crowd struct{ *stage }

func (d crowd) take(ctx context.Context, j job) (outcome, error) {
	j.refuse, j.repeat = false, false
	a, err := d.w.desk.Join(ctx, d.command(j))
	if err != nil {
		return 0, fmt.Errorf("join: %w", err)
	}
	if a.Refusal == nil || a.Refusal.Code != domain.CodeFull {
		return 0, fmt.Errorf("a sold-out deal answered %q", a.Did)
	}
	return declined, nil
}

// measureFull asks for more of an item that is gone, and counts what each answer costs the database.
func measureFull(ctx context.Context, o *Options, w *world, t *table) error {
	now, err := w.db.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the time: %w", err)
	}
	deal, item, err := w.post(ctx, domain.DealTerms{
		Kind: domain.KindChain, Pay: domain.PayAfterFormed, Threshold: 2, ThresholdUnit: domain.UnitShares, DeadlineAt: now.Add(24 * time.Hour),
	}, 10)
	if err != nil {
		return err
	}
	s := &stage{w: w, deal: deal, item: item, said: now}
	for i := range 5 {
		j := job{key: fmt.Sprintf("fill-%d", i), shopper: domain.AccountID(fmt.Sprintf("fill-%d", i))}
		if _, err := s.join(ctx, j, ""); err != nil {
			return err
		}
	}
	turns, lookups := w.store.turns.Load(), w.store.lookups.Load()
	f, err := load{callers: o.Callers, span: o.RoundTime, clock: o.Clock, name: "crowd"}.run(ctx, crowd{s})
	if err != nil {
		return err
	}
	per := 1000 / max(1, float64(f.answers()))
	t.add(fullTitle, "answers/s", w.engine, "%s", rate(f.answers(), f.span))
	t.add(fullTitle, "p50 / p99", w.engine, "%s / %s", brief(f.quantile(500)), brief(f.quantile(990)))
	t.add(fullTitle, "key look-ups per 1,000 answers", w.engine, "%.2f", float64(w.store.lookups.Load()-lookups)*per)
	t.add(fullTitle, "transactions per 1,000 answers", w.engine, "%.2f", float64(w.store.turns.Load()-turns)*per)
	return nil
}
