// Package bottest holds doubles of channels for tests: a Recorder that keeps what it was to send. It knows no platform and
// no conversation, and no program that people run may import it.
package bottest

import (
	"context"
	"fmt"
	"sync"

	"tuanbot/bot"
)

// Recorder is a channel that delivers into memory.
type Recorder struct {
	name string
	can  bot.Capabilities

	mu   sync.Mutex
	sent []bot.Outgoing
	ids  map[string]string // by the key of the message: a repeated send is shown once
	next []bot.Outcome
	deaf map[string]bool // chats that take nothing
}

var _ bot.Channel = (*Recorder)(nil)

// NewRecorder makes a channel with the given powers. KeyedSend is always true: a key that was sent is not kept again.
func NewRecorder(name string, can bot.Capabilities) *Recorder {
	can.KeyedSend = true
	return &Recorder{name: name, can: can, ids: map[string]string{}}
}

// Name is the channel's name.
func (r *Recorder) Name() string { return r.name }

// Capabilities are what the channel was made with.
func (r *Recorder) Capabilities() bot.Capabilities { return r.can }

// Fail makes the next sends come to these outcomes, one each, without delivering.
func (r *Recorder) Fail(outcomes ...bot.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = append(r.next, outcomes...)
}

// Deafen makes a chat unreachable, as if we had been taken out of it.
func (r *Recorder) Deafen(chat string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.deaf == nil {
		r.deaf = map[string]bool{}
	}
	r.deaf[chat] = true
}

// Send keeps the message.
func (r *Recorder) Send(_ context.Context, out bot.Outgoing) bot.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.next) > 0 {
		o := r.next[0]
		r.next = r.next[1:]
		return o
	}
	if r.deaf[out.To.Chat] && out.To.Chat != "" {
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "kicked"}
	}
	if id, again := r.ids[out.Key]; again && out.Key != "" {
		return bot.Outcome{Sent: bot.SentOK, MessageID: id}
	}
	id := out.Edit
	if id == "" {
		id = fmt.Sprintf("%s-%d", r.name, len(r.ids)+1)
	}
	r.ids[out.Key] = id
	r.sent = append(r.sent, out)
	return bot.Outcome{Sent: bot.SentOK, MessageID: id}
}

// Take gives what was sent since the last time, in order.
func (r *Recorder) Take() []bot.Outgoing {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.sent
	r.sent = nil
	return out
}
