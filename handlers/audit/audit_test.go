package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tuanbot/domain"
	"tuanbot/handlers/audit"
	"tuanbot/storage/storagetest/engines"
)

// corruption is one lie in the books: how it is planted, and the code that must name it. Plant returns how to take it back.
type corruption struct {
	code  string
	name  string
	plant func(w *town) (restore func())
}

// set changes one column of the rows that match and remembers what was there; all of them must have had the same.
func set(table, column, where string, to func(old any) any, args func(w *town) []any) func(*town) func() {
	return func(w *town) func() {
		as := args(w)
		old := w.value("SELECT MAX("+column+") FROM "+table+" WHERE "+where, as...)
		w.sql("UPDATE "+table+" SET "+column+" = ? WHERE "+where, append([]any{to(old)}, as...)...)
		return func() { w.sql("UPDATE "+table+" SET "+column+" = ? WHERE "+where, append([]any{old}, as...)...) }
	}
}

func plus(n int64) func(any) any {
	return func(old any) any {
		if s, ok := old.(string); ok { // MariaDB's MAX of a number comes as text
			var v int64
			if _, err := fmt.Sscan(s, &v); err != nil {
				panic(err)
			}
			return v + n
		}
		return old.(int64) + n
	}
}

func to(v any) func(any) any { return func(any) any { return v } }

func none(*town) []any { return nil }

func deal(of func(w *town) domain.DealSheet) func(*town) []any {
	return func(w *town) []any { return []any{string(of(w).Deal.ID)} }
}

func formed(w *town) domain.DealSheet { return w.formed }
func failed(w *town) domain.DealSheet { return w.failed }
func gone(w *town) domain.DealSheet   { return w.cancelled }
func open(w *town) domain.DealSheet   { return w.open }

// ghost adds a copy of a row under another key.
func ghost(table, key, columns string) func(*town) func() {
	return func(w *town) func() {
		rest := strings.Split(columns, ", ")
		w.sql("INSERT INTO " + table + " (" + key + ", " + columns + ") SELECT 'ghost', " + strings.Join(rest, ", ") + " FROM " + table + " LIMIT 1")
		return func() { w.sql("DELETE FROM " + table + " WHERE " + key + " = 'ghost'") }
	}
}

// unlocked takes the triggers of the ledger away while a change is made, and puts them back.
func unlocked(change func(w *town) func()) func(*town) func() {
	return func(w *town) func() {
		lock := w.dropTrigger("postings_no_update", "UPDATE")
		back := change(w)
		lock()
		return func() {
			lock := w.dropTrigger("postings_no_update", "UPDATE")
			back()
			lock()
		}
	}
}

func (w *town) dropTrigger(name, on string) (restore func()) {
	w.sql("DROP TRIGGER " + name)
	table, _, _ := strings.Cut(name, "_")
	return func() {
		if w.p.DB.IsMySQL() {
			w.sql("CREATE TRIGGER " + name + " BEFORE " + on + " ON " + table + " FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the ledger is append-only'")
			return
		}
		w.sql("CREATE TRIGGER " + name + " BEFORE " + on + " ON " + table + " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END")
	}
}

func corruptions() []corruption {
	const one = " AND shopper = 'ann'"
	return []corruption{
		{domain.BadTeamLive, "a seat too many", set("teams", "live_shares", "deal = ?", plus(1), deal(formed))},
		{domain.BadTeamPaid, "a paid seat too few", set("teams", "paid_people", "deal = ?", plus(-1), deal(formed))},
		{domain.BadTeamRefunds, "a refund forgotten", set("teams", "open_refunds", "deal = ?", plus(-1), deal(gone))},
		{domain.BadTeamState, "decided and undecided", set("teams", "decided_at", "deal = ?", to(0), deal(formed))},
		{domain.BadCap, "more than the cap", set("teams", "cap", "deal = ?", to(1), deal(formed))},
		{domain.BadItemHeld, "goods held twice", set("deal_items", "held", "deal = ?", plus(2), deal(open))},
		{domain.BadItemOffered, "an offer lost", set("deal_items", "offered", "deal = ?", to(0), deal(func(w *town) domain.DealSheet { return w.waiting }))},
		{domain.BadStock, "more than there is", set("deal_items", "stock", "deal = ?", to(1), deal(formed))},
		{domain.BadLimitPerson, "more than one may have", set("deals", "terms", "id = ?", func(old any) any {
			return strings.Replace(old.(string), `"limit_person":5`, `"limit_person":1`, 1)
		}, deal(open))},
		{domain.BadDealCounts, "a team that is not there", set("deals", "open_teams", "id = ?", plus(1), deal(open))},
		{domain.BadDealState, "failed with a formed team", set("deals", "state", "id = ?", to("failed"), deal(formed))},
		{domain.BadSerial, "a number that was never given", set("orders", "serial", "deal = ?"+one, to(900), deal(formed))},
		{domain.BadOrderSum, "another total", set("orders", "total_fen", "deal = ?", plus(1), deal(open))},
		{domain.BadOrderState, "an order left behind", set("orders", "state", "deal = ?"+one, to("placed"), deal(formed))},
		{domain.BadOrderPaid, "money that nobody paid", set("orders", "paid_fen", "deal = ?", plus(100), deal(open))},
		{domain.BadMissingRefund, "a refund that never was", set("orders", "refunded_fen", "deal = ?"+one, to(0), deal(failed))},
		{domain.BadPaymentBack, "less asked back than refunded", set("payments", "refund_asked_fen", "deal = ?", plus(-1), deal(failed))},
		{domain.BadPaymentSplit, "a payment that went nowhere", set("payments", "applied_fen", "deal = ?", plus(-5), deal(open))},
		{domain.BadRefundNumber, "a new number for the same money", set("refunds", "number", "id = (SELECT id FROM (SELECT MIN(id) AS id FROM refunds) m)", to("other"), none)},
		{domain.BadRefundParts, "a part too large", set("refund_parts", "amount_fen", "1 = 1", plus(1), none)},
		{domain.BadTransfer, "a fen from nowhere", unlocked(set("postings", "amount_fen", "seq = 1 AND transfer = (SELECT id FROM transfers WHERE deal = ?)", plus(1), deal(open)))},
		{domain.BadAccount, "money in another pot", unlocked(set("postings", "account", "seq = 1 AND transfer = (SELECT id FROM transfers WHERE deal = ?)", to("deal/other"), deal(open)))},
		{domain.BadTeamVersion, "a team ahead of its deal", set("teams", "version", "deal = ?", plus(1000), deal(open))},
		{"ledger_sum", "money out of nothing", unlocked(set("postings", "amount_fen", "seq = 1 AND transfer = (SELECT id FROM transfers WHERE deal = ?)", plus(7), deal(open)))},
		{"ledger_open", "a ledger that can be rewritten", func(w *town) func() { return w.dropTrigger("transfers_no_delete", "DELETE") }},
		{"stray_part", "a line of no order", ghost("order_lines", "order_id", "id, pos, item, ordered, allocated, collected, refunded, unit_fen, final_unit_fen")},
		{"stray_part", "a line without a price step", set("order_lines", "step", "order_id = (SELECT id FROM orders WHERE deal = ?)", to(""), deal(open))},
		{"payment_without_order", "a payment for nothing", set("payment_parts", "payment", "order_id = (SELECT id FROM orders WHERE deal = ?)", to("nobody"), deal(open))},
		{"order_without_event", "an order out of nowhere", set("order_events", "order_id", "deal = ? AND kind IN ('join', 'start_payment', 'payment_result')", to(""), deal(open))},
		{"event_version", "an event from the future", set("order_events", "version", "deal = ? AND kind = 'join'", to(5000), deal(open))},
		{"event_order", "a clock that ran back", set("order_events", "at", "deal = ? AND kind = 'arrive'", plus(-3_600_000), deal(formed))},
		{"state_unknown", "a state of no table", set("orders", "state", "deal = ?", to("perhaps"), deal(open))},
		{"outbox_late", "a notice that nobody sends", func(w *town) func() {
			w.sql("UPDATE outbox SET lane = 3, state = 'new', due_at = due_at - 600000 WHERE kind = 'formed'")
			return func() {
				w.sql("UPDATE outbox SET lane = 0, state = 'sent', due_at = due_at + 600000 WHERE kind = 'formed'")
			}
		}},
		{"link_loop", "accounts that lead to each other", func(w *town) func() {
			w.sql("INSERT INTO accounts (id) VALUES ('round'), ('about')")
			w.sql("INSERT INTO account_links (from_id, to_id) VALUES ('round', 'about'), ('about', 'round')")
			return func() {
				w.sql("DELETE FROM account_links WHERE from_id IN ('round', 'about')")
				w.sql("DELETE FROM accounts WHERE id IN ('round', 'about')")
			}
		}},
		{"stray_part", "an account that leads nowhere", func(w *town) func() {
			w.sql("INSERT INTO account_links (from_id, to_id) VALUES ('somewhere', 'nowhere')")
			return func() { w.sql("DELETE FROM account_links WHERE to_id = 'nowhere'") }
		}},
		{"pii_in_outbox", "a telephone number", set("outbox", "num", "dedup = (SELECT d FROM (SELECT MIN(dedup) AS d FROM outbox) x)", to(`{"phone":13812345678}`), none)},
		{"pii_in_outbox", "a name", set("outbox", "last_reason", "dedup = (SELECT d FROM (SELECT MIN(dedup) AS d FROM outbox) x)", to("王阿姨不在"), none)},
		{"decision_late", "a team that nobody decides", set("teams", "deadline_at", "deal = ?", plus(-100*3_600_000), deal(open))},
		{"lease_past", "a lease that nobody took up", set("refunds", "lease_until", "deal = ?", to(1), deal(gone))},
	}
}

func codes(t *testing.T, w *town) []string {
	t.Helper()
	r, err := audit.Look(t.Context(), w.p.DB)
	if err != nil {
		t.Fatal(err)
	}
	var cs []string
	for _, v := range r.Violations {
		cs = append(cs, v.Code)
		t.Logf("%s %v: %s", v.Code, v.IDs, v.Detail)
	}
	return cs
}

func TestEveryCorruptionIsNamed(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		w := newTown(t, p)
		if found := codes(t, w); len(found) > 0 {
			t.Fatalf("a healthy town has %v", found)
		}
		for _, c := range corruptions() {
			restore := c.plant(w)
			found := codes(t, w)
			restore()
			if !slices.Contains(found, c.code) {
				t.Errorf("%s: found %v, not %s", c.name, found, c.code)
			}
			if left := codes(t, w); len(left) > 0 {
				t.Fatalf("%s: still %v after it was taken back", c.name, left)
			}
		}
	})
}

func TestAFractionOfAFenIsNamed(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		w := newTown(t, p)
		want := []string{"money_type", "unreadable"}
		if p.DB.IsMySQL() {
			w.sql("ALTER TABLE order_dues MODIFY amount_fen decimal(20, 2) NOT NULL DEFAULT 0")
			want = want[:1]
		} else {
			w.sql("UPDATE orders SET total_fen = 2990.5 WHERE deal = ?", string(w.open.Deal.ID))
		}
		found := codes(t, w)
		for _, code := range want {
			if !slices.Contains(found, code) {
				t.Errorf("found %v, not %s", found, code)
			}
		}
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	w := newTown(t, engines.SQLite(t))
	w.sql("INSERT INTO orphans (gateway, transaction_no, number, currency, amount_fen, at, note, solved_at) VALUES ('bank', 'T9', 'N9', 'CNY', 100, 1, '', 0)")
	var text bytes.Buffer
	n, err := audit.Run(t.Context(), w.p.DB, &text, false)
	if err != nil || n != 0 {
		t.Fatalf("%d violations, %v", n, err)
	}
	for _, want := range []string{"7 deals", "orphan_payment T9", "Clean."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, text.String())
		}
	}
	w.sql("UPDATE teams SET live_shares = live_shares + 1 WHERE deal = ?", string(w.open.Deal.ID))
	var data bytes.Buffer
	n, err = audit.Run(t.Context(), w.p.DB, &data, true)
	var r audit.Report
	if err != nil || n != 1 || json.Unmarshal(data.Bytes(), &r) != nil {
		t.Fatalf("%d violations, %v:\n%s", n, err, data.String())
	}
	if r.Deals != 7 || len(r.Waiting) != 1 || r.Violations[0].Code != domain.BadTeamLive || r.Violations[0].IDs[0] != string(w.open.Deal.ID) {
		t.Errorf("%+v", r)
	}
}
