package domain

import (
	"context"
	"time"

	"tuanbot/domain/money"
)

// Payments is a payment gateway.
type Payments interface {
	Name() string
	// Create opens the payment at the gateway and returns where the payer goes. The same number with the same content
	// may be asked again.
	Create(ctx context.Context, p PaymentRecord, title string) (payURL string, err error)
	Query(ctx context.Context, number PaymentNumber) (GatewayPayment, error)
	Close(ctx context.Context, number PaymentNumber) error // closed now, or ErrPaidMeanwhile
	Refund(ctx context.Context, r RefundRecord) (GatewayRefund, error)
	QueryRefund(ctx context.Context, number string) (GatewayRefund, error)
}

// GatewayPayment is what a gateway says of a payment.
type GatewayPayment struct {
	Number      PaymentNumber
	State       PaymentState
	Transaction string
	Amount      money.Amount
	PaidAt      time.Time
}

// GatewayRefund is what a gateway says of a refund.
type GatewayRefund struct {
	Number string
	State  RefundState // processing, succeeded, abnormal or closed
	Reason string
	Amount money.Amount // as a callback says it; zero: not said
}
