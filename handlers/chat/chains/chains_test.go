package chains_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tuanbot/handlers/chat/chains"
	"tuanbot/handlers/chat/words"
)

var twoItems = []words.Item{{Letter: "A", Number: 1, Name: "葡萄", Spec: "2斤装", Unit: "份"}, {Letter: "B", Number: 2, Name: "草莓", Unit: "盒"}}

// What is printed is read back as it was, for chains made of names, quantities, homes and neighbours.
func TestPrintedChainReadsBack(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[张王李赵海晓春芳梅兰云静][明华丽娟强伟芬][妈姐哥]?|[A-Z][a-z]{3,7}`)
	rapid.Check(t, func(t *rapid.T) {
		c := chains.Chain{English: rapid.Bool().Draw(t, "english"), Title: rapid.SliceOfN(rapid.SampledFrom([]string{"周末水果", "今晚8点截止", "📍3号楼大厅自提", "Fruit for Saturday"}), 0, 3).Draw(t, "title")}
		for i, who := range rapid.SliceOfNDistinct(name, 1, 12, chains.Key).Draw(t, "names") {
			p := chains.Part{}
			for _, letter := range []string{"A", "B"}[rapid.IntRange(0, 1).Draw(t, "from"):] {
				p.Lines = append(p.Lines, chains.Line{Letter: letter, Qty: rapid.Int64Range(1, 99).Draw(t, "qty")})
			}
			if rapid.Bool().Draw(t, "home") {
				p.Building, p.Room = rapid.StringMatching(`[1-9][0-9]?`).Draw(t, "building"), rapid.StringMatching(`[1-9]0[1-9]`).Draw(t, "room")
			}
			if rapid.Bool().Draw(t, "noted") {
				p.Note = rapid.SampledFrom([]string{"要红的", "放门卫", "要熟一点", "no bag please"}).Draw(t, "note")
			}
			c.Entries = append(c.Entries, chains.Entry{Number: i + 1, Name: who, Parts: []chains.Part{p}, Text: chains.Compose(who, []chains.Part{p}, false)})
		}
		got, ok := chains.Read(chains.Print(c), twoItems)
		if !ok || !same(got, c) {
			t.Fatalf("printed\n%s\nwant %+v\ngot  %+v", chains.Print(c), c, got)
		}
	})
}

// Whatever is understood of a text, printing it and reading it again gives the same.
func TestReadingIsStable(t *testing.T) {
	t.Parallel()
	line := rapid.SampledFrom([]string{
		"#接龙", "#Group Note", "", "规则:", "1、今晚8点截止", "2、周六自提", "1. 小明 A2", "2. 王姐", "3. 老周 B1 3-502", "A2 B1", "4.李娟 草莓两盒(要红的)",
		"5) 阿芳来一盒草莓", "谢谢大家", "29.9元一份", "① 小陈 A1", "2号 大刘 B2", "Bob 2 A", "接龙:小明A2、王姐B1", "12. Ann B x2", "3. 小明 帮王奶奶 A1", "1小雨A3",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(line, 1, 14).Draw(t, "lines"), "\n")
		c, ok := chains.Read(text, twoItems)
		if !ok {
			return
		}
		again, ok := chains.Read(chains.Print(c), twoItems)
		if !ok || !same(again, c) {
			t.Fatalf("of\n%s\nwas printed\n%s\nwant %+v\ngot  %+v", text, chains.Print(c), c, again)
		}
	})
}

func same(a, b chains.Chain) bool {
	if len(a.Title) == 0 && len(b.Title) == 0 {
		a.Title, b.Title = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// A paste that is compared with itself changes nothing, and what vanished once is not new when it comes back.
func TestSamePasteChangesNothing(t *testing.T) {
	t.Parallel()
	long, _ := chains.Read("#接龙\n水果\n\n1. 小明 A2\n2. 王姐 B1\n3. 老周 A1", twoItems)
	short, _ := chains.Read("#接龙\n水果\n\n1. 小明 A2\n2. 老周 A1", twoItems)
	first := chains.Diff(chains.Memory{}, long, nil)
	orders := carried(nil, first)
	if d := chains.Diff(first.Next, long, orders); !d.Quiet() || d.Same != 3 {
		t.Errorf("the same paste: %s", told(d))
	}
	lost := chains.Diff(first.Next, short, orders)
	if told(lost) != "vanished 王姐" {
		t.Errorf("lost: %s", told(lost))
	}
	if d := chains.Diff(lost.Next, short, orders); !d.Quiet() {
		t.Errorf("asked twice: %s", told(d))
	}
	if d := chains.Diff(lost.Next, long, orders); !d.Quiet() {
		t.Errorf("came back: %s", told(d))
	}
	if whole := chains.Whole(lost.Next, orders, false); len(whole.Entries) != 3 || whole.Entries[2].Name != "王姐" || whole.Entries[2].Number != 3 {
		t.Errorf("printed: %s", chains.Print(whole))
	}
}

// Who changed the order by another way is asked, not overruled.
func TestOrdersOfAnotherWayStay(t *testing.T) {
	t.Parallel()
	one, _ := chains.Read("#接龙\n水果\n\n1. 小明 A2\n2. 王姐 B1", twoItems)
	two, _ := chains.Read("#接龙\n水果\n\n1. 小明 A3\n2. 王姐 B2", twoItems)
	last := chains.Diff(chains.Memory{}, one, nil).Next
	orders := []chains.Held{{Name: "小明", Lines: []chains.Line{{Letter: "A", Qty: 5}}}, {Name: "王姐", Lines: []chains.Line{{Letter: "B", Qty: 1}}, Left: true}}
	if d := chains.Diff(last, two, orders); told(d) != "differs 小明 王姐" {
		t.Errorf("got %s", told(d))
	}
	if d := chains.Diff(last, one, orders); !d.Quiet() {
		t.Errorf("an old paste: %s", told(d))
	}
}

// shapes are pieces that make long lists hard.
var shapes = []string{
	"1. 小明 A2 B1\n", "2. 王姐帮李姐带一份帮王姐带两份\n", "1.1.1.1. ", "小明、", "((((", "帮", "A2 ", "#接龙\n", "3栋502 ", "7", "A", "一", " ", "\n", "()", "(a)\n",
	"1 小明\n", "接龙:小明2,", "王\nA1\n", "1. 小明\nA1\n", "7. 王姐 A2 草莓两盒 3-502\n", "🍇", "葡萄", "1. 小明 x\n", "例 ",
}

// However long a text is, the work on it and what comes of it are bounded, and grow no faster than it.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	for _, one := range shapes {
		long := func(part int) string {
			return "#接龙\n" + strings.Repeat(one, (chains.MaxText-10)/utf8.RuneCountInString(one)/part)
		}
		small, big := chains.Work(long(4), twoItems), chains.Work(long(1), twoItems)
		if big > 5*small+1000 {
			t.Errorf("%q: %d steps for a quarter of the longest text, %d for the longest", one, small, big)
		}
		if _, ok := chains.Read(long(1)+strings.Repeat(one, 20), twoItems); ok && utf8.RuneCountInString(one)*20 > 10 {
			t.Errorf("%q: read past the longest text", one)
		}
		c, _ := chains.Read(long(1), twoItems)
		if len(c.Entries) > chains.MaxEntries {
			t.Errorf("%q: %d entries", one, len(c.Entries))
		}
	}
}

func BenchmarkRead64KB(b *testing.B) {
	for _, one := range shapes {
		text := "#接龙\n" + strings.Repeat(one, 1+(64<<10)/len(one))
		b.Run(strings.Fields(one + " blank")[0], func(b *testing.B) {
			for b.Loop() {
				chains.Read(text, twoItems)
			}
		})
	}
}

// BenchmarkReadLongest reads the longest texts that are read at all.
func BenchmarkReadLongest(b *testing.B) {
	for _, one := range shapes {
		text := "#接龙\n" + strings.Repeat(one, (chains.MaxText-10)/utf8.RuneCountInString(one))
		b.Run(strings.Fields(one + " blank")[0], func(b *testing.B) {
			for b.Loop() {
				chains.Read(text, twoItems)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"#接龙\n1. 小明 A2", "接龙:小明2、王姐1", "1. a\n2. b\n3. c", "#Group Note\n\n1. Ann A2 (x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := chains.Read(s, twoItems)
		if !ok {
			return
		}
		if len(c.Entries) > chains.MaxEntries || len(chains.Print(c)) > 4*len(s)+200*len(c.Entries)+2000 {
			t.Fatalf("out of bounds: %d entries of %d bytes", len(c.Entries), len(s))
		}
		again, ok := chains.Read(chains.Print(c), twoItems)
		if !ok || len(again.Entries) != len(c.Entries) {
			t.Fatalf("%d entries became %d (%v):\n%s", len(c.Entries), len(again.Entries), ok, chains.Print(c))
		}
		chains.Diff(chains.Diff(chains.Memory{}, c, nil).Next, again, nil)
	})
}

// TestAVerbIsNoName: who writes that they want some, and not how much, is asked by their name alone.
func TestAVerbIsNoName(t *testing.T) {
	t.Parallel()
	c, ok := chains.Read("#接龙\n\n1. 小明 A2\n2. 晓晓 要\n3. 老周 B1\n4. Ann me too", []words.Item{{Letter: "A", Name: "葡萄"}, {Letter: "B", Name: "草莓"}})
	if !ok || len(c.Entries) != 4 || c.Entries[1].Name != "晓晓" || c.Entries[3].Name != "Ann" {
		t.Errorf("%v %+v", ok, c.Entries)
	}
}
