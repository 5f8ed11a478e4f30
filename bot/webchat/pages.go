package webchat

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
)

const (
	pageSize   = 40
	membersMax = 60
	cardsMax   = 6
)

// showRooms lists the rooms of a person; a deep link (?open=…) leads on into the private talk.
func (c *Chat) showRooms(w http.ResponseWriter, r *http.Request, v viewer) error {
	if open := r.URL.Query().Get("open"); open != "" {
		return c.openLink(w, r, v, open)
	}
	seats, err := c.seats(r.Context(), v, "")
	if err != nil {
		return err
	}
	return c.render(w, http.StatusOK, "rooms", roomsPage{frame: c.frameFor(v, word(v.Lang, "rooms.title"), v.Base+"/"), Seats: seats})
}

func (c *Chat) showRoom(w http.ResponseWriter, r *http.Request, v viewer) error {
	return c.roomWith(w, r, v, "", "")
}

// roomWith draws a room, with a notice and a draft to correct when something just went wrong.
func (c *Chat) roomWith(w http.ResponseWriter, r *http.Request, v viewer, notice, draft string) error {
	page, err := c.roomPage(r, v)
	if err != nil {
		return err
	}
	page.Notice, page.Draft = notice, draft
	seats, err := c.seats(r.Context(), v, page.ID)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if notice != "" {
		status = http.StatusUnprocessableEntity
	}
	return c.render(w, status, "room", roomsPage{frame: page.frame, Seats: seats, Room: page})
}

func (c *Chat) roomPage(r *http.Request, v viewer) (*roomPage, error) {
	ctx, id := r.Context(), r.PathValue("room")
	room, member, err := c.roomOf(ctx, v, id)
	if err != nil {
		return nil, err
	}
	rows, err := c.Store.WebMessages(ctx, id, number(r.URL.Query().Get("before")), pageSize+1)
	if err != nil {
		return nil, err
	}
	name := c.roomName(v.Lang, room.Kind, room.Title)
	page := &roomPage{frame: c.frameFor(v, name, v.Base+"/r/"+id), ID: id, Name: name, After: room.LastChange, Last: room.LastSeq}
	page.at = c.whereAt(r)
	page.Private = room.Kind == string(bot.ChatPrivate)
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		page.Older = rows[pageSize-1].Seq
	}
	slices.Reverse(rows)
	if page.Messages, err = c.views(ctx, v, rows); err != nil {
		return nil, err
	}
	markUnread(page.Messages, member.ReadSeq)
	if err := c.Store.MarkWebRead(ctx, id, v.ID, room.LastSeq); err != nil {
		return nil, err
	}
	if reply := r.FormValue("reply"); goodID(reply) {
		if page.ReplyTo, err = c.quote(ctx, v, id, reply); err != nil {
			return nil, err
		}
	}
	if page.Fresh, err = c.random(12); err != nil {
		return nil, err
	}
	return page, c.details(ctx, v, room, member, page)
}

func markUnread(list []messageView, read int64) {
	for i := range list {
		if list[i].Seq > read && !list[i].Mine && read > 0 {
			list[i].FirstUnread = i > 0
			return
		}
	}
}

// roomOf finds a room that the person is in.
func (c *Chat) roomOf(ctx context.Context, v viewer, id string) (RoomRow, MemberRow, error) {
	gone := domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("what", "room")
	if !goodID(id) {
		return RoomRow{}, MemberRow{}, gone
	}
	member, isMember, err := c.Store.WebMember(ctx, id, v.ID)
	if err != nil {
		return RoomRow{}, MemberRow{}, err
	}
	if !isMember {
		return RoomRow{}, MemberRow{}, gone
	}
	room, found, err := c.Store.WebRoom(ctx, id)
	if err == nil && !found {
		err = gone
	}
	return room, member, err
}

// details fills what stands beside a conversation: its people, its open deals, the way in.
func (c *Chat) details(ctx context.Context, v viewer, room RoomRow, me MemberRow, page *roomPage) error {
	if !page.Private {
		if err := c.memberList(ctx, v, me, page); err != nil {
			return err
		}
	}
	cards, err := c.Store.WebCards(ctx, room.ID, cardsMax)
	if err != nil {
		return err
	}
	for _, m := range cards {
		if card, ok := cardOf(m); ok {
			page.Cards = append(page.Cards, card)
		}
	}
	if page.Private || !page.Keeper {
		return nil
	}
	if page.Invite, err = c.InviteLink(ctx, room.ID); err != nil {
		return err
	}
	page.Invite = full(page.at, page.Invite)
	if !loopback(page.at) {
		page.InviteQR, err = c.drawPicture(bot.Picture{QR: page.Invite, Alt: word(v.Lang, "about.invite_qr")})
	}
	return err
}

// whereAt is the host by which people reach this server: the public one, or else the one this reader used.
func (c *Chat) whereAt(r *http.Request) string {
	if c.origin != "" {
		_, host, _ := strings.Cut(c.origin, "://")
		return host
	}
	return r.Host
}

// full completes a link of a server without a public URL, so that it can be copied.
func full(host, link string) string {
	if strings.HasPrefix(link, "/") {
		return "http://" + host + link
	}
	return link
}

func (c *Chat) memberList(ctx context.Context, v viewer, me MemberRow, page *roomPage) error {
	members, err := c.Store.WebMembers(ctx, page.ID, membersMax+1)
	if err != nil {
		return err
	}
	page.Keeper = me.Role == RoleKeeper
	if len(members) > membersMax {
		members, page.More = members[:membersMax], 1
	}
	for _, m := range members {
		page.Members = append(page.Members, memberView{
			ID: m.Person, Name: m.Name, Face: face(m.Name), Keeper: m.Role == RoleKeeper, New: m.New, Me: m.Person == v.ID,
			Removable: page.Keeper && m.Role != RoleKeeper,
		})
	}
	return nil
}

func (c *Chat) showAbout(w http.ResponseWriter, r *http.Request, v viewer) error {
	room, me, err := c.roomOf(r.Context(), v, r.PathValue("room"))
	if err != nil {
		return err
	}
	name := c.roomName(v.Lang, room.Kind, room.Title)
	page := &roomPage{frame: c.frameFor(v, name, v.Base+"/r/"+room.ID+"/about"), ID: room.ID, Name: name, Private: room.Kind == string(bot.ChatPrivate)}
	page.at = c.whereAt(r)
	if err := c.details(r.Context(), v, room, me, page); err != nil {
		return err
	}
	return c.render(w, http.StatusOK, "about", roomsPage{frame: page.frame, Room: page})
}
