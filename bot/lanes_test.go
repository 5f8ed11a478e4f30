package bot_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"tuanbot/bot"
)

type handlerFunc func(ctx context.Context, up bot.Update) ([]bot.Reply, error)

func (f handlerFunc) Handle(ctx context.Context, up bot.Update) ([]bot.Reply, error) {
	return f(ctx, up)
}

func from(person, key string) bot.Update {
	return bot.Update{Channel: "web", Person: bot.PersonRef{ID: person}, Key: key}
}

func TestOnePersonsUpdatesNeverSwapPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order []string
		gate := make(chan struct{})
		lanes := bot.NewLanes(handlerFunc(func(_ context.Context, up bot.Update) ([]bot.Reply, error) {
			if up.Person.ID == "ming" {
				<-gate
			}
			order = append(order, up.Key)
			return nil, nil
		}), 8)
		say := func(up bot.Update) {
			go func() {
				if _, err := lanes.Handle(t.Context(), up); err != nil {
					t.Errorf("%s: %v", up.Key, err)
				}
			}()
			synctest.Wait()
		}
		say(from("ming", "1"))
		say(from("ming", "2"))
		say(from("wang", "3")) // somebody else does not wait
		gate <- struct{}{}
		synctest.Wait()
		gate <- struct{}{}
		synctest.Wait()
		if got := order[0] + order[1] + order[2]; got != "312" {
			t.Errorf("handled in the order %s", got)
		}
	})
}

func TestALaneIsBoundedAndLetsGoOfWhoGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		lanes := bot.NewLanes(handlerFunc(func(context.Context, bot.Update) ([]bot.Reply, error) {
			<-gate
			return nil, nil
		}), 2)
		errs := make(chan error, 1)
		go func() { _, err := lanes.Handle(t.Context(), from("ming", "1")); errs <- err }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { _, err := lanes.Handle(ctx, from("ming", "2")); gone <- err }()
		synctest.Wait()
		if _, err := lanes.Handle(t.Context(), from("ming", "3")); !errors.Is(err, bot.ErrLaneFull) {
			t.Errorf("a third one: %v", err)
		}
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		close(gate)
		if err := <-errs; err != nil {
			t.Error(err)
		}
		if _, err := lanes.Handle(t.Context(), from("ming", "4")); err != nil {
			t.Errorf("after the rush: %v", err)
		}
	})
}
