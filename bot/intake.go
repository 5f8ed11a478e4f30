package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Taken is what became of an update that a channel handed in.
type Taken struct {
	Replies []Reply
	// Late says that the answer takes longer than the platform waits: the update is stored, the platform may be told that
	// all is well, and the replies leave through Sender when they are ready.
	Late bool
}

// Taker takes updates in. An error means that nothing is stored: the platform must not be told that all is well, so that it
// delivers again. A redelivery waits for the first one and gets the same replies.
type Taker interface {
	Take(ctx context.Context, up Update) (Taken, error)
}

// The errors of an intake.
var (
	ErrIntakeFull    = errors.New("too many updates are being handled")
	ErrIntakeStopped = errors.New("the intake has stopped")
	errPanicked      = errors.New("panic while handling an update")
)

// The defaults of an intake.
const (
	intakePatience = 4500 * time.Millisecond
	intakeTime     = 60 * time.Second
	intakeLease    = 90 * time.Second
	intakePoll     = 2 * time.Second
	intakeGrace    = 10 * time.Second
	intakeFlights  = 4096
	intakeBatch    = 32
	intakeAttempts = 40
	heardEvery     = time.Minute
	heardPeople    = 50_000
	absentWait     = 10 * time.Minute
	absentPeople   = 4096
	keepOver       = 2 * time.Minute
)

// IntakeConfig is what an intake needs. Zero durations and counts mean the defaults.
type IntakeConfig struct {
	Handler  Handler
	Inbox    Inbox
	Clock    func() time.Time
	Log      *slog.Logger
	Owner    string        // names this copy of the program in the inbox
	Patience time.Duration // how long a platform waits for an answer
	Time     time.Duration // the longest that handling may take
	Flights  int           // most updates at once
	// Heard is called after an update was handled, at most once a minute for one person.
	Heard func(ctx context.Context, channel, person string)
	// Sorry words the end of an update that can never be handled; nil: it ends in silence.
	Sorry func(up Update) Reply
	// At is called at named points, for tests.
	At func(point string)
}

// Intake hands updates to the handler once each, also when the platform delivers them again, and sees to it that what was
// acknowledged is answered even if the program dies. Channels that receive webhooks or poll hand their updates to it.
type Intake struct {
	c      IntakeConfig
	base   context.Context //nolint:containedctx // the life of all handling, ended by Run
	cancel context.CancelFunc

	mu       sync.Mutex
	channels map[string]Channel
	flights  map[string]*flight
	left     map[string]bool // whose replies have left by Send not long ago, so that a slow redelivery does not repeat them
	over     []lateOver      // the same, oldest first
	heard    map[string]time.Time
	absent   map[string][]InboxItem // what waits for people who cannot be reached until they are heard of
	stopped  bool
	running  sync.WaitGroup
}

// lateOver is when the replies of an update had left.
type lateOver struct {
	id string
	at time.Time
}

// NewIntake makes an intake; Add the channels, then let them Take.
func NewIntake(c IntakeConfig) *Intake {
	c.Patience = either(c.Patience, intakePatience)
	c.Time = either(c.Time, intakeTime)
	if c.Flights <= 0 {
		c.Flights = intakeFlights
	}
	if c.At == nil {
		c.At = func(string) {}
	}
	in := &Intake{c: c, channels: map[string]Channel{}, flights: map[string]*flight{}, left: map[string]bool{}, heard: map[string]time.Time{}, absent: map[string][]InboxItem{}}
	in.base, in.cancel = context.WithCancel(context.Background())
	return in
}

func either(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Add makes a channel known, so that late replies find their way.
func (in *Intake) Add(ch Channel) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.channels[ch.Name()] = ch
}

func (in *Intake) channel(name string) Channel {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.channels[name]
}

// flight is one update being handled, and everybody who waits for its answer.
type flight struct {
	done    chan struct{} // closed when replies and err are there
	late    chan struct{} // closed when the update lies in the inbox and its replies will leave by Send
	replies []Reply
	err     error

	mu       sync.Mutex
	failed   chan struct{} // closed when it took too long and could not be stored; the next redelivery gets another one
	isDone   bool
	isLate   bool
	kept     InboxItem
	patience *time.Timer // nil: nobody waits to store it
}

// Take hands an update in and waits for its answer, at most as long as the platform does.
func (in *Intake) Take(ctx context.Context, up Update) (Taken, error) {
	f, failed, err := in.join(ctx, up)
	if err != nil {
		return Taken{}, err
	}
	if f == nil {
		return Taken{Late: true}, nil
	}
	select {
	case <-f.done:
		return Taken{Replies: f.replies}, f.err
	case <-f.late:
		return Taken{Late: true}, nil
	case <-failed:
		return Taken{}, errNotKept
	case <-ctx.Done():
		return Taken{}, fmt.Errorf("wait for an answer: %w", ctx.Err())
	}
}

var errNotKept = errors.New("handling takes long and the update could not be stored")

// join finds the flight of an update or starts it. Nil means that its replies have left already.
func (in *Intake) join(ctx context.Context, up Update) (*flight, <-chan struct{}, error) {
	id := in.id(up)
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.flights[id]
	switch {
	case f != nil:
		return f, in.watch(ctx, f, up), nil
	case in.hasLeft(id):
		return nil, nil, nil
	case in.stopped:
		return nil, nil, ErrIntakeStopped
	case len(in.flights) >= in.c.Flights:
		return nil, nil, ErrIntakeFull
	}
	f = &flight{done: make(chan struct{}), late: make(chan struct{})}
	in.flights[id] = f
	in.running.Add(1)
	failed := in.watch(ctx, f, up)
	go in.fly(context.WithoutCancel(ctx), id, f, up)
	return f, failed, nil
}

// watch sees to it that a flight is stored when it takes too long, also if that was tried before and failed.
func (in *Intake) watch(ctx context.Context, f *flight, up Update) <-chan struct{} {
	ctx = context.WithoutCancel(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.patience == nil && !f.isDone && !f.isLate {
		f.failed = make(chan struct{})
		in.running.Add(1)
		f.patience = time.AfterFunc(in.c.Patience, func() { in.keep(ctx, f, up) })
	}
	return f.failed
}

// id names an update; the parts come from outside, so none may run into the next.
func (in *Intake) id(up Update) string {
	return up.Channel + "\x00" + up.Account + "\x00" + up.Key
}

func (in *Intake) hasLeft(id string) bool {
	now := in.c.Clock()
	for len(in.over) > 0 && now.Sub(in.over[0].at) > keepOver {
		delete(in.left, in.over[0].id)
		in.over = in.over[1:]
	}
	return in.left[id]
}

// fly handles an update and, when the platform was told already, sends the replies.
func (in *Intake) fly(ctx context.Context, id string, f *flight, up Update) {
	defer in.running.Done()
	f.replies, f.err = in.handle(ctx, up)
	f.mu.Lock()
	f.isDone = true
	if f.patience != nil && f.patience.Stop() {
		in.running.Done() // nobody will keep it
	}
	late := f.isLate
	f.mu.Unlock()
	in.c.At("intake.handled")
	if !late {
		in.land(id, false)
		close(f.done)
	} else {
		in.finish(ctx, f.kept, parcel{Update: up}, f.replies, f.err)
		in.land(id, true)
	}
	if f.err == nil {
		in.tell(ctx, up)
	}
}

func (in *Intake) land(id string, late bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.flights, id)
	if late && !in.left[id] {
		in.left[id] = true
		in.over = append(in.over, lateOver{id: id, at: in.c.Clock()})
	}
}

// keep stores an update whose answer the platform does not wait for any longer. If the answer came meanwhile, the platform
// gets it and the row is over.
func (in *Intake) keep(ctx context.Context, f *flight, up Update) {
	defer in.running.Done()
	item, fresh, err := in.store(ctx, up)
	if err != nil {
		in.c.Log.WarnContext(ctx, "an update is not acknowledged", "channel", up.Channel, "err", err)
	}
	in.c.At("intake.kept")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.patience = nil
	if err != nil {
		close(f.failed)
		return
	}
	if !f.isDone {
		f.isLate = true
		f.kept = item
		close(f.late)
		return
	}
	if fresh {
		if err := in.c.Inbox.FinishUpdate(ctx, item, "in time"); err != nil {
			in.c.Log.WarnContext(ctx, "an answered update stays in the inbox", "channel", up.Channel, "err", err)
		}
	}
}

// handle calls the handler with a life of its own: somebody who hangs up must not stop an order half-way.
func (in *Intake) handle(ctx context.Context, up Update) (replies []Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, in.c.Time)
	defer cancel()
	defer context.AfterFunc(in.base, cancel)() //nolint:contextcheck // the base ends with the Intake, not with a caller
	defer func() {
		if p := recover(); p != nil {
			in.c.Log.ErrorContext(ctx, "panic while handling an update", "channel", up.Channel, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			replies, err = nil, errPanicked
		}
	}()
	if replies, err = in.c.Handler.Handle(ctx, up); err != nil {
		return nil, fmt.Errorf("handle an update: %w", err)
	}
	return replies, nil
}

// tell says that a person was heard of.
func (in *Intake) tell(ctx context.Context, up Update) {
	if up.Person.ID == "" || up.Kind == KindUnfollow || up.Kind == KindGone {
		return
	}
	in.wake(ctx, up)
	if in.c.Heard == nil {
		return
	}
	who, now := up.Channel+"\x00"+up.Person.ID, in.c.Clock()
	in.mu.Lock()
	last, known := in.heard[who]
	fresh := !known || now.Sub(last) >= heardEvery
	if fresh {
		if len(in.heard) >= heardPeople {
			in.heard = map[string]time.Time{}
		}
		in.heard[who] = now
	}
	in.mu.Unlock()
	if !fresh {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, in.c.Time)
	defer cancel()
	in.c.Heard(ctx, up.Channel, up.Person.ID)
}

// keyBytes is the longest key that the inbox takes as it is.
const keyBytes = 150

// itemOf is the name of an update in the inbox.
func itemOf(up Update, owner string) InboxItem {
	key := up.Account + "/" + up.Key
	if len(key) > keyBytes {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:])
	}
	return InboxItem{Source: up.Channel, Key: key, Owner: owner}
}
