package telegram_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"

	"tuanbot/bot"
	"tuanbot/bot/telegram"
)

// quiet is a world with a person in private and a group.
func quiet(t *testing.T, w *world) (ming, group string) {
	t.Helper()
	ming = w.town.AddPerson("小明", "", "")
	group = w.town.AddGroup("邻居", ming)
	w.good(w.town.Follow(t.Context(), ming))
	w.good(w.town.TakeIn(t.Context(), ming, group))
	return ming, group
}

func plain(text string) bot.Reply { return bot.Reply{Text: text} }

// answered is a platform that answers so whatever it is asked.
func answered(code int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
		}
		return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
	}
}

func failing(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	no := func(code int, text string) string {
		return fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, code, text)
	}
	for name, c := range map[string]struct {
		by   func(*http.Request) (*http.Response, error)
		want bot.Outcome
		edit bot.Sent // what an edit comes to when it differs
	}{
		"blocked":       {answered(403, no(403, "Forbidden: bot was blocked by the user")), bot.Outcome{Sent: bot.SentUnreachable, Reason: "blocked"}, ""},
		"unknown chat":  {answered(400, no(400, "Bad Request: chat not found")), bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_chat"}, ""},
		"no rights":     {answered(400, no(400, "Bad Request: not enough rights to send text messages to the chat")), bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_chat"}, ""},
		"our fault":     {answered(400, no(400, "Bad Request: message is too long")), bot.Outcome{Sent: bot.SentRefused, Reason: "bad_request"}, ""},
		"busy":          {answered(429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}`), bot.Outcome{Sent: bot.SentRetry, Wait: 7 * time.Second, Reason: "busy"}, ""},
		"wrong token":   {answered(401, no(401, "Unauthorized")), bot.Outcome{Sent: bot.SentRetry, Wait: 5 * time.Minute, Reason: "token"}, ""},
		"no such bot":   {answered(404, no(404, "Not Found")), bot.Outcome{Sent: bot.SentRetry, Wait: 5 * time.Minute, Reason: "token"}, ""},
		"conflict":      {answered(409, no(409, "Conflict: terminated by other getUpdates request")), bot.Outcome{Sent: bot.SentRetry, Reason: "network"}, ""},
		"kicked":        {answered(403, no(403, "Forbidden: bot was kicked from the supergroup chat")), bot.Outcome{Sent: bot.SentUnreachable, Reason: "blocked"}, ""},
		"never started": {answered(403, no(403, "Forbidden: bot can't initiate conversation with a user")), bot.Outcome{Sent: bot.SentUnreachable, Reason: "blocked"}, ""},
		"closed topic":  {answered(400, no(400, "Bad Request: TOPIC_CLOSED")), bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_chat"}, ""},
		"gone account":  {answered(400, no(400, "Bad Request: user is deactivated")), bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_chat"}, ""},
		"their fault":   {answered(500, no(500, "Internal Server Error")), bot.Outcome{Sent: bot.SentRetry, Reason: "network"}, ""},
		"a proxy's":     {answered(502, "<html>Bad Gateway</html>"), bot.Outcome{Sent: bot.SentUnknown, Reason: "network"}, bot.SentRetry},
		"half an hour":  {failing(errors.New("connection reset")), bot.Outcome{Sent: bot.SentUnknown, Reason: "network"}, bot.SentRetry},
		"no connection": {failing(&net.OpError{Op: "dial", Err: errors.New("refused")}), bot.Outcome{Sent: bot.SentRetry, Reason: "network"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
				t.Helper()
				ming, _ := quiet(t, w)
				m := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: plain("早"), Key: "k"})
				w.out.breaks(c.by)
				if got := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: plain("到货了"), Key: "k1"}); got != c.want {
					t.Errorf("got %+v, want %+v", got, c.want)
				}
				w.later(time.Minute)
				want := c.want.Sent
				if c.edit != "" {
					want = c.edit
				}
				if got := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: plain("到货了"), Edit: m.MessageID, Key: "k2"}); got.Sent != want {
					t.Errorf("edit: got %+v, want %s", got, want)
				}
			})
		})
	}
}

func TestBadAddressesAndEmptyWords(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming, _ := quiet(t, w)
		for _, out := range []bot.Outgoing{
			{To: bot.Address{Chat: "x"}, Reply: plain("a")},
			{To: bot.Address{Chat: "-5/"}, Reply: plain("a")},
			{To: bot.Address{Chat: "-5/0"}, Reply: plain("a")},
			{To: bot.Address{}, Reply: plain("a")},
			{To: bot.Address{Person: ming}},
			{To: bot.Address{Person: ming}, Reply: plain("a"), Edit: "what"},
			{To: bot.Address{Person: ming}, Reply: plain("a"), Edit: "-77:5"}, // a message of another chat
		} {
			if got := w.send(out); got.Sent != bot.SentRefused {
				t.Errorf("%+v: %+v", out, got)
			}
		}
		w.clean()
	})
}

func TestLivingCard(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, group := quiet(t, w)
		to := bot.Address{Chat: group}
		card := func(done int64) bot.Reply {
			c := &bot.Card{Icon: "🍇", Title: "阳光玫瑰", Price: "¥29.90", Was: "单买 ¥49.00", Done: done, Want: 20, Progress: fmt.Sprintf("%d/20 份", done), Deadline: "⏰ 今晚 8 点截止"}
			return bot.Reply{Card: c, Living: "card:D1", Choices: []bot.Choice{{Label: "+1", Action: "join D1 A1"}, {Label: "+2", Action: "join D1 A2"}, {Label: "更多", Action: "more D1"}, {Label: "二维码", Action: "qr D1"}}}
		}
		first := w.send(bot.Outgoing{To: to, Reply: card(10), Key: "k"})
		for i, n := range []int64{10, 11} { // the first edit changes nothing
			out := w.send(bot.Outgoing{To: to, Reply: card(n), Edit: first.MessageID, Key: "e"})
			if out.Sent != bot.SentOK || out.MessageID != first.MessageID {
				t.Errorf("%d: %+v", i, out)
			}
		}
		m := w.one(ming, group)
		if want := "🍇 阳光玫瑰\n¥29.90  单买 ¥49.00\n▓▓▓▓▓░░░░░ 11/20 份\n⏰ 今晚 8 点截止"; m.Text != want || m.Edited != 1 || labels(m) != "+1|+2|更多|二维码" {
			t.Errorf("%+v", m)
		}
		if out := w.send(bot.Outgoing{To: to, Reply: card(12), Edit: group + ":999", Key: "e"}); out.Sent != bot.SentRefused {
			t.Errorf("a card that was deleted is posted anew by who asked: %+v", out)
		}
		w.clean()
	})
}

func TestReplaceMakesTheAnswerOfThePressedMessage(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, _ := quiet(t, w)
		out := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: bot.Reply{Text: "确定？", Choices: []bot.Choice{{Label: "是", Action: "yes"}}}, Key: "k"})
		w.took.replies(bot.Reply{Text: "好了", Replace: out.MessageID})
		w.good(w.town.Press(t.Context(), ming, out.MessageID, "yes"))
		if all := w.shown(ming, ""); len(all) != 1 || all[0].Text != "好了" || labels(all[0]) != "" {
			t.Errorf("%+v", all)
		}
		w.later(5 * time.Second)
		w.took.replies(bot.Reply{Text: "没了", Replace: ming + ":998"})
		w.good(w.town.Say(t.Context(), ming, "", "?"))
		if m := w.one(ming, ""); m.Text != "没了" || m.Edited != 0 {
			t.Errorf("what cannot be edited is posted: %+v", m)
		}
		w.clean()
	})
}

func TestTextIsCutAndCleaned(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming, _ := quiet(t, w)
		for name, text := range map[string]string{
			"long":    strings.Repeat("葡", 5000),
			"emoji":   strings.Repeat("🍇", 3000),
			"control": "a\x00b\x1b[31mc\u0085",
			"broken":  "葡\xff萄",
			"markup":  "<b>*粗*</b> [x](https://evil.test) _y_ &amp;",
		} {
			if out := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: plain(text), Key: name}); out.Sent != bot.SentOK {
				t.Errorf("%s: %+v", name, out)
			}
			m := w.one(ming, "")
			if n := len(utf16.Encode([]rune(m.Text))); n > 4096 || strings.ContainsRune(m.Text, '\x00') || name == "markup" && m.Text != text || name == "emoji" && !strings.HasSuffix(m.Text, "🍇…") {
				t.Errorf("%s: %d units, %.40q", name, n, m.Text)
			}
		}
		long := bot.Reply{Text: strings.Repeat("🍇", 900), Picture: &bot.Picture{QR: "https://tuan.test/d/D1", Alt: "码"}}
		if out := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: long, Key: "caption"}); out.Sent != bot.SentOK {
			t.Errorf("caption: %+v", out)
		}
		if n := len(utf16.Encode([]rune(w.one(ming, "").Text))); n > 1024 || n < 1000 {
			t.Errorf("caption of %d units", n)
		}
		w.clean()
	})
}

// TestButtons: one bad button would lose the whole message.
func TestButtons(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming, _ := quiet(t, w)
		r := bot.Reply{Text: "选一个", Choices: []bot.Choice{
			{Label: "好", Action: strings.Repeat("a", 64)},
			{Label: "太长", Action: strings.Repeat("长", 22)},
			{Label: "", Action: "x"},
			{Label: "空"},
			{Label: "网页", URL: "https://tuan.test/d/1"},
			{Label: "本机", URL: "http://localhost:8080/d/1"},
			{Label: "内网", URL: "http://192.168.1.5/d/1"},
		}}
		for i := range 90 {
			r.Choices = append(r.Choices, bot.Choice{Label: fmt.Sprint(i), Action: fmt.Sprint("n", i)})
		}
		if out := w.send(bot.Outgoing{To: bot.Address{Person: ming}, Reply: r, Key: "k"}); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
		m := w.one(ming, "")
		if !strings.HasPrefix(labels(m), "好|网页|0|1|") || m.Text != "选一个\n本机 http://localhost:8080/d/1\n内网 http://192.168.1.5/d/1" {
			t.Errorf("%q %q", labels(m), m.Text)
		}
		w.clean()
	})
}

// scanned is what a picture of a code says.
func (w *world) scanned(picture string) string {
	w.t.Helper()
	img, err := png.Decode(bytes.NewReader(w.town.Picture(picture)))
	w.good(err)
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	w.good(err)
	got, err := zxing.NewQRCodeReader().Decode(bits, nil)
	w.good(err)
	return got.GetText()
}

func TestQRPicture(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, _ := quiet(t, w)
		w.took.replies(bot.Reply{Picture: &bot.Picture{QR: "7KQ4-M2WX", Alt: "取货码 7KQ4-M2WX"}})
		w.good(w.town.Say(t.Context(), ming, "", "取货码"))
		m := w.one(ming, "")
		if m.Text != "取货码 7KQ4-M2WX" || m.Form != "photo" {
			t.Fatalf("%+v", m)
		}
		if got := w.scanned(m.Picture); got != "7KQ4-M2WX" {
			t.Errorf("the code says %q", got)
		}
		w.later(5 * time.Second)
		w.took.replies(bot.Reply{Picture: &bot.Picture{QR: "https://tuan.test/d/7KQ4D", Open: "deal 7KQ4D", Alt: "码"}})
		w.good(w.town.Say(t.Context(), ming, "", "二维码"))
		if got := w.scanned(w.one(ming, "").Picture); got != w.ch.Link("deal 7KQ4D") || got == "" {
			t.Errorf("the deal's code leads to %q", got)
		}
		w.later(5 * time.Second)
		tooLong := strings.Repeat("x", 3500) // no code can hold it: the words do
		w.took.replies(bot.Reply{Text: "看", Picture: &bot.Picture{QR: tooLong, Alt: "码"}})
		w.good(w.town.Say(t.Context(), ming, "", "码"))
		if m := w.one(ming, ""); m.Form != "text" || m.Text != "看\n\n码 "+tooLong {
			t.Errorf("%.60q", m.Text)
		}
		w.later(5 * time.Second)
		w.took.replies(bot.Reply{Card: &bot.Card{Title: "葡萄", Picture: "telegram:gone"}}) // Telegram does not know the picture any more
		w.good(w.town.Say(t.Context(), ming, "", "看团"))
		if m := w.one(ming, ""); m.Form != "text" || m.Text != "葡萄" {
			t.Errorf("%+v", m)
		}
	})
}

// TestBusyIsObeyed: a 429 makes an answer wait as long as it says, and a send of the outbox too.
func TestBusyIsObeyed(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, group := quiet(t, w)
		w.took.replies(plain("记下了"))
		w.later(time.Minute)
		w.town.Busy(group, 9*time.Second)
		start := time.Now()
		w.good(w.town.Say(t.Context(), ming, group, "@TuanTestBot +1"))
		if got := len(w.shown(ming, group)); got != 0 || time.Since(start) > time.Second {
			t.Errorf("said %d after %s", got, time.Since(start))
		}
		if out := w.ch.Send(t.Context(), bot.Outgoing{To: bot.Address{Chat: group}, Reply: plain("成团了"), Key: "k"}); out.Sent != bot.SentRetry || out.Wait <= 7*time.Second {
			t.Errorf("%+v", out)
		}
		w.later(15 * time.Second)
		if m := w.one(ming, group); m.Text != "记下了" {
			t.Errorf("%+v", m)
		}
		w.clean()
	})
}

// TestRushInAGroup: 100 joins at once break no limit, and everybody's line is said, in order, in few messages.
func TestRushInAGroup(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		first, group := quiet(t, w)
		w.later(time.Minute)
		w.took.says(func(up bot.Update) (bot.Taken, error) {
			return bot.Taken{Replies: []bot.Reply{{Text: "✅ " + up.Text, Choices: []bot.Choice{{Label: "撤销", Action: "undo D1 1"}}}}}, nil
		})
		for i := range 100 {
			w.good(w.town.Say(t.Context(), first, group, fmt.Sprintf("@TuanTestBot +%d", i)))
		}
		w.later(10 * time.Minute)
		var lines []string
		said := w.shown(first, group)
		for _, m := range said {
			lines = append(lines, strings.Split(m.Text, "\n")...)
		}
		if len(lines) != 100 || lines[0] != "✅ +0" || lines[99] != "✅ +99" {
			t.Errorf("%d lines: %q", len(lines), lines)
		}
		if len(said) > 20 {
			t.Errorf("%d messages", len(said))
		}
		if n := w.town.Held(); n > 0 {
			t.Errorf("told to wait %d times", n)
		}
		w.clean()
	})
}

// TestManyPeopleInPrivate: the whole bot keeps below its limit too.
func TestManyPeopleInPrivate(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		w.took.replies(plain("你好"))
		var people []string
		for range 120 {
			people = append(people, w.town.AddPerson("人", "", ""))
		}
		for _, p := range people {
			w.good(w.town.Follow(t.Context(), p))
		}
		w.later(time.Minute)
		for _, p := range people {
			if got := len(w.shown(p, "")); got != 1 {
				t.Errorf("%s heard %d", p, got)
			}
		}
		if n := w.town.Held(); n > 0 {
			t.Errorf("told to wait %d times", n)
		}
		w.clean()
	})
}

func TestLateRepliesOfAGroupGoWhereTheyBelong(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming, group := quiet(t, w)
		out := w.send(bot.Outgoing{To: bot.Address{Chat: group, Person: ming}, Reply: bot.Reply{Text: "你的 ¥59.80", Private: true}, Key: "k"})
		if out.Sent != bot.SentOK || w.one(ming, "").Text != "你的 ¥59.80" || len(w.shown(ming, group)) != 0 {
			t.Errorf("%+v", out)
		}
		w.clean()
	})
}
