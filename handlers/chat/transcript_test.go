package chat_test

import (
	"flag"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tuanbot/domain"
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
	var mu sync.Mutex
	heard, played := map[string]bool{}, 0
	t.Cleanup(func() {
		if played == len(paths) { // -run may have left some out
			everyRefusalIsHeard(t, heard)
		}
	})
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".chat"), func(t *testing.T) {
			t.Parallel()
			t.Run("sqlite", func(t *testing.T) {
				t.Parallel()
				codes := chattest.Play(t, path, *update, engines.SQLite(t))
				mu.Lock()
				defer mu.Unlock()
				maps.Copy(heard, codes)
				played++
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

// everyRefusalIsHeard fails when a rule says no in no conversation. A name that is nothing but invisible signs cannot be
// typed: they are gone before a command is read.
func everyRefusalIsHeard(t *testing.T, heard map[string]bool) {
	t.Helper()
	for _, why := range []domain.Why{
		domain.WhyQuantity, domain.WhyUnknownItem, domain.WhyChooseItem, domain.WhyNotOpenYet, domain.WhyClosed, domain.WhyDecided, domain.WhyCancelled,
		domain.WhyFull, domain.WhySoldOut, domain.WhyLimitPerson, domain.WhyLimitItem, domain.WhyLimitHousehold, domain.WhyNeedHousehold,
		domain.WhyNoOrder, domain.WhyNotYours, domain.WhyNotLeader, domain.WhyNotAllowed, domain.WhyAlreadyPaid, domain.WhyNothingToPay,
		domain.WhyNothingToUndo, domain.WhyStale, domain.WhyKeyReused, domain.WhyNoTeam, domain.WhyExtended, domain.WhyExtendRange, domain.WhyEdit,
		domain.WhyReason, domain.WhyNotFormed, domain.WhyNotReady, domain.WhyWrongCode, domain.WhyNeedCode, domain.WhySlowDown, domain.WhyCollected,
		domain.WhyBadDeal, domain.WhyNotWaiting, domain.WhyNoNeedToWait, domain.WhyLink, domain.WhyNotFound, domain.WhyBusy,
	} {
		if !heard[string(why)] {
			t.Errorf("no conversation hears the refusal %q", why)
		}
	}
	for _, code := range []string{"busy", "not_understood", "too_long"} {
		if !heard[code] {
			t.Errorf("no conversation hears %q", code)
		}
	}
}
