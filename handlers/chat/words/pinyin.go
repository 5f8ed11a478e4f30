package words

import "strings"

// initialOf is the first letter of a character's pinyin, or 0.
func initialOf(r rune) byte {
	for letter, row := range initials {
		if strings.ContainsRune(row, r) {
			return letter
		}
	}
	return 0
}

// Initials are the first letters of the pinyin of a name, as people abbreviate it: 阳光玫瑰 is ygmg. Latin letters and digits
// stay; a name with a character that we do not know has none.
func Initials(name string) string {
	var sb strings.Builder
	for _, r := range fold(name).low {
		switch letter := initialOf(r); {
		case isLatin(r), isDigit(r):
			sb.WriteRune(r)
		case letter != 0:
			sb.WriteByte(letter)
		case isHan(r):
			return ""
		}
	}
	return sb.String()
}
