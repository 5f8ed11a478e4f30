package storage

import (
	"context"
	"fmt"

	"tuanbot/domain"
)

// Summary is one version of a summary.
func (d *DB) Summary(ctx context.Context, id domain.SummaryID) (domain.SummaryRecord, error) {
	recs, err := summaries(d.reader(ctx).Where("id = ?", id))
	return only("summary", recs, failed("summary", err))
}

// SummaryByToken finds a summary by the token of its sheet.
func (d *DB) SummaryByToken(ctx context.Context, token string) (domain.SummaryRecord, error) {
	recs, err := summaries(d.reader(ctx).Where("token = ?", token))
	return only("summary by token", recs, failed("summary by token", err))
}

// SummariesOf lists the summaries of a deal, oldest first.
func (d *DB) SummariesOf(ctx context.Context, deal domain.DealID) ([]domain.SummaryRecord, error) {
	recs, err := summaries(d.reader(ctx).Where("deal = ?", deal).Order("number"))
	return recs, failed("summaries of deal", err)
}

// ArrivalsOf lists what has arrived for a deal.
func (d *DB) ArrivalsOf(ctx context.Context, deal domain.DealID) ([]domain.Arrival, error) {
	rows, err := all[arrivalRow](d.reader(ctx).Where("deal = ?", deal).Order("at, point"))
	return convert(rows, arrivalFromRow), failed("arrivals", err)
}

// dealIDs runs a query that gives deal ids. {now} in it is the database's time, for each place it stands in.
func (d *DB) dealIDs(ctx context.Context, what string, limit int, query string, nows int, args ...any) ([]domain.DealID, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, failed(what, err)
	}
	var all []any
	for range nows {
		all = append(all, ms(now))
	}
	all = append(all, args...)
	if limit <= 0 {
		limit = manyRows
	}
	var ids []domain.DealID
	if err := d.reader(ctx).Raw(query+" LIMIT ?", append(all, limit)...).Scan(&ids).Error; err != nil {
		return nil, failed(what, translate(err))
	}
	return ids, nil
}

// DueDeals finds deals whose clock has run out: a team's deadline or drain, their opening, their own deadline. No window
// into the past: whatever is due is found, however old.
func (d *DB) DueDeals(ctx context.Context, limit int) ([]domain.DealID, error) {
	return d.dealIDs(ctx, "due deals", limit, `
		SELECT deal FROM (
			SELECT deal, deadline_at AS due FROM teams WHERE state = 'forming' AND deadline_at <= ?
			UNION ALL SELECT deal, drain_until FROM teams WHERE state = 'deciding' AND drain_until <= ?
			UNION ALL SELECT id, opens_at FROM deals WHERE state = 'scheduled' AND opens_at <= ?
			UNION ALL SELECT id, deadline_at FROM deals WHERE state = 'open' AND deadline_at <= ?
		) AS w GROUP BY deal ORDER BY MIN(due)`, 4)
}

// FanOutDeals finds deals with decided teams whose orders are not all moved.
func (d *DB) FanOutDeals(ctx context.Context, limit int) ([]domain.DealID, error) {
	return d.dealIDs(ctx, "deals to fan out", limit,
		`SELECT deal FROM teams WHERE state IN ? AND fanned_out = ? GROUP BY deal ORDER BY MIN(decided_at)`, 0, decidedStates, false)
}

// UnpaidDeals finds deals with orders past their payment window and drain.
func (d *DB) UnpaidDeals(ctx context.Context, limit int) ([]domain.DealID, error) {
	return d.dealIDs(ctx, "deals with unpaid orders", limit,
		`SELECT deal FROM orders WHERE pay_due_at <= ? - ? AND pay_due_at > 0 AND state IN ? AND paid_fen = 0 GROUP BY deal ORDER BY MIN(pay_due_at)`,
		1, domain.PayDrain.Milliseconds(), unpaidStates)
}

// OfferedDeals finds deals with offers to the waiting list that ran out.
func (d *DB) OfferedDeals(ctx context.Context, limit int) ([]domain.DealID, error) {
	return d.dealIDs(ctx, "deals with old offers", limit,
		`SELECT deal FROM waiting WHERE state = 'offered' AND offered_until <= ? GROUP BY deal ORDER BY MIN(offered_until)`, 1)
}

// ArrivalDeals finds deals with arrivals that not everybody was told of.
func (d *DB) ArrivalDeals(ctx context.Context, limit int) ([]domain.DealID, error) {
	return d.dealIDs(ctx, "deals with arrivals", limit, `SELECT deal FROM arrivals WHERE done = ? GROUP BY deal ORDER BY MIN(at)`, 0, false)
}

// SummaryDeals finds deals whose first summary should go out: every team is decided and moved, and nobody can still pay.
func (d *DB) SummaryDeals(ctx context.Context, limit int) ([]domain.DealID, error) {
	return d.dealIDs(ctx, "deals to sum up", limit, `
		SELECT d.id FROM deals d WHERE d.state IN ('formed', 'fulfilling') AND d.summaries = 0
			AND NOT EXISTS (SELECT 1 FROM teams t WHERE t.deal = d.id
				AND (t.state IN ('forming', 'deciding') OR (t.state = 'formed' AND t.fanned_out = ?)))
			AND NOT EXISTS (SELECT 1 FROM teams t JOIN orders o ON o.team = t.id WHERE t.deal = d.id
				AND (o.state = 'awaiting_payment' OR (o.state = 'placed' AND t.state = 'formed')))
		ORDER BY d.deadline_at, d.id`, 0, false)
}

// ActiveDeals walks the deals that are not decided, by id.
func (d *DB) ActiveDeals(ctx context.Context, after domain.DealID, limit int) ([]domain.DealID, error) {
	return d.dealIDs(ctx, "active deals", limit,
		`SELECT id FROM deals WHERE state IN ('scheduled', 'open', 'locked') AND id > ? ORDER BY id`, 0, after)
}

// OpenTeamDeadlines walks the teams that are not decided, by id, with the time each is due.
func (d *DB) OpenTeamDeadlines(ctx context.Context, after domain.TeamID, limit int) ([]domain.TeamDeadline, error) {
	rows, err := all[teamRow](limited(d.reader(ctx).Select("id", "deal", "state", "deadline_at", "drain_until").
		Where("state IN ? AND id > ?", []domain.TeamState{domain.TeamForming, domain.TeamDeciding}, after).Order("id"), limit))
	return convert(rows, func(w teamRow) domain.TeamDeadline {
		due := w.DeadlineAt
		if w.State == domain.TeamDeciding {
			due = w.DrainUntil
		}
		return domain.TeamDeadline{Deal: w.Deal, Team: w.ID, At: at(due)}
	}), failed("team deadlines", err)
}

type metaRow struct {
	Name string
	Val  string
}

// TableName names the table.
func (metaRow) TableName() string { return "meta" }

const epochName = "epoch"

// Epoch changes when the database was restored from a backup; every key in Redis carries it.
func (d *DB) Epoch(ctx context.Context) (string, error) {
	row, err := first[metaRow](d.reader(ctx).Where("name = ?", epochName))
	if err != nil {
		return "", fmt.Errorf("epoch: %w", failed("meta", err))
	}
	return row.Val, nil
}
