package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

// How long a conversation remembers.
const (
	dialogueLife = 30 * time.Minute
	dealLife     = 30 * 24 * time.Hour // which deal a private talk is about
)

// memory is what one person's conversation in one chat remembers between messages. It is a row in SQL, so that the next
// message may come to another process.
type memory struct {
	Deal  string    `json:"deal,omitempty"`  // the deal this private talk is about: its last link, QR or button
	Step  string    `json:"step,omitempty"`  // the dialogue: post, problem, home; "" none
	Until time.Time `json:"until,omitzero"`  // of the dialogue
	Post  *posting  `json:"post,omitempty"`  // step post
	Code  string    `json:"code,omitempty"`  // step problem, home, cancel: the deal
	N     int64     `json:"n,omitempty"`     // step problem: the summary's number
	Order *pending  `json:"order,omitempty"` // step home: the order that waits for an address
	Text  string    `json:"text,omitempty"`  // step cancel: the reason; list: the list
	// The last message that moved the memory and what was answered: a repeat of it gets the same words.
	Key  string      `json:"key,omitempty"`
	Said []bot.Reply `json:"said,omitempty"`

	dirty bool
}

// The steps.
const (
	stepPost    = "post"
	stepProblem = "problem"
	stepHome    = "home"
	stepCancel  = "cancel"
	stepList    = "list"
)

// recall reads the memory once.
func (t *talk) recall() error {
	if t.recalled {
		return nil
	}
	dlg, err := t.talkedOf()
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return fmt.Errorf("what was said before: %w", busy(err))
	}
	t.recalled = true
	if err != nil {
		return nil //nolint:nilerr // nothing was said before
	}
	if err := json.Unmarshal(dlg.State, &t.memory); err != nil {
		t.h.c.Log.WarnContext(t.ctx, "a conversation's memory cannot be read; it begins anew", "err", err)
		t.memory = memory{}
	}
	if p := t.memory.Post; p != nil && p.Answered == nil {
		p.Answered = map[string]bool{}
	}
	if t.memory.Step != "" && !t.v.Now.Before(t.memory.Until) {
		t.memory.end()
	}
	return nil
}

// talkedOf is the row of the dialogue. The first look has read it, unless it did not know yet who speaks where.
func (t *talk) talkedOf() (domain.Dialogue, error) {
	if t.met.Account.ID != t.who.ID || t.met.Chat.ID != t.chat.ID {
		return t.h.c.Desk.Dialogue(t.ctx, t.who.ID, t.chat.ID)
	}
	if t.met.Dialogue.Account == "" {
		return domain.Dialogue{}, domain.ErrNotFound
	}
	return t.met.Dialogue, nil
}

// begin enters a dialogue.
func (m *memory) begin(step string, now time.Time) {
	m.end()
	m.Step, m.Until, m.dirty = step, now.Add(dialogueLife), true
}

// end leaves the dialogue; which deal was spoken of stays.
func (m *memory) end() {
	*m = memory{Deal: m.Deal, Key: m.Key, Said: m.Said, dirty: true}
}

// about notes which deal a private talk is about.
func (t *talk) about(code string) error {
	if t.group() || code == "" {
		return nil
	}
	if err := t.recall(); err != nil {
		return err
	}
	if t.memory.Deal != code {
		t.memory.Deal, t.memory.dirty = code, true
	}
	return nil
}

// remember writes the memory if this message moved it.
func (t *talk) remember(replies []bot.Reply) error {
	if !t.recalled || !t.memory.dirty {
		return nil
	}
	t.memory.Key, t.memory.Said = t.up.Key, replies
	state, err := json.Marshal(t.memory)
	if err != nil {
		return fmt.Errorf("remember the conversation: %w", err)
	}
	name := t.memory.Step
	if name == "" {
		name = "talk"
	}
	return t.h.c.Desk.Remember(t.ctx, domain.Dialogue{Account: t.who.ID, Chat: t.chat.ID, Name: name, State: state, Until: t.v.Now.Add(dealLife)})
}
