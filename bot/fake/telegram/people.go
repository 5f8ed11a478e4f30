package telegram

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Say lets a person write into a chat; "" is their talk with the bot.
func (t *Town) Say(ctx context.Context, who, chat, text string) error {
	return t.speak(ctx, who, chat, &post{text: text, form: "text"})
}

// Reply is Say in answer to a message.
func (t *Town) Reply(ctx context.Context, who, chat, message, text string) error {
	t.mu.Lock()
	to := t.post(message)
	t.mu.Unlock()
	if to == nil {
		return fmt.Errorf("no message %q", message)
	}
	return t.speak(ctx, who, chat, &post{text: text, form: "text", replyTo: to.id})
}

// ShowPhoto lets a person send a picture with words below it.
func (t *Town) ShowPhoto(ctx context.Context, who, chat, caption string) error {
	t.mu.Lock()
	file := "photo" + strconv.Itoa(len(t.files)+1)
	t.files[file] = []byte("\xff\xd8 a photo")
	t.mu.Unlock()
	return t.speak(ctx, who, chat, &post{caption: caption, photo: file, form: "photo"})
}

func (t *Town) speak(ctx context.Context, who, chat string, p *post) error {
	t.mu.Lock()
	r, topic, err := t.find(who, chat)
	if err != nil {
		t.mu.Unlock()
		return err
	}
	if h := t.people[r.id]; h != nil { // whoever writes has pressed Start, and a block ends
		h.started, h.blocked = true, false
	}
	spoke := r.spoke
	p.from, p.topic, p.at = number(who), topic, t.c.Clock()
	r.add(p)
	m, hears := t.message(p), t.hears(r, p, spoke)
	t.mu.Unlock()
	if !hears {
		return nil
	}
	return t.deliver(ctx, "message", m)
}

// hears: in privacy mode a bot gets only what is meant for it.
func (t *Town) hears(r *room, p *post, spoke bool) bool {
	if !r.inside {
		return false
	}
	if r.kind == "private" || r.admin || t.c.NoPrivacy || p.via {
		return true
	}
	if to := r.find(p.replyTo); to != nil && to.from == 0 {
		return true
	}
	for _, e := range t.entities(p.text + p.caption) {
		switch word := e["word"].(string); e["type"] {
		case "bot_command":
			_, whose, named := strings.Cut(word, "@")
			if named && strings.EqualFold(whose, t.c.Username) || !named && spoke {
				return true
			}
		case "mention":
			if strings.EqualFold(word, "@"+t.c.Username) {
				return true
			}
		}
	}
	return false
}

var marked = regexp.MustCompile(`(?:^|[\s(])(/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?|@[A-Za-z0-9_]{3,32})`)

// entities marks commands and mentions, counted in UTF-16 units.
func (t *Town) entities(text string) []map[string]any {
	var all []map[string]any
	for _, at := range marked.FindAllStringSubmatchIndex(text, -1) {
		word := text[at[2]:at[3]]
		kind := "mention"
		if word[0] == '/' {
			kind = "bot_command"
		}
		all = append(all, map[string]any{"type": kind, "offset": units(text[:at[2]]), "length": len(utf16.Encode([]rune(word))), "word": word})
	}
	return all
}

// Follow is pressing Start.
func (t *Town) Follow(ctx context.Context, who string) error { return t.Say(ctx, who, "", "/start") }

// Open is following https://t.me/bot?start=PAYLOAD and pressing Start. A whole link is taken too, and blanks as a link
// carries them.
func (t *Town) Open(ctx context.Context, who, payload string) error {
	payload, err := carried(payload, "?start=")
	if err != nil {
		return err
	}
	return t.Say(ctx, who, "", "/start "+payload)
}

// OpenInGroup is following https://t.me/bot?startgroup=PAYLOAD and choosing a group: the bot is taken in and hears the payload.
func (t *Town) OpenInGroup(ctx context.Context, who, chat, payload string) error {
	payload, err := carried(payload, "?startgroup=")
	if err != nil {
		return err
	}
	if err := t.TakeIn(ctx, who, chat); err != nil {
		return err
	}
	return t.Say(ctx, who, chat, "/start@"+t.c.Username+" "+payload)
}

var goodPayload = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func carried(payload, way string) (string, error) {
	if _, after, link := strings.Cut(payload, way); link {
		payload = after
	}
	payload = strings.ReplaceAll(payload, " ", "_")
	if !goodPayload.MatchString(payload) {
		return "", errors.New("a payload is 1-64 of A-Z a-z 0-9 _ -")
	}
	return payload, nil
}

// Leave is blocking the bot.
func (t *Town) Leave(ctx context.Context, who string) error {
	t.mu.Lock()
	h := t.people[number(who)]
	if h == nil {
		t.mu.Unlock()
		return fmt.Errorf("nobody has the id %q", who)
	}
	h.blocked = true
	m := t.membership(t.rooms[h.id], h, "member", "kicked")
	t.mu.Unlock()
	return t.deliver(ctx, "my_chat_member", m)
}

// TakeIn takes the bot into a group; KickOut puts it out again; Promote makes it an admin there.
func (t *Town) TakeIn(ctx context.Context, who, chat string) error {
	return t.stand(ctx, who, chat, "left", "member", func(r *room) { r.inside = true })
}

// KickOut puts the bot out of a group.
func (t *Town) KickOut(ctx context.Context, who, chat string) error {
	return t.stand(ctx, who, chat, "member", "kicked", func(r *room) { r.inside, r.admin = false, false })
}

// Promote makes the bot an admin of a group: then it hears everything there.
func (t *Town) Promote(ctx context.Context, who, chat string) error {
	return t.stand(ctx, who, chat, "member", "administrator", func(r *room) { r.admin = true })
}

func (t *Town) stand(ctx context.Context, who, chat, from, to string, do func(*room)) error {
	t.mu.Lock()
	r, _, err := t.find(who, chat)
	if err != nil {
		t.mu.Unlock()
		return err
	}
	do(r)
	m := t.membership(r, t.people[number(who)], from, to)
	t.mu.Unlock()
	return t.deliver(ctx, "my_chat_member", m)
}

// Migrate makes a group a supergroup with a new id. The old id tells where it went, the new one where it came from.
func (t *Town) Migrate(ctx context.Context, who, chat string) (string, error) {
	t.mu.Lock()
	r, _, err := t.find(who, chat)
	if err != nil || r.kind != "group" {
		t.mu.Unlock()
		return "", errors.Join(err, errors.New("only a basic group can become a supergroup"))
	}
	old := r.id
	t.lift(r)
	t.rooms[old] = &room{id: old, kind: "group", title: r.title, members: r.members, inside: r.inside, movedTo: r.id}
	t.order = append(t.order, old)
	r.posts, r.lastPost = nil, 0 // messages do not move along
	from := t.user(t.people[number(who)])
	at := t.c.Clock().Unix()
	told := map[string]any{"message_id": 900, "from": from, "date": at, "chat": t.chat(t.rooms[old]), "migrate_to_chat_id": r.id}
	came := map[string]any{"message_id": 1, "from": from, "date": at, "chat": t.chat(r), "migrate_from_chat_id": old}
	r.lastPost = 1
	t.mu.Unlock()
	if err := t.deliver(ctx, "message", told); err != nil {
		return id(r.id), err
	}
	return id(r.id), t.deliver(ctx, "message", came)
}

// Lift does what Migrate does, and the updates that tell of it get lost: only a refused message tells.
func (t *Town) Lift(chat string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rooms[number(chat)]
	old := r.id
	t.lift(r)
	t.rooms[old] = &room{id: old, kind: "group", title: r.title, members: r.members, inside: r.inside, movedTo: r.id}
	t.order = append(t.order, old)
	r.posts, r.lastPost = nil, 0
	return id(r.id)
}

// The forms in which Telegram speaks of things; the lock is held.

func (t *Town) user(h *human) map[string]any {
	u := map[string]any{"id": h.id, "is_bot": false, "first_name": h.first}
	if h.last != "" {
		u["last_name"] = h.last
	}
	if h.lang != "" {
		u["language_code"] = h.lang
	}
	return u
}

func (t *Town) self() map[string]any {
	return map[string]any{"id": t.me, "is_bot": true, "first_name": "tuan", "username": t.c.Username}
}

func (t *Town) chat(r *room) map[string]any {
	c := map[string]any{"id": r.id, "type": r.kind}
	if r.title != "" {
		c["title"] = r.title
	}
	if h := t.people[r.id]; h != nil {
		c["first_name"] = h.first
	}
	if r.topics != nil {
		c["is_forum"] = true
	}
	return c
}

func (t *Town) membership(r *room, h *human, from, to string) map[string]any {
	return map[string]any{
		"chat": t.chat(r), "from": t.user(h), "date": t.c.Clock().Unix(), "old_chat_member": map[string]any{"user": t.self(), "status": from},
		"new_chat_member": map[string]any{"user": t.self(), "status": to},
	}
}

// message is a message in full, with the one it replies to.
func (t *Town) message(p *post) map[string]any {
	r := t.rooms[p.room]
	m := t.bare(p)
	switch to := r.find(p.replyTo); {
	case to != nil:
		m["reply_to_message"] = t.bare(to)
		if p.topic == 0 && r.kind == "supergroup" {
			m["message_thread_id"] = to.id // a thread of replies, not a topic
		}
	case p.topic != 0: // in a topic every message hangs on the one that began it
		m["reply_to_message"] = map[string]any{
			"message_id": p.topic, "chat": t.chat(r), "date": 1, "forum_topic_created": map[string]any{"name": r.topics[p.topic], "icon_color": 1},
		}
	}
	return m
}

func (t *Town) bare(p *post) map[string]any {
	r := t.rooms[p.room]
	m := map[string]any{"message_id": p.id, "date": p.at.Unix(), "chat": t.chat(r), "from": t.self()}
	if h := t.people[p.from]; h != nil {
		m["from"] = t.user(h)
	}
	if p.topic != 0 {
		m["message_thread_id"], m["is_topic_message"] = p.topic, true
	}
	words, marks := "text", "entities"
	if p.photo != "" {
		words, marks = "caption", "caption_entities"
		m["photo"] = []map[string]any{
			{"file_id": p.photo + "-small", "file_unique_id": "s", "width": 90, "height": 90}, {"file_id": p.photo, "file_unique_id": "l", "width": 800, "height": 800},
		}
	}
	if text := p.text + p.caption; text != "" {
		m[words] = text
		if es := t.entities(text); len(es) > 0 && p.from != 0 {
			for _, e := range es {
				delete(e, "word") // our own note, not Telegram's
			}
			m[marks] = es
		}
	}
	if p.via {
		m["via_bot"] = t.self()
	}
	if len(p.rows) > 0 {
		m["reply_markup"] = map[string]any{"inline_keyboard": p.rows}
	}
	if p.edited > 0 {
		m["edit_date"] = p.at.Unix()
	}
	return m
}

// Toasts are the short answers that a person saw above a chat; an address stands for "opens this".
func (t *Town) Toasts(who string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.toasts[number(who)]...)
}
