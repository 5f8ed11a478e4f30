package telegram

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"tuanbot/bot"
)

const (
	maxQueued = 200 // answers that wait for one chat
	maxTries  = 5
	maxMerged = 300 // runes of an answer that may share a message with others
)

// echo is an answer on its way into a chat.
type echo struct {
	at      place
	reply   bot.Reply
	edit    string
	quote   int           // the message it answers
	failed  func() *echo  // what to say instead when the chat cannot be reached
	settled chan struct{} // closed when it is said, or has to wait because of a limit
	once    *sync.Once
}

func newEcho(at place, r bot.Reply) *echo {
	return &echo{at: at, reply: r, edit: r.Replace, settled: make(chan struct{}), once: &sync.Once{}}
}

func (e *echo) settle() { e.once.Do(func() { close(e.settled) }) }

// echoes are the answers that wait, by chat. Each chat has one sender while something waits for it, so that answers keep
// their order; when a group has heard nearly all it may hear in a minute, short answers share a message.
type echoes struct {
	ch *Channel
	wg sync.WaitGroup
	mu sync.Mutex
	by map[int64][]*echo // a chat with a sender has an entry
}

func newEchoes(ch *Channel) *echoes { return &echoes{ch: ch, by: map[int64][]*echo{}} }

func (q *echoes) wait() { q.wg.Wait() }

func (q *echoes) add(e *echo) {
	q.mu.Lock()
	defer q.mu.Unlock()
	items, busy := q.by[e.at.chat]
	if len(items) >= maxQueued {
		q.ch.c.Log.Warn("an answer is dropped: too many wait", "channel", ChannelName)
		e.settle()
		return
	}
	q.by[e.at.chat] = append(items, e)
	if !busy {
		q.wg.Go(func() { q.run(e.at.chat) })
	}
}

// run says what waits for a chat until nothing does.
func (q *echoes) run(chat int64) {
	for {
		if q.none(chat) {
			return
		}
		wait, left := q.ch.pace.take(chat)
		if wait > 0 {
			if !q.pause(chat, wait) {
				return
			}
			continue
		}
		q.deliver(chat, q.next(chat, left))
	}
}

func (q *echoes) none(chat int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.by[chat]) > 0 {
		return false
	}
	delete(q.by, chat)
	return true
}

// pause puts all that waits for a chat off. It is false when the program has no more time.
func (q *echoes) pause(chat int64, d time.Duration) bool {
	q.mu.Lock()
	for _, e := range q.by[chat] {
		e.settle()
	}
	q.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-q.ch.life.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.by[chat] {
		e.settle()
	}
	delete(q.by, chat)
	return false
}

// next takes the first answer from the queue, and those behind it that may share its message.
func (q *echoes) next(chat int64, left int) []*echo {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.by[chat]
	n := 1
	if left >= 0 && left < reserve && mergeable(items[0]) {
		size := bot.Size(items[0].reply.Text, bot.UTF16)
		for n < len(items) && mergeable(items[n]) && items[n].at == items[0].at {
			if size += 1 + bot.Size(items[n].reply.Text, bot.UTF16); size > maxText {
				break
			}
			n++
		}
	}
	q.by[chat] = items[n:]
	return items[:n:n]
}

func mergeable(e *echo) bool {
	r := e.reply
	return r.Card == nil && r.Picture == nil && e.edit == "" && e.failed == nil && r.Text != "" && utf8.RuneCountInString(r.Text) <= maxMerged
}

// deliver says one message, with the platform's waits when it asks for some.
func (q *echoes) deliver(chat int64, es []*echo) {
	defer func() {
		for _, e := range es {
			e.settle()
		}
	}()
	m := parcel{at: es[0].at, reply: es[0].reply, edit: es[0].edit, quote: es[0].quote}
	if len(es) > 1 {
		m.reply, m.quote = together(es), 0
	}
	out := bot.Outcome{Sent: bot.SentRetry}
	for try := 0; out.Sent == bot.SentRetry && try < maxTries; try++ {
		if try > 0 && !q.pause(chat, max(out.Wait, time.Second<<try)) {
			return
		}
		if out = q.ch.say(q.ch.life, m); out.Sent == bot.SentRetry {
			for _, e := range es {
				e.settle()
			}
		}
	}
	q.after(es[0], out)
}

// after looks at what became of an answer.
func (q *echoes) after(e *echo, out bot.Outcome) {
	switch {
	case out.Sent == bot.SentOK:
	case out.Sent == bot.SentUnreachable && e.failed != nil:
		instead := e.failed()
		instead.settled, instead.once = e.settled, e.once
		e.once = &sync.Once{} // who waits for e waits for the other one now
		e.settled = make(chan struct{})
		q.add(instead)
	default:
		q.ch.c.Log.Warn("an answer could not be said", "channel", ChannelName, "outcome", out.Sent, "reason", out.Reason)
	}
}

func together(es []*echo) bot.Reply {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.reply.Text
	}
	return bot.Reply{Text: strings.Join(lines, "\n")}
}

// now says something at once if nothing waits before it; SentRetry says that it has to stand in line.
func (ch *Channel) now(ctx context.Context, at place, r bot.Reply) bot.Outcome {
	ch.echoes.mu.Lock()
	_, busy := ch.echoes.by[at.chat]
	ch.echoes.mu.Unlock()
	if busy {
		return bot.Outcome{Sent: bot.SentRetry}
	}
	if wait, _ := ch.pace.take(at.chat); wait > 0 {
		return bot.Outcome{Sent: bot.SentRetry, Wait: wait}
	}
	return ch.say(ctx, parcel{at: at, reply: r})
}
