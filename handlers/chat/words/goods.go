package words

import "strings"

// goods reads an item: its letter, number, name or part of it, pinyin initials, spec or picture.
func (p *parser) goods() int {
	switch r := p.s[p.i]; {
	case isLatin(r):
		if isHan(at(p.s, p.i+1)) && !isLatin(at(p.s, p.i-1)) {
			if found, n := p.named(p.i); n > 1 {
				return p.mention(mention{items: found}, n) // M码
			}
		}
		return p.latinItem()
	case r >= 0x2460 && r <= 0x2473: // ①
		return p.mention(mention{items: p.cat.numbered(int64(r - 0x245F))}, 1)
	case isDigit(r) || numerals[r] > 0 || tens[r] > 0:
		if found, n := p.numberName(); n > 0 {
			return p.mention(mention{items: found}, n)
		}
		if n := p.allOf(); n > 0 {
			return n
		}
		if n := p.numberedItem(); n > 0 {
			return n
		}
		if n := p.specItem(); n > 0 {
			return n
		}
	}
	if found := p.pictured(p.s[p.i]); len(found) > 0 {
		if p.pend == nil && len(p.cur.lines) > 0 && !p.countFollows(p.i+1) {
			return 1 // 酸奶+1🥛
		}
		return p.mention(mention{items: found}, 1)
	}
	if n := p.ordinalItem(); n > 0 {
		return n
	}
	if n := p.variant(); n > 0 {
		return n
	}
	found, n := p.named(p.i)
	if n == 0 || n == 1 && !p.besideCount(p.i+1) && !p.standsAlone(p.i+1) {
		return 0
	}
	return p.mention(mention{items: found, part: n > 1 && p.cat.partOf(found, string(p.s[p.i:p.i+n]))}, n)
}

// opposites tell goods of one name from each other.
const opposites = "公母雌雄大小红黄黑白"

// variant reads 公4母4, 大的两包, where one item has the character in its name and another its opposite.
func (p *parser) variant() int {
	k := strings.IndexRune(opposites, p.s[p.i])
	if k < 0 {
		return 0
	}
	pairs := []rune(opposites)
	k /= len("公")
	mine, other := p.cat.holding(pairs[k]), p.cat.holding(pairs[k^1])
	if len(mine) != 1 || len(other) == 0 || mine[0] == other[0] {
		return 0
	}
	n := 1 + p.wordAt(p.i+1, "的", "号的", "号", "款", "蟹", "蟹的")
	end := p.i + n
	if kind, _ := phraseAt(p.s, end+1); n == 1 && at(p.s, end) == pairs[k^1] && kind == each {
		return p.mention(mention{items: mine}, n) // 公母各两只
	}
	if n == 1 && k > 3 || !p.countFollows(end) {
		return 0
	}
	return p.mention(mention{items: mine}, n)
}

// besideCount: one character names an item only beside a quantity: 虾两斤, 两斤虾.
func (p *parser) besideCount(k int) bool {
	if p.pend != nil && p.touches(gotUnit) && (k == len(p.s) || IsBreak(p.s[k])) {
		return true
	}
	if kind, _ := phraseAt(p.s, k); p.touches(gotUnit) && (kind == before || kind == and || kind == lead || kind == polite || kind == self) {
		return p.pend != nil // 一捆葱，住三栋
	}
	_, kind, n := plainNumber(p.s, k)
	return kind == Whole && unitAt(p.s, k+n) > 0
}

// standsAlone: one character that begins a clause names an item also before a sign, a verb or a bare number: 桃+2, 饼2.
func (p *parser) standsAlone(k int) bool {
	with := p.touches(lead) && p.s[p.i-1] == '跟' && len(p.items) > 0 // 苹果跟梨各一箱
	if p.i > 0 && !p.touches(and) && !with && !IsBreak(p.s[p.i-1]) && (!isDigit(p.s[p.i-1]) || !p.touches(gotNumber)) {
		return false
	}
	if len(p.items) > 0 && (k < len(p.s) && p.s[k] == ',' || k == len(p.s) && p.cur.leaves) {
		return true // 苹果，梨，沃柑各一份
	}
	k = skip(p.s, k)
	if k < len(p.s) && strings.ContainsRune("+*:x", p.s[k]) && isDigit(at(p.s, skip(p.s, k+1))) {
		return true
	}
	switch kind, n := phraseAt(p.s, k); kind {
	case lead, set, more, less:
		return p.unitCounted(k + n)
	case leave, each:
		return true
	default:
	}
	_, kind, n := plainNumber(p.s, k)
	if kind != Whole || !isDigit(p.s[k]) || n > 2 {
		return false
	}
	end := skip(p.s, k+n)
	return end == len(p.s) || IsBreak(p.s[end]) || len(p.cat.called(p.s[end])) > 0
}

// latinItem reads a letter, several letters that share a quantity, an English name or initials.
func (p *parser) latinItem() int {
	if isLatin(at(p.s, p.i-1)) {
		return 0
	}
	end := p.i
	for end < len(p.s) && (isLatin(p.s[end]) || p.s[end] == '-' && isLatin(at(p.s, end+1))) {
		end++
	}
	word := string(p.s[p.i:end])
	if len(word) == 2 && word[1] == 'x' && isDigit(at(p.s, end)) {
		return p.letter(p.i + 1) // Dx2
	}
	if found := p.cat.worded(word); len(found) > 0 && len(word) > 1 {
		from := end
		if found, end = p.moreWords(found, end); end == from && p.cat.madeOf(found, word) {
			return 0
		}
		return p.mention(mention{items: found}, end-p.i)
	}
	if end == p.i+1 {
		return p.letter(end)
	}
	if kind, _ := phraseAt(p.s, skip(p.s, end)); (kind == each || kind == both) && len(word) < 6 {
		return p.letters(word)
	}
	return 0
}

// moreWords goes on over further words of the same name: laundry pods.
func (p *parser) moreWords(found []int, end int) ([]int, int) {
	for {
		k := skip(p.s, end)
		next := k
		for next < len(p.s) && (isLatin(p.s[next]) || p.s[next] == '-' && isLatin(at(p.s, next+1))) {
			next++
		}
		if next-k < 3 {
			return found, end
		}
		both := intersect(found, p.cat.worded(string(p.s[k:next])))
		if len(both) == 0 {
			return found, end
		}
		found, end = both, next
	}
}

// letters reads AB各2.
func (p *parser) letters(word string) int {
	for _, l := range word {
		if len(p.cat.lettered(string(l))) == 0 {
			return 0
		}
	}
	for _, l := range word {
		p.mention(mention{items: p.cat.lettered(string(l)), letter: strings.ToUpper(string(l)), lettered: true}, 1)
	}
	return len(word)
}

// letter reads A, with 款 after it.
func (p *parser) letter(end int) int {
	word := strings.ToUpper(string(p.s[p.i]))
	after := at(p.s, skip(p.s, end))
	if isLatin(after) && end < len(p.s) && !p.timesAt(skip(p.s, end)) && !p.letterPair(end) {
		return 0 // an article, I, or some word
	}
	if word == "X" && (len(p.items) > 0 || p.pend != nil) {
		return 0
	}
	found := p.cat.lettered(word)
	if len(found) == 0 && !p.cat.any && p.unitCounted(end) {
		if found = p.cat.sized(p.s[p.i]); len(found) > 0 {
			return p.mention(mention{items: found}, end-p.i) // L两包 of 纸尿裤L码
		}
	}
	m := mention{items: found, letter: word, lettered: true}
	if len(found) == 0 {
		if !p.cat.any && (len(p.cat.goods) < 2 || !isDigit(after) && !strings.ContainsRune("+*:=", after)) {
			return 0
		}
		if m.unknown = word; p.cat.any {
			m.unknown = ""
		}
	}
	n := end - p.i
	if strings.ContainsRune("款套项类", at(p.s, end)) && end < len(p.s) {
		n++
	}
	return p.mention(m, n)
}

func (p *parser) timesAt(k int) bool {
	return at(p.s, k) == 'x' && (at(p.s, k+1) == ' ' || isDigit(at(p.s, k+1)))
}

// letterPair: another letter of an item stands alone after this one: A B 各一份, A and B.
func (p *parser) letterPair(end int) bool {
	k := skip(p.s, end)
	if hasPrefix(p.s, k, []rune("and")) {
		k = skip(p.s, k+3)
	}
	return k < len(p.s) && isLatin(p.s[k]) && !isLatin(at(p.s, k+1)) && len(p.cat.lettered(string(p.s[k]))) > 0 && len(p.cat.lettered(string(p.s[p.i]))) > 0 ||
		hasPrefix(p.s, k, []rune("please"))
}

// numberedItem reads 1号 before a quantity; elsewhere it may be an order's number.
func (p *parser) numberedItem() int {
	n, kind, length := plainNumber(p.s, p.i)
	k := p.i + length
	if kind != Whole || at(p.s, k) != '号' || strings.ContainsRune("楼栋线院店门桌机车路球", at(p.s, k+1)) && k+1 < len(p.s) {
		return 0
	}
	length++
	if at(p.s, k+1) == '的' {
		length++
	}
	if found := p.cat.numbered(n); len(found) > 0 && p.countFollows(p.i+length) {
		return p.mention(mention{items: found}, length)
	}
	if p.serial != 0 || !p.ctx.addressed() && !p.cat.any {
		return 0
	}
	p.serial = n
	return length
}

// countFollows: a sign, a number or a verb stands at k.
func (p *parser) countFollows(k int) bool {
	k = skip(p.s, k)
	if k >= len(p.s) {
		return false
	}
	if r := p.s[k]; r == '+' || r == '*' || r == ':' || r == 'x' {
		return true
	}
	if kind, _ := phraseAt(p.s, k); kind == lead || kind == more || kind == set || kind == less || kind == each || kind == leave || kind == and {
		return true
	}
	_, kind, _ := scanNumber(p.s, k)
	return kind != NotNumber
}

// ordinalItem reads 第4个, 第二种.
func (p *parser) ordinalItem() int {
	if p.s[p.i] != '第' {
		return 0
	}
	n, kind, length := plainNumber(p.s, p.i+1)
	k := p.i + 1 + length
	if kind != Whole || k >= len(p.s) || !strings.ContainsRune("个种款样项", p.s[k]) {
		return 0
	}
	length += 2
	if at(p.s, k+1) == '的' {
		length++
	}
	return p.mention(mention{items: p.cat.numbered(n)}, length)
}

// specItem reads 10斤装, 5斤的.
func (p *parser) specItem() int {
	n, kind, length := scanNumber(p.s, p.i)
	k := skip(p.s, p.i+length)
	u := unitAt(p.s, k)
	if u == 0 && kind == Whole && k < len(p.s) {
		u = p.cat.ownUnit(p.s, k) // 36色的
	}
	if kind != Whole || u == 0 {
		return 0
	}
	end := k + u
	switch {
	case hasPrefix(p.s, end, []rune("装的")), hasPrefix(p.s, end, []rune("规格")):
		end += 2
	case at(p.s, end) == '装', at(p.s, end) == '的', at(p.s, end) == '款':
		end++
	default:
		return 0
	}
	found := p.cat.withSpec(amount{n: n, unit: canonical(string(p.s[k : k+u]))})
	if len(found) == 0 {
		return 0
	}
	return p.mention(mention{items: found}, end-p.i)
}

// mention takes an item up: the quantity before it gets it, or it waits for the one after it.
func (p *parser) mention(m mention, n int) int {
	if len(m.items) == 0 && m.unknown == "" && !p.cat.any {
		return 0
	}
	if p.cur.closed {
		p.flush()
	}
	last := len(p.items) - 1
	if last >= 0 && (p.lastAt == p.i || p.lastAt == p.i-1 && isSpace(p.s[p.i-1])) && p.last == gotItem {
		if both := intersect(p.items[last].items, m.items); len(both) > 0 {
			p.items[last].items, p.items[last].part = both, false
			if m.lettered {
				p.items[last] = m // 抽纸D款
			}
			return p.mark(gotItem, n)
		}
	}
	if p.rename(m, n) {
		return p.mark(gotItem, n)
	}
	if last >= 0 && p.items[last].remarked {
		p.items = nil // 草莓好吃，蓝莓来两盒
	}
	if p.pend != nil && p.pend.bare != "" && p.pend.number > 100 && p.lastAt < p.i && IsBreak(p.s[p.i-1]) && p.s[p.i-1] != ' ' {
		p.keepPending() // 501，草莓两盒
	}
	if p.pend != nil && len(p.items) == 0 {
		l := *p.pend
		p.pend = nil
		p.put(l, m)
		return p.mark(gotItem, n)
	}
	p.items = append(p.items, m)
	return p.mark(gotItem, n)
}

// rename: 上次沃柑很甜，再来一箱蜜柚 orders what stands beside the quantity.
func (p *parser) rename(m mention, n int) bool {
	k := len(p.cur.lines) - 1
	if n == 0 || k < 0 || len(p.items) > 0 || !p.cur.lines[k].guessed || skip(p.s, p.lastAt) != p.i || p.last != gotUnit && p.last != gotNumber {
		return false
	}
	l := p.cur.lines[k]
	p.cur.lines = p.cur.lines[:k]
	p.put(l, m)
	return true
}

// put is a quantity with its item.
func (p *parser) put(l line, m mention) {
	l.items, l.letter, l.unknown, l.named, l.lettered, l.part = m.items, m.letter, m.unknown, true, m.lettered, m.part
	l.guessed = m.remarked
	p.cur.lines = append(p.cur.lines, l)
}
