package wechat

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tuanbot/bot/fake"
)

const (
	testApp = "wxfake0001"
	testKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	ming    = "oMing"
)

// hand is a town, a clock and a bot that answers what the test says.
type hand struct {
	t     *testing.T
	town  *Town
	now   time.Time
	query []string // of the callbacks that came
	heard []string // their bodies, opened
	bot   func(n int, r *http.Request) (int, string)
	last  string // what an interface said last
}

// RoundTrip is the bot's side of every callback.
func (h *hand) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	h.query = append(h.query, r.URL.RawQuery)
	h.heard = append(h.heard, string(raw))
	code, body := 200, "success"
	if h.bot != nil {
		code, body = h.bot(len(h.query), r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func newHand(t *testing.T, kind Kind) *hand {
	t.Helper()
	h := &hand{t: t, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	h.town = New(Config{
		AppID: testApp, Secret: "app-secret", Token: "token", AESKey: testKey, Hook: "https://bot.test/hook", Site: "bot.test", Kind: kind,
		Patience: 30 * time.Millisecond, Clock: func() time.Time { return h.now }, Random: rand.Reader, HTTP: &http.Client{Transport: h},
	})
	h.town.AddPerson(fake.Person{ID: ming, Name: "小明"}, true)
	h.town.AddTemplate(Template{ID: "tpl", Title: "到货", Fields: []string{"thing1", "amount2"}})
	h.town.AddTemplate(Template{ID: "sub", Title: "到货", Fields: []string{"thing1"}, Notice: true})
	return h
}

// result is what an interface said; every one has status 200.
type result map[string]any

func (a result) code() int {
	n, _ := a["errcode"].(float64)
	return int(n)
}

func (h *hand) raw(method, path, kind string, q url.Values, body []byte) result {
	h.t.Helper()
	req := httptest.NewRequestWithContext(h.t.Context(), method, path+"?"+q.Encode(), bytes.NewReader(body))
	req.Header.Set("Content-Type", kind)
	res := httptest.NewRecorder()
	h.town.Handler().ServeHTTP(res, req)
	h.last = res.Body.String()
	var out result
	if err := json.Unmarshal(res.Body.Bytes(), &out); err != nil || res.Code != http.StatusOK {
		h.t.Fatalf("%s: status %d: %s", path, res.Code, res.Body)
	}
	return out
}

func (h *hand) stable(secret string, force bool) result {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"grant_type": "client_credential", "appid": testApp, "secret": secret, "force_refresh": force})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.raw(http.MethodPost, "/cgi-bin/stable_token", "application/json", nil, body)
}

func (h *hand) token() string {
	h.t.Helper()
	s, _ := h.stable("app-secret", false)["access_token"].(string)
	return s
}

// call is one call with a valid token.
func (h *hand) call(path string, body any) result {
	h.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.raw(http.MethodPost, path, "application/json", url.Values{"access_token": {h.token()}}, raw)
}

// wants is a call with the code that it must be answered with, and whether it is a broken rule too.
func (h *hand) wants(code, faults int, path string, body any) result {
	h.t.Helper()
	got := h.call(path, body)
	if got.code() != code {
		h.t.Errorf("%s answers %v, want %d", path, got, code)
	}
	h.complains(faults, path)
	return got
}

// complains checks how much was complained of, and forgets it.
func (h *hand) complains(want int, of string) {
	h.t.Helper()
	if all := h.town.Faults(); len(all) != want {
		h.t.Errorf("%s: %d complaints, want %d: %q", of, len(all), want, all)
	}
	h.town.mu.Lock()
	h.town.faults = nil
	h.town.mu.Unlock()
}

type object = map[string]any

const (
	custom   = "/cgi-bin/message/custom/send"
	template = "/cgi-bin/message/template/send"
	bizsend  = "/cgi-bin/message/subscribe/bizsend"
	qrcreate = "/cgi-bin/qrcode/create"
)

func text(s string) object {
	return object{"touser": ming, "msgtype": "text", "text": object{"content": s}}
}

// Everybody who asks gets one token; forcing a new one ends it and is rationed; the old interface is not to be used.
func TestTokens(t *testing.T) {
	t.Parallel()
	h := newHand(t, Service)
	first := h.stable("app-secret", false)
	if lasts, _ := first["expires_in"].(float64); lasts < 1600 || first["access_token"] != h.token() || first["errmsg"] != nil {
		t.Errorf("%v", first)
	}
	if got := h.stable("wrong", false); got.code() != 40125 {
		t.Errorf("%v", got)
	}
	h.town.CloseIPList("203.0.113.9")
	if got := h.stable("app-secret", false); got.code() != 40164 || !strings.Contains(fmt.Sprint(got["errmsg"]), "203.0.113.9") {
		t.Errorf("%v", got)
	}
	h.town.CloseIPList("")
	for i := range 20 {
		if got := h.stable("app-secret", true); got.code() != 0 || got["access_token"] == first["access_token"] {
			t.Errorf("%d: %v", i, got)
		}
		h.now = h.now.Add(31 * time.Second)
	}
	h.complains(0, "20 forced")
	if got := h.stable("app-secret", true); got.code() != 45009 {
		t.Errorf("the 21st: %v", got)
	}
	h.complains(1, "the 21st")
	q := url.Values{"access_token": {fmt.Sprint(first["access_token"])}}
	if got := h.raw(http.MethodPost, custom, "application/json", q, []byte("{}")); got.code() != 40001 {
		t.Errorf("the old one: %v", got)
	}
	q.Set("access_token", h.token())
	h.town.Expire()
	if got := h.raw(http.MethodPost, custom, "application/json", q, []byte("{}")); got.code() != 42001 {
		t.Errorf("one that has ended: %v", got)
	}
	if got := h.raw(http.MethodGet, "/cgi-bin/token", "", nil, nil); got.code() == 0 {
		t.Errorf("%v", got)
	}
	h.complains(1, "the old interface")
}

func TestForcingTooSoon(t *testing.T) {
	t.Parallel()
	h := newHand(t, Service)
	h.stable("app-secret", true)
	h.now = h.now.Add(29 * time.Second)
	if got := h.stable("app-secret", true); got.code() != 45009 {
		t.Errorf("%v", got)
	}
	h.complains(1, "after 29 s")
}

// A good code carries no errmsg, so that a client which takes any for an error is not led astray by the stand-in.
func TestCodes(t *testing.T) {
	t.Parallel()
	h := newHand(t, Service)
	ask := func(action, scene string, lasts int) object {
		return object{"action_name": action, "expire_seconds": lasts, "action_info": object{"scene": object{"scene_str": scene}}}
	}
	got := h.wants(0, 0, qrcreate, ask("QR_STR_SCENE", strings.Repeat("s", 64), 2592000))
	if _, said := got["errmsg"]; said || got["url"] == nil || !strings.ContainsAny(fmt.Sprint(got["ticket"]), "+/=") {
		t.Errorf("%v", got)
	}
	if got := h.wants(0, 0, qrcreate, ask("QR_STR_SCENE", "s", 0)); got["expire_seconds"] != 60.0 {
		t.Errorf("%v", got)
	}
	h.wants(40053, 1, qrcreate, ask("QR_STR_SCENE", strings.Repeat("s", 65), 60))
	h.wants(40053, 1, qrcreate, ask("QR_STR_SCENE", "s", 2592001))
	h.wants(40053, 1, qrcreate, ask("QR_STR_SCENE", "", 60))
	h.wants(40053, 1, qrcreate, ask("QR_LIMIT_STR_SCENE", "s", 0))
}

// The table of triggers: so many messages, so long, and a new trigger begins anew.
func TestWindows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(h *hand) error
		most int
		last time.Duration
	}{
		"message": {func(h *hand) error { return h.town.Say(t.Context(), ming, "", "hi") }, 5, 48 * time.Hour},
		"picture": {func(h *hand) error { return h.town.SayPicture(t.Context(), ming, "https://x.test/1") }, 5, 48 * time.Hour},
		"follow":  {func(h *hand) error { return h.town.Follow(t.Context(), ming) }, 3, time.Minute},
		"scan":    {func(h *hand) error { return h.town.Open(t.Context(), ming, "deal D") }, 3, time.Minute},
		"click":   {func(h *hand) error { return h.town.Click(t.Context(), ming, "订单") }, 3, time.Minute},
		"msgmenu": {func(h *hand) error { return h.town.text(t.Context(), ming, "好", "101") }, 3, time.Minute},
	} {
		h := newHand(t, Service)
		h.wants(45015, 0, custom, text("before"))
		h.wants(0, 0, "/cgi-bin/menu/create", object{"button": []object{{"type": "click", "name": "订单", "key": "orders"}}})
		for range 2 {
			if err := c.do(h); err != nil {
				t.Fatal(name, err)
			}
			for range c.most {
				h.wants(0, 0, custom, text("x"))
			}
			h.wants(45047, 0, custom, text("one more"))
		}
		if err := c.do(h); err != nil {
			t.Fatal(name, err)
		}
		h.now = h.now.Add(c.last - time.Second)
		h.wants(0, 0, custom, text("just in time"))
		h.now = h.now.Add(time.Second)
		h.wants(45015, 0, custom, text("too late"))
	}
	h := newHand(t, Service)
	h.wants(40003, 0, custom, object{"touser": "oNobody", "msgtype": "text", "text": object{"content": "x"}})
	if err := h.town.Say(t.Context(), ming, "", "hi"); err != nil {
		t.Fatal(err)
	}
	h.wants(45002, 1, custom, text(strings.Repeat("团", 683))) // 2049 bytes
	h.wants(0, 0, custom, text(strings.Repeat("团", 682)))
	h.wants(0, 1, custom, text("a\x01b"))
	h.town.Unwilling(ming, true)
	h.wants(48002, 0, custom, text("x"))
	h.town.Unwilling(ming, false)
	if err := h.town.Leave(t.Context(), ming); err != nil {
		t.Fatal(err)
	}
	h.wants(45015, 0, custom, text("x"))
}

// What each kind of account may do; what it may not is 48001.
func TestKindsOfAccount(t *testing.T) {
	t.Parallel()
	for kind, lacks := range map[Kind]string{Service: "", Test: "", Subscription: "template bizsend qrcode oauth", Unverified: "custom template bizsend qrcode ticket upload oauth"} {
		h := newHand(t, kind)
		for name, code := range map[string]func() int{
			"custom":   func() int { return h.call(custom, text("x")).code() },
			"template": func() int { return h.call(template, object{"touser": ming}).code() },
			"bizsend":  func() int { return h.call(bizsend, object{"touser": ming}).code() },
			"qrcode":   func() int { return h.call(qrcreate, object{}).code() },
			"ticket": func() int {
				return h.raw(http.MethodGet, "/cgi-bin/ticket/getticket", "", url.Values{"access_token": {h.token()}, "type": {"jsapi"}}, nil).code()
			},
			"upload": func() int { return h.upload("media", "\x89PNG").code() },
			"oauth": func() int {
				return h.raw(http.MethodGet, "/sns/oauth2/access_token", "", url.Values{"appid": {testApp}, "secret": {"app-secret"}, "code": {"none"}}, nil).code()
			},
		} {
			if no := code() == 48001; no != strings.Contains(lacks, name) {
				t.Errorf("%s of a %s account: refused %v", name, kind, no)
			}
		}
		menu := object{"touser": ming, "msgtype": "msgmenu", "msgmenu": object{"head_content": "x", "list": []object{{"id": "1", "content": "a"}}}}
		if kind == Unverified {
			continue
		}
		if err := h.town.Say(t.Context(), ming, "", "hi"); err != nil {
			t.Fatal(err)
		}
		if got := h.call(custom, menu).code(); (got == 40200) != (kind != Service) {
			t.Errorf("a pressable menu of a %s account: %d", kind, got)
		}
	}
}

func (h *hand) upload(field, content string) result {
	h.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	w, err := form.CreateFormFile(field, "x.png")
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	if err != nil || form.Close() != nil {
		h.t.Fatal(err)
	}
	return h.raw(http.MethodPost, "/cgi-bin/media/upload", form.FormDataContentType(), url.Values{"access_token": {h.token()}, "type": {"image"}}, b.Bytes())
}

func TestUploads(t *testing.T) {
	t.Parallel()
	h := newHand(t, Service)
	if got := h.upload("media", "\x89PNG"); got.code() != 0 || got["media_id"] == "" {
		t.Errorf("%v", got)
	}
	if got := h.upload("media", "GIF"); got.code() == 0 {
		t.Errorf("%v", got)
	}
	if got := h.upload("media", "\x89PNG"+strings.Repeat("x", 2<<20)); got.code() != 40009 {
		t.Errorf("%v", got)
	}
	h.complains(0, "uploads")
	if got := h.upload("file", "\x89PNG"); got.code() != 41005 {
		t.Errorf("%v", got)
	}
	h.complains(1, "another field")
}

// Templates and notices have ids and rules of their own; the outcome comes as an event.
func TestTemplates(t *testing.T) {
	t.Parallel()
	h := newHand(t, Service)
	value := func(s string) object { return object{"value": s} }
	send := func(id, thing, amount string) object {
		return object{"touser": ming, "template_id": id, "data": object{"thing1": value(thing), "amount2": value(amount)}}
	}
	h.wants(0, 0, template, send("tpl", "葡萄", "¥1.00"))
	_, id, _ := strings.Cut(h.last, `"msgid":`) // too large for a float
	id = strings.TrimRight(id, "}\n")
	h.wants(40037, 1, template, send("sub", "葡萄", "¥1.00"))
	h.wants(40037, 1, bizsend, send("tpl", "葡萄", "¥1.00"))
	if got := h.wants(47003, 1, template, send("tpl", strings.Repeat("葡", 21), "¥1.00")); !strings.Contains(fmt.Sprint(got["errmsg"]), "data.thing1.value") {
		t.Errorf("%v", got)
	}
	h.wants(47003, 1, template, send("tpl", "葡萄", "一块钱"))
	mini := send("tpl", "葡萄", "¥1.00")
	mini["miniprogram"] = object{"appid": "", "pagepath": ""}
	h.wants(40013, 1, template, mini)
	keyed := send("tpl", "葡萄", "¥1.00")
	keyed["client_msg_id"] = "k"
	if a, b := h.wants(0, 0, template, keyed), h.wants(0, 0, template, keyed); a["msgid"] != b["msgid"] {
		t.Errorf("one key, two messages: %v %v", a, b)
	}
	h.town.Block(ming, true)
	h.wants(0, 0, template, send("tpl", "葡萄", "¥1.00"))
	h.town.Block(ming, false)
	h.town.Lose()
	h.wants(0, 0, template, send("tpl", "葡萄", "¥1.00"))
	if err := h.town.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(h.opened(), "\n"); strings.Count(got, "TEMPLATESENDJOBFINISH") != 4 || !strings.Contains(got, "failed:user block") ||
		!strings.Contains(got, "failed: system failed") || !strings.Contains(got, "<MsgID>"+id+"</MsgID>") {
		t.Errorf("%s", got)
	}
	if n := len(h.town.Shown(ming, "")); n != 2 {
		t.Errorf("%d shown", n)
	}
	h.town.AddPerson(fake.Person{ID: ming}, false)
	h.wants(43004, 0, template, send("tpl", "葡萄", "¥1.00"))
}

// One permission is one notice.
func TestConsents(t *testing.T) {
	t.Parallel()
	h := newHand(t, Service)
	notice := object{"touser": ming, "template_id": "sub", "data": object{"thing1": object{"value": "葡萄"}}}
	h.wants(43101, 0, bizsend, notice)
	if err := h.town.Consent(t.Context(), ming, map[string]bool{"sub": true, "other": false}); err != nil {
		t.Fatal(err)
	}
	if got := h.opened()[0]; strings.Count(got, "<List>") != 2 || !strings.Contains(got, "accept") || !strings.Contains(got, "reject") {
		t.Errorf("%s", got)
	}
	h.wants(0, 0, bizsend, notice)
	h.wants(43101, 0, bizsend, notice)
}
