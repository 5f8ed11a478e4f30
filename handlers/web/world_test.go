package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"tuanbot/assets"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/handlerstest"
	"tuanbot/handlers/pay/sandbox"
	"tuanbot/handlers/web"
	"tuanbot/storage"
)

// block is a town with its pages on a real server. Who looks is named by a cookie.
type block struct {
	*handlerstest.Town
	gate  *sandbox.Gateway
	pages *web.Pages
	door  *httptest.Server
	links *storage.OperatorLinks

	mu     sync.Mutex
	people map[string]domain.Account
}

func open(t testing.TB) *block {
	t.Helper()
	b := &block{people: map[string]domain.Account{}}
	b.Town = handlerstest.Open(t, func(db *storage.DB, clock *handlerstest.Clock) domain.Payments {
		g, err := sandbox.New(sandbox.Config{
			Journal: db.Sandbox(), Keys: [][]byte{[]byte(strings.Repeat("k", 32))}, Clock: clock.Now, PublicURL: "http://tuan.test",
			Deliver: func(context.Context, sandbox.Callback) error { return nil }, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.gate = g
		return g
	})
	b.links = b.DB.OperatorLinks()
	b.know(b.Leader)
	pages, err := web.New(web.Config{
		Desk: b.Desk, Outbox: b.DB, Who: b.who, SignIn: b.signIn, Cashier: b.gate, Links: b.links, BaseURL: "http://tuan.test", Clock: b.Clock.Now,
		Log: slog.New(slog.DiscardHandler), Inside: []web.Inside{{Mark: "SomeApp", Script: "/hook/some/share.js", Origin: "https://some.example"}},
	})
	b.Must(err)
	b.pages = pages
	mux := http.NewServeMux()
	pages.Routes(mux)
	mux.Handle("GET /assets/", assets.Handler())
	b.door = httptest.NewServer(mux)
	t.Cleanup(b.door.Close)
	return b
}

func (b *block) who(r *http.Request) (domain.Account, bool) {
	c, err := r.Cookie("who")
	if err != nil {
		return domain.Account{}, false
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return domain.Account{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.people[name]
	return a, ok
}

func (b *block) signIn(w http.ResponseWriter, r *http.Request) (domain.Account, error) {
	name := r.PostFormValue("name")
	if handlers.CleanName(name) == "" {
		return domain.Account{}, domain.Refuse(domain.CodeInvalid, domain.WhyBadName)
	}
	http.SetCookie(w, &http.Cookie{Name: "who", Value: url.QueryEscape(name), Path: "/"})
	return b.neighbour(name), nil
}

func (b *block) know(a domain.Account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.people[a.Name] = a
}

// neighbour is a person who can sign in.
func (b *block) neighbour(name string) domain.Account {
	a := b.Person(name)
	b.know(a)
	return a
}

// answer is what a page said.
type answer struct {
	status int
	text   string
	header http.Header
}

// stubborn is how often somebody asks again who is told "busy, try again": the time that a page has is short on a machine that
// does much else.
const stubborn = 20

// call asks for a page as somebody ("" = nobody) and does not follow redirects.
func (b *block) call(method, path, who string, form url.Values, header ...string) (a answer) {
	b.T.Helper()
	for range stubborn {
		if a = b.callOnce(method, path, who, form, header...); a.status != http.StatusServiceUnavailable {
			break
		}
	}
	return a
}

func (b *block) callOnce(method, path, who string, form url.Values, header ...string) answer {
	b.T.Helper()
	req, err := http.NewRequestWithContext(b.T.Context(), method, b.door.URL+path, strings.NewReader(form.Encode()))
	b.Must(err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		req.AddCookie(&http.Cookie{Name: "who", Value: url.QueryEscape(who)})
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := *b.door.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	b.Must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	b.Must(err)
	return answer{resp.StatusCode, string(body), resp.Header}
}

func (b *block) get(path, who string) answer {
	b.T.Helper()
	return b.call(http.MethodGet, path, who, nil)
}

func (b *block) post(path, who string, form ...string) answer {
	b.T.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		v.Add(form[i], form[i+1])
	}
	return b.call(http.MethodPost, path, who, v)
}

// shows demands a page that says all of texts.
func (b *block) shows(a answer, status int, texts ...string) {
	b.T.Helper()
	if a.status != status {
		b.T.Errorf("status %d, want %d: %s", a.status, status, plain(a.text))
	}
	for _, text := range texts {
		if !strings.Contains(plain(a.text), text) {
			b.T.Errorf("%q is missing in: %s", text, plain(a.text))
		}
	}
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// plain is what a person reads of a page.
func plain(html string) string {
	text := tags.ReplaceAllString(html, " ")
	text = strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&", "&#43;", "+").Replace(text)
	return strings.TrimSpace(spaces.ReplaceAllString(text, " "))
}
