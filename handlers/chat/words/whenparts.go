package words

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// named is a word for a day or a part of it.
type named struct {
	word []rune
	days int
	part string
}

func namedWords(days int, part string, words ...string) []named {
	var out []named
	for _, w := range words {
		out = append(out, named{[]rune(w), days, part})
	}
	return out
}

// calendar is words for times by their first rune, the longer ones first.
type calendar map[rune][]named

func longestFirst(in ...[]named) calendar {
	all := slices.Concat(in...)
	slices.SortStableFunc(all, func(a, b named) int { return len(b.word) - len(a.word) })
	out := calendar{}
	for _, w := range all {
		out[w.word[0]] = append(out[w.word[0]], w)
	}
	return out
}

// beginners are the runes that a time can begin with.
var beginners = sync.OnceValue(func() map[rune]bool {
	return firstRunes("周星礼月下本这上元国五六圣平情妇劳儿跨教十三qcxvmfosen明半零十廿卅一二两三四五六七八九壹0123456789iwahte", dayWords(), partWords(), weekdays(), months())
})

// latinBeginners are the first two letters of English words for times.
var latinBeginners = sync.OnceValue(func() map[[2]rune]bool {
	return firstPairs("in wi af th en ha ne la qu ch xm va on tw fo fi si se ei ni te el a ", dayWords(), partWords(), weekdays(), months())
})

func firstPairs(more string, in ...calendar) map[[2]rune]bool {
	out := map[[2]rune]bool{}
	add := func(w []rune) {
		if len(w) > 1 && isLatin(w[0]) {
			out[[2]rune{w[0], w[1]}] = true
		}
	}
	for w := range strings.FieldsSeq(more) {
		add([]rune(w))
	}
	for _, c := range in {
		for _, words := range c {
			for _, w := range words {
				add(w.word)
			}
		}
	}
	return out
}

func firstRunes(more string, in ...calendar) map[rune]bool {
	out := map[rune]bool{}
	for _, r := range more {
		out[r] = true
	}
	for _, c := range in {
		for r := range c {
			out[r] = true
		}
	}
	return out
}

var (
	dayWords = sync.OnceValue(func() calendar {
		return longestFirst(
			namedWords(0, "", "今天", "今日", "今儿", "当天", "today", "eod", "end of day"), namedWords(0, "evening", "今晚", "今夜", "tonight", "this evening"),
			namedWords(0, "morning", "今早", "今晨", "this morning"), namedWords(0, "afternoon", "this afternoon"),
			namedWords(1, "", "明天", "明日", "明儿", "次日", "tomorrow", "tmr", "tmrw"), namedWords(1, "evening", "明晚", "明夜", "tomorrow night", "tomorrow evening"),
			namedWords(1, "morning", "明早", "明晨", "tomorrow morning"), namedWords(2, "", "后天", "后日", "the day after tomorrow", "day after tomorrow"), namedWords(2, "evening", "后晚"),
			namedWords(3, "", "大后天"), namedWords(-1, "", "昨天", "昨日", "yesterday"), namedWords(-1, "evening", "昨晚", "昨夜", "last night"), namedWords(-2, "", "前天"),
			namedWords(-3, "", "大前天"),
		)
	})
	partWords = sync.OnceValue(func() calendar {
		return longestFirst(
			namedWords(0, "night", "凌晨"), namedWords(0, "morning", "清晨", "早上", "早晨", "一早", "早", "morning"), namedWords(0, "forenoon", "上午"),
			namedWords(0, "noon", "中午", "正午", "noon", "midday"), namedWords(0, "afternoon", "下午", "午后", "afternoon"), namedWords(0, "dusk", "傍晚"),
			namedWords(0, "evening", "晚上", "晚间", "夜里", "夜晚", "晚", "evening", "night"), namedWords(0, "midnight", "半夜", "午夜", "深夜", "midnight"),
		)
	})
	weekdays = sync.OnceValue(func() calendar {
		return longestFirst(
			namedWords(0, "", "sunday", "sun", "weekend"), namedWords(1, "", "monday", "mon"), namedWords(2, "", "tuesday", "tues", "tue"), namedWords(3, "", "wednesday", "weds", "wed"),
			namedWords(4, "", "thursday", "thurs", "thur", "thu"), namedWords(5, "", "friday", "fri"), namedWords(6, "", "saturday", "sat"),
		)
	})
	months = sync.OnceValue(func() calendar {
		return longestFirst(
			namedWords(1, "", "january", "jan"), namedWords(2, "", "february", "feb"), namedWords(3, "", "march", "mar"), namedWords(4, "", "april", "apr"), namedWords(5, "", "may"),
			namedWords(6, "", "june", "jun"), namedWords(7, "", "july", "jul"), namedWords(8, "", "august", "aug"), namedWords(9, "", "september", "sept", "sep"),
			namedWords(10, "", "october", "oct"), namedWords(11, "", "november", "nov"), namedWords(12, "", "december", "dec"),
		)
	})
	weekPrefixes = sync.OnceValue(func() calendar {
		return longestFirst(
			namedWords(2, "", "下下个", "下下"), namedWords(1, "", "下个", "下", "next "), namedWords(-1, "", "上个", "上", "last "), namedWords(9, "", "这个", "这", "本", "this "),
		)
	})
	spanUnits = sync.OnceValue(func() calendar {
		return longestFirst(
			namedWords(60, "", "小时", "个小时", "钟头", "个钟头", "个钟", "hours", "hour", "hrs", "hr", "h"), namedWords(15, "", "刻钟"), namedWords(1, "", "分钟", "minutes", "minute", "mins", "min"),
			namedWords(1440, "", "天", "days", "day"), namedWords(10080, "", "周", "个星期", "星期", "weeks", "week"),
		)
	})
)

// lookup finds the longest word at k.
func lookup(words calendar, s []rune, k int) (named, bool) {
	if k >= len(s) {
		return named{}, false
	}
	for _, w := range words[s[k]] {
		if hasPrefix(s, k, w.word) {
			return w, true
		}
	}
	return named{}, false
}

// dayWord reads 今晚, 后天, tomorrow.
func (c *clockReader) dayWord(m *moment, k int) int {
	w, ok := lookup(dayWords(), c.s, k)
	if !ok || m.hasDay() || isLatin(c.s[k]) && isLatin(at(c.s, k-1)) {
		return 0
	}
	m.rel, m.hasRel = w.days, true
	if w.part != "" {
		m.part = w.part
	}
	return len(w.word)
}

// partWord reads 下午, 晚; a single character needs a day before it or a clock after it.
func (c *clockReader) partWord(m *moment, k int) int {
	w, ok := lookup(partWords(), c.s, k)
	if !ok {
		return 0
	}
	n := len(w.word)
	if n == 1 && !m.hasDay() {
		var look moment
		if c.clock(&look, skip(c.s, k+n)) == 0 {
			return 0
		}
	}
	switch {
	case w.part == "midnight" && isLatin(c.s[k]) || hasPrefix(c.s, k, []rune("午夜")):
		m.hour, m.minute, m.hasClock, m.colon = 24, 0, true, true
	case w.part == "noon" && isLatin(c.s[k]) && !m.hasClock:
		m.hour, m.minute, m.hasClock, m.colon = 12, 0, true, true
	}
	m.part = w.part
	return n
}

// weekday reads 下周六, 星期天, next fri.
func (c *clockReader) weekday(m *moment, k int) int {
	i, week := k, 0
	if w, ok := lookup(weekPrefixes(), c.s, k); ok {
		i, week = k+len(w.word), w.days
	}
	day, n := c.weekdayName(i)
	if n == 0 {
		return 0
	}
	if day < 0 {
		m.bad = true
		return i + n - k
	}
	if m.hasDate && !m.monthly || m.hasRel {
		if at := m.date(c.now); int(at.Weekday()) != day {
			m.bad = true // 5月3日（周一）
		}
		return i + n - k
	}
	m.weekday, m.week, m.hasWeekday = day, week, true
	return i + n - k
}

// weekdayName is 0 for Sunday; -1 for 星期八.
func (c *clockReader) weekdayName(i int) (day, n int) {
	if w, ok := lookup(weekdays(), c.s, i); ok && !isLatin(at(c.s, i-1)) {
		return w.days, len(w.word)
	}
	n = c.word(i, "周", "星期", "礼拜")
	if n == 0 {
		return 0, 0
	}
	switch r := at(c.s, i+n); {
	case r == '日', r == '天', r == '末':
		return 0, n + 1
	case r >= '1' && r <= '6' && !isDigit(at(c.s, i+n+1)):
		return int(r - '0'), n + 1
	case numerals[r] >= 1 && numerals[r] <= 6 && r != '两' && r != '俩' && r != '仨':
		return int(numerals[r]), n + 1
	case numerals[r] > 6:
		return -1, n + 1
	}
	return 0, 0
}

// span reads 48小时内, 半小时后, in 3 hours, 2小时前.
func (c *clockReader) span(m *moment, k int) int {
	if m.hasDay() || m.hasClock || m.part != "" || m.hasSpan {
		return 0
	}
	i := k
	in := c.word(k, "in ", "within ", "after ")
	i += in
	d, days, n := c.length(i)
	if n == 0 {
		return 0
	}
	end := i + n
	after := c.word(end, "内", "之内", "以内", "后", "之后", "以后", " later", " from now")
	ago := c.word(end, "前", "之前", "以前", " ago")
	switch {
	case ago > 0:
		d, end = -d, end+ago
	case after > 0:
		end += after
	case in == 0:
		return 0
	}
	m.span, m.hasSpan, m.wholeDay = d, true, days
	return end - k
}

// length reads a length of time: 两个小时, 一个半小时, 1.5 h, half an hour.
func (c *clockReader) length(k int) (d time.Duration, days bool, n int) {
	if k >= len(c.s) || isDigit(at(c.s, k-1)) || at(c.s, k-1) == '.' {
		return 0, false, 0
	}
	halves, i := c.halves(k)
	if i == k {
		return 0, false, 0
	}
	i = skip(c.s, i)
	u, ok := lookup(spanUnits(), c.s, i)
	if !ok {
		return 0, false, 0
	}
	size := time.Duration(u.days) * time.Minute
	if halves <= 0 || halves > 2*999 {
		return 0, false, 0
	}
	return time.Duration(halves) * size / 2, u.days >= 1440, i + len(u.word) - k
}

// halves reads a number in halves: 半 is 1, 一个半 is 3, 1.5 is 3, two is 4.
func (c *clockReader) halves(k int) (halves int64, end int) {
	if n := c.word(k, "half an"); n > 0 {
		return 1, k + n
	}
	if n := c.word(k, "an", "a"); n > 0 {
		return 2, k + n
	}
	if c.s[k] == '半' {
		k++
		if at(c.s, k) == '个' {
			k++
		}
		return 1, k
	}
	n, kind, length := plainOrEnglish(c.s, k)
	if kind == NotNumber {
		return 0, k
	}
	end = k + length
	if kind == Fraction {
		if c.s[end-1] == '5' && c.s[end-2] == '.' {
			return 2*n + 1, end
		}
		return 0, k
	}
	if at(c.s, end) == '个' {
		if end++; at(c.s, end) == '半' {
			return 2*n + 1, end + 1
		}
	}
	return 2 * n, end
}

func plainOrEnglish(s []rune, k int) (int64, NumberKind, int) {
	if isLatin(at(s, k)) {
		return englishNumber(s, k)
	}
	return plainNumber(s, k)
}
