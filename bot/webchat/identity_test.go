package webchat_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"tuanbot/bot/webchat"
	"tuanbot/storage"
)

func TestEntryLinkSignsInAndANewOneEndsTheOld(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, nil)
		link, err := w.chat.EntryLink(t.Context(), "ming")
		must(t, err)
		b := w.browser()
		res, text := b.get(link)
		wantStatus(t, res, text, http.StatusOK)
		if len(res.Cookies()) != 0 || !strings.Contains(text, "小明") {
			t.Error("looking at the link must show the name and not sign in: previews look too")
		}
		res, text = b.post(link)
		wantStatus(t, res, text, http.StatusSeeOther)
		cookie := res.Cookies()[0]
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure || cookie.Path != "/" {
			t.Errorf("cookie %+v", cookie)
		}
		if res, text = b.get("/me"); res.StatusCode != http.StatusOK {
			t.Fatalf("signed in: %d %s", res.StatusCode, text)
		}
		other, err := w.chat.EntryLink(t.Context(), "ming")
		must(t, err)
		if res, _ = b.get("/me"); res.StatusCode != http.StatusSeeOther {
			t.Errorf("the old session lives on: %d", res.StatusCode)
		}
		if res, _ = b.post(link); res.StatusCode != http.StatusNotFound {
			t.Errorf("the old link works: %d", res.StatusCode)
		}
		if res, _ = b.post(other); res.StatusCode != http.StatusSeeOther {
			t.Errorf("the new link: %d", res.StatusCode)
		}
	})
}

func TestCookiesAreSignedAndEndOnTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	b := w.enter("ming")
	res, _ := b.get("/me")
	stolen := res.Request.Header.Get("Cookie")
	res, _ = b.post("/logout")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("logout: %d", res.StatusCode)
	}
	if res, _ := w.browser().do("GET", "/me", nil, "Cookie", stolen); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a copied cookie works after signing out: %d", res.StatusCode)
	}
	b = w.enter("ming")
	res, _ = b.get("/me")
	good := res.Request.Header.Get("Cookie")
	for _, bad := range []string{good[:len(good)-1], good + "a", strings.Replace(good, ".", "", 1), "tuanbot=x.y"} {
		if res, _ := w.browser().do("GET", "/me", nil, "Cookie", bad); res.StatusCode != http.StatusSeeOther {
			t.Errorf("cookie %q works", bad)
		}
	}
	w.clock.Add(181 * 24 * time.Hour)
	if res, _ := b.get("/me"); res.StatusCode != http.StatusSeeOther {
		t.Error("a session lives for ever")
	}
}

func TestSecureCookieBehindHTTPS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.PublicURL = "https://tuan.example" })
	link, err := w.chat.EntryLink(t.Context(), "ming")
	must(t, err)
	path, ok := strings.CutPrefix(link, "https://tuan.example")
	if !ok {
		t.Fatalf("link %s", link)
	}
	res, _ := w.browser().post(path)
	cookie := res.Cookies()[0]
	if !cookie.Secure || !strings.HasPrefix(cookie.Name, "__Host-") || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("cookie %+v, HSTS %q", cookie, res.Header.Get("Strict-Transport-Security"))
	}
}

func TestGuestsJoinByInvitationAndAreNew(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, nil)
		invite, err := w.chat.InviteLink(t.Context(), "g1")
		must(t, err)
		b := w.browser()
		res, text := b.get(invite)
		wantStatus(t, res, text, http.StatusOK)
		for _, name := range []string{"", "   ", "团长", "团 长", "ＴＵＡＮＢＯＴ", "系统\u200b", "\u202e\u200f", strings.Repeat("长", 25), "e\u0301\u0302\u0303\u0304x"} {
			if res, _ := b.post(invite, "name", name); res.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("the name %q: %d", name, res.StatusCode)
			}
		}
		res, text = b.post(invite, "name", "3栋\u202e小周\u0000👨‍👩‍👧")
		wantStatus(t, res, text, http.StatusSeeOther)
		res, text = b.get("/r/g1")
		wantStatus(t, res, text, http.StatusOK)
		if !strings.Contains(text, "3栋小周👨‍👩‍👧") || !strings.Contains(text, "新人") {
			t.Error("the members do not show the cleaned name and the newcomer's mark")
		}
		res, text = b.post("/r/g1/send", "id", "1", "text", "+1")
		wantStatus(t, res, text, http.StatusSeeOther)
		up := w.echo.updates()[0]
		if !up.Person.New || up.Person.Name != "3栋小周👨‍👩‍👧" {
			t.Errorf("the bot heard %+v", up.Person)
		}
		keeper := w.enter("lin")
		if res, _ := b.post("/r/g1/remove", "who", "wang"); res.StatusCode != http.StatusForbidden {
			t.Errorf("a guest removes somebody: %d", res.StatusCode)
		}
		if res, _ := keeper.post("/r/g1/remove", "who", "lin"); res.StatusCode != http.StatusForbidden {
			t.Errorf("a keeper removes a keeper: %d", res.StatusCode)
		}
		res, text = keeper.post("/r/g1/remove", "who", up.Person.ID)
		wantStatus(t, res, text, http.StatusSeeOther)
		if res, _ := b.get("/r/g1"); res.StatusCode != http.StatusNotFound {
			t.Errorf("the removed guest still reads: %d", res.StatusCode)
		}
		if res, _ := b.post("/r/g1/send", "id", "2", "text", "+1"); res.StatusCode != http.StatusNotFound {
			t.Errorf("the removed guest still writes: %d", res.StatusCode)
		}
		res, text = keeper.post("/r/g1/invite")
		wantStatus(t, res, text, http.StatusSeeOther)
		if res, _ := w.browser().get(invite); res.StatusCode != http.StatusNotFound {
			t.Errorf("the renewed invitation still works: %d", res.StatusCode)
		}
	})
}

func TestKeeperIssuesALinkForAMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	ming := w.enter("ming")
	keeper := w.enter("lin")
	res, text := keeper.post("/r/g1/link", "who", "ming")
	wantStatus(t, res, text, http.StatusOK)
	if !strings.Contains(text, "/enter/") {
		t.Error("no link on the page")
	}
	if res, _ := ming.get("/me"); res.StatusCode != http.StatusSeeOther {
		t.Error("the member's old session lives on")
	}
	if res, _ := keeper.post("/r/g1/link", "who", "lin"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a link for a keeper: %d", res.StatusCode)
	}
	if res, _ := w.enter("wang").post("/r/g1/link", "who", "ming"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a member issues links: %d", res.StatusCode)
	}
}

func TestStrangersAndSpeakersArePaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) {
		cfg.PerAddress = webchat.Rate{Burst: 2, Every: time.Minute}
		cfg.PerPerson = webchat.Rate{Burst: 3, Every: time.Second}
	})
	invite, err := w.chat.InviteLink(t.Context(), "g1")
	must(t, err)
	for i, want := range []int{http.StatusSeeOther, http.StatusSeeOther, http.StatusTooManyRequests} {
		res, text := w.browser().post(invite, "name", "邻居")
		if res.StatusCode != want {
			t.Errorf("guest %d: %d %s", i, res.StatusCode, text)
		}
		if want == http.StatusTooManyRequests && res.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	b := w.browser()
	for i, want := range []int{303, 303, 303, http.StatusUnprocessableEntity} {
		res, text := b.post("/as/ming/r/g1/send", "id", string(rune('a'+i)), "text", "hi")
		if res.StatusCode != want {
			t.Errorf("message %d: %d", i, res.StatusCode)
		}
		if want == http.StatusUnprocessableEntity && (!strings.Contains(text, "有点快了") || !strings.Contains(text, ">hi</textarea>")) {
			t.Error("the page must say why and keep the draft")
		}
	}
	w.clock.Add(2 * time.Second)
	if res, _ := b.post("/as/ming/r/g1/send", "id", "later", "text", "hi"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("later: %d", res.StatusCode)
	}
}

func TestActingIsForTheSandboxOfThisMachine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(cfg *webchat.Config)
		header []string
		want   int
	}{
		"sandbox here":          {nil, nil, 200},
		"no sandbox":            {func(cfg *webchat.Config) { cfg.Sandbox = false }, nil, 403},
		"listens to all":        {func(cfg *webchat.Config) { cfg.Listen = "0.0.0.0:8080" }, nil, 403},
		"foreign name":          {nil, []string{"Host", "evil.example"}, 403},
		"behind a proxy":        {nil, []string{"X-Forwarded-For", "203.0.113.9"}, 403},
		"public by decision":    {func(cfg *webchat.Config) { cfg.SandboxPublic, cfg.Listen = true, "0.0.0.0:8080" }, []string{"Host", "tuan.example"}, 200},
		"localhost by its name": {nil, []string{"Host", "localhost:8080"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sqliteStore(t), c.change)
			for _, path := range []string{"/as/ming/", "/as/ming/r/g1", "/as/ming/r/g1/about", "/as/ming/me"} {
				if res, _ := w.browser().do("GET", path, nil, c.header...); res.StatusCode != c.want {
					t.Errorf("%s: %d, want %d", path, res.StatusCode, c.want)
				}
			}
			res, text := w.browser().do("GET", "/people", nil, c.header...)
			if res.StatusCode != c.want {
				t.Errorf("/people: %d", res.StatusCode)
			}
			if bar := strings.Contains(text, "sandbox-bar"); bar == (name == "no sandbox") {
				t.Errorf("red bar: %v", bar)
			}
		})
	}
}

func TestSandboxAndRealMoneyExcludeEachOther(t *testing.T) {
	t.Parallel()
	_, err := webchat.New(webchat.Config{
		Store: sqliteStore(t), Clock: time.Now, Random: rand.Reader, SigningKey: bytes.Repeat([]byte{1}, 32), Log: slog.New(slog.DiscardHandler),
		Sandbox: true, RealMoney: true,
	})
	if err == nil || !strings.Contains(err.Error(), "real payment gateway") {
		t.Errorf("got %v", err)
	}
}

func TestSeveralPeopleInTabsOfOneBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	b := w.browser()
	for _, who := range []string{"ming", "wang"} {
		res, text := b.post("/as/"+who+"/r/g1/send", "id", "1", "text", "I am "+who)
		wantStatus(t, res, text, 303)
		if at := res.Header.Get("Location"); !strings.HasPrefix(at, "/as/"+who+"/r/g1") {
			t.Errorf("%s is led to %s", who, at)
		}
	}
	if got := strings.Join(w.texts("lin", "g1"), "|"); got != "小明: I am ming|王姐: I am wang" {
		t.Errorf("the group reads %q", got)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/d/D1", nil)
	must(t, err)
	req.RemoteAddr = "127.0.0.1:5"
	req.Header.Set("Referer", w.server.URL+"/as/wang/r/g1")
	if id, name, _, ok := w.chat.Viewer(req); !ok || id != "wang" || name != "王姐" {
		t.Errorf("a deal page sees %q %q %v", id, name, ok)
	}
	req.Header.Set("Referer", "http://evil.example/as/wang/r/g1")
	if _, _, _, ok := w.chat.Viewer(req); ok {
		t.Error("a foreign page names the person")
	}
}
