package say

import (
	"fmt"
	"strconv"
	"time"
)

// Clock is a time as people say it: 今晚 8 点, 明天中午 12 点, 5月9日周六 10:00; 8 pm tonight, noon tomorrow, Sat 9 May, 10 am.
// A day that is not next to today always has its date.
func (v Voice) Clock(t time.Time) string {
	t = t.In(v.zone())
	if v.English() {
		return v.clockEnglish(t)
	}
	return v.clockChinese(t)
}

// days is how many days after today a time lies, by the calendar of the voice's zone.
func (v Voice) days(t time.Time) int {
	now := v.Now.In(v.zone())
	a := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	b := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return int(b.Sub(a).Hours() / 24)
}

func (v Voice) clockChinese(t time.Time) string {
	hour := v.words("clock." + part(t.Hour()))
	evening := t.Hour() >= 18
	switch v.days(t) {
	case 0:
		if evening {
			return v.words("clock.tonight") + " " + spoken(t)
		}
		return v.words("clock.today") + hour + " " + spoken(t)
	case 1:
		if evening {
			return v.words("clock.tomorrow_night") + " " + spoken(t)
		}
		return v.words("clock.tomorrow") + hour + " " + spoken(t)
	case -1:
		if evening {
			return v.words("clock.last_night") + " " + spoken(t)
		}
		return v.words("clock.yesterday") + hour + " " + spoken(t)
	}
	return v.Date(t) + " " + t.Format("15:04")
}

// part names the part of the day an hour belongs to.
func part(hour int) string {
	switch {
	case hour < 5:
		return "night"
	case hour < 8:
		return "early"
	case hour < 12:
		return "morning"
	case hour == 12:
		return "noon"
	case hour < 18:
		return "afternoon"
	}
	return "evening"
}

// spoken is the hour as said aloud in Chinese, on a clock of twelve hours.
func spoken(t time.Time) string {
	h := t.Hour()
	if h > 12 {
		h -= 12
	}
	switch t.Minute() {
	case 0:
		return strconv.Itoa(h) + " 点"
	case 30:
		return strconv.Itoa(h) + " 点半"
	}
	return fmt.Sprintf("%d:%02d", h, t.Minute())
}

func (v Voice) clockEnglish(t time.Time) string {
	at := spokenEnglish(t)
	switch v.days(t) {
	case 0:
		if t.Hour() >= 18 {
			return at + " " + v.words("clock.tonight")
		}
		return at + " " + v.words("clock.today")
	case 1:
		return at + " " + v.words("clock.tomorrow")
	case -1:
		return at + " " + v.words("clock.yesterday")
	}
	return v.Date(t) + ", " + at
}

func spokenEnglish(t time.Time) string {
	switch {
	case t.Hour() == 12 && t.Minute() == 0:
		return "noon"
	case t.Hour() == 0:
		return t.Format("0:04")
	case t.Minute() == 0:
		return t.Format("3 pm")
	}
	return t.Format("3:04 pm")
}

// Date is a day with its weekday, and with the year when it is another one: 5月9日周六, Sat 9 May.
func (v Voice) Date(t time.Time) string {
	t = t.In(v.zone())
	other := t.Year() != v.Now.In(v.zone()).Year()
	if v.English() {
		if other {
			return t.Format("Mon 2 Jan 2006")
		}
		return t.Format("Mon 2 Jan")
	}
	day := t.Format("1月2日") + v.words("clock.weekday."+strconv.Itoa(int(t.Weekday())))
	if other {
		return t.Format("2006年") + day
	}
	return day
}

// Span is a length of time as people say it, rounded down to what matters: 2 天, 3 小时, 15 分钟.
func (v Voice) Span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return v.words("span.days", "n", int64(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return v.words("span.hours", "n", int64(d/time.Hour))
	case d >= time.Hour && d%time.Hour == 0:
		return v.words("span.hour")
	case d >= 2*time.Minute:
		return v.words("span.minutes", "n", int64(d/time.Minute))
	}
	return v.words("span.minute")
}
