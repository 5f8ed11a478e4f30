package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"tuanbot/domain"
)

// policy lets a page use its own style, script and pictures, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type pageFunc func(w http.ResponseWriter, r *http.Request, v viewer) error

type doorFunc func(w http.ResponseWriter, r *http.Request) error

// Routes mounts the pages of the web chat.
func (c *Chat) Routes(mux *http.ServeMux) {
	mux.Handle("GET /{$}", c.door(c.showHome))
	mux.Handle("GET /people", c.door(c.showPeople))
	mux.Handle("GET /enter/{token}", c.door(c.showEnter))
	mux.Handle("POST /enter/{token}", c.door(c.doEnter))
	mux.Handle("GET /join/{token}", c.door(c.showJoin))
	mux.Handle("POST /join/{token}", c.door(c.doJoin))
	mux.Handle("POST /hello", c.door(c.doHello))
	mux.Handle("POST /logout", c.door(c.doLogout))
	for pattern, page := range map[string]pageFunc{
		"GET /r/{room}":         c.showRoom,
		"GET /r/{room}/about":   c.showAbout,
		"GET /r/{room}/events":  c.stream,
		"GET /events":           c.stream,
		"POST /r/{room}/send":   c.doSend,
		"POST /r/{room}/press":  c.doPress,
		"POST /r/{room}/read":   c.doRead,
		"POST /r/{room}/remove": c.doRemove,
		"POST /r/{room}/invite": c.doInvite,
		"POST /r/{room}/link":   c.doMemberLink,
		"GET /me":               c.showMe,
		"POST /me":              c.doMe,
		"POST /me/link":         c.doMyLink,
		"POST /me/token":        c.doMyToken,
		"POST /me/leave":        c.doLeave,
	} {
		mux.Handle(pattern, c.page(page))
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" /as/{person}"+path, c.page(page))
	}
	mux.Handle("GET /as/{person}/{$}", c.page(c.showRooms))
}

// page serves somebody who is signed in, or who acts as somebody in the sandbox.
func (c *Chat) page(f pageFunc) http.Handler {
	return c.door(func(w http.ResponseWriter, r *http.Request) error {
		v, err := c.viewerOf(r)
		if err != nil {
			return err
		}
		if err := f(w, r, v); err != nil {
			c.problem(w, r, v.Lang, err)
		}
		return nil
	})
}

// door guards a page that anybody may open.
func (c *Chat) door(f doorFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.headers(w)
		if err := c.cross.Check(r); err != nil {
			c.problem(w, r, preferred(r), domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil {
				c.problem(w, r, preferred(r), bodyProblem(err))
				return
			}
		}
		ctx, cancel := r.Context(), context.CancelFunc(func() {})
		if !strings.HasSuffix(r.Pattern, "/events") { // a stream lasts; anything else must not hang on a sick database
			ctx, cancel = context.WithTimeout(ctx, patience)
		}
		defer cancel()
		if err := f(w, r.WithContext(ctx)); err != nil {
			c.problem(w, r, preferred(r), err)
		}
	})
}

func bodyProblem(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return domain.Refuse(domain.CodeInvalid, whyTooLong).WithInt("max", maxText)
	}
	return domain.Refuse(domain.CodeInvalid, whyBadBody)
}

func (c *Chat) headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if c.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// render draws a page whole before the first byte leaves, so that a fault never shows half a page.
func (c *Chat) render(w http.ResponseWriter, status int, name string, data any) error {
	var buf bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&buf, "layout", data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := buf.WriteTo(w); err != nil {
		c.Log.Debug("a reader left", "channel", ChannelName, "err", err)
	}
	return nil
}

type problemPage struct {
	frame
	Text, Code, ID string
	Retry          bool
}

// problem answers with a clear sentence: as a page, or as {code, message, id} for the script.
func (c *Chat) problem(w http.ResponseWriter, r *http.Request, lang string, err error) {
	id, status, ref := "", http.StatusServiceUnavailable, domain.AsRefusal(err)
	text := word(lang, "problem.fault")
	if ref != nil {
		status, text = statusOf(ref), refusalWords(lang, ref)
	} else {
		if id, _ = c.random(5); id == "" { // without randomness the id is missing, the sentence still helps
			id = "-"
		}
		c.Log.Error("a page failed", "channel", ChannelName, "id", id, "path", routeOf(r), "err", err)
	}
	code := string(domain.CodeInternal)
	if ref != nil {
		code = string(ref.Code)
		if secs := ref.Params["seconds"]; secs != "" {
			w.Header().Set("Retry-After", secs)
		}
	}
	if wantsJSON(r) {
		c.writeJSON(w, status, map[string]string{"code": code, "message": text, "id": id})
		return
	}
	if ref != nil && ref.Why == whySignIn && r.Method == http.MethodGet {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	page := problemPage{frame: frame{Lang: lang, Title: word(lang, "problem.title"), Sandbox: c.Sandbox}, Text: text, Code: code, ID: id, Retry: ref == nil}
	if err := c.render(w, status, "problem", page); err != nil {
		c.Log.Error("the problem page failed", "channel", ChannelName, "err", err)
	}
}

// routeOf is the pattern of a request: addresses may carry secrets.
func routeOf(r *http.Request) string { return r.Pattern }

// statusOf is the HTTP status of a refusal.
func statusOf(ref *domain.Refusal) int {
	switch ref.Why { //nolint:exhaustive // the others need nothing special
	case whySignIn:
		return http.StatusUnauthorized
	case domain.WhySlowDown:
		return http.StatusTooManyRequests
	case whyTooLong:
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

func refusalWords(lang string, ref *domain.Refusal) string {
	key := "refused." + string(ref.Why)
	switch ref.Why { //nolint:exhaustive // the others need nothing special
	case whyTooLong, domain.WhyBadName:
		if ref.Params["taken"] != "" {
			return word(lang, "refused.name_taken")
		}
		return word(lang, key, ref.Params["max"])
	case domain.WhySlowDown:
		return word(lang, key, ref.Params["seconds"])
	}
	if text := word(lang, key); text != key {
		return text
	}
	return word(lang, "refused.other")
}

func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

func (c *Chat) writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		c.Log.Debug("a reader left", "channel", ChannelName, "err", err)
	}
}

// preferred is the language a browser asks for, Chinese unless it says English first.
func preferred(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") {
		return "en"
	}
	return "zh"
}

func number(raw string) int64 {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0 // a cursor that makes no sense starts at the beginning
	}
	return n
}
