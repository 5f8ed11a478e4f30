package chat

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The words for days, parts of the day and times on the clock.
const (
	dayWord   = `今天|今日|今晚|今夜|明天|明日|明早|明晚|大后天|后天|(?:这|本|下)?(?:周|星期|礼拜)[一二三四五六日天]|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}月\d{1,2}[日号]?`
	partWord  = `凌晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚|夜里`
	clockWord = `\d{1,2}:\d{2}|\d{1,2}\s*点(?:半|一刻|三刻|\s*\d{1,2}\s*分?|整|钟)?|[一二两三四五六七八九十]{1,3}点(?:半|钟)?`
	dayEn     = `today|tonight|tomorrow night|tomorrow|(?:next )?(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|\d{4}-\d{1,2}-\d{1,2}`
	clockEn   = `noon|midnight|\d{1,2}(?::\d{2})?\s*[ap]\.?m\b\.?|\d{1,2}:\d{2}`
)

var (
	whenZh    = regexp.MustCompile(`(?:(` + dayWord + `)[\s,]*)?(?:(` + partWord + `)\s*)?(` + clockWord + `)`)
	whenDay   = regexp.MustCompile(`(今晚|明晚|` + dayWord + `)\s*(中午|晚上|晚)?`)
	whenEn    = regexp.MustCompile(`(?i)\b(?:(` + dayEn + `)[\s,]*(?:at\s+)?)?(` + clockEn + `)(?:\s+(?:on\s+)?(` + dayEn + `))?`)
	whenEnH   = regexp.MustCompile(`(?i)\b(tonight|tomorrow night|tomorrow)\s+(?:at\s+)?(\d{1,2})\b`)
	whenAfter = regexp.MustCompile(`(?i)(\d{1,3}|半|[一二两三四五六七八九十]+)\s*个?\s*(小时|分钟|天)(?:后|之后|以后)|\bin\s+(\d{1,3}|an?)\s*(hours?|minutes?|mins?|days?)\b`)
	whenSpan  = regexp.MustCompile(`(?i)(\d{1,3}|半|[一二两三四五六七八九十]+)\s*个?\s*(小时|分钟|天|hours?|h\b|minutes?|mins?|days?)`)
	whenRange = regexp.MustCompile(`(?i)(?:(?:` + dayWord + `|` + dayEn + `)[\s,]*)?(?:(?:` + partWord + `)\s*)?(?:` + clockWord + `|\d{1,2}(?::\d{2})?\s*(?:[ap]m)?)\s*[-~到至]\s*(?:(?:` + partWord + `)\s*)?(?:` + clockWord + `|\d{1,2}(?::\d{2})?\s*[ap]m|noon)`)
)

// found is a time that a text names, and where it stands.
type found struct {
	At       time.Time
	From, To int
}

// readWhen finds the first time that a text names, as seen from now in the zone of now. What is past is not guessed at:
// a time without a day is the next such time.
func readWhen(s string, now time.Time) (found, bool) {
	var first found
	named := false
	for _, read := range []func(string, time.Time) (found, bool){readAfter, readZh, readEn, readDay} {
		if f, ok := read(s, now); ok && (!named || f.From < first.From) {
			first, named = f, true
		}
	}
	return first, named
}

func readAfter(s string, now time.Time) (found, bool) {
	m := whenAfter.FindStringSubmatchIndex(s)
	if m == nil {
		return found{}, false
	}
	n, unit := m[2], m[4]
	if n < 0 {
		n, unit = m[6], m[8]
		d, ok := span(s[n:m[7]], s[unit:m[9]])
		return found{At: now.Add(d).Truncate(time.Minute), From: m[0], To: m[1]}, ok
	}
	d, ok := span(s[n:m[3]], s[unit:m[5]])
	return found{At: now.Add(d).Truncate(time.Minute), From: m[0], To: m[1]}, ok
}

// readSpan reads a length of time: 2 小时, 半小时, 3 days.
func readSpan(s string) (time.Duration, bool) {
	m := whenSpan.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	return span(m[1], m[2])
}

func span(number, unit string) (time.Duration, bool) {
	size := time.Hour
	switch unit = fold(unit); {
	case strings.HasPrefix(unit, "m"), strings.HasPrefix(unit, "分"):
		size = time.Minute
	case strings.HasPrefix(unit, "d"), strings.HasPrefix(unit, "天"):
		size = 24 * time.Hour
	}
	if number == "半" {
		return size / 2, true
	}
	if n := fold(number); n == "a" || n == "an" {
		return size, true
	}
	n, kind := quantity(number)
	if kind != whole || n < 1 || n > 999 {
		return 0, false
	}
	return time.Duration(n) * size, true
}

func readZh(s string, now time.Time) (found, bool) {
	for _, m := range whenZh.FindAllStringSubmatchIndex(s, -1) {
		day, part, clock := group(s, m, 1), group(s, m, 2), group(s, m, 3)
		h, mins, ok := clockZh(clock)
		if !ok {
			continue
		}
		exact := strings.Contains(clock, ":")
		if strings.HasSuffix(day, "晚") || strings.HasSuffix(day, "夜") || day == "明早" {
			part += day[len("今"):]
		}
		h, plus := withPart(h, part)
		if at, ok := resolve(day, h, mins, plus, part == "" && !exact, now); ok {
			return found{At: at, From: m[0], To: m[1]}, true
		}
	}
	return found{}, false
}

func group(s string, m []int, i int) string {
	if m[2*i] < 0 {
		return ""
	}
	return s[m[2*i]:m[2*i+1]]
}

// clockZh reads 20:00, 8点, 8点半, 八点.
func clockZh(s string) (h, minute int, ok bool) {
	if a, b, cut := strings.Cut(s, ":"); cut {
		h, e1 := strconv.Atoi(a)
		minute, e2 := strconv.Atoi(b)
		return h, minute, e1 == nil && e2 == nil && h < 25 && minute < 60
	}
	hour, rest, _ := strings.Cut(s, "点")
	n, kind := quantity(strings.TrimSpace(hour))
	switch rest = strings.TrimSpace(rest); rest {
	case "半":
		minute = 30
	case "一刻":
		minute = 15
	case "三刻":
		minute = 45
	case "", "整", "钟":
	default:
		minute, _ = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "分"))) // only digits match
	}
	return int(n), minute, kind == whole && n < 25 && minute < 60
}

// withPart moves an hour into its part of the day; plus is 1 when that is the day after (晚上 12 点).
func withPart(h int, part string) (hour, plus int) {
	evening := strings.ContainsAny(part, "晚夜") || strings.Contains(part, "傍晚")
	switch {
	case strings.Contains(part, "凌晨"):
		return h % 12, 0
	case evening && h == 12:
		return 0, 1
	case evening && h < 12, strings.Contains(part, "下午") && h < 12, strings.Contains(part, "中午") && h < 6:
		return h + 12, 0
	}
	return h, 0
}

// resolve puts a time of day on its day. Either: the hour may be in either half of the day; the next one is meant.
func resolve(day string, h, minute, plus int, either bool, now time.Time) (time.Time, bool) {
	if h == 24 {
		h, plus = 0, plus+1
	}
	if h > 23 {
		return time.Time{}, false
	}
	base, named, ok := dayOf(fold(day), now)
	if !ok {
		return time.Time{}, false
	}
	at := time.Date(base.Year(), base.Month(), base.Day()+plus, h, minute, 0, 0, now.Location())
	today := !named || sameDay(base, now)
	if either && h >= 1 && h < 12 && today && !at.After(now) {
		at = at.Add(12 * time.Hour)
	}
	if !at.After(now) && !named {
		at = time.Date(base.Year(), base.Month(), base.Day()+plus+1, h, minute, 0, 0, now.Location())
	}
	if !at.After(now) && named && weekday(day) >= 0 {
		at = at.AddDate(0, 0, 7)
	}
	if !at.After(now) && strings.Contains(day, "月") {
		at = at.AddDate(1, 0, 0)
	}
	return at, true
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

var monthDay = regexp.MustCompile(`(\d{1,2})月(\d{1,2})`)

// dayOf finds the day that words name; named is false when there are none.
func dayOf(day string, now time.Time) (base time.Time, named, ok bool) {
	at := func(days int) (time.Time, bool, bool) { return now.AddDate(0, 0, days), true, true }
	switch {
	case day == "":
		return now, false, true
	case strings.HasPrefix(day, "今"), day == "today", day == "tonight":
		return at(0)
	case strings.HasPrefix(day, "明"), strings.HasPrefix(day, "tomorrow"):
		return at(1)
	case day == "后天":
		return at(2)
	case day == "大后天":
		return at(3)
	}
	if w := weekday(day); w >= 0 {
		ahead := (w - int(now.Weekday()) + 7) % 7
		if strings.HasPrefix(day, "下") { // of the week after this one, weeks begin on Monday
			ahead = (w+6)%7 + 7 - (int(now.Weekday())+6)%7
		} else if strings.HasPrefix(day, "next ") && ahead == 0 {
			ahead = 7
		}
		return at(ahead)
	}
	if m := monthDay.FindStringSubmatch(day); m != nil {
		month, _ := strconv.Atoi(m[1]) // only digits match
		dom, _ := strconv.Atoi(m[2])
		d := time.Date(now.Year(), time.Month(month), dom, 0, 0, 0, 0, now.Location())
		return d, true, month >= 1 && month <= 12 && d.Day() == dom
	}
	d, err := time.ParseInLocation("2006-1-2", day, now.Location())
	return d, true, err == nil
}

// weekday reads 周六, 星期天, sat; -1 for other words.
func weekday(day string) int {
	for i, w := range []string{"日", "一", "二", "三", "四", "五", "六"} {
		if strings.ContainsAny(day, "周期拜") && strings.HasSuffix(day, w) {
			return i
		}
	}
	if strings.ContainsAny(day, "周期拜") && strings.HasSuffix(day, "天") {
		return 0
	}
	day = strings.TrimPrefix(fold(day), "next ")
	for i, w := range []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} {
		if strings.HasPrefix(day, w) {
			return i
		}
	}
	return -1
}

func readEn(s string, now time.Time) (found, bool) {
	if m := whenEn.FindStringSubmatchIndex(s); m != nil {
		day, clock := group(s, m, 1), fold(group(s, m, 2))
		if day == "" {
			day = group(s, m, 3)
		}
		if h, minute, ok := clockOfEn(clock, day); ok {
			at, ok := resolve(day, h, minute, 0, false, now)
			return found{At: at, From: m[0], To: m[1]}, ok
		}
	}
	if m := whenEnH.FindStringSubmatchIndex(s); m != nil {
		day := fold(group(s, m, 1))
		h, err := strconv.Atoi(group(s, m, 2))
		if strings.HasSuffix(day, "night") && h < 12 {
			h += 12
		}
		at, ok := resolve(day, h, 0, 0, false, now)
		return found{At: at, From: m[0], To: m[1]}, ok && err == nil
	}
	return found{}, false
}

// clockOfEn reads noon, 8 pm, 8:30pm, 20:00.
func clockOfEn(clock, day string) (h, minute int, ok bool) {
	switch clock {
	case "noon":
		return 12, 0, true
	case "midnight":
		return 24, 0, true
	}
	half := strings.TrimRight(strings.ReplaceAll(clock, ".", ""), " ")
	pm, am := strings.HasSuffix(half, "pm"), strings.HasSuffix(half, "am")
	half = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(half, "pm"), "am"))
	hour, mins, _ := strings.Cut(half, ":")
	h, err := strconv.Atoi(hour)
	if mins != "" {
		minute, _ = strconv.Atoi(mins) // two digits match
	}
	if (pm || strings.HasSuffix(fold(day), "night") && !am) && h < 12 {
		h += 12
	}
	if am && h == 12 {
		h = 0
	}
	return h, minute, err == nil && h < 25 && minute < 60
}

// readDay reads a day without a time on the clock, where a part of the day says enough: 明天中午, 今晚.
func readDay(s string, now time.Time) (found, bool) {
	for _, m := range whenDay.FindAllStringSubmatchIndex(s, -1) {
		day, part := group(s, m, 1), group(s, m, 2)
		h := 0
		switch {
		case part == "中午":
			h = 12
		case part != "", strings.HasSuffix(day, "晚"):
			h = 22
		default:
			continue
		}
		at, ok := resolve(day, h, 0, 0, false, now)
		return found{At: at, From: m[0], To: m[1]}, ok
	}
	return found{}, false
}
