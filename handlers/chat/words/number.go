package words

import (
	"slices"
	"strings"
)

// NumberKind says what a typed quantity is.
type NumberKind int

// The kinds of numbers.
const (
	NotNumber NumberKind = iota
	Whole
	Fraction // 半, 2.5, 1/2: nobody can order that
	Vague    // 两三, 1-2, 十来: which one?
)

// Huge stands for every number that is longer than we read; the rules refuse it.
const Huge = 1 << 40

var (
	numerals = map[rune]int64{
		'〇': 0, '零': 0, '一': 1, '壹': 1, '二': 2, '两': 2, '俩': 2, '贰': 2, '三': 3, '仨': 3, '叁': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	}
	tens = map[rune]int64{'十': 10, '拾': 10, '百': 100, '千': 1000}
	// englishNumbers are numbers of one or more words; what is longer stands first.
	englishNumbers = []struct {
		word []rune
		n    int64
	}{
		{[]rune("half a dozen"), 6},
		{[]rune("a dozen"), 12},
		{[]rune("two dozen"), 24},
		{[]rune("a couple of"), 2},
		{[]rune("a couple"), 2},
		{[]rune("dozen"), 12},
		{[]rune("twelve"), 12},
		{[]rune("eleven"), 11},
		{[]rune("three"), 3},
		{[]rune("seven"), 7},
		{[]rune("eight"), 8},
		{[]rune("twenty"), 20},
		{[]rune("four"), 4},
		{[]rune("five"), 5},
		{[]rune("nine"), 9},
		{[]rune("one"), 1},
		{[]rune("two"), 2},
		{[]rune("six"), 6},
		{[]rune("ten"), 10},
	}
)

// Number reads a whole text as one number: 12, 两, 十二, 一百二, 廿, 半打, half a dozen.
func Number(text string) (int64, NumberKind) {
	s := fold(text).low
	if len(s) == 0 {
		return 0, NotNumber
	}
	n, kind, length := scanNumber(s, 0)
	if kind == NotNumber || length != len(s) {
		return 0, NotNumber
	}
	return n, kind
}

// scanNumber reads a number at i and says how many runes it takes.
func scanNumber(s []rune, i int) (n int64, kind NumberKind, length int) {
	switch r := s[i]; {
	case isDigit(r):
		n, kind, length = arabic(s, i)
	case isLatin(r):
		return englishNumber(s, i)
	case r == '半':
		n, kind, length = 0, Fraction, 1
		if at(s, i+1) == '打' {
			return 6, Whole, 2
		}
	default:
		n, kind, length = hanNumber(s, i)
	}
	return suffixes(s, i, n, kind, length)
}

func isNumeral(r rune) bool {
	return r > 0x3000 && (numerals[r] > 0 || tens[r] > 0 || r == '零' || r == '〇')
}

func at(s []rune, i int) rune {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// suffixes are what makes dozens and doubts of a number: 两打, 十来, 3多, 1-2.
func suffixes(s []rune, i int, n int64, kind NumberKind, length int) (int64, NumberKind, int) {
	if kind == NotNumber {
		return 0, NotNumber, 0
	}
	if at(s, i+length) == '打' && kind == Whole {
		n, length = n*12, length+1
	}
	switch next := at(s, i+length); {
	case strings.ContainsRune("来多几余", next) && next != 0 && (n%10 == 0 || next == '多') && n > 0 && next != '来':
		kind, length = Vague, length+1
	case next == '来' && n%10 == 0 && n > 0 && at(s, i+length-1) == '十' && isUnitRune(at(s, i+length+1)):
		kind, length = Vague, length+1 // 十来份
	case strings.ContainsRune("-~到至", next) && next != 0:
		if m, k, more := plainNumber(s, i+length+1); k == Whole && m > n {
			kind, length = Vague, length+1+more
		}
	}
	return min(n, Huge), kind, length
}

func isUnitRune(r rune) bool {
	return strings.ContainsRune("份个箱盒斤袋瓶件只包", r) && r != 0
}

// plainNumber is a number without suffixes.
func plainNumber(s []rune, i int) (int64, NumberKind, int) {
	switch r := at(s, i); {
	case r == 0:
		return 0, NotNumber, 0
	case isDigit(r):
		return arabic(s, i)
	}
	return hanNumber(s, i)
}

// arabic reads 12, 2.5, 1/2.
func arabic(s []rune, i int) (n int64, kind NumberKind, length int) {
	end := i
	for end < len(s) && isDigit(s[end]) {
		if n < Huge {
			n = n*10 + int64(s[end]-'0')
		}
		end++
	}
	kind = Whole
	if c := at(s, end); (c == '.' || c == '/') && isDigit(at(s, end+1)) {
		end++
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		kind = Fraction
	}
	return min(n, Huge), kind, end - i
}

// hanNumber reads Chinese numerals up to some thousands: 二十三, 一百零五, 一百二, 廿二. Two neighbours are a doubt: 两三.
func hanNumber(s []rune, i int) (int64, NumberKind, int) {
	var sum, last, unit int64
	digits, end := 0, i
	var prev int64 = -1
	for ; end < len(s) && end-i < 12; end++ {
		r := s[end]
		if n, ok := numerals[r]; ok {
			if digits++; digits > 1 && n != 0 && last != 0 {
				return neighbours(s, i, last, n, digits, end)
			}
			if n == 0 {
				if last != 0 {
					return 0, NotNumber, 0 // 五零二 is a room
				}
				unit = 0
			}
			prev, last = n, n
			continue
		}
		if size, ok := tens[r]; ok {
			sum, last, unit, digits = sum+max(1, last)*size, 0, size, 0
			prev = 0
			continue
		}
		if r == '廿' || r == '卅' {
			sum, unit, prev = sum+20, 10, 0
			if r == '卅' {
				sum += 10
			}
			continue
		}
		break
	}
	if prev < 0 {
		return 0, NotNumber, 0
	}
	if unit >= 100 {
		last *= unit / 10 // 一百二
	}
	return sum + last, Whole, end - i
}

// neighbours: 两三 is a doubt, 五零二 or 一二三 no quantity.
func neighbours(s []rune, i int, a, b int64, digits, end int) (int64, NumberKind, int) {
	if _, more := numerals[at(s, end+1)]; more || digits != 2 || b != a+1 && (a != 1 || b != 2) {
		return 0, NotNumber, 0
	}
	return a, Vague, end + 1 - i
}

func englishNumber(s []rune, i int) (int64, NumberKind, int) {
	for _, e := range englishNumbers {
		if hasPrefix(s, i, e.word) && !isLatin(at(s, i-1)) {
			return e.n, Whole, len(e.word)
		}
	}
	return 0, NotNumber, 0
}

// spelledDigits reads a number said digit by digit, as room numbers are: 502, 五零二, 一一零一.
func spelledDigits(s []rune, i, most int) (string, int) {
	var out []rune
	end := i
	for end < len(s) && len(out) <= most {
		r := s[end]
		if n, ok := numerals[r]; ok && !slices.Contains([]rune("两俩仨"), r) {
			out = append(out, rune('0'+n))
		} else if r == '幺' {
			out = append(out, '1')
		} else if isDigit(r) {
			out = append(out, r)
		} else {
			break
		}
		end++
	}
	if len(out) > most {
		return "", 0
	}
	return string(out), end - i
}
