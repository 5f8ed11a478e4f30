package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	answerPressIn = 15 * time.Minute // later answers are refused
	checkoutIn    = 10 * time.Second
)

// press is a pressed button that waits for an answer.
type press struct {
	who      int64
	at       time.Time
	answered bool
}

type query struct {
	results  []Result
	answered bool
}

// Result is what a person can choose after typing "@bot words" in any chat.
type Result struct {
	ID, Title, Description, Text string
	rows                         [][]button
}

type checkout struct {
	at       time.Time
	answered bool
	ok       bool
	text     string
}

// Press presses a button. A message that was sent inline is pressed by its inline id: then the bot does not learn where.
func (t *Town) Press(ctx context.Context, who, message, data string) error {
	t.mu.Lock()
	p := t.post(message)
	h := t.people[number(who)]
	if p == nil || h == nil || !p.has(data) {
		t.mu.Unlock()
		return fmt.Errorf("message %q has no button %q", message, data)
	}
	name := "cb" + strconv.Itoa(len(t.presses)+1)
	t.presses[name] = &press{who: h.id, at: t.c.Clock()}
	q := map[string]any{"id": name, "from": t.user(h), "chat_instance": "1", "data": data}
	if p.inline != "" {
		q["inline_message_id"] = p.inline
	} else {
		q["message"] = t.message(p)
	}
	t.mu.Unlock()
	return t.deliver(ctx, "callback_query", q)
}

// PressOld presses a button of a message that is too old for Telegram to send along.
func (t *Town) PressOld(ctx context.Context, who, message, data string) error {
	t.mu.Lock()
	p, h := t.post(message), t.people[number(who)]
	if p == nil || h == nil {
		t.mu.Unlock()
		return fmt.Errorf("no message %q", message)
	}
	name := "cb" + strconv.Itoa(len(t.presses)+1)
	t.presses[name] = &press{who: h.id, at: t.c.Clock()}
	q := map[string]any{
		"id": name, "from": t.user(h), "chat_instance": "1", "data": data,
		"message": map[string]any{"message_id": p.id, "chat": t.chat(t.rooms[p.room]), "date": 0},
	}
	t.mu.Unlock()
	return t.deliver(ctx, "callback_query", q)
}

func (p *post) has(data string) bool {
	return data != "" && slices.ContainsFunc(p.rows, func(row []button) bool {
		return slices.ContainsFunc(row, func(b button) bool { return b.Data == data })
	})
}

func (t *Town) answerCallback(f form) (any, *refusal) {
	p := t.presses[f.fields["callback_query_id"]]
	text, to := f.fields["text"], f.fields["url"]
	switch {
	case p == nil:
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	case t.c.Clock().Sub(p.at) > answerPressIn:
		p.answered = true
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	case units(text) > maxAnswer:
		return nil, bad("MESSAGE_TOO_LONG")
	case to != "" && !t.ours(to):
		return nil, bad("URL_INVALID")
	}
	p.answered = true
	if said := strings.TrimSpace(text + " " + to); said != "" {
		t.toasts[p.who] = append(t.toasts[p.who], said)
	}
	return true, nil
}

// ours: the answer to a press may open the bot's own talk only.
func (t *Town) ours(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host == "t.me" && strings.EqualFold(u.Path, "/"+t.c.Username) && goodPayload.MatchString(u.Query().Get("start"))
}

// Query types "@bot words" in a chat and returns what the bot offers.
func (t *Town) Query(ctx context.Context, who, words string) ([]Result, error) {
	t.mu.Lock()
	h := t.people[number(who)]
	if h == nil {
		t.mu.Unlock()
		return nil, fmt.Errorf("nobody has the id %q", who)
	}
	name := "iq" + strconv.Itoa(len(t.queries)+1)
	q := &query{}
	t.queries[name] = q
	u := t.user(h)
	t.mu.Unlock()
	err := t.deliver(ctx, "inline_query", map[string]any{"id": name, "from": u, "query": words, "offset": "", "chat_type": "supergroup"})
	t.mu.Lock()
	defer t.mu.Unlock()
	return q.results, err
}

func (t *Town) answerInline(f form) (any, *refusal) {
	q := t.queries[f.fields["inline_query_id"]]
	if q == nil || q.answered {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	var offered []struct {
		Type        string `json:"type"`
		ID          string `json:"id"`
		Title       string `json:"title"`
		Description string `json:"description"`
		Content     struct {
			Text string `json:"message_text"`
		} `json:"input_message_content"`
		Markup json.RawMessage `json:"reply_markup"`
	}
	if json.Unmarshal([]byte(f.fields["results"]), &offered) != nil {
		return nil, bad("can't parse inline query results JSON object")
	}
	if len(offered) > 50 {
		return nil, bad("RESULTS_TOO_MUCH")
	}
	seen := map[string]bool{}
	for _, o := range offered {
		rows, no := markup(string(o.Markup))
		switch {
		case no != nil:
			return nil, no
		case o.Type != "article" || o.Title == "" || o.ID == "" || len(o.ID) > 64 || seen[o.ID]:
			return nil, bad("RESULT_ID_INVALID")
		case o.Content.Text == "" || units(o.Content.Text) > maxText:
			return nil, bad("MESSAGE_TEXT_INVALID")
		}
		seen[o.ID] = true
		q.results = append(q.results, Result{ID: o.ID, Title: o.Title, Description: o.Description, Text: o.Content.Text, rows: rows})
	}
	q.answered = true
	return true, nil
}

// Share sends what was found into a chat; it returns the inline id of the message.
func (t *Town) Share(ctx context.Context, who, chat string, r Result) (string, error) {
	p := &post{text: r.Text, rows: r.rows, via: true, form: "inline"}
	t.mu.Lock()
	p.inline = "inline" + strconv.Itoa(len(t.inlines)+1)
	t.inlines[p.inline] = p
	t.mu.Unlock()
	return p.inline, t.speak(ctx, who, chat, p)
}

// CheckOut lets a person press Pay; it returns whether the bot agrees, and what it says if not.
func (t *Town) CheckOut(ctx context.Context, who, payload, currency string, total int64) (ok bool, text string, err error) {
	t.mu.Lock()
	h := t.people[number(who)]
	name := "pc" + strconv.Itoa(len(t.checks)+1)
	c := &checkout{at: t.c.Clock()}
	t.checks[name] = c
	u := t.user(h)
	t.mu.Unlock()
	err = t.deliver(ctx, "pre_checkout_query", map[string]any{"id": name, "from": u, "currency": currency, "total_amount": total, "invoice_payload": payload})
	t.mu.Lock()
	defer t.mu.Unlock()
	return c.ok, c.text, err
}

func (t *Town) answerCheckout(f form) (any, *refusal) {
	c := t.checks[f.fields["pre_checkout_query_id"]]
	if c == nil || t.c.Clock().Sub(c.at) > checkoutIn {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	if !f.yes("ok") && f.fields["error_message"] == "" {
		return nil, bad("error_message must be non-empty")
	}
	c.answered, c.ok, c.text = true, f.yes("ok"), f.fields["error_message"]
	return true, nil
}

// Pay tells the bot that money has moved.
func (t *Town) Pay(ctx context.Context, who, payload, currency string, total int64, charge string) error {
	t.mu.Lock()
	h := t.people[number(who)]
	r := t.rooms[h.id]
	m := t.message(r.add(&post{from: h.id, at: t.c.Clock(), form: "payment"}))
	m["successful_payment"] = map[string]any{
		"currency": currency, "total_amount": total, "invoice_payload": payload, "telegram_payment_charge_id": charge, "provider_payment_charge_id": "p-" + charge,
	}
	t.mu.Unlock()
	return t.deliver(ctx, "message", m)
}

func (t *Town) setCommands(f form) (any, *refusal) {
	var cs []struct {
		Command     string `json:"command"`
		Description string `json:"description"`
	}
	if json.Unmarshal([]byte(f.fields["commands"]), &cs) != nil || len(cs) > 100 {
		return nil, bad("can't parse commands JSON object")
	}
	var names []string
	for _, c := range cs {
		if len(c.Command) < 1 || len(c.Command) > 32 || strings.Trim(c.Command, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if n := units(c.Description); n < 1 || n > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
		names = append(names, c.Command)
	}
	t.commands[f.fields["language_code"]] = names
	return true, nil
}

// Commands are those that the bot offers in a language; "" is for everybody else.
func (t *Town) Commands(lang string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.commands[lang])
}

// Inline puts a message into some chat that the bot does not know, with one button, as if somebody had shared it.
func (t *Town) Inline(text, label, data string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &post{text: text, rows: [][]button{{{Text: label, Data: data}}}, via: true, form: "inline"}
	p.inline = "inline" + strconv.Itoa(len(t.inlines)+1)
	t.inlines[p.inline] = p
	return p.inline
}
