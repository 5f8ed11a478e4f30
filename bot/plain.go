package bot

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Plain is a reply as text alone: its words, then its card, then where its picture is. Choices are not in it.
func Plain(r Reply) string {
	var parts []string
	if r.Text != "" {
		parts = append(parts, r.Text)
	}
	if r.Card != nil {
		parts = append(parts, strings.Join(CardLines(*r.Card), "\n"))
	}
	if p := r.Picture; p != nil {
		line := strings.TrimSpace(p.Alt)
		if at := p.URL + p.QR; at != "" && p.URL != p.QR {
			line = strings.TrimSpace(line + " " + at)
		}
		parts = append(parts, line)
	}
	return strings.Join(parts, "\n\n")
}

// CardLines are the lines of a card from top to bottom; empty parts leave no gap.
func CardLines(c Card) []string {
	head := strings.TrimSpace(c.Icon + " " + c.Title)
	if c.State != "" {
		head += " · " + c.State
	}
	lines := []string{head}
	if price := strings.TrimSpace(c.Price + "  " + c.Was); price != "" {
		lines = append(lines, price)
	}
	lines = append(lines, c.Items...)
	progress := c.Progress
	if c.Want > 0 {
		progress = strings.TrimSpace(Bar(c.Done, c.Want) + " " + progress)
	}
	for _, s := range []string{progress, c.Deadline, c.Place, c.Recent} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	return lines
}

// bars is how many signs a progress bar has.
const bars = 10

// Bar draws how far something is; whatever is begun shows at least one sign, and only what is complete fills it.
func Bar(done, want int64) string {
	if want <= 0 {
		return ""
	}
	full := min(max(done, 0)*bars/want, bars)
	if full == 0 && done > 0 {
		full = 1
	}
	return strings.Repeat("▓", int(full)) + strings.Repeat("░", int(bars-full))
}

// Unit is what a platform counts a text in.
type Unit int

// The units.
const (
	Runes Unit = iota + 1
	Bytes      // of UTF-8
	UTF16      // code units
)

// Size is how long a text is in a unit.
func Size(s string, u Unit) int {
	switch u {
	case Bytes:
		return len(s)
	case UTF16:
		n := 0
		for _, r := range s {
			n += utf16.RuneLen(r)
		}
		return n
	case Runes:
	}
	return utf8.RuneCountInString(s)
}

// Cut shortens a text to so many units, never inside a rune; what was cut ends with an ellipsis. A limit of zero is none.
func Cut(s string, limit int, u Unit) string {
	if limit <= 0 || Size(s, u) <= limit {
		return s
	}
	room := limit - Size("…", u)
	if room < 0 {
		return ""
	}
	used := 0
	for i, r := range s {
		used += Size(string(r), u)
		if used > room {
			return strings.TrimRight(s[:i], " \n") + "…"
		}
	}
	return s
}

// Fits cuts a text to what a channel can take.
func (c Capabilities) Fits(s string) string {
	s = Cut(s, c.TextRunes, Runes)
	s = Cut(s, c.TextBytes, Bytes)
	return Cut(s, c.TextUTF16, UTF16)
}

// Numbered is text with its choices as a numbered list, for channels without buttons: the number is what one answers.
func Numbered(text string, choices []Choice) string {
	lines := []string{text}
	n := 0
	for _, c := range choices {
		if c.URL != "" {
			lines = append(lines, c.Label+" "+c.URL)
			continue
		}
		n++
		lines = append(lines, fmt.Sprintf("%d. %s", n, c.Label))
	}
	return strings.TrimPrefix(strings.Join(lines, "\n"), "\n")
}
