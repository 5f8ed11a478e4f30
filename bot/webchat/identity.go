package webchat

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"tuanbot/domain"
)

const (
	sessionFor = 180 * 24 * time.Hour
	tokenFor   = 365 * 24 * time.Hour
	actPrefix  = "/as/"
)

// viewer is who looks at a page. Base stands before every address of their pages: "" for a signed-in browser,
// "/as/{person}" for a tab that acts as somebody, so that several tabs can be several people.
type viewer struct {
	PersonRow
	Base  string
	token bool // came with an API token, not with a browser's cookie
}

func (c *Chat) cookieName() string {
	if c.secure {
		return "__Host-tuanbot"
	}
	return "tuanbot"
}

// signIn starts a session in this browser.
func (c *Chat) signIn(w http.ResponseWriter, r *http.Request, p PersonRow) error {
	secret, err := c.random(20)
	if err != nil {
		return err
	}
	now := c.Clock()
	err = c.Store.PutWebSession(r.Context(), SessionRow{
		Hash: hashed(secret), Person: p.ID, Epoch: p.Epoch, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(sessionFor).UnixMilli(),
	})
	if err != nil {
		return err
	}
	http.SetCookie(w, c.cookie(secret+"."+c.sign("session", secret), int(sessionFor.Seconds())))
	return nil
}

func (c *Chat) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the public URL; plain http is for this machine
		Name: c.cookieName(), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode,
	}
}

// signOut ends the session on the server, so that a copied cookie is dead too.
func (c *Chat) signOut(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, c.cookie("", -1))
	secret, ok := c.session(r)
	if !ok {
		return nil
	}
	return c.Store.EndWebSession(r.Context(), hashed(secret))
}

// session reads the cookie's secret; an altered cookie never reaches the database.
func (c *Chat) session(r *http.Request) (string, bool) {
	cookie, err := r.Cookie(c.cookieName())
	if err != nil {
		return "", false
	}
	secret, mac, ok := strings.Cut(cookie.Value, ".")
	return secret, ok && sameWord(mac, c.sign("session", secret))
}

// viewerOf finds who is asking; a refusal says that nobody is signed in or that acting is not allowed here.
func (c *Chat) viewerOf(r *http.Request) (viewer, error) {
	if id := r.PathValue("person"); id != "" && strings.HasPrefix(r.URL.Path, actPrefix) {
		return c.actor(r, id)
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		p, found, err := c.Store.WebLogin(r.Context(), hashed(token), loginAPI, c.now())
		return someone(viewer{PersonRow: p, token: true}, found, err)
	}
	secret, ok := c.session(r)
	if !ok {
		return viewer{}, domain.Refuse(domain.CodeForbidden, whySignIn)
	}
	p, found, err := c.Store.WebSession(r.Context(), hashed(secret), c.now())
	return someone(viewer{PersonRow: p}, found, err)
}

func someone(v viewer, found bool, err error) (viewer, error) {
	if err != nil {
		return viewer{}, fmt.Errorf("find who is asking: %w", err)
	}
	if !found {
		return viewer{}, domain.Refuse(domain.CodeForbidden, whySignIn)
	}
	return v, nil
}

// actor is a sample person that this tab acts as.
func (c *Chat) actor(r *http.Request, id string) (viewer, error) {
	if !c.mayAct(r) {
		return viewer{}, domain.Refuse(domain.CodeForbidden, whyNoActAs)
	}
	p, found, err := c.Store.WebPerson(r.Context(), id)
	if err != nil {
		return viewer{}, fmt.Errorf("find whom to act as: %w", err)
	}
	if !found || !p.Sample || p.GoneAt != 0 {
		return viewer{}, domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("what", "person")
	}
	return viewer{PersonRow: p, Base: actPrefix + p.ID}, nil
}

// mayAct allows acting in the sandbox only, and only on this very machine unless the operator opened it to all. The
// listen address, the caller's address, the name that was asked for (a foreign name that points here) and the marks of
// a proxy all have to say "this machine".
func (c *Chat) mayAct(r *http.Request) bool {
	if !c.Sandbox || c.RealMoney {
		return false
	}
	if c.SandboxPublic {
		return true
	}
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Real-Ip") != "" {
		return false
	}
	return (c.Listen == "" || loopback(c.Listen)) && loopback(r.RemoteAddr) && loopback(r.Host)
}

// loopback says whether a host, with or without port, is this machine.
func loopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Viewer tells other pages of this server who is signed in here. A page opened from a tab that acts as somebody is seen
// by that somebody: in the sandbox the address it came from says so.
func (c *Chat) Viewer(r *http.Request) (id, name, lang string, ok bool) {
	v, err := c.viewerBehind(r)
	if err != nil {
		return "", "", "", false
	}
	return v.ID, v.Name, v.Lang, true
}

// SignIn brings who sends a form to another page of this server into this browser's session: as who they are, or as a
// newcomer with the name in the form's field "name". A refusal says what is wrong with the name.
func (c *Chat) SignIn(w http.ResponseWriter, r *http.Request) (id, name, lang string, err error) {
	if id, name, lang, ok := c.Viewer(r); ok {
		return id, name, lang, nil
	}
	p, err := c.guest(w, r)
	return p.ID, p.Name, p.Lang, err
}

func (c *Chat) viewerBehind(r *http.Request) (viewer, error) {
	if who := r.URL.Query().Get("as"); who != "" && c.mayAct(r) {
		return c.actor(r, who)
	}
	if ref := r.Referer(); ref != "" && c.mayAct(r) {
		_, path, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(ref, "https://"), "http://"), "/")
		if who, ok := strings.CutPrefix("/"+path, actPrefix); ok && strings.Contains(ref, "://"+r.Host+"/") {
			who, _, _ = strings.Cut(who, "/")
			return c.actor(r, who)
		}
	}
	return c.viewerOf(r)
}

// enter finds the person of a private entry link.
func (c *Chat) enter(ctx context.Context, token string) (PersonRow, error) {
	p, found, err := c.Store.WebLogin(ctx, hashed(token), loginEntry, c.now())
	if err != nil {
		return PersonRow{}, fmt.Errorf("look up an entry link: %w", err)
	}
	if !found {
		return PersonRow{}, domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	}
	return p, nil
}

// address is the caller's own address, for the pace of strangers. A proxy's header is not believed: it is free text.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
