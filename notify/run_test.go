package notify_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify"
)

// box is an outbox in memory with the few reads that its notices need. It stands in for SQL where time is made up.
type box struct {
	domain.Store
	mu      sync.Mutex
	waiting []domain.Delivery
	leased  map[domain.NoticeID]domain.Delivery
	settled []domain.Delivery
	claims  int
	fail    error
}

func newBox(ds ...domain.Delivery) *box {
	return &box{waiting: ds, leased: map[domain.NoticeID]domain.Delivery{}}
}

func (b *box) Communities(context.Context) ([]domain.Community, error) {
	return []domain.Community{{ID: "home", Lang: domain.Chinese}}, nil
}

func (b *box) Account(_ context.Context, id domain.AccountID) (domain.Account, error) {
	return domain.Account{ID: id, Kind: domain.AccountPerson}, nil
}

func (b *box) IdentitiesOf(_ context.Context, id domain.AccountID) ([]domain.Identity, error) {
	return []domain.Identity{{Channel: "web", External: string(id), Account: id}}, nil
}

func (b *box) Order(_ context.Context, id domain.OrderID) (domain.OrderRecord, error) {
	return domain.OrderRecord{ID: id, State: domain.OrderReceived}, nil
}

func (b *box) ClaimDeliveries(_ context.Context, owner string, _ time.Duration, limit int) ([]domain.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims++
	if b.fail != nil {
		return nil, b.fail
	}
	n := min(limit, len(b.waiting))
	ds := slices.Clone(b.waiting[:n])
	b.waiting = b.waiting[n:]
	for i := range ds {
		ds[i].Owner = owner
		ds[i].Fence++
		b.leased[ds[i].ID] = ds[i]
	}
	return ds, nil
}

func (b *box) MarkSending(_ context.Context, d domain.Delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, held := b.leased[d.ID]; !held {
		return domain.ErrLostLease
	}
	return nil
}

func (b *box) SettleDeliveries(_ context.Context, ds []domain.Delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range ds {
		delete(b.leased, d.ID)
		b.settled = append(b.settled, d)
	}
	return nil
}

func (b *box) DeliveriesIn(context.Context, domain.DeliveryState, int) ([]domain.Delivery, error) {
	return nil, nil
}

func (b *box) Requeue(context.Context, []domain.NoticeID, domain.AccountID) (int64, error) {
	return 0, nil
}

func (b *box) states() map[domain.NoticeID]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[domain.NoticeID]string{}
	for _, d := range b.settled {
		out[d.ID] = string(d.State)
	}
	return out
}

// slow is a channel that takes its time with some people, and notes in which order it was asked.
type slow struct {
	mu    sync.Mutex
	takes map[string]time.Duration
	order []string
	most  int
	now   int
}

func (s *slow) Name() string                   { return "web" }
func (s *slow) Capabilities() bot.Capabilities { return bot.Capabilities{Push: true} }

func (s *slow) Send(ctx context.Context, out bot.Outgoing) bot.Outcome {
	s.mu.Lock()
	s.order = append(s.order, out.To.Person)
	s.now++
	s.most = max(s.most, s.now)
	d := s.takes[out.To.Person]
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	select {
	case <-time.After(d):
		return bot.Outcome{Sent: bot.SentOK}
	case <-ctx.Done():
		return bot.Outcome{Sent: bot.SentUnknown, Reason: "timeout"}
	}
}

func to(id int, who string, kind domain.NoticeKind) domain.Delivery {
	return domain.Delivery{
		ID: domain.NoticeID(fmt.Sprint(id)), State: domain.DeliveryNew,
		Notice: domain.Notice{Kind: kind, Community: "home", Account: domain.AccountID(who), Order: "o", Urgent: true},
	}
}

func relayOf(b *box, ch bot.Channel, change func(*notify.Config)) *notify.Relay {
	c := notify.Config{Store: b, Outbox: b, Channels: []bot.Channel{ch}, Budget: &plenty{}, Clock: time.Now, Owner: "one"}
	if change != nil {
		change(&c)
	}
	return notify.New(c)
}

// start runs a relay until the returned function is called.
func start(t *testing.T, r *notify.Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	}
}

// TestOneSlowTalkHoldsUpNobody: a talk that takes minutes keeps only its own rows waiting.
func TestOneSlowTalkHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ds []domain.Delivery
		ds = append(ds, to(1, "slow", domain.NoticeReceived), to(2, "slow", domain.NoticeReceived))
		for i := 3; i <= 40; i++ {
			ds = append(ds, to(i, fmt.Sprint("p", i), domain.NoticeReceived))
		}
		b := newBox(ds...)
		ch := &slow{takes: map[string]time.Duration{"slow": 10 * time.Second}}
		stop := start(t, relayOf(b, ch, func(c *notify.Config) { c.Batch, c.PerChannel = 8, 4 }))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := b.states(); len(got) != 38 || got["1"] != "" || got["2"] != "" {
			t.Errorf("after 5 s %d rows are settled: %v", len(got), got)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := b.states(); len(got) != 40 || got["2"] != "sent" {
			t.Errorf("after 25 s %d rows are settled", len(got))
		}
		if ch.most > 4 {
			t.Errorf("%d sends at once, at most 4 are allowed", ch.most)
		}
		stop()
	})
}

// TestMoneyFirst: with room for one send at a time, what is about money or decisions goes before chatter.
func TestMoneyFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox(to(1, "chat1", domain.NoticeReceived), to(2, "chat2", domain.NoticeReceived), to(3, "money1", domain.NoticePaid), to(4, "money2", domain.NoticePaid))
		ch := &slow{takes: map[string]time.Duration{"chat1": time.Second, "chat2": time.Second, "money1": time.Second, "money2": time.Second}}
		_, err := relayOf(b, ch, func(c *notify.Config) { c.PerChannel = 1 }).Once(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(ch.order[:2])
		slices.Sort(ch.order[2:])
		if !slices.Equal(ch.order, []string{"money1", "money2", "chat1", "chat2"}) {
			t.Errorf("sent in the order %v", ch.order)
		}
	})
}

// TestASendThatHangs is cut off, and what it came to is unknown.
func TestASendThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox(to(1, "a", domain.NoticeReceived), to(2, "b", domain.NoticePaid))
		ch := &slow{takes: map[string]time.Duration{"a": time.Hour, "b": time.Hour}}
		_, err := relayOf(b, ch, nil).Once(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := b.states(); got["1"] != "dropped" || got["2"] != "new" {
			t.Errorf("settled as %v", got)
		}
	})
}

// TestStopGivesBack: what is being sent is finished, what was not tried is free for another copy at once.
func TestStopGivesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox(to(1, "slow", domain.NoticeReceived), to(2, "slow", domain.NoticeReceived))
		ch := &slow{takes: map[string]time.Duration{"slow": 3 * time.Second}}
		stop := start(t, relayOf(b, ch, nil))
		time.Sleep(time.Second)
		stop()
		if got := b.states(); got["1"] != "sent" || got["2"] != "new" || len(b.leased) != 0 {
			t.Errorf("settled as %v, %d still leased", got, len(b.leased))
		}
	})
}

// TestRunOutlivesFaults: a database that is away is asked again, later each time.
func TestRunOutlivesFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox(to(1, "a", domain.NoticeReceived))
		b.fail = errAway
		stop := start(t, relayOf(b, &slow{}, nil))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		b.mu.Lock()
		claims := b.claims
		b.fail = nil
		b.mu.Unlock()
		if claims < 5 || claims > 40 {
			t.Errorf("%d claims in ten minutes", claims)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := b.states(); got["1"] != "sent" {
			t.Errorf("settled as %v", got)
		}
		stop()
	})
}

// TestAPanicIsADeadLetter: a row that breaks us is put aside and the others go out.
func TestAPanicIsADeadLetter(t *testing.T) {
	t.Parallel()
	b := newBox(to(1, "a", domain.NoticeReceived), to(2, "b", domain.NoticeReceived))
	b.waiting[0].Team = "t" // box cannot read teams
	if _, err := relayOf(b, &slow{}, nil).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.states(); got["1"] != "dead" || got["2"] != "sent" {
		t.Errorf("settled as %v", got)
	}
}
