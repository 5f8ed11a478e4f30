package chat

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tuanbot/assets"
	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

func TestWishes(t *testing.T) {
	t.Parallel()
	bare := func(n int64) []pick { return []pick{{Qty: n}} }
	for _, c := range []struct {
		text string
		want wish
	}{
		{"+2", wish{Picks: bare(2)}},
		{"＋２", wish{Picks: bare(2)}},
		{"来两份", wish{Picks: bare(2)}},
		{"我要半打", wish{Picks: bare(6)}},
		{"count me in for two", wish{Picks: bare(2)}},
		{"报名", wish{Picks: bare(1)}},
		{"A*2 B+1", wish{Picks: []pick{{"A", 2}, {"B", 1}}}},
		{"a2b1", wish{Picks: []pick{{"A", 2}, {"B", 1}}}},
		{"2A 1B 3栋502", wish{Picks: []pick{{"A", 2}, {"B", 1}}, Home: home{Building: "3", Room: "502"}}},
		{"+2 3-502", wish{Picks: bare(2), Home: home{Building: "3", Room: "502"}}},
		{"+1 3号楼2单元502室", wish{Picks: bare(1), Home: home{Building: "3", Room: "2-502"}}},
		{"join 2 bldg 3 rm 502", wish{Picks: bare(2), Home: home{Building: "3", Room: "502"}}},
		{"帮小王来俩", wish{Picks: bare(2), For: "小王"}},
		{"替 张阿姨 A2", wish{Picks: []pick{{"A", 2}}, For: "张阿姨"}},
		{"+1 for Ann", wish{Picks: bare(1), For: "Ann"}},
		{"join 2 for Mary Jane", wish{Picks: bare(2), For: "Mary Jane"}},
		{"D7KQ2 +2", wish{Picks: bare(2), Code: "D7KQ2"}},
		{"+2 #d7kq2", wish{Picks: bare(2), Code: "D7KQ2"}},
		{"+1 谢谢团长", wish{Picks: bare(1)}},
		{"来两份葡萄", wish{Picks: bare(2), Rest: []string{"葡萄"}}},
		{"12号 3", wish{Picks: bare(3), Serial: 12}},
	} {
		w := readWish(words.Tidy(c.text))
		got := wish{Picks: w.Picks, For: w.For, Home: w.Home, Code: w.Code, Serial: w.Serial, Rest: w.Rest}
		if !reflect.DeepEqual(got, c.want) || w.Trouble != "" {
			t.Errorf("%s reads %+v (%s), want %+v", c.text, got, w.Trouble, c.want)
		}
		if c.text != "12号 3" && !w.isOrder() {
			t.Errorf("%s is no order", c.text)
		}
	}
}

func TestWishesInTrouble(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+2.5": "quantity", "来半份": "quantity", "1/2份": "quantity", "-2": "quantity", "+ -1": "quantity", "A-2": "quantity",
		"+2 +3": "contradiction", "A2 A3": "contradiction", "A2 +3": "contradiction",
	} {
		if w := readWish(words.Tidy(text)); w.Trouble != want || !w.isOrder() {
			t.Errorf("%s: %q, want %q", text, w.Trouble, want)
		}
	}
}

func TestWhen(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CST", 8*3600)
	now := time.Date(2026, 5, 1, 19, 30, 0, 0, zone) // a Friday
	for text, want := range map[string]string{
		"今晚8点": "05-01 20:00", "今晚 10 点半": "05-01 22:30", "明天中午12点": "05-02 12:00", "明天中午": "05-02 12:00", "周六10:00": "05-02 10:00",
		"下周一 9点": "05-04 09:00", "5月9日 20:00": "05-09 20:00", "20:30": "05-01 20:30", "8点": "05-01 20:00", "晚上12点": "05-02 00:00",
		"明晚八点半": "05-02 20:30", "后天下午3点": "05-03 15:00", "2小时后": "05-01 21:30", "半小时后": "05-01 20:00", "今晚": "05-01 22:00",
		"in 3 hours": "05-01 22:30", "8 pm tonight": "05-01 20:00", "tonight at 10": "05-01 22:00", "noon tomorrow": "05-02 12:00",
		"tomorrow 20:00": "05-02 20:00", "8pm on Saturday": "05-02 20:00", "next fri 6 pm": "05-08 18:00", "2026-05-03 18:00": "05-03 18:00",
		"midnight": "05-02 00:00", "凌晨1点": "05-02 01:00",
	} {
		f, ok := readWhen(words.Tidy(text), now)
		if got := f.At.In(zone).Format("01-02 15:04"); !ok || got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "29.9", "25点", "13月40日 8点", "20份", "A2", "soon"} {
		if f, ok := readWhen(text, now); ok {
			t.Errorf("%q is %s", text, f.At)
		}
	}
}

func TestPlainUnderstands(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CST", 8*3600)
	in := Setting{Now: time.Date(2026, 5, 1, 19, 0, 0, 0, zone), Currency: money.CNY}
	tonight := time.Date(2026, 5, 1, 20, 0, 0, 0, zone)
	muscat := Draft{
		Title: "阳光玫瑰", Items: []DraftItem{{Spec: "2斤装", Group: 2990, Solo: 4900}}, Threshold: 20, ThresholdUnit: domain.UnitShares, Deadline: tonight,
		Place: "3号楼大厅", PickupTime: "周六10:00-12:00",
	}
	for text, want := range map[string]Draft{
		"阳光玫瑰 2斤装 29.9元 单买49 20份成团 今晚8点截止 3号楼大厅自提 周六10:00-12:00":                   muscat,
		"今晚8点截止，20份成团，周六10:00-12:00，3号楼大厅自提，单买 49 元，阳光玫瑰，29.90，2斤装":                muscat,
		"阳光玫瑰\n价格：29.9\n单买：49\n规格：2斤装\n成团 20 份成团\n截止：今晚8点\n自提：3号楼大厅 周六10:00-12:00": muscat,
		"阳光玫瑰": {Title: "阳光玫瑰"},
		"3人拼团 车厘子 59.9元/箱 每团24小时 先付 今晚8点": {
			Kind: domain.KindTeam, Title: "车厘子", Items: []DraftItem{{Unit: "箱", Group: 5990}}, Pay: domain.PayAtJoin, Threshold: 3,
			ThresholdUnit: domain.UnitPeople, TeamTTL: 24 * time.Hour, Deadline: tonight,
		},
		"水果拼盘 15份成团 今晚8点截止\nA 葡萄 2斤装 29.9\nB 草莓 39.9 库存10": {
			Title: "水果拼盘", Items: []DraftItem{{Name: "葡萄", Spec: "2斤装", Group: 2990}, {Name: "草莓", Group: 3990, Stock: 10}}, Threshold: 15,
			ThresholdUnit: domain.UnitShares, Deadline: tonight,
		},
		"eggs ¥25 cash min 10 people closes 8 pm tonight, 2 per household": {
			Title: "eggs", Items: []DraftItem{{Group: 2500}}, Pay: domain.PayOffline, Threshold: 10, ThresholdUnit: domain.UnitPeople, Deadline: tonight,
			LimitHousehold: 2,
		},
		"鸡蛋 25元 满500元成团 上限100份 每人限3份 商家老李 团长送": {
			Title: "鸡蛋", Items: []DraftItem{{Group: 2500}}, Threshold: 50000, ThresholdUnit: domain.UnitMoney, Cap: 100, CapUnit: domain.UnitShares,
			LimitPerson: 3, Merchant: "老李", Fulfilment: domain.FulfilLeader,
		},
	} {
		got, err := Plain{}.Understand(context.Background(), words.Tidy(text), in)
		if err != nil || !reflect.DeepEqual(normal(got), normal(want)) {
			t.Errorf("%s\n reads %+v\n want  %+v", text, got, want)
		}
	}
}

// normal makes times comparable.
func normal(d Draft) Draft {
	d.Deadline = d.Deadline.UTC()
	return d
}

func handler() *Handler { return New(Config{Clock: time.Now}) }

func understood(text string) said {
	zone := time.FixedZone("CST", 8*3600)
	t := &talk{h: handler(), text: words.Tidy(text), v: say.Voice{Zone: zone, Now: time.Date(2026, 5, 1, 19, 0, 0, 0, zone)}}
	return t.h.understand(t)
}

// TestEveryAliasCallsItsCommand: no two commands share a word, and each word alone calls its own row or is known to want more.
func TestEveryAliasCallsItsCommand(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, c := range table() {
		if c.run == nil || (c.zhHelp.words == "") != (c.enHelp.words == "") {
			t.Errorf("%s: no verb, or help in one language only", c.name)
		}
		for _, words := range [][]string{c.zh, c.en} {
			for _, w := range words {
				if other := owner[w]; other != "" {
					t.Errorf("%q calls %s and %s", w, other, c.name)
				}
				owner[w] = c.name
				s := understood(w)
				if s.command != nil && s.command.name != c.name || s.command == nil && (s.near == nil || s.near.name != c.name) {
					t.Errorf("%q does not call %s", w, c.name)
				}
			}
		}
	}
}

// TestHelpIsTrue: whatever the help or a refusal tells people to send is understood.
func TestHelpIsTrue(t *testing.T) {
	t.Parallel()
	var examples []string
	for _, c := range table() {
		for _, words := range []string{c.zhHelp.words, c.enHelp.words} {
			for _, w := range strings.FieldsFunc(words, func(r rune) bool { return r == '、' || r == '/' }) {
				if w = strings.TrimSpace(w); w != "" && !strings.Contains(w, "+ 一张图") && !strings.Contains(w, "+ a photo") && !strings.Contains(w, "CODE") && w != "核销 取货码" {
					examples = append(examples, strings.Split(w, ", ")...)
				}
			}
		}
	}
	for lang, mark := range map[string]string{"zh": "请发：", "en": "send: "} {
		for key, text := range assets.Keys(lang) {
			if !strings.HasPrefix(key, "say.") && !strings.HasPrefix(key, "chat.") {
				continue
			}
			if _, example, ok := strings.Cut(text, mark); ok && !strings.Contains(example, "{") && example != "" {
				examples = append(examples, strings.TrimSpace(example))
			}
		}
	}
	if len(examples) < 80 {
		t.Fatalf("only %d examples found", len(examples))
	}
	for _, e := range examples {
		s := understood(e)
		if s.command == nil && s.wish.Home.Room == "" {
			t.Errorf("we tell people to send %q and do not understand it", e)
		}
	}
}

func TestOrdinaryTalkCallsNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"开团了吗", "取消了吗？", "到货了没", "改天吧", "退出群聊怎么弄", "提醒我买菜", "汇总一下吧", "帮助别人", "who is coming tonight", "leave me alone", "close the door please",
		"正常情况", "付款码发我", "已付款了", "记得带伞", "删了吧", "待会儿见", "候补队员是谁", "安静点", "pay attention", "english is hard", "note to self",
	} {
		if s := understood(text); s.command != nil {
			t.Errorf("%q calls %s (%q)", text, s.command.name, s.rest)
		}
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, seed := range []string{"+2", "A*2 B+1 3栋502", "帮 小王 +1", "开团 葡萄 29.9元 今晚8点截止", "改成 3", "删 12 重复", "延期 明晚8点", "核销 7KQ4-M2WX", "\u202e+2", "半打", "每团"} {
		f.Add(seed)
	}
	zone := time.FixedZone("CST", 8*3600)
	in := Setting{Now: time.Date(2026, 5, 1, 19, 0, 0, 0, zone), Currency: money.CNY}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.RuneCountInString(text) > 500 {
			return
		}
		s := understood(text)
		for _, p := range s.wish.Picks {
			if p.Qty > hugeQty || p.Qty < -hugeQty {
				t.Errorf("%q asks for %d", text, p.Qty)
			}
		}
		d, err := Plain{}.Understand(context.Background(), words.Tidy(text), in)
		if err != nil || utf8.RuneCountInString(d.Title) > domain.MaxTitle {
			t.Errorf("%q: %v, title %q", text, err, d.Title)
		}
	})
}
