package bot

import (
	"context"
	"errors"
	"sync"
)

// ErrLaneFull says that a person has more updates waiting than we are willing to hold.
var ErrLaneFull = errors.New("too many updates of one person are waiting")

// Lanes runs the updates of one person one after another and those of different people side by side,
// so that a rush of joins reaches the deal together while nobody's two taps swap places.
type Lanes struct {
	next  Handler
	depth int
	mu    sync.Mutex
	lanes map[string]*lane
}

type lane struct {
	turn    chan struct{}
	waiting int
}

// NewLanes wraps next; depth bounds how many updates of one person may wait.
func NewLanes(next Handler, depth int) *Lanes {
	return &Lanes{next: next, depth: depth, lanes: map[string]*lane{}}
}

// Handle waits for the person's turn and hands the update on. It returns ErrLaneFull past the bound and the context's
// error when the caller gives up waiting.
func (l *Lanes) Handle(ctx context.Context, up Update) ([]Reply, error) {
	key := up.Channel + "\x00" + up.Person.ID
	ln, err := l.enter(key)
	if err != nil {
		return nil, err
	}
	defer l.leave(key, ln)
	select {
	case ln.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-ln.turn }()
	return l.next.Handle(ctx, up)
}

func (l *Lanes) enter(key string) (*lane, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln := l.lanes[key]
	if ln == nil {
		ln = &lane{turn: make(chan struct{}, 1)}
		l.lanes[key] = ln
	}
	if ln.waiting >= l.depth {
		return nil, ErrLaneFull
	}
	ln.waiting++
	return ln, nil
}

func (l *Lanes) leave(key string, ln *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ln.waiting--; ln.waiting == 0 {
		delete(l.lanes, key)
	}
}
