package chattest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/fake"
	"tuanbot/storage/storagetest/engines"
)

// Stand is a platform's stand-in with the real channel before it.
type Stand struct {
	Platform fake.Platform
	Channel  bot.Channel
	Groups   bool
	Mention  string // what stands before a text that speaks to the bot in a group
	Numbers  bool   // a bare number answers the last list, whatever it says
	Mentions bool   // in a group the bot hears only what is said to it, without what it answers, and nothing can be pressed
	NoLinks  bool   // nobody comes by a link
	// Person lets somebody move in, Group makes a group of people that the bot hears everything in.
	Person func(name, lang string) (id string)
	Group  func(title string, members []string) (id string)
	// Again delivers the last update once more; nil where the platform is not asked for that.
	Again func() error
	// Before lets a person get in touch before the bot speaks first, where a platform wants that; may be nil.
	Before func(who string)
}

// Open makes a stand whose clock moves only when the player moves it, and whose updates go to a taker.
type Open func(t *testing.T, clock func() time.Time, taker bot.Taker) *Stand

// wire lets the people of a file speak, press and hear over a platform's own wire, whatever channel the file names: the
// channel must make of it what the file means, and the platform must have nothing to complain about.
type wire struct {
	t     *testing.T
	w     *World
	stand *Stand
	ids   map[string]string // of people and groups, by "name@channel" and "#name@channel"

	mu      sync.Mutex
	now     time.Time
	meant   *bot.Update // what is under way
	got     *bot.Update // what the channel made of it, in the file's words
	replies []bot.Reply
	err     error
	handled int
	passed  int // lines that went over the wire
}

// PlayOver plays a file over the wire of a platform and compares it with the file, which stays as it is. It returns how
// many lines of people went over the wire and how many cannot be said there.
func PlayOver(t *testing.T, path string, open Open, pairs ...engines.Pair) (over, past int) {
	t.Helper()
	text := read(t, path)
	w := newWorld(t, pairs...)
	w.wire = newWire(t, w, open, ParseScript(text))
	for i := range w.apps { // again, with relays that send over the wire
		w.apps[i].close()
		w.apps[i] = w.start(i)
	}
	if got := w.play(text); got != text {
		t.Errorf("%s reads differently over %s:\n%s", path, w.wire.stand.Platform.Name(), difference(text, got))
	}
	for _, f := range w.wire.stand.Platform.Faults() {
		t.Errorf("%s complains: %s", w.wire.stand.Platform.Name(), f)
	}
	return w.wire.passed, w.spoken - w.wire.passed
}

func newWire(t *testing.T, w *World, open Open, s Script) *wire {
	t.Helper()
	wi := &wire{t: t, w: w, ids: map[string]string{}, now: w.pairs[0].Clock.Now()}
	wi.stand = open(t, wi.clock, wi)
	groups := map[string]bool{}
	for _, line := range append(slices.Clone(s.Setup), s.Lines...) {
		wi.settle(line, groups)
	}
	if !wi.stand.Groups {
		return wi
	}
	for g := range groups {
		var members []string
		_, channel, _ := strings.Cut(g, "@")
		for who, id := range wi.ids {
			if strings.HasSuffix(who, "@"+channel) && who[0] != '#' {
				members = append(members, id)
			}
		}
		if slices.Sort(members); len(members) == 0 {
			members = []string{wi.stand.Person("街坊", "")}
		}
		wi.later()
		title, _, _ := strings.Cut(g, "@")
		wi.ids["#"+g] = wi.stand.Group(title, members)
	}
	return wi
}

// settle lets everybody whom a line names move in and get in touch with the bot.
func (wi *wire) settle(line string, groups map[string]bool) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	lang := ""
	var at string
	switch word {
	case "person", "guest", "leader", "merchant", "verifier", "operator":
		at, lang, _ = strings.Cut(rest, " ")
	case "deal", ">":
		at, _, _ = strings.Cut(strings.TrimPrefix(rest, "> "), " ")
		at = strings.TrimSuffix(at, ":")
	case "same":
		for who := range strings.FieldsSeq(rest) {
			wi.person(who, "")
		}
		return
	case "group":
		groups[rest] = true
		return
	default:
		return
	}
	at, group, in := strings.Cut(at, "#")
	if _, channel, ok := strings.Cut(at, "@"); ok && in {
		groups[group+"@"+channel] = true
	}
	wi.person(at, lang)
}

func (wi *wire) person(at, lang string) {
	if wi.ids[at] != "" || !strings.Contains(at, "@") {
		return
	}
	if lang != "en" {
		lang = ""
	}
	name, _, _ := strings.Cut(at, "@")
	wi.ids[at] = wi.stand.Person(name, lang)
	wi.later()
	if err := wi.stand.Platform.Follow(wi.t.Context(), wi.ids[at]); err != nil {
		wi.t.Fatalf("%s gets in touch: %v", at, err)
	}
}

func (wi *wire) clock() time.Time {
	wi.mu.Lock()
	defer wi.mu.Unlock()
	return wi.now
}

// later lets time pass for the platform, so that its limits on messages a minute never slow a conversation down: those
// have tests of their own.
func (wi *wire) later() {
	wi.mu.Lock()
	defer wi.mu.Unlock()
	wi.now = wi.now.Add(30 * time.Second)
}

var errNotOnWire = errors.New("cannot be said on this platform")

// carry lets somebody do over the wire what an update means. Ok is false for what cannot be done there.
func (wi *wire) carry(up bot.Update, p speech) (made bot.Update, replies []bot.Reply, ok bool, err error) {
	wi.t.Helper()
	wi.w.spoken++
	wi.mu.Lock()
	wi.meant, wi.got, wi.replies, wi.err = &up, nil, nil, nil
	wi.mu.Unlock()
	wi.later()
	gaveUp := wi.do(up, p)
	wi.mu.Lock()
	defer wi.mu.Unlock()
	wi.meant = nil
	switch {
	case errors.Is(gaveUp, errNotOnWire):
		return up, nil, false, nil
	case wi.got == nil:
		wi.t.Errorf("%q never reached the bot: %v", up.Text+up.Action, gaveUp)
		return up, nil, false, nil
	case gaveUp != nil && wi.err == nil:
		wi.t.Errorf("%q was answered, and the platform gave it up: %v", up.Text+up.Action, gaveUp)
	}
	wi.passed++
	return *wi.got, wi.replies, true, wi.err
}

func (wi *wire) do(up bot.Update, p speech) error {
	who, chat := wi.ids[p.Who+"@"+p.Channel], ""
	if p.Chat != "" {
		if chat = wi.ids["#"+p.Chat+"@"+p.Channel]; chat == "" {
			return errNotOnWire
		}
	}
	if p.SameKey || p.Late != 0 || who == "" { // a platform gives keys and times, people do not
		return errNotOnWire
	}
	ctx, on := wi.t.Context(), wi.stand.Platform
	switch up.Kind { //nolint:exhaustive // the rest cannot be played over a wire
	case bot.KindAction:
		if chat != "" && wi.stand.Mentions {
			return errNotOnWire
		}
		id, press := wi.button(who, chat, up.Action, wi.w.label(up.Action))
		if id == "" {
			return errNotOnWire
		}
		return on.Press(ctx, who, id, press)
	case bot.KindOpen:
		if chat != "" || wi.stand.NoLinks || strings.ContainsAny(up.Action, "<>") {
			return errNotOnWire
		}
		return on.Open(ctx, who, up.Action)
	case bot.KindFollow:
		return on.Follow(ctx, who)
	case bot.KindText:
		return wi.say(ctx, up, p, who, chat)
	case bot.KindPicture, bot.KindUnfollow, bot.KindOther: // pictures have names of the platform's own; the others mean something else on each
	}
	return errNotOnWire
}

func (wi *wire) say(ctx context.Context, up bot.Update, p speech, who, chat string) error {
	text := up.Text
	if wi.stand.Numbers && strings.Trim(text, "0123456789") == "" {
		return errNotOnWire
	}
	if isForPlatform(text) || strings.TrimSpace(text) != text || text == "" || bot.Size(text, bot.UTF16) > 4000 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) {
		return errNotOnWire
	}
	if chat != "" && wi.stand.Mentions && (!p.Mention || up.ReplyTo != "") {
		return errNotOnWire
	}
	if p.Mention {
		text = wi.stand.Mention + text
	}
	if up.ReplyTo != "" {
		return wi.stand.Platform.Reply(ctx, who, chat, up.ReplyTo, text)
	}
	return wi.stand.Platform.Say(ctx, who, chat, text)
}

// isForPlatform: a slash makes a command that means something to the platform itself, or to one bot by its name.
func isForPlatform(text string) bool {
	return strings.HasPrefix(text, "/start") || strings.HasPrefix(text, "/") && strings.Contains(text, "@")
}

// button finds the newest message that shows a button which stands for an action, by itself or by its label.
func (wi *wire) button(who, chat, action, label string) (message, press string) {
	for _, m := range slices.Backward(wi.stand.Platform.Shown(who, chat)) {
		for _, b := range m.Buttons {
			if b.Press == action || b.Press != "" && b.Label == label {
				return m.ID, b.Press
			}
		}
		if m.From == "" && (wi.stand.Mentions || wi.stand.Numbers) { // numbers stand for what was listed last
			break
		}
	}
	return "", ""
}

// Take gets what the channel made of it and hands the handler the same in the file's words.
func (wi *wire) Take(ctx context.Context, came bot.Update) (bot.Taken, error) {
	wi.mu.Lock()
	meant := wi.meant
	again := wi.got != nil
	replies, err := wi.replies, wi.err
	wi.mu.Unlock()
	switch {
	case meant == nil: // people moving in
		return bot.Taken{}, nil
	case again: // the platform repeats what was not acknowledged; the file knows the first answer only
		return bot.Taken{Replies: replies}, err
	}
	wi.compare(*meant, came)
	made := *meant
	made.Key, made.Hash, made.Text, made.Action = came.Key, came.Hash, came.Text, came.Action
	made.ReplyTo, made.Spoken = came.ReplyTo, came.Spoken
	if came.Pressed != "" { // not every platform tells
		made.Pressed = came.Pressed
	}
	if came.Person.Lang != "" {
		made.Person.Lang = came.Person.Lang
	}
	replies, err = wi.w.app().handler.Handle(ctx, made)
	wi.mu.Lock()
	defer wi.mu.Unlock()
	wi.got, wi.replies, wi.err = &made, replies, err
	wi.handled++
	return bot.Taken{Replies: replies}, err
}

// compare says where the channel understood something else than was meant.
func (wi *wire) compare(meant, came bot.Update) {
	meant.Text = strings.TrimPrefix(meant.Text, "/")
	for _, c := range []struct{ what, meant, came string }{
		{"kind", string(meant.Kind), string(came.Kind)},
		{"text", meant.Text, strings.TrimPrefix(came.Text, "/")},
		{"action", meant.Action, came.Action},
		{"chat", string(meant.Chat.Kind), string(came.Chat.Kind)},
		{"spoken", fmt.Sprint(meant.Spoken), fmt.Sprint(came.Spoken)},
		{"reply to", meant.ReplyTo, came.ReplyTo},
		{"channel", wi.stand.Channel.Name(), came.Channel},
	} {
		if c.meant != c.came {
			wi.t.Errorf("%s of %q is %q, meant was %q", c.what, meant.Text+meant.Action, c.came, c.meant)
		}
	}
	if came.Key == "" || came.Hash == "" {
		wi.t.Errorf("%q has no key or no hash", meant.Text+meant.Action)
	}
}

// again lets the platform deliver the last update once more: the bot must not hear it as something new.
func (wi *wire) again() {
	wi.t.Helper()
	if wi.stand.Again == nil {
		return
	}
	wi.mu.Lock()
	before := wi.handled
	wi.mu.Unlock()
	if err := wi.stand.Again(); err != nil {
		wi.t.Errorf("a repeat: %v", err)
	}
	wi.mu.Lock()
	defer wi.mu.Unlock()
	if wi.handled != before {
		wi.t.Error("a repeat was handled as something new")
	}
}

// wired is a channel of the file whose messages also go over the wire.
type wired struct {
	bot.Channel
	name string
	wi   *wire
}

// Send writes the message down for the file and delivers it.
func (c *wired) Send(ctx context.Context, out bot.Outgoing) bot.Outcome {
	noted := c.Channel.Send(ctx, out)
	to := out.To
	if to.Chat != "" {
		to.Chat = c.wi.ids["#"+to.Chat+"@"+c.name]
	} else {
		to.Person = c.wi.ids[to.Person+"@"+c.name]
	}
	to.Channel = c.wi.stand.Channel.Name()
	if noted.Sent != bot.SentOK || to.Chat == "" && to.Person == "" {
		return noted // somebody who only the rows know
	}
	out.To = to
	if c.wi.later(); c.wi.stand.Before != nil && to.Person != "" {
		c.wi.stand.Before(to.Person)
	}
	return c.wi.stand.Channel.Send(ctx, out)
}
