package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
)

// Roles in a room. A keeper may invite, remove guests and issue new entry links; the word says nothing about deals.
const (
	RoleKeeper = "keeper"
	RoleMember = "member"
)

const loginEntry, loginAPI = "entry", "api"

var errBadID = errors.New("ids are 1 to 64 plain letters, digits, - and _")

// CreatePerson adds a person with their private talk; one who is there stays as they are. In the sandbox the person can
// be acted as.
func (c *Chat) CreatePerson(ctx context.Context, id, name, lang string) error {
	return c.addPerson(ctx, PersonRow{ID: id, Name: name, Lang: lang, Epoch: 1, Sample: c.Sandbox, CreatedAt: c.now()})
}

func (c *Chat) addPerson(ctx context.Context, p PersonRow) error {
	if !goodID(p.ID) {
		return fmt.Errorf("add person %q: %w", p.ID, errBadID)
	}
	if err := c.Store.PutWebPerson(ctx, p); err != nil {
		return err
	}
	room := privateRoom(p.ID)
	if err := c.Store.PutWebRoom(ctx, RoomRow{ID: room, Kind: string(bot.ChatPrivate), Owner: p.ID, CreatedAt: c.now()}); err != nil {
		return err
	}
	if err := c.Store.PutWebMember(ctx, room, p.ID, RoleMember, c.now()); err != nil {
		return err
	}
	return c.follow(ctx, p.ID, room)
}

// follow tells the bot of a first contact, once in a person's life; the pump delivers it when somebody answers.
func (c *Chat) follow(ctx context.Context, person, room string) error {
	body, err := json.Marshal(spoken{})
	if err != nil {
		return fmt.Errorf("encode a first contact: %w", err)
	}
	in := inbound{Room: room, Kind: kindFollow}
	_, _, err = c.Store.ReceiveWeb(ctx, MessageRow{
		ID: derive("f", person), Room: room, Author: person, Kind: kindFollow, Body: string(body), Hash: in.hash(), Hidden: true,
		CreatedAt: c.now(), ChangedAt: c.now(),
	})
	return err
}

// CreateRoom adds a room; one that is there stays as it is.
func (c *Chat) CreateRoom(ctx context.Context, id, title string, kind bot.ChatKind) error {
	if !goodID(id) {
		return fmt.Errorf("add room %q: %w", id, errBadID)
	}
	return c.Store.PutWebRoom(ctx, RoomRow{ID: id, Kind: string(kind), Title: title, CreatedAt: c.now()})
}

// AddMember brings a person into a room with a role; repeating it changes the role only.
func (c *Chat) AddMember(ctx context.Context, room, person, role string) error {
	return c.Store.PutWebMember(ctx, room, person, role, c.now())
}

// PrivateChat is the id of a person's private talk with the bot.
func (c *Chat) PrivateChat(person string) string { return privateRoom(person) }

// EntryLink issues a new private link for a person. The old link, all sessions and all tokens of theirs end.
func (c *Chat) EntryLink(ctx context.Context, person string) (string, error) {
	token, err := c.random(20)
	if err != nil {
		return "", err
	}
	err = c.Store.RenewWebEntry(ctx, LoginRow{Hash: hashed(token), Kind: loginEntry, Person: person, CreatedAt: c.now()})
	if err != nil {
		return "", err
	}
	return c.link("/enter/" + token), nil
}

// InviteLink is the link by which guests come into a group room; it stays the same until the keeper renews it.
func (c *Chat) InviteLink(ctx context.Context, room string) (string, error) {
	r, found, err := c.Store.WebRoom(ctx, room)
	if err != nil {
		return "", err
	}
	if !found || r.Kind != string(bot.ChatGroup) {
		return "", domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("what", "room")
	}
	return c.link("/join/" + room + "." + c.inviteWord(r)), nil
}

func (c *Chat) inviteWord(r RoomRow) string {
	return c.sign("invite", r.ID, strconv.FormatInt(r.InviteEpoch, 10))
}

// invited finds the room of an invitation; a false or renewed one is refused.
func (c *Chat) invited(ctx context.Context, token string) (RoomRow, error) {
	bad := domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	room, word, ok := strings.Cut(token, ".")
	if !ok || !goodID(room) {
		return RoomRow{}, bad
	}
	r, found, err := c.Store.WebRoom(ctx, room)
	if err != nil {
		return RoomRow{}, fmt.Errorf("look up an invitation: %w", err)
	}
	if !found || r.Kind != string(bot.ChatGroup) || !sameWord(word, c.inviteWord(r)) {
		return RoomRow{}, bad
	}
	return r, nil
}

// addGuest makes a newcomer of a name.
func (c *Chat) addGuest(ctx context.Context, name, lang string) (PersonRow, error) {
	name, err := cleanName(name)
	if err != nil {
		return PersonRow{}, err
	}
	id, err := c.random(15)
	if err != nil {
		return PersonRow{}, err
	}
	p := PersonRow{ID: "g" + id, Name: name, Lang: lang, Epoch: 1, New: true, CreatedAt: c.now()}
	return p, c.addPerson(ctx, p)
}
