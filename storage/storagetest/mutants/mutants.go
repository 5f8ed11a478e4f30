// Package mutants shows that tests bite: it copies some folders of the module, plants one bug from a patch file, and wants
// the tests that the patch names to fail. It knows no rule of ours and no engine, and is used by tests only.
//
// A patch is a unified diff against the module's root, with a few words above it: what the bug is, and a line
// "Caught by: TestOne|TestTwo" with the tests that must notice.
package mutants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Suite is a set of planted bugs in one package.
type Suite struct {
	Root    string        // the module's root as seen from the test
	Folders []string      // what is copied, with everything below it; go.mod and go.sum come by themselves
	Skip    []string      // names of files that are not copied: at least the test that calls Run
	Package string        // the package under test: "./domain"
	Patches string        // the folder of patches, below Root
	Args    []string      // for the test program
	Limit   time.Duration // for one bug; 0 is a minute
	AtOnce  int           // how many run side by side; 0 is two
}

// Run plants every bug of the suite by itself. First the same tests must pass without any.
func Run(t *testing.T, s Suite) {
	t.Helper()
	patches, err := filepath.Glob(filepath.Join(s.Root, s.Patches, "*.patch"))
	if err != nil || len(patches) == 0 {
		t.Fatalf("no patches in %s: %v", s.Patches, err)
	}
	var all []string
	for _, p := range patches {
		all = append(all, caughtBy(t, p))
	}
	dir := s.copyTo(t)
	if out, err := s.test(t.Context(), dir, strings.Join(all, "|")); err != nil {
		t.Fatalf("the tests fail without any bug: %v\n%s", err, out)
	}
	if s.AtOnce == 0 {
		s.AtOnce = 2
	}
	seats := make(chan struct{}, s.AtOnce)
	for _, p := range patches {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".patch"), func(t *testing.T) {
			t.Parallel()
			seats <- struct{}{}
			defer func() { <-seats }()
			s.plant(t, p)
		})
	}
}

// plant wants one bug to be noticed. A bug that does not apply or does not build proves nothing and fails the test.
func (s Suite) plant(t *testing.T, patch string) {
	t.Helper()
	dir := s.copyTo(t)
	full, err := filepath.Abs(patch)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run(t.Context(), dir, "git", "apply", "--verbose", full); err != nil {
		t.Fatalf("the patch does not apply any more: %v\n%s", err, out)
	}
	start := time.Now()
	out, err := s.test(t.Context(), dir, caughtBy(t, patch))
	var exit *exec.ExitError
	switch {
	case strings.Contains(out, "[build failed]"):
		t.Fatalf("the bug does not build:\n%s", out)
	case err == nil:
		t.Fatalf("nobody noticed:\n%s", out)
	case !errors.As(err, &exit) || !strings.Contains(out, "--- FAIL"):
		t.Fatalf("the tests did not run: %v\n%s", err, out)
	}
	t.Logf("noticed after %s: %s", time.Since(start).Round(100*time.Millisecond), first(out))
}

// test runs the named tests of the package in a copied module.
func (s Suite) test(ctx context.Context, dir, names string) (string, error) {
	limit := s.Limit
	if limit == 0 {
		limit = time.Minute
	}
	args := []string{"test", "-vet=off", "-ldflags=-s -w", "-count=1", "-timeout", limit.String(), "-run", "^(" + names + ")$", s.Package, "-args"}
	return run(ctx, dir, "go", append(args, s.Args...)...)
}

func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	// git looks for no repository around the copy, and the go command for no workspace.
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// caughtBy reads which tests must notice a bug.
func caughtBy(t *testing.T, patch string) string {
	t.Helper()
	raw, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if names, ok := strings.CutPrefix(line, "Caught by: "); ok {
			return strings.TrimSpace(names)
		}
	}
	t.Fatalf("%s does not say who catches it", patch)
	return ""
}

// first is the first line of a test's output that says what failed.
func first(out string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "--- FAIL") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// copyTo makes a module of the suite's folders alone.
func (s Suite) copyTo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join(s.Root, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range s.Folders {
		if err := s.copyFolder(dir, folder); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (s Suite) copyFolder(dir, folder string) error {
	return filepath.WalkDir(filepath.Join(s.Root, folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.Root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(dir, rel), 0o750)
		}
		if slices.Contains(s.Skip, entry.Name()) || strings.HasSuffix(rel, ".patch") {
			return nil
		}
		return copyFile(path, filepath.Join(dir, rel))
	})
}

func copyFile(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	if err := os.WriteFile(to, raw, 0o600); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}
