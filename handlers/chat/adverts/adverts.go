// Package adverts turns what a leader writes about a sale, or forwards from somewhere, into the fields of a deal: title, goods
// with spec and unit, prices, threshold, limits, stock, deadline, place and time of pickup, delivery. Everything here is a pure
// function; it never guesses at money: what it cannot read strictly stays empty and becomes a question. It knows no deal, no
// database and no clock.
package adverts

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"tuanbot/handlers/chat/words"
)

// The bounds of what is read.
const (
	MaxTitle = 40
	MaxItems = 26
	maxText  = 1500 // runes; the rest of a longer text is praise
	maxRun   = 12   // of one sign
	maxLines = 30   // of goods
)

// Unit is what a threshold counts.
type Unit string

// The units.
const (
	Shares Unit = "shares"
	People Unit = "people"
	Money  Unit = "money"
)

// Pay is when money is due.
type Pay string

// The ways; "" when the text does not say.
const (
	AtJoin      Pay = "at_join"
	AfterFormed Pay = "after_formed"
	Offline     Pay = "offline"
)

// Advert is what a text says of a sale. Zero fields were not said. Amounts are in fen.
type Advert struct {
	Title          string
	Items          []Item
	Teams          bool // everybody gathers a small group of their own
	Pay            Pay
	Threshold      int64
	ThresholdUnit  Unit
	Cap            int64
	CapUnit        Unit
	LimitPerson    int64
	LimitHousehold int64
	OpensAt        time.Time
	Deadline       time.Time
	TeamTTL        time.Duration
	Delivery       bool // brought to the door
	Place          string
	PickupTime     string
	Merchant       string
	Note           string
}

// Item is one of the goods.
type Item struct {
	Name, Spec, Unit                  string
	Group, Solo, Supply, Stock, Limit int64
}

// Setting is what must be known beside the text.
type Setting struct {
	Now time.Time // in the community's zone
}

// HasPrice reports whether a text names a price at all.
func HasPrice(text string) bool { return postPrice.MatchString(tidy(text)) }

// fen reads an amount strictly: digits, perhaps a point and one or two more.
func fen(s string) int64 {
	whole, part, _ := strings.Cut(s, ".")
	var n int64
	for _, c := range whole {
		if c < '0' || c > '9' || n > 1e9 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	if len(part) > 2 {
		return 0
	}
	for _, c := range (part + "00")[:2] {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

func over[T comparable](to *T, from T) {
	var zero T
	if from != zero {
		*to = from
	}
}

func cutRunes(s string, n int) string {
	if rs := []rune(s); len(rs) > n {
		return string(rs[:n])
	}
	return s
}

// foundTime is a time that a text names, and where it stands.
type foundTime struct {
	At       time.Time
	From, To int
}

// closing makes a day the deadline although no hour is said: 月底截止.
var closing = regexp.MustCompile(`^\s*(?:截|结束)`)

// readWhen finds the first exact time that a text names. A past one is handed on, since the rules refuse it in their words.
func readWhen(s string, now time.Time) (foundTime, bool) {
	for from, tries := 0, 0; from < len(s) && tries < 12; tries++ {
		r, err := words.When(s[from:], now, now.Location())
		var bad *words.BadTimeError
		if errors.Is(err, words.ErrNoTime) {
			return foundTime{}, false
		}
		past := errors.As(err, &bad) && bad.Past
		if (err == nil || past) && (!r.Vague || r.Part == "noon" || r.Part == "evening" || closing.MatchString(s[from+r.To:])) {
			return foundTime{At: r.At, From: from + r.From, To: from + r.To}, true
		}
		from += max(r.To, 1)
	}
	return foundTime{}, false
}

// Looks reports whether a text is an advert even though nobody said so: it names a price and a thing, and at least two of what
// else adverts name.
func Looks(text string, in Setting) bool {
	if len(text) < 24 || !HasPrice(text) {
		return false
	}
	a := Read(text, in)
	marks := 0
	for _, has := range []bool{
		!a.Deadline.IsZero(), a.Place != "", a.Threshold > 0, a.LimitPerson > 0 || a.LimitHousehold > 0, a.Delivery, len(a.Items) > 1,
		len(a.Items) == 1 && (a.Items[0].Spec != "" || a.Items[0].Solo > 0 || a.Items[0].Stock > 0),
	} {
		if has {
			marks++
		}
	}
	return marks >= 2 && len(a.Items) > 0 && a.Items[0].Group > 0
}
