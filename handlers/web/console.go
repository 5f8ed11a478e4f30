package web

import (
	"context"
	"net/http"

	"tuanbot/domain"
	"tuanbot/notify/say"
)

// maxListed is how many rows a list of the console shows.
const maxListed = 100

type consolePage struct {
	frame
	Done     string
	Operator bool
	Deals    []ledView
	Letters  []letterView
	Kept     int
	Refunds  []stuckView
	Orphans  []orphanView
	Homes    []homeView
	Fresh    string
}

type ledView struct {
	Title, State, Progress, Page string
	Unpaid, Missing              int
	Live                         bool
}

type letterView struct{ ID, What, To, Deal, Reason, When, Tries string }

type stuckView struct {
	ID, Number, Amount, To, State, Reason, When, Why string
}

type orphanView struct{ Transaction, Number, Amount, Gateway, When string }

// console says what a viewer may do there: operators everything, leaders their own deals. Anonymous people are asked to
// sign in, all others are told no.
func (p *Pages) console(ctx context.Context, v viewer) (operator bool, err error) {
	if !v.isKnown() {
		return false, domain.Refuse(domain.CodeForbidden, whySignIn)
	}
	roles, err := p.Desk.RolesOf(ctx, v.ID)
	if err != nil {
		return false, err
	}
	leader := false
	for _, r := range roles {
		operator = operator || r.Name == domain.RoleOperator
		leader = leader || r.Name == domain.RoleLeader
	}
	if operator || leader {
		return operator, nil
	}
	led, err := p.Desk.DealsLedBy(ctx, v.ID, 1)
	if err != nil {
		return false, err
	}
	if len(led) == 0 {
		return false, domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
	}
	return false, nil
}

// operatorOnly is for what only those who run the service may do; it is asked anew at every request, so that a role that
// was taken away is gone at once.
func (p *Pages) operatorOnly(ctx context.Context, v viewer) error {
	operator, err := p.console(ctx, v)
	if err != nil {
		return err
	}
	if !operator {
		return domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
	}
	return nil
}

func (p *Pages) showConsole(w http.ResponseWriter, r *http.Request, v viewer) error {
	ctx := r.Context()
	operator, err := p.console(ctx, v)
	if err != nil {
		return err
	}
	page := consolePage{frame: v.frame(p, "web.console.title"), Operator: operator, Fresh: freshID()}
	if done := "web.console.done." + r.URL.Query().Get("done"); v.word(done) != done {
		page.Done = v.word(done)
	}
	if page.Deals, err = p.ledDeals(ctx, v); err != nil {
		return err
	}
	if operator {
		if err := p.fillOperator(ctx, v, &page); err != nil {
			return err
		}
	}
	return p.render(w, http.StatusOK, "console", page)
}

func (p *Pages) ledDeals(ctx context.Context, v viewer) ([]ledView, error) {
	sheets, err := p.Desk.DealsLedBy(ctx, v.ID, 30)
	if err != nil {
		return nil, err
	}
	views := make([]ledView, 0, len(sheets))
	for _, s := range sheets {
		sc, err := p.scene(ctx, v, s)
		if err != nil {
			return nil, err
		}
		lv := ledView{Title: say.Line(s.Deal.Terms.Title, 40), State: sc.DealWord(s.Deal.State), Progress: sc.Card(s, say.CardFacts{}).Card.Progress, Page: v.here("/console/deals/" + s.Deal.Code)}
		switch s.Deal.State {
		case domain.DealOpen, domain.DealLocked, domain.DealFormed, domain.DealFulfilling:
			lv.Live = true
			unpaid, missing, err := p.openEnds(ctx, sc)
			if err != nil {
				return nil, err
			}
			lv.Unpaid, lv.Missing = len(unpaid), len(missing)
		case domain.DealScheduled, domain.DealFailed, domain.DealCancelled, domain.DealCompleted:
		}
		views = append(views, lv)
	}
	return views, nil
}

// openEnds are the orders of a deal that are not paid, and those that nobody has collected yet.
func (p *Pages) openEnds(ctx context.Context, sc scene) (unpaid, missing []domain.OrderRecord, err error) {
	orders, err := p.Desk.OrdersOfDeal(ctx, sc.Deal.ID, domain.OrderFilter{})
	if err != nil {
		return nil, nil, err
	}
	for _, o := range orders {
		if !o.State.IsLive() {
			continue
		}
		if o.Owed().IsPositive() && (o.State == domain.OrderAwaiting || o.State == domain.OrderPlaced && sc.Deal.Terms.Pay == domain.PayAtJoin || sc.Deal.Terms.Pay == domain.PayOffline) {
			unpaid = append(unpaid, o)
		}
		if o.State == domain.OrderReady {
			missing = append(missing, o)
		}
	}
	return unpaid, missing, nil
}

func (p *Pages) fillOperator(ctx context.Context, v viewer, page *consolePage) error {
	now, err := p.Desk.Now(ctx)
	if err != nil {
		return err
	}
	homes, err := p.Desk.Communities(ctx)
	if err != nil {
		return err
	}
	zone := zoneOf(domain.Community{})
	if len(homes) > 0 {
		zone = zoneOf(homes[0])
	}
	voice := v.voice(p, zone, now)
	if page.Letters, err = p.letters(ctx, v, voice); err != nil {
		return err
	}
	kept, err := p.Outbox.DeliveriesIn(ctx, domain.DeliveryKept, maxListed)
	if err != nil {
		return err
	}
	page.Kept = len(kept)
	if page.Refunds, err = p.stuck(ctx, v, voice); err != nil {
		return err
	}
	orphans, err := p.Desk.Orphans(ctx, maxListed)
	if err != nil {
		return err
	}
	for _, o := range orphans {
		page.Orphans = append(page.Orphans, orphanView{o.Transaction, say.Line(o.Number, 40), say.Money(o.Amount), o.Gateway, voice.Clock(o.At)})
	}
	page.Homes, err = p.homes(ctx, voice, homes)
	return err
}

func (p *Pages) letters(ctx context.Context, v viewer, voice say.Voice) ([]letterView, error) {
	dead, err := p.Outbox.DeliveriesIn(ctx, domain.DeliveryDead, maxListed)
	if err != nil {
		return nil, err
	}
	var ids []domain.AccountID
	for _, d := range dead {
		if d.Account != "" {
			ids = append(ids, d.Account)
		}
	}
	names, err := p.names(ctx, voice, ids)
	if err != nil {
		return nil, err
	}
	views := make([]letterView, 0, len(dead))
	for _, d := range dead {
		lv := letterView{
			ID: string(d.ID), What: v.word("web.notice." + string(d.Kind)), To: names[d.Account], Reason: say.Line(d.LastReason, 80), When: voice.Clock(d.CreatedAt),
			Tries: v.word("web.console.tries", d.Attempts),
		}
		if d.Chat != "" {
			if c, err := p.Desk.Chat(ctx, d.Chat); err == nil {
				lv.To = say.Line(c.Title, 30)
			}
		}
		if d.Deal != "" {
			if s, err := p.Desk.Deal(ctx, d.Deal); err == nil {
				lv.Deal = say.Line(s.Deal.Terms.Title, 30)
			}
		}
		views = append(views, lv)
	}
	return views, nil
}

func (p *Pages) stuck(ctx context.Context, v viewer, voice say.Voice) ([]stuckView, error) {
	refunds, err := p.Desk.StuckRefunds(ctx, maxListed)
	if err != nil {
		return nil, err
	}
	ids := make([]domain.AccountID, 0, len(refunds))
	for _, f := range refunds {
		ids = append(ids, f.To)
	}
	names, err := p.names(ctx, voice, ids)
	if err != nil {
		return nil, err
	}
	views := make([]stuckView, 0, len(refunds))
	for _, f := range refunds {
		views = append(views, stuckView{
			ID: string(f.ID), Number: f.Number, Amount: say.Money(f.Amount), To: names[f.To], State: voice.RefundWord(f.State), Reason: say.Line(f.LastReason, 80),
			When: voice.Clock(f.CreatedAt), Why: v.word("web.money.why." + f.Why),
		})
	}
	return views, nil
}

// back returns to the console with a word on what was done.
func (p *Pages) back(w http.ResponseWriter, r *http.Request, v viewer, done string) error {
	http.Redirect(w, r, v.here("/console?done="+done), http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}

func (p *Pages) resendLetters(w http.ResponseWriter, r *http.Request, v viewer) error {
	if err := p.operatorOnly(r.Context(), v); err != nil {
		return err
	}
	var ids []domain.NoticeID
	for _, id := range r.PostForm["letter"] {
		if number(id) > 0 && len(ids) < maxListed {
			ids = append(ids, domain.NoticeID(id))
		}
	}
	if len(ids) == 0 {
		return domain.Refuse(domain.CodeInvalid, whyBadBody)
	}
	if _, err := p.Outbox.Requeue(r.Context(), ids, ""); err != nil {
		return err
	}
	return p.back(w, r, v, "letters")
}

func (p *Pages) retryRefund(w http.ResponseWriter, r *http.Request, v viewer) error {
	if err := p.operatorOnly(r.Context(), v); err != nil {
		return err
	}
	f, err := p.Desk.Refund(r.Context(), domain.RefundID(r.PostFormValue("refund")))
	if err != nil {
		return err
	}
	if err := accepted(p.Desk.RetryRefund(r.Context(), domain.RetryRefund{Ask: p.ask(r, v, "refund"), Deal: f.Deal, Refund: f.ID})); err != nil {
		return err
	}
	return p.back(w, r, v, "refund")
}

func (p *Pages) solveOrphan(w http.ResponseWriter, r *http.Request, v viewer) error {
	if err := p.operatorOnly(r.Context(), v); err != nil {
		return err
	}
	if err := p.Desk.SolveOrphan(r.Context(), v.ID, r.PostFormValue("transaction"), say.Line(r.PostFormValue("note"), 200)); err != nil {
		return err
	}
	return p.back(w, r, v, "orphan")
}
