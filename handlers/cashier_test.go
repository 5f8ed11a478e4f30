package handlers

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// shut is a gateway that takes no more money for any number; what became of it, it tells when asked.
type shut struct {
	domain.Payments
	state domain.PaymentState
}

func (shut) Name() string { return "shut" }
func (shut) Create(context.Context, domain.PaymentRecord, string) (string, error) {
	return "", errors.New("this trade is over")
}

func (g shut) Query(_ context.Context, n domain.PaymentNumber) (domain.GatewayPayment, error) {
	if g.state == "" {
		return domain.GatewayPayment{}, errors.New("no answer")
	}
	return domain.GatewayPayment{Number: n, State: g.state, Amount: money.Yuan(2000)}, nil
}

// A message that comes again after a crash may ask for a cashier that is closed by now. It is answered, not tried for ever.
func TestPayingWhatIsOverAtTheGatewayIsRefused(t *testing.T) {
	t.Parallel()
	for state, want := range map[domain.PaymentState]domain.Why{
		domain.PaymentClosed: domain.WhyNothingToPay, domain.PaymentPaid: domain.WhyAlreadyPaid, domain.PaymentPending: "", "": "",
	} {
		t.Run("gateway says "+string(state), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, placeOf(t, onSQLite), options{})
			desk := New(Config{
				Store: w.db, Tally: &tally{}, Waker: silent{}, Mint: Mint{}, Log: slog.New(slog.DiscardHandler),
				Gateways: map[string]domain.Payments{"shut": shut{state: state}}, Gateway: "shut",
			})
			t.Cleanup(desk.Close)
			o := w.post(t, func(terms *domain.DealTerms, _ *domain.NewItem) { terms.Pay = domain.PayAtJoin })
			a, err := desk.Join(t.Context(), o.join("ming", "m1", 2))
			joined(t, a, err)
			for range 2 { // the second time by its key
				a, url, err := desk.StartPayment(t.Context(), domain.StartPaymentCommand{Ask: o.join("ming", "m2", 1).Ask, Deal: o.deal, Who: "ming"})
				if want != "" {
					refusedWith(t, a, err, want)
				} else if !errors.Is(err, domain.ErrBusy) || url != "" {
					t.Fatalf("%+v, %q, %v; want busy", a, url, err)
				}
			}
		})
	}
}
