package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"tuanbot/domain"
)

// The bounds of the Turnstile.
const (
	maxBatch     = 256
	maxWaiting   = 4096 // per deal; more are told that we are busy
	batchTimeout = 10 * time.Second
	resolveTries = 3
	memoLife     = time.Second // how long a full deal is believed to be full without asking SQL
)

// Turnstile lets the commands of one deal through together: whoever arrives while a commit runs waits and rides in the
// next transaction. Nothing is delayed on purpose and an idle deal is not batched. Two processes may each have a
// Turnstile for the same deal; the row lock is what keeps them apart.
type Turnstile struct {
	store domain.Store
	mint  domain.Mint
	log   *slog.Logger
	at    func(string)
	done  func(domain.DealTally)
	keep  func(*domain.Book)

	mu     sync.Mutex
	gates  map[domain.DealID]*gate
	closed bool
	wg     sync.WaitGroup
}

type gate struct {
	deal    domain.DealID
	waiting []*passenger
	running bool
	image   *domain.Image // only touched by the goroutine that serves the gate
	seen    room
}

// room is what was free at the last look under the lock, by the monotonic clock.
type room struct {
	at    time.Time
	tally domain.DealTally
}

type passenger struct {
	turn   domain.Turn
	answer chan passed
	twice  bool // met a duplicate key once already
}

type passed struct {
	answer domain.Answer
	err    error
}

// errAgain asks for the batch to be run again without the passengers that were thrown out.
var errAgain = errors.New("again without the faulty ones")

func newTurnstile(c Config, done func(domain.DealTally), keep func(*domain.Book)) *Turnstile {
	return &Turnstile{store: c.Store, mint: c.Mint, log: c.Log, at: c.At, done: done, keep: keep, gates: map[domain.DealID]*gate{}}
}

// Pass takes one command through. The error is ErrBusy when nothing was written, ErrUnknown when that cannot be told, the
// caller's own when it stops waiting (the command may still be done), or a fault.
func (t *Turnstile) Pass(ctx context.Context, deal domain.DealID, turn domain.Turn) (domain.Answer, error) {
	p := &passenger{turn: turn, answer: make(chan passed, 1)}
	if err := t.enter(deal, p); err != nil { //nolint:contextcheck // the batch outlives every caller
		return domain.Answer{}, err
	}
	select {
	case r := <-p.answer:
		if r.err == nil {
			markWritten(ctx)
		}
		return r.answer, r.err
	case <-ctx.Done():
		return domain.Answer{}, fmt.Errorf("wait for deal %s: %w", deal, errors.Join(domain.ErrUnknown, ctx.Err()))
	}
}

func (t *Turnstile) enter(deal domain.DealID, p *passenger) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return fmt.Errorf("stopping: %w", domain.ErrBusy)
	}
	g := t.gates[deal]
	if g == nil {
		g = &gate{deal: deal}
		t.gates[deal] = g
	}
	if len(g.waiting) >= maxWaiting {
		return fmt.Errorf("%d wait for deal %s: %w", maxWaiting, deal, domain.ErrBusy)
	}
	g.waiting = append(g.waiting, p)
	if !g.running {
		g.running = true
		t.wg.Add(1)
		go t.serve(g)
	}
	return nil
}

// Close lets everybody through who is waiting, then returns. Later commands are told that we are busy.
func (t *Turnstile) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wg.Wait()
}

func (t *Turnstile) serve(g *gate) {
	defer t.wg.Done()
	for {
		runtime.Gosched() // whoever is on the way, or was just answered and has more to say, may reach the gate
		batch := t.next(g)
		if batch == nil {
			return
		}
		t.carry(g, batch)
	}
}

func (t *Turnstile) next(g *gate) []*passenger {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(g.waiting) == 0 {
		g.running = false
		if len(t.gates) > 1024 { // it costs the next command of this deal one reading, not correctness
			delete(t.gates, g.deal)
		}
		return nil
	}
	n := min(maxBatch, len(g.waiting))
	batch := g.waiting[:n:n]
	g.waiting = append([]*passenger(nil), g.waiting[n:]...)
	return batch
}

// carry runs one batch to its end: every passenger gets exactly one answer.
func (t *Turnstile) carry(g *gate, batch []*passenger) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	for len(batch) > 0 {
		r := &ride{ctx: ctx, t: t, g: g, batch: batch}
		err := t.store.InTx(ctx, r.run)
		if err == nil {
			r.arrive()
		}
		switch {
		case err == nil, errors.Is(err, errAgain):
			batch = r.left
		case errors.Is(err, domain.ErrUnknown):
			batch = t.resolve(ctx, g, batch, err)
		case len(batch) > 1 && (errors.Is(err, domain.ErrDuplicate) || errors.Is(err, domain.ErrGuard)): // one of them is to blame
			half := len(batch) / 2
			t.carry(g, batch[:half])
			batch = batch[half:]
		case errors.Is(err, domain.ErrDuplicate) && !batch[0].twice:
			batch[0].twice = true // the key was written for another deal meanwhile: now it will be found
		default:
			t.fail(batch, fmt.Errorf("deal %s: %w", g.deal, notWritten(err)))
			return
		}
	}
}

// notWritten says of a failed transaction that it wrote nothing, unless the failure is a fault of ours.
func notWritten(err error) error {
	for _, fault := range []error{domain.ErrNotFound, domain.ErrGuard, domain.ErrDuplicate, domain.ErrBusy} {
		if errors.Is(err, fault) {
			return err
		}
	}
	return errors.Join(domain.ErrBusy, err)
}

func (t *Turnstile) fail(batch []*passenger, err error) {
	for _, p := range batch {
		p.answer <- passed{err: err}
	}
}

// resolve finds out what became of a batch whose commit failed. Locking the deal row on a new connection waits the old
// transaction out; then the keys tell. Those not found are carried again. Rule: reliability.md M6, design 3.8.
func (t *Turnstile) resolve(ctx context.Context, g *gate, batch []*passenger, cause error) []*passenger {
	g.image = nil
	t.log.WarnContext(ctx, "commit unknown, reading the keys", "deal", g.deal, "err", cause)
	for range resolveTries {
		var stored map[domain.EventKey]domain.Event
		err := t.store.InTx(ctx, func(tx domain.Tx) error {
			if _, err := tx.LockDeal(ctx, g.deal, nil); err != nil {
				return err
			}
			var err error
			stored, err = tx.Answers(ctx, keysOf(batch))
			return err
		})
		if err != nil && !errors.Is(err, domain.ErrUnknown) {
			t.log.WarnContext(ctx, "keys cannot be read yet", "deal", g.deal, "err", err)
			if ctx.Err() != nil {
				break
			}
			continue
		}
		if stored != nil || len(keysOf(batch)) == 0 {
			return answerStored(batch, stored)
		}
	}
	t.fail(batch, fmt.Errorf("deal %s: %w", g.deal, errors.Join(domain.ErrUnknown, cause)))
	return nil
}

func keysOf(batch []*passenger) []domain.EventKey {
	var keys []domain.EventKey
	for _, p := range batch {
		if k := p.turn.Asked().Key; !k.IsZero() {
			keys = append(keys, k)
		}
	}
	return keys
}

// answerStored answers who was stored already and returns the others.
func answerStored(batch []*passenger, stored map[domain.EventKey]domain.Event) []*passenger {
	var left []*passenger
	for _, p := range batch {
		if e, ok := stored[p.turn.Asked().Key]; ok {
			p.answer <- passed{answer: sameInput(e, p.turn.Asked())}
			continue
		}
		left = append(left, p)
	}
	return left
}

// sameInput gives the stored answer, unless the key comes back with other content.
func sameInput(e domain.Event, ask domain.Asked) domain.Answer {
	if e.Hash != ask.Hash {
		return refused(domain.Refuse(domain.CodeConflict, domain.WhyKeyReused))
	}
	return e.Answer
}

func refused(r *domain.Refusal) domain.Answer {
	return domain.Answer{Did: domain.DidRefuse, Refusal: r}
}
