package domain

import (
	"slices"
)

// checkWants merges repeated items and refuses what nobody can have meant.
func (b *Book) checkWants(in []Want) ([]Want, error) {
	if len(in) == 0 {
		return nil, Refuse(CodeInvalid, WhyChooseItem)
	}
	var wants []Want
	for _, w := range in {
		if w.Qty <= 0 || w.Qty > MaxQty {
			return nil, Refuse(CodeInvalid, WhyQuantity).WithInt("max", MaxQty)
		}
		if b.item(w.Item) == nil {
			return nil, Refuse(CodeNotFound, WhyUnknownItem)
		}
		i := slices.IndexFunc(wants, func(x Want) bool { return x.Item == w.Item })
		if i < 0 {
			wants = append(wants, w)
		} else if wants[i].Qty += w.Qty; wants[i].Qty > MaxQty {
			return nil, Refuse(CodeInvalid, WhyQuantity).WithInt("max", MaxQty)
		}
	}
	return wants, nil
}

// admit checks limits, cap and stock. Seats offered to the waiting list are spoken for.
func (b *Book) admit(t *Team, o *Order, c JoinCommand, wants []Want) error {
	home := c.Household
	if o != nil {
		home = o.r.Household // more of an order counts where the order counts
	}
	if err := b.withinLimits(c.Shopper, home, wants, nil); err != nil {
		return err
	}
	return b.hasRoom(t, c.Shopper, wants)
}

// withinLimits checks the limits per person, item and household over all teams of the deal; except is an order whose
// present quantities do not count, because they are being set anew.
func (b *Book) withinLimits(who AccountID, home HouseholdID, wants []Want, except *Order) error {
	terms := b.deal.r.Terms
	asked := total(wants)
	have := sharesOf(b.ordersOf(who), except, "")
	if terms.LimitPerson > 0 && have+asked > terms.LimitPerson {
		return Refuse(CodeConflict, WhyLimitPerson).WithInt("limit", terms.LimitPerson).WithInt("have", have)
	}
	for _, w := range wants {
		it := b.item(w.Item).r
		if mine := sharesOf(b.ordersOf(who), except, w.Item); it.Limit > 0 && mine+w.Qty > it.Limit {
			return Refuse(CodeConflict, WhyLimitItem).With("item", it.Letter).WithInt("limit", it.Limit).WithInt("have", mine)
		}
	}
	if terms.LimitHousehold == 0 {
		return nil
	}
	if home == "" {
		return Refuse(CodeConflict, WhyNeedHousehold)
	}
	if have := sharesOf(b.homes[home], except, ""); have+asked > terms.LimitHousehold {
		return Refuse(CodeConflict, WhyLimitHousehold).WithInt("limit", terms.LimitHousehold).WithInt("have", have)
	}
	return nil
}

func total(wants []Want) int64 {
	var n int64
	for _, w := range wants {
		n += w.Qty
	}
	return n
}

// hasRoom checks the team's cap and each item's stock.
func (b *Book) hasRoom(t *Team, who AccountID, wants []Want) error {
	need := total(wants)
	if t.r.CapUnit == UnitPeople {
		need = 1 - b.partOf(t.r.ID, b.placeOf(t.r.ID, who)).live.People
	}
	return b.canHold(t, need, wants)
}

// canHold checks that a team takes need more of its cap's unit, and that there is stock for the quantities.
func (b *Book) canHold(t *Team, need int64, wants []Want) error {
	if left := t.r.room(); t.r.Cap > 0 && need > left {
		return Refuse(CodeFull, WhyFull).WithInt("left", left).WithInt("want", need).With("unit", string(t.r.CapUnit))
	}
	for _, w := range wants {
		it := b.item(w.Item).r
		if free := it.Left(); free >= 0 && w.Qty > free {
			return Refuse(CodeFull, WhySoldOut).With("item", it.Letter).With("name", it.Name).With("id", string(it.ID)).WithInt("left", free).WithInt("want", w.Qty)
		}
	}
	return nil
}

// room is how much of the cap is free, in its unit.
func (r TeamRecord) room() int64 {
	used, kept := r.Live.Shares, r.OfferedShares
	if r.CapUnit == UnitPeople {
		used, kept = r.Live.People, r.OfferedPeople
	}
	return max(0, r.Cap-used-kept)
}
