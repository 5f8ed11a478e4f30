package webchat

import (
	"net/http"
	"strings"

	"tuanbot/domain"
)

type mePage struct {
	frame
	Token bool // API tokens are offered
}

func (c *Chat) showMe(w http.ResponseWriter, _ *http.Request, v viewer) error {
	return c.render(w, http.StatusOK, "me", mePage{frame: c.frameFor(v, word(v.Lang, "me.title"), v.Base+"/me"), Token: true})
}

// doMe saves language and elder mode, and goes back to the page where the button was.
func (c *Chat) doMe(w http.ResponseWriter, r *http.Request, v viewer) error {
	lang, elder := v.Lang, v.Elder
	switch r.PostFormValue("lang") {
	case "zh", "en":
		lang = r.PostFormValue("lang")
	}
	switch r.PostFormValue("elder") {
	case "1":
		elder = true
	case "0":
		elder = false
	}
	if err := c.Store.ChangeWebPerson(r.Context(), v.ID, lang, elder); err != nil {
		return err
	}
	http.Redirect(w, r, backTo(v, r.PostFormValue("back")), http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}

// backTo keeps a way back on this person's own pages.
func backTo(v viewer, path string) string {
	if !strings.HasPrefix(path, v.Base+"/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return v.Base + "/me"
	}
	return path
}

// doMyLink issues a new entry link for oneself; every other browser is signed out, this one stays.
func (c *Chat) doMyLink(w http.ResponseWriter, r *http.Request, v viewer) error {
	link, err := c.EntryLink(r.Context(), v.ID)
	if err != nil {
		return err
	}
	if v.Base == "" && !v.token {
		p, _, err := c.Store.WebPerson(r.Context(), v.ID)
		if err != nil {
			return err
		}
		if err := c.signIn(w, r, p); err != nil {
			return err
		}
	}
	return c.showLink(w, v, linkPage{Name: v.Name, Link: full(c.whereAt(r), link), Back: v.Base + "/me", Kind: "mine"})
}

func (c *Chat) doMyToken(w http.ResponseWriter, r *http.Request, v viewer) error {
	token, err := c.newToken(r, v.ID)
	if err != nil {
		return err
	}
	return c.showLink(w, v, linkPage{Name: v.Name, Link: token, Back: v.Base + "/me", Kind: "token"})
}

func (c *Chat) newToken(r *http.Request, person string) (string, error) {
	token, err := c.random(20)
	if err != nil {
		return "", err
	}
	now := c.Clock()
	err = c.Store.PutWebLogin(r.Context(), LoginRow{
		Hash: hashed(token), Kind: loginAPI, Person: person, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(tokenFor).UnixMilli(),
	})
	return token, err
}

// doLeave tells the bot that the person goes, and erases what the chat knows of them once it has taken note.
func (c *Chat) doLeave(w http.ResponseWriter, r *http.Request, v viewer) error {
	if r.PostFormValue("sure") != "1" {
		return domain.Refuse(domain.CodeInvalid, whyBadBody)
	}
	in := inbound{ID: "leave", Room: privateRoom(v.ID), Kind: kindUnfollow}
	if _, err := c.receive(r.Context(), v.PersonRow, in); err != nil {
		return err
	}
	if v.Base == "" {
		if err := c.signOut(w, r); err != nil {
			return err
		}
	}
	page := problemPage{frame: c.stranger(v.Lang, "leave.done_title"), Text: word(v.Lang, "leave.done")}
	return c.render(w, http.StatusOK, "problem", page)
}
