package words

import "strings"

// date reads 5月3日, 2026-05-03, 5/3, 3号, 月底, May 3rd.
func (c *clockReader) date(m *moment, k int) int {
	if m.hasWeekday && !m.hasDate && !m.hasRel && m.week == 0 {
		return c.dateOfWeekday(m, k)
	}
	if m.hasDay() {
		return 0
	}
	for _, read := range []func(*moment, int) int{c.monthEnd, c.feast, c.english, c.full, c.monthDay, c.slashed, c.dayOfMonth} {
		if n := read(m, k); n > 0 {
			return n
		}
	}
	return 0
}

// dateOfWeekday reads the date behind a weekday, 周五（11月21日）; both must be the same day.
func (c *clockReader) dateOfWeekday(m *moment, k int) int {
	d := moment{hasClock: m.hasClock, inWeek: true}
	n := c.date(&d, k)
	if n == 0 || !d.hasDate {
		return 0
	}
	bad := int(d.date(c.now).Weekday()) != m.weekday
	m.year, m.month, m.day, m.hasDate, m.monthly, m.monthAhead, m.hasWeekday = d.year, d.month, d.day, true, d.monthly, d.monthAhead, false
	m.bad = m.bad || bad
	return n
}

func (c *clockReader) monthEnd(m *moment, k int) int {
	if n := c.word(k, "end of the month", "end of month", "month end"); n > 0 {
		m.monthEnd = true
		return n
	}
	if n := c.word(k, "the end of ", "end of ", "late "); n > 0 {
		if mo, ok := lookup(months(), c.s, k+n); ok {
			m.monthEnd, m.month = true, mo.days
			return n + len(mo.word)
		}
	}
	ahead, n := c.monthPrefix(k)
	end := c.word(k+n, "月底", "月末")
	if v, size := c.small(k); end == 0 && size > 0 && v >= 1 && v <= 12 {
		if end = c.word(k+size, "月底", "月末"); end > 0 {
			m.monthEnd, m.month = true, v
			return size + end
		}
	}
	if end == 0 {
		return 0
	}
	if n == 0 && (isDigit(at(c.s, k-1)) || numerals[at(c.s, k-1)] > 0) {
		return 0 // 5月底
	}
	m.monthEnd, m.monthAhead = true, ahead
	return n + end
}

// monthPrefix reads 下个 and 本 before 月.
func (c *clockReader) monthPrefix(k int) (ahead, n int) {
	if n := c.word(k, "下个", "下"); n > 0 {
		return 1, n
	}
	return 0, c.word(k, "本", "这个", "这")
}

func (c *clockReader) feast(m *moment, k int) int {
	for _, f := range feasts {
		if n := c.word(k, f.words...); n > 0 {
			m.month, m.day, m.hasDate = f.month, f.day, true
			return n + c.word(k+n, "节", "当天", "那天")
		}
	}
	return 0
}

// small reads a number of one or two digits, or a Chinese one below 100.
func (c *clockReader) small(k int) (v, n int) {
	number, kind, length := int64(0), NotNumber, 0
	switch r := at(c.s, k); {
	case isDigit(r):
		for length < 3 && isDigit(at(c.s, k+length)) {
			number, length, kind = number*10+int64(c.s[k+length]-'0'), length+1, Whole
		}
		if length > 2 {
			return 0, 0
		}
	case numerals[r] > 0 || tens[r] > 0 || r == '廿' || r == '零':
		number, kind, length = hanNumber(c.s, k)
	}
	if kind != Whole || number > 99 {
		return 0, 0
	}
	return int(number), length
}

// english reads May 3rd, 3 May, 3rd of May.
func (c *clockReader) english(m *moment, k int) int {
	if mo, ok := lookup(months(), c.s, k); ok {
		i := skip(c.s, k+len(mo.word))
		if i == k+len(mo.word) && at(c.s, i) == '.' {
			i = skip(c.s, i+1)
		}
		d, n := c.small(i)
		if n == 0 || !isDigit(c.s[i]) || at(c.s, i+n) == ':' {
			return 0
		}
		n += c.word(i+n, "st", "nd", "rd", "th")
		m.month, m.day, m.hasDate = mo.days, d, true
		return i + n - k
	}
	d, n := c.small(k)
	if n == 0 || !isDigit(c.s[k]) {
		return 0
	}
	i := k + n
	i = skip(c.s, i+c.word(i, "st", "nd", "rd", "th"))
	i += c.word(i, "of ")
	mo, ok := lookup(months(), c.s, i)
	if !ok {
		return 0
	}
	m.month, m.day, m.hasDate = mo.days, d, true
	return i + len(mo.word) - k
}

// full reads a date with its year.
func (c *clockReader) full(m *moment, k int) int {
	year, n := 0, 0
	for n < 5 && isDigit(at(c.s, k+n)) {
		year, n = year*10+int(c.s[k+n]-'0'), n+1
	}
	sep := at(c.s, k+n)
	switch {
	case sep == '年' && (n == 2 || n == 4):
		if n == 2 {
			year += 2000
		}
	case n == 4 && strings.ContainsRune("-/.", sep) && sep != 0 && year > 2000 && year < 2100:
	default:
		if y := c.word(k, "明年"); y > 0 {
			return c.nextYear(m, k, y)
		}
		return 0
	}
	i := skip(c.s, k+n+1)
	mo, a := c.small(i)
	next := at(c.s, i+a)
	if a == 0 || next != '月' && next != sep {
		return 0
	}
	j := skip(c.s, i+a+1)
	d, b := c.small(j)
	if b == 0 {
		return 0
	}
	if r := at(c.s, j+b); r == '日' || r == '号' {
		b++
	}
	m.year, m.month, m.day, m.hasDate = year, mo, d, true
	return j + b - k
}

func (c *clockReader) nextYear(m *moment, k, n int) int {
	size := c.monthDay(m, k+n)
	if size == 0 {
		return 0
	}
	m.year = c.now.Year() + 1
	return n + size
}

// monthDay reads 5月3日.
func (c *clockReader) monthDay(m *moment, k int) int {
	mo, n := c.small(k)
	if n == 0 || at(c.s, k+n) != '月' {
		return 0
	}
	i := skip(c.s, k+n+1)
	d, b := c.small(i)
	if b == 0 {
		return 0
	}
	if r := at(c.s, i+b); r == '日' || r == '号' {
		b++
	} else if r == '份' || r == '个' {
		return 0
	}
	m.month, m.day, m.hasDate = mo, d, true
	return i + b - k
}

// clock reads 20:00, 8点半, 八点二十, 8:30 pm, tonight at 10.
func (c *clockReader) clock(m *moment, k int) int {
	if m.hasClock || k >= len(c.s) || m.hasSpan && !m.wholeDay {
		return 0
	}
	if n := c.word(k, "零点", "零时"); n > 0 {
		m.hour, m.hasClock, m.colon = 24, true, true
		if m.hasDay() && m.part == "" {
			m.hour = 0 // 6月1日零点 is the day's beginning
		}
		return n
	}
	if n := c.spokenClock(m, k); n > 0 {
		return n
	}
	h, n := c.small(k)
	if n == 0 {
		return 0
	}
	i := skip(c.s, k+n)
	switch r := at(c.s, i); {
	case r == ':' && i == k+n || r == '.' && i == k+n && (m.hasDay() || m.part != "" || c.meridiemAt(i+3)):
		return c.colonClock(m, k, h, i+1)
	case r == '点' || r == '时' && at(c.s, i+1) != '间':
		return c.hanClock(m, k, h, i+1)
	case isDigit(c.s[k]):
		return c.bareClock(m, k, h, i)
	}
	return 0
}

func (c *clockReader) meridiemAt(i int) bool {
	_, n := c.ampm(skip(c.s, min(i, len(c.s))))
	return n > 0
}

// ampm reads am and pm.
func (c *clockReader) ampm(i int) (string, int) {
	if n := c.word(i, "am", "a.m.", "a.m"); n > 0 {
		return "am", n
	}
	return "pm", c.word(i, "pm", "p.m.", "p.m")
}

func (c *clockReader) colonClock(m *moment, k, h, i int) int {
	if !isDigit(at(c.s, i)) || !isDigit(at(c.s, i+1)) || isDigit(at(c.s, i+2)) {
		return 0
	}
	m.hour, m.minute, m.hasClock, m.colon = h, int(c.s[i]-'0')*10+int(c.s[i+1]-'0'), true, true
	end := i + 2
	if at(c.s, end) == ':' && isDigit(at(c.s, end+1)) && isDigit(at(c.s, end+2)) {
		end += 3
	}
	if ap, n := c.ampm(skip(c.s, end)); n > 0 {
		m.meridiem = ap
		end = skip(c.s, end) + n
	}
	return end - k
}

func (c *clockReader) hanClock(m *moment, k, h, i int) int {
	if at(c.s, i) == '的' || at(c.s, i) == '赞' {
		return 0
	}
	m.hour, m.hasClock = h, true
	for _, q := range []struct {
		word    string
		minutes int
	}{{"半", 30}, {"一刻", 15}, {"1刻", 15}, {"三刻", 45}, {"3刻", 45}, {"整", 0}, {"钟", 0}} {
		if n := c.word(i, q.word); n > 0 {
			m.minute = q.minutes
			return i + n - k
		}
	}
	if v, n := c.small(i); n > 0 && (n == 2 || at(c.s, i+n) == '分' || isHan(c.s[i]) && v > 9) {
		m.minute = v
		if i += n; at(c.s, i) == '分' {
			i++
		}
	}
	return i - k
}

// bareClock reads 8 pm, and a bare hour after "at" or "tonight".
func (c *clockReader) bareClock(m *moment, k, h, i int) int {
	if ap, n := c.ampm(i); n > 0 {
		m.hour, m.meridiem, m.hasClock = h, ap, true
		return i + n - k
	}
	end := k
	for isDigit(at(c.s, end)) {
		end++
	}
	at2 := k >= 3 && c.s[k-1] == ' ' && (c.s[k-2] == 't' && c.s[k-3] == 'a' || c.s[k-2] == 'y' && c.s[k-3] == 'b')
	english := m.hasDay() && at2 || c.tonightAt(i) && at2
	if !english || h > 24 || isLatin(at(c.s, end)) {
		return 0
	}
	m.hour, m.hasClock = h, true
	return end - k
}

func (c *clockReader) tonightAt(i int) bool {
	w, ok := lookup(dayWords(), c.s, i)
	return ok && isLatin(c.s[i]) && w.days >= 0
}
