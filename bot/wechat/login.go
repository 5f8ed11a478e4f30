package wechat

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	loginCookie = "tuanbot_wechat_login"
	loginPath   = "/hook/wechat/login"
	loginFor    = 10 * time.Minute
)

// Visitor is a person whom the platform has named on one of our pages.
type Visitor struct {
	OpenID  string // the same as in chats with the account
	UnionID string // "" unless the account is bound to an open platform
	Name    string // "" unless they agreed
	To      string // the path on our pages that they wanted
}

// ErrSnapshot says that the platform showed a page preview under a made-up person: nobody is logged in.
var ErrSnapshot = errors.New("a preview is not a person")

var errNoLogin = errors.New("login needs a public address and a signing key")

// LoginURL is the platform's page that sends a person back to us with a code. The order of the parameters matters to it.
func (c *Channel) LoginURL(state string) string {
	scope := "snsapi_base"
	if c.c.LoginName {
		scope = "snsapi_userinfo"
	}
	return c.c.AuthorizeURL + "?appid=" + url.QueryEscape(c.c.AppID) + "&redirect_uri=" + url.QueryEscape(c.c.PublicURL+loginPath+"/done") +
		"&response_type=code&scope=" + scope + "&state=" + url.QueryEscape(state) + "#wechat_redirect"
}

// Login turns a code into a person. A code works once and for five minutes.
func (c *Channel) Login(ctx context.Context, code string) (openid, unionid, name string, err error) {
	var got struct {
		Token    string `json:"access_token"`
		OpenID   string `json:"openid"`
		UnionID  string `json:"unionid"`
		Scope    string `json:"scope"`
		Snapshot int    `json:"is_snapshotuser"`
	}
	q := url.Values{"appid": {c.c.AppID}, "secret": {c.c.Secret}, "code": {code}, "grant_type": {"authorization_code"}}
	if err := c.api.do(ctx, "/sns/oauth2/access_token", q, nil, "", &got); err != nil {
		return "", "", "", fmt.Errorf("log in: %w", err)
	}
	if got.Snapshot == 1 {
		return "", "", "", fmt.Errorf("log in: %w", ErrSnapshot)
	}
	if !opaque(got.OpenID) {
		return "", "", "", errors.New("log in: the answer names nobody")
	}
	if !strings.Contains(got.Scope, "snsapi_userinfo") {
		return got.OpenID, got.UnionID, "", nil
	}
	c.api.veil.Add(got.Token)
	var who struct {
		Name    string `json:"nickname"`
		UnionID string `json:"unionid"`
	}
	q = url.Values{"access_token": {got.Token}, "openid": {got.OpenID}, "lang": {"zh_CN"}}
	if err := c.api.do(ctx, "/sns/userinfo", q, nil, "", &who); err != nil {
		return got.OpenID, got.UnionID, "", nil //nolint:nilerr // who they are is known; the name is only nice to have
	}
	if who.UnionID == "" {
		who.UnionID = got.UnionID
	}
	return got.OpenID, who.UnionID, who.Name, nil
}

// loginStart sends a browser to the platform, bound to it by a short signed cookie.
func (c *Channel) loginStart(w http.ResponseWriter, r *http.Request) {
	if len(c.c.SigningKey) == 0 || c.c.PublicURL == "" || c.c.Passive {
		http.Error(w, errNoLogin.Error(), http.StatusNotFound)
		return
	}
	state, err := c.randomText(32)
	if err != nil {
		http.Error(w, "again please", http.StatusServiceUnavailable)
		return
	}
	ends := strconv.FormatInt(c.c.Clock().Add(loginFor).Unix(), 10)
	to := base64.RawURLEncoding.EncodeToString([]byte(ownPath(r.URL.Query().Get("to"))))
	value := strings.Join([]string{state, ends, to}, ".")
	c.setCookie(w, value+"."+c.sign(value), int(loginFor/time.Second))
	http.Redirect(w, r, c.LoginURL(state), http.StatusFound)
}

func (c *Channel) setCookie(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: secure where people come over https
		Name: loginCookie, Value: value, Path: loginPath, MaxAge: age, HttpOnly: true,
		Secure: strings.HasPrefix(c.c.PublicURL, "https:"), SameSite: http.SameSiteLaxMode, // the platform sends the browser back by a link
	})
}

func (c *Channel) sign(value string) string {
	mac := hmac.New(sha256.New, c.c.SigningKey)
	mac.Write([]byte("wechat login\x00" + value))
	return hex.EncodeToString(mac.Sum(nil))
}

// ownPath is a path on our own pages; anything that leads elsewhere is the front page.
func ownPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || len(s) > 512 || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n") {
		return "/"
	}
	return s
}

// loginDone takes a browser back: only the one that was sent, once, and never a preview.
func (c *Channel) loginDone(w http.ResponseWriter, r *http.Request) {
	to, ok := c.expected(r)
	c.setCookie(w, "", -1)
	code := r.URL.Query().Get("code")
	if !ok || code == "" || len(code) > 512 {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	finish := c.finish.Load()
	if finish == nil {
		http.Error(w, "nobody goes on from here", http.StatusNotFound)
		return
	}
	openid, unionid, name, err := c.Login(r.Context(), code)
	switch {
	case errors.Is(err, ErrSnapshot):
		http.Error(w, "请点右上角用完整服务打开 · Please open the full page", http.StatusForbidden)
		return
	case err != nil:
		c.c.Log.WarnContext(r.Context(), "login failed", "channel", ChannelName, "err", c.api.scrub(err))
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	(*finish)(w, r, Visitor{OpenID: openid, UnionID: unionid, Name: name, To: to})
}

// expected checks that the state came out of this browser's cookie and is not too old.
func (c *Channel) expected(r *http.Request) (to string, ok bool) {
	cookie, err := r.Cookie(loginCookie)
	if err != nil || len(c.c.SigningKey) == 0 {
		return "", false
	}
	parts := strings.Split(cookie.Value, ".")
	if len(parts) != 4 || !same(parts[3], c.sign(strings.Join(parts[:3], "."))) || !same(parts[0], r.URL.Query().Get("state")) {
		return "", false
	}
	ends, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || c.c.Clock().Unix() >= ends {
		return "", false
	}
	path, err := base64.RawURLEncoding.DecodeString(parts[2])
	return ownPath(string(path)), err == nil
}
