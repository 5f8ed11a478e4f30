package wechat_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

// A code is made once, used until it nears its end, and renewed; the old one goes on working meanwhile.
func TestCodesAreRenewedBeforeTheirEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	get := func() string {
		t.Helper()
		at, err := w.ch.ShareQR(t.Context(), "deal 7KQ4D")
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	first := get()
	w.clock.forward(26 * 24 * time.Hour)
	if get() != first {
		t.Error("made anew too early")
	}
	w.clock.forward(24*time.Hour + time.Minute)
	second := get()
	if second == first {
		t.Error("not renewed before its end")
	}
	for _, at := range []string{first, second} {
		if err := w.town.Open(t.Context(), who, at); err != nil || w.last().Action != "deal 7KQ4D" {
			t.Errorf("%v, heard %+v", err, w.last())
		}
	}
	for _, bad := range []string{"", strings.Repeat("x", 65), "deal 团"} {
		if _, err := w.ch.ShareQR(t.Context(), bad); err == nil {
			t.Errorf("a code for %q", bad)
		}
	}
	w.noFaults()
}

func TestMenuLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := func(label string) wechat.MenuButton { return wechat.MenuButton{Label: label, Text: "x"} }
	bad := map[string][]wechat.MenuButton{
		"none": nil, "four": {b("1"), b("2"), b("3"), b("4")}, "long name": {b("一二三四五六")}, "no name": {b("")},
		"nothing to do": {{Label: "a"}}, "two things": {{Label: "a", Text: "x", Action: "y"}}, "both": {{Label: "a", Text: "x", Below: []wechat.MenuButton{b("b")}}},
		"six below": {{Label: "a", Below: []wechat.MenuButton{b("1"), b("2"), b("3"), b("4"), b("5"), b("6")}}}, "bad address": {{Label: "a", URL: "javascript:x"}},
		"long key": {{Label: "a", Text: strings.Repeat("x", 129)}}, "three levels": {{Label: "a", Below: []wechat.MenuButton{{Label: "b", Below: []wechat.MenuButton{b("c")}}}}},
	}
	for name, buttons := range bad {
		if err := w.ch.SetMenu(t.Context(), buttons); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if calls := w.town.Calls(); len(calls) != 0 {
		t.Errorf("the platform was asked: %v", calls)
	}
	if err := w.ch.SetMenu(t.Context(), []wechat.MenuButton{b("一二三四五"), {Label: "更多", Below: []wechat.MenuButton{{Label: strings.Repeat("长", 20), URL: "https://x.example/"}}}}); err != nil {
		t.Error(err)
	}
	w.noFaults()
}

func TestPagesAreSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := "https://tuan.example.org/d/7KQ4D?from=a&x=%E5%9B%A2"
	js, err := w.ch.JSConfig(t.Context(), page+"#top")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum([]byte(fmt.Sprintf("jsapi_ticket=TICKET_%s&noncestr=%s&timestamp=%d&url=%s", appID, js.Nonce, js.Timestamp, page)))
	if js.Signature != hex.EncodeToString(sum[:]) || js.AppID != appID || len(js.APIs) == 0 || len(js.Tags) == 0 {
		t.Errorf("%+v", js)
	}
	for _, other := range []string{"https://evil.example/", "http://tuan.example.org/", "https://tuan.example.org.evil.example/", "https://x@tuan.example.org/", "", "/d/7KQ4D", "https://tuan.example.org:8443/"} {
		if _, err := w.ch.JSConfig(t.Context(), other); err == nil {
			t.Errorf("%q was signed", other)
		}
	}
	if n := strings.Count(strings.Join(w.town.Calls(), " "), "getticket"); n != 1 {
		t.Errorf("%d tickets were fetched", n)
	}
	w.clock.forward(2 * time.Hour)
	if _, err := w.ch.JSConfig(t.Context(), page); err != nil || strings.Count(strings.Join(w.town.Calls(), " "), "getticket") != 2 {
		t.Errorf("%v: the old ticket is used", err)
	}
}

// TestPagesAskForTheShareCard: the page loads our script, which asks for a signature of the page's own address.
func TestPagesAskForTheShareCard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mux := http.NewServeMux()
	w.ch.Routes(mux)
	get := func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		return rec
	}
	if js := get(wechat.ShareScript); js.Code != 200 || !strings.Contains(js.Body.String(), wechat.ScriptOrigin) || !strings.HasPrefix(js.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("%d %s", js.Code, js.Body)
	}
	ours := get("/hook/wechat/js?url=" + url.QueryEscape("https://tuan.example.org/d/7KQ4D"))
	if ours.Code != 200 || !strings.Contains(ours.Body.String(), `"appId":"`+appID+`"`) || !strings.Contains(ours.Body.String(), `"signature":"`) {
		t.Errorf("%d %s", ours.Code, ours.Body)
	}
	if other := get("/hook/wechat/js?url=" + url.QueryEscape("https://evil.example/")); other.Code != 400 {
		t.Errorf("a page of others: %d %s", other.Code, other.Body)
	}
}

// browser is somebody's browser in the app, which does not follow redirects by itself.
type browser struct {
	*http.Client
	w *world
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w: w, Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) get(path string) (int, string, string) {
	b.w.t.Helper()
	req, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodGet, b.w.bot.URL+path, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	res, err := b.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(body)
}

// back is the path of ours that the platform sends a person to.
func (b *browser) back(location, who string, snapshot bool) string {
	b.w.t.Helper()
	at, err := b.w.town.Authorize(who, location, snapshot)
	if err != nil {
		b.w.t.Fatal(err)
	}
	u, err := url.Parse(at)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return u.RequestURI()
}

func loginWorld(t *testing.T, opts ...option) (*world, *[]wechat.Visitor) {
	t.Helper()
	w := newWorld(t, append(opts, func(tc *fakewx.Config, c *wechat.Config) {
		c.PublicURL, tc.Site = "http://tuan.example.org", "tuan.example.org" // http, so that a test's cookie jar gives the cookie back
	})...)
	var came []wechat.Visitor
	w.ch.SetLogin(func(rw http.ResponseWriter, _ *http.Request, v wechat.Visitor) {
		came = append(came, v)
		_, _ = io.WriteString(rw, "welcome")
	})
	return w, &came
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w, came := loginWorld(t, func(_ *fakewx.Config, c *wechat.Config) { c.LoginName = true })
	b := w.browser()
	code, location, _ := b.get("/hook/wechat/login?to=" + url.QueryEscape("/o/tok?a=1"))
	if code != 302 {
		t.Fatal(code)
	}
	back := b.back(location, who, false)
	if code, _, body := b.get(back); code != 200 || body != "welcome" {
		t.Fatalf("%d %s", code, body)
	}
	if got := (*came)[0]; got != (wechat.Visitor{OpenID: who, UnionID: "union-" + who, Name: "小明", To: "/o/tok?a=1"}) {
		t.Errorf("came %+v", got)
	}
	if code, _, _ := b.get(back); code != 403 {
		t.Errorf("the same address again: %d", code)
	}
	w.noFaults()
}

func TestLoginThatIsNotTheirs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]func(w *world, b *browser, location string) string{
		"another browser": func(w *world, b *browser, location string) string {
			back := b.back(location, who, false)
			b.Jar, _ = cookiejar.New(nil)
			return back
		},
		"another state": func(_ *world, b *browser, location string) string {
			back := b.back(location, who, false)
			u, _ := url.Parse(back)
			q := u.Query()
			q.Set("state", strings.Repeat("A", 32))
			return u.Path + "?" + q.Encode()
		},
		"too late": func(w *world, b *browser, location string) string {
			w.clock.forward(11 * time.Minute)
			return b.back(location, who, false)
		},
		"snapshot": func(_ *world, b *browser, location string) string { return b.back(location, who, true) },
		"no code": func(_ *world, b *browser, location string) string {
			return strings.Split(b.back(location, who, false), "?")[0]
		},
		"spent code": func(w *world, b *browser, location string) string {
			back := b.back(location, who, false)
			u, _ := url.Parse(back)
			if _, _, _, err := w.ch.Login(w.t.Context(), u.Query().Get("code")); err != nil {
				w.t.Fatal(err)
			}
			return back
		},
		"made-up code": func(_ *world, b *browser, location string) string {
			back := b.back(location, who, false)
			u, _ := url.Parse(back)
			q := u.Query()
			q.Set("code", "Cxyz")
			return u.Path + "?" + q.Encode()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, came := loginWorld(t)
			b := w.browser()
			_, location, _ := b.get("/hook/wechat/login?to=/o/tok")
			if code, _, _ := b.get(tc(w, b, location)); code != 403 || len(*came) != 0 {
				t.Errorf("%d, came %+v", code, *came)
			}
		})
	}
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	w, came := loginWorld(t)
	for i, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "evil", "javascript:x", "/a\r\nb", ""} {
		b := w.browser()
		_, location, _ := b.get("/hook/wechat/login?to=" + url.QueryEscape(to))
		if code, _, _ := b.get(b.back(location, who, false)); code != 200 || (*came)[i].To != "/" || (*came)[i].Name != "" {
			t.Errorf("%q led to %+v", to, (*came)[len(*came)-1])
		}
	}
	none := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) { c.SigningKey = nil })
	if code, _, _ := none.browser().get("/hook/wechat/login"); code != 404 {
		t.Errorf("login without a key: %d", code)
	}
}

func findings(all []bot.Finding) map[string]bot.Finding {
	m := map[string]bot.Finding{}
	for _, f := range all {
		m[f.What] = f
	}
	return m
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := templateWorld(t)
	for what, f := range findings(w.ch.Check(t.Context())) {
		if !f.OK || f.Advice != "" {
			t.Errorf("%s: %+v", what, f)
		}
	}
	missing := newWorld(t, withTemplates)
	if f := findings(missing.ch.Check(t.Context()))["template arrived"]; f.OK || f.Advice == "" {
		t.Errorf("%+v", f)
	}
	wrong := newWorld(t, withTemplates)
	wrong.town.AddTemplate(fakewx.Template{ID: "tpl1", Fields: []string{"thing1", "thing9"}})
	if f := findings(wrong.ch.Check(t.Context()))["template arrived"]; f.OK || !strings.Contains(f.Advice, "amount3") {
		t.Errorf("%+v", f)
	}
	for id, notice := range map[string]bool{"tpl1": true, "sub1": false} { // ids of the other sort are of no use
		mixed := newWorld(t, withTemplates)
		mixed.town.AddTemplate(fakewx.Template{ID: id, Fields: []string{"thing1"}, Notice: notice})
		for _, what := range []string{"template arrived", "subscription arrived"} {
			if f := findings(mixed.ch.Check(t.Context()))[what]; f.OK || f.Advice == "" {
				t.Errorf("%s: %+v", what, f)
			}
		}
	}
	closed := newWorld(t)
	closed.town.CloseIPList("203.0.113.9")
	if f := findings(closed.ch.Check(t.Context()))["access token"]; f.OK || !strings.Contains(f.Detail, "203.0.113.9") || !strings.Contains(f.Advice, "IP") {
		t.Errorf("%+v", f)
	}
	poor := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		c.Secret, c.PublicURL, c.AllowPlain = "wrong", "http://x.example", true
	})
	got := findings(poor.ch.Check(t.Context()))
	for _, what := range []string{"access token", "public address", "callback"} {
		if f := got[what]; f.OK || f.Advice == "" {
			t.Errorf("%s: %+v", what, f)
		}
	}
	if n := len(w.updates()) + len(w.shown()); n != 0 {
		t.Error("checking sent something")
	}
}

// What was chosen on purpose is no fault; what the account is not, is.
func TestCheckKnowsTheKindOfAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		is   fakewx.Kind
		says func(c *wechat.Config)
		good bool
	}{
		"a subscription account":                {fakewx.Subscription, func(c *wechat.Config) { c.Subscription = true }, true},
		"an unverified account":                 {fakewx.Unverified, func(c *wechat.Config) { c.Passive, c.Secret = true, "" }, true},
		"a service account with no templates":   {fakewx.Service, func(*wechat.Config) {}, false},
		"a subscription account called service": {fakewx.Subscription, func(*wechat.Config) {}, false},
		"an unverified account called service":  {fakewx.Unverified, func(*wechat.Config) {}, false},
	} {
		w := newWorld(t, func(tc *fakewx.Config, cfg *wechat.Config) { tc.Kind = c.is; c.says(cfg) })
		good := true
		for _, f := range w.ch.Check(t.Context()) {
			good = good && f.OK
			if wrong := strings.HasSuffix(name, "called service") && !f.OK; wrong && !strings.Contains(f.Advice, "wechat_account") {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if good != c.good {
			t.Errorf("%s: all is well: %v", name, good)
		}
		w.noFaults()
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	good := newBare(t).cfg
	for name, spoil := range map[string]func(*wechat.Config){
		"no app id": func(c *wechat.Config) { c.AppID = "" }, "no secret": func(c *wechat.Config) { c.Secret = "" }, "no token": func(c *wechat.Config) { c.Token = "" },
		"no key": func(c *wechat.Config) { c.AESKey = "" }, "short key": func(c *wechat.Config) { c.AESKey = "abc" }, "bad old key": func(c *wechat.Config) { c.PreviousAESKey = "abc" },
		"no notes": func(c *wechat.Config) { c.Notes = nil }, "bad address": func(c *wechat.Config) { c.PublicURL = "tuan.example.org" },
		"weak signing key": func(c *wechat.Config) { c.SigningKey = []byte("x") },
		"empty template":   func(c *wechat.Config) { c.Templates = map[string]wechat.Template{"formed": {}} },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := wechat.New(cfg); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestWhatAnAccountCan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got, want := w.ch.Capabilities(), (bot.Capabilities{TextBytes: 2048, Buttons: 10, Push: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
