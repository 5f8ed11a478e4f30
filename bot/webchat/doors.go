package webchat

import (
	"net/http"
	"net/url"

	"tuanbot/domain"
)

type peoplePage struct {
	frame
	People []personCard
	Open   string
}

type personCard struct{ ID, Name, Face, Href, Part string }

type namePage struct {
	frame
	Action, Room, Name, Notice, Open string
	Known                            bool // already signed in: no name is asked
}

type enterPage struct {
	frame
	Name, Action string
	Lost         bool // nobody is signed in and there is no link: say what to do
}

// showHome is the front door: the rooms of who is signed in, the sample people in the sandbox, a name form for guests
// who come by a deal's link, or a word on how to get in.
func (c *Chat) showHome(w http.ResponseWriter, r *http.Request) error {
	v, err := c.viewerOf(r)
	if err == nil {
		return c.showRooms(w, r, v)
	}
	ref := domain.AsRefusal(err)
	if ref == nil {
		return err
	}
	if c.mayAct(r) {
		return c.showPeople(w, r)
	}
	lang := preferred(r)
	if open := r.URL.Query().Get("open"); open != "" {
		return c.render(w, http.StatusOK, "join", namePage{frame: c.stranger(lang, "join.title"), Action: "/hello", Open: open})
	}
	return c.render(w, http.StatusOK, "enter", enterPage{frame: c.stranger(lang, "enter.title"), Lost: true})
}

func (c *Chat) stranger(lang, title string) frame {
	return frame{Lang: lang, Title: word(lang, title), Sandbox: c.Sandbox}
}

// showPeople lets a newcomer choose whom to be; every tab may be somebody else.
func (c *Chat) showPeople(w http.ResponseWriter, r *http.Request) error {
	if !c.mayAct(r) {
		return domain.Refuse(domain.CodeForbidden, whyNoActAs)
	}
	rows, err := c.Store.WebPeople(r.Context(), 200)
	if err != nil {
		return err
	}
	lang, open := preferred(r), r.URL.Query().Get("open")
	page := peoplePage{frame: c.stranger(lang, "people.title"), Open: open}
	for _, p := range rows {
		href := actPrefix + p.ID + "/"
		if open != "" {
			href += "?open=" + url.QueryEscape(open)
		}
		card := personCard{ID: p.ID, Name: p.Name, Face: face(p.Name), Href: href}
		if key := c.Parts[p.ID]; key != "" {
			card.Part = word(lang, key)
		}
		page.People = append(page.People, card)
	}
	return c.render(w, http.StatusOK, "people", page)
}

// showEnter asks for one tap before signing in, so that a chat program's link preview does not open a session.
func (c *Chat) showEnter(w http.ResponseWriter, r *http.Request) error {
	p, err := c.pacedEnter(r)
	if err != nil {
		return err
	}
	lang := p.Lang
	if lang == "" {
		lang = preferred(r)
	}
	return c.render(w, http.StatusOK, "enter", enterPage{frame: c.stranger(lang, "enter.title"), Name: p.Name, Action: r.URL.Path})
}

func (c *Chat) pacedEnter(r *http.Request) (PersonRow, error) {
	if wait := c.doors.wait(address(r)); wait > 0 {
		return PersonRow{}, slowDown(wait)
	}
	return c.enter(r.Context(), r.PathValue("token"))
}

func (c *Chat) doEnter(w http.ResponseWriter, r *http.Request) error {
	p, err := c.pacedEnter(r)
	if err != nil {
		return err
	}
	if err := c.signIn(w, r, p); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (c *Chat) showJoin(w http.ResponseWriter, r *http.Request) error {
	return c.joinForm(w, r, http.StatusOK, "", "")
}

func (c *Chat) joinForm(w http.ResponseWriter, r *http.Request, status int, notice, name string) error {
	room, err := c.invited(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	page := namePage{frame: c.stranger(preferred(r), "join.title"), Action: r.URL.Path, Room: room.Title, Notice: notice, Name: name}
	if v, err := c.viewerOf(r); err == nil {
		page.Known, page.Name, page.Lang = true, v.Name, v.Lang
	}
	return c.render(w, status, "join", page)
}

// doJoin brings somebody into a room by its invitation: who is signed in as they are, everybody else as a new guest.
func (c *Chat) doJoin(w http.ResponseWriter, r *http.Request) error {
	room, err := c.invited(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	p, err := c.guest(w, r)
	if ref := domain.AsRefusal(err); ref != nil && ref.Why == domain.WhyBadName {
		return c.joinForm(w, r, http.StatusUnprocessableEntity, refusalWords(preferred(r), ref), r.PostFormValue("name"))
	}
	if err != nil {
		return err
	}
	_, member, err := c.Store.WebMember(r.Context(), room.ID, p.ID)
	if err == nil && !member {
		err = c.AddMember(r.Context(), room.ID, p.ID, RoleMember)
	}
	if err != nil {
		return err
	}
	c.wakeRoom(r.Context(), room.ID)
	http.Redirect(w, r, "/r/"+room.ID, http.StatusSeeOther)
	return nil
}

// guest is who is signed in here, or a newcomer with the name of the form.
func (c *Chat) guest(w http.ResponseWriter, r *http.Request) (PersonRow, error) {
	v, err := c.viewerOf(r)
	if err == nil {
		return v.PersonRow, nil
	}
	if domain.AsRefusal(err) == nil {
		return PersonRow{}, err
	}
	if wait := c.doors.wait(address(r)); wait > 0 {
		return PersonRow{}, slowDown(wait)
	}
	p, err := c.addGuest(r.Context(), r.PostFormValue("name"), preferred(r))
	if err != nil {
		return PersonRow{}, err
	}
	return p, c.signIn(w, r, p)
}

// doHello makes a guest of somebody who came by a deal's link.
func (c *Chat) doHello(w http.ResponseWriter, r *http.Request) error {
	open := r.PostFormValue("open")
	if open == "" {
		return domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	}
	_, err := c.guest(w, r)
	if ref := domain.AsRefusal(err); ref != nil && ref.Why == domain.WhyBadName {
		lang := preferred(r)
		return c.render(w, http.StatusUnprocessableEntity, "join", namePage{
			frame: c.stranger(lang, "join.title"), Action: "/hello", Open: open, Notice: refusalWords(lang, ref), Name: r.PostFormValue("name"),
		})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/?open="+url.QueryEscape(open), http.StatusSeeOther)
	return nil
}

func (c *Chat) doLogout(w http.ResponseWriter, r *http.Request) error {
	if err := c.signOut(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
