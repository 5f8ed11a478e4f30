package crash

import (
	"fmt"
	"slices"
	"strings"
)

// The states of orders that hold, or held until their team failed, seat and stock.
const (
	alive  = "('placed', 'paid_waiting', 'awaiting_payment', 'confirmed', 'ready', 'received')"
	seated = "('placed', 'paid_waiting', 'awaiting_payment', 'confirmed', 'ready', 'received', 'failed')"
)

// check compares what people were told with what SQL holds and what the gateway wrote down. It knows nothing of the
// program but its tables.
func (w *world) check() (faults []string) {
	w.t.Helper()
	w.faults = nil
	w.checkHistory()
	w.checkPayments()
	w.found = w.checkPlatform()
	for _, law := range laws {
		w.law(law.name, law.query)
	}
	return w.faults
}

// fault notes something that must not be.
func (w *world) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// harms are corruptions that the checker must see, each with what undoes it. The last one cannot be undone.
var harms = []struct{ name, do, undo string }{
	{"an order grows", "UPDATE orders SET shares = shares + 1 WHERE id = ?", "UPDATE orders SET shares = shares - 1 WHERE id = ?"},
	{"an order changes hands", "UPDATE orders SET shopper = shopper || '!' WHERE id = ?", "UPDATE orders SET shopper = substr(shopper, 1, length(shopper) - 1) WHERE id = ?"},
	{"an order is lost", "UPDATE orders SET serial = serial + 1000 WHERE id = ?", "UPDATE orders SET serial = serial - 1000 WHERE id = ?"},
	{"a failed order lives on", "UPDATE orders SET state = 'confirmed' WHERE id = ?", "UPDATE orders SET state = 'failed' WHERE id = ?"},
	{"an answer is forgotten", "UPDATE order_events SET message_key = message_key || '!' WHERE order_id = ?", "UPDATE order_events SET message_key = substr(message_key, 1, length(message_key) - 1) WHERE order_id = ?"},
	{"a refund is open", "UPDATE refunds SET state = 'sent' WHERE deal = (SELECT deal FROM orders WHERE id = ?)", "UPDATE refunds SET state = 'succeeded' WHERE deal = (SELECT deal FROM orders WHERE id = ?)"},
	{"the gateway gave less back", "UPDATE sandbox_refunds SET amount_fen = amount_fen - 1 WHERE ? <> ''", "UPDATE sandbox_refunds SET amount_fen = amount_fen + 1 WHERE ? <> ''"},
	{"the gateway took what we do not know of", "UPDATE payments SET number = number || '!' WHERE ? <> ''", "UPDATE payments SET number = substr(number, 1, length(number) - 1) WHERE ? <> ''"},
	{"somebody is not told", "UPDATE outbox SET state = 'dropped' WHERE kind = 'failed' AND order_id = ?", "UPDATE outbox SET state = 'sent' WHERE kind = 'failed' AND order_id = ?"},
	{"a message waits", "UPDATE web_messages SET handled_at = -handled_at WHERE author <> '' AND ? <> ''", "UPDATE web_messages SET handled_at = -handled_at WHERE author <> '' AND ? <> ''"},
	{"money appears", "INSERT INTO postings SELECT transfer, 99, account, currency, 5 FROM postings WHERE seq = 0 AND ? <> '' LIMIT 1", ""},
}

// checkTheChecker plants corruptions and wants each to be seen. SQLite only: its statements are written for it.
func (w *world) checkTheChecker() {
	w.t.Helper()
	var order string
	w.must(w.eye.QueryRowContext(w.t.Context(), "SELECT id FROM orders WHERE state = 'failed' AND paid_fen > 0 AND refunded_fen = paid_fen LIMIT 1").Scan(&order))
	for _, h := range harms {
		w.exec(h.do, order)
		if found := w.check(); len(found) == 0 {
			w.t.Errorf("nobody saw that %s", h.name)
		}
		if h.undo != "" {
			w.exec(h.undo, order)
			for _, f := range w.check() {
				w.t.Errorf("after undoing that %s: %s", h.name, f)
			}
		}
	}
}

// laws are queries that must find nothing.
var laws = []struct{ name, query string }{
	{"a team holds more shares than its cap", `SELECT t.id, t.cap, SUM(o.shares) FROM teams t JOIN orders o ON o.team = t.id
		WHERE t.cap > 0 AND t.cap_unit = 'shares' AND o.state IN ` + seated + ` GROUP BY t.id, t.cap HAVING SUM(o.shares) > t.cap`},
	{"a team holds more people than its cap", `SELECT t.id, t.cap, COUNT(DISTINCT o.shopper) FROM teams t JOIN orders o ON o.team = t.id
		WHERE t.cap > 0 AND t.cap_unit = 'people' AND o.state IN ` + seated + ` GROUP BY t.id, t.cap HAVING COUNT(DISTINCT o.shopper) > t.cap`},
	{"more is sold than there is", `SELECT i.id, i.stock, SUM(l.ordered) FROM deal_items i JOIN order_lines l ON l.item = i.id JOIN orders o ON o.id = l.order_id
		WHERE i.stock >= 0 AND o.state IN ` + seated + ` GROUP BY i.id, i.stock HAVING SUM(l.ordered) > i.stock`},
	{"what an item holds is not what live orders hold", `SELECT i.id, i.held, COALESCE(SUM(l.ordered), 0) FROM deal_items i
		LEFT JOIN (SELECT l.item, l.ordered FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.state IN ` + alive + `) l ON l.item = i.id
		GROUP BY i.id, i.held HAVING i.held <> COALESCE(SUM(l.ordered), 0)`},
	{"somebody has more than the limit per person", `SELECT o.deal, o.shopper, SUM(o.shares) FROM orders o JOIN deals d ON d.id = o.deal
		WHERE d.terms LIKE '%"limit_person":4%' AND o.state IN ` + seated + ` GROUP BY o.deal, o.shopper HAVING SUM(o.shares) > 4`},
	{"somebody has more of an item than its limit", `SELECT i.id, o.shopper, SUM(l.ordered) FROM deal_items i JOIN order_lines l ON l.item = i.id JOIN orders o ON o.id = l.order_id
		WHERE i.per_person > 0 AND o.state IN ` + seated + ` GROUP BY i.id, i.per_person, o.shopper HAVING SUM(l.ordered) > i.per_person`},
	{"an order's shares are not its lines'", `SELECT o.id, o.shares, COALESCE(SUM(l.ordered), 0) FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
		GROUP BY o.id, o.shares HAVING o.shares <> COALESCE(SUM(l.ordered), 0)`},
	{"a team's count is not its orders'", `SELECT t.id, t.live_shares, COALESCE(SUM(o.shares), 0) FROM teams t
		LEFT JOIN (SELECT team, shares FROM orders WHERE state IN ` + alive + `) o ON o.team = t.id GROUP BY t.id, t.live_shares HAVING t.live_shares <> COALESCE(SUM(o.shares), 0)`},
	{"a message took effect twice", `SELECT channel, account, message_key, idx, COUNT(*) FROM order_events GROUP BY channel, account, message_key, idx HAVING COUNT(*) > 1`},
	{"a number was given out twice", `SELECT deal, serial, COUNT(*) FROM orders GROUP BY deal, serial HAVING COUNT(*) > 1`},
	{"a number is above the last one given out", `SELECT o.id FROM orders o JOIN deals d ON d.id = o.deal WHERE o.serial > d.next_serial`},
	{"a team is not decided", `SELECT id, state FROM teams WHERE state NOT IN ('formed', 'failed', 'cancelled')`},
	{"a team is not fanned out", `SELECT id, state FROM teams WHERE fanned_out = 0`},
	{"a failed team holds somebody", `SELECT t.id, o.id, o.state FROM teams t JOIN orders o ON o.team = t.id WHERE t.state = 'failed' AND o.state IN ` + alive},
	{"a formed team has orders that are not told", `SELECT t.id, o.id, o.state FROM teams t JOIN orders o ON o.team = t.id WHERE t.state = 'formed' AND o.state IN ('placed', 'paid_waiting', 'failed')`},
	{"a team formed with less than it needs", `SELECT id, threshold, paid_shares, paid_people FROM teams t WHERE state = 'formed' AND completion = 'real'
		AND deal IN (SELECT id FROM deals WHERE pay = 'at_join') AND ((threshold_unit = 'shares' AND paid_shares < threshold) OR (threshold_unit = 'people' AND paid_people < threshold))`},
	{"a transfer does not sum to zero", `SELECT transfer, currency, SUM(amount_fen) FROM postings GROUP BY transfer, currency HAVING SUM(amount_fen) <> 0`},
	{"a transfer has less than two legs", `SELECT t.id FROM transfers t LEFT JOIN postings p ON p.transfer = t.id GROUP BY t.id HAVING COUNT(p.transfer) < 2`},
	{"a posting has no transfer", `SELECT p.transfer FROM postings p LEFT JOIN transfers t ON t.id = p.transfer WHERE t.id IS NULL`},
	{"money stayed on an account in between", `SELECT account, SUM(amount_fen) FROM postings WHERE account LIKE 'unapplied/%' OR account LIKE 'refund_pending/%' OR account LIKE 'refunding/%'
		GROUP BY account HAVING SUM(amount_fen) <> 0`},
	{"a failed deal kept money", `SELECT p.account, SUM(p.amount_fen) FROM postings p JOIN deals d ON p.account = ` + concat + ` WHERE d.state = 'failed' GROUP BY p.account HAVING SUM(p.amount_fen) <> 0`},
	{"a refund is not over", `SELECT id, number, state, last_reason FROM refunds WHERE state <> 'succeeded'`},
	{"the gateway refunded what we know nothing of", `SELECT s.number FROM sandbox_refunds s LEFT JOIN refunds r ON r.number = s.number WHERE r.id IS NULL OR r.amount_fen <> s.amount_fen`},
	{"we have a refund that the gateway did not do", `SELECT r.number FROM refunds r LEFT JOIN sandbox_refunds s ON s.number = r.number AND s.state = 'succeeded' WHERE s.number IS NULL`},
	{"the gateway did a refund twice", `SELECT number, COUNT(*) FROM sandbox_log WHERE what = 'refund_succeeded' GROUP BY number HAVING COUNT(*) <> 1`},
	{"the gateway took money twice for one number", `SELECT trade, COUNT(*) FROM sandbox_log WHERE what = 'paid' GROUP BY trade HAVING COUNT(*) <> 1`},
	{"more went back than was paid", `SELECT t.number, t.amount_fen, SUM(r.amount_fen) FROM sandbox_trades t JOIN sandbox_refunds r ON r.trade = t.number
		GROUP BY t.number, t.amount_fen HAVING SUM(r.amount_fen) > t.amount_fen`},
	{"the gateway took money that we do not know of", `SELECT s.number FROM sandbox_trades s LEFT JOIN payments p ON p.number = s.number AND p.state = 'paid' AND p.amount_fen = s.amount_fen AND p.transaction_no = s.transaction_no
		WHERE s.state = 'paid' AND p.id IS NULL`},
	{"we believe in money that the gateway does not have", `SELECT p.number FROM payments p LEFT JOIN sandbox_trades s ON s.number = p.number AND s.state = 'paid' WHERE p.state = 'paid' AND s.number IS NULL`},
	{"an order that is over was not paid back in full", `SELECT o.id, o.state, m.paid, m.back FROM orders o JOIN (` + moneyOfOrders + `) m ON m.order_id = o.id
		WHERE o.state IN ('failed', 'cancelled', 'left', 'removed', 'closed_unpaid') AND m.paid <> m.back`},
	{"an order in a formed team got money back that it owes, or keeps too much", `SELECT o.id, o.state, o.total_fen, m.paid, m.back FROM orders o JOIN (` + moneyOfOrders + `) m ON m.order_id = o.id
		WHERE o.state IN ('confirmed', 'ready', 'received') AND m.paid - m.back <> o.total_fen`},
	{"an order says another sum than the gateway", `SELECT o.id, o.state, o.paid_fen, o.refunded_fen, o.refund_due_fen FROM orders o
		WHERE o.refund_due_fen <> 0 OR (o.state IN ('failed', 'left') AND o.paid_fen <> o.refunded_fen)`},
	{"an orphan", `SELECT gateway, number FROM orphans`},
	{"a callback was not taken", `SELECT id FROM sandbox_calls WHERE delivered_at = 0`},
	{"a notice was not sent", `SELECT id, kind, state, last_reason, account, chat, due_at FROM outbox WHERE state NOT IN ('sent', 'dropped')`},
	{"somebody of a failed team was not told", `SELECT o.id FROM orders o LEFT JOIN outbox n ON n.order_id = o.id AND n.kind = 'failed' AND n.state = 'sent' WHERE o.state = 'failed' AND n.id IS NULL`},
	{"a refund that arrived was not told", `SELECT r.id FROM refunds r LEFT JOIN outbox n ON n.refund = r.id AND n.kind = 'refund_arrived' AND n.state = 'sent' WHERE r.state = 'succeeded' AND n.id IS NULL`},
	{"a failure was told twice", `SELECT room, COUNT(*), MAX(f.n) FROM web_messages JOIN web_members s USING (room) JOIN identities i ON i.external = s.person
		JOIN (SELECT account, COUNT(*) AS n FROM outbox WHERE kind = 'failed' AND account <> '' GROUP BY account) f ON f.account = i.account
		WHERE room LIKE 'p%' AND author = '' AND body LIKE '%"code":"failed"%' GROUP BY room HAVING COUNT(*) <> MAX(f.n)`},
	{"an acknowledged update was never handled", `SELECT source, event_key, attempts, last_reason FROM inbox WHERE done = 0`},
	{"an acknowledged update was given up", `SELECT source, event_key, attempts, last_reason FROM inbox WHERE last_reason = 'gave_up'`},
	{"a message was never handled", `SELECT id FROM web_messages WHERE author <> '' AND handled_at <= 0`},
}

// concat is the ledger account of a deal; moneyOfOrders what the gateway took and gave back for each order. A payment of
// our people is for one order.
const (
	concat        = "CONCAT('deal/', d.id)"
	moneyOfOrders = `SELECT pp.order_id, SUM(s.amount_fen) AS paid, SUM(COALESCE(b.back, 0)) AS back FROM payment_parts pp JOIN payments p ON p.id = pp.payment
		JOIN sandbox_trades s ON s.number = p.number AND s.state = 'paid'
		LEFT JOIN (SELECT trade, SUM(amount_fen) AS back FROM sandbox_refunds WHERE state = 'succeeded' GROUP BY trade) b ON b.trade = s.number GROUP BY pp.order_id`
)

// law notes every row that a query finds.
func (w *world) law(name, query string) {
	w.t.Helper()
	if w.maria == nil {
		query = strings.ReplaceAll(query, concat, "'deal/' || d.id")
	}
	rows, err := w.eye.QueryContext(w.t.Context(), query)
	if err != nil {
		w.fault("%s: %v", name, err)
		return
	}
	defer rows.Close()
	columns, err := rows.Columns()
	w.must(err)
	for n := 0; rows.Next(); n++ {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new([]byte)
		}
		w.must(rows.Scan(cells...))
		if n == 8 {
			w.fault("%s: and more", name)
			break
		}
		var said []string
		for i, c := range cells {
			said = append(said, fmt.Sprintf("%s=%s", columns[i], *c.(*[]byte)))
		}
		w.fault("%s: %s", name, strings.Join(said, " "))
	}
	w.must(rows.Err())
}

// orderRow is what SQL holds of an order.
type orderRow struct {
	shopper, state string
	shares         int64
}

// checkHistory holds what people were told against SQL: what was acknowledged is there, once, and nothing else is.
func (w *world) checkHistory() {
	w.t.Helper()
	orders, events := w.orders(), w.events()
	acknowledged := map[string]int64{}
	for _, p := range w.people {
		for _, o := range p.odd {
			w.fault("%s: %s", p.id, o)
		}
		want := map[string]int64{}
		for _, s := range p.history {
			name := fmt.Sprintf("%s/%d", s.deal, s.serial)
			did, known := events[s.key]
			switch s.code {
			case "joined":
				want[name] += s.qty
			case "changed":
				want[name] = s.qty
			case "left":
				want[name] = -1
			case "busy":
				if known {
					w.fault("%s was told that nothing was recorded, but %s of %s was: %s", p.id, s.what, s.deal, did)
				}
				continue
			}
			if slices.Contains([]string{"joined", "changed", "left"}, s.code) && did != s.code {
				w.fault("%s was told %q of message %s, SQL has %q", p.id, s.code, s.key, did)
			}
			if known && did != s.code && did != "refused" && did != "payment_started" { // what was begun may be over by the time it is said
				w.fault("%s was told %q of message %s, but it did %q", p.id, s.code, s.key, did)
			}
		}
		for name, qty := range want {
			if code, unnamed := strings.CutSuffix(name, "/0"); unnamed {
				name = onlyOther(orders, want, code, p.account)
			}
			o, ok := orders[name]
			switch {
			case !ok || o.shopper != p.account:
				w.fault("LOST: %s was told of order %s with %d, SQL has %+v; heard %s", p.id, name, qty, o, p.heard(name))
			case qty < 0 && o.state != "left":
				w.fault("%s left order %s, SQL says %s", p.id, name, o.state)
			case qty >= 0 && (o.shares != qty || o.state == "left"):
				w.fault("%s was told of %d in order %s, SQL has %d, %s", p.id, qty, name, o.shares, o.state)
			}
			acknowledged[name] = qty
		}
	}
	for name, o := range orders {
		if _, ok := acknowledged[name]; !ok {
			w.fault("order %s is nobody's: %+v", name, o)
		}
	}
}

func (w *world) orders() map[string]orderRow {
	w.t.Helper()
	rows, err := w.eye.QueryContext(w.t.Context(), "SELECT d.code, o.serial, o.shopper, o.state, o.shares FROM orders o JOIN deals d ON d.id = o.deal WHERE NOT EXISTS (SELECT 1 FROM identities i WHERE i.account = o.shopper AND i.channel = 'wechat')")
	w.must(err)
	defer rows.Close()
	found := map[string]orderRow{}
	for rows.Next() {
		var code string
		var serial int64
		var o orderRow
		w.must(rows.Scan(&code, &serial, &o.shopper, &o.state, &o.shares))
		found[fmt.Sprintf("%s/%d", code, serial)] = o
	}
	w.must(rows.Err())
	return found
}

func (w *world) events() map[string]string {
	w.t.Helper()
	rows, err := w.eye.QueryContext(w.t.Context(), "SELECT message_key, did FROM order_events WHERE channel = 'web'")
	w.must(err)
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var key, did string
		w.must(rows.Scan(&key, &did))
		found[key] = did
	}
	w.must(rows.Err())
	return found
}

// checkPayments: money that the cashier took is known to the gateway.
func (w *world) checkPayments() {
	w.t.Helper()
	for _, p := range w.people {
		for _, number := range p.paid {
			if n := w.number("SELECT COUNT(*) FROM sandbox_trades WHERE number = ? AND state = 'paid'", number); n != 1 {
				w.fault("%s paid %s, the gateway has it %d times", p.id, number, n)
			}
		}
	}
}

// heard is what a person was told of an order.
func (p *person) heard(name string) string {
	var sb strings.Builder
	for _, s := range p.history {
		if fmt.Sprintf("%s/%d", s.deal, s.serial) == name {
			fmt.Fprintf(&sb, "%s %d: %s %q; ", s.what, s.qty, s.code, s.text)
		}
	}
	return sb.String()
}

// onlyOther is the order of a person in a deal that they were not told the number of.
func onlyOther(orders map[string]orderRow, told map[string]int64, code, account string) string {
	for name, o := range orders {
		if _, known := told[name]; !known && o.shopper == account && strings.HasPrefix(name, code+"/") {
			return name
		}
	}
	return code + "/0"
}
