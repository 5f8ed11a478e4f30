package configs

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zone names must resolve on machines without a zone folder
)

const (
	minPayWindow = time.Minute
	maxPayWindow = 7 * 24 * time.Hour
	minStop      = time.Second
	maxStop      = 5 * time.Minute
)

// value is one field of Settings that can be set from text and shown as text.
type value interface {
	Set(text string) error
	String() string
}

type textValue struct {
	at    *string
	check func(string) error
}

func text(at *string, check func(string) error) value { return textValue{at, check} }

func (v textValue) String() string { return *v.at }

func (v textValue) Set(s string) error {
	if err := v.check(s); err != nil {
		return err
	}
	*v.at = s
	return nil
}

type secretValue struct {
	at    *Secret
	check func(string) error
}

func secret(at *Secret, check func(string) error) value { return secretValue{at, check} }

func (v secretValue) String() string { return v.at.String() }

// Set must not put the text into its error.
func (v secretValue) Set(s string) error {
	if s != "" {
		if err := v.check(s); err != nil {
			return err
		}
	}
	*v.at = NewSecret(s)
	return nil
}

type switchValue struct{ at *bool }

func onOff(at *bool) value { return switchValue{at} }

func (v switchValue) String() string { return strconv.FormatBool(*v.at) }

func (v switchValue) Set(s string) error {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		*v.at = true
	case "false", "no", "off", "0":
		*v.at = false
	default:
		return fmt.Errorf("%q is neither true nor false", s)
	}
	return nil
}

type wholeValue struct {
	at       *int
	min, max int
}

func whole(at *int, low, high int) value { return wholeValue{at, low, high} }

func (v wholeValue) String() string { return strconv.Itoa(*v.at) }

func (v wholeValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < v.min || n > v.max {
		return fmt.Errorf("%q is not a whole number from %d to %d", s, v.min, v.max)
	}
	*v.at = n
	return nil
}

type spanValue struct {
	at       *time.Duration
	min, max time.Duration
}

func span(at *time.Duration, low, high time.Duration) value { return spanValue{at, low, high} }

func (v spanValue) String() string { return shortSpan(*v.at) }

func (v spanValue) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < v.min || d > v.max {
		return fmt.Errorf("%q is not a time span from %s to %s, such as 15m or 16h", s, shortSpan(v.min), shortSpan(v.max))
	}
	*v.at = d
	return nil
}

// shortSpan drops the zero parts that Duration.String prints: 16h, not 16h0m0s.
func shortSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

type levelValue struct{ at *slog.Level }

func (v levelValue) String() string { return strings.ToLower(v.at.String()) }

func (v levelValue) Set(s string) error {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[strings.ToLower(s)]
	if !ok {
		return fmt.Errorf("%q is not debug, info, warn or error", s)
	}
	*v.at = level
	return nil
}

func oneOf(at *string, words ...string) value {
	return text(at, func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("%q is not %s", s, strings.Join(words, " or "))
		}
		return nil
	})
}

// DayTime is a time of day in minutes after midnight, on the clock of whichever community it is applied to.
type DayTime int

// Hour returns the hour of the day, 0 to 23.
func (t DayTime) Hour() int { return int(t) / 60 }

// Minute returns the minute of the hour.
func (t DayTime) Minute() int { return int(t) % 60 }

// Duration returns how long after midnight the time is.
func (t DayTime) Duration() time.Duration { return time.Duration(t) * time.Minute }

// String prints the time as people write it, such as 22:30.
func (t DayTime) String() string { return fmt.Sprintf("%02d:%02d", t.Hour(), t.Minute()) }

type dayTimeValue struct{ at *DayTime }

func dayTime(at *DayTime) value { return dayTimeValue{at} }

func (v dayTimeValue) String() string { return v.at.String() }

func (v dayTimeValue) Set(s string) error {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return fmt.Errorf("%q is not a time of day such as 22:30", s)
	}
	*v.at = DayTime(t.Hour()*60 + t.Minute())
	return nil
}

func checkNotEmpty(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("must not be empty")
	}
	return nil
}

func optional(check func(string) error) func(string) error {
	return func(s string) error {
		if s == "" {
			return nil
		}
		return check(s)
	}
}

func checkZone(s string) error {
	if _, err := loadZone(s); err != nil {
		return fmt.Errorf("%q is not a time zone such as Asia/Shanghai", s)
	}
	return nil
}

// loadZone refuses the two names that mean different zones on different machines.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("a zone needs a name of its own")
	}
	return time.LoadLocation(name)
}
