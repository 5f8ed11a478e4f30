package chat

import (
	"strconv"
	"strings"
)

// amountKind says what a typed quantity is.
type amountKind int

const (
	notNumber amountKind = iota
	whole
	fraction // half a share, 2.5: nobody can order that
)

// hugeQty stands for every number that is longer than we read; the rules refuse it.
const hugeQty = 1 << 40

// words for numbers; the regular expression of quantities knows the same ones.
var (
	numerals = map[rune]int64{'〇': 0, '零': 0, '一': 1, '二': 2, '两': 2, '俩': 2, '三': 3, '仨': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	english  = map[string]int64{
		"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
		"twelve": 12, "a dozen": 12, "dozen": 12, "half a dozen": 6, "a couple": 2,
	}
)

// quantity reads a number as people type it: 12, 两, 十二, 半打, half a dozen.
func quantity(s string) (int64, amountKind) {
	s = fold(strings.TrimSpace(s))
	if n, ok := english[s]; ok {
		return n, whole
	}
	if strings.ContainsAny(s, "./") || s == "半" {
		return 0, fraction
	}
	if dozens, ok := strings.CutSuffix(s, "打"); ok {
		if dozens == "半" {
			return 6, whole
		}
		n, kind := quantity(dozens)
		return n * 12, kind
	}
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		return digits(s)
	}
	return spoken(s)
}

func digits(s string) (int64, amountKind) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > hugeQty {
		if strings.Trim(s, "0123456789") != "" {
			return 0, notNumber
		}
		return hugeQty, whole
	}
	return n, whole
}

// spoken reads Chinese numerals up to a few hundred: 二十三, 一百零五.
func spoken(s string) (int64, amountKind) {
	var sum, last int64
	seen := false
	for _, r := range s {
		n, isDigit := numerals[r]
		switch {
		case isDigit:
			last, seen = n, true
		case r == '十':
			sum, last, seen = sum+max(1, last)*10, 0, true
		case r == '百':
			sum, last, seen = sum+max(1, last)*100, 0, true
		default:
			return 0, notNumber
		}
	}
	if !seen {
		return 0, notNumber
	}
	return sum + last, whole
}
