// Package web is the pages of the service beside the web chat: deal, team, order, merchant sheet, the sandbox's cashier,
// the console and the operator's one-time link. Each is drawn on the server and works without script.
//
// A page calls the Desk and nothing below it. It must not know a channel: who is looking comes through a function that the
// program fills.
package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"tuanbot/assets"
	"tuanbot/domain"
	"tuanbot/handlers"
)

// Cashier is the page side of the sandbox gateway. An unknown number or a wrong key is domain.ErrNotFound; a trade that
// takes no money any more refuses.
type Cashier interface {
	Trade(ctx context.Context, number, key string) (title string, p domain.GatewayPayment, expires time.Time, err error)
	PayWith(ctx context.Context, number, key string) error
	Decline(ctx context.Context, number, key string) error
}

// OperatorLinks are one-time links; Use is true exactly once.
type OperatorLinks interface {
	Known(ctx context.Context, token string) (bool, error)
	Use(ctx context.Context, token string) (bool, error)
}

// Inside is a platform in whose own browser our pages are read: there a script of the platform's channel gives them a card
// when they are shared.
type Inside struct {
	Mark   string // stands in the browser's name
	Script string // path of the channel's script
	Origin string // where that script may load more from
}

// Config is what the pages need.
type Config struct {
	Desk   *handlers.Desk
	Outbox domain.Outbox
	// Who is the account of who looks at a page; an account without id is somebody we have not spoken with yet.
	Who func(r *http.Request) (domain.Account, bool)
	// SignIn brings whoever sends a form into this browser's session: as who they are, or as a newcomer with the name of the
	// form's field "name". A refusal says what is wrong with the name. Nil: only who is signed in can become operator.
	SignIn  func(w http.ResponseWriter, r *http.Request) (domain.Account, error)
	Cashier Cashier // nil: no sandbox
	// Sandbox shows the red bar on every page.
	Sandbox bool
	Links   OperatorLinks
	Inside  []Inside
	BaseURL string // without a slash at the end; QR codes and previews carry it and nothing else
	Clock   func() time.Time
	Log     *slog.Logger
}

// Pages are the pages.
type Pages struct {
	Config
	secure bool
	cross  *http.CrossOriginProtection
	writes *limiter
	misses *limiter
	pages  map[string]*template.Template
}

// New checks the settings and reads the templates.
func New(c Config) (*Pages, error) {
	if c.Desk == nil || c.Outbox == nil || c.Who == nil || c.Links == nil || c.Clock == nil || c.Log == nil {
		return nil, errors.New("pages need a desk, an outbox, who is looking, operator links, a clock and a log")
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("pages need the address that people use, not %q", c.BaseURL)
	}
	p := &Pages{
		Config: c, secure: base.Scheme == "https", cross: http.NewCrossOriginProtection(), pages: map[string]*template.Template{},
		writes: newLimiter(c.Clock, 60), misses: newLimiter(c.Clock, 120),
	}
	if err := p.cross.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("trust our own address: %w", err)
	}
	for _, name := range []string{"deal", "team", "order", "sheet", "cashier", "console", "console_deal", "operator", "problem"} {
		page, err := assets.Page("pages/parts.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read pages: %w", err)
		}
		p.pages[name] = page
	}
	return p, nil
}

// route is one door and what stands behind it.
type route struct {
	pattern string
	serve   func(w http.ResponseWriter, r *http.Request, v viewer) error
}

// routes are all doors of this package; a test walks them.
func (p *Pages) routes() []route {
	rs := []route{
		{"GET /d/{code}", p.showDeal},
		{"GET /d/{code}/live", p.showDealLive},
		{"GET /t/{token}", p.showTeam},
		{"GET /t/{token}/live", p.showTeamLive},
		{"GET /o/{token}", p.showOrder},
		{"POST /o/{token}/pay", p.payOrder},
		{"GET /m/{token}", p.showSheet},
		{"POST /m/{token}", p.answerSheet},
		{"GET /qr/{file}", p.showQR},
		{"POST /look", p.setLook},
		{"GET /console", p.showConsole},
		{"GET /console/deals/{code}", p.showConsoleDeal},
		{"POST /console/deals/{code}/revoke", p.revokeSheet},
		{"POST /console/letters", p.resendLetters},
		{"POST /console/refunds", p.retryRefund},
		{"POST /console/orphans", p.solveOrphan},
		{"POST /console/roles", p.changeRole},
		{"GET /operator/{token}", p.showOperator},
		{"POST /operator/{token}", p.becomeOperator},
	}
	if p.Cashier != nil {
		rs = append(rs, route{"GET /pay/sandbox/{number}", p.showCashier}, route{"POST /pay/sandbox/{number}", p.pressCashier})
	}
	return rs
}

// Routes mounts the pages; whatever nobody else serves gets the page that says so.
func (p *Pages) Routes(mux *http.ServeMux) {
	for _, r := range p.routes() {
		mux.Handle(r.pattern, p.door(r.serve))
	}
	mux.Handle("/", p.door(func(http.ResponseWriter, *http.Request, viewer) error {
		return domain.Refuse(domain.CodeNotFound, domain.WhyNotFound)
	}))
}
