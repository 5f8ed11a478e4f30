package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func carry(t *testing.T, c *http.Cookie) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/d/D7KQ2", nil)
	r.AddCookie(c)
	return r
}

func TestPassportCannotBeForged(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	p := passport{key: []byte(strings.Repeat("k", 32)), clock: func() time.Time { return now }}
	good := p.give("wechat", "oAb.c-1")
	if channel, who, ok := p.read(carry(t, good)); !ok || channel != "wechat" || who != "oAb.c-1" {
		t.Fatalf("read %q %q %v", channel, who, ok)
	}
	other := passport{key: []byte(strings.Repeat("x", 32)), clock: p.clock}.give("wechat", "oAb.c-1")
	parts := strings.Split(good.Value, ".")
	swapped := strings.Join([]string{parts[0], strings.Split(p.give("wechat", "oZz").Value, ".")[1], parts[2], parts[3]}, ".")
	later := strings.Join([]string{parts[0], parts[1], "99999999999", parts[3]}, ".")
	for name, value := range map[string]string{"another key": other.Value, "another person": swapped, "a longer life": later, "no seal": strings.Join(parts[:3], "."), "nothing": ""} {
		if _, _, ok := p.read(carry(t, &http.Cookie{Name: platformCookie, Value: value})); ok {
			t.Errorf("%s was believed", name)
		}
	}
	now = now.Add(platformFor)
	if _, _, ok := p.read(carry(t, good)); ok {
		t.Error("it is believed after its end")
	}
}
