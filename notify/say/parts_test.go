package say_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/notify/say"
)

func TestNameIsSafeToShow(t *testing.T) {
	t.Parallel()
	family, flag, thumb := "👨‍👩‍👧‍👦", "🇨🇳", "👍🏽"
	for in, want := range map[string]string{
		"小明":                 "小明",
		"  Ann \n Lee ":      "Ann Lee",
		"":                   "邻居",
		"\u200b\u2060\u00ad": "邻居",
		"一二三四五六七八九十甲乙":       "一二三四五六七八九十甲乙",
		"一二三四五六七八九十甲乙丙":                   "一二三四五六七八九十甲…",
		strings.Repeat(family, 13):        strings.Repeat(family, 11) + "…",
		strings.Repeat(flag, 12):          strings.Repeat(flag, 12),
		strings.Repeat(thumb, 13):         strings.Repeat(thumb, 11) + "…",
		"e\u0301" + "tienne":              "e\u0301tienne",
		"z\u0300\u0301\u0302\u0303\u0304": "z\u0300\u0301\u0302",
		"\u202eevil\u202c":                "evil",
		"\u2066abc\u2069":                 "abc",
		"@all":                            "＠all",
		"<b>Bob</b>":                      "＜b＞Bob＜/b＞",
		"✅ 小王已付款":                         "小王已付款",
		"🎉🎉":                              "邻居",
		"[click](x)":                      "［click］(x)",
		"a\x00b\x1b[31m":                  "ab［31m",
		"\u3164":                          "邻居",
		"李\u200d雷":                        "李雷",
	} {
		if got := voice(domain.Chinese).Name(in); got != want {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"小明", "👨‍👩‍👧‍👦🇨🇳", "a\u0301\u0302\u0303\u0304", "\u202e@all", "\xff\xfe", "🇨🇳🇨"} {
		f.Add(s)
	}
	v := voice(domain.English)
	f.Fuzz(func(t *testing.T, s string) {
		got := v.Name(s)
		switch {
		case got == "" || !utf8.ValidString(got):
			t.Errorf("%q became %q", s, got)
		case strings.ContainsAny(got, "\n\r\t\x00<>@`\u202e\u202d\u2066\u200b"):
			t.Errorf("%q became %q", s, got)
		case got != v.Name(got) && !strings.HasSuffix(got, "…"):
			t.Errorf("%q became %q and then %q", s, got, v.Name(got))
		}
	})
}

func TestClock(t *testing.T) {
	t.Parallel()
	at := func(days, hour, minute int) time.Time {
		n := now()
		return time.Date(n.Year(), n.Month(), n.Day()+days, hour, minute, 0, 0, shanghai())
	}
	for _, c := range []struct {
		at     time.Time
		zh, en string
	}{
		{at(0, 20, 0), "今晚 8 点", "8 pm tonight"},
		{at(0, 20, 30), "今晚 8 点半", "8:30 pm tonight"},
		{at(0, 20, 5), "今晚 8:05", "8:05 pm tonight"},
		{at(0, 16, 0), "今天下午 4 点", "4 pm today"},
		{at(0, 9, 0), "今天上午 9 点", "9 am today"},
		{at(0, 0, 0), "今天凌晨 0 点", "0:00 today"},
		{at(1, 12, 0), "明天中午 12 点", "noon tomorrow"},
		{at(1, 7, 15), "明天早上 7:15", "7:15 am tomorrow"},
		{at(1, 21, 0), "明晚 9 点", "9 pm tomorrow"},
		{at(-1, 20, 0), "昨晚 8 点", "8 pm yesterday"},
		{at(-1, 10, 0), "昨天上午 10 点", "10 am yesterday"},
		{at(8, 10, 0), "5月9日周六 10:00", "Sat 9 May, 10 am"},
		{at(250, 10, 0), "2027年1月6日周三 10:00", "Wed 6 Jan 2027, 10 am"},
	} {
		if got := voice(domain.Chinese).Clock(c.at.UTC()); got != c.zh {
			t.Errorf("zh %s: %s, want %s", c.at, got, c.zh)
		}
		if got := voice(domain.English).Clock(c.at.UTC()); got != c.en {
			t.Errorf("en %s: %s, want %s", c.at, got, c.en)
		}
	}
}

func TestClockFollowsTheZone(t *testing.T) {
	t.Parallel()
	v := voice(domain.Chinese)
	v.Zone = time.FixedZone("", -5*3600) // 2 am of the same day there
	if got, want := v.Clock(evening()), "今天早上 7 点"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]money.Amount{
		"¥0.01": money.Yuan(1), "¥29.90": money.Yuan(2990), "¥1,107.00": money.Yuan(110700), "-¥5.00": money.Yuan(-500),
		"¥12,345,678.90": money.Yuan(1234567890), "¥0.00": {}, "US$3.00": money.Of(300, "USD"), "JPY 3.00": money.Of(300, "JPY"),
	} {
		if got := say.Money(a); got != want {
			t.Errorf("Money(%d) = %s, want %s", a.Fen(), got, want)
		}
	}
}

func TestActionsReadBack(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		say.Do(say.VerbUndo, "D7KQ2", 999999), say.DoPicks(say.VerbJoin, "D7KQ2", say.Picked{Letter: "A", Qty: 999}, say.Picked{Letter: "B", Qty: 1}),
		say.DoTeam("D7KQ2", 12345, say.Picked{Letter: "A", Qty: 2}), say.DoChange("D7KQ2", 12), say.Plain(say.VerbPick, "2"), say.Plain(say.VerbOrders),
		"team Tk-9_xYz", "deal D7KQ2",
	} {
		a, ok := say.ParseAction(s)
		if !ok || a.String() != s || len(s) > say.MaxAction {
			t.Errorf("%q: %+v %v, written %q", s, a, ok, a.String())
		}
	}
	a, _ := say.ParseAction("join d7kq2 a2 B")
	ps, ok := a.Picks(0)
	if a.Verb != say.VerbJoin || a.Deal != "D7KQ2" || !ok || len(ps) != 2 || ps[0] != (say.Picked{Letter: "A", Qty: 2}) || ps[1].Qty != 1 {
		t.Errorf("%+v %+v %v", a, ps, ok)
	}
	ws, ok := say.Wants(several(domain.Chinese).Items, ps)
	if !ok || len(ws) != 2 || ws[1] != (domain.Want{Item: "i2", Qty: 1}) {
		t.Errorf("%+v %v", ws, ok)
	}
	if _, ok := say.Wants(chain(domain.Chinese).Items, ps); ok {
		t.Error("an item that is not on offer was found")
	}
	a, _ = say.ParseAction("undo D7KQ2 12")
	if a.Number(0) != 12 || a.Number(1) != 0 || a.Number(-1) != 0 {
		t.Errorf("%+v", a)
	}
}

func TestActionsOfNobodys(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "  ", "JOIN x", "join D7;Q2", "join D7KQ2 <b>", "join D7KQ2 加", strings.Repeat("x", 300), "1join"} {
		if a, ok := say.ParseAction(s); ok {
			t.Errorf("%q was read as %+v", s, a)
		}
	}
	for _, s := range []string{"join D7KQ2 2", "join D7KQ2 A-1", "join D7KQ2 A99999999999999999999"} {
		a, _ := say.ParseAction(s)
		if _, ok := a.Picks(0); ok {
			t.Errorf("%q has picks", s)
		}
	}
}

func TestNobodysNameFillsAPlaceholder(t *testing.T) {
	t.Parallel()
	a := answer(domain.Chinese, domain.DidJoin)
	r := voice(domain.Chinese).Answer(a, say.Facts{Group: true, Name: "{no}{who}"})[0]
	if want := "✅ ｛no｝｛who｝ +2（跟团号 12）· 共 17 份，还差 3 份"; r.Text != want {
		t.Errorf("%s, want %s", r.Text, want)
	}
}
