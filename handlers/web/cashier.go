package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"tuanbot/domain"
	"tuanbot/notify/say"
)

type cashierPage struct {
	frame
	What, Amount, Number   string
	Open, Paid, Late, Said bool
	Until, Now             int64
	UntilText              string
	Action, Order          string
}

// showCashier is the sandbox's till. It says plainly that no money moves.
func (p *Pages) showCashier(w http.ResponseWriter, r *http.Request, v viewer) error {
	number, key := r.PathValue("number"), r.URL.Query().Get("k")
	title, trade, expires, err := p.Cashier.Trade(r.Context(), number, key)
	if err != nil {
		return err
	}
	page := cashierPage{
		frame: v.frame(p, "web.cashier.title"), What: say.Line(title, 60), Amount: say.Money(trade.Amount), Number: number, Now: p.Clock().UnixMilli(),
		Action: v.here("/pay/sandbox/" + url.PathEscape(number) + "?k=" + url.QueryEscape(key)), Said: r.URL.Query().Get("said") == "no",
	}
	page.Sandbox = true
	page.Paid = trade.State == domain.PaymentPaid
	page.Late = trade.State == domain.PaymentClosed || !expires.IsZero() && !p.Clock().Before(expires)
	page.Open = !page.Paid && !page.Late
	if err := p.aboutOrder(r.Context(), v, &page, expires.UnixMilli(), !expires.IsZero()); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, "cashier", page)
}

// aboutOrder adds the way back to the order and until when to pay. A trade that is not ours shows neither.
func (p *Pages) aboutOrder(ctx context.Context, v viewer, page *cashierPage, until int64, limited bool) error {
	pay, err := p.Desk.Payment(ctx, domain.PaymentNumber(page.Number))
	if errors.Is(err, domain.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	sheet, err := p.Desk.Deal(ctx, pay.Deal)
	if err != nil {
		return err
	}
	sc, err := p.scene(ctx, v, sheet)
	if err != nil {
		return err
	}
	if limited && page.Open {
		page.Until, page.UntilText = until, v.word("web.cashier.until", v.spaced(sc.Clock(pay.ExpiresAt)))
	}
	if len(pay.Parts) > 0 {
		o, err := p.Desk.Order(ctx, pay.Parts[0].Order)
		if err != nil {
			return err
		}
		page.Order = v.here("/o/" + o.Token)
	}
	return nil
}

func (p *Pages) pressCashier(w http.ResponseWriter, r *http.Request, v viewer) error {
	number, key, said := r.PathValue("number"), r.URL.Query().Get("k"), ""
	var err error
	switch r.PostFormValue("do") {
	case "pay":
		err = p.Cashier.PayWith(r.Context(), number, key)
	case "decline":
		said, err = "&said=no", p.Cashier.Decline(r.Context(), number, key)
	default:
		err = domain.Refuse(domain.CodeInvalid, whyBadBody)
	}
	if ref := domain.AsRefusal(err); err != nil && (ref == nil || ref.Code != domain.CodeTooLate) {
		return err
	}
	http.Redirect(w, r, v.here("/pay/sandbox/"+url.PathEscape(number)+"?k="+url.QueryEscape(key)+said), http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}
