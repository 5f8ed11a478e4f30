package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/domain"
)

// bell is a waker with one topic.
type bell struct{ ring chan struct{} }

func (b bell) Wake(context.Context, string) { b.ring <- struct{}{} }
func (b bell) Subscribe(context.Context, string) (<-chan struct{}, func()) {
	return b.ring, func() {}
}

func worker(once func(context.Context) (int, error)) *Worker {
	return &Worker{name: "test", every: time.Second, waker: bell{make(chan struct{}, 1)}, log: slog.New(slog.DiscardHandler), once: once}
}

func TestAWorkerGoesOnAtOnceWhileThereIsMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var left, rounds atomic.Int64
		left.Store(3)
		w := worker(func(context.Context) (int, error) {
			rounds.Add(1)
			if left.Load() == 0 {
				return 0, nil
			}
			left.Add(-1)
			return 1, nil
		})
		begin := time.Now()
		go func() { _ = w.Run(ctx) }()
		synctest.Wait()
		if left.Load() != 0 || rounds.Load() != 4 || time.Since(begin) != 0 {
			t.Errorf("%d left after %d rounds in %s", left.Load(), rounds.Load(), time.Since(begin))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if rounds.Load() != 5 {
			t.Errorf("%d rounds after an idle second", rounds.Load())
		}
		w.waker.Wake(ctx, "")
		synctest.Wait()
		if rounds.Load() != 6 {
			t.Errorf("%d rounds after being woken", rounds.Load())
		}
		stop()
		synctest.Wait()
	})
}

func TestAWorkerThatFailsWaitsLongerEachTimeAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var sick atomic.Bool
		sick.Store(true)
		var at []time.Duration // read only when the worker has ended
		begin := time.Now()
		w := worker(func(context.Context) (int, error) {
			at = append(at, time.Since(begin))
			if sick.Load() {
				return 0, errors.New("no database")
			}
			return 0, nil
		})
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		time.Sleep(15 * time.Second)
		sick.Store(false)
		time.Sleep(25 * time.Second)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		want := []time.Duration{0, 2 * time.Second, 6 * time.Second, 11 * time.Second, 16 * time.Second, 17 * time.Second}
		for i, d := range want {
			if i >= len(at) || at[i] != d {
				t.Fatalf("rounds at %v, want %v first", at, want)
			}
		}
	})
}

func TestOneSickDealDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	done := make(chan domain.DealID, 3)
	n, err := forDeals(t.Context(), func(context.Context, int) ([]domain.DealID, error) {
		return []domain.DealID{"a", "sick", "b"}, nil
	}, func(_ context.Context, d domain.DealID) (int64, error) {
		if d == "sick" {
			return 0, errors.New("sick")
		}
		done <- d
		return 2, nil
	})
	if n != 4 || err == nil || len(done) != 2 {
		t.Errorf("%d done, %v, %d healthy deals", n, err, len(done))
	}
}

func TestPagesGoOnUntilAPageIsNotFull(t *testing.T) {
	t.Parallel()
	left := int64(2*ordersAtOnce + 7)
	n, err := pages(func(_ context.Context, _ domain.DealID, limit int) (int64, error) {
		took := min(left, int64(limit))
		left -= took
		return took, nil
	})(t.Context(), "d")
	if err != nil || n != 2*ordersAtOnce+7 || left != 0 {
		t.Errorf("%d moved, %d left, %v", n, left, err)
	}
}
