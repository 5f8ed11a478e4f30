package words

import "strings"

// quantity reads a number with its unit and gives it to the items that wait for one.
func (p *parser) quantity() int {
	if r := p.s[p.i]; isLatin(r) && (isLatin(at(p.s, p.i-1)) || isDigit(at(p.s, p.i-1))) {
		return 0
	}
	n, kind, length := scanNumber(p.s, p.i)
	if _, words := phraseAt(p.s, p.i); isHan(p.s[p.i]) && words > length {
		return 0 // 一共要, 一下
	}
	if kind == NotNumber {
		n, kind, length = p.article(p.i)
	}
	if kind == NotNumber && p.oneOf() {
		n, kind = 1, Whole
	}
	if kind == NotNumber || length > 0 && p.isPhone(length) {
		return 0
	}
	if m, _ := marker(p.s, p.i+length); m != noToken && p.residentAt(p.i) {
		return 0
	}
	if p.cur.closed {
		p.flush()
	}
	l := line{number: n, kind: kind, plus: p.plus, minus: p.minus, verb: p.cur.verb, mode: p.cur.mode, leftAlone: true}
	end := p.i + length
	if kind, size := phraseAt(p.s, skip(p.s, end)); kind == moreAfter || kind == lessAfter {
		l.mode, l.verb = map[token]Mode{moreAfter: Add, lessAfter: Less}[kind], true // one more pack
		end = skip(p.s, end) + size
	}
	if u, size := p.unit(end); size > 0 {
		l.unit = u
		end += size
		end = p.afterUnit(&l, end)
	} else if isDozen(p.s[p.i:end]) {
		l.unit = "打"
	} else if isDigit(p.s[p.i]) && !p.plus && !p.minus && kind == Whole && (length == 3 || length == 4) {
		l.bare = string(p.s[p.i:end])
	}
	p.plus, p.minus = false, false
	p.give(l)
	if l.unit == "" {
		return p.mark(gotNumber, end-p.i)
	}
	return p.mark(gotUnit, end-p.i)
}

// oneOf: a unit stands between the verb and the item: 来箱橙子.
func (p *parser) oneOf() bool {
	size := unitAt(p.s, p.i)
	if !p.touches(lead) && !p.touches(more) || size == 0 || !isHan(p.s[p.i]) || p.i+size >= len(p.s) {
		return false
	}
	_, n := p.named(p.i + size)
	return n > 1
}

// isDozen: 一打, two dozen.
func isDozen(s []rune) bool {
	if len(s) == 0 {
		return false
	}
	return s[len(s)-1] == '打' || len(s) > 4 && string(s[len(s)-5:]) == "dozen"
}

// article reads "a" in "a box of".
func (p *parser) article(i int) (int64, NumberKind, int) {
	if at(p.s, i) != 'a' || isLatin(at(p.s, i-1)) {
		return 0, NotNumber, 0
	}
	n := 1
	if at(p.s, i+1) == 'n' {
		n = 2
	}
	k := skip(p.s, i+n)
	if k == i+n || !isLatin(at(p.s, k)) || unitAt(p.s, k) < 2 && len(p.cat.worded(latinWord(p.s, k))) == 0 {
		return 0, NotNumber, 0
	}
	return 1, Whole, n
}

// latinWord is the word that begins at k.
func latinWord(s []rune, k int) string {
	end := k
	for end < len(s) && end-k < 24 && isLatin(s[end]) {
		end++
	}
	return string(s[k:end])
}

// isPhone: long numbers are telephones, parcels and cards.
func (p *parser) isPhone(length int) bool {
	if length < 8 || !isDigit(p.s[p.i]) {
		return false
	}
	return !p.plus || p.s[p.i] == '1' && length == 11 || p.s[p.i] == '8' && length == 13
}

// unit reads what the number counts; 块 is money unless something is sold by it, 分 is a slip for 份 after a verb.
func (p *parser) unit(end int) (string, int) {
	k := skip(p.s, end)
	size := unitAt(p.s, k)
	if size == 0 {
		size = p.cat.ownUnit(p.s, k)
	}
	if next := at(p.s, k+size); size == 0 || isLatin(p.s[k]) && (isLatin(next) || k > end && isDigit(next)) {
		return "", 0 // 2 grams, 2 G77VK
	}
	if _, named := p.named(k); named > size {
		return "", 0 // 2 排骨
	}
	u := string(p.s[k : k+size])
	switch {
	case u == "块" && len(p.cat.soldBy(u)) == 0 && !p.cat.any && (!p.ctx.addressed() || !p.cat.holds(u)):
		return "", 0
	case u == "分":
		if !p.cur.verb && !p.plus || at(p.s, k+1) == '钟' {
			return "", 0
		}
		u = "份"
	case u == "order" && at(p.s, k+size) == ' ':
		return "", 0
	case isLatin(p.s[k]) && size == 1 && len(p.cat.lettered(u)) > 0:
		return "", 0 // 2g may be two of G
	}
	return u, k + size - end
}

// afterUnit: 一箱半, 两箱多.
func (p *parser) afterUnit(l *line, end int) int {
	if next := at(p.s, end+1); at(p.s, end) == '儿' && (next == 0 || IsBreak(next) || !strings.ContainsRune("子童媳", next)) {
		end++ // 一盒儿
	}
	switch at(p.s, end) {
	case '半':
		l.kind = Fraction
		return end + 1
	case '多':
		l.kind = Vague
		return end + 1
	}
	return end
}

// give hands a quantity to the items that wait; without any it waits for one.
func (p *parser) give(l line) {
	p.hanging = ""
	p.shareKind()
	switch {
	case len(p.items) > 0:
		for _, m := range p.items {
			one := l
			one.shared = p.each
			if len(p.items) > 1 && !p.each {
				one.kind = NotNumber // 草莓 蓝莓 2
			}
			p.put(one, m)
		}
		p.items, p.each = nil, len(p.cur.names) > 0 && p.each
	default:
		p.keepPending()
		l.shared = p.each
		p.pend = &l
	}
}

// shareKind: 酸奶各一杯 is each of those that are 酸奶.
func (p *parser) shareKind() {
	if !p.each || len(p.items) != 1 || len(p.items[0].items) < 2 {
		return
	}
	all := p.items[0].items
	p.items = nil
	for _, i := range all {
		p.items = append(p.items, mention{items: []int{i}, letter: p.cat.goods[i].Letter})
	}
}

// keepPending: the quantity that waited gets no item.
func (p *parser) keepPending() {
	if p.pend != nil {
		p.cur.lines = append(p.cur.lines, *p.pend)
		p.pend = nil
	}
}

// flush ends a person's part of the message.
func (p *parser) flush() {
	p.keepPending()
	if (len(p.cur.lines) > 0 || p.cur.leaves) && p.hanging != "" && len(p.items) == 0 {
		p.unknown = append(p.unknown, p.hanging) // +1 冲冲冲
	}
	p.hanging = ""
	for _, m := range p.items {
		switch {
		case p.cur.leaves || p.cur.leaveItem || p.cur.mode == Less && p.gives:
			p.cur.leaves = true
			p.put(line{kind: Whole, leftAlone: true}, m)
		case p.one || p.cur.alone:
			p.put(line{number: 1, kind: Whole, verb: true, mode: p.cur.mode}, m)
		case m.remarked:
		default:
			p.put(line{kind: NotNumber, leftAlone: true}, m)
		}
	}
	if p.one && len(p.cur.lines) == 0 && p.cur.alone {
		p.cur.verb = true
	}
	if !p.cur.empty() {
		p.done = append(p.done, p.shareOut()...)
	}
	p.cur, p.items, p.each, p.one, p.gives = person{}, nil, false, false, false
}

// shareOut gives everybody who was named together the same quantities: 王姐和小李各一份.
func (p *parser) shareOut() []person {
	names := append(p.cur.names, p.cur.For)
	if p.cur.selfAmong {
		names = append([]string{""}, names...)
	}
	if len(names) == 1 {
		if several(names[0]) {
			for i := range p.cur.lines {
				if p.cur.lines[i].shared {
					p.cur.lines[i].kind = NotNumber // 我爸妈各一箱: two
				}
			}
		}
		return []person{p.cur}
	}
	out := make([]person, 0, len(names))
	for _, name := range names {
		one := p.cur
		one.names, one.For = nil, name
		one.lines = append([]line(nil), p.cur.lines...)
		for i := range one.lines {
			if !one.lines[i].shared {
				one.lines[i].kind = NotNumber // for both together?
			}
		}
		out = append(out, one)
	}
	return out
}

// several: the name is of more than one.
func several(name string) bool {
	for _, end := range []string{"爸妈", "父母", "公婆", "们", "俩", "两口子", "老两口"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
