package wechat_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

// seeds are bodies as they come, and as they should not.
func seeds() []string {
	return []string{
		textBody, textBody + textBody, textBody[:len(textBody)/2], "", "<xml>", strings.Repeat("<xml>", 5000),
		"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><xml><Encrypt>&a;</Encrypt></xml>",
		"<xml><Encrypt>AAAA</Encrypt></xml>", "<xml><Encrypt>AAAA</Encrypt><Encrypt>BBBB</Encrypt></xml>", "<xml><Encrypt><Encrypt>AAAA</Encrypt></Encrypt></xml>",
		"{\"ToUserName\":\"x\"}", "\xff\xfe<xml/>", body("<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>-1</MsgID><Status>failed</Status>"),
		body("<MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent><List><TemplateId>a</TemplateId></List></SubscribeMsgPopupEvent>"),
	}
}

func fuzzWorld(f *testing.F, opts ...option) (*world, http.Handler) {
	f.Helper()
	w := &world{}
	w.build(opts...)
	mux := http.NewServeMux()
	w.ch.Routes(mux)
	return w, mux
}

// FuzzSealedBody: what is not sealed for us has no effect and gets 4xx, whatever it is.
func FuzzSealedBody(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	w, mux := fuzzWorld(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		q, _, err := w.town.Callback(textBody)
		if err != nil {
			t.Fatal(err)
		}
		w.forgetHeard()
		res := httptest.NewRecorder()
		mux.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook/wechat?"+q.Encode(), bytes.NewReader(raw)))
		if res.Code < 400 || res.Code > 499 || len(w.updates()) != 0 {
			t.Errorf("%d for %q", res.Code, raw)
		}
	})
}

// FuzzOpenedBody: a sealed body may hold anything: it is understood, or refused with 400, and never breaks us.
func FuzzOpenedBody(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	w, mux := fuzzWorld(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 30<<10 {
			return
		}
		q, sealed, err := w.town.Callback(text)
		if err != nil {
			t.Fatal(err)
		}
		w.forgetHeard()
		res := httptest.NewRecorder()
		mux.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook/wechat?"+q.Encode(), bytes.NewReader(sealed)))
		heard := w.updates()
		if res.Code != 200 && res.Code != 400 && res.Code != 403 || res.Code != 200 && len(heard) != 0 || len(heard) > 1 {
			t.Errorf("%d, %d heard for %q", res.Code, len(heard), text)
		}
		for _, up := range heard {
			if up.Person.ID == "" || len(up.Key) > 64 || up.Kind == "" {
				t.Errorf("heard %+v", up)
			}
		}
	})
}

// FuzzPlainBody: the same for callbacks that are not sealed, where those are allowed.
func FuzzPlainBody(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	w, mux := fuzzWorld(f, func(tc *fakewx.Config, c *wechat.Config) { tc.Plain, c.AllowPlain = true, true })
	f.Fuzz(func(t *testing.T, raw []byte) {
		q, _, err := w.town.Callback("")
		if err != nil {
			t.Fatal(err)
		}
		res := httptest.NewRecorder()
		mux.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook/wechat?"+q.Encode(), bytes.NewReader(raw)))
		if res.Code >= 500 {
			t.Errorf("%d for %q", res.Code, raw)
		}
	})
}
