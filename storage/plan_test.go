package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"tuanbot/storage/storagetest/engines"
)

// TestTheClockReadsIndexes: what the workers ask every second must not read whole tables. SQLite says how it would look;
// a SCAN without an index is a whole table.
func TestTheClockReadsIndexes(t *testing.T) {
	t.Parallel()
	p := engines.SQLite(t)
	_, read := p.DB.Pools()
	for what, query := range map[string]string{
		"forming teams":     "SELECT deal FROM teams WHERE state = 'forming' AND deadline_at <= 5",
		"draining teams":    "SELECT deal FROM teams WHERE state = 'deciding' AND drain_until <= 5",
		"deals to open":     "SELECT id FROM deals WHERE state = 'scheduled' AND opens_at <= 5",
		"deals to close":    "SELECT id FROM deals WHERE state = 'open' AND deadline_at <= 5",
		"fan-out":           "SELECT deal FROM teams WHERE state IN ('formed', 'failing') AND fanned_out = 0",
		"a page of fan-out": "SELECT shopper FROM orders WHERE team IN ('a', 'b') AND COALESCE(state, '') IN ('placed', 'paid_waiting') LIMIT 5",
		"unpaid orders":     "SELECT deal FROM orders WHERE state IN ('placed', 'awaiting_payment') AND pay_due_at > 0 AND pay_due_at <= 5",
		"old offers":        "SELECT deal FROM waiting WHERE state = 'offered' AND offered_until <= 5",
		"arrivals":          "SELECT deal FROM arrivals WHERE done = 0",
		"summaries":         "SELECT id FROM deals WHERE state IN ('formed', 'fulfilling') AND summaries = 0",
		"due refunds":       "SELECT id FROM refunds WHERE state = 'due' AND due_at <= 5 AND lease_until <= 5 ORDER BY due_at LIMIT 5",
		"payments to check": "SELECT id FROM payments WHERE check_at > 0 AND check_at <= 5 ORDER BY check_at LIMIT 5",
		"due deliveries":    "SELECT id FROM outbox WHERE lane = 1 AND due_at <= 5 ORDER BY due_at, id LIMIT 5",
		"cards of a chat":   "SELECT MAX(id) FROM outbox WHERE chat IN ('a', 'b') AND kind = 'card' AND lane > 0 AND lane < 9",
		"kept for a person": "SELECT id FROM outbox WHERE account = 'a' AND lane = 9",
		"what can go":       "SELECT id FROM outbox WHERE lane = 0 AND due_at < 5",
		"orders of people":  "SELECT id FROM orders WHERE deal = 'd' AND shopper IN ('a', 'b')",
		"stored keys":       "SELECT id FROM order_events WHERE channel = 'c' AND account = 'a' AND idx = 0 AND message_key IN ('a', 'b')",
		"last deal":         "SELECT deal FROM order_events WHERE by_account = 'a' ORDER BY id DESC LIMIT 1",
		"payments of order": "SELECT payment FROM payment_parts WHERE order_id IN ('a')",
	} {
		rows, err := read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(plan)
		if strings.Contains(text, "SCAN") || !strings.Contains(text, "USING") || strings.Contains(text, "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("%s: %s", what, text)
		}
	}
}
