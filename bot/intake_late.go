package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// parcel is what lies in the inbox: the update, and how many of its replies have left.
type parcel struct {
	Update Update `json:"update"`
	Sent   int    `json:"sent,omitempty"`
}

// store writes an update into the inbox, leased to us. Fresh is false when it lies there already: whoever has it answers.
func (in *Intake) store(ctx context.Context, up Update) (InboxItem, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, in.c.Time)
	defer cancel()
	item := itemOf(up, in.c.Owner)
	body, err := json.Marshal(parcel{Update: up})
	if err != nil {
		return item, false, fmt.Errorf("encode an update: %w", err)
	}
	item.Body = body
	var fresh bool
	item.Fence, fresh, err = in.c.Inbox.KeepUpdate(ctx, item, intakeLease)
	if err != nil {
		return item, false, fmt.Errorf("store an update: %w", err)
	}
	return item, fresh, nil
}

// finish sends the replies of a stored update and ends it, or gives it another turn. A row that is not ours (no fence) is
// left to whoever has it: they handle it again, and the stored key makes that harmless.
func (in *Intake) finish(ctx context.Context, item InboxItem, p parcel, replies []Reply, failed error) {
	if item.Fence == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, in.c.Time)
	defer cancel()
	var wait time.Duration
	reason, away := "handler", false
	if failed != nil && item.Attempts >= intakeAttempts {
		in.c.Log.ErrorContext(ctx, "an update is given up", "channel", p.Update.Channel, "attempts", item.Attempts, "err", failed)
		replies, failed = in.sorry(p.Update), nil
	}
	if failed == nil {
		wait, reason, away = in.sendAll(ctx, &item, &p, replies)
	} else {
		wait = againAfter(item.Attempts)
		in.c.Log.WarnContext(ctx, "an update is tried again later", "channel", p.Update.Channel, "attempts", item.Attempts, "err", failed)
	}
	err := in.close(ctx, item, p, wait, reason)
	if err != nil {
		in.c.Log.WarnContext(ctx, "an update waits for its lease to end", "channel", p.Update.Channel, "err", err)
	}
	if err == nil && away {
		in.expect(p.Update, item)
	}
}

// expect remembers what waits for a person, so that it goes on when they are heard of. A copy that does not remember it, or
// has forgotten, comes back to it by the clock.
func (in *Intake) expect(up Update, item InboxItem) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if who := up.Channel + "\x00" + up.Person.ID; len(in.absent) < absentPeople || in.absent[who] != nil {
		in.absent[who] = append(in.absent[who], item)
	}
}

// wake lets go on what waits for a person who was heard of.
func (in *Intake) wake(ctx context.Context, up Update) {
	who := up.Channel + "\x00" + up.Person.ID
	in.mu.Lock()
	items := in.absent[who]
	delete(in.absent, who)
	in.mu.Unlock()
	this := itemOf(up, "").Key
	for _, item := range items {
		if item.Key == this { // what waits came with these very words
			in.expect(up, item)
			continue
		}
		if err := in.c.Inbox.WakeUpdate(ctx, item); err != nil {
			in.c.Log.WarnContext(ctx, "a late reply waits on", "channel", up.Channel, "err", err)
		}
	}
}

func (in *Intake) sorry(up Update) []Reply {
	if in.c.Sorry == nil {
		return nil
	}
	return []Reply{in.c.Sorry(up)}
}

func (in *Intake) close(ctx context.Context, item InboxItem, p parcel, wait time.Duration, reason string) error {
	if wait <= 0 {
		return in.c.Inbox.FinishUpdate(ctx, item, reason)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode an update: %w", err)
	}
	item.Body = body
	return in.c.Inbox.PostponeUpdate(ctx, item, wait, reason)
}

// againAfter doubles from a second to a minute.
func againAfter(attempts int64) time.Duration {
	if attempts > 6 {
		return time.Minute
	}
	return min(time.Second<<max(attempts-1, 0), time.Minute)
}

// sendAll sends what has not left yet, in order. It returns how long to wait before the rest may be tried, 0 when all is
// said and done. After each one it is written down how far we are: a kill repeats at most one. A person who cannot be reached
// until they are heard of gets it then.
func (in *Intake) sendAll(ctx context.Context, item *InboxItem, p *parcel, replies []Reply) (wait time.Duration, reason string, away bool) {
	ch := in.channel(p.Update.Channel)
	if ch == nil {
		return time.Minute, "no_channel", false
	}
	for p.Sent < len(replies) {
		letter := outgoing(p.Update, replies[p.Sent], p.Sent)
		out := ch.Send(ctx, letter)
		in.c.At("intake.sent")
		away = out.Sent == SentUnreachable && (letter.To.Chat == "" || p.Update.Chat.Kind != ChatGroup)
		switch {
		case away, out.Sent == SentRetry, out.Sent == SentUnknown:
			if item.Attempts >= intakeAttempts {
				in.c.Log.ErrorContext(ctx, "a late reply is given up", "channel", ch.Name(), "reason", out.Reason)
				return 0, "gave_up", false
			}
			if away {
				return absentWait * time.Duration(min(max(item.Attempts, 1), 6)), out.Reason, true
			}
			return max(out.Wait, againAfter(item.Attempts)), out.Reason, false
		case out.Sent == SentRefused, out.Sent == SentUnreachable:
			in.c.Log.WarnContext(ctx, "a late reply did not arrive", "channel", ch.Name(), "sent", out.Sent, "reason", out.Reason)
			reason = out.Reason
		}
		p.Sent++
		if p.Sent < len(replies) {
			in.note(ctx, item, *p)
		}
	}
	return 0, reason, false
}

// note writes down how many replies have left.
func (in *Intake) note(ctx context.Context, item *InboxItem, p parcel) {
	body, err := json.Marshal(p)
	if err == nil {
		item.Body = body
		err = in.c.Inbox.HoldUpdate(ctx, *item, intakeLease)
	}
	if err != nil {
		in.c.Log.WarnContext(ctx, "note how many replies have left", "channel", p.Update.Channel, "err", err)
	}
}

// outgoing addresses a reply the way it would have gone at once: to the chat it came from, or to the person alone.
func outgoing(up Update, r Reply, index int) Outgoing {
	to := Address{Channel: up.Channel, Chat: up.Chat.ID}
	if r.Private && up.Chat.Kind == ChatGroup || up.Chat.ID == "" {
		to = Address{Channel: up.Channel, Person: up.Person.ID}
	}
	r.Private = false // the address says where it goes
	edit := r.Replace
	r.Replace = ""
	return Outgoing{To: to, Reply: r, Key: up.Key + "/" + strconv.Itoa(index), Edit: edit}
}

// Once takes up what still lies in the inbox: left by a crash, or put off.
func (in *Intake) Once(ctx context.Context) (int, error) {
	items, err := in.c.Inbox.ClaimUpdates(ctx, in.c.Owner, intakeLease, intakeBatch)
	if err != nil {
		return 0, fmt.Errorf("look into the inbox: %w", err)
	}
	var group sync.WaitGroup
	for _, item := range items {
		group.Go(func() { in.again(context.WithoutCancel(ctx), item) })
	}
	group.Wait()
	return len(items), nil
}

var errNotOurs = errors.New("not an update")

// again handles a stored update once more.
func (in *Intake) again(ctx context.Context, item InboxItem) {
	var p parcel
	if err := json.Unmarshal(item.Body, &p); err != nil || p.Update.Channel == "" {
		in.c.Log.ErrorContext(ctx, "the inbox holds what cannot be read", "err", errors.Join(errNotOurs, err))
		if err := in.c.Inbox.FinishUpdate(ctx, item, "unreadable"); err != nil {
			in.c.Log.WarnContext(ctx, "end what cannot be read", "err", err)
		}
		return
	}
	replies, err := in.handle(ctx, p.Update)
	in.finish(ctx, item, p, replies, err)
	if err == nil {
		in.tell(ctx, p.Update)
	}
}

// Run works through the inbox until the context ends, then waits for what is being handled.
func (in *Intake) Run(ctx context.Context) error {
	defer in.stop()
	tick := time.NewTicker(intakePoll)
	defer tick.Stop()
	for {
		if _, err := in.Once(ctx); err != nil && ctx.Err() == nil {
			in.c.Log.WarnContext(ctx, "acknowledged updates wait", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// stop lets what flies land, and cuts short what takes too long.
func (in *Intake) stop() {
	in.mu.Lock()
	in.stopped = true
	in.mu.Unlock()
	landed := make(chan struct{})
	go func() { in.running.Wait(); close(landed) }()
	cut := time.AfterFunc(intakeGrace, in.cancel)
	defer cut.Stop()
	<-landed
	in.cancel()
}
