package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"tuanbot/domain"
)

// policy lets a page use its own style, script and pictures, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const maxBody = 64 << 10

// patience is how long a page waits for the database before it says "busy".
const patience = 800 * time.Millisecond

// door guards every page: headers, origin, size and pace come before anything else. Looking has a time of its own, and so
// has the first look of a form: before anything is written a database that does not answer is told from one that says no.
func (p *Pages) door(f func(w http.ResponseWriter, r *http.Request, v viewer) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.headers(w)
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		v := p.viewer(r.WithContext(ctx))
		defer func() {
			if bad := recover(); bad != nil {
				p.problem(w, r, v, fmt.Errorf("panic: %v", bad))
			}
		}()
		err := p.check(w, r)
		if err == nil {
			err = p.awake(ctx, r)
		}
		if err != nil {
			p.problem(w, r, v, err)
			return
		}
		if r.Method != http.MethodPost {
			r = r.WithContext(ctx)
		}
		if err := f(w, r, v); err != nil {
			p.problem(w, r, v, err)
		}
	})
}

// awake reports whether the database answered who is looking, and answers now if something is to be written.
func (p *Pages) awake(ctx context.Context, r *http.Request) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("who is looking: %w", errors.Join(domain.ErrBusy, err))
	}
	if r.Method != http.MethodPost {
		return nil
	}
	if _, err := p.Desk.Communities(ctx); err != nil {
		return fmt.Errorf("before anything is written: %w", errors.Join(domain.ErrBusy, err))
	}
	return nil
}

func (p *Pages) check(w http.ResponseWriter, r *http.Request) error {
	if err := p.cross.Check(r); err != nil {
		return domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.Method != http.MethodPost {
		return nil
	}
	if wait := p.writes.take(r); wait > 0 {
		return slowDown(wait)
	}
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return domain.Refuse(domain.CodeInvalid, whyTooLong)
		}
		return domain.Refuse(domain.CodeInvalid, whyBadBody)
	}
	return nil
}

// Reasons that only pages know.
const (
	whyTooLong domain.Why = "too_long"
	whyBadBody domain.Why = "bad_body"
	whySignIn  domain.Why = "sign_in"
	whyRevoked domain.Why = "revoked"
)

func slowDown(wait time.Duration) error {
	return domain.Refuse(domain.CodeTooLate, domain.WhySlowDown).WithInt("seconds", int64(wait/time.Second)+1)
}

// insideScript is the script of the platform whose browser asks, "" for all other browsers. The page may then load from the
// platform, too.
func (p *Pages) insideScript(w http.ResponseWriter, r *http.Request) string {
	for _, in := range p.Inside {
		if strings.Contains(r.UserAgent(), in.Mark) {
			w.Header().Set("Content-Security-Policy", strings.Replace(policy, "script-src 'self'", "script-src 'self' "+in.Origin, 1))
			return in.Script
		}
	}
	return ""
}

func (p *Pages) headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	if p.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// render draws a page whole before its first byte leaves, so that a fault never shows half a page.
func (p *Pages) render(w http.ResponseWriter, status int, name string, data any) error {
	return p.renderPart(w, status, name, "layout", data)
}

func (p *Pages) renderPart(w http.ResponseWriter, status int, name, part string, data any) error {
	var buf bytes.Buffer
	if err := p.pages[name].ExecuteTemplate(&buf, part, data); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := buf.WriteTo(w); err != nil {
		p.Log.Debug("a reader left", "err", err)
	}
	return nil
}

type problemPage struct {
	frame
	Text, ID string
	Retry    bool
}

// problem answers with a clear sentence: as a page, or as {code, message, id} for programs.
func (p *Pages) problem(w http.ResponseWriter, r *http.Request, v viewer, err error) {
	if errors.Is(err, domain.ErrNotFound) {
		err = domain.Refuse(domain.CodeNotFound, domain.WhyNotFound)
	}
	ref := domain.AsRefusal(err)
	if ref != nil && ref.Code == domain.CodeNotFound && strings.Contains(r.Pattern, "{") {
		if wait := p.misses.take(r); wait > 0 {
			ref = domain.AsRefusal(slowDown(wait))
		}
	}
	page := problemPage{frame: v.frame(p, "problem.title")}
	status, code := http.StatusInternalServerError, string(domain.CodeInternal)
	if ref != nil && ref.Code == domain.CodeNotFound {
		page.Title = v.word("web.problem.missing")
	}
	if ref != nil {
		status, code, page.Text = statusOf(ref), string(ref.Code), v.refusal(ref)
		if secs := ref.Params["seconds"]; secs != "" {
			w.Header().Set("Retry-After", secs)
		}
	} else {
		page.ID, page.Retry, page.Text = errorID(), true, v.word("web.problem.fault")
		if errors.Is(err, domain.ErrBusy) || errors.Is(err, domain.ErrUnknown) || errors.Is(err, context.DeadlineExceeded) {
			status, page.Text = http.StatusServiceUnavailable, v.word("web.problem.busy")
		}
		p.Log.ErrorContext(r.Context(), "a page failed", "id", page.ID, "route", r.Pattern, "err", err)
	}
	if strings.HasPrefix(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(map[string]string{"code": code, "message": page.Text, "id": page.ID}); err != nil {
			p.Log.DebugContext(r.Context(), "a reader left", "err", err)
		}
		return
	}
	if err := p.render(w, status, "problem", page); err != nil {
		p.Log.ErrorContext(r.Context(), "the problem page failed", "err", err)
	}
}

// errorID is what a person can read to whoever looks into the log.
func errorID() string {
	var raw [5]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "-" // without randomness the sentence still helps
	}
	return hex.EncodeToString(raw[:])
}

// freshID names one form, so that pressing its button twice is one command.
func freshID() string { return errorID() + errorID() }

func statusOf(ref *domain.Refusal) int {
	switch ref.Why { //nolint:exhaustive // the others need nothing special
	case whySignIn:
		return http.StatusUnauthorized
	case domain.WhySlowDown:
		return http.StatusTooManyRequests
	case whyTooLong:
		return http.StatusRequestEntityTooLarge
	case whyRevoked:
		return http.StatusGone
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
	case domain.CodeInvalid:
	}
	return http.StatusBadRequest
}

// limiter counts requests per address and minute. An address of a private network may be a proxy in front of everybody,
// and a proxy's word on who is behind it is free text, so such addresses are not counted.
type limiter struct {
	clock func() time.Time
	most  int
	mu    sync.Mutex
	since time.Time
	count map[string]int
}

func newLimiter(clock func() time.Time, most int) *limiter {
	return &limiter{clock: clock, most: most, count: map[string]int{}}
}

// take counts one request and says how long to wait when there were too many.
func (l *limiter) take(r *http.Request) time.Duration {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if addr, err := netip.ParseAddr(host); err == nil && (addr.Unmap().IsLoopback() || addr.Unmap().IsPrivate()) {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if age := now.Sub(l.since); age >= time.Minute || age < 0 {
		l.since, l.count = now, map[string]int{}
	}
	l.count[host]++
	if l.count[host] > l.most {
		return l.since.Add(time.Minute).Sub(now)
	}
	return 0
}

// number reads a whole number of a form; anything else is 0.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0 // no such thing has number 0
	}
	return n
}
