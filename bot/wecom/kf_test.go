package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
)

const (
	pathSync  = "/cgi-bin/kf/sync_msg"
	pathKF    = "/cgi-bin/kf/send_msg"
	pathEvent = "/cgi-bin/kf/send_msg_on_event"
)

func (w *world) texts() []string {
	var all []string
	for _, up := range w.updates() {
		all = append(all, up.Text+up.Action)
	}
	return all
}

func (w *world) happens(text string, more ...map[string]any) {
	m := map[string]any{"external_userid": w.customer, "origin": 3, "msgtype": "text", "text": map[string]any{"content": text}}
	for _, x := range more {
		maps.Copy(m, x)
	}
	w.town.Happen(m)
}

func TestCustomersSpeakAndAreAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "已记下 2 份"}, bot.Reply{Text: "还差 1 份", Choices: []bot.Choice{{Label: "再加 2 份", Action: "join D7KQ4 2"}}})
	w.speak(w.customer, "", "+2")
	up := w.last()
	if up.Text != "+2" || up.Person.ID != "k:"+w.customer || up.Person.Name != "王姐" || up.Account != "wkKefu0001" || up.Chat.Kind != bot.ChatPrivate || !up.Spoken {
		t.Errorf("heard %+v", up)
	}
	all := w.shown(w.customer, "")
	if len(all) != 1 || !strings.Contains(all[0].Text, "已记下 2 份") || !strings.Contains(all[0].Text, "还差 1 份") {
		t.Fatalf("one message of the customer's five, please: %+v", all)
	}
	w.good(w.town.Press(t.Context(), w.customer, all[0].ID, "再加 2 份"))
	if up := w.last(); up.Kind != bot.KindAction || up.Action != "join D7KQ4 2" {
		t.Errorf("pressed %+v", up)
	}
	if len(w.updates()) != 2 {
		t.Errorf("what we sent came back as %q", w.texts())
	}
	w.noFaults()
}

// The cursor moves page by page; a page may be empty with more behind it; nothing is lost or doubled however often the
// callback comes.
func TestPagesAndRepeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.PageSize(2)
	w.town.Repeat(3)
	for i := range 7 {
		w.happens(fmt.Sprint("+", i))
	}
	w.happens("staff", map[string]any{"origin": 5})
	w.good(w.town.News(t.Context()))
	if got := strings.Join(w.texts(), " "); got != "+0 +1 +2 +3 +4 +5 +6" {
		t.Errorf("heard %s", got)
	}
	w.speak(w.customer, "", "+8")
	if got := w.texts(); len(got) != 8 {
		t.Errorf("heard %q", got)
	}
	w.noFaults()
}

// A fault while taking in leaves the cursor where it was; what was answered before is shown once, since its id stays.
func TestNothingIsLostWhenTakingFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.town.AddCustomer("老周")
	w.say = func(_ context.Context, up bot.Update) (bot.Taken, error) {
		if up.Text == "+2" && len(w.updates()) < 4 {
			return bot.Taken{}, errors.New("the database is away")
		}
		return bot.Taken{Replies: []bot.Reply{{Text: "好 " + up.Text}}}, nil
	}
	w.speak(other, "", "+1")
	w.happens("+2")
	w.happens("+3")
	w.happens("+4", map[string]any{"external_userid": other})
	w.good(w.town.News(t.Context()))
	if n := len(w.shown(w.customer, "")); n != 0 {
		t.Fatalf("%d shown", n)
	}
	w.clock.forward(5 * time.Second)
	w.speak(w.customer, "", "嗯") // opens the stand-in's window; and the same page again
	w.clock.forward(5 * time.Second)
	w.run()
	var mine []string
	for _, m := range w.shown(w.customer, "") {
		mine = append(mine, m.Text)
	}
	if got := strings.Join(mine, ","); got != "好 +2,好 +3,好 嗯" {
		t.Errorf("shown %s; heard %q", got, w.texts())
	}
	if got := w.shown(other, ""); len(got) != 2 {
		t.Errorf("the other was answered %d times", len(got))
	}
	w.noFaults()
}

// We die between the acknowledgement and the fetch: what is written down makes the next start fetch it.
func TestAFetchSurvivesADeath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Fail(pathSync, 503, 503)
	w.happens("+2")
	w.good(w.town.News(t.Context()))
	if len(w.updates()) != 0 {
		t.Fatal("too early")
	}
	w.clock.forward(10 * time.Second)
	w.run() // another program over the same notebook; its first request fails too
	w.clock.forward(10 * time.Second)
	w.run()
	if got := w.texts(); len(got) != 1 || got[0] != "+2" {
		t.Errorf("heard %q", got)
	}
	w.noFaults()
}

// A callback that never came: a look now and then finds it.
func TestASweepFindsWhatNobodyTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(w.customer, "", "hi")
	w.happens("+2")
	w.run()
	if got := w.texts(); len(got) != 2 {
		t.Errorf("heard %q", got)
	}
}

// Without a token, or with one that is over, only ten requests a minute are allowed.
func TestQuotaOfRequestsWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(w.customer, "", "hi")
	w.town.Fail(pathSync, 45009)
	w.happens("+2")
	w.good(w.town.News(t.Context()))
	calls := len(w.town.Calls())
	w.run()
	if len(w.town.Calls()) != calls {
		t.Error("asked again before the minute was over")
	}
	w.clock.forward(62 * time.Second)
	w.run()
	if got := w.texts(); len(got) != 2 {
		t.Errorf("heard %q", got)
	}
}

func TestTokensThatAreOverAreNotUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(w.customer, "", "hi")
	w.clock.forward(11 * time.Minute)
	w.happens("+2")
	w.run() // a sweep, whose callback's token is over
	if got := w.texts(); len(got) != 2 {
		t.Errorf("heard %q", got)
	}
}

// Two copies, one fetch: the other waits for nothing and takes nothing twice.
func TestTwoCopiesFetchOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	goOn, there := make(chan struct{}), make(chan struct{}, 8)
	w.say = func(context.Context, bot.Update) (bot.Taken, error) {
		there <- struct{}{}
		<-goOn
		return bot.Taken{}, nil
	}
	w.happens("+2")
	var group sync.WaitGroup
	group.Go(func() { w.good(w.town.News(context.WithoutCancel(t.Context()))) })
	<-there
	w.run() // another copy
	close(goOn)
	group.Wait()
	if got := w.texts(); len(got) != 1 {
		t.Errorf("heard %q", got)
	}
}

// What lay there for days before we first looked is not taken for an order of now.
func TestOldMessagesBeforeTheFirstLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.happens("+9", map[string]any{"send_time": w.clock.Now().Add(-26 * time.Hour).Unix()})
	w.happens("+2")
	w.good(w.town.News(t.Context()))
	if got := w.texts(); len(got) != 1 || got[0] != "+2" {
		t.Errorf("heard %q", got)
	}
}

func TestWindowsOfCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	say := func(key string) bot.Outcome { return w.push("k:"+w.customer, key, bot.Reply{Text: "成团了 " + key}) }
	if out := say("a"); out.Sent != bot.SentUnreachable || out.Reason != "window_closed" {
		t.Errorf("before they spoke: %+v", out)
	}
	w.speak(w.customer, "", "hi")
	for i := range 5 {
		if out := say(fmt.Sprint(i)); out.Sent != bot.SentOK {
			t.Errorf("%d: %+v", i, out)
		}
	}
	if out := say("4"); out.Sent != bot.SentOK {
		t.Errorf("a repeat costs nothing: %+v", out)
	}
	if out := say("5"); out.Sent != bot.SentUnreachable {
		t.Errorf("the sixth: %+v", out)
	}
	if n := len(w.shown(w.customer, "")); n != 5 {
		t.Errorf("%d shown", n)
	}
	w.speak(w.customer, "", "hi")
	if out := say("6"); out.Sent != bot.SentOK {
		t.Errorf("after they spoke again: %+v", out)
	}
	w.clock.forward(49 * time.Hour)
	if out := say("7"); out.Sent != bot.SentUnreachable {
		t.Errorf("after 48 hours: %+v", out)
	}
	calls := 0
	for _, c := range w.town.Calls() {
		if c == pathKF {
			calls++
		}
	}
	if calls != 7 {
		t.Errorf("%d calls: a closed window is not tried", calls)
	}
	w.noFaults()
}

// The end of a session gives a code that allows one message more.
func TestOneMessageAfterASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.good(w.town.Event(t.Context(), w.town.EndSession(w.customer)))
	if out := w.push("k:"+w.customer, "a", bot.Reply{Text: "到货了"}); out.Sent != bot.SentOK {
		t.Errorf("%+v", out)
	}
	if out := w.push("k:"+w.customer, "b", bot.Reply{Text: "到货了"}); out.Sent != bot.SentUnreachable {
		t.Errorf("a second: %+v", out)
	}
	if m := w.lastShown(w.customer, ""); m.Form != "event" {
		t.Errorf("shown %+v", m)
	}
	w.noFaults()
}

// A message that the platform says did not arrive shuts the window, if it is one of this window.
func TestFailedMessagesShutTheWindow(t *testing.T) {
	t.Parallel()
	for kind, want := range map[int]string{4: "window_closed", 6: "too_many", 10: "unwilling"} {
		w := newWorld(t)
		w.speak(w.customer, "", "hi")
		sent := w.push("k:"+w.customer, "a", bot.Reply{Text: "成团了"})
		fail := func(id string) {
			w.good(w.town.Event(t.Context(), map[string]any{
				"event_type": "msg_send_fail", "open_kfid": "wkKefu0001", "external_userid": w.customer, "fail_msgid": id, "fail_type": kind,
			}))
		}
		fail("older")
		if out := w.push("k:"+w.customer, "b", bot.Reply{Text: "x"}); out.Sent != bot.SentOK {
			t.Errorf("%+v", out)
		}
		fail(sent.MessageID)
		if out := w.push("k:"+w.customer, "c", bot.Reply{Text: "x"}); out.Sent != bot.SentUnreachable {
			t.Errorf("%d: %+v", kind, out)
		}
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("%s is not logged", want)
		}
	}
}

// Who comes in by a link is greeted within 20 seconds, against the event's code, and costs no message of the five.
func TestWelcomeOfCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Repeat(2)
	w.answer(bot.Reply{Text: "阳光玫瑰 17/20", Choices: []bot.Choice{{Label: "来 1 份", Action: "join D7KQ4 1"}}})
	w.good(w.town.Open(t.Context(), w.customer, "deal 7KQ4"))
	if up := w.last(); up.Kind != bot.KindOpen || up.Action != "deal 7KQ4" {
		t.Errorf("heard %+v", up)
	}
	if m := w.lastShown(w.customer, ""); m.Form != "event" || len(m.Buttons) != 1 {
		t.Errorf("shown %+v", m)
	}
	w.good(w.town.Follow(t.Context(), w.customer))
	if up := w.last(); up.Kind != bot.KindFollow {
		t.Errorf("heard %+v", up)
	}
	w.noFaults()
}

func TestALateWelcomeIsNotTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "你好"})
	w.town.Fail(pathSync, 503)
	w.good(w.town.Follow(t.Context(), w.customer))
	w.clock.forward(30 * time.Second)
	w.run()
	if len(w.updates()) != 1 || len(w.shown(w.customer, "")) != 0 {
		t.Errorf("heard %d, shown %d", len(w.updates()), len(w.shown(w.customer, "")))
	}
	for _, c := range w.town.Calls() {
		if c == pathEvent {
			t.Error("a code that is over was tried")
		}
	}
	w.noFaults()
}

func TestCodesOfCustomerService(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bot.Sent{
		-1: bot.SentRetry, 45009: bot.SentRetry, 45033: bot.SentRetry, 95001: bot.SentUnreachable, 95002: bot.SentUnreachable, 95018: bot.SentUnreachable,
		40096: bot.SentUnreachable, 60020: bot.SentRefused, 48002: bot.SentRefused, 44004: bot.SentRefused, 502: bot.SentRetry,
	} {
		w := newWorld(t)
		w.speak(w.customer, "", "hi")
		w.town.Fail(pathKF, code)
		out := w.push("k:"+w.customer, "a", bot.Reply{Text: "x"})
		if out.Sent != want || out.Reason == "" || (code == 45009) != (out.Wait > 0) {
			t.Errorf("%d: %+v", code, out)
		}
	}
}

// An answer that cannot leave at once lets the page come again, and is then shown once.
func TestAnAnswerThatMustWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "已记下"})
	w.town.Fail(pathKF, -1)
	w.speak(w.customer, "", "+2")
	if len(w.shown(w.customer, "")) != 0 {
		t.Fatal("it was to fail")
	}
	w.clock.forward(5 * time.Second)
	w.run()
	w.clock.forward(5 * time.Second)
	w.run()
	if got := w.shown(w.customer, ""); len(got) != 1 {
		t.Errorf("shown %+v", got)
	}
	w.noFaults()
}

// Messages that we cannot read do not hold up what comes behind them.
func TestUnknownMessagesAreSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Happen(map[string]any{"external_userid": w.customer, "origin": 3, "msgtype": "text", "text": "not an object"})
	w.town.Happen(map[string]any{"external_userid": 7, "origin": 3, "msgtype": "text"})
	w.town.Happen(map[string]any{"msgid": "", "origin": "3"})
	w.happens("+2")
	w.good(w.town.News(t.Context()))
	if got := w.texts(); len(got) != 1 || got[0] != "+2" {
		t.Errorf("heard %q", got)
	}
}
