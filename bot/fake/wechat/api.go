package wechat

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// refused is an answer with an error code.
type refused struct {
	code int
	msg  string
}

func no(code int, format string, args ...any) *refused {
	return &refused{code, fmt.Sprintf(format, args...)}
}

// token is the account's access token.
type token struct {
	value  string
	ends   time.Time
	old    string // still taken for a moment after a renewal
	oldEnd time.Time
	forced []time.Time
	dead   bool // revoked: only forcing brings a new one
	fetch  int
}

const (
	tokenLasts = 7200 * time.Second
	maxRequest = 12 << 20
)

// call is one request to an interface.
type call struct {
	path  string
	query url.Values
	body  []byte
	kind  string // content type
}

type iface struct {
	method string
	open   bool // needs no access token
	kinds  map[Kind]bool
	serve  func(*Town, call) (map[string]any, *refused)
}

func ifaces() map[string]iface {
	full := map[Kind]bool{Service: true, Test: true}
	verified := map[Kind]bool{Service: true, Test: true, Subscription: true}
	return map[string]iface{
		"/cgi-bin/stable_token":                      {http.MethodPost, true, nil, (*Town).stableToken},
		"/cgi-bin/token":                             {http.MethodGet, true, nil, (*Town).plainToken},
		"/sns/oauth2/access_token":                   {http.MethodGet, true, full, (*Town).oauth},
		"/sns/userinfo":                              {http.MethodGet, true, full, (*Town).userinfo},
		"/cgi-bin/message/custom/send":               {http.MethodPost, false, verified, (*Town).custom},
		"/cgi-bin/message/template/send":             {http.MethodPost, false, full, (*Town).template},
		"/cgi-bin/message/subscribe/bizsend":         {http.MethodPost, false, full, (*Town).bizsend},
		"/cgi-bin/template/get_all_private_template": {http.MethodGet, false, full, (*Town).allTemplates},
		"/wxaapi/newtmpl/gettemplate":                {http.MethodGet, false, full, (*Town).allNotices},
		"/cgi-bin/qrcode/create":                     {http.MethodPost, false, full, (*Town).qrcode},
		"/cgi-bin/media/upload":                      {http.MethodPost, false, verified, (*Town).upload},
		"/cgi-bin/menu/create":                       {http.MethodPost, false, nil, (*Town).menuCreate},
		"/cgi-bin/ticket/getticket":                  {http.MethodGet, false, verified, (*Town).ticket},
	}
}

// Handler serves the platform's interfaces. Refusals are JSON under status 200, as the real ones are.
func (t *Town) Handler() http.Handler {
	all := ifaces()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := all[r.URL.Path]
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if !known || r.Method != f.method || err != nil {
			t.fault("a call of %s %s, which is no interface", r.Method, r.URL.Path)
			http.NotFound(w, r)
			return
		}
		c := call{path: r.URL.Path, query: r.URL.Query(), body: body, kind: r.Header.Get("Content-Type")}
		t.mu.Lock()
		t.calls = append(t.calls, c.path)
		out, bad, status := t.serve(f, c)
		t.mu.Unlock()
		if status != 0 {
			http.Error(w, "out of order", status)
			return
		}
		if bad != nil {
			out = map[string]any{"errcode": bad.code, "errmsg": bad.msg}
		}
		w.Header().Set("Content-Type", "application/json; encoding=utf-8")
		_ = json.NewEncoder(w).Encode(out) // the bot has gone
		if t.c.Background {
			ctx := context.WithoutCancel(r.Context())
			t.busy.Go(func() { _ = t.Settle(ctx) }) // what goes wrong is written down as a fault
		}
	})
}

func (t *Town) serve(f iface, c call) (out map[string]any, bad *refused, status int) {
	if next := t.fail[c.path]; len(next) > 0 {
		t.fail[c.path] = next[1:]
		switch {
		case next[0] >= 500 && next[0] < 600:
			return nil, nil, next[0]
		case next[0] != 0:
			return nil, no(next[0], "told to fail, token %s", c.query.Get("access_token")), 0
		}
	}
	if bad := t.allowed(f, c); bad != nil {
		return nil, bad, 0
	}
	if f.method == http.MethodPost && c.path != "/cgi-bin/media/upload" && !json.Valid(c.body) {
		t.faultLocked("%s was sent no JSON", c.path)
		return nil, no(47001, "data format error"), 0
	}
	out, bad = f.serve(t, c)
	return out, bad, 0
}

// allowed checks the access token where one is needed, what the account may do, and its quota.
func (t *Town) allowed(f iface, c call) *refused {
	now, tok := t.c.Clock(), c.query.Get("access_token")
	fresh := tok != "" && tok == t.token.value && now.Before(t.token.ends) && !t.token.dead
	overlap := tok != "" && tok == t.token.old && now.Before(t.token.oldEnd)
	switch {
	case f.open && f.kinds != nil && !f.kinds[t.c.Kind]:
		return no(48001, "api unauthorized rid: %s", t.random(8))
	case f.open:
		return nil
	case !fresh && !overlap && tok != "" && tok == t.token.value && !t.token.dead:
		return no(42001, "access_token expired rid: %s", t.random(8))
	case !fresh && !overlap:
		return no(40001, "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at x rid: %s", t.random(8))
	case f.kinds != nil && !f.kinds[t.c.Kind]:
		return no(48001, "api unauthorized rid: %s", t.random(8))
	}
	t.count[c.path]++
	if most, ok := t.limit[c.path]; ok && t.count[c.path] > most {
		return no(45009, "reach max api daily quota limit")
	}
	return nil
}

func (t *Town) identify(app, secret string) *refused {
	switch {
	case app != t.c.AppID:
		return no(40013, "invalid appid")
	case secret != t.c.Secret:
		return no(40125, "invalid appsecret, view more at http://t.cn/RAEkdVq")
	case t.ipBlocked != "":
		return no(40164, "invalid ip %s ipv6 ::ffff:%s, not in whitelist", t.ipBlocked, t.ipBlocked)
	}
	return nil
}

func (t *Town) plainToken(call) (map[string]any, *refused) {
	t.faultLocked("the token that others' requests end was asked for, not the stable one")
	return nil, no(45009, "use stable_token")
}

func (t *Town) stableToken(c call) (map[string]any, *refused) {
	var in struct {
		Grant  string `json:"grant_type"`
		App    string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	if json.Unmarshal(c.body, &in) != nil || in.Grant != "client_credential" {
		return nil, no(40002, "invalid grant_type")
	}
	if c.query.Get("secret") != "" {
		t.faultLocked("the secret stands in an address")
	}
	if bad := t.identify(in.App, in.Secret); bad != nil {
		return nil, bad
	}
	now := t.c.Clock()
	if in.Force {
		if n := len(t.token.forced); n >= 20 || n > 0 && now.Sub(t.token.forced[n-1]) < 30*time.Second {
			t.faultLocked("a new token was forced too often")
			return nil, no(45009, "reach max api daily quota limit")
		}
		t.token.forced = append(t.token.forced, now)
	}
	t.token.fetch++
	if in.Force || t.token.value == "" || t.token.ends.Sub(now) < 300*time.Second && !t.token.dead {
		t.renew(now, in.Force)
	}
	return map[string]any{"access_token": t.token.value, "expires_in": int64(t.token.ends.Sub(now) / time.Second)}, nil
}

func (t *Town) renew(now time.Time, force bool) {
	t.token.old, t.token.oldEnd = t.token.value, now.Add(5*time.Minute)
	if force {
		t.token.old = ""
	}
	t.token.value, t.token.ends, t.token.dead = "T0K_"+t.random(60), now.Add(tokenLasts), false
}

// Revoke ends the current token, which the platform goes on handing out until a new one is forced; Expire ends it so that
// the next request for one brings a new one.
func (t *Town) Revoke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token.dead, t.token.old = true, ""
}

// Expire ends the current token.
func (t *Town) Expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token.ends, t.token.old, t.token.dead = t.c.Clock(), "", false
}

// AccessToken is the current token, Fetched how often one was asked for.
func (t *Town) AccessToken() (value string, fetched int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token.value, t.token.fetch
}

func (t *Town) ticket(c call) (map[string]any, *refused) {
	if c.query.Get("type") != "jsapi" {
		return nil, no(40097, "invalid args")
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "ticket": "TICKET_" + t.c.AppID, "expires_in": 7200}, nil
}

// Authorize is a browser in the app following a login address: it gives the address the person is sent back to.
func (t *Town) Authorize(who, address string, snapshot bool) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("login address: %w", err)
	}
	at := 0
	for _, name := range []string{"appid=", "redirect_uri=", "response_type=code", "scope=snsapi_", "state="} {
		i := strings.Index(u.RawQuery[at:], name)
		if i < 0 {
			t.faultLocked("a login address has no %s in its place", name)
			return "", fmt.Errorf("no %s", name)
		}
		at += i + len(name)
	}
	q := u.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	state := q.Get("state")
	switch {
	case err != nil || back.Host != t.c.Site:
		return "", fmt.Errorf("10003: redirect_uri does not lie on %s", t.c.Site)
	case u.Fragment != "wechat_redirect" || q.Get("appid") != t.c.AppID:
		t.faultLocked("a login address is malformed")
	case len(state) > 128 || strings.ContainsFunc(state, notAlnum):
		t.faultLocked("a login state is not alphanumeric")
	}
	code := "C" + t.random(30)
	t.grants[code] = &grant{who: who, scope: q.Get("scope"), at: t.c.Clock(), snapshot: snapshot}
	back.RawQuery = url.Values{"code": {code}, "state": {state}}.Encode()
	return back.String(), nil
}

func notAlnum(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func (t *Town) oauth(c call) (map[string]any, *refused) {
	if bad := t.identify(c.query.Get("appid"), c.query.Get("secret")); bad != nil {
		return nil, bad
	}
	g := t.grants[c.query.Get("code")]
	switch {
	case g == nil || t.c.Clock().Sub(g.at) > 5*time.Minute:
		return nil, no(40029, "invalid code")
	case g.used:
		return nil, no(40163, "code been used")
	}
	g.used = true
	out := map[string]any{
		"access_token": "U_" + c.query.Get("code"), "expires_in": 7200, "refresh_token": "R_" + t.random(20), "openid": g.who, "scope": g.scope,
	}
	if g.snapshot {
		out["is_snapshotuser"] = 1
	}
	return out, nil
}

func (t *Town) userinfo(c call) (map[string]any, *refused) {
	g := t.grants[strings.TrimPrefix(c.query.Get("access_token"), "U_")]
	if g == nil || g.who != c.query.Get("openid") || g.scope != "snsapi_userinfo" {
		return nil, no(48001, "api unauthorized")
	}
	return map[string]any{"openid": g.who, "nickname": t.who(g.who).Name, "unionid": "union-" + g.who}, nil
}
