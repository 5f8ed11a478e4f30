package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/jobs"
)

const (
	ordersPerTeam = 5
	fillAtOnce    = 8
)

// fillDue lets the Desk itself open the teams, take the joins and the payments, with a clock two hours behind so that all is
// long settled when the instant comes. Everything of one deal is asked for at once, so that it commits together.
func fillDue(ctx context.Context, o *Options, w *world) (err error) {
	past, err := openWorld(ctx, o, w.engine, w.at, func() time.Time { return o.Clock().Add(-2 * time.Hour) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, past.close()) }()
	past.town, past.chat = w.town, w.chat
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(fillAtOnce)
	for i := range o.Deals {
		g.Go(func() error {
			if err := past.fillDeal(ctx, o.Teams, i%2 == 1); err != nil {
				return fmt.Errorf("deal %d: %w", i, err)
			}
			return nil
		})
	}
	return g.Wait() //nolint:wrapcheck // each deal's error says it
}

// fillDeal posts a deal, opens its teams, fills each, and pays for every order.
func (w *world) fillDeal(ctx context.Context, teams int, short bool) error {
	now, err := w.db.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the time: %w", err)
	}
	deal, item, err := w.post(ctx, dueTerms(short, now.Add(time.Hour)), domain.MaxStock)
	if err != nil {
		return err
	}
	s := &stage{w: w, deal: deal, item: item, said: now}
	opened := make([]domain.TeamID, teams)
	err = together(teams, func(i int) error {
		a, err := s.seat(ctx, i, 0, "")
		opened[i] = a.Team
		return err
	})
	if err != nil {
		return err
	}
	err = together(teams*(ordersPerTeam-1), func(i int) error {
		_, err := s.seat(ctx, i%teams, 1+i/teams, opened[i%teams])
		return err
	})
	if err != nil {
		return err
	}
	return together(teams*ordersPerTeam, func(i int) error { return s.pay(ctx, seatOf(i%teams, i/teams)) })
}

func seatOf(team, seat int) string { return fmt.Sprintf("t%d-s%d", team, seat) }

// seat joins a team, or opens one.
func (s *stage) seat(ctx context.Context, team, seat int, id domain.TeamID) (domain.Answer, error) {
	name := seatOf(team, seat) + "-" + string(s.deal)
	c := s.command(job{key: "join-" + name, shopper: domain.AccountID(name)})
	c.Team, c.Open = id, id == ""
	a, err := s.w.desk.Join(ctx, c)
	if err != nil || a.Did != domain.DidJoin {
		return a, fmt.Errorf("join of %s: %w", name, errOr(err, a))
	}
	return a, nil
}

func (s *stage) pay(ctx context.Context, seat string) error {
	name := seat + "-" + string(s.deal)
	who := domain.AccountID(name)
	a, _, err := s.w.desk.StartPayment(ctx, domain.StartPaymentCommand{
		Ask: domain.Asked{Key: s.w.key("pay-" + name), Hash: "pay", By: who, Chat: s.w.chat}, Deal: s.deal, Who: who,
	})
	if err != nil || a.Did != domain.DidStartPayment {
		return fmt.Errorf("start payment of %s: %w", name, errOr(err, a))
	}
	a, err = s.w.desk.PaymentTold(ctx, gatewayName, domain.GatewayPayment{
		Number: a.Number, State: domain.PaymentPaid, Transaction: "tx-" + handlers.Mint{}.ID(), Amount: a.Owed, PaidAt: s.said,
	})
	if err != nil || a.Did != domain.DidPay {
		return fmt.Errorf("payment of %s: %w", name, errOr(err, a))
	}
	return nil
}

// together does n things side by side and returns the first error.
func together(n int, do func(i int) error) error {
	var g errgroup.Group
	for i := range n {
		g.Go(func() error { return do(i) })
	}
	return g.Wait() //nolint:wrapcheck // do says what it was doing
}

// clockwork are the workers that carry decisions out. Those that talk to a gateway stay at home.
func clockwork(c jobs.Config) []*jobs.Worker {
	var some []*jobs.Worker
	for _, w := range jobs.All(c) {
		if w.Name() != "refunds" && w.Name() != "payments" {
			some = append(some, w)
		}
	}
	return some
}
