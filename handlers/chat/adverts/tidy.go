package adverts

import (
	"strings"

	"tuanbot/handlers/chat/words"
)

// tidy makes an advert plain: signs half-width, pictures that only decorate gone, those that mean something in words.
func tidy(text string) string {
	text = cutRunes(words.Tidy(cutRunes(text, maxText)), maxText)
	var sb strings.Builder
	for _, c := range text {
		switch {
		case c == '⏰' || c == '⌛':
			sb.WriteString(" ")
		case c == '📍' || c == '🏠':
			sb.WriteString(" ")
		case c == '💰':
			sb.WriteString(" ")
		case decorates(c):
			sb.WriteByte(' ')
		default:
			sb.WriteRune(c)
		}
	}
	return sb.String()
}

// decorates reports pictures and signs that say nothing.
func decorates(c rune) bool {
	return c >= 0x1F000 && c <= 0x1FAFF || c >= 0x2190 && c <= 0x2BFF && (c < 0x2460 || c > 0x24FF) || c == '★' || c == '!' || c == '~'
}
