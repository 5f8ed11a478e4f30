package chat_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"tuanbot/handlers/chat/chattest"
	"tuanbot/storage/storagetest/engines"
)

var update = flag.Bool("update", false, "rewrite the transcripts with what is said now")

// TestTranscripts plays every conversation in testdata on SQLite, on MariaDB, and line by line over two copies of the
// program on one MariaDB and Redis.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.chat")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".chat")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("sqlite", func(t *testing.T) {
				t.Parallel()
				chattest.Play(t, path, *update, engines.SQLite(t))
			})
			if *update || !engines.Has(t) {
				return
			}
			t.Run("mariadb", func(t *testing.T) {
				t.Parallel()
				chattest.Play(t, path, false, engines.MariaDB(t))
			})
			t.Run("two copies", func(t *testing.T) {
				t.Parallel()
				first := engines.MariaDB(t)
				chattest.Play(t, path, false, first, first.Again(t))
			})
		})
	}
}
