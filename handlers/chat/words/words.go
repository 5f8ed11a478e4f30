// Package words understands what people write about a deal: quantities, items, for whom, where they live, changes, leaving,
// and when. All of it is pure functions of the text and of what is on offer; nothing here reads a clock, a file or a database,
// and nothing here knows a chat, an account or an answer in words.
//
// The rule of silence: in a group, text that is not addressed to the bot is an order only when a deal is open and explicit
// patterns cover the whole clause of the order. Explicit is a quantity with a plus sign, a verb of ordering, an item's letter,
// number or name, or the unit the goods are sold by. One word there that nothing explains, a question mark, a price, a time:
// silence; other clauses may be talk, as long as nothing in them speaks against an order. What is covered but doubtful (which
// item, 2斤 of boxes of 2 斤, two quantities) is asked and never guessed. docs/understanding.md has the rule at length with
// its examples, which are tested.
package words

import "unicode/utf8"

// MaxQty is the most that one line can ask for.
const MaxQty = 999

// mostOrder is the longest message that may be an order, in runes: lists of many people are read elsewhere.
const mostOrder = 2000

// MaxNote is how long a note may be, in runes.
const MaxNote = 60

// Item is one of the goods on offer, as its leader wrote it.
type Item struct {
	Letter string // A
	Number int    // 1; 0 when it has none
	Name   string
	Spec   string // 2斤装, 30枚
	Unit   string // 箱; "" means 份
}

// Context is what must be known to understand a message.
type Context struct {
	Items     []Item   // of the deal it may speak of; nil leaves names unread and lets every letter pass
	Group     bool     // others read along
	Spoken    bool     // the bot is addressed
	OpenDeals int      // how many deals it could speak of
	Codes     []string // of those deals
	Row       bool     // a line of a list, where a name stands and nobody talks
}

// addressed: whoever writes expects an answer.
func (c Context) addressed() bool { return !c.Group || c.Spoken }

// Kind says what a message is.
type Kind int

// The kinds of messages.
const (
	Other   Kind = iota // not ours: the command table may know it
	Silence             // talk in a group: no reply at all
	Buy                 // quantities to order
	Change              // quantities to set, add or take off
	Leave               // the order, or some of its items, is given up
	Ask                 // ours, but doubtful
)

// Doubt says why we ask.
type Doubt string

// The doubts, the graver first.
const (
	NoDoubt            Doubt = ""
	DoubtUnknown       Doubt = "unknown"       // a word, perhaps an item that is not on offer
	DoubtContradiction Doubt = "contradiction" // several quantities for one thing
	DoubtQuantity      Doubt = "quantity"      // none, negative, half, huge, 两三
	DoubtPerson        Doubt = "person"        // perhaps a name
	DoubtItem          Doubt = "item"          // which of several
	DoubtSpec          Doubt = "spec"          // 2斤 of something sold in boxes
	DoubtQuestion      Doubt = "question"      // 能来两份吗: asked, not ordered
)

// Mode says what a quantity does to an order.
type Mode string

// The modes.
const (
	Plain Mode = ""
	Set   Mode = "set"
	Add   Mode = "add"
	Less  Mode = "less"
)

// Home is where somebody lives, as they typed it.
type Home struct{ Building, Room string }

// Line is a quantity of one item.
type Line struct {
	Item     int    // index into Context.Items; -1 when it is not known
	Letter   string // as typed or of the item
	Qty      int64
	Unit     string // as typed
	Negative bool
	Maybe    []int // the items it may be, where that is the doubt
	Readings []int64
	kind     NumberKind
}

// Doubtful reports a quantity that nobody can order: half, negative, 两三.
func (l Line) Doubtful() bool { return l.Negative || l.kind == Fraction || l.kind == Vague }

// Order is what one person wants.
type Order struct {
	For   string // for a neighbour; "" for oneself
	Home  Home
	Note  string
	Mode  Mode
	Lines []Line
}

// Meaning is what a message says.
type Meaning struct {
	Kind   Kind
	Doubt  Doubt
	Orders []Order
	Code   string   // of a deal; a guess until it is looked up
	Serial int64    // of an order: 12号
	Rest   []string // words that nothing explains
	Named  []string // letters of items that were named without a quantity
	Led    bool     // has a verb of ordering
	Leaves bool     // has words of leaving
	Signed bool     // has a sign or a letter, so that it can hardly be anything else
	Unit   bool     // a quantity has a unit
}

// Join understands a message.
func Join(text string, ctx Context) Meaning {
	m, _ := join(text, ctx)
	return m
}

// join also counts the steps taken, for the test that they grow with the text and not faster.
func join(text string, ctx Context) (Meaning, int) {
	if ctx.Group && !ctx.Spoken && ctx.OpenDeals == 0 && ctx.Items == nil {
		return Meaning{Kind: Silence}, 0
	}
	if utf8.RuneCountInString(text) > mostOrder {
		m := Meaning{Kind: Other}
		if !ctx.addressed() {
			m.Kind = Silence
		}
		return m, 0 // nobody orders in a book
	}
	p := newParser(text, ctx)
	p.read()
	return p.meaning(), p.steps
}
