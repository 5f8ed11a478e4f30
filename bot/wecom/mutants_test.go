package wecom_test

import (
	"testing"
	"time"

	"tuanbot/storage/storagetest/mutants"
)

// TestMutantsAreCaught plants a bug for each rule that keeps others out of this channel, or keeps what is said to one person
// from being said twice or to somebody else.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	mutants.Run(t, mutants.Suite{
		Root: "../..", Folders: []string{"assets", "bot", "domain"}, Skip: []string{"mutants_test.go"}, Package: "./bot/wecom", Patches: "bot/wecom/testdata/mutants",
		Limit: time.Minute,
	})
}
