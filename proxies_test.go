package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"tuanbot/configs"
)

func TestOnlyOurOwnProxiesAreBelieved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, want string
		heard      []string
	}{
		"nobody in between":                {"203.0.113.9:4711", "203.0.113.9:4711", nil},
		"a stranger who claims to pass on": {"203.0.113.9:4711", "203.0.113.9:4711", []string{"198.51.100.1"}},
		"our proxy":                        {"10.1.2.3:80", "198.51.100.1:0", []string{"198.51.100.1"}},
		"a forged address before ours":     {"10.1.2.3:80", "198.51.100.1:0", []string{"127.0.0.1, 198.51.100.1"}},
		"two proxies of ours":              {"[fd00::1]:80", "198.51.100.1:0", []string{"6.6.6.6", "198.51.100.1, 10.9.9.9"}},
		"mapped addresses":                 {"[::ffff:10.1.2.3]:80", "198.51.100.1:0", []string{"::ffff:198.51.100.1"}},
		"a newer kind of address":          {"10.1.2.3:80", "[2001:db8::7]:0", []string{"2001:db8::7"}},
		"nonsense":                         {"10.1.2.3:80", "10.1.2.3:80", []string{"198.51.100.1, unknown"}},
		"nothing said":                     {"10.1.2.3:80", "10.1.2.3:80", nil},
		"only ours":                        {"10.1.2.3:80", "10.1.2.3:80", []string{"10.3.3.3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := configs.Settings{TrustedProxies: "10.0.0.0/8, fd00::1"}
			got := ""
			h := behind(s.Proxies(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			r.RemoteAddr = c.from
			for _, v := range c.heard {
				r.Header.Add("X-Forwarded-For", v)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("asker is %s, want %s", got, c.want)
			}
		})
	}
}
