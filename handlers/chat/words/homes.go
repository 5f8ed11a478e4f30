package words

import (
	"strings"
	"sync"
)

// markers stand between a building's number and a room's.
var markers = sync.OnceValue(func() lexicon {
	return lex(map[token]string{before: "号楼|栋|幢|座|楼栋|号院|#|号楼栋"})
})

// scanHome reads 3栋502, 3-502, 5号楼2单元1101室, 三栋五零二, bldg 3 rm 502, 502室, 3栋. A building alone has no room.
func scanHome(s []rune, i int) (Home, int) {
	for _, read := range []func([]rune, int) (Home, int){byMarker, byDash, byEnglish, byRoom, byStair} {
		if h, n := read(s, i); n > 0 && ends(s, i+n) {
			return h, n
		}
	}
	return Home{}, 0
}

// ends: no digit, letter or further dash follows.
func ends(s []rune, i int) bool {
	r := at(s, i)
	return !isDigit(r) && !isLatin(r) && r != '%' && (r != '-' || !isDigit(at(s, i+1)))
}

// building reads what stands before a marker: 3, 三, 十二, A.
func building(s []rune, i int) (string, int) {
	r := at(s, i)
	switch {
	case isDigit(r):
		if d, n := spelledDigits(s, i, 3); n > 0 && n <= 3 {
			return d, n
		}
	case isLatin(r) && !isLatin(at(s, i+1)):
		return strings.ToUpper(string(r)), 1
	default:
		if n, kind, length := hanNumber(s, i); kind == Whole && n > 0 && n < 200 {
			return itoa(n), length
		}
	}
	return "", 0
}

func byMarker(s []rune, i int) (Home, int) {
	b, n := building(s, i)
	if n == 0 {
		return Home{}, 0
	}
	k := skip(s, i+n)
	kind, m := marker(s, k)
	if kind == noToken {
		return Home{}, 0
	}
	k = skip(s, k+m)
	h := Home{Building: b}
	part, m := stair(s, k)
	k = skip(s, k+m)
	if at(s, k) == '-' {
		k++
	}
	if at(s, k) == '的' {
		k++
	}
	room, m := roomNumber(s, k)
	if m == 0 {
		return Home{}, 0
	}
	h.Room = part + room
	return h, k + m - i
}

// marker is the word after a building's number.
func marker(s []rune, k int) (token, int) {
	if k >= len(s) {
		return noToken, 0
	}
	return markers().longest(s, k)
}

// stair reads 2单元.
func stair(s []rune, k int) (string, int) {
	n, kind, m := plainNumber(s, k)
	if kind == Whole && n < 30 && at(s, k+m) == '单' && at(s, k+m+1) == '元' {
		return itoa(n) + "-", m + 2
	}
	if kind == Whole && n < 30 && at(s, k+m) == '门' && isDigit(at(s, k+m+1)) {
		return itoa(n) + "-", m + 1
	}
	return "", 0
}

// roomNumber reads 502, 1101A, 五零二, with 室 or 房 after it.
func roomNumber(s []rune, k int) (string, int) {
	d, n := spelledDigits(s, k, 4)
	if n < 2 {
		return "", 0
	}
	if r := at(s, k+n); isLatin(r) && !isLatin(at(s, k+n+1)) && !isDigit(at(s, k+n+1)) {
		d, n = d+strings.ToUpper(string(r)), n+1
	}
	if r := at(s, k+n+1); at(s, k+n) == '楼' && isLatin(r) && !isLatin(at(s, k+n+2)) {
		return d + strings.ToUpper(string(r)), n + 2 // 12楼B
	}
	if n > 3 && !isDigit(s[k+n-1]) && unitAt(s, k+n) > 0 {
		d, n = d[:len(d)-1], n-1 // 四零二一份: the last is how many
	}
	if r := at(s, k+n); r == '室' || r == '房' || r == '号' {
		return d, n + 1
	}
	if n < 3 {
		return "", 0 // 3座12箱
	}
	return d, n
}

// byDash reads 3-502 and 12-2-1101.
func byDash(s []rune, i int) (Home, int) {
	if !isDigit(at(s, i)) {
		return Home{}, 0
	}
	b, n := spelledDigits(s, i, 3)
	k := i + n
	if n == 0 || at(s, k) != '-' {
		return Home{}, 0
	}
	part, m := spelledDigits(s, k+1, 2)
	if m > 0 && at(s, k+1+m) == '-' {
		k, part = k+1+m, part+"-"
	} else {
		part = ""
	}
	room, m := roomNumber(s, k+1)
	if m < 3 || !isDigit(at(s, k+1)) {
		return Home{}, 0
	}
	return Home{Building: b, Room: part + room}, k + 1 + m - i
}

var (
	blocks = sync.OnceValue(func() lexicon {
		return lex(map[token]string{before: "building|bldg|bldg.|block|blk|blk.|tower"})
	})
	rooms = sync.OnceValue(func() lexicon {
		return lex(map[token]string{before: "room|rm|rm.|apt|apt.|flat|unit|#"})
	})
)

// byEnglish reads bldg 3 rm 502.
func byEnglish(s []rune, i int) (Home, int) {
	if !isLatin(at(s, i)) || isLatin(at(s, i-1)) {
		return Home{}, 0
	}
	_, n := blocks().longest(s, i)
	if n == 0 {
		return englishRoom(s, i)
	}
	k := skip(s, i+n)
	b, n := building(s, k)
	if n == 0 {
		return Home{}, 0
	}
	k = skipComma(s, k+n)
	if k < len(s) {
		_, n = rooms().longest(s, k)
		k = skip(s, k+n)
	}
	room, n := roomNumber(s, k)
	if n < 2 {
		return Home{}, 0
	}
	return Home{Building: strings.ToUpper(b), Room: room}, k + n - i
}

// englishRoom reads flat 502 without a building.
func englishRoom(s []rune, i int) (Home, int) {
	_, n := rooms().longest(s, i)
	if n == 0 {
		return Home{}, 0
	}
	k := skip(s, i+n)
	room, m := roomNumber(s, k)
	if m == 0 && s[i] != '#' { // flat 12
		room, m = spelledDigits(s, k, 4)
		if isLatin(at(s, k+m)) && !isLatin(at(s, k+m+1)) && m > 0 {
			room, m = room+strings.ToUpper(string(s[k+m])), m+1
		}
	}
	if m == 0 || s[i] == '#' && m < 3 || !isDigit(at(s, k)) {
		return Home{}, 0
	}
	return Home{Room: room}, k + m - i
}

// byStair reads 1单元301, where the community has one building or the stairs have numbers of their own.
func byStair(s []rune, i int) (Home, int) {
	part, n := stair(s, i)
	if n == 0 {
		return Home{}, 0
	}
	room, m := roomNumber(s, i+n)
	if m < 3 {
		return Home{}, 0
	}
	return Home{Room: part + room}, n + m
}

// byRoom reads 502室.
func byRoom(s []rune, i int) (Home, int) {
	if !isDigit(at(s, i)) {
		return Home{}, 0
	}
	d, n := spelledDigits(s, i, 4)
	if r := at(s, i+n); n < 3 || r != '室' && r != '房' {
		return Home{}, 0
	}
	return Home{Room: d}, n + 1
}

func skip(s []rune, k int) int {
	for k < len(s) && s[k] == ' ' {
		k++
	}
	return k
}

func skipComma(s []rune, k int) int {
	for k < len(s) && (s[k] == ' ' || s[k] == ',') {
		k++
	}
	return k
}

// itoa writes small numbers.
func itoa(n int64) string {
	if n >= 10 {
		return itoa(n/10) + string(rune('0'+n%10))
	}
	return string(rune('0' + n))
}
