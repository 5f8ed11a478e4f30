package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tuanbot/domain"
)

// What no look at a single deal can see. Each check is one statement; what it finds is named by table and id.

// tooLate is how long work that is due may lie around before the audit says so.
const tooLate = 5 * time.Minute

// mostPerCheck keeps a database that is broken from end to end from filling the report.
const mostPerCheck = 200

func (a *auditor) whole() error {
	for _, step := range []func() error{a.strays, a.states, a.duplicates, a.moneyTypes, a.trail, a.late, a.aside, a.ledger, a.privacy, a.links} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// find says a violation for each row of a query whose first column is an id and whose second, if any, is the detail.
func (a *auditor) find(code, about, query string, args ...any) (err error) {
	rows, err := a.raw.QueryContext(a.ctx, fmt.Sprintf("%s LIMIT %d", query, mostPerCheck), a.adapt(args)...)
	if err != nil {
		return fmt.Errorf("check %s of %s: %w", code, about, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, detail string
		if err := rows.Scan(&id, &detail); err != nil {
			return fmt.Errorf("check %s of %s: %w", code, about, err)
		}
		if err := a.say(code, id, strings.TrimSpace(about+" "+detail)); err != nil {
			return err
		}
	}
	return rows.Err()
}

// adapt turns lists of words of the domain into plain values.
func (a *auditor) adapt(args []any) []any {
	out := make([]any, len(args))
	for i, v := range args {
		out[i] = fmt.Sprint(v)
		if n, ok := v.(int64); ok {
			out[i] = n
		}
	}
	return out
}

// strays are parts whose whole is not there.
func (a *auditor) strays() error {
	for _, s := range []struct{ child, id, column, parent, key string }{
		{"orders", "c.id", "deal", "deals", "id"},
		{"orders", "c.id", "team", "teams", "id"},
		{"teams", "c.id", "deal", "deals", "id"},
		{"deal_items", "c.id", "deal", "deals", "id"},
		{"deal_chats", "c.chat", "deal", "deals", "id"},
		{"deal_versions", "c.deal", "deal", "deals", "id"},
		{"waiting", "c.id", "deal", "deals", "id"},
		{"summaries", "c.id", "deal", "deals", "id"},
		{"arrivals", "c.deal", "deal", "deals", "id"},
		{"check_offs", "c.id", "order_id", "orders", "id"},
		{"order_lines", "c.order_id", "order_id", "orders", "id"},
		{"order_line_prices", "c.order_id", "order_id", "orders", "id"},
		{"order_dues", "c.order_id", "order_id", "orders", "id"},
		{"payments", "c.id", "deal", "deals", "id"},
		{"payment_parts", "c.payment", "payment", "payments", "id"},
		{"payment_parts", "c.payment", "order_id", "orders", "id"},
		{"refunds", "c.id", "payment", "payments", "id"},
		{"refund_parts", "c.refund", "refund", "refunds", "id"},
		{"refund_parts", "c.refund", "order_id", "orders", "id"},
		{"transfers", "c.id", "deal", "deals", "id"},
		{"postings", "c.transfer", "transfer", "transfers", "id"},
		{"account_links", "c.from_id", "from_id", "accounts", "id"},
		{"account_links", "c.from_id", "to_id", "accounts", "id"},
	} {
		query := fmt.Sprintf("SELECT %s, c.%s FROM %s c WHERE NOT EXISTS (SELECT 1 FROM %s p WHERE p.%s = c.%s)", s.id, s.column, s.child, s.parent, s.key, s.column)
		if err := a.find("stray_part", s.child+" without "+s.parent, query); err != nil {
			return err
		}
	}
	if err := a.find("payment_without_order", "payments", "SELECT p.id, p.number FROM payments p WHERE NOT EXISTS (SELECT 1 FROM payment_parts c WHERE c.payment = p.id)"); err != nil {
		return err
	}
	return a.find("stray_part", "order_lines without price", "SELECT l.order_id, l.id FROM order_lines l "+
		"WHERE l.step = '' AND NOT EXISTS (SELECT 1 FROM order_line_prices p WHERE p.order_id = l.order_id AND p.line = l.id)")
}

// states are words that no table of moves knows.
func (a *auditor) states() error {
	for _, s := range []struct {
		table string
		known []any
	}{
		{"deals", []any{
			domain.DealScheduled, domain.DealOpen, domain.DealLocked, domain.DealFormed, domain.DealFailed, domain.DealCancelled,
			domain.DealFulfilling, domain.DealCompleted,
		}},
		{"teams", []any{
			domain.TeamForming, domain.TeamDeciding, domain.TeamFormed, domain.TeamFailing, domain.TeamFailed, domain.TeamCancelling,
			domain.TeamCancelled,
		}},
		{"orders", []any{
			domain.OrderPlaced, domain.OrderWaiting, domain.OrderAwaiting, domain.OrderConfirmed, domain.OrderReady, domain.OrderReceived,
			domain.OrderLeft, domain.OrderRemoved, domain.OrderUnpaid, domain.OrderFailed, domain.OrderCancelled,
		}},
		{"payments", []any{domain.PaymentPending, domain.PaymentPaid, domain.PaymentClosed}},
		{"refunds", []any{
			domain.RefundDue, domain.RefundSent, domain.RefundProcessing, domain.RefundSucceeded, domain.RefundAbnormal, domain.RefundClosed,
		}},
		{"waiting", []any{domain.WaitQueued, domain.WaitOffered, domain.WaitTaken, domain.WaitExpired, domain.WaitGone}},
		{"outbox", []any{
			domain.DeliveryNew, domain.DeliverySending, domain.DeliverySent, domain.DeliveryDropped, domain.DeliveryKept, domain.DeliveryDead,
		}},
	} {
		query := fmt.Sprintf("SELECT id, state FROM %s WHERE state NOT IN (%s)", s.table, placeholders(len(s.known)))
		if err := a.find("state_unknown", s.table, query, s.known...); err != nil {
			return err
		}
	}
	return nil
}

// duplicates are values that must be unique. Their indexes make sure; the audit does not take their word for it.
func (a *auditor) duplicates() error {
	for _, u := range []struct{ table, columns, where string }{
		{"order_events", "channel, account, message_key, idx", ""},
		{"orders", "deal, serial", ""},
		{"orders", "team, shopper, beneficiary, slot", ""},
		{"orders", "token", ""},
		{"orders", "deal, pickup_code", "pickup_code IS NOT NULL"},
		{"deals", "code", ""},
		{"teams", "token", ""},
		{"payments", "number", ""},
		{"payments", "gateway, transaction_no", "transaction_no IS NOT NULL"},
		{"refunds", "payment, seq", ""},
		{"refunds", "number", ""},
		{"outbox", "dedup", ""},
		{"summaries", "token", ""},
	} {
		where := ""
		if u.where != "" {
			where = " WHERE " + u.where
		}
		last := u.columns[strings.LastIndex(u.columns, " ")+1:]
		query := fmt.Sprintf("SELECT %s, COUNT(*) FROM %s%s GROUP BY %s HAVING COUNT(*) > 1", last, u.table, where, u.columns)
		if err := a.find("duplicate_key", u.table+"("+u.columns+")", query); err != nil {
			return err
		}
	}
	return nil
}

// moneyTypes: an amount is a whole number of fen and nothing else. SQLite would keep a fraction in any column; MariaDB
// would not, unless somebody changed the column.
func (a *auditor) moneyTypes() error {
	if a.d.mysql {
		return a.find("money_type", "column", "SELECT CONCAT(table_name, '.', column_name), data_type FROM information_schema.columns "+
			"WHERE table_schema = DATABASE() AND column_name LIKE '%\\_fen' AND data_type <> 'bigint'")
	}
	for _, m := range []struct {
		table, id string
		columns   []string
	}{
		{"orders", "id", []string{"total_fen", "paid_fen", "refund_due_fen", "refunded_fen"}},
		{"order_lines", "order_id", []string{"unit_fen", "final_unit_fen"}},
		{"payments", "id", []string{"amount_fen", "applied_fen", "unapplied_fen", "refund_asked_fen"}},
		{"payment_parts", "payment", []string{"amount_fen"}},
		{"refunds", "id", []string{"amount_fen", "paid_fen"}},
		{"refund_parts", "refund", []string{"amount_fen"}},
		{"postings", "transfer", []string{"amount_fen"}},
		{"teams", "id", []string{"live_fen", "paid_fen"}},
		{"deal_items", "id", []string{"group_fen", "solo_fen", "supply_fen"}},
	} {
		var is []string
		for _, c := range m.columns {
			is = append(is, "typeof("+c+") <> 'integer'")
		}
		query := fmt.Sprintf("SELECT %s, '%s' FROM %s WHERE %s", m.id, strings.Join(m.columns, " "), m.table, strings.Join(is, " OR "))
		if err := a.find("money_type", m.table, query); err != nil {
			return err
		}
	}
	return nil
}

// trail: every order has the event that made it, and versions and clocks of a deal's events only grow. The clock may have
// been set back by a second.
func (a *auditor) trail() error {
	if err := a.find("order_without_event", "orders", "SELECT o.id, o.deal FROM orders o WHERE NOT EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id)"); err != nil {
		return err
	}
	if err := a.find("event_version", "order_events", "SELECT d.id, MAX(e.version) FROM deals d JOIN order_events e ON e.deal = d.id GROUP BY d.id, d.version HAVING MAX(e.version) > d.version"); err != nil {
		return err
	}
	return a.find("event_order", "order_events", "SELECT id, deal FROM (SELECT id, deal, version, at, LAG(version) OVER w AS earlier, LAG(at) OVER w AS before_at "+
		"FROM order_events WHERE version > 0 AND deal <> '' WINDOW w AS (PARTITION BY deal ORDER BY id)) t WHERE version < earlier OR at < before_at - 1000")
}

// late is work that is due and that nobody does: a worker or a whole copy of the program is down.
func (a *auditor) late() error {
	before := a.now - tooLate.Milliseconds()
	for _, l := range []struct{ code, about, query string }{
		{"outbox_late", "outbox", "SELECT id, kind FROM outbox WHERE lane IN (1, 2, 3, 4) AND state = 'new' AND due_at < ?"},
		{"lease_past", "outbox", "SELECT id, owner FROM outbox WHERE lane IN (1, 2, 3, 4) AND state = 'sending' AND due_at < ?"},
		{"lease_past", "refunds", "SELECT id, owner FROM refunds WHERE state IN ('due', 'sent', 'processing') AND lease_until > 0 AND lease_until < ?"},
		{"refund_late", "refunds", "SELECT id, number FROM refunds WHERE state IN ('due', 'sent', 'processing') AND lease_until = 0 AND due_at < ?"},
		{"inbox_late", "inbox", "SELECT event_key, source FROM inbox WHERE done = 0 AND due_at < ?"},
		{"decision_late", "teams", "SELECT id, deal FROM teams WHERE state = 'forming' AND deadline_at < ?"},
		{"decision_late", "teams", "SELECT id, deal FROM teams WHERE state = 'deciding' AND drain_until < ?"},
		{"fan_out_late", "teams", "SELECT id, deal FROM teams WHERE state IN ('formed', 'failing', 'cancelling') AND fanned_out = 0 AND decided_at < ?"},
	} {
		if err := a.find(l.code, l.about, l.query, before); err != nil {
			return err
		}
	}
	return nil
}

// aside is what waits for a person. It is no violation; the report lists it apart.
func (a *auditor) aside() error {
	for _, l := range []struct{ code, about, query string }{
		{domain.NoteDead, "outbox", "SELECT id, CONCAT(kind, ' ', last_reason) FROM outbox WHERE lane = 9 AND state = 'dead'"},
		{domain.NoteKept, "outbox", "SELECT id, kind FROM outbox WHERE lane = 9 AND state = 'kept'"},
		{domain.NoteOrphan, "orphans", "SELECT transaction_no, number FROM orphans WHERE solved_at = 0"},
		{domain.NoteAbnormal, "refunds", "SELECT id, number FROM refunds WHERE state = 'abnormal'"},
	} {
		if !a.d.mysql {
			l.query = strings.Replace(l.query, "CONCAT(kind, ' ', last_reason)", "kind || ' ' || last_reason", 1)
		}
		if err := a.find(l.code, l.about, l.query); err != nil {
			return err
		}
	}
	return nil
}

// ledger: all money together is nothing, in every currency; and the rows that make it so cannot be changed.
func (a *auditor) ledger() error {
	if err := a.find("ledger_sum", "postings", "SELECT currency, SUM(amount_fen) FROM postings GROUP BY currency HAVING SUM(amount_fen) <> 0"); err != nil {
		return err
	}
	query := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('transfers', 'postings')"
	if a.d.mysql {
		query = "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND event_object_table IN ('transfers', 'postings')"
	}
	var n int
	if err := a.raw.QueryRowContext(a.ctx, query).Scan(&n); err != nil {
		return fmt.Errorf("look for triggers: %w", err)
	}
	if n < 4 {
		return a.say("ledger_open", "triggers", fmt.Sprintf("%d of 4 that keep the ledger append-only", n))
	}
	return nil
}

// privacy: a notice holds ids and numbers; whatever looks like a telephone number or is written in another script than ids
// are is somebody's.
func (a *auditor) privacy() (err error) {
	rows, err := a.raw.QueryContext(a.ctx, "SELECT id, num, dedup, last_reason FROM outbox")
	if err != nil {
		return fmt.Errorf("check privacy: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	said := 0
	for rows.Next() && said < mostPerCheck {
		var id, num, dedup, reason string
		if err := rows.Scan(&id, &num, &dedup, &reason); err != nil {
			return fmt.Errorf("check privacy: %w", err)
		}
		if !isPrivate(num, dedup, reason) {
			continue
		}
		said++
		if err := a.say("pii_in_outbox", id, "outbox"); err != nil {
			return err
		}
	}
	return rows.Err()
}

func isPrivate(num, dedup, reason string) bool {
	var numbers map[string]int64
	if num != "" && fromJSON(num, &numbers) != nil {
		return true
	}
	return slices.ContainsFunc([]string{num, dedup, reason}, looksPrivate)
}

// looksPrivate finds a character that no id has, and a mobile number that stands alone: 11 digits, 13… to 19….
func looksPrivate(s string) bool {
	from := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] > 0x7f {
			return true
		}
		if i < len(s) && isWordByte(s[i]) {
			continue
		}
		if isPhone(s[from:i]) {
			return true
		}
		from = i + 1
	}
	return false
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func isPhone(word string) bool {
	if len(word) != 11 || word[0] != '1' || word[1] < '3' {
		return false
	}
	return !strings.ContainsFunc(word, func(r rune) bool { return r < '0' || r > '9' })
}
