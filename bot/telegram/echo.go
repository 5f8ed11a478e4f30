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
	by map[int64]*line // of chats with a sender
}

// line is what waits for one chat.
type line struct {
	items  []*echo
	paused bool // a limit is reached: whoever comes now need not wait for it
}

func newEchoes(ch *Channel) *echoes { return &echoes{ch: ch, by: map[int64]*line{}} }

func (q *echoes) wait() { q.wg.Wait() }

func (q *echoes) add(e *echo) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.by[e.at.chat]
	if l == nil {
		l = &line{items: []*echo{e}}
		q.by[e.at.chat] = l
		q.wg.Go(func() { q.run(e.at.chat, l) })
		return
	}
	if len(l.items) >= maxQueued {
		q.ch.c.Log.Warn("an answer is dropped: too many wait", "channel", ChannelName)
		e.settle()
		return
	}
	l.items = append(l.items, e)
	if l.paused {
		e.settle()
	}
}

// run says what waits for a chat until nothing does.
func (q *echoes) run(chat int64, l *line) {
	for !q.finished(chat, l) {
		wait, left := q.ch.pace.take(chat)
		if wait == 0 {
			q.deliver(l, q.next(l, left))
			continue
		}
		if !q.pause(l, wait) {
			q.ch.c.Log.Warn("answers are left unsaid: the program stops", "channel", ChannelName)
			q.putOff(l, true) // nobody need wait for what comes now
			return
		}
	}
}

func (q *echoes) finished(chat int64, l *line) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(l.items) > 0 {
		return false
	}
	delete(q.by, chat)
	return true
}

// pause puts all that waits for a chat off. It is false when the program has no more time.
func (q *echoes) pause(l *line, d time.Duration) bool {
	q.putOff(l, true)
	defer q.putOff(l, false)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-q.ch.life.Done():
		return false
	}
}

func (q *echoes) putOff(l *line, paused bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.paused = paused
	for _, e := range l.items {
		e.settle()
	}
}

// next takes the first answer from the line, and those behind it that may share its message.
func (q *echoes) next(l *line, left int) []*echo {
	q.mu.Lock()
	defer q.mu.Unlock()
	items, n := l.items, 1
	if left >= 0 && left < reserve && mergeable(items[0]) {
		size := bot.Size(items[0].reply.Text, bot.UTF16)
		for n < len(items) && mergeable(items[n]) && items[n].at == items[0].at {
			if size += 1 + bot.Size(items[n].reply.Text, bot.UTF16); size > maxText {
				break
			}
			n++
		}
	}
	l.items = items[n:]
	return items[:n:n]
}

func mergeable(e *echo) bool {
	r := e.reply
	return r.Card == nil && r.Picture == nil && e.edit == "" && e.failed == nil && r.Text != "" && utf8.RuneCountInString(r.Text) <= maxMerged
}

// deliver says one message, with the platform's waits when it asks for some.
func (q *echoes) deliver(l *line, es []*echo) {
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
		if try > 0 && !q.pause(l, max(out.Wait, time.Second<<try)) {
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
