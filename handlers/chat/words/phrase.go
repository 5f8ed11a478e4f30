package words

import (
	"slices"
	"strings"
)

// phrase reads the words of ordering.
func (p *parser) phrase() int {
	if isLatin(p.s[p.i]) && (isLatin(at(p.s, p.i-1)) || isDigit(at(p.s, p.i-1))) {
		return 0
	}
	if n := p.wordAt(p.i, "不要"); n > 0 && p.ctx.addressed() && at(p.s, p.i+n) == ',' && p.touches(gotItem) && len(p.cur.lines) == 0 {
		p.does(leave, n) // 豆腐不要，其他留着
		return p.mark(leave, n)
	}
	if n := p.wordAt(p.i, "先拿掉", "拿掉", "先划掉", "划掉", "先删掉", "删掉", "先去掉", "先撤掉"); n > 0 && p.touches(gotItem) && p.closes(p.i+n) {
		p.does(leave, n) // 红心先拿掉吧
		return p.mark(leave, n)
	}
	kind, n := phraseAt(p.s, p.i)
	if kind == noToken || p.touches(gotNumber) && (kind == lead || kind == alone) && isHan(p.s[p.i]) {
		return 0 // 8点
	}
	if !p.does(kind, n) {
		return 0
	}
	return p.mark(kind, n)
}

// does applies a phrase; false when it does not fit where it stands.
func (p *parser) does(kind token, n int) bool {
	switch kind {
	case lead, leadOne, alone, more, set, less:
		return p.verb(kind, n)
	case moreAfter, lessAfter:
		return p.turnLast(kind)
	case leave:
		if p.takesOff(n) {
			return p.verb(less, n)
		}
		p.closeIf(p.cur.closed)
		p.cur.leaves = true
	case leaveItem:
		p.cur.leaveItem = true
	case self:
		return p.myself(n)
	case each, both:
		if next, _ := phraseAt(p.s, p.i+n); kind == both && len(p.items) < 2 && (next != lead || p.counted() || len(p.items) > 0 || len(p.cat.goods) < 2 || !p.unitCounted(p.i+n+1)) {
			return false // 都要一份 is each of what is on offer
		}
		p.shareOrAll()
	case every:
		p.allItems()
	case and:
		return p.joins(n)
	case please:
		p.cur.please = true
	case asking:
		if p.requests(n) {
			return true
		}
		p.asked = p.asked || p.i > 0 || at(p.s, n) != ',' || p.s[0] == '?' // 可以，来一份 agrees
	case possessive:
		p.cur.theirs = p.cur.theirs || p.touches(gotName)
		return p.lastAt == p.i && (p.last == gotItem || p.last == gotName || p.last == gotHome || p.last == self)
	case before:
		k := skip(p.s, p.i+n)
		for k < len(p.s) && (p.s[k] == ':' || p.s[k] == ' ') {
			k++
		}
		_, size := scanHome(p.s, k)
		return size > 0
	case forEnglish:
		_, number, _ := scanNumber(p.s, min(skip(p.s, p.i+n), len(p.s)-1))
		_, article, _ := p.article(skip(p.s, p.i+n))
		return number != NotNumber || article != NotNumber // count me in for two
	case was:
		p.was = true
	case polite:
	case aside:
		p.addNote(string(p.f.raw[p.i : p.i+n]))
	case forWord:
		if p.s[p.i] != '给' || n > 1 || !p.unitCounted(p.i+n) {
			return false
		}
		return p.verb(lead, n) // 给两盒
	case noteTag, measure, noToken, gotItem, gotNumber, gotUnit, gotName, gotHome, gotSign, gotStrange:
		return false
	}
	return true
}

// joins: "and" goes between what is ordered; "to" only behind a change, "plus" also before a quantity.
func (p *parser) joins(n int) bool {
	if p.s[p.i] == '同' && n == 1 && !p.unitCounted(p.i+1) {
		return false // 同事
	}
	if isLatin(p.s[p.i]) && p.i == 0 && n > 2 {
		p.plus = hasPrefix(p.s, 0, []rune("plus")) && p.countFollows(n)
		return true // plus 2 coffee, and another box
	}
	if p.s[p.i] == 't' && p.s[p.i+1] == 'o' || p.s[p.i] == 'i' {
		return p.cur.mode == Set // change my rye to 2
	}
	return len(p.cur.lines) > 0 || len(p.items) > 0 || p.pend != nil || p.cur.For != "" || p.cur.self && p.cur.listed > 0 && p.kinAt(min(p.i+n, len(p.s)-1)) > 0
}

// requests: can you put me down for two, without a question mark, is no question. Whether something can be had is one.
func (p *parser) requests(n int) bool {
	if w := string(p.s[p.i : p.i+n]); w != "can you" && w != "could you" && w != "would you" && w != "can u" {
		return false
	}
	k := skip(p.s, p.i+n)
	if _, m := phraseAt(p.s, k); p.wordAt(k, "please", "pls", "plz") > 0 {
		k = skip(p.s, k+m)
	}
	return p.wordAt(k, "put", "add", "save", "reserve", "order", "keep", "count", "mark", "note", "book", "sign", "get me", "get us", "cancel", "change", "remove") > 0
}

// verb sets what the next quantities do.
func (p *parser) verb(kind token, n int) bool {
	if isLatin(p.s[p.i]) && p.i == 0 && !p.ctx.addressed() && string(p.s[:n]) == "order" && strings.Trim(string(p.s[n:]), " 0123456789") == "" {
		return false // order 66
	}
	if kind == less && !p.lessFits(p.i+n) || kind == more && string(p.s[p.i:p.i+n]) == "多" && !p.unitCounted(p.i+n) {
		return false
	}
	p.closeIf(p.cur.closed)
	switch kind {
	case leadOne:
		p.one = true
	case alone:
		p.cur.alone = true
	case more:
		p.cur.mode = Add
		p.one = p.s[p.i] == 'a' // another salmon
	case set:
		p.cur.mode = Set
	case less:
		p.cur.mode = Less
		p.gives = strings.ContainsRune("退取撤去", p.s[p.i])
	default:
	}
	p.cur.verb = true
	p.carries = p.carries || kind == lead && n == 1 && strings.ContainsRune("带拿买提扛抱端收", p.s[p.i]) && !p.cur.self
	if kind == lead && !slices.Contains(closing, string(p.s[p.i:p.i+n])) {
		p.hanging = string(p.f.raw[p.i : p.i+n])
	}
	return true
}

// closing are verbs that may stand behind the quantity: 两份，我要.
var closing = []string{"要", "我要", "跟", "我跟", "接", "我接", "订", "我订", "我来"}

// lessFits: 退 and 少 need a quantity after them: 退一份, not 退款.
func (p *parser) lessFits(k int) bool {
	k = skip(p.s, k)
	if k >= len(p.s) {
		return false
	}
	_, kind, _ := scanNumber(p.s, k)
	_, word := p.named(k)
	return kind != NotNumber || word > 0 || len(p.cat.lettered(string(p.s[k]))) > 0
}

// takesOff: 取消一份, cancel 1 of them.
func (p *parser) takesOff(n int) bool {
	if word := string(p.s[p.i : p.i+n]); word != "取消" && word != "cancel" {
		return false
	}
	k := skip(p.s, p.i+n)
	if k >= len(p.s) || len(p.cur.lines) > 0 || p.pend != nil {
		return false
	}
	_, kind, size := scanNumber(p.s, k)
	return kind == Whole && (unitAt(p.s, skip(p.s, k+size)) > 0 || isLatin(p.s[p.i]))
}

func (p *parser) closeIf(closed bool) {
	if closed {
		p.flush()
	}
}

// turnLast: two more, one less.
func (p *parser) turnLast(kind token) bool {
	mode := Add
	if kind == lessAfter {
		mode = Less
	}
	if p.pend != nil {
		p.pend.mode, p.pend.verb = mode, true
		return true
	}
	if n := len(p.cur.lines); n > 0 {
		p.cur.lines[n-1].mode = mode
		return true
	}
	return false
}

// myself: what follows is for the speaker; "for me" ends what went before.
func (p *parser) myself(n int) bool {
	has := len(p.cur.lines) > 0 || p.pend != nil
	if p.cur.closed || has && p.cur.For != "" {
		p.flush()
		has = false
	}
	p.cur.self = true
	if next := at(p.s, p.i+n); next == ',' || next == '和' || next == '跟' || next == '与' {
		p.cur.listed = p.i + n + 1
	}
	if has && hasPrefix(p.s, p.i, []rune("for")) && n > 3 {
		p.keepPending()
		p.cur.closed = true
	}
	return true
}

// shareOrAll: 各 goes over the items or people named; over all items when none is.
func (p *parser) shareOrAll() {
	if len(p.items) == 0 && len(p.cur.names) == 0 && p.cur.For == "" && len(p.cat.goods) > 1 {
		p.allItems()
	}
	p.each = true
}

func (p *parser) allItems() {
	p.items = nil
	for i := range p.cat.goods {
		p.items = append(p.items, mention{items: []int{i}, letter: p.cat.goods[i].Letter})
	}
	p.each = true
}
