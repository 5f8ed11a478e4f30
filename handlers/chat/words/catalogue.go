package words

import (
	"slices"
	"strings"
)

// good is an item, ready to be found in a text.
type good struct {
	Item
	name     []rune
	text     string   // the same
	words    []string // of an English name, without endings
	unit     string   // that it is sold by, as compared
	specs    []amount // 2斤, 30枚: what is in one
	initials string
}

// amount is a number with a unit.
type amount struct {
	n    int64
	unit string
}

// catalogue are the items of a deal; more than its bound nobody offers in one.
type catalogue struct {
	goods  []good
	any    bool             // nothing is known: every letter passes
	starts map[rune][]place // where in the names a character stands
	kinds  map[string][]int // members, as far as they were asked for
	short  map[string][]int // worded, likewise
}

// place is a character of a name.
type place struct{ good, at int }

const mostGoods = 60

func newCatalogue(items []Item) catalogue {
	c := catalogue{any: items == nil, starts: map[rune][]place{}, kinds: map[string][]int{}, short: map[string][]int{}}
	for _, it := range items[:min(len(items), mostGoods)] {
		name := fold(it.Name).low
		g := good{Item: it, name: name[:min(len(name), 40)], text: string(name[:min(len(name), 40)]), unit: canonical(string(fold(it.Unit).low))}
		for _, w := range strings.FieldsFunc(string(g.name), func(r rune) bool { return !isLatin(r) && r != '-' }) {
			if len(w) > 2 {
				g.words = append(g.words, stem(w))
			}
		}
		g.specs = append(amounts(fold(it.Spec).low), amounts(g.name)...)
		for at, r := range g.name {
			if isHan(r) {
				c.starts[r] = append(c.starts[r], place{good: len(c.goods), at: at})
			}
		}
		c.goods = append(c.goods, g)
	}
	return c
}

// canonical is one name for units that mean the same; "" is the share.
func canonical(unit string) string {
	if same, ok := sameUnit[unit]; ok {
		return same
	}
	if unit == "" {
		return "份"
	}
	if n := len(unit) - 1; n > 2 && unit[n] == 's' {
		return unit[:n]
	}
	return unit
}

func stem(w string) string {
	switch {
	case strings.HasSuffix(w, "ies"):
		return strings.TrimSuffix(w, "ies") + "y"
	case strings.HasSuffix(w, "oes"):
		return strings.TrimSuffix(w, "es")
	}
	return strings.TrimSuffix(w, "s")
}

// amounts are all numbers with units in a spec: 250ml*10瓶.
func amounts(s []rune) []amount {
	var out []amount
	for i := 0; i < len(s); {
		n, kind, length := scanNumber(s, i)
		if kind == NotNumber {
			i++
			continue
		}
		i += length
		k := skip(s, i)
		u := unitAt(s, k)
		if u == 0 && isHan(at(s, k)) {
			u = 1 // 80抽: whatever a spec counts in
		}
		if u == 0 && kind == Whole && i == len(s) {
			out = append(out, amount{n: n}) // 30 to a tray
		}
		if u > 0 && kind == Whole {
			out = append(out, amount{n: n, unit: canonical(string(s[k : k+u]))})
			i = k + u
		}
	}
	return out
}

// unitAt is the length of the unit at i.
func unitAt(s []rune, i int) int {
	if i >= len(s) {
		return 0
	}
	_, n := units().longest(s, i)
	return n
}

// isSpec reports whether brackets hold nothing but the spec of an item.
func (c catalogue) isSpec(s []rune) bool {
	for _, g := range c.goods {
		if len(s) > 0 && string(fold(g.Spec).low) == string(s) {
			return true
		}
	}
	for _, a := range amounts(s) {
		for _, g := range c.goods {
			for _, have := range g.specs {
				if a == have && len(s) <= 5 {
					return true
				}
			}
		}
	}
	return false
}

// ownUnit is the length of a unit at k that only this deal knows: its items are sold by it, or their specs count in it.
func (c catalogue) ownUnit(s []rune, k int) int {
	for _, g := range c.goods {
		if n := wordAt(s, k, g.unit); n > 0 {
			return n
		}
		for _, in := range g.specs {
			if n := wordAt(s, k, in.unit); n > 0 {
				return n
			}
		}
	}
	return 0
}

// withSpec are the items that hold an amount: 10斤装.
func (c catalogue) withSpec(a amount) []int {
	var out []int
	for i, g := range c.goods {
		if slices.Contains(g.specs, a) {
			out = append(out, i)
		}
	}
	return out
}

// soldIn: one of this unit is one of the item: 份, or 只 where a 份 is one 只.
func (g good) soldIn(unit string) bool {
	return g.unit == unit || !weights[unit] && slices.Contains(g.specs, amount{n: 1, unit: unit})
}

// soldBy are the items sold by a unit.
func (c catalogue) soldBy(unit string) []int {
	var out []int
	for i, g := range c.goods {
		if g.soldIn(unit) || strings.Contains(englishUnit[unit], g.unit) && g.unit != "" && englishUnit[unit] != "" {
			out = append(out, i)
		}
	}
	return out
}

// inPieces: something is sold in boxes of so many pieces.
func (c catalogue) inPieces() bool {
	for _, g := range c.goods {
		for _, in := range g.specs {
			if pieces[in.unit] {
				return true
			}
		}
	}
	return false
}

func (c catalogue) lettered(letter string) []int {
	for i, g := range c.goods {
		if strings.EqualFold(g.Letter, letter) {
			return []int{i}
		}
	}
	return nil
}

func (c catalogue) numbered(n int64) []int {
	for i, g := range c.goods {
		if int64(g.Number) == n && n > 0 {
			return []int{i}
		}
	}
	return nil
}

// named are the items of whose name the longest part stands at i, and how long that is. One character is not enough, but a
// noun that the name ends in may do.
func (c catalogue) named(s []rune, i int) ([]int, int) {
	out, best := c.longestPart(s, i)
	if one := c.called(s[i]); len(out) == 0 && len(one) > 0 {
		return one, 1
	}
	if found, n := c.ofKind(s, i); n >= best && len(found) > 0 {
		return found, n
	}
	if len(out) == 0 && strings.ContainsRune(nouns, s[i]) {
		return c.byNoun(s[i])
	}
	if len(out) == 0 || isCount(s[i:i+best]) {
		return nil, 0
	}
	if heads := c.endingIn(out, string(s[i:i+best])); len(heads) > 0 {
		return heads, best
	}
	return out, best
}

// endingIn are those whose names end in the word: 草莓 is 丹东草莓 rather than 草莓酱.
func (c catalogue) endingIn(found []int, word string) []int {
	var out []int
	for _, i := range found {
		if strings.HasSuffix(c.goods[i].text, word) {
			out = append(out, i)
		}
	}
	return out
}

// called are the items whose whole name is one character: 梨.
func (c catalogue) called(r rune) []int {
	var out []int
	for k, g := range c.goods {
		if len(g.name) == 1 && g.name[0] == r && isHan(r) {
			out = append(out, k)
		}
	}
	return out
}

// byNoun are the items that one character may name: only where a name ends in it, and then all that have it.
func (c catalogue) byNoun(r rune) ([]int, int) {
	var out []int
	ends := false
	of := c.members(string(r))
	for k, g := range c.goods {
		ends = ends || len(g.name) > 1 && g.name[len(g.name)-1] == r
		if len(g.name) > 1 && slices.Contains(g.name, r) || slices.Contains(of, k) {
			out = append(out, k)
		}
	}
	if !ends {
		return nil, 0
	}
	return out, 1
}

// longestPart are the items of whose name the longest part of two characters or more stands at i.
func (c catalogue) longestPart(s []rune, i int) ([]int, int) {
	var out []int
	best := 1
	for _, from := range c.starts[s[i]] {
		name := c.goods[from.good].name
		if len(name)-from.at < best || best >= mostOverlap && len(out) > 0 && out[len(out)-1] == from.good {
			continue
		}
		n := 1
		for from.at+n < len(name) && i+n < len(s) && name[from.at+n] == s[i+n] && n < mostOverlap {
			n++
		}
		if n > best {
			out, best = nil, n
		}
		if n == best && n > 1 && (len(out) == 0 || out[len(out)-1] != from.good) {
			out = append(out, from.good)
		}
	}
	return out, best
}

// mostOverlap is how much of a name is compared.
const mostOverlap = 24

// isCount: "一份" is a quantity even where it is part of a name.
func isCount(s []rune) bool {
	_, kind, n := scanNumber(s, 0)
	return kind != NotNumber && (n == len(s) || n+unitAt(s, n) == len(s))
}

// worded are the items with an English word in their names, or abbreviated by the first letters of their pinyin.
func (c catalogue) worded(word string) []int {
	found, known := c.short[word]
	if !known {
		found = c.findWorded(word)
		if len(c.short) < mostKnown {
			c.short[word] = found
		}
	}
	return found
}

// mostKnown bounds what is remembered for one message.
const mostKnown = 500

func (c catalogue) findWorded(word string) []int {
	var out []int
	short := stem(word)
	if found := c.members(short); len(found) > 0 {
		return found
	}
	for i, g := range c.goods {
		if slices.Contains(g.words, short) {
			out = append(out, i)
		}
	}
	if len(out) > 0 || len(word) < 2 {
		return out
	}
	for i := range c.goods {
		g := &c.goods[i]
		if g.initials == "" {
			if g.initials = Initials(g.Name); g.initials == "" {
				g.initials = "-"
			}
		}
		if g.initials == word && isHan(at(g.name, 0)) {
			out = append(out, i)
		}
	}
	return out
}

// pictured are the items that a picture shows.
func (c catalogue) pictured(r rune) []int {
	var out []int
	if r < 0x1F000 || pictures[r] == "" {
		return nil
	}
	for i, g := range c.goods {
		for w := range strings.SplitSeq(pictures[r], "|") {
			if strings.Contains(g.text, w) {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

func intersect(a, b []int) []int {
	var in uint64 // mostGoods fit into it
	for _, y := range b {
		in |= 1 << y
	}
	var out []int
	for _, x := range a {
		if in&(1<<x) != 0 {
			out = append(out, x)
		}
	}
	return out
}
