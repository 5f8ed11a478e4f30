// Package sandbox is a payment gateway that moves no money: it keeps its own books, pays and refunds in its own time and
// reports by signed callbacks, lost, late or twice if a test wants it so, as a real gateway would.
//
// It fills domain.Payments. It must not know what an order owes, and nothing of ours may trust it more than a real gateway.
package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// Name is the gateway's name, in rows and in the path of its callbacks.
const Name = "sandbox"

// What a trade can be.
const (
	tradeOpen   = "open"
	tradePaid   = "paid"
	tradeClosed = "closed"
)

var _ domain.Payments = (*Gateway)(nil)

// Config is what a Gateway is made of.
type Config struct {
	Journal Journal
	// Keys sign callbacks and cashier links: the first signs, every one is accepted, so that a key can be changed.
	Keys  [][]byte
	Clock func() time.Time
	// PublicURL is where payers find the cashier page, without a slash at the end.
	PublicURL string
	// Deliver brings a callback to us; HTTPDeliver does it over HTTP. An error means: try again later.
	Deliver func(ctx context.Context, c Callback) error
	// RefundDelay is how long a refund takes; zero means two seconds.
	RefundDelay time.Duration
	Log         *slog.Logger
	// At is called at named points so that tests can stop the program there; nil in production.
	At func(point string)
}

// Gateway is the sandbox.
type Gateway struct {
	c      Config
	faults atomic.Pointer[Faults]
	poke   chan struct{}
}

// minKey is the shortest key that is taken; an empty one would let everybody say "paid".
const minKey = 32

// New checks the settings and makes a gateway.
func New(c Config) (*Gateway, error) {
	if c.Journal == nil || c.Clock == nil || c.Deliver == nil || c.Log == nil {
		return nil, errors.New("the sandbox needs a journal, a clock, a way to deliver and a log")
	}
	if len(c.Keys) == 0 || slices.ContainsFunc(c.Keys, func(k []byte) bool { return len(k) < minKey }) {
		return nil, fmt.Errorf("the sandbox needs signing keys of at least %d bytes", minKey)
	}
	if c.RefundDelay == 0 {
		c.RefundDelay = 2 * time.Second
	}
	if c.At == nil {
		c.At = func(string) {}
	}
	g := &Gateway{c: c, poke: make(chan struct{}, 1)}
	g.SetFaults(Faults{})
	return g, nil
}

// Name is the gateway's name.
func (g *Gateway) Name() string { return Name }

func (g *Gateway) now() int64 { return g.c.Clock().UnixMilli() }

// Create opens a trade; the same number with the same content is the same trade.
func (g *Gateway) Create(ctx context.Context, p domain.PaymentRecord, title string) (string, error) {
	number := string(p.Number)
	err := g.change(ctx, "create", number, func(pg Page) (Page, error) {
		if pg.Known {
			if pg.Trade.Amount != p.Amount.Fen() || pg.Trade.Currency != string(p.Amount.Currency()) {
				return pg, fmt.Errorf("number %s is taken by another amount", number)
			}
			if pg.Trade.State == tradeClosed {
				return pg, fmt.Errorf("trade %s is closed", number)
			}
			return pg, nil
		}
		if number == "" || !p.Amount.IsPositive() || p.Amount.Currency() == "" {
			return pg, errors.New("a trade needs a number, an amount and a currency")
		}
		pg.Known = true
		pg.Trade = TradeRow{
			Number: number, Title: cut(title), Amount: p.Amount.Fen(), Currency: string(p.Amount.Currency()), State: tradeOpen,
			ExpiresAt: millis(p.ExpiresAt), CreatedAt: g.now(),
		}
		return g.note(pg, "created", number, pg.Trade.Amount), nil
	})
	if err != nil {
		return "", err
	}
	return g.c.PublicURL + "/pay/" + Name + "/" + number + "?k=" + g.cashierKey(number), nil
}

// Query says how a payment stands.
func (g *Gateway) Query(ctx context.Context, number domain.PaymentNumber) (domain.GatewayPayment, error) {
	if err := g.refuse("query"); err != nil {
		return domain.GatewayPayment{}, err
	}
	pg, err := g.c.Journal.SandboxTrade(ctx, string(number))
	if err != nil {
		return domain.GatewayPayment{}, fmt.Errorf("sandbox query: %w", err)
	}
	if !pg.Known {
		return domain.GatewayPayment{}, fmt.Errorf("sandbox trade %s: %w", number, domain.ErrNotFound)
	}
	return payment(pg.Trade), nil
}

func payment(t TradeRow) domain.GatewayPayment {
	p := domain.GatewayPayment{Number: domain.PaymentNumber(t.Number), State: domain.PaymentPending, Amount: money.Of(t.Amount, money.Currency(t.Currency))}
	switch t.State {
	case tradePaid:
		p.State, p.Transaction, p.PaidAt = domain.PaymentPaid, t.Transaction, time.UnixMilli(t.PaidAt).UTC()
	case tradeClosed:
		p.State = domain.PaymentClosed
	}
	return p
}

// Close takes no more money for a number; what was paid stays paid.
func (g *Gateway) Close(ctx context.Context, number domain.PaymentNumber) error {
	return g.change(ctx, "close", string(number), func(pg Page) (Page, error) {
		switch {
		case !pg.Known:
			return pg, domain.ErrNotFound
		case pg.Trade.State == tradePaid:
			return pg, domain.ErrPaidMeanwhile
		case pg.Trade.State == tradeClosed:
			return pg, nil
		}
		pg.Trade.State, pg.Trade.ClosedAt = tradeClosed, g.now()
		return g.note(pg, "closed", pg.Trade.Number, 0), nil
	})
}

// Refund takes a refund on; the same number is the same refund, however often it is sent. It is done later.
func (g *Gateway) Refund(ctx context.Context, r domain.RefundRecord) (domain.GatewayRefund, error) {
	var taken RefundRow
	err := g.change(ctx, "refund", string(r.PaymentNo), func(pg Page) (Page, error) {
		if !pg.Known {
			return pg, domain.ErrNotFound
		}
		if i := refundAt(pg, r.Number); i >= 0 {
			if pg.Refunds[i].Amount != r.Amount.Fen() {
				return pg, fmt.Errorf("refund %s is taken by another amount", r.Number)
			}
			pg = g.again(pg, i)
			taken = pg.Refunds[i]
			return pg, nil
		}
		if err := mayRefund(pg, r); err != nil {
			return pg, err
		}
		taken = RefundRow{
			Number: r.Number, Trade: pg.Trade.Number, Amount: r.Amount.Fen(), State: string(domain.RefundProcessing), CreatedAt: g.now(),
			DueAt: g.now() + g.c.RefundDelay.Milliseconds(),
		}
		pg.Refunds = append(slices.Clone(pg.Refunds), taken)
		return g.note(pg, "refund_taken", r.Number, taken.Amount), nil
	})
	if err != nil {
		return domain.GatewayRefund{}, err
	}
	return g.refund(taken), nil
}

// again: a refund that went wrong is tried once more under its number; any other is as it is.
func (g *Gateway) again(pg Page, i int) Page {
	if pg.Refunds[i].State != string(domain.RefundAbnormal) {
		return pg
	}
	pg.Refunds = slices.Clone(pg.Refunds)
	f := &pg.Refunds[i]
	f.State, f.Reason, f.DueAt, f.DoneAt = string(domain.RefundProcessing), "", g.now()+g.c.RefundDelay.Milliseconds(), 0
	return g.note(pg, "refund_retried", f.Number, f.Amount)
}

func refundAt(pg Page, number string) int {
	return slices.IndexFunc(pg.Refunds, func(f RefundRow) bool { return f.Number == number })
}

// mayRefund: only what was paid comes back, and never more of it.
func mayRefund(pg Page, r domain.RefundRecord) error {
	if pg.Trade.State != tradePaid {
		return fmt.Errorf("trade %s is not paid", pg.Trade.Number)
	}
	if !r.Amount.IsPositive() || string(r.Amount.Currency()) != pg.Trade.Currency || r.Number == "" {
		return fmt.Errorf("refund %s: wrong amount or number", r.Number)
	}
	left := pg.Trade.Amount
	for _, f := range pg.Refunds {
		if f.State != string(domain.RefundClosed) {
			left -= f.Amount
		}
	}
	if r.Amount.Fen() > left {
		return fmt.Errorf("refund %s: %s of %d fen left", r.Number, r.Amount, left)
	}
	return nil
}

// QueryRefund says how a refund stands.
func (g *Gateway) QueryRefund(ctx context.Context, number string) (domain.GatewayRefund, error) {
	if err := g.refuse("query_refund"); err != nil {
		return domain.GatewayRefund{}, err
	}
	trade, found, err := g.c.Journal.SandboxTradeOfRefund(ctx, number)
	if err != nil {
		return domain.GatewayRefund{}, fmt.Errorf("sandbox query refund: %w", err)
	}
	if found {
		pg, err := g.c.Journal.SandboxTrade(ctx, trade)
		if err != nil {
			return domain.GatewayRefund{}, fmt.Errorf("sandbox query refund: %w", err)
		}
		if i := refundAt(pg, number); i >= 0 {
			return g.refund(pg.Refunds[i]), nil
		}
	}
	return domain.GatewayRefund{}, fmt.Errorf("sandbox refund %s: %w", number, domain.ErrNotFound)
}

func (g *Gateway) refund(f RefundRow) domain.GatewayRefund {
	return domain.GatewayRefund{Number: f.Number, State: domain.RefundState(f.State), Reason: f.Reason}
}

// change runs one operation on a trade, with what a test wants to go wrong before or after it.
func (g *Gateway) change(ctx context.Context, op, number string, f func(Page) (Page, error)) error {
	if err := g.refuse(op); err != nil {
		return err
	}
	if err := g.c.Journal.ChangeSandboxTrade(ctx, number, f); err != nil {
		return fmt.Errorf("sandbox %s %s: %w", op, number, err)
	}
	if after := g.faults.Load().After; after != nil {
		if err := after(op); err != nil {
			return fmt.Errorf("sandbox %s %s: %w", op, number, err)
		}
	}
	return nil
}

func (g *Gateway) refuse(op string) error {
	if before := g.faults.Load().Before; before != nil {
		if err := before(op); err != nil {
			return fmt.Errorf("sandbox %s: %w", op, err)
		}
	}
	return nil
}

// note adds a line to the log that the change writes.
func (g *Gateway) note(pg Page, what, number string, fen int64) Page {
	pg.Log = append(pg.Log, LogRow{Trade: pg.Trade.Number, What: what, Number: number, Amount: fen, At: g.now()})
	return pg
}

// id is an unguessable name for a transaction or a callback.
func id(prefix string) (string, error) {
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	return prefix + hex.EncodeToString(raw[:]), nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// cut keeps a title within what the cashier shows.
func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60])
	}
	return s
}
