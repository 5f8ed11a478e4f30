package webchat

import (
	"context"
	"sync"
)

// Waker tells other connections, in this copy of the program or another, that something changed. A wake-up may be lost:
// whoever waits also looks for itself every two seconds.
type Waker interface {
	Wake(ctx context.Context, topic string)
	// Subscribe gives a channel that is sent to (or holds one pending signal) at each wake-up, and a way to stop.
	Subscribe(ctx context.Context, topic string) (<-chan struct{}, func())
}

// LocalWaker wakes within one process.
type LocalWaker struct {
	mu    sync.Mutex
	ears  map[string]map[int]chan struct{}
	count int
}

// NewLocalWaker makes a waker for one process.
func NewLocalWaker() *LocalWaker { return &LocalWaker{ears: map[string]map[int]chan struct{}{}} }

// Wake signals everybody who listens to the topic and never blocks.
func (l *LocalWaker) Wake(_ context.Context, topic string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ear := range l.ears[topic] {
		select {
		case ear <- struct{}{}:
		default: // a signal is already waiting there
		}
	}
}

// Subscribe listens to a topic until the returned function is called.
func (l *LocalWaker) Subscribe(_ context.Context, topic string) (<-chan struct{}, func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	id, ear := l.count, make(chan struct{}, 1)
	if l.ears[topic] == nil {
		l.ears[topic] = map[int]chan struct{}{}
	}
	l.ears[topic][id] = ear
	return ear, func() { l.drop(topic, id) }
}

func (l *LocalWaker) drop(topic string, id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ears[topic], id)
	if len(l.ears[topic]) == 0 {
		delete(l.ears, topic)
	}
}
