package chat

import (
	"strings"
	"unicode"
)

// maxText is how much of a message we read, in runes. Nobody orders in more.
const maxText = 4000

// folds are signs that people type for the same thing.
var folds = map[rune]rune{
	'×': '*', '✕': '*', '✖': '*', '﹢': '+', '➕': '+', '－': '-', '—': '-', '–': '-', '−': '-', '。': '.', '、': ',', '；': ';', '：': ':', '￥': '¥',
	'【': '[', '】': ']', '“': '"', '”': '"', '‘': '\'', '’': '\'', '～': '~', '「': '"', '」': '"', '\t': ' ', '\r': '\n', '　': ' ',
}

// tidy makes text comparable without losing what it says: full-width signs become half-width, several signs for one thing
// become one, and what cannot be seen goes. Letters keep their case.
func tidy(s string) string {
	var sb strings.Builder
	for _, r := range s {
		switch to, ok := folds[r]; {
		case ok:
			sb.WriteRune(to)
		case r >= 0xFF01 && r <= 0xFF5E:
			sb.WriteRune(r - 0xFEE0)
		case r == '\n':
			sb.WriteRune(r)
		case unicode.IsSpace(r):
			sb.WriteByte(' ')
		case unicode.IsControl(r), unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp), r >= 0x200B && r <= 0x200F, r == 0xFEFF, r == 0x2060:
		default:
			sb.WriteRune(r)
		}
	}
	return strings.TrimSpace(sb.String())
}

// fold is tidy text in one case, for comparing with our own words.
func fold(s string) string { return strings.ToLower(s) }

// isBreak reports what stands between the parts of a message.
func isBreak(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",;.!?~\"'|/()[]", r)
}
