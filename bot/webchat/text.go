package webchat

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tuanbot/domain"
)

const maxName = 24 // runes in a name

// invisible says whether a rune can be used to hide or reorder text: controls, bidi marks, zero-width signs.
// The joiner and the variation selector stay: emoji are made of them.
func invisible(r rune) bool {
	switch r {
	case '\n', '\u200d', '\ufe0f':
		return false
	case '\u2028', '\u2029', '\u115f', '\u1160', '\u3164', '\uffa0', '\u034f', '\u17b4', '\u17b5':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !emojiTag(r) || unicode.Is(unicode.Co, r)
}

// emojiTag runes spell the flags of England, Scotland and Wales.
func emojiTag(r rune) bool { return r >= 0xE0020 && r <= 0xE007F }

// cleanText strips what cannot be seen and keeps line breaks; a text too long is refused before anything is stored.
func cleanText(raw string) (string, error) {
	raw = strings.ReplaceAll(strings.ToValidUTF8(raw, "\ufffd"), "\r\n", "\n")
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\r':
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, raw)
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > maxText {
		return "", domain.Refuse(domain.CodeInvalid, whyTooLong).WithInt("max", maxText)
	}
	if strings.Trim(text, "\u200d\ufe0f \n") == "" {
		return "", nil
	}
	return text, nil
}

// reserved are names that would let a guest pass for the house.
var reserved = []string{"系统", "团长", "客服", "管理员", "官方", "团购助手", "tuanbot", "system", "admin", "administrator", "leader", "operator", "support", "bot"}

// cleanName makes a guest's name fit to be shown, or refuses it.
func cleanName(raw string) (string, error) {
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case invisible(r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(raw, ""))
	name = strings.Join(strings.Fields(name), " ")
	bare := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return foldWide(r)
		}
		return -1
	}, name))
	visible := strings.IndexFunc(name, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) }) >= 0
	if !visible || utf8.RuneCountInString(name) > maxName || combining(name) {
		return "", domain.Refuse(domain.CodeInvalid, domain.WhyBadName).WithInt("max", maxName)
	}
	if slices.Contains(reserved, bare) {
		return "", domain.Refuse(domain.CodeInvalid, domain.WhyBadName).With("taken", name)
	}
	return name, nil
}

// combining finds towers of accents that would spill over neighbouring lines.
func combining(name string) bool {
	run := 0
	for _, r := range name {
		if unicode.Is(unicode.Mn, r) && r != '\ufe0f' {
			if run++; run > 2 {
				return true
			}
			continue
		}
		run = 0
	}
	return false
}

// foldWide turns full-width letters and digits into plain ones.
func foldWide(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E {
		return r - 0xFEE0
	}
	return r
}

// goodID says whether an id given by a browser, a program or the app may be kept: 1 to 64 plain letters and digits.
func goodID(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for _, r := range id {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
		if !plain {
			return false
		}
	}
	return true
}

// goodAction says whether a button's meaning can be handed on.
func goodAction(action string) bool {
	if action == "" || len(action) > 512 || !utf8.ValidString(action) {
		return false
	}
	return strings.IndexFunc(action, invisible) < 0 && !strings.Contains(action, "\n")
}

// Reasons that only a chat of our own can refuse for.
const (
	whyTooLong  domain.Why = "too_long"
	whySignIn   domain.Why = "sign_in"
	whyNoMember domain.Why = "not_member"
	whyNoActAs  domain.Why = "no_act_as"
	whyBadBody  domain.Why = "bad_body"
)
