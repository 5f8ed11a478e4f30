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
			if isHan(r) || isLatin(r) && isHan(nextRune(g.name, at)) {
				c.starts[r] = append(c.starts[r], place{good: len(c.goods), at: at})
			}
		}
		c.goods = append(c.goods, g)
	}
	return c
}

func nextRune(s []rune, i int) rune { return at(s, i+1) }

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
	case strings.HasSuffix(w, "ies") && len(w) > 4:
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
	return g.unit == unit || isLatin(at([]rune(g.unit), 0)) && unit != "" && strings.Contains(englishUnit[g.unit], unit) || !weights[unit] && slices.Contains(g.specs, amount{n: 1, unit: unit})
}

// soldBy are the items sold by a unit; where none is sold by exactly that, those whose English unit may stand for it.
func (c catalogue) soldBy(unit string) []int {
	var exact, near []int
	for i, g := range c.goods {
		switch {
		case g.unit == unit:
			exact = append(exact, i)
		case g.soldIn(unit), g.unit != "" && englishUnit[unit] != "" && strings.Contains(englishUnit[unit], g.unit):
			near = append(near, i)
		}
	}
	if len(exact)+len(near) == 0 && c.shares(unit) {
		for i := range c.goods {
			near = append(near, i)
		}
	}
	if len(exact) > 0 && isLatin(at([]rune(c.goods[exact[0]].Unit), 0)) {
		return exact
	}
	out := append(exact, near...)
	slices.Sort(out)
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

// sized are the items in whose names a letter stands alone.
func (c catalogue) sized(r rune) []int {
	var out []int
	for i, g := range c.goods {
		for k, x := range g.name {
			if x == r && isHan(at(g.name, k-1)) && !isLatin(at(g.name, k+1)) {
				out = append(out, i)
				break
			}
		}
	}
	if len(out) > 1 {
		return nil
	}
	return out
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
	if at(s, i+1) == '子' && len(out) == 0 && strings.ContainsRune(nouns+"丸包", s[i]) {
		if found, n := c.byNoun(s[i]); n > 0 {
			return found, 2 // 丸子, 包子
		}
	}
	if len(out) == 0 && strings.ContainsRune(nouns, s[i]) {
		return c.byNoun(s[i])
	}
	if len(out) == 0 || isCount(s[i:i+best]) {
		return nil, 0
	}
	if short := c.shortened(out, s, i+best); len(short) > 0 {
		return short, best + 1
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
