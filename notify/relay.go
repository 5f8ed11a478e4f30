// Package notify sends what the outbox holds: it claims rows, asks whether they are still wanted, words them in the
// person's language, sends them within the limits of chats and channels, and records what became of each. It knows
// channels by what they can do, never by name, and it makes no decisions about deals.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// The defaults of Config.
const (
	defaultLease       = time.Minute
	defaultBatch       = 100
	defaultMaxAttempts = 12
	defaultPerChannel  = 8
	defaultSendTimeout = 15 * time.Second
	defaultTopic       = "outbox"
	idle               = time.Second // how long Run waits when nobody wakes it
	afterFault         = 30 * time.Second
	farewell           = 5 * time.Second // for writing down what a stopping relay gives back
)

// Config is what a Relay is made of. Store, Outbox, Channels, Budget, Clock and Owner are required.
type Config struct {
	Store       domain.Store
	Outbox      domain.Outbox
	Channels    []bot.Channel
	Budget      domain.Budget
	Waker       domain.Waker // nil: only the clock starts a round
	Topic       string       // woken by this
	Clock       func() time.Time
	Rand        func() float64 // in [0,1), for jitter
	BaseURL     string
	Log         *slog.Logger
	Owner       string // names this process in leases
	Lease       time.Duration
	Batch       int // most rows in hand at once
	MaxAttempts int64
	PerChannel  int // most sends at once on one channel
	SendTimeout time.Duration
	// At is called at named points so that tests can stop the program there; nil in production.
	At func(point string)
	// Count hears what became of each row: its kind, its new state and why; nil: nobody counts.
	Count func(kind domain.NoticeKind, state domain.DeliveryState, reason string)
}

// Relay delivers the outbox.
type Relay struct {
	c        Config
	channels map[string]bot.Channel
	gates    map[string]*gate
	budget   *purse

	mu     sync.Mutex
	inHand int
	freed  chan struct{} // a row left our hands
}

// New makes a relay.
func New(c Config) *Relay {
	fill(&c.Lease, defaultLease)
	fill(&c.Batch, defaultBatch)
	fill(&c.MaxAttempts, defaultMaxAttempts)
	fill(&c.PerChannel, defaultPerChannel)
	fill(&c.SendTimeout, defaultSendTimeout)
	fill(&c.Topic, defaultTopic)
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.At == nil {
		c.At = func(string) {}
	}
	if c.Count == nil {
		c.Count = func(domain.NoticeKind, domain.DeliveryState, string) {}
	}
	r := &Relay{c: c, channels: map[string]bot.Channel{}, gates: map[string]*gate{}, budget: newPurse(c.Budget, c.Clock), freed: make(chan struct{}, 1)}
	for _, ch := range c.Channels {
		r.channels[ch.Name()] = ch
		r.gates[ch.Name()] = newGate(c.PerChannel)
	}
	return r
}

func fill[T comparable](to *T, def T) {
	var zero T
	if *to == zero {
		*to = def
	}
}

// Heard makes everything due that was kept until this person would be heard of again.
func (r *Relay) Heard(ctx context.Context, who domain.AccountID) error {
	if _, err := r.c.Outbox.Requeue(ctx, nil, who); err != nil {
		return fmt.Errorf("requeue what was kept for a person: %w", err)
	}
	return nil
}

// Once delivers what is due now and says how many rows it took in hand.
func (r *Relay) Once(ctx context.Context) (int, error) {
	n, done, err := r.round(ctx)
	done.Wait()
	return n, err
}

// Run delivers until the context ends. A slow chat keeps only its own rows waiting: the next round starts as soon as there
// is room in hand. What is in hand when the context ends and was not yet sent is given back.
func (r *Relay) Run(ctx context.Context) error {
	signals, stop := r.signals(ctx)
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	pause := idle
	var freed <-chan struct{} // listened to only while our hands are full
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-signals:
		case <-freed:
			if r.room() < (r.c.Batch+1)/2 {
				continue
			}
		case <-timer.C:
		}
		n, done, err := r.round(ctx)
		all.Go(done.Wait)
		if freed = nil; r.room() == 0 {
			freed = r.freed
		}
		switch {
		case err != nil && ctx.Err() == nil:
			r.c.Log.WarnContext(ctx, "relay", "err", err)
			pause = min(2*pause, afterFault)
		case n > 0 && r.room() > 0:
			pause = 0
		default:
			pause = idle
		}
		timer.Reset(pause)
		if pause == 0 {
			pause = idle
		}
	}
}

func (r *Relay) signals(ctx context.Context) (<-chan struct{}, func()) {
	if r.c.Waker == nil {
		return nil, func() {}
	}
	return r.c.Waker.Subscribe(ctx, r.c.Topic)
}

// room is how many more rows may be taken in hand.
func (r *Relay) room() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.c.Batch - r.inHand
}

// round claims what there is room for and starts to deliver it; done ends when all of it has left our hands.
func (r *Relay) round(ctx context.Context) (n int, done *sync.WaitGroup, err error) {
	done = &sync.WaitGroup{}
	room := r.room()
	if room <= 0 || ctx.Err() != nil {
		return 0, done, nil //nolint:nilerr // the error has become the answer
	}
	ds, err := r.c.Outbox.ClaimDeliveries(ctx, r.c.Owner, r.c.Lease, room)
	if err != nil {
		return 0, done, fmt.Errorf("claim deliveries: %w", err)
	}
	if len(ds) == 0 {
		return 0, done, nil
	}
	r.c.At("relay.claimed")
	r.hold(len(ds))
	r.start(ctx, lanes(ds), newFacts(r.c.Store), done)
	return len(ds), done, nil
}

func (r *Relay) hold(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inHand += n
}

// release gives back one row's place in hand and wakes Run.
func (r *Relay) release() {
	r.hold(-1)
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

// start runs the lanes side by side. Those with money go first: the others start only when each of them stands in line
// for its channel.
func (r *Relay) start(ctx context.Context, ls []lane, f *facts, done *sync.WaitGroup) {
	var lined sync.WaitGroup
	for _, l := range ls {
		if !l.first {
			continue
		}
		lined.Add(1)
		done.Go(func() {
			once := sync.OnceFunc(lined.Done)
			defer once()
			r.ride(ctx, l, f, once)
		})
	}
	lined.Wait()
	for _, l := range ls {
		if !l.first {
			done.Go(func() { r.ride(ctx, l, f, func() {}) })
		}
	}
}

// lane is the rows of one chat or person in their order.
type lane struct {
	rows  []domain.Delivery
	first bool
}

// lanes sorts claimed rows by whom they are for; lanes that hold money come first.
func lanes(ds []domain.Delivery) []lane {
	var ls []lane
	at := map[string]int{}
	for _, d := range ds {
		key := "chat:" + string(d.Chat)
		if d.Chat == "" {
			key = "person:" + string(d.Account)
		}
		i, there := at[key]
		if !there {
			i = len(ls)
			at[key] = i
			ls = append(ls, lane{})
		}
		ls[i].rows = append(ls[i].rows, d)
		ls[i].first = ls[i].first || matters(d.Kind)
	}
	slices.SortStableFunc(ls, func(a, b lane) int {
		switch {
		case a.first == b.first:
			return 0
		case a.first:
			return -1
		}
		return 1
	})
	return ls
}

// ride delivers a lane's rows one after another. When one has to be tried again soon, those behind it wait for it, so
// that a chat hears things in their order.
func (r *Relay) ride(ctx context.Context, l lane, f *facts, lined func()) {
	for i := 0; i < len(l.rows); i++ {
		d := l.rows[i]
		if ctx.Err() != nil {
			r.giveBack(ctx, l.rows[i:], r.c.Clock(), "stopped")
			return
		}
		v := r.deliver(ctx, job{d: d, behind: l.rows[i+1:], facts: f, lined: lined})
		i += len(v.with)
		r.release()
		for range v.with {
			r.release()
		}
		if v.err != nil {
			if !errors.Is(v.err, domain.ErrLostLease) && ctx.Err() == nil {
				r.c.Log.WarnContext(ctx, "deliver", "outbox", d.ID, "kind", d.Kind, "err", v.err)
			}
			for range l.rows[i+1:] { // the lease keeps them for us or gives them to another; nothing may pass the failed one
				r.release()
			}
			return
		}
		if v.after.IsZero() || v.after.Sub(r.c.Clock()) > holdUp {
			continue
		}
		r.giveBack(ctx, l.rows[i+1:], v.after, "behind")
		return
	}
}

// holdUp is how soon a row must be tried again to keep those behind it waiting.
const holdUp = time.Minute

// giveBack frees rows that were claimed and not tried.
func (r *Relay) giveBack(ctx context.Context, ds []domain.Delivery, due time.Time, why string) {
	if len(ds) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	back := slices.Clone(ds)
	for i := range back {
		back[i].LastReason, back[i].DueAt = why, due
		if back[i].State != domain.DeliverySending { // what may have been sent stays that way until somebody looks
			back[i].State = domain.DeliveryNew
		}
	}
	if err := r.c.Outbox.SettleDeliveries(ctx, back); err != nil {
		r.c.Log.WarnContext(ctx, "give rows back", "err", err)
	}
	for range ds {
		r.release()
	}
}

// voice is how a row's reader is spoken to.
func (r *Relay) voice(lang domain.Lang, c domain.Community) say.Voice {
	if lang == "" {
		lang = c.Lang
	}
	return say.Voice{Lang: lang, Zone: zoneOf(c), Now: r.c.Clock(), BaseURL: r.c.BaseURL}
}

func zoneOf(c domain.Community) *time.Location {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}
