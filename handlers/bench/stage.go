package bench

import (
	"context"
	"fmt"
	"time"

	"tuanbot/domain"
)

// stage is one open deal that contenders join: its deal, team and item, and how a join of it is asked for.
type stage struct {
	w    *world
	deal domain.DealID
	team domain.TeamID // of a chain
	item domain.ItemID
	said time.Time
}

// hotStage opens a chain that nobody can fill, with a stock and a limit per person, so that every guard has to look.
func hotStage(ctx context.Context, w *world) (*stage, error) {
	now, err := w.db.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the time: %w", err)
	}
	deal, item, err := w.post(ctx, domain.DealTerms{
		Kind: domain.KindChain, Pay: domain.PayAfterFormed, Threshold: 20, ThresholdUnit: domain.UnitShares, LimitPerson: 5,
		DeadlineAt: now.Add(24 * time.Hour),
	}, domain.MaxStock)
	if err != nil {
		return nil, err
	}
	sheet, err := w.desk.Deal(ctx, deal)
	if err != nil {
		return nil, fmt.Errorf("read deal %s: %w", deal, err)
	}
	return &stage{w: w, deal: deal, team: sheet.Teams[0].ID, item: item, said: now}, nil
}

// quantity of every join; what is refused asks for none.
const quantity = 2

func (s *stage) command(j job) domain.JoinCommand {
	c := domain.JoinCommand{
		Ask: domain.Asked{
			Key: s.w.key(j.key), Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", By: j.shopper, Lang: domain.Chinese, Chat: s.w.chat,
			At: s.said, Source: "+2",
		},
		Deal: s.deal, Wants: []domain.Want{{Item: s.item, Qty: quantity}}, Shopper: j.shopper, Via: domain.ViaText, Leader: leader,
	}
	if j.refuse {
		c.Wants[0].Qty = 0
	}
	return c
}

// desked is the product: the join passes the Desk.
type desked struct{ *stage }

func (d desked) take(ctx context.Context, j job) (outcome, error) { return d.join(ctx, j, "") }

func (s *stage) join(ctx context.Context, j job, team domain.TeamID) (outcome, error) {
	c := s.command(j)
	c.Team = team
	a, err := s.w.desk.Join(ctx, c)
	switch {
	case err != nil:
		return 0, fmt.Errorf("join: %w", err)
	case j.refuse && a.Refusal != nil:
		return declined, nil //nolint:nilerr // the error has become the answer
	case a.Did != domain.DidJoin:
		return 0, fmt.Errorf("join of %s was answered %q, refusal %w", j.shopper, a.Did, refusalOf(a))
	case j.repeat:
		return repeated, nil
	}
	return admitted, nil
}

func refusalOf(a domain.Answer) error {
	if a.Refusal == nil {
		return nil
	}
	return a.Refusal
}
