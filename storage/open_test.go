package storage_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/storage"
	"tuanbot/storage/storagetest/engines"
)

func TestMigrateIsRepeatable(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		ctx := t.Context()
		before, err := p.DB.Epoch(ctx)
		if err != nil || before == "" {
			t.Fatalf("epoch %q, %v", before, err)
		}
		if err := p.DB.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if behind, err := p.DB.NeedsMigration(ctx); err != nil || behind {
			t.Errorf("behind after migrating: %v, %v", behind, err)
		}
		if after, err := p.DB.Epoch(ctx); err != nil || after != before {
			t.Errorf("a second migration changed the epoch from %s to %s, %v", before, after, err)
		}
		if err := p.DB.BumpEpoch(ctx); err != nil {
			t.Fatal(err)
		}
		if after, err := p.DB.Epoch(ctx); err != nil || after == before {
			t.Errorf("the epoch is still %s, %v", after, err)
		}
	})
}

func TestAnEmptyDatabaseIsBehind(t *testing.T) {
	t.Parallel()
	db, err := storage.Open(t.Context(), storage.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if behind, err := db.NeedsMigration(t.Context()); err != nil || !behind {
		t.Errorf("an empty database: behind %v, %v", behind, err)
	}
	if _, err := storage.Open(t.Context(), storage.Options{}); err == nil {
		t.Error("SQLite was opened without a folder")
	}
}

func TestGateAcceptsOurSettings(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		if err := p.DB.Gate(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestGateNamesAllThatIsWrong cannot change the server's global settings, which others use; what a session may set for
// itself and a table of another engine must be found in one go.
func TestGateNamesAllThatIsWrong(t *testing.T) {
	t.Parallel()
	p := engines.MariaDB(t)
	ctx := t.Context()
	write, _ := p.DB.Pools()
	write.SetMaxOpenConns(1) // so that the gate looks at the session that is spoiled here
	for _, sql := range []string{
		"SET SESSION sql_mode = ''", "SET SESSION innodb_lock_wait_timeout = 50", "SET SESSION idle_transaction_timeout = 0",
		"SET SESSION time_zone = '+08:00'", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET SESSION foreign_key_checks = 0",
		"SET SESSION check_constraint_checks = 0", "CREATE TABLE loose (n INT) ENGINE = MyISAM",
	} {
		if _, err := write.ExecContext(ctx, sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	err := p.DB.Gate(ctx)
	if err == nil {
		t.Fatal("the gate is open")
	}
	for _, want := range []string{
		"sql_mode", "innodb_lock_wait_timeout", "idle_transaction_timeout", "time_zone", "REPEATABLE-READ", "foreign_key_checks",
		"check_constraint_checks", "loose",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in %q", want, err)
		}
	}
}

// TestDeadlocksAreRunAgain: two transactions take two rows in opposite order; both are done in the end. On SQLite they
// simply follow each other.
func TestDeadlocksAreRunAgain(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		ctx := t.Context()
		mint := &counting{prefix: "d"}
		one, two := post(t, p, mint, nil), post(t, p, mint, nil)
		meet := &meeting{both: make(chan struct{})}
		var runs atomic.Int64
		var wg sync.WaitGroup
		for i, order := range [][2]domain.DealID{{one.Deal.ID, two.Deal.ID}, {two.Deal.ID, one.Deal.ID}} {
			wg.Go(func() {
				err := p.DB.InTx(ctx, func(tx domain.Tx) error {
					runs.Add(1)
					if _, err := tx.LockDeal(ctx, order[0], nil); err != nil {
						return err
					}
					if p.Name == engines.NameMariaDB {
						meet.wait()
					}
					if _, err := tx.LockDeal(ctx, order[1], nil); err != nil {
						return err
					}
					return tx.InsertEvent(ctx, domain.Event{Key: domain.EventKey{Channel: "c", Message: string(rune('a' + i))}})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		found, err := p.DB.EventsByKeys(ctx, []domain.EventKey{{Channel: "c", Message: "a"}, {Channel: "c", Message: "b"}})
		if err != nil || len(found) != 2 {
			t.Errorf("stored %v, %v", found, err)
		}
		if p.Name == engines.NameMariaDB && runs.Load() < 3 {
			t.Errorf("%d runs: they never met in a deadlock", runs.Load())
		}
	})
}

// meeting lets the first two who come go on together; later ones pass.
type meeting struct {
	n    atomic.Int64
	both chan struct{}
}

func (m *meeting) wait() {
	switch m.n.Add(1) {
	case 2:
		close(m.both)
	case 1:
		<-m.both
	}
}

// TestALockThatNobodyLetsGoOf makes others busy, within their time and with nothing written.
func TestALockThatNobodyLetsGoOf(t *testing.T) {
	t.Parallel()
	p := engines.MariaDB(t)
	ctx := t.Context()
	nd := post(t, p, &counting{prefix: "l"}, nil)
	held, letGo := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := p.DB.InTx(ctx, func(tx domain.Tx) error {
			_, err := tx.LockDeal(ctx, nd.Deal.ID, nil)
			close(held)
			<-letGo
			return err
		})
		if err != nil && !errors.Is(err, domain.ErrUnknown) && !errors.Is(err, domain.ErrBusy) {
			t.Error(err)
		}
	})
	<-held
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := p.DB.InTx(short, func(tx domain.Tx) error {
		_, err := tx.LockDeal(short, nd.Deal.ID, nil)
		return err
	})
	if !errors.Is(err, domain.ErrBusy) || errors.Is(err, domain.ErrUnknown) {
		t.Errorf("a second too short: %v", err)
	}
	close(letGo)
	wg.Wait()
}

func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = storage.Open(ctx, storage.Options{URL: "mysql://root:hunter2@" + address + "/t"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("opening nothing: %v", err)
	}
	for _, bad := range []string{"http://root:hunter2@x/t", "mysql://root:hunter2@unix(/x", "mysql://root:hunter2@x:y/t", "mysql://root:hunter2@x/t?%zz"} {
		if _, err := storage.Open(ctx, storage.Options{URL: bad}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestReadersOfAClosedDatabaseHear: what cannot be read is busy, never empty.
func TestReadersOfAClosedDatabaseHear(t *testing.T) {
	t.Parallel()
	db, err := storage.Open(t.Context(), storage.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Migrate(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Communities(t.Context()); err == nil {
		t.Error("a closed database was read")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p := engines.SQLite(t)
	if _, err := p.DB.Deal(ended, "d"); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("a read without time: %v", err)
	}
}
