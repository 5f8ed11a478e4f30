package bench

import (
	"context"

	"tuanbot/domain"
)

const gatewayName = "bench"

// gateway takes every payment at once; the bench measures the program, not a gateway.
type gateway struct{}

var _ domain.Payments = gateway{}

// Name is the gateway's name.
func (gateway) Name() string { return gatewayName }

// Create opens nothing.
func (gateway) Create(context.Context, domain.PaymentRecord, string) (string, error) {
	return "bench:", nil
}

// Query knows of nothing.
func (gateway) Query(context.Context, domain.PaymentNumber) (domain.GatewayPayment, error) {
	return domain.GatewayPayment{}, domain.ErrNotFound
}

// Close closes nothing.
func (gateway) Close(context.Context, domain.PaymentNumber) error { return nil }

// Refund takes it and is never done with it.
func (gateway) Refund(_ context.Context, r domain.RefundRecord) (domain.GatewayRefund, error) {
	return domain.GatewayRefund{Number: r.Number, State: domain.RefundProcessing}, nil
}

// QueryRefund is never done with it either.
func (gateway) QueryRefund(_ context.Context, number string) (domain.GatewayRefund, error) {
	return domain.GatewayRefund{Number: number, State: domain.RefundProcessing}, nil
}
