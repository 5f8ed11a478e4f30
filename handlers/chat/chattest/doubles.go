package chattest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"tuanbot/domain"
)

// mint counts, so that every run of a file makes the same ids and codes.
type mint struct {
	mu              sync.Mutex
	ids, tok, codes int
}

func (m *mint) next(n *int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	*n++
	return *n
}

func (m *mint) ID() string     { return fmt.Sprintf("id%08d", m.next(&m.ids)) }
func (m *mint) Token() string  { return fmt.Sprintf("token%017d", m.next(&m.tok)) }
func (m *mint) Number() string { return fmt.Sprintf("PAY%08d", m.next(&m.tok)) }

// the first deals of every file have codes that read well.
var firstCodes = []string{"D7KQ2", "H3MX8", "T5WN4", "Z9PB6"}

func (m *mint) Code(n int) string {
	i := m.next(&m.codes)
	if n == 5 && i <= len(firstCodes) {
		return firstCodes[i-1]
	}
	const letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", n, i))
	out := make([]byte, n)
	for j := range out {
		out[j] = letters[int(sum[j])%len(letters)]
	}
	return string(out)
}

// gateway is a payment gateway that does what the file says: it takes money on "paid" and returns it on "refund".
type gateway struct {
	mu      sync.Mutex
	clock   func() time.Time
	trades  map[domain.PaymentNumber]domain.GatewayPayment
	refunds map[string]domain.RefundRecord
	done    map[string]bool
	count   int
}

const gatewayName = "sandbox"

func newGateway(clock func() time.Time) *gateway {
	return &gateway{clock: clock, trades: map[domain.PaymentNumber]domain.GatewayPayment{}, refunds: map[string]domain.RefundRecord{}, done: map[string]bool{}}
}

func (g *gateway) Name() string { return gatewayName }

func (g *gateway) Create(_ context.Context, p domain.PaymentRecord, _ string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.trades[p.Number]; !known {
		g.trades[p.Number] = domain.GatewayPayment{Number: p.Number, State: domain.PaymentPending, Amount: p.Amount}
	}
	return "https://tuan.test/cashier/" + string(p.Number), nil
}

func (g *gateway) Query(_ context.Context, n domain.PaymentNumber) (domain.GatewayPayment, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, known := g.trades[n]
	if !known {
		return t, domain.ErrNotFound
	}
	return t, nil
}

func (g *gateway) Close(_ context.Context, n domain.PaymentNumber) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.trades[n]
	if t.State == domain.PaymentPaid {
		return domain.ErrPaidMeanwhile
	}
	t.Number, t.State = n, domain.PaymentClosed
	g.trades[n] = t
	return nil
}

// pay takes the money of a payment, even one that was closed meanwhile: networks are like that.
func (g *gateway) pay(p domain.PaymentRecord) domain.GatewayPayment {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count++
	t := domain.GatewayPayment{
		Number: p.Number, State: domain.PaymentPaid, Transaction: fmt.Sprintf("trade%04d", g.count), Amount: p.Amount, PaidAt: g.clock(),
	}
	g.trades[p.Number] = t
	return t
}

func (g *gateway) Refund(_ context.Context, r domain.RefundRecord) (domain.GatewayRefund, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refunds[r.Number] = r
	return g.told(r.Number), nil
}

func (g *gateway) QueryRefund(_ context.Context, number string) (domain.GatewayRefund, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.refunds[number]; !known {
		return domain.GatewayRefund{}, domain.ErrNotFound
	}
	return g.told(number), nil
}

func (g *gateway) told(number string) domain.GatewayRefund {
	if g.done[number] {
		return domain.GatewayRefund{Number: number, State: domain.RefundSucceeded}
	}
	return domain.GatewayRefund{Number: number, State: domain.RefundProcessing}
}

// arrive lets a person's refunds arrive and says which.
func (g *gateway) arrive(to domain.AccountID) []domain.GatewayRefund {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []domain.GatewayRefund
	for n, r := range g.refunds {
		if r.To == to && !g.done[n] {
			g.done[n] = true
			out = append(out, g.told(n))
		}
	}
	return out
}

// moody is a store that can be made to fail once.
type moody struct {
	domain.Store
	mu   sync.Mutex
	busy bool
}

var errBroken = errors.New("the database is away")

func (m *moody) fail() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.busy
}

func (m *moody) set(busy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = busy
}

func (m *moody) InTx(ctx context.Context, f func(domain.Tx) error) error {
	if m.fail() {
		return errors.Join(domain.ErrBusy, errBroken)
	}
	return m.Store.InTx(ctx, f)
}

func (m *moody) EventsByKeys(ctx context.Context, keys []domain.EventKey) (map[domain.EventKey]domain.Event, error) {
	if m.fail() {
		return nil, errBroken
	}
	return m.Store.EventsByKeys(ctx, keys)
}
