package words

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// mostText is how far into a text we look for a time, in runes.
const mostText = 8000

// Reading is a time that a text names. A text that says no hour is Vague: the last moment is meant that people still call
// so (下午 18:00, a day or an evening 22:00, 早上 9:00, 中午 12:00).
type Reading struct {
	At       time.Time
	Vague    bool
	Part     string // of the day, where one was named: morning, noon, afternoon, evening, night
	From, To int    // where it stands in the text, in bytes
}

// ErrNoTime says that the text names no time.
var ErrNoTime = errors.New("no time in the text")

// BadTimeError is a time that cannot be meant; it is refused with what was read.
type BadTimeError struct {
	Past bool      // else there is no such moment: 2月30日, 25点
	At   time.Time // of a past one
	Text string    // as it was typed
}

func (e *BadTimeError) Error() string {
	if e.Past {
		return fmt.Sprintf("%q is past: %s", e.Text, e.At.Format(time.RFC3339))
	}
	return fmt.Sprintf("there is no %q", e.Text)
}

// When finds the first time that a text names, as seen from now in the zone. A past or impossible one is a BadTimeError,
// with the reading beside it; a time without a day is the next such time.
func When(text string, now time.Time, zone *time.Location) (Reading, error) {
	r, _, err := when(text, now, zone)
	return r, err
}

// when also counts steps.
func when(text string, now time.Time, zone *time.Location) (Reading, int, error) {
	s := sameLength(text)
	c := &clockReader{s: s, now: now.In(zone)}
	for i := range min(len(s), mostText) {
		c.steps++
		if !c.mayBegin(i) {
			continue
		}
		m, end := c.moment(i)
		if end == 0 {
			continue
		}
		from, to := byteOffsets(text, i, end)
		r := Reading{Vague: m.vague(), Part: m.part, From: from, To: to}
		at, ok := m.resolve(c.now)
		if !ok {
			return r, c.steps, &BadTimeError{Text: text[from:to]}
		}
		if r.At = at; !at.After(c.now) {
			return r, c.steps, &BadTimeError{Past: true, At: at, Text: text[from:to]}
		}
		return r, c.steps, nil
	}
	return Reading{}, c.steps, ErrNoTime
}

// sameLength folds a text rune by rune, so that places in it stay places in the text.
func sameLength(text string) []rune {
	s := []rune(text)
	for i, r := range s {
		if plain := visible(r); plain != 0 {
			r = plain
		}
		if r > 0x2E80 {
			if to, ok := simpler()[r]; ok {
				r = to
			}
		}
		s[i] = unicode.ToLower(r)
	}
	return s
}

// byteOffsets turns places in runes into places in bytes.
func byteOffsets(text string, from, to int) (f, t int) {
	i, f, t := 0, len(text), len(text)
	for b := range text {
		if i == from {
			f = b
		}
		if i == to {
			t = b
			break
		}
		i++
	}
	return f, t
}

// moment is a time as it was said.
type moment struct {
	rel               int // days from today
	hasRel            bool
	year, month, day  int
	hasDate           bool
	monthly           bool // only the day of the month was said
	weekday, week     int  // week: 1 next, 2 the one after, -1 last, 9 this, 0 not said
	hasWeekday        bool
	monthEnd          bool
	monthAhead        int
	part              string
	hour, minute      int
	hasClock, colon   bool
	meridiem          string
	span              time.Duration
	hasSpan, wholeDay bool
	before            bool
	inWeek            bool // a weekday stands before it
	bad               bool
}

func (m moment) vague() bool {
	return !m.hasClock && !m.hasSpan || m.wholeDay && !m.hasClock && m.part != ""
}

func (m moment) hasDay() bool {
	return m.hasRel || m.hasDate || m.hasWeekday || m.monthEnd || m.wholeDay
}

// clockReader finds moments in a text.
type clockReader struct {
	s     []rune
	now   time.Time
	steps int
}

// mayBegin: a time begins with a digit, a numeral or one of a few characters, and not inside of a word or number.
func (c *clockReader) mayBegin(i int) bool {
	r, prev := c.s[i], at(c.s, i-1)
	if !beginners()[r] {
		return false
	}
	if isLatin(r) {
		return !isLatin(prev) && latinBeginners()[[2]rune{r, at(c.s, i+1)}]
	}
	if isDigit(r) {
		return !isDigit(prev) && !isLatin(prev) && !strings.ContainsRune("+*¥$€£", prev) && !c.inNumber(i)
	}
	return !isNumeral(prev) || !isNumeral(r)
}

// inNumber: a digit behind one of these signs goes on with the number, letter or date before it. In 截止:5/3 and 截单-5/3 it
// begins anew, and so it does in the second day of 5/1-5/3.
func (c *clockReader) inNumber(i int) bool {
	prev, before := at(c.s, i-1), at(c.s, i-2)
	switch prev {
	case ':':
		return isDigit(before)
	case '-':
		_, n := c.small(i)
		sep := at(c.s, i+n)
		return isLatin(before) || isDigit(before) && (n == 0 || sep != '/' && sep != '.' || !c.dayBefore(i-1, sep))
	case '.', '/':
		return isDigit(before) || isLatin(before)
	}
	return false
}

// dayBefore: what ends at i is a month and a day with the same sign between them, 5/1.
func (c *clockReader) dayBefore(i int, sep rune) bool {
	for i > 0 && isDigit(c.s[i-1]) {
		i--
	}
	return at(c.s, i-1) == sep && isDigit(at(c.s, i-2))
}

// moment reads all that is said about one time, beginning at i; the end is 0 when nothing is.
func (c *clockReader) moment(i int) (moment, int) {
	var m moment
	end, k := 0, i
	readers := []func(*moment, int) int{c.span, c.dayWord, c.weekday, c.date, c.clock, c.partWord}
	for range 8 {
		n := 0
		for _, read := range readers {
			c.steps++
			if n = read(&m, k); n > 0 {
				break
			}
		}
		if n == 0 {
			break
		}
		end = k + n
		if k = c.connect(end); k >= len(c.s) {
			break
		}
		if m.hasDate && !m.hasClock {
			k = c.dashed(k)
		}
	}
	if end == 0 || !c.enough(&m, i, end) {
		return m, 0
	}
	if w := c.word(end, "前", "之前", "以前"); w > 0 {
		m.before = !m.hasClock && m.part == "" && !m.hasSpan
		end += w
	}
	return m, c.bracketed(i, end)
}

// bracketed takes in the bracket that closes one of the time's own: 8点（5/3）.
func (c *clockReader) bracketed(i, end int) int {
	if at(c.s, end) != ')' {
		return end
	}
	for k := end - 1; k >= i; k-- {
		switch c.s[k] {
		case ')':
			return end
		case '(':
			return end + 1
		}
	}
	return end
}

// connect skips what joins the parts of a time: 的, at, on, brackets.
func (c *clockReader) connect(k int) int {
	for k < len(c.s) {
		switch r := c.s[k]; {
		case r == ' ' || r == ',' || r == '(' || r == ')' || r == '的' || r == '@':
			k++
		case isLatin(r) && c.word(k, "at", "on", "by", "of", "the", "in") > 0:
			k += c.word(k, "at", "on", "by", "of", "the", "in")
		default:
			return k
		}
	}
	return k
}

// word is the length of whichever of the words stands at k.
func (c *clockReader) word(k int, words ...string) int {
	best := 0
	for _, w := range words {
		best = max(best, wordAt(c.s, k, w))
	}
	return best
}

// enough: some parts of a time say nothing alone: 5/1, 3号, 晚, sat, 一点.
func (c *clockReader) enough(m *moment, i, end int) bool {
	switch {
	case m.bad:
		return true
	case m.hasSpan:
		return true
	case m.hasClock:
		return m.hasDay() || m.part != "" || m.meridiem != "" || c.clockAlone(i, end)
	case m.hasDate && m.monthly, m.hasDate && m.month > 0 && m.wholeDay:
		return m.part != ""
	case m.hasDay():
		return !c.shortDay(i, end) || m.part != ""
	case m.part != "":
		return i == 0 && end == len(c.s) && end-i > 1 || c.word(end, "前", "之前", "截止", "截单") > 0 && end-i > 1
	}
	return false
}

// clockAlone: 八点 alone is a time at the end of what is said, 一点 never.
func (c *clockReader) clockAlone(i, end int) bool {
	if isDigit(c.s[i]) || isLatin(c.s[i]) || c.s[i] == '零' {
		return true
	}
	if c.s[i] == '一' && end-i == 2 {
		return false
	}
	return end == len(c.s) || IsBreak(c.s[end]) || end-i > 2 || c.word(end, "前", "截", "之前") > 0
}

// shortDay: sat and sun are words of their own.
func (c *clockReader) shortDay(i, end int) bool {
	return isLatin(c.s[i]) && end-i <= 3 && end-i > 0 && c.word(i, "eod") == 0
}
