package words

import (
	"slices"
	"strings"
)

// Bounds of what we look at: nobody orders in more, and no message makes us work longer.
const (
	mostUnknown = 6   // runs of words that nothing explains
	mostStrange = 400 // runes in them
	mostLines   = 60  // quantities in one message
	mostPeople  = 30
)

// line as it is put together: what was typed and which items that may be.
type line struct {
	items                      []int // indices; nil: no item was named
	letter                     string
	unknown                    string // an item's letter that is not on offer
	number                     int64
	kind                       NumberKind
	unit                       string
	plus, minus, verb, shared  bool
	bare                       string // the digits alone, where they may be a room
	mode                       Mode
	named, lettered, leftAlone bool
	part                       bool
	guessed                    bool // its item was only spoken of: 草莓好吃，来两盒
}

// person is one order as it is put together.
type person struct {
	Order
	lines                          []line
	names                          []string // who shares the quantities: 王姐和小李各一份
	self, closed, leaves, weak     bool
	selfAmong                      bool
	listed                         int  // 我和…: where a name must follow for the speaker to be one of several
	theirs                         bool // 王姐的: somebody else's order
	alone, verb, please, leaveItem bool
	mode                           Mode
}

func (p *person) empty() bool {
	return len(p.lines) == 0 && !p.leaves && !p.alone && p.For == "" && p.Home == (Home{}) && p.Note == ""
}

// mention is an item that was named and waits for its quantity.
type mention struct {
	items    []int
	letter   string
	unknown  string
	lettered bool
	part     bool // only the beginning of a name
	remarked bool // in talk: it need not get a quantity
}

// parser walks over a message once.
type parser struct {
	f       folded
	s       []rune // f.low
	i       int
	ctx     Context
	cat     catalogue
	cur     person
	done    []person
	items   []mention // named, waiting for a quantity
	pend    *line     // a quantity that waits for its item
	each    bool
	plus    bool
	minus   bool
	one     bool // 来个: one of what follows
	was     bool // 原来2箱: what was before, not what is wanted
	carries bool // 带: who carries something need not order it
	gives   bool // 退掉: an item without a quantity is given up
	code    string
	serial  int64
	unknown []string
	asked   bool
	foreign int // runes that nothing explains
	steps   int
	last    token  // what stood just before
	lastAt  int    // and where it ended
	hanging string // a verb whose quantity has not come
	said    spoken
	names   []nameAt       // what named found, by place
	shown   map[rune][]int // what pictured found
	rows    map[int]int    // where the lines of a numbered list have their numbers, and how long those are
}

// nameAt is an item found at a place, so that many readers may look there.
type nameAt struct {
	items []int
	n     int
	known bool
}

// named are the items of whose name a part stands at i.
func (p *parser) named(i int) ([]int, int) {
	if p.names == nil {
		p.names = make([]nameAt, len(p.s)+1)
	}
	at := &p.names[i]
	if !at.known {
		p.steps++
		at.items, at.n = p.cat.named(p.s, i)
		at.known = true
	}
	return at.items, at.n
}

// pictured are the items that a picture shows.
func (p *parser) pictured(r rune) []int {
	if r < 0x1F000 || pictures[r] == "" {
		return nil
	}
	found, known := p.shown[r]
	if !known {
		found = p.cat.pictured(r)
		if p.shown == nil {
			p.shown = map[rune][]int{}
		}
		p.shown[r] = found
	}
	return found
}

func newParser(text string, ctx Context) *parser {
	f := fold(text)
	return &parser{f: f, s: f.low, ctx: ctx, cat: newCatalogue(ctx.Items), rows: numberedRows(f.low)}
}

// read walks over the whole text, or until it is plain that it is none of ours.
func (p *parser) read() {
	readers := []func() int{p.space, p.numbering, p.link, p.note, p.dealCode, p.home, p.talk, p.perHead, p.goods, p.sign, p.quantity, p.forWhom, p.phrase, p.nickname, p.name, p.decoration, p.strange}
	for p.i < len(p.s) && !p.over() {
		for _, read := range readers {
			p.steps++
			if n := read(); n > 0 {
				p.i += n
				break
			}
		}
	}
	p.flush()
}

// over: talk in a group is recognised by its first strange word; elsewhere by several.
func (p *parser) over() bool {
	limit := mostUnknown
	if !p.ctx.addressed() {
		limit = 0
	}
	return len(p.unknown) > limit || p.foreign > mostStrange || len(p.done) > mostPeople || len(p.cur.lines) > mostLines || len(p.items) > mostLines
}

// mark remembers what was read last.
func (p *parser) mark(t token, n int) int {
	p.last, p.lastAt = t, p.i+n
	return n
}

// touches reports whether the last token was t and ended right here.
func (p *parser) touches(t token) bool { return p.last == t && p.lastAt == p.i }

func (p *parser) space() int {
	r := p.s[p.i]
	if !isSpace(r) && !strings.ContainsRune(",;.!~\"'|/:…^_`", r) {
		return 0
	}
	if r == '.' && isDigit(at(p.s, p.i+1)) && isDigit(at(p.s, p.i-1)) {
		return 0
	}
	return 1
}

func (p *parser) link() int {
	if hasPrefix(p.s, p.i, []rune("http")) || p.s[p.i] == 'h' && strings.HasPrefix(string(p.s[p.i:min(len(p.s), p.i+8)]), "http") || p.s[p.i] == '@' {
		n := p.i
		for n < len(p.s) && !isSpace(p.s[n]) {
			n++
		}
		p.unknown = append(p.unknown, string(p.f.raw[p.i:n]))
		return n - p.i
	}
	return 0
}

// note reads what stands in brackets, and 备注：… up to the end of the line.
func (p *parser) note() int {
	if kind, n := phraseAt(p.s, p.i); kind == noteTag {
		end := p.i + n
		if c := at(p.s, end); c != ':' && c != ' ' {
			return 0
		}
		for end < len(p.s) && p.s[end] != '\n' {
			end++
		}
		p.addNote(string(p.f.raw[p.i+n : end]))
		return end - p.i
	}
	closing := map[rune]rune{'(': ')', '[': ']'}[p.s[p.i]]
	if closing == 0 {
		return 0
	}
	end := p.i + 1
	for end < len(p.s) && p.s[end] != closing && end-p.i < 120 {
		end++
	}
	if at(p.s, end) != closing {
		return 0
	}
	p.bracket(p.i+1, end)
	return end + 1 - p.i
}

// bracket is a home, the spec of the item before it, a sticker, or a note.
func (p *parser) bracket(from, to int) {
	inner := p.s[from:to]
	if h, n := scanHome(inner, 0); n > 0 && n == len(inner) && p.cur.Home == (Home{}) {
		p.cur.Home = h
		return
	}
	if kind, n := stickers().longest(p.s, from); p.s[from-1] == '[' && kind != noToken && from+n == to {
		return
	}
	if p.cat.isSpec(inner) {
		return
	}
	p.addNote(string(p.f.raw[from:to]))
}

func (p *parser) addNote(s string) {
	s = strings.Trim(s, " \n　:：")
	if p.cur.Note != "" && s != "" {
		s = p.cur.Note + " " + s
	}
	if r := []rune(s); len(r) > MaxNote {
		s = string(r[:MaxNote])
	}
	p.cur.Note = s
}

func (p *parser) home() int {
	if prev := at(p.s, p.i-1); isDigit(prev) || isLatin(prev) || prev == '-' || prev == '.' {
		return 0
	}
	h, n := scanHome(p.s, p.i)
	if n == 0 {
		h, n = p.livesAt(p.i)
	}
	if n == 0 {
		return 0
	}
	if p.cur.Home != (Home{}) && p.cur.Home != h {
		if len(p.cur.lines) == 0 && p.pend == nil {
			return 0
		}
		p.flush()
	}
	p.cur.Home = h
	return p.mark(gotHome, n)
}

// codeRunes are what codes of deals are made of.
const codeRunes = "0123456789abcdefghjkmnpqrstuvwxyz"

// dealCode reads D7KQ2 or #d7kq2, and #12, the number of an order.
func (p *parser) dealCode() int {
	i := p.i
	hashed := p.s[i] == '#'
	if hashed {
		i++
	}
	if prev := at(p.s, p.i-1); isLatin(prev) || isDigit(prev) {
		return 0
	}
	end, digits := i, 0
	for end < len(p.s) && end-i < 8 && strings.ContainsRune(codeRunes, p.s[end]) {
		if isDigit(p.s[end]) {
			digits++
		}
		end++
	}
	length := end - i
	if hashed && length > 0 && digits == length && length < 5 {
		p.serial, _, _ = arabic(p.s, i)
		return end - p.i
	}
	code := strings.ToUpper(string(p.s[i:end]))
	sure := hashed || slices.Contains(p.ctx.Codes, code)
	if length != 5 || isLatin(at(p.s, end)) || p.code != "" || !sure && (digits == 0 || digits == 5 || p.shortPicks(i, end)) {
		return 0
	}
	p.code = code
	return end - p.i
}

// shortPicks is what looks like a code but is letters with quantities: A2B13, D1234, 2A1BC, or a quantity with a unit.
func (p *parser) shortPicks(from, to int) bool {
	changes, s := 0, p.s[from:to]
	for k := 1; k < len(s); k++ {
		if isDigit(s[k]) != isDigit(s[k-1]) {
			changes++
		} else if isLatin(s[k]) {
			return changes == 0 && isDigit(s[len(s)-1]) // ygmg2
		}
	}
	return true
}

// sign reads plus, minus and times.
func (p *parser) sign() int {
	switch r := p.s[p.i]; {
	case r == '+':
		p.plus = true
	case r == '-' && p.quantityFollows():
		p.minus = true
	case r == '*' && (len(p.items) > 0 || p.pend != nil):
	case r == '=' && len(p.items) > 0:
	case r == 'x' && p.isTimes():
	default:
		return 0
	}
	return p.mark(gotSign, 1)
}

func (p *parser) quantityFollows() bool {
	k := p.i + 1
	for isSpace(at(p.s, k)) {
		k++
	}
	_, kind, _ := plainNumber(p.s, k)
	return kind != NotNumber
}

// isTimes: x stands between a number and an item, or before a number.
func (p *parser) isTimes() bool {
	next := at(p.s, p.i+1)
	if isDigit(next) {
		return len(p.items) > 0 && (!isLatin(at(p.s, p.i-1)) || p.touches(gotItem) && p.items[len(p.items)-1].lettered)
	}
	return (next == ' ' || !isLatin(next)) && (len(p.items) > 0 || p.pend != nil)
}

// decoration are pictures that say nothing.
func (p *parser) decoration() int {
	if emoji(p.s[p.i]) {
		return 1
	}
	return 0
}

// strange takes what nothing explains, up to where something of ours may begin.
func (p *parser) strange() int {
	if p.s[p.i] == '?' {
		p.asked = true
		return 1
	}
	end := p.i + 1
	latin := isLatin(p.s[p.i]) || isDigit(p.s[p.i])
	for end < len(p.s) && !IsBreak(p.s[end]) && p.s[end] != '+' && (latin && (isLatin(p.s[end]) || isDigit(p.s[end])) || !latin && !p.resumes(end)) {
		p.steps++
		end++
	}
	p.foreign += end - p.i
	if word := string(p.f.raw[p.i:end]); len(p.unknown) > 0 && p.touches(gotStrange) {
		p.unknown[len(p.unknown)-1] += word
	} else {
		p.unknown = append(p.unknown, word)
	}
	if strings.ContainsAny(string(p.s[p.i:end]), "吗么几谁哪怎") || strings.Contains(string(p.s[p.i:end]), "多少") {
		p.asked = true
	}
	return p.mark(gotStrange, end-p.i)
}

// resumes: a number begins here, so a strange word ends.
func (p *parser) resumes(i int) bool {
	if isLatin(p.s[i]) {
		return true
	}
	if kind, n := phraseAt(p.s, i); n > 1 && (kind == set || kind == leave || kind == more || kind == less) {
		return true
	}
	_, kind, n := scanNumber(p.s, i)
	return kind != NotNumber && (isDigit(p.s[i]) || unitAt(p.s, i+n) > 0)
}
