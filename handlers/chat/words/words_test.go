package words

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "12": 12, "一": 1, "两": 2, "俩": 2, "仨": 3, "十": 10, "十二": 12, "二十": 20, "二十三": 23, "一百零五": 105, "一百二": 120, "一百二十": 120, "廿": 20, "廿五": 25,
		"半打": 6, "一打": 12, "两打": 24, "２": 2, "3️⃣": 3, "🔟": 10, "兩": 2, "two": 2, "half a dozen": 6, "a dozen": 12, "99999999999999999999": Huge, "一千二": 1200,
	} {
		if n, kind := Number(text); kind != Whole || n != want {
			t.Errorf("%s is %d (%d), want %d", text, n, kind, want)
		}
	}
	for text, want := range map[string]NumberKind{"半": Fraction, "2.5": Fraction, "1/2": Fraction, "两三": Vague, "一两": Vague, "1-2": Vague, "十几": Vague} {
		if _, kind := Number(text); kind != want {
			t.Errorf("%s is of kind %d, want %d", text, kind, want)
		}
	}
	for _, text := range []string{"", "份", "A", "两个半", "12a", "五零二", "一二三"} {
		if n, kind := Number(text); kind != NotNumber {
			t.Errorf("%q is %d", text, n)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"＋２　Ａ": "+2 a", "來兩份": "来两份", "\u202e+2\u202c": "+2", "➕2️⃣": "+2", "+1\u200b": "+1", "A×2、B＊1": "a*2,b*1", "訂３箱，謝謝！": "订3箱,谢谢!", "\x00 +1 \t": "+1",
		"👍🏽": "👍", "🔟": "10", "": "",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
	}
	if got := Tidy("Ａnn 來 ×2"); got != "Ann 來 *2" {
		t.Errorf("Tidy gives %q", got)
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"阳光玫瑰": "ygmg", "丹东草莓": "ddcm", "陽光玫瑰": "ygmg", "A4纸": "a4z", "𠀀": ""} {
		if got := Initials(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestLexiconsAreSets: a word in two rows would mean one thing today and another tomorrow, for maps have no order.
func TestLexiconsAreSets(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]lexicon{"phrases": phrases(), "units": units(), "stickers": stickers(), "relations": kin(), "titles": nameTitles()} {
		seen := map[string]token{}
		for _, entries := range l {
			for _, e := range entries {
				if before, twice := seen[string(e.word)]; twice && before != e.kind {
					t.Errorf("%s: %q stands in two rows", name, string(e.word))
				}
				seen[string(e.word)] = e.kind
			}
		}
	}
}

// TestReadings: the quantities that a doubtful unit may mean are offered.
func TestReadings(t *testing.T) {
	t.Parallel()
	m := Join("来4斤", Context{Items: []Item{{Letter: "A", Name: "葡萄", Spec: "2斤装", Unit: "箱"}}, Group: true, OpenDeals: 1})
	if m.Kind != Ask || m.Doubt != DoubtSpec || fmt.Sprint(m.Orders[0].Lines[0].Readings) != "[2 4]" {
		t.Errorf("来4斤 is %+v", m)
	}
}

// TestWhenInOtherZones: the hours of a day that the clock changes are those on the wall.
func TestWhenInOtherZones(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip("this machine knows no zones")
	}
	now := time.Date(2026, 3, 7, 20, 0, 0, 0, zone) // clocks go forward in the night
	for text, want := range map[string]string{"tomorrow at noon": "2026-03-08T12:00:00-04:00", "明晚8点": "2026-03-08T20:00:00-04:00", "in 24 hours": "2026-03-08T21:00:00-04:00"} {
		r, err := When(text, now.UTC(), zone)
		if got := r.At.Format(time.RFC3339); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, err, want)
		}
	}
}

func TestSpansAndRanges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"2小时": 2 * time.Hour, "半小时": 30 * time.Minute, "一个半小时": 90 * time.Minute, "3 days": 72 * time.Hour, "每团 24 小时": 24 * time.Hour} {
		if d, ok := Span(text); !ok || d != want {
			t.Errorf("%s is %s, want %s", text, d, want)
		}
	}
	for text, want := range map[string]string{"自提 周六10:00-12:00 大厅": "周六10:00-12:00", "下午3点到5点": "下午3点到5点", "Sat 10am-12pm": "Sat 10am-12pm", "明天 9:30~11:00": "明天 9:30~11:00", "3-502": "", "A-2": ""} {
		from, to, ok := Range(text)
		if got := text[from:to]; got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

var worst = []string{
	"+1 ", "帮", "帮王", "A2", "草莓", "一", "1", "1-", "3-502 ", "王姐+1 ", "a ", "for Ann ", "(", "一二", "五零二", "明天", "8", "8:", "5月", "再来", "x", "，", "https://", "阳光", "一个半", "5/3 ", "in ",
	"🍓", "\u202e", "\n", "改成", "两份", "#", "备注:", "A", "0123456789", " ", "孩子爱吃", "孩子爱吃，", "很", "上次的", "上次的好吃 ", "终于等到了！", "要大的，", "来两份，要大的，", "1.馄饨2袋\n", "家里", "have been ", "the kids love these, ",
	"谢谢群主", "阳光玫瑰好吃，", "放门口，", "没阳光玫瑰了，", "合计2箱，", "13800138000，", "thanks for ", "两箱不够吃，", "阳", "小", "合计", "孙子期末考完了，", "孙子期末考完了", "the twins are devouring these, ", "公母", "我们仨一人", "翠园", "好吃下次",
}

// many is the most that a deal offers, with the longest names that are looked at, all alike.
func many() []Item {
	var out []Item
	for i := range 60 {
		out = append(out, Item{Letter: string(rune('A' + i%26)), Number: i + 1, Name: strings.Repeat("阳光玫瑰", 9) + fmt.Sprint(i), Spec: "2斤装", Unit: "箱"})
	}
	return out
}

var goods = []Item{{Letter: "A", Number: 1, Name: "阳光玫瑰", Spec: "2斤装", Unit: "箱"}, {Letter: "B", Number: 2, Name: "丹东草莓", Spec: "3斤", Unit: "盒"}, {Letter: "C", Number: 3, Name: "Free-range eggs", Spec: "30", Unit: "tray"}}

// TestWorkIsLinear: twice the text is at most about twice the steps, whatever it repeats, and a rune is never looked at more
// than so often.
func TestWorkIsLinear(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 19, 30, 0, 0, east8)
	for _, w := range worst {
		for _, ctx := range []Context{{Items: goods, OpenDeals: 1}, {Items: goods, Group: true, OpenDeals: 1}, {OpenDeals: 1}, {Items: many(), Group: true, OpenDeals: 1}} {
			times := mostOrder / 2 / utf8.RuneCountInString(w)
			_, small := join(strings.Repeat(w, times), ctx)
			_, big := join(strings.Repeat(w, 2*times), ctx)
			if big > 2*small+200 || big > 60*mostOrder {
				t.Errorf("%q ×%d takes %d steps, twice that %d", w, times, small, big)
			}
		}
		_, small, _ := when(strings.Repeat(w, 800), now, east8)
		_, big, _ := when(strings.Repeat(w, 1600), now, east8)
		if big > 2*small+200 {
			t.Errorf("when %q ×800 takes %d steps, ×1600 %d", w, small, big)
		}
	}
}

func BenchmarkJoin64K(b *testing.B) {
	for i, w := range worst {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			text := strings.Repeat(w, 64<<10/len(w))
			for b.Loop() {
				Join(text, Context{Items: goods, OpenDeals: 1})
			}
		})
	}
}

// BenchmarkJoinLongest is of messages as long as we read, with as many goods as a deal may have.
func BenchmarkJoinLongest(b *testing.B) {
	items := many()
	for i, w := range worst {
		for _, group := range []bool{true, false} {
			b.Run(fmt.Sprintf("%d-%v", i, group), func(b *testing.B) {
				text := strings.Repeat(w, mostOrder/utf8.RuneCountInString(w))
				for b.Loop() {
					Join(text, Context{Items: items, Group: group, OpenDeals: 1})
				}
			})
		}
	}
}

func BenchmarkWhen64K(b *testing.B) {
	now := time.Date(2026, 5, 1, 19, 30, 0, 0, east8)
	for i, w := range worst {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			text := strings.Repeat(w, 64<<10/len(w))
			for b.Loop() {
				_, _ = When(text, now, east8)
			}
		})
	}
}

func FuzzJoin(f *testing.F) {
	for _, s := range append(joins(f, "joins.txt"), joins(f, "fresh.txt")...) {
		f.Add(s.text, s.where == "g")
	}
	f.Fuzz(func(t *testing.T, text string, group bool) {
		m := Join(text, Context{Items: goods, Group: group, OpenDeals: 1})
		if group && len(m.Rest) > 0 && m.Kind != Silence {
			t.Errorf("%q acts on what nothing explains: %+v", text, m)
		}
		if len(m.Orders) > 2*mostPeople+2 || len(m.Rest) > mostUnknown+2 {
			t.Errorf("%q has %d orders", text, len(m.Orders))
		}
		for _, o := range m.Orders {
			if len(o.Lines) > 2*mostLines+2 || utf8.RuneCountInString(o.For) > 40 {
				t.Errorf("%q: %d lines for %q", text, len(o.Lines), o.For)
			}
			for _, l := range o.Lines {
				if acts := m.Kind == Buy || m.Kind == Change; acts && (l.Qty < 0 || l.Qty > MaxQty || l.Item < 0 || l.Item >= len(goods)) {
					t.Errorf("%q orders %+v", text, l)
				}
			}
		}
		if again := Join(Tidy(text), Context{Items: goods, Group: group, OpenDeals: 1}); written(again) != written(m) && m.Kind != Silence && !strings.Contains(written(m), "=") {
			t.Errorf("%q is %s, tidied %s", text, written(m), written(again))
		}
		Join(text, Context{})
	})
}

func FuzzWhen(f *testing.F) {
	for _, s := range dates(f, "dates.txt") {
		f.Add(s.text)
	}
	now := time.Date(2026, 5, 1, 19, 30, 0, 0, east8)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := When(text, now, east8)
		if r.From < 0 || r.To < r.From || r.To > len(text) || err == nil && (r.To == r.From || !r.At.After(now)) {
			t.Errorf("%q: %+v %v", text, r, err)
		}
		if err == nil && (r.At.Year() > 2200 || !utf8.ValidString(text[r.From:r.To]) && utf8.ValidString(text)) {
			t.Errorf("%q: %+v", text, r)
		}
		Span(text)
		if from, to, ok := Range(text); ok && (from >= to || to > len(text)) {
			t.Errorf("%q: %d-%d", text, from, to)
		}
	})
}

func FuzzFold(f *testing.F) {
	f.Add("＋２ 來")
	f.Fuzz(func(t *testing.T, text string) {
		once := Fold(text)
		if twice := Fold(once); twice != once || utf8.RuneCountInString(once) > 2*utf8.RuneCountInString(text) {
			t.Errorf("%q folds to %q and then %q", text, once, twice)
		}
		Number(text)
		Initials(text)
	})
}
