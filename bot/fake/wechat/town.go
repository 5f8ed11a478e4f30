// Package wechat is a stand-in for the platform behind a WeChat official account: it signs, encrypts and redelivers
// callbacks, answers the account's interfaces with their windows, quotas, field rules and error codes, and writes down every
// rule that the bot breaks. It shares no code with the bot's own channel.
package wechat

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

// Kind is what sort of account it is; it decides which interfaces there are.
type Kind string

// The kinds of account.
const (
	Service      Kind = "service"      // verified service account: everything
	Test         Kind = "test"         // the free test account: no pressable menus
	Subscription Kind = "subscription" // verified subscription account: service messages, no templates, codes or login
	Unverified   Kind = "unverified"
)

// Config is what the stand-in needs.
type Config struct {
	AppID, Secret, Token, AESKey string
	Hook                         string // where the bot takes callbacks; may be set later with SetHook
	Site                         string // the registered host of pages for login
	Kind                         Kind   // "" is Service
	Plain                        bool   // callbacks are not encrypted
	Patience                     time.Duration
	Clock                        func() time.Time
	Random                       io.Reader
	HTTP                         *http.Client
	Background                   bool // outcomes of templates come by themselves; else when Settle is called
}

// window is what a person's last act lets the account send.
type window struct {
	most int
	ends time.Time
	sent int
}

// person is somebody on the platform.
type person struct {
	fake.Person
	follows   bool
	blocks    bool // refuses template messages
	unwilling bool // refuses all messages
	window    window
	consents  map[string]int
	shown     []fake.Message
}

// Template is one that the account may use.
type Template struct {
	ID     string
	Title  string
	Fields []string
	Notice bool // a subscription notice, whose id no template message may carry
}

type code struct {
	scene string
	ends  time.Time
}

// picture is one that was uploaded; the platform throws it away after three days.
type picture struct {
	shows string
	ends  time.Time
}

type grant struct {
	who      string
	scope    string
	at       time.Time
	used     bool
	snapshot bool
}

// Town is the stand-in.
type Town struct {
	c Config

	mu        sync.Mutex
	hook      string
	people    map[string]*person
	templates map[string]Template
	codes     map[string]code    // by address
	media     map[string]picture // by id
	sentKeys  map[string]int64   // client_msg_id to msgid
	grants    map[string]*grant
	menu      []menuEntry
	token     token
	fail      map[string][]int
	limit     map[string]int
	count     map[string]int
	repeat    int
	pending   []event
	faults    []string
	deaf      bool
	ipBlocked string
	serial    int64
	calls     []string
	busy      sync.WaitGroup
}

var _ fake.Platform = (*Town)(nil)

// New makes a town.
func New(c Config) *Town {
	if c.Kind == "" {
		c.Kind = Service
	}
	if c.Patience <= 0 {
		c.Patience = 5 * time.Second
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	}
	return &Town{
		c: c, hook: c.Hook, people: map[string]*person{}, templates: map[string]Template{}, codes: map[string]code{}, media: map[string]picture{},
		sentKeys: map[string]int64{}, grants: map[string]*grant{}, fail: map[string][]int{}, limit: map[string]int{}, count: map[string]int{},
		serial: 24300000000000000,
	}
}

// Name is the platform's name.
func (t *Town) Name() string { return "wechat" }

// Wait waits for outcomes that are on their way in the background.
func (t *Town) Wait() { t.busy.Wait() }

// SetHook says where the bot takes callbacks.
func (t *Town) SetHook(url string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hook = url
}

// AddPerson lets somebody in who follows the account already, or not yet.
func (t *Town) AddPerson(p fake.Person, follows bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.people[p.ID] = &person{Person: p, follows: follows, consents: map[string]int{}}
}

// AddTemplate gives the account a template.
func (t *Town) AddTemplate(tpl Template) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.templates[tpl.ID] = tpl
}

// who finds a person; somebody new has followed the account for long.
func (t *Town) who(id string) *person {
	p := t.people[id]
	if p == nil {
		p = &person{Person: fake.Person{ID: id, Name: id}, follows: true, consents: map[string]int{}}
		t.people[id] = p
	}
	return p
}

// People lists everybody.
func (t *Town) People() []fake.Person {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []fake.Person
	for _, p := range t.people {
		all = append(all, p.Person)
	}
	slices.SortFunc(all, func(a, b fake.Person) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Chats is empty: an official account takes part in no groups, and private talks are found by their person.
func (t *Town) Chats() []fake.Chat { return nil }

// Shown is what a person sees in the account's talk.
func (t *Town) Shown(who, _ string) []fake.Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.people[who]; p != nil {
		return slices.Clone(p.shown)
	}
	return nil
}

// Faults are the broken rules.
func (t *Town) Faults() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.faults)
}

// Calls are the paths of the interfaces that were called, in order.
func (t *Town) Calls() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

func (t *Town) fault(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faultLocked(format, args...)
}

func (t *Town) faultLocked(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
}

// Fail lets the next calls of a path answer these error codes; a code from 500 on is an HTTP status.
func (t *Town) Fail(path string, codes ...int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail[path] = append(t.fail[path], codes...)
}

// Quota bounds how often a path may be called.
func (t *Town) Quota(path string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limit[path] = n
}

// Repeat delivers every callback so many times more although it was answered, as if the answer had been lost.
func (t *Town) Repeat(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.repeat = n
}

// Block sets whether a person refuses template messages; Unwilling, any message.
func (t *Town) Block(who string, blocks bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.who(who).blocks = blocks
}

// Unwilling sets whether a person refuses all messages.
func (t *Town) Unwilling(who string, refuses bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.who(who).unwilling = refuses
}

// CloseIPList makes the platform refuse tokens to the address it sees.
func (t *Town) CloseIPList(seen string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ipBlocked = seen
}

// random is so many letters.
func (t *Town) random(n int) string {
	b := make([]byte, (n+1)/2)
	if _, err := io.ReadFull(t.c.Random, b); err != nil {
		return strings.Repeat("0", n)
	}
	return hex.EncodeToString(b)[:n]
}

func (t *Town) next() int64 {
	t.serial++
	return t.serial
}
