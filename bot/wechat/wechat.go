// Package wechat is the WeChat official account as a channel: signed and encrypted callbacks in, passive replies and
// service, template and subscription messages out, together with what hangs on an account (QR codes, menu, login, share
// cards). It knows nothing of deals, orders or money; what it must remember lies in a bot.Notebook.
package wechat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tuanbot/bot"
)

// ChannelName is what updates from here carry as their channel.
const ChannelName = "wechat"

// DefaultAPI is where the platform answers.
const DefaultAPI = "https://api.weixin.qq.com"

// defaultAuthorize is the page on which a person agrees to be known to us.
const defaultAuthorize = "https://open.weixin.qq.com/connect/oauth2/authorize"

// Cache is what all copies of the program share for a while: the access token and the page ticket. A broken cache costs
// requests, never an answer, so errors are logged and borne.
type Cache interface {
	bot.SharedCache
	// Lock takes a lock for at most ttl. Ok is false while another copy holds it.
	Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), ok bool, err error)
}

// Template says how a notice fills a template: each field of the template takes a fact of the notice ("title", "amount",
// "deadline", "place", "code", "shares", "state"), the notice's own words ("text"), or fixed words after an equals sign
// ("=团长会联系你").
type Template struct {
	ID     string            `json:"id" yaml:"id"`
	Fields map[string]string `json:"fields" yaml:"fields"`
}

// Config is all that the channel needs.
type Config struct {
	AppID, Secret  string
	Token          string // the callback's token
	AESKey         string // 43 symbols; "" only together with AllowPlain
	PreviousAESKey string // still accepted while a new key spreads
	AllowPlain     bool   // takes unencrypted callbacks: for a first try only
	Passive        bool   // the account may answer but has none of the verified account's interfaces
	Subscription   bool   // a verified subscription account: service messages, but no templates, codes of its own or login

	Templates  map[string]Template // template messages by the code of a notice ("formed", "arrived", ...)
	Subscribed map[string]Template // subscription notices, sent against a person's consent

	BaseURL      string // of the platform's interface; "" is the real one
	AuthorizeURL string // of the platform's login page; "" is the real one
	PublicURL    string // of our own pages
	LoginName    bool   // ask for the person's name at login (they must agree by a tap)
	SigningKey   []byte // signs the login cookie; at least 32 bytes where login is used

	Taker  bot.Taker // may be set later with SetTaker
	Notes  bot.Notebook
	Cache  Cache // nil: inside this process only
	Clock  func() time.Time
	Random io.Reader
	Log    *slog.Logger
	HTTP   *http.Client // nil: one with timeouts
}

// Channel is one official account.
type Channel struct {
	c      Config
	taker  atomic.Pointer[bot.Taker]
	finish atomic.Pointer[func(http.ResponseWriter, *http.Request, Visitor)]
	api    *api
	people *people
	busy   sync.WaitGroup // what still leaves after a callback was answered
	off    switches
	qr     sync.Mutex
}

var _ bot.Channel = (*Channel)(nil)

// New checks the settings and makes the channel.
func New(cfg Config) (*Channel, error) {
	if err := check(&cfg); err != nil {
		return nil, fmt.Errorf("set up wechat: %w", err)
	}
	c := &Channel{c: cfg, people: newPeople(cfg.Notes, cfg.Clock, cfg.Log)}
	c.off.clock = cfg.Clock
	c.api = newAPI(cfg)
	if cfg.Taker != nil {
		c.SetTaker(cfg.Taker)
	}
	return c, nil
}

func check(cfg *Config) error {
	var bad []error
	need := func(ok bool, what string) {
		if !ok {
			bad = append(bad, errors.New(what))
		}
	}
	need(cfg.AppID != "" && cfg.Token != "", "the app id and the callback's token are needed")
	need(cfg.Secret != "" || cfg.Passive, "the app secret is needed")
	need(cfg.Notes != nil && cfg.Clock != nil && cfg.Random != nil && cfg.Log != nil, "notebook, clock, random source and log are needed")
	need(cfg.AESKey != "" || cfg.AllowPlain, "the AES key is needed unless plain callbacks are allowed")
	for _, k := range []string{cfg.AESKey, cfg.PreviousAESKey} {
		need(k == "" || goodKey(k), "an AES key has 43 symbols, as the platform's console shows it")
	}
	for _, u := range []string{cfg.BaseURL, cfg.AuthorizeURL, cfg.PublicURL} {
		need(u == "" || goodURL(u), "an address must start with https:// or http:// and name a host")
	}
	need(len(cfg.SigningKey) == 0 || len(cfg.SigningKey) >= 32, "the signing key needs at least 32 bytes")
	for _, set := range []map[string]Template{cfg.Templates, cfg.Subscribed} {
		for code, t := range set {
			need(t.ID != "" && len(t.Fields) > 0, "the template of "+code+" needs an id and fields")
		}
	}
	fill(&cfg.BaseURL, DefaultAPI)
	fill(&cfg.AuthorizeURL, defaultAuthorize)
	cfg.BaseURL, cfg.PublicURL = strings.TrimRight(cfg.BaseURL, "/"), strings.TrimRight(cfg.PublicURL, "/")
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: 5 * time.Second}
	}
	return errors.Join(bad...)
}

func fill(s *string, with string) {
	if *s == "" {
		*s = with
	}
}

func goodURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// SetTaker says who takes updates in; until then callbacks are answered with 503, so that the platform delivers again.
func (c *Channel) SetTaker(t bot.Taker) { c.taker.Store(&t) }

// SetLogin says who goes on with a person whom the platform has named at login.
func (c *Channel) SetLogin(f func(http.ResponseWriter, *http.Request, Visitor)) { c.finish.Store(&f) }

// Name is the channel's name.
func (c *Channel) Name() string { return ChannelName }

// Capabilities are those of an official account. The window for speaking first is counted here and not by age alone, so
// Push is always on: Send says when somebody cannot be reached.
func (c *Channel) Capabilities() bot.Capabilities {
	return bot.Capabilities{TextBytes: maxBytes, Buttons: maxMenu, Push: true}
}

// Routes hangs the callback and the login into a mux.
func (c *Channel) Routes(mux *http.ServeMux) {
	guard := func(next http.HandlerFunc) http.HandlerFunc { return bot.Guard(c.c.Log, ChannelName, next) }
	mux.HandleFunc("GET /hook/wechat", guard(c.verify))
	mux.HandleFunc("POST /hook/wechat", guard(c.receive))
	mux.HandleFunc("GET /hook/wechat/login", guard(c.loginStart))
	mux.HandleFunc("GET /hook/wechat/login/done", guard(c.loginDone))
	mux.HandleFunc("GET "+jsPath, guard(c.signPage))
	mux.HandleFunc("GET "+ShareScript, guard(c.shareScript))
}

// Run writes down what is only in memory, once a second and at the end, and sends what a crash left unsent.
func (c *Channel) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%60 == 0 {
			c.Resume(ctx)
		}
		select {
		case <-tick.C:
			c.people.flush(ctx, flushAtOnce)
		case <-ctx.Done():
			return c.stop() //nolint:contextcheck // what is left is written down after the end of ctx
		}
	}
}

// stop waits for what is on its way out and writes the rest down.
func (c *Channel) stop() error {
	c.busy.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c.people.flush(ctx, -1)
	return nil
}
