package fake

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tuanbot/assets"
)

// actFor is how long one act of a person may take, with all redeliveries.
const actFor = 40 * time.Second

// Page shows what every person of every platform sees, and lets one speak as them. It is for one's own machine.
type Page struct {
	platforms []Platform
	tmpl      *template.Template
	cross     *http.CrossOriginProtection
	log       *slog.Logger
}

// NewPage makes the page of some platforms.
func NewPage(log *slog.Logger, platforms ...Platform) (*Page, error) {
	t, err := assets.Page("fake/town.html")
	if err != nil {
		return nil, err
	}
	return &Page{platforms: platforms, tmpl: t, cross: http.NewCrossOriginProtection(), log: log}, nil
}

// Handler serves the page.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", assets.Handler())
	mux.HandleFunc("GET /{$}", p.show("layout"))
	mux.HandleFunc("GET /talk", p.show("talk"))
	mux.HandleFunc("GET /picture", p.picture)
	for name, act := range map[string]func(ctx context.Context, a act) error{
		"say": func(ctx context.Context, a act) error { return a.on.Say(ctx, a.who, a.chat, a.form("text")) },
		"reply": func(ctx context.Context, a act) error {
			return a.on.Reply(ctx, a.who, a.chat, a.form("message"), a.form("text"))
		},
		"press": func(ctx context.Context, a act) error {
			return a.on.Press(ctx, a.who, a.form("message"), a.form("button"))
		},
		"open":   func(ctx context.Context, a act) error { return a.on.Open(ctx, a.who, a.form("payload")) },
		"follow": func(ctx context.Context, a act) error { return a.on.Follow(ctx, a.who) },
		"leave":  func(ctx context.Context, a act) error { return a.on.Leave(ctx, a.who) },
	} {
		mux.HandleFunc("POST /"+name, p.do(act))
	}
	return p.cross.Handler(guard(mux))
}

// guard lets a browser load nothing from elsewhere.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

// act is something that a person does.
type act struct {
	on        Platform
	who, chat string
	form      func(name string) string
}

func (p *Page) platform(name string) Platform {
	at := slices.IndexFunc(p.platforms, func(x Platform) bool { return x.Name() == name })
	if at < 0 {
		return nil
	}
	return p.platforms[at]
}

// do lets a person act and goes back to what they see. What the platform gave up is shown there.
func (p *Page) do(f func(ctx context.Context, a act) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		at := place{r.PostFormValue("p"), r.PostFormValue("who"), r.PostFormValue("chat"), lang(r.PostFormValue("lang"))}
		on := p.platform(at.platform)
		if on == nil {
			http.Error(w, assets.Word(at.lang, "fake.unknown"), http.StatusNotFound)
			return
		}
		// A person who closes the page has still spoken.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actFor)
		defer cancel()
		to := at.link("/")
		if err := f(ctx, act{on: on, who: at.who, chat: at.chat, form: r.PostFormValue}); err != nil {
			to += "&note=" + url.QueryEscape(err.Error())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

func lang(s string) string {
	if s == "en" {
		return "en"
	}
	return "zh"
}

// place is a chat as one person sees it.
type place struct{ platform, who, chat, lang string }

func (at place) link(path string) string {
	q := url.Values{"p": {at.platform}, "who": {at.who}, "chat": {at.chat}, "lang": {at.lang}}
	return path + "?" + q.Encode()
}

func (p *Page) show(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		v := p.view(place{q.Get("p"), q.Get("who"), q.Get("chat"), lang(q.Get("lang"))})
		if note := q.Get("note"); note != "" {
			v.Note = assets.Word(v.Lang, "fake.gave_up", note)
		}
		var body bytes.Buffer
		if err := p.tmpl.ExecuteTemplate(&body, name, v); err != nil {
			p.log.ErrorContext(r.Context(), "show the stand-ins", "err", err)
			http.Error(w, "the page is broken, see the log", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if _, err := body.WriteTo(w); err != nil {
			p.log.DebugContext(r.Context(), "the reader has gone", "err", err)
		}
	}
}

// picture serves an uploaded picture where the platform keeps it.
func (p *Page) picture(w http.ResponseWriter, r *http.Request) {
	keeper, ok := p.platform(r.URL.Query().Get("p")).(interface{ Picture(file string) []byte })
	var body []byte
	if ok {
		body = keeper.Picture(r.URL.Query().Get("file"))
	}
	if kind := http.DetectContentType(body); len(body) > 0 && strings.HasPrefix(kind, "image/") {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body) //nolint:gosec // G705: an image by its first bytes; the reader may have gone
		return
	}
	http.NotFound(w, r)
}

var errNobody = errors.New("a page needs a platform with people")

// Start is the address of the first person, for whoever opens the page.
func (p *Page) Start() (string, error) {
	for _, x := range p.platforms {
		if people := x.People(); len(people) > 0 {
			return place{platform: x.Name(), who: people[0].ID, lang: "zh"}.link("/"), nil
		}
	}
	return "", errNobody
}
