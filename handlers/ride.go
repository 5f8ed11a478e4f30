package handlers

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"tuanbot/domain"
)

// ride is one try at one batch in one transaction.
type ride struct {
	ctx   context.Context // of the batch, not of any caller
	t     *Turnstile
	g     *gate
	batch []*passenger
	left  []*passenger // to be carried again
	out   []passed
	who   []*passenger
	book  *domain.Book
}

// run may be called again by the store after a deadlock, so it starts from nothing.
func (r *ride) run(tx domain.Tx) error {
	ctx := r.ctx
	r.out, r.who, r.left, r.book = nil, nil, nil, nil
	image := r.g.image
	r.g.image = nil // a failed try leaves it half changed
	locked, err := tx.LockDeal(ctx, r.g.deal, image)
	if err != nil {
		return err
	}
	r.t.at("turn.locked")
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	stored, err := r.stored(ctx, tx)
	if err != nil {
		return err
	}
	r.book = domain.NewBook(locked, now, r.t.mint)
	if err := tx.Load(ctx, r.book, r.needs(stored)); err != nil {
		return err
	}
	if err := r.applyAll(stored); err != nil {
		return err
	}
	if !r.book.Finish() {
		return nil
	}
	r.t.at("turn.before_save")
	if err := tx.Save(ctx, r.book); err != nil {
		return err
	}
	r.t.at("turn.before_commit")
	return nil
}

func (r *ride) stored(ctx context.Context, tx domain.Tx) (map[domain.EventKey]domain.Event, error) {
	keys := keysOf(r.batch)
	if len(keys) == 0 {
		return map[domain.EventKey]domain.Event{}, nil
	}
	return tx.Answers(ctx, keys)
}

func (r *ride) needs(stored map[domain.EventKey]domain.Event) domain.Needs {
	var n domain.Needs
	for _, p := range r.batch {
		if _, ok := stored[p.turn.Asked().Key]; !ok {
			n.Merge(p.turn.Needs())
			if by := p.turn.Asked().By; by != "" {
				n.People = append(n.People, by)
			}
		}
	}
	return n
}

// applyAll lets the domain decide each command in the order of arrival. A command that panics or breaks is thrown out
// alone; the others are carried again, because the book can no longer be trusted.
func (r *ride) applyAll(stored map[domain.EventKey]domain.Event) error {
	mine := map[domain.EventKey]domain.Event{}
	for i, p := range r.batch {
		ask := p.turn.Asked()
		if e, ok := stored[ask.Key]; ok {
			r.say(p, sameInput(e, ask))
			continue
		}
		if e, ok := mine[ask.Key]; ok && !ask.Key.IsZero() {
			r.say(p, sameInput(e, ask))
			continue
		}
		a, err := r.apply(p.turn)
		if err != nil {
			p.answer <- passed{err: fmt.Errorf("%s in deal %s: %w", p.turn.Kind(), r.g.deal, err)}
			r.left = append(append([]*passenger(nil), r.batch[:i]...), r.batch[i+1:]...)
			return errAgain
		}
		r.book.Record(p.turn, a)
		mine[ask.Key] = domain.Event{Hash: ask.Hash, Answer: a}
		r.say(p, a)
	}
	return nil
}

func (r *ride) say(p *passenger, a domain.Answer) {
	r.who = append(r.who, p)
	r.out = append(r.out, passed{answer: a})
}

func (r *ride) apply(turn domain.Turn) (a domain.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.t.log.Error("a command panicked", "deal", r.g.deal, "kind", turn.Kind(), "err", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	a, err = turn.Apply(r.book)
	if refusal := domain.AsRefusal(err); refusal != nil {
		return refused(refusal), nil
	}
	return a, err
}

// arrive is after the commit: only now is anybody answered.
func (r *ride) arrive() {
	r.t.at("turn.committed")
	if r.book != nil {
		r.t.keep(r.book) // before the answers, whose words may need it
	}
	for i, p := range r.who {
		p.answer <- r.out[i]
	}
	r.t.at("turn.answered")
	if r.book == nil {
		return
	}
	tally := TallyOf(r.book)
	r.g.image = r.book.Image()
	r.t.remember(r.g, tally)
	r.t.done(tally)
}

func (t *Turnstile) remember(g *gate, tally domain.DealTally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g.seen = room{at: time.Now(), tally: tally} //nolint:forbidigo // monotonic: only the age of the memo is asked for
}

// seenRoom is what this process saw free less than a second ago.
func (t *Turnstile) seenRoom(deal domain.DealID) (domain.DealTally, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gates[deal]
	if g == nil || g.seen.at.IsZero() || time.Since(g.seen.at) > memoLife { //nolint:forbidigo // as above
		return domain.DealTally{}, false
	}
	return g.seen.tally, true
}

// TallyOf is the book's live count: its items and the teams it holds.
func TallyOf(b *domain.Book) domain.DealTally {
	d := b.Deal().Record()
	t := domain.DealTally{Deal: d.ID, Version: d.Version, Open: d.State == domain.DealOpen}
	for _, tm := range b.Teams() {
		r := tm.Record()
		offered := r.OfferedShares
		if r.CapUnit == domain.UnitPeople {
			offered = r.OfferedPeople
		}
		t.Teams = append(t.Teams, domain.TeamTally{
			Team: r.ID, State: r.State, Live: r.Live, Paid: r.Paid, Cap: r.Cap, CapUnit: r.CapUnit, Offered: offered, DeadlineAt: r.DeadlineAt,
		})
	}
	for _, it := range b.Items() {
		r := it.Record()
		t.Items = append(t.Items, domain.ItemTally{Item: r.ID, Held: r.Held, Left: r.Left()})
	}
	return t
}
