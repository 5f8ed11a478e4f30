// Package api is the JSON API below /api/v1: people and rooms, saying something, pressing a button, reading after a
// cursor, and the stream of events. It has the same power as the web chat's pages and reaches the chat through small
// ports of its own; it knows no channel by name, no storage and no rules of deals.
package api

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

// Callers knows who is asking.
type Callers interface {
	Caller(r *http.Request) (bot.PersonView, error)
	People(r *http.Request) ([]bot.PersonView, error)
	TokenFor(r *http.Request, person string) (string, error)
}

// Rooms reads conversations.
type Rooms interface {
	Rooms(ctx context.Context, person string) ([]bot.RoomView, error)
	OpenRoom(ctx context.Context, person, id, title string) (bot.RoomView, error)
	Messages(ctx context.Context, person, room string, after int64, limit int) ([]bot.MessageView, error)
	// Watch signals that something may have changed; a signal may be lost.
	Watch(ctx context.Context, person, room string) (<-chan struct{}, func(), error)
}

// Talk says something in a person's name, once per id.
type Talk interface {
	Post(ctx context.Context, person, room, id, text, replyTo string) (bot.MessageView, error)
	Press(ctx context.Context, person, room, id, action, message string) (bot.MessageView, error)
}

// Chat is all that the API needs of a chat.
type Chat interface {
	Callers
	Rooms
	Talk
}

const (
	maxBody  = 64 << 10
	maxPage  = 200
	pageSize = 50
	patience = 800 * time.Millisecond // how long a call waits for the database before it says "busy"
)

// API answers programs.
type API struct {
	chat  Chat
	rand  io.Reader
	log   *slog.Logger
	cross *http.CrossOriginProtection
	quit  <-chan struct{}
}

// New makes the API. Random names faults for the log; quit ends open streams when the program stops, and may be nil.
func New(chat Chat, random io.Reader, log *slog.Logger, quit <-chan struct{}) *API {
	return &API{chat: chat, rand: random, log: log, cross: http.NewCrossOriginProtection(), quit: quit}
}

type endpoint func(w http.ResponseWriter, r *http.Request, me bot.PersonView) error

// routes is every endpoint of the API; a test compares it with docs/openapi.yaml.
func (a *API) routes() map[string]endpoint {
	return map[string]endpoint{
		"GET /api/v1/me":                   a.me,
		"GET /api/v1/rooms":                a.rooms,
		"POST /api/v1/rooms":               a.openRoom,
		"GET /api/v1/rooms/{id}/messages":  a.messages,
		"POST /api/v1/rooms/{id}/messages": a.post,
		"POST /api/v1/rooms/{id}/actions":  a.press,
		"GET /api/v1/rooms/{id}/events":    a.events,
	}
}

// openRoutes are the endpoints that work before anybody is signed in; the sandbox guards them.
func (a *API) openRoutes() map[string]func(w http.ResponseWriter, r *http.Request) error {
	return map[string]func(w http.ResponseWriter, r *http.Request) error{
		"GET /api/v1/people":             a.people,
		"POST /api/v1/people/{id}/token": a.token,
	}
}

// Routes mounts the API.
func (a *API) Routes(mux *http.ServeMux) {
	for pattern, f := range a.routes() {
		mux.Handle(pattern, a.guard(func(w http.ResponseWriter, r *http.Request) error {
			me, err := a.chat.Caller(r)
			if err != nil {
				return err
			}
			return f(w, r, me)
		}))
	}
	for pattern, f := range a.openRoutes() {
		mux.Handle(pattern, a.guard(f))
	}
	mux.Handle("/api/", a.guard(func(http.ResponseWriter, *http.Request) error {
		return domain.Refuse(domain.CodeNotFound, domain.WhyNotFound)
	}))
}

func (a *API) guard(f func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if err := a.cross.Check(r); err != nil {
			a.fail(w, r, domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		ctx, cancel := r.Context(), context.CancelFunc(func() {})
		if !strings.HasSuffix(r.Pattern, "/events") { // a stream lasts; anything else must not hang on a sick database
			ctx, cancel = context.WithTimeout(ctx, patience)
		}
		defer cancel()
		if err := f(w, r.WithContext(ctx)); err != nil {
			a.fail(w, r, err)
		}
	})
}

// Problem is the body of every answer that is not a success.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	ID      string `json:"id"`
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := Problem{Code: string(domain.CodeInternal), Message: "Busy right now. Please try again in a minute.", ID: a.newID()}
	status := http.StatusServiceUnavailable
	if ref := domain.AsRefusal(err); ref != nil {
		status = statusOf(ref)
		p.Code, p.Message = string(ref.Code), sentence(ref)
		if secs := ref.Params["seconds"]; secs != "" {
			w.Header().Set("Retry-After", secs)
		}
	} else {
		a.log.Error("an API call failed", "id", p.ID, "route", r.Pattern, "err", err)
	}
	a.write(w, status, p)
}

func (a *API) newID() string {
	raw := make([]byte, 5)
	if _, err := io.ReadFull(a.rand, raw); err != nil {
		return "-" // the id only helps to find the log line
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}

func (a *API) write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.log.Debug("a caller left", "err", err)
	}
}

// decode reads exactly one JSON object with known fields, each at most once.
func decode(r *http.Request, into any) error {
	bad := func(why string) error {
		return domain.Refuse(domain.CodeInvalid, whyBadBody).With("detail", why)
	}
	raw, err := io.ReadAll(r.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return domain.Refuse(domain.CodeInvalid, whyTooLarge)
	}
	if err != nil {
		return bad("the body could not be read")
	}
	if twice := duplicate(raw); twice != "" {
		return bad("field " + strconv.Quote(twice) + " is there twice")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return bad("the body is not the JSON object that is expected here")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bad("there is something after the JSON object")
	}
	return nil
}

// duplicate names a key that the top object holds twice, ignoring case as the decoder does. The bodies of this API hold
// no objects within objects.
func duplicate(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	seen := map[string]bool{}
	depth, key := 0, true
	for {
		tok, err := dec.Token()
		if err != nil {
			return "" // the real decoder will say what is wrong
		}
		switch t := tok.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
			} else {
				depth--
			}
			key = true
			continue
		case string:
			if depth == 1 && key {
				name := strings.ToLower(t)
				if seen[name] {
					return t
				}
				seen[name] = true
				key = false
				continue
			}
		}
		key = true
	}
}

// Reasons that only the API refuses for.
const (
	whyBadBody  domain.Why = "bad_body"
	whyTooLarge domain.Why = "too_large"
)

func statusOf(ref *domain.Refusal) int {
	switch ref.Why { //nolint:exhaustive // the others need nothing special
	case "sign_in":
		return http.StatusUnauthorized
	case domain.WhySlowDown:
		return http.StatusTooManyRequests
	case whyTooLarge, "too_long":
		return http.StatusRequestEntityTooLarge
	}
	switch ref.Code {
	case domain.CodeNotFound:
		return http.StatusNotFound
	case domain.CodeForbidden:
		return http.StatusForbidden
	case domain.CodeConflict, domain.CodeTooLate, domain.CodeFull, domain.CodePayment:
		return http.StatusConflict
	case domain.CodeInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

var sentences = map[domain.Why]string{
	"sign_in":            "Sign in, or send a token: Authorization: Bearer TOKEN.",
	"no_act_as":          "Acting as somebody works only in a sandbox on this machine.",
	"too_long":           "The text is too long: at most 4000 characters.",
	"bad_name":           "This name cannot be used: 1 to 24 visible characters, and no name of the house.",
	whyTooLarge:          "The body is larger than 64 KB.",
	domain.WhyKeyReused:  "This id was used before with other content.",
	domain.WhyNotFound:   "There is no such thing, or it is not yours to see.",
	domain.WhyNotAllowed: "You may not do this.",
	domain.WhySlowDown:   "Too fast; wait as long as Retry-After says.",
}

func sentence(ref *domain.Refusal) string {
	if text := ref.Params["detail"]; text != "" {
		return "Bad body: " + text + "."
	}
	if field := ref.Params["field"]; field != "" {
		return fmt.Sprintf("Bad value for %q.", field)
	}
	if text, ok := sentences[ref.Why]; ok {
		return text
	}
	return "Refused: " + string(ref.Why) + "."
}
