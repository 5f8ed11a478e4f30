package wechat

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFieldValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ field, fact, want string }{
		{"thing1", "阳光玫瑰 2 斤装\n一级果", "阳光玫瑰 2 斤装 一级果"},
		{"thing2", strings.Repeat("葡", 21), strings.Repeat("葡", 20)},
		{"thing3", strings.Repeat("葡", 19) + "👨\u200d👩\u200d👧", strings.Repeat("葡", 19)},
		{"thing4", "", ""},
		{"thing5", "\x00 \n", ""},
		{"character_string1", "取货码 7KQ4-M2WX", "7KQ4-M2WX"},
		{"character_string2", strings.Repeat("a", 40), strings.Repeat("a", 32)},
		{"number1", "3 份", "3"},
		{"number2", "共 17.5 斤。", "17.5"},
		{"number3", strings.Repeat("1", 33), ""},
		{"number4", "没有", ""},
		{"letter1", "A1-b", "Ab"},
		{"symbol1", "#12-ab!", "#-!"},
		{"phrase1", "已成团，共 9 人", "已成团共人"},
		{"phrase2", "formed", ""},
		{"name1", "王小明明明明明明明明明", "王小明明明明明明明明"},
		{"name2", "Ann-Marie O'Neill of the Hill", "AnnMarie ONeill of t"},
		{"amount1", "¥1,107.00", "¥1107.00"},
		{"amount2", "59.80 元", "59.80"},
		{"amount3", "¥123456789.00", ""},
		{"phone_number1", "+86 138-0000-0000", "+86138-0000-0000"},
		{"car_number1", "粤A 12345", "粤A12345"},
		{"time1", "2026-05-02 09:05", "2026年5月2日 09:05"},
		{"time2", "2026年5月2日 9:05", "2026年5月2日 09:05"},
		{"time3", "明天", ""},
		{"date1", "2026-05-02", "2026年5月2日"},
		{"time4", "2026-05-02 10:00 ~ 2026-05-02 12:00", "2026年5月2日 10:00 ~ 2026年5月2日 12:00"},
		{"unknown1", "x", ""},
	} {
		got, ok := fieldValue(tc.field, tc.fact)
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("%s of %q: %q %v, want %q", tc.field, tc.fact, got, ok, tc.want)
		}
	}
}

// FuzzFieldValue: whatever a fact holds, a field is in its limits, one line and valid.
func FuzzFieldValue(f *testing.F) {
	for _, s := range []string{"葡萄", "¥1,107.00", "2026-05-02 10:00", "\xff\x00", strings.Repeat("👨\u200d👩", 30)} {
		f.Add(s)
	}
	limits := map[string]int{"thing": 20, "character_string": 32, "number": 32, "letter": 32, "symbol": 5, "phrase": 5, "name": 20, "amount": 13, "phone_number": 17, "car_number": 8}
	f.Fuzz(func(t *testing.T, fact string) {
		for kind, most := range limits {
			value, ok := fieldValue(kind+"1", fact)
			if utf8.RuneCountInString(value) > most || !utf8.ValidString(value) || strings.ContainsAny(value, "\n\r\x00") || ok != (value != "") {
				t.Errorf("%s of %q is %q", kind, fact, value)
			}
		}
	})
}

// FuzzSplit: nothing is lost between pieces but space, and none is too long.
func FuzzSplit(f *testing.F) {
	f.Add("一行\n两行", 64)
	f.Add(strings.Repeat("葡🍇", 600), 2048)
	f.Fuzz(func(t *testing.T, text string, most int) {
		if most = 16 + most%4096; most < 16 || !utf8.ValidString(text) {
			return
		}
		pieces := split(text, most)
		for _, p := range pieces {
			if len(p) > most || p == "" || !utf8.ValidString(p) {
				t.Fatalf("a piece of %d bytes, at most %d", len(p), most)
			}
		}
		if a, b := bones(text), bones(strings.Join(pieces, "")); a != b {
			t.Errorf("%q became %q", a, b)
		}
	})
}

func bones(s string) string { return strings.Join(strings.Fields(s), "") }

func TestScenes(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"deal 7KQ4D", "team a_b-c__d", "code 7KQ4D 12", "_", "a b_c d"} {
		if got := payloadOf(sceneOf(p)); got != p {
			t.Errorf("%q became %q", p, got)
		}
		if strings.Contains(sceneOf(p), " ") {
			t.Errorf("%q has a space", sceneOf(p))
		}
	}
}

// Go's own client waits for ever, and so would every answer behind it.
func TestOurOwnClientGivesUp(t *testing.T) {
	t.Parallel()
	var cfg Config
	_ = check(&cfg) // nothing is set: what is missing does not matter here
	if cfg.HTTP == nil || cfg.HTTP.Timeout <= 0 || cfg.HTTP.Timeout > 5*time.Second {
		t.Errorf("%+v", cfg.HTTP)
	}
}
