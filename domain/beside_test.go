package domain

import (
	"testing"
	"time"

	"tuanbot/domain/money"
)

// A page of the fan-out knows only the orders that were to be moved when it was loaded. A cancellation in the same batch makes
// many more of them, and none may be forgotten with its money.
func TestACancellationBesideTheLastPageForgetsNobody(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	for _, who := range []AccountID{xiaoming, wang, ann} {
		w.joins(t, who, w.a(1))
		w.pays(t, who)
	}
	w.now = w.deal.Terms.DeadlineAt
	w.does(t, DecideDue{})
	w.does(t, FanOut{Limit: 2})
	if _, err := w.run(CancelCommand{Ask: w.ask(leader), Reason: "没货"}, FanOut{Limit: 2}); err != nil {
		t.Fatal(err)
	}
	w.sound(t)
	for range 3 {
		w.does(t, FanOut{Limit: 2})
	}
	for serial := range int64(3) {
		o := w.order(serial + 1)
		if o.State != OrderCancelled || o.RefundDue != o.Paid {
			t.Errorf("order %d is %s, %s of %s on the way back", o.Serial, o.State, o.RefundDue, o.Paid)
		}
	}
}

// Whoever takes more while a payment is under way owes another sum: what was begun for the old one is closed at the gateway,
// so that nobody pays a sum that no order wants.
func TestTakingMoreEndsThePaymentThatWasBegun(t *testing.T) {
	t.Parallel()
	w := open(t, atJoin)
	w.joins(t, xiaoming, w.a(1))
	begun := w.does(t, StartPaymentCommand{Ask: w.ask(xiaoming), Who: xiaoming, Gateway: "sandbox"})
	w.wait(time.Second)
	w.joins(t, xiaoming, w.a(1))
	for _, p := range w.payments {
		if p.Number == begun.Number && p.State != PaymentClosed {
			t.Errorf("the payment of one share is %s, want it closed: two are owed", p.State)
		}
	}
}

// What the merchant gets is summed up over everything that goes out; a price beyond all prices would turn the sum over.
func TestASupplyPriceHasTheBoundOfPrices(t *testing.T) {
	t.Parallel()
	for fen, ok := range map[int64]bool{0: true, MaxPrice: true, MaxPrice + 1: false, 99_999_999_999_999: false, -1: false} {
		_, err := Post(offer(func(c *PostCommand) { c.Items[0].Supply = money.Yuan(fen) }), &countingMint{}, epoch)
		if r := AsRefusal(err); (r == nil) != ok || r != nil && r.Params["field"] != "price" {
			t.Errorf("%d fen: %v", fen, err)
		}
	}
}

// An order that was taken is not closed unpaid because we were away: whoever hears late that the team formed has a whole window all
// the same.
func TestWhoHearsLateHasTheWholeWindow(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *PostCommand) { c.Terms.PayWindow = time.Hour })
	w.joins(t, xiaoming, w.a(3))
	w.now = w.deal.Terms.DeadlineAt
	w.does(t, DecideDue{})
	w.wait(2 * time.Hour) // nobody carries the decision out meanwhile
	w.does(t, FanOut{Limit: 100})
	w.does(t, CloseUnpaid{Limit: 100})
	equal(t, "order", w.order(1).State, OrderAwaiting)
	equal(t, "to be paid by", w.order(1).PayDueAt, w.now.Add(time.Hour))
	w.pays(t, xiaoming)
	equal(t, "paid order", w.order(1).State, OrderConfirmed)
}

// Whoever waits for more than there ever is stands in everybody's way: nobody overtakes.
func TestNobodyWaitsForMoreThanThereIs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(c *PostCommand){
		"stock": func(c *PostCommand) { c.Items[0].Stock, c.Terms.Cap = 5, 0 },
		"cap":   func(c *PostCommand) { c.Terms.Cap, c.Terms.Threshold = 5, 5 },
	} {
		w := open(t, change)
		for _, who := range []AccountID{"one", "two"} {
			w.joins(t, who, w.a(2))
		}
		out := w.say(t, WaitCommand{Ask: w.ask(wang), Who: wang, Item: w.item("A"), Qty: 6})
		if out.refusal == nil || out.refusal.Why != WhyQuantity || out.refusal.Params["max"] != "5" {
			t.Errorf("%s: %s %v", name, out.Did, out.refusal)
		}
		w.does(t, WaitCommand{Ask: w.ask(ann), Who: ann, Item: w.item("A"), Qty: 2})
		w.does(t, LeaveCommand{Ask: w.ask("one"), Who: "one"})
		if _, told := w.heard(string(ann), NoticeSeatOffered); !told {
			t.Errorf("%s: a place was freed, and who waits for it was not told", name)
		}
	}
}
