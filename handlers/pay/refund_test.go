package pay_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers/pay/sandbox"
)

// TestFailedDealIsRefundedOnce runs the whole way back under everything that can go wrong between us and a gateway.
func TestFailedDealIsRefundedOnce(t *testing.T) {
	t.Parallel()
	lost := errors.New("the answer was lost")
	for name, faults := range map[string]func() sandbox.Faults{
		"all well": func() sandbox.Faults { return sandbox.Faults{} },
		"every answer is lost once": func() sandbox.Faults {
			seen := map[string]bool{}
			return sandbox.Faults{After: func(op string) error {
				if first := !seen[op]; first && op != "create" {
					seen[op] = true
					return lost
				}
				return nil
			}}
		},
		"unreachable at first": func() sandbox.Faults {
			n := 0
			return sandbox.Faults{Before: func(op string) error {
				if n++; op == "refund" && n < 4 {
					return context.DeadlineExceeded
				}
				return nil
			}}
		},
		"callbacks are lost":       func() sandbox.Faults { return sandbox.Faults{Lose: func(string) bool { return true }} },
		"callbacks come thrice":    func() sandbox.Faults { return sandbox.Faults{Copies: func(string) int { return 2 }} },
		"callbacks come backwards": func() sandbox.Faults { return sandbox.Faults{Reverse: true} },
		"callbacks are late":       func() sandbox.Faults { return sandbox.Faults{Delay: func(string) time.Duration { return time.Minute }} },
		"the refund takes long": func() sandbox.Faults {
			n := 0
			return sandbox.Faults{Refund: func(string) string {
				if n++; n < 6 {
					return "processing"
				}
				return ""
			}}
		},
		"the first number is given up": func() sandbox.Faults {
			return sandbox.Faults{Refund: func(number string) string {
				if strings.HasSuffix(number, "-R1") {
					return "closed"
				}
				return ""
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			o, number := s.paid(2)
			s.gate.SetFaults(faults())
			s.settle()
			s.Clock.Forward(10 * time.Hour)
			for range 3 {
				s.settle()
			}
			s.refundedOnce(o, number)
		})
	}
}

// refundedOnce asks both books: the gateway's and ours.
func (s *shop) refundedOnce(o domain.OrderRecord, number string) {
	s.T.Helper()
	pg, err := s.DB.Sandbox().SandboxTrade(s.T.Context(), number)
	s.Must(err)
	var back int64
	for _, f := range pg.Refunds {
		if f.State == "succeeded" {
			back += f.Amount
		}
	}
	if back != 5980 || s.log("refund_succeeded") != 1 {
		s.T.Errorf("the gateway returned %d in %+v", back, pg.Refunds)
	}
	got := s.Order(o.ID)
	if got.State != domain.OrderFailed || got.Refunded != money.Yuan(5980) || got.RefundDue.IsPositive() {
		s.T.Errorf("our order is %s, %s refunded, %s due", got.State, got.Refunded, got.RefundDue)
	}
	team, err := s.Desk.Team(s.T.Context(), o.Team)
	s.Must(err)
	if team.State != domain.TeamFailed {
		s.T.Errorf("the team is %s", team.State)
	}
}

func TestAbnormalRefundIsAPersonsAndThenGoesThrough(t *testing.T) {
	t.Parallel()
	s := open(t)
	o, number := s.paid(2)
	s.gate.SetFaults(sandbox.Faults{Refund: func(string) string { return "abnormal" }})
	s.settle()
	s.Clock.Forward(10 * time.Hour)
	s.settle()
	stuck, err := s.Desk.StuckRefunds(t.Context(), 10)
	s.Must(err)
	if len(stuck) != 1 || stuck[0].State != domain.RefundAbnormal {
		t.Fatalf("stuck: %+v", stuck)
	}
	s.gate.SetFaults(sandbox.Faults{})
	boss := s.Person("站长")
	s.Grant(boss, domain.RoleOperator, "")
	if a, err := s.Desk.RetryRefund(t.Context(), domain.RetryRefund{Ask: s.Ask(boss), Deal: o.Deal, Refund: stuck[0].ID}); err != nil || a.Refusal != nil {
		t.Fatal(a, err)
	}
	s.settle()
	s.refundedOnce(o, number)
}

// TestRefundBeforePay: the refund's callback overtakes the payment's, which we know by asking.
func TestRefundBeforePay(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.gate.SetFaults(sandbox.Faults{Delay: func(kind string) time.Duration {
		if kind == "payment" {
			return 24 * time.Hour
		}
		return 0
	}})
	o, number := s.paid(2)
	s.Clock.Forward(90 * time.Second)
	s.Work() // asks the gateway about the silent payment
	if got := s.Order(o.ID); got.State != domain.OrderWaiting {
		t.Fatalf("asked, and still %s", got.State)
	}
	s.Clock.Forward(10 * time.Hour)
	s.settle()
	s.refundedOnce(o, number)
	s.Clock.Forward(24 * time.Hour)
	s.settle()
	s.refundedOnce(o, number)
}

// TestPaidAfterClosing: the hold is over, the money lands anyway, and goes back.
func TestPaidAfterClosing(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.gate.SetFaults(sandbox.Faults{PayLate: true, Lose: func(string) bool { return true }})
	sheet := s.Post(func(*domain.PostCommand) {})
	o := s.Join(sheet, s.Person("小明"), 2)
	number, _ := s.StartPayment(o)
	s.Clock.Forward(21 * time.Minute)
	for range 2 {
		if _, err := s.Desk.CloseUnpaid(t.Context(), sheet.Deal.ID, 100); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Order(o.ID); got.State != domain.OrderUnpaid {
		t.Fatalf("unpaid after its window: %s", got.State)
	}
	s.Must(s.gate.Pay(t.Context(), number))
	s.settle()
	pg, err := s.DB.Sandbox().SandboxTrade(t.Context(), number)
	s.Must(err)
	if len(pg.Refunds) != 1 || pg.Refunds[0].Amount != 5980 || pg.Refunds[0].State != "succeeded" {
		t.Errorf("late money: %+v", pg.Refunds)
	}
	if got := s.Order(o.ID); got.State != domain.OrderUnpaid || got.Paid.IsPositive() {
		t.Errorf("the order took late money: %s %s", got.State, got.Paid)
	}
}
