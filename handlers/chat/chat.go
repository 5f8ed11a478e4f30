// Package chat holds the conversations: the table of commands in Chinese and English, what people's words mean, which deal
// they mean, guided dialogues, and which use case of the Desk is called. Answers are worded by notify/say. It must not know
// any channel by name, nor storage; identity decides what somebody may do, never text.
package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/chat/chains"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// Config is what a Handler is made of.
type Config struct {
	Desk      *handlers.Desk
	BaseURL   string // of our pages, "" where there are none
	Clock     func() time.Time
	Log       *slog.Logger
	Channels  func() []bot.Channel // asked for what only some of them can; may be nil
	Community domain.CommunityID   // where people and chats belong that nobody has placed; "" = the only or first one
	Understander
}

// Handler answers updates.
type Handler struct {
	c        Config
	commands []command
	actions  map[say.Verb]func(*talk, say.Action) ([]bot.Reply, error)
	zones    sync.Map // time.Location by name; communities have few
}

var _ bot.Handler = (*Handler)(nil)

// New makes a Handler.
func New(c Config) *Handler {
	if c.Understander == nil {
		c.Understander = Plain{}
	}
	return &Handler{c: c, commands: table(), actions: buttons()}
}

// Handle answers one update. Three families of trouble: a refusal is a reply; "busy" is a reply too, as long as nothing was
// written and the person may try again; everything else, above all "unknown" and whatever breaks after the command was
// committed, goes back as an error, so that the adapter does not acknowledge the update and the platform delivers it again
// until the stored key tells what became of it.
func (h *Handler) Handle(ctx context.Context, up bot.Update) ([]bot.Reply, error) {
	ctx, written := handlers.Track(ctx)
	t := &talk{ctx: ctx, h: h, up: up, text: words.Tidy(up.Text)}
	t.v = say.Voice{Lang: langOf(up.Person.Lang), Zone: time.UTC, Now: h.c.Clock(), BaseURL: h.c.BaseURL}
	replies, err := t.answer() //nolint:contextcheck // a talk carries its context
	switch refusal := domain.AsRefusal(err); {
	case err == nil:
		return replies, nil
	case refusal != nil:
		return t.refuse(refusal, domain.DealSheet{}), nil
	case errors.Is(err, domain.ErrUnknown), !errors.Is(err, domain.ErrBusy), written(), t.silent():
		return nil, fmt.Errorf("answer %s: %w", up.Kind, err)
	}
	h.c.Log.WarnContext(ctx, "busy", "channel", up.Channel, "err", err)
	return []bot.Reply{t.v.Busy()}, nil
}

func langOf(s string) domain.Lang {
	if s == string(domain.English) {
		return domain.English
	}
	return domain.Chinese
}

// talk is one update on its way to its answer.
type talk struct {
	ctx       context.Context
	h         *Handler
	up        bot.Update
	text      string // tidy
	v         say.Voice
	met       domain.Met // what the first look found
	community domain.Community
	chat      domain.Chat
	who       domain.Account
	said      said                      // what the text was understood as
	meanings  map[offered]words.Meaning // of the text, by what is on offer
	memory    memory
	recalled  bool
	sheet     domain.DealSheet   // the deal last spoken of
	pool      []domain.DealSheet // the deals of this chat, once read
	index     int64              // of the command among those of one message
	note      string             // of the order that is being placed
	room      string             // that was typed with it, in a building that nobody knows
}

// group reports whether others can read the answer.
func (t *talk) group() bool { return t.up.Chat.Kind == bot.ChatGroup }

// silent: in a group we say nothing unless we are spoken to or understood it as a command.
func (t *talk) silent() bool {
	return t.group() && !t.up.Spoken && t.said.command == nil && (t.up.Kind == bot.KindText || t.up.Kind == bot.KindPicture)
}

// answer goes from the person to the command.
func (t *talk) answer() ([]bot.Reply, error) {
	switch t.up.Kind {
	case bot.KindOther:
		return nil, nil
	case bot.KindUnfollow:
		return nil, t.goodbye()
	case bot.KindGone:
		return nil, t.h.c.Desk.ChatGone(t.ctx, t.up.Channel, t.up.Chat.ID)
	case bot.KindText, bot.KindAction, bot.KindOpen, bot.KindFollow, bot.KindPicture:
	}
	if n := utf8.RuneCountInString(t.up.Text); n > maxText && (n > maxList || !chains.Perhaps(t.text)) {
		if t.group() && !t.up.Spoken {
			return nil, nil
		}
		return []bot.Reply{t.v.TooLong()}, nil
	}
	if err := t.place(); err != nil {
		return nil, err
	}
	if t.up.Kind == bot.KindText || t.up.Kind == bot.KindPicture {
		t.said = t.h.understand(t)
		if err := t.hush(); err != nil {
			return nil, err
		}
	}
	if known, err := t.person(); err != nil || !known {
		return nil, err
	}
	if replies, done, err := t.before(); err != nil || done {
		return replies, err
	}
	replies, err := t.route()
	if err != nil {
		return nil, err
	}
	return replies, t.remember(replies)
}

// firstLook is how long the first reads of a message may take. A database that is silent for longer will not take an order
// either; as nothing is written yet, people are told at once that we are busy.
const firstLook = 800 * time.Millisecond

// place takes the first look, and finds the community and its zone.
func (t *talk) place() error {
	ctx, cancel := context.WithTimeout(t.ctx, firstLook)
	defer cancel()
	var err error
	t.met, err = t.h.c.Desk.Meet(ctx, domain.Greeting{
		Who:  domain.Named{Channel: t.up.Channel, External: t.up.Person.ID},
		Chat: domain.Named{Channel: t.up.Channel, External: t.up.Chat.ID}, Key: t.key(),
	})
	if err != nil {
		return busy(err)
	}
	want := t.met.Chat.Community
	if want == "" {
		want = t.h.c.Community
	}
	for _, c := range t.met.Communities {
		if c.ID == want || t.community.ID == "" && want == "" {
			t.community = c
		}
	}
	if t.community.ID == "" {
		return fmt.Errorf("which community: %w", domain.ErrNotFound)
	}
	t.chat = t.met.Chat
	t.v.Zone, err = t.h.zone(t.community.Zone)
	if err != nil {
		return fmt.Errorf("zone of %s: %w", t.community.ID, err)
	}
	return nil
}

// zone loads a zone once: it comes from a file.
func (h *Handler) zone(name string) (*time.Location, error) {
	if z, ok := h.zones.Load(name); ok {
		return z.(*time.Location), nil //nolint:forcetypeassert // nothing else is stored
	}
	z, err := time.LoadLocation(name)
	if err == nil {
		h.zones.Store(name, z)
	}
	return z, err
}

// person finds who speaks, and makes an account at the first command. Ordinary talk in a group makes nobody known to us.
func (t *talk) person() (known bool, err error) {
	d := t.h.c.Desk
	if t.silent() {
		t.who = t.met.Account
		if t.who.ID == "" || t.chat.ID == "" {
			return false, nil
		}
		t.v.Lang = t.who.Lang
		return true, nil
	}
	t.who, err = d.Person(t.ctx, handlers.PersonCommand{
		Community: t.community.ID, Channel: t.up.Channel, External: t.up.Person.ID, Name: t.up.Person.Name, Lang: t.firstLang(), Guest: t.up.Person.New,
		Union: t.up.Person.Union, Met: &t.met,
	})
	if err != nil {
		return false, err
	}
	t.v.Lang = t.who.Lang
	t.chat, err = d.ChatFor(t.ctx, handlers.ChatCommand{
		Community: t.community.ID, Channel: t.up.Channel, External: t.up.Chat.ID, Group: t.group(), Title: t.up.Chat.Title, Met: &t.met,
	})
	return true, err
}

func (t *talk) firstLang() domain.Lang {
	if t.up.Person.Lang == "" {
		return t.community.Lang
	}
	return langOf(t.up.Person.Lang)
}

// before answers what was answered already: by the key in SQL, or by what a dialogue remembers of its last message.
func (t *talk) before() (replies []bot.Reply, done bool, err error) {
	if t.silent() {
		return nil, false, nil
	}
	if several, err := t.severalPeople(); err != nil || several {
		return nil, false, err // each of their orders has a key of its own
	}
	e, ok, err := t.h.c.Desk.Answered(t.ctx, t.key(), t.up.Hash)
	if err != nil {
		return nil, false, err
	}
	if !ok {
		return nil, false, nil
	}
	replies, err = t.again(e)
	return replies, true, err
}

func (t *talk) key() domain.EventKey {
	return domain.EventKey{Channel: t.up.Channel, Account: t.up.Account, Message: t.up.Key, Index: t.index}
}

// ask is what every command carries.
func (t *talk) ask() domain.Asked {
	return domain.Asked{
		Key: t.key(), Hash: t.up.Hash, By: t.who.ID, Lang: t.who.Lang, Chat: t.chat.ID, At: t.up.At, Source: cutRunes(t.up.Text, 500),
	}
}

// busy marks a failed read: nothing was written, it may be tried again.
func busy(err error) error {
	if errors.Is(err, domain.ErrBusy) || errors.Is(err, domain.ErrNotFound) {
		return err
	}
	return errors.Join(domain.ErrBusy, err)
}

// goodbye forgets who left us, as far as no order of theirs is open.
func (t *talk) goodbye() error {
	if err := t.h.c.Desk.Gone(t.ctx, t.up.Channel, t.up.Person.ID); err != nil && domain.AsRefusal(err) == nil {
		return err
	}
	return nil
}
