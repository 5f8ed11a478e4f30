package webchat

import (
	"net/http"
	"net/url"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
)

func (c *Chat) doSend(w http.ResponseWriter, r *http.Request, v viewer) error {
	return c.say(w, r, v, inbound{Kind: kindText, Text: r.PostFormValue("text"), ReplyTo: r.PostFormValue("reply")})
}

func (c *Chat) doPress(w http.ResponseWriter, r *http.Request, v viewer) error {
	return c.say(w, r, v, inbound{Kind: kindPress, Action: r.PostFormValue("do"), Pressed: r.PostFormValue("message")})
}

// say stores and handles what a form brought. The plain form comes back to the room; a refusal keeps the draft there.
func (c *Chat) say(w http.ResponseWriter, r *http.Request, v viewer, in inbound) error {
	in.ID, in.Room = r.PostFormValue("id"), r.PathValue("room")
	m, err := c.receive(r.Context(), v.PersonRow, in)
	if wantsJSON(r) {
		if err != nil {
			return err
		}
		c.writeJSON(w, http.StatusOK, map[string]any{"message": m.ID, "waiting": false})
		return nil
	}
	if ref := domain.AsRefusal(err); ref != nil && ref.Code != domain.CodeNotFound {
		return c.roomWith(w, r, v, refusalWords(v.Lang, ref), in.Text)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.Base+"/r/"+in.Room+"#end", http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}

func (c *Chat) doRead(w http.ResponseWriter, r *http.Request, v viewer) error {
	room, _, err := c.roomOf(r.Context(), v, r.PathValue("room"))
	if err != nil {
		return err
	}
	seq := min(number(r.PostFormValue("seq")), room.LastSeq)
	if err := c.Store.MarkWebRead(r.Context(), room.ID, v.ID, seq); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keeper refuses everybody but the keeper of a group.
func (c *Chat) keeper(r *http.Request, v viewer) (RoomRow, error) {
	room, me, err := c.roomOf(r.Context(), v, r.PathValue("room"))
	if err == nil && (me.Role != RoleKeeper || room.Kind != string(bot.ChatGroup)) {
		err = domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
	}
	return room, err
}

// plainMember finds a member that the keeper may act upon: not another keeper, and not themselves.
func (c *Chat) plainMember(r *http.Request, room RoomRow) (MemberRow, error) {
	m, found, err := c.Store.WebMember(r.Context(), room.ID, r.PostFormValue("who"))
	switch {
	case err != nil:
		return MemberRow{}, err
	case !found:
		return MemberRow{}, domain.Refuse(domain.CodeNotFound, domain.WhyNotFound).With("what", "person")
	case m.Role == RoleKeeper:
		return MemberRow{}, domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
	}
	return m, nil
}

func (c *Chat) doRemove(w http.ResponseWriter, r *http.Request, v viewer) error {
	room, err := c.keeper(r, v)
	if err != nil {
		return err
	}
	m, err := c.plainMember(r, room)
	if err != nil {
		return err
	}
	if err := c.Store.RemoveWebMember(r.Context(), room.ID, m.Person); err != nil {
		return err
	}
	c.wakeRoom(r.Context(), room.ID)
	http.Redirect(w, r, v.Base+"/r/"+room.ID+"/about", http.StatusSeeOther)
	return nil
}

func (c *Chat) doInvite(w http.ResponseWriter, r *http.Request, v viewer) error {
	room, err := c.keeper(r, v)
	if err != nil {
		return err
	}
	if err := c.Store.RenewWebInvite(r.Context(), room.ID); err != nil {
		return err
	}
	http.Redirect(w, r, v.Base+"/r/"+room.ID+"/about", http.StatusSeeOther)
	return nil
}

// doMemberLink issues a new entry link for somebody who lost theirs; their old sessions end.
func (c *Chat) doMemberLink(w http.ResponseWriter, r *http.Request, v viewer) error {
	room, err := c.keeper(r, v)
	if err != nil {
		return err
	}
	m, err := c.plainMember(r, room)
	if err != nil {
		return err
	}
	link, err := c.EntryLink(r.Context(), m.Person)
	if err != nil {
		return err
	}
	return c.showLink(w, v, linkPage{Name: m.Name, Link: full(c.whereAt(r), link), Back: v.Base + "/r/" + room.ID + "/about", Kind: "member"})
}

type linkPage struct {
	frame
	Name, Link, Back, Kind string
	QR                     qrView
}

func (c *Chat) showLink(w http.ResponseWriter, v viewer, page linkPage) error {
	page.frame = c.frameFor(v, word(v.Lang, "link.title."+page.Kind), page.Back)
	if u, err := url.Parse(page.Link); err == nil && u.Host != "" && !loopback(u.Host) {
		qr, err := c.drawPicture(bot.Picture{QR: page.Link, Alt: page.Title})
		if err != nil {
			return err
		}
		page.QR = qr
	}
	return c.render(w, http.StatusOK, "link", page)
}

// openLink hands a deep link to the bot in the private talk, unless a browser only peeks ahead.
func (c *Chat) openLink(w http.ResponseWriter, r *http.Request, v viewer, payload string) error {
	room := privateRoom(v.ID)
	kind, code, ok := strings.Cut(payload, "-")
	action := kind + " " + code
	if !ok || !goodAction(action) || len(payload) > 200 || !goodID(kind) {
		return domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	}
	if strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Method == http.MethodHead {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	id, err := c.random(12)
	if err != nil {
		return err
	}
	if _, err := c.receive(r.Context(), v.PersonRow, inbound{ID: id, Room: room, Kind: kindOpen, Action: action}); err != nil {
		return err
	}
	http.Redirect(w, r, v.Base+"/r/"+room+"#end", http.StatusSeeOther)
	return nil
}
