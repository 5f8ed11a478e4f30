package adverts_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tuanbot/handlers/chat/adverts"
)

// What is read keeps its bounds, whatever is pasted.
func TestLongTextIsBounded(t *testing.T) {
	t.Parallel()
	for _, one := range []string{"葡萄 2斤装 29.9元\n", "A 葡萄 29.9元\n", "今晚8点截止 ", "¥1 ", "5斤36块,", "一箱36元/", "[[[[", "自提"} {
		a := adverts.Read(strings.Repeat(one, 1+(64<<10)/len(one)), adverts.Setting{Now: friday})
		if len(a.Items) > adverts.MaxItems || utf8.RuneCountInString(a.Title) > adverts.MaxTitle {
			t.Errorf("%q: %d items, title of %d", one, len(a.Items), utf8.RuneCountInString(a.Title))
		}
	}
}

// Two prices for one thing are asked about, never chosen between.
func TestTwoPricesAreAQuestion(t *testing.T) {
	t.Parallel()
	a := adverts.Read("海南贵妃芒5斤36块，10斤66块，明天12点前报数", adverts.Setting{Now: friday})
	for _, it := range a.Items {
		if it.Group != 0 {
			t.Errorf("chose %d fen", it.Group)
		}
	}
}

// shapes are pieces that make long texts hard: signs that begin something and never end it, prices, times, goods without end.
var shapes = []string{
	"土鸡蛋来啦 30枚/板 38元（原价45） 每人限购2板 库存60板 明天中午12点截止\n", "7", "一", "A", "¥1 ", "1元 ", "5斤36块,", "500g 28元 ", "一箱36元/", "[[[[", "[a]", "自提", "今晚8点截止 ",
	"明天", "满20份", "去年1-2元", "葡萄2元，", "🍇葡", "买1箱", "1️⃣ a 2\n", "原价", "\n", " ", "单位：箱", "3块五一斤", "平台价1元",
	"手抓饼20片29.9;", "鲈鱼 22元/条 ", "A款 蛋 59元|", "鸭脖(斤)38\n", "提拉米苏58(原88),", "任选2件240元,",
}

// However long a text is, no more than its beginning is looked at, and the looks for goods are counted.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	for _, one := range shapes {
		text := strings.Repeat(one, 1+(64<<10)/len(one))
		small, big := adverts.Work(text[:16<<10], adverts.Setting{Now: friday}), adverts.Work(text, adverts.Setting{Now: friday})
		if big > 2*small+200 || big > 3000 {
			t.Errorf("%q: %d looks at 16 KB, %d at 64 KB", one, small, big)
		}
	}
}

// TestLongStory: between the goods at the top and the deadline at the bottom there may be a story of any length.
func TestLongStory(t *testing.T) {
	t.Parallel()
	a := adverts.Read("阳光玫瑰 2斤装 29.9元\n"+strings.Repeat("这是一个关于葡萄园的故事。\n", 400)+"\n明天晚上8点截止", adverts.Setting{Now: friday})
	if len(a.Items) != 1 || a.Items[0].Group != 2990 || a.Deadline.IsZero() {
		t.Errorf("%+v", a)
	}
}

func BenchmarkRead64KB(b *testing.B) {
	for _, one := range shapes {
		text := strings.Repeat(one, 1+(64<<10)/len(one))
		b.Run(strings.Fields(one + " blank")[0], func(b *testing.B) {
			for b.Loop() {
				adverts.Read(text, adverts.Setting{Now: friday})
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"葡萄 2斤装 29.9元 今晚8点截止", "A 葡萄 29.9\nB 草莓 15元", "【米】10斤/袋，69.9元一袋"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := adverts.Read(s, adverts.Setting{Now: friday})
		if len(a.Items) > adverts.MaxItems {
			t.Fatalf("%d items", len(a.Items))
		}
		for _, it := range a.Items {
			if it.Group < 0 || it.Solo < 0 || it.Stock < 0 {
				t.Fatalf("negative: %+v", it)
			}
		}
	})
}

func TestPiecesInAPackAreNoMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"豆腐 2块装 6.5元 满2份": 650, "香皂 4块装 12块": 1200, "豆腐 2块装": 0, "豆腐 2块一盒": 200} {
		var got int64
		if items := adverts.Read(text, adverts.Setting{Now: friday}).Items; len(items) > 0 {
			got = items[0].Group
		}
		if got != want {
			t.Errorf("%q costs %d fen, want %d", text, got, want)
		}
	}
}
