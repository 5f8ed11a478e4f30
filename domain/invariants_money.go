package domain

import (
	"fmt"
	"strings"

	"tuanbot/domain/money"
)

func (c *checker) orders() {
	serials := map[int64]bool{}
	slots := map[string]bool{}
	for _, o := range c.Orders {
		id := string(o.ID)
		c.must(o.Serial > 0 && o.Serial <= c.Deal.NextSerial && !serials[o.Serial], BadSerial, id, "number %d of %d", o.Serial, c.Deal.NextSerial)
		serials[o.Serial] = true
		slot := fmt.Sprintf("%s/%s/%s/%d", o.Team, o.Shopper, o.Beneficiary, o.Slot)
		c.must(!slots[slot], BadSlot, id, "%s", slot)
		slots[slot] = true
		c.orderSums(o)
		c.orderState(o)
		c.orderBack(o)
	}
}

func (c *checker) orderSums(o OrderRecord) {
	var n, fen int64
	for _, l := range o.Lines {
		n += l.Ordered
		fen += l.Unit.Fen() * l.Ordered
		ok := l.Ordered >= 0 && l.Collected >= 0 && l.Collected <= l.Allocated && l.Allocated <= l.Ordered && l.Refunded >= 0
		c.must(ok, BadOrderLine, string(o.ID), "line %s: ordered %d, allocated %d, collected %d", l.ID, l.Ordered, l.Allocated, l.Collected)
		c.must(o.State != OrderReceived || l.Collected == l.Allocated, BadOrderLine, string(o.ID), "received, but line %s is not", l.ID)
		c.same(l.Unit, string(o.ID))
	}
	c.must(o.Shares == n && o.Total.Fen() == fen, BadOrderSum, string(o.ID), "says %d for %s, lines sum to %d for %d fen", o.Shares, o.Total, n, fen)
	c.must(!o.State.IsLive() || n > 0, BadOrderSum, string(o.ID), "%s without anything in it", o.State)
	for _, a := range []money.Amount{o.Total, o.Paid, o.RefundDue, o.Refunded} {
		c.same(a, string(o.ID))
	}
}

func (c *checker) same(a money.Amount, id string) {
	c.must(a.Currency() == c.Deal.Currency, BadCurrency, id, "%q, not %q", a.Currency(), c.Deal.Currency)
}

// orderState checks an order against its team.
func (c *checker) orderState(o OrderRecord) {
	t, ok := c.teamByID[o.Team]
	if !ok {
		c.must(false, BadOrderState, string(o.ID), "its team %s is not there", o.Team)
		return
	}
	fits := false
	gathering := o.State == OrderPlaced || o.State == OrderWaiting
	switch {
	case !o.State.IsLive():
		fits = (o.State != OrderFailed || t.State == TeamFailing || t.State == TeamFailed) &&
			(o.State != OrderCancelled || t.State == TeamCancelling || t.State == TeamCancelled)
	case t.State == TeamForming, t.State == TeamDeciding:
		fits = gathering
	case t.State == TeamFormed:
		fits = !gathering || !t.FannedOut
	case t.State == TeamFailing:
		fits = gathering && !t.FannedOut
	case t.State == TeamCancelling:
		fits = !t.FannedOut
	}
	c.must(fits, BadOrderState, string(o.ID), "%s in a team that is %s", o.State, t.State)
	paid := o.Pay == PayFull
	c.must(paid == o.Paid.IsPositive(), BadOrderPaid, string(o.ID), "pay is %s, paid %s", o.Pay, o.Paid)
	offline := c.Deal.Terms.Pay == PayOffline
	if o.State == OrderWaiting || (!offline && (o.State == OrderConfirmed || o.State == OrderReady || o.State == OrderReceived)) {
		c.must(paid, BadOrderPaid, string(o.ID), "%s and not paid", o.State)
	}
	c.must(!paid || (o.State != OrderAwaiting && o.State != OrderUnpaid && (offline || o.State != OrderPlaced)), BadOrderPaid, string(o.ID), "%s and paid", o.State)
}

// orderBack checks what was paid against what went back.
func (c *checker) orderBack(o OrderRecord) {
	id := string(o.ID)
	back := o.RefundDue.Fen() + o.Refunded.Fen()
	c.must(o.RefundDue.Fen() >= 0 && o.Refunded.Fen() >= 0 && back <= o.Paid.Fen(), BadOrderBack, id, "%s due and %s returned of %s", o.RefundDue, o.Refunded, o.Paid)
	switch {
	case !o.State.IsLive():
		c.must(back == o.Paid.Fen(), BadMissingRefund, id, "%s: %d of %s fen went back", o.State, back, o.Paid)
	case o.Pay == PayFull:
		c.must(back == o.Paid.Fen()-o.Total.Fen(), BadUnasked, id, "%s: %d fen went back, paid %s for %s", o.State, back, o.Paid, o.Total)
	}
	if c.Deal.Terms.Pay == PayOffline {
		return
	}
	brought, asked, done := c.brought[o.ID], c.asked[o.ID], c.done[o.ID]
	c.must(brought == o.Paid.Fen(), BadOrderPaid, id, "says %s paid, payments brought %d fen", o.Paid, brought)
	c.must(asked == back && done == o.Refunded.Fen(), BadOrderBack, id, "says %d fen back and %s arrived, refunds sum to %d and %d", back, o.Refunded, asked, done)
}

// sumMoney adds up once what payments brought and what refunds take back, per order and per payment.
func (c *checker) sumMoney() {
	for _, p := range c.Payments {
		for _, part := range p.Parts {
			if part.Applied && p.State == PaymentPaid {
				c.brought[part.Order] += part.Amount.Fen()
			}
		}
	}
	for _, f := range c.Refunds {
		if f.State == RefundClosed { // the same money went out again under the next number
			continue
		}
		c.refunded[f.Payment] += f.Amount.Fen()
		pay := Payment{r: c.payByID[f.Payment]}
		for _, part := range f.Parts {
			if !pay.applied(part.Order) {
				continue
			}
			c.asked[part.Order] += part.Amount.Fen()
			if f.State == RefundSucceeded {
				c.done[part.Order] += part.Amount.Fen()
			}
		}
	}
}

func (c *checker) money() {
	transactions := map[string]bool{}
	for _, p := range c.Payments {
		c.payment(p)
		if p.Transaction != "" {
			key := p.Gateway + "/" + p.Transaction
			c.must(!transactions[key], BadTransaction, string(p.ID), "%s", key)
			transactions[key] = true
		}
	}
	c.refunds()
	c.accounts()
}

func (c *checker) payment(p PaymentRecord) {
	id := string(p.ID)
	var parts int64
	for _, part := range p.Parts {
		parts += part.Amount.Fen()
	}
	refunds := c.refunded[p.ID]
	for _, a := range []money.Amount{p.Amount, p.Applied, p.Unapplied, p.RefundAsked} {
		c.same(a, id)
	}
	used := p.Applied.Fen() + p.Unapplied.Fen()
	if p.State == PaymentPaid {
		c.must(used == p.Amount.Fen() && parts == p.Amount.Fen(), BadPaymentSplit, id, "%s paid, %s applied, %s unapplied", p.Amount, p.Applied, p.Unapplied)
	} else {
		c.must(used == 0, BadPaymentSplit, id, "%s, yet %d fen were used", p.State, used)
	}
	ok := p.RefundAsked.Fen() == refunds && refunds <= p.Amount.Fen() && p.Unapplied.Fen() <= refunds
	c.must(ok, BadPaymentBack, id, "%s asked back of %s (%s unapplied), refunds sum to %d fen", p.RefundAsked, p.Amount, p.Unapplied, refunds)
}

func (c *checker) refunds() {
	open := map[TeamID]int64{}
	numbers := map[string]bool{}
	for _, f := range c.Refunds {
		id, p := string(f.ID), c.payByID[f.Payment]
		want := fmt.Sprintf("%s-R%d", p.Number, f.Seq)
		c.must(f.Number == want && f.Seq > 0 && f.Seq <= p.Refunds && !numbers[f.Number], BadRefundNumber, id, "%s, not %s", f.Number, want)
		numbers[f.Number] = true
		c.same(f.Amount, id)
		var sum int64
		seen := map[OrderID]bool{}
		for _, part := range f.Parts {
			sum += part.Amount.Fen()
			c.unasked(f, part)
			if o, ok := c.orderByID[part.Order]; ok && f.State.IsOpen() && !seen[part.Order] {
				seen[part.Order] = true
				open[o.Team]++
			}
		}
		c.must(sum == f.Amount.Fen() && sum > 0, BadRefundParts, id, "%s, parts sum to %d fen", f.Amount, sum)
	}
	for _, t := range c.Teams {
		c.must(t.OpenRefunds == open[t.ID], BadTeamRefunds, string(t.ID), "says %d, there are %d", t.OpenRefunds, open[t.ID])
	}
}

// unasked: a refund for a failed team or a cancelled deal stands only on orders that ended that way.
func (c *checker) unasked(f RefundRecord, part RefundPart) {
	o, ok := c.orderByID[part.Order]
	switch {
	case !ok:
	case f.Why == "team_failed":
		c.must(o.State == OrderFailed, BadUnasked, string(f.ID), "order %s is %s", o.ID, o.State)
	case f.Why == "deal_cancelled":
		c.must(o.State == OrderCancelled, BadUnasked, string(f.ID), "order %s is %s", o.ID, o.State)
	}
}

// accounts checks the ledger: every transfer sums to zero, and accounts hold what orders and refunds say.
func (c *checker) accounts() {
	balance := map[string]int64{}
	for _, t := range c.Transfers {
		var sum int64
		for _, p := range t.Postings {
			sum += p.Amount.Fen()
			balance[p.Account] += p.Amount.Fen()
			c.same(p.Amount, string(t.ID))
		}
		c.must(sum == 0 && len(t.Postings) > 1, BadTransfer, string(t.ID), "%d postings sum to %d fen", len(t.Postings), sum)
	}
	if c.Deal.Terms.Pay == PayOffline {
		return
	}
	var pot int64
	refunding := map[string]int64{}
	for _, o := range c.Orders {
		pot += o.Paid.Fen() - o.RefundDue.Fen() - o.Refunded.Fen()
	}
	for _, f := range c.Refunds {
		if f.State != RefundSucceeded && f.State != RefundClosed {
			refunding[f.Gateway] += f.Amount.Fen()
		}
	}
	name := "deal/" + string(c.Deal.ID)
	c.must(balance[name] == pot, BadAccount, name, "holds %d fen, orders say %d", balance[name], pot)
	for account, fen := range balance {
		if gateway, ok := strings.CutPrefix(account, "refunding/"); ok {
			c.must(fen == refunding[gateway], BadAccount, account, "holds %d fen, refunds say %d", fen, refunding[gateway])
		}
		if strings.HasPrefix(account, "unapplied/") {
			c.must(fen == 0, BadAccount, account, "holds %d fen", fen)
		}
	}
}
