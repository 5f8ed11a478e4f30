package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const token = "77:fake"

// reply is the Bot API's answer.
type reply struct {
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result"`
	Code   int             `json:"error_code"`
	Text   string          `json:"description"`
	Params struct {
		Retry   int   `json:"retry_after"`
		Migrate int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

func town(t *testing.T, edit func(*Config)) *Town {
	t.Helper()
	c := Config{Token: token, Username: "FakeBot", Clock: time.Now, Pause: func(context.Context) {}}
	if edit != nil {
		edit(&c)
	}
	tn, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return tn
}

// ask calls a method with a multipart form.
func ask(t *testing.T, tn *Town, method string, pairs ...string) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := form.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if len(pairs) > 0 {
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return call(t, tn, "/bot"+token+"/"+method, form.FormDataContentType(), &body)
}

func call(t *testing.T, tn *Town, path, kind string, body io.Reader) (r reply) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, body)
	req.Header.Set("Content-Type", kind)
	rec := httptest.NewRecorder()
	tn.Handler().ServeHTTP(rec, req)
	if err := json.Unmarshal(rec.Body.Bytes(), &r); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if r.OK != (rec.Code == http.StatusOK) || !r.OK && r.Code != rec.Code {
		t.Errorf("%s: status %d, %+v", path, rec.Code, r)
	}
	return r
}

// known makes a person who has pressed Start, and a group with the bot in it; nothing of it reaches the bot.
func known(t *testing.T, tn *Town) (person, group string) {
	t.Helper()
	person = tn.AddPerson("小明", "", "zh")
	group = tn.AddGroup("邻居", person)
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.people[number(person)].started = true
	tn.rooms[number(group)].inside = true
	return person, group
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("🍇", 2049)
	key := func(b string) string { return `{"inline_keyboard":[[` + b + `]]}` }
	for _, c := range []struct {
		method, text string
		pairs        []string
		code         int
	}{
		{"sendMessage", "chat not found", []string{"chat_id", "5", "text", "x"}, 400},
		{"sendMessage", "text is empty", []string{"chat_id", "P", "text", " "}, 400},
		{"sendMessage", "too long", []string{"chat_id", "P", "text", long}, 400},
		{"sendMessage", "UTF-8", []string{"chat_id", "P", "text", "\xff"}, 400},
		{"sendMessage", "thread", []string{"chat_id", "G", "text", "x", "message_thread_id", "3"}, 400},
		{"sendMessage", "replied", []string{"chat_id", "P", "text", "x", "reply_parameters", `{"message_id":9}`}, 400},
		{"sendMessage", "BUTTON_DATA", []string{"chat_id", "P", "text", "x", "reply_markup", key(`{"text":"a","callback_data":"` + strings.Repeat("a", 65) + `"}`)}, 400},
		{"sendMessage", "BUTTON_URL", []string{"chat_id", "P", "text", "x", "reply_markup", key(`{"text":"a","url":"http://localhost/x"}`)}, 400},
		{"sendMessage", "COPY_TEXT", []string{"chat_id", "P", "text", "x", "reply_markup", key(`{"text":"a","copy_text":{"text":""}}`)}, 400},
		{"sendPhoto", "wrong file", []string{"chat_id", "P", "photo", "nothing"}, 400},
		{"sendPhoto", "caption is too long", []string{"chat_id", "P", "photo", "https://a.test/x.png", "caption", strings.Repeat("a", 1025)}, 400},
		{"editMessageText", "to edit not found", []string{"chat_id", "P", "message_id", "9", "text", "x"}, 400},
		{"answerCallbackQuery", "too old", []string{"callback_query_id", "9"}, 400},
		{"answerInlineQuery", "too old", []string{"inline_query_id", "9", "results", "[]"}, 400},
		{"answerPreCheckoutQuery", "too old", []string{"pre_checkout_query_id", "9", "ok", "true"}, 400},
		{"setWebhook", "HTTPS", []string{"url", "http://a.test"}, 400},
		{"setWebhook", "ports", []string{"url", "https://a.test:8080"}, 400},
		{"setWebhook", "secret", []string{"url", "https://a.test", "secret_token", "a b"}, 400},
		{"setMyCommands", "COMMAND_INVALID", []string{"commands", `[{"command":"Join","description":"x"}]`}, 400},
		{"sendInvoice", "PROVIDER", []string{"chat_id", "P", "title", "a", "description", "b", "payload", "c", "currency", "CNY", "prices", `[{"label":"a","amount":1}]`}, 400},
		{"flyAway", "method not found", nil, 404},
	} {
		tn := town(t, nil)
		person, group := known(t, tn)
		for i, p := range c.pairs {
			switch p {
			case "P":
				c.pairs[i] = person
			case "G":
				c.pairs[i] = group
			}
		}
		if r := ask(t, tn, c.method, c.pairs...); r.OK || r.Code != c.code || !strings.Contains(r.Text, c.text) {
			t.Errorf("%s %.60q: %+v", c.method, c.pairs, r)
		}
	}
}

func TestFormsOfARequest(t *testing.T) {
	t.Parallel()
	tn := town(t, nil)
	person, _ := known(t, tn)
	if r := ask(t, tn, "getMe"); !r.OK || !strings.Contains(string(r.Result), "FakeBot") {
		t.Errorf("an empty multipart body: %+v", r)
	}
	if r := call(t, tn, "/bot"+token+"/sendMessage", "application/json", strings.NewReader(`{"chat_id":`+person+`,"text":"a"}`)); !r.OK {
		t.Errorf("JSON: %+v", r)
	}
	if r := call(t, tn, "/bot"+token+"/sendMessage", "application/x-www-form-urlencoded", strings.NewReader("chat_id="+person+"&text=b")); !r.OK {
		t.Errorf("form: %+v", r)
	}
	if r := call(t, tn, "/bot77:other/getMe", "", nil); r.Code != 401 {
		t.Errorf("wrong token: %+v", r)
	}
	if got := tn.Faults(); len(got) != 1 {
		t.Errorf("faults: %q", got)
	}
}

func TestUnmodifiedIsRefusedAndNoFault(t *testing.T) {
	t.Parallel()
	tn := town(t, nil)
	person, _ := known(t, tn)
	ask(t, tn, "sendMessage", "chat_id", person, "text", "a")
	r := ask(t, tn, "editMessageText", "chat_id", person, "message_id", "1", "text", "a")
	if r.OK || !strings.Contains(r.Text, "message is not modified") {
		t.Errorf("%+v", r)
	}
	if r = ask(t, tn, "editMessageText", "chat_id", person, "message_id", "1", "text", "b"); !r.OK {
		t.Errorf("%+v", r)
	}
	if got := tn.Faults(); len(got) != 0 {
		t.Errorf("faults: %q", got)
	}
	if m := tn.Shown(person, ""); len(m) != 1 || m[0].Text != "b" || m[0].Edited != 1 {
		t.Errorf("%+v", m)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tn := town(t, nil)
		_, group := known(t, tn)
		say := func() reply { return ask(t, tn, "sendMessage", "chat_id", group, "text", "x") }
		for i := range 3 {
			if r := say(); !r.OK {
				t.Errorf("burst %d: %+v", i, r)
			}
		}
		if r := say(); r.Code != 429 || r.Params.Retry != 1 {
			t.Errorf("the fourth in a second: %+v", r)
		}
		if r := say(); r.Code != 429 || len(tn.Faults()) != 1 {
			t.Errorf("again before it was time: %+v %q", r, tn.Faults())
		}
		for i := range 17 {
			time.Sleep(1100 * time.Millisecond)
			if r := say(); !r.OK {
				t.Errorf("%d: %+v", i+3, r)
			}
		}
		time.Sleep(1100 * time.Millisecond)
		if r := say(); r.Code != 429 || r.Params.Retry < 30 {
			t.Errorf("the 21st in a minute: %+v", r)
		}
		time.Sleep(time.Minute)
		for i := range 40 { // a person in private each
			p, _ := known(t, tn)
			if r := ask(t, tn, "sendMessage", "chat_id", p, "text", "x"); r.OK != (i < 30) {
				t.Errorf("%d in one second: %+v", i, r)
			}
		}
	})
}

func TestPollsExcludeEachOtherAndWebhooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tn := town(t, nil)
		first := make(chan reply, 1)
		go func() { first <- ask(t, tn, "getUpdates", "timeout", "50") }()
		synctest.Wait()
		second := make(chan reply, 1)
		go func() { second <- ask(t, tn, "getUpdates", "timeout", "50") }()
		if r := <-first; r.Code != 409 {
			t.Errorf("the older poll: %+v", r)
		}
		synctest.Wait()
		if r := ask(t, tn, "setWebhook", "url", "https://bot.test/x"); !r.OK {
			t.Errorf("%+v", r)
		}
		if r := <-second; r.Code != 409 {
			t.Errorf("a poll when a webhook comes: %+v", r)
		}
		if r := ask(t, tn, "getUpdates"); r.Code != 409 {
			t.Errorf("a poll beside a webhook: %+v", r)
		}
	})
}

func TestUpdatesStayUntilConfirmed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tn := town(t, nil)
		person := tn.AddPerson("小明", "", "")
		said := make(chan error, 1)
		go func() { said <- tn.Say(t.Context(), person, "", "+1") }()
		synctest.Wait()
		for range 2 {
			if r := ask(t, tn, "getUpdates", "offset", "0"); !strings.Contains(string(r.Result), `"+1"`) {
				t.Errorf("%s", r.Result)
			}
		}
		select {
		case err := <-said:
			t.Errorf("nothing was confirmed, and yet: %v", err)
		default:
		}
		ask(t, tn, "getUpdates", "offset", "5002", "timeout", "0")
		if err := <-said; err != nil || tn.Waiting() != 0 {
			t.Errorf("%v, %d wait", err, tn.Waiting())
		}
		ask(t, tn, "getUpdates", "allowed_updates", `["callback_query"]`)
		if err := tn.Say(t.Context(), person, "", "nobody asked for this"); err != nil || tn.Waiting() != 0 {
			t.Errorf("a kind that is not asked for: %v", err)
		}
		ask(t, tn, "getUpdates") // names none: the previous setting stays
		if err := tn.Say(t.Context(), person, "", "nor this"); err != nil || tn.Waiting() != 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestWebhookIsTriedAgainUntilItAgrees(t *testing.T) {
	t.Parallel()
	var knocks atomic.Int32
	agree := int32(3)
	bot := roundTrip(func(r *http.Request) int {
		if r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s" {
			return 401
		}
		if knocks.Add(1) < agree {
			return 503
		}
		return 200
	})
	tn := town(t, func(c *Config) { c.HTTP = &http.Client{Transport: bot} })
	ask(t, tn, "setWebhook", "url", "https://bot.test/hook", "secret_token", "s")
	person := tn.AddPerson("小明", "", "")
	if err := tn.Say(t.Context(), person, "", "+1"); err != nil || knocks.Load() != 3 {
		t.Errorf("%v after %d", err, knocks.Load())
	}
	agree = 1000
	if err := tn.Say(t.Context(), person, "", "+1"); err == nil {
		t.Error("it never gives up")
	}
	if r := ask(t, tn, "getWebhookInfo"); !strings.Contains(string(r.Result), "503") {
		t.Errorf("%s", r.Result)
	}
}

type roundTrip func(*http.Request) int

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	code := f(r)
	return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

func TestMigratedGroupTellsWhereItWent(t *testing.T) {
	t.Parallel()
	tn := town(t, nil)
	_, group := known(t, tn)
	now := tn.Lift(group)
	if r := ask(t, tn, "sendMessage", "chat_id", group, "text", "x"); r.OK || id(r.Params.Migrate) != now {
		t.Errorf("%+v, moved to %s", r, now)
	}
	if r := ask(t, tn, "sendMessage", "chat_id", now, "text", "x"); !r.OK {
		t.Errorf("%+v", r)
	}
}

// TestUnansweredIsAFault: a press that nobody answers shows.
func TestUnansweredIsAFault(t *testing.T) {
	t.Parallel()
	tn := town(t, func(c *Config) { c.HTTP = &http.Client{Transport: roundTrip(func(*http.Request) int { return 200 })} })
	ask(t, tn, "setWebhook", "url", "https://bot.test/hook")
	person, _ := known(t, tn)
	ask(t, tn, "sendMessage", "chat_id", person, "text", "x", "reply_markup", `{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}`)
	if err := tn.Press(t.Context(), person, person+":1", "b"); err != nil {
		t.Fatal(err)
	}
	if got := tn.Faults(); len(got) != 1 {
		t.Errorf("faults: %q", got)
	}
	ask(t, tn, "answerCallbackQuery", "callback_query_id", "cb1")
	if got := tn.Faults(); len(got) != 0 {
		t.Errorf("faults: %q", got)
	}
}
