package words

import (
	"bufio"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"sort"
	"strings"
	"testing"
	"time"
)

var (
	showMisses = flag.Bool("misses", false, "print every miss of the part that is worked on")
	heldOut    = flag.Bool("heldout", false, "print the misses of the part that is held out, too")
)

// isHeldOut picks a third of the lines by their text: they are counted, but looked at only at the end.
func isHeldOut(line string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(line))
	return h.Sum32()%3 == 0
}

// sample is a line of a corpus.
type sample struct {
	line        int
	where, deal string
	text, want  string
	section     string
	held, lax   bool
	items       []Item
	now         time.Time
}

func open(t testing.TB, name string) *bufio.Scanner {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return bufio.NewScanner(f)
}

// joins reads a corpus of orders.
func joins(t testing.TB, name string) []sample {
	t.Helper()
	deals := map[string][]Item{}
	lax := name == "blind9.txt" || name == "blind10.txt" || name == "blind11.txt" // they say neither why nor every note
	var out []sample
	section := ""
	sc := open(t, name)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		switch {
		case strings.HasPrefix(line, "@ "):
			deal, items, _ := strings.Cut(line[2:], ":")
			deals[deal] = goodsOf(items)
		case strings.HasPrefix(line, "#"):
			section = strings.TrimSpace(line[1:])
		case line != "":
			head, rest, ok := strings.Cut(line, ": ")
			text, want, ok2 := cutLast(rest, " => ")
			where, deal, ok3 := strings.Cut(head, " ")
			items, known := deals[deal]
			if !ok || !ok2 || !ok3 || !known {
				t.Fatalf("%s:%d: %s", name, n, line)
			}
			text = strings.NewReplacer("⏎", "\n", "␣", " ").Replace(text)
			out = append(out, sample{line: n, where: where, deal: deal, text: text, want: want, section: section, held: isHeldOut(line), lax: lax, items: items})
		}
	}
	return out
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func goodsOf(s string) []Item {
	var out []Item
	for i, part := range strings.Split(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		letter, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		f := strings.Split(rest, "/")
		out = append(out, Item{Letter: letter, Number: i + 1, Name: f[0], Spec: f[1], Unit: f[2]})
	}
	return out
}

func (s sample) context() Context {
	c := Context{Items: s.items, Group: s.where != "p", Spoken: s.where == "s", OpenDeals: 1}
	if s.deal == "none" {
		c.OpenDeals, c.Items = 0, nil
	}
	return c
}

// written is a meaning in the notation of the corpus.
func written(m Meaning) string {
	switch m.Kind {
	case Silence:
		return "-"
	case Other:
		return "other"
	case Ask:
		return "ask " + string(m.Doubt)
	case Buy, Change, Leave:
	}
	var parts []string
	for _, o := range m.Orders {
		var f []string
		if m.Kind == Leave {
			f = append(f, "leave")
		}
		if o.Mode != Plain {
			f = append(f, string(o.Mode))
		}
		for _, l := range o.Lines {
			letter := l.Letter
			if letter == "" {
				letter = "A"
			}
			if m.Kind != Leave {
				letter += fmt.Sprint(l.Qty)
			}
			f = append(f, letter)
		}
		if o.For != "" {
			f = append(f, "for="+o.For)
		}
		switch {
		case o.Home.Room != "":
			f = append(f, "home="+o.Home.Building+"-"+o.Home.Room)
		case o.Home.Building != "":
			f = append(f, "home="+o.Home.Building)
		}
		if o.Note != "" {
			f = append(f, "note="+o.Note)
		}
		parts = append(parts, strings.Join(f, " "))
	}
	return strings.Join(parts, " ; ")
}

// inOrder has the items of each person sorted: A1 B2 and B2 A1 are the same order.
func inOrder(s string) string {
	people := strings.Split(s, " ; ")
	for i, one := range people {
		f := strings.Fields(one)
		from := 0
		for from < len(f) && !isPick(f[from]) {
			from++
		}
		to := from
		for to < len(f) && isPick(f[to]) {
			to++
		}
		sort.Strings(f[from:to])
		people[i] = strings.Join(f, " ")
	}
	return strings.Join(people, " ; ")
}

// isPick: A2.
func isPick(s string) bool { return s[0] >= 'A' && s[0] <= 'Z' && !strings.Contains(s, "=") }

// laxly leaves out why something is asked, and the notes where none is wanted.
func laxly(s, want string) string {
	if strings.HasPrefix(s, "ask") {
		return "ask"
	}
	if strings.Contains(want, "note=") {
		return s
	}
	people := strings.Split(s, " ; ")
	for i, one := range people {
		people[i], _, _ = strings.Cut(one, " note=")
	}
	return strings.Join(people, " ; ")
}

// acts reports whether a meaning in the notation changes somebody's order.
func acts(s string) bool { return s != "-" && s != "other" && !strings.HasPrefix(s, "ask") }

// score counts how well a part of a corpus is understood.
type score struct {
	all, right        int
	acted, actedRight int // we acted; and it was exactly what was meant
	wanted            int // an order was meant
	asks, asksRight   int
	rest, restRight   int
	bad               []string
}

func (s *score) count(want, got, place string) {
	s.all++
	want, got = inOrder(want), inOrder(got)
	if want == got {
		s.right++
	} else {
		s.bad = append(s.bad, fmt.Sprintf("%s\n      got  %s\n      want %s", place, got, want))
	}
	if acts(got) {
		s.acted++
		if want == got {
			s.actedRight++
		}
	}
	switch {
	case acts(want):
		s.wanted++
	case strings.HasPrefix(want, "ask"):
		if s.asks++; want == got {
			s.asksRight++
		}
	default:
		if s.rest++; want == got {
			s.restRight++
		}
	}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func (s *score) String() string {
	return fmt.Sprintf("%4d lines, orders: precision %.4f (%d/%d) recall %.4f (%d/%d), asked %.3f (%d/%d), left alone %.3f (%d/%d)",
		s.all, ratio(s.actedRight, s.acted), s.actedRight, s.acted, ratio(s.actedRight, s.wanted), s.actedRight, s.wanted,
		ratio(s.asksRight, s.asks), s.asksRight, s.asks, ratio(s.restRight, s.rest), s.restRight, s.rest)
}

func tally(samples []sample, held bool) (*score, map[string]*score) {
	all, by := &score{}, map[string]*score{}
	for _, s := range samples {
		if s.held != held {
			continue
		}
		got := written(Join(s.text, s.context()))
		place := fmt.Sprintf("%d %s %s: %s", s.line, s.where, s.deal, s.text)
		if s.want == "-" && s.where != "g" && got == "other" {
			got = "-" // nothing is ordered
		}
		if s.lax {
			s.want, got = laxly(s.want, s.want), laxly(got, s.want)
		}
		all.count(s.want, got, place)
		if by[s.section] == nil {
			by[s.section] = &score{}
		}
		by[s.section].count(s.want, got, place)
	}
	return all, by
}

func report(t *testing.T, name string, held bool, all *score, by map[string]*score) {
	t.Helper()
	t.Logf("%s: %s", name, all)
	show := *showMisses && (!held || *heldOut)
	var sections []string
	for s := range by {
		sections = append(sections, s)
	}
	sort.Strings(sections)
	for _, s := range sections {
		if len(by[s].bad) == 0 {
			continue
		}
		t.Logf("  %d of %d missed: %s", len(by[s].bad), by[s].all, s)
		if show {
			for _, b := range by[s].bad {
				t.Logf("    line %s", b)
			}
		}
	}
}

// Floors: a wrong order costs somebody money, a missed one costs a second message.
const (
	leastPrecision = 0.995
	leastRecall    = 0.95
)

// TestUnderstand measures the corpora: precision and recall of orders, and what else is missed, by class.
func TestUnderstand(t *testing.T) {
	t.Parallel()
	samples := joins(t, "joins.txt")
	total := &score{}
	for _, held := range []bool{false, true} {
		name := "joins, worked on"
		if held {
			name = "joins, held out "
		}
		all, by := tally(samples, held)
		report(t, name, held, all, by)
		total.add(all)
	}
	for _, file := range []string{"fresh.txt", "fresh2.txt", "blind1.txt", "blind2.txt", "blind3.txt", "blind4.txt", "blind5.txt", "blind6.txt", "blind7.txt", "blind8.txt", "blind9.txt", "blind10.txt", "blind11.txt", "ramble.txt", "tempt.txt"} {
		fresh := joins(t, file)
		for i := range fresh {
			fresh[i].held = true
		}
		all, by := tally(fresh, true)
		report(t, file, true, all, by)
		total.add(all)
	}
	t.Logf("all together: %s", total)
	if ratio(total.actedRight, total.acted) < leastPrecision || ratio(total.actedRight, total.wanted) < leastRecall {
		t.Errorf("orders are understood worse than promised")
	}
}

func (s *score) add(more *score) {
	s.all, s.right, s.acted, s.actedRight, s.wanted = s.all+more.all, s.right+more.right, s.acted+more.acted, s.actedRight+more.actedRight, s.wanted+more.wanted
	s.asks, s.asksRight, s.rest, s.restRight = s.asks+more.asks, s.asksRight+more.asksRight, s.rest+more.rest, s.restRight+more.restRight
}
