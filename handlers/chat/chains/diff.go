package chains

import (
	"maps"
	"slices"
)

// Memory is what is kept of a chain between pastes. Entries that vanished stay in it, so that they are not taken for new ones
// when they come back.
type Memory struct {
	English bool     `json:"en,omitempty"`
	Title   []string `json:"title,omitempty"`
	Entries []Known  `json:"entries,omitempty"`
}

// Known is an entry that was pasted once.
type Known struct {
	Entry
	Gone bool `json:"gone,omitempty"` // the last paste did not have it
	Over bool `json:"over,omitempty"` // another paste has somebody else in its place
}

// Held is what somebody has ordered in the deal, by whatever way.
type Held struct {
	Name  string
	For   string
	Lines []Line
	Left  bool // ordered once, and gave it up
}

// Want is what a chain asks for one person.
type Want struct {
	Number   int    `json:"n"`
	Name     string `json:"name"`
	For      string `json:"for,omitempty"`
	Building string `json:"b,omitempty"`
	Room     string `json:"r,omitempty"`
	Note     string `json:"note,omitempty"`
	Lines    []Line `json:"lines,omitempty"`
	Before   []Line `json:"before,omitempty"` // where it changes something
	Text     string `json:"text,omitempty"`
	Doubt    Doubt  `json:"doubt,omitempty"`
}

// Clash is an entry in whose place another paste has somebody else.
type Clash struct {
	Number   int    `json:"n"`
	Old, New string // names
}

// Change is what a paste changes.
type Change struct {
	New      []Want  `json:"new,omitempty"`
	Changed  []Want  `json:"changed,omitempty"`
	Noted    []Want  `json:"noted,omitempty"` // as before, but with another note
	Held     []Want  `json:"held,omitempty"`  // ordered already, by another way and just so
	Vanished []Want  `json:"vanished,omitempty"`
	Clashes  []Clash `json:"clashes,omitempty"`
	Doubts   []Want  `json:"doubts,omitempty"`
	Same     int     `json:"same,omitempty"`
	Next     Memory  `json:"-"`
}

// Quiet reports whether there is nothing to tell.
func (c Change) Quiet() bool {
	return len(c.New)+len(c.Changed)+len(c.Noted)+len(c.Held)+len(c.Vanished)+len(c.Clashes)+len(c.Doubts) == 0
}

// list is a chain by persons, in the order in which they come.
type list struct {
	keys []string
	by   map[string]*Want
}

func key(name, forWhom string) string { return Key(name) + "\x00" + Key(forWhom) }

// persons adds up what clear entries want for each person.
func persons(es []Entry) list {
	l := list{by: map[string]*Want{}}
	for _, e := range es {
		if e.Doubt != NoDoubt {
			continue
		}
		for _, p := range e.Parts {
			k := key(e.Name, p.For)
			w := l.by[k]
			if w == nil {
				w = &Want{Number: e.Number, Name: e.Name, For: p.For, Text: e.Text}
				l.by[k] = w
				l.keys = append(l.keys, k)
			}
			if w.Building == "" && w.Room == "" {
				w.Building, w.Room = p.Building, p.Room
			}
			w.Note = noteMore(w.Note, p.Note)
			w.Lines = plus(w.Lines, p.Lines)
		}
	}
	return l
}

// plus adds quantities, in the order of letters.
func plus(a, b []Line) []Line {
	out := slices.Clone(a)
	for _, l := range b {
		if i := slices.IndexFunc(out, func(x Line) bool { return x.Letter == l.Letter }); i >= 0 {
			out[i].Qty += l.Qty
		} else {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(x, y Line) int {
		if x.Letter < y.Letter {
			return -1
		}
		return 1
	})
	return out
}

func sameLines(a, b []Line) bool { return slices.Equal(plus(nil, a), plus(nil, b)) }

// Diff compares a paste with what was known and with what is ordered. It never says that somebody gave up: who vanished is
// only named.
func Diff(last Memory, now Chain, orders []Held) Change {
	known := make([]Entry, 0, len(last.Entries))
	for _, k := range last.Entries {
		known = append(known, k.Entry)
	}
	now.Entries = answered(now.Entries, persons(known))
	d := differ{last: last, now: now, was: persons(known), is: persons(now.Entries), held: map[string]Held{}}
	for _, h := range orders {
		k := key(h.Name, h.For)
		old := d.held[k]
		if h.Left && len(old.Lines) > 0 {
			continue
		}
		h.Left = h.Left && len(old.Lines) == 0
		h.Lines = plus(old.Lines, h.Lines)
		d.held[k] = h
	}
	for _, k := range d.is.keys {
		d.person(k)
	}
	d.doubts()
	d.missing()
	d.remember()
	return d.out
}

// answered: a bare name that was asked about and settled stays settled, as long as nobody writes more.
func answered(es []Entry, was list) []Entry {
	out := slices.Clone(es)
	for i, e := range out {
		if w := was.by[key(e.Name, "")]; e.Doubt == NoQty && w != nil {
			out[i].Doubt = NoDoubt
			out[i].Parts = []Part{{Building: w.Building, Room: w.Room, Lines: w.Lines}}
		}
	}
	return out
}

type differ struct {
	last    Memory
	now     Chain
	was, is list
	held    map[string]Held
	out     Change
}

// person decides what one person's lines mean.
func (d *differ) person(k string) {
	w := *d.is.by[k]
	before, listed := d.was.by[k]
	have, ordered := d.held[k]
	ordered = ordered && !have.Left
	switch {
	case listed && sameLines(before.Lines, w.Lines):
		if w.Note != "" && w.Note != before.Note && ordered && sameLines(have.Lines, w.Lines) {
			d.out.Noted = append(d.out.Noted, w)
			return
		}
		d.out.Same++
	case ordered && sameLines(have.Lines, w.Lines):
		if listed {
			d.out.Same++
		} else {
			d.out.Held = append(d.out.Held, w)
		}
	case !listed && !ordered:
		d.out.New = append(d.out.New, w)
	case listed && ordered && sameLines(before.Lines, have.Lines):
		w.Before = before.Lines
		d.out.Changed = append(d.out.Changed, w)
	case ordered:
		w.Before, w.Doubt = have.Lines, Differs
		d.out.Doubts = append(d.out.Doubts, w)
	default:
		w.Doubt = Left
		d.out.Doubts = append(d.out.Doubts, w)
	}
}

// doubts are the lines that nobody can be sure of; one that was asked about already is not asked again.
func (d *differ) doubts() {
	asked := map[string]bool{}
	for _, k := range d.last.Entries {
		if k.Doubt != NoDoubt {
			asked[k.Text] = true
		}
	}
	for _, e := range d.now.Entries {
		if e.Doubt == NoDoubt || asked[e.Text] {
			continue
		}
		w := Want{Number: e.Number, Name: e.Name, Text: e.Text, Doubt: e.Doubt}
		if len(e.Parts) > 0 {
			w.For, w.Building, w.Room, w.Lines = e.Parts[0].For, e.Parts[0].Building, e.Parts[0].Room, e.Parts[0].Lines
		}
		d.out.Doubts = append(d.out.Doubts, w)
	}
}

// missing finds who was there in the last paste and is not any more, and in whose place somebody else stands.
func (d *differ) missing() {
	present, at := map[string]bool{}, map[int]string{}
	for _, e := range d.now.Entries {
		present[Key(e.Name)] = true
		at[e.Number] = e.Name
	}
	known := map[string]bool{}
	for _, k := range d.last.Entries {
		known[Key(k.Name)] = true
	}
	for _, k := range d.was.keys {
		w := *d.was.by[k]
		if present[Key(w.Name)] || d.gone(w) {
			continue
		}
		if other := at[w.Number]; other != "" && !known[Key(other)] {
			d.out.Clashes = append(d.out.Clashes, Clash{Number: w.Number, Old: w.Name, New: other})
			continue
		}
		d.out.Vanished = append(d.out.Vanished, w)
	}
}

// gone reports whether somebody was missing before.
func (d *differ) gone(w Want) bool {
	for _, k := range d.last.Entries {
		if Key(k.Name) == Key(w.Name) && !k.Gone {
			return false
		}
	}
	return true
}

// remember puts the paste first and after it what it has lost.
func (d *differ) remember() {
	next := Memory{English: d.now.English, Title: d.now.Title}
	present := map[string]bool{}
	for _, e := range d.now.Entries {
		next.Entries = append(next.Entries, Known{Entry: e})
		present[Key(e.Name)] = true
	}
	if len(next.Title) == 0 {
		next.Title = d.last.Title
	}
	for _, k := range d.last.Entries {
		if !present[Key(k.Name)] && len(next.Entries) < 2*MaxEntries {
			k.Over = k.Over || slices.ContainsFunc(d.out.Clashes, func(x Clash) bool { return Key(x.Old) == Key(k.Name) })
			k.Gone = true
			next.Entries = append(next.Entries, k)
		}
	}
	d.out.Next = next
}

// Whole is the chain with everybody in it who ever was and has not given up, numbered anew where numbers clash, and after
// them those who ordered by another way.
func Whole(m Memory, orders []Held, bare bool) Chain {
	c := Chain{English: m.English, Title: m.Title}
	listed := map[string]bool{}
	live, left := byPerson(orders)
	for _, k := range m.Entries {
		listed[Key(k.Name)] = true
		if k.Doubt == NoDoubt && allLeft(k.Entry, live, left) {
			continue
		}
		e := k.Entry
		e.Number = len(c.Entries) + 1
		if parts := heldNow(e, live); len(parts) > 0 {
			e.Parts, e.Doubt, e.Text = parts, NoDoubt, Compose(e.Name, parts, bare)
		}
		c.Entries = append(c.Entries, e)
	}
	for _, name := range slices.Sorted(maps.Keys(others(orders, listed))) {
		parts := others(orders, listed)[name]
		c.Entries = append(c.Entries, Entry{Number: len(c.Entries) + 1, Name: name, Parts: parts, Text: Compose(name, parts, bare)})
	}
	return c
}

// byPerson adds up the orders of each person, and notes who gave up all they had.
func byPerson(orders []Held) (live map[string]Held, left map[string]bool) {
	live, left = map[string]Held{}, map[string]bool{}
	for _, h := range orders {
		k := key(h.Name, h.For)
		if h.Left {
			left[k] = true
			continue
		}
		h.Lines = plus(live[k].Lines, h.Lines)
		live[k] = h
	}
	return live, left
}

// heldNow is what an entry's people have ordered, where that is not what the entry says; nil where it is.
func heldNow(e Entry, live map[string]Held) []Part {
	var out []Part
	differs := e.Doubt != NoDoubt
	parts := e.Parts
	if len(parts) == 0 {
		parts = []Part{{}}
	}
	for _, p := range parts {
		h, ok := live[key(e.Name, p.For)]
		if !ok {
			return nil
		}
		differs = differs || len(parts) == 1 && !sameLines(h.Lines, p.Lines)
		p.Lines = h.Lines
		out = append(out, p)
	}
	if !differs {
		return nil
	}
	return out
}

func allLeft(e Entry, live map[string]Held, left map[string]bool) bool {
	for _, p := range e.Parts {
		k := key(e.Name, p.For)
		if _, still := live[k]; still || !left[k] {
			return false
		}
	}
	return len(e.Parts) > 0
}

// others are the orders of people who are not listed.
func others(orders []Held, listed map[string]bool) map[string][]Part {
	out := map[string][]Part{}
	for _, h := range orders {
		if !listed[Key(h.Name)] && !h.Left && len(h.Lines) > 0 {
			out[h.Name] = append(out[h.Name], Part{For: h.For, Lines: h.Lines})
		}
	}
	return out
}
