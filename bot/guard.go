package bot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// Guard turns a panic in a callback into 500: the platform delivers again, and other callbacks go on. What the panic says is
// not logged, since it may hold what somebody wrote.
func Guard(log *slog.Logger, channel string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() { //nolint:contextcheck // the request's own context goes to the log
			if p := recover(); p != nil {
				log.ErrorContext(r.Context(), "panic in a callback", "channel", channel, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
				http.Error(w, "internal", http.StatusInternalServerError)
			}
		}()
		next(w, r)
	}
}

var errMore = errors.New("there is more behind the body")

// OneXML reads a body that is one element and nothing else: of two, nobody could say which was signed.
func OneXML(raw []byte, into any) error {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("read a body: %w", err)
	}
	for {
		switch t, err := dec.Token(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read behind a body: %w", err)
		default:
			if space, ok := t.(xml.CharData); !ok || len(bytes.TrimSpace(space)) > 0 {
				return errMore
			}
		}
	}
}
