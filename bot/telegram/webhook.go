package telegram

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

const (
	maxBody   = 512 << 10
	keyHeader = "X-Telegram-Bot-Api-Secret-Token"
)

// webhook takes one update. 200 is said only when the update is in; everything else makes Telegram deliver it again.
func (ch *Channel) webhook(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	if !equal(r.Header.Get(keyHeader), ch.secret) {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	u, code := readUpdate(w, r)
	if code != 0 {
		http.Error(w, http.StatusText(code), code)
		return
	}
	if err := ch.handle(r.Context(), u); err != nil {
		ch.c.Log.WarnContext(r.Context(), "an update was not taken in", "channel", ChannelName, "err", ch.redact(err))
		w.Header().Set("Retry-After", "1")
		http.Error(w, "again, please", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// equal compares in a time that tells nothing of either text.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// readUpdate reads one update, and nothing after it. The code is not 0 when it is none.
func readUpdate(w http.ResponseWriter, r *http.Request) (u update, code int) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return u, http.StatusRequestEntityTooLarge
	case err != nil:
		return u, http.StatusBadRequest
	}
	if err := json.Unmarshal(body, &u); err != nil || u.ID == 0 {
		return update{}, http.StatusBadRequest
	}
	return u, 0
}
