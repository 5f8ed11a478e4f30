package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/handlerstest"
	"tuanbot/notify"
	"tuanbot/storage"
)

// recorder is a channel that remembers what it was given and answers as it is told.
type recorder struct {
	name string
	can  bot.Capabilities

	mu   sync.Mutex
	sent []bot.Outgoing
	next []bot.Outcome // answers in their order; then everything arrives
}

func (r *recorder) Name() string                   { return r.name }
func (r *recorder) Capabilities() bot.Capabilities { return r.can }

func (r *recorder) Send(_ context.Context, out bot.Outgoing) bot.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, out)
	if len(r.next) > 0 {
		o := r.next[0]
		r.next = r.next[1:]
		return o
	}
	return bot.Outcome{Sent: bot.SentOK, MessageID: fmt.Sprint("msg", len(r.sent))}
}

func (r *recorder) answer(os ...bot.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = append(r.next, os...)
}

// took gives what was sent since the last time, as lines "address: text".
func (r *recorder) took() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := make([]string, 0, len(r.sent))
	for _, out := range r.sent {
		text := out.Reply.Text
		if out.Reply.Card != nil {
			text = "card " + out.Reply.Card.Progress
			if out.Edit != "" {
				text += " edits " + out.Edit
			}
		}
		lines = append(lines, out.To.Chat+out.To.Person+": "+strings.ReplaceAll(text, "\n", " / "))
	}
	r.sent = nil
	return lines
}

// plenty is a budget that never ends, unless it is told to.
type plenty struct {
	mu   sync.Mutex
	left int
	wait time.Duration
	err  error
	keys []string
}

func (p *plenty) Take(_ context.Context, key string, limit int, _ time.Duration) (int, time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, key)
	if p.left > 0 && strings.HasPrefix(key, "chat:") {
		return p.left, p.wait, p.err
	}
	return limit, p.wait, p.err
}

// nobodyPays is a gateway that no test here asks anything.
type nobodyPays struct{ domain.Payments }

func (nobodyPays) Name() string { return "none" }

// world is a town with a relay.
type world struct {
	*handlerstest.Town
	web    *recorder
	tel    *recorder
	budget *plenty
	relay  *notify.Relay
	cfg    notify.Config
	said   map[string]int // by "state reason"
	saidMu sync.Mutex
}

func openWorld(t *testing.T) *world {
	t.Helper()
	town := handlerstest.Open(t, func(*storage.DB, *handlerstest.Clock) domain.Payments { return nobodyPays{} })
	w := &world{
		Town: town, budget: &plenty{}, said: map[string]int{},
		web: &recorder{name: "web", can: bot.Capabilities{Push: true, Edit: true, PerMinute: 20, PerSecond: 30}},
		tel: &recorder{name: "tel", can: bot.Capabilities{Push: true, PushWindow: 48 * time.Hour}},
	}
	w.cfg = notify.Config{
		Store: town.DB, Outbox: town.DB, Channels: []bot.Channel{w.web, w.tel}, Budget: w.budget, Clock: town.Clock.Now, Rand: func() float64 { return 0 },
		Owner: "one", BaseURL: "https://tuan.example", MaxAttempts: 4, Count: func(k domain.NoticeKind, s domain.DeliveryState, why string) {
			w.saidMu.Lock()
			defer w.saidMu.Unlock()
			w.said[strings.TrimSpace(fmt.Sprint(k, " ", s, " ", why))]++
		},
	}
	w.relay = notify.New(w.cfg)
	return w
}

// offline opens a deal without money of ours, so that tests of notices need no gateway.
func (w *world) offline(change func(*domain.PostCommand)) domain.DealSheet {
	w.T.Helper()
	return w.Post(func(c *domain.PostCommand) {
		c.Terms.Pay = domain.PayOffline
		if change != nil {
			change(c)
		}
	})
}

// run delivers until nothing is due, and gives what was said on the web.
func (w *world) run() []string {
	w.T.Helper()
	for range 50 {
		n, err := w.relay.Once(w.T.Context())
		w.Must(err)
		if n == 0 {
			return w.web.took()
		}
	}
	w.T.Fatal("the relay never comes to an end")
	return nil
}

// tell puts notices into the outbox.
func (w *world) tell(ns ...domain.Notice) {
	w.T.Helper()
	for i := range ns {
		ns[i].Community = w.Home.ID
		if ns[i].Dedup == "" {
			ns[i].Dedup = fmt.Sprint(ns[i].Kind, "/", ns[i].Chat, ns[i].Account, "/", i)
		}
		if ns[i].Due.IsZero() {
			ns[i].Due = w.Clock.Now()
		}
	}
	w.Must(w.DB.InTx(w.T.Context(), func(tx domain.Tx) error { return tx.AppendNotices(w.T.Context(), ns) }))
}

// touched are the outbox rows of a state that somebody has had in hand.
func (w *world) touched(state domain.DeliveryState) []domain.Delivery {
	w.T.Helper()
	ds, err := w.DB.DeliveriesIn(w.T.Context(), state, 100)
	w.Must(err)
	return slices.DeleteFunc(ds, func(d domain.Delivery) bool { return d.Attempts == 0 && d.LastReason == "" })
}

// rows lists the outbox rows of a state as "kind reason".
func (w *world) rows(state domain.DeliveryState) []string {
	w.T.Helper()
	ds := w.touched(state)
	lines := make([]string, 0, len(ds))
	for _, d := range ds {
		lines = append(lines, strings.TrimSpace(string(d.Kind)+" "+d.LastReason))
	}
	return lines
}

func (w *world) one(state domain.DeliveryState) domain.Delivery {
	w.T.Helper()
	ds := w.touched(state)
	if len(ds) != 1 {
		w.T.Fatalf("%d rows are %s, want 1: %+v", len(ds), state, ds)
	}
	return ds[0]
}

func (w *world) identity(who domain.Account, channel, external string, seen time.Time) {
	w.T.Helper()
	w.Must(w.DB.InTx(w.T.Context(), func(tx domain.Tx) error {
		return tx.SaveIdentity(w.T.Context(), domain.Identity{Channel: channel, External: external, Account: who.ID, SeenAt: seen})
	}))
}

func (w *world) want(got []string, want ...string) {
	w.T.Helper()
	if !slices.Equal(got, want) {
		w.T.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

var errAway = errors.New("away")
