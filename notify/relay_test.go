package notify_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify"
)

// TestLifeOfADeal follows a deal through the outbox: one card, edited; then the decision, to the chat and to each person
// in their own language.
func TestLifeOfADeal(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ming, ann := w.Person("小明"), w.Person("Ann")
	w.Must(w.Desk.SetLang(t.Context(), ann.ID, domain.English))
	s := w.offline(nil)
	home := w.Chat.External
	w.want(w.run(), home+": card 0/3 份 · 0 人")
	w.Join(s, ming, 2)
	w.want(w.run(), home+": card 2/3 份 · 1 人 edits msg1")
	w.Join(s, ann, 1)
	w.want(w.run(), home+": card 已够 3 份，现在 3 份 · 2 人 edits msg1")
	w.Clock.Forward(8*time.Hour + time.Minute)
	w.want(w.run(), home+": ⏰ 阳光玫瑰葡萄今晚 8 点截止，已够 3 份，还能跟团")
	w.Clock.Forward(104 * time.Minute)
	w.want(w.run())
	w.Clock.Forward(15 * time.Minute)
	w.Work()
	got := w.run()
	for _, line := range []string{
		home + ": 🎉 阳光玫瑰葡萄成团了！2 人 3 份。",
		"小明: 阳光玫瑰葡萄成团了！你的 2 份共 ¥59.80，货款交给团长。",
		"Ann: 阳光玫瑰葡萄 is on! 1 for you, ¥29.90 in all; please pay the leader.",
	} {
		if !strings.Contains(strings.Join(got, "\n"), line) {
			t.Errorf("%q was not said, but\n%s", line, strings.Join(got, "\n"))
		}
	}
	if w.said["remind_leader dropped enough"] != 1 {
		t.Errorf("the leader of a deal that has enough was reminded: %v", w.said)
	}
}

// TestOutcomes: what the channel says decides what becomes of a row.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	card, note := domain.NoticeFormed, domain.NoticeHeadNow
	for _, c := range []struct {
		name  string
		kind  domain.NoticeKind
		keyed bool
		out   bot.Outcome
		state domain.DeliveryState
		why   string
		wait  time.Duration
	}{
		{"arrives", card, false, bot.Outcome{Sent: bot.SentOK, MessageID: "m"}, domain.DeliverySent, "", 0},
		{"the platform's own wait", card, false, bot.Outcome{Sent: bot.SentRetry, Wait: 33 * time.Second, Reason: "429"}, domain.DeliveryNew, "429", 33 * time.Second},
		{"our own wait", card, false, bot.Outcome{Sent: bot.SentRetry, Reason: "503"}, domain.DeliveryNew, "503", 2 * time.Second},
		{"our fault", card, false, bot.Outcome{Sent: bot.SentRefused, Reason: "bad"}, domain.DeliveryDead, "bad", 0},
		{"unknown, a decision", card, false, bot.Outcome{Sent: bot.SentUnknown, Reason: "timeout"}, domain.DeliveryNew, "timeout", 2 * time.Second},
		{"unknown, chatter", note, false, bot.Outcome{Sent: bot.SentUnknown, Reason: "timeout"}, domain.DeliveryDropped, "unknown", 0},
		{"unknown, chatter, shown once", note, true, bot.Outcome{Sent: bot.SentUnknown, Reason: "timeout"}, domain.DeliveryNew, "timeout", 2 * time.Second},
		{"nonsense", card, false, bot.Outcome{Sent: "?"}, domain.DeliveryDead, "outcome", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openWorld(t)
			w.web.can.KeyedSend = c.keyed
			s, o := w.teamDeal()
			w.tell(domain.Notice{Kind: c.kind, Account: o.Shopper, Deal: s.Deal.ID, Team: o.Team, Order: o.ID, Urgent: true})
			w.web.answer(c.out)
			w.once()
			d := w.one(c.state)
			if d.LastReason != c.why || d.Attempts != 1 {
				t.Errorf("reason %q after %d tries, want %q after 1", d.LastReason, d.Attempts, c.why)
			}
			if c.wait > 0 && !d.DueAt.Equal(w.Clock.Now().Add(c.wait)) {
				t.Errorf("due in %s, want %s", d.DueAt.Sub(w.Clock.Now()), c.wait)
			}
		})
	}
}

// teamDeal is a deal of teams with one order in it, its own news already told.
func (w *world) teamDeal() (domain.DealSheet, domain.OrderRecord) {
	w.T.Helper()
	s := w.offline(func(c *domain.PostCommand) {
		c.Terms.Kind, c.Terms.Threshold, c.Terms.ThresholdUnit = domain.KindTeam, 2, domain.UnitPeople
	})
	who := w.Person("小明")
	a, err := w.Desk.Join(w.T.Context(), domain.JoinCommand{
		Ask: w.Ask(who), Deal: s.Deal.ID, Shopper: who.ID, Open: true, Via: domain.ViaText, Wants: []domain.Want{{Item: s.Items[0].ID, Qty: 1}},
	})
	w.Must(err)
	if a.Refusal != nil {
		w.T.Fatal(a.Refusal)
	}
	w.run()
	w.Must(w.clear())
	return w.Sheet(s.Deal.ID), w.Order(a.Order)
}

// clear takes what was sent so far off the books.
func (w *world) clear() error {
	_, err := w.DB.Prune(w.T.Context(), w.Clock.Now().Add(time.Hour), 1000)
	return err
}

func (w *world) once() {
	w.T.Helper()
	if _, err := w.relay.Once(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

func TestDeadAfterManyTries(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	s, o := w.teamDeal()
	w.tell(domain.Notice{Kind: domain.NoticeFormed, Account: o.Shopper, Deal: s.Deal.ID, Order: o.ID, Urgent: true})
	for i, wait := range []time.Duration{2, 4, 8} {
		w.web.answer(bot.Outcome{Sent: bot.SentRetry, Reason: "503"})
		w.once()
		d := w.one(domain.DeliveryNew)
		if got := d.DueAt.Sub(w.Clock.Now()); got != wait*time.Second || d.Attempts != int64(i+1) {
			t.Errorf("try %d: due in %s after %d", i+1, got, d.Attempts)
		}
		w.Clock.Forward(wait * time.Second)
	}
	w.web.answer(bot.Outcome{Sent: bot.SentRetry, Reason: "503"})
	w.once()
	w.want(w.rows(domain.DeliveryDead), "formed 503")
	w.web.took()
	_, err := w.DB.Requeue(t.Context(), []domain.NoticeID{w.one(domain.DeliveryDead).ID}, "")
	w.Must(err)
	w.want(w.run(), "小明: 阳光玫瑰葡萄成团了！你的 1 份共 ¥29.90，货款交给团长。")
}

func TestAnotherWayToThePerson(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	s, o := w.teamDeal()
	who := domain.Account{ID: o.Shopper}
	w.identity(who, "tel", "42", w.Clock.Now().Add(time.Minute))
	tell := func(dedup string) {
		w.tell(domain.Notice{Kind: domain.NoticeFormed, Dedup: dedup, Account: o.Shopper, Deal: s.Deal.ID, Order: o.ID, Urgent: true})
	}
	blocked := bot.Outcome{Sent: bot.SentUnreachable, Reason: "blocked"}
	tell("a")
	w.tel.answer(blocked)
	w.want(w.run(), "小明: 阳光玫瑰葡萄成团了！你的 1 份共 ¥29.90，货款交给团长。")
	if got := w.tel.took(); len(got) != 1 {
		t.Errorf("who was last seen elsewhere is tried there first: %v", got)
	}

	w.Clock.Forward(49 * time.Hour) // the window of the other talk is closed now
	w.web.answer(blocked, blocked)
	tell("b")
	tell("c")
	w.once()
	w.want(w.rows(domain.DeliveryKept), "formed blocked", "formed blocked")
	w.want(w.tel.took())
	w.web.took()
	w.want(w.run(), "李姐: 阳光玫瑰葡萄：联系不上小明（跟团号 1），请你转告一声。")
	w.Must(w.relay.Heard(t.Context(), o.Shopper))
	if got := w.run(); len(got) != 2 {
		t.Errorf("after they spoke again: %v", got)
	}
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.Home.QuietFrom, w.Home.QuietTo = 22*60+30, 7*60+30
	w.Must(w.DB.InTx(t.Context(), func(tx domain.Tx) error { return tx.SaveCommunity(t.Context(), w.Home) }))
	s, o := w.teamDeal()
	w.Clock.Forward(13 * time.Hour) // 23:00
	w.tell(domain.Notice{Kind: domain.NoticeHeadNow, Account: o.Shopper, Deal: s.Deal.ID, Team: o.Team},
		domain.Notice{Kind: domain.NoticeFormed, Account: o.Shopper, Deal: s.Deal.ID, Order: o.ID, Urgent: true},
		domain.Notice{Kind: domain.NoticeCard, Chat: w.Chat.ID, Deal: s.Deal.ID})
	got := w.run()
	if len(got) != 2 || !strings.Contains(strings.Join(got, "|"), "成团了") || !strings.Contains(strings.Join(got, "|"), "edits") {
		t.Errorf("in the quiet hours decisions go out and the card is kept alive: %v", got)
	}
	d := w.one(domain.DeliveryNew)
	if want := time.Date(2026, 5, 1, 23, 30, 0, 0, time.UTC); !d.DueAt.Equal(want) || d.LastReason != "quiet" || d.Attempts != 0 {
		t.Errorf("due %s (%s, %d tries), want %s", d.DueAt, d.LastReason, d.Attempts, want)
	}
	w.Clock.Forward(8*time.Hour + 31*time.Minute)
	if got := w.run(); len(got) != 1 || !strings.Contains(got[0], "由你带头") {
		t.Errorf("in the morning: %v", got)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	s := w.offline(nil)
	w.run()
	chat := func(kind domain.NoticeKind, urgent bool) domain.Notice {
		return domain.Notice{Kind: kind, Chat: w.Chat.ID, Deal: s.Deal.ID, Urgent: urgent, Num: map[string]int64{"people": 2, "shares": 3, "missing": 1}}
	}
	w.budget.wait = 7 * time.Second
	w.tell(chat(domain.NoticeArrivedChat, true), chat(domain.NoticeFailedChat, true))
	w.want(w.run())
	for _, d := range w.due() {
		if !d.DueAt.Equal(w.Clock.Now().Add(7*time.Second)) || d.Attempts != 0 {
			t.Errorf("%s: due %s after %d tries", d.Kind, d.DueAt, d.Attempts)
		}
	}
	w.Clock.Forward(8 * time.Second)
	w.budget.wait, w.budget.left = 0, 3 // fewer than five: what can be merged is merged, and the card waits
	w.tell(chat(domain.NoticeCard, false))
	w.want(w.run(), w.Chat.External+": 📦 阳光玫瑰葡萄到货了！地点请看团的页面。取货码已私下发给大家。 / 阳光玫瑰葡萄没成团，差 1 份。付过的由团长退还。")
	w.want(w.rows(domain.DeliveryNew), "card budget")
	w.budget.left = 0
	w.Clock.Forward(time.Minute)
	w.want(w.run(), w.Chat.External+": card 0/3 份 · 0 人 edits msg1")
}

// due lists the rows that were put off.
func (w *world) due() []domain.Delivery {
	w.T.Helper()
	var out []domain.Delivery
	for _, d := range w.touched(domain.DeliveryNew) {
		if d.LastReason == "budget" {
			out = append(out, d)
		}
	}
	return out
}

// TestBudgetAway: while the shared budget is away, each process allows itself half.
func TestBudgetAway(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.web.can.PerMinute, w.web.can.PerSecond = 4, 0
	w.budget.err = errAway
	s := w.offline(nil)
	for i := range 4 {
		w.tell(domain.Notice{Kind: domain.NoticeArrivedChat, Dedup: strings.Repeat("x", i+1), Chat: w.Chat.ID, Deal: s.Deal.ID, Urgent: true})
	}
	if got := w.run(); len(got) != 2 {
		t.Errorf("%d sends out of 4 a minute: %v", len(got), got)
	}
	if len(w.due()) == 0 {
		t.Error("nothing waits for the next minute")
	}
}

// TestKilledInTheMiddle: the program dies at a named point; the next copy goes on by the rule of the notice.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point   string
		kind    domain.NoticeKind
		keyed   bool
		sends   int // over both lives
		dropped bool
	}{
		{"relay.claimed", domain.NoticeFormed, false, 1, false},
		{"relay.marked", domain.NoticeFormed, false, 1, false},
		{"relay.sent", domain.NoticeFormed, false, 2, false}, // a decision is said twice rather than not at all
		{"relay.marked", domain.NoticeHeadNow, false, 0, true},
		{"relay.sent", domain.NoticeHeadNow, false, 1, true}, // chatter at most once
		{"relay.sent", domain.NoticeHeadNow, true, 2, false}, // the channel shows it once
		{"relay.settled", domain.NoticeFormed, false, 1, false},
	} {
		t.Run(c.point+" "+string(c.kind), func(t *testing.T) {
			t.Parallel()
			w := openWorld(t)
			w.web.can.KeyedSend = c.keyed
			s, o := w.teamDeal()
			w.tell(domain.Notice{Kind: c.kind, Account: o.Shopper, Deal: s.Deal.ID, Team: o.Team, Order: o.ID, Urgent: true})
			dying := w.cfg
			dying.Owner, dying.At = "dying", func(point string) {
				if point == c.point {
					runtime.Goexit()
				}
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = notify.New(dying).Once(t.Context()) // it dies in there
			}()
			<-done
			w.Clock.Forward(2 * time.Minute) // its lease runs out
			keys := map[string]bool{}
			w.once()
			w.web.mu.Lock()
			for _, out := range w.web.sent {
				keys[out.Key] = true
			}
			sends := len(w.web.sent)
			w.web.mu.Unlock()
			if sends != c.sends || len(keys) > 1 {
				t.Errorf("%d sends under %d keys, want %d under one", sends, len(keys), c.sends)
			}
			if got := w.rows(domain.DeliveryDropped); c.dropped != (len(got) == 1 && got[0] == string(c.kind)+" unknown") {
				t.Errorf("dropped: %v", got)
			}
			if !c.dropped {
				w.one(domain.DeliverySent)
			}
		})
	}
}

// TestOrderInAChat: when one has to wait, those behind it wait for it.
func TestOrderInAChat(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	s := w.offline(nil)
	w.run()
	home := w.Chat.External
	num := map[string]int64{"people": 2, "shares": 3, "missing": 1}
	for _, kind := range []domain.NoticeKind{domain.NoticeArrivedChat, domain.NoticeFailedChat} {
		w.tell(domain.Notice{Kind: kind, Chat: w.Chat.ID, Deal: s.Deal.ID, Urgent: true, Num: num})
	}
	w.web.answer(bot.Outcome{Sent: bot.SentRetry, Wait: 5 * time.Second, Reason: "429"})
	if got := w.run(); len(got) != 1 {
		t.Errorf("the second did not wait: %v", got)
	}
	w.tell(domain.Notice{Kind: domain.NoticeCancelledChat, Chat: w.Chat.ID, Deal: s.Deal.ID, Urgent: true, Num: num})
	w.want(w.run())
	w.Clock.Forward(6 * time.Second)
	w.want(w.run(), home+": 📦 阳光玫瑰葡萄到货了！地点请看团的页面。取货码已私下发给大家。", home+": 阳光玫瑰葡萄没成团，差 1 份。付过的由团长退还。",
		home+": 阳光玫瑰葡萄这个团取消了。付过的会退回。")
}
