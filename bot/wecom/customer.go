package wecom

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"tuanbot/bot"
)

// What customer service allows: so many messages after a customer's last one, for so long. A little is left at the end, so
// that a message does not arrive too late.
const (
	kfMessages5 = 5
	kfOpen      = 48*time.Hour - time.Minute
	kfWelcome   = 18 * time.Second // of the platform's 20
	kfMenu      = 10
	kfMenuHead  = 1024 // bytes
	kfMenuLabel = 128
	keptIDs     = 8
)

// window is what we remember of a customer: the account they wrote to and what may still be said.
type window struct {
	Account string   `json:"kf"`
	At      int64    `json:"at"` // ms, of their last message
	Key     string   `json:"k"`
	Sent    int      `json:"n,omitempty"`
	Shut    bool     `json:"shut,omitempty"` // the platform said so
	IDs     []string `json:"ids,omitempty"`  // of what was said of late: a repeat costs nothing
	Code    string   `json:"c,omitempty"`    // allows one message after the end of a session
	CodeAt  int64    `json:"ct,omitempty"`
}

func (w window) open(now time.Time) bool {
	return w.At > 0 && !w.Shut && w.Sent < kfMessages5 && now.Sub(time.UnixMilli(w.At)) < kfOpen
}

func (c *Channel) window(ctx context.Context, who string, f func(w *window)) error {
	return change(ctx, c.c.Notes, pageWindows, who, c.c.Clock().Add(2*kfOpen), func(old *window) *window {
		w := window{}
		if old != nil {
			w = *old
		}
		f(&w)
		return &w
	})
}

// takeKF takes one message in and answers it. Patient: an answer that cannot leave yet lets the page come again.
func (c *Channel) takeKF(ctx context.Context, account string, m kfMessage, patient bool) error {
	who := m.person()
	if m.Type == "event" && m.Event.Type != "enter_session" {
		return c.kfEvent(ctx, account, who, m)
	}
	up, ok := m.update(account)
	if !ok {
		return nil
	}
	if m.Origin == fromCustomer {
		err := c.window(ctx, who, func(w *window) {
			if at := m.at().UnixMilli(); at >= w.At && w.Key != m.ID {
				*w = window{Account: account, At: at, Key: m.ID, IDs: w.IDs}
			}
		})
		if err != nil {
			return err
		}
	}
	_, id := split2(who)
	n := c.customer(ctx, id)
	up.Person.Name, up.Person.Union = n.Name, n.Union
	up, err := c.meant(ctx, up, who)
	if err != nil {
		return err
	}
	taken, err := c.take(ctx, up)
	if err != nil {
		return fmt.Errorf("take an update in: %w", err)
	}
	if out := c.answerCustomer(ctx, m, up, taken.Replies); out.Sent == bot.SentRetry && patient {
		return fmt.Errorf("answer a customer: %s", out.Reason)
	} else if out.Sent != bot.SentOK {
		c.c.Log.WarnContext(ctx, "an answer was not taken", "channel", ChannelName, "reason", out.Reason)
	}
	return nil
}

// kfEvent is what the platform tells of a customer: a message of ours that did not arrive, and the end of a session.
func (c *Channel) kfEvent(ctx context.Context, account, who string, m kfMessage) error {
	switch m.Event.Type {
	case "msg_send_fail":
		c.c.Log.WarnContext(ctx, "a message did not reach a customer", "channel", ChannelName, "reason", failTypes[m.Event.FailType])
		return c.window(ctx, who, func(w *window) {
			if slices.Contains(w.IDs, m.Event.FailID) { // else it is about an older window
				w.Shut = true
			}
		})
	case "session_status_change":
		if m.Event.Code == "" {
			return nil
		}
		c.api.veil.Add(m.Event.Code)
		return c.window(ctx, who, func(w *window) { w.Account, w.Code, w.CodeAt = account, m.Event.Code, m.at().UnixMilli() })
	}
	return nil
}

// failTypes are the reasons on which we can act; others are logged as "".
var failTypes = map[int]string{4: "window_closed", 6: "too_many", 10: "unwilling"}

// answerCustomer says all that there is to say in as few messages as can be: a customer may be sent five. Who has only come
// in, without a word, can be greeted for 20 seconds.
func (c *Channel) answerCustomer(ctx context.Context, m kfMessage, up bot.Update, replies []bot.Reply) bot.Outcome {
	said := gather(replies)
	bodies := c.kfBodies(said)
	if len(bodies) == 0 {
		return bot.Outcome{Sent: bot.SentOK}
	}
	_, id := split2(up.Person.ID)
	if code := m.Event.Welcome; code != "" && c.c.Clock().Sub(m.at()) < kfWelcome {
		if err := c.lists.show(ctx, up.Person.ID, said.numberedActions(bodies)); err != nil {
			return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
		}
		return c.onEvent(ctx, code, bodies[0], kfID(up.Key, 0))
	}
	return c.toCustomer(ctx, id, said, up.Key)
}

// onEvent answers an event once; of a longer answer the first part.
func (c *Channel) onEvent(ctx context.Context, code string, body map[string]any, id string) bot.Outcome {
	c.api.veil.Add(code)
	body["code"], body["msgid"] = code, id
	out := c.outcome(c.kf.call(ctx, "/cgi-bin/kf/send_msg_on_event", nil, body, nil), true)
	if out.Sent == bot.SentOK {
		out.MessageID = id
	}
	return out
}

// kfID is a message's own id, the same over all tries, so that the platform shows it once.
func kfID(key string, part int) string { return digest("kf", key, strconv.Itoa(part))[:32] }

// toCustomer sends within a customer's window, or against the one message that the end of a session allows.
func (c *Channel) toCustomer(ctx context.Context, id string, m message, key string) bot.Outcome {
	if !c.kf.ready() {
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "not_set_up"}
	}
	bodies := c.kfBodies(m)
	if len(bodies) == 0 {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "empty"}
	}
	if err := c.lists.show(ctx, idCustomer+id, m.numberedActions(bodies)); err != nil {
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	}
	if len(bodies) == 1 {
		return c.kfSend(ctx, id, bodies[0], kfID(key, 0))
	}
	return c.eachOnce(ctx, key, len(bodies), func(i int) bot.Outcome { return c.kfSend(ctx, id, bodies[i], kfID(key, i)) })
}

func (c *Channel) kfSend(ctx context.Context, id string, body map[string]any, msgid string) bot.Outcome {
	w, code, ok, err := c.spend(ctx, idCustomer+id, msgid)
	switch {
	case err != nil:
		c.c.Log.WarnContext(ctx, "a message waits for the notebook", "channel", ChannelName, "err", err)
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	case code != "":
		return c.onEvent(ctx, code, body, msgid)
	case !ok:
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "window_closed"}
	}
	if qr, isCode := body["qr"].(string); isCode {
		media, err := c.upload(ctx, c.kf, qr)
		if err != nil {
			return c.giveBack(ctx, idCustomer+id, msgid, c.before(err))
		}
		body = map[string]any{"msgtype": "image", "image": map[string]string{"media_id": media}}
	}
	body["touser"], body["open_kfid"], body["msgid"] = id, w.Account, msgid
	out := c.outcome(c.kf.call(ctx, "/cgi-bin/kf/send_msg", nil, body, nil), true)
	switch {
	case out.Sent == bot.SentOK:
		out.MessageID = msgid
	case out.Reason == "window_closed":
		if err := c.window(ctx, idCustomer+id, func(w *window) { w.Shut = true }); err != nil {
			c.c.Log.WarnContext(ctx, "a closed window is not written down", "channel", ChannelName, "err", err)
		}
	case out.Reason != "network": // what is unclear may have been shown, and counts
		return c.giveBack(ctx, idCustomer+id, msgid, out)
	}
	return out
}

// spend takes one message out of a customer's window; a repeat of one that was counted costs nothing.
func (c *Channel) spend(ctx context.Context, who, msgid string) (was window, code string, ok bool, err error) {
	now := c.c.Clock()
	err = c.window(ctx, who, func(w *window) {
		was, code, ok = *w, "", false
		switch {
		case slices.Contains(w.IDs, msgid):
			ok = !w.Shut
		case w.open(now):
			ok = true
			w.Sent++
			w.IDs = append(w.IDs, msgid)
			w.IDs = w.IDs[max(0, len(w.IDs)-keptIDs):]
		case w.Code != "" && now.Sub(time.UnixMilli(w.CodeAt)) < kfOpen:
			code, w.Code = w.Code, ""
		}
	})
	return was, code, ok, err
}

// giveBack undoes the counting of a message that was not sent.
func (c *Channel) giveBack(ctx context.Context, who, msgid string, out bot.Outcome) bot.Outcome {
	err := c.window(context.WithoutCancel(ctx), who, func(w *window) {
		if at := slices.Index(w.IDs, msgid); at >= 0 {
			w.IDs = slices.Delete(w.IDs, at, at+1)
			w.Sent = max(0, w.Sent-1)
		}
	})
	if err != nil {
		c.c.Log.WarnContext(ctx, "a message that was not sent stays counted", "channel", ChannelName, "err", err)
	}
	return out
}

// kfBodies are a message as customer service takes it: choices as a pressable menu where they fit, else numbered.
func (c *Channel) kfBodies(m message) []map[string]any {
	menu := m.kfMenu()
	text := m.full(plain)
	if menu != nil {
		text = m.words(plain)
	}
	var all []map[string]any
	if menu == nil || len(text) > kfMenuHead {
		for _, p := range texts(text) {
			all = append(all, map[string]any{"msgtype": "text", "text": map[string]string{"content": p.text}})
		}
		text = "👇"
	}
	if menu != nil {
		if text == "" {
			text = "👇"
		}
		menu["head_content"] = text
		all = append(all, map[string]any{"msgtype": "msgmenu", "msgmenu": menu})
	}
	for _, qr := range m.qrs {
		all = append(all, map[string]any{"qr": qr})
	}
	return all
}

func (m message) kfMenu() map[string]any {
	if len(m.choices) == 0 || len(m.choices) > kfMenu {
		return nil
	}
	var list []map[string]any
	for _, ch := range m.choices {
		label := bot.Cut(safe(ch.Label), kfMenuLabel, bot.Bytes)
		if label == "" || len(ch.Action) > kfMenuLabel || !utf8.ValidString(ch.Action) {
			return nil
		}
		list = append(list, map[string]any{"type": "click", "click": map[string]string{"id": ch.Action, "content": label}})
	}
	return map[string]any{"list": list}
}

// numberedActions are what numbers stand for; none where the choices can be pressed.
func (m message) numberedActions([]map[string]any) []string {
	if m.kfMenu() != nil {
		return nil
	}
	return m.actions()
}
