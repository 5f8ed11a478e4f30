package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/notify/say"
)

// homeView is a community with its roles and whom a role can be given to.
type homeView struct {
	ID, Name string
	Roles    []roleView
	People   []choice
	Chats    []choice
	Points   []choice
}

type roleView struct{ Account, Name, Role, Word, Scope, Where string }

type choice struct{ ID, Name string }

func (p *Pages) homes(ctx context.Context, voice say.Voice, homes []domain.Community) ([]homeView, error) {
	views := make([]homeView, 0, len(homes))
	for _, h := range homes {
		hv := homeView{ID: string(h.ID), Name: say.Line(h.Name, 30)}
		chats, err := p.Desk.ChatsIn(ctx, h.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range chats {
			if c.Group {
				hv.Chats = append(hv.Chats, choice{string(c.ID), say.Line(c.Title, 30)})
			}
		}
		points, err := p.Desk.Points(ctx, h.ID)
		if err != nil {
			return nil, err
		}
		for _, pt := range points {
			hv.Points = append(hv.Points, choice{string(pt.ID), say.Line(pt.Name, 30)})
		}
		if err := p.fillRoles(ctx, voice, h.ID, &hv); err != nil {
			return nil, err
		}
		views = append(views, hv)
	}
	return views, nil
}

// fillRoles lists who may do what, and the people whom one may want to give a role: those who have one and those who took
// part lately.
func (p *Pages) fillRoles(ctx context.Context, voice say.Voice, home domain.CommunityID, hv *homeView) error {
	roles, err := p.Desk.RolesIn(ctx, home)
	if err != nil {
		return err
	}
	var ids []domain.AccountID
	add := func(id domain.AccountID) {
		if id != "" && !slices.Contains(ids, id) && len(ids) < 300 {
			ids = append(ids, id)
		}
	}
	for _, r := range roles {
		add(r.Account)
	}
	deals, err := p.Desk.DealsOf(ctx, home, 10)
	if err != nil {
		return err
	}
	for _, s := range deals {
		add(s.Deal.OpenedBy)
		orders, err := p.Desk.OrdersOfDeal(ctx, s.Deal.ID, domain.OrderFilter{Newest: true, Limit: maxListed})
		if err != nil {
			return err
		}
		for _, o := range orders {
			add(o.Shopper)
		}
	}
	names, err := p.names(ctx, voice, ids)
	if err != nil {
		return err
	}
	for _, r := range roles {
		hv.Roles = append(hv.Roles, roleView{string(r.Account), names[r.Account], string(r.Name), "web.role." + string(r.Name), r.Scope, hv.scope(r)})
	}
	for _, id := range ids {
		hv.People = append(hv.People, choice{string(id), names[id]})
	}
	return nil
}

// scope is where a role holds, in words; "" means everywhere.
func (h homeView) scope(r domain.Role) string {
	for _, c := range slices.Concat(h.Chats, h.Points) {
		if c.ID == r.Scope && r.Scope != "" {
			return c.Name
		}
	}
	return r.Scope
}

// changeRole gives a role or takes one away; it works with the next request.
func (p *Pages) changeRole(w http.ResponseWriter, r *http.Request, v viewer) error {
	if err := p.operatorOnly(r.Context(), v); err != nil {
		return err
	}
	who, err := p.roleHolder(r.Context(), r)
	if err != nil {
		return err
	}
	role := domain.Role{Community: domain.CommunityID(r.PostFormValue("home")), Account: who, Name: domain.RoleName(r.PostFormValue("role")), Scope: r.PostFormValue("scope")}
	if role.Community == "" {
		return domain.Refuse(domain.CodeInvalid, whyBadBody)
	}
	remove := r.PostFormValue("do") == "remove"
	if !remove {
		if role.Scope, err = p.roleScope(r.Context(), role); err != nil {
			return err
		}
	}
	if err := p.Desk.Grant(r.Context(), handlers.GrantCommand{Ask: p.ask(r, v, "role"), Role: role, Remove: remove}); err != nil {
		return err
	}
	if remove {
		return p.back(w, r, v, "role_removed")
	}
	return p.back(w, r, v, "role_given")
}

// roleHolder is the person of the form: chosen from the list, or named as "channel:id" for somebody who never took part.
func (p *Pages) roleHolder(ctx context.Context, r *http.Request) (domain.AccountID, error) {
	if channel, external, named := strings.Cut(strings.TrimSpace(r.PostFormValue("other")), ":"); named {
		a, err := p.Desk.AccountByIdentity(ctx, strings.TrimSpace(channel), strings.TrimSpace(external))
		if errors.Is(err, domain.ErrNotFound) {
			return "", domain.Refuse(domain.CodeInvalid, "no_person")
		}
		return a.ID, err
	}
	a, err := p.Desk.Account(ctx, domain.AccountID(r.PostFormValue("account")))
	if errors.Is(err, domain.ErrNotFound) {
		return "", domain.Refuse(domain.CodeInvalid, "no_person")
	}
	return a.ID, err
}

// roleScope checks where a new role is to hold: a leader's in a chat or everywhere, a verifier's at a point.
func (p *Pages) roleScope(ctx context.Context, role domain.Role) (string, error) {
	switch role.Name {
	case domain.RoleOperator, domain.RoleMerchant:
		return "", nil
	case domain.RoleLeader:
		chats, err := p.Desk.ChatsIn(ctx, role.Community)
		if err != nil {
			return "", err
		}
		if role.Scope == "" || slices.ContainsFunc(chats, func(c domain.Chat) bool { return string(c.ID) == role.Scope }) {
			return role.Scope, nil
		}
	case domain.RoleVerifier:
		points, err := p.Desk.Points(ctx, role.Community)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(points, func(pt domain.Point) bool { return string(pt.ID) == role.Scope }) {
			return role.Scope, nil
		}
	}
	return "", domain.Refuse(domain.CodeInvalid, "role_scope")
}
