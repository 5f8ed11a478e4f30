package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot"
)

const jobTries = 3 // sends of one template message that the platform accepted and then lost

// field is a value of a template.
type field struct {
	Value string `json:"value"`
}

// fieldsOf fills a template from a notice; the error names what is missing.
func fieldsOf(t Template, r bot.Reply) (map[string]field, error) {
	data := map[string]field{}
	for name, source := range t.Fields {
		fact, fixed := strings.CutPrefix(source, "=")
		switch {
		case fixed:
		case source == "text":
			fact = r.Text
		default:
			fact = r.Facts[source]
		}
		value, ok := fieldValue(name, fact)
		if !ok {
			return nil, fmt.Errorf("field %s has nothing of its kind in %q", name, source)
		}
		data[name] = field{value}
	}
	return data, nil
}

// page is what a notice opens when it is touched.
func page(r bot.Reply) string {
	for _, ch := range r.Choices {
		if goodURL(ch.URL) {
			return ch.URL
		}
	}
	if at := r.Facts["page"]; goodURL(at) {
		return at
	}
	return ""
}

// fitting finds the template of a notice and fills it; ok is false when there is none that it can fill.
func (c *Channel) fitting(ctx context.Context, set map[string]Template, r bot.Reply) (Template, map[string]field, bool) {
	t, ok := set[r.Code]
	if !ok {
		return t, nil, false
	}
	data, err := fieldsOf(t, r)
	if err != nil {
		c.c.Log.WarnContext(ctx, "a notice does not fill its template", "channel", ChannelName, "code", r.Code, "err", err)
		return t, nil, false
	}
	return t, data, true
}

// templateBody is our own: the platform takes an empty mini program badly.
type templateBody struct {
	To   string           `json:"touser"`
	ID   string           `json:"template_id"`
	URL  string           `json:"url,omitempty"`
	Key  string           `json:"client_msg_id,omitempty"`
	Data map[string]field `json:"data"`
}

// template sends a notice as a template message.
func (c *Channel) template(ctx context.Context, who string, out bot.Outgoing) tried {
	t, data, ok := c.fitting(ctx, c.c.Templates, out.Reply)
	if !ok || c.off.isOff(wayTemplate) {
		return closed("")
	}
	n, err := c.people.look(ctx, who)
	if err != nil {
		return c.storeTrouble(ctx, err)
	}
	if n.Blocked {
		return closed("blocked")
	}
	body := templateBody{To: who, ID: t.ID, URL: page(out.Reply), Key: clientID(out.Key), Data: data}
	id, err := c.postTemplate(ctx, body)
	if err != nil {
		return c.failed(ctx, who, wayTemplate, err, body.Key != "")
	}
	c.followUp(ctx, id, job{Body: body, Tries: 1})
	return tried{Outcome: bot.Outcome{Sent: bot.SentOK, MessageID: id}}
}

// clientID is a key as the platform takes it.
func clientID(key string) string {
	if key == "" {
		return ""
	}
	return cut(key, 32)
}

func (c *Channel) postTemplate(ctx context.Context, body templateBody) (string, error) {
	var got struct {
		ID int64 `json:"msgid"`
	}
	if err := c.api.call(ctx, "/cgi-bin/message/template/send", nil, body, &got); err != nil {
		return "", fmt.Errorf("send a template message: %w", err)
	}
	return strconv.FormatInt(got.ID, 10), nil
}

// job is a template message that was accepted; whether it arrived comes later as an event.
type job struct {
	Body  templateBody `json:"body"`
	Tries int          `json:"tries"`
}

// followUp remembers a template message until its outcome is known. Without it a loss goes unnoticed, but nothing breaks.
func (c *Channel) followUp(ctx context.Context, id string, j job) {
	raw, err := json.Marshal(j)
	if err == nil {
		err = c.c.Notes.Change(ctx, pageJobs, id, func([]byte) ([]byte, time.Time, error) {
			return raw, c.c.Clock().Add(72 * time.Hour), nil
		})
	}
	if err != nil {
		c.c.Log.WarnContext(ctx, "a template message is not followed", "channel", ChannelName, "err", err)
	}
}

// finished takes in what became of a template message: refused by the person, or lost by the platform, which is sent again.
func (c *Channel) finished(ctx context.Context, in inbound) error {
	raw, err := c.c.Notes.Note(ctx, pageJobs, in.SentNumber)
	if err != nil {
		return fmt.Errorf("what a template message was: %w", err)
	}
	j, err := decode[job](raw)
	if err != nil {
		return err
	}
	status := strings.ReplaceAll(strings.ToLower(in.Status), " ", "")
	c.c.Log.InfoContext(ctx, "template message finished", "channel", ChannelName, "status", status)
	switch {
	case strings.Contains(status, "userblock"):
		if err := c.people.block(ctx, in.FromUserName); err != nil {
			return err
		}
	case strings.HasPrefix(status, "failed") && raw != nil && j.Tries < jobTries:
		j.Tries++
		j.Body.Key = clientID(j.Body.Key + "/" + strconv.Itoa(j.Tries))
		id, err := c.postTemplate(ctx, j.Body)
		if err != nil {
			if out, _ := c.outcome(err, true); out.Sent == bot.SentRetry {
				return err // not acknowledged: the event comes again
			}
			break
		}
		c.followUp(ctx, id, j)
	}
	if raw == nil {
		return nil
	}
	return c.dropNote(ctx, pageJobs, in.SentNumber)
}

func (c *Channel) dropNote(ctx context.Context, page, key string) error {
	err := c.c.Notes.Change(ctx, page, key, func([]byte) ([]byte, time.Time, error) { return nil, time.Time{}, nil })
	if err != nil {
		return fmt.Errorf("remove a note: %w", err)
	}
	return nil
}

var errNoConsent = errors.New("no consent is left")

// subscribed sends a notice against a person's consent; a one-time consent is used up by it.
func (c *Channel) subscribed(ctx context.Context, who string, out bot.Outgoing) tried {
	t, data, ok := c.fitting(ctx, c.c.Subscribed, out.Reply)
	if !ok || c.off.isOff(waySubscribe) {
		return closed("")
	}
	err := c.useConsent(ctx, who, t.ID)
	if errors.Is(err, errNoConsent) {
		return closed("")
	}
	if err != nil {
		return c.storeTrouble(ctx, err)
	}
	body := map[string]any{"touser": who, "template_id": t.ID, "data": data}
	if at := page(out.Reply); at != "" {
		body["page"] = at
	}
	err = c.api.call(ctx, "/cgi-bin/message/subscribe/bizsend", nil, body, nil)
	if err == nil {
		return tried{Outcome: bot.Outcome{Sent: bot.SentOK, MessageID: out.Key}}
	}
	did := c.failed(ctx, who, waySubscribe, err, false)
	switch {
	case codeOf(err) == codeRefused:
		err = c.changeConsent(ctx, who, func(b *consents) { delete(b.Left, t.ID) })
	case did.Sent != bot.SentUnknown:
		err = c.changeConsent(ctx, who, func(b *consents) { b.add(t.ID, 1) })
	default:
		err = nil
	}
	if err != nil {
		c.c.Log.WarnContext(ctx, "a consent is not written down", "channel", ChannelName, "err", err)
	}
	return did
}
