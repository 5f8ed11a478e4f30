package chattest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/chat"
	"tuanbot/handlers/jobs"
	"tuanbot/notify"
	"tuanbot/storage/storagetest/engines"
)

// app is one copy of the program.
type app struct {
	desk    *handlers.Desk
	handler bot.Handler
	workers []*jobs.Worker
	relay   *notify.Relay
	store   *moody
	pair    engines.Pair
	close   func()
}

// person is somebody in a file.
type person struct {
	name, channel, lang string
	fresh               bool
}

// shown is a message that somebody can press a button of.
type shown struct {
	where string // "channel#chat" or "channel@person"
	id    string
	reply bot.Reply
}

// World is everything a file plays in.
type World struct {
	t        *testing.T
	ctx      context.Context
	pairs    []engines.Pair
	apps     []*app
	turn     int
	mint     *mint
	gate     *gateway
	channels map[string]*bottest.Recorder
	people   map[string]person // by name@channel
	seen     []shown
	updates  int
	last     bot.Update
	lastSaid string
	out      strings.Builder
	mute     bool
	home     domain.CommunityID
	code     string          // the last code that ties accounts together; files call it {code}, because it is another each time
	codes    map[string]bool // of everything that was answered
	wire     *wire           // nil: updates go straight to the handler
	spoken   int             // how often somebody said or pressed something while there was a wire
}

// baseURL stands before every link.
const baseURL = "https://tuan.test"

// newWorld opens a world over one pair of engines, or over two copies of it.
func newWorld(t *testing.T, pairs ...engines.Pair) *World {
	t.Helper()
	w := &World{
		t: t, ctx: t.Context(), pairs: pairs, mint: &mint{}, people: map[string]person{}, channels: map[string]*bottest.Recorder{},
		home: "home", codes: map[string]bool{},
	}
	w.gate = newGateway(pairs[0].Clock.Now)
	for _, name := range []string{"web", "wechat", "telegram"} {
		w.channels[name] = bottest.NewRecorder(name, bot.Capabilities{Edit: name != "wechat", Push: true, Groups: name != "wechat"})
	}
	for i := range pairs {
		w.apps = append(w.apps, w.start(i))
	}
	return w
}

func (w *World) start(i int) *app {
	p := w.pairs[i]
	a := &app{pair: p, store: &moody{Store: p.DB}}
	quiet := slog.New(slog.DiscardHandler)
	a.desk = handlers.New(handlers.Config{
		Store: a.store, Tally: p.Redis, Waker: p.Redis, Mint: w.mint, Vault: plainVault{}, Log: quiet, Gateway: gatewayName,
		Gateways: map[string]domain.Payments{gatewayName: w.gate}, ReadBudget: time.Second,
	})
	a.close = sync.OnceFunc(a.desk.Close)
	w.t.Cleanup(a.close)
	a.handler = chat.New(chat.Config{Desk: a.desk, BaseURL: baseURL, Clock: p.Clock.Now, Log: quiet, Community: w.home})
	owner := fmt.Sprintf("app%d", i)
	a.workers = jobs.All(jobs.Config{Desk: a.desk, Tally: p.Redis, Waker: p.Redis, Pruner: p.DB, Owner: owner, Keep: 90 * 24 * time.Hour, Log: quiet})
	var channels []bot.Channel
	for _, name := range []string{"web", "wechat", "telegram"} {
		channels = append(channels, w.channel(name))
	}
	a.relay = notify.New(notify.Config{
		Store: p.DB, Outbox: p.DB, Channels: channels, Budget: p.Redis, Clock: p.Clock.Now, Rand: func() float64 { return 0.5 }, BaseURL: baseURL,
		Log: quiet, Owner: owner,
	})
	return a
}

// channel is where the relay sends: into memory, and over the wire if there is one.
func (w *World) channel(name string) bot.Channel {
	if w.wire == nil {
		return w.channels[name]
	}
	return &wired{Channel: w.channels[name], name: name, wi: w.wire}
}

// app is the copy whose turn it is; two copies take turns line by line.
func (w *World) app() *app {
	w.turn++
	return w.apps[w.turn%len(w.apps)]
}

func zone() *time.Location {
	l, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return time.FixedZone("CST", 8*3600)
	}
	return l
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// work runs every worker and the relay until nothing is left to do, and prints what was pushed.
func (w *World) work() {
	w.t.Helper()
	for range 50 {
		n := 0
		for _, worker := range w.app().workers {
			if worker.Name() == "recount" || worker.Name() == "prune" {
				continue
			}
			done, err := worker.Once(w.ctx)
			w.must(err)
			if worker.Name() != "refunds" && worker.Name() != "payments" {
				n += done // those two look again and again by design
			}
		}
		sent, err := w.app().relay.Once(w.ctx)
		w.must(err)
		if n+sent == 0 {
			break
		}
	}
	w.pushed()
}

// pushed prints what the channels got since the last time, sorted by who got it: what reaches different people has no order.
func (w *World) pushed() {
	type item struct {
		where string
		out   bot.Outgoing
	}
	var items []item
	for _, name := range []string{"web", "wechat", "telegram"} {
		for _, o := range w.channels[name].Take() {
			where := name + "#" + o.To.Chat
			if o.To.Chat == "" {
				where = name + "@" + o.To.Person
			}
			items = append(items, item{where, o})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return strings.Compare(a.where, b.where) })
	for _, it := range items {
		channel, rest, group := strings.Cut(it.where, "#")
		label := "@" + channel + "#" + rest
		if !group {
			channel, rest, _ = strings.Cut(it.where, "@")
			label = rest + "@" + channel
		}
		w.seen = append(w.seen, shown{where: it.where, id: it.out.Key, reply: it.out.Reply})
		w.print("<< "+label+": ", it.out.Reply)
	}
}

// print writes one reply the way files show it.
func (w *World) print(head string, r bot.Reply) {
	if w.mute {
		return
	}
	var parts []string
	if r.Text != "" {
		parts = append(parts, strings.Split(linkCode.ReplaceAllString(r.Text, codeMark), "\n")...)
	}
	if r.Card != nil {
		parts = append(parts, cardLines(r.Card)...)
	}
	if r.Picture != nil {
		parts = append(parts, "(picture: "+r.Picture.QR+r.Picture.URL+")")
	}
	var buttons []string
	for _, c := range r.Choices {
		to := c.Action
		if c.URL != "" {
			to = c.URL
		}
		buttons = append(buttons, "["+c.Label+"|"+to+"]")
	}
	if len(parts) == 0 {
		parts = []string{""}
	}
	if len(buttons) > 0 {
		last := &parts[len(parts)-1]
		*last = strings.TrimSpace(*last + " " + strings.Join(buttons, " "))
	}
	if r.Private {
		head += "(private) "
	}
	if r.Replace != "" {
		head += "(edit) "
	}
	for i, p := range parts {
		if i == 0 {
			fmt.Fprintf(&w.out, "%s%s\n", head, p)
			continue
		}
		fmt.Fprintf(&w.out, "  | %s\n", p)
	}
}

const codeMark = "{code}"

var linkCode = regexp.MustCompile(`\b\d{6}[A-Z]\b`)

func cardLines(c *bot.Card) []string {
	var head strings.Builder
	head.WriteString(strings.TrimSpace(c.Icon + " " + c.Title))
	for _, s := range []string{c.Price, c.Was, c.State} {
		if s != "" {
			head.WriteString("  " + s)
		}
	}
	lines := []string{"{card " + c.Deal + "} " + head.String()}
	lines = append(lines, c.Items...)
	progress := c.Progress
	if c.Want > 0 {
		progress = fmt.Sprintf("(%d/%d) %s", c.Done, c.Want, progress)
	}
	for _, s := range []string{progress, c.Deadline, c.Place, c.Recent} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	return lines
}

// account finds a person's account.
func (w *World) account(who string) domain.Account {
	w.t.Helper()
	name, channel, _ := strings.Cut(who, "@")
	a, err := w.apps[0].desk.AccountByIdentity(w.ctx, channel, name)
	if errors.Is(err, domain.ErrNotFound) {
		w.t.Fatalf("nobody knows %s", who)
	}
	w.must(err)
	return a
}

// plainVault hides nothing: files show rooms by their hash only.
type plainVault struct{}

func (plainVault) Blind(parts ...string) string                { return "blind:" + strings.Join(parts, "/") }
func (plainVault) Seal(_ string, plain []byte) ([]byte, error) { return plain, nil }
func (plainVault) Open(_ string, box []byte) ([]byte, error)   { return box, nil }
