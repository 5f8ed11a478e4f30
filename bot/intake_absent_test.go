package bot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tuanbot/bot"
)

// alone is something said in a private talk.
func alone(key string) bot.Update {
	up := said(key)
	up.Chat = bot.ChatRef{Kind: bot.ChatPrivate}
	return up
}

// TestALateAnswerWaitsForWhoCannotBeReached: a platform's window shuts before the answer is ready. It is kept, and leaves
// when the person is heard of again; another copy comes back to it by the clock.
func TestALateAnswerWaitsForWhoCannotBeReached(t *testing.T) {
	t.Parallel()
	shut := bot.Outcome{Sent: bot.SentUnreachable, Reason: "window_closed"}
	onStage(t, func(s *stage) {
		s.slow = 5 * time.Second
		in := s.intake("a")
		s.take(in, alone("1"))
		s.channel.Fail(shut)
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantSent("while the window is shut")
		s.once(in, 0)
		if s.inbox.Waiting() != 1 {
			s.t.Fatalf("%d wait", s.inbox.Waiting())
		}
		s.slow = 0
		s.take(in, alone("2"))
		synctest.Wait()
		s.once(in, 1)
		s.wantSent("when they are heard of", "1/0 oAb got +2", "1/1 oAb secret")
		if s.inbox.Waiting() != 0 {
			s.t.Errorf("%d wait still", s.inbox.Waiting())
		}
	})
	onStage(t, func(s *stage) {
		s.slow = 5 * time.Second
		s.take(s.intake("a"), alone("1"))
		s.channel.Fail(shut)
		time.Sleep(time.Second)
		synctest.Wait()
		s.slow = 0
		other := s.intake("b")
		s.once(other, 0)
		time.Sleep(10 * time.Minute)
		s.wantSent("while the window is shut")
		s.once(other, 1)
		s.wantSent("by the clock", "1/0 oAb got +2", "1/1 oAb secret")
	})
}

// TestALateAnswerDoesNotWaitForAGroupThatIsGone: whoever put us out of a group is not waited for.
func TestALateAnswerDoesNotWaitForAGroupThatIsGone(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.slow = 5 * time.Second
		s.take(s.intake("a"), said("1"))
		s.channel.Fail(bot.Outcome{Sent: bot.SentUnreachable, Reason: "kicked"})
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantSent("the other one", "1/1 oAb secret")
		if s.inbox.Waiting() != 0 {
			s.t.Errorf("%d wait", s.inbox.Waiting())
		}
	})
}
