package wecom_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func seeds(w *world) []string {
	return []string{
		w.textBody(), w.textBody() + w.textBody(), w.textBody()[:40], "", "<xml>", strings.Repeat("<xml>", 5000), "<xml><Encrypt>AAAA</Encrypt></xml>",
		"<xml><Encrypt>AAAA</Encrypt><Encrypt>BBBB</Encrypt></xml>", "<xml><Encrypt><Encrypt>AAAA</Encrypt></Encrypt></xml>", "\xff\xfe<xml/>",
		"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><xml><Encrypt>&a;</Encrypt></xml>",
		w.town.XML(member, "event", "<Event>template_card_event</Event><EventKey>a</EventKey><TaskId>t</TaskId>"),
		w.town.XML("sys", "event", "<Event>change_external_chat</Event><ChatId>wr1</ChatId><ChangeType>dismiss</ChangeType>"),
		botBody, botBody + botBody, botBody[:30], "{}", "[]", "null", `{"encrypt":"AAAA"}`, `{"encrypt":{"encrypt":"AAAA"}}`, `{"encrypt":"A","encrypt":"B"}`, strings.Repeat("[", 9000),
	}
}

func fuzzWorld(f *testing.F) (*world, http.Handler) {
	f.Helper()
	w := newBare()
	mux := http.NewServeMux()
	w.ch.Routes(mux)
	return w, mux
}

// FuzzSealedBody: what is not sealed for us has no effect and gets 4xx at every door, whatever it is.
func FuzzSealedBody(f *testing.F) {
	w, mux := fuzzWorld(f)
	for _, s := range seeds(w) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, door := range []string{"", "/kf", "/bot"} {
			q, _, err := w.town.Callback(door, w.textBody())
			if err != nil {
				t.Fatal(err)
			}
			w.forgetHeard()
			res := httptest.NewRecorder()
			mux.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook/wecom"+door+"?"+q.Encode(), bytes.NewReader(raw)))
			if res.Code < 400 || res.Code > 499 || len(w.updates()) != 0 {
				t.Errorf("%q: %d for %q", door, res.Code, raw)
			}
		}
	})
}

// FuzzOpenedBody: a sealed body may hold anything: it is understood, or refused with 4xx, and never breaks us.
func FuzzOpenedBody(f *testing.F) {
	w, mux := fuzzWorld(f)
	for _, s := range seeds(w) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 30<<10 || strings.Contains(text, "kf_msg_or_event") || strings.Contains(text, "change_external") { // those ask the platform
			return
		}
		for _, door := range []string{"", "/kf", "/bot"} {
			q, sealed, err := w.town.Callback(door, text)
			if err != nil {
				t.Fatal(err)
			}
			w.forgetHeard()
			res := httptest.NewRecorder()
			mux.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook/wecom"+door+"?"+q.Encode(), bytes.NewReader(sealed)))
			heard := w.updates()
			if res.Code != 200 && res.Code != 400 && res.Code != 403 || res.Code != 200 && len(heard) != 0 || len(heard) > 1 {
				t.Errorf("%q: %d, %d heard for %q", door, res.Code, len(heard), text)
			}
			for _, up := range heard {
				if len(up.Person.ID) < 3 || len(up.Key) > 64 || up.Kind == "" || len(up.Chat.ID) > 70 {
					t.Errorf("heard %+v", up)
				}
			}
		}
	})
}
