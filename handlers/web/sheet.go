package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers"
	"tuanbot/notify/say"
)

// maxProblem is the longest note of a merchant, in runes.
const maxProblem = 200

type sheetPage struct {
	frame
	Deal, Version, SentAt, Pickup string
	People, Shares                string
	Unpaid                        int64
	Items                         []sheetItem
	Diff                          []sheetDiff
	Notes                         []sheetNote
	Receive                       string // what the merchant gets
	AckAt, Problem                string
	Action, Fresh, Said           string
	Newer                         string // a later version, if there is one
}

type sheetItem struct {
	Letter, Name, Spec, Qty, Supply string
	Points, Buildings               []cell
	Serials                         []int64
}

// sheetNote is what one order asks for beside its goods.
type sheetNote struct {
	Serial      int64
	Goods, Note string
}

type cell struct{ Name, Qty string }

type sheetDiff struct {
	Letter, Name, Before, After string
	More                        bool
}

func (p *Pages) summary(ctx context.Context, v viewer, token string) (scene, domain.SummaryRecord, error) {
	s, err := p.Desk.SummaryByToken(ctx, token)
	if err != nil {
		return scene{}, s, err
	}
	if !s.RevokedAt.IsZero() {
		return scene{}, s, domain.Refuse(domain.CodeNotFound, whyRevoked)
	}
	sheet, err := p.Desk.Deal(ctx, s.Deal)
	if err != nil {
		return scene{}, s, err
	}
	sc, err := p.scene(ctx, v, sheet)
	return sc, s, err
}

// showSheet is what a merchant has to bring. Who holds the link may see and answer it: that is what the link is for. It
// shows numbers, buildings and what orders are noted with; no names and no rooms of ours.
func (p *Pages) showSheet(w http.ResponseWriter, r *http.Request, v viewer) error {
	sc, s, err := p.summary(r.Context(), v, r.PathValue("token"))
	if err != nil {
		return err
	}
	page := sheetPage{
		frame: v.frame(p, "web.sheet.title"), Deal: say.Line(sc.Deal.Terms.Title, 60), Version: v.word("web.sheet.version", s.Number), SentAt: sc.Clock(s.CreatedAt),
		People: sc.People(s.Sheet.People), Shares: sc.Qty(s.Sheet.Shares, sc.unit()), Unpaid: s.Sheet.Unpaid, Problem: say.Line(s.Problem, maxProblem),
		Action: v.here("/m/" + s.Token), Fresh: freshID(), Said: r.URL.Query().Get("said"),
		Pickup: strings.Trim(say.Line(sc.point("").Name, 30)+" · "+say.Line(firstOf(sc.Deal.Terms.PickupTime, sc.point("").Hours), 40), " ·"),
	}
	if !s.AckAt.IsZero() {
		page.AckAt = v.spaced(sc.Clock(s.AckAt))
	}
	page.fill(v, sc, s.Sheet)
	if page.Notes, err = p.sheetNotes(r.Context(), sc, s.Sheet); err != nil {
		return err
	}
	all, err := p.Desk.SummariesOf(r.Context(), s.Deal)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Number > s.Number && x.RevokedAt.IsZero() {
			page.Newer = v.here("/m/" + x.Token)
		}
	}
	return p.render(w, http.StatusOK, "sheet", page)
}

// sheetNotes reads what the orders of a sheet are noted with. It is not kept in the sheet, so that who is erased is erased
// here as well.
func (p *Pages) sheetNotes(ctx context.Context, sc scene, sheet domain.Sheet) ([]sheetNote, error) {
	if sheet.Notes == 0 {
		return nil, nil
	}
	listed := map[int64]bool{}
	for _, it := range sheet.Items {
		for _, n := range it.Serials {
			listed[n] = true
		}
	}
	orders, err := p.Desk.OrdersOfDeal(ctx, sc.Deal.ID, domain.OrderFilter{States: []domain.OrderState{domain.OrderConfirmed, domain.OrderReady, domain.OrderReceived}})
	if err != nil {
		return nil, err
	}
	var out []sheetNote
	for _, o := range orders {
		if o.Note != "" && listed[o.Serial] {
			out = append(out, sheetNote{o.Serial, sc.Goods(say.Said(o.Lines, sc.Items)), say.Line(o.Note, domain.MaxNote)})
		}
	}
	return out, nil
}

func (pg *sheetPage) fill(v viewer, sc scene, sheet domain.Sheet) {
	var supply int64
	for _, it := range sheet.Items {
		if it.Qty == 0 {
			continue
		}
		row := sheetItem{Letter: it.Letter, Name: say.Line(it.Name, 40), Spec: say.Line(it.Spec, 40), Qty: sc.Qty(it.Qty, it.Unit), Serials: it.Serials}
		for _, id := range slices.Sorted(maps.Keys(it.Points)) {
			name := say.Line(sc.point(domain.PointID(id)).Name, 30)
			row.Points = append(row.Points, cell{cmp.Or(name, v.word("web.sheet.no_point")), sc.Qty(it.Points[id], it.Unit)})
		}
		for _, b := range slices.Sorted(maps.Keys(it.Buildings)) {
			if b == "" && len(it.Buildings) == 1 {
				continue // nobody said where they live
			}
			name := v.word("web.sheet.no_building")
			if b != "" {
				name = v.word("web.sheet.building", say.Line(b, 12))
			}
			row.Buildings = append(row.Buildings, cell{name, sc.Qty(it.Buildings[b], it.Unit)})
		}
		if it.SupplyFen > 0 {
			row.Supply = say.Money(money.Of(it.SupplyFen, sc.Deal.Currency))
			supply += it.SupplyFen
		}
		pg.Items = append(pg.Items, row)
	}
	if supply > 0 {
		pg.Receive = say.Money(money.Of(supply, sc.Deal.Currency))
	}
	for _, d := range sheet.Diff {
		pg.Diff = append(pg.Diff, sheetDiff{d.Letter, say.Line(d.Name, 40), sc.Qty(d.Before, sc.unit()), sc.Qty(d.After, sc.unit()), d.After > d.Before})
	}
}

// answerSheet takes "got it" or "there is a problem". The hidden id makes a second press the same answer.
func (p *Pages) answerSheet(w http.ResponseWriter, r *http.Request, v viewer) error {
	sc, s, err := p.summary(r.Context(), v, r.PathValue("token"))
	if err != nil {
		return err
	}
	cmd := domain.AnswerSummaryCommand{Ask: p.ask(r, v, "sheet"), Deal: sc.Deal.ID, Token: s.Token}
	cmd.Ask.Key.Account = linkOf(s.Token)
	if !v.isKnown() {
		cmd.Ask.By = s.Merchant // the link was given to the merchant, and who holds it answers for them
	}
	said := "got"
	if r.PostFormValue("answer") == "problem" {
		said, cmd.Problem = "problem", say.Line(r.PostFormValue("problem"), maxProblem)
		if cmd.Problem == "" {
			return domain.Refuse(domain.CodeInvalid, domain.WhyReason)
		}
	} else if r.PostFormValue("answer") != "got" {
		return domain.Refuse(domain.CodeInvalid, whyBadBody)
	}
	if err := accepted(p.Desk.AnswerSummary(r.Context(), cmd)); err != nil {
		return err
	}
	http.Redirect(w, r, v.here("/m/"+s.Token+"?said="+said), http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}

// linkOf names a link in keys without writing the link down.
func linkOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "link/" + hex.EncodeToString(sum[:12])
}

// accepted turns a refusal in an answer into an error.
func accepted(a domain.Answer, err error) error {
	if err == nil && a.Refusal != nil {
		return a.Refusal
	}
	return err
}

// revokeSheet shuts a merchant's link; leaders only.
func (p *Pages) revokeSheet(w http.ResponseWriter, r *http.Request, v viewer) error {
	sc, err := p.ledDeal(r.Context(), v, r.PathValue("code"))
	if err != nil {
		return err
	}
	if !handlers.LeadsAs(sc.DealSheet, v.Account) {
		return domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader)
	}
	all, err := p.Desk.SummariesOf(r.Context(), sc.Deal.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s domain.SummaryRecord) bool { return s.Number == number(r.PostFormValue("number")) })
	if i < 0 {
		return domain.Refuse(domain.CodeNotFound, domain.WhyNotFound)
	}
	err = accepted(p.Desk.AnswerSummary(r.Context(), domain.AnswerSummaryCommand{Ask: p.ask(r, v, "revoke"), Deal: sc.Deal.ID, Token: all[i].Token, Revoke: true}))
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.here("/console/deals/"+sc.Deal.Code), http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}
