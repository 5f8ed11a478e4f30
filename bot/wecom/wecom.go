// Package wecom is WeCom (企业微信) as a channel with several doors under one name: an app whose members write to it, group
// robots that only speak, an AI bot that hears its mentions in internal groups, customer service (微信客服) for people on
// WeChat, and the customer groups into which a member of staff sends for us. It knows nothing of deals, orders or money;
// what it must remember lies in a bot.Notebook.
package wecom

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
const ChannelName = "wecom"

// DefaultAPI is where the platform answers.
const DefaultAPI = "https://qyapi.weixin.qq.com"

// Cache is what all copies of the program share for a while: the access tokens.
type Cache = bot.SharedCache

// Seal is what a door's callbacks are signed and encrypted with.
type Seal struct{ Token, AESKey string }

// Config is all that the channel needs. A door without its secrets stays shut.
type Config struct {
	CorpID string

	AgentID   int64
	AppSecret string
	App       Seal

	Robots map[string]string // keys of group robots by the operator's names for them

	KFSecret string
	KF       Seal

	Bot Seal // of the AI bot; it has no secret, since it only answers

	ContactSecret string // for customer groups

	BaseURL   string // of the platform's interface; "" is the real one
	PublicURL string // of our own pages

	Taker  bot.Taker // may be set later with SetTaker
	Notes  bot.Notebook
	Cache  Cache                         // nil: inside this process only
	Words  func(lang, key string) string // the few sentences that the channel says of itself
	Clock  func() time.Time
	Random io.Reader
	Log    *slog.Logger
	HTTP   *http.Client // nil: one with timeouts
}

// Channel is one company.
type Channel struct {
	c       Config
	taker   atomic.Pointer[bot.Taker]
	api     *api
	app     *credential
	kf      *credential
	contact *credential
	robots  *minutes
	lists   *lists
	kfAsks  map[string]*asking // one synchroniser an account, by its id
	kfMu    sync.Mutex
	busy    sync.WaitGroup  // what goes on after a callback was answered
	life    context.Context //nolint:containedctx // ends when Run ends; nothing is begun after it
	end     context.CancelFunc
}

var _ bot.Channel = (*Channel)(nil)

// New checks the settings and makes the channel.
func New(cfg Config) (*Channel, error) {
	if err := check(&cfg); err != nil {
		return nil, fmt.Errorf("set up wecom: %w", err)
	}
	c := &Channel{c: cfg, robots: newMinutes(cfg.Clock), lists: &lists{notes: cfg.Notes, clock: cfg.Clock}, kfAsks: map[string]*asking{}}
	c.life, c.end = context.WithCancel(context.Background())
	c.api = newAPI(cfg)
	c.app = c.api.credential("app", cfg.AppSecret)
	c.kf = c.api.credential("kf", cfg.KFSecret)
	c.contact = c.api.credential("contact", cfg.ContactSecret)
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
	app, kf := cfg.AppSecret != "" || cfg.App != (Seal{}), cfg.KFSecret != "" || cfg.KF != (Seal{})
	need(app || kf || cfg.Bot != (Seal{}) || len(cfg.Robots) > 0 || cfg.ContactSecret != "", "no door is set up")
	need(cfg.CorpID != "" || !app && !kf && cfg.ContactSecret == "", "the company's id is needed")
	need(!app || cfg.AppSecret != "" && cfg.AgentID > 0 && cfg.App.good(), "the app needs its agent id, secret, token and AES key")
	need(!kf || cfg.KFSecret != "" && cfg.KF.good(), "customer service needs its secret, token and AES key")
	need(cfg.Bot == (Seal{}) || cfg.Bot.good(), "the AI bot needs its token and AES key")
	need(cfg.Notes != nil && cfg.Clock != nil && cfg.Random != nil && cfg.Log != nil, "notebook, clock, random source and log are needed")
	for name, key := range cfg.Robots {
		need(opaque(key) && name != "", "a robot needs a name and a key")
	}
	for _, u := range []string{cfg.BaseURL, cfg.PublicURL} {
		need(u == "" || goodURL(u), "an address must start with https:// or http:// and name a host")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultAPI
	}
	if cfg.Words == nil {
		cfg.Words = func(string, string) string { return "" }
	}
	cfg.BaseURL, cfg.PublicURL = strings.TrimRight(cfg.BaseURL, "/"), strings.TrimRight(cfg.PublicURL, "/")
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: 5 * time.Second}
	}
	return errors.Join(bad...)
}

func goodURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// SetTaker says who takes updates in; until then callbacks are answered with 503, so that the platform delivers again.
func (c *Channel) SetTaker(t bot.Taker) { c.taker.Store(&t) }

// Name is the channel's name.
func (c *Channel) Name() string { return ChannelName }

// Capabilities are those of all doors together; Send says who cannot be reached. A group hears at most what its robot may
// say.
func (c *Channel) Capabilities() bot.Capabilities {
	return bot.Capabilities{TextBytes: maxText, Buttons: maxCardButtons, Push: true, Groups: true, PerMinute: robotMinute}
}

// Routes hangs the doors' callbacks into a mux; a door that is not set up has none.
func (c *Channel) Routes(mux *http.ServeMux) {
	guard := func(next http.HandlerFunc) http.HandlerFunc { return bot.Guard(c.c.Log, ChannelName, next) }
	if c.c.App.good() {
		mux.HandleFunc("GET /hook/wecom", guard(c.verify(c.c.App)))
		mux.HandleFunc("POST /hook/wecom", guard(c.receive(c.c.App, c.fromApp)))
	}
	if c.c.KF.good() {
		mux.HandleFunc("GET /hook/wecom/kf", guard(c.verify(c.c.KF)))
		mux.HandleFunc("POST /hook/wecom/kf", guard(c.receive(c.c.KF, c.fromKF)))
	}
	if c.c.Bot.good() {
		mux.HandleFunc("GET /hook/wecom/bot", guard(c.verifyBot))
		mux.HandleFunc("POST /hook/wecom/bot", guard(c.receiveBot))
	}
}

// How often the background looks around.
const (
	lookEvery   = 2 * time.Second
	groupsEvery = 24 * time.Hour
	tasksEvery  = 5 * time.Minute
	sweepEvery  = 3 * time.Minute // customer service, for a callback that never came
)

// Run fetches what customer service still owes us, follows the tasks of staff and keeps customer groups up to date, until
// the context ends; then it waits for what is under way.
func (c *Channel) Run(ctx context.Context) error {
	defer c.busy.Wait()
	defer c.end()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var tasks, groups, sweep time.Time
	for {
		now := c.c.Clock()
		c.FetchKF(ctx, due(&sweep, now, sweepEvery))
		if c.c.Bot.good() {
			c.FollowStreams(ctx)
		}
		if c.contact.ready() && due(&tasks, now, tasksEvery) {
			c.FollowTasks(ctx)
		}
		if c.contact.ready() && due(&groups, now, groupsEvery) {
			c.RefreshGroups(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func due(last *time.Time, now time.Time, every time.Duration) bool {
	if !last.IsZero() && now.Sub(*last) < every {
		return false
	}
	*last = now
	return true
}

// take hands an update on.
func (c *Channel) take(ctx context.Context, up bot.Update) (bot.Taken, error) {
	taker := c.taker.Load()
	if taker == nil {
		return bot.Taken{}, errNoTaker
	}
	taken, err := (*taker).Take(ctx, up)
	if err == nil && taken.Late {
		taken.Replies = nil
	}
	return taken, err
}

var errNoTaker = errors.New("nobody takes updates in yet")

// word is a sentence of the channel itself.
func (c *Channel) word(lang, key, or string) string {
	if lang != "en" {
		lang = "zh"
	}
	if w := c.c.Words(lang, key); w != "" {
		return w
	}
	return or
}
