package redis

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

const (
	helloTopic = "hello" // keeps the connection subscribed when nobody waits
)

// wakes spreads signals: to listeners in this process at once, to others through Redis. Signals of one topic merge.
type wakes struct {
	c      redis.UniversalClient
	log    *slog.Logger
	prefix func() string // of the channels at Redis

	mu      sync.Mutex
	pending map[string]struct{}
	topics  map[string]map[chan struct{}]struct{}
	wanted  map[string]bool // what to (un)subscribe at Redis
	publ    chan struct{}
	subs    chan struct{}
}

func newWakes(c redis.UniversalClient, log *slog.Logger, prefix func() string) *wakes {
	return &wakes{
		c: c, log: log, prefix: prefix, pending: map[string]struct{}{}, topics: map[string]map[chan struct{}]struct{}{}, wanted: map[string]bool{},
		publ: make(chan struct{}, 1), subs: make(chan struct{}, 1),
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a signal waits already: they merge
	}
}

// Wake tells everybody who waits for a topic. It never blocks and may lose the signal to other processes.
func (r *Redis) Wake(_ context.Context, topic string) {
	r.wakes.deliver(topic)
	r.wakes.mu.Lock()
	r.wakes.pending[topic] = struct{}{}
	r.wakes.mu.Unlock()
	poke(r.wakes.publ)
}

// Subscribe returns a channel that gets a value after each wake until stop is called.
func (r *Redis) Subscribe(_ context.Context, topic string) (signals <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w := r.wakes
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.topics[topic] == nil {
		w.topics[topic] = map[chan struct{}]struct{}{}
		w.wanted[topic] = true
		poke(w.subs)
	}
	w.topics[topic][c] = struct{}{}
	return c, sync.OnceFunc(func() { w.leave(topic, c) })
}

func (w *wakes) leave(topic string, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.topics[topic], c)
	if len(w.topics[topic]) == 0 {
		delete(w.topics, topic)
		w.wanted[topic] = false
		poke(w.subs)
	}
}

func (w *wakes) deliver(topic string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.topics[topic] {
		poke(c)
	}
}

// publish sends what has gathered since the last time, each topic once.
func (w *wakes) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.publ:
		}
		w.mu.Lock()
		topics := w.pending
		w.pending = map[string]struct{}{}
		w.mu.Unlock()
		short, cancel := context.WithTimeout(ctx, otherPatience)
		_, err := w.c.Pipelined(short, func(p redis.Pipeliner) error {
			for topic := range topics {
				p.Publish(short, w.prefix()+topic, "")
			}
			return nil
		})
		cancel()
		if err != nil && ctx.Err() == nil {
			w.log.DebugContext(ctx, "wake-ups were lost", "err", err)
		}
	}
}

// listen hears what other processes say. The client reconnects and subscribes again by itself.
func (w *wakes) listen(ctx context.Context) {
	ps := w.c.Subscribe(ctx, w.prefix()+helloTopic)
	defer func() {
		if err := ps.Close(); err != nil {
			w.log.DebugContext(ctx, "close subscription", "err", err)
		}
	}()
	heard := ps.Channel(redis.WithChannelSize(1000))
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-heard:
			if !ok {
				return
			}
			w.deliver(strings.TrimPrefix(m.Channel, w.prefix()))
		case <-w.subs:
			w.follow(ctx, ps)
		}
	}
}

// follow brings the subscriptions at Redis in line with who waits here.
func (w *wakes) follow(ctx context.Context, ps *redis.PubSub) {
	w.mu.Lock()
	changes := w.wanted
	w.wanted = map[string]bool{}
	w.mu.Unlock()
	var in, out []string
	for topic, wanted := range changes {
		if wanted {
			in = append(in, w.prefix()+topic)
		} else {
			out = append(out, w.prefix()+topic)
		}
	}
	short, cancel := context.WithTimeout(ctx, otherPatience)
	defer cancel()
	// What fails is remembered by the client and done when it is connected again.
	if len(in) > 0 {
		if err := ps.Subscribe(short, in...); err != nil {
			w.log.DebugContext(ctx, "subscribe", "err", err)
		}
	}
	if len(out) > 0 {
		if err := ps.Unsubscribe(short, out...); err != nil {
			w.log.DebugContext(ctx, "unsubscribe", "err", err)
		}
	}
}
