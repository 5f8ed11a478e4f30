package handlers

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/storage"
)

// holderEnv makes the test binary a process that locks a deal's row and says so: "engine url deal".
const holderEnv = "TUANBOT_TEST_HOLD_DEAL"

func holdDeal() int {
	var url, deal string
	if _, err := fmt.Sscan(os.Getenv(holderEnv), &url, &deal); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Options{URL: url})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	err = db.InTx(ctx, func(tx domain.Tx) error {
		if _, err := tx.LockDeal(ctx, domain.DealID(deal), nil); err != nil {
			return err
		}
		fmt.Println("locked")
		select {} // as if in the middle of its work; the parent stops it with a signal
	})
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// lockDeal takes the lock that a transaction of another process would hold.
func (p place) lockDeal(t *testing.T, deal domain.DealID) (release func()) {
	t.Helper()
	tx, err := p.raw(t).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	query := "SELECT version FROM deals WHERE id = ?"
	if p.engine == onMaria {
		query += " FOR UPDATE" // SQLite: the transaction began by taking the one write lock
	}
	var version int64
	if err := tx.QueryRowContext(t.Context(), query, deal).Scan(&version); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// setDeadline moves the cut-off of a deal that nobody has touched yet.
func (p place) setDeadline(t *testing.T, o offer, at time.Time) {
	t.Helper()
	db := p.raw(t)
	for _, q := range []string{"UPDATE deals SET deadline_at = ?, version = version + 1 WHERE id = ?", "UPDATE teams SET deadline_at = ? WHERE deal = ?"} {
		if _, err := db.ExecContext(t.Context(), q, at.UnixMilli(), o.deal); err != nil {
			t.Fatal(err)
		}
	}
}

// The deadline is compared with the database's time as it is when the lock was got, not when it was asked for.
func TestAJoinThatWaitsAcrossTheDeadlineIsRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newWorld(t, p, options{})
		o := w.post(t, nil)
		a, err := w.Join(t.Context(), o.join("early", "early", 1))
		joined(t, a, err)
		start, err := w.db.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		deadline := start.Add(1700 * time.Millisecond)
		p.setDeadline(t, o, deadline)
		release := p.lockDeal(t, o.deal)
		done := make(chan result, 1)
		go func() {
			a, err := w.Join(t.Context(), o.join("late", "late", 1))
			done <- result{a, err}
		}()
		until(t, "it is carried", func() bool {
			w.turn.mu.Lock()
			defer w.turn.mu.Unlock()
			g := w.turn.gates[o.deal]
			return g.running && len(g.waiting) == 0
		})
		if now, err := w.db.Now(t.Context()); err != nil || !now.Before(deadline) {
			t.Fatalf("the join began too late to prove anything: %s, %v", now.Sub(deadline), err)
		}
		until(t, "the deadline has passed", func() bool {
			now, err := w.db.Now(t.Context())
			return err == nil && now.After(deadline.Add(20*time.Millisecond))
		})
		release()
		r := <-done
		refusedWith(t, r.answer, r.err, domain.WhyClosed)
		sheet, err := w.Deal(t.Context(), o.deal)
		if err != nil || sheet.Teams[0].State != domain.TeamFormed || sheet.Teams[0].Live.Shares != 1 {
			t.Errorf("whoever sees the deadline passed decides at once: %+v, %v", sheet.Teams, err)
		}
		w.agree(t, o, 1)
	})
}

// A copy that is frozen while it holds a deal delays the others until the database ends its session, no longer.
func TestAFrozenHolderDelaysOthersForAtMostThreeSeconds(t *testing.T) {
	t.Parallel()
	p := placeOf(t, onMaria)
	w := newWorld(t, p, options{})
	o := w.post(t, nil)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s", holderEnv, p.url, o.deal))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it never ends by itself
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if !p.isLocked(t, o.deal) {
		t.Fatal("the deal is not locked")
	}
	start := time.Now()
	out4 := together(4, func(i int) (domain.Answer, error) {
		who := fmt.Sprint("p", i)
		return w.Join(t.Context(), o.join(who, who, 1))
	})
	took := time.Since(start)
	for _, r := range out4 {
		joined(t, r.answer, r.err)
	}
	t.Logf("delayed by %s", took.Round(time.Millisecond))
	if took > 3*time.Second {
		t.Errorf("delayed by %s", took)
	}
	w.agree(t, o, 4)
}

// isLocked reports whether somebody holds the row.
func (p place) isLocked(t *testing.T, deal domain.DealID) bool {
	t.Helper()
	var version sql.NullInt64
	err := p.raw(t).QueryRowContext(t.Context(), "SELECT version FROM deals WHERE id = ? FOR UPDATE NOWAIT", deal).Scan(&version)
	return err != nil
}
