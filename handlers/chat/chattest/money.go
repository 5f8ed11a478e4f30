package chattest

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"tuanbot/domain"
)

// paid lets the gateway take a person's money and tell us: their newest payment, open ones first; "twice" pays the same
// number a second time.
func (w *World) paid(rest string) {
	w.t.Helper()
	who, how, _ := strings.Cut(rest, " ")
	p, ok := w.payment(w.account(who).ID, how == "twice")
	if !ok {
		w.t.Fatalf("%s has no payment", who)
	}
	_, err := w.app().desk.PaymentTold(w.ctx, gatewayName, w.gate.pay(p))
	w.must(err)
	w.work()
}

func (w *World) payment(who domain.AccountID, paidToo bool) (domain.PaymentRecord, bool) {
	w.t.Helper()
	orders, err := w.apps[0].desk.OrdersOf(w.ctx, who, 100)
	w.must(err)
	var found []domain.PaymentRecord
	for _, o := range orders {
		ps, err := w.apps[0].desk.PaymentsOfOrder(w.ctx, o.ID)
		w.must(err)
		found = append(found, ps...)
	}
	rank := func(p domain.PaymentRecord) int {
		switch {
		case p.State == domain.PaymentPending:
			return 0
		case p.State == domain.PaymentPaid && !paidToo:
			return 2
		}
		return 1
	}
	if len(found) == 0 {
		return domain.PaymentRecord{}, false
	}
	sort.SliceStable(found, func(i, j int) bool {
		if a, b := rank(found[i]), rank(found[j]); a != b {
			return a < b
		}
		return found[i].Number > found[j].Number
	})
	return found[0], true
}

// refund lets a person's refunds arrive and tells us.
func (w *World) refund(who string) {
	w.t.Helper()
	done := w.gate.arrive(w.account(who).ID)
	if len(done) == 0 {
		w.t.Fatalf("no refund is on its way to %s", who)
	}
	for _, told := range done {
		_, err := w.app().desk.RefundTold(w.ctx, told)
		w.must(err)
	}
	w.work()
}

// tables sums the rows up that a conversation leaves behind.
func (w *World) tables() []string {
	w.t.Helper()
	d := w.apps[0].desk
	deals, err := d.DealsOf(w.ctx, w.home, 100)
	w.must(err)
	slices.SortFunc(deals, func(a, b domain.DealSheet) int { return strings.Compare(string(a.Deal.ID), string(b.Deal.ID)) })
	var lines []string
	payments, refunds := map[string]int{}, map[string]int{}
	sum, transfers := int64(0), 0
	for _, s := range deals {
		lines = append(lines, w.dealRow(s, payments, refunds))
		ts, err := d.TransfersOf(w.ctx, s.Deal.ID)
		w.must(err)
		transfers += len(ts)
		for _, t := range ts {
			for _, p := range t.Postings {
				sum += p.Amount.Fen()
			}
		}
	}
	lines = append(lines, "payments: "+counts(payments)+" · refunds: "+counts(refunds))
	lines = append(lines, fmt.Sprintf("transfers: %d · postings sum: %d", transfers, sum))
	outbox := map[string]int{}
	for _, st := range []domain.DeliveryState{
		domain.DeliveryNew, domain.DeliverySending, domain.DeliverySent, domain.DeliveryKept, domain.DeliveryDead,
	} {
		ds, err := w.pairs[0].DB.DeliveriesIn(w.ctx, st, 10_000)
		w.must(err)
		for _, n := range ds {
			if n.Kind != domain.NoticeCard {
				outbox[string(st)]++
			}
		}
	}
	return append(lines, "outbox: "+counts(outbox))
}

// dealRow is one deal with its team counts and its orders by state.
func (w *World) dealRow(s domain.DealSheet, payments, refunds map[string]int) string {
	w.t.Helper()
	d := w.apps[0].desk
	orders, err := d.OrdersOfDeal(w.ctx, s.Deal.ID, domain.OrderFilter{})
	w.must(err)
	states := map[string]int{}
	seen := map[domain.PaymentID]bool{}
	for _, o := range orders {
		states[string(o.State)]++
		ps, err := d.PaymentsOfOrder(w.ctx, o.ID)
		w.must(err)
		for _, p := range ps {
			if !seen[p.ID] {
				payments[string(p.State)]++
				seen[p.ID] = true
			}
		}
		rs, err := d.RefundsOfOrder(w.ctx, o.ID)
		w.must(err)
		for _, r := range rs {
			refunds[string(r.State)]++
		}
	}
	var teams []string
	for _, t := range s.Teams {
		teams = append(teams, fmt.Sprintf("%s %d people %d shares", t.State, t.Live.People, t.Live.Shares))
	}
	sort.Strings(teams)
	events, err := d.EventsOfDeal(w.ctx, s.Deal.ID, 10_000)
	w.must(err)
	done := 0
	for _, e := range events {
		if e.Answer.Refusal == nil {
			done++ // a "full" that was told from memory leaves no event, so that refusals cannot be counted
		}
	}
	return fmt.Sprintf("%s %s: orders: %s · teams: %s · events: %d", s.Deal.Code, s.Deal.State, counts(states), strings.Join(teams, ", "), done)
}

func counts(m map[string]int) string {
	if len(m) == 0 {
		return "none"
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%d %s", m[k], k))
	}
	return strings.Join(parts, ", ")
}
