package chat

import (
	"errors"
	"slices"
	"strings"
	"time"

	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
)

// maxText is how much of a message we read, in runes. Nobody orders in more.
const maxText = 4000

// hugeQty stands for every number that is longer than we read; the rules refuse it.
const hugeQty = words.Huge

// pick is a quantity of the item with a letter; "" when no item was named.
type pick struct {
	Letter string `json:"letter,omitempty"`
	Qty    int64  `json:"qty"`
}

// home is where somebody lives, as they typed it.
type home = words.Home

// wish is what one person asks for: how many of what, for whom, and where they live.
type wish struct {
	Picks   []pick
	For     string // for a neighbour
	Home    home   // 3-502
	Note    string // 要熟一点的
	Code    string // of the deal; only a guess until it is looked up
	Serial  int64  // "no. 12"
	Rest    []string
	Named   []string // letters without a quantity
	Led     bool     // has a verb of ordering: 来, 报名, join
	Plus    bool     // has a sign or a letter, so that it can hardly be anything else
	Unit    bool     // the quantity has a unit
	Minus   bool
	Trouble string // negative, fraction, contradiction: clear enough to be refused
	Mode    words.Mode
	Leaves  bool   // gives up what Picks name, or all
	More    []wish // what the same message asks for others
}

// readWish understands a message as far as that is possible without knowing what is on offer.
func readWish(text string) wish { return wishFrom(words.Join(text, words.Context{OpenDeals: 1})) }

// wishFrom turns a meaning into wishes, one a person.
func wishFrom(m words.Meaning) wish {
	w := wish{Code: m.Code, Serial: m.Serial, Rest: m.Rest, Named: m.Named, Led: m.Led, Plus: m.Signed, Unit: m.Unit}
	w.Leaves = m.Leaves
	for i, o := range m.Orders {
		one := wishOfOrder(o)
		one.Leaves = m.Leaves
		if i > 0 {
			w.More = append(w.More, one)
			continue
		}
		w.Picks, w.For, w.Home, w.Note, w.Mode = one.Picks, one.For, one.Home, one.Note, one.Mode
		w.Leaves, w.Minus, w.Trouble = one.Leaves, one.Minus, one.Trouble
	}
	if m.Doubt == words.DoubtContradiction {
		w.Trouble = string(m.Doubt)
	}
	return w
}

func wishOfOrder(o words.Order) wish {
	w := wish{For: o.For, Mode: o.Mode, Note: o.Note}
	if o.Home.Room != "" {
		w.Home = o.Home // a room alone is found a building for when the order is placed
	}
	for _, l := range o.Lines {
		w.Picks = append(w.Picks, pick{Letter: l.Letter, Qty: l.Qty})
		w.Minus = w.Minus || l.Negative
		if l.Doubtful() {
			w.Trouble = string(words.DoubtQuantity)
		}
	}
	for i, p := range w.Picks {
		if slices.ContainsFunc(w.Picks[:i], func(q pick) bool { return q.Letter == p.Letter }) || p.Letter == "" && len(w.Picks) > 1 && len(w.Rest) == 0 {
			w.Trouble = string(words.DoubtContradiction)
		}
	}
	return w
}

// personal reports whether a wish holds what no button can carry: for whom it is, where they live, a note.
func (w wish) personal() bool { return w.For != "" || w.Home.Room != "" || w.Note != "" }

// isOrder reports whether the message may ask to take part; what is on offer decides.
func (w wish) isOrder() bool {
	return len(w.Picks) > 0 && !w.Leaves && (w.Plus || w.Led || w.Unit || w.Minus && len(w.Rest) == 0)
}

// offered is a text beside an offer: the same two mean the same.
type offered struct {
	text    string
	deal    domain.DealID
	edition int64
}

// meantIn understands the message with what a deal offers; it is asked for at several steps of the way.
func (t *talk) meantIn(s domain.DealSheet) words.Meaning {
	key := offered{text: t.text, deal: s.Deal.ID, edition: s.Deal.Edition}
	m, known := t.meanings[key]
	if !known {
		m = words.Join(t.text, t.context(s))
		if t.meanings == nil {
			t.meanings = map[offered]words.Meaning{}
		}
		t.meanings[key] = m
	}
	return m
}

func (t *talk) context(s domain.DealSheet) words.Context {
	c := words.Context{Group: t.group(), Spoken: t.up.Spoken, OpenDeals: 1, Codes: []string{s.Deal.Code}, Items: []words.Item{}}
	for i, it := range s.Items {
		name := it.Name
		if len(s.Items) == 1 {
			name = strings.TrimSpace(name + " " + s.Deal.Terms.Title)
		}
		c.Items = append(c.Items, words.Item{Letter: it.Letter, Number: i + 1, Name: name, Spec: it.Spec, Unit: it.Unit})
	}
	return c
}

// fits reports whether the message can be an order in the deal.
func (t *talk) fits(s domain.DealSheet) bool {
	m := t.meantIn(s)
	return m.Kind == words.Buy || m.Kind == words.Change || m.Kind == words.Leave || m.Kind == words.Ask && m.Doubt != words.DoubtUnknown
}

// foundTime is a time that a text names, and where it stands.
type foundTime struct {
	At       time.Time
	From, To int
}

// readWhen finds the first exact time that a text names, as seen from now in the zone of now. A past one is handed on, since
// the rules refuse it with their own words.
func readWhen(s string, now time.Time) (foundTime, bool) {
	for from := 0; from < len(s); {
		r, err := words.When(s[from:], now, now.Location())
		var bad *words.BadTimeError
		if errors.Is(err, words.ErrNoTime) {
			return foundTime{}, false
		}
		past := errors.As(err, &bad) && bad.Past
		if (err == nil || past) && (!r.Vague || r.Part == "noon" || r.Part == "evening") {
			return foundTime{At: r.At, From: from + r.From, To: from + r.To}, true
		}
		from += max(r.To, 1)
	}
	return foundTime{}, false
}
