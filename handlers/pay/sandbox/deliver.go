package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tuanbot/domain"
)

const (
	batch     = 64
	claimFor  = 30 * time.Second // longer than one delivery may take
	callLimit = 10 * time.Second
	firstWait = time.Second
	mostWait  = 5 * time.Minute
	idleLook  = time.Second
)

// call adds a callback to a change.
func (g *Gateway) call(pg Page, kind string, body map[string]any) (Page, error) {
	callID, err := id("cb")
	if err != nil {
		return pg, err
	}
	body["id"] = callID
	text, err := json.Marshal(body)
	if err != nil {
		return pg, fmt.Errorf("write callback: %w", err)
	}
	due := g.now()
	if delay := g.faults.Load().Delay; delay != nil {
		due += delay(kind).Milliseconds()
	}
	pg.Calls = append(pg.Calls, CallRow{ID: callID, Trade: pg.Trade.Number, Kind: kind, Body: string(text), DueAt: due, CreatedAt: g.now()})
	return pg, nil
}

// Once finishes refunds whose time has come and delivers due callbacks. Two processes may do it side by side.
func (g *Gateway) Once(ctx context.Context) (int, error) {
	settled, err := g.settleRefunds(ctx)
	calls, err2 := g.c.Journal.ClaimSandboxCalls(ctx, g.now(), g.now()+claimFor.Milliseconds(), batch)
	if err2 != nil {
		return settled, errors.Join(err, fmt.Errorf("claim callbacks: %w", err2))
	}
	if g.faults.Load().Reverse {
		slices.Reverse(calls)
	}
	for _, c := range calls {
		if ctx.Err() != nil {
			return settled, ctx.Err()
		}
		err = errors.Join(err, g.deliver(ctx, c))
	}
	return settled + len(calls), err
}

func (g *Gateway) settleRefunds(ctx context.Context) (int, error) {
	due, err := g.c.Journal.DueSandboxRefunds(ctx, g.now(), batch)
	if err != nil {
		return 0, fmt.Errorf("find due refunds: %w", err)
	}
	for _, f := range due {
		if err := g.c.Journal.ChangeSandboxTrade(ctx, f.Trade, func(pg Page) (Page, error) { return g.settle(pg, f.Number) }); err != nil {
			return 0, fmt.Errorf("finish refund %s: %w", f.Number, err)
		}
		g.c.At("sandbox.refunded")
	}
	return len(due), nil
}

// settle ends a refund, unless another process did.
func (g *Gateway) settle(pg Page, number string) (Page, error) {
	i := refundAt(pg, number)
	if i < 0 || pg.Refunds[i].State != string(domain.RefundProcessing) || pg.Refunds[i].DueAt > g.now() {
		return pg, nil
	}
	pg.Refunds = slices.Clone(pg.Refunds)
	f := &pg.Refunds[i]
	state := string(domain.RefundSucceeded)
	if decide := g.faults.Load().Refund; decide != nil {
		state = cmp.Or(decide(number), state)
	}
	if state == string(domain.RefundProcessing) {
		f.DueAt = g.now() + g.c.RefundDelay.Milliseconds()
		return g.note(pg, "refund_slow", number, f.Amount), nil
	}
	f.State, f.DoneAt = state, g.now()
	if state == string(domain.RefundAbnormal) {
		f.Reason = "account cannot take money"
	}
	pg = g.note(pg, "refund_"+state, number, f.Amount)
	return g.call(pg, "refund", refundBody(pg.Trade, *f))
}

// deliver brings one callback and notes how it went. A refused one comes again, later each time, for ever: the gateway
// cannot know when we will understand it.
func (g *Gateway) deliver(ctx context.Context, c CallRow) error {
	err := g.bring(ctx, c)
	g.c.At("sandbox.called")
	happened := LogRow{Trade: c.Trade, What: "call_delivered", Number: c.ID, Note: c.Kind, At: g.now()}
	if err == nil {
		c.DeliveredAt = g.now()
	} else {
		wait := mostWait
		if c.Attempts < 9 {
			wait = min(mostWait, firstWait<<c.Attempts)
		}
		c.DueAt = g.now() + wait.Milliseconds()
		happened.What = "call_failed"
		g.c.Log.DebugContext(ctx, "callback not taken", "gateway", Name, "attempt", c.Attempts, "err", err)
	}
	c.Attempts++
	if err := g.c.Journal.SettleSandboxCall(ctx, c, happened); err != nil {
		return fmt.Errorf("note callback: %w", err)
	}
	return nil
}

func (g *Gateway) bring(ctx context.Context, c CallRow) error {
	f := g.faults.Load()
	if f.Lose != nil && f.Lose(c.Kind) {
		return nil
	}
	times := 1
	if f.Copies != nil {
		times += f.Copies(c.Kind)
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	for range times {
		signed, err := g.Sign(c.Body)
		if err != nil {
			return err
		}
		if err := g.c.Deliver(ctx, signed); err != nil {
			return err
		}
	}
	return nil
}

// Run works until the context ends: at once when a payer has pressed, else every second.
func (g *Gateway) Run(ctx context.Context) error {
	timer := time.NewTicker(idleLook)
	defer timer.Stop()
	for {
		done, err := g.Once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			g.c.Log.WarnContext(ctx, "sandbox gateway", "err", err)
		}
		if done == batch {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-g.poke:
		}
	}
}

func (g *Gateway) wake() {
	select {
	case g.poke <- struct{}{}:
	default:
	}
}

// HTTPDeliver posts callbacks to an address, as a gateway would; anything but 2xx comes again.
func HTTPDeliver(client *http.Client, url string) func(context.Context, Callback) error {
	return func(ctx context.Context, c Callback) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(c.Body))
		if err != nil {
			return fmt.Errorf("make callback: %w", err)
		}
		req.Header = c.Header()
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("deliver callback: %w", err)
		}
		defer resp.Body.Close()
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			return errors.New("callback answered with " + strconv.Itoa(resp.StatusCode))
		}
		return nil
	}
}
