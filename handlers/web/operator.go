package web

import (
	"net/http"

	"tuanbot/domain"
	"tuanbot/handlers"
)

type operatorPage struct {
	frame
	Action, Notice, Name string
	Known                bool // somebody is signed in: no name is asked
}

// showOperator asks for one press before the link burns, so that a chat program's preview does not use it up.
func (p *Pages) showOperator(w http.ResponseWriter, r *http.Request, v viewer) error {
	known, err := p.Links.Known(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if !known {
		return domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	}
	return p.operatorForm(w, v, r.URL.Path, "", "", http.StatusOK)
}

func (p *Pages) operatorForm(w http.ResponseWriter, v viewer, action, notice, name string, status int) error {
	page := operatorPage{frame: v.frame(p, "web.operator.title"), Action: v.here(action), Notice: notice, Known: v.isKnown() || p.SignIn == nil, Name: name}
	return p.render(w, status, "operator", page)
}

// becomeOperator burns the link for whoever is signed in here, or signs a newcomer in first.
func (p *Pages) becomeOperator(w http.ResponseWriter, r *http.Request, v viewer) error {
	token := r.PathValue("token")
	known, err := p.Links.Known(r.Context(), token)
	if err != nil {
		return err
	}
	if !known {
		return domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	}
	who := v.Account
	if !v.isKnown() {
		if p.SignIn == nil {
			return domain.Refuse(domain.CodeForbidden, whySignIn)
		}
		if who, err = p.SignIn(w, r); err != nil {
			if ref := domain.AsRefusal(err); ref != nil && ref.Why == domain.WhyBadName {
				return p.operatorForm(w, v, r.URL.Path, v.word("web.operator.bad_name"), r.PostFormValue("name"), http.StatusUnprocessableEntity)
			}
			return err
		}
	}
	burnt, err := p.Links.Use(r.Context(), token)
	if err != nil {
		return err
	}
	if !burnt {
		return domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	}
	role := domain.Role{Community: who.Community, Account: who.ID, Name: domain.RoleOperator}
	if err := p.Desk.Grant(r.Context(), handlers.GrantCommand{System: true, Ask: domain.Asked{By: who.ID}, Role: role}); err != nil {
		return err
	}
	p.Log.InfoContext(r.Context(), "a one-time link made an operator", "account", who.ID)
	http.Redirect(w, r, v.here("/console"), http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}
