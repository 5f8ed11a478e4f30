package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

// The methods below are what programs get: the same rooms, messages and buttons as the pages, as data.

// Caller finds who is asking, by cookie or by token.
func (c *Chat) Caller(r *http.Request) (bot.PersonView, error) {
	v, err := c.viewerOf(r)
	if err != nil {
		return bot.PersonView{}, err
	}
	return personView(v.PersonRow), nil
}

func personView(p PersonRow) bot.PersonView {
	return bot.PersonView{ID: p.ID, Name: p.Name, Lang: p.Lang, New: p.New}
}

// People lists whom the caller may act as; outside the sandbox of this machine it is refused.
func (c *Chat) People(r *http.Request) ([]bot.PersonView, error) {
	if !c.mayAct(r) {
		return nil, domain.Refuse(domain.CodeForbidden, whyNoActAs)
	}
	rows, err := c.Store.WebPeople(r.Context(), 200)
	if err != nil {
		return nil, err
	}
	people := make([]bot.PersonView, len(rows))
	for i, p := range rows {
		people[i] = personView(p)
	}
	return people, nil
}

// TokenFor gives an API token of a sample person; the same rule as for acting.
func (c *Chat) TokenFor(r *http.Request, person string) (string, error) {
	v, err := c.actor(r, person)
	if err != nil {
		return "", err
	}
	return c.newToken(r, v.ID)
}

// Rooms lists the caller's rooms.
func (c *Chat) Rooms(ctx context.Context, person string) ([]bot.RoomView, error) {
	rows, err := c.Store.WebSeats(ctx, person)
	if err != nil {
		return nil, err
	}
	rooms := make([]bot.RoomView, len(rows))
	for i, s := range rows {
		room, _, err := c.Store.WebRoom(ctx, s.Room)
		if err != nil {
			return nil, err
		}
		rooms[i] = bot.RoomView{ID: s.Room, Kind: bot.ChatKind(s.Kind), Title: s.Title, Role: s.Role, Unread: s.Unread, Cursor: room.LastChange}
	}
	return rooms, nil
}

// OpenRoom makes a group of which the caller is the keeper; the id is the caller's, so a repeat makes nothing new.
func (c *Chat) OpenRoom(ctx context.Context, person, id, title string) (bot.RoomView, error) {
	if !goodID(id) {
		return bot.RoomView{}, domain.Refuse(domain.CodeInvalid, whyBadBody).With("field", "id")
	}
	p, found, err := c.Store.WebPerson(ctx, person)
	if err != nil {
		return bot.RoomView{}, err
	}
	if !found || p.New {
		return bot.RoomView{}, domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
	}
	if title, err = cleanName(title); err != nil {
		return bot.RoomView{}, err
	}
	if wait := c.people.wait(person); wait > 0 {
		return bot.RoomView{}, slowDown(wait)
	}
	room := derive("r", person, id)
	if err := c.CreateRoom(ctx, room, title, bot.ChatGroup); err != nil {
		return bot.RoomView{}, err
	}
	if err := c.AddMember(ctx, room, person, RoleKeeper); err != nil {
		return bot.RoomView{}, err
	}
	row, _, err := c.Store.WebRoom(ctx, room)
	return bot.RoomView{ID: room, Kind: bot.ChatGroup, Title: row.Title, Role: RoleKeeper, Cursor: row.LastChange}, err
}

// Messages gives what changed in a room after a cursor, in the order of the changes.
func (c *Chat) Messages(ctx context.Context, person, room string, after int64, limit int) ([]bot.MessageView, error) {
	if err := c.mayRead(ctx, person, room); err != nil {
		return nil, err
	}
	rows, err := c.Store.WebChanges(ctx, room, after, limit)
	if err != nil {
		return nil, err
	}
	list := make([]bot.MessageView, len(rows))
	for i, m := range rows {
		if list[i], err = viewOf(m); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func viewOf(m MessageRow) (bot.MessageView, error) {
	view := bot.MessageView{
		ID: m.ID, Room: m.Room, Seq: m.Seq, Cursor: m.Change, ReplyTo: m.ReplyTo, Waiting: m.Handled == 0,
		At: time.UnixMilli(m.CreatedAt).UTC(), Changed: time.UnixMilli(m.ChangedAt).UTC(),
	}
	if m.Author == "" {
		view.Reply = &bot.Reply{}
		if err := json.Unmarshal([]byte(m.Body), view.Reply); err != nil {
			return view, fmt.Errorf("decode message %s: %w", m.ID, err)
		}
		return view, nil
	}
	var s spoken
	if err := json.Unmarshal([]byte(m.Body), &s); err != nil {
		return view, fmt.Errorf("decode message %s: %w", m.ID, err)
	}
	view.Text, view.Author = s.Text, &bot.PersonView{ID: m.Author, Name: m.Name, New: m.New}
	return view, nil
}

// Post says something in a room; the same id again says nothing new.
func (c *Chat) Post(ctx context.Context, person, room, id, text, replyTo string) (bot.MessageView, error) {
	return c.sayAs(ctx, person, inbound{ID: id, Room: room, Kind: kindText, Text: text, ReplyTo: replyTo})
}

// Press presses a button; the same id again presses nothing.
func (c *Chat) Press(ctx context.Context, person, room, id, action, message string) (bot.MessageView, error) {
	return c.sayAs(ctx, person, inbound{ID: id, Room: room, Kind: kindPress, Action: action, Pressed: message})
}

func (c *Chat) sayAs(ctx context.Context, person string, in inbound) (bot.MessageView, error) {
	p, found, err := c.Store.WebPerson(ctx, person)
	if err != nil || !found {
		return bot.MessageView{}, missing("find who speaks", err)
	}
	m, err := c.receive(ctx, p, in)
	if err != nil {
		return bot.MessageView{}, err
	}
	if m.ID == "" {
		return bot.MessageView{}, domain.Refuse(domain.CodeInvalid, whyBadBody).With("field", "text")
	}
	if now, found, err := c.Store.WebMessage(ctx, m.ID); err == nil && found {
		m = now // it may be handled by now
	}
	return viewOf(m)
}

// Watch signals when something in a room may have changed. A signal may be lost: look every two seconds all the same.
func (c *Chat) Watch(ctx context.Context, person, room string) (<-chan struct{}, func(), error) {
	if err := c.mayRead(ctx, person, room); err != nil {
		return nil, nil, err
	}
	wake, stop := c.Waker.Subscribe(ctx, "room:"+room)
	return wake, stop, nil
}
