package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/bottest"
)

// stage is an intake over memory, in a bubble of its own.
type stage struct {
	t       *testing.T
	inbox   *bottest.Inbox
	channel *bottest.Recorder
	log     strings.Builder
	handled atomic.Int64
	slow    time.Duration
	fault   error
	panics  bool
	heard   []string
}

func onStage(t *testing.T, f func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		s := &stage{t: t, inbox: bottest.NewInbox(time.Now), channel: bottest.NewRecorder("wechat", bot.Capabilities{Push: true})}
		f(s)
	})
}

// intake makes another copy of the program over the same inbox and channel.
func (s *stage) intake(owner string) *bot.Intake {
	in := bot.NewIntake(bot.IntakeConfig{
		Handler: s, Inbox: s.inbox, Clock: time.Now, Log: slog.New(slog.NewTextHandler(&s.log, nil)), Owner: owner, Flights: 3,
		Heard: func(_ context.Context, channel, person string) { s.heard = append(s.heard, channel+"/"+person) },
		Sorry: func(bot.Update) bot.Reply { return bot.Reply{Text: "sorry"} },
	})
	in.Add(s.channel)
	return in
}

func (s *stage) Handle(ctx context.Context, up bot.Update) ([]bot.Reply, error) {
	s.handled.Add(1)
	if s.slow > 0 {
		select {
		case <-time.After(s.slow):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if s.panics {
		panic("oAb says something private")
	}
	if s.fault != nil {
		return nil, s.fault
	}
	return []bot.Reply{{Text: "got " + up.Text}, {Text: "secret", Private: true}}, nil
}

func said(key string) bot.Update {
	return bot.Update{
		Channel: "wechat", Account: "gh", Key: key, Kind: bot.KindText, Text: "+2", Person: bot.PersonRef{ID: "oAb"},
		Chat: bot.ChatRef{ID: "room", Kind: bot.ChatGroup},
	}
}

func (s *stage) take(in *bot.Intake, up bot.Update) bot.Taken {
	s.t.Helper()
	taken, err := in.Take(s.t.Context(), up)
	if err != nil {
		s.t.Fatal(err)
	}
	return taken
}

func (s *stage) once(in *bot.Intake, want int) {
	s.t.Helper()
	if n, err := in.Once(s.t.Context()); err != nil || n != want {
		s.t.Errorf("took up %d, %v; want %d", n, err, want)
	}
}

func (s *stage) wantSent(what string, want ...string) {
	s.t.Helper()
	var got []string
	for _, out := range s.channel.Take() {
		got = append(got, out.Key+" "+out.To.Chat+out.To.Person+" "+out.Reply.Text)
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		s.t.Errorf("%s: sent %q, want %q", what, got, want)
	}
}

func TestAnAnswerInTimeIsNotStored(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 4 * time.Second
		if got := s.take(s.intake("a"), said("1")); got.Late || len(got.Replies) != 2 {
			s.t.Errorf("taken %+v", got)
		}
		s.wantSent("nothing")
		if s.inbox.Waiting() != 0 {
			s.t.Error("it was stored")
		}
	})
}

func TestALateAnswerIsStoredFirstAndSentAfterwards(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 10 * time.Second
		in, start := s.intake("a"), time.Now()
		if got := s.take(in, said("1")); !got.Late || got.Replies != nil {
			s.t.Errorf("taken %+v", got)
		}
		if took := time.Since(start); took != 4500*time.Millisecond || s.inbox.Waiting() != 1 {
			s.t.Errorf("after %v with %d in the inbox", took, s.inbox.Waiting())
		}
		if got := s.take(in, said("1")); !got.Late {
			s.t.Errorf("a redelivery meanwhile: %+v", got)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		s.wantSent("late", "1/0 room got +2", "1/1 oAb secret")
		if got := s.take(in, said("1")); !got.Late {
			s.t.Errorf("a redelivery afterwards: %+v", got)
		}
		if s.handled.Load() != 1 || s.inbox.Waiting() != 0 {
			s.t.Errorf("handled %d times, %d in the inbox", s.handled.Load(), s.inbox.Waiting())
		}
		s.wantSent("again")
	})
}

func TestARedeliveryJoinsTheFirstOne(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 2 * time.Second
		in := s.intake("a")
		gone, cancel := context.WithTimeout(s.t.Context(), time.Second)
		defer cancel()
		first := make(chan error, 1)
		go func() { _, err := in.Take(gone, said("1")); first <- err }()
		time.Sleep(1500 * time.Millisecond)
		if err := <-first; !errors.Is(err, context.DeadlineExceeded) {
			s.t.Errorf("who hung up heard %v", err)
		}
		if got := s.take(in, said("1")); len(got.Replies) != 2 || s.handled.Load() != 1 {
			s.t.Errorf("taken %+v after %d", got, s.handled.Load())
		}
		other := said("1")
		other.Account = "another account of ours"
		if s.take(in, other); s.handled.Load() != 2 {
			s.t.Error("another account's message was taken for the same")
		}
	})
}

func TestAKillBetweenStoreAndSendLosesNothing(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 50 * time.Second
		ctx, kill := context.WithCancel(s.t.Context())
		dying := s.intake("dying")
		ended := make(chan error, 1)
		go func() { ended <- dying.Run(ctx) }()
		if got := s.take(dying, said("1")); !got.Late {
			s.t.Fatalf("taken %+v", got)
		}
		s.inbox.Fail(errors.New("gone")) // a dead process writes nothing any more
		kill()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
		s.inbox.Fail(nil)
		s.wantSent("nothing")
		s.slow = 0
		next := s.intake("next")
		s.once(next, 0)
		time.Sleep(90 * time.Second)
		s.once(next, 1)
		s.wantSent("by the next", "1/0 room got +2", "1/1 oAb secret")
		s.once(next, 0)
	})
}

func TestAKillBetweenSendAndRecordRepeatsUnderTheSameKey(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 5 * time.Second
		dying := s.intake("dying")
		s.take(dying, said("1"))
		s.inbox.Fail(errors.New("gone"))
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantSent("once", "1/0 room got +2", "1/1 oAb secret")
		s.inbox.Fail(nil)
		s.slow = 0
		time.Sleep(90 * time.Second)
		s.once(s.intake("next"), 1)
		s.wantSent("the channel knows the keys")
		if s.inbox.Waiting() != 0 {
			s.t.Error("it is still in the inbox")
		}
	})
}

func TestAReplyThatWaitsGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 5 * time.Second
		in := s.intake("a")
		s.take(in, said("1"))
		s.channel.Fail(bot.Outcome{Sent: bot.SentOK}, bot.Outcome{Sent: bot.SentRetry, Wait: time.Minute})
		time.Sleep(time.Second)
		synctest.Wait()
		s.once(in, 0)
		time.Sleep(time.Minute)
		s.slow = 0
		s.once(in, 1)
		s.wantSent("only the second", "1/1 oAb secret")
	})
}

func TestAFailedInboxIsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 10 * time.Second
		s.inbox.Fail(errors.New("no room"))
		in := s.intake("a")
		if _, err := in.Take(s.t.Context(), said("1")); err == nil {
			s.t.Error("acknowledged without being stored")
		}
		time.Sleep(4 * time.Second)
		if got := s.take(in, said("1")); got.Late || len(got.Replies) != 2 || s.handled.Load() != 1 {
			s.t.Errorf("the redelivery got %+v after %d", got, s.handled.Load())
		}
	})
}

func TestAPanicIsAFaultAndTellsNoSecrets(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.panics = true
		in := s.intake("a")
		if _, err := in.Take(s.t.Context(), said("1")); err == nil {
			s.t.Error("a panic was acknowledged")
		}
		if strings.Contains(s.log.String(), "private") {
			s.t.Error("the log tells what was said")
		}
		s.panics = false
		if got := s.take(in, said("1")); len(got.Replies) != 2 {
			s.t.Errorf("afterwards %+v", got)
		}
	})
}

func TestAnUpdateThatNeverWorksEndsWithAWord(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow, s.fault = 5*time.Second, errors.New("broken")
		in := s.intake("a")
		s.take(in, said("1"))
		time.Sleep(time.Second)
		synctest.Wait()
		s.slow = 0
		for range 39 {
			time.Sleep(time.Minute)
			s.once(in, 1)
		}
		time.Sleep(time.Minute)
		s.once(in, 0)
		s.wantSent("in the end", "1/0 room sorry")
	})
}

func TestTheIntakeIsBounded(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = time.Second
		in := s.intake("a")
		errs := make(chan error, 3)
		for _, key := range []string{"1", "2", "3"} {
			go func() { _, err := in.Take(s.t.Context(), said(key)); errs <- err }()
		}
		synctest.Wait()
		if _, err := in.Take(s.t.Context(), said("4")); !errors.Is(err, bot.ErrIntakeFull) {
			s.t.Errorf("a fourth one: %v", err)
		}
		s.take(in, said("1"))
		for range 3 {
			if err := <-errs; err != nil {
				s.t.Error(err)
			}
		}
		if got := s.take(in, said("4")); len(got.Replies) != 2 {
			s.t.Errorf("after the rush: %+v", got)
		}
	})
}

func TestAPersonIsHeardOfOnceAMinute(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		in := s.intake("a")
		for _, key := range []string{"1", "2"} {
			s.take(in, said(key))
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		s.take(in, said("3"))
		synctest.Wait()
		if len(s.heard) != 2 || s.heard[0] != "wechat/oAb" {
			s.t.Errorf("heard %q", s.heard)
		}
	})
}

func TestStoppingWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 3 * time.Second
		in := s.intake("a")
		ctx, stop := context.WithCancel(s.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- in.Run(ctx) }()
		got := make(chan bot.Taken, 1)
		go func() { got <- s.take(in, said("1")) }()
		synctest.Wait()
		stop()
		if err := <-ended; err != nil || len((<-got).Replies) != 2 {
			s.t.Errorf("stopped with %v before the answer", err)
		}
		if _, err := in.Take(s.t.Context(), said("2")); !errors.Is(err, bot.ErrIntakeStopped) {
			s.t.Errorf("after the end: %v", err)
		}
	})
}
