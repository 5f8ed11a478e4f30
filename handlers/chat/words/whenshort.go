package words

import "strings"

// slashed reads 5/3, 5-3, 5.3: a time of day stands beside it, or a word for the deadline, or a weekday, for it may as well
// be a half, a price or a size. 5/3日 and 5.3号 need nothing beside them.
func (c *clockReader) slashed(m *moment, k int) int {
	mo, n := c.small(k)
	sep := at(c.s, k+n)
	if n == 0 || !isDigit(c.s[k]) || sep == 0 || !strings.ContainsRune("/-.", sep) || !isDigit(at(c.s, k+n+1)) {
		return 0
	}
	d, b := c.small(k + n + 1)
	end := k + n + 1 + b
	if b == 0 || isDigit(at(c.s, end)) || at(c.s, end) == sep && sep != '-' {
		return 0
	}
	named := c.dayMark(end)
	end += named
	if sep == '.' && named == 0 && c.afterPrice(k) || !c.dayStands(m, k, end, sep, named > 0) {
		return 0
	}
	if mo > 12 && d <= 12 && d > 0 && sep == '/' {
		mo, d = d, mo // 15/5, as it is written elsewhere
	}
	if mo > 12 || mo == 0 || d > 31 || d == 0 {
		if sep != '/' {
			return 0
		}
		m.bad = true // 5/33 20:00 is not today at 20:00
	}
	m.month, m.day, m.hasDate = mo, d, true
	return end - k
}

// dayStands: what is read from k to end as a short date is one by what stands beside it.
func (c *clockReader) dayStands(m *moment, k, end int, sep rune, named bool) bool {
	switch {
	case m.hasClock:
		return sep != '-' && c.closes(end) && (sep == '/' || named || at(c.s, k-1) == '(' || c.deadlineWord(skip(c.s, end)) > 0)
	case named || c.clockFollows(end, sep):
		return true
	case sep == '-':
		return false
	case m.inWeek:
		return sep == '/' && c.closes(end)
	}
	return c.deadlineWord(skip(c.s, end)) > 0 || c.afterDeadline(k) && (c.closes(end) || c.at(end, " ,"))
}

// dayMark is the length of the 号 or 日 behind a day; that of 3号楼 is none.
func (c *clockReader) dayMark(k int) int {
	if r := at(c.s, k); r != '号' && r != '日' {
		return 0
	}
	if next := at(c.s, k+1); next != 0 && strings.ContainsRune("楼院门栋幢座店线桌柜库", next) {
		return 0
	}
	return 1
}

// clockFollows: a time of day or a part of the day stands behind a short date: 5/3 20:00, 5/3（晚8点）, 5/3~20:00.
func (c *clockReader) clockFollows(end int, sep rune) bool {
	i := c.connect(end)
	var look moment
	if i < len(c.s) && (i > end || sep != '-') && (c.partWord(&look, i) > 0 || c.clock(&look, i) > 0) {
		return true
	}
	if c.at(end, "(") { // 5/3（周日）20:00
		if _, n := c.weekdayName(end + 1); n > 0 {
			return sep != '-'
		}
	}
	i = c.dashed(end)
	return i > end && i < len(c.s) && c.clock(&look, i) > 0
}

// dashed skips a dash between a day and its time, and the T that machines write there.
func (c *clockReader) dashed(k int) int {
	if at(c.s, k) == 't' && isDigit(at(c.s, k+1)) {
		return k + 1
	}
	if i := skip(c.s, k); i < len(c.s) && strings.ContainsRune("-~/—", c.s[i]) {
		return skip(c.s, i+1)
	}
	return k
}

func (c *clockReader) at(k int, signs string) bool {
	return k < len(c.s) && strings.ContainsRune(signs, c.s[k])
}

// closes: nothing is said behind a day that could make something else of it, as in 1/2箱 or 5/3到货; its weekday may stand
// there in brackets.
func (c *clockReader) closes(end int) bool {
	i := skip(c.s, end)
	if c.at(i, "(") {
		if _, n := c.weekdayName(i + 1); n > 0 && at(c.s, i+1+n) == ')' {
			i = skip(c.s, i+n+2)
		}
	}
	return i >= len(c.s) || c.at(i, "\n\r。;!)]】,") && !c.goesOn(i) || c.deadlineWord(i) > 0 || c.word(i, "前", "之前", "以前") > 0
}

// goesOn: behind a comma something else is said of the day that was named, 5/3，提货.
func (c *clockReader) goesOn(i int) bool {
	i = skip(c.s, i+1)
	return c.word(i, "提货", "到货", "发货", "取货", "自提", "配送", "送货", "送到") > 0
}

// deadlineWord is the length of a word for the deadline at i.
func (c *clockReader) deadlineWord(i int) int {
	return c.word(i, "截止", "截单", "截团", "截", "止", "封单", "关团", "结束")
}

// afterDeadline: a word for the deadline stands right before k: 截止：5/3, deadline 5/3.
func (c *clockReader) afterDeadline(k int) bool {
	for k > 0 && strings.ContainsRune(" :=>→-】]", c.s[k-1]) {
		k--
	}
	for _, w := range []string{"截止", "截单", "截团", "截止时间", "截单时间", "截团时间", "截止日期", "截止到", "截止至", "截至", "deadline", "closes", "closing", "ends"} {
		if n := len([]rune(w)); k >= n && c.word(k-n, w) > 0 {
			return true
		}
	}
	return false
}

// afterPrice: 团购价:9.9 8点截 names no ninth of September.
func (c *clockReader) afterPrice(k int) bool {
	for k > 0 && strings.ContainsRune(" :", c.s[k-1]) {
		k--
	}
	return k > 0 && strings.ContainsRune("价卖售仅只元", c.s[k-1]) || k > 5 && c.word(k-5, "price") > 0
}

// dayOfMonth reads 3号 and the 3rd where a time of day stands beside it, and 下月3号.
func (c *clockReader) dayOfMonth(m *moment, k int) int {
	ahead, p := c.monthPrefix(k)
	if p > 0 {
		if at(c.s, k+p) != '月' {
			return 0
		}
		p++
	}
	d, n := c.small(k + p)
	mark := c.dayMark(k + p + n)
	if n > 0 && mark == 0 && p == 0 && isDigit(c.s[k]) {
		mark = c.word(k+n, "st", "nd", "rd", "th")
	}
	if n == 0 || mark == 0 {
		return 0
	}
	end := k + p + n + mark
	stands := p > 0
	if m.hasClock {
		stands = stands || c.closes(end)
	} else {
		stands = stands || c.clockFollows(end, '号')
	}
	if !stands {
		return 0
	}
	m.day, m.monthAhead, m.hasDate, m.monthly = d, ahead, true, p == 0
	m.month = -1 // this month or the next
	if p > 0 {
		m.month = -2
	}
	return end - k
}
