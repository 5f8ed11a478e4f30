package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the worker that the due part starts and kills.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "bench" {
		if err := Main(context.Background(), os.Args[2:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestEveryPartRuns measures next to nothing on SQLite: that joins are joined, the killed worker's work is taken up and the
// counts agree is checked by the bench itself.
func TestEveryPartRuns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := Run(t.Context(), Options{
		Out: &out, Progress: t.Output(), Rounds: 1, RoundTime: 150 * time.Millisecond, Callers: 16, Deals: 4, Teams: 4, Lead: 1500 * time.Millisecond,
		Engines: []string{SQLite}, Only: []string{PartHot, PartTeams, PartFull, PartOfficial, PartDue},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"Desk, durable joins/s", "Desk / peer", "Desk / floor", "thin floor", "answers/s", "joins / answers", "rows / answers, the bound", "all decided after", "SIGKILL"} {
		line := ""
		for l := range strings.Lines(out.String()) {
			if strings.Contains(l, want) {
				line = strings.TrimSpace(l)
			}
		}
		if line == "" || strings.HasSuffix(line, " -") {
			t.Errorf("no figure for %q:\n%s", want, out.String())
		}
	}
}

func TestLoadMixesRepeatsAndRefusals(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	c := contenderFunc(func(j job) outcome {
		switch {
		case j.repeat && !seen[j.key]:
			t.Errorf("%s is repeated before it was sent", j.key)
		case j.repeat:
			return repeated
		}
		seen[j.key] = true
		if j.refuse {
			return declined
		}
		return admitted
	})
	now, n := time.Unix(0, 0), 0
	clock := func() time.Time { n++; return now.Add(time.Duration(n) * time.Millisecond) }
	f, err := load{callers: 1, span: 20 * time.Second, clock: clock, name: "x"}.run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	all := float64(f.answers())
	if r, d := float64(f.repeated)/all, float64(f.declined)/all; r < 0.045 || r > 0.055 || d < 0.017 || d > 0.023 {
		t.Errorf("%.3f repeated, %.3f refused", r, d)
	}
	if f.quantile(500) != time.Millisecond || f.quantile(990) != time.Millisecond {
		t.Errorf("p50 %s, p99 %s", f.quantile(500), f.quantile(990))
	}
}

type contenderFunc func(job) outcome

func (f contenderFunc) take(_ context.Context, j job) (outcome, error) { return f(j), nil }

func TestTableKeepsGroupsTogether(t *testing.T) {
	t.Parallel()
	tb := &table{columns: []string{MariaDB, SQLite}}
	tb.add("A", "x", MariaDB, "%d", 1)
	tb.add("B", "y", MariaDB, "%d", 2)
	tb.add("A", "x", SQLite, "%d", 3)
	tb.add("A", "z", SQLite, "%d", 4)
	var out bytes.Buffer
	if err := tb.print(&out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for l := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(l), " "))
	}
	if want := []string{"MariaDB SQLite", "A", "x 1 3", "z - 4", "B", "y 2 -"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestWrongWordsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--only", "cold"}, {"--engines", "Oracle"}, {"--rounds", "x"}} {
		var out bytes.Buffer
		if err := Main(t.Context(), args, &out, &out); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	if thousands(1234567) != "1,234,567" || thousands(999) != "999" {
		t.Error(thousands(1234567), thousands(999))
	}
}
