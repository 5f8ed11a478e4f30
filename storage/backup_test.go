package storage_test

import (
	"os"
	"path/filepath"
	"testing"

	"tuanbot/domain"
	"tuanbot/storage"
)

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	db := openSQLite(t, dir)
	save := func(id domain.CommunityID) {
		t.Helper()
		if err := db.InTx(ctx, func(tx domain.Tx) error {
			return tx.SaveCommunity(ctx, domain.Community{ID: id, Name: "小区", Zone: "Asia/Shanghai", Lang: domain.Chinese, Currency: "CNY"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	save("before")
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := db.BackupTo(ctx, file); err != nil {
		t.Fatal(err)
	}
	if err := db.BackupTo(ctx, file); err == nil {
		t.Error("a backup overwrote an older one")
	}
	save("after")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := storage.RestoreFile(ctx, file, filepath.Join(dir, "tuanbot.db"))
	if err != nil || kept == "" {
		t.Fatalf("restore: kept %q, %v", kept, err)
	}
	db = openSQLite(t, dir)
	all, err := db.Communities(ctx)
	if err != nil || len(all) != 1 || all[0].ID != "before" {
		t.Errorf("after the restore there are %v, %v", all, err)
	}
	bad := filepath.Join(t.TempDir(), "bad.db")
	if err := os.WriteFile(bad, []byte("not a database at all, but long enough to look at"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.RestoreFile(ctx, bad, filepath.Join(dir, "tuanbot.db")); err == nil {
		t.Error("a damaged file was restored")
	}
}

func openSQLite(t *testing.T, dir string) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
