package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"tuanbot/configs"
	"tuanbot/domain"
	"tuanbot/handlers"
	auditing "tuanbot/handlers/audit"
	"tuanbot/handlers/bench"
	"tuanbot/storage"
)

// openDB opens the database of a command that only reads or that a running server does not mind.
func openDB(ctx context.Context, c call) (*storage.DB, error) {
	return storage.Open(ctx, storage.Options{URL: c.settings.DatabaseURL.Reveal(), DataDir: c.settings.DataDir, Log: logger(c.settings, c.err)})
}

// migrate brings the tables up to date.
func migrate(ctx context.Context, c call) (err error) {
	if err := os.MkdirAll(c.settings.DataDir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if c.settings.Embedded() {
		unlock, err := lockFolder(c.settings.DataDir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, unlock()) }()
	}
	db, err := openDB(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	fmt.Fprintln(c.out, "数据表是最新的。 / The tables are up to date.")
	return nil
}

// printConfig shows the settings in force.
func printConfig(_ context.Context, c call) error {
	fmt.Fprint(c.out, c.settings.Redacted())
	return nil
}

// errViolations makes the exit code say that the books do not balance.
var errViolations = errors.New("audit found violations")

// errCannotTell makes the exit code say that nothing was proved, neither way.
var errCannotTell = errors.New("audit could not run")

// audit proves the database right, read-only. Exit 0: clean, 1: violations, 2: it could not run.
func audit(ctx context.Context, c call) (err error) {
	db, err := openDB(ctx, c)
	if err != nil {
		return errors.Join(errCannotTell, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	n, err := auditing.Run(ctx, db, c.out, slices.Contains(c.args, "--json"))
	if err != nil {
		return errors.Join(errCannotTell, err)
	}
	if n > 0 {
		return fmt.Errorf("%w: %d", errViolations, n)
	}
	return nil
}

// backup copies the embedded database while the server runs; the copy is one consistent moment.
func backup(ctx context.Context, c call) (err error) {
	if len(c.args) != 1 {
		fmt.Fprintln(c.err, "tuanbot backup FILE")
		return errUsage
	}
	if !c.settings.Embedded() {
		return errors.New("back MariaDB up with mariadb-dump --single-transaction and keep the master key too; see docs/operations.md")
	}
	db, err := openDB(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.BackupTo(ctx, c.args[0]); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(c.out, "已备份到 %s。请把 %s 也另存一份：没有它，地址解不开。 / Backed up; keep the master key too.\n", c.args[0], c.settings.MasterKeyPath())
	return nil
}

// restore puts a backup in the database's place and begins a new epoch, so that nothing in Redis is believed any more.
func restore(ctx context.Context, c call) (err error) {
	if c.settings.Embedded() {
		return restoreEmbedded(ctx, c)
	}
	db, err := openDB(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.BumpEpoch(ctx); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintln(c.out, "缓存已作废，可以启动了。 / Everything remembered outside the database is void now; start the copies.")
	return nil
}

func restoreEmbedded(ctx context.Context, c call) (err error) {
	if len(c.args) != 1 {
		fmt.Fprintln(c.err, "tuanbot restore FILE")
		return errUsage
	}
	if err := os.MkdirAll(c.settings.DataDir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	unlock, err := lockFolder(c.settings.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	old, err := storage.RestoreFile(ctx, c.args[0], c.settings.SQLitePath())
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	db, err := openDB(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := errors.Join(db.Migrate(ctx), db.BumpEpoch(ctx)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if old != "" {
		fmt.Fprintf(c.out, "原来的数据库留在 %s。 / The database that was there is kept there.\n", old)
	}
	fmt.Fprintln(c.out, "已恢复。备份之后的付款和退款会在启动时向支付渠道核对。 / Restored; payments since the backup are asked about at the gateway after the start.")
	return nil
}

// grant gives or takes a role by channel identity, for the first operator or when nobody can log in.
func grant(ctx context.Context, c call) (err error) {
	remove := slices.Contains(c.args, "--remove")
	words := slices.DeleteFunc(slices.Clone(c.args), func(s string) bool { return s == "--remove" })
	if len(words) < 3 || len(words) > 4 || !slices.Contains([]domain.RoleName{domain.RoleOperator, domain.RoleLeader, domain.RoleMerchant, domain.RoleVerifier}, domain.RoleName(words[2])) {
		fmt.Fprintln(c.err, "tuanbot grant CHANNEL PERSON operator|leader|merchant|verifier [SCOPE] [--remove]")
		return errUsage
	}
	return withDesk(ctx, c, func(desk *handlers.Desk) error {
		acc, err := desk.AccountByIdentity(ctx, words[0], words[1])
		if err != nil {
			return fmt.Errorf("%s %s: %w", words[0], words[1], err)
		}
		role := domain.Role{Community: acc.Community, Account: acc.ID, Name: domain.RoleName(words[2])}
		if len(words) == 4 {
			role.Scope = words[3]
		}
		if err := desk.Grant(ctx, handlers.GrantCommand{Role: role, Remove: remove, System: true}); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s: %s\n", acc.Name, words[2])
		return nil
	})
}

// withDesk gives a command a Desk over the database. SQLite takes care of a running server: both wait for each other's
// short writes.
func withDesk(ctx context.Context, c call, f func(*handlers.Desk) error) (err error) {
	db, err := openDB(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	desk := handlers.New(handlers.Config{Store: db, Tally: noTally{}, Waker: noTally{}, Mint: handlers.Mint{}, Log: logger(c.settings, c.err)}) //nolint:contextcheck // the publisher outlives every caller
	defer desk.Close()
	return f(desk)
}

// operatorLink makes a new one-time link for whoever runs this machine.
func operatorLink(ctx context.Context, c call) (err error) {
	db, err := openDB(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	token := handlers.Mint{}.Token()
	if err := db.OperatorLinks().Add(ctx, token); err != nil {
		return fmt.Errorf("operator link: %w", err)
	}
	fmt.Fprintln(c.out, publicBase(c.settings)+"/operator/"+token)
	return nil
}

func publicBase(s configs.Settings) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	return "http://" + s.Listen
}

// operatorLink makes a link at the start if nobody has become operator yet.
func (a *App) operatorLink(ctx context.Context, always bool) (string, error) {
	roles, err := a.desk.RolesIn(ctx, a.community.ID)
	if err != nil {
		return "", fmt.Errorf("operator link: %w", err)
	}
	if !always && slices.ContainsFunc(roles, func(r domain.Role) bool { return r.Name == domain.RoleOperator }) {
		return "", nil
	}
	token := handlers.Mint{}.Token()
	if err := a.db.OperatorLinks().Add(ctx, token); err != nil {
		return "", fmt.Errorf("operator link: %w", err)
	}
	return a.baseURL() + "/operator/" + token, nil
}

// runBench measures.
func runBench(ctx context.Context, c call) error {
	return bench.Main(ctx, c.args, c.out, c.err)
}

// noTally stands in for Redis where a command has no use for it.
type noTally struct{}

func (noTally) Publish(context.Context, domain.DealTally) error { return nil }
func (noTally) TallyOf(context.Context, domain.DealID) (domain.DealTally, error) {
	return domain.DealTally{}, domain.ErrNoTally
}
func (noTally) Due(context.Context, time.Time, int) ([]domain.DealID, error) { return nil, nil }
func (noTally) Schedule(context.Context, []domain.TeamDeadline) error        { return nil }
func (noTally) Forget(context.Context, []domain.TeamDeadline) error          { return nil }
func (noTally) Wake(context.Context, string)                                 {}
func (noTally) Subscribe(context.Context, string) (<-chan struct{}, func()) {
	return nil, func() {}
}
