package telegram_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/bot"
	faketg "tuanbot/bot/fake/telegram"
	"tuanbot/bot/telegram"
)

func polling(t *testing.T, edit func(*telegram.Config, *faketg.Config), test func(t *testing.T, w *world)) {
	t.Helper()
	alone(t, telegram.ModePoll, edit, test)
}

// says lets people speak at once and does not wait until the bot has taken it.
func (w *world) says(who, text string) (fetched chan error) {
	w.t.Helper()
	fetched = make(chan error, 1)
	go func() { fetched <- w.town.Say(w.t.Context(), who, "", text) }()
	synctest.Wait()
	return fetched
}

// TestOffsetWaitsForWhatIsNotTakenIn: Telegram may forget an update only when it is in; others are not held up, and not
// handled twice.
func TestOffsetWaitsForWhatIsNotTakenIn(t *testing.T) {
	t.Parallel()
	polling(t, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming, ann := w.town.AddPerson("小明", "", ""), w.town.AddPerson("Ann", "", "")
		var well atomic.Bool
		w.took.says(func(up bot.Update) (bot.Taken, error) {
			if up.Person.ID == ming && !well.Load() {
				return bot.Taken{}, errStore
			}
			return bot.Taken{Replies: []bot.Reply{{Text: "ok " + up.Text}}}, nil
		})
		first := w.says(ming, "1")
		second := w.says(ming, "2")
		other := w.says(ann, "3")
		w.later(10 * time.Second)
		if n := w.town.Waiting(); n != 3 {
			t.Errorf("%d wait", n)
		}
		if said := w.shown(ann, ""); len(said) != 1 || said[0].Text != "ok 3" {
			t.Errorf("Ann was held up, or heard it again: %+v", said)
		}
		for _, up := range w.took.all() {
			if up.Text == "2" {
				t.Error("the second came before the first was in")
			}
		}
		well.Store(true)
		w.later(time.Minute)
		for _, c := range []chan error{first, second, other} {
			w.good(<-c)
		}
		if said := w.shown(ming, ""); len(said) != 2 || said[0].Text != "ok 1" || said[1].Text != "ok 2" {
			t.Errorf("%+v", said)
		}
		if n := len(w.shown(ann, "")); n != 1 || w.town.Waiting() != 0 {
			t.Errorf("Ann heard %d, %d wait", n, w.town.Waiting())
		}
		w.clean()
	})
}

// TestOneSickUpdateDoesNotStopTheRest: what fails for an hour while others pass is left behind, and the log says so.
func TestOneSickUpdateDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	polling(t, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming, ann := w.town.AddPerson("小明", "", ""), w.town.AddPerson("Ann", "", "")
		w.took.says(func(up bot.Update) (bot.Taken, error) {
			if up.Text == "sick" {
				panic("a mistake of ours")
			}
			return bot.Taken{}, nil
		})
		sick := w.says(ming, "sick")
		w.later(50 * time.Minute)
		if w.town.Waiting() != 1 {
			t.Error("given up too early")
		}
		for range 3 {
			w.later(10 * time.Minute)
			w.says(ann, "well")
		}
		w.later(time.Minute)
		w.good(<-sick)
		if w.town.Waiting() != 0 || !strings.Contains(w.log.String(), "left behind") {
			t.Errorf("%d wait", w.town.Waiting())
		}
	})
}

// TestOrderOfAPersonAndCompanyOfOthers: different people are handled side by side, one person's updates in their order.
func TestOrderOfAPersonAndCompanyOfOthers(t *testing.T) {
	t.Parallel()
	polling(t, nil, func(t *testing.T, w *world) {
		t.Helper()
		people := []string{w.town.AddPerson("a", "", ""), w.town.AddPerson("b", "", ""), w.town.AddPerson("c", "", "")}
		var mu sync.Mutex
		at, most := 0, 0
		order := map[string][]string{}
		w.took.says(func(up bot.Update) (bot.Taken, error) {
			mu.Lock()
			at++
			most = max(most, at)
			order[up.Person.ID] = append(order[up.Person.ID], up.Text)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			at--
			return bot.Taken{}, nil
		})
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprint(i))
			for _, p := range people {
				w.says(p, fmt.Sprint(i))
			}
		}
		w.later(time.Minute)
		for _, p := range people {
			if !slices.Equal(order[p], want) {
				t.Errorf("%s: %v", p, order[p])
			}
		}
		if most != len(people) {
			t.Errorf("%d at once", most)
		}
		w.clean()
	})
}

// TestStopFinishesAndConfirms: what is at work when the program is told to stop is finished, answered and confirmed.
func TestStopFinishesAndConfirms(t *testing.T) {
	t.Parallel()
	polling(t, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		begun, release := make(chan struct{}), make(chan struct{})
		w.took.says(func(bot.Update) (bot.Taken, error) {
			close(begun)
			<-release
			return bot.Taken{Replies: []bot.Reply{{Text: "记下了"}}}, nil
		})
		fetched := w.says(ming, "+1")
		<-begun
		go func() {
			time.Sleep(2 * time.Second)
			close(release)
		}()
		w.stop()
		w.good(<-fetched)
		if m := w.one(ming, ""); m.Text != "记下了" || w.town.Waiting() != 0 {
			t.Errorf("%+v, %d wait", m, w.town.Waiting())
		}
		w.clean()
	})
}

// TestStopSaysWhatWaits: answers that a limit holds back still leave when the program stops, as long as it takes seconds.
func TestStopSaysWhatWaits(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		w.took.replies(plain("1"), plain("2"), plain("3"), plain("4"), plain("5"), plain("6"))
		w.good(w.town.Say(t.Context(), ming, "", "+1"))
		if n := len(w.town.Shown(ming, "")); n > 4 {
			t.Errorf("%d shown: nothing had to wait", n)
		}
		w.stop()
		if n := len(w.shown(ming, "")); n != 6 {
			t.Errorf("%d were said", n)
		}
		w.clean()
	})
}

// TestTwoPollers: Telegram lets only one poll; the other one stands by and takes over.
func TestTwoPollers(t *testing.T) {
	t.Parallel()
	polling(t, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		other, err := telegram.New(telegram.Config{
			Token: token, BaseURL: "https://api.test", Mode: telegram.ModePoll, Taker: w.took, Clock: time.Now, HTTP: clientOf(w), Log: logOf(w),
		})
		w.good(err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- other.Run(ctx) }()
		w.later(5 * time.Minute)
		if !strings.Contains(w.log.String(), "409") {
			t.Error("nobody heard of the conflict")
		}
		w.says(ming, "+1")
		w.later(time.Minute)
		if n := len(w.took.all()); n < 1 || w.town.Waiting() != 0 {
			t.Errorf("%d came in, %d wait", n, w.town.Waiting())
		}
		cancel()
		w.good(<-done)
		w.says(ming, "+2")
		w.later(time.Minute)
		if w.town.Waiting() != 0 || w.took.last(t).Text != "+2" {
			t.Error("nobody took over")
		}
	})
}

// TestPollingOutlivesTrouble: whatever Telegram answers, polling goes on when it is well again.
func TestPollingOutlivesTrouble(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]string{
		"html": "<html>502</html>", "busy": `{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":40}}`, "odd": `{"ok":true,"result":[{"update_id":1,"message":7},{"x":1},3]}`,
		"not ours": `{"ok":false,"error_code":401,"description":"Unauthorized"}`, "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			polling(t, nil, func(t *testing.T, w *world) {
				t.Helper()
				ming := w.town.AddPerson("小明", "", "")
				w.out.breaks(slowly(answered(502, by)))
				w.later(2 * time.Minute)
				w.out.breaks(nil)
				w.says(ming, "+1")
				w.later(2 * time.Minute)
				if w.town.Waiting() != 0 || len(w.took.all()) != 1 {
					t.Errorf("%d came in, %d wait", len(w.took.all()), w.town.Waiting())
				}
			})
		})
	}
}

// TestSetUpIsTriedAgain: the program may start before the network does.
func TestSetUpIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := build(t, func(tc *telegram.Config, _ *faketg.Config) { tc.PublicURL = "https://bot.test" })
		w.out.breaks(failing(errStore))
		w.run()
		ming := w.town.AddPerson("小明", "", "")
		w.later(time.Minute)
		w.out.breaks(nil)
		w.later(time.Minute)
		w.good(w.town.Follow(t.Context(), ming))
		if w.took.last(t).Kind != bot.KindFollow || w.ch.Mode() != telegram.ModeWebhook {
			t.Errorf("%+v", w.took.last(t))
		}
		if got := w.town.Commands("zh"); !slices.Contains(got, "deals") || !slices.Contains(w.town.Commands(""), "help") {
			t.Errorf("commands: %v", got)
		}
		w.clean()
	})
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		for _, f := range w.ch.Check(t.Context()) {
			if !f.OK {
				t.Errorf("%+v", f)
			}
		}
		w.out.breaks(answered(401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`))
		fs := w.ch.Check(t.Context())
		if len(fs) != 1 || fs[0].OK || fs[0].Advice == "" || strings.Contains(fs[0].Detail, token) {
			t.Errorf("%+v", fs)
		}
	})
}
