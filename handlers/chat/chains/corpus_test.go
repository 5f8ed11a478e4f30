package chains_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tuanbot/handlers/chat/chains"
	"tuanbot/handlers/chat/words"
)

// paste is one text of the corpus with what is expected of it.
type paste struct {
	where   string
	items   []words.Item
	first   bool // of its sequence
	held    []chains.Held
	text    string
	entries []string
	diff    string
	hasDiff bool
	none    bool
}

// corpus reads a file of sequences.
func corpus(t *testing.T, path string) []paste {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []paste
	var items []words.Item
	first := false
	var p *paste
	for i, l := range strings.Split(string(b), "\n") {
		mark, rest, _ := strings.Cut(l, " ")
		switch {
		case strings.HasPrefix(l, "== "):
			_, offer, _ := strings.Cut(l, "|")
			items, first, p = offers(offer), true, nil
		case mark == "--":
			out = append(out, paste{where: fmt.Sprintf("%s:%d", path, i+1), items: items, first: first, held: heldIn(t, strings.TrimPrefix(rest, "held "))})
			p, first = &out[len(out)-1], false
		case p == nil:
		case mark == "=" || mark == "?":
			p.entries = append(p.entries, l)
		case mark == "d":
			p.diff, p.hasDiff = rest, true
		case l == "d":
			p.hasDiff = true
		case l == "none":
			p.none = true
		case len(p.entries) == 0 && !p.hasDiff:
			p.text += l + "\n"
		}
	}
	return out
}

// offers reads A 葡萄 2斤装 份 ; B 草莓 盒.
func offers(s string) []words.Item {
	var out []words.Item
	for i, one := range strings.Split(s, ";") {
		f := strings.Fields(one)
		if len(f) < 2 {
			continue
		}
		it := words.Item{Letter: f[0], Number: i + 1, Name: f[1], Unit: f[len(f)-1]}
		if len(f) > 3 {
			it.Spec = strings.Join(f[2:len(f)-1], " ")
		}
		if f[1] == "Shine" {
			it.Name, it.Spec = "Shine Muscat", f[3]
		}
		out = append(out, it)
	}
	return out
}

func heldIn(t *testing.T, s string) []chains.Held {
	t.Helper()
	var out []chains.Held
	for one := range strings.SplitSeq(s, ";") {
		f := strings.Fields(one)
		if len(f) < 2 {
			continue
		}
		h := chains.Held{Name: f[0]}
		for _, l := range f[1:] {
			n, err := strconv.ParseInt(l[1:], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			h.Lines = append(h.Lines, chains.Line{Letter: l[:1], Qty: n})
		}
		out = append(out, h)
	}
	return out
}

// shown writes an entry as the corpus does.
func shown(e chains.Entry) string {
	if e.Doubt != chains.NoDoubt {
		return fmt.Sprintf("? %d %s", e.Number, e.Name)
	}
	s := fmt.Sprintf("= %d %s", e.Number, e.Name)
	for _, p := range e.Parts {
		if p.For != "" {
			s += " >" + p.For
		}
		for _, l := range p.Lines {
			s += fmt.Sprintf(" %s%d", l.Letter, l.Qty)
		}
		if p.Building != "" || p.Room != "" {
			s += " @" + p.Building + "-" + p.Room
		}
	}
	return s
}

// told writes a difference as the corpus does.
func told(c chains.Change) string {
	var parts []string
	add := func(what string, names []string) {
		if len(names) > 0 {
			parts = append(parts, what+" "+strings.Join(names, " "))
		}
	}
	names := func(ws []chains.Want) (out []string) {
		for _, w := range ws {
			name := w.Name
			if w.For != "" {
				name += ">" + w.For
			}
			out = append(out, name)
		}
		return out
	}
	var clash, differs, doubts []string
	for _, x := range c.Clashes {
		clash = append(clash, x.Old)
	}
	for _, w := range c.Doubts {
		if w.Doubt == chains.Differs || w.Doubt == chains.Left {
			differs = append(differs, w.Name)
		} else {
			doubts = append(doubts, strconv.Itoa(w.Number))
		}
	}
	add("new", names(c.New))
	add("changed", names(c.Changed))
	add("vanished", names(c.Vanished))
	add("clash", clash)
	add("held", names(c.Held))
	add("differs", differs)
	add("doubt", doubts)
	return strings.Join(parts, " | ")
}

// score counts what was expected and what was found, by field.
type score struct{ hit, found, want map[string]int }

func newScore() *score {
	return &score{hit: map[string]int{}, found: map[string]int{}, want: map[string]int{}}
}

func (s *score) set(field string, found, want []string) {
	s.found[field] += len(found)
	s.want[field] += len(want)
	left := slices.Clone(want)
	for _, f := range found {
		if i := slices.Index(left, f); i >= 0 {
			s.hit[field]++
			left = slices.Delete(left, i, i+1)
		}
	}
}

func (s *score) String() string {
	var sb strings.Builder
	for _, f := range []string{"is a chain", "entries", "names", "orders", "homes", "doubts", "diff"} {
		p, r := 1.0, 1.0
		if s.found[f] > 0 {
			p = float64(s.hit[f]) / float64(s.found[f])
		}
		if s.want[f] > 0 {
			r = float64(s.hit[f]) / float64(s.want[f])
		}
		fmt.Fprintf(&sb, "  %-11s precision %.4f (%d/%d)  recall %.4f (%d/%d)\n", f, p, s.hit[f], s.found[f], r, s.hit[f], s.want[f])
	}
	return sb.String()
}

// fields takes a list of entries apart.
func fields(entries []string, of string) []string {
	var out []string
	for _, e := range entries {
		f := strings.Fields(e)
		sure := f[0] == "="
		switch {
		case of == "entries":
			out = append(out, e)
		case of == "doubts" && !sure:
			out = append(out, f[1])
		case of == "names" && sure:
			out = append(out, f[1]+" "+nameIn(f[2:]))
		case of == "orders" && sure:
			for _, w := range orderIn(f[2:]) {
				out = append(out, f[1]+" "+w)
			}
		case of == "homes" && sure:
			for _, w := range f[2:] {
				if strings.HasPrefix(w, "@") {
					out = append(out, f[1]+" "+w)
				}
			}
		}
	}
	return out
}

func isOrder(w string) bool {
	return len(w) > 1 && w[0] >= 'A' && w[0] <= 'Z' && strings.Trim(w[1:], "0123456789") == ""
}

func nameIn(f []string) string {
	var name []string
	for _, w := range f {
		if isOrder(w) || strings.HasPrefix(w, "@") || strings.HasPrefix(w, ">") {
			break
		}
		name = append(name, w)
	}
	return strings.Join(name, " ")
}

func orderIn(f []string) []string {
	var out []string
	whom := ""
	for _, w := range f {
		switch {
		case strings.HasPrefix(w, ">"):
			whom = w
		case isOrder(w):
			out = append(out, whom+w)
		}
	}
	return out
}

// play reads a whole corpus and returns its score and misses.
func play(t *testing.T, path string) (*score, []string) {
	t.Helper()
	s := newScore()
	var misses []string
	var last chains.Memory
	var orders []chains.Held
	for _, p := range corpus(t, path) {
		if p.first {
			last, orders = chains.Memory{}, nil
		}
		orders = append(orders, p.held...)
		c, ok := chains.Read(p.text, p.items)
		var found []string
		if ok {
			s.set("is a chain", []string{"chain"}, []string{"chain"}[:min(1, len(p.entries))])
		} else if !p.none {
			s.want["is a chain"]++
		}
		for _, e := range c.Entries {
			if ok {
				found = append(found, shown(e))
			}
		}
		for _, f := range []string{"entries", "names", "orders", "homes", "doubts"} {
			s.set(f, fields(found, f), fields(p.entries, f))
		}
		if !slices.Equal(found, p.entries) {
			misses = append(misses, fmt.Sprintf("%s\n  want %s\n  got  %s", p.where, strings.Join(p.entries, "; "), strings.Join(found, "; ")))
		}
		if !ok {
			continue
		}
		d := chains.Diff(last, c, orders)
		if p.hasDiff {
			s.set("diff", split(told(d)), split(p.diff))
			if told(d) != p.diff {
				misses = append(misses, fmt.Sprintf("%s diff\n  want %s\n  got  %s", p.where, p.diff, told(d)))
			}
		}
		last, orders = d.Next, carried(orders, d)
	}
	return s, misses
}

func split(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, " | ") {
		f := strings.Fields(part)
		for _, w := range f[min(1, len(f)):] {
			out = append(out, f[0]+" "+w)
		}
	}
	return out
}

// carried does what a difference asks for.
func carried(orders []chains.Held, d chains.Change) []chains.Held {
	for _, w := range d.New {
		orders = append(orders, chains.Held{Name: w.Name, For: w.For, Lines: w.Lines})
	}
	for _, w := range d.Changed {
		for i := range orders {
			if chains.Key(orders[i].Name) == chains.Key(w.Name) && orders[i].For == w.For {
				orders[i].Lines = w.Lines
			}
		}
	}
	return orders
}

// The corpora are measured; a wrong order costs money, so that orders must be nearly always right.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"testdata/chains.txt", "testdata/chains_heldout.txt", "testdata/chains_blind1.txt", "testdata/chains_blind2.txt"} {
		if strings.Contains(path, "heldout") && os.Getenv("HELDOUT") == "" {
			continue
		}
		s, misses := play(t, path)
		if hit, found, want := s.hit["orders"], s.found["orders"], s.want["orders"]; float64(hit) < 0.995*float64(found) || float64(hit) < 0.95*float64(want) {
			t.Errorf("%s: %d of %d orders found are right, %d were expected", path, hit, found, want)
		}
		t.Logf("%s\n%s%s", path, s, strings.Join(misses, "\n"))
	}
}
