package say

import (
	"strconv"
	"time"

	"tuanbot/domain"
)

// formTime is how a time stands among facts: complete, in the community's zone, and easy to take apart.
const formTime = "2006-01-02 15:04"

// FactsOf takes a notice to a person apart, for channels that outside a conversation may only fill in forms. What does not
// apply is left out.
func (v Voice) FactsOf(d domain.Delivery, f NoticeFacts) map[string]string {
	deal, o := f.Sheet.Deal, f.Order
	facts := map[string]string{}
	put := func(key, value string) {
		if value != "" {
			facts[key] = value
		}
	}
	put("title", Line(deal.Terms.Title, 60))
	if deal.ID != "" {
		put("place", v.PlaceOf(deal.Terms, f.Point))
		put("state", v.DealWord(deal.State))
	}
	put("deadline", v.formTime(f.due(d)))
	if o.ID != "" {
		put("state", v.StateWord(o.State))
		put("shares", strconv.FormatInt(o.Shares, 10))
		put("code", Code(o.PickupCode))
		put("amount", f.amount(d))
		if v.BaseURL != "" && o.Token != "" {
			put("page", v.BaseURL+"/o/"+o.Token)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return facts
}

func (v Voice) formTime(t time.Time) string {
	if t.IsZero() || v.Zone == nil {
		return ""
	}
	return t.In(v.Zone).Format(formTime)
}

// due is the time that matters to the reader: until when to act, else when it closes.
func (f NoticeFacts) due(d domain.Delivery) time.Time {
	switch until := d.Num["until"]; {
	case until > 0:
		return time.UnixMilli(until)
	case !f.Order.PayDueAt.IsZero() && f.Order.Owed().IsPositive():
		return f.Order.PayDueAt
	case !f.Team.DeadlineAt.IsZero():
		return f.Team.DeadlineAt
	}
	return f.Sheet.Deal.Terms.DeadlineAt
}

// amount is the money that the notice is about: what came back, was paid or is owed, else what the order is worth.
func (f NoticeFacts) amount(d domain.Delivery) string {
	for _, key := range []string{"back", "paid"} {
		if n := d.Num[key]; n > 0 {
			return fen(n, f.Sheet.Deal.Currency)
		}
	}
	if owed := f.Order.Owed(); owed.IsPositive() {
		return Money(owed)
	}
	return Money(f.Order.Total)
}
