// Package handlers is the Desk: one method per use case of group buying, and the Turnstile through which everything that
// races for seats, stock or money passes. It knows the domain and its ports; it knows no chat, no HTTP and no SQL.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tuanbot/domain"
)

// Config is what a Desk is made of.
type Config struct {
	Store    domain.Store
	Tally    domain.Tally
	Waker    domain.Waker
	Mint     domain.Mint
	Vault    Vault
	Gateways map[string]domain.Payments // by name
	Gateway  string                     // the one new payments go to
	Log      *slog.Logger
	// At is called at named points so that tests can stop the program there; nil in production.
	At func(point string)
	// PayWindows are the payment windows of deals that set none; a missing one is the domain's default.
	PayWindows map[domain.PayWhen]time.Duration
	// ReadBudget is how long a tally may be waited for before SQL is asked.
	ReadBudget time.Duration
}

// Vault keeps addresses: a keyed hash to find them, and a box that only the vault opens.
type Vault interface {
	Blind(parts ...string) string
	Seal(owner string, plain []byte) ([]byte, error)
	Open(owner string, box []byte) ([]byte, error)
}

// Desk does the use cases.
type Desk struct {
	domain.Views // plain reads, for those who show things

	c      Config
	turn   *Turnstile
	keys   *keyring
	pub    *publisher
	crowd  *crowd
	sheets *sheets
}

// New makes a Desk; Close it when done.
func New(c Config) *Desk {
	if c.At == nil {
		c.At = func(string) {}
	}
	if c.ReadBudget == 0 {
		c.ReadBudget = 50 * time.Millisecond
	}
	d := &Desk{Views: c.Store, c: c, keys: &keyring{store: c.Store}, pub: newPublisher(c), crowd: newCrowd(c.Store), sheets: &sheets{}}
	d.turn = newTurnstile(c, d.pub.offer, d.sheets.keep)
	return d
}

// Close lets running commands finish and the last tallies out.
func (d *Desk) Close() {
	d.turn.Close()
	d.pub.close()
}

// pass takes a turn through the Turnstile, key first: a key that is known gets its stored answer before anything else.
func (d *Desk) pass(ctx context.Context, deal domain.DealID, turn domain.Turn) (domain.Answer, error) {
	ask := turn.Asked()
	if e, ok, err := d.keys.first(ctx, ask.Key); err != nil {
		return domain.Answer{}, fmt.Errorf("%s: %w", turn.Kind(), err)
	} else if ok {
		return sameInput(e, ask), nil
	}
	return d.turn.Pass(ctx, deal, turn)
}

// once runs a command that needs no deal's lock: the key is looked up, the effect and the event row are one transaction.
func (d *Desk) once(ctx context.Context, ask domain.Asked, kind string, f func(tx domain.Tx) (domain.Answer, error)) (domain.Answer, error) {
	for range 3 {
		if e, ok, err := d.keys.find(ctx, ask.Key); err != nil {
			return domain.Answer{}, fmt.Errorf("%s: %w", kind, err)
		} else if ok {
			return sameInput(e, ask), nil
		}
		a, err := d.onceInTx(ctx, ask, kind, f)
		if err == nil || !errors.Is(err, domain.ErrDuplicate) && !errors.Is(err, domain.ErrUnknown) || ask.Key.IsZero() {
			return a, err
		}
	}
	return domain.Answer{}, fmt.Errorf("%s: %w", kind, domain.ErrUnknown)
}

func (d *Desk) onceInTx(ctx context.Context, ask domain.Asked, kind string, f func(tx domain.Tx) (domain.Answer, error)) (domain.Answer, error) {
	var a domain.Answer
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		var err error
		a, err = f(tx)
		if r := domain.AsRefusal(err); r != nil {
			a, err = refused(r), nil
		}
		if err != nil || ask.Key.IsZero() {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		return tx.InsertEvent(ctx, domain.Event{
			Key: ask.Key, Hash: ask.Hash, Kind: kind, Deal: a.Deal, Order: a.Order, By: ask.By, Chat: ask.Chat, Lang: ask.Lang, Source: ask.Source, Answer: a, At: now,
		})
	})
	if err != nil {
		return domain.Answer{}, fmt.Errorf("%s: %w", kind, err)
	}
	markWritten(ctx)
	return a, nil
}

// errBusy marks a failed read as "nothing was written".
func errBusy(err error) error {
	if errors.Is(err, domain.ErrBusy) {
		return err
	}
	return errors.Join(domain.ErrBusy, err)
}

// publisher puts the newest tally of each deal into Redis behind the answers, never in front of them.
type publisher struct {
	c    Config
	mu   sync.Mutex
	next map[domain.DealID]domain.DealTally
	wake chan struct{}
	quit chan struct{}
	wg   sync.WaitGroup
}

func newPublisher(c Config) *publisher {
	p := &publisher{c: c, next: map[domain.DealID]domain.DealTally{}, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	p.wg.Add(1)
	go p.run()
	return p
}

// offer replaces what waits for the deal; only absolute values travel, so nothing is lost by it but teams of the older
// one, which are carried over.
func (p *publisher) offer(t domain.DealTally) {
	p.mu.Lock()
	if old, ok := p.next[t.Deal]; ok {
		t.Teams = mergeTeams(old.Teams, t.Teams)
	}
	p.next[t.Deal] = t
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func mergeTeams(old, now []domain.TeamTally) []domain.TeamTally {
	have := map[domain.TeamID]bool{}
	for _, t := range now {
		have[t.Team] = true
	}
	for _, t := range old {
		if !have[t.Team] {
			now = append(now, t)
		}
	}
	return now
}

func (p *publisher) run() {
	defer p.wg.Done()
	for {
		select {
		case <-p.wake:
			p.flush()
		case <-p.quit:
			p.flush()
			return
		}
	}
}

func (p *publisher) flush() {
	p.mu.Lock()
	batch := p.next
	p.next = map[domain.DealID]domain.DealTally{}
	p.mu.Unlock()
	for _, t := range batch {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		p.c.At("tally.before_publish")
		if err := p.c.Tally.Publish(ctx, t); err != nil {
			p.c.Log.DebugContext(ctx, "tally not published; the recount heals it", "deal", t.Deal, "err", err)
		}
		open, over := deadlinesOf(t)
		if err := errors.Join(p.c.Tally.Schedule(ctx, open), p.c.Tally.Forget(ctx, over)); err != nil {
			p.c.Log.DebugContext(ctx, "deadlines not indexed; the sweep finds them", "deal", t.Deal, "err", err)
		}
		p.c.Waker.Wake(ctx, TopicDeal(t.Deal))
		p.c.Waker.Wake(ctx, TopicOutbox)
		cancel()
	}
}

// deadlinesOf are the clocks to index, and those that have been dealt with.
func deadlinesOf(t domain.DealTally) (open, over []domain.TeamDeadline) {
	for _, tm := range t.Teams {
		d := domain.TeamDeadline{Deal: t.Deal, Team: tm.Team, At: tm.DeadlineAt}
		if tm.State == domain.TeamForming {
			open = append(open, d)
		} else {
			over = append(over, d)
		}
	}
	return open, over
}

func (p *publisher) close() {
	close(p.quit)
	p.wg.Wait()
}

// TopicOutbox is woken when there may be something to send.
const TopicOutbox = "outbox"

// TopicDeal is woken when a deal's counts moved.
func TopicDeal(id domain.DealID) string { return "deal:" + string(id) }
