package words

import (
	"slices"
	"strings"
	"sync"
)

// saying is what a word does in harmless talk.
type saying int

const (
	noSaying  saying = iota
	whenPast         // 上次: of another time
	whenNow          // 这次
	whoOf            // 孩子: of whom or of what something is said
	howMuch          // 很
	linking          // were, 给: joins the words around it
	household        // 孩子: who eats what is ordered
	dear             // 爱吃: a reason where the household does it, else praise
	being            // 好, 多: complete only behind somebody or how much
	paying           // 钱转你了: behind an order
	marking          // 了, 很: shows that unknown words are a remark and no goods
	tasting          // 吃: says something only behind somebody
	praising         // 好吃: agreeing with others sounds alike
	giving           // 送人: why somebody orders
	lacking          // 吃完了: why somebody orders again; behind a quantity it tells what became of that
	sorry            // 订错了: why somebody gives up
	tailing          // 的, 了
	urging           // 必须: stands before the verb of ordering
	tempting         // 多少, 不, 说, 如果: no order stands beside that
	against          // 隔壁群, 掉了: nor beside these, where the words around them are unknown
	wishing          // 大的: how the goods should be
	wishGlue         // 要, 的, 一点: goes with it
	fetching         // 来拿: how they are collected
	fetchGlue        // 下班: when, and by whom
)

// sayings are the words of talk that may stand beside an order. Only whole sayings count: who, how much and what.
var sayings = sync.OnceValue(func() map[[2]rune][]said {
	book := map[[2]rune][]said{}
	for kind, row := range map[saying]string{
		whenPast:  pastWords,
		whenNow:   nowWords,
		whoOf:     whoWords,
		household: householdWords,
		dear:      dearWords,
		being:     beingWords,
		paying:    payingWords,
		marking:   markingWords,
		howMuch:   degreeWords,
		linking:   linkingWords,
		tasting:   tastingWords,
		praising:  praisingWords,
		giving:    givingWords + "|" + strings.Join(exhausted(), "|"),
		lacking:   lackingWords,
		sorry:     sorryWords,
		tailing:   tailingWords,
		urging:    urgingWords + "|" + strings.Join(unchanged(), "|"),
		tempting:  temptingWords,
		against:   againstWords,
		wishing:   wishingWords,
		wishGlue:  wishGlueWords,
		fetching:  fetchingWords,
		fetchGlue: fetchGlueWords,
	} {
		for w := range strings.SplitSeq(row, "|") {
			word := []rune(w)
			at := [2]rune{word[0]}
			if len(word) > 1 {
				at[1] = word[1]
			}
			book[at] = append(book[at], said{word: word, kinds: 1 << kind})
		}
	}
	for r, list := range book {
		book[r] = merged(list)
	}
	return book
})

// unchanged are the sayings that the rest of an order stays: 其他都照旧.
func unchanged() []string {
	return crossed(
		[]string{"其他", "其它", "其余", "别的", "剩下的", "另外的", "剩余的", "其他的", "其它的", "其余的", "另外几样", "其他几样", "别的东西"},
		[]string{"", "都", "还是"},
		[]string{
			"不变", "不动", "照旧", "照常", "一样", "保留", "不改", "还要", "保持不变", "没变", "还是一样",
			"维持不变", "不用变", "不用改", "不用动", "按原来的", "按之前的", "照样", "都在", "留着", "继续",
		},
	)
}

// exhausted are the sayings of how somebody feels: 热死了, 馋哭了.
func exhausted() []string {
	return crossed(
		[]string{"热", "冷", "饿", "累", "气", "渴", "馋", "困", "忙", "懒", "穷", "香", "急", "酸爽", "爽", "美", "烦", "愁", "羡慕", "晒", "闷"},
		[]string{"死了", "死我了", "死", "死人了", "坏了", "疯了", "哭了"},
	)
}

// crossed are all sayings made of one word of each part.
func crossed(parts ...[]string) []string {
	out := []string{""}
	for _, part := range parts {
		var longer []string
		for _, head := range out {
			for _, w := range part {
				longer = append(longer, head+w)
			}
		}
		out = longer
	}
	return out
}

// said is a word of talk with all that it may do.
type said struct {
	word  []rune
	kinds uint
}

func (s said) is(kind saying) bool { return s.kinds&(1<<kind) != 0 }

// merged has each word once, the longer ones first.
func merged(list []said) []said {
	slices.SortFunc(list, func(a, b said) int {
		if len(a.word) != len(b.word) {
			return len(b.word) - len(a.word)
		}
		return slices.Compare(a.word, b.word)
	})
	out := list[:0]
	for _, s := range list {
		if n := len(out); n > 0 && slices.Equal(out[n-1].word, s.word) {
			out[n-1].kinds |= s.kinds
			continue
		}
		out = append(out, s)
	}
	return out
}

// saidAt is the longest word of talk at i that does one of these.
func saidAt(s []rune, i int, kinds ...saying) said {
	var mask uint
	for _, k := range kinds {
		mask |= 1 << k
	}
	if i >= len(s) {
		return said{}
	}
	book := sayings()
	for _, start := range [][2]rune{{s[i], at(s, i+1)}, {s[i]}} {
		for _, w := range book[start] {
			if w.kinds&mask != 0 && hasPrefix(s, i, w.word) {
				return w
			}
		}
	}
	return said{}
}
