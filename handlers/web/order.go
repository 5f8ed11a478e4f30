package web

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/skip2/go-qrcode"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/notify/say"
)

type orderPage struct {
	frame
	Serial                          int64
	Deal, DealPage, State, For      string
	Lines                           []lineView
	Total, Paid, Owed, Back, Coming string
	PayBy                           string
	PayNow                          string // where the form goes that starts the payment; "" when there is nothing to pay here
	Until, Now                      int64
	History                         []moneyView
	Where, When                     string
	Ready, Received                 bool
	Code                            string
	CodeQR                          template.URL
	Note                            string
	Hidden                          bool // there is a code, but we do not know who is looking
	Fresh, Chat                     string
}

type lineView struct{ Name, Qty, Unit, Sum, Short string }

// moneyView is one movement of money and why the amount is what it is.
type moneyView struct {
	at                     time.Time
	When, What, Why, State string
	Amount                 string
	In                     bool
}

// order finds the order of a link. Its owner, the deal's leader and operators see all of it. Somebody else who is signed
// in sees nothing, since links get forwarded by mistake; a stranger who holds the link sees the receipt without the
// pickup code.
func (p *Pages) order(ctx context.Context, v viewer, token string) (scene, domain.OrderRecord, bool, error) {
	o, err := p.Desk.OrderByToken(ctx, token)
	if err != nil {
		return scene{}, o, false, err
	}
	sheet, err := p.Desk.Deal(ctx, o.Deal)
	if err != nil {
		return scene{}, o, false, err
	}
	sc, err := p.scene(ctx, v, sheet)
	if err != nil {
		return sc, o, false, err
	}
	if !v.isKnown() {
		return sc, o, false, nil
	}
	mine := v.Is(o.Shopper) || v.Is(o.Payer) || v.Is(o.PlacedBy)
	if !mine && !sc.leads(v) {
		boss, err := p.isOperator(ctx, v)
		if err != nil {
			return sc, o, false, err
		}
		if !boss {
			return sc, o, false, domain.Refuse(domain.CodeNotFound, domain.WhyNotYours)
		}
	}
	return sc, o, true, nil
}

func (p *Pages) showOrder(w http.ResponseWriter, r *http.Request, v viewer) error {
	sc, o, trusted, err := p.order(r.Context(), v, r.PathValue("token"))
	if err != nil {
		return err
	}
	page := orderPage{
		frame: v.frame(p, "web.order.title"), Serial: o.Serial, Deal: say.Line(sc.Deal.Terms.Title, 60), DealPage: v.here("/d/" + sc.Deal.Code),
		State: sc.StateWord(o.State), Lines: sc.lineViews(v, o), Total: say.Money(o.Total), Now: sc.Now.UnixMilli(),
		Ready: o.State == domain.OrderReady, Received: o.State == domain.OrderReceived, Fresh: freshID(), Chat: v.chat("deal-" + sc.Deal.Code),
	}
	page.Title = v.word("web.order.numbered", o.Serial)
	if o.Beneficiary != "" {
		page.For = sc.Name(o.Beneficiary)
	}
	if trusted {
		page.Note = say.Line(o.Note, domain.MaxNote)
	}
	page.amounts(v, sc, o)
	if page.owes(sc, o) && trusted && (v.Is(o.Shopper) || v.Is(o.Payer)) {
		page.PayNow = v.here("/o/" + o.Token + "/pay")
	}
	if page.History, err = p.history(r.Context(), v, sc, o); err != nil {
		return err
	}
	if err := page.pickup(sc, o, trusted); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, "order", page)
}

func (sc scene) lineViews(v viewer, o domain.OrderRecord) []lineView {
	var views []lineView
	for _, l := range o.Lines {
		i := slices.IndexFunc(sc.Items, func(it domain.ItemRecord) bool { return it.ID == l.Item })
		if i < 0 || l.Ordered == 0 {
			continue
		}
		it := sc.Items[i]
		lv := lineView{Name: say.Line(it.Name, 40), Qty: sc.Qty(l.Ordered, it.Unit), Unit: say.Money(l.Unit)}
		if it.Spec != "" {
			lv.Name += " · " + say.Line(it.Spec, 40)
		}
		if sum, err := l.Unit.Times(l.Ordered); err == nil {
			lv.Sum = say.Money(sum)
		}
		if l.Collected > 0 && l.Collected < l.Allocated {
			lv.Short = v.word("web.order.collected", sc.Qty(l.Collected, it.Unit))
		}
		views = append(views, lv)
	}
	return views
}

func (pg *orderPage) amounts(v viewer, sc scene, o domain.OrderRecord) {
	shown := func(a money.Amount) string {
		if a.IsPositive() {
			return say.Money(a)
		}
		return ""
	}
	pg.Paid, pg.Back, pg.Coming = shown(o.Paid), shown(o.Refunded), shown(o.RefundDue)
	if !pg.owes(sc, o) {
		return
	}
	pg.Owed, pg.State = shown(o.Owed()), sc.StateWord(domain.OrderAwaiting)
	if !o.PayDueAt.IsZero() {
		pg.PayBy, pg.Until = v.spaced(sc.Clock(o.PayDueAt)), o.PayDueAt.UnixMilli()
	}
}

// owes: money can be paid for the order now.
func (pg *orderPage) owes(sc scene, o domain.OrderRecord) bool {
	open := o.State == domain.OrderAwaiting || o.State == domain.OrderPlaced && sc.Deal.Terms.Pay == domain.PayAtJoin
	return open && sc.Deal.Terms.Pay != domain.PayOffline && o.Owed().IsPositive() && sc.Now.Before(o.PayDueAt)
}

func (pg *orderPage) pickup(sc scene, o domain.OrderRecord, trusted bool) error {
	pt := sc.point(o.Point)
	pg.Where, pg.When = say.Line(pt.Name, 30), say.Line(firstOf(sc.Deal.Terms.PickupTime, pt.Hours), 40)
	if o.PickupCode == "" || o.State != domain.OrderReady {
		return nil
	}
	if !trusted {
		pg.Hidden = true
		return nil
	}
	pg.Code = say.Code(o.PickupCode)
	png, err := qrcode.Encode(o.PickupCode, qrcode.Medium, 384)
	if err != nil {
		return fmt.Errorf("draw the pickup code: %w", err)
	}
	pg.CodeQR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)) // #nosec G203 -- our own picture
	return nil
}

// history is every movement of money of an order, oldest first: what was paid, what goes back and why.
func (p *Pages) history(ctx context.Context, v viewer, sc scene, o domain.OrderRecord) ([]moneyView, error) {
	payments, err := p.Desk.PaymentsOfOrder(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	refunds, err := p.Desk.RefundsOfOrder(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	var out []moneyView
	for _, pay := range payments {
		if pay.State == domain.PaymentPaid {
			out = append(out, paidView(v, sc, o, pay))
		}
	}
	for _, f := range refunds {
		out = append(out, refundView(v, sc, o, f))
	}
	if sc.Deal.Terms.Pay == domain.PayOffline && o.Paid.IsPositive() {
		out = append(out, moneyView{at: o.UpdatedAt, What: v.word("web.money.offline"), Amount: say.Money(o.Paid), In: true})
	}
	slices.SortStableFunc(out, func(a, b moneyView) int { return a.at.Compare(b.at) })
	return out, nil
}

func paidView(v viewer, sc scene, o domain.OrderRecord, pay domain.PaymentRecord) moneyView {
	mv := moneyView{at: pay.PaidAt, When: sc.Clock(pay.PaidAt), What: v.word("web.money.paid"), In: true}
	part, kept := money.Of(0, sc.Deal.Currency), false
	for _, x := range pay.Parts {
		if x.Order == o.ID {
			part, kept = x.Amount, x.Applied
		}
	}
	mv.Amount = say.Money(part)
	switch {
	case !kept:
		mv.Why = v.word("web.money.why.late")
	case len(pay.Parts) > 1:
		mv.Why = v.word("web.money.why.shared", say.Money(pay.Amount), len(pay.Parts))
	default:
		mv.Why = v.word("web.money.why.order")
	}
	return mv
}

func refundView(v viewer, sc scene, o domain.OrderRecord, f domain.RefundRecord) moneyView {
	mv := moneyView{at: f.CreatedAt, When: sc.Clock(f.CreatedAt), What: v.word("web.money.back"), State: sc.RefundWord(f.State), Why: v.word("web.money.why." + f.Why)}
	if f.State == domain.RefundSucceeded {
		mv.When = sc.Clock(f.DoneAt)
	}
	var fen, qty int64
	for _, part := range f.Parts {
		if part.Order == o.ID {
			fen += part.Amount.Fen()
			qty += part.Qty
		}
	}
	if f.Why == "reduced" && qty > 0 {
		mv.Why = v.word("web.money.why.fewer", sc.Qty(qty, sc.unit()))
	}
	mv.Amount = say.Money(money.Of(fen, sc.Deal.Currency))
	return mv
}

// payOrder starts a payment for an order and leads to the gateway.
func (p *Pages) payOrder(w http.ResponseWriter, r *http.Request, v viewer) error {
	_, o, trusted, err := p.order(r.Context(), v, r.PathValue("token"))
	if err != nil {
		return err
	}
	if !trusted || !v.Is(o.Shopper) && !v.Is(o.Payer) {
		return domain.Refuse(domain.CodeForbidden, domain.WhyNotYours)
	}
	a, address, err := p.Desk.StartPayment(r.Context(), domain.StartPaymentCommand{Ask: p.ask(r, v, "pay"), Deal: o.Deal, Who: v.ID, Order: o.ID})
	if err != nil {
		return err
	}
	if a.Refusal != nil {
		return a.Refusal
	}
	if address == "" {
		return errors.New("the gateway gave no address to pay at")
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// ask is the command of a form: its hidden id makes a second press the same command.
func (p *Pages) ask(r *http.Request, v viewer, what string) domain.Asked {
	id := r.PostFormValue("id")
	if id == "" || len(id) > 64 {
		id = freshID()
	}
	return domain.Asked{
		Key:  domain.EventKey{Channel: "page", Account: string(v.ID), Message: what + "/" + id},
		Hash: what + "/" + r.URL.Path + "/" + strconv.Quote(r.PostForm.Encode()), By: v.ID, Lang: domain.Lang(v.lang), At: p.Clock(),
	}
}
