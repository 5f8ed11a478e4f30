package domain

// CloseUnpaid is the clock's: orders whose payment window and drain are over give up seat and stock.
type CloseUnpaid struct {
	Deal  DealID
	Limit int
}

// Asked is empty: nobody sends it.
func (c CloseUnpaid) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c CloseUnpaid) Kind() string { return "close_unpaid" }

// Needs asks for the overdue orders.
func (c CloseUnpaid) Needs() Needs {
	return Needs{ChainTeam: true, Mates: true, Unpaid: c.Limit, Money: true, Waiting: true}
}

// Apply closes them; the team stays as it is. Rule: design 2.
func (c CloseUnpaid) Apply(b *Book) (Answer, error) {
	var n int64
	for _, o := range b.Orders() {
		overdue := !o.r.PayDueAt.IsZero() && o.r.Paid.IsZero() && !b.Now.Before(o.r.PayDueAt.Add(PayDrain))
		if !overdue || (o.r.State != OrderPlaced && o.r.State != OrderAwaiting) {
			continue
		}
		if s := b.teamState(o); s == TeamFailing || s == TeamCancelling {
			continue // the fan-out lets them go, with the right words
		}
		moved, err := b.closeUnpaid(o)
		if err != nil {
			return Answer{}, err
		}
		n += moved
		if t := b.teams[o.r.Team]; t != nil && t.r.State == TeamForming {
			b.succeed(t, o.r.Shopper)
			b.afterCount(t)
			if err := b.offerSeats(t); err != nil {
				return Answer{}, err
			}
		}
	}
	a := b.answer(DidNothing, nil, nil)
	a.Count = n
	return a, nil
}

func (b *Book) closeUnpaid(o *Order) (int64, error) {
	formed := b.teamState(o) == TeamFormed
	if err := b.move(o, OrderUnpaid, func(r *OrderRecord) { r.Reason = "unpaid" }); err != nil {
		return 0, err
	}
	b.supersedePayments(o)
	b.tellOne(o.r.Shopper, Notice{Kind: NoticePayOverdue, Order: o.r.ID}, o.r.ID)
	if formed {
		b.tellLeaders(Notice{Kind: NoticeUnpaidLeader, Order: o.r.ID}, o.r.ID)
	}
	return 1, nil
}
