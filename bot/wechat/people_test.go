package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
)

func menuOf(actions ...string) bot.Reply {
	r := bot.Reply{Text: "选一个"}
	for _, a := range actions {
		r.Choices = append(r.Choices, bot.Choice{Label: strings.ToUpper(a), Action: a})
	}
	return r
}

func TestNumbersStandForTheLastList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := func(text string, kind bot.Kind, want string) {
		t.Helper()
		w.speak(text)
		if up := w.last(); up.Kind != kind || up.Text+up.Action != want {
			t.Errorf("%q was heard as %+v", text, up)
		}
	}
	check("2", bot.KindText, "2") // nothing was listed
	w.answer(menuOf("a1", "a2"))
	check("hi", bot.KindText, "hi")
	check("2", bot.KindAction, "a2")
	check("3", bot.KindText, "3") // on no list
	check("+2", bot.KindText, "+2")
	check("02", bot.KindAction, "a2")
	check("２", bot.KindAction, "a2")
	check("-1", bot.KindText, "-1")
	check("１００", bot.KindText, "１００")
	w.answer(bot.Reply{Text: "要改成几份？"})
	check("1", bot.KindAction, "a1")
	check("2", bot.KindText, "2") // the question above had no list: it is a quantity
	w.answer(menuOf("b1"))
	check("hi", bot.KindText, "hi")
	w.clock.forward(25 * time.Hour)
	check("1", bot.KindText, "1") // too old
}

// A number means at every delivery what it meant at the first, although the answer has put up another list since.
func TestRedeliveredNumberMeansTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(menuOf("show", "x"))
	w.speak("hi")
	w.answer(menuOf("leave", "y"))
	w.town.Repeat(3)
	w.speak("1")
	ups := w.updates()
	for _, up := range ups[1:] {
		if up.Action != "show" {
			t.Errorf("heard %+v", up)
		}
	}
	if len(ups) != 5 {
		t.Errorf("heard %d times", len(ups))
	}
}

// Windows and what numbers mean are written down when the program ends.
func TestNumbersOutliveARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(menuOf("a1"))
	w.speak("hi")
	w.settle()
	w.ch = w.open(w.cfg)
	if out := w.push(bot.Reply{Text: "成团了"}, "k"); out.Sent != bot.SentOK {
		t.Errorf("the window is lost: %+v", out)
	}
	if raw, err := w.notes.Note(t.Context(), "wechat/person/", who); err != nil || !strings.Contains(string(raw), "a1") {
		t.Errorf("written: %s %v", raw, err)
	}
}

// The rows of the facts' table of triggers.
func TestWindows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		open func(w *world) error
		most int
		last time.Duration
		shut time.Duration
	}{
		"message": {func(w *world) error { return w.town.Say(t.Context(), who, "", "hi") }, 5, 47*time.Hour + 58*time.Minute, 48 * time.Hour},
		"follow":  {func(w *world) error { return w.town.Follow(t.Context(), who) }, 3, 50 * time.Second, time.Minute},
		"scan":    {func(w *world) error { return w.town.Open(t.Context(), who, "deal D") }, 3, 50 * time.Second, time.Minute},
		"click":   {func(w *world) error { return w.town.Click(t.Context(), who, "订单") }, 3, 50 * time.Second, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := w.ch.SetMenu(t.Context(), []wechat.MenuButton{{Label: "订单", Text: "订单"}}); err != nil {
				t.Fatal(err)
			}
			begin := func() {
				w.clock.forward(time.Second)
				if err := tc.open(w); err != nil {
					t.Fatal(err)
				}
			}
			begin()
			for n := range tc.most + 1 {
				out := w.push(bot.Reply{Text: fmt.Sprint(n)}, fmt.Sprint("k", n))
				if ok := n < tc.most; ok != (out.Sent == bot.SentOK) || !ok && out.Reason != "window_closed" {
					t.Errorf("message %d: %+v", n, out)
				}
			}
			begin()
			w.clock.forward(tc.last)
			if out := w.push(bot.Reply{Text: "x"}, "late"); out.Sent != bot.SentOK {
				t.Errorf("within the window: %+v", out)
			}
			begin()
			w.clock.forward(tc.shut)
			if out := w.push(bot.Reply{Text: "x"}, "too late"); out.Sent != bot.SentUnreachable || out.Reason != "window_closed" {
				t.Errorf("after the window: %+v", out)
			}
			if calls := strings.Count(strings.Join(w.town.Calls(), " "), "custom/send"); calls != tc.most+1 {
				t.Errorf("%d calls: the platform was asked although the window was known to be shut", calls)
			}
			w.noFaults()
		})
	}
}

// A redelivered message opens no second window.
func TestRedeliveryOpensNoWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	for n := range 5 {
		w.push(bot.Reply{Text: fmt.Sprint(n)}, fmt.Sprint("k", n))
	}
	body := strings.Replace(textBody, "1777636800", fmt.Sprint(w.clock.Now().Add(-time.Second).Unix()), 1)
	for range 3 {
		if code, _ := w.post(body, nil); code != 200 { // older than what opened the window
			t.Fatal(code)
		}
	}
	if out := w.push(bot.Reply{Text: "6"}, "k6"); out.Sent != bot.SentUnreachable {
		t.Errorf("%+v", out)
	}
	if n := strings.Count(strings.Join(w.town.Calls(), " "), "custom/send"); n != 5 {
		t.Errorf("%d calls: the window was thought open again", n)
	}
	w.noFaults()
}

// What the platform did not take leaves the window as it was.
func TestFailedSendsCostNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	for n := range 5 {
		w.town.Fail(pathCustom, -1, 0)
		if a, b := w.push(bot.Reply{Text: "x"}, fmt.Sprint("a", n)), w.push(bot.Reply{Text: "x"}, fmt.Sprint("b", n)); a.Sent != bot.SentRetry || b.Sent != bot.SentOK {
			t.Errorf("round %d: %+v, %+v", n, a, b)
		}
	}
	if got := w.shown(); len(got) != 5 {
		t.Errorf("%d shown, want 5", len(got))
	}
	w.noFaults()
}

// Windows are counted once for all copies.
func TestCopiesShareTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	w.settle()
	other := w.open(w.cfg)
	sent := 0
	for n := range 8 {
		ch := w.ch
		if n%2 == 1 {
			ch = other
		}
		if ch.Send(t.Context(), bot.Outgoing{To: bot.Address{Person: who}, Reply: bot.Reply{Text: "x"}, Key: fmt.Sprint("k", n)}).Sent == bot.SentOK {
			sent++
		}
	}
	if sent != 5 {
		t.Errorf("%d sent, want 5", sent)
	}
	w.noFaults()
}

// A menu in a service message can be pressed, and typed numbers still mean the list before it.
func TestPressedMenu(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak("hi")
	if out := w.push(menuOf("pay D 12", "leave D 12"), "k1"); out.Sent != bot.SentOK {
		t.Fatalf("%+v", out)
	}
	if out := w.push(menuOf("code D 12"), "k2"); out.Sent != bot.SentOK {
		t.Fatalf("%+v", out)
	}
	shown := w.town.Shown(who, "")
	if shown[1].Form != "msgmenu" || len(shown[1].Buttons) != 2 {
		t.Fatalf("shown %+v", shown[1])
	}
	for label, want := range map[string]string{"LEAVE D 12": "leave D 12", "CODE D 12": "code D 12"} {
		if err := w.town.Press(t.Context(), who, "", label); err != nil {
			t.Fatal(err)
		}
		if up := w.last(); up.Kind != bot.KindAction || up.Action != want {
			t.Errorf("heard %+v, want %s", up, want)
		}
	}
	w.clock.forward(50 * time.Hour) // the menu is forgotten, its words are not
	w.settle()
	if err := w.town.Press(t.Context(), who, "", "LEAVE D 12"); err != nil {
		t.Fatal(err)
	}
	if up := w.last(); up.Kind != bot.KindText || up.Text != "LEAVE D 12" {
		t.Errorf("heard %+v", up)
	}
	w.noFaults()
}

// A test account has no pressable menus: the same choices go out as a list of numbers, and from then on at once.
func TestMenuWhereThereIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(tc *fakewx.Config, _ *wechat.Config) { tc.Kind = fakewx.Test })
	w.speak("hi")
	for n := range 2 {
		if out := w.push(menuOf("pay D", "leave D"), fmt.Sprint("k", n)); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
	}
	if got := w.shown(); len(got) != 2 || !strings.HasSuffix(got[1], "Send a number: 1 PAY D, 2 LEAVE D") {
		t.Errorf("shown %q", got)
	}
	w.speak("2")
	if up := w.last(); up.Action != "leave D" {
		t.Errorf("heard %+v", up)
	}
	if n := strings.Count(strings.Join(w.town.Calls(), " "), "custom/send"); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
	w.noFaults()
}

// Hearing somebody costs no transaction: the notes are written by the background only.
func TestHearingWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(menuOf("a"))
	w.speak("+2")
	if keys, _ := w.notes.Keys(t.Context(), "wechat/person/", "", 9); len(keys) != 0 {
		t.Errorf("written at once: %v", keys)
	}
	w.settle()
	if keys, _ := w.notes.Keys(t.Context(), "wechat/person/", "", 9); len(keys) != 1 {
		t.Errorf("not written at the end: %v", keys)
	}
}

// brokenNotes fails when told to.
type brokenNotes struct {
	*bottest.Notebook
	broken bool
}

var errNotes = errors.New("the notebook is away")

func (b *brokenNotes) Note(ctx context.Context, page, key string) ([]byte, error) {
	if b.broken {
		return nil, errNotes
	}
	return b.Notebook.Note(ctx, page, key)
}

func (b *brokenNotes) Change(ctx context.Context, page, key string, f func([]byte) ([]byte, time.Time, error)) error {
	if b.broken {
		return errNotes
	}
	return b.Notebook.Change(ctx, page, key, f)
}

func (b *brokenNotes) ChangeAll(ctx context.Context, page string, keys []string, f func(string, []byte) ([]byte, time.Time, error)) error {
	if b.broken {
		return errNotes
	}
	return b.Notebook.ChangeAll(ctx, page, keys, f)
}

func TestWithoutTheNotebookNothingIsLost(t *testing.T) {
	t.Parallel()
	var notes *brokenNotes
	w := newWorld(t, func(_ *fakewx.Config, c *wechat.Config) {
		notes = &brokenNotes{Notebook: bottest.NewNotebook(c.Clock)}
		c.Notes = notes
	})
	w.answer(bot.Reply{Text: "好"})
	notes.broken = true
	w.speak("+2") // needs no note
	if out := w.push(bot.Reply{Text: "成团了"}, "k"); out.Sent != bot.SentRetry || out.Reason != "store" {
		t.Errorf("%+v", out)
	}
	w.settle()
	notes.broken = false
	if out := w.push(bot.Reply{Text: "成团了"}, "k"); out.Sent != bot.SentOK {
		t.Errorf("the window was lost: %+v", out)
	}
	w.noFaults()
}
