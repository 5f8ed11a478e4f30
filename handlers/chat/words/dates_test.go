package words

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var east8 = time.FixedZone("CST", 8*3600)

// dates reads the corpus of times.
func dates(t testing.TB, name string) []sample {
	t.Helper()
	var out []sample
	var now time.Time
	section := ""
	sc := open(t, name)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		switch {
		case strings.HasPrefix(line, "@ "):
			var err error
			if now, err = time.ParseInLocation("2006-01-02 15:04 Monday", line[2:], east8); err != nil {
				t.Fatalf("%s:%d: %v", name, n, err)
			}
		case strings.HasPrefix(line, "#"):
			section = strings.TrimSpace(line[1:])
		case line != "":
			text, want, ok := cutLast(line, " => ")
			if !ok {
				t.Fatalf("%s:%d: %s", name, n, line)
			}
			out = append(out, sample{line: n, text: text, want: want, section: section, held: isHeldOut(line), now: now})
		}
	}
	return out
}

// writtenTime is a reading in the notation of the corpus.
func writtenTime(r Reading, err error, now time.Time) string {
	var bad *BadTimeError
	at := func(t time.Time) string {
		if t.Year() != now.Year() {
			return t.Format("2006-01-02 15:04")
		}
		return t.Format("01-02 15:04")
	}
	switch {
	case errors.Is(err, ErrNoTime):
		return "none"
	case errors.As(err, &bad) && bad.Past:
		return "past " + at(bad.At)
	case err != nil:
		return "impossible"
	case r.Vague:
		return "~" + at(r.At)
	}
	return at(r.At)
}

// TestDates measures the corpus of times.
func TestDates(t *testing.T) {
	t.Parallel()
	samples := dates(t, "dates.txt")
	for _, held := range []bool{false, true} {
		tellDates(t, fmt.Sprintf("dates, held out %v", held), samples, held)
	}
	for _, file := range []string{"dates_blind1.txt", "dates_blind2.txt", "dates_blind3.txt"} {
		fresh := dates(t, file)
		for i := range fresh {
			fresh[i].held = true
		}
		tellDates(t, file, fresh, true)
	}
}

// tellDates counts a part of a corpus of times.
func tellDates(t *testing.T, name string, samples []sample, held bool) {
	t.Helper()
	all, right := 0, 0
	for _, s := range samples {
		if s.held != held {
			continue
		}
		all++
		r, err := When(s.text, s.now, east8)
		if got := writtenTime(r, err, s.now); got == s.want {
			right++
		} else if *showMisses && (!held || *heldOut) {
			t.Logf("    line %d %q got %s want %s", s.line, s.text, got, s.want)
		}
	}
	if ratio(right, all) < leastPrecision {
		t.Errorf("times are understood worse than promised")
	}
	t.Logf("%s: %d of %d right (%.4f)", name, right, all, ratio(right, all))
}
