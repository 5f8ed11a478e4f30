package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// The people of the access matrix.
var everybody = []string{"owner", "member", "leader", "other leader", "operator", "nobody"}

// estate is a town with something behind every door, and the people who knock.
type estate struct {
	*block
	names map[string]string // of the matrix → who signs in
	paths map[string]string // pattern → an address that fits
	forms map[string][]string
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{block: open(t), names: map[string]string{"owner": "小明", "member": "王姐", "leader": "李姐", "other leader": "赵姐", "operator": "站长", "nobody": ""}}
	chat := e.NewChat("别的小区")
	e.Grant(e.neighbour("赵姐"), domain.RoleLeader, string(chat.ID))
	e.Grant(e.neighbour("站长"), domain.RoleOperator, "")
	s, sum := e.summed()
	orders, err := e.Desk.OrdersOf(t.Context(), e.neighbour("小明").ID, 1)
	e.Must(err)
	open := e.Post(func(*domain.PostCommand) {})
	unpaid := e.Join(open, e.neighbour("小明"), 1)
	_, address := e.StartPayment(unpaid)
	pay, err := url.Parse(address)
	e.Must(err)
	_, err = e.Desk.PaymentTold(t.Context(), "sandbox", domain.GatewayPayment{Number: "X", State: domain.PaymentPaid, Transaction: "SBX1", Amount: money.Yuan(1), PaidAt: e.Clock.Now()})
	e.Must(err)
	e.Must(e.links.Add(t.Context(), "oplink"))
	e.paths = map[string]string{
		"GET /d/{code}": "/d/" + s.Deal.Code, "GET /d/{code}/live": "/d/" + s.Deal.Code + "/live",
		"GET /t/{token}": "/t/" + s.Teams[0].Token, "GET /t/{token}/live": "/t/" + s.Teams[0].Token + "/live",
		"GET /o/{token}": "/o/" + orders[0].Token, "POST /o/{token}/pay": "/o/" + unpaid.Token + "/pay",
		"GET /m/{token}": "/m/" + sum.Token, "POST /m/{token}": "/m/" + sum.Token,
		"GET /qr/{file}": "/qr/" + s.Deal.Code + ".png", "POST /look": "/look",
		"GET /console": "/console", "GET /console/deals/{code}": "/console/deals/" + s.Deal.Code,
		"POST /console/deals/{code}/revoke": "/console/deals/" + s.Deal.Code + "/revoke", "POST /console/letters": "/console/letters",
		"POST /console/refunds": "/console/refunds", "POST /console/orphans": "/console/orphans", "POST /console/roles": "/console/roles",
		"GET /operator/{token}": "/operator/oplink", "POST /operator/{token}": "/operator/wrong",
		"GET /pay/sandbox/{number}": pay.RequestURI(), "POST /pay/sandbox/{number}": pay.RequestURI(),
	}
	e.forms = map[string][]string{
		"POST /m/{token}": {"answer", "got"}, "POST /look": {"lang", "zh"}, "POST /console/deals/{code}/revoke": {"number", "77"}, "POST /console/letters": {"letter", "999999"},
		"POST /console/refunds": {"refund", "none"}, "POST /console/orphans": {"transaction", "none", "note", "x"},
		"POST /console/roles": {"home", "home", "account", string(e.neighbour("王姐").ID), "role", "merchant", "do", "remove"}, "POST /pay/sandbox/{number}": {"do", "decline"},
	}
	return e
}

// matrix is who may open which door: owner, other member, leader, other leader, operator, nobody. What stands behind a
// capability in the address (deal code, team, sheet and pay links) is open to all who hold it; 404 and 400 after a door
// mean that the person was let in and the made-up thing was not found.
var matrix = map[string][6]int{
	"GET /d/{code}":                     {200, 200, 200, 200, 200, 200},
	"GET /d/{code}/live":                {200, 200, 200, 200, 200, 200},
	"GET /t/{token}":                    {200, 200, 200, 200, 200, 200},
	"GET /t/{token}/live":               {200, 200, 200, 200, 200, 200},
	"GET /o/{token}":                    {200, 404, 200, 404, 200, 200},
	"POST /o/{token}/pay":               {303, 404, 403, 404, 403, 403},
	"GET /m/{token}":                    {200, 200, 200, 200, 200, 200},
	"POST /m/{token}":                   {303, 303, 303, 303, 303, 303},
	"GET /qr/{file}":                    {200, 200, 200, 200, 200, 200},
	"POST /look":                        {303, 303, 303, 303, 303, 303},
	"GET /console":                      {403, 403, 200, 200, 200, 401},
	"GET /console/deals/{code}":         {403, 403, 200, 403, 200, 401},
	"POST /console/deals/{code}/revoke": {403, 403, 404, 403, 403, 401},
	"POST /console/letters":             {403, 403, 403, 403, 303, 401},
	"POST /console/refunds":             {403, 403, 403, 403, 404, 401},
	"POST /console/orphans":             {403, 403, 403, 403, 404, 401},
	"POST /console/roles":               {403, 403, 403, 403, 303, 401},
	"GET /operator/{token}":             {200, 200, 200, 200, 200, 200},
	"POST /operator/{token}":            {404, 404, 404, 404, 404, 404},
	"GET /pay/sandbox/{number}":         {200, 200, 200, 200, 200, 200},
	"POST /pay/sandbox/{number}":        {303, 303, 303, 303, 303, 303},
}

func TestWhoMayOpenWhat(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for _, pattern := range e.pages.Patterns() {
		want, known := matrix[pattern]
		path := e.paths[pattern]
		if !known || path == "" {
			t.Errorf("%s has no row in the matrix", pattern)
			continue
		}
		method, _, _ := strings.Cut(pattern, " ")
		for i, who := range everybody {
			form := url.Values{"id": {pattern + who}}
			for j := 0; j+1 < len(e.forms[pattern]); j += 2 {
				form.Set(e.forms[pattern][j], e.forms[pattern][j+1])
			}
			if got := e.call(method, path, e.names[who], form); got.status != want[i] {
				t.Errorf("%s as %s: %d, want %d: %s", pattern, who, got.status, want[i], plain(got.text))
			}
		}
	}
}

func TestHeadersOnEveryRoute(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for _, pattern := range append(e.pages.Patterns(), "GET /nowhere") {
		method, path, _ := strings.Cut(pattern, " ")
		if e.paths[pattern] != "" {
			path = e.paths[pattern]
		}
		h := e.call(method, path, "站长", url.Values{}).header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "X-Robots-Tag": "noindex",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q", pattern, name, got)
			}
		}
		if got := h.Get("Cache-Control"); got != "no-store" && !strings.HasPrefix(pattern, "GET /qr/") {
			t.Errorf("%s may be cached: %q", pattern, got)
		}
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for _, pattern := range e.pages.Patterns() {
		method, _, _ := strings.Cut(pattern, " ")
		if method != http.MethodPost {
			continue
		}
		for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.test"}, {"Origin", "null"}} {
			if a := e.call(method, e.paths[pattern], "站长", url.Values{"do": {"pay"}}, h...); a.status != http.StatusForbidden {
				t.Errorf("%s with %v: %d", pattern, h, a.status)
			}
		}
		big := url.Values{"problem": {strings.Repeat("x", 70<<10)}}
		if a := e.call(method, e.paths[pattern], "站长", big); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with 70 KB: %d", pattern, a.status)
		}
		if a := e.call(http.MethodGet, strings.ReplaceAll(e.paths[pattern], "/pay?", "/?"), "站长", nil); a.status >= 500 {
			t.Errorf("GET instead of %s: %d", pattern, a.status)
		}
	}
}

// nasty are strings that want to be more than text.
var nasty = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><script>`, `{{.Lang}}`, `javascript:alert(1)`,
	"\u202eevil\u202c", "a\u0000b\r\nSet-Cookie: x=1", `=HYPERLINK("http://evil")`, `]]><!--`, "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", `\"><svg/onload=alert(1)>`,
}

func TestNastyTextStaysText(t *testing.T) {
	t.Parallel()
	b := open(t)
	for i, text := range nasty {
		who := b.neighbour("n" + itoa(int64(i)))
		who.Name = text
		b.Must(b.DB.InTx(t.Context(), func(tx domain.Tx) error { return tx.SaveAccount(t.Context(), who) }))
		s := b.Post(func(c *domain.PostCommand) {
			c.Terms.Title, c.Terms.Note, c.Terms.PickupTime, c.Terms.Picture = "t"+text, text, text, text
			c.Items[0].Name, c.Items[0].Spec, c.Items[0].Unit = "i"+text, text, "份"
			c.Terms.Pay, c.Terms.Cap, c.Terms.CapUnit = domain.PayOffline, 3, domain.UnitShares
		})
		b.know(domain.Account{ID: who.ID, Name: "nasty", Lang: domain.Chinese})
		o := b.Join(s, who, 3)
		b.Work()
		pages := []string{
			"/d/" + s.Deal.Code, "/d/" + s.Deal.Code + "/live", "/o/" + o.Token, "/console/deals/" + s.Deal.Code, "/console?done=" + url.QueryEscape(text),
			"/d/" + url.PathEscape(text), "/m/x?said=" + url.QueryEscape(text), "/d/" + s.Deal.Code + "?as=" + url.QueryEscape(text),
		}
		if all, err := b.Desk.SummariesOf(t.Context(), s.Deal.ID); err == nil && len(all) == 1 {
			pages = append(pages, "/m/"+all[0].Token)
		} else {
			t.Errorf("%q: no summary, %v", text, err)
		}
		for _, path := range pages {
			a := b.get(path, "李姐")
			if a.status >= 500 {
				t.Errorf("%q breaks %s: %d", text, path, a.status)
			}
			for _, bad := range []string{"<script>alert", "<img src=x", "onmouseover='alert", "<svg/onload", "\u202e", `href="javascript:`, "\x00"} {
				if strings.Contains(a.text, bad) {
					t.Errorf("%q gets through to %s as %q", text, path, bad)
				}
			}
			if a.header.Get("Set-Cookie") != "" {
				t.Errorf("%q sets a cookie on %s", text, path)
			}
		}
	}
}

func TestProblemsSpeakToProgramsToo(t *testing.T) {
	t.Parallel()
	b := open(t)
	a := b.call(http.MethodGet, "/d/NONE", "", nil, "Accept", "application/json")
	var body map[string]string
	if err := json.Unmarshal([]byte(a.text), &body); err != nil || a.status != 404 || body["code"] != "not_found" || body["message"] == "" {
		t.Errorf("%d %s %v", a.status, a.text, err)
	}
}

func TestFaultsAreKindAndSecret(t *testing.T) {
	t.Parallel()
	b := open(t)
	s := b.Post(func(*domain.PostCommand) {})
	b.Must(b.DB.Close())
	a := b.get("/d/"+s.Deal.Code, "")
	if a.status != 500 && a.status != 503 {
		t.Errorf("a dead database gives %d", a.status)
	}
	if text := plain(a.text); !strings.Contains(text, "编号") || strings.Contains(text, "sql") || strings.Contains(text, "closed") {
		t.Errorf("it says %q", text)
	}
}

func TestTooManyWritesAndMisses(t *testing.T) {
	t.Parallel()
	b := open(t)
	mux := http.NewServeMux()
	b.pages.Routes(mux)
	ask := func(method, path, from string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("429 without a time to wait")
		}
		return w.Code
	}
	var codes []int
	for range 130 {
		codes = append(codes, ask(http.MethodGet, "/d/ZZZZZ", "203.0.113.7:1"))
	}
	if codes[119] != 404 || codes[120] != 429 {
		t.Errorf("misses: %v", codes[115:])
	}
	if got := ask(http.MethodGet, "/d/ZZZZZ", "203.0.113.8:1"); got != 404 {
		t.Errorf("another address: %d", got)
	}
	codes = nil
	for range 70 {
		codes = append(codes, ask(http.MethodPost, "/look", "203.0.113.9:1"))
	}
	if codes[59] != 303 || codes[60] != 429 {
		t.Errorf("writes: %v", codes[55:])
	}
	b.Clock.Forward(61e9)
	if got := ask(http.MethodPost, "/look", "203.0.113.9:1"); got != 303 {
		t.Errorf("a minute later: %d", got)
	}
	if i := slices.Index(codes, 500); i >= 0 {
		t.Errorf("call %d broke", i)
	}
}
