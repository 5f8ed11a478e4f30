package words

import "time"

// lastMoment is the hour until which people still call it so.
var lastMoment = map[string]int{"night": 6, "morning": 9, "forenoon": 12, "noon": 12, "afternoon": 18, "dusk": 19, "evening": 22, "midnight": 24, "": 22}

// resolve finds the moment; false when there is none such.
func (m moment) resolve(now time.Time) (time.Time, bool) {
	if m.bad || !m.possible() {
		return time.Time{}, false
	}
	if m.hasSpan && !m.hasClock && m.part == "" {
		return now.Add(m.span).Truncate(time.Minute), true
	}
	day := m.date(now)
	if m.hasDate && !m.dateExists(day, now) {
		return time.Time{}, false
	}
	if m.before && m.hasDay() && !m.monthEnd {
		return day, true // 周六前: before Saturday begins
	}
	at := m.on(day)
	if !m.hasClock {
		if end := day.AddDate(0, 0, 1); !at.After(now) && sameDay(day, now) && end.After(now) && (m.part == "" || m.part == "evening") {
			return end, true // today, said late in the evening
		}
	}
	if at.After(now) {
		return at, true
	}
	return m.later(at, day, now), true
}

// possible checks what was said of the clock.
func (m moment) possible() bool {
	if !m.hasClock {
		return true
	}
	limit := 24
	if m.meridiem != "" {
		limit = 12
	}
	return m.hour <= limit && m.minute < 60 && (m.hour < 24 || m.minute == 0) && (m.meridiem == "" || m.hour > 0)
}

// date is the day that is meant, at its beginning.
func (m moment) date(now time.Time) time.Time {
	midnight := func(y int, mo time.Month, d int) time.Time { return time.Date(y, mo, d, 0, 0, 0, 0, now.Location()) }
	today := midnight(now.Date())
	switch {
	case m.hasSpan:
		return midnight(now.Add(m.span).Date())
	case m.hasRel:
		return today.AddDate(0, 0, m.rel)
	case m.monthEnd && m.month > 0:
		d := midnight(now.Year(), time.Month(m.month)+1, 0)
		if today.Sub(d) > 90*24*time.Hour {
			d = midnight(now.Year()+1, time.Month(m.month)+1, 0)
		}
		return d
	case m.monthEnd:
		return midnight(now.Year(), now.Month()+time.Month(m.monthAhead)+1, 0)
	case m.hasWeekday:
		return today.AddDate(0, 0, m.daysToWeekday(now))
	case m.hasDate && m.month < 0:
		d := midnight(now.Year(), now.Month()+time.Month(m.monthAhead), m.day)
		if m.month == -1 && d.Before(today) {
			d = midnight(now.Year(), now.Month()+1, m.day)
		}
		return d
	case m.hasDate:
		d := midnight(m.yearOr(now.Year()), time.Month(m.month), m.day)
		if m.year == 0 && today.Sub(d) > 90*24*time.Hour {
			d = midnight(now.Year()+1, time.Month(m.month), m.day)
		}
		return d
	}
	return today
}

func (m moment) yearOr(year int) int {
	if m.year > 0 {
		return m.year
	}
	return year
}

// dateExists: no 30th of February.
func (m moment) dateExists(d, now time.Time) bool {
	if m.month < 0 {
		if m.day < 1 || m.day > 31 {
			return false
		}
		return d.Day() == m.day
	}
	return m.month >= 1 && m.month <= 12 && int(d.Month()) == m.month && d.Day() == m.day && d.Year() >= now.Year()-5
}

// daysToWeekday counts from today; weeks begin on Monday.
func (m moment) daysToWeekday(now time.Time) int {
	today, want := (int(now.Weekday())+6)%7, (m.weekday+6)%7
	switch m.week {
	case 0:
		return (want - today + 7) % 7
	case 9:
		return want - today
	case -1:
		return want - today - 7
	}
	return want - today + 7*m.week
}

// on puts the time of day on its day.
func (m moment) on(day time.Time) time.Time {
	h := lastMoment[m.part]
	if m.hasClock {
		h = m.clockHour()
	}
	y, mo, d := day.Date()
	return time.Date(y, mo, d, h, m.minute, 0, 0, day.Location())
}

// clockHour is the hour of the day, 24 and more in the night after it.
func (m moment) clockHour() int {
	h := m.hour
	switch {
	case m.meridiem == "pm" && h < 12, m.meridiem == "" && h < 12 && (m.part == "afternoon" || m.part == "dusk" || m.part == "evening" && h > 0),
		m.part == "noon" && h < 6 && m.meridiem == "" && h > 0:
		return h + 12
	case m.meridiem == "am" && h == 12 && m.hasDay() && m.part == "" && (!m.hasRel || m.rel != 0):
		return 0 // 12am tomorrow is where that day begins
	case m.meridiem == "am" && h == 12:
		return 24
	case h == 0 && m.part == "evening", h == 12 && (m.part == "evening" || m.part == "midnight"):
		return 24
	case m.part == "night" && h == 12:
		return 24
	case m.part == "night" && h == 0:
		return 24
	case m.part == "" && m.meridiem == "" && m.hasDay() && h >= 1 && h <= 6 && !m.colon:
		return h + 12 // 明天3点: nobody means the night
	}
	return h
}

// later is the next such moment where the day left that open; else the moment stays past.
func (m moment) later(at, day, now time.Time) time.Time {
	today := !m.hasDay() || sameDay(day, now) && m.hasWeekday
	half := m.hasClock && m.part == "" && m.meridiem == "" && !m.colon && m.hour >= 1 && m.hour <= 12
	if half && today && at.Add(12*time.Hour).After(now) && sameDayOrMidnight(at.Add(12*time.Hour), day) {
		return at.Add(12 * time.Hour)
	}
	switch {
	case !m.hasDay() && !m.hasSpan:
		return at.AddDate(0, 0, 1)
	case m.hasWeekday && m.week == 0:
		return at.AddDate(0, 0, 7)
	}
	return at
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

func sameDayOrMidnight(at, day time.Time) bool {
	return sameDay(at, day) || at.Equal(day.AddDate(0, 0, 1))
}
