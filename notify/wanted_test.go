package notify_test

import (
	"testing"
	"time"

	"tuanbot/domain"
)

// TestNotWantedAnyMore: whatever time or people have overtaken is dropped, with the reason written down.
func TestNotWantedAnyMore(t *testing.T) {
	t.Parallel()
	type news struct {
		w *world
		s domain.DealSheet
		o domain.OrderRecord
	}
	noise := func(to domain.Noise) func(n news) {
		return func(n news) {
			n.w.Must(n.w.Desk.SetNoise(n.w.T.Context(), n.s.Deal.ID, n.w.Chat.ID, n.w.Leader.ID, to))
		}
	}
	paid := func(n news) {
		_, err := n.w.Desk.RecordPayment(n.w.T.Context(), domain.RecordPaymentCommand{Ask: n.w.Ask(n.w.Leader), Deal: n.s.Deal.ID, Order: n.o.ID})
		n.w.Must(err)
	}
	formed := func(n news) {
		n.w.Clock.Forward(11 * time.Hour)
		n.w.Work()
	}
	collected := func(n news) {
		formed(n)
		_, err := n.w.Desk.Arrive(n.w.T.Context(), domain.ArriveCommand{Ask: n.w.Ask(n.w.Leader), Deal: n.s.Deal.ID})
		n.w.Must(err)
		n.w.Work()
		a, err := n.w.Desk.CheckOff(n.w.T.Context(), domain.CheckOffCommand{Ask: n.w.Ask(n.w.Leader), Deal: n.s.Deal.ID, Code: n.w.Order(n.o.ID).PickupCode, Leader: true}, "home")
		n.w.Must(err)
		if a.Refusal != nil {
			n.w.T.Fatal(a.Refusal)
		}
	}
	erased := func(n news) {
		who := domain.Account{ID: n.o.Shopper}
		_, err := n.w.Desk.Leave(n.w.T.Context(), domain.LeaveCommand{Ask: n.w.Ask(who), Deal: n.s.Deal.ID, Who: who.ID})
		n.w.Must(err)
		n.w.Must(n.w.Desk.Erase(n.w.T.Context(), who.ID))
	}
	late := func(n news) { n.w.Clock.Forward(61 * time.Minute) }
	ms := func(n news) int64 { return n.s.Deal.Terms.DeadlineAt.UnixMilli() }
	person := func(kind domain.NoticeKind) func(n news) domain.Notice {
		return func(n news) domain.Notice { return domain.Notice{Kind: kind, Account: n.o.Shopper, Order: n.o.ID} }
	}
	chat := func(kind domain.NoticeKind) func(n news) domain.Notice {
		return func(n news) domain.Notice {
			return domain.Notice{Kind: kind, Chat: n.w.Chat.ID, Num: map[string]int64{"deadline": ms(n)}}
		}
	}
	for _, c := range []struct {
		name   string
		notice func(n news) domain.Notice
		turn   func(n news)
		why    string
	}{
		{"a reminder that is late", func(n news) domain.Notice {
			d := chat(domain.NoticeRemindChat)(n)
			d.Lead = 2 * time.Hour
			return d
		}, late, "late"},
		{"another cut-off", func(n news) domain.Notice {
			d := chat(domain.NoticeRemindChat)(n)
			d.Num["deadline"]++
			return d
		}, nil, "deadline_moved"},
		{"a quiet chat", chat(domain.NoticeRemindChat), noise(domain.NoiseQuiet), "noise"},
		{"k more in a normal chat", chat(domain.NoticeKMore), nil, "noise"},
		{"k more when there are enough", chat(domain.NoticeKMore), noise(domain.NoiseLively), "over"},
		{"almost full without a cap", chat(domain.NoticeAlmostFull), noise(domain.NoiseLively), "over"},
		{"a reminder of a closed deal", chat(domain.NoticeRemindChat), formed, "over"},
		{"the leader of a deal with enough", func(n news) domain.Notice {
			return domain.Notice{Kind: domain.NoticeRemindLeader, Account: n.w.Leader.ID, Lead: 15 * time.Minute, Num: map[string]int64{"deadline": ms(n)}}
		}, nil, "enough"},
		{"paid meanwhile", person(domain.NoticePayDue), paid, "paid"},
		{"not overdue", person(domain.NoticePayOverdue), nil, "over"},
		{"collected", person(domain.NoticeStillThere), collected, "collected"},
		{"collected before the call", person(domain.NoticeArrived), collected, "collected"},
		{"not there yet", person(domain.NoticeArrived), nil, "over"},
		{"not collected after all", person(domain.NoticeReceived), nil, "undone"},
		{"an offer that is gone", person(domain.NoticeSeatOffered), nil, "over"},
		{"a person who is gone", person(domain.NoticeFailed), erased, "erased"},
		{"somebody we do not know", func(news) domain.Notice { return domain.Notice{Kind: domain.NoticeFailed, Account: "nobody"} }, nil, "gone"},
		{"a reply without an answer", func(n news) domain.Notice {
			return domain.Notice{Kind: domain.NoticeText, Account: n.o.Shopper}
		}, nil, "gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openWorld(t)
			s := w.offline(nil)
			o := w.Join(s, w.Person("小明"), 3)
			n := news{w, s, o}
			d := c.notice(n)
			d.Deal, d.Urgent, d.Dedup, d.Due = s.Deal.ID, true, "asked", w.Clock.Now()
			if c.turn != nil {
				c.turn(n)
			}
			w.tell(d)
			w.run()
			if w.said[string(d.Kind)+" dropped "+c.why] == 0 {
				t.Errorf("not dropped as %q: %v", c.why, w.said)
			}
		})
	}
}

// TestAskedReminders: what a leader asks for is said also where little is said, and has no lead.
func TestAskedReminders(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	s := w.offline(nil)
	w.Must(w.Desk.SetNoise(t.Context(), s.Deal.ID, w.Chat.ID, w.Leader.ID, domain.NoiseQuiet))
	w.run()
	w.tell(domain.Notice{
		Kind: domain.NoticeRemindChat, Chat: w.Chat.ID, Deal: s.Deal.ID, Urgent: true,
		Num: map[string]int64{"deadline": s.Deal.Terms.DeadlineAt.UnixMilli(), "asked": 1},
	})
	w.want(w.run(), w.Chat.External+": ⏰ 阳光玫瑰葡萄今晚 8 点截止，还差 3 份成团")
}

func TestSummaryIsOverWhenAnswered(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	merchant := w.Person("果园")
	s := w.offline(func(c *domain.PostCommand) { c.Terms.Merchant = merchant.ID })
	w.Join(s, w.Person("小明"), 3)
	w.Clock.Forward(11 * time.Hour)
	w.Work()
	w.run()
	all, err := w.Desk.SummariesOf(t.Context(), s.Deal.ID)
	w.Must(err)
	if len(all) != 1 || w.said["summary sent"] != 1 {
		t.Fatalf("%d summaries, said %v", len(all), w.said)
	}
	_, err = w.Desk.AnswerSummary(t.Context(), domain.AnswerSummaryCommand{Ask: w.Ask(merchant), Deal: s.Deal.ID, Token: all[0].Token})
	w.Must(err)
	w.run()
	w.Clock.Forward(3 * time.Hour)
	w.run()
	if w.said["summary_late dropped acknowledged"] != 1 || w.said["summary_answer sent"] != 1 {
		t.Errorf("said %v", w.said)
	}
}
