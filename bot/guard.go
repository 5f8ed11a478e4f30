package bot

import (
	"fmt"
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
