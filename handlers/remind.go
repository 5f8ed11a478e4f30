package handlers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tuanbot/domain"
)

// RemindCommand is the leader asking us to remind: of the deadline while a deal is open, of paying once it formed, of
// collecting once the goods are there.
type RemindCommand struct {
	Ask  domain.Asked
	Deal domain.DealID
}

// remindAtMost keeps a leader from reminding the same people again and again.
const remindAtMost = time.Hour

// Remind appends one notice per person or chat that has a reason to hear it, at most once an hour each. Count in the answer
// is how many that are.
func (d *Desk) Remind(ctx context.Context, c RemindCommand) (domain.Answer, error) {
	s, err := d.Deal(ctx, c.Deal)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("remind: %w", errBusy(err))
	}
	who, err := d.Account(ctx, c.Ask.By)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return domain.Answer{}, fmt.Errorf("remind: %w", errBusy(err))
	}
	return d.once(ctx, c.Ask, "remind", func(tx domain.Tx) (domain.Answer, error) {
		if !leads(s, c.Ask.By) && !LeadsAs(s, who) {
			return domain.Answer{}, domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader)
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return domain.Answer{}, err
		}
		ns, err := d.reminders(ctx, s, now)
		if err != nil {
			return domain.Answer{}, err
		}
		if err := tx.AppendNotices(ctx, ns); err != nil {
			return domain.Answer{}, err
		}
		return domain.Answer{Did: domain.DidNothing, Deal: s.Deal.ID, Code: s.Deal.Code, Title: s.Deal.Terms.Title, Count: int64(len(ns))}, nil
	})
}

func (d *Desk) reminders(ctx context.Context, s domain.DealSheet, now time.Time) ([]domain.Notice, error) {
	hour := strconv.FormatInt(now.Unix()/int64(remindAtMost/time.Second), 10)
	base := func(kind domain.NoticeKind, to string) domain.Notice {
		return domain.Notice{
			Kind: kind, Community: s.Deal.Community, Deal: s.Deal.ID, Due: now, Urgent: true,
			Dedup: "asked/" + string(kind) + "/" + string(s.Deal.ID) + "/" + to + "/" + hour,
		}
	}
	if s.Deal.State == domain.DealOpen {
		var ns []domain.Notice
		for _, ch := range s.Chats {
			n := base(domain.NoticeRemindChat, string(ch.Chat))
			n.Chat, n.Num = ch.Chat, map[string]int64{"deadline": s.Deal.Terms.DeadlineAt.UnixMilli(), "asked": 1}
			ns = append(ns, n)
		}
		return ns, nil
	}
	kind, states := domain.NoticePayDue, []domain.OrderState{domain.OrderAwaiting}
	if s.Deal.State == domain.DealFulfilling {
		kind, states = domain.NoticeStillThere, []domain.OrderState{domain.OrderReady}
	}
	orders, err := d.OrdersOfDeal(ctx, s.Deal.ID, domain.OrderFilter{States: states})
	if err != nil {
		return nil, fmt.Errorf("whom to remind: %w", err)
	}
	var ns []domain.Notice
	for _, o := range orders {
		n := base(kind, string(o.ID))
		n.Account, n.Order = o.Shopper, o.ID
		ns = append(ns, n)
	}
	return ns, nil
}
