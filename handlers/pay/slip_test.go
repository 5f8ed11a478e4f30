package pay_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/handlers/pay/sandbox"
)

// overtaken is an order whose payment was closed by a change before the gateway had heard of it, and the command that began it.
func (s *shop) overtaken() (domain.OrderRecord, domain.StartPaymentCommand, domain.PaymentRecord) {
	s.T.Helper()
	sheet := s.Post(func(*domain.PostCommand) {})
	who := s.Person("小明")
	o := s.Join(sheet, who, 2)
	s.gate.SetFaults(sandbox.Faults{
		Before: func(op string) error {
			if op == "create" {
				return context.DeadlineExceeded
			}
			return nil
		},
		Lose: func(string) bool { return true },
	})
	begin := domain.StartPaymentCommand{Ask: s.Ask(who), Deal: o.Deal, Who: who.ID, Order: o.ID}
	if _, _, err := s.Desk.StartPayment(s.T.Context(), begin); !errors.Is(err, domain.ErrBusy) {
		s.T.Fatal(err)
	}
	change := domain.ChangeCommand{Ask: s.Ask(who), Deal: o.Deal, Who: who.ID, Order: o.ID, Wants: []domain.Want{{Item: sheet.Items[0].ID, Qty: 1}}}
	if a, err := s.Desk.Change(s.T.Context(), change); err != nil || a.Did != domain.DidChange {
		s.T.Fatal(a, err)
	}
	s.Work()
	ps, err := s.Desk.PaymentsOfOrder(s.T.Context(), o.ID)
	s.Must(err)
	if len(ps) != 1 || ps[0].State != domain.PaymentClosed {
		s.T.Fatalf("payments: %+v", ps)
	}
	s.gate.SetFaults(sandbox.Faults{Lose: func(string) bool { return true }})
	return o, begin, ps[0]
}

// TestMoneyForANumberThatWasGivenUpIsFound: our call to open a trade came to the gateway after we had given the number up, it was
// paid, and the callback was lost. One more look a day after its end finds the money, and it goes back.
func TestMoneyForANumberThatWasGivenUpIsFound(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, _, p := s.overtaken()
	_, err := s.gate.Create(t.Context(), p, "葡萄")
	s.Must(err)
	s.Must(s.gate.Pay(t.Context(), string(p.Number)))
	s.settle()
	s.Clock.Forward(26 * time.Hour)
	s.settle()
	pg, err := s.DB.Sandbox().SandboxTrade(t.Context(), string(p.Number))
	s.Must(err)
	if len(pg.Refunds) != 1 || pg.Refunds[0].Amount != 5980 || pg.Refunds[0].State != "succeeded" {
		t.Errorf("money for a number that was given up: %+v", pg.Refunds)
	}
}

// TestWhatIsOverIsNotBegunAgain: the message that began a payment comes again after the order has changed. No trade of the old sum
// is opened for it.
func TestWhatIsOverIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, begin, p := s.overtaken()
	a, address, err := s.Desk.StartPayment(t.Context(), begin)
	if err != nil || a.Refusal == nil || a.Refusal.Why != domain.WhyNothingToPay || address != "" {
		t.Errorf("%s %v, %q, %v; want it refused", a.Did, a.Refusal, address, err)
	}
	pg, err := s.DB.Sandbox().SandboxTrade(t.Context(), string(p.Number))
	s.Must(err)
	if pg.Known {
		t.Errorf("a trade was opened: %+v", pg.Trade)
	}
}
