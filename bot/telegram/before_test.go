package telegram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/bot"
	faketg "tuanbot/bot/fake/telegram"
	"tuanbot/bot/telegram"
)

// was is what another program has told Telegram before we come.
func (w *world) was(method string, form url.Values) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.town.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/bot"+token+"/"+method+"?"+form.Encode(), nil))
	if rec.Code != 200 {
		w.t.Fatalf("%s: %d %s", method, rec.Code, rec.Body)
	}
}

// A webhook and kinds of update that were set before stay set until somebody says otherwise: we do, both ways.
func TestWhatWasSetBeforeIsSetAnew(t *testing.T) {
	t.Parallel()
	for _, mode := range []telegram.Mode{telegram.ModePoll, telegram.ModeWebhook} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := build(t, func(tc *telegram.Config, _ *faketg.Config) { tc.Mode, tc.PublicURL = mode, "https://bot.test" })
				w.was("setWebhook", url.Values{"url": {"https://other.test/hook"}, "secret_token": {"x"}, "allowed_updates": {`["poll"]`}})
				w.run()
				w.later(time.Minute)
				ming := w.town.AddPerson("小明", "", "")
				w.good(w.town.Follow(t.Context(), ming))
				w.good(w.town.Say(t.Context(), ming, "", "+2"))
				if up := w.took.last(t); up.Text != "+2" {
					t.Errorf("%+v", up)
				}
				w.clean()
			})
		})
	}
}

// A quiet hour is no trouble: our client waits longer than Telegram does.
func TestALongPollIsNotCutOff(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModePoll, nil, func(t *testing.T, w *world) {
		t.Helper()
		w.later(time.Hour)
		if log := w.log.String(); strings.Contains(log, "poll") {
			t.Errorf("%.400s", log)
		}
	})
}

// A press that means nothing to us, on a post of a channel, is answered all the same: else its wheel turns on.
func TestEveryPressIsAnswered(t *testing.T) {
	t.Parallel()
	for _, press := range []string{
		`{"update_id":1,"callback_query":{"id":"q1","from":{"id":11},"data":"a","message":{"message_id":3,"date":1,"chat":{"id":-100,"type":"channel"}}}}`,
		`{"update_id":1,"callback_query":{"id":"q1","from":{"id":11},"data":"a"}}`,
		`{"update_id":1,"callback_query":{"id":"q1","from":{"id":11},"inline_message_id":"i","game_short_name":"x"}}`,
	} {
		w := build(t, func(tc *telegram.Config, _ *faketg.Config) { tc.Username = name })
		answered := 0
		w.out.breaks(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/answerCallbackQuery") {
				answered++
			}
			return nil, nil
		})
		if code := knock(w, http.MethodPost, secret, press); code != 200 || answered != 1 {
			t.Errorf("%d, answered %d times: %s", code, answered, press)
		}
	}
}

// many offers more deals than Telegram lists.
type many struct{}

func (many) OpenDeals(context.Context, string, string) (all []telegram.Share, err error) {
	for i := range 70 {
		all = append(all, telegram.Share{ID: fmt.Sprint("D", i), Title: "葡萄", Reply: bot.Reply{Text: "葡萄"}})
	}
	return all, nil
}

// Lists, invoices and descriptions keep to their sizes, whoever writes them.
func TestSizesOfRareThings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("葡萄🍇", 200)
	alone(t, telegram.ModeWebhook, func(tc *telegram.Config, _ *faketg.Config) {
		tc.Sharer = many{}
		tc.Words = func(string, string) string { return long }
	}, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		w.good(w.town.Follow(t.Context(), ming))
		if found, err := w.town.Query(t.Context(), ming, ""); err != nil || len(found) == 0 || len(found) > 50 {
			t.Errorf("%d found, %v", len(found), err)
		}
		v := telegram.Invoice{Title: long, Text: long, Payload: "order-1", Provider: "p:TEST:1", Currency: "CNY", Total: 5980}
		if out := w.ch.SendInvoice(t.Context(), ming, v); out.Sent != bot.SentOK {
			t.Errorf("%+v", out)
		}
		if !slices.Contains(w.town.Commands("zh"), "deals") {
			t.Error("long descriptions lose the commands")
		}
		w.clean()
	})
}
