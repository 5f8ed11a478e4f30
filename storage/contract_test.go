package storage_test

import (
	"context"
	"crypto/rand"
	"testing"

	"tuanbot/storage/storagetest"
	"tuanbot/storage/storagetest/engines"
)

func TestContract(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) engines.Pair{engines.NameSQLite: engines.SQLite, engines.NameMariaDB: engines.MariaDB} {
		if name == engines.NameMariaDB && !engines.Has(t) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storagetest.Run(t, func(t *testing.T) storagetest.Ports {
				t.Helper()
				return ports(open(t))
			})
		})
	}
}

func ports(p engines.Pair) storagetest.Ports {
	write, _ := p.DB.Pools()
	return storagetest.Ports{
		Store: p.DB, Outbox: p.DB, Pruner: p.DB, Tally: p.Redis, Waker: p.Redis, Budget: p.Redis,
		Notes: p.DB.Notes(), Inbox: p.DB.Inbox(),
		Now: p.Clock.Now, Pass: p.Clock.Add, Around: p.Commits.Set,
		Exec: func(ctx context.Context, statement string) error {
			_, err := write.ExecContext(ctx, statement)
			return err
		},
		Forget: func() { p.Redis.UseEpoch(rand.Text()) },
	}
}
