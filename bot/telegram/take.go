package telegram

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"unicode/utf8"

	"tuanbot/bot"
)

// inHand is how many updates are worked on at once.
const inHand = 128

const maxToast = 200 // runes of the short answer above the chat

var (
	errNoTaker   = errors.New("nobody takes updates in yet")
	errStopping  = errors.New("stopping")
	errPanicked  = errors.New("panic while handling an update")
	errNoInvoice = errors.New("a payment came and nobody takes payments")
)

// handle works on one update, once however often it is delivered. An error means that Telegram must deliver it again. What
// was begun is finished, even when the caller goes away or the program is told to stop.
func (ch *Channel) handle(ctx context.Context, u update) error {
	select {
	case <-ch.life.Done():
		return errStopping
	default:
	}
	select {
	case ch.takes <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-ch.life.Done():
		return errStopping
	}
	defer func() { <-ch.takes }()
	return ch.seen.do(ctx, u.ID, func() error { return ch.guarded(context.WithoutCancel(ctx), u) })
}

func (ch *Channel) guarded(ctx context.Context, u update) (err error) {
	defer func() {
		if p := recover(); p != nil {
			ch.c.Log.ErrorContext(ctx, "panic", "channel", ChannelName, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	return ch.take(ctx, u)
}

// take sorts updates by who they are for.
func (ch *Channel) take(ctx context.Context, u update) error {
	switch {
	case u.Inline != nil:
		ch.answerInline(ctx, *u.Inline)
		return nil
	case u.PreCheckout != nil:
		return ch.preCheckout(ctx, *u.PreCheckout)
	case u.Message != nil && u.Message.moved():
		return ch.noteMove(ctx, u.Message)
	case u.Message != nil && u.Message.Paid != nil:
		return ch.paid(ctx, u.Message)
	}
	if err := ch.me(ctx); err != nil { // commands and mentions name us
		return err
	}
	up, at, ok, err := ch.parse(ctx, u)
	switch {
	case err != nil:
		return err
	case !ok && u.Callback != nil:
		ch.toast(ctx, u.Callback.ID, toast{})
		return nil
	case !ok:
		return nil
	}
	ch.mu.Lock()
	taker := ch.taker
	ch.mu.Unlock()
	if taker == nil {
		return errNoTaker
	}
	taken, err := taker.Take(ctx, up)
	if err != nil {
		return fmt.Errorf("take an update in: %w", err)
	}
	if taken.Late {
		taken.Replies = nil
	}
	ch.answer(ctx, u, up, at, taken.Replies)
	return nil
}

func (m *message) moved() bool { return m.MigrateTo != 0 || m.MigrateFrom != 0 }

// noteMove: both the old and the new chat tell of the move; each is enough.
func (ch *Channel) noteMove(ctx context.Context, m *message) error {
	if m.MigrateTo != 0 {
		return ch.chats.note(ctx, m.Chat.ID, m.MigrateTo)
	}
	return ch.chats.note(ctx, m.MigrateFrom, m.Chat.ID)
}

// answer says what the program answered. It returns when all of it is said, or waits its turn because a limit is reached:
// then it leaves as soon as it may.
func (ch *Channel) answer(ctx context.Context, u update, up bot.Update, at place, replies []bot.Reply) {
	group := up.Chat.Kind == bot.ChatGroup
	if u.Callback != nil {
		replies = ch.answerPress(ctx, u.Callback, up, replies)
	}
	var settled []<-chan struct{}
	for _, r := range replies {
		if isEmpty(r) {
			continue
		}
		e := newEcho(at, r)
		if u.Message != nil && group {
			e.quote = u.Message.ID
		}
		if r.Private && group {
			e.failed = ch.elsewhere(at, e.quote, up)
			e.at, e.quote, e.edit = place{chat: u.from()}, 0, ""
		}
		settled = append(settled, e.settled)
		ch.echoes.add(e)
	}
	for _, s := range settled {
		<-s
	}
}

// elsewhere says in the group where a person can read what we may not write there.
func (ch *Channel) elsewhere(at place, quote int, up bot.Update) func() *echo {
	return func() *echo {
		r := bot.Reply{Text: ch.c.Words(up.Person.Lang, "start")}
		action := ""
		if up.Kind == bot.KindAction || up.Kind == bot.KindOpen {
			action = up.Action
		}
		if link := ch.Link(action); link != "" {
			r.Choices = []bot.Choice{{Label: ch.word(up.Person.Lang, "open", "👉"), URL: link}}
		}
		e := newEcho(at, r)
		e.quote = quote
		return e
	}
}

func (ch *Channel) word(lang, key, or string) string {
	if w := ch.c.Words(lang, key); w != "" {
		return w
	}
	return or
}

// answerPress ends the turning wheel of a pressed button: with the answer itself when it is short, with the way to the
// private talk when it may not be said here. It returns what is still to be said.
func (ch *Channel) answerPress(ctx context.Context, c *callback, up bot.Update, replies []bot.Reply) (rest []bot.Reply) {
	var t toast
	inline := c.Message == nil
	if up.Chat.Kind == bot.ChatPrivate && !inline { // the answer stands right below
		rest, replies = replies, nil
	}
	for _, r := range replies {
		if t == (toast{}) && r.Card == nil && (r.Replace == "" || r.Private) && utf8.RuneCountInString(r.Text) <= maxToast {
			t.text = r.Text
		}
		if !r.Private && (!inline || r.Replace == up.Pressed) || isEmpty(r) {
			rest = append(rest, r)
			continue
		}
		r.Replace = ""
		switch out := ch.now(ctx, place{chat: c.From.ID}, r); {
		case out.Sent == bot.SentUnreachable && len(r.Choices) == 0 && t.text != "" && t.text == r.Text: // all of it stands in the toast
		case out.Sent == bot.SentUnreachable:
			t = toast{url: ch.Link(up.Action), text: ch.c.Words(up.Person.Lang, "start")}
		case out.Sent == bot.SentRetry:
			r.Private = true
			rest = append(rest, r)
		case t.text == "":
			t.text = ch.c.Words(up.Person.Lang, "private")
		}
	}
	ch.toast(ctx, c.ID, t)
	return rest
}

// from is who sent an update.
func (u update) from() int64 {
	switch {
	case u.Message != nil && u.Message.From != nil:
		return u.Message.From.ID
	case u.Callback != nil:
		return u.Callback.From.ID
	case u.MyMember != nil:
		return u.MyMember.From.ID
	case u.Inline != nil:
		return u.Inline.From.ID
	case u.PreCheckout != nil:
		return u.PreCheckout.From.ID
	}
	return 0
}

func isEmpty(r bot.Reply) bool {
	return r.Text == "" && r.Card == nil && r.Picture == nil && len(r.Choices) == 0
}
