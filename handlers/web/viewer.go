package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tuanbot/assets"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/notify/say"
)

// viewer is who looks at a page and how they like to read.
type viewer struct {
	domain.Account
	lang  string
	elder bool
	// as is the person whom this browser tab acts as in the sandbox; links and forms carry it on, and every request is
	// checked anew by whoever knows the session.
	as string
	// path is where the viewer is, to come back to.
	path string
}

const lookCookie = "tuanbot_look"

func (p *Pages) viewer(r *http.Request) viewer {
	v := viewer{path: r.URL.EscapedPath()}
	if r.URL.RawQuery != "" {
		v.path += "?" + r.URL.Query().Encode()
	}
	acc, ok := p.Who(r)
	if ok {
		v.Account = acc
		v.as = actsAs(r)
	}
	v.lang = string(v.Lang)
	if v.lang == "" {
		v.lang = preferred(r)
	}
	if c, err := r.Cookie(lookCookie); err == nil {
		lang, size, _ := strings.Cut(c.Value, "-")
		if lang == "zh" || lang == "en" {
			v.lang = lang
		}
		v.elder = size == "elder"
	}
	return v
}

// actsAs reads the tab's person from the address, or from the page that led here.
func actsAs(r *http.Request) string {
	if as := r.URL.Query().Get("as"); as != "" {
		return as
	}
	ref, err := url.Parse(r.Referer())
	if err != nil || ref.Host != r.Host {
		return ""
	}
	if as := ref.Query().Get("as"); as != "" {
		return as
	}
	rest, acting := strings.CutPrefix(ref.Path, "/as/")
	if !acting {
		return ""
	}
	as, _, _ := strings.Cut(rest, "/")
	return as
}

// preferred is the language a browser asks for, Chinese unless it says English first.
func preferred(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") {
		return "en"
	}
	return "zh"
}

// here carries the acting person on to another page of ours.
func (v viewer) here(path string) string {
	if v.as == "" || strings.Contains(path, "?as=") || strings.Contains(path, "&as=") {
		return path
	}
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return path + sep + "as=" + url.QueryEscape(v.as)
}

// chat leads into the chat, to a deal or team if open names one ("deal-CODE").
func (v viewer) chat(open string) string {
	path := "/"
	if v.as != "" {
		path = "/as/" + url.PathEscape(v.as) + "/"
	}
	if open != "" {
		path += "?open=" + url.QueryEscape(open)
	}
	return path
}

func (v viewer) isKnown() bool { return v.ID != "" }

func (v viewer) word(key string, args ...any) string { return assets.Word(v.lang, key, args...) }

// spaced is a time that Chinese words follow: a space keeps digits apart from them.
func (v viewer) spaced(clock string) string {
	if v.lang == "zh" && clock != "" && clock[len(clock)-1] >= '0' && clock[len(clock)-1] <= '9' {
		return clock + " "
	}
	return clock
}

// refusal is a refusal in the viewer's words.
func (v viewer) refusal(ref *domain.Refusal) string {
	for _, key := range []string{"web.refused." + string(ref.Why), "refused." + string(ref.Why)} {
		if text := v.word(key); text != key && !strings.Contains(text, "%") {
			return text
		}
	}
	if ref.Why == domain.WhySlowDown {
		return v.word("refused.slow_down", ref.Params["seconds"])
	}
	return v.word("refused.other")
}

// voice speaks to the viewer about a community's deals.
func (v viewer) voice(p *Pages, zone *time.Location, now time.Time) say.Voice {
	return say.Voice{Lang: domain.Lang(v.lang), Zone: zone, Now: now, BaseURL: p.BaseURL}
}

// frame is what the layout and the parts around every page need.
type frame struct {
	Lang, Title    string
	Sandbox, Elder bool
	Home, Back     string // the chat; this page
	As             string // hidden in forms
	Me             string
	Preview        *preview
}

// preview is what a chat program shows of a link to this page.
type preview struct{ Title, Text, URL, Image string }

func (v viewer) frame(p *Pages, title string) frame {
	return frame{Lang: v.lang, Title: v.word(title), Sandbox: p.Sandbox, Elder: v.elder, Home: v.chat(""), Back: v.here(v.path), As: v.as, Me: say.Line(v.Name, 12)}
}

// setLook keeps language and size of letters in this browser and goes back.
func (p *Pages) setLook(w http.ResponseWriter, r *http.Request, v viewer) error {
	lang, size := v.lang, "plain"
	if l := r.PostFormValue("lang"); l == "zh" || l == "en" {
		lang = l
	}
	if elder := r.PostFormValue("elder"); elder == "1" || elder == "" && v.elder {
		size = "elder"
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows the public URL; plain http is for this machine
		Name: lookCookie, Value: lang + "-" + size, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther) //nolint:gosec // the target is built from our own paths
	return nil
}

// local lets a form lead back to our own pages only.
func local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return "/"
	}
	return path
}

// scene is a deal with what every page about it needs: the time, the place and how to speak of it.
type scene struct {
	domain.DealSheet
	say.Voice
	home   domain.Community
	points map[domain.PointID]domain.Point
}

func (p *Pages) scene(ctx context.Context, v viewer, s domain.DealSheet) (scene, error) {
	sc := scene{DealSheet: s, points: map[domain.PointID]domain.Point{}}
	homes, err := p.Desk.Communities(ctx)
	if err != nil {
		return sc, err
	}
	for _, h := range homes {
		if h.ID == s.Deal.Community {
			sc.home = h
		}
	}
	points, err := p.Desk.Points(ctx, s.Deal.Community)
	if err != nil {
		return sc, err
	}
	for _, pt := range points {
		sc.points[pt.ID] = pt
	}
	now, err := p.Desk.Now(ctx)
	if err != nil {
		return sc, err
	}
	sc.Voice = v.voice(p, zoneOf(sc.home), now)
	return sc, nil
}

func zoneOf(c domain.Community) *time.Location {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return time.UTC // a zone this machine does not know
	}
	return zone
}

// point is where goods of an order are picked up.
func (sc scene) point(id domain.PointID) domain.Point {
	if id == "" {
		id = sc.Deal.Terms.Point
	}
	return sc.points[id]
}

// leads reports whether the viewer leads the deal.
func (sc scene) leads(v viewer) bool { return v.isKnown() && handlers.LeadsAs(sc.DealSheet, v.Account) }

// isOperator reports whether the viewer runs the service.
func (p *Pages) isOperator(ctx context.Context, v viewer) (bool, error) {
	if !v.isKnown() {
		return false, nil
	}
	return p.Desk.Can(ctx, v.ID, domain.RoleOperator, "")
}

// names are the names of people, cut and cleaned for showing.
func (p *Pages) names(ctx context.Context, voice say.Voice, ids []domain.AccountID) (map[domain.AccountID]string, error) {
	people, err := p.Desk.Accounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[domain.AccountID]string, len(people))
	for id, a := range people {
		out[id] = voice.Name(a.Name)
	}
	return out, nil
}
