package domain

// WaitCommand puts a person on the waiting list (候补) for one item.
type WaitCommand struct {
	Ask  Asked
	Deal DealID
	Who  AccountID
	Item ItemID
	Qty  int64
	Gone bool // leave the list instead
}

// Asked is the command's key and speaker.
func (c WaitCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c WaitCommand) Kind() string { return "wait" }

// Needs asks for the list and the person's orders.
func (c WaitCommand) Needs() Needs {
	return Needs{ChainTeam: true, Shoppers: []AccountID{c.Who}, Waiting: true}
}

// Apply queues the person, first come first served per item. Rule: design 2.
func (c WaitCommand) Apply(b *Book) (Answer, error) {
	if c.Gone {
		return c.unwait(b)
	}
	if err := b.takesJoins(); err != nil {
		return Answer{}, err
	}
	t := b.chainTeam()
	if t == nil || b.deal.r.Terms.Kind != KindChain {
		return Answer{}, Refuse(CodeInvalid, WhyNoTeam)
	}
	if err := b.isOpen(t); err != nil {
		return Answer{}, err
	}
	wants, err := b.checkWants([]Want{{Item: c.Item, Qty: c.Qty}})
	if err != nil {
		return Answer{}, err
	}
	if b.hasRoom(t, c.Who, wants) == nil {
		return Answer{}, Refuse(CodeConflict, WhyNoNeedToWait)
	}
	if w := b.waitingOf(c.Who, c.Item); w != nil {
		a := b.answer(DidNothing, nil, t)
		a.Count, a.Asked = b.placeInLine(w), []Want{{Item: w.r.Item, Qty: w.r.Qty}}
		return a, nil
	}
	if err := b.withinLimits(c.Who, "", wants, nil); err != nil && AsRefusal(err).Why != WhyNeedHousehold {
		return Answer{}, err
	}
	if most := b.mostOf(t, c.Item); most > 0 && c.Qty > most { // nobody overtakes, so this would stand in everybody's way
		return Answer{}, Refuse(CodeInvalid, WhyQuantity).WithInt("max", most)
	}
	b.deal.r.Waiting++
	w := &Waiting{fresh: true, r: WaitingRecord{
		ID: WaitingID(b.mint.ID()), Deal: b.deal.r.ID, Team: t.r.ID, Item: c.Item, Account: c.Who, Qty: c.Qty, Number: b.nextInLine(),
		NeedsSeat: b.partOf(t.r.ID, b.placeOf(t.r.ID, c.Who)).live.People == 0, State: WaitQueued, Chat: c.Ask.Chat, CreatedAt: b.Now,
	}}
	b.waiting = append(b.waiting, w)
	a := b.answer(DidWait, nil, t)
	a.Count, a.Asked = b.placeInLine(w), wants
	return a, nil
}

// mostOf is how much of an item one can get at all in a team; 0: there is no bound.
func (b *Book) mostOf(t *Team, item ItemID) int64 {
	most := max(0, b.item(item).r.Stock)
	if t.r.Cap > 0 && t.r.CapUnit == UnitShares && (most == 0 || t.r.Cap < most) {
		most = t.r.Cap
	}
	return most
}

func (c WaitCommand) unwait(b *Book) (Answer, error) {
	var n int64
	for _, w := range b.waiting {
		if b.same(w.r.Account, c.Who) && (c.Item == "" || w.r.Item == c.Item) && w.isLive() {
			b.endWaiting(w, WaitGone)
			n++
		}
	}
	if n == 0 {
		return Answer{}, Refuse(CodeNotFound, WhyNotWaiting)
	}
	t := b.chainTeam()
	a := b.answer(DidUnwait, nil, t)
	a.Count = n
	if t == nil {
		return a, nil
	}
	return a, b.offerSeats(t)
}

func (w *Waiting) isLive() bool { return w.r.State == WaitQueued || w.r.State == WaitOffered }

func (b *Book) waitingOf(who AccountID, item ItemID) *Waiting {
	for _, w := range b.waiting {
		if b.same(w.r.Account, who) && w.r.Item == item && w.isLive() {
			return w
		}
	}
	return nil
}

// nextInLine is a number above every one that was ever given out in the deal. Only live entries are in the book, so the
// deal's version, which grows with every batch, keeps those that are over from coming again.
func (b *Book) nextInLine() int64 {
	n := b.deal.r.Version * linePerVersion
	for _, w := range b.waiting {
		n = max(n, w.r.Number)
	}
	return n + 1
}

// linePerVersion is more than the commands of one batch.
const linePerVersion = 10_000

// placeInLine counts who is ahead for the same item, oneself included.
func (b *Book) placeInLine(me *Waiting) int64 {
	var n int64
	for _, w := range b.waiting {
		if w.isLive() && w.r.Item == me.r.Item && w.r.Number <= me.r.Number {
			n++
		}
	}
	return n
}

// endWaiting takes an entry off the list and frees what was kept for it.
func (b *Book) endWaiting(w *Waiting, to WaitState) {
	if !w.isLive() {
		return
	}
	if w.r.State == WaitOffered {
		b.keep(w, -1)
	}
	w.r.State, w.dirty = to, true
	b.deal.r.Waiting--
}

// keep reserves (1) or frees (-1) what an offer promises.
func (b *Book) keep(w *Waiting, sign int64) {
	if it := b.item(w.r.Item); it != nil {
		it.r.Offered += sign * w.r.Qty
	}
	if t := b.teams[w.r.Team]; t != nil {
		t.r.OfferedShares += sign * w.r.Qty
		if w.r.NeedsSeat {
			t.r.OfferedPeople += sign
		}
	}
}

// offerSeats offers freed places to the first in line of each item. They are kept for a while and never charged.
func (b *Book) offerSeats(t *Team) error {
	if b.deal.r.Waiting == 0 || t.r.State != TeamForming || !b.Now.Before(t.r.DeadlineAt) {
		return nil
	}
	passed := map[ItemID]bool{}
	for _, w := range b.waiting {
		if w.r.State != WaitQueued || passed[w.r.Item] {
			continue
		}
		if len(b.ordersOf(w.r.Account)) > 0 { // else it is as it was when they queued
			w.r.NeedsSeat = b.partOf(t.r.ID, w.r.Account).live.People == 0
		}
		need := w.r.Qty
		if t.r.CapUnit == UnitPeople {
			need = 0
			if w.r.NeedsSeat {
				need = 1
			}
		}
		if b.canHold(t, need, []Want{{Item: w.r.Item, Qty: w.r.Qty}}) != nil {
			passed[w.r.Item] = true // first in line, and still no room: nobody overtakes
			continue
		}
		w.r.State, w.dirty = WaitOffered, true
		w.r.OfferedUntil = earlier(b.Now.Add(OfferWindow), t.r.DeadlineAt)
		b.keep(w, 1)
		b.tellOne(w.r.Account, Notice{Kind: NoticeSeatOffered, Team: t.r.ID, Urgent: true, Num: map[string]int64{
			"qty": w.r.Qty, "until": w.r.OfferedUntil.UnixMilli(),
		}}, w.r.ID, w.r.OfferedUntil.UnixMilli())
	}
	return nil
}

// TakeOfferCommand takes up an offered seat.
type TakeOfferCommand struct {
	Join JoinCommand
	Item ItemID
}

// Asked is the command's key and speaker.
func (c TakeOfferCommand) Asked() Asked { return c.Join.Ask }

// Kind names the command in the trail.
func (c TakeOfferCommand) Kind() string { return "take_offer" }

// Needs asks for what a join needs and the list.
func (c TakeOfferCommand) Needs() Needs {
	n := c.Join.Needs()
	n.Waiting = true
	return n
}

// Apply frees what was kept and joins with it at once; if the join is refused, the offer stands as it was.
func (c TakeOfferCommand) Apply(b *Book) (Answer, error) {
	w := b.waitingOf(c.Join.Shopper, c.Item)
	if w == nil || w.r.State != WaitOffered || !b.Now.Before(w.r.OfferedUntil) {
		return Answer{}, Refuse(CodeTooLate, WhyNotWaiting)
	}
	b.keep(w, -1)
	join := c.Join
	join.Via, join.Sure = ViaWait, true
	join.Wants = []Want{{Item: w.r.Item, Qty: w.r.Qty}}
	a, err := join.Apply(b)
	if err != nil {
		b.keep(w, 1)
		return Answer{}, err
	}
	w.r.State, w.dirty = WaitTaken, true
	b.deal.r.Waiting--
	return a, nil
}

// ExpireOffers is the clock's: offers that ran out go to the next in line.
type ExpireOffers struct{ Deal DealID }

// Asked is empty: nobody sends it.
func (c ExpireOffers) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c ExpireOffers) Kind() string { return "expire_offers" }

// Needs asks for the list.
func (c ExpireOffers) Needs() Needs { return Needs{ChainTeam: true, Waiting: true} }

// Apply passes unanswered offers on.
func (c ExpireOffers) Apply(b *Book) (Answer, error) {
	var n int64
	for _, w := range b.waiting {
		if w.r.State == WaitOffered && !b.Now.Before(w.r.OfferedUntil) {
			b.endWaiting(w, WaitExpired)
			b.tellOne(w.r.Account, Notice{Kind: NoticeSeatGone}, w.r.ID)
			n++
		}
	}
	t := b.chainTeam()
	if n == 0 || t == nil {
		return Answer{Did: DidNothing}, nil
	}
	a := b.answer(DidUnwait, nil, t)
	a.Count = n
	return a, b.offerSeats(t)
}

// clearWaiting ends the whole list: the team was decided.
func (b *Book) clearWaiting(t *Team) {
	for _, w := range b.waiting {
		if w.r.Team == t.r.ID && w.isLive() {
			b.endWaiting(w, WaitGone)
			b.tellOne(w.r.Account, Notice{Kind: NoticeSeatGone}, w.r.ID)
		}
	}
}
