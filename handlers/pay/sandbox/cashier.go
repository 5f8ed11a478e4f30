package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"tuanbot/domain"
)

// cashierKey is the part of a pay link that makes it impossible to guess: a number alone opens no cashier page.
func (g *Gateway) cashierKey(number string) string { return cashierKey(g.c.Keys[0], number) }

func cashierKey(key []byte, number string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("tuanbot/sandbox/cashier\n" + number))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

func (g *Gateway) mayEnter(number, key string) bool {
	ok := false
	for _, k := range g.c.Keys {
		if hmac.Equal([]byte(cashierKey(k, number)), []byte(key)) {
			ok = true
		}
	}
	return ok
}

// Trade is what the cashier page shows; a number that is unknown or a wrong key is ErrNotFound.
func (g *Gateway) Trade(ctx context.Context, number, key string) (title string, p domain.GatewayPayment, expires time.Time, err error) {
	if !g.mayEnter(number, key) {
		return "", p, expires, fmt.Errorf("cashier: %w", domain.ErrNotFound)
	}
	pg, err := g.c.Journal.SandboxTrade(ctx, number)
	if err != nil {
		return "", p, expires, fmt.Errorf("cashier: %w", err)
	}
	if !pg.Known {
		return "", p, expires, fmt.Errorf("cashier: %w", domain.ErrNotFound)
	}
	if pg.Trade.ExpiresAt != 0 {
		expires = time.UnixMilli(pg.Trade.ExpiresAt).UTC()
	}
	return pg.Trade.Title, payment(pg.Trade), expires, nil
}

// PayWith is the payer's press on the cashier page.
func (g *Gateway) PayWith(ctx context.Context, number, key string) error {
	if !g.mayEnter(number, key) {
		return fmt.Errorf("cashier: %w", domain.ErrNotFound)
	}
	return g.Pay(ctx, number)
}

// Pay takes the (pretended) money of a trade. Once paid it stays paid; a closed or expired one refuses.
func (g *Gateway) Pay(ctx context.Context, number string) error {
	err := g.c.Journal.ChangeSandboxTrade(ctx, number, func(pg Page) (Page, error) {
		late := pg.Trade.ExpiresAt != 0 && g.now() >= pg.Trade.ExpiresAt && !g.faults.Load().PayLate
		switch {
		case !pg.Known:
			return pg, domain.ErrNotFound
		case pg.Trade.State == tradePaid:
			return pg, nil
		case pg.Trade.State == tradeClosed || late:
			return pg, domain.Refuse(domain.CodeTooLate, domain.WhyNothingToPay).With("late", "1")
		}
		transaction, err := id("SBX")
		if err != nil {
			return pg, err
		}
		pg.Trade.State, pg.Trade.Transaction, pg.Trade.PaidAt = tradePaid, transaction, g.now()
		pg = g.note(pg, "paid", transaction, pg.Trade.Amount)
		return g.call(pg, "payment", paymentBody(pg.Trade))
	})
	if err != nil {
		return fmt.Errorf("sandbox pay %s: %w", number, err)
	}
	g.c.At("sandbox.paid")
	g.wake()
	return nil
}

// Decline notes that the payer pressed "don't pay"; the trade stays open until it expires.
func (g *Gateway) Decline(ctx context.Context, number, key string) error {
	if !g.mayEnter(number, key) {
		return fmt.Errorf("cashier: %w", domain.ErrNotFound)
	}
	err := g.c.Journal.ChangeSandboxTrade(ctx, number, func(pg Page) (Page, error) {
		if !pg.Known {
			return pg, domain.ErrNotFound
		}
		return g.note(pg, "declined", number, 0), nil
	})
	if err != nil {
		return fmt.Errorf("sandbox decline %s: %w", number, err)
	}
	return nil
}
