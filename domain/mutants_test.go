package domain_test

import (
	"testing"
	"time"

	"tuanbot/storage/storagetest/mutants"
)

// TestMutantsAreCaught plants bugs that group-buying programs have had and wants our tests to notice each.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	mutants.Run(t, mutants.Suite{
		Root: "..", Folders: []string{"domain"}, Skip: []string{"mutants_test.go"}, Package: "./domain", Patches: "domain/testdata/mutants",
		Args: []string{"-rapid.checks=300", "-rapid.shrinktime=200ms", "-rapid.nofailfile"}, Limit: time.Minute,
	})
}
