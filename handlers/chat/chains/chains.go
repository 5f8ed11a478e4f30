// Package chains understands 接龙 texts: the lists that neighbours copy, add a line to and paste again. It reads the native
// form and what people type by hand, prints a chain so that it can be pasted on, and tells what a paste changes against what
// is known already. Everything here is a pure function; it knows no account, no database, no clock and no answer in words.
package chains

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tuanbot/handlers/chat/words"
)

// The bounds of what is read. Nobody keeps longer lists by hand.
const (
	MaxEntries = 400
	maxTitle   = 40  // lines above the list
	maxLine    = 160 // runes of one entry
	maxName    = 24
	mostWork   = 1500 // readings of a piece of text, over the whole chain
)

// Doubt says why an entry must be asked about.
type Doubt string

// The doubts.
const (
	NoDoubt Doubt = ""
	Unclear Doubt = "unclear" // not understood at all
	NoQty   Doubt = "noqty"   // a name among others that say how many
	Which   Doubt = "which"   // of several items
	Spec    Doubt = "spec"    // 3斤 of boxes of 2斤
	Number  Doubt = "number"  // half, two or three, huge
	Gives   Doubt = "gives"   // 不要了: nobody gives up by a list
	Twice   Doubt = "twice"   // the same person wants the same thing in two lines
	Nobody  Doubt = "nobody"  // no name
	Differs Doubt = "differs" // ordered otherwise, by another way
	Left    Doubt = "left"    // gave up by another way, and the line changed
)

// Line is a quantity of one item.
type Line struct {
	Letter string `json:"l"`
	Qty    int64  `json:"q"`
}

// Part is what an entry wants for one person.
type Part struct {
	For      string `json:"for,omitempty"` // "" for the one who is named
	Building string `json:"b,omitempty"`
	Room     string `json:"r,omitempty"`
	Note     string `json:"note,omitempty"`
	Lines    []Line `json:"lines,omitempty"`
}

// Entry is one line of a chain.
type Entry struct {
	Number int    `json:"n"`
	Name   string `json:"name,omitempty"`
	Parts  []Part `json:"parts,omitempty"`
	Doubt  Doubt  `json:"doubt,omitempty"`
	Text   string `json:"text"` // as it was typed, without the number
}

// Chain is a whole list.
type Chain struct {
	English bool     `json:"en,omitempty"`
	Title   []string `json:"title,omitempty"` // the lines above it
	Entries []Entry  `json:"entries,omitempty"`
}

// Print writes a chain in the native form, ready to be pasted on.
func Print(c Chain) string {
	var sb strings.Builder
	sb.WriteString("#接龙")
	if c.English {
		sb.Reset()
		sb.WriteString("#Group Note")
	}
	for _, l := range c.Title {
		sb.WriteString("\n" + l)
	}
	sb.WriteString("\n")
	for _, e := range c.Entries {
		sb.WriteString("\n" + strconv.Itoa(e.Number) + ". " + e.Text)
	}
	return sb.String()
}

// Compose writes an entry for an order that came by another way; bare, without letters, where there is only one thing.
func Compose(name string, parts []Part, bare bool) string {
	words := []string{name}
	for i, p := range parts {
		if p.For != "" {
			words = append(words, "帮"+p.For)
		}
		for _, l := range p.Lines {
			qty := strconv.FormatInt(l.Qty, 10)
			if !bare {
				qty = l.Letter + qty
			}
			words = append(words, qty)
		}
		if i == 0 && p.Building != "" && p.Room != "" {
			words = append(words, p.Building+"-"+p.Room)
		}
		if p.Note != "" {
			words = append(words, "("+p.Note+")")
		}
	}
	return strings.Join(words, " ")
}

// MaxText is how long a chain may be, in runes: some five hundred people with notes and addresses. What is longer is none.
const MaxText = 20_000

// Read reads a text as a chain of what is on offer. Ok is false when it is none.
func Read(text string, items []words.Item) (Chain, bool) {
	if len(text) > MaxText && utf8.RuneCountInString(text) > MaxText {
		return Chain{}, false
	}
	r := &reader{items: items}
	return r.read(text)
}

// reader reads one text.
type reader struct {
	items []words.Item
	work  int
}

// raw is an entry before it is understood.
type raw struct {
	number int
	text   string
}

// Perhaps is a quick look: has the text what every chain has, a header or a list of numbered lines?
func Perhaps(text string) bool {
	low := words.Fold(text[:min(len(text), 2000)])
	if strings.Contains(low, "接龙") || strings.Contains(low, "group note") || strings.Contains(low, "sign-up") || strings.Contains(low, "sign up") {
		return strings.ContainsAny(low, "\n:") || strings.Count(low, "1") > 0
	}
	marks := 0
	for l := range strings.SplitSeq(low, "\n") {
		if _, _, ok := numbered(strings.TrimSpace(l)); ok {
			marks++
		}
	}
	return marks >= 3
}

func (r *reader) read(text string) (Chain, bool) {
	lines := unfold(strings.Split(words.Tidy(text), "\n"))
	c := Chain{}
	header := -1
	for i, l := range lines[:min(len(lines), 4)] {
		if native, en := isHeader(l); native {
			header, c.English = i, en
			break
		}
	}
	if header >= 0 {
		lines = slices.Delete(lines, header, header+1)
	}
	titled := header >= 0 || r.speaksOfList(lines)
	title, list := r.cut(lines, titled)
	for _, l := range list {
		c.Entries = append(c.Entries, r.entry(l))
	}
	if len(c.Entries) == 0 {
		return Chain{}, false
	}
	c.Title = tidyTitle(title)
	if titled && onlyNames(c.Entries) && r.speaksOfGoods(c.Title) {
		r.ones(c.Entries)
	}
	twice(c.Entries)
	return c, r.believable(c, header >= 0, titled)
}

// speaksOfGoods: who only writes a name wants one only where the list is about what is on offer, and not about badminton.
func (r *reader) speaksOfGoods(title []string) bool {
	if len(title) == 0 {
		return true
	}
	low := words.Fold(strings.Join(title, "\n"))
	for _, it := range r.items {
		name := []rune(words.Fold(it.Name))
		for i := 0; i+1 < len(name); i++ {
			if name[i] != ' ' && name[i+1] != ' ' && strings.Contains(low, string(name[i:i+2])) {
				return true
			}
		}
		for _, unit := range []string{it.Unit, "份"} {
			if at := strings.Index(low, unit); unit != "" && at > 0 {
				if before, _ := utf8.DecodeLastRuneInString(low[:at]); unicode.IsDigit(before) || strings.ContainsRune("一两二三半", before) {
					return true // 一人一箱
				}
			}
		}
	}
	return false
}

// isHeader recognises the line that the messenger itself puts first.
func isHeader(l string) (native, english bool) {
	switch words.Fold(l) {
	case "#接龙":
		return true, false
	case "#group note":
		return true, true
	}
	return false, false
}

// speaksOfList: somebody began a list by hand.
func (r *reader) speaksOfList(lines []string) bool {
	for _, l := range lines[:min(len(lines), 3)] {
		low := words.Fold(l)
		if strings.Contains(low, "接龙") || strings.Contains(low, "sign-up") || strings.Contains(low, "sign up") || strings.Contains(low, "group note") {
			return true
		}
	}
	return false
}

// believable: with the native header a list is a chain when a line can be an order; a title by hand wants half of the lines
// understood; and without any, all but a few, or else ordinary lists would be taken for orders.
func (r *reader) believable(c Chain, native, titled bool) bool {
	good, wrong := 0, 0
	for _, e := range c.Entries {
		switch e.Doubt {
		case NoDoubt:
			good++
		case Unclear, Nobody, NoQty:
			wrong++
		case Which, Spec, Number, Gives, Twice, Differs, Left:
		}
	}
	switch {
	case native:
		return good > 0 || len(c.Entries) > wrong && r.speaksOfGoods(c.Title)
	case titled:
		return good > wrong && len(c.Entries) > 1
	}
	return good >= 3 && wrong*5 <= len(c.Entries)
}

// onlyNames: nobody says how many, and all lines can be names.
func onlyNames(es []Entry) bool {
	for _, e := range es {
		if e.Doubt != NoQty || utf8.RuneCountInString(e.Name) > 8 || strings.Contains(e.Name, ",") {
			return false
		}
	}
	return true
}

// ones: where nobody says how many, everybody wants one of the only thing. Where others say it, a bare name is asked about.
func (r *reader) ones(es []Entry) {
	if len(r.items) != 1 {
		return
	}
	for i := range es {
		if len(es[i].Parts) == 0 {
			es[i].Parts = []Part{{}}
		}
		es[i].Doubt = NoDoubt
		es[i].Parts[0].Lines = []Line{{Letter: r.items[0].Letter, Qty: 1}}
	}
}

// twice: one person's lines add up, but the same thing in two of them is asked about.
func twice(es []Entry) {
	seen := map[string]bool{}
	for i, e := range es {
		if e.Doubt != NoDoubt {
			continue
		}
		var mine []string
		for _, p := range e.Parts {
			for _, l := range p.Lines {
				key := Key(e.Name) + "\x00" + Key(p.For) + "\x00" + l.Letter
				if seen[key] {
					es[i].Doubt = Twice
				}
				mine = append(mine, key)
			}
		}
		if es[i].Doubt == NoDoubt {
			for _, key := range mine {
				seen[key] = true
			}
		}
	}
}

// Key is what makes two names the same: letters and digits, folded.
func Key(name string) string {
	folded := words.Fold(name)
	key := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, folded)
	if key == "" {
		return folded
	}
	return key
}

// tidyTitle drops blank lines at both ends and keeps a sensible number.
func tidyTitle(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" && len(out) < maxTitle {
			out = append(out, cutRunes(l, maxLine))
		}
	}
	return out
}

func cutRunes(s string, n int) string {
	if rs := []rune(s); len(rs) > n {
		return strings.TrimSpace(string(rs[:n]))
	}
	return s
}
