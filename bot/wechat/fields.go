package wechat

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// fieldRule shapes a fact into what a kind of template field takes; "" means that it cannot.
type fieldRule func(string) string

// fieldRules is the one place where fields are cut: the kind is a field's name without its number ("thing1").
var fieldRules = map[string]fieldRule{
	"thing":            func(s string) string { return runes(oneLine(s), 20) },
	"const":            func(s string) string { return runes(oneLine(s), 20) },
	"character_string": func(s string) string { return runes(only(s, printable), 32) },
	"number":           number,
	"letter":           func(s string) string { return runes(only(s, latin), 32) },
	"symbol":           func(s string) string { return runes(only(s, sign), 5) },
	"phrase":           func(s string) string { return runes(only(s, han), 5) },
	"name":             personName,
	"amount":           amount,
	"phone_number":     func(s string) string { return runes(only(s, dialled), 17) },
	"car_number":       func(s string) string { return runes(strings.ReplaceAll(oneLine(s), " ", ""), 8) },
	"time":             moment,
	"date":             moment,
}

// fieldKind is a field's name without its number.
func fieldKind(field string) string { return strings.TrimRight(field, "0123456789") }

// fieldValue shapes a fact for a field; ok is false when the field is of an unknown kind or the fact cannot fill it.
func fieldValue(field, fact string) (value string, ok bool) {
	rule := fieldRules[fieldKind(field)]
	if rule == nil {
		return "", false
	}
	value = rule(fact)
	return value, value != ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(safe(s)), " ") }

// runes cuts without breaking a sign made of several runes off its joiner.
func runes(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	all := []rune(s)
	end := most
	for end > 0 && (unicode.Is(unicode.Mn, all[end]) || all[end] == '\u200d' || all[end-1] == '\u200d' || unicode.Is(unicode.Variation_Selector, all[end])) {
		end--
	}
	return strings.TrimSpace(string(all[:end]))
}

func only(s string, keep func(rune) bool) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if keep(r) {
			return r
		}
		return -1
	}, s))
}

func printable(r rune) bool { return r > ' ' && r <= '~' }
func latin(r rune) bool     { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func digit(r rune) bool     { return r >= '0' && r <= '9' }
func han(r rune) bool       { return unicode.Is(unicode.Han, r) }
func sign(r rune) bool      { return printable(r) && !digit(r) && !latin(r) }
func dialled(r rune) bool   { return digit(r) || r == '+' || r == '-' }

// number is the first number in a text: "3 份" is 3.
func number(s string) string {
	start := strings.IndexFunc(s, digit)
	if start < 0 {
		return ""
	}
	s = s[start:]
	if end := strings.IndexFunc(s, func(r rune) bool { return !digit(r) && r != '.' }); end >= 0 {
		s = s[:end]
	}
	s = strings.TrimRight(s, ".")
	if len(s) > 32 {
		return "" // a cut number is a wrong number
	}
	return s
}

// amount is a currency sign and at most ten digits; thousands lose their commas.
func amount(s string) string {
	s = strings.ReplaceAll(oneLine(s), ",", "")
	n := number(s)
	if n == "" || len(strings.ReplaceAll(n, ".", "")) > 10 {
		return ""
	}
	before, _, _ := strings.Cut(s, n)
	for _, r := range before {
		if unicode.Is(unicode.Sc, r) {
			return string(r) + n
		}
	}
	return n
}

// personName is ten Han characters, or twenty letters.
func personName(s string) string {
	s = oneLine(s)
	if strings.ContainsFunc(s, han) {
		return runes(only(s, han), 10)
	}
	return runes(only(s, func(r rune) bool { return latin(r) || r == ' ' }), 20)
}

// moment is a time as templates write it; a range is joined by "~".
func moment(s string) string {
	var parts []string
	for p := range strings.SplitSeq(s, "~") {
		at, layout := parseMoment(strings.TrimSpace(p))
		if layout == "" {
			return ""
		}
		parts = append(parts, at.Format(layout))
	}
	return strings.Join(parts, " ~ ")
}

func parseMoment(s string) (at time.Time, layout string) {
	const full, day, hour = "2006年1月2日 15:04", "2006年1月2日", "15:04"
	for _, form := range [][2]string{{"2006-01-02 15:04", full}, {full, full}, {"2006-01-02", day}, {day, day}, {hour, hour}} {
		if at, err := time.Parse(form[0], s); err == nil {
			return at, form[1]
		}
	}
	return time.Time{}, ""
}
