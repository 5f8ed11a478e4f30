package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// The steps of waiting between tries.
const (
	firstWait = 2 * time.Second
	longest   = 10 * time.Minute
)

// parcel is a worded row on its way to one address.
type parcel struct {
	d     domain.Delivery
	with  []domain.Delivery
	reply bot.Reply
	way   way
	edit  string
	f     found
}

func (p parcel) rows() []domain.Delivery { return append([]domain.Delivery{p.d}, p.with...) }

// send marks, sends and writes down what became of it. What was marked is finished even when the program is told to stop.
func (r *Relay) send(ctx context.Context, p parcel) (verdict, bot.Outcome) {
	rows := p.rows()
	for i := range rows {
		rows[i].Channel = p.way.ch.Name()
		if err := r.c.Outbox.MarkSending(ctx, rows[i]); err != nil {
			if i > 0 && errors.Is(err, domain.ErrLostLease) { // somebody else says that one; too late to take it out of ours
				continue
			}
			return verdict{with: p.with, err: fmt.Errorf("mark: %w", err)}, bot.Outcome{}
		}
	}
	r.c.At("relay.marked")
	ctx = context.WithoutCancel(ctx)
	out := r.hand(ctx, p, rows[0])
	r.c.At("relay.sent")
	if out.Sent == bot.SentUnreachable && p.way.to.Person != "" {
		return verdict{}, out // there may be another way
	}
	if out.Sent == bot.SentOK && isCard(p.d.Kind) {
		r.rememberCard(ctx, p, out.MessageID)
	}
	v := verdict{with: p.with}
	if out.Sent == bot.SentUnreachable && isGroupOf(p.d, p.f) {
		if err := r.tellGone(ctx, p.d, p.f); err != nil {
			return verdict{with: p.with, err: err}, out
		}
	}
	for i := range rows {
		rows[i], v.after = r.outcome(rows[i], out)
	}
	v.err = r.write(ctx, rows)
	r.c.At("relay.settled")
	if out.Sent == bot.SentUnreachable {
		out.Sent = bot.SentRefused // a chat has no other way; it is settled
	}
	return v, out
}

// hand gives the message to its channel. A card whose message is gone is posted anew.
func (r *Relay) hand(ctx context.Context, p parcel, d domain.Delivery) bot.Outcome {
	ctx, cancel := context.WithTimeout(ctx, r.c.SendTimeout)
	defer cancel()
	msg := bot.Outgoing{To: p.way.to, Reply: p.reply, Key: string(d.ID), Edit: p.edit}
	out := p.way.ch.Send(ctx, msg)
	if out.Sent == bot.SentRefused && p.edit != "" {
		msg.Edit = ""
		return p.way.ch.Send(ctx, msg)
	}
	return out
}

// outcome turns what the channel said into the row's new state. After is when it is to be tried again.
func (r *Relay) outcome(d domain.Delivery, out bot.Outcome) (_ domain.Delivery, after time.Time) {
	d.LastReason = out.Reason
	switch out.Sent {
	case bot.SentOK:
		d.State, d.MessageID, d.LastReason = domain.DeliverySent, out.MessageID, ""
		return d, after
	case bot.SentUnknown:
		if !r.mayRepeat(d) {
			d.State, d.LastReason = domain.DeliveryDropped, "unknown"
			return d, after
		}
	case bot.SentRetry:
	case bot.SentRefused, bot.SentUnreachable:
		d.State = domain.DeliveryDead
		return d, after
	default:
		d.State, d.LastReason = domain.DeliveryDead, "outcome"
		return d, after
	}
	if d.Attempts >= r.c.MaxAttempts {
		d.State = domain.DeliveryDead
		return d, after
	}
	wait := out.Wait
	if wait <= 0 {
		wait = r.backoff(d.Attempts)
	}
	d.State, d.DueAt = domain.DeliveryNew, r.c.Clock().Add(wait)
	return d, d.DueAt
}

// backoff doubles from try to try up to a cap; jitter takes up to half of it away, so that those who failed together do
// not come back together.
func (r *Relay) backoff(attempt int64) time.Duration {
	wait := longest
	if attempt < 20 {
		wait = min(longest, firstWait<<max(0, attempt-1))
	}
	return wait - time.Duration(r.c.Rand()*float64(wait)/2)
}

// write records outcomes and counts them.
func (r *Relay) write(ctx context.Context, ds []domain.Delivery) error {
	if err := r.c.Outbox.SettleDeliveries(ctx, ds); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	for _, d := range ds {
		r.c.Count(d.Kind, d.State, d.LastReason)
	}
	return nil
}

// end settles a row that is not sent.
func (r *Relay) end(ctx context.Context, d domain.Delivery, to domain.DeliveryState, why string) verdict {
	d.State, d.LastReason = to, why
	return verdict{err: r.write(context.WithoutCancel(ctx), []domain.Delivery{d})}
}

// later puts a row off without counting a try.
func (r *Relay) later(ctx context.Context, d domain.Delivery, due time.Time, why string) verdict {
	if d.State != domain.DeliverySending { // what may have been sent stays that way
		d.State = domain.DeliveryNew
	}
	d.DueAt, d.LastReason = due, why
	return verdict{after: due, err: r.write(context.WithoutCancel(ctx), []domain.Delivery{d})}
}

// postpone waits for the budget of a chat or channel.
func (r *Relay) postpone(ctx context.Context, d domain.Delivery, wait time.Duration) verdict {
	d.Attempts--
	return r.later(ctx, d, r.c.Clock().Add(wait), "budget")
}

// unreachable keeps a person's row until they are heard of again, and tells the leader once per deal and person. A chat
// that we cannot reach any more is for a person to look at.
func (r *Relay) unreachable(ctx context.Context, d domain.Delivery, f found, why string) verdict {
	if isGroupOf(d, f) {
		if err := r.tellGone(ctx, d, f); err != nil {
			return verdict{err: err}
		}
		return r.end(ctx, d, domain.DeliveryDropped, why)
	}
	if d.Account == "" {
		return r.end(ctx, d, domain.DeliveryDead, why)
	}
	if err := r.tellLeader(ctx, d, f); err != nil {
		return verdict{err: err}
	}
	return r.end(ctx, d, domain.DeliveryKept, why)
}

func isGroupOf(d domain.Delivery, f found) bool { return d.Chat != "" && d.Deal != "" && f.chat.Group }

// tellGone: a group that we cannot reach has lost its card, and nothing else. Its leader is told, and privately everybody who
// ordered by it. It comes before the row is settled, and telling twice tells once.
func (r *Relay) tellGone(ctx context.Context, d domain.Delivery, f found) error {
	people, err := r.c.Store.ShoppersVia(ctx, d.Deal, d.Chat)
	if err != nil {
		return fmt.Errorf("people of a chat that is gone: %w", err)
	}
	err = r.c.Store.InTx(ctx, func(tx domain.Tx) error {
		if f.chat.GoneAt.IsZero() {
			now, err := tx.Now(ctx)
			if err != nil {
				return err
			}
			gone := f.chat
			gone.GoneAt = now
			if err := tx.SaveChat(ctx, gone); err != nil {
				return err
			}
		}
		return tx.AppendNotices(ctx, domain.ChatGone(f.Sheet, d.Chat, people, r.c.Clock()))
	})
	if err != nil {
		return fmt.Errorf("tell that a chat is gone: %w", err)
	}
	return nil
}

func (r *Relay) tellLeader(ctx context.Context, d domain.Delivery, f found) error {
	leader := f.Order.ViaLeader
	if leader == "" {
		leader = f.Sheet.Deal.OpenedBy
	}
	if leader == "" || leader == d.Account || d.Order == "" || !matters(d.Kind) {
		return nil
	}
	note := domain.Notice{
		Kind: domain.NoticeLeaderNote, Dedup: "unreachable/" + string(d.Deal) + "/" + string(d.Account) + "/" + string(leader), Community: d.Community,
		Account: leader, Deal: d.Deal, Order: d.Order, Num: map[string]int64{"what": say.NoteUnreachable}, Due: r.c.Clock(),
	}
	err := r.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.AppendNotices(ctx, []domain.Notice{note}) })
	if err != nil {
		return fmt.Errorf("tell the leader who could not be reached: %w", err)
	}
	return nil
}

// rememberCard keeps the message that a chat's card was posted as, so that later cards edit it. It comes before the row
// is settled: a crash in between repeats an edit and does not post a second card.
func (r *Relay) rememberCard(ctx context.Context, p parcel, message string) {
	if message == "" || message == p.f.posted.CardMsg {
		return
	}
	err := r.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SaveCardMessage(ctx, p.d.Deal, p.d.Chat, message) })
	if err != nil {
		r.c.Log.WarnContext(ctx, "remember a card's message", "deal", p.d.Deal, "chat", p.d.Chat, "err", err)
	}
}
