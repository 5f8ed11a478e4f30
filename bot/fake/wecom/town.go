// Package wecom is a stand-in for WeCom: it signs, encrypts and redelivers the callbacks of an app, of customer service and
// of an AI bot, answers the interfaces with their windows, quotas and error codes, shows what members, customers and groups
// see, and writes down every rule that the bot breaks. It shares no code with the bot's own channel.
package wecom

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tuanbot/bot/fake"
)

// Seal is the token and AES key of a door's callbacks.
type Seal struct{ Token, AESKey string }

// Config is what the stand-in needs.
type Config struct {
	CorpID                             string
	AgentID                            int64
	AppSecret, KFSecret, ContactSecret string
	App, KF, Bot                       Seal
	KFID, BotID, BotName               string
	Hook                               string // "…/hook/wecom"; may be set later with SetHook
	Base                               string // of the interface, for addresses of answers; may be set later with SetBase
	Patience                           time.Duration
	Clock                              func() time.Time
	Random                             io.Reader
	HTTP                               *http.Client
	Background                         bool // streams are asked for every second by themselves, as the platform does; else Ask does it
}

// person is a member of the company, or a customer on WeChat.
type person struct {
	fake.Person
	customer bool
	union    string // what the open platform calls them; "" where the company is bound to none
	scope    bool   // the app may write to them
	last     time.Time
	sent     int
	shown    []fake.Message
}

// group is an internal group, or a customer group.
type group struct {
	fake.Chat
	customers bool
	members   []string
	owner     string
	robot     string // its key
	hasBot    bool
	states    []string // of those who joined by a code
	shown     []fake.Message
}

// task is what a member of staff is to confirm.
type task struct {
	id, sender string
	chats      []string
	text       string
	status     map[string]int
	reminded   int
}

// Town is the stand-in.
type Town struct {
	c Config

	mu       sync.Mutex
	hook     string
	base     string
	people   []*person
	groups   []*group
	tokens   map[string]token // by door
	kf       []map[string]any // all that happened in customer service; a cursor is a place in it
	kfTokens map[string]time.Time
	kfAsked  map[string][]time.Time // requests without a token, by door
	welcomes map[string]welcome     // codes of events
	media    map[string]upload      // by id
	sentIDs  map[string]string      // of customer service: own msgid to shown id
	answers  map[string]*answerPlace
	streams  map[string]*stream // answers of the AI bot, by their ids
	joins    map[string]joinWay
	tasks    []*task
	cards    map[string]string // response codes to who pressed
	robots   map[string][]time.Time
	over     map[string]time.Time // robots that were told to wait
	fail     map[string][]int
	repeat   int
	asking   bool // somebody asks for unfinished answers
	page     int
	gaps     int // pages that come empty although there is more
	faults   []string
	calls    []string
	last     func() error
	serial   int64
}

type token struct {
	value string
	ends  time.Time
}

type welcome struct {
	who  string
	ends time.Time
	used bool
	kind string
}

type answerPlace struct {
	chat string
	who  string
	ends time.Time
	used bool
}

type joinWay struct {
	chats []string
	state string
}

var _ fake.Platform = (*Town)(nil)

// New makes a town.
func New(c Config) *Town {
	if c.Patience <= 0 {
		c.Patience = 5 * time.Second
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	}
	return &Town{
		c: c, hook: c.Hook, base: c.Base, tokens: map[string]token{}, kfTokens: map[string]time.Time{}, kfAsked: map[string][]time.Time{},
		welcomes: map[string]welcome{}, media: map[string]upload{}, sentIDs: map[string]string{}, answers: map[string]*answerPlace{}, streams: map[string]*stream{}, joins: map[string]joinWay{},
		cards: map[string]string{}, robots: map[string][]time.Time{}, over: map[string]time.Time{}, fail: map[string][]int{}, page: 1000,
	}
}

// Name is the platform's name.
func (t *Town) Name() string { return "wecom" }

// SetHook says where the bot takes callbacks, SetBase where this stand-in is served.
func (t *Town) SetHook(hook string) { t.locked(func() { t.hook = hook }) }

// SetBase says where this stand-in is served.
func (t *Town) SetBase(base string) { t.locked(func() { t.base = base }) }

// PageSize makes customer service hand out so many messages at once.
func (t *Town) PageSize(n int) { t.locked(func() { t.page = n }) }

// Repeat delivers every callback of the future so many times more than needed.
func (t *Town) Repeat(n int) { t.locked(func() { t.repeat = n }) }

// Fail makes the next calls of an interface answer with codes; 5xx is that status, 0 lets one pass.
func (t *Town) Fail(path string, codes ...int) {
	t.locked(func() { t.fail[path] = append(t.fail[path], codes...) })
}

// Expire ends all access tokens.
func (t *Town) Expire() { t.locked(func() { clear(t.tokens) }) }

func (t *Town) locked(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

// AddMember lets a member of the company move in; AddCustomer somebody on WeChat. They give the person's id.
func (t *Town) AddMember(id, name string) string { return t.add(id, name, false) }

// AddCustomer lets somebody on WeChat move in.
func (t *Town) AddCustomer(name string) string { return t.add("", name, true) }

func (t *Town) add(id, name string, customer bool) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id == "" {
		id = fmt.Sprintf("wm%s%04d", "Cust", t.next())
	}
	t.people = append(t.people, &person{Person: fake.Person{ID: id, Name: name, Lang: "zh"}, customer: customer, scope: true})
	return id
}

// Unite says what the open platform calls a customer.
func (t *Town) Unite(id, union string) { t.locked(func() { t.who(id).union = union }) }

// Hide takes a member out of the app's scope.
func (t *Town) Hide(id string) { t.locked(func() { t.who(id).scope = false }) }

// AddGroup makes an internal group with the AI bot and perhaps a robot in it.
func (t *Town) AddGroup(title, robotKey string, members ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := fmt.Sprintf("wr-internal%04d", t.next())
	t.groups = append(t.groups, &group{Chat: fake.Chat{ID: id, Title: title, Group: true}, members: members, robot: robotKey, hasBot: true})
	return id
}

// AddCustomerGroup makes a group of a member of staff with people on WeChat.
func (t *Town) AddCustomerGroup(title, owner string, members ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := fmt.Sprintf("wrOgGroup%04d", t.next())
	t.groups = append(t.groups, &group{Chat: fake.Chat{ID: id, Title: title, Group: true}, customers: true, owner: owner, members: members})
	return id
}

// People are all that live here.
func (t *Town) People() []fake.Person {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []fake.Person
	for _, p := range t.people {
		all = append(all, p.Person)
	}
	return all
}

// Chats are all groups.
func (t *Town) Chats() []fake.Chat {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []fake.Chat
	for _, g := range t.groups {
		all = append(all, g.Chat)
	}
	return all
}

// Shown is what a chat shows to a person.
func (t *Town) Shown(who, chat string) []fake.Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	if chat != "" {
		if g := t.group(chat); g != nil {
			return slices.Clone(g.shown)
		}
		return nil
	}
	if p := t.find(who); p != nil {
		return slices.Clone(p.shown)
	}
	return nil
}

// Faults are the rules that were broken.
func (t *Town) Faults() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.faults)
}

// Calls are the interfaces that were called, in order.
func (t *Town) Calls() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

// Tokens are the current access tokens by door.
func (t *Town) Tokens() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]string{}
	for door, tok := range t.tokens {
		all[door] = tok.value
	}
	return all
}

func (t *Town) fault(format string, args ...any) { t.locked(func() { t.faultLocked(format, args...) }) }

func (t *Town) faultLocked(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
}

func (t *Town) next() int64 {
	t.serial++
	return t.serial
}

func (t *Town) random(n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(t.c.Random, b); err != nil {
		panic(err) // a town without a random source is a mistake of its builder
	}
	return hex.EncodeToString(b)[:n]
}

func (t *Town) find(id string) *person {
	for _, p := range t.people {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// who is somebody who must be there.
func (t *Town) who(id string) *person {
	if p := t.find(id); p != nil {
		return p
	}
	panic("nobody of that name lives here: " + id)
}

func (t *Town) group(id string) *group {
	for _, g := range t.groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// show puts a message before a person or a group.
func (t *Town) show(list *[]fake.Message, m fake.Message) string {
	m.ID, m.At = fmt.Sprint("w", t.next()), t.c.Clock()
	*list = append(*list, m)
	return m.ID
}

func (t *Town) controls(s string) {
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			t.faultLocked("a control character %U is sent", r)
		}
	}
	if strings.ContainsRune(s, '\uFFFD') {
		t.faultLocked("a broken letter is sent")
	}
}
