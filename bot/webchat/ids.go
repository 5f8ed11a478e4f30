package webchat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding) //nolint:gochecknoglobals // a table

// derive makes an id from its parts: the same parts give the same id at every repeat and in every copy of the program.
func derive(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + letters.EncodeToString(sum[:16])
}

// livingID names the message of a room that is edited in place under a key.
func livingID(room, key string) string { return derive("l", room, key) }

// privateRoom names the private talk of a person.
func privateRoom(person string) string { return derive("p", person) }

// random makes an unguessable word of n random bytes.
func (c *Chat) random(n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(c.Random, raw); err != nil {
		return "", fmt.Errorf("draw random bytes: %w", err)
	}
	return letters.EncodeToString(raw), nil
}

// hashed is how secrets are kept: their words are random, so one round is enough.
func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// sign binds a purpose and its words to this installation.
func (c *Chat) sign(purpose string, words ...string) string {
	mac := hmac.New(sha256.New, c.SigningKey)
	mac.Write([]byte(purpose + "\x00" + strings.Join(words, "\x00"))) // a hash never fails to write
	return letters.EncodeToString(mac.Sum(nil)[:20])
}

func sameWord(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }
