package configs

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what a secret shows of itself.
const hidden = "***"

// Secret is a value that never prints itself: not by fmt, not in JSON or YAML, not in a log line.
// Only Reveal gives it away, so that a search for Reveal finds every place where a secret leaves.
type Secret struct {
	value string
}

// NewSecret wraps a value that must not be printed.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the value itself; the caller must not log it or put it into an error.
func (s Secret) Reveal() string { return s.value }

// IsSet tells whether there is a value at all.
func (s Secret) IsSet() bool { return s.value != "" }

// String returns *** for a secret that is set and nothing for one that is not.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return hidden
}

// GoString keeps %#v from printing the field.
func (s Secret) GoString() string { return s.String() }

// Format covers every verb: %d or %x on a plain struct would walk into the field.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String()) // a fmt.State has nobody to report a write error to
}

// MarshalText hides the secret from JSON, YAML and everything else that asks for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the secret from JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// MarshalYAML hides the secret from YAML.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue hides the secret from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
