package storage_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/storage/storagetest/engines"
)

// counting makes ids that sort by their age.
type counting struct {
	prefix string
	n      atomic.Int64
}

func (c *counting) ID() string        { return fmt.Sprintf("%s%09d", c.prefix, c.n.Add(1)) }
func (c *counting) Token() string     { return fmt.Sprintf("%stoken%020d", c.prefix, c.n.Add(1)) }
func (c *counting) Code(n int) string { return fmt.Sprintf("%0*d", n, c.n.Add(1)) }
func (c *counting) Number() string    { return fmt.Sprintf("%sN%d", c.prefix, c.n.Add(1)) }

// post opens a chain in one chat.
func post(tb testing.TB, p engines.Pair, mint domain.Mint, change func(c *domain.PostCommand)) domain.NewDeal {
	tb.Helper()
	now := p.Clock.Now()
	c := domain.PostCommand{
		Ask:       domain.Asked{By: "leader", Chat: "chat", Lang: domain.Chinese},
		Community: domain.Community{ID: "com", Currency: "CNY"},
		Terms: domain.DealTerms{
			Kind: domain.KindChain, Title: "阳光玫瑰", Pay: domain.PayAfterFormed, ThresholdUnit: domain.UnitShares, Threshold: 1,
			OpensAt: now, DeadlineAt: now.Add(24 * 3600e9), Fulfilment: domain.FulfilPickup,
		},
		Items: []domain.NewItem{{Name: "阳光玫瑰", Spec: "2 斤", Group: money.Yuan(2990), Stock: 1_000_000}, {Name: "葡萄", Group: money.Yuan(990)}},
		Chats: []domain.ChatID{"chat"},
	}
	if change != nil {
		change(&c)
	}
	nd, err := domain.Post(c, mint, now)
	if err != nil {
		tb.Fatal(err)
	}
	ctx := tb.Context()
	if err := p.DB.InTx(ctx, func(tx domain.Tx) error { return tx.InsertDeal(ctx, nd) }); err != nil {
		tb.Fatal(err)
	}
	return nd
}

// turnstile carries turns like the real one, without its queue.
type turnstile struct {
	p     engines.Pair
	deal  domain.DealID
	mint  domain.Mint
	image *domain.Image
}

func (s *turnstile) carry(ctx context.Context, turns ...domain.Turn) ([]domain.Answer, error) {
	var answers []domain.Answer
	var book *domain.Book
	err := s.p.DB.InTx(ctx, func(tx domain.Tx) error {
		answers = nil
		image, err := tx.LockDeal(ctx, s.deal, s.image)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		var n domain.Needs
		var keys []domain.EventKey
		for _, turn := range turns {
			n.Merge(turn.Needs())
			keys = append(keys, turn.Asked().Key)
		}
		stored, err := tx.Answers(ctx, keys)
		if err != nil {
			return err
		}
		book = domain.NewBook(image, now, s.mint)
		if err := tx.Load(ctx, book, n); err != nil {
			return err
		}
		for _, turn := range turns {
			if e, ok := stored[turn.Asked().Key]; ok {
				answers = append(answers, e.Answer)
				continue
			}
			a, err := turn.Apply(book)
			if r := domain.AsRefusal(err); r != nil {
				a, err = domain.Answer{Did: domain.DidRefuse, Refusal: r}, nil
			}
			if err != nil {
				return err
			}
			book.Record(turn, a)
			answers = append(answers, a)
		}
		if !book.Finish() {
			return nil
		}
		return tx.Save(ctx, book)
	})
	s.image = nil
	if err == nil {
		s.image = book.Image()
	}
	return answers, err
}

func join(nd domain.NewDeal, who string, n int64) domain.JoinCommand {
	return domain.JoinCommand{
		Ask: domain.Asked{
			Key: domain.EventKey{Channel: "web", Message: "m-" + who}, Hash: "h", By: domain.AccountID(who), Chat: "chat",
			Lang: domain.Chinese, Source: "+2",
		},
		Deal: nd.Deal.ID, Wants: []domain.Want{{Item: nd.Items[0].ID, Qty: n}}, Shopper: domain.AccountID(who), Via: domain.ViaText,
	}
}

func BenchmarkJoin256(b *testing.B) {
	for name, open := range map[string]func(testing.TB) engines.Pair{engines.NameSQLite: engines.SQLite, engines.NameMariaDB: engines.MariaDB} {
		b.Run(name, func(b *testing.B) {
			p := open(b)
			mint := &counting{prefix: "b"}
			nd := post(b, p, mint, nil)
			s := &turnstile{p: p, deal: nd.Deal.ID, mint: mint}
			who := 0
			for b.Loop() {
				turns := make([]domain.Turn, 256)
				for i := range turns {
					who++
					turns[i] = join(nd, fmt.Sprintf("w%08d", who), 2)
				}
				if _, err := s.carry(b.Context(), turns...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(who)/b.Elapsed().Seconds(), "joins/s")
		})
	}
}

// BenchmarkFanOut fails paid teams of five and moves their orders: refund, ledger and notice for each.
func BenchmarkFanOut(b *testing.B) {
	for name, open := range map[string]func(testing.TB) engines.Pair{engines.NameSQLite: engines.SQLite, engines.NameMariaDB: engines.MariaDB} {
		b.Run(name, func(b *testing.B) {
			p := open(b)
			mint := &counting{prefix: "f"}
			var orders int
			for b.Loop() {
				b.StopTimer()
				nd := post(b, p, mint, func(c *domain.PostCommand) {
					c.Terms.Pay, c.Terms.Threshold, c.Terms.DeadlineAt = domain.PayAtJoin, 100_000, p.Clock.Now().Add(3600e9)
				})
				s := &turnstile{p: p, deal: nd.Deal.ID, mint: mint}
				var pays []domain.Turn
				for i := 0; i < 1000; i += 250 {
					var turns []domain.Turn
					for j := range 250 {
						turns = append(turns, join(nd, fmt.Sprintf("%s-%d", nd.Deal.ID, i+j), 2))
					}
					as, err := s.carry(b.Context(), turns...)
					if err != nil {
						b.Fatal(err)
					}
					var starts []domain.Turn
					for j, a := range as {
						starts = append(starts, domain.StartPaymentCommand{
							Ask: domain.Asked{Key: domain.EventKey{Channel: "web", Message: "p-" + string(a.Order)}, By: a.Shopper}, Deal: nd.Deal.ID,
							Who: a.Shopper, Order: as[j].Order, Gateway: "sandbox",
						})
					}
					ps, err := s.carry(b.Context(), starts...)
					if err != nil {
						b.Fatal(err)
					}
					for _, a := range ps {
						pays = append(pays, domain.PaymentResult{Deal: nd.Deal.ID, Told: domain.GatewayPayment{
							Number: a.Number, State: domain.PaymentPaid, Transaction: "t" + string(a.Number), Amount: a.Total, PaidAt: p.Clock.Now(),
						}})
					}
				}
				for len(pays) > 0 {
					if _, err := s.carry(b.Context(), pays[:250]...); err != nil {
						b.Fatal(err)
					}
					pays = pays[250:]
				}
				p.Clock.Add(2 * 3600e9)
				b.StartTimer()
				if _, err := s.carry(b.Context(), domain.DecideDue{Deal: nd.Deal.ID}); err != nil {
					b.Fatal(err)
				}
				p.Clock.Add(3600e9)
				if _, err := s.carry(b.Context(), domain.DecideDue{Deal: nd.Deal.ID}); err != nil {
					b.Fatal(err)
				}
				for {
					as, err := s.carry(b.Context(), domain.FanOut{Deal: nd.Deal.ID, Limit: 200})
					if err != nil {
						b.Fatal(err)
					}
					orders += int(as[0].Count)
					if as[0].Count < 200 {
						break
					}
				}
			}
			b.ReportMetric(float64(orders)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}
