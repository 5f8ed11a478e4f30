// Package telegram is the Telegram channel: it verifies and reads what Telegram delivers (long polling or webhook), hands it
// on as bot.Update, draws replies with buttons and pictures, and keeps to Telegram's limits. It knows nothing of deals,
// storage or words: what it says itself it takes from Config.Words.
package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	api "github.com/go-telegram/bot"

	"tuanbot/bot"
)

// ChannelName is how updates and addresses of this channel are marked.
const ChannelName = "telegram"

// Path is where Telegram delivers updates when a webhook is set.
const Path = "/hook/telegram"

// Mode is how updates come in.
type Mode string

// The modes. Auto takes the webhook when there is a public https address, else long polling.
const (
	ModeAuto    Mode = "auto"
	ModePoll    Mode = "poll"
	ModeWebhook Mode = "webhook"
)

const (
	defaultBase = "https://api.telegram.org"
	defaultPoll = 50 * time.Second
	callTimeout = 15 * time.Second
	farewell    = 10 * time.Second // for answers that are still to leave when the program stops
)

// Config is what a Channel is made of. Token and Clock are required; the Taker may come later by SetTaker.
type Config struct {
	Token   string // from BotFather: "123456:AA…"
	Secret  string // of the webhook; "" derives one from the token
	Mode    Mode   // "" is ModeAuto
	BaseURL string // of the Bot API; "" is Telegram's own
	// Username is the bot's name without "@"; "" asks Telegram for it.
	Username  string
	PublicURL string        // where our server can be reached from outside; https for a webhook
	PollFor   time.Duration // how long one poll may wait; 0 is 50 s

	Taker    bot.Taker
	Notes    bot.Notebook // nil: groups that became supergroups are remembered until the program ends
	Sharer   Sharer       // nil: inline queries find nothing
	Invoices Invoices     // nil: payments inside Telegram are declined kindly
	// Words gives the channel's own few sentences ("private", "cmd.deals", …) in "zh" or "en"; nil leaves them out.
	Words  func(lang, key string) string
	Clock  func() time.Time
	Random io.Reader // not needed here, part of what all channels are given
	Log    *slog.Logger
	HTTP   *http.Client // nil: a plain one; its time-outs are replaced by ours
}

// Channel is one Telegram bot.
type Channel struct {
	c      Config
	base   string
	id     int64 // the bot's own, from the token
	secret string
	call   *api.Bot
	poll   *http.Client
	pace   *pace
	chats  *moves
	seen   *seen
	echoes *echoes
	takes  chan struct{} // bounds the updates in hand
	life   context.Context
	end    context.CancelFunc

	mu    sync.Mutex
	taker bot.Taker
	name  string
}

var _ bot.Channel = (*Channel)(nil)

var (
	goodToken  = regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{3,}$`)
	goodSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// New checks the settings and makes a channel; it does not speak to Telegram yet.
func New(c Config) (*Channel, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.fill()
	id, err := strconv.ParseInt(c.Token[:strings.IndexByte(c.Token, ':')], 10, 64)
	if err != nil {
		return nil, errors.New("telegram: the token's number is too large")
	}
	ch := &Channel{
		c: c, base: c.BaseURL, id: id, secret: c.Secret, taker: c.Taker, name: c.Username, pace: newPace(c.Clock), seen: newSeen(),
		takes: make(chan struct{}, inHand),
	}
	ch.life, ch.end = context.WithCancel(context.Background())
	ch.chats = newMoves(c.Notes, c.Clock)
	ch.echoes = newEchoes(ch)
	calls := *c.HTTP
	calls.Timeout = callTimeout
	polls := *c.HTTP
	polls.Timeout = c.PollFor + callTimeout
	ch.poll = &polls
	ch.call, err = api.New(c.Token, api.WithSkipGetMe(), api.WithServerURL(c.BaseURL), api.WithHTTPClient(callTimeout, &calls), api.WithNotAsyncHandlers(),
		api.WithErrorsHandler(func(err error) { c.Log.Warn("telegram", "err", ch.redact(err)) }))
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	return ch, nil
}

func (c *Config) check() error {
	var wrong []error
	if !goodToken.MatchString(c.Token) {
		wrong = append(wrong, errors.New("telegram: the token does not look like one from BotFather"))
	}
	if c.Secret != "" && !goodSecret.MatchString(c.Secret) {
		wrong = append(wrong, errors.New("telegram: the webhook secret must be 1-256 of A-Z a-z 0-9 _ -"))
	}
	switch c.Mode {
	case "", ModeAuto, ModePoll, ModeWebhook:
	default:
		wrong = append(wrong, fmt.Errorf("telegram: no such mode: %q", c.Mode))
	}
	if c.Mode == ModeWebhook && !strings.HasPrefix(c.PublicURL, "https://") {
		wrong = append(wrong, errors.New("telegram: a webhook needs a public https address"))
	}
	if u, err := url.Parse(c.BaseURL); c.BaseURL != "" && (err != nil || u.Host == "") {
		wrong = append(wrong, errors.New("telegram: the address of the Bot API is none"))
	}
	if c.Clock == nil {
		wrong = append(wrong, errors.New("telegram: a clock is needed"))
	}
	return errors.Join(wrong...)
}

func (c *Config) fill() {
	if c.BaseURL == "" {
		c.BaseURL = defaultBase
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if c.PollFor <= 0 {
		c.PollFor = defaultPoll
	}
	if c.Secret == "" { // the same on every copy, and of no use for finding the token
		sum := sha256.Sum256([]byte("webhook of " + c.Token))
		c.Secret = hex.EncodeToString(sum[:24])
	}
	if c.Mode == "" || c.Mode == ModeAuto {
		c.Mode = ModePoll
		if strings.HasPrefix(c.PublicURL, "https://") {
			c.Mode = ModeWebhook
		}
	}
	if c.Words == nil {
		c.Words = func(string, string) string { return "" }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	}
}

// Name is the channel's name.
func (ch *Channel) Name() string { return ChannelName }

// Mode is how updates come in, after "auto" was decided.
func (ch *Channel) Mode() Mode { return ch.c.Mode }

// Capabilities are Telegram's limits: https://core.telegram.org/bots/api and its FAQ.
func (ch *Channel) Capabilities() bot.Capabilities {
	return bot.Capabilities{TextUTF16: maxText, Buttons: maxButtons, Edit: true, Push: true, Groups: true, PerMinute: 20, PerSecond: 30}
}

// SetTaker says who takes updates in; until then nothing is acknowledged.
func (ch *Channel) SetTaker(t bot.Taker) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.taker = t
}

// Routes adds the webhook to a server. It is there in both modes; without the secret it answers nobody.
func (ch *Channel) Routes(mux *http.ServeMux) { mux.HandleFunc(Path, ch.webhook) }

// Run tells Telegram how to deliver, polls if that is the way, and waits for the context to end; then answers that are
// still to leave get a little time.
func (ch *Channel) Run(ctx context.Context) error {
	defer ch.close()
	if !ch.settle(ctx) {
		return nil
	}
	if ch.c.Mode == ModePoll {
		ch.pollLoop(ctx)
		return nil
	}
	<-ctx.Done()
	return nil
}

// close waits for what is in hand, at most the farewell; what comes later is not taken in.
func (ch *Channel) close() {
	stop := time.AfterFunc(farewell, ch.end)
	defer stop.Stop()
	for range inHand { // every place in hand is free: no update is at work
		select {
		case ch.takes <- struct{}{}:
		case <-ch.life.Done():
		}
	}
	ch.echoes.wait()
	ch.end()
}

// redact is an error's text without our secrets.
func (ch *Channel) redact(err error) string {
	return strings.NewReplacer(ch.c.Token, "***", ch.secret, "***", url.QueryEscape(ch.c.Token), "***").Replace(err.Error())
}
