package wechat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const keptEvents = 24 // events remembered per person, so that a repeat counts nothing

// consents are how many subscription notices a person still lets us send, by template.
type consents struct {
	Left map[string]int `json:"left,omitempty"`
	Seen []string       `json:"seen,omitempty"` // keys of events that were counted
}

func (b *consents) add(template string, n int) {
	if b.Left == nil {
		b.Left = map[string]int{}
	}
	if b.Left[template] += n; b.Left[template] <= 0 {
		delete(b.Left, template)
	}
}

// bookkeeping takes in the events that are about our own messages. Own is true when nobody else needs to hear of it.
func (c *Channel) bookkeeping(ctx context.Context, in inbound) (own bool, err error) {
	if in.MsgType != "event" {
		return false, nil
	}
	switch in.Event {
	case evFinished:
		return true, c.finished(ctx, in)
	case evPopup, evChange, evSent:
		return true, c.consented(ctx, in)
	}
	return false, nil
}

// bookKey tells such events of one second apart: what makes them different stands in their lists.
func (in inbound) bookKey() string {
	parts := []string{in.key()}
	for _, list := range [][]consent{in.Popup, in.Change, in.Sent} {
		for _, one := range list {
			parts = append(parts, one.Template, one.Answer, one.MsgID, one.ErrorCode)
		}
	}
	return "b" + digest(parts...)[:40]
}

// consented counts what a person allowed, took back, or what a notice came to; each event once.
func (c *Channel) consented(ctx context.Context, in inbound) error {
	key := in.bookKey()
	return c.changeConsent(ctx, in.FromUserName, func(b *consents) {
		if slices.Contains(b.Seen, key) {
			return
		}
		b.Seen = append(b.Seen, key)
		b.Seen = b.Seen[max(0, len(b.Seen)-keptEvents):]
		for _, one := range in.Popup {
			if one.Answer == "accept" {
				b.add(one.Template, 1)
			}
		}
		for _, one := range in.Change {
			if one.Answer == "reject" {
				delete(b.Left, one.Template)
			}
		}
		for _, one := range in.Sent {
			if one.ErrorCode == "43101" {
				delete(b.Left, one.Template)
			}
		}
	})
}

func (c *Channel) changeConsent(ctx context.Context, who string, f func(b *consents)) error {
	err := c.c.Notes.Change(ctx, pageConsent, who, func(old []byte) ([]byte, time.Time, error) {
		b, err := decode[consents](old)
		if err != nil {
			return nil, time.Time{}, err
		}
		f(&b)
		raw, err := json.Marshal(b)
		return raw, time.Time{}, err
	})
	if err != nil {
		return fmt.Errorf("write down a consent: %w", err)
	}
	return nil
}

// useConsent takes one consent; errNoConsent when there is none. Most people never gave any, so it is read first.
func (c *Channel) useConsent(ctx context.Context, who, template string) error {
	raw, err := c.c.Notes.Note(ctx, pageConsent, who)
	if err != nil {
		return fmt.Errorf("read consents: %w", err)
	}
	if b, err := decode[consents](raw); err != nil || b.Left[template] == 0 {
		return errNoConsent
	}
	used := false
	err = c.changeConsent(ctx, who, func(b *consents) {
		if used = b.Left[template] > 0; used {
			b.add(template, -1)
		}
	})
	if err == nil && !used {
		return errNoConsent
	}
	return err
}
