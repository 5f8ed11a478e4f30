package domain

import "strconv"

// HomeCommand puts a home on an order that was placed without one.
type HomeCommand struct {
	Ask       Asked
	Deal      DealID
	Order     OrderID
	Household HouseholdID
}

// Asked is the command's key and speaker.
func (c HomeCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c HomeCommand) Kind() string { return "home" }

// Needs asks for the order and for what the household has.
func (c HomeCommand) Needs() Needs {
	return Needs{ChainTeam: true, Shoppers: []AccountID{c.Ask.By}, Orders: []OrderID{c.Order}, Homes: true, Households: []HouseholdID{c.Household}}
}

// Apply fills in what was missing; an address that stands there is not overwritten.
func (c HomeCommand) Apply(b *Book) (Answer, error) {
	o, t, err := b.orderToChange(c.Order, c.Ask.By, "", c.Ask, false)
	if err != nil {
		return Answer{}, err
	}
	if o.r.Household != "" {
		return b.answer(DidNothing, o, t), nil
	}
	if err := b.withinLimits(o.r.Shopper, c.Household, o.r.Wants(), o); err != nil {
		return Answer{}, err
	}
	b.mutate(o, func(r *OrderRecord) { r.Household = c.Household })
	b.homes[c.Household] = append(b.homes[c.Household], o)
	return b.answer(DidHome, o, t), nil
}

// askHome asks in private, once an order, which building a room is in that was typed alone.
func (b *Book) askHome(o *Order, c JoinCommand) {
	room, err := strconv.ParseInt(c.Room, 10, 32)
	if err != nil || room <= 0 || o.r.Household != "" {
		return
	}
	n := Notice{Kind: NoticeAskHome, Order: o.r.ID, Num: map[string]int64{"room": room, "digits": int64(len(c.Room))}}
	b.tellOne(c.Ask.By, n, o.r.ID)
}
