package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// maxJoined is how many orders a public page lists; the rest is counted.
const maxJoined = 100

type dealPage struct {
	frame
	Code, Note       string
	Card             *bot.Card
	Items            []itemView
	Facts            []fact
	Leader           string
	Live             liveView
	LiveURL          string
	Join, Others, QR string
	Open, Soon       bool
	Manage           string // the page of who leads it
	Script           string // of the platform whose browser reads this
}

type itemView struct {
	Letter, Name, Spec, Price, Was, Left, Limit string
	Many, Gone                                  bool
}

type fact struct{ Name, Text string }

// liveView is the part of a page that changes while one looks at it.
type liveView struct {
	Lang, Progress, State, Missing string
	Done, Want                     int64
	Until, Now                     int64 // ms; the page's clock agrees with ours
	UntilText                      string
	Teams                          []teamView
	Joined                         []joinedView
	More                           int
	Empty, Over, Lost              bool // nobody in it; nobody can join; it did not come off
	ByTeam                         bool
}

type teamView struct {
	Number                      int64
	Head, Progress, State, Page string
	Done, Want, Until, Now      int64
	UntilText, Join             string
	Open                        bool
}

type joinedView struct {
	Serial      int64
	Name, Goods string
}

func (p *Pages) dealByCode(ctx context.Context, v viewer, code string) (scene, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if code == "" || len(code) > 16 {
		return scene{}, domain.Refuse(domain.CodeNotFound, domain.WhyLink)
	}
	sheet, err := p.Desk.DealByCode(ctx, code)
	if err != nil {
		return scene{}, err
	}
	return p.scene(ctx, v, sheet)
}

func (p *Pages) showDeal(w http.ResponseWriter, r *http.Request, v viewer) error {
	sc, err := p.dealByCode(r.Context(), v, r.PathValue("code"))
	if err != nil {
		return err
	}
	live, err := p.live(r.Context(), v, sc)
	if err != nil {
		return err
	}
	names, err := p.names(r.Context(), sc.Voice, []domain.AccountID{sc.Deal.OpenedBy})
	if err != nil {
		return err
	}
	card := sc.Card(sc.DealSheet, say.CardFacts{Point: sc.point("")}).Card
	card.Picture = ownPicture(card.Picture)
	page := dealPage{
		frame: v.frame(p, "web.deal.title"), Code: sc.Deal.Code, Card: card, Note: say.Line(sc.Deal.Terms.Note, 300), Items: sc.itemViews(v), Facts: sc.facts(v),
		Leader: names[sc.Deal.OpenedBy], Live: live, LiveURL: v.here("/d/" + sc.Deal.Code + "/live"), Join: v.chat("deal-" + sc.Deal.Code), Others: v.chat(""),
		QR: "/qr/" + sc.Deal.Code + ".png", Open: sc.Deal.State == domain.DealOpen, Soon: sc.Deal.State == domain.DealScheduled,
	}
	if sc.leads(v) {
		page.Manage = v.here("/console/deals/" + sc.Deal.Code)
	}
	page.Title, page.Script = card.Title, p.insideScript(w, r)
	page.Preview = sc.preview(p, card, live)
	return p.render(w, http.StatusOK, "deal", page)
}

func (p *Pages) showDealLive(w http.ResponseWriter, r *http.Request, v viewer) error {
	sc, err := p.dealByCode(r.Context(), v, r.PathValue("code"))
	if err != nil {
		return err
	}
	live, err := p.live(r.Context(), v, sc)
	if err != nil {
		return err
	}
	return p.renderPart(w, http.StatusOK, "deal", "live", live)
}

// preview is what a chat program shows when the link is shared.
func (sc scene) preview(p *Pages, card *bot.Card, live liveView) *preview {
	var parts []string
	for _, s := range append([]string{card.Price, live.Progress, card.Deadline, card.Place}, card.Items...) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return &preview{
		Title: strings.TrimSpace(card.Icon + " " + card.Title), Text: say.Line(strings.Join(parts, " · "), 160), URL: p.BaseURL + "/d/" + sc.Deal.Code,
		Image: p.BaseURL + "/qr/" + sc.Deal.Code + ".png",
	}
}

// ownPicture allows pictures of this server only: another one would learn who looks.
func ownPicture(s string) string {
	if strings.HasPrefix(s, "/") && local(s) == s {
		return s
	}
	return ""
}

func (sc scene) itemViews(v viewer) []itemView {
	views := make([]itemView, 0, len(sc.Items))
	for _, it := range sc.Items {
		i := itemView{Letter: it.Letter, Name: say.Line(it.Name, 40), Spec: say.Line(it.Spec, 40), Price: say.Money(it.Group), Many: len(sc.Items) > 1}
		if it.Solo.IsPositive() {
			i.Was = say.Money(it.Solo)
		}
		switch left := it.Left(); {
		case left == 0:
			i.Left, i.Gone = v.word("web.deal.sold_out"), true
		case left > 0:
			i.Left = v.word("web.deal.left", sc.Qty(left, it.Unit))
		}
		if it.Limit > 0 {
			i.Limit = v.word("web.deal.limit", sc.Qty(it.Limit, it.Unit))
		}
		views = append(views, i)
	}
	return views
}

// facts are the terms people ask about.
func (sc scene) facts(v viewer) []fact {
	t := sc.Deal.Terms
	fs := []fact{{v.word("web.deal.pay"), sc.PayRule(t.Pay)}}
	if pt := sc.point(""); t.Fulfilment == domain.FulfilPickup || t.Fulfilment == "" {
		if where := strings.Trim(say.Line(pt.Name, 30)+" · "+say.Line(firstOf(t.PickupTime, pt.Hours), 40), " ·"); where != "" {
			fs = append(fs, fact{v.word("web.deal.pickup"), where})
		}
	}
	if t.LimitPerson > 0 {
		fs = append(fs, fact{v.word("web.deal.limit_person"), sc.Qty(t.LimitPerson, "")})
	}
	if t.LimitHousehold > 0 {
		fs = append(fs, fact{v.word("web.deal.limit_household"), sc.Qty(t.LimitHousehold, "")})
	}
	return fs
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// live is how a deal stands now: its one team, or the open ones, and who takes part.
func (p *Pages) live(ctx context.Context, v viewer, sc scene) (liveView, error) {
	now := sc.Now.UnixMilli()
	l := liveView{Lang: v.lang, Now: now, ByTeam: sc.Deal.Terms.Kind == domain.KindTeam}
	if sc.Deal.State != domain.DealOpen {
		l.State = sc.DealWord(sc.Deal.State)
	}
	switch sc.Deal.State { //nolint:exhaustive // the others have no clock
	case domain.DealScheduled:
		l.Until, l.UntilText = sc.Deal.Terms.OpensAt.UnixMilli(), v.word("web.deal.opens", v.spaced(sc.Clock(sc.Deal.Terms.OpensAt)))
	case domain.DealOpen:
		l.Until, l.UntilText = sc.Deal.Terms.DeadlineAt.UnixMilli(), v.word("web.deal.until", v.spaced(sc.Clock(sc.Deal.Terms.DeadlineAt)))
	}
	card := sc.Card(sc.DealSheet, say.CardFacts{}).Card
	l.Progress, l.Done, l.Want = card.Progress, card.Done, card.Want
	if !l.ByTeam && len(sc.Teams) > 0 && sc.Deal.State == domain.DealOpen {
		if missing := sc.Teams[0].Missing(sc.Deal.Terms.Pay); missing > 0 {
			l.Missing = v.word("web.deal.missing", sc.In(missing, sc.Teams[0].ThresholdUnit, sc.unit(), sc.Deal.Currency))
		}
	}
	var err error
	if l.ByTeam {
		if l.Teams, err = p.teamViews(ctx, v, sc); err != nil {
			return l, err
		}
	}
	l.Joined, l.More, err = p.joined(ctx, sc, "")
	l.Empty, l.Over = len(l.Joined) == 0, sc.Deal.State != domain.DealOpen && sc.Deal.State != domain.DealScheduled
	l.Lost = sc.Deal.State == domain.DealFailed || sc.Deal.State == domain.DealCancelled
	return l, err
}

// unit is what the items are counted in when they agree.
func (sc scene) unit() string {
	if len(sc.Items) == 0 {
		return ""
	}
	same := !slices.ContainsFunc(sc.Items, func(i domain.ItemRecord) bool { return i.Unit != sc.Items[0].Unit })
	if same {
		return sc.Items[0].Unit
	}
	return ""
}

func (p *Pages) teamViews(ctx context.Context, v viewer, sc scene) ([]teamView, error) {
	heads := make([]domain.AccountID, 0, len(sc.Teams))
	for _, t := range sc.Teams {
		heads = append(heads, t.Head)
	}
	names, err := p.names(ctx, sc.Voice, heads)
	if err != nil {
		return nil, err
	}
	views := make([]teamView, 0, len(sc.Teams))
	for _, t := range sc.Teams {
		views = append(views, sc.teamView(v, t, names[t.Head]))
	}
	return views, nil
}

func (sc scene) teamView(v viewer, t domain.TeamRecord, head string) teamView {
	tv := teamView{
		Number: t.Number, Head: head, Progress: sc.TeamProgress(t, sc.DealSheet), Page: v.here("/t/" + t.Token), Now: sc.Now.UnixMilli(),
		Open: t.State == domain.TeamForming, Join: v.chat("team-" + t.Token),
	}
	if t.ThresholdUnit != domain.UnitNone {
		tv.Done, tv.Want = t.Counted(sc.Deal.Terms.Pay).In(t.ThresholdUnit), t.Threshold
	}
	if tv.Open {
		tv.Until, tv.UntilText = t.DeadlineAt.UnixMilli(), v.word("web.deal.until", v.spaced(sc.Clock(t.DeadlineAt)))
	} else {
		tv.State = sc.TeamWord(t.State)
	}
	return tv
}

// joined lists who takes part: number, name and goods, nothing private. Rule: field.md 3.30.
func (p *Pages) joined(ctx context.Context, sc scene, team domain.TeamID) ([]joinedView, int, error) {
	live := []domain.OrderState{domain.OrderPlaced, domain.OrderWaiting, domain.OrderAwaiting, domain.OrderConfirmed, domain.OrderReady, domain.OrderReceived}
	orders, err := p.Desk.OrdersOfDeal(ctx, sc.Deal.ID, domain.OrderFilter{Team: team, States: live, Newest: true, Limit: maxJoined + 1})
	if err != nil {
		return nil, 0, err
	}
	more := 0
	if len(orders) > maxJoined {
		orders, more = orders[:maxJoined], 1
	}
	ids := make([]domain.AccountID, 0, len(orders))
	for _, o := range orders {
		ids = append(ids, o.Shopper)
	}
	names, err := p.names(ctx, sc.Voice, ids)
	if err != nil {
		return nil, 0, err
	}
	views := make([]joinedView, 0, len(orders))
	for _, o := range orders {
		name := names[o.Shopper]
		if o.Beneficiary != "" {
			name += " → " + sc.Name(o.Beneficiary)
		}
		views = append(views, joinedView{Serial: o.Serial, Name: name, Goods: sc.Goods(say.Said(o.Lines, sc.Items))})
	}
	return views, more, nil
}

type teamPage struct {
	frame
	Card                  *bot.Card
	Items                 []itemView
	Team                  teamView
	Live                  liveView
	LiveURL, Deal, Others string
}

func (p *Pages) team(r *http.Request, v viewer) (scene, domain.TeamRecord, liveView, teamView, error) {
	ctx := r.Context()
	t, err := p.Desk.TeamByToken(ctx, r.PathValue("token"))
	if err != nil {
		return scene{}, t, liveView{}, teamView{}, err
	}
	sheet, err := p.Desk.Deal(ctx, t.Deal)
	if err != nil {
		return scene{}, t, liveView{}, teamView{}, err
	}
	sc, err := p.scene(ctx, v, sheet)
	if err != nil {
		return sc, t, liveView{}, teamView{}, err
	}
	names, err := p.names(ctx, sc.Voice, []domain.AccountID{t.Head})
	if err != nil {
		return sc, t, liveView{}, teamView{}, err
	}
	tv := sc.teamView(v, t, names[t.Head])
	l := liveView{Lang: v.lang, Now: tv.Now, Until: tv.Until, UntilText: tv.UntilText, Progress: tv.Progress, Done: tv.Done, Want: tv.Want, State: tv.State}
	if missing := t.Missing(sc.Deal.Terms.Pay); missing > 0 && tv.Open {
		l.Missing = v.word("web.deal.missing", sc.In(missing, t.ThresholdUnit, sc.unit(), sc.Deal.Currency))
	}
	l.Joined, l.More, err = p.joined(ctx, sc, t.ID)
	l.Empty = len(l.Joined) == 0
	return sc, t, l, tv, err
}

func (p *Pages) showTeam(w http.ResponseWriter, r *http.Request, v viewer) error {
	sc, t, live, tv, err := p.team(r, v)
	if err != nil {
		return err
	}
	card := sc.Card(sc.DealSheet, say.CardFacts{Point: sc.point("")}).Card
	card.Picture = ownPicture(card.Picture)
	page := teamPage{
		frame: v.frame(p, "web.team.title"), Card: card, Items: sc.itemViews(v), Team: tv, Live: live, LiveURL: v.here("/t/" + t.Token + "/live"), Deal: v.here("/d/" + sc.Deal.Code), Others: v.chat(""),
	}
	page.Title = card.Title
	page.Preview = sc.preview(p, card, live)
	page.Preview.URL = p.BaseURL + "/t/" + t.Token
	return p.render(w, http.StatusOK, "team", page)
}

func (p *Pages) showTeamLive(w http.ResponseWriter, r *http.Request, v viewer) error {
	_, _, live, _, err := p.team(r, v)
	if err != nil {
		return err
	}
	return p.renderPart(w, http.StatusOK, "deal", "live", live)
}

// showQR draws the code of a deal's link. The address in it is ours alone, whatever name this request came by.
func (p *Pages) showQR(w http.ResponseWriter, r *http.Request, _ viewer) error {
	code, isPNG := strings.CutSuffix(r.PathValue("file"), ".png")
	if !isPNG || len(code) > 16 {
		return domain.Refuse(domain.CodeNotFound, domain.WhyNotFound)
	}
	sheet, err := p.Desk.DealByCode(r.Context(), strings.ToUpper(code))
	if err != nil {
		return err
	}
	png, err := qrcode.Encode(p.BaseURL+"/d/"+sheet.Deal.Code, qrcode.Medium, 512)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(png)))
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int((24*time.Hour).Seconds())))
	if _, err := w.Write(png); err != nil {
		p.Log.DebugContext(r.Context(), "a reader left", "err", err)
	}
	return nil
}
