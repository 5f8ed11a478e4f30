package money_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tuanbot/domain/money"
)

func TestParseReadsOnlyWhatIsPlain(t *testing.T) {
	t.Parallel()
	good := map[string]int64{
		"29.9": 2990, "29.90": 2990, "0.01": 1, "0": 0, "12": 1200, "¥29.90": 2990, "￥5": 500, "5元": 500, " 7.5 元 ": 750, "¥ 3": 300,
		"000000000012": 1200, "999999999999.99": 99999999999999,
	}
	for in, fen := range good {
		a, err := money.Parse(in, money.CNY)
		if err != nil || a != money.Yuan(fen) {
			t.Errorf("Parse(%q) = %v, %v; want %d fen", in, a, err, fen)
		}
	}
	bad := []string{
		"", " ", ".", "1.", ".5", "1.234", "-1", "+1", "1,000", "1e3", "0x10", "１２", "29.9.9", "1 2", "¥", "元", "¥¥1", "1元元", "9999999999999",
		"NaN", "Inf", "29块", "1.-1", "1.+1", "二十",
	}
	for _, in := range bad {
		if a, err := money.Parse(in, money.CNY); !errors.Is(err, money.ErrParse) {
			t.Errorf("Parse(%q) = %v, %v; want a refusal", in, a, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"29.90", "¥1", "3元", "0.001", "-5", "999999999999.99", "1..2", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s, money.CNY)
		if err != nil {
			return
		}
		if a.Fen() < 0 {
			t.Fatalf("%q became %s", s, a)
		}
		back, err := money.Parse(a.String(), money.CNY)
		if err != nil || back != a {
			t.Fatalf("%q became %s, which became %v, %v", s, a, back, err)
		}
	})
}

func TestStringKeepsTwoDecimals(t *testing.T) {
	t.Parallel()
	for fen, want := range map[int64]string{0: "0.00", 1: "0.01", 99: "0.99", 2990: "29.90", -5: "-0.05", -12345: "-123.45", math.MinInt64: "-92233720368547758.08"} {
		if got := money.Yuan(fen).String(); got != want {
			t.Errorf("%d fen = %q, want %q", fen, got, want)
		}
	}
}

func TestCurrenciesDoNotMix(t *testing.T) {
	t.Parallel()
	if _, err := money.Yuan(1).Add(money.Of(1, "USD")); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("yuan and dollars added: %v", err)
	}
	if _, err := money.Yuan(1).Sub(money.Of(0, "USD")); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("yuan and dollars subtracted: %v", err)
	}
	var nothing money.Amount
	if sum, err := nothing.Add(money.Yuan(5)); err != nil || sum != money.Yuan(5) {
		t.Errorf("nothing and 5 fen = %v, %v", sum, err)
	}
	if sum, err := money.Yuan(5).Add(nothing); err != nil || sum != money.Yuan(5) {
		t.Errorf("5 fen and nothing = %v, %v", sum, err)
	}
}

// wide is every number that int64 holds, with its edges often.
func wide() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1, 1 << 32, -(1 << 32)}))
}

// TestSumsAreExactOrRefused compares with numbers of any size.
func TestSumsAreExactOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := wide().Draw(t, "a"), wide().Draw(t, "b")
		x, y := big.NewInt(a), big.NewInt(b)
		sum, err := money.Yuan(a).Add(money.Yuan(b))
		exact(t, "sum", sum, err, new(big.Int).Add(x, y))
		product, err := money.Yuan(a).Times(b)
		exact(t, "product", product, err, new(big.Int).Mul(x, y))
		if b != math.MinInt64 {
			diff, err := money.Yuan(a).Sub(money.Yuan(b))
			exact(t, "difference", diff, err, new(big.Int).Sub(x, y))
		}
	})
}

// exact wants the true result, or ErrOverflow when it does not fit. The most negative number may be refused too.
func exact(t *rapid.T, what string, got money.Amount, err error, want *big.Int) {
	t.Helper()
	switch {
	case err == nil && (!want.IsInt64() || want.Int64() != got.Fen()):
		t.Fatalf("%s is %d, want %s", what, got.Fen(), want)
	case err != nil && !errors.Is(err, money.ErrOverflow):
		t.Fatalf("%s: %v", what, err)
	case err != nil && want.IsInt64() && want.Int64() != math.MinInt64:
		t.Fatalf("%s of %s was refused", what, want)
	}
}

func TestSplitHandsOutEveryFen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(0, math.MaxInt64).Draw(t, "whole")
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, math.MaxInt64/20)), 1, 12).Draw(t, "weights")
		total := new(big.Int)
		for _, w := range weights {
			total.Add(total, big.NewInt(w))
		}
		parts, err := money.Yuan(whole).Split(weights)
		if total.Sign() == 0 {
			if !errors.Is(err, money.ErrParse) {
				t.Fatalf("split by nothing: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for i, p := range parts {
			sum += p.Fen()
			fair := new(big.Int).Mul(big.NewInt(whole), big.NewInt(weights[i]))
			fair.Div(fair, total)
			over := new(big.Int).Sub(big.NewInt(p.Fen()), fair)
			if over.Sign() < 0 || over.Cmp(big.NewInt(1)) > 0 {
				t.Fatalf("part %d is %d, fair is %s", i, p.Fen(), fair)
			}
			if weights[i] == 0 && p.Fen() != 0 {
				t.Fatalf("part %d without weight got %d", i, p.Fen())
			}
		}
		if sum != whole {
			t.Fatalf("parts sum to %d of %d", sum, whole)
		}
	})
}

func TestSplitGivesOddFenToTheLargestRemainder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		whole   int64
		weights []int64
		want    string
	}{
		{100, []int64{1, 1, 1}, "[0.34 0.33 0.33]"},
		{100, []int64{1, 2, 4}, "[0.14 0.29 0.57]"},
		{1, []int64{1, 1}, "[0.01 0.00]"},
		{7, []int64{0, 3}, "[0.00 0.07]"},
		{0, []int64{5, 5}, "[0.00 0.00]"},
	} {
		parts, err := money.Yuan(c.whole).Split(c.weights)
		if got := fmt.Sprint(parts); err != nil || got != c.want {
			t.Errorf("%d by %v = %s, %v; want %s", c.whole, c.weights, got, err, c.want)
		}
	}
	for _, weights := range [][]int64{nil, {0, 0}, {1, -1}} {
		if _, err := money.Yuan(5).Split(weights); !errors.Is(err, money.ErrParse) {
			t.Errorf("split by %v: %v", weights, err)
		}
	}
	if _, err := money.Yuan(-5).Split([]int64{1}); !errors.Is(err, money.ErrParse) {
		t.Errorf("split of less than nothing: %v", err)
	}
}

func TestJSONKeepsFenAndCurrency(t *testing.T) {
	t.Parallel()
	for _, a := range []money.Amount{{}, money.Yuan(0), money.Yuan(2990), money.Of(-5, "HKD")} {
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back money.Amount
		if err := json.Unmarshal(raw, &back); err != nil || back != a {
			t.Errorf("%v became %s became %v, %v", a, raw, back, err)
		}
	}
	var a money.Amount
	for _, raw := range []string{`{"fen":1.5}`, `"29.90"`, `{"fen":"1"}`, `{"fen":1e30}`} {
		if err := json.Unmarshal([]byte(raw), &a); err == nil || !strings.HasPrefix(err.Error(), "amount: ") {
			t.Errorf("%s was read as %v: %v", raw, a, err)
		}
	}
}

func ExampleAmount_Split() {
	parts, err := money.Yuan(100).Split([]int64{1, 1, 1})
	fmt.Println(parts, err)
	// Output: [0.34 0.33 0.33] <nil>
}

func ExampleParse() {
	a, err := money.Parse("¥29.9", money.CNY)
	fmt.Println(a, err)
	// Output: 29.90 <nil>
}
