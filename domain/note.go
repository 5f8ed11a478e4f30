package domain

import (
	"strings"
	"unicode"
)

// MaxNote is how long the note on an order may be, in runes.
const MaxNote = 60

// CleanNote is a note in one line, without what no screen can show, cut to what is kept.
func CleanNote(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == unicode.ReplacementChar {
			return ' '
		}
		return c
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if rs := []rune(s); len(rs) > MaxNote {
		s = strings.TrimSpace(string(rs[:MaxNote]))
	}
	return s
}

// noteMore puts a further note behind what is noted already; what was said before is not said twice.
func noteMore(old, more string) string {
	switch more = CleanNote(more); {
	case more == "" || strings.Contains(old, more):
		return old
	case old == "":
		return more
	}
	return CleanNote(old + " / " + more)
}

// note writes down what a change notes. It reports whether that is new; saying nothing leaves the note as it is.
func (b *Book) note(o *Order, c ChangeCommand) bool {
	text := noteMore(o.r.Note, c.Note)
	if c.Anew && CleanNote(c.Note) != "" {
		text = CleanNote(c.Note)
	}
	if text == o.r.Note {
		return false
	}
	b.mutate(o, func(r *OrderRecord) { r.Note = text })
	return true
}
