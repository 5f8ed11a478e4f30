package notify

import (
	"context"
	"slices"
	"sync"
)

// gate lets so many through at once; who waits with the lower rank goes first, then who came first.
type gate struct {
	mu      sync.Mutex
	free    int
	waiting []*ticket
}

type ticket struct {
	rank int
	call chan struct{}
}

func newGate(width int) *gate { return &gate{free: width} }

// ask gets in line; the ticket's channel is closed when its turn has come.
func (g *gate) ask(rank int) *ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := &ticket{rank: rank, call: make(chan struct{})}
	if g.free > 0 {
		g.free--
		close(t.call)
		return t
	}
	at := slices.IndexFunc(g.waiting, func(w *ticket) bool { return w.rank > rank })
	if at < 0 {
		at = len(g.waiting)
	}
	g.waiting = slices.Insert(g.waiting, at, t)
	return t
}

// wait waits for the ticket's turn. An error means that the turn was given up.
func (g *gate) wait(ctx context.Context, t *ticket) error {
	select {
	case <-t.call:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	at := slices.Index(g.waiting, t)
	if at >= 0 {
		g.waiting = slices.Delete(g.waiting, at, at+1)
	}
	g.mu.Unlock()
	if at < 0 { // called meanwhile: pass it on
		g.leave()
	}
	return ctx.Err()
}

// leave lets the next one in.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.free++
		return
	}
	next := g.waiting[0]
	g.waiting = g.waiting[1:]
	close(next.call)
}
