package domain

import (
	"cmp"
	"slices"
)

// What storage asks of the entities in a book when it writes them: is the row new, did it change, what was it before.

// Change is one entity's row before and after a turn. Fresh rows are inserted; Before is meaningless for them.
type Change[R any] struct {
	Before, After R
	Fresh         bool
}

// DealChange is the deal's row; ok is false when nothing of it changed.
func (b *Book) DealChange() (c Change[DealRecord], ok bool) {
	return Change[DealRecord]{Before: b.deal.base, After: b.deal.r}, b.deal.r != b.deal.base
}

// TeamChanges lists new and changed teams by id. Every changed team has a higher version than before.
func (b *Book) TeamChanges() []Change[TeamRecord] {
	var cs []Change[TeamRecord]
	for _, t := range b.Teams() {
		if t.fresh || t.r != t.base {
			cs = append(cs, Change[TeamRecord]{Before: t.base, After: t.r, Fresh: t.fresh})
		}
	}
	sortBy(cs, func(c Change[TeamRecord]) string { return string(c.After.ID) })
	return cs
}

// ItemChanges lists changed items by id.
func (b *Book) ItemChanges() []Change[ItemRecord] {
	var cs []Change[ItemRecord]
	for _, i := range b.items {
		if i.r != i.base {
			cs = append(cs, Change[ItemRecord]{Before: i.base, After: i.r})
		}
	}
	sortBy(cs, func(c Change[ItemRecord]) string { return string(c.After.ID) })
	return cs
}

// OrderChanges lists new and changed orders by id.
func (b *Book) OrderChanges() []Change[OrderRecord] {
	var cs []Change[OrderRecord]
	for _, o := range b.orders {
		if o.fresh || o.dirty {
			cs = append(cs, Change[OrderRecord]{Before: o.base, After: o.r, Fresh: o.fresh})
		}
	}
	sortBy(cs, func(c Change[OrderRecord]) string { return string(c.After.ID) })
	return cs
}

// PaymentChanges lists new and changed payments by id.
func (b *Book) PaymentChanges() []Change[PaymentRecord] {
	var cs []Change[PaymentRecord]
	for _, p := range b.payments {
		if p.fresh || p.dirty {
			cs = append(cs, Change[PaymentRecord]{After: p.r, Fresh: p.fresh})
		}
	}
	sortBy(cs, func(c Change[PaymentRecord]) string { return string(c.After.ID) })
	return cs
}

// RefundChanges lists new and changed refunds by id.
func (b *Book) RefundChanges() []Change[RefundRecord] {
	var cs []Change[RefundRecord]
	for _, f := range b.refunds {
		if f.fresh || f.dirty {
			cs = append(cs, Change[RefundRecord]{After: f.r, Fresh: f.fresh})
		}
	}
	sortBy(cs, func(c Change[RefundRecord]) string { return string(c.After.ID) })
	return cs
}

// WaitingChanges lists new and changed entries of the waiting list by id.
func (b *Book) WaitingChanges() []Change[WaitingRecord] {
	var cs []Change[WaitingRecord]
	for _, w := range b.waiting {
		if w.fresh || w.dirty {
			cs = append(cs, Change[WaitingRecord]{After: w.r, Fresh: w.fresh})
		}
	}
	sortBy(cs, func(c Change[WaitingRecord]) string { return string(c.After.ID) })
	return cs
}

// Image is the deal, items and teams as they stand after the book was written, for the next turn.
func (b *Book) Image() *Image {
	b.deal.base = b.deal.r
	for _, i := range b.items {
		i.base = i.r
	}
	teams := b.Teams()
	for _, t := range teams {
		t.base, t.fresh = t.r, false
	}
	return &Image{Deal: b.deal, Items: b.items, Teams: teams, Chats: b.chats}
}

func sortBy[R any](cs []Change[R], key func(Change[R]) string) {
	slices.SortFunc(cs, func(a, b Change[R]) int { return cmp.Compare(key(a), key(b)) })
}
