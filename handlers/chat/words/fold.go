package words

import (
	"strings"
	"unicode"
)

// signs are what people type for the same thing.
var signs = map[rune]rune{
	'×': '*', '✕': '*', '✖': '*', '╳': '*', '﹢': '+', '➕': '+', '－': '-', '—': '-', '–': '-', '−': '-', '➖': '-', '。': '.', '、': ',', '；': ';',
	'：': ':', '￥': '¥', '【': '[', '】': ']', '“': '"', '”': '"', '‘': '\'', '’': '\'', '～': '~', '〜': '~', '「': '"', '」': '"', '《': '"', '》': '"',
	'〔': '[', '〕': ']', '・': '.', '·': '.', '\t': ' ', '\r': '\n', '　': ' ', '❗': '!', '❓': '?', '﹣': '-', '⼀': '一',
}

// Tidy makes text comparable without losing what it says: full-width signs become half-width, several signs for one thing
// become one, digits in boxes become digits, and what cannot be seen goes. Letters keep their case, characters their form.
func Tidy(s string) string {
	rs := fold(s).raw
	for i, r := range rs {
		rs[i] = visible(r)
	}
	return string(rs)
}

// Fold is Tidy text in lower case and simplified characters, for comparing.
func Fold(s string) string { return string(fold(s).low) }

// folded is a text twice, rune by rune: as it was written, and as it is compared.
type folded struct{ raw, low []rune }

func fold(s string) folded {
	f := folded{raw: make([]rune, 0, len(s)/2+1), low: make([]rune, 0, len(s)/2+1)}
	for _, r := range s {
		if r == '🔟' {
			f.add('1', '1')
			f.add('0', '0')
			continue
		}
		if plain := visible(r); plain != 0 {
			f.add(r, plain)
		}
	}
	return f.trim()
}

func (f *folded) add(raw, r rune) {
	f.raw = append(f.raw, raw)
	if r > 0x2E80 {
		if to, ok := simpler()[r]; ok {
			r = to
		}
	}
	f.low = append(f.low, unicode.ToLower(r))
}

// visible is the plain form of a rune; 0 when it cannot be seen or only decorates the one before it.
func visible(r rune) rune {
	if r > ' ' && r < 0x7F || r >= 0x4E00 && r <= 0x9FFF {
		return r // most of what people write
	}
	if to, ok := signs[r]; ok {
		return to
	}
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == '\n':
		return r
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r), unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp, unicode.Cf), r == 0x20E3,
		r >= 0xFE00 && r <= 0xFE0F, r >= 0x1F3FB && r <= 0x1F3FF, r == unicode.ReplacementChar:
		return 0
	}
	return r
}

// trim cuts white space off both ends.
func (f folded) trim() folded {
	from, to := 0, len(f.low)
	for from < to && isSpace(f.low[from]) {
		from++
	}
	for to > from && isSpace(f.low[to-1]) {
		to--
	}
	return folded{raw: f.raw[from:to], low: f.low[from:to]}
}

func isSpace(r rune) bool { return r == ' ' || r == '\n' }

// IsBreak reports what stands between the parts of a message.
func IsBreak(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",;.!?~\"'|/()[]", r)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' }

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// hasPrefix reports whether the text goes on with these words at i; a word of Latin letters must end there.
func hasPrefix(s []rune, i int, word []rune) bool {
	if len(word) == 0 || i+len(word) > len(s) {
		return false
	}
	for k, r := range word {
		if s[i+k] != r {
			return false
		}
	}
	end := i + len(word)
	return end == len(s) || !isLatin(s[end]) || !isLatin(word[len(word)-1])
}

// wordAt is the length of the word where it stands at i, else 0.
func wordAt(s []rune, i int, word string) int {
	end := i
	var last rune
	for _, r := range word {
		if end >= len(s) || s[end] != r {
			return 0
		}
		last = r
		end++
	}
	if end < len(s) && isLatin(s[end]) && isLatin(last) {
		return 0
	}
	return end - i
}

// lexicon is a set of words by their first rune, the longer ones first.
type lexicon map[rune][]entry

type entry struct {
	word []rune
	kind token
}

// longest is the longest word of the lexicon that stands at i.
func (l lexicon) longest(s []rune, i int) (token, int) {
	for _, e := range l[s[i]] {
		if hasPrefix(s, i, e.word) {
			return e.kind, len(e.word)
		}
	}
	return 0, 0
}

// emoji reports pictures and other signs that say nothing about quantities.
func emoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2190 && r <= 0x2BFF && (r < 0x2460 || r > 0x24FF) || r == 0x3030 || r == 0x303D
}
