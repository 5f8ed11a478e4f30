package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
)

// What is read for many at once began after each of them asked, however long the read before it took.
func TestWhoAsksWhileAReadRunsGetsTheNextOne(t *testing.T) {
	t.Parallel()
	var truth, reads atomic.Int64
	begun, end := make(chan struct{}, 10), make(chan struct{}, 10)
	g := &gathering[string, int64]{read: func(_ context.Context, keys []string) (map[string]int64, error) {
		reads.Add(1)
		now := truth.Load()
		begun <- struct{}{}
		<-end
		found := map[string]int64{}
		for _, k := range keys {
			if k != "nobody" {
				found[k] = now
			}
		}
		return found, nil
	}}
	var wg sync.WaitGroup
	ask := func(key string, want int64, there bool) {
		wg.Go(func() {
			if v, found, err := g.get(t.Context(), key); err != nil || found != there || v != want {
				t.Errorf("%s is %d, %v, %v; want %d, %v", key, v, found, err, want, there)
			}
		})
	}
	truth.Store(1)
	ask("ming", 1, true)
	<-begun
	truth.Store(2)
	for range 20 {
		ask("ming", 2, true)
		ask("ann", 2, true)
	}
	ask("nobody", 0, false)
	until(t, "all have asked", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.count == 41
	})
	end <- struct{}{}
	<-begun
	end <- struct{}{}
	wg.Wait()
	if reads.Load() != 2 {
		t.Errorf("%d reads for 42 callers, want 2", reads.Load())
	}
}

func TestAReadThatHangsHoldsNobodyLongerThanTheyLike(t *testing.T) {
	t.Parallel()
	g := &gathering[string, int]{read: func(ctx context.Context, _ []string) (map[string]int, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := g.get(ctx, "ming"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the caller's own deadline", err)
	}
	g.mu.Lock()
	g.count = maxWaiting
	g.mu.Unlock()
	if _, _, err := g.get(t.Context(), "ann"); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("%v, want busy: too many wait", err)
	}
}

func TestAPanicInAReadIsAnError(t *testing.T) {
	t.Parallel()
	a := &alone[string, int]{read: func(context.Context, string) (int, error) { panic("broken") }}
	if _, err := a.get(t.Context(), "ming"); err == nil {
		t.Error("a panic was no error")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.groups) != 0 {
		t.Errorf("%d groups are kept although nobody waits", len(a.groups))
	}
}

// Two copies of the program: whatever one has been told is done, the other one shows, also while many read.
func TestNothingIsStaleOnTwoCopies(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		a, b := newWorld(t, p, options{}), newWorld(t, p, options{})
		o := a.post(t, nil)
		code := sheetOf(t, a.Desk, o.deal).Deal.Code
		ctx, stop := context.WithCancel(t.Context())
		var crowd sync.WaitGroup
		for range 8 { // so that there is always a read under way
			crowd.Go(func() {
				for ctx.Err() == nil {
					_, _ = b.DealByCode(ctx, code)
					_, _ = b.AccountByIdentity(ctx, "web", "o")
				}
			})
		}
		defer crowd.Wait()
		defer stop()
		for i := range int64(15) {
			who := fmt.Sprint("p", i)
			answer, err := a.Join(t.Context(), o.join(who, who, 1))
			joined(t, answer, err)
			s, err := b.DealByCode(t.Context(), code)
			if err != nil || s.Teams[0].Live.Shares != i+1 {
				t.Fatalf("the other copy shows %d shares after join %d, %v", s.Teams[0].Live.Shares, i+1, err)
			}
			if s := sheetOf(t, b.Desk, o.deal); s.Deal.Version < answer.Version {
				t.Fatalf("the other copy shows version %d after %d", s.Deal.Version, answer.Version)
			}
			acc, err := a.Person(t.Context(), PersonCommand{Community: "town", Channel: "web", External: "o", Name: who})
			if err != nil {
				t.Fatal(err)
			}
			if seen, err := b.AccountByIdentity(t.Context(), "web", "o"); err != nil || seen.Name != who || seen.ID != acc.ID {
				t.Fatalf("the other copy knows %q, %v; want %q", seen.Name, err, who)
			}
			if err := a.Remember(t.Context(), domain.Dialogue{Account: acc.ID, Chat: "c", Name: who, State: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
			if d, err := b.Dialogue(t.Context(), acc.ID, "c"); err != nil || d.Name != who {
				t.Fatalf("the other copy is at %q, %v; want %q", d.Name, err, who)
			}
		}
	})
}

func sheetOf(t *testing.T, d *Desk, deal domain.DealID) domain.DealSheet {
	t.Helper()
	s, err := d.Deal(t.Context(), deal)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A sheet is shared by all who read it at once; what one does with its lists is not seen by another.
func TestASharedSheetIsEverybodysOwn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		o := w.post(t, nil)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				s := sheetOf(t, w.Desk, o.deal)
				s.Items[0].Name, s.Teams[0].Number = "mine", 99 // the race detector sees it when others have it too
			})
		}
		wg.Wait()
		if s := sheetOf(t, w.Desk, o.deal); s.Items[0].Name == "mine" {
			t.Error("somebody else's change is in the sheet")
		}
	})
}

// lookups counts looks for keys.
type lookups struct {
	domain.Store
	n atomic.Int64
}

func (l *lookups) EventsByKeys(ctx context.Context, keys []domain.EventKey) (map[domain.EventKey]domain.Event, error) {
	l.n.Add(1)
	return l.Store.EventsByKeys(ctx, keys)
}

// One message looks for its key once, and a copy of it that was taken by another process in between changes nothing.
func TestAKeyIsLookedForOnceAMessage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w, other := newWorld(t, p, options{}), newWorld(t, p, options{})
		count := &lookups{Store: w.db}
		w.keys.store = count
		o := w.post(t, nil)
		count.n.Store(0)
		c := o.join("ming", "m1", 2)
		ctx, _ := Track(t.Context())
		if _, known, err := w.Answered(ctx, c.Ask.Key, c.Ask.Hash); known || err != nil {
			t.Fatalf("known %v, %v", known, err)
		}
		first, err := other.Join(t.Context(), c) // the same message came to the other copy meanwhile
		joined(t, first, err)
		again, err := w.Join(ctx, c)
		joined(t, again, err)
		if again.Serial != first.Serial || count.n.Load() != 1 {
			t.Errorf("order %d, then %d, with %d looks; want the same order and one look", first.Serial, again.Serial, count.n.Load())
		}
		if b := w.agree(t, o, 2); b.events != 1 {
			t.Errorf("%+v: want one event", b)
		}
		if again, err = w.Join(ctx, c); err != nil || again.Serial != first.Serial || count.n.Load() != 2 {
			t.Errorf("%+v, %v with %d looks; a second command looks again", again, err, count.n.Load())
		}
	})
}

// Sold out is told without SQL only to who has no answer yet, also when the key's look is spared.
func TestFullComesAfterTheKeyAlsoWhenItsLookIsSpared(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		redis := &tally{}
		w := newWorld(t, p, options{tally: redis})
		o := w.post(t, capOf(3))
		c := o.join("ming", "m1", 3)
		ctx, _ := Track(t.Context())
		if _, known, err := w.Answered(ctx, c.Ask.Key, c.Ask.Hash); known || err != nil {
			t.Fatalf("known %v, %v", known, err)
		}
		a, err := w.Join(ctx, c)
		joined(t, a, err)
		redis.published(t, o.deal, a.Version)
		w.fresh(t, o.deal)
		again, known, err := w.Answered(ctx, c.Ask.Key, c.Ask.Hash) // a redelivery asks for its key first
		if err != nil || !known || again.Answer.Did != domain.DidJoin {
			t.Errorf("%+v, %v, %v; want the first answer", again, known, err)
		}
		w.fresh(t, o.deal)
		if a, err = w.Join(ctx, c); err != nil || a.Did != domain.DidJoin {
			t.Errorf("%+v, %v; want the first answer", a, err)
		}
	})
}
