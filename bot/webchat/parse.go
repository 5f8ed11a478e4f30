package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

// The kinds of inbound rows beside "text".
const (
	kindText     = "text"
	kindPress    = "press"
	kindOpen     = "open"
	kindFollow   = "follow"
	kindUnfollow = "unfollow"
)

// inbound is what a browser or a program sends, before it is checked.
type inbound struct {
	ID      string // made by the sender; the same at every retry
	Room    string
	Kind    string
	Text    string
	Action  string
	Pressed string // the message whose button it was
	ReplyTo string
}

// spoken is how an inbound row keeps its words.
type spoken struct {
	Text   string `json:"text,omitempty"`
	Action string `json:"action,omitempty"`
}

// hash covers everything that carries meaning, as it came.
func (in inbound) hash() string {
	return hashed(strings.Join([]string{in.Room, in.Kind, in.Text, in.Action, in.Pressed, in.ReplyTo}, "\x00"))
}

func (in inbound) check() error {
	switch {
	case !goodID(in.ID):
		return domain.Refuse(domain.CodeInvalid, whyBadBody).With("field", "id")
	case in.Kind == kindPress && !goodAction(in.Action):
		return domain.Refuse(domain.CodeInvalid, whyBadBody).With("field", "action")
	case in.Pressed != "" && !goodID(in.Pressed):
		return domain.Refuse(domain.CodeInvalid, whyBadBody).With("field", "message")
	case in.ReplyTo != "" && !goodID(in.ReplyTo):
		return domain.Refuse(domain.CodeInvalid, whyBadBody).With("field", "reply_to")
	}
	return nil
}

// receive stores what a person says, once, and has it handled. An empty text is nothing: the row comes back without id.
func (c *Chat) receive(ctx context.Context, p PersonRow, in inbound) (MessageRow, error) {
	if err := in.check(); err != nil {
		return MessageRow{}, err
	}
	text, err := cleanText(in.Text)
	if err != nil || (in.Kind == kindText && text == "") {
		return MessageRow{}, err
	}
	if err := c.mayWrite(ctx, p, in); err != nil {
		return MessageRow{}, err
	}
	now := c.now()
	body, err := json.Marshal(spoken{Text: text, Action: in.Action})
	if err != nil {
		return MessageRow{}, fmt.Errorf("encode what was said: %w", err)
	}
	m, fresh, err := c.Store.ReceiveWeb(ctx, MessageRow{
		ID: derive("m", p.ID, in.ID), Room: in.Room, Author: p.ID, Name: p.Name, New: p.New, Kind: in.Kind, Body: string(body),
		Hash: in.hash(), ReplyTo: in.ReplyTo, Pressed: in.Pressed, Hidden: in.Kind != kindText,
		LeaseUntil: now + leaseFor.Milliseconds(), CreatedAt: now, ChangedAt: now,
	})
	if err != nil {
		return MessageRow{}, fmt.Errorf("store what was said: %w", err)
	}
	if m.Hash != in.hash() {
		return MessageRow{}, domain.Refuse(domain.CodeConflict, domain.WhyKeyReused)
	}
	if !fresh {
		return m, nil
	}
	if !m.Hidden {
		c.wakeRoom(ctx, in.Room)
	}
	if m.LeaseUntil > now {
		c.deliver(ctx, m)
	} else { // something older waits: take it up now if nobody is at it
		c.deliverNext(ctx, p.ID)
	}
	return m, nil
}

// mayWrite looks at membership, at the message replied to or pressed, and at the person's pace.
func (c *Chat) mayWrite(ctx context.Context, p PersonRow, in inbound) error {
	if err := c.mayRead(ctx, p.ID, in.Room); err != nil {
		return err
	}
	for _, id := range []string{in.Pressed, in.ReplyTo} {
		if id == "" {
			continue
		}
		m, found, err := c.Store.WebMessage(ctx, id)
		if err != nil {
			return fmt.Errorf("find the message spoken of: %w", err)
		}
		if !found || m.Room != in.Room || m.Hidden {
			return domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("what", "message")
		}
	}
	if wait := c.people.wait(p.ID); wait > 0 {
		return slowDown(wait)
	}
	return nil
}

func slowDown(wait time.Duration) error {
	return domain.Refuse(domain.CodeInvalid, domain.WhySlowDown).WithInt("seconds", int64((wait+time.Second-1)/time.Second))
}

// mayRead refuses people who are not in the room, without saying whether it exists.
func (c *Chat) mayRead(ctx context.Context, person, room string) error {
	if !goodID(room) {
		return domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("what", "room")
	}
	_, member, err := c.Store.WebMember(ctx, room, person)
	if err != nil {
		return fmt.Errorf("look up the room's people: %w", err)
	}
	if !member {
		return domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("what", "room")
	}
	return nil
}

var updateKinds = map[string]bot.Kind{
	kindText: bot.KindText, kindPress: bot.KindAction, kindOpen: bot.KindOpen, kindFollow: bot.KindFollow, kindUnfollow: bot.KindUnfollow,
}

// update turns a stored row into what the bot understands.
func (c *Chat) update(ctx context.Context, m MessageRow) (bot.Update, error) {
	room, found, err := c.Store.WebRoom(ctx, m.Room)
	if err != nil || !found {
		return bot.Update{}, missing("read the room of a message", err)
	}
	p, found, err := c.Store.WebPerson(ctx, m.Author)
	if err != nil || !found {
		return bot.Update{}, missing("read the author of a message", err)
	}
	var said spoken
	if err := json.Unmarshal([]byte(m.Body), &said); err != nil {
		return bot.Update{}, fmt.Errorf("decode what was said: %w", err)
	}
	text, mentioned := stripMention(said.Text)
	toBot, err := c.isBots(ctx, m.ReplyTo)
	if err != nil {
		return bot.Update{}, err
	}
	kind, known := updateKinds[m.Kind]
	if !known {
		kind = bot.KindOther
	}
	return bot.Update{
		Channel: ChannelName, Key: m.ID, Hash: m.Hash, Kind: kind, Text: text, Action: said.Action, ReplyTo: m.ReplyTo, Pressed: m.Pressed,
		Chat:   bot.ChatRef{ID: room.ID, Kind: bot.ChatKind(room.Kind), Title: room.Title},
		Person: bot.PersonRef{ID: p.ID, Name: p.Name, Lang: p.Lang, New: p.New},
		Spoken: room.Kind == string(bot.ChatPrivate) || mentioned || toBot || m.Kind != kindText,
		At:     time.UnixMilli(m.CreatedAt).UTC(),
	}, nil
}

// missing wraps a fault, or says that the row is gone.
func missing(what string, err error) error {
	if err == nil {
		err = domain.ErrNotFound
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (c *Chat) isBots(ctx context.Context, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	m, found, err := c.Store.WebMessage(ctx, id)
	if err != nil {
		return false, fmt.Errorf("read the message replied to: %w", err)
	}
	return found && m.Author == "", nil
}

// mentions are the names by which the bot is called in a group.
var mentions = []string{"@团购助手", "@tuanbot"}

func stripMention(text string) (string, bool) {
	for _, name := range mentions {
		at := strings.Index(strings.ToLower(text), name)
		if at < 0 || at+len(name) > len(text) {
			continue
		}
		return strings.TrimSpace(strings.TrimSpace(text[:at]) + " " + strings.TrimSpace(text[at+len(name):])), true
	}
	return text, false
}
