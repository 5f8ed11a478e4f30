package domain

import (
	"maps"
	"time"
)

// A person may have several accounts that were linked: redirects from one to another, never a rewrite of what the accounts
// did. The rules of a deal see through them: limits count all orders of a person, and what is theirs is theirs under each of
// their accounts. Tallies count accounts, as the orders have them; a new order therefore goes under the account that already
// has a place in the team, so that nobody fills two seats by having two accounts.

// Link is a redirect from one account to another.
type Link struct {
	From, To AccountID
	At       time.Time
}

// LinkCode is a one-time code by which somebody proves on another channel that they are the same person. Only its keyed hash
// is kept, one per account; a new code replaces the old one.
type LinkCode struct {
	Account AccountID
	Hash    string
	// The identity that asked for it: on itself it is of no use.
	Channel, External string
	ExpiresAt         time.Time
}

// Union is what a platform family calls a person in all its accounts ("family/id"), as one identity brought it. Apart means
// that the person took this identity out: the union ties it to nobody any more.
type Union struct {
	Channel, External string
	Key               string
	Apart             bool
}

// LinkTries is under what name wrong link codes are counted: apart from wrong pickup codes.
func LinkTries(who AccountID) AccountID { return "link/" + who }

// LinkLife is how long a code can be used.
const LinkLife = 10 * time.Minute

// AddLinks tells the book which account stands for which. Storage calls it before it adds those accounts' orders.
func (b *Book) AddLinks(ends map[AccountID]AccountID) {
	maps.Copy(b.persons, ends)
}

// person is the account that stands for everything of a person.
func (b *Book) person(id AccountID) AccountID {
	if p, linked := b.persons[id]; linked {
		return p
	}
	return id
}

// same reports whether two accounts are one person's.
func (b *Book) same(one, other AccountID) bool {
	return one != "" && b.person(one) == b.person(other)
}

// ordersOf are all loaded orders of a person.
func (b *Book) ordersOf(who AccountID) []*Order { return b.shoppers[b.person(who)] }

// placeOf is the account under which a person has a live order in a team already, else the one that they speak with.
func (b *Book) placeOf(team TeamID, who AccountID) AccountID {
	found := who
	for _, o := range b.ordersOf(who) {
		if o.r.Team != team || !o.r.State.IsLive() {
			continue
		}
		if o.r.Shopper == who {
			return who
		}
		found = o.r.Shopper
	}
	return found
}
