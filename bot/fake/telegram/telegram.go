// Package telegram stands in for Telegram: it serves the Bot API as the real one does (forms, long polling or webhook, limits,
// error answers), lets people speak, press and pay, and keeps a list of the rules that the bot has broken. It is written from
// Telegram's documentation and knows nothing of the bot's own channel.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tuanbot/bot/fake"
)

// Config is what a Town is made of. Token, Username and Clock are required.
type Config struct {
	Token     string // "123456:AA…"; the number is the bot's id
	Username  string
	Clock     func() time.Time
	NoPrivacy bool         // privacy mode is on unless this is set
	HTTP      *http.Client // delivers to the bot's webhook; nil is a plain one
	// Pause waits between two deliveries of one update; nil waits a second.
	Pause func(ctx context.Context)
	// Patience is how long a person's doing waits to be fetched by a bot that polls; 0 waits as long as its context.
	Patience time.Duration
}

// Town is Telegram with its people and chats.
type Town struct {
	c  Config
	me int64

	mu       sync.Mutex
	people   map[int64]*human
	rooms    map[int64]*room
	order    []int64 // rooms as they were made
	next     int64   // ids of people and groups
	queue    []*pending
	lastID   int64 // of updates
	last     *pending
	wake     chan struct{}
	poll     *polling
	hook     hook
	allowed  []string
	presses  map[string]*press
	queries  map[string]*query
	checks   map[string]*checkout
	inlines  map[string]*post
	files    map[string][]byte
	commands map[string][]string // by language
	toasts   map[int64][]string
	faults   []string
	pace     limits
}

type human struct {
	id          int64
	first, last string
	lang        string
	started     bool // pressed Start: the bot may write
	blocked     bool
}

type room struct {
	id       int64
	kind     string // private, group, supergroup
	title    string
	members  map[int64]bool
	inside   bool // the bot is a member
	admin    bool // the bot is an admin: it hears everything
	topics   map[int]string
	movedTo  int64
	spoke    bool // the bot spoke last
	posts    []*post
	lastPost int
}

// post is one message.
type post struct {
	id      int
	room    int64
	from    int64 // 0 is the bot
	via     bool  // sent by a person through the bot's inline mode
	inline  string
	topic   int
	text    string
	caption string
	photo   string // what the picture is: its file id
	rows    [][]button
	replyTo int
	edited  int
	at      time.Time
	form    string
}

type button struct {
	Text     string `json:"text"`
	Data     string `json:"callback_data,omitempty"`
	URL      string `json:"url,omitempty"`
	CopyText *struct {
		Text string `json:"text"`
	} `json:"copy_text,omitempty"`
}

var _ fake.Platform = (*Town)(nil)

// New makes an empty town.
func New(c Config) (*Town, error) {
	id, err := strconv.ParseInt(strings.SplitN(c.Token, ":", 2)[0], 10, 64)
	if err != nil || c.Username == "" || c.Clock == nil {
		return nil, errors.New("a town needs a token with a number, the bot's name and a clock")
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: time.Minute}
	}
	if c.Pause == nil {
		c.Pause = func(ctx context.Context) {
			timer := time.NewTimer(time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
	}
	t := &Town{
		c: c, me: id, people: map[int64]*human{}, rooms: map[int64]*room{}, next: 1000, lastID: 5000, wake: make(chan struct{}), presses: map[string]*press{},
		queries: map[string]*query{}, checks: map[string]*checkout{}, inlines: map[string]*post{}, files: map[string][]byte{}, commands: map[string][]string{}, toasts: map[int64][]string{},
	}
	t.pace.chats = map[int64]*bucket{}
	return t, nil
}

// Name is the platform's.
func (t *Town) Name() string { return "telegram" }

// AddPerson lets somebody move in; lang is a code like "zh-hans", or "".
func (t *Town) AddPerson(first, last, lang string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	h := &human{id: t.next, first: first, last: last, lang: lang}
	t.people[h.id] = h
	t.rooms[h.id] = &room{id: h.id, kind: "private", members: map[int64]bool{h.id: true}, inside: true}
	return id(h.id)
}

// AddGroup makes a basic group; the bot is not in it yet.
func (t *Town) AddGroup(title string, members ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	r := &room{id: -t.next, kind: "group", title: title, members: map[int64]bool{}}
	for _, m := range members {
		r.members[number(m)] = true
	}
	t.rooms[r.id] = r
	t.order = append(t.order, r.id)
	return id(r.id)
}

// AddForum makes a supergroup with topics (besides General), numbered from 2; the bot is not in it yet. A topic is spoken of
// as "CHAT/NUMBER".
func (t *Town) AddForum(title string, topics []string, members ...string) string {
	chat := t.AddGroup(title, members...)
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rooms[number(chat)]
	t.lift(r)
	r.topics = map[int]string{}
	for _, name := range topics {
		r.lastPost++
		r.topics[r.lastPost+1] = name
	}
	r.lastPost++
	return id(r.id)
}

// lift makes a group a supergroup with an id of that kind.
func (t *Town) lift(r *room) {
	delete(t.rooms, r.id)
	at := slices.Index(t.order, r.id)
	r.id, r.kind = -1_000_000_000_000+r.id, "supergroup"
	t.rooms[r.id] = r
	t.order[at] = r.id
}

// People are those who moved in.
func (t *Town) People() []fake.Person {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []fake.Person
	for _, h := range t.people {
		all = append(all, fake.Person{ID: id(h.id), Name: strings.TrimSpace(h.first + " " + h.last), Lang: h.lang})
	}
	slices.SortFunc(all, func(a, b fake.Person) int { return int(number(a.ID) - number(b.ID)) })
	return all
}

// Chats are the groups, and their topics.
func (t *Town) Chats() []fake.Chat {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []fake.Chat
	for _, n := range t.order {
		r := t.rooms[n]
		if r.movedTo != 0 {
			continue
		}
		all = append(all, fake.Chat{ID: id(r.id), Title: r.title, Group: true})
		for topic := 1; topic <= r.lastPost; topic++ {
			if name, ok := r.topics[topic]; ok {
				all = append(all, fake.Chat{ID: id(r.id) + "/" + strconv.Itoa(topic), Title: r.title + " / " + name, Group: true})
			}
		}
	}
	return all
}

// Shown is what a chat shows to a person.
func (t *Town) Shown(who, chat string) []fake.Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	room, topic, err := t.find(who, chat)
	if err != nil {
		return nil
	}
	var all []fake.Message
	for _, p := range room.posts {
		if topic != 0 && p.topic != topic {
			continue
		}
		m := fake.Message{ID: refOf(p), Text: p.text + p.caption, Picture: p.photo, Form: p.form, Edited: p.edited, At: p.at}
		if p.from != 0 {
			m.From = id(p.from)
		}
		for _, row := range p.rows {
			for _, b := range row {
				m.Buttons = append(m.Buttons, fake.Button{Label: b.Text, Press: b.Data, URL: b.URL})
			}
		}
		all = append(all, m)
	}
	return all
}

// Faults are the rules that the bot has broken so far.
func (t *Town) Faults() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.faults)
	for _, p := range t.presses {
		if !p.answered {
			all = append(all, "a pressed button was never answered: it still turns")
		}
	}
	for _, q := range t.queries {
		if !q.answered {
			all = append(all, "an inline query was never answered")
		}
	}
	for _, c := range t.checks {
		if !c.answered {
			all = append(all, "a checkout was not answered within 10 seconds")
		}
	}
	return all
}

// fault writes a broken rule down. The lock is held.
func (t *Town) fault(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
}

// Picture is an uploaded picture by what a message shows as its Picture.
func (t *Town) Picture(file string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.files[file])
}

// find is the room of a chat name as a person sees it. The lock is held.
func (t *Town) find(who, chat string) (*room, int, error) {
	if t.people[number(who)] == nil {
		return nil, 0, fmt.Errorf("nobody has the id %q", who)
	}
	if chat == "" {
		chat = who
	}
	name, topic, _ := strings.Cut(chat, "/")
	r := t.rooms[number(name)]
	if r == nil || !r.members[number(who)] {
		return nil, 0, fmt.Errorf("%s is not in %q", who, chat)
	}
	n, _ := strconv.Atoi(topic) // no topic is 0
	if n != 0 && r.topics[n] == "" {
		return nil, 0, fmt.Errorf("no topic %q", chat)
	}
	return r, n, nil
}

// post finds a message by its reference. The lock is held.
func (t *Town) post(ref string) *post {
	if p := t.inlines[ref]; p != nil {
		return p
	}
	chat, n, _ := strings.Cut(ref, ":")
	r := t.rooms[number(chat)]
	if r == nil {
		return nil
	}
	return r.find(int(number(n)))
}

func (r *room) find(n int) *post {
	for _, p := range r.posts {
		if p.id == n {
			return p
		}
	}
	return nil
}

func (r *room) add(p *post) *post {
	r.lastPost++
	p.id, p.room = r.lastPost, r.id
	r.posts = append(r.posts, p)
	r.spoke = p.from == 0
	return p
}

func refOf(p *post) string { return id(p.room) + ":" + strconv.Itoa(p.id) }

func id(n int64) string { return strconv.FormatInt(n, 10) }

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
