package webchat_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tuanbot/assets"
	"tuanbot/bot"
	"tuanbot/bot/webchat"
)

func TestPagesCarryStrictHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	for _, path := range []string{"/", "/people", "/as/ming/", "/as/ming/r/g1", "/as/ming/me", "/enter/wrong", "/join/wrong"} {
		res, text := w.browser().get(path)
		h := res.Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "script-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", path, h)
		}
		if strings.Contains(text, "style=\"") || strings.Contains(text, "<script>") || strings.Contains(text, "onclick") {
			t.Errorf("%s has something inline that the policy forbids", path)
		}
		if strings.Contains(text, "ZgotmplZ") {
			t.Errorf("%s: the template refused a value", path)
		}
	}
}

func TestNastyStringsStayText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	w.echo.answer = func(up bot.Update) ([]bot.Reply, error) {
		return []bot.Reply{{
			Text: up.Text, Card: &bot.Card{Title: up.Text, Items: []string{up.Text}, Picture: up.Text, Want: 2}, Picture: &bot.Picture{URL: up.Text, Alt: up.Text},
			Choices: []bot.Choice{{Label: up.Text, Action: up.Text}, {Label: "go", URL: up.Text}}, Living: "c" + up.Key,
		}}, nil
	}
	b := w.browser()
	for i, nasty := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</textarea><script>alert(1)</script>`, `javascript:alert(1)`,
		`data:text/html,<script>alert(1)</script>`, `'; DROP TABLE web_messages; --`, `{{.SigningKey}}`, `&lt;b&gt;`, "a\u202eb\u2066c\u200bd",
		"line\r\nline", "\x00\x07bell", `//evil.example/x`, `https://evil.example/?a=1&b="`, `\\evil`, strings.Repeat("啊", 4000), "\xff\xfe broken utf8", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
	} {
		res, text := b.post("/as/ming/r/g1/send", "id", fmt.Sprint("n", i), "text", nasty)
		wantStatus(t, res, text, 303)
	}
	for _, path := range []string{"/as/wang/r/g1", "/as/wang/", "/as/wang/r/g1/about"} {
		res, text := b.get(path)
		wantStatus(t, res, text, 200)
		for _, bad := range []string{"<script>alert", "<img src=x", `href="javascript:`, `href="data:`, "\u202e", "\u200b", "\x00", "\x07", `src="//evil`, `src="https://evil`} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
	}
	if got := strings.Join(w.texts("wang", "g1"), "|"); !strings.Contains(got, "line\nline") || !strings.Contains(got, "🏴󠁧󠁢󠁥󠁮󠁧󠁿") {
		t.Error("line breaks and emoji must survive")
	}
}

func TestOddMessagesChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	b := w.browser()
	res, text := b.post("/as/ming/r/g1/send", "id", "long", "text", strings.Repeat("长", 4001))
	wantStatus(t, res, text, http.StatusUnprocessableEntity)
	if !strings.Contains(text, "最多 4000 个字") {
		t.Error("the page does not say why")
	}
	res, _ = b.post("/as/ming/r/g1/send", "id", "huge", "text", strings.Repeat("x", 70<<10))
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("huge: %d", res.StatusCode)
	}
	for _, empty := range []string{"", "   ", "\u200b\u200b", "\n\n"} {
		if res, text := b.post("/as/ming/r/g1/send", "id", "e", "text", empty); res.StatusCode != http.StatusSeeOther {
			t.Errorf("empty %q: %d %s", empty, res.StatusCode, text)
		}
	}
	for name, form := range map[string][]string{
		"no id": {"text", "hi"}, "bad id": {"id", "a b", "text", "hi"}, "reply to elsewhere": {"id", "x", "text", "hi", "reply", "nowhere"},
	} {
		if res, _ := b.post("/as/ming/r/g1/send", form...); res.StatusCode < 400 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	for name, form := range map[string][]string{
		"no action": {"id", "p"}, "control in action": {"id", "p", "do", "a\x01b"}, "unknown message": {"id", "p", "do", "join 1", "message", "zzz"},
	} {
		if res, _ := b.post("/as/ming/r/g1/press", form...); res.StatusCode < 400 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	if res, _ := b.post("/as/ming/r/"+w.chat.PrivateChat("wang")+"/send", "id", "1", "text", "hi"); res.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else's private talk: %d", res.StatusCode)
	}
	if res, _ := b.do("POST", "/as/ming/r/g1/send", url.Values{"id": {"x"}, "text": {"hi"}}, "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a form on another site: %d", res.StatusCode)
	}
	if got := w.texts("lin", "g1"); len(got) != 0 || len(w.echo.updates()) != 0 {
		t.Errorf("the group reads %q, the bot heard %d", got, len(w.echo.updates()))
	}
}

func TestTheScriptGetsSentencesAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	res, text := w.browser().do("POST", "/as/ming/r/g1/send", url.Values{"id": {"1"}, "text": {strings.Repeat("长", 4001)}}, "Accept", "application/json")
	wantStatus(t, res, text, http.StatusRequestEntityTooLarge)
	var p map[string]string
	must(t, json.Unmarshal([]byte(text), &p))
	if p["code"] != "invalid" || !strings.Contains(p["message"], "4000") {
		t.Errorf("%v", p)
	}
	res, text = w.browser().do("POST", "/as/ming/r/g1/send", url.Values{"id": {"1"}, "text": {"hi"}}, "Accept", "application/json")
	wantStatus(t, res, text, http.StatusOK)
}

func TestHistoryUnreadAndReplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	for i := range 50 {
		_, err := w.chat.Post(t.Context(), "ming", "g1", fmt.Sprint(i), fmt.Sprintf("talk %d.", i), "")
		must(t, err)
	}
	b := w.browser()
	_, text := b.get("/as/wang/")
	if !strings.Contains(text, ">50<span") || !strings.Contains(text, "小明：talk 49.") {
		t.Error("the list shows neither the count nor the last message")
	}
	_, text = b.get("/as/wang/r/g1")
	if strings.Contains(text, "talk 9.") || !strings.Contains(text, "talk 10.") || !strings.Contains(text, "?before=11") {
		t.Error("the first page must show the last 40 and a way to the older ones")
	}
	_, text = b.get("/as/wang/r/g1?before=11")
	if !strings.Contains(text, "talk 9.") || strings.Contains(text, "talk 10.") || strings.Contains(text, "before=") {
		t.Error("the older page is wrong")
	}
	if _, text = b.get("/as/wang/"); strings.Contains(text, ">50<span") {
		t.Error("reading did not clear the count")
	}
	list, err := w.chat.Messages(t.Context(), "wang", "g1", 0, 5)
	must(t, err)
	_, text = b.get("/as/wang/r/g1?reply=" + list[2].ID)
	if !strings.Contains(text, `value="`+list[2].ID+`" id="reply"`) {
		t.Error("the form does not hold the message replied to")
	}
	res, text := b.post("/as/wang/r/g1/send", "id", "r", "text", "me too", "reply", list[2].ID)
	wantStatus(t, res, text, 303)
	if _, text = b.get("/as/ming/r/g1"); !strings.Contains(text, `href="#m-`+list[2].ID) {
		t.Error("the quote is not shown")
	}
}

func TestDeepLinksOpenInThePrivateTalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.Sandbox = false })
	b := w.browser()
	res, text := b.get("/?open=deal-D7K2")
	wantStatus(t, res, text, 200)
	if !strings.Contains(text, `value="deal-D7K2"`) {
		t.Fatal("a stranger is not asked for a name")
	}
	res, text = b.post("/hello", "open", "deal-D7K2", "name", "Ann")
	wantStatus(t, res, text, 303)
	res, text = b.get(res.Header.Get("Location"))
	wantStatus(t, res, text, 303)
	up := w.echo.updates()[0]
	if up.Kind != bot.KindOpen || up.Action != "deal D7K2" || up.Chat.Kind != bot.ChatPrivate || !up.Person.New || !up.Spoken {
		t.Errorf("the bot heard %+v", up)
	}
	if res, text = b.get(res.Header.Get("Location")); !strings.Contains(text, "echo: deal D7K2") {
		t.Errorf("the answer is not there: %d", res.StatusCode)
	}
	for _, bad := range []string{"/?open=deal", "/?open=" + strings.Repeat("x", 300) + "-y", "/?open=%00-x"} {
		if res, _ := b.get(bad); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", bad, res.StatusCode)
		}
	}
	b.do("GET", "/?open=deal-D7K2", nil, "Sec-Purpose", "prefetch")
	if n := len(w.echo.updates()); n != 1 {
		t.Errorf("a prefetch was handled: %d updates", n)
	}
}

func TestNobodySignedInIsToldTheWayIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.Sandbox = false })
	res, text := w.browser().get("/")
	if res.StatusCode != http.StatusOK || !strings.Contains(text, "专用链接") {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	if res, _ := w.browser().get("/r/g1"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
		t.Errorf("a room: %d", res.StatusCode)
	}
	if res, _ := w.browser().post("/r/g1/send", "id", "1", "text", "hi"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a post: %d", res.StatusCode)
	}
	if _, text := w.browser().do("GET", "/", nil, "Accept-Language", "en-GB,en;q=0.9"); !strings.Contains(text, "You are not in yet") {
		t.Error("English is not spoken")
	}
}

func TestCardsAndCodesAreDrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	w.echo.answer = counting()
	_, err := w.chat.Post(t.Context(), "ming", "g1", "1", "+2", "")
	must(t, err)
	_, err = w.chat.Post(t.Context(), "ming", "g1", "2", "二维码", "")
	must(t, err)
	_, text := w.browser().get("/as/ming/r/g1")
	for _, want := range []string{`<progress max="20" value="16"`, "阳光玫瑰 2 斤装", `name="do" value="join 1"`, `href="/d/D7K2"`, "正在开的团"} {
		if !strings.Contains(text, want) {
			t.Errorf("the room lacks %q", want)
		}
	}
	_, text = w.browser().get("/as/ming/r/" + w.chat.PrivateChat("ming"))
	if !strings.Contains(text, `src="data:image/png;base64,`) || !strings.Contains(text, "短码 D7K2") {
		t.Error("the code is not drawn")
	}
}

// stream reads events of one kind from a room's stream.
func stream(t *testing.T, w *world, path, kind string, header ...string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+path, nil)
	must(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
	}
	out := make(chan string, 100)
	go func() {
		defer close(out)
		lines, name := bufio.NewScanner(res.Body), ""
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if got, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = got
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && name == kind {
				out <- data
			}
		}
	}()
	return out
}

func next(t *testing.T, events <-chan string) string {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the stream ended")
		}
		return e
	case <-time.After(15 * time.Second):
		t.Fatal("no event")
	}
	return ""
}

func TestStreamFollowsTheCursor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	for i := range 3 {
		_, err := w.chat.Post(t.Context(), "ming", "g1", fmt.Sprint(i), fmt.Sprintf("talk %d.", i), "")
		must(t, err)
	}
	fresh := stream(t, w, "/as/wang/r/g1/events?after=1", "msg")
	again := stream(t, w, "/as/wang/r/g1/events?after=0", "msg", "Last-Event-ID", "2")
	if got := next(t, fresh); !strings.Contains(got, "talk 1.") || !strings.Contains(got, `"change":2`) {
		t.Errorf("first event %s", got)
	}
	if got := next(t, fresh); !strings.Contains(got, "talk 2.") {
		t.Errorf("second event %s", got)
	}
	if got := next(t, again); !strings.Contains(got, "talk 2.") {
		t.Errorf("after reconnecting: %s", got)
	}
	for i := range 2 {
		w.chat.Send(t.Context(), bot.Outgoing{To: bot.Address{Chat: "g1"}, Key: fmt.Sprint("c", i), Reply: bot.Reply{Card: sampleCard(int64(14+i), "x"), Living: "d"}})
		got := next(t, fresh)
		if !strings.Contains(got, fmt.Sprintf(`value=\"%d\"`, 14+i)) || !strings.Contains(got, `"seq":4`) {
			t.Errorf("edit %d: %s", i, got)
		}
	}
}

func TestStreamsOutliveTheServersDeadlines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	server := httptest.NewUnstartedServer(w.server.Config.Handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = time.Second, time.Second
	server.Start()
	t.Cleanup(server.Close)
	for _, path := range []string{"/as/wang/r/g1/events", "/as/wang/events"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		must(t, err)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		lines, looks := bufio.NewScanner(res.Body), 0
		for looks < 3 && lines.Scan() { // the second look comes two seconds after the first
			if lines.Text() == ": here" {
				looks++
			}
		}
		if looks < 3 {
			t.Errorf("%s ended after %d looks", path, looks)
		}
		_ = res.Body.Close()
	}
}

func TestStreamEndsWhenTheChatStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	events := stream(t, w, "/as/wang/r/g1/events", "none")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, w.chat.Run(ctx))
	select {
	case _, open := <-events:
		if open {
			t.Error("an event came")
		}
	case <-time.After(10 * time.Second):
		t.Error("the stream stays open")
	}
}

func TestFaultsAreLoggedWithoutSecrets(t *testing.T) {
	t.Parallel()
	store := sqliteStore(t)
	w := newWorld(t, store, func(cfg *webchat.Config) { cfg.Store = brokenStore{store} })
	res, text := w.browser().get("/enter/secret-token-123")
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "请过一分钟再试") {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	if strings.Contains(w.log.String(), "secret-token-123") || !strings.Contains(w.log.String(), "/enter/{token}") {
		t.Errorf("the log says %s", w.log.String())
	}
}

// brokenStore loses its database where links are looked up.
type brokenStore struct{ webchat.Store }

func (brokenStore) WebLogin(context.Context, string, string, int64) (webchat.PersonRow, bool, error) {
	return webchat.PersonRow{}, false, context.DeadlineExceeded
}

func TestTheScriptStaysSmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	address, err := assets.URL("webchat/chat.js")
	must(t, err)
	res, text := w.browser().get(address)
	if res.StatusCode != http.StatusOK || len(text) > 9<<10 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%d, %d bytes, %s", res.StatusCode, len(text), res.Header.Get("Cache-Control"))
	}
}

func TestNewcomersSeeWhoLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.Parts = map[string]string{"ming": "people.leader"} })
	_, text := w.browser().get("/people")
	if strings.Count(text, "团长</span>") != 1 || strings.Contains(text, "商家</span>") {
		t.Error("the parts of the sample people are wrong")
	}
}
