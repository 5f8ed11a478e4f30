package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot/wechat"
	"tuanbot/configs"
	"tuanbot/domain"
	"tuanbot/handlers"
)

// A person who reads our pages inside a platform is who they are there. The platform tells us once; a signed cookie
// remembers it.
const (
	platformCookie = "tuanbot_platform"
	askedCookie    = "tuanbot_asked" // the platform was asked a moment ago: not again at once, whatever it said
	platformFor    = 30 * 24 * time.Hour
	askedFor       = 10 * time.Minute
)

// passport signs and reads the cookie that says who somebody is on a platform.
type passport struct {
	key    []byte
	secure bool
	clock  func() time.Time
}

func (p passport) sign(value string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte("platform session\x00" + value))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (p passport) cookie(name, value string, life time.Duration) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // G124: secure where people come over https
		Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	}
}

// give makes the cookie of somebody.
func (p passport) give(channel, external string) *http.Cookie { //nolint:unparam // one channel has a login so far
	ends := strconv.FormatInt(p.clock().Add(platformFor).Unix(), 10)
	value := strings.Join([]string{base64.RawURLEncoding.EncodeToString([]byte(channel)), base64.RawURLEncoding.EncodeToString([]byte(external)), ends}, ".")
	return p.cookie(platformCookie, value+"."+p.sign(value), platformFor)
}

// read finds who somebody is, if the cookie is ours and not over.
func (p passport) read(r *http.Request) (channel, external string, ok bool) {
	c, err := r.Cookie(platformCookie)
	if err != nil {
		return "", "", false
	}
	parts := strings.Split(c.Value, ".")
	if len(parts) != 4 || subtle.ConstantTimeCompare([]byte(parts[3]), []byte(p.sign(strings.Join(parts[:3], ".")))) != 1 {
		return "", "", false
	}
	ends, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || !p.clock().Before(time.Unix(ends, 0)) {
		return "", "", false
	}
	one, err1 := base64.RawURLEncoding.DecodeString(parts[0])
	two, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	return string(one), string(two), err1 == nil && err2 == nil
}

// visitor is the account of somebody whom a platform has named to this browser.
func (a *App) visitor(r *http.Request) (domain.Account, bool) {
	channel, external, ok := a.passport.read(r)
	if !ok {
		return domain.Account{}, false
	}
	acc, err := a.desk.AccountByIdentity(r.Context(), channel, external)
	return acc, err == nil
}

// welcomeVisitor goes on with a person whom the official account's login has named.
func (a *App) welcomeVisitor(w http.ResponseWriter, r *http.Request, v wechat.Visitor) {
	union := ""
	if v.UnionID != "" {
		union = wechat.ChannelName + "/" + v.UnionID
	}
	_, err := a.desk.Person(r.Context(), handlers.PersonCommand{
		Community: a.community.ID, Channel: wechat.ChannelName, External: v.OpenID, Name: v.Name, Lang: domain.Lang(a.settings.Language), Union: union,
	})
	if err != nil {
		a.log.WarnContext(r.Context(), "a login could not be kept", "err", err)
		http.Error(w, "稍后再试 · please try again", http.StatusServiceUnavailable)
		return
	}
	http.SetCookie(w, a.passport.give(wechat.ChannelName, v.OpenID))
	http.Redirect(w, r, v.To, http.StatusSeeOther)
}

// knock sends a page's reader inside the platform's own browser to its login, once in a while, if nobody knows them yet.
func (a *App) knock(next http.Handler) http.Handler {
	s := a.settings
	if !s.WeChat.IsSet() || s.WeChat.Account != configs.AccountService || s.PublicURL == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !isDoor(r.URL.Path) || !strings.Contains(r.UserAgent(), "MicroMessenger/") {
			next.ServeHTTP(w, r)
			return
		}
		if _, err := r.Cookie(askedCookie); err == nil {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), glanceTime)
		_, known := a.who(r.WithContext(ctx))
		silent := ctx.Err() != nil // the page says that we are busy
		cancel()
		if known || silent {
			next.ServeHTTP(w, r)
			return
		}
		http.SetCookie(w, a.passport.cookie(askedCookie, "1", askedFor))
		http.Redirect(w, r, "/hook/wechat/login?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	})
}

// glanceTime is how long it may take to find out who is there.
const glanceTime = 800 * time.Millisecond

// isDoor reports whether a path is a page that people come to by a link from a chat.
func isDoor(path string) bool {
	for _, door := range []string{"/d/", "/t/", "/o/"} {
		if strings.HasPrefix(path, door) {
			return true
		}
	}
	return false
}
