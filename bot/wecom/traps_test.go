package wecom_test

import (
	"strings"
	"testing"

	"tuanbot/bot"
)

func (w *world) called(path string) (n int) {
	for _, c := range w.town.Calls() {
		if c == path {
			n++
		}
	}
	return n
}

// A page may be empty with more behind it: only has_more says that all was fetched.
func TestEmptyPagesAreNoEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(w.customer, "", "hi")
	w.town.Gaps(3)
	w.happens("+2")
	w.good(w.town.News(t.Context()))
	if got := strings.Join(w.texts(), " "); got != "hi +2" {
		t.Errorf("heard %s", got)
	}
	w.noFaults()
}

// The platform says that five were sent or that the 48 hours are over: it is not asked again until the customer speaks.
func TestTheirWordShutsTheWindow(t *testing.T) {
	t.Parallel()
	for _, code := range []int{95001, 95002} {
		w := newWorld(t)
		w.speak(w.customer, "", "hi")
		w.town.Fail(pathKF, code)
		for _, key := range []string{"a", "b"} {
			if out := w.push("k:"+w.customer, key, bot.Reply{Text: "x"}); out.Sent != bot.SentUnreachable || out.Reason != "window_closed" {
				t.Errorf("%d: %+v", code, out)
			}
		}
		if n := w.called(pathKF); n != 1 {
			t.Errorf("%d: %d calls", code, n)
		}
	}
}

// Each of the three words for a token that is no good brings a new one, once; a second no is left for later.
func TestTokensAreFetchedAnewOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		w := newWorld(t)
		w.town.Fail(pathApp, code)
		if out := w.push("u:"+member, "a", bot.Reply{Text: "x"}); out.Sent != bot.SentOK || w.called("/cgi-bin/gettoken") != 2 {
			t.Errorf("%d: %+v after %d tokens", code, out, w.called("/cgi-bin/gettoken"))
		}
		w.town.Fail(pathApp, code, code, code)
		if out := w.push("u:"+member, "b", bot.Reply{Text: "x"}); out.Sent != bot.SentRetry || out.Reason != "token" || w.called(pathApp) != 4 {
			t.Errorf("%d again and again: %+v after %d calls", code, out, w.called(pathApp))
		}
	}
}

// What each of the platform's codes means for a message to a member, and of which an operator hears.
func TestCodesOfTheApp(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]struct {
		sent  bot.Sent
		why   string
		tells bool
	}{
		-1: {bot.SentRetry, "busy", false}, 45009: {bot.SentRetry, "quota_minute", false}, 45033: {bot.SentRetry, "busy", false},
		60020: {bot.SentRefused, "ip_not_listed", true}, 48002: {bot.SentRefused, "no_permission", true}, 60011: {bot.SentRefused, "no_permission", true},
		301002: {bot.SentRefused, "no_permission", true}, 12345: {bot.SentRefused, "code_12345", true},
		40003: {bot.SentUnreachable, "no_member", false}, 60111: {bot.SentUnreachable, "no_member", false}, 81013: {bot.SentUnreachable, "no_member", false},
		502: {bot.SentUnknown, "network", false},
	} {
		w := newWorld(t)
		w.town.Fail(pathApp, code)
		out := w.push("u:"+member, "a", bot.Reply{Text: "x"})
		if out.Sent != want.sent || out.Reason != want.why || (code == 45009) != (out.Wait > 0) {
			t.Errorf("%d: %+v", code, out)
		}
		if told := strings.Contains(w.log.String(), "needs its operator"); told != want.tells {
			t.Errorf("%d: told %v: %s", code, told, w.log.String())
		}
	}
	w := newWorld(t)
	w.town.Fail(pathRobot, 93000)
	if out := w.push("r:3号楼", "a", bot.Reply{Text: "x"}); out.Reason != "bad_robot_key" || !strings.Contains(w.log.String(), "needs its operator") {
		t.Errorf("%+v: %s", out, w.log.String())
	}
}

func TestWhatTheDoorsCan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got, want := w.ch.Capabilities(), (bot.Capabilities{TextBytes: 2048, Buttons: 6, Push: true, Groups: true, PerMinute: 20}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
