package wechat

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tuanbot/bot/fake"
)

// opened are the bodies of the callbacks that came, each signed and sealed as the platform does it.
func (h *hand) opened() (all []string) {
	h.t.Helper()
	for i, raw := range h.heard {
		q, err := url.ParseQuery(h.query[i])
		var env struct{ ToUserName, Encrypt string }
		if err != nil || xml.Unmarshal([]byte(raw), &env) != nil || env.ToUserName == "" || q.Get("openid") == "" || q.Get("encrypt_type") != "aes" {
			h.t.Fatalf("%s: %s", h.query[i], raw)
		}
		if q.Get("signature") != fake.Sign("token", q.Get("timestamp"), q.Get("nonce")) || q.Get("msg_signature") != fake.Sign("token", q.Get("timestamp"), q.Get("nonce"), env.Encrypt) {
			h.t.Error("badly signed")
		}
		body, err := fake.Unseal(testKey, testApp, env.Encrypt)
		if err != nil {
			h.t.Error(err)
		}
		all = append(all, string(body))
	}
	return all
}

// A callback that nobody answers well comes four times, each time the same, and the person is told of the trouble.
func TestCallbacksComeFourTimesAlike(t *testing.T) {
	t.Parallel()
	for name, bot := range map[string]func(n int, r *http.Request) (int, string){
		"refuses":     func(int, *http.Request) (int, string) { return 503, "" },
		"says 201":    func(int, *http.Request) (int, string) { return 201, "success" },
		"is too slow": func(_ int, r *http.Request) (int, string) { <-r.Context().Done(); return 200, "success" },
		"babbles":     func(int, *http.Request) (int, string) { return 200, "ok" },
	} {
		h := newHand(t, Service)
		h.bot = bot
		if err := h.town.Say(t.Context(), ming, "", "+2"); err == nil {
			t.Errorf("%s: no error", name)
		}
		bodies := h.opened()
		if len(bodies) != 4 {
			t.Errorf("%s: delivered %d times", name, len(bodies))
		}
		for i := range bodies {
			if h.query[i] != h.query[0] || h.heard[i] != h.heard[0] {
				t.Errorf("%s: delivery %d is another", name, i)
			}
		}
		if all := h.town.Shown(ming, ""); all[len(all)-1].Text != unavailable {
			t.Errorf("%s: shown %+v", name, all)
		}
	}
	h := newHand(t, Service)
	h.bot = func(n int, _ *http.Request) (int, string) { return map[bool]int{true: 200, false: 500}[n == 3], "" }
	if err := h.town.Say(t.Context(), ming, "", "+2"); err != nil || len(h.query) != 3 {
		t.Errorf("%v after %d", err, len(h.query))
	}
	h.complains(0, "answered at the third")
}

// Answers are read as strictly as the platform reads them.
func TestAnswersAreReadStrictly(t *testing.T) {
	t.Parallel()
	xmlOf := func(to, content string) string {
		return "<xml>" + tag("ToUserName", to) + tag("FromUserName", account) + "<CreateTime>1777636800</CreateTime>" + tag("MsgType", "text") + "<Content>" + content + "</Content></xml>"
	}
	seal := func(h *hand, key, token, body string) string {
		sealed, err := fake.Seal(key, testApp, []byte("0123456789abcdef"), []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		stamp := fmt.Sprint(h.now.Unix())
		return "<xml>" + tag("Encrypt", sealed) + tag("MsgSignature", fake.Sign(token, stamp, "n", sealed)) + "<TimeStamp>" + stamp + "</TimeStamp><Nonce>n</Nonce></xml>"
	}
	for name, c := range map[string]struct {
		body func(h *hand) string
		good bool
	}{
		"good":          {func(h *hand) string { return seal(h, testKey, "token", xmlOf(ming, "<![CDATA[好]]>")) }, true},
		"plain":         {func(*hand) string { return xmlOf(ming, "<![CDATA[好]]>") }, false},
		"bad signature": {func(h *hand) string { return seal(h, testKey, "other", xmlOf(ming, "<![CDATA[好]]>")) }, false},
		"another key": {func(h *hand) string {
			return seal(h, strings.Repeat("z", 42)+"A", "token", xmlOf(ming, "<![CDATA[好]]>"))
		}, false},
		"empty message": {func(h *hand) string { return seal(h, testKey, "token", "") }, false},
		"somebody else": {func(h *hand) string { return seal(h, testKey, "token", xmlOf("oAnn", "<![CDATA[好]]>")) }, false},
		"control signs": {func(h *hand) string { return seal(h, testKey, "token", xmlOf(ming, "<![CDATA[a\x01b]]>")) }, false},
		"too long": {func(h *hand) string {
			return seal(h, testKey, "token", xmlOf(ming, "<![CDATA["+strings.Repeat("团", 683)+"]]>"))
		}, false},
		"no words": {func(h *hand) string { return seal(h, testKey, "token", xmlOf(ming, "<![CDATA[]]>")) }, false},
	} {
		h := newHand(t, Service)
		h.bot = func(int, *http.Request) (int, string) { return 200, c.body(h) }
		err := h.town.Say(t.Context(), ming, "", "+2")
		if good := err == nil && len(h.town.Faults()) == 0; good != c.good {
			t.Errorf("%s: %v, %q", name, err, h.town.Faults())
		}
	}
}
