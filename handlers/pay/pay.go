// Package pay is the door that payment gateways call: POST /pay/{gateway}/notify. It reads a bounded body, lets the gateway's
// own package check who speaks, and hands what was said to the Desk; "taken" is answered only after the commit.
//
// It must not decide what an order owes: the Desk knows payments by our own numbers and compares amounts under the lock.
package pay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"tuanbot/domain"
	"tuanbot/handlers"
)

// Gateway reads the callbacks of one gateway. A refusal says that the callback is not taken: forbidden when it is not the
// gateway's own, or too old; invalid when it makes no sense. Exactly one of payment and refund comes back.
type Gateway interface {
	Name() string
	ReadCallback(h http.Header, body []byte) (*domain.GatewayPayment, *domain.GatewayRefund, error)
}

const (
	maxBody = 64 << 10
	// taskLimit is how long a callback may take; the gateway comes again.
	taskLimit = 10 * time.Second
	// maxAtOnce bounds callbacks under way, so that a flood of them takes nothing from the people in the chats.
	maxAtOnce = 64
)

// Config is what a door is made of.
type Config struct {
	Desk     *handlers.Desk
	Verifier Gateway
	Log      *slog.Logger
}

// door takes the callbacks of one gateway.
type door struct {
	Config
	busy chan struct{}
}

// Notify is the door of one gateway, to be mounted at "POST /pay/{gateway}/notify" under its name.
func Notify(c Config) http.Handler { return &door{Config: c, busy: make(chan struct{}, maxAtOnce)} }

// ServeHTTP answers 2xx only for what was committed, 4xx for what will never be taken and 5xx for "come again".
func (n *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	select {
	case n.busy <- struct{}{}:
		defer func() { <-n.busy }()
	default:
		h.Set("Retry-After", "5")
		n.reply(w, http.StatusServiceUnavailable, "internal", "busy, come again")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		n.reply(w, http.StatusRequestEntityTooLarge, "invalid", "too large")
		return
	}
	if err != nil {
		n.reply(w, http.StatusBadRequest, "invalid", "the body could not be read")
		return
	}
	n.take(w, r, n.Verifier, body)
}

func (n *door) take(w http.ResponseWriter, r *http.Request, g Gateway, body []byte) {
	payment, refund, err := g.ReadCallback(r.Header, body)
	if err == nil {
		// What is under way is finished even if the gateway hangs up: it will ask again and hear the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), taskLimit)
		defer cancel()
		err = n.tell(ctx, g.Name(), payment, refund)
	}
	ref := domain.AsRefusal(err)
	switch {
	case err == nil:
		n.reply(w, http.StatusOK, "ok", "taken")
	case ref != nil && ref.Code == domain.CodeForbidden:
		n.Log.WarnContext(r.Context(), "callback refused", "gateway", g.Name(), "why", ref.Params["field"])
		n.reply(w, http.StatusUnauthorized, string(ref.Code), "not taken")
	case ref != nil && ref.Code == domain.CodeInvalid:
		n.reply(w, http.StatusBadRequest, string(ref.Code), "not understood")
	case ref != nil:
		n.Log.ErrorContext(r.Context(), "a signed callback contradicts our books", "gateway", g.Name(), "why", string(ref.Why))
		n.reply(w, http.StatusConflict, string(ref.Code), "not taken")
	default:
		n.Log.ErrorContext(r.Context(), "callback", "gateway", g.Name(), "err", err)
		n.reply(w, http.StatusServiceUnavailable, "internal", "come again")
	}
}

// tell hands on what was said; a refusal of the Desk comes back as an error.
func (n *door) tell(ctx context.Context, gateway string, payment *domain.GatewayPayment, refund *domain.GatewayRefund) error {
	var a domain.Answer
	var err error
	switch {
	case payment != nil:
		a, err = n.Desk.PaymentTold(ctx, gateway, *payment)
	case refund != nil:
		a, err = n.refundTold(ctx, gateway, *refund)
	default:
		return fmt.Errorf("gateway %s said nothing", gateway)
	}
	if err != nil {
		return fmt.Errorf("take callback: %w", err)
	}
	if a.Refusal != nil {
		return a.Refusal
	}
	return nil
}

// refundTold takes a gateway's word on its own refunds only.
func (n *door) refundTold(ctx context.Context, gateway string, told domain.GatewayRefund) (domain.Answer, error) {
	r, err := n.Desk.RefundByNumber(ctx, told.Number)
	if errors.Is(err, domain.ErrNotFound) || err == nil && r.Gateway != gateway {
		return domain.Answer{}, domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("field", "refund")
	}
	if err != nil {
		return domain.Answer{}, fmt.Errorf("find refund: %w", err)
	}
	return n.Desk.RefundTold(ctx, told)
}

func (n *door) reply(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(map[string]string{"code": code, "message": message}); err != nil {
		n.Log.Debug("the gateway hung up", "err", err)
	}
}
