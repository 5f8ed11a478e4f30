package chains

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tuanbot/handlers/chat/words"
)

// reading is what a piece of text asks for.
type reading struct {
	ok    bool
	doubt Doubt
	parts []Part
}

// entry understands one line.
func (r *reader) entry(l raw) Entry {
	e := Entry{Number: l.number, Text: l.text}
	text, home, note := withoutBrackets(l.text)
	if h, from, to, ok := words.Address(text); ok && h.Building != "" {
		home = h
		text = strings.TrimSpace(text[:from] + " " + text[to:])
	}
	name, got := r.split(text)
	if name == "" && got.ok && home.Room != "" {
		name = home.Building + "-" + home.Room
	}
	if len(got.parts) == 0 {
		name = withoutVerb(name)
	}
	e.Name, e.Doubt, e.Parts = name, got.doubt, got.parts
	if e.Name == "" && e.Doubt == NoDoubt {
		e.Doubt = Nobody
	}
	if (home != (words.Home{}) || note != "") && len(e.Parts) == 0 {
		e.Parts = []Part{{}}
	}
	if home != (words.Home{}) && e.Parts[0].Building == "" {
		e.Parts[0].Building, e.Parts[0].Room = home.Building, home.Room
	}
	if note != "" {
		e.Parts[0].Note = noteMore(e.Parts[0].Note, note)
	}
	if e.Doubt == NoDoubt && takenBack(note) {
		e.Doubt = Gives
	}
	return e
}

// wants reads what a piece of text asks for. Named: whoever it is for must be said by a word like 帮.
func (r *reader) wants(s string, whole bool) reading {
	s = strings.Trim(s, " ,;:-/.")
	if r.work++; s == "" || r.work > mostWork {
		return reading{}
	}
	if n, kind := words.Number(s); kind != words.NotNumber {
		return r.bareNumber(n, kind)
	}
	m := words.Join(s, words.Context{Items: r.items, Spoken: true, OpenDeals: 1, Row: true})
	switch m.Kind {
	case words.Buy, words.Change:
		if parts, ok := r.parts(m, s); ok {
			return reading{ok: true, parts: parts}
		}
		return reading{}
	case words.Leave:
		return reading{doubt: Gives}
	case words.Ask:
		if hasPerson(m, s) || len(m.Rest) > 0 && !whole {
			return reading{}
		}
		return reading{doubt: doubtOf(m.Doubt)}
	case words.Other, words.Silence:
	}
	return reading{}
}

// bareNumber is 小明 2: of the only thing, or else of which?
func (r *reader) bareNumber(n int64, kind words.NumberKind) reading {
	switch {
	case kind != words.Whole || n < 1 || n > words.MaxQty:
		return reading{doubt: Number}
	case len(r.items) != 1:
		return reading{doubt: Which}
	}
	return reading{ok: true, parts: []Part{{Lines: []Line{{Letter: r.items[0].Letter, Qty: n}}}}}
}

func doubtOf(d words.Doubt) Doubt {
	switch d {
	case words.DoubtItem:
		return Which
	case words.DoubtSpec:
		return Spec
	case words.DoubtQuantity, words.DoubtContradiction:
		return Number
	case words.DoubtUnknown, words.DoubtPerson, words.DoubtQuestion, words.NoDoubt:
	}
	return Unclear
}

// hasPerson: somebody is named without a word like 帮, so that it is rather the entry's own name.
func hasPerson(m words.Meaning, s string) bool {
	for _, o := range m.Orders {
		if o.For != "" && !forSomebody(s, o.For) {
			return true
		}
	}
	return false
}

// forWords come before whom an order is for.
var forWords = []string{"帮忙带", "代购", "代买", "代订", "帮", "替", "代", "给", "for "}

// forSomebody reports whether a word like 帮 stands before a name.
func forSomebody(s, name string) bool {
	before, _, there := strings.Cut(s, name)
	if !there {
		return true
	}
	for _, w := range forWords {
		if strings.Contains(strings.ToLower(before), w) {
			return true
		}
	}
	return false
}

// parts turns a meaning into what is wanted for each.
func (r *reader) parts(m words.Meaning, s string) ([]Part, bool) {
	if hasPerson(m, s) || len(m.Rest) > 0 || m.Doubt != words.NoDoubt {
		return nil, false
	}
	var out []Part
	for _, o := range m.Orders {
		p := Part{For: nearby(o.For), Building: o.Home.Building, Room: o.Home.Room, Note: o.Note}
		for _, l := range o.Lines {
			if l.Doubtful() || l.Item < 0 || l.Item >= len(r.items) || l.Qty <= 0 || l.Qty > words.MaxQty || o.Mode == words.Less {
				return nil, false
			}
			p.Lines = append(p.Lines, Line{Letter: r.items[l.Item].Letter, Qty: l.Qty})
		}
		if len(p.Lines) > 0 {
			out = append(out, p)
		}
	}
	return out, len(out) > 0
}

// besideUs are words for where somebody lives, before who it is: 对门刘阿姨.
var besideUs = []string{"对门", "对面", "隔壁", "楼上", "楼下", "邻居", "同事"}

// nearby is a name without where its owner lives.
func nearby(name string) string {
	for _, w := range besideUs {
		if rest, ok := strings.CutPrefix(name, w); ok && utf8.RuneCountInString(rest) > 1 {
			return rest
		}
	}
	return name
}

// hedges are what people write who have not made up their minds.
var hedges = []string{"待定", "再想想", "想想", "考虑", "不确定", "再说", "看情况", "maybe", "not sure", "tbd"}

// unsure cuts such words off a name.
func unsure(name string) (string, bool) {
	low := words.Fold(name)
	for _, w := range hedges {
		if strings.HasSuffix(low, w) {
			head, _, _ := strings.Cut(name, " ")
			return head, true
		}
	}
	return name, false
}

// split parts a line into who and what.
func (r *reader) split(s string) (string, reading) {
	if got := r.wants(s, true); got.ok {
		return "", got
	}
	var doubt reading
	doubtName := ""
	for _, at := range places(s) {
		name := cleanName(s[:at])
		if !isName(name) || !r.begins(s[at:]) || r.ordersItself(name) {
			continue
		}
		got := r.withNote(s[at:])
		if got.ok {
			return name, got
		}
		if got.doubt != NoDoubt && doubtName == "" {
			doubt, doubtName = got, firstName(name)
		}
	}
	if doubtName != "" && (doubt.doubt != Unclear || digits(s)) {
		return doubtName, doubt
	}
	name, hedged := unsure(cleanName(s))
	if hedged && isName(name) && !digits(name) {
		return cutRunes(name, maxName), reading{doubt: Unclear}
	}
	if isName(name) && !digits(name) && utf8.RuneCountInString(name) <= 12 {
		return name, reading{doubt: NoQty}
	}
	head, _, _ := strings.Cut(name, " ")
	if !isName(head) {
		head = ""
	}
	return cutRunes(head, maxName), reading{doubt: Unclear}
}

// withNote reads an order that may go on with words that order nothing: 2箱,要大个的.
func (r *reader) withNote(s string) reading {
	got := r.wants(s, false)
	if got.ok || got.doubt != NoDoubt && got.doubt != Unclear {
		return got
	}
	s = strings.TrimLeft(s, " ,;:-/.")
	for i, c := range s {
		if c != ' ' && c != ',' && c != ';' || i == 0 {
			continue
		}
		if rest := s[i:]; !saysMore(rest, r.items) {
			if head := r.wants(s[:i], false); head.ok {
				head.parts[0].Note = noteMore(head.parts[0].Note, rest)
				return head
			}
		}
	}
	return got
}

// saysMore: a note that has numbers, items or a second thought is no note.
func saysMore(s string, items []words.Item) bool {
	low := words.Fold(s)
	if digits(low) || strings.ContainsAny(low, "一二两三四五六七八九十半几") || len(low) > 60 {
		return true
	}
	for _, w := range []string{"不要", "取消", "退", "或", "改", "还是", "?", "吗", "再", "帮", "替", "代", "cancel", "or ", "not ", "maybe"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	for _, it := range items {
		if name := words.Fold(it.Name); name != "" && strings.Contains(low, name) {
			return true
		}
	}
	return false
}

// begins reports whether an order can begin here: at a sign, a number, a letter, a verb or an item's name.
func (r *reader) begins(s string) bool {
	c, size := utf8.DecodeRuneInString(s)
	if c < utf8.RuneSelf || strings.ContainsRune("一二两三四五六七八九十半俩仨来要订加拿买报帮替代给接跟再各", c) || c >= '①' && c <= '⑳' || c > 0x1F000 {
		return true
	}
	next, _ := utf8.DecodeRuneInString(s[size:])
	for _, it := range r.items {
		if strings.Contains(it.Name, string([]rune{c, next})) || strings.HasSuffix(it.Name, string(c)) {
			return true
		}
		if it.Spec != "" && strings.HasPrefix(it.Spec, string(c)) {
			return true
		}
	}
	return false
}

// firstName is the first word of what may be a name and more.
func firstName(name string) string {
	if head, _, ok := strings.Cut(name, " "); ok && isName(head) && !unicode.Is(unicode.Latin, []rune(head)[0]) {
		return head
	}
	return name
}

// ordersItself: what would be the name is an order, or has one in it.
func (r *reader) ordersItself(name string) bool {
	for i, word := range strings.Fields(name) {
		if i > 0 && (digits(word) || r.wants(word, false).ok) {
			return true
		}
	}
	if !digits(name) && !strings.ContainsAny(name, "一二两三四五六七八九十") {
		return false
	}
	return r.wants(name, false).ok
}

func digits(s string) bool { return strings.ContainsAny(s, "0123456789") }

// places are where a name may end, the likelier ones first: before a word like 帮, at signs and spaces, then anywhere.
func places(s string) []int {
	var sure, rest []int
	low := strings.ToLower(s)
	for i, c := range s {
		if i == 0 || i > 4*maxName {
			continue
		}
		prev, _ := utf8.DecodeLastRuneInString(s[:i])
		switch {
		case strings.ContainsRune(" :,;-/+*", c), beginsForWord(low, i):
			sure = append(sure, i)
		case unicode.Is(unicode.Latin, prev) && unicode.Is(unicode.Latin, c), unicode.IsDigit(prev) && unicode.IsDigit(c):
		default:
			rest = append(rest, i)
		}
	}
	return append(sure, rest[:min(len(rest), 10)]...)
}

func beginsForWord(low string, i int) bool {
	if i >= len(low) {
		return false
	}
	for _, w := range forWords {
		if strings.HasPrefix(low[i:], w) {
			return true
		}
	}
	return false
}

// cleanName cuts off what joins a name and an order.
func cleanName(s string) string {
	s = strings.TrimRight(strings.Trim(s, " :,;-/+*.()"), " ")
	for _, times := range []string{" x", " X", " ×"} {
		s = strings.TrimSuffix(s, times)
	}
	return strings.Join(strings.Fields(s), " ")
}

// isName: short, with a letter or a picture in it, and not the middle of a number.
func isName(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > maxName || strings.Count(s, " ") > 2 {
		return false
	}
	if strings.ContainsAny(s, "?!¥") {
		return false
	}
	for _, c := range s {
		if unicode.IsLetter(c) || c > 0x2600 {
			return true
		}
	}
	return false
}
