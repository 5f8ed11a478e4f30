package fake_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tuanbot/bot/fake"
)

// village is a platform that writes down what people do.
type village struct {
	name  string
	did   []string
	fault string
}

func (v *village) Name() string { return v.name }

func (v *village) People() []fake.Person {
	return []fake.Person{{ID: "1", Name: "小明"}, {ID: "2", Name: "<b>王姐"}}
}

func (v *village) Chats() []fake.Chat {
	return []fake.Chat{{ID: "-7", Title: "三号楼", Group: true}}
}

func (v *village) note(words ...string) error {
	v.did = append(v.did, strings.Join(words, "|"))
	if v.fault != "" {
		return errors.New(v.fault)
	}
	return nil
}

func (v *village) Say(_ context.Context, who, chat, text string) error {
	return v.note("say", who, chat, text)
}

func (v *village) Reply(_ context.Context, who, chat, message, text string) error {
	return v.note("reply", who, chat, message, text)
}

func (v *village) Press(_ context.Context, who, message, button string) error {
	return v.note("press", who, message, button)
}

func (v *village) Open(_ context.Context, who, payload string) error {
	return v.note("open", who, payload)
}
func (v *village) Follow(_ context.Context, who string) error { return v.note("follow", who) }
func (v *village) Leave(_ context.Context, who string) error  { return v.note("leave", who) }

func (v *village) Shown(who, chat string) []fake.Message {
	return []fake.Message{
		{ID: "m1", From: who, Text: "+2 in " + chat},
		{ID: "m2", Text: "<script>已记下", Edited: 3, Form: "passive", Buttons: []fake.Button{
			{Label: "再加", Press: "more"}, {Label: "看看", URL: "https://tuan.test/d/D7KQ2"}, {Label: "私聊", URL: "https://t.me/b?start=deal_X"},
		}},
	}
}
func (v *village) Faults() []string { return []string{"a button without an answer"} }

func serve(t *testing.T, v *village) string {
	t.Helper()
	p, err := fake.NewPage(slog.New(slog.DiscardHandler), &village{name: "wechat"}, v)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(p.Handler())
	t.Cleanup(s.Close)
	return s.URL
}

func fetch(t *testing.T, req *http.Request) (*http.Response, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func request(t *testing.T, method, address string, form url.Values) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

func TestThePageShowsWhatAPersonSees(t *testing.T) {
	t.Parallel()
	base := serve(t, &village{name: "telegram"})
	for path, want := range map[string][]string{
		"/":     {"小明", "&lt;b&gt;王姐", "三号楼", "a button without an answer", "&lt;script&gt;已记下", "再加", "平台替身", `data-live="/talk?`},
		"/talk": {"&lt;script&gt;已记下", `value="more"`, `href="https://tuan.test/d/D7KQ2"`, `value="https://t.me/b?start=deal_X"`, "passive"},
	} {
		res, body := fetch(t, request(t, http.MethodGet, base+path+"?p=telegram&who=2&chat=-7", nil))
		if res.StatusCode != http.StatusOK || strings.Contains(body, "<script>已") {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not show %q:\n%s", path, w, body)
			}
		}
	}
	if _, body := fetch(t, request(t, http.MethodGet, base+"/?p=nowhere&lang=en", nil)); !strings.Contains(body, "Stand-ins") {
		t.Error("a place that is none shows nothing")
	}
}

func TestThePageLetsOneActAsAPerson(t *testing.T) {
	t.Parallel()
	v := &village{name: "telegram"}
	base := serve(t, v)
	for path, want := range map[string]string{
		"/say": "say|2|-7|+2", "/reply": "reply|2|-7|m2|+2", "/press": "press|2|m2|more", "/open": "open|2|deal_X", "/follow": "follow|2", "/leave": "leave|2",
	} {
		v.did = nil
		res, _ := fetch(t, request(t, http.MethodPost, base+path, url.Values{
			"p": {"telegram"}, "who": {"2"}, "chat": {"-7"}, "text": {"+2"}, "message": {"m2"}, "button": {"more"}, "payload": {"deal_X"},
		}))
		if res.StatusCode != http.StatusSeeOther || strings.Join(v.did, ";") != want {
			t.Errorf("%s: %d, did %q", path, res.StatusCode, v.did)
		}
		if to := res.Header.Get("Location"); !strings.HasPrefix(to, "/?") || strings.Contains(to, "note=") {
			t.Errorf("%s goes on to %q", path, to)
		}
	}
}

func TestThePageTellsWhatThePlatformGaveUp(t *testing.T) {
	t.Parallel()
	v := &village{name: "telegram", fault: "nobody answered <4 times>"}
	base := serve(t, v)
	res, _ := fetch(t, request(t, http.MethodPost, base+"/say", url.Values{"p": {"telegram"}, "who": {"1"}, "text": {"+1"}}))
	_, body := fetch(t, request(t, http.MethodGet, base+res.Header.Get("Location"), nil))
	if !strings.Contains(body, "nobody answered &lt;4 times&gt;") {
		t.Errorf("not told:\n%s", body)
	}
	if res, _ := fetch(t, request(t, http.MethodPost, base+"/say", url.Values{"p": {"nowhere"}})); res.StatusCode != http.StatusNotFound {
		t.Errorf("a platform that is none: %d", res.StatusCode)
	}
	foreign := request(t, http.MethodPost, base+"/say", url.Values{"p": {"telegram"}, "who": {"1"}, "text": {"+9"}})
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, _ := fetch(t, foreign); res.StatusCode != http.StatusForbidden || strings.Contains(strings.Join(v.did, ";"), "+9") {
		t.Errorf("a form from elsewhere: %d, did %q", res.StatusCode, v.did)
	}
}
