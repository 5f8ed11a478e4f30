package telegram_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	faketg "tuanbot/bot/fake/telegram"
	"tuanbot/bot/telegram"
)

// clock is a clock that stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// TestContract: Telegram does what every channel must do.
func TestContract(t *testing.T) {
	t.Parallel()
	bottest.Run(t, bottest.Contract{Open: stand})
}

func stand(t *testing.T) *bottest.Stand {
	t.Helper()
	at := &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	w := build(t, func(tc *telegram.Config, fc *faketg.Config) {
		tc.Clock, fc.Clock, tc.PublicURL = at.time, at.time, "https://bot.test"
	})
	form := url.Values{"url": {"https://bot.test/hook/telegram"}, "secret_token": {secret}}
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/bot"+token+"/setWebhook?"+form.Encode(), nil)
	w.town.Handler().ServeHTTP(rec, req)
	ming, ann := w.town.AddPerson("小明", "", ""), w.town.AddPerson("Ann", "", "")
	group := w.town.AddGroup("邻居", ming)
	w.good(w.town.Follow(t.Context(), ming))
	w.good(w.town.TakeIn(t.Context(), ming, group))
	to := func(chat string) bot.Address {
		if chat == ming {
			chat = ""
		}
		return bot.Address{Channel: "telegram", Chat: chat, Person: map[bool]string{true: ming}[chat == ""]}
	}
	breaks := func(name string, want bot.Sent, by func(*http.Request) (*http.Response, error)) bottest.Failure {
		return bottest.Failure{Name: name, Want: want, Do: func() { w.out.breaks(by) }}
	}
	busy := breaks("busy", bot.SentRetry, answered(429, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":30}}`))
	busy.Wait = true
	return &bottest.Stand{
		Channel: w.ch, Private: to(ming), Group: to(group), Nobody: bot.Address{Channel: "telegram", Person: ann}, Secrets: []string{token, secret},
		Log: func() string { return w.log.String() }, Faults: w.town.Faults, Fresh: func(*testing.T) { at.move(5 * time.Second) },
		Seen: func(_ *testing.T, a bot.Address) (seen []bottest.Seen) {
			for _, m := range w.town.Shown(ming, a.Chat) {
				if m.From == "" {
					one := bottest.Seen{ID: m.ID, Text: m.Text}
					for _, b := range m.Buttons {
						one.Buttons = append(one.Buttons, b.Label)
					}
					seen = append(seen, one)
				}
			}
			return seen
		},
		Fail: []bottest.Failure{
			busy,
			breaks("blocked", bot.SentUnreachable, answered(403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`)),
			breaks("our fault", bot.SentRefused, answered(400, `{"ok":false,"error_code":400,"description":"Bad Request: `+token+`"}`)),
			breaks("no connection", bot.SentRetry, failing(&net.OpError{Op: "dial", Err: errors.New(token)})),
			breaks("cut off", bot.SentUnknown, failing(errors.New("reset by "+secret))),
			breaks("their fault", bot.SentRetry, answered(500, `{"ok":false,"error_code":500,"description":"Internal Server Error"}`)),
		},
	}
}
