package telegram_test

import (
	"strings"
	"testing"

	"tuanbot/bot"
	faketg "tuanbot/bot/fake/telegram"
	"tuanbot/bot/telegram"
)

func TestPrivateTalk(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "王", "zh-hans")
		w.took.replies(bot.Reply{Text: "欢迎", Choices: []bot.Choice{{Label: "+1", Action: "join D7KQ2 A1", Main: true}, {Label: "+2", Action: "join D7KQ2 A2"}}})
		w.good(w.town.Follow(t.Context(), ming))
		up := w.took.last(t)
		if up.Kind != bot.KindFollow || up.Channel != "telegram" || up.Account != "4242" || up.Chat.Kind != bot.ChatPrivate || up.Chat.ID != ming || !up.Spoken {
			t.Errorf("follow: %+v", up)
		}
		if up.Person != (bot.PersonRef{ID: ming, Name: "小明 王", Lang: "zh"}) {
			t.Errorf("person: %+v", up.Person)
		}
		m := w.one(ming, "")
		if m.Text != "欢迎" || labels(m) != "+1|+2" {
			t.Errorf("shown: %+v", m)
		}
		w.took.replies(bot.Reply{Text: "已记下"})
		w.good(w.town.Press(t.Context(), ming, m.ID, "join D7KQ2 A2"))
		if up = w.took.last(t); up.Kind != bot.KindAction || up.Action != "join D7KQ2 A2" || up.Pressed != m.ID || up.Chat.ID != ming {
			t.Errorf("press: %+v", up)
		}
		w.good(w.town.Say(t.Context(), ming, "", "来两份"))
		if up = w.took.last(t); up.Kind != bot.KindText || up.Text != "来两份" || !up.Spoken || up.At.IsZero() || len(up.Hash) != 64 {
			t.Errorf("text: %+v", up)
		}
		if got := w.one(ming, "").Text; got != "已记下" {
			t.Errorf("answered %q", got)
		}
		w.clean()
	})
}

func TestGroupHearsOnlyWhatIsForIt(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		group := w.town.AddGroup("3 号楼", ming)
		w.took.replies(bot.Reply{Text: "大家好"})
		w.good(w.town.TakeIn(t.Context(), ming, group))
		if up := w.took.last(t); up.Kind != bot.KindFollow || up.Chat != (bot.ChatRef{ID: group, Kind: bot.ChatGroup, Title: "3 号楼"}) || up.Person.ID != ming {
			t.Errorf("taken in: %+v", up)
		}
		card := w.one(ming, group)
		w.took.replies()
		for _, c := range []struct {
			said, text string
			spoken     bool
		}{
			{said: "+2"},
			{"@tuantestbot +2", "+2", true},
			{"来 @TuanTestBot  两份", "来 两份", true},
			{"/join@TuanTestBot 2", "join 2", true},
			{"/JOIN@tuantestbot 2", "join 2", true},
			{said: "/join@OtherBot 2"},
			{said: "你好 /start"}, // no command: it does not stand at the beginning
			{"你好 /start@TuanTestBot", "你好 /start@TuanTestBot", false},
			{"@TuanTestBot", "help", true},
			{"/start@TuanTestBot", "help", true},
			{"/pick_up@TuanTestBot 7KQ4-M2WX", "pick up 7KQ4-M2WX", true},
		} {
			before := len(w.took.all())
			w.good(w.town.Say(t.Context(), ming, group, c.said))
			got := w.took.all()[before:]
			switch {
			case c.text == "" && len(got) > 0:
				t.Errorf("%q came in: %+v", c.said, got)
			case c.text != "" && (len(got) != 1 || got[0].Kind != bot.KindText || got[0].Text != c.text || got[0].Spoken != c.spoken):
				t.Errorf("%q: %+v", c.said, got)
			}
		}
		w.good(w.town.Reply(t.Context(), ming, group, card.ID, "+1"))
		if up := w.took.last(t); up.Text != "+1" || !up.Spoken || up.ReplyTo != card.ID {
			t.Errorf("reply: %+v", up)
		}
		w.good(w.town.Promote(t.Context(), ming, group)) // no second greeting
		if up := w.took.last(t); up.Kind != bot.KindOther {
			t.Errorf("promoted: %+v", up)
		}
		w.good(w.town.Say(t.Context(), ming, group, "+2"))
		if up := w.took.last(t); up.Text != "+2" || up.Spoken {
			t.Errorf("an admin hears everything, spoken to or not: %+v", up)
		}
		w.clean()
	})
}

// TestReplyToWhatWasSent: a reply to a card finds it by the id that Send returned.
func TestReplyToWhatWasSent(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		group := w.town.AddGroup("邻居", ming)
		w.good(w.town.TakeIn(t.Context(), ming, group))
		for _, r := range []bot.Reply{
			{Card: &bot.Card{Title: "葡萄"}, Living: "card:D1", Choices: []bot.Choice{{Label: "+1", Action: "join D1 A1"}}},
			{Text: "扫码", Picture: &bot.Picture{QR: "https://x.test/d/1", Alt: "二维码"}, Choices: []bot.Choice{{Label: "+1", Action: "join D1 A1"}}},
		} {
			out := w.send(bot.Outgoing{To: bot.Address{Channel: "telegram", Chat: group}, Reply: r, Key: "k"})
			if out.Sent != bot.SentOK || out.MessageID == "" {
				t.Fatalf("%+v", out)
			}
			shown := w.one(ming, group)
			w.good(w.town.Reply(t.Context(), ming, group, shown.ID, "+2"))
			if up := w.took.last(t); up.ReplyTo != out.MessageID || !up.Spoken {
				t.Errorf("replied to %q, sent as %q", up.ReplyTo, out.MessageID)
			}
			w.good(w.town.Press(t.Context(), ming, shown.ID, "join D1 A1"))
			if up := w.took.last(t); up.Pressed != out.MessageID {
				t.Errorf("pressed %q, sent as %q", up.Pressed, out.MessageID)
			}
			if out := w.send(bot.Outgoing{To: bot.Address{Channel: "telegram", Chat: group}, Reply: bot.Reply{Text: "改了"}, Edit: out.MessageID, Key: "k2"}); out.Sent != bot.SentOK {
				t.Errorf("edit: %+v", out)
			}
			if m := w.one(ming, group); m.ID != shown.ID || m.Text != "改了" || m.Edited != 1 {
				t.Errorf("edited: %+v", m)
			}
		}
		w.clean()
	})
}

func TestForumTopics(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "en")
		forum := w.town.AddForum("小区", []string{"水果", "蔬菜"}, ming)
		fruit := forum + "/2"
		w.good(w.town.TakeIn(t.Context(), ming, forum))
		w.took.replies(bot.Reply{Text: "ok"})
		w.good(w.town.Say(t.Context(), ming, fruit, "@TuanTestBot +1"))
		up := w.took.last(t)
		if up.Chat.ID != fruit || up.Chat.Title != "小区" || up.ReplyTo != "" || up.Person.Lang != "en" {
			t.Errorf("in a topic: %+v", up)
		}
		if m := w.one(ming, fruit); m.Text != "ok" {
			t.Errorf("answered in %+v", m)
		}
		if out := w.send(bot.Outgoing{To: bot.Address{Chat: fruit}, Reply: bot.Reply{Text: "成团了"}, Key: "k"}); out.Sent != bot.SentOK {
			t.Errorf("send: %+v", out)
		}
		m := w.one(ming, fruit)
		w.good(w.town.Reply(t.Context(), ming, fruit, m.ID, "好"))
		if up := w.took.last(t); up.ReplyTo != m.ID || up.Chat.ID != fruit {
			t.Errorf("reply in a topic: %+v", up)
		}
		w.good(w.town.Say(t.Context(), ming, forum, "@TuanTestBot +1")) // General has no number
		if up := w.took.last(t); up.Chat.ID != forum {
			t.Errorf("general: %+v", up)
		}
		m = w.one(ming, forum)
		w.good(w.town.Reply(t.Context(), ming, forum, m.ID, "+1")) // a thread of replies carries the field of topics
		if up := w.took.last(t); up.Chat.ID != forum {
			t.Errorf("a reply thread is no topic: %+v", up)
		}
		if out := w.send(bot.Outgoing{To: bot.Address{Chat: forum + "/9"}, Reply: bot.Reply{Text: "?"}, Key: "k3"}); out.Sent != bot.SentUnreachable {
			t.Errorf("a topic that is gone: %+v", out)
		}
	})
}

func TestLinksOpen(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		for _, action := range []string{"deal D7KQ2", "team ab_c-D_9", "join D7KQ2 A2 B1", "offer x_y.z"} {
			link := w.ch.Link(action)
			if !strings.HasPrefix(link, "https://t.me/TuanTestBot?start=") {
				t.Fatalf("%q: %q", action, link)
			}
			w.good(w.town.Open(t.Context(), ming, link))
			if up := w.took.last(t); up.Kind != bot.KindOpen || up.Action != action || !up.Spoken {
				t.Errorf("%q: %+v", action, up)
			}
		}
		w.good(w.town.Open(t.Context(), ming, w.ch.Link("")))
		if up := w.took.last(t); up.Kind != bot.KindFollow {
			t.Errorf("a link that only opens the talk: %+v", up)
		}
		if got := w.ch.Link("deal " + strings.Repeat("长", 30)); got != "" {
			t.Errorf("no link can carry that: %q", got)
		}
		group := w.town.AddGroup("邻居", ming)
		w.good(w.town.OpenInGroup(t.Context(), ming, group, w.ch.GroupLink("deal D7KQ2")))
		if up := w.took.last(t); up.Kind != bot.KindOpen || up.Action != "deal D7KQ2" || up.Chat.ID != group {
			t.Errorf("in a group: %+v", up)
		}
		w.clean()
	})
}

func TestPictures(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModePoll, func(_ *telegram.Config, fc *faketg.Config) { fc.NoPrivacy = true }, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		group := w.town.AddGroup("邻居", ming)
		w.good(w.town.TakeIn(t.Context(), ming, group))
		w.good(w.town.ShowPhoto(t.Context(), ming, "", "开团 葡萄 29.9元"))
		up := w.took.last(t)
		if up.Kind != bot.KindPicture || up.Text != "开团 葡萄 29.9元" || !strings.HasPrefix(up.Picture, "telegram:photo") || strings.HasSuffix(up.Picture, "small") {
			t.Errorf("picture: %+v", up)
		}
		card := bot.Reply{Card: &bot.Card{Title: "葡萄", Picture: up.Picture}}
		if out := w.send(bot.Outgoing{To: bot.Address{Chat: group}, Reply: card, Key: "k"}); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
		if m := w.one(ming, group); m.Form != "photo" || m.Text != "葡萄" {
			t.Errorf("card with its picture: %+v", m)
		}
		w.good(w.town.ShowPhoto(t.Context(), ming, group, ""))
		if up := w.took.last(t); up.Kind != bot.KindOther {
			t.Errorf("a picture among people is theirs: %+v", up)
		}
		w.clean()
	})
}

func TestKickedAndBlockedLoseNothing(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		group := w.town.AddGroup("邻居", ming)
		w.good(w.town.TakeIn(t.Context(), ming, group))
		w.good(w.town.Say(t.Context(), ming, "", "你好"))
		w.good(w.town.KickOut(t.Context(), ming, group))
		if up := w.took.last(t); up.Kind != bot.KindGone || up.Chat.ID != group {
			t.Errorf("kicked: %+v", up)
		}
		before := len(w.took.all())
		w.good(w.town.Leave(t.Context(), ming))
		if got := w.took.all()[before:]; len(got) > 0 {
			t.Errorf("a block is no wish to be forgotten: %+v", got)
		}
		for _, to := range []bot.Address{{Chat: group}, {Person: ming}} {
			if out := w.send(bot.Outgoing{To: to, Reply: bot.Reply{Text: "到货了"}, Key: "k"}); out.Sent != bot.SentUnreachable || out.Reason != "blocked" {
				t.Errorf("%+v: %+v", to, out)
			}
		}
		w.clean()
	})
}

func TestGroupThatBecameASupergroup(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		group := w.town.AddGroup("邻居", ming)
		w.good(w.town.TakeIn(t.Context(), ming, group))
		was := len(w.took.all())
		now, err := w.town.Migrate(t.Context(), ming, group)
		w.good(err)
		if got := len(w.took.all()); got != was {
			t.Error("a move is nothing to answer")
		}
		w.took.replies(bot.Reply{Text: "记下了"})
		w.good(w.town.Say(t.Context(), ming, now, "@TuanTestBot +1"))
		if up := w.took.last(t); up.Chat.ID != group {
			t.Errorf("the chat stays the one it was: %q, was %q", up.Chat.ID, group)
		}
		if m := w.one(ming, now); m.Text != "记下了" {
			t.Errorf("answered: %+v", m)
		}
		if out := w.send(bot.Outgoing{To: bot.Address{Chat: group}, Reply: bot.Reply{Text: "成团了"}, Key: "k"}); out.Sent != bot.SentOK {
			t.Errorf("to the old name: %+v", out)
		}
		w.clean()
	})
}

// TestMoveLearntFromARefusal: the updates about a move may be lost; the refused message tells of it too.
func TestMoveLearntFromARefusal(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		group := w.town.AddGroup("邻居", ming)
		w.good(w.town.TakeIn(t.Context(), ming, group))
		out := w.send(bot.Outgoing{To: bot.Address{Chat: group}, Reply: bot.Reply{Text: "卡片"}, Key: "k"})
		now := w.town.Lift(group)
		out = w.send(bot.Outgoing{To: bot.Address{Chat: group}, Reply: bot.Reply{Text: "成团了"}, Edit: out.MessageID, Key: "k2"})
		if out.Sent != bot.SentOK || !strings.HasPrefix(out.MessageID, now+":") {
			t.Errorf("%+v", out)
		}
		if m := w.one(ming, now); m.Text != "成团了" || m.Edited != 0 {
			t.Errorf("posted anew, since messages do not move: %+v", m)
		}
		w.good(w.town.Say(t.Context(), ming, now, "@TuanTestBot +1"))
		if up := w.took.last(t); up.Chat.ID != group {
			t.Errorf("%+v", up)
		}
		w.clean()
	})
}

// TestMoveIsNotForgotten: a move that cannot be written down is not acknowledged, and is learnt again later.
func TestMoveIsNotForgotten(t *testing.T) {
	t.Parallel()
	alone(t, telegram.ModeWebhook, nil, func(t *testing.T, w *world) {
		t.Helper()
		ming := w.town.AddPerson("小明", "", "")
		group := w.town.AddGroup("邻居", ming)
		w.good(w.town.TakeIn(t.Context(), ming, group))
		w.notes.breaks(errStore)
		if _, err := w.town.Migrate(t.Context(), ming, group); err == nil {
			t.Error("a move that cannot be written down was acknowledged")
		}
		w.notes.breaks(nil)
		now := w.town.Chats()[0].ID
		if out := w.send(bot.Outgoing{To: bot.Address{Chat: group}, Reply: bot.Reply{Text: "a"}, Key: "k"}); out.Sent != bot.SentOK {
			t.Fatalf("%+v", out)
		}
		w.good(w.town.Say(t.Context(), ming, now, "@TuanTestBot 你好"))
		if up := w.took.last(t); up.Chat.ID != group {
			t.Errorf("%+v", up)
		}
	})
}
