package words

import (
	"strings"
	"sync"
	"unicode"
)

// mostName is how long a name may be, in runes.
const mostName = 8

// forWhom reads 帮王姐, 替3栋小李, 给我妈, for Ann, my mother-in-law's words for people: 我妈.
func (p *parser) forWhom() int {
	if n := p.kinAt(p.i); n > 0 {
		p.person(p.i, p.withoutHouse(p.i, n), false)
		return p.mark(gotName, n)
	}
	if n := p.givenTo(); n > 0 {
		return p.mark(gotName, n)
	}
	kind, n := phraseAt(p.s, p.i)
	switch {
	case kind == forEnglish && !isLatin(at(p.s, p.i-1)):
		return p.forEnglish(p.i + n)
	case kind == self && n > 1 && strings.ContainsRune("帮给替为代", p.s[p.i]): // 给我婆婆, not 给我
		if m := p.kinAt(p.i + 1); m > 0 {
			p.person(p.i+1, p.withoutHouse(p.i+1, m), false)
			p.cur.verb = true
			return p.mark(gotName, 1+m)
		}
	case kind == forWord:
		return p.forChinese(p.i + n)
	}
	return 0
}

// kinAt is the length of 我妈, 我妹妹家, 我们单位.
func (p *parser) kinAt(i int) int {
	k := i
	n := p.wordAt(i, "我家", "我们", "我", "咱们", "咱", "俺")
	if n == 0 {
		return 0
	}
	k += n
	if k >= len(p.s) {
		return 0
	}
	kind, n := kin().longest(p.s, k)
	if kind == noToken {
		return 0
	}
	if k += n; at(p.s, k) == '家' {
		k++
	}
	k += p.wordAt(k, "那边", "那里", "那儿")
	if !p.continues(k) {
		return 0
	}
	return k - i
}

// withoutHouse is where a name ends that may have 家 behind it.
func (p *parser) withoutHouse(from, n int) int {
	if end := from + n; n > 3 && p.s[end-2] == '那' {
		n -= 2 // 我妈那边
	}
	if n > 2 && p.s[from+n-1] == '家' {
		n--
	}
	return from + n
}

// wordAt is the length of the first of the words that stands at i.
func (p *parser) wordAt(i int, words ...string) int {
	for _, w := range words {
		if n := wordAt(p.s, i, w); n > 0 {
			return n
		}
	}
	return 0
}

// forChinese reads the home and the name after 帮.
func (p *parser) forChinese(k int) int {
	start := p.i
	for k < len(p.s) && (p.s[k] == ' ' || p.s[k] == ':') {
		k++
	}
	home, n := scanHome(p.s, k)
	if n == 0 {
		home, n = p.buildingOnly(k)
	}
	k += n
	if n > 0 && at(p.s, k) == '的' {
		k++
	}
	k = p.behindPlace(skip(p.s, k))
	end := p.nameEnd(k)
	if end == 0 {
		if home.Room == "" {
			return 0
		}
		end = k // 帮3-502带一份
		p.person(k, k, false)
		p.cur.For = home.Building + "-" + home.Room
	} else {
		p.person(k, end, false)
	}
	if home != (Home{}) {
		p.cur.Home = home
	}
	p.cur.verb = true
	if at(p.s, end) == '家' {
		end++
	}
	return p.mark(gotName, end-start)
}

// buildingOnly reads 3栋 before a name.
func (p *parser) buildingOnly(k int) (Home, int) {
	if k >= len(p.s) {
		return Home{}, 0
	}
	b, n := building(p.s, k)
	if n == 0 {
		return Home{}, 0
	}
	if kind, m := marker(p.s, k+n); kind != noToken {
		return Home{Building: b}, n + m
	}
	return Home{}, 0
}

// nameEnd finds where a name that begins at k ends: at the shortest place after which an order goes on.
func (p *parser) nameEnd(k int) int {
	if k >= len(p.s) || strings.ContainsRune("我你您他她它谁大", p.s[k]) && at(p.s, k+1) != '姐' && at(p.s, k+1) != '哥' || p.unitCounted(k) {
		return 0
	}
	if kind, n := kinAfterFor().longest(p.s, k); kind != noToken && p.continues(k+n) {
		return k + n
	}
	if isLatin(p.s[k]) {
		return p.latinName(k, true)
	}
	if n := titled(p.s, k); n > 0 && p.singleCounted(k+n) {
		return k + n // 帮孙姨蒜1袋
	}
	if _, kind, n := plainNumber(p.s, k); kind == Whole && at(p.s, k+n) == '楼' && isDigit(p.s[k]) {
		if m := titled(p.s, k+n+1); m > 0 && p.continues(k+n+1+m) {
			return k + n + 1 + m // 5楼张阿姨
		}
	}
	for n := 1; n <= mostName && k+n <= len(p.s) && isHan(p.s[k+n-1]); n++ {
		if p.continues(k+n) && !p.onlyVerb(k, n) {
			return k + n
		}
	}
	return 0
}

// singleCounted: goods of one character with their quantity stand at k: 蒜1袋.
func (p *parser) singleCounted(k int) bool {
	if k >= len(p.s) {
		return false
	}
	_, n := p.named(k)
	return n == 1 && p.unitCounted(k+1)
}

// onlyVerb: 帮看看, 帮带一份 have no name.
func (p *parser) onlyVerb(k, n int) bool {
	kind, m := phraseAt(p.s, k)
	return kind != noToken && m >= n || n == 1 && !strings.ContainsRune(surnames, p.s[k])
}

// latinName reads Ann, Mary Jane: words with capitals; with any also one word without.
func (p *parser) latinName(k int, anyCase bool) int {
	end, count := k, 0
	for count < 3 && end < len(p.s) && isLatin(p.s[end]) && (unicode.IsUpper(p.f.raw[end]) || anyCase && count == 0) {
		for end < len(p.s) && (isLatin(p.s[end]) || strings.ContainsRune("'-.", p.s[end]) && isLatin(at(p.s, end+1))) {
			end++
		}
		count++
		if at(p.s, end) == '.' && count == 1 && end-k < 4 {
			end++
		}
		if at(p.s, end) == ' ' && unicode.IsUpper(rawAt(p.f.raw, end+1)) && isLatin(at(p.s, end+2)) {
			end++
			continue
		}
		break
	}
	if end-k > 30 {
		return 0
	}
	return end
}

func rawAt(raw []rune, i int) rune {
	if i >= len(raw) {
		return 0
	}
	return raw[i]
}

// noEnglishNames are what stands after "for" and is nobody.
var noEnglishNames = sync.OnceValue(func() lexicon {
	return lex(map[token]string{self: "real|that|this|it|all|sure|now|dinner|lunch|breakfast|tomorrow|today|tonight|everyone|everybody|free|fun|the|a|an|what|who|how|you|your|sale|rent|me|us|pickup|delivery|now|effort|saturday|sunday|monday"})
})

// forEnglish reads whom "for" names. It ends what went before: A1 for me, B2 for Tom.
func (p *parser) forEnglish(k int) int {
	k = skip(p.s, k)
	if k >= len(p.s) || !isLatin(p.s[k]) && !isHan(p.s[k]) {
		return 0
	}
	if _, kind, _ := scanNumber(p.s, k); kind != NotNumber {
		return 0
	}
	weak := false
	_, n := kinAfterFor().longest(p.s, k)
	if n == 0 {
		if kind, _ := noEnglishNames().longest(p.s, k); kind != noToken {
			return 0
		}
		end := p.latinName(k, true)
		if end == 0 || end == k {
			return 0
		}
		weak = !unicode.IsUpper(p.f.raw[k])
		n = end - k
	} else if next := skip(p.s, k+n); next > k+n && next < len(p.s) && unicode.IsUpper(p.f.raw[next]) && isLatin(at(p.s, next+1)) {
		n = p.latinName(next, false) - k // my neighbour Tom
	}
	p.keepPending()
	if p.cur.For != "" && len(p.cur.lines) > 0 {
		p.flush()
	}
	p.cur.For = string(p.f.raw[k : k+n])
	p.cur.weak = p.cur.weak || weak
	p.cur.closed = len(p.cur.lines) > 0
	return p.mark(gotName, k+n-p.i)
}

// person begins somebody's part of the message, or adds a name to those that share.
func (p *parser) person(from, to int, weak bool) int {
	name := strings.TrimSpace(string(p.f.raw[from:to]))
	if p.cur.closed || len(p.cur.lines) > 0 || p.pend != nil || p.cur.leaves {
		p.flush()
	}
	p.cur.selfAmong = p.cur.selfAmong || p.cur.listed > 0 && skip(p.s, p.cur.listed) == from
	if p.cur.For != "" {
		p.cur.names = append(p.cur.names, p.cur.For)
	}
	p.cur.For, p.cur.weak = name, p.cur.weak || weak
	return p.mark(gotName, to-p.i)
}

// name reads somebody who is named without 帮: 王姐+1, 小李2份, 3栋王姐, and with a doubt 李娟+1.
func (p *parser) name() int {
	if isHan(at(p.s, p.i-1)) && p.lastAt != p.i || !isHan(p.s[p.i]) && !isDigit(p.s[p.i]) {
		return 0
	}
	if p.wareName(p.i) {
		return 0
	}
	home, k := p.buildingOnly(p.i)
	start := p.i + k
	if k > 0 && at(p.s, start) == '的' {
		start++
	}
	if _, n := kin().longest(p.s, p.i); n > 0 && at(p.s, p.i+n) == ':' {
		return p.person(p.i, p.i+n, false) // 嫂子：汤圆1
	}
	if _, n := kin().longest(p.s, p.i); n > 0 {
		if m := titled(p.s, p.i+n); m > 0 && p.continues(p.i+n+m) {
			return p.person(p.i, p.i+n+m, false) // 同事小周一箱
		}
	}
	if n := titled(p.s, start); n > 0 && p.i == 0 && strings.ContainsRune("啊呀哎", at(p.s, start+n)) && start+n < len(p.s) {
		return p.mark(polite, start+n+1) // 小王啊: who is spoken to
	}
	if n := titled(p.s, start); n > 0 && p.continues(start+n) {
		p.person(start, start+n, false)
		if k > 0 {
			p.cur.Home = home
		}
		if at(p.s, start+n) == '家' {
			n++
		}
		return p.mark(gotName, start+n-p.i)
	}
	if n := p.homely(); n > 0 {
		size := n
		if p.s[p.i+n-1] == '家' && n > 1 {
			n--
		}
		p.person(p.i, p.i+n, false)
		return p.mark(gotName, size)
	}
	if n := p.mixedName(); n > 0 {
		return p.person(p.i, p.i+n, false) // 阿May 牛肉饭1
	}
	if k > 0 {
		return 0
	}
	if n := p.plainName(); n > 0 {
		return p.person(p.i, p.i+n, true)
	}
	return 0
}

// titled is the length of 王姐, 二姨, 李明老师, 小李, 老张.
func titled(s []rune, i int) int {
	first := at(s, i)
	if first == 0 || !isHan(first) {
		return 0
	}
	if strings.ContainsRune(surnames, first) && isHan(at(s, i+2)) && isHan(at(s, i+1)) && i+3 < len(s) {
		if _, n := nameTitles().longest(s, i+3); n > 1 && at(s, i+3+n) == ':' {
			return 3 + n // 李子涵爸爸：
		}
	}
	if kind, _ := noNames().longest(s, i); kind != noToken {
		return 0
	}
	surname := strings.ContainsRune(surnames, first)
	if surname || strings.ContainsRune(ranks, first) {
		if i+1 < len(s) {
			if _, n := nameTitles().longest(s, i+1); n > 0 {
				return 1 + n
			}
		}
	}
	if surname && i+2 < len(s) && isHan(s[i+1]) {
		if _, n := nameTitles().longest(s, i+2); n > 0 {
			return 2 + n
		}
	}
	if strings.ContainsRune("小老阿", first) && strings.ContainsRune(surnames, at(s, i+1)) && i+1 < len(s) {
		return 2
	}
	return 0
}

// plainName is the length of 李娟, 欧阳娜 where a quantity follows.
func (p *parser) plainName() int {
	if !strings.ContainsRune(surnames, p.s[p.i]) {
		return 0
	}
	if kind, _ := noNames().longest(p.s, p.i); kind != noToken {
		return 0
	}
	for n := 2; n <= 3; n++ {
		k := p.i + n
		if k > len(p.s) || !isHan(p.s[k-1]) || strings.ContainsRune(wares, p.s[k-1]) {
			return 0
		}
		j := skip(p.s, k)
		if at(p.s, j) == '+' {
			return n
		}
		if _, kind, m := scanNumber(p.s, min(j, len(p.s)-1)); j < len(p.s) && kind == Whole && unitAt(p.s, j+m) > 0 {
			return n
		}
	}
	return 0
}

// continues reports whether an order goes on at k, so that a name may end there.
func (p *parser) continues(k int) bool {
	k = skip(p.s, k)
	if k >= len(p.s) {
		return true
	}
	r := p.s[k]
	if isDigit(r) || isLatin(r) || strings.ContainsRune("+,;:(.!~\n-*'各和家", r) || r >= 0x2460 && r <= 0x2473 {
		return true
	}
	switch kind, _ := phraseAt(p.s, k); kind {
	case lead, leadOne, more, set, less, leave, each, possessive, alone:
		return true
	case polite:
		return r == '也' || r == '就' || r == '先'
	default:
	}
	if _, kind, n := scanNumber(p.s, k); kind != NotNumber {
		return unitAt(p.s, k+n) > 0 || k+n == len(p.s) || IsBreak(p.s[k+n])
	}
	if _, n := p.named(k); n > 1 {
		return true
	}
	return len(p.pictured(r)) > 0 || emoji(r)
}
