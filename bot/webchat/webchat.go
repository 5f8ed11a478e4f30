// Package webchat is the built-in web chat, a channel like any other: rooms and private talks in the browser.
// It is a platform of its own, so it gives the guarantees that we ask of platforms: what a person says is stored first,
// then handed to the bot until it is handled, also after a restart. It knows nothing of deals, orders or money, and
// remembers everything through its port Store.
package webchat

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"tuanbot/assets"
	"tuanbot/bot"
)

// ChannelName is what updates from here carry as their channel.
const ChannelName = "web"

const (
	maxText   = 4000     // runes in one message
	maxBody   = 64 << 10 // bytes in one request
	leaseFor  = 15 * time.Second
	patience  = 800 * time.Millisecond // how long a page waits for the database before it says "busy"
	slowAfter = 5 * time.Second        // from then on a page says that a message still waits
	handleIn  = 12 * time.Second       // less than the lease, so that two copies never work on one message
)

// Config is all that the web chat needs.
type Config struct {
	Store      Store
	Handler    bot.Handler // may be set later with SetHandler
	Waker      Waker       // nil: wake-ups inside this process only
	Clock      func() time.Time
	Random     io.Reader // secrets and ids; crypto/rand in the program
	SigningKey []byte    // at least 32 bytes; signs cookies and invitations
	PublicURL  string    // "" when people come by the listen address
	Listen     string    // decides whether the sandbox may offer "act as"
	Zone       *time.Location
	// Sandbox shows the red bar and offers "act as" on this machine; SandboxPublic offers it everywhere.
	Sandbox, SandboxPublic bool
	// Parts are what sample people do, by id: keys of words shown beside their names where a newcomer chooses whom to be.
	Parts map[string]string
	// RealMoney says that a real payment gateway is set up; the sandbox is then impossible.
	RealMoney bool
	// PerPerson and PerAddress bound what one person says and how often one address signs in; zero means the defaults.
	PerPerson, PerAddress Rate
	Log                   *slog.Logger
}

// Chat is the web chat.
type Chat struct {
	Config
	secure  bool
	origin  string
	handler atomic.Pointer[bot.Handler]
	pages   map[string]*template.Template
	cross   *http.CrossOriginProtection
	people  *limiter
	doors   *limiter
	qr      qrCache
	quit    chan struct{}
	once    sync.Once
	poll    time.Duration
}

// New checks the settings and makes the chat.
func New(cfg Config) (*Chat, error) {
	if err := check(&cfg); err != nil {
		return nil, fmt.Errorf("set up the web chat: %w", err)
	}
	c := &Chat{Config: cfg, cross: http.NewCrossOriginProtection(), poll: 2 * time.Second, quit: make(chan struct{})}
	if err := c.takePublicURL(); err != nil {
		return nil, fmt.Errorf("set up the web chat: %w", err)
	}
	c.people = newLimiter(cfg.PerPerson, cfg.Clock)
	c.doors = newLimiter(cfg.PerAddress, cfg.Clock)
	if cfg.Handler != nil {
		c.SetHandler(cfg.Handler)
	}
	c.pages = map[string]*template.Template{}
	for _, name := range []string{"rooms", "room", "about", "me", "enter", "join", "people", "link", "problem"} {
		page, err := assets.Page("webchat/parts.html", "webchat/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("set up the web chat: %w", err)
		}
		c.pages[name] = page
	}
	return c, nil
}

func check(cfg *Config) error {
	switch {
	case cfg.Store == nil || cfg.Clock == nil || cfg.Random == nil || cfg.Log == nil:
		return errors.New("store, clock, random source and log are needed")
	case len(cfg.SigningKey) < 32:
		return errors.New("the signing key needs at least 32 bytes")
	case cfg.Sandbox && cfg.RealMoney:
		return errors.New("the sandbox cannot run together with a real payment gateway")
	}
	if cfg.Waker == nil {
		cfg.Waker = NewLocalWaker()
	}
	if cfg.Zone == nil {
		cfg.Zone = time.FixedZone("CST", 8*3600)
	}
	cfg.PerPerson = cfg.PerPerson.or(Rate{Burst: 30, Every: 300 * time.Millisecond})
	cfg.PerAddress = cfg.PerAddress.or(Rate{Burst: 12, Every: 10 * time.Second})
	return nil
}

func (c *Chat) takePublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("the public URL must start with https:// or http:// and name a host")
	}
	c.secure = u.Scheme == "https"
	c.origin = u.Scheme + "://" + u.Host
	return c.cross.AddTrustedOrigin(c.origin)
}

// SetHandler says who answers; until then messages wait.
func (c *Chat) SetHandler(h bot.Handler) { c.handler.Store(&h) }

// Done is closed when the chat stops; open streams end then, so that the server can shut down.
func (c *Chat) Done() <-chan struct{} { return c.quit }

// Name is the channel's name.
func (c *Chat) Name() string { return ChannelName }

// Capabilities are those of a chat of our own: it can speak first, edit, and shows a repeated send once.
func (c *Chat) Capabilities() bot.Capabilities {
	return bot.Capabilities{TextRunes: maxText, Buttons: 12, Edit: true, Push: true, Groups: true, KeyedSend: true}
}

// now is the time in whole milliseconds, as rows keep it.
func (c *Chat) now() int64 { return c.Clock().UnixMilli() }

// link makes a full address of a path on this server.
func (c *Chat) link(path string) string { return c.origin + path }

func (c *Chat) wakeRoom(ctx context.Context, room string) { c.Waker.Wake(ctx, "room:"+room) }

var _ bot.Channel = (*Chat)(nil)
