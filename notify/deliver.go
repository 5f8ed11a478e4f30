package notify

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// job is one row to deliver.
type job struct {
	d      domain.Delivery
	behind []domain.Delivery // the rows of the same lane that come after it
	facts  *facts
	lined  func() // called when the row stands in line for its channel, or never will
}

// verdict is what became of a row in our hands.
type verdict struct {
	with  []domain.Delivery // rows behind it that went out in the same message
	after time.Time         // it is to be tried again then
	err   error             // its outcome could not be written down
}

// deliver takes one row as far as it gets. A panic makes it a dead letter, so that it cannot take the others down again
// and again.
func (r *Relay) deliver(ctx context.Context, j job) (v verdict) {
	defer func() {
		if p := recover(); p != nil {
			r.c.Log.ErrorContext(ctx, "panic while delivering", "outbox", j.d.ID, "kind", j.d.Kind, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			v = r.end(ctx, j.d, domain.DeliveryDead, "panic")
		}
	}()
	if j.d.State == domain.DeliverySending && !r.mayRepeat(j.d) {
		return r.end(ctx, j.d, domain.DeliveryDropped, "unknown")
	}
	f, err := j.facts.gather(ctx, j.d)
	if errors.Is(err, domain.ErrNotFound) {
		return r.end(ctx, j.d, domain.DeliveryDropped, "gone")
	}
	if err != nil {
		return verdict{err: err}
	}
	now := r.c.Clock()
	if why := unwanted(j.d, f, now); why != "" {
		return r.end(ctx, j.d, domain.DeliveryDropped, why)
	}
	silent := isCard(j.d.Kind) && f.posted.CardMsg != "" // editing a message wakes nobody
	if until := quietUntil(f.community, now); !until.IsZero() && !j.d.Urgent && !silent {
		return r.later(ctx, j.d, until, "quiet")
	}
	ways, why, err := r.waysTo(ctx, j, f)
	if err != nil {
		return verdict{err: err}
	}
	if len(ways) == 0 {
		return r.unreachable(ctx, j.d, f, why)
	}
	if j.d.Chat != "" && f.chat.Group && !f.chat.GoneAt.IsZero() { // not before we hear of it again
		return r.unreachable(ctx, j.d, f, "chat_gone")
	}
	return r.tryWays(ctx, j, f, ways)
}

// mayRepeat: after a crash, or an outcome that nobody knows, a row is sent again if the channel shows a repeat only once,
// if it edits a message in place, or if it is about money or a decision. Chatter is better missed than said twice.
func (r *Relay) mayRepeat(d domain.Delivery) bool {
	ch := r.channels[d.Channel]
	return matters(d.Kind) || isCard(d.Kind) || (ch != nil && ch.Capabilities().KeyedSend)
}

// way is one address at which a row's reader can be reached.
type way struct {
	to bot.Address
	ch bot.Channel
}

// waysTo finds where a row can go: its chat, or the talks of its person, the one where they were last seen first. Why says
// what stands in the way when there is none.
func (r *Relay) waysTo(ctx context.Context, j job, f found) (ways []way, why string, err error) {
	if j.d.Chat != "" {
		ch := r.channels[f.chat.Channel]
		if ch == nil {
			return nil, "no_channel", nil
		}
		return []way{{ch: ch, to: bot.Address{Channel: f.chat.Channel, Chat: f.chat.External}}}, "", nil
	}
	ids, err := j.facts.store.IdentitiesOf(ctx, j.d.Account)
	if err != nil {
		return nil, "", fmt.Errorf("find a person's talks: %w", err)
	}
	why = "no_talk"
	for _, id := range ids {
		ch := r.channels[id.Channel]
		switch {
		case ch == nil:
		case j.d.Kind == domain.NoticeLinked && id.Account != j.d.Account && j.d.Num["union"] == 0: // who has just tied it knows
		case !opens(ch.Capabilities(), r.c.Clock().Sub(id.SeenAt)):
			why = "window_closed"
		case j.d.State == domain.DeliverySending && j.d.Channel == id.Channel: // a repeat goes where the first one went
			ways = append([]way{{ch: ch, to: bot.Address{Channel: id.Channel, Person: id.External}}}, ways...)
		default:
			ways = append(ways, way{ch: ch, to: bot.Address{Channel: id.Channel, Person: id.External}})
		}
	}
	return ways, why, nil
}

// opens reports whether a channel lets us speak first to somebody who was silent so long.
func opens(can bot.Capabilities, silent time.Duration) bool {
	return can.Push && (can.PushWindow == 0 || silent <= can.PushWindow)
}

// tryWays sends along the first way that takes it; only being unreachable leads on to the next.
func (r *Relay) tryWays(ctx context.Context, j job, f found, ways []way) verdict {
	j.d.Attempts++
	why := ""
	for _, w := range ways {
		v, out := r.along(ctx, j, f, w)
		if out.Sent != bot.SentUnreachable {
			return v
		}
		why = out.Reason
	}
	return r.unreachable(ctx, j.d, f, why)
}

// along sends one row to one address: budget, mark, send, settle.
func (r *Relay) along(ctx context.Context, j job, f found, w way) (verdict, bot.Outcome) {
	can, d := w.ch.Capabilities(), j.d
	reply, ok := r.wordFor(d, f)
	edit := f.posted.CardMsg
	switch {
	case !ok:
		return r.end(ctx, d, domain.DeliveryDropped, "gone"), bot.Outcome{}
	case !isCard(d.Kind) || !can.Edit:
		if d.Kind == domain.NoticeCard && edit != "" {
			return r.end(ctx, d, domain.DeliveryDropped, "no_edit"), bot.Outcome{}
		}
		edit = ""
	}
	if short := r.budget.isShort(w.to); short > 0 && w.to.Chat != "" && chatter(d.Kind) {
		return r.postpone(ctx, d, short), bot.Outcome{}
	}
	g := r.gates[w.ch.Name()]
	ticket := g.ask(rank(d))
	j.lined()
	if err := g.wait(ctx, ticket); err != nil {
		return r.postpone(ctx, d, 0), bot.Outcome{}
	}
	defer g.leave()
	if wait := r.budget.take(ctx, w.to, can); wait > 0 {
		return r.postpone(ctx, d, wait), bot.Outcome{}
	}
	reply, with := r.gatherBehind(ctx, j, w, reply)
	return r.send(ctx, parcel{d: d, with: with, reply: reply, way: w, edit: edit, f: f})
}

func rank(d domain.Delivery) int {
	switch {
	case matters(d.Kind):
		return 0
	case d.Urgent:
		return 1
	}
	return 2
}

// wordFor words a row in its reader's language.
func (r *Relay) wordFor(d domain.Delivery, f found) (bot.Reply, bool) {
	reply, ok := r.voice(f.reader.Lang, f.community).Notice(d, f.NoticeFacts)
	reply.Private = false // the address says where it goes
	return reply, ok
}

// gatherBehind: when a chat may hear only little, the plain texts that wait behind a row go out in the same message.
func (r *Relay) gatherBehind(ctx context.Context, j job, w way, reply bot.Reply) (bot.Reply, []domain.Delivery) {
	if w.to.Chat == "" || r.budget.isShort(w.to) == 0 {
		return reply, nil
	}
	replies, with := []bot.Reply{reply}, []domain.Delivery(nil)
	for _, d := range j.behind {
		if d.State != domain.DeliveryNew || isCard(d.Kind) || len(replies) == 3 {
			break
		}
		f, err := j.facts.gather(ctx, d)
		if err != nil || unwanted(d, f, r.c.Clock()) != "" || (!d.Urgent && !quietUntil(f.community, r.c.Clock()).IsZero()) {
			break
		}
		one, ok := r.wordFor(d, f)
		if !ok {
			break
		}
		d.Attempts++
		replies, with = append(replies, one), append(with, d)
	}
	together, ok := say.Together(replies)
	if !ok || len(with) == 0 {
		return reply, nil
	}
	return together, with
}
