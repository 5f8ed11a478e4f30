package wecom

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	testCorp = "wwfake0001"
	botHook  = "https://bot.test/hook/wecom"
)

func testSeal(n string) Seal {
	return Seal{Token: "token" + n, AESKey: strings.Repeat("k"+n, 21) + "A"}
}

// hand is a town, a clock and a bot that answers what the test says.
type hand struct {
	t    *testing.T
	town *Town
	now  time.Time
	got  []*http.Request
	bot  func(w http.ResponseWriter, r *http.Request)
}

// RoundTrip is the bot's side of every callback.
func (h *hand) RoundTrip(r *http.Request) (*http.Response, error) {
	h.got = append(h.got, r)
	res := httptest.NewRecorder()
	if h.bot != nil {
		h.bot(res, r)
	}
	return res.Result(), nil
}

func newHand(t *testing.T) *hand {
	t.Helper()
	h := &hand{t: t, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	h.town = New(Config{
		CorpID: testCorp, AgentID: 7, AppSecret: "app-secret", KFSecret: "kf-secret", ContactSecret: "contact-secret",
		App: testSeal("1"), KF: testSeal("2"), Bot: testSeal("3"), KFID: "wkFake", BotID: "bot", BotName: "助手", Hook: botHook, Base: "https://api.test",
		Clock: func() time.Time { return h.now }, Random: rand.Reader, HTTP: &http.Client{Transport: h},
	})
	h.town.AddMember("ZhangSan", "张三")
	return h
}

// answer is what an interface said.
type answer map[string]any

func (a answer) code() int {
	n, _ := a["errcode"].(float64)
	return int(n)
}

func (h *hand) call(path string, q url.Values, body any) answer {
	h.t.Helper()
	method, raw := http.MethodGet, []byte(nil)
	switch b := body.(type) {
	case nil:
	case []byte:
		method, raw = http.MethodPost, b
	default:
		var err error
		method = http.MethodPost
		if raw, err = json.Marshal(b); err != nil {
			h.t.Fatal(err)
		}
	}
	res := httptest.NewRecorder()
	h.town.Handler().ServeHTTP(res, httptest.NewRequestWithContext(h.t.Context(), method, "/cgi-bin/"+path+"?"+q.Encode(), bytes.NewReader(raw)))
	var out answer
	if err := json.Unmarshal(res.Body.Bytes(), &out); err != nil || res.Code != http.StatusOK {
		h.t.Fatalf("%s: status %d: %s", path, res.Code, res.Body)
	}
	return out
}

func (h *hand) token(door string) url.Values {
	h.t.Helper()
	got := h.call("gettoken", url.Values{"corpid": {testCorp}, "corpsecret": {door + "-secret"}}, nil)
	token, _ := got["access_token"].(string)
	if token == "" {
		h.t.Fatalf("no token of %s: %v", door, got)
	}
	return url.Values{"access_token": {token}}
}

// faults gives what was complained of, and forgets it.
func (h *hand) faults() int {
	n := len(h.town.Faults())
	h.town.locked(func() { h.town.faults = nil })
	return n
}

type object = map[string]any

// wants makes a call and wants a code, and whether it is a fault too.
func (h *hand) wants(code, faults int, path string, q url.Values, body any) answer {
	h.t.Helper()
	got := h.call(path, q, body)
	if got.code() != code {
		h.t.Errorf("%s answers %v, want %d", path, got, code)
	}
	if n := h.faults(); n != faults {
		h.t.Errorf("%s: %d faults, want %d", path, n, faults)
	}
	return got
}

// A token belongs to one secret: it ends, it does not open other doors, and everybody who asks gets the same.
func TestTokens(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.wants(40013, 0, "gettoken", url.Values{"corpid": {"other"}, "corpsecret": {"app-secret"}}, nil)
	h.wants(40001, 0, "gettoken", url.Values{"corpid": {testCorp}, "corpsecret": {"wrong"}}, nil)
	app, again := h.token("app"), h.token("app")
	if app.Get("access_token") != again.Get("access_token") || app.Get("access_token") == h.token("kf").Get("access_token") {
		t.Error("each secret has one token")
	}
	h.wants(0, 0, "agent/get", url.Values{"access_token": app["access_token"], "agentid": {"7"}}, nil)
	h.wants(301002, 0, "agent/get", url.Values{"access_token": app["access_token"], "agentid": {"8"}}, nil)
	h.wants(40014, 0, "user/get", url.Values{"access_token": {"made up"}}, nil)
	h.wants(40014, 0, "user/get", url.Values{}, nil)
	h.wants(48002, 1, "kf/send_msg", app, object{})
	h.wants(60111, 0, "user/get", url.Values{"access_token": app["access_token"], "userid": {"Nobody"}}, nil)
	h.wants(47001, 1, "message/send", app, []byte("{"))
	h.now = h.now.Add(2 * time.Hour)
	h.wants(42001, 0, "agent/get", app, nil)
	if fresh := h.token("app"); fresh.Get("access_token") == app.Get("access_token") {
		t.Error("a token outlives its end")
	}
	h.town.Fail("/cgi-bin/agent/get", 45009)
	h.wants(45009, 0, "agent/get", app, nil)
}

// Messages of the app: one member, its agent, sizes in bytes, no control characters, cards of a few short buttons.
func TestMessagesOfTheApp(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	app := h.token("app")
	text := func(to, s string) object {
		return object{"touser": to, "msgtype": "text", "agentid": 7, "text": object{"content": s}}
	}
	h.wants(0, 0, "message/send", app, text("ZhangSan", strings.Repeat("x", 2048)))
	h.wants(45002, 1, "message/send", app, text("ZhangSan", strings.Repeat("x", 2049)))
	h.wants(45002, 1, "message/send", app, text("ZhangSan", ""))
	h.wants(0, 1, "message/send", app, text("ZhangSan", "a\x01b"))
	h.wants(40058, 1, "message/send", app, text("@all", "x"))
	h.wants(40058, 1, "message/send", app, text("ZhangSan|LiSi", "x"))
	h.wants(81013, 0, "message/send", app, text("Nobody", "x"))
	h.wants(81013, 0, "message/send", app, text(h.town.AddCustomer("王姐"), "x"))
	h.wants(301002, 0, "message/send", app, object{"touser": "ZhangSan", "msgtype": "text", "agentid": 8})
	h.wants(40008, 1, "message/send", app, object{"touser": "ZhangSan", "msgtype": "voice", "agentid": 7})
	h.wants(40007, 1, "message/send", app, object{"touser": "ZhangSan", "msgtype": "image", "agentid": 7, "image": object{"media_id": "none"}})
	card := func(title, sub string, labels ...string) object {
		var list []object
		for i, l := range labels {
			list = append(list, object{"text": l, "key": fmt.Sprint("k", i), "style": 1})
		}
		return object{"touser": "ZhangSan", "msgtype": "template_card", "agentid": 7, "template_card": object{
			"card_type": "button_interaction", "main_title": object{"title": title}, "sub_title_text": sub, "task_id": "t1", "button_list": list,
		}}
	}
	h.wants(0, 0, "message/send", app, card("团", strings.Repeat("字", 112), "一", "二", "三", "四", "五", "六"))
	h.wants(42101, 1, "message/send", app, card("团", "", "一", "二", "三", "四", "五", "六", "七"))
	h.wants(42101, 1, "message/send", app, card("团", strings.Repeat("字", 113), "一"))
	h.wants(42101, 1, "message/send", app, card(strings.Repeat("字", 27), "", "一"))
	h.wants(0, 1, "message/send", app, card("团", "", strings.Repeat("长", 11)))
	h.town.Hide("ZhangSan")
	if got := h.wants(0, 0, "message/send", app, text("ZhangSan", "x")); got["invaliduser"] != "ZhangSan" {
		t.Errorf("who is out of scope is named: %v", got)
	}
}

// A robot: its key, 20 a minute, text and markdown by bytes, pictures with their checksum, one to eight articles.
func TestRobotMessages(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.town.AddGroup("群", "KEY", "ZhangSan")
	key := url.Values{"key": {"KEY"}}
	text := object{"msgtype": "text", "text": object{"content": "x"}}
	h.wants(93000, 0, "webhook/send", url.Values{"key": {"WRONG"}}, text)
	h.wants(93000, 0, "webhook/send", url.Values{}, text)
	md := func(n int) object {
		return object{"msgtype": "markdown", "markdown": object{"content": strings.Repeat("x", n)}}
	}
	h.wants(0, 0, "webhook/send", key, md(4096))
	h.wants(40058, 1, "webhook/send", key, md(4097))
	png := []byte("\x89PNG rest")
	sum := md5.Sum(png)
	picture := object{"base64": base64.StdEncoding.EncodeToString(png), "md5": hex.EncodeToString(sum[:])}
	h.wants(0, 0, "webhook/send", key, object{"msgtype": "image", "image": picture})
	picture["md5"] = strings.Repeat("0", 32)
	h.wants(40009, 1, "webhook/send", key, object{"msgtype": "image", "image": picture})
	news := func(n int) object {
		return object{"msgtype": "news", "news": object{"articles": make([]object, n)}}
	}
	h.wants(40058, 1, "webhook/send", key, news(0))
	h.wants(40058, 1, "webhook/send", key, news(9))
	h.wants(40008, 1, "webhook/send", key, object{"msgtype": "voice"})
	for range robotMinute - 8 {
		h.wants(0, 0, "webhook/send", key, text)
	}
	h.wants(0, 0, "webhook/send", key, text)
	h.wants(45009, 0, "webhook/send", key, text)
	h.wants(45009, 1, "webhook/send", key, text) // told to wait, and goes on
	h.now = h.now.Add(time.Minute)
	h.wants(0, 0, "webhook/send", key, text)
	for _, hollow := range []any{object{"content": "x", "mentioned_mobile_list": nil}, object{"content": "x", "image": object{"media_id": ""}}} {
		h.wants(0, 1, "webhook/send", key, object{"msgtype": "text", "text": hollow}) // what a library writes that has a field for everything
	}
}
