package wechat

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tuanbot/bot"
)

// The ways to reach a person, and what is switched off when the account lacks it.
const (
	wayService   = "service"
	wayTemplate  = "template"
	waySubscribe = "subscribe"
	wayMenu      = "msgmenu"
)

// tried is what one way came to. Next says that another way may still reach the person.
type tried struct {
	bot.Outcome
	next bool
}

func closed(reason string) tried {
	return tried{Outcome: bot.Outcome{Sent: bot.SentUnreachable, Reason: reason}, next: true}
}

// Send says something to a person: in their reply window, else by a template message, else against their consent; a person
// whom none of these reaches is unreachable until they are heard of again.
func (c *Channel) Send(ctx context.Context, out bot.Outgoing) bot.Outcome {
	who := out.To.Person
	if who == "" {
		who = out.To.Chat
	}
	parts := c.parts(out.Reply)
	if !opaque(who) || len(parts) == 0 {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "empty"}
	}
	if c.c.Passive {
		return closed("window_closed").Outcome
	}
	worst := closed("window_closed")
	for _, way := range []func(context.Context, string, bot.Outgoing) tried{
		func(ctx context.Context, who string, out bot.Outgoing) tried {
			return c.service(ctx, who, out.Key, parts)
		},
		c.template, c.subscribed,
	} {
		did := way(ctx, who, out)
		if !did.next {
			return did.Outcome
		}
		if did.Reason != "" && worst.Sent != bot.SentRefused { // of all that failed, a mistake in the settings comes first
			worst = did
		}
	}
	worst.Sent = bot.SentUnreachable // also when a template is set up wrongly: the notice is kept until they are heard of
	return worst.Outcome
}

// service sends service messages within the person's window. How far a message of several parts came is remembered by its
// key, so that a retry goes on and does not begin again.
func (c *Channel) service(ctx context.Context, who, key string, parts []part) tried {
	if c.off.isOff(wayService) {
		return closed("no_ability")
	}
	from, err := c.progress(ctx, key, len(parts))
	if err != nil {
		return c.storeTrouble(ctx, err)
	}
	for i := from; i < len(parts); i++ {
		did := c.servicePart(ctx, who, parts[i])
		if did.Sent != bot.SentOK {
			if i > from {
				c.keepProgress(ctx, key, i)
			}
			if i > 0 && did.next {
				return tried{Outcome: bot.Outcome{Sent: bot.SentOK, MessageID: key, Reason: "cut_short"}} // the first part has said it
			}
			return did
		}
	}
	if len(parts) > 1 {
		c.keepProgress(ctx, key, len(parts))
	}
	return tried{Outcome: bot.Outcome{Sent: bot.SentOK, MessageID: key}}
}

func (c *Channel) progress(ctx context.Context, key string, parts int) (int, error) {
	if parts < 2 || key == "" {
		return 0, nil
	}
	raw, err := c.c.Notes.Note(ctx, pageParts, cut(key, 60))
	if err != nil {
		return 0, fmt.Errorf("read how far a message came: %w", err)
	}
	n, _ := strconv.Atoi(string(raw)) // none is zero
	return min(n, parts), nil
}

func (c *Channel) keepProgress(ctx context.Context, key string, done int) {
	if key == "" {
		return
	}
	err := c.c.Notes.Change(ctx, pageParts, cut(key, 60), func([]byte) ([]byte, time.Time, error) {
		return []byte(strconv.Itoa(done)), c.c.Clock().Add(24 * time.Hour), nil
	})
	if err != nil {
		c.c.Log.WarnContext(ctx, "how far a message came is not written down", "channel", ChannelName, "err", err)
	}
}

func (c *Channel) storeTrouble(ctx context.Context, err error) tried {
	c.c.Log.WarnContext(ctx, "a message waits for the notebook", "channel", ChannelName, "err", err)
	return tried{Outcome: bot.Outcome{Sent: bot.SentRetry, Reason: "store"}}
}

// servicePart sends one part; the menu below it is pressable where the account has that, else numbered.
func (c *Channel) servicePart(ctx context.Context, who string, p part) tried {
	if len(p.Actions) > 0 && c.off.isOff(wayMenu) {
		p = c.byNumbers(who, p)
	}
	open, base, err := c.people.spend(ctx, who, p.Actions)
	if err != nil {
		return c.storeTrouble(ctx, err)
	}
	if !open {
		return closed("window_closed")
	}
	err = c.post(ctx, who, p, base)
	if err == nil {
		return tried{Outcome: bot.Outcome{Sent: bot.SentOK}}
	}
	switch codeOf(err) {
	case codeNoMenu:
		c.off.turnOff(wayMenu)
		return c.again(ctx, who, c.byNumbers(who, p))
	case codeLong:
		return c.halves(ctx, who, p)
	}
	return c.failed(ctx, who, wayService, err, false)
}

// again sends a part in another form; the first try was not shown and costs nothing.
func (c *Channel) again(ctx context.Context, who string, parts ...part) tried {
	if err := c.people.unspend(ctx, who); err != nil {
		return c.storeTrouble(ctx, err)
	}
	for _, p := range parts {
		if did := c.servicePart(ctx, who, p); did.Sent != bot.SentOK {
			return did
		}
	}
	return tried{Outcome: bot.Outcome{Sent: bot.SentOK}}
}

// halves sends what was too long in two; a short text that is still too long is our fault.
func (c *Channel) halves(ctx context.Context, who string, p part) tried {
	pieces := split(p.Text, max(64, len(p.Text)/2+1))
	if len(p.Text) < 128 || len(pieces) < 2 {
		return tried{Outcome: bot.Outcome{Sent: bot.SentRefused, Reason: "too_long"}}
	}
	parts := make([]part, 0, len(pieces))
	for _, text := range pieces {
		parts = append(parts, part{Text: text})
	}
	last := &parts[len(parts)-1]
	last.Labels, last.Actions = p.Labels, p.Actions
	return c.again(ctx, who, parts...)
}

// byNumbers is a part whose menu is answered by sending a number.
func (c *Channel) byNumbers(who string, p part) part {
	choices := make([]bot.Choice, 0, len(p.Labels))
	for i, label := range p.Labels {
		choices = append(choices, bot.Choice{Label: label, Action: p.Actions[i]})
	}
	c.people.shown(who, p.Actions)
	text := p.Text + "\n\n" + numbered(choices)
	return part{Text: text}
}

// failed classifies a failed send and notes what it teaches about the person and the account.
func (c *Channel) failed(ctx context.Context, who, way string, err error, keyed bool) tried {
	out, v := c.outcome(err, keyed)
	var noted error
	switch code := codeOf(err); code {
	case codeWindow, codeTooMany:
		noted = c.people.shut(ctx, who)
	case codeNoAbility:
		c.off.turnOff(way)
	case codeUnwilling:
		noted = c.people.block(ctx, who)
	case codeRefused:
	default:
		if way == wayService && out.Sent != bot.SentUnknown {
			noted = c.people.unspend(ctx, who)
		}
	}
	if noted != nil {
		c.c.Log.WarnContext(ctx, "what the platform says of a person is not written down", "channel", ChannelName, "err", noted)
	}
	if v.alert {
		c.alert(out.Reason, err)
	}
	return tried{Outcome: out, next: v.next}
}

// post sends one service message.
func (c *Channel) post(ctx context.Context, who string, p part, base int64) error {
	body := map[string]any{"touser": who}
	switch {
	case p.QR != "":
		id, err := c.pictureOf(ctx, c.doorOf(ctx, p))
		if err != nil {
			return &unsent{err}
		}
		body["msgtype"], body["image"] = "image", map[string]string{"media_id": id}
	case p.News != nil:
		body["msgtype"], body["news"] = "news", map[string]any{"articles": []news{*p.News}}
	case len(p.Actions) > 0:
		type entry struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		}
		list := make([]entry, 0, len(p.Labels))
		for i, label := range p.Labels {
			list = append(list, entry{strconv.FormatInt(base+int64(i), 10), label})
		}
		body["msgtype"], body["msgmenu"] = "msgmenu", map[string]any{"head_content": p.Text, "list": list, "tail_content": ""}
	default:
		body["msgtype"], body["text"] = "text", map[string]string{"content": p.Text}
	}
	return c.api.call(ctx, "/cgi-bin/message/custom/send", nil, body, nil)
}

// rest is what of an answer leaves behind it, kept until it has left.
type rest struct {
	To    string `json:"to"`
	Parts []part `json:"parts"`
	Next  int    `json:"next"`
	Lease int64  `json:"lease"` // ms: whoever is sending it
	Tries int    `json:"tries"`
	Done  bool   `json:"done"`
}

func (r rest) raw(until time.Time) ([]byte, time.Time, error) {
	raw, err := json.Marshal(r)
	return raw, until, err
}
