package words

// feasts are days of the sun's calendar that have names.
var feasts = []struct {
	month, day int
	words      []string
}{
	{1, 1, []string{"元旦", "new year's day"}},
	{2, 14, []string{"情人节", "valentine's day"}},
	{3, 8, []string{"妇女节", "三八节"}},
	{5, 1, []string{"五一", "劳动节", "五一节"}},
	{6, 1, []string{"六一", "儿童节"}},
	{9, 10, []string{"教师节"}},
	{10, 1, []string{"国庆", "十一国庆"}},
	{12, 24, []string{"平安夜", "christmas eve", "xmas eve"}},
	{12, 25, []string{"圣诞", "christmas", "xmas"}},
	{12, 31, []string{"跨年", "跨年夜", "new year's eve"}},
}

// spokenClock reads half past eight, quarter to nine, eight o'clock, eight pm.
func (c *clockReader) spokenClock(m *moment, k int) int {
	if !isLatin(c.s[k]) && !isDigit(c.s[k]) || isLatin(at(c.s, k-1)) {
		return 0
	}
	minute, i := 0, k
	for _, q := range []struct {
		words  []string
		minute int
	}{{[]string{"half past "}, 30}, {[]string{"a quarter past ", "quarter past "}, 15}, {[]string{"a quarter to ", "quarter to "}, -15}} {
		if n := c.word(k, q.words...); n > 0 {
			minute, i = q.minute, k+n
		}
	}
	h, kind, n := plainOrEnglish(c.s, i)
	if kind != Whole || h < 1 || h > 12 {
		return 0
	}
	end := i + n
	clock := c.word(end, " o'clock", " oclock")
	if _, ap := c.ampm(skip(c.s, end+clock)); ap > 0 && isLatin(c.s[i]) {
		m.meridiem, _ = c.ampm(skip(c.s, end+clock))
		clock = skip(c.s, end+clock) + ap - end
	}
	if i == k && clock == 0 {
		return 0
	}
	if m.hour, m.minute = int(h), minute; minute < 0 {
		m.hour, m.minute = int(h)-1, 60+minute
	}
	m.hasClock = true
	return end + clock - k
}
