package bot

import (
	"net/url"
	"slices"
	"strings"
	"sync"
)

// veilTokens is how many tokens of late a veil hides beside the secrets that never change.
const veilTokens = 16

// Veil keeps a channel's secrets out of words: those that it was set up with, and what its platform has handed out of late.
type Veil struct {
	secrets []string

	mu     sync.Mutex
	tokens []string
}

// NewVeil hides some secrets; empty ones are nothing to hide.
func NewVeil(secrets ...string) *Veil {
	return &Veil{secrets: slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })}
}

// Add hides a token from now on.
func (v *Veil) Add(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if token == "" || slices.Contains(v.tokens, token) {
		return
	}
	v.tokens = append(v.tokens, token)
	v.tokens = v.tokens[max(0, len(v.tokens)-veilTokens):]
}

// Over takes what is hidden out of a text, also as it stands in addresses.
func (v *Veil) Over(s string) string {
	v.mu.Lock()
	all := slices.Concat(v.secrets, v.tokens)
	v.mu.Unlock()
	for _, secret := range all {
		s = strings.ReplaceAll(s, secret, "***")
		s = strings.ReplaceAll(s, url.QueryEscape(secret), "***")
	}
	return s
}

// veiled is an error whose words hold no secret; what it wraps stays findable by type.
type veiled struct {
	err  error
	text string
}

func (e *veiled) Error() string { return e.text }
func (e *veiled) Unwrap() error { return e.err }

// OverError takes what is hidden out of an error's words.
func (v *Veil) OverError(err error) error {
	if err == nil {
		return nil
	}
	if text := v.Over(err.Error()); text != err.Error() {
		return &veiled{err, text}
	}
	return err
}
