package words

import (
	"strings"
	"time"
)

// Span finds a length of time: 2 小时, 半小时, 3 days.
func Span(text string) (time.Duration, bool) {
	c := &clockReader{s: sameLength(text)}
	for i := range c.s {
		if isLatin(c.s[i]) && isLatin(at(c.s, i-1)) {
			continue
		}
		if d, _, n := c.length(i); n > 0 {
			return d, true
		}
	}
	return 0, false
}

// Range finds from when to when something is open, 周六10:00-12:00, and says where that stands, in bytes.
func Range(text string) (from, to int, ok bool) {
	c := &clockReader{s: sameLength(text)}
	for i := range c.s {
		if !c.mayBegin(i) {
			continue
		}
		if end := c.rangeAt(i); end > 0 {
			from, to = byteOffsets(text, i, end)
			return from, to, true
		}
	}
	return 0, 0, false
}

// rangeAt reads a range at i: perhaps a day, then two times with a sign between them.
func (c *clockReader) rangeAt(i int) int {
	var m moment
	k := i
	for range 3 {
		n := c.dayWord(&m, k)
		if n == 0 {
			n = c.weekday(&m, k)
		}
		if n == 0 {
			n = c.date(&m, k)
		}
		if n == 0 {
			break
		}
		k = c.connect(k + n)
	}
	n := c.rangeTime(k, true)
	if n == 0 {
		return 0
	}
	k = skip(c.s, k+n)
	if r := at(c.s, k); r == 0 || !strings.ContainsRune("-~到至", r) {
		return 0
	}
	k = skip(c.s, k+1)
	if n = c.rangeTime(k, false); n == 0 {
		return 0
	}
	return k + n
}

// rangeTime reads one end of a range; the first may be a bare hour, for the second says what it is: 10-12点.
func (c *clockReader) rangeTime(k int, bare bool) int {
	var m moment
	start := k
	if n := c.partWord(&m, k); n > 0 {
		if k += n; m.hasClock {
			return n // noon
		}
		k = skip(c.s, k)
	}
	if n := c.clock(&m, k); n > 0 {
		return k + n - start
	}
	if _, n := c.small(k); bare && n > 0 {
		return k + n - start
	}
	return 0
}
