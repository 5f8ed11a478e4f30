package webchat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/webchat"
	"tuanbot/domain"
	"tuanbot/storage"
)

func TestSameIDTwiceIsOneMessageHandledOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, nil)
		private := w.chat.PrivateChat("ming")
		first, err := w.chat.Post(t.Context(), "ming", private, "id1", "+2", "")
		must(t, err)
		again, err := w.chat.Post(t.Context(), "ming", private, "id1", "+2", "")
		must(t, err)
		if first.ID != again.ID || len(w.echo.updates()) != 1 {
			t.Errorf("ids %s and %s, handled %d times", first.ID, again.ID, len(w.echo.updates()))
		}
		if got := w.texts("ming", private); !slices.Equal(got, []string{"小明: +2", "bot: echo: +2"}) {
			t.Errorf("the talk reads %q", got)
		}
		up := w.echo.updates()[0]
		if up.Key != first.ID || len(up.Hash) != 64 || !up.At.Equal(w.clock.Now()) || !up.Spoken || up.Chat.Kind != bot.ChatPrivate {
			t.Errorf("update %+v", up)
		}
		_, err = w.chat.Post(t.Context(), "ming", private, "id1", "+3", "")
		if ref := domain.AsRefusal(err); ref == nil || ref.Code != domain.CodeConflict {
			t.Errorf("the same id with other words: %v", err)
		}
		_, err = w.chat.Post(t.Context(), "ming", "g1", "id1", "+2", "")
		if ref := domain.AsRefusal(err); ref == nil || ref.Code != domain.CodeConflict {
			t.Errorf("the same id in another room: %v", err)
		}
		_, err = w.chat.Post(t.Context(), "wang", w.chat.PrivateChat("wang"), "id1", "+2", "")
		must(t, err) // another person may use the same id
	})
}

func TestRacingRetriesHaveOneEffect(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, nil)
		private := w.chat.PrivateChat("ming")
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := w.chat.Post(context.WithoutCancel(t.Context()), "ming", private, "same", "+2", ""); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := w.texts("ming", private); len(got) != 2 || len(w.echo.updates()) != 1 {
			t.Errorf("the talk reads %q, handled %d times", got, len(w.echo.updates()))
		}
	})
}

func TestWaitingMessagesAreDeliveredAfterARestart(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, func(cfg *webchat.Config) { cfg.Handler = nil })
		private := w.chat.PrivateChat("ming")
		for i := range 3 {
			m, err := w.chat.Post(t.Context(), "ming", private, fmt.Sprintf("m%d", i), fmt.Sprintf("word %d", i), "")
			must(t, err)
			if !m.Waiting {
				t.Error("nobody answers, but the message is handled")
			}
		}
		after := newWorld(t, store, func(cfg *webchat.Config) { cfg.Clock = func() time.Time { return w.clock.Now().Add(time.Minute) } })
		want := []string{"bot: echo: word 0", "bot: echo: word 1", "bot: echo: word 2"}
		var got []string
		for _, line := range after.texts("ming", private) {
			if strings.HasPrefix(line, "bot:") {
				got = append(got, line)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("answers %q, want %q in this order", got, want)
		}
		if n, err := after.chat.Once(t.Context()); n != 0 || err != nil {
			t.Errorf("a second look delivered %d, %v", n, err)
		}
	})
}

func TestTwoCopiesDeliverOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, func(cfg *webchat.Config) { cfg.Handler = nil })
		for i := range 8 {
			for _, p := range []string{"ming", "wang", "lin"} {
				_, err := w.chat.Post(t.Context(), p, w.chat.PrivateChat(p), fmt.Sprintf("m%d", i), "hello", "")
				must(t, err)
			}
		}
		w.clock.Add(time.Minute)
		heard := newEcho()
		var wg sync.WaitGroup
		for range 4 {
			second, err := webchat.New(webchat.Config{
				Store: store, Handler: heard, Clock: w.clock.Now, Random: w.chat.Random, SigningKey: w.chat.SigningKey, Log: w.chat.Log,
			})
			must(t, err)
			wg.Go(func() {
				if _, err := second.Once(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for key, n := range heard.count {
			if n != 1 {
				t.Errorf("%s was handled %d times", key, n)
			}
		}
		if got := len(heard.updates()); got != 24 {
			t.Errorf("%d of 24 were handled", got)
		}
	})
}

func TestAFailedMessageIsShownAsWaitingAndTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	private := w.chat.PrivateChat("ming")
	tries := 0
	w.echo.answer = func(bot.Update) ([]bot.Reply, error) {
		if tries++; tries == 1 {
			return nil, errors.New("the database went away")
		}
		if tries == 2 {
			panic("a bug in one command")
		}
		return []bot.Reply{{Text: "done"}}, nil
	}
	m, err := w.chat.Post(t.Context(), "ming", private, "id1", "+2", "")
	must(t, err)
	if !m.Waiting {
		t.Error("it counts as handled after a fault")
	}
	if _, text := w.browser().get("/as/ming/r/" + private); !strings.Contains(text, "正在确认，先别重发") {
		t.Error("the page does not say that the message waits")
	}
	for range 2 {
		w.clock.Add(time.Minute)
		_, err = w.chat.Once(t.Context())
		must(t, err)
	}
	if got := w.texts("ming", private); !slices.Contains(got, "bot: done") || tries != 3 {
		t.Errorf("after %d tries the talk reads %q", tries, got)
	}
	if _, text := w.browser().get("/as/ming/r/" + private); strings.Contains(text, "正在确认，先别重发") {
		t.Error("the page still says that the message waits")
	}
}

func TestAMessageThatNeverWorksEndsWithAWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	tries := 0
	w.echo.answer = func(bot.Update) ([]bot.Reply, error) { tries++; return nil, errors.New("never") }
	_, err := w.chat.Post(t.Context(), "ming", "g1", "id1", "+2", "")
	must(t, err)
	for range 60 {
		w.clock.Add(2 * time.Minute)
		_, err = w.chat.Once(t.Context())
		must(t, err)
	}
	if got := w.texts("ming", w.chat.PrivateChat("ming")); len(got) != 1 || !strings.Contains(got[0], "没处理成") || tries != 40 {
		t.Errorf("after %d tries: %q", tries, got)
	}
}

func TestNumbersNeverSkipUnderManyWriters(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, func(cfg *webchat.Config) { cfg.Clock = time.Now })
		w.echo.answer = func(up bot.Update) ([]bot.Reply, error) {
			return []bot.Reply{{Text: "echo " + up.Text}, {Text: "card", Living: "card"}}, nil
		}
		const writers, each = 32, 4
		for i := range writers {
			id := fmt.Sprintf("w%d", i)
			must(t, w.chat.CreatePerson(t.Context(), id, id, "zh"))
			must(t, w.chat.AddMember(t.Context(), "g1", id, webchat.RoleMember))
		}
		ctx := context.WithoutCancel(t.Context())
		done := make(chan struct{})
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				for j := range each {
					if _, err := w.chat.Post(ctx, fmt.Sprintf("w%d", i), "g1", fmt.Sprintf("m%d", j), "hi", ""); err != nil {
						t.Error(err)
					}
				}
			})
		}
		go func() { wg.Wait(); close(done) }()
		// A reader follows the cursor meanwhile: whatever it has passed must never be filled in behind it.
		seen, after := map[string]int64{}, int64(0)
		for reading := true; reading; {
			select {
			case <-done:
				reading = false
			default:
			}
			list, err := w.chat.Messages(ctx, "lin", "g1", after, 200)
			must(t, err)
			for _, m := range list {
				if m.Cursor <= after {
					t.Fatalf("the cursor went from %d to %d", after, m.Cursor)
				}
				after, seen[m.ID] = m.Cursor, m.Seq
			}
		}
		if want := writers*each*2 + 1; len(seen) != want {
			t.Errorf("the reader saw %d messages, want %d", len(seen), want)
		}
		seqs := map[int64]bool{}
		for _, seq := range seen {
			seqs[seq] = true
		}
		for seq := range int64(len(seen)) {
			if !seqs[seq+1] {
				t.Errorf("seq %d is missing", seq+1)
			}
		}
	})
}

func TestRepliesArePrivateLivingAndReplacing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, nil)
		w.echo.answer = func(up bot.Update) ([]bot.Reply, error) {
			switch {
			case up.Kind == bot.KindAction:
				return []bot.Reply{{Text: "answered", Replace: up.Pressed}}, nil
			case up.Text == "new":
				return []bot.Reply{{Card: &bot.Card{Title: "v3", Version: 3}, Living: "d"}, {Text: "secret", Private: true}}, nil
			case up.Text == "old":
				return []bot.Reply{{Card: &bot.Card{Title: "v2", Version: 2}, Living: "d"}}, nil
			}
			return []bot.Reply{{Text: "sure?", Choices: []bot.Choice{{Label: "yes", Action: "yes 1"}}}}, nil
		}
		say := func(id, text string) {
			_, err := w.chat.Post(t.Context(), "ming", "g1", id, text, "")
			must(t, err)
		}
		say("1", "new")
		say("2", "old")
		if got := w.texts("ming", w.chat.PrivateChat("ming")); !slices.Equal(got, []string{"bot: secret"}) {
			t.Errorf("the private talk reads %q", got)
		}
		if got := strings.Join(w.texts("wang", "g1"), "|"); strings.Contains(got, "secret") {
			t.Errorf("the group reads %q", got)
		}
		list, err := w.chat.Messages(t.Context(), "wang", "g1", 0, 100)
		must(t, err)
		if card := list[1].Reply.Card; card == nil || card.Title != "v3" || len(list) != 3 {
			t.Errorf("%d messages, the card is %+v: an older card won", len(list), card)
		}
		say("3", "ask")
		list, err = w.chat.Messages(t.Context(), "ming", "g1", 0, 100)
		must(t, err)
		asked := list[len(list)-1]
		_, err = w.chat.Press(t.Context(), "wang", "g1", "p1", "yes 1", asked.ID)
		must(t, err)
		up := w.echo.updates()[3]
		if up.Action != "yes 1" || up.Pressed != asked.ID || !up.Spoken || up.Person.Name != "王姐" {
			t.Errorf("pressed: %+v", up)
		}
		list, err = w.chat.Messages(t.Context(), "ming", "g1", asked.Cursor, 100)
		must(t, err)
		if len(list) != 1 || list[0].ID != asked.ID || list[0].Reply.Text != "answered" || list[0].Seq != asked.Seq {
			t.Errorf("after the press: %+v (a press is not a message, its answer replaces the question)", list)
		}
	})
}

func TestSendIsKeyedAndEdits(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, nil)
		out := bot.Outgoing{To: bot.Address{Channel: "web", Person: "ming"}, Key: "k1", Reply: bot.Reply{Text: "成团了！"}}
		first, again := w.chat.Send(t.Context(), out), w.chat.Send(t.Context(), out)
		if first.Sent != bot.SentOK || first.MessageID == "" || first != again {
			t.Errorf("%+v then %+v", first, again)
		}
		out.Key, out.Edit, out.Reply.Text = "k2", first.MessageID, "成团了！23 人"
		if got := w.chat.Send(t.Context(), out); got.MessageID != first.MessageID {
			t.Errorf("the edit went to %s", got.MessageID)
		}
		if got := w.texts("ming", w.chat.PrivateChat("ming")); !slices.Equal(got, []string{"bot: 成团了！23 人"}) {
			t.Errorf("the talk reads %q", got)
		}
		for name, to := range map[string]bot.Address{"no person": {Person: "nobody"}, "no room": {Chat: "nowhere"}} {
			if got := w.chat.Send(t.Context(), bot.Outgoing{To: to, Key: "k", Reply: bot.Reply{Text: "x"}}); got.Sent != bot.SentUnreachable {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got := w.chat.Send(t.Context(), bot.Outgoing{To: bot.Address{Person: "ming"}, Key: "k"}); got.Sent != bot.SentRefused {
			t.Errorf("nothing to say: %+v", got)
		}
	})
}

func TestSpokenToInGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	w.echo.answer = func(bot.Update) ([]bot.Reply, error) { return nil, nil }
	sent := w.chat.Send(t.Context(), bot.Outgoing{To: bot.Address{Chat: "g1"}, Key: "k", Reply: bot.Reply{Text: "card"}})
	for i, c := range []struct {
		text, replyTo, wantText string
		want                    bool
	}{
		{"今天天气不错", "", "今天天气不错", false},
		{"@团购助手 帮助", "", "帮助", true},
		{"+1", sent.MessageID, "+1", true},
		{"hey @TuanBot help", "", "hey help", true},
	} {
		_, err := w.chat.Post(t.Context(), "ming", "g1", fmt.Sprint(i), c.text, c.replyTo)
		must(t, err)
		if up := w.echo.updates()[i]; up.Spoken != c.want || up.Text != c.wantText || up.ReplyTo != c.replyTo {
			t.Errorf("%q: %+v", c.text, up)
		}
	}
}

func TestLeavingErasesAPerson(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, store *storage.WebStore) {
		t.Helper()
		w := newWorld(t, store, nil)
		_, err := w.chat.Post(t.Context(), "ming", "g1", "1", "my secret address", "")
		must(t, err)
		b := w.enter("ming")
		res, text := b.post("/me/leave", "sure", "1")
		wantStatus(t, res, text, http.StatusOK)
		ups := w.echo.updates()
		if last := ups[len(ups)-1]; last.Kind != bot.KindUnfollow {
			t.Errorf("the bot heard %+v", last)
		}
		if got := strings.Join(w.texts("wang", "g1"), "|"); strings.Contains(got, "secret") || strings.Contains(got, "小明") {
			t.Errorf("the group still reads %q", got)
		}
		if res, _ := b.get("/me"); res.StatusCode != http.StatusSeeOther {
			t.Errorf("the browser is still signed in: %d", res.StatusCode)
		}
		if got := w.chat.Send(t.Context(), bot.Outgoing{To: bot.Address{Person: "ming"}, Key: "k", Reply: bot.Reply{Text: "x"}}); got.Sent != bot.SentUnreachable {
			t.Errorf("a message to who left: %+v", got)
		}
	})
}

func TestTheChannelContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	if c := w.chat.Capabilities(); !c.Edit || !c.Push || !c.KeyedSend || !c.Groups || w.chat.Name() != "web" {
		t.Errorf("capabilities %+v", c)
	}
}
