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

func BenchmarkRead64KB(b *testing.B) {
	text := strings.Repeat("土鸡蛋来啦 30枚/板 38元（原价45） 每人限购2板 库存60板 明天中午12点截止\n", 600)
	for b.Loop() {
		adverts.Read(text, adverts.Setting{Now: friday})
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
