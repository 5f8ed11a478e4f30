package say

import (
	"strings"
	"unicode"
)

// MaxName is how many characters of a name are shown.
const MaxName = 12

// maxMarks is how many combining marks one character may carry; more of them only paint over other lines.
const maxMarks = 3

// Name is a person's name as it may be shown: one line, 12 characters, never cut inside an emoji, without anything that
// could turn the text around, call everybody, or pass for one of our own signs.
func (v Voice) Name(s string) string {
	if name := cut(clean(s), MaxName); name != "" {
		return name
	}
	return v.words("neighbour")
}

// Line is a text of a person or leader as one line of at most so many characters: titles, item names, reasons.
func Line(s string, limit int) string { return cut(clean(s), limit) }

// cut keeps the first characters as people count them, and says with a … that something is missing.
func cut(s string, limit int) string {
	cs := clusters(s)
	if len(cs) <= limit {
		return s
	}
	return strings.TrimSpace(strings.Join(cs[:limit-1], "")) + "…"
}

// disguises are signs that would mean something in our messages or in a platform's markup, and what stands for them.
var disguises = map[rune]rune{
	'<': '＜', '>': '＞', '@': '＠', '`': '｀', '[': '［', ']': '］', '{': '｛', '}': '｝', '|': '｜', '\\': '＼',
	'✅': -1, '☑': -1, '✔': -1, '🎉': -1, '⏰': -1, '📦': -1,
}

// clean removes control, direction and invisible signs and folds all white space into single spaces.
func clean(s string) string {
	rs := make([]rune, 0, len(s))
	for _, r := range s {
		switch to, odd := disguises[r]; {
		case odd && to < 0:
		case odd:
			rs = append(rs, to)
		case unicode.IsSpace(r):
			rs = append(rs, ' ')
		case r == joiner || tag(r):
			rs = append(rs, r)
		case blank(r) || !unicode.IsGraphic(r):
		default:
			rs = append(rs, r)
		}
	}
	return strings.Join(strings.Fields(thin(glued(rs))), " ")
}

// glued keeps joiners only between two emoji and tags only on one: anywhere else they only hide.
func glued(rs []rune) string {
	var sb strings.Builder
	last := rune(0)
	for i, r := range rs {
		switch {
		case r == joiner && (i+1 == len(rs) || !pictorial(rs[i+1]) || !pictorial(last) && last != 0xFE0F && !skin(last)):
			continue
		case tag(r) && !tag(last) && !pictorial(last):
			continue
		}
		sb.WriteRune(r)
		last = r
	}
	return sb.String()
}

// blank reports letters and marks that show nothing.
func blank(r rune) bool {
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, 0xFFFC, 0xFFFD:
		return true
	}
	return unicode.Is(unicode.Co, r)
}

// thin drops combining marks beyond the third on one character, and those that stand on nothing.
func thin(s string) string {
	var sb strings.Builder
	marks, base := 0, false
	for _, r := range s {
		if !unicode.Is(unicode.M, r) {
			marks, base = 0, r != ' '
			sb.WriteRune(r)
			continue
		}
		if marks++; base && marks <= maxMarks {
			sb.WriteRune(r)
		}
	}
	return sb.String()
}

const joiner = 0x200D

func skin(r rune) bool     { return r >= 0x1F3FB && r <= 0x1F3FF }
func tag(r rune) bool      { return r >= 0xE0020 && r <= 0xE007F }
func flagHalf(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

func pictorial(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2190 && r <= 0x2BFF || r == 0x00A9 || r == 0x00AE || r == 0x3030 || r == 0x303D
}

// clusters cuts a text into characters as people see them: a letter with its marks, an emoji with its skin, joined
// emoji, two halves of a flag, a Hangul syllable in parts.
func clusters(s string) []string {
	var out []string
	var cur []rune
	halves := 0
	for _, r := range s {
		last := rune(0)
		if len(cur) > 0 {
			last = cur[len(cur)-1]
		}
		if len(cur) > 0 && joins(last, r, halves) {
			cur = append(cur, r)
		} else {
			if len(cur) > 0 {
				out = append(out, string(cur))
			}
			cur, halves = []rune{r}, 0
		}
		if flagHalf(r) {
			halves++
		}
	}
	if len(cur) > 0 {
		out = append(out, string(cur))
	}
	return out
}

// joins reports whether r belongs to the character that ends in last; halves counts the flag letters in it.
func joins(last, r rune, halves int) bool {
	switch {
	case unicode.Is(unicode.M, r), r == joiner, skin(r), tag(r):
		return true
	case last == joiner:
		return pictorial(r)
	case flagHalf(r):
		return flagHalf(last) && halves == 1
	}
	vowel, tail := r >= 0x1160 && r <= 0x11A7, r >= 0x11A8 && r <= 0x11FF
	lead, mid := last >= 0x1100 && last <= 0x115F, last >= 0x1160 && last <= 0x11A7
	return lead && vowel || mid && tail
}
