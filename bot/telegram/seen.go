package telegram

import (
	"context"
	"sync"
)

// maxSeen is how many answered updates are remembered. Telegram repeats an update only while it has no good answer, so
// that this need not reach far back; after a restart the stored answers of the program stand behind it.
const maxSeen = 4096

// seen lets each update through once: a repeat of one that is being handled waits for it, a repeat of one that was handled
// is done. One that failed may come again.
type seen struct {
	mu    sync.Mutex
	by    map[int64]*turn
	order []int64
}

type turn struct {
	done chan struct{}
	err  error
}

func newSeen() *seen { return &seen{by: map[int64]*turn{}} }

// do runs f for the first delivery of an update.
func (s *seen) do(ctx context.Context, id int64, f func() error) error {
	s.mu.Lock()
	if t := s.by[id]; t != nil {
		s.mu.Unlock()
		select {
		case <-t.done:
			return t.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	t := &turn{done: make(chan struct{})}
	s.by[id] = t
	s.order = append(s.order, id)
	if len(s.order) > maxSeen {
		delete(s.by, s.order[0])
		s.order = s.order[1:]
	}
	s.mu.Unlock()
	t.err = f()
	if t.err != nil {
		s.mu.Lock()
		if s.by[id] == t {
			delete(s.by, id)
		}
		s.mu.Unlock()
	}
	close(t.done)
	return t.err
}
