package telegram_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	faketg "tuanbot/bot/fake/telegram"
	"tuanbot/bot/telegram"
)

// leaving is a taker whose caller goes away in the middle of the work.
type leaving struct {
	leave context.CancelFunc
	told  error
}

func (l *leaving) Take(ctx context.Context, _ bot.Update) (bot.Taken, error) {
	l.leave()
	l.told = ctx.Err()
	return bot.Taken{}, nil
}

// What was begun is not cut off in the middle of a write because the caller went away.
func TestWorkOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	l := &leaving{leave: leave}
	w := build(t, func(tc *telegram.Config, _ *faketg.Config) { tc.Taker, tc.Username = l, name })
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/hook/telegram", strings.NewReader(hello))
	req.Header.Set(header, secret)
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, req)
	if rec.Code != 200 || ctx.Err() == nil || l.told != nil {
		t.Errorf("%d, the work heard %v", rec.Code, l.told)
	}
}

// The program ends when what Telegram has delivered is finished, not before.
func TestStopWaitsForDeliveries(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
		t.Helper()
		begun, finished := make(chan struct{}), false
		w.took.says(func(bot.Update) (bot.Taken, error) {
			close(begun)
			time.Sleep(2 * time.Second)
			finished = true
			return bot.Taken{}, nil
		})
		done := make(chan int)
		go func() { done <- knock(w, http.MethodPost, secret, hello) }()
		<-begun
		w.stop()
		if !finished {
			t.Error("it ended in the middle of the work")
		}
		if code := <-done; code != 200 {
			t.Errorf("%d", code)
		}
	})
}

// A secret that nobody has set is made, not left out: an empty one would let everybody in.
func TestWithoutASecretOneIsMade(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, func(tc *telegram.Config, _ *faketg.Config) { tc.Secret = "" }, func(t *testing.T, w *world) {
		t.Helper()
		for _, key := range []string{"", "x", token} {
			if code := knock(w, http.MethodPost, key, hello); code != 401 || len(w.took.all()) != 0 {
				t.Errorf("with the secret %q: %d, %d came in", key, code, len(w.took.all()))
			}
		}
		ming := w.town.AddPerson("小明", "", "")
		w.good(w.town.Say(t.Context(), ming, "", "+2"))
		if len(w.took.all()) != 1 {
			t.Error("Telegram was not told the secret")
		}
		w.clean()
	})
}

// Polling waits as long as Telegram says, and leaves the word to another one who polls.
func TestPollsKeepTheirDistance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code  int
		body  string
		least time.Duration
	}{
		"busy":     {429, `{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":40}}`, 40 * time.Second},
		"conflict": {409, `{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}`, 5 * time.Second},
		"trouble":  {502, `<html>`, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone(t, telegram.ModePoll, nil, func(t *testing.T, w *world) {
				t.Helper()
				var at []time.Time
				by := answered(c.code, c.body)
				w.out.breaks(func(r *http.Request) (*http.Response, error) {
					at = append(at, time.Now())
					return by(r)
				})
				w.later(4 * time.Minute)
				w.out.breaks(nil)
				for i := 1; i < len(at); i++ {
					if d := at[i].Sub(at[i-1]); d < c.least {
						t.Errorf("asked again after %s", d)
					}
				}
				if len(at) < 3 {
					t.Errorf("asked %d times", len(at))
				}
			})
		})
	}
}

func TestWhatTelegramCan(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	if got, want := w.ch.Capabilities(), (bot.Capabilities{TextUTF16: 4096, Buttons: 60, Edit: true, Push: true, Groups: true, PerMinute: 20, PerSecond: 30}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What is counted by others than we write in is cut all the same: buttons, a caption that is edited, the words above the chat.
func TestLimitsThatAreEasilyMissed(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming, group, card := pressing(t, w)
		w.good(w.town.Follow(t.Context(), ming))
		many := bot.Reply{Text: "选一个"}
		for range 150 {
			many.Choices = append(many.Choices, bot.Choice{Label: "好", Action: "a"})
		}
		if out := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: many, Key: "many"}); out.Sent != bot.SentOK {
			t.Errorf("150 buttons: %+v", out)
		}
		photo := bot.Reply{Text: "码", Picture: &bot.Picture{QR: "7KQ4", Alt: "码"}}
		out := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: photo, Key: "photo"})
		if out = w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: bot.Reply{Text: strings.Repeat("长", 2000)}, Edit: out.MessageID, Key: "edit"}); out.Sent != bot.SentOK {
			t.Errorf("a long caption: %+v", out)
		}
		w.took.replies(bot.Reply{Text: strings.Repeat("🍇", 150)}) // 150 signs, 300 as Telegram counts
		w.good(w.town.Press(t.Context(), ming, card, "join D1 A1"))
		if toasts := w.town.Toasts(ming); len(toasts) != 1 || !strings.HasPrefix(toasts[0], "🍇") {
			t.Errorf("%q", toasts)
		}
		if m := w.one(ming, group); m.Text != strings.Repeat("🍇", 150) {
			t.Errorf("the whole of it: %q", m.Text)
		}
		w.clean()
	})
}
