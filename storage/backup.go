package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/glebarez/sqlite"
)

// BackupTo copies the SQLite database, while it is in use, to a new file that holds one consistent moment.
func (d *DB) BackupTo(ctx context.Context, path string) error {
	if d.mysql {
		return errors.New("only the embedded database is copied this way")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is there already", path)
	}
	if _, err := d.writeSQL.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return os.Chmod(path, 0o600)
}

// RestoreFile puts a backup in the place of a database that nobody has open. The backup is checked first; the database
// that was there is kept beside it and its new name returned.
func RestoreFile(ctx context.Context, backup, place string) (kept string, err error) {
	if err := checkFile(ctx, backup); err != nil {
		return "", err
	}
	fresh := place + ".restoring"
	if err := copyFile(backup, fresh); err != nil {
		return "", err
	}
	if _, err := os.Stat(place); err == nil {
		kept = place + ".before-restore"
		for i := 2; fileExists(kept); i++ {
			kept = fmt.Sprintf("%s.before-restore-%d", place, i)
		}
		if err := os.Rename(place, kept); err != nil {
			return "", fmt.Errorf("keep the old database: %w", err)
		}
	}
	for _, suffix := range []string{"-wal", "-shm"} { // they belong to the old database and go with it
		if fileExists(place+suffix) && kept != "" {
			if err := os.Rename(place+suffix, kept+suffix); err != nil {
				return "", fmt.Errorf("keep the old database: %w", err)
			}
		}
	}
	if err := os.Rename(fresh, place); err != nil {
		return "", fmt.Errorf("put the backup in place: %w", err)
	}
	return kept, nil
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// checkFile opens a file as a database of ours and lets SQLite look at every page.
func checkFile(ctx context.Context, path string) (err error) {
	if !fileExists(path) {
		return fmt.Errorf("there is no %s", path)
	}
	db, err := sql.Open(sqlite.DriverName, "file:"+path+"?mode=ro")
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		return errors.Join(fmt.Errorf("the backup is damaged: %s", said), err)
	}
	var n int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM meta").Scan(&n); err != nil {
		return fmt.Errorf("not a database of tuanbot: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	defer in.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("write the database: %w", err)
	}
	if _, err := io.Copy(f, in); err != nil {
		return errors.Join(fmt.Errorf("write the database: %w", err), f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}
