package assets

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func fetch(t *testing.T, address string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
	return rec
}

func TestStaticFilesAreServedWithTheirType(t *testing.T) {
	t.Parallel()
	for name, kind := range static {
		address, err := URL(name)
		if err != nil {
			t.Fatal(err)
		}
		rec := fetch(t, address)
		if rec.Code != 200 || rec.Header().Get("Content-Type") != kind || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, rec.Code, rec.Header())
		}
	}
	for _, path := range []string{"/assets/layout.html", "/assets/words/pages.zh.json", "/assets/../assets.go", "/assets/", "/assets/nothing.css"} {
		if rec := fetch(t, path); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	if rec := fetch(t, "/assets/style.css?v=old"); rec.Code != 200 || strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
		t.Error("an address of an older version must not be kept for ever")
	}
}

func TestBothLanguagesHaveTheSameWords(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%[sdv]`)
	zh, en := Keys("zh"), Keys("en")
	for key, text := range zh {
		other, ok := en[key]
		if !ok || !slices.Equal(verbs.FindAllString(text, -1), verbs.FindAllString(other, -1)) {
			t.Errorf("%s: %q has no fitting English (%q)", key, text, other)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("%s has no Chinese", key)
		}
	}
}

func TestWordsAreFoundAndFilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, key, want string }{
		{"zh", "chat.send", "发送"}, {"en", "chat.send", "Send"}, {"fr", "chat.send", "发送"}, {"zh", "no.such.key", "no.such.key"},
	} {
		if got := Word(c.lang, c.key); got != c.want {
			t.Errorf("%s %s: %q", c.lang, c.key, got)
		}
	}
	if got := Word("en", "refused.slow_down", "7"); !strings.Contains(got, "7 seconds") {
		t.Errorf("filled: %q", got)
	}
}

// TestEveryPageNamesWordsThatExist finds a mistyped key before a reader does.
func TestEveryPageNamesWordsThatExist(t *testing.T) {
	t.Parallel()
	used := regexp.MustCompile(`word \$?\.Lang "([^"]+)"`)
	pages, err := files.ReadDir("webchat")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		body, err := files.ReadFile("webchat/" + page.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(body), -1) {
			if Word("zh", m[1]) == m[1] {
				t.Errorf("%s names %q, which has no words", page.Name(), m[1])
			}
		}
	}
}
