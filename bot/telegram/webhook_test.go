package telegram_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/telegram"
)

const header = "X-Telegram-Bot-Api-Secret-Token"

func clientOf(w *world) *http.Client { return &http.Client{Transport: w.out} }

func logOf(w *world) *slog.Logger { return slog.New(slog.NewTextHandler(&locked{w: w.log}, nil)) }

// slowly answers after a second of the test's clock, so that a loop that does not wait is no endless one.
func slowly(f func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		time.Sleep(time.Second)
		return f(r)
	}
}

func knock(w *world, method, key, body string) int {
	req := httptest.NewRequest(method, "/hook/telegram", strings.NewReader(body))
	if key != "" {
		req.Header.Set(header, key)
	}
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, req)
	return rec.Code
}

const hello = `{"update_id":7,"message":{"message_id":3,"date":1767000000,"from":{"id":11,"first_name":"小明"},"chat":{"id":11,"type":"private"},"text":"+2"}}`

func TestDoorOfTheWebhook(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	for _, c := range []struct {
		name, method, key, body string
		want                    int
	}{
		{"look", http.MethodGet, secret, "", 405},
		{"no secret", http.MethodPost, "", hello, 401},
		{"wrong secret", http.MethodPost, secret + "x", hello, 401},
		{"start of the secret", http.MethodPost, secret[:5], hello, 401},
		{"no JSON", http.MethodPost, secret, "hello", 400},
		{"nothing", http.MethodPost, secret, "", 400},
		{"cut off", http.MethodPost, secret, hello[:60], 400},
		{"two at once", http.MethodPost, secret, hello + hello, 400},
		{"no number", http.MethodPost, secret, `{"message":{}}`, 400},
		{"other form", http.MethodPost, secret, `{"update_id":"7"}`, 400},
		{"too large", http.MethodPost, secret, `{"update_id":7,"x":"` + strings.Repeat("a", 600<<10) + `"}`, 413},
		{"nested", http.MethodPost, secret, `{"update_id":8,"message":` + strings.Repeat(`{"reply_to_message":`, 9000) + "1" + strings.Repeat("}", 9000) + "}", 200}, // read no deeper than one reply
		{"nested too deep", http.MethodPost, secret, `{"update_id":8,"message":` + strings.Repeat(`{"pinned_message":`, 20000) + "1" + strings.Repeat("}", 20000) + "}", 400},
		{"unknown kind", http.MethodPost, secret, `{"update_id":9,"poll":{"id":"1"}}`, 200},
	} {
		if got := knock(w, c.method, c.key, c.body); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if got := w.took.all(); len(got) != 0 {
		t.Errorf("something came in: %+v", got)
	}
	if got := knock(w, http.MethodPost, secret, hello); got != 200 || len(w.took.all()) != 1 {
		t.Errorf("the real one: %d", got)
	}
}

// TestRedelivery: an update that was answered is not answered again; one that failed is.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		w.took.replies(plain("记下了"))
		w.good(w.town.Say(t.Context(), ming, "", "+2"))
		for range 3 {
			w.good(w.town.Again(t.Context()))
		}
		if n := len(w.shown(ming, "")); n != 1 {
			t.Errorf("said %d times", n)
		}
		w.clean()
	})
}

// TestKeysAndHashesOfARedelivery: after a restart an update comes again with the same key and the same hash.
func TestKeysAndHashesOfARedelivery(t *testing.T) {
	t.Parallel()
	var first bot.Update
	for i := range 2 {
		w := build(t, nil)
		if code := knock(w, http.MethodPost, secret, hello); code != 200 {
			t.Fatal(code)
		}
		up := w.took.last(t)
		if i == 0 {
			first = up
		} else if up.Key != first.Key || up.Hash != first.Hash || up.Key != "m11:3" {
			t.Errorf("%+v, first %+v", up, first)
		}
	}
	w := build(t, nil)
	knock(w, http.MethodPost, secret, strings.Replace(hello, "+2", "+3", 1))
	if w.took.last(t).Hash == first.Hash {
		t.Error("another text has the same hash")
	}
}

// TestWhatIsNotForUs: the file holds updates that nobody need hear of; none comes in, none is refused.
func TestWhatIsNotForUs(t *testing.T) {
	t.Parallel()
	for _, u := range recorded(t, "ignored.json") {
		w := build(t, nil)
		if code := knock(w, http.MethodPost, secret, string(u)); code != 200 {
			t.Errorf("%d: %s", code, u)
		}
		if got := w.took.all(); len(got) != 0 {
			t.Errorf("%s came in as %+v", u, got)
		}
	}
}

// TestRecorded compares recorded updates with what they mean.
func TestRecorded(t *testing.T) {
	t.Parallel()
	for _, raw := range recorded(t, "updates.json") {
		var c struct {
			Name   string          `json:"name"`
			Update json.RawMessage `json:"update"`
			Want   bot.Update      `json:"want"`
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		w := build(t, nil)
		if code := knock(w, http.MethodPost, secret, string(c.Update)); code != 200 {
			t.Errorf("%s: %d", c.Name, code)
			continue
		}
		got := w.took.last(t)
		got.Hash, got.At = "", time.Time{}
		if c.Want.Channel, c.Want.Account = "telegram", "4242"; got != c.Want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.Name, got, c.Want)
		}
	}
}

func recorded(t *testing.T, file string) []json.RawMessage {
	t.Helper()
	body, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	good := telegram.Config{Token: token, Clock: time.Now}
	for name, edit := range map[string]func(*telegram.Config){
		"token":   func(c *telegram.Config) { c.Token = "CANARY without a number" },
		"number":  func(c *telegram.Config) { c.Token = "9999999999999999999:CANARY" },
		"secret":  func(c *telegram.Config) { c.Secret = "CANARY with blanks" },
		"mode":    func(c *telegram.Config) { c.Mode = "pigeon" },
		"webhook": func(c *telegram.Config) { c.Mode, c.PublicURL = telegram.ModeWebhook, "http://tuan.test" },
		"base":    func(c *telegram.Config) { c.BaseURL = "nowhere" },
		"clock":   func(c *telegram.Config) { c.Clock = nil },
	} {
		c := good
		edit(&c)
		if _, err := telegram.New(c); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for public, want := range map[string]telegram.Mode{"": telegram.ModePoll, "http://192.168.1.5:8080": telegram.ModePoll, "https://tuan.test": telegram.ModeWebhook} {
		c := good
		c.PublicURL = public
		if ch, err := telegram.New(c); err != nil || ch.Mode() != want {
			t.Errorf("%q: %v %v", public, ch, err)
		}
	}
}

// TestSecretsStayOurs: whatever goes wrong, neither the token nor the webhook's secret is written anywhere.
func TestSecretsStayOurs(t *testing.T) {
	t.Parallel()
	leak := &url.Error{Op: "Post", URL: "https://api.test/bot" + token + "/sendMessage?s=" + secret, Err: errors.New("broken")}
	for name, by := range map[string]func(*http.Request) (*http.Response, error){
		"network": failing(leak), "page": answered(502, "<html>"+token+secret+"</html>"), "no": answered(400, `{"ok":false,"error_code":400,"description":"`+token+secret+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothModes(t, func(t *testing.T, w *world) {
				t.Helper()
				ming, group := quiet(t, w)
				w.out.breaks(slowly(by))
				var seen strings.Builder
				for _, to := range []bot.Address{{Person: ming}, {Chat: group}} {
					fmt.Fprintf(&seen, "%+v\n", w.send(bot.Outgoing{To: to, Reply: plain("a"), Key: "k"}))
					fmt.Fprintf(&seen, "%+v\n", w.send(bot.Outgoing{To: to, Reply: bot.Reply{Picture: &bot.Picture{QR: "x", Alt: "y"}}, Key: "k"}))
					fmt.Fprintf(&seen, "%+v\n", w.send(bot.Outgoing{To: to, Reply: plain("a"), Key: "k", Edit: group + ":1"}))
				}
				fmt.Fprintf(&seen, "%+v\n", w.ch.Check(t.Context()))
				fmt.Fprintf(&seen, "%+v\n", w.ch.SendInvoice(t.Context(), ming, telegram.Invoice{Title: "a", Text: "b", Payload: "c", Currency: "CNY", Total: 1}))
				w.took.replies(bot.Reply{Text: "x", Private: true})
				w.says(ming, "+1")
				w.later(3 * time.Minute)
				knock(w, http.MethodPost, "nonsense", hello)
				knock(w, http.MethodPost, secret, strings.Replace(hello, `"update_id":7`, `"update_id":77`, 1))
				other, err := telegram.New(telegram.Config{Token: token, Secret: secret, BaseURL: "https://api.test", Clock: time.Now, HTTP: clientOf(w), Log: logOf(w)})
				w.good(err)
				fmt.Fprintf(&seen, "%+v\n", other.Check(t.Context()))
				w.later(time.Minute)
				for _, text := range []string{seen.String(), w.log.String()} {
					if strings.Contains(text, "CANARY") {
						t.Errorf("a secret is out: %s", around(text))
					}
				}
				if !strings.Contains(w.log.String(), "***") {
					t.Error("nothing was masked: the test has lost its point")
				}
			})
		})
	}
}

func around(s string) string {
	i := strings.Index(s, "CANARY")
	return s[max(0, i-120):min(len(s), i+60)]
}

// TestNothingPersonalInTheLog: names, ids and words of people stay out of it.
func TestNothingPersonalInTheLog(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明CANARY", "", "")
		w.took.says(func(bot.Update) (bot.Taken, error) { return bot.Taken{}, errStore })
		w.says(ming, "我住CANARY 502")
		w.later(time.Minute)
		if bytes.Contains(w.log.Bytes(), []byte("CANARY")) {
			t.Errorf("%s", around(w.log.String()))
		}
		w.took.says(nil)
		w.later(time.Minute)
	})
}
