package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/notify/say"
)

type ledDealPage struct {
	frame
	Deal, State, Progress, Page string
	Console                     string
	Unpaid, Missing             []openEnd
	Summaries                   []summaryView
	Fresh, Action               string
	Leads                       bool
}

type openEnd struct {
	Serial             int64
	Name, Goods, Money string
	Note               string
	By, Page           string
}

type summaryView struct {
	Number                int64
	Title, State, Problem string
	Page                  string
	Open                  bool
}

// ledDeal is a deal for those who lead it, and for operators. Others hear that there is none.
func (p *Pages) ledDeal(ctx context.Context, v viewer, code string) (scene, error) {
	operator, err := p.console(ctx, v)
	if err != nil {
		return scene{}, err
	}
	sc, err := p.dealByCode(ctx, v, code)
	if err != nil {
		return sc, err
	}
	if !operator && !handlers.LeadsAs(sc.DealSheet, v.Account) {
		return sc, domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader)
	}
	return sc, nil
}

func (p *Pages) showConsoleDeal(w http.ResponseWriter, r *http.Request, v viewer) error {
	ctx := r.Context()
	sc, err := p.ledDeal(ctx, v, r.PathValue("code"))
	if err != nil {
		return err
	}
	page := ledDealPage{
		frame: v.frame(p, "web.console.title"), Deal: say.Line(sc.Deal.Terms.Title, 60), State: sc.DealWord(sc.Deal.State), Page: v.here("/d/" + sc.Deal.Code),
		Progress: sc.Card(sc.DealSheet, say.CardFacts{}).Card.Progress, Fresh: freshID(), Console: v.here("/console"), Action: v.here("/console/deals/" + sc.Deal.Code + "/revoke"), Leads: sc.leads(v),
	}
	page.Title = page.Deal
	unpaid, missing, err := p.openEnds(ctx, sc)
	if err != nil {
		return err
	}
	if page.Unpaid, err = p.endViews(ctx, v, sc, unpaid); err != nil {
		return err
	}
	if page.Missing, err = p.endViews(ctx, v, sc, missing); err != nil {
		return err
	}
	all, err := p.Desk.SummariesOf(ctx, sc.Deal.ID)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b domain.SummaryRecord) int { return cmp.Compare(b.Number, a.Number) })
	for _, s := range all {
		page.Summaries = append(page.Summaries, sc.summaryView(v, s))
	}
	return p.render(w, http.StatusOK, "console_deal", page)
}

func (sc scene) summaryView(v viewer, s domain.SummaryRecord) summaryView {
	sv := summaryView{Number: s.Number, Title: v.word("web.sheet.version", s.Number), Problem: say.Line(s.Problem, 120), Page: v.here("/m/" + s.Token), Open: s.RevokedAt.IsZero()}
	switch {
	case !sv.Open:
		sv.State = v.word("web.sheet.state.revoked")
	case s.Problem != "":
		sv.State = v.word("web.sheet.state.problem")
	case !s.AckAt.IsZero():
		sv.State = v.word("web.sheet.state.ack", v.spaced(sc.Clock(s.AckAt)))
	default:
		sv.State = v.word("web.sheet.state.open", v.spaced(sc.Clock(s.CreatedAt)))
	}
	return sv
}

func (p *Pages) endViews(ctx context.Context, v viewer, sc scene, orders []domain.OrderRecord) ([]openEnd, error) {
	ids := make([]domain.AccountID, 0, len(orders))
	for _, o := range orders {
		ids = append(ids, o.Shopper)
	}
	names, err := p.names(ctx, sc.Voice, ids)
	if err != nil {
		return nil, err
	}
	views := make([]openEnd, 0, len(orders))
	for _, o := range orders {
		e := openEnd{Serial: o.Serial, Name: names[o.Shopper], Goods: sc.Goods(say.Said(o.Lines, sc.Items)), Money: say.Money(o.Owed()), Note: say.Line(o.Note, domain.MaxNote), Page: v.here("/o/" + o.Token)}
		if o.Beneficiary != "" {
			e.Name = strings.Join([]string{e.Name, sc.Name(o.Beneficiary)}, " → ")
		}
		if !o.PayDueAt.IsZero() {
			e.By = v.spaced(sc.Clock(o.PayDueAt))
		}
		views = append(views, e)
	}
	return views, nil
}
