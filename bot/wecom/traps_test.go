package wecom_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

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

func offered(text string, labels ...string) bot.Reply {
	r := bot.Reply{Text: text}
	for i, l := range labels {
		r.Choices = append(r.Choices, bot.Choice{Label: l, Action: fmt.Sprint("do ", i)})
	}
	return r
}

// What is a little too large for a form goes out in another one, whole; what just fits keeps its form.
func TestSizesOfForms(t *testing.T) {
	t.Parallel()
	han := func(n int) string { return strings.Repeat("团", n) }
	many := func(n int) []string { return strings.Split(strings.TrimSuffix(strings.Repeat("好,", n), ","), ",") }
	for name, c := range map[string]struct {
		to   string
		r    bot.Reply
		form string // of the last message
		sent int
	}{
		"6 buttons":            {"u:", offered("选", many(6)...), "card", 1},
		"7 buttons":            {"u:", offered("选", many(7)...), "app", 1},
		"title of 26":          {"u:", offered(han(26), "好"), "card", 1},
		"title of 27":          {"u:", offered(han(27), "好"), "card", 1}, // below a short title
		"text of 113":          {"u:", offered("选\n"+han(113), "好"), "app", 1},
		"label of 10":          {"u:", offered("选", han(10)), "card", 1},
		"label of 11":          {"u:", offered("选", han(11)), "app", 1},
		"text of 2048 bytes":   {"u:", bot.Reply{Text: han(682)}, "app", 1},
		"text of 2049 bytes":   {"u:", bot.Reply{Text: han(683)}, "app", 2},
		"menu of 10":           {"k:", offered("选", many(10)...), "kf", 1},
		"menu of 11":           {"k:", offered("选", many(11)...), "kf", 1},
		"head of 1023 bytes":   {"k:", offered(han(341), "好"), "kf", 1},
		"head of 1026 bytes":   {"k:", offered(han(342), "好"), "kf", 2},
		"label of 129 bytes":   {"k:", offered("选", han(43)), "kf", 1},
		"markdown of 12 kB":    {"r:", bot.Reply{Text: han(4000)}, "markdown", 1},
		"a robot's 2049 bytes": {"r:", bot.Reply{Text: han(683)}, "markdown", 1},
	} {
		w := newWorld(t)
		w.speak(w.customer, "", "hi")
		to, who, chat := map[string]string{"u:": "u:" + member, "k:": "k:" + w.customer, "r:": "r:3号楼"}[c.to], member, ""
		switch c.to {
		case "k:":
			who = w.customer
		case "r:":
			chat = w.group
		}
		before := len(w.shown(who, chat))
		out := w.push(to, "k", c.r)
		all := w.shown(who, chat)
		if len(all) == before {
			t.Errorf("%s: %+v, nothing is shown", name, out)
			continue
		}
		if out.Sent != bot.SentOK || len(all)-before != c.sent || c.to != "k:" && all[len(all)-1].Form != c.form {
			t.Errorf("%s: %+v, %d messages, %+v", name, out, len(all)-before, all[len(all)-1])
		}
		if pressable := len(all[len(all)-1].Buttons) > 0; pressable != (len(c.r.Choices) > 0) {
			t.Errorf("%s: what can be chosen was lost: %+v", name, all[len(all)-1])
		}
		for _, f := range w.town.Faults() {
			t.Errorf("%s: the platform complains: %s", name, f)
		}
	}
}

func TestTasksAreCutByBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.town.AddCustomerGroup("3号楼", member)
	if out := w.push("g:"+group, "k", bot.Reply{Text: strings.Repeat("团", 2000)}); out.Sent != bot.SentOK {
		t.Errorf("%+v", out)
	}
	w.noFaults()
}

// After its hour an address is not called any more.
func TestAddressesEndWithTheirHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(member, w.group, "@团购助手 +2")
	calls := len(w.town.Calls())
	w.clock.forward(time.Hour)
	if out := w.push("b:"+w.group, "d", bot.Reply{Text: "成团了"}); out.Sent != bot.SentRefused || out.Reason != "no_robot" || len(w.town.Calls()) != calls {
		t.Errorf("%+v after %d calls", out, len(w.town.Calls())-calls)
	}
}

// Of two bodies in one request, or two sealed parts in one body, nobody can say which one was signed: neither counts.
func TestDoubledBodiesAreRefused(t *testing.T) {
	t.Parallel()
	for door, body := range map[string]func(w *world) string{
		"": (*world).textBody, "/kf": (*world).textBody, "/bot": func(*world) string { return botBody },
	} {
		w := newWorld(t)
		for name, change := range map[string]func(sealed string) string{
			"twice":            func(s string) string { return s + s },
			"words behind":     func(s string) string { return s + "x" },
			"two sealed parts": func(s string) string { return strings.Replace(s, "<Encrypt>", "<Encrypt>AAAA</Encrypt><Encrypt>", 1) },
		} {
			if door == "/bot" && name == "two sealed parts" {
				continue
			}
			if code, _ := w.post(door, body(w), func(_ url.Values, b []byte) []byte { return []byte(change(string(b))) }); code != 400 || len(w.updates()) != 0 {
				t.Errorf("%q, %s: %d, %d heard", door, name, code, len(w.updates()))
			}
		}
		if code, _ := w.post(door, body(w)+body(w), nil); code != 400 || len(w.updates()) != 0 {
			t.Errorf("%q, two within the seal: %d, %d heard", door, code, len(w.updates()))
		}
	}
}
