package telegram

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tuanbot/bot"
)

// counter counts what comes in.
type counter struct{ n int }

func (c *counter) Take(context.Context, bot.Update) (bot.Taken, error) {
	c.n++
	return bot.Taken{}, nil
}

// silent is a Telegram that agrees to everything.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"ok":true,"result":true}`)), Request: r}, nil
}

func fuzzed(f testing.TB) (*Channel, *counter) {
	f.Helper()
	k := &counter{}
	ch, err := New(Config{Token: "4242:abc", Username: "TuanTestBot", Secret: "s3cret", Taker: k, Clock: time.Now, HTTP: &http.Client{Transport: silent{}}})
	if err != nil {
		f.Fatal(err)
	}
	return ch, k
}

// FuzzWebhook: no body makes us panic; without the secret none has an effect; what is no update is refused.
func FuzzWebhook(f *testing.F) {
	for _, file := range []string{"updates.json", "ignored.json"} {
		body, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.SplitSeq(body, []byte("\n")) {
			if _, after, ok := bytes.Cut(line, []byte(`"update":`)); ok {
				line = bytes.TrimRight(after, ",")
			}
			f.Add(bytes.TrimRight(line, ", "), true)
		}
	}
	f.Add([]byte(`{"update_id":1,"callback_query":{"id":"1","from":{"id":1},"inline_message_id":"x","data":"y"}}`), true)
	f.Add([]byte(`{"update_id":1,"inline_query":{"id":"1","from":{"id":1},"query":"x"}}`), false)
	f.Add([]byte(`{"update_id":1,"message":{"message_id":1,"migrate_to_chat_id":-5,"chat":{"id":-4,"type":"group"}}}`), true)
	f.Add([]byte(`{"update_id":1,"pre_checkout_query":{"id":"1"}}`), true)
	f.Add([]byte(`{"update_id":1,"message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"successful_payment":{}}}`), true)
	f.Fuzz(func(t *testing.T, body []byte, known bool) {
		ch, k := fuzzed(t)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Path, bytes.NewReader(body))
		if known {
			req.Header.Set(keyHeader, "s3cret")
		}
		rec := httptest.NewRecorder()
		ch.webhook(rec, req)
		switch {
		case !known && (rec.Code != http.StatusUnauthorized || k.n > 0):
			t.Errorf("without the secret: %d, %d came in", rec.Code, k.n)
		case rec.Code/100 == 4 && k.n > 0:
			t.Errorf("refused with %d, but it came in", rec.Code)
		case k.n > 1:
			t.Error("one update came in twice")
		}
	})
}

// FuzzPoll: no answer of a poll makes us panic, and its updates have numbers.
func FuzzPoll(f *testing.F) {
	f.Add([]byte(`{"ok":true,"result":[{"update_id":1,"message":{"text":"x"}},{"update_id":2,"message":7}]}`))
	f.Add([]byte(`{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":9}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		us, err := readAnswer(body, http.StatusOK)
		if err != nil && len(us) > 0 {
			t.Error("updates beside an error")
		}
		for _, u := range us {
			if u.ID == 0 {
				t.Error("an update without a number")
			}
		}
	})
}

// FuzzText: commands and mentions are cut without harm, whatever the marks say.
func FuzzText(f *testing.F) {
	f.Add("/start@TuanTestBot deal_D1", "bot_command", 0, 18)
	f.Add("你好 @TuanTestBot", "mention", 3, 12)
	f.Add("🍇🍇/x", "bot_command", 4, 2)
	f.Add("/", "bot_command", 0, 1<<31-1)
	f.Add("x", "text_mention", -1, -1)
	f.Fuzz(func(t *testing.T, text, kind string, at, n int) {
		ch, _ := fuzzed(t)
		marks := []entity{{Type: kind, Offset: at, Length: n, User: &user{ID: 4242}}}
		if c, ok := parseCommand(text, marks); ok && (c.name == "" && c.bot == "" && text[0] != '/') {
			t.Errorf("%q is no command", text)
		}
		if got, _ := ch.stripMentions(text, "TuanTestBot", marks); utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q was broken: %q", text, got)
		}
	})
}

// FuzzPayload: what a link carries comes back as it went, and fits.
func FuzzPayload(f *testing.F) {
	f.Add("deal D7KQ2")
	f.Add("team a_b-C")
	f.Add("x- y")
	f.Add("a__b c")
	f.Add("葡萄")
	f.Fuzz(func(t *testing.T, action string) {
		p := payload(action)
		if p == "" {
			return
		}
		if !goodPayload.MatchString(p) || actionOf(p) != action {
			t.Errorf("%q went as %q and came back as %q", action, p, actionOf(p))
		}
	})
}

// FuzzDraw: whatever is said, it keeps to Telegram's sizes.
func FuzzDraw(f *testing.F) {
	f.Add("text", "label", "join D1 A1", "https://tuan.test", true)
	f.Add(strings.Repeat("🍇", 3000), "\x00", strings.Repeat("a", 65), "http://[::1", false)
	f.Fuzz(func(t *testing.T, text, label, action, link string, picture bool) {
		r := bot.Reply{Text: text, Choices: []bot.Choice{{Label: label, Action: action}, {Label: label, URL: link}}}
		limit := maxText
		if picture {
			r.Picture, limit = &bot.Picture{URL: "https://tuan.test/p.png", Alt: label}, maxCaption
		}
		d := draw(r)
		if bot.Size(d.text, bot.UTF16) > limit || !utf8.ValidString(d.text) || d.text == "" && d.photo == nil {
			t.Errorf("%q", d.text)
		}
		rows, _ := keyboard(r.Choices)
		for _, row := range rows {
			for _, b := range row {
				if b.Text == "" || len(b.CallbackData) > maxData || (b.CallbackData == "") == (b.URL == "") {
					t.Errorf("%+v", b)
				}
			}
		}
	})
}
