package wechat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tuanbot/bot/fake"
)

// Say lets a person write to the account.
func (t *Town) Say(ctx context.Context, who, _, text string) error {
	return t.text(ctx, who, text, "")
}

// Reply is Say: the app knows no replies to a message in an account's talk.
func (t *Town) Reply(ctx context.Context, who, chat, _, text string) error {
	return t.Say(ctx, who, chat, text)
}

var errNoFollower = errors.New("who does not follow the account cannot write to it")

func (t *Town) text(ctx context.Context, who, text, menu string) error {
	t.mu.Lock()
	p := t.who(who)
	if !p.follows {
		t.mu.Unlock()
		return errNoFollower
	}
	p.shown = append(p.shown, fake.Message{ID: fmt.Sprint(t.next()), From: who, Text: text, Form: "text", At: t.c.Clock()})
	extra := ""
	if menu == "" {
		t.opens(p, 5, 48*time.Hour)
	} else {
		t.opens(p, 3, time.Minute)
		extra = tag("bizmsgmenuid", menu)
	}
	ev := t.message(who, "text", tag("Content", text)+extra)
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// SayPicture lets a person send a picture, SayVoice speech with what the platform recognised.
func (t *Town) SayPicture(ctx context.Context, who, url string) error {
	t.mu.Lock()
	t.opens(t.who(who), 5, 48*time.Hour)
	ev := t.message(who, "image", tag("PicUrl", url)+tag("MediaId", "M"+t.random(8)))
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// SayVoice lets a person speak.
func (t *Town) SayVoice(ctx context.Context, who, recognised string) error {
	t.mu.Lock()
	t.opens(t.who(who), 5, 48*time.Hour)
	ev := t.message(who, "voice", tag("MediaId", "M"+t.random(8))+tag("Format", "amr")+tag("Recognition", recognised))
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// opens starts a window: quotas do not add up, the last act counts.
func (t *Town) opens(p *person, most int, lasts time.Duration) {
	p.window = window{most: most, ends: t.c.Clock().Add(lasts)}
}

// Press presses a button: an entry of a menu, or a number in a list, which one sends.
func (t *Town) Press(ctx context.Context, who, message, button string) error {
	t.mu.Lock()
	p := t.who(who)
	var found *fake.Button
	for _, m := range p.shown {
		for _, b := range m.Buttons {
			if (message == "" || m.ID == message) && (b.Press == button || b.Label == button) && b.URL == "" {
				found = &b
			}
		}
	}
	t.mu.Unlock()
	if found == nil {
		return fmt.Errorf("no button %q is shown", button)
	}
	if menu, ok := strings.CutPrefix(found.Press, "menu:"); ok {
		return t.text(ctx, who, found.Label, menu)
	}
	return t.text(ctx, who, found.Press, "")
}

// Click presses an entry of the account's own menu.
func (t *Town) Click(ctx context.Context, who, label string) error {
	t.mu.Lock()
	key := ""
	for _, e := range t.menu {
		if e.Name == label {
			key = e.Key
		}
	}
	if key == "" {
		t.mu.Unlock()
		return fmt.Errorf("the menu has no entry %q", label)
	}
	t.opens(t.who(who), 3, time.Minute)
	ev := t.event(who, "CLICK", tag("EventKey", key))
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// Open scans a code: its address as the bot shows it, or what a code of the bot carries ("deal CODE").
func (t *Town) Open(ctx context.Context, who, payload string) error {
	t.mu.Lock()
	scene := strings.ReplaceAll(strings.ReplaceAll(payload, "_", "__"), " ", "_")
	if strings.Contains(payload, "://") {
		c, ok := t.codes[payload]
		if !ok || !t.c.Clock().Before(c.ends) {
			t.mu.Unlock()
			return errors.New("the code is not valid any more")
		}
		scene = c.scene
	}
	p := t.who(who)
	name, key := "SCAN", scene
	if !p.follows {
		name, key, p.follows = "subscribe", "qrscene_"+scene, true
	}
	t.opens(p, 3, time.Minute)
	ev := t.event(who, name, tag("EventKey", key)+tag("Ticket", "T"+t.random(12)))
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// Follow starts somebody's contact.
func (t *Town) Follow(ctx context.Context, who string) error {
	t.mu.Lock()
	p := t.who(who)
	p.follows = true
	t.opens(p, 3, time.Minute)
	ev := t.event(who, "subscribe", tag("EventKey", ""))
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// Leave ends it.
func (t *Town) Leave(ctx context.Context, who string) error {
	t.mu.Lock()
	p := t.who(who)
	p.follows, p.window, p.consents = false, window{}, map[string]int{}
	ev := t.event(who, "unsubscribe", tag("EventKey", ""))
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// Consent lets a person answer the question for several subscription notices at once; true allows one message.
func (t *Town) Consent(ctx context.Context, who string, answers map[string]bool) error {
	t.mu.Lock()
	p := t.who(who)
	var list strings.Builder
	for _, id := range sortedKeys(answers) {
		said := "reject"
		if answers[id] {
			said = "accept"
			p.consents[id]++
		}
		list.WriteString("<List>" + tag("TemplateId", id) + tag("SubscribeStatusString", said) + tag("PopupScene", "1") + "</List>")
	}
	ev := t.event(who, "subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>"+list.String()+"</SubscribeMsgPopupEvent>")
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

// Withdraw lets a person turn subscription notices off.
func (t *Town) Withdraw(ctx context.Context, who string, ids ...string) error {
	t.mu.Lock()
	var list strings.Builder
	for _, id := range ids {
		delete(t.who(who).consents, id)
		list.WriteString("<List>" + tag("TemplateId", id) + tag("SubscribeStatusString", "reject") + "</List>")
	}
	ev := t.event(who, "subscribe_msg_change_event", "<SubscribeMsgChangeEvent>"+list.String()+"</SubscribeMsgChangeEvent>")
	t.mu.Unlock()
	return t.deliver(ctx, ev)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
