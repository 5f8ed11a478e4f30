package crash

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// span is a stretch of time within which something happened.
type span struct{ from, to time.Time }

// meets reports whether two spans share a moment.
func (s span) meets(o span) bool { return !s.to.Before(o.from) && !o.to.Before(s.from) }

// kill kills a copy and notes when, if it lived.
func (w *world) kill(i int) {
	w.t.Helper()
	lived, from := w.apps[i].Running(), time.Now()
	w.must(w.apps[i].Kill())
	if lived {
		w.deaths = append(w.deaths, span{from, time.Now()})
	}
}

// times are when the account said something to a follower that holds all these words, in order.
func (f *follower) times(words ...string) (at []time.Time) {
	for _, m := range f.w.platform.town.Shown(f.id, "") {
		if m.From == "" && holds(m.Text, words) {
			at = append(at, m.At)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

func holds(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// twice are the spans between what was said once too often and what was said before it.
func twice(at []time.Time, wanted int) (spans []span) {
	for i := max(1, wanted); i < len(at); i++ {
		spans = append(spans, span{at[i-1], at[i]})
	}
	return spans
}

// unexplained gives every span a death of its own that lies in it, as far as that is possible, and returns how many get
// none: a program that dies may say one message again and no more.
func unexplained(spans, deaths []span) (n int) {
	owner := make([]int, len(deaths)) // which span a death was given to, counted from 1
	for i := range spans {
		if !explain(i, spans, deaths, owner, make([]bool, len(deaths))) {
			n++
		}
	}
	return n
}

// explain looks for a death for span i, taking it from another span where that one finds another (augmenting path).
func explain(i int, spans, deaths []span, owner []int, tried []bool) bool {
	for j, d := range deaths {
		if tried[j] || !d.meets(spans[i]) {
			continue
		}
		tried[j] = true
		if owner[j] == 0 || explain(owner[j]-1, spans, deaths, owner, tried) {
			owner[j] = i + 1
			return true
		}
	}
	return false
}

// TestUnexplained: a message too many needs a death of its own, and one that lies between the two.
func TestUnexplained(t *testing.T) {
	t.Parallel()
	at := func(from, to int) span { return span{time.Unix(int64(from), 0), time.Unix(int64(to), 0)} }
	for name, c := range map[string]struct {
		spans, deaths []span
		want          int
	}{
		"one each":                   {[]span{at(1, 5), at(6, 9)}, []span{at(3, 3), at(7, 8)}, 0},
		"two at one death":           {[]span{at(1, 5), at(2, 5)}, []span{at(3, 3)}, 1},
		"after the death":            {[]span{at(4, 5)}, []span{at(3, 3)}, 1},
		"one gives way to the other": {[]span{at(1, 9), at(2, 4)}, []span{at(3, 3), at(7, 7)}, 0},
	} {
		if got := unexplained(c.spans, c.deaths); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
