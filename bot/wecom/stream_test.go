package wecom_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
)

// late makes every answer take longer than the platform waits: Go lets them go on, one for each message.
func (w *world) late() (letGo chan struct{}, landed func()) {
	w.t.Helper()
	letGo = make(chan struct{})
	in := bot.NewIntake(bot.IntakeConfig{
		Handler: handler(func(up bot.Update) []bot.Reply { <-letGo; return w.replies(up) }), Inbox: bottest.NewInbox(w.clock.Now),
		Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler), Owner: "a", Patience: 20 * time.Millisecond,
	})
	in.Add(w.ch)
	w.ch.SetTaker(in)
	return letGo, func() {
		ctx, cancel := context.WithCancel(w.t.Context())
		cancel()
		_ = in.Run(ctx) // waits for what is under way
	}
}

func (w *world) replies(up bot.Update) []bot.Reply {
	taken, err := w.Take(w.t.Context(), up)
	if err != nil {
		return nil
	}
	return taken.Replies
}

// ask lets the platform ask for unfinished answers; it gives how many still are.
func (w *world) ask() int {
	w.t.Helper()
	open, err := w.town.Ask(w.t.Context())
	w.good(err)
	return open
}

// An answer that takes long begins as a stream, goes on when there are words, and is finished when there are no more; it is
// one message all the time, however often the callbacks come.
func TestSlowAnswersAreStreamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Repeat(3)
	w.answer(bot.Reply{Text: "已记下 2 份"}, bot.Reply{Text: "还差 1 份", Choices: []bot.Choice{{Label: "看看", URL: "https://tuan.example.org/d/7_KQ4"}, {Label: "再加 1 份", Action: "more"}}})
	letGo, landed := w.late()
	w.speak(member, w.group, "@团购助手 +2")
	first := w.lastShown(member, w.group)
	if open := w.ask(); open != 1 || w.lastShown(member, w.group).Text != first.Text || !strings.Contains(first.Text, "正在看") {
		t.Fatalf("%d open, shown %+v", open, first)
	}
	close(letGo)
	landed()
	if open := w.ask(); open != 1 {
		t.Errorf("more might come, but it is finished (%d)", open)
	}
	part := w.lastShown(member, w.group)
	w.clock.forward(2 * time.Second)
	if open := w.ask(); open != 0 {
		t.Errorf("%d open", open)
	}
	all := w.shown(member, w.group)
	if len(all) != 1 || all[0].ID != first.ID || all[0].Text != part.Text || !strings.Contains(part.Text, "已记下 2 份\n\n还差 1 份") {
		t.Fatalf("shown %+v", all)
	}
	if len(all[0].Buttons) != 2 || all[0].Buttons[0].URL != "https://tuan.example.org/d/7_KQ4" {
		t.Errorf("buttons %+v", all[0].Buttons)
	}
	w.good(w.town.Again())
	w.answer(bot.Reply{Text: "好"})
	w.ch.SetTaker(w)
	w.good(w.town.Press(t.Context(), member, all[0].ID, "再加 1 份"))
	if up := w.last(); up.Action != "more" {
		t.Errorf("pressed %+v", up)
	}
	w.ch.FollowStreams(t.Context())
	if n := len(w.shown(member, w.group)); n != 2 {
		t.Errorf("%d shown: it was said again", n)
	}
	w.noFaults()
}

// What is for the person alone leaves as an app message; the stream says only that.
func TestStreamsKeepPrivateWordsPrivate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "你的取货码 4821", Private: true})
	letGo, landed := w.late()
	w.speak(member, w.group, "@团购助手 取货码")
	close(letGo)
	landed()
	w.clock.forward(2 * time.Second)
	if open := w.ask(); open != 0 {
		t.Errorf("%d open", open)
	}
	if m := w.lastShown(member, w.group); strings.Contains(m.Text, "4821") || !strings.Contains(m.Text, "应用") {
		t.Errorf("the group reads %q", m.Text)
	}
	if m := w.lastShown(member, ""); !strings.Contains(m.Text, "4821") {
		t.Errorf("they read %q", m.Text)
	}
	w.noFaults()
}

// The platform stops asking: then the words are said at the address that the message brought, once.
func TestStreamsThatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "已记下 2 份"})
	letGo, landed := w.late()
	w.speak(member, w.group, "@团购助手 +2")
	close(letGo)
	landed()
	w.ch.FollowStreams(t.Context())
	if n := len(w.shown(member, w.group)); n != 1 {
		t.Fatalf("%d shown: too early", n)
	}
	w.clock.forward(11 * time.Second)
	for range 2 {
		w.ch.FollowStreams(t.Context())
		w.open().FollowStreams(t.Context()) // another copy
	}
	if m := w.lastShown(member, w.group); m.Form != "late" || m.Text != "已记下 2 份" || len(w.shown(member, w.group)) != 2 {
		t.Errorf("shown %+v", w.shown(member, w.group))
	}
	w.noFaults()
}

// One person has three unfinished answers at most; what is more is said at the address that its message brought. An answer
// that is never ready ends before the platform gives it up.
func TestAFewStreamsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say = func(_ context.Context, up bot.Update) (bot.Taken, error) {
		return bot.Taken{Replies: []bot.Reply{{Text: "好 " + up.Text}}}, nil
	}
	letGo, landed := w.late()
	for i := range 4 {
		w.speak(member, w.group, fmt.Sprint("@团购助手 +", i))
	}
	if open := w.ask(); open != 3 {
		t.Errorf("%d open", open)
	}
	w.clock.forward(5*time.Minute + 40*time.Second)
	if open := w.ask(); open != 0 {
		t.Errorf("%d open after the time", open)
	}
	close(letGo)
	landed()
	late := 0
	for _, m := range w.shown(member, w.group) {
		if m.Form == "late" && strings.HasPrefix(m.Text, "好 +") {
			late++
		}
	}
	if late != 4 {
		t.Errorf("%d of 4 answers arrived: %+v", late, w.shown(member, w.group))
	}
	w.noFaults()
}

// Words may be there before the stream is: an answer that comes between the acknowledgement and its first word.
func TestWordsBeforeTheStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say = func(ctx context.Context, up bot.Update) (bot.Taken, error) {
		out := w.ch.Send(ctx, bot.Outgoing{To: bot.Address{Chat: up.Chat.ID}, Reply: bot.Reply{Text: "已记下"}, Key: up.Key + "/0"})
		if out.Sent != bot.SentOK {
			t.Errorf("%+v", out)
		}
		return bot.Taken{Late: true}, nil
	}
	w.speak(member, w.group, "@团购助手 +2")
	w.clock.forward(2 * time.Second)
	if open := w.ask(); open != 0 {
		t.Errorf("%d open", open)
	}
	if all := w.shown(member, w.group); len(all) != 1 || all[0].Text != "已记下" {
		t.Errorf("shown %+v", all)
	}
	w.noFaults()
}

// A stream is told to its own person only.
func TestStreamsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say = func(context.Context, bot.Update) (bot.Taken, error) { return bot.Taken{Late: true}, nil }
	w.speak(member, w.group, "@团购助手 我的订单")
	up := w.last()
	if out := w.push(up.Chat.ID, up.Key+"/0", bot.Reply{Text: "王姐 3 份"}); out.Sent != bot.SentOK {
		t.Fatalf("%+v", out)
	}
	id := "s" + up.Key[1:32]
	code, answer := w.post("/bot", `{"msgid":"X1","aibotid":"AIBOT1","chatid":"wr2","chattype":"group","from":{"userid":"Mallory"},"msgtype":"stream","stream":{"id":"`+id+`"}}`, nil)
	if code != 200 || strings.Contains(w.unseal(answer), "王姐") {
		t.Errorf("%d %s", code, w.unseal(answer))
	}
	code, answer = w.post("/bot", `{"msgid":"X2","aibotid":"AIBOT1","chatid":"wr2","chattype":"group","from":{"userid":"`+member+`"},"msgtype":"stream","stream":{"id":"`+id+`"}}`, nil)
	if code != 200 || !strings.Contains(w.unseal(answer), "王姐") {
		t.Errorf("%d %s", code, w.unseal(answer))
	}
}
