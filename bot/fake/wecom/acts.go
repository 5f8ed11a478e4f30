package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot/fake"
)

var (
	anchor   = regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`)
	markLink = regexp.MustCompile(`\[([^\]]+)\]\((https?://[^)\s]+)\)`)
	bareLink = regexp.MustCompile(`(\S+) (https?://\S+)`)
	numberIn = regexp.MustCompile(`(?:^|[\s　,：:])(\d{1,2}) ([^\n　,]+)`)
	hintLine = regexp.MustCompile(`^(?:回复数字：|Send a number:)`)
)

// message reads a text as the client shows it: links, and the numbers that one can send.
func message(text, form string) fake.Message {
	m := fake.Message{Text: text, Form: form}
	for _, a := range anchor.FindAllStringSubmatch(text, -1) {
		m.Buttons = append(m.Buttons, fake.Button{Label: a[2], URL: a[1]})
	}
	m.Text = anchor.ReplaceAllString(m.Text, "$2")
	for _, a := range markLink.FindAllStringSubmatch(text, -1) {
		m.Buttons = append(m.Buttons, fake.Button{Label: a[1], URL: a[2]})
	}
	for _, a := range bareLink.FindAllStringSubmatch(text, -1) {
		m.Buttons = append(m.Buttons, fake.Button{Label: a[1], URL: a[2]})
	}
	list := false
	for line := range strings.SplitSeq(text, "\n") {
		if list = list || hintLine.MatchString(line); !list {
			continue
		}
		for _, n := range numberIn.FindAllStringSubmatch(line, -1) {
			m.Buttons = append(m.Buttons, fake.Button{Label: strings.TrimSpace(n[2]), Press: "n:" + n[1]})
		}
	}
	return m
}

var errDeaf = errors.New("nobody of the bot hears what is said there")

// Say lets somebody write: to the app, to customer service, or into a group, where the bot hears only its mentions.
func (t *Town) Say(ctx context.Context, who, chat, text string) error {
	return t.say(ctx, who, chat, text, "")
}

// Reply is Say in answer to a message; only its words are told to the bot.
func (t *Town) Reply(ctx context.Context, who, chat, _, text string) error {
	return t.say(ctx, who, chat, text, "")
}

func (t *Town) say(ctx context.Context, who, chat, text, menu string) error {
	t.mu.Lock()
	p := t.find(who)
	if p == nil {
		t.mu.Unlock()
		return fmt.Errorf("nobody is called %q", who)
	}
	if chat != "" {
		return t.inGroup(ctx, p, chat, text) // unlocks
	}
	t.show(&p.shown, fake.Message{From: who, Text: text})
	if p.customer {
		content := map[string]any{"content": text}
		if menu != "" {
			content["menu_id"] = menu
		}
		p.last, p.sent = t.c.Clock(), 0
		t.happen(map[string]any{"external_userid": who, "origin": 3, "msgtype": "text", "text": content})
		t.mu.Unlock()
		return t.news(ctx)
	}
	body := t.XML(who, "text", tag("Content", text)+"<MsgId>"+strconv.FormatInt(7_000_000_000+t.next(), 10)+"</MsgId>")
	t.mu.Unlock()
	return t.deliver(ctx, "", body, place{who: who})
}

// inGroup is called with the town locked.
func (t *Town) inGroup(ctx context.Context, p *person, chat, text string) error {
	g := t.group(chat)
	if g == nil {
		t.mu.Unlock()
		return fmt.Errorf("no group %q", chat)
	}
	t.show(&g.shown, fake.Message{From: p.ID, Text: text})
	if g.customers || !g.hasBot {
		t.mu.Unlock()
		return errDeaf
	}
	if !strings.Contains(text, "@"+t.c.BotName) {
		t.mu.Unlock()
		return nil // people among themselves
	}
	body, err := t.heard(p.ID, g, map[string]any{"msgtype": "text", "text": map[string]string{"content": text}})
	t.mu.Unlock()
	if err != nil {
		return err
	}
	return t.deliver(ctx, "/bot", body, place{p.ID, g.ID})
}

// heard is what the AI bot is told; no group is a talk with it alone.
func (t *Town) heard(who string, g *group, more map[string]any) (string, error) {
	id := t.random(16)
	address := t.base + "/cgi-bin/aibot/response?response_code=" + id
	in := map[string]any{
		"msgid": "CAIQ" + t.random(20), "aibotid": t.c.BotID, "chattype": "single", "from": map[string]string{"userid": who}, "response_url": address,
	}
	place := &answerPlace{who: who, ends: t.c.Clock().Add(time.Hour)}
	if g != nil {
		in["chattype"], in["chatid"] = "group", g.ID
		place.chat = g.ID
	}
	t.answers[id] = place
	maps.Copy(in, more)
	raw, err := json.Marshal(in)
	return string(raw), err
}

// SayToBot lets a member write to the AI bot alone.
func (t *Town) SayToBot(ctx context.Context, who, text string) error {
	t.mu.Lock()
	t.who(who)
	body, err := t.heard(who, nil, map[string]any{"msgtype": "text", "text": map[string]string{"content": text}})
	t.mu.Unlock()
	if err != nil {
		return err
	}
	return t.deliver(ctx, "/bot", body, place{who: who})
}

// Press presses a button: a number in a list, which one sends, an entry of a menu, or a card's button.
func (t *Town) Press(ctx context.Context, who, msg, button string) error {
	t.mu.Lock()
	p, chat := t.who(who), ""
	lists := map[string][]fake.Message{"": p.shown}
	for _, g := range t.groups {
		if slices.Contains(g.members, who) {
			lists[g.ID] = g.shown
		}
	}
	var found *fake.Button
	for in, shown := range lists {
		for _, m := range shown {
			for _, b := range m.Buttons {
				if m.ID == msg && b.URL == "" && (b.Press == button || b.Label == button) {
					found, chat = &b, in
				}
			}
		}
	}
	if found == nil {
		t.mu.Unlock()
		return fmt.Errorf("no button %q is shown", button)
	}
	kind, value, _ := strings.Cut(found.Press, ":")
	if kind == "card" {
		name, key, _ := strings.Cut(value, "|")
		code := t.random(24)
		t.cards[code] = who
		body := t.XML(who, "event", tag("Event", "template_card_event")+tag("EventKey", key)+tag("TaskId", name)+tag("CardType", "button_interaction")+tag("ResponseCode", code))
		t.mu.Unlock()
		return t.deliver(ctx, "", body, place{who: who})
	}
	t.mu.Unlock()
	switch {
	case kind == "menu":
		return t.say(ctx, who, "", found.Label, value)
	case chat != "":
		value = "@" + t.c.BotName + " " + value
	}
	return t.say(ctx, who, chat, value, "")
}

// Open is a customer who comes in by a link that carries something.
func (t *Town) Open(ctx context.Context, who, payload string) error {
	return t.enter(ctx, who, strings.ReplaceAll(payload, " ", "_"))
}

func (t *Town) enter(ctx context.Context, who, scene string) error {
	t.mu.Lock()
	p := t.find(who)
	if p == nil || !p.customer {
		t.mu.Unlock()
		return errors.New("a link leads customers to customer service, not members")
	}
	event := map[string]any{"event_type": "enter_session", "open_kfid": t.c.KFID, "external_userid": who, "scene": "tuan", "scene_param": scene}
	if t.c.Clock().Sub(p.last) > 48*time.Hour { // else there was no silence to break
		code := "W" + t.random(20)
		t.welcomes[code] = welcome{who: who, ends: t.c.Clock().Add(20 * time.Second), kind: "kf"}
		event["welcome_code"] = code
	}
	t.happen(map[string]any{"origin": 4, "msgtype": "event", "event": event})
	t.mu.Unlock()
	return t.news(ctx)
}

// Event lets customer service tell of something.
func (t *Town) Event(ctx context.Context, event map[string]any) error {
	t.locked(func() { t.happen(map[string]any{"origin": 4, "msgtype": "event", "event": event}) })
	return t.news(ctx)
}

// Happen lets something happen in customer service without a callback; News is the callback.
func (t *Town) Happen(m map[string]any) { t.locked(func() { t.happen(m) }) }

// News tells the bot that there is something new.
func (t *Town) News(ctx context.Context) error { return t.news(ctx) }

func (t *Town) happen(m map[string]any) {
	if m["msgid"] == nil {
		m["msgid"] = fmt.Sprintf("kfmsg%020d", t.next())
	}
	if m["send_time"] == nil {
		m["send_time"] = t.c.Clock().Unix()
	}
	m["open_kfid"] = t.c.KFID
	t.kf = append(t.kf, m)
}

func (t *Town) news(ctx context.Context) error {
	t.mu.Lock()
	tok := "ENC" + t.random(24)
	t.kfTokens[tok] = t.c.Clock().Add(10 * time.Minute)
	body := "<xml>" + tag("ToUserName", t.c.CorpID) + "<CreateTime>" + strconv.FormatInt(t.c.Clock().Unix(), 10) + "</CreateTime>" + tag("MsgType", "event") +
		tag("Event", "kf_msg_or_event") + tag("Token", tok) + tag("OpenKfId", t.c.KFID) + "</xml>"
	t.mu.Unlock()
	return t.deliver(ctx, "/kf", body, place{})
}

// Follow is a member who opens the app for the first time, or a customer who comes in.
func (t *Town) Follow(ctx context.Context, who string) error {
	t.mu.Lock()
	p := t.who(who)
	body := t.XML(who, "event", tag("Event", "subscribe"))
	t.mu.Unlock()
	if p.customer {
		return t.enter(ctx, who, "")
	}
	return t.deliver(ctx, "", body, place{who: who})
}

// Leave is a member who is taken out of the app's scope; a customer cannot leave customer service.
func (t *Town) Leave(ctx context.Context, who string) error {
	t.mu.Lock()
	p := t.who(who)
	if p.customer {
		t.mu.Unlock()
		return errors.New("customer service has no leaving")
	}
	p.scope = false
	body := t.XML(who, "event", tag("Event", "unsubscribe"))
	t.mu.Unlock()
	return t.deliver(ctx, "", body, place{who: who})
}

// AppEvent delivers an event of the app, or of customer contacts, with the tags that belong to it.
func (t *Town) AppEvent(ctx context.Context, who, event string, tags ...[2]string) error {
	t.mu.Lock()
	var rest strings.Builder
	rest.WriteString(tag("Event", event))
	for _, x := range tags {
		rest.WriteString(tag(x[0], x[1]))
		if x[0] == "WelcomeCode" {
			t.welcomes[x[1]] = welcome{who: who, ends: t.c.Clock().Add(20 * time.Second), kind: "contact"}
		}
	}
	body := t.XML(who, "event", rest.String())
	var to place
	if t.find(who) != nil {
		to.who = who
	}
	t.mu.Unlock()
	return t.deliver(ctx, "", body, to)
}

// Join lets a customer join a customer group by a code; nothing calls back, as it sometimes is.
func (t *Town) Join(chat, who, state string) {
	t.locked(func() {
		g := t.group(chat)
		g.members, g.states = append(g.members, who), append(g.states, state)
	})
}

// Confirm lets a member of staff send what the bot asked them to send; it gives how many tasks there were.
func (t *Town) Confirm(sender string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	done := 0
	for _, k := range t.tasks {
		for _, chat := range k.chats {
			if k.sender == sender && k.status[chat] == 0 {
				k.status[chat] = 1
				t.show(&t.group(chat).shown, message(k.text, "task"))
				done++
			}
		}
	}
	return done
}

// Reminded is how often somebody was reminded of tasks.
func (t *Town) Reminded() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, k := range t.tasks {
		n += k.reminded
	}
	return n
}
