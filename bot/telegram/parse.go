package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot"
)

const picturePrefix = "telegram:" // before a file id, so that other channels see that they cannot show it

// parse turns an update into what the bot understands. Ok is false for what nobody needs to hear of: other bots, channels
// and anonymous admins, commands for others.
func (ch *Channel) parse(ctx context.Context, u update) (up bot.Update, at place, ok bool, err error) {
	switch {
	case u.Message != nil:
		up, at, ok = ch.parseMessage(u.Message)
	case u.Callback != nil:
		up, at, ok = ch.parseCallback(u.Callback)
	case u.MyMember != nil:
		up, at, ok = ch.parseMember(u)
	}
	if !ok {
		return up, at, false, nil
	}
	if up.Kind == bot.KindGone { // out of the old id of a group that has moved is no farewell
		now, err := ch.chats.now(ctx, at.chat)
		if err != nil {
			return up, at, true, err
		}
		if now != at.chat {
			up.Kind = bot.KindOther
		}
	}
	home := at
	home.chat, err = ch.chats.was(ctx, at.chat)
	up.Channel, up.Account, up.Chat.ID = ChannelName, key(ch.id), home.String()
	return up, at, true, err
}

// parseMessage reads what somebody wrote.
func (ch *Channel) parseMessage(m *message) (up bot.Update, at place, ok bool) {
	if m.From == nil || m.From.ID == 0 || m.From.IsBot || m.SenderChat != nil || m.ViaBot != nil || m.ID == 0 || m.Chat.ID == 0 || kindOf(m.Chat) == "" {
		return up, at, false
	}
	at = placeOf(m)
	up = bot.Update{
		Key: "m" + key(m.Chat.ID) + ":" + strconv.Itoa(m.ID), At: time.Unix(m.Date, 0).UTC(), Person: person(*m.From), Kind: bot.KindOther,
		Chat: bot.ChatRef{Kind: kindOf(m.Chat), Title: m.Chat.Title},
	}
	text, marks := m.Text, m.Entities
	if len(m.Photo) > 0 {
		text, marks = m.Caption, m.CaptionEntities
	}
	r, toBot := m.answered(ch.id)
	if r != nil {
		up.ReplyTo = messageID(m.Chat.ID, r.ID, len(r.Photo) > 0)
	}
	up.Hash = hashed("message", key(m.Chat.ID), strconv.Itoa(m.ID), key(m.From.ID), text, up.ReplyTo, strconv.Itoa(len(m.Photo)))
	up.Spoken = up.Chat.Kind == bot.ChatPrivate || toBot
	return up, at, ch.read(&up, m, text, marks)
}

// read finds out what a message's text is: a command, a link that was opened, words for us or among people.
func (ch *Channel) read(up *bot.Update, m *message, text string, marks []entity) bool {
	name := ch.username()
	if len(m.Photo) > 0 {
		up.Picture = picturePrefix + largest(m.Photo)
	}
	if c, is := parseCommand(text, marks); is {
		if c.bot != "" && !strings.EqualFold(c.bot, name) {
			return false // for another bot
		}
		up.Spoken = up.Spoken || c.bot != ""
		if c.name == "start" {
			return opened(up, c.after)
		}
		text = c.words()
	} else if words, called := ch.stripMentions(text, name, marks); called {
		up.Spoken, text = true, words
		if words == "" && up.Picture == "" {
			text = "help" // somebody called us without a word
		}
	}
	up.Text = text
	switch {
	case up.Picture != "" && (text != "" || up.Spoken && m.MediaGroup == ""): // of an album only the picture with words counts
		up.Kind = bot.KindPicture
	case up.Picture == "" && text != "":
		up.Kind = bot.KindText
	}
	return true
}

// opened is "/start", perhaps with what a link carried.
func opened(up *bot.Update, carried string) bool {
	up.Spoken = true
	action := actionOf(carried)
	switch group := up.Chat.Kind == bot.ChatGroup; {
	case action != "":
		up.Kind, up.Action = bot.KindOpen, action
	case !group:
		up.Kind = bot.KindFollow
	case carried == "": // in a group somebody asks what this is; "true" and "hi" come from links, and joining was greeted
		up.Kind, up.Text = bot.KindText, "help"
	}
	return true
}

// answered is the message that m replies to, and whether that one is ours. In a forum every message "replies" to the one
// that began the topic: that is no reply.
func (m *message) answered(us int64) (r *quoted, ours bool) {
	r = m.ReplyTo
	if r == nil || m.IsTopic && r.ID == m.Thread {
		return nil, false
	}
	return r, r.From != nil && r.From.ID == us
}

func (ch *Channel) parseCallback(c *callback) (up bot.Update, at place, ok bool) {
	if c.ID == "" || c.From.ID == 0 || c.From.IsBot {
		return up, at, false
	}
	up = bot.Update{Key: "c" + c.ID, At: ch.c.Clock().UTC(), Person: person(c.From), Kind: bot.KindAction, Action: c.Data, Spoken: true}
	switch m := c.Message; {
	case m != nil && m.Chat.ID != 0 && kindOf(m.Chat) != "":
		at = placeOf(m)
		up.Chat = bot.ChatRef{Kind: kindOf(m.Chat), Title: m.Chat.Title}
		up.Pressed = messageID(m.Chat.ID, m.ID, len(m.Photo) > 0)
	case c.Inline != "": // sent inline: we do not know into which chat
		at = place{chat: c.From.ID}
		up.Chat = bot.ChatRef{Kind: bot.ChatPrivate}
		up.Pressed = inlinePrefix + c.Inline
	default:
		return up, at, false
	}
	if c.Data == "" {
		up.Kind = bot.KindOther
	}
	up.Hash = hashed("callback", c.ID, key(c.From.ID), c.Data, up.Pressed)
	return up, at, true
}

// parseMember: the bot was taken into a group, or put out of it. In a private talk it was blocked or let in again: that
// makes a person unreachable, no more; their data stay until they ask. A group that we were put out of keeps its orders.
func (ch *Channel) parseMember(u update) (up bot.Update, at place, ok bool) {
	m := u.MyMember
	if m.From.ID == 0 || m.Chat.ID == 0 || kindOf(m.Chat) != bot.ChatGroup {
		return up, at, false
	}
	up = bot.Update{
		Key: "u" + key(u.ID), At: time.Unix(m.Date, 0).UTC(), Person: person(m.From), Kind: bot.KindOther, Spoken: true,
		Chat: bot.ChatRef{Kind: bot.ChatGroup, Title: m.Chat.Title},
	}
	up.Hash = hashed("member", key(m.Chat.ID), key(m.From.ID), m.Old.Status, m.New.Status, key(m.Date))
	switch was, is := inside(m.Old.Status), inside(m.New.Status); {
	case !was && is && !m.From.IsBot:
		up.Kind = bot.KindFollow
	case was && !is:
		up.Kind = bot.KindGone
	}
	return up, place{chat: m.Chat.ID}, true
}

func inside(status string) bool {
	return status == "member" || status == "administrator" || status == "creator" || status == "restricted"
}

func kindOf(c chat) bot.ChatKind {
	switch c.Type {
	case "private":
		return bot.ChatPrivate
	case "group", "supergroup":
		return bot.ChatGroup
	}
	return ""
}

// placeOf: only is_topic_message makes message_thread_id a topic; ordinary reply threads carry the field too.
func placeOf(m *message) place {
	p := place{chat: m.Chat.ID}
	if m.IsTopic && m.Thread > 0 {
		p.topic = m.Thread
	}
	return p
}

func person(u user) bot.PersonRef {
	p := bot.PersonRef{ID: key(u.ID), Name: strings.Join(strings.Fields(u.First+" "+u.Last), " ")}
	switch lang := strings.ToLower(u.Lang); {
	case lang == "":
	case lang == "zh" || strings.HasPrefix(lang, "zh-"):
		p.Lang = "zh"
	default:
		p.Lang = "en"
	}
	return p
}

func largest(ps []photo) string {
	best := ps[0]
	for _, p := range ps {
		if p.Width > best.Width {
			best = p
		}
	}
	return best.FileID
}

func hashed(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
