package handlers

import (
	"testing"
	"time"

	"tuanbot/storage/storagetest/mutants"
)

// TestMutantsAreCaught plants the bugs that the Turnstile and the store are there to prevent. Some of them show only on MariaDB.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	if mariaDSN(t) == "" {
		t.Skip("TUANBOT_TEST_MYSQL is not set")
	}
	mutants.Run(t, mutants.Suite{
		Root: "..", Folders: []string{"domain", "handlers", "storage"}, Skip: []string{"mutants_test.go", "life_test.go"}, Package: "./handlers",
		Patches: "handlers/testdata/mutants", Limit: time.Minute,
	})
}
