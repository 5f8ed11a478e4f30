package sandbox_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers/pay/sandbox"
	"tuanbot/storage"
	"tuanbot/storage/storagetest/engines"
)

var key = []byte(strings.Repeat("k", 32))

// bench is a gateway over a real database, without any of our own door.
type bench struct {
	*testing.T
	clock *engines.Clock
	db    *storage.DB
	gate  *sandbox.Gateway
	calls atomic.Int64
}

// both runs a test on SQLite, and on MariaDB where there is one.
func both(t *testing.T, f func(b *bench)) {
	t.Helper()
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		f(over(t, p))
	})
}

func open(t *testing.T) *bench {
	t.Helper()
	return over(t, engines.SQLite(t))
}

func over(t *testing.T, p engines.Pair) *bench {
	t.Helper()
	b := &bench{T: t, clock: p.Clock, db: p.DB}
	b.gate = b.newGate()
	return b
}

func (b *bench) newGate() *sandbox.Gateway {
	b.Helper()
	g, err := sandbox.New(sandbox.Config{
		Journal: b.db.Sandbox(), Keys: [][]byte{key}, Clock: b.clock.Now, PublicURL: "http://tuan.test", Log: slog.New(slog.DiscardHandler),
		Deliver: func(context.Context, sandbox.Callback) error { b.calls.Add(1); return nil },
	})
	b.must(err)
	return g
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func trade(number string, fen int64) domain.PaymentRecord {
	return domain.PaymentRecord{Number: domain.PaymentNumber(number), Amount: money.Yuan(fen)}
}

func refund(number string, fen int64) domain.RefundRecord {
	return domain.RefundRecord{PaymentNo: "P1", Number: number, Amount: money.Yuan(fen)}
}

func (b *bench) paid(number string, fen int64) {
	b.Helper()
	_, err := b.gate.Create(b.Context(), trade(number, fen), "葡萄")
	b.must(err)
	b.must(b.gate.Pay(b.Context(), number))
}

func TestTradesAreIdempotent(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		ctx := b.Context()
		var wg sync.WaitGroup
		urls := make([]string, 8)
		for i := range urls {
			wg.Go(func() {
				var err error
				if urls[i], err = b.gate.Create(ctx, trade("P1", 2990), "葡萄"); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		for _, u := range urls {
			if u != urls[0] || !strings.HasPrefix(u, "http://tuan.test/pay/sandbox/P1?k=") {
				b.Errorf("pay at %q", u)
			}
		}
		if _, err := b.gate.Create(ctx, trade("P1", 1), "葡萄"); err == nil {
			b.Error("the same number took another amount")
		}
		for range 4 {
			wg.Go(func() {
				if err := b.gate.Pay(ctx, "P1"); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		p, err := b.gate.Query(ctx, "P1")
		if err != nil || p.State != domain.PaymentPaid || p.Amount != money.Yuan(2990) || p.Transaction == "" {
			b.Errorf("query: %+v, %v", p, err)
		}
		if err := b.gate.Close(ctx, "P1"); !errors.Is(err, domain.ErrPaidMeanwhile) {
			b.Errorf("close after paying: %v", err)
		}
		if _, err := b.gate.Query(ctx, "P2"); !errors.Is(err, domain.ErrNotFound) {
			b.Errorf("unknown number: %v", err)
		}
		if n := b.happened("created"); n != 1 {
			b.Errorf("created %d times", n)
		}
		if n := b.happened("paid"); n != 1 {
			b.Errorf("paid %d times", n)
		}
	})
}

func (b *bench) happened(what string) int {
	b.Helper()
	rows, err := b.db.Sandbox().SandboxLog(b.Context(), 0, 1000)
	b.must(err)
	n := 0
	for _, r := range rows {
		if r.What == what {
			n++
		}
	}
	return n
}

func TestClosedTradesTakeNoMoney(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		ctx := b.Context()
		_, err := b.gate.Create(ctx, trade("P1", 2990), "葡萄")
		b.must(err)
		b.must(b.gate.Close(ctx, "P1"))
		b.must(b.gate.Close(ctx, "P1"))
		if err := b.gate.Pay(ctx, "P1"); domain.AsRefusal(err) == nil {
			b.Errorf("pay after closing: %v", err)
		}
		late := trade("P2", 2990)
		late.ExpiresAt = b.clock.Now().Add(time.Minute)
		_, err = b.gate.Create(ctx, late, "葡萄")
		b.must(err)
		b.clock.Add(time.Minute)
		if err := b.gate.Pay(ctx, "P2"); domain.AsRefusal(err) == nil {
			b.Errorf("pay after the end: %v", err)
		}
		if err := b.gate.Close(ctx, "P3"); !errors.Is(err, domain.ErrNotFound) {
			b.Errorf("close of nothing: %v", err)
		}
	})
}

func TestNeverMoreBackThanWasPaid(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		ctx := b.Context()
		b.paid("P1", 5980)
		var wg sync.WaitGroup
		var taken atomic.Int64
		for i := range 10 {
			wg.Go(func() {
				if _, err := b.gate.Refund(ctx, refund("P1-R"+string(rune('a'+i)), 1000)); err == nil {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 5 {
			b.Errorf("%d refunds of ¥10.00 were taken on ¥59.80", taken.Load())
		}
		if _, err := b.gate.Refund(ctx, domain.RefundRecord{PaymentNo: "none", Number: "x", Amount: money.Yuan(1)}); !errors.Is(err, domain.ErrNotFound) {
			b.Errorf("refund of nothing: %v", err)
		}
		if _, err := b.gate.Refund(ctx, refund("usd", 0)); err == nil {
			b.Error("a refund of nothing was taken")
		}
	})
}

func TestTheSameRefundNumberIsTheSameRefund(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		ctx := b.Context()
		b.paid("P1", 5980)
		lost := errors.New("lost on the way back")
		b.gate.SetFaults(sandbox.Faults{After: func(string) error { return lost }})
		if _, err := b.gate.Refund(ctx, refund("P1-R1", 5980)); !errors.Is(err, lost) {
			b.Fatalf("first try: %v", err)
		}
		b.gate.SetFaults(sandbox.Faults{})
		for range 3 {
			f, err := b.gate.Refund(ctx, refund("P1-R1", 5980))
			if err != nil || f.State != domain.RefundProcessing {
				b.Fatalf("again: %+v, %v", f, err)
			}
		}
		if _, err := b.gate.Refund(ctx, refund("P1-R1", 1)); err == nil {
			b.Error("the same number took another amount")
		}
		b.clock.Add(2 * time.Second)
		other := b.newGate() // a second process
		var wg sync.WaitGroup
		for _, g := range []*sandbox.Gateway{b.gate, other, b.gate, other} {
			wg.Go(func() {
				if _, err := g.Once(ctx); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		f, err := b.gate.QueryRefund(ctx, "P1-R1")
		if err != nil || f.State != domain.RefundSucceeded {
			b.Errorf("in the end: %+v, %v", f, err)
		}
		if n := b.happened("refund_succeeded"); n != 1 {
			b.Errorf("refunded %d times", n)
		}
		_, err = b.gate.Once(ctx)
		b.must(err)
		if b.calls.Load() != 2 { // one for the payment, one for the refund
			b.Errorf("%d callbacks", b.calls.Load())
		}
	})
}

func TestCallbacksComeUntilTheyAreTaken(t *testing.T) {
	t.Parallel()
	b := open(t)
	tries := 0
	g, err := sandbox.New(sandbox.Config{
		Journal: b.db.Sandbox(), Keys: [][]byte{key}, Clock: b.clock.Now, Log: slog.New(slog.DiscardHandler),
		Deliver: func(context.Context, sandbox.Callback) error {
			if tries++; tries < 5 {
				return errors.New("503")
			}
			return nil
		},
	})
	b.must(err)
	b.gate = g
	b.paid("P1", 100)
	for range 200 {
		_, err := g.Once(t.Context())
		b.must(err)
		b.clock.Add(time.Second)
	}
	if tries != 5 || b.happened("call_failed") != 4 || b.happened("call_delivered") != 1 {
		t.Errorf("%d tries", tries)
	}
}

func TestCashierLinksCannotBeGuessed(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	address, err := b.gate.Create(ctx, trade("P1", 2990), "葡萄")
	b.must(err)
	u, err := url.Parse(address)
	b.must(err)
	good := u.Query().Get("k")
	for _, k := range []string{"", good[:len(good)-1], good + "x", strings.ToUpper(good)} {
		if _, _, _, err := b.gate.Trade(ctx, "P1", k); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("key %q: %v", k, err)
		}
		if err := b.gate.PayWith(ctx, "P1", k); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("pay with key %q: %v", k, err)
		}
	}
	if err := b.gate.PayWith(ctx, "P2", good); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("the key of another trade: %v", err)
	}
	title, p, _, err := b.gate.Trade(ctx, "P1", good)
	if err != nil || title != "葡萄" || p.Amount != money.Yuan(2990) || p.State != domain.PaymentPending {
		t.Errorf("%q %+v %v", title, p, err)
	}
	b.must(b.gate.Decline(ctx, "P1", good))
	b.must(b.gate.PayWith(ctx, "P1", good))
}

func TestNoGatewayWithoutAKey(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, keys := range [][][]byte{nil, {nil}, {key, []byte("short")}} {
		_, err := sandbox.New(sandbox.Config{
			Journal: b.db.Sandbox(), Keys: keys, Clock: b.clock.Now, Log: slog.New(slog.DiscardHandler),
			Deliver: func(context.Context, sandbox.Callback) error { return nil },
		})
		if err == nil {
			t.Errorf("keys %q were taken", keys)
		}
	}
}

func TestTheJournalIsAppendOnly(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.paid("P1", 100)
		write, _ := b.db.Pools()
		for _, stmt := range []string{"UPDATE sandbox_log SET amount_fen = 1", "DELETE FROM sandbox_log"} {
			if _, err := write.ExecContext(b.Context(), stmt); err == nil || !strings.Contains(err.Error(), "append-only") {
				b.Errorf("%s: %v", stmt, err)
			}
		}
	})
}

func TestOperatorLinksBurnOnce(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		ctx, links := b.Context(), b.db.OperatorLinks()
		b.must(links.Add(ctx, "old"))
		b.must(links.Add(ctx, "new"))
		var good atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				ok, err := links.Use(ctx, "new")
				if err != nil {
					b.Error(err)
				}
				if ok {
					good.Add(1)
				}
			})
		}
		wg.Wait()
		if good.Load() != 1 {
			b.Errorf("the link opened %d times", good.Load())
		}
		b.must(links.Add(ctx, "late"))
		if ok, err := links.Known(ctx, "late"); !ok || err != nil {
			b.Errorf("a fresh link: %v %v", ok, err)
		}
		b.clock.Add(24 * time.Hour)
		for _, token := range []string{"old", "new", "late", "none", ""} {
			ok, err := links.Use(ctx, token)
			known, err2 := links.Known(ctx, token)
			if ok || known || err != nil || err2 != nil {
				b.Errorf("%q: %v %v %v %v", token, ok, known, err, err2)
			}
		}
	})
}
