package handlers

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// codeLetters are easy to read aloud and to type: no 0 O, no 1 I L.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// Mint makes real ids, tokens and codes from the system's random source.
type Mint struct{}

// ID is a time-ordered UUID in 26 letters that sort as its bytes do.
func (Mint) ID() string {
	id := uuid.Must(uuid.NewV7()) // fails only when the system has no randomness, and then nothing may go on
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(id[:]))
}

// Token has 144 unguessable bits.
func (Mint) Token() string {
	b := make([]byte, 18)
	mustRead(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// typed is how short a code is that people write among other words.
const typed = 5

// Code has n letters, each drawn evenly. A code that is typed among other words is drawn again until nothing else can be meant
// by it: not a word, not a number, not items with quantities.
func (m Mint) Code(n int) string {
	for {
		if code := m.draw(n); n > typed || unmistakable(code) {
			return code
		}
	}
}

// unmistakable: a digit somewhere, and two letters side by side behind it or before another letter's end. A2B13, YGMG2 and
// HELLO are what people might mean by something else.
func unmistakable(code string) bool {
	digit := func(i int) bool { return code[i] >= '0' && code[i] <= '9' }
	changes := 0
	for i := 1; i < len(code); i++ {
		switch {
		case digit(i) != digit(i-1):
			changes++
		case !digit(i):
			return (changes > 0 || !digit(len(code)-1)) && strings.ContainsAny(code, "0123456789")
		}
	}
	return len(code) < 2
}

func (Mint) draw(n int) string {
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for len(out) < n {
		mustRead(buf)
		for _, c := range buf {
			if limit := 256 - 256%len(codeLetters); int(c) < limit && len(out) < n {
				out = append(out, codeLetters[int(c)%len(codeLetters)])
			}
		}
	}
	return string(out)
}

// Number is a payment number: 28 letters and digits.
func (m Mint) Number() string { return "TB" + strings.ToUpper(m.ID()) }

func mustRead(b []byte) {
	if _, err := rand.Read(b); err != nil {
		panic(fmt.Sprintf("no randomness: %v", err))
	}
}
