// Package money holds amounts of money in whole fen (the smallest unit of a currency) and the arithmetic on them.
// It knows nothing of deals, and nothing here ever uses floating point.
package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"sort"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code.
type Currency string

// CNY is the renminbi.
const CNY Currency = "CNY"

// The errors of this package.
var (
	ErrOverflow = errors.New("amount too large")
	ErrCurrency = errors.New("amounts of different currencies")
	ErrParse    = errors.New("not an amount of money")
)

// Amount is a number of fen in one currency. The zero value is nothing, in any currency.
type Amount struct {
	fen int64
	cur Currency
}

// Of makes an amount of fen in a currency.
func Of(fen int64, cur Currency) Amount { return Amount{fen: fen, cur: cur} }

// Yuan makes an amount in renminbi from fen.
func Yuan(fen int64) Amount { return Of(fen, CNY) }

// Fen is the number of fen.
func (a Amount) Fen() int64 { return a.fen }

// Currency is the currency, "" for the zero value.
func (a Amount) Currency() Currency { return a.cur }

// IsZero reports whether the amount is nothing.
func (a Amount) IsZero() bool { return a.fen == 0 }

// IsPositive reports whether the amount is more than nothing.
func (a Amount) IsPositive() bool { return a.fen > 0 }

// Less reports whether a is smaller than b; the caller compares like with like.
func (a Amount) Less(b Amount) bool { return a.fen < b.fen }

// Neg is the amount with its sign turned.
func (a Amount) Neg() Amount { return Amount{fen: -a.fen, cur: a.cur} }

// Add is a+b, or ErrCurrency or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	cur, err := common(a, b)
	if err != nil {
		return Amount{}, err
	}
	sum := a.fen + b.fen
	if (b.fen > 0 && sum < a.fen) || (b.fen < 0 && sum > a.fen) {
		return Amount{}, ErrOverflow
	}
	return Amount{fen: sum, cur: cur}, nil
}

// Sub is a-b, or ErrCurrency or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.fen == math.MinInt64 {
		return Amount{}, ErrOverflow
	}
	return a.Add(b.Neg())
}

// Times is a multiplied by n, or ErrOverflow.
func (a Amount) Times(n int64) (Amount, error) {
	hi, lo := bits.Mul64(magnitude(a.fen), magnitude(n))
	if hi != 0 || lo > math.MaxInt64 {
		return Amount{}, ErrOverflow
	}
	fen := int64(lo)
	if (a.fen < 0) != (n < 0) {
		fen = -fen
	}
	return Amount{fen: fen, cur: a.cur}, nil
}

// Split shares the amount out by weights, handing out every fen: the largest remainders get the odd ones, the earlier
// first among equals. Weights must not be negative and not all zero; otherwise ErrParse.
func (a Amount) Split(weights []int64) ([]Amount, error) {
	total, err := sumWeights(weights)
	if err != nil || a.fen < 0 {
		return nil, fmt.Errorf("split %d by %v: %w", a.fen, weights, ErrParse)
	}
	parts := make([]Amount, len(weights))
	rest := make([]uint64, len(weights))
	left := a.fen
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(a.fen), uint64(w))
		q, r := bits.Div64(hi, lo, total)
		parts[i], rest[i] = Amount{fen: int64(q), cur: a.cur}, r
		left -= int64(q)
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return rest[order[i]] > rest[order[j]] })
	for _, i := range order[:left] {
		parts[i].fen++
	}
	return parts, nil
}

// String writes the amount with two decimals and no sign of the currency: "29.90".
func (a Amount) String() string {
	m := magnitude(a.fen)
	s := strconv.FormatUint(m/100, 10) + "." + fmt.Sprintf("%02d", m%100)
	if a.fen < 0 {
		return "-" + s
	}
	return s
}

// Parse reads a positive amount typed by a person, strictly: digits with at most two decimals, an optional leading ¥ or ￥
// or trailing 元. It refuses what it would have to guess at (ErrParse).
func Parse(s string, cur Currency) (Amount, error) {
	t := strings.TrimSpace(s)
	t = strings.TrimPrefix(strings.TrimPrefix(t, "¥"), "￥")
	t = strings.TrimSpace(strings.TrimSuffix(t, "元"))
	whole, frac, dotted := strings.Cut(t, ".")
	if !digits(whole) || len(whole) > 12 || (dotted && (!digits(frac) || len(frac) > 2)) {
		return Amount{}, fmt.Errorf("%q: %w", s, ErrParse)
	}
	for len(frac) < 2 {
		frac += "0"
	}
	fen, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("%q: %w", s, ErrParse)
	}
	return Of(fen, cur), nil
}

type wire struct {
	Fen int64    `json:"fen"`
	Cur Currency `json:"cur,omitempty"`
}

// MarshalJSON writes {"fen":…,"cur":…}.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(wire{a.fen, a.cur}) }

// UnmarshalJSON reads what MarshalJSON writes.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("amount: %w", err)
	}
	*a = Amount{fen: w.Fen, cur: w.Cur}
	return nil
}

func common(a, b Amount) (Currency, error) {
	switch {
	case a.cur == b.cur || b.cur == "":
		return a.cur, nil
	case a.cur == "":
		return b.cur, nil
	}
	return "", fmt.Errorf("%s and %s: %w", a.cur, b.cur, ErrCurrency)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}

func sumWeights(weights []int64) (uint64, error) {
	var total uint64
	for _, w := range weights {
		if w < 0 {
			return 0, ErrParse
		}
		sum, carry := bits.Add64(total, uint64(w), 0)
		if carry != 0 {
			return 0, ErrOverflow
		}
		total = sum
	}
	if total == 0 {
		return 0, ErrParse
	}
	return total, nil
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
