package bottest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"tuanbot/bot"
)

// Seen is one message as its reader sees it.
type Seen struct {
	ID      string
	Text    string
	Buttons []string
}

// Failure makes the platform refuse what comes next, and says what the channel must make of it.
type Failure struct {
	Name string
	Want bot.Sent
	Wait bool   // the platform names a wait, and the channel must hand it on
	Do   func() // from now on the platform answers that way
}

// Stand is a channel before its platform, or a stand-in of it, with one person in touch.
type Stand struct {
	Channel bot.Channel
	Private bot.Address                                  // a person whom the channel can reach
	Group   bot.Address                                  // none where the platform has no groups
	Nobody  bot.Address                                  // somebody who can never be reached
	Seen    func(t *testing.T, to bot.Address) []Seen    // what is shown there, oldest first
	Fresh   func(t *testing.T)                           // whatever budget or window the next messages need; may be nil
	Fail    []Failure                                    // each on a stand of its own
	Secrets []string                                     // what no error and no log may hold
	Log     func() string                                // what was logged so far
	Faults  func() []string                              // the platform's rules that were broken
	Unit    func(t *testing.T, s Seen) (size, limit int) // instead of the limits in Capabilities; may be nil
}

// Contract opens stands; each check gets its own.
type Contract struct {
	Open func(t *testing.T) *Stand
}

// Run checks what every channel must do.
func Run(t *testing.T, c Contract) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, *Stand){
		"a text arrives as it is":          arrives,
		"a long text is cut between runes": cutBetweenRunes,
		"choices can be seen":              choicesShow,
		"a card shows what matters":        cardShows,
		"hostile text stays text":          hostileText,
		"a key that comes again":           keyAgain,
		"an edit replaces":                 editReplaces,
		"nothing to say is refused":        nothingToSay,
		"somebody out of reach":            outOfReach,
		"a caller who gives up":            givesUp,
		"many at once":                     manyAtOnce,
		"the limits are told":              limitsAreTold,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.Open(t)
			check(t, s)
			s.clean(t)
		})
	}
	t.Run("failures", func(t *testing.T) {
		t.Parallel()
		failures(t, c)
	})
}

// failures checks each class on a stand of its own.
func failures(t *testing.T, c Contract) {
	t.Helper()
	for _, f := range c.Open(t).Fail {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			s := c.Open(t)
			at := slices.IndexFunc(s.Fail, func(x Failure) bool { return x.Name == f.Name })
			s.Fail[at].Do()
			out := s.Channel.Send(t.Context(), s.to(s.Private, "k", bot.Reply{Text: "+2 已记下"}))
			if out.Sent != f.Want || out.Reason == "" {
				t.Errorf("%+v, want %s with a reason", out, f.Want)
			}
			if f.Wait && out.Wait <= 0 {
				t.Errorf("the platform's own wait is lost: %+v", out)
			}
			s.noSecrets(t, fmt.Sprintf("%+v", out))
		})
	}
}

func (s *Stand) to(a bot.Address, key string, r bot.Reply) bot.Outgoing {
	return bot.Outgoing{To: a, Reply: r, Key: key}
}

func (s *Stand) send(t *testing.T, out bot.Outgoing) bot.Outcome {
	t.Helper()
	if s.Fresh != nil {
		s.Fresh(t)
	}
	got := s.Channel.Send(t.Context(), out)
	if got.Sent != bot.SentOK {
		t.Fatalf("send: %+v", got)
	}
	return got
}

func (s *Stand) last(t *testing.T, to bot.Address) Seen {
	t.Helper()
	seen := s.Seen(t, to)
	if len(seen) == 0 {
		t.Fatal("nothing is shown")
	}
	return seen[len(seen)-1]
}

// clean checks what holds after every check: no secret in the log, no rule of the platform broken.
func (s *Stand) clean(t *testing.T) {
	t.Helper()
	s.noSecrets(t, "")
	if s.Faults != nil {
		for _, f := range s.Faults() {
			t.Errorf("the platform complains: %s", f)
		}
	}
}

func (s *Stand) noSecrets(t *testing.T, text string) {
	t.Helper()
	if s.Log != nil {
		text += s.Log()
	}
	for _, secret := range s.Secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret stands in a log or an error: %s", strings.ReplaceAll(text, secret, "***"))
		}
	}
}

// places are where a channel can write.
func (s *Stand) places() []bot.Address {
	if s.Group == (bot.Address{}) {
		return []bot.Address{s.Private}
	}
	return []bot.Address{s.Private, s.Group}
}

func arrives(t *testing.T, s *Stand) {
	t.Helper()
	for i, to := range s.places() {
		text := fmt.Sprintf("已记下：阳光玫瑰 2 份，¥59.80。🍇 #%d", i)
		s.send(t, s.to(to, fmt.Sprint("k", i), bot.Reply{Text: text}))
		if got := s.last(t, to).Text; !strings.Contains(got, text) {
			t.Errorf("shown %q, want %q", got, text)
		}
	}
}

// cutBetweenRunes sends texts whose limit falls into each part of a letter and of an emoji.
func cutBetweenRunes(t *testing.T, s *Stand) {
	t.Helper()
	for i := range 4 {
		before := len(s.Seen(t, s.Private))
		s.send(t, s.to(s.Private, fmt.Sprint("k", i), bot.Reply{Text: strings.Repeat("a", i) + strings.Repeat("葡🍇", 4000)}))
		shown := s.Seen(t, s.Private)
		if len(shown) == before {
			t.Fatal("nothing is shown")
		}
		for _, m := range shown[before:] {
			if !utf8.ValidString(m.Text) || strings.ContainsRune(m.Text, utf8.RuneError) {
				t.Errorf("a rune was cut: …%q", m.Text[max(0, len(m.Text)-12):])
			}
			s.fits(t, m)
		}
	}
}

func (s *Stand) fits(t *testing.T, m Seen) {
	t.Helper()
	if s.Unit != nil {
		if size, limit := s.Unit(t, m); size > limit {
			t.Errorf("%d is more than %d", size, limit)
		}
		return
	}
	can := s.Channel.Capabilities()
	for _, l := range []struct {
		limit int
		unit  bot.Unit
	}{{can.TextRunes, bot.Runes}, {can.TextBytes, bot.Bytes}, {can.TextUTF16, bot.UTF16}} {
		if size := bot.Size(m.Text, l.unit); l.limit > 0 && size > l.limit {
			t.Errorf("%d is more than %d", size, l.limit)
		}
	}
}

func limitsAreTold(t *testing.T, s *Stand) {
	t.Helper()
	can := s.Channel.Capabilities()
	if can.TextRunes+can.TextBytes+can.TextUTF16 == 0 || s.Channel.Name() == "" {
		t.Errorf("%q can %+v", s.Channel.Name(), can)
	}
	if s.Group != (bot.Address{}) != can.Groups {
		t.Error("groups are there or not")
	}
}

func choicesShow(t *testing.T, s *Stand) {
	t.Helper()
	choices := []bot.Choice{
		{Label: "再加 2 份", Action: "join D7KQ4 2"},
		{Label: "改数量", Action: "change D7KQ4"},
		{Label: "退团", Action: strings.Repeat("x", 64)},
		{Label: "看看", URL: "https://tuan.example.org/d/7KQ4?a=1&b=2"},
	}
	s.send(t, s.to(s.Private, "k", bot.Reply{Text: "刚才已记下 2 份。", Choices: choices}))
	var all strings.Builder
	for _, m := range s.Seen(t, s.Private) {
		all.WriteString(m.Text + "\n" + strings.Join(m.Buttons, "\n") + "\n")
	}
	for _, c := range choices {
		if !strings.Contains(all.String(), c.Label) {
			t.Errorf("%q cannot be seen in:\n%s", c.Label, all.String())
		}
	}
}

func cardShows(t *testing.T, s *Stand) {
	t.Helper()
	to := s.places()[len(s.places())-1]
	s.send(t, s.to(to, "k", bot.Reply{Card: &bot.Card{
		Deal: "7KQ4", Icon: "🍇", Title: "阳光玫瑰 2 斤装", Price: "¥29.90", Done: 17, Want: 20, Progress: "17/20 份 · 12 人",
		Deadline: "⏰ 今晚 8 点截止", Place: "📍 3 号楼大厅", Version: 3,
	}}))
	got := s.last(t, to).Text
	for _, want := range []string{"阳光玫瑰", "29.90", "17/20", "8 点截止", "3 号楼"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
}

// hostileText: names and texts of people go through every sign that means something to some platform.
func hostileText(t *testing.T, s *Stand) {
	t.Helper()
	for i, word := range []string{
		"小明]]><script>", "*bold* _x_ [a](tg://user?id=1)", "<a href=\"x\">付款</a>", "👨\u200d👩\u200d👧\u200d👦 一家", "&amp; \"quoted\" 'x'", "\\u0000 {{.}}",
		"\x00\x07\x1b[31m红\ufffe", "长" + strings.Repeat("名", 300), "@all 全体", "\u202etxt.exe",
	} {
		s.send(t, s.to(s.Private, fmt.Sprint("k", i), bot.Reply{Text: "✅ " + word + " +2"}))
		got := s.last(t, s.Private).Text
		for _, r := range got {
			if unicode.IsControl(r) && r != '\n' && r != '\t' && s.Channel.Name() != "web" { // a page shows them as nothing
				t.Errorf("%q is shown with %U", word, r)
			}
		}
		if !strings.Contains(got, "+2") {
			t.Errorf("after %q comes %q", word, got)
		}
	}
}

// keyAgain: a channel that says it knows keys shows a repeat once; any channel takes it without an error.
func keyAgain(t *testing.T, s *Stand) {
	t.Helper()
	first := s.send(t, s.to(s.Private, "same", bot.Reply{Text: "成团了！"}))
	shown := len(s.Seen(t, s.Private))
	again := s.send(t, s.to(s.Private, "same", bot.Reply{Text: "成团了！"}))
	now := len(s.Seen(t, s.Private))
	if s.Channel.Capabilities().KeyedSend && (now != shown || again.MessageID != first.MessageID) {
		t.Errorf("a repeat is shown: %d, then %d; %q, then %q", shown, now, first.MessageID, again.MessageID)
	}
	s.send(t, s.to(s.Private, "another", bot.Reply{Text: "成团了！"}))
	if got := len(s.Seen(t, s.Private)); got != now+1 {
		t.Errorf("another key with the same words: %d shown, want %d", got, now+1)
	}
}

func editReplaces(t *testing.T, s *Stand) {
	t.Helper()
	if !s.Channel.Capabilities().Edit {
		return
	}
	to := s.places()[len(s.places())-1]
	id := s.send(t, s.to(to, "k1", bot.Reply{Text: "17/20"})).MessageID
	shown := len(s.Seen(t, to))
	for i, text := range []string{"18/20", "18/20"} { // the second changes nothing, which is no error
		out := s.to(to, fmt.Sprint("e", i), bot.Reply{Text: text})
		out.Edit = id
		if got := s.send(t, out); got.MessageID != id {
			t.Errorf("the edited message is %q, was %q", got.MessageID, id)
		}
	}
	seen := s.Seen(t, to)
	if len(seen) != shown || !strings.Contains(seen[len(seen)-1].Text, "18/20") {
		t.Errorf("%d messages, were %d; the last is %q", len(seen), shown, seen[len(seen)-1].Text)
	}
}

func nothingToSay(t *testing.T, s *Stand) {
	t.Helper()
	before := len(s.Seen(t, s.Private))
	if out := s.Channel.Send(t.Context(), s.to(s.Private, "k", bot.Reply{})); out.Sent != bot.SentRefused {
		t.Errorf("an empty message: %+v", out)
	}
	if out := s.Channel.Send(t.Context(), s.to(bot.Address{Channel: s.Channel.Name()}, "k", bot.Reply{Text: "x"})); out.Sent == bot.SentOK {
		t.Errorf("a message to nobody: %+v", out)
	}
	if got := len(s.Seen(t, s.Private)); got != before {
		t.Errorf("%d messages are shown, were %d", got, before)
	}
}

func outOfReach(t *testing.T, s *Stand) {
	t.Helper()
	if s.Nobody == (bot.Address{}) {
		return
	}
	if out := s.Channel.Send(t.Context(), s.to(s.Nobody, "k", bot.Reply{Text: "成团了！"})); out.Sent != bot.SentUnreachable || out.Reason == "" {
		t.Errorf("%+v, want unreachable with a reason", out)
	}
}

func givesUp(t *testing.T, s *Stand) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan bot.Outcome, 1)
	go func() { done <- s.Channel.Send(ctx, s.to(s.Private, "k", bot.Reply{Text: "x"})) }()
	select {
	case out := <-done:
		if out.Sent == bot.SentRefused {
			t.Errorf("%+v: it is nobody's fault", out)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on for ever")
	}
}

func manyAtOnce(t *testing.T, s *Stand) {
	t.Helper()
	var group sync.WaitGroup
	outs := make([]bot.Outcome, 8)
	for i := range outs {
		group.Go(func() {
			outs[i] = s.Channel.Send(t.Context(), s.to(s.Private, fmt.Sprint("k", i), bot.Reply{Text: fmt.Sprint("n", i)}))
		})
	}
	group.Wait()
	sent := 0
	for _, out := range outs {
		switch out.Sent {
		case bot.SentOK:
			sent++
		case bot.SentRetry: // a budget
		case bot.SentUnreachable: // a window that takes only some
		case bot.SentRefused, bot.SentUnknown:
			t.Errorf("%+v", out)
		}
	}
	if sent == 0 {
		t.Errorf("none arrived: %+v", outs)
	}
}
