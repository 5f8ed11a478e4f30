package domain

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ExtendCommand moves the cut-off once, at most 72 hours; the clocks of teams stay. Rule: design 8, field.md 3.10.
type ExtendCommand struct {
	Ask  Asked
	Deal DealID
	To   time.Time
}

// Asked is the command's key and speaker.
func (c ExtendCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c ExtendCommand) Kind() string { return "extend" }

// Needs asks for the chain's team: its clock is the deal's.
func (c ExtendCommand) Needs() Needs { return Needs{ChainTeam: true} }

// Apply extends with notice.
func (c ExtendCommand) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if (d.State != DealOpen && d.State != DealScheduled) || !b.Now.Before(d.Terms.DeadlineAt) {
		return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(d.State))
	}
	if d.Extended {
		return Answer{}, Refuse(CodeConflict, WhyExtended)
	}
	to := c.To.UTC().Truncate(time.Millisecond)
	if !to.After(d.Terms.DeadlineAt) || to.Sub(d.Terms.DeadlineAt) > MaxExtension {
		return Answer{}, Refuse(CodeInvalid, WhyExtendRange).WithInt("hours", int64(MaxExtension/time.Hour))
	}
	if t := b.chainTeam(); t != nil {
		if t.r.State != TeamForming {
			return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(t.r.State))
		}
		t.r.DeadlineAt = to
	}
	d.Extended = true
	d.Terms.DeadlineAt = to
	b.edition(c.Ask.By, "extend")
	b.remindOf(to)
	b.tellChats(Notice{Kind: NoticeExtended, Num: map[string]int64{"until": to.UnixMilli()}}, d.Edition)
	return b.answer(DidExtend, nil, b.chainTeam()), nil
}

// edition keeps the terms as they are from now on.
func (b *Book) edition(by AccountID, reason string) {
	d := &b.deal.r
	d.Edition++
	items := make([]ItemRecord, 0, len(b.items))
	for _, it := range b.items {
		items = append(items, it.r)
	}
	b.out.Editions = append(b.out.Editions, DealEdition{Deal: d.ID, Number: d.Edition, Terms: d.Terms, Items: items, By: by, Reason: reason, At: b.Now})
}

// remindOf schedules the reminders of a cut-off. Each looks again, when it is sent, whether the cut-off is still that.
func (b *Book) remindOf(deadline time.Time) {
	for _, n := range deadlineReminders(b.deal.r, b.chats, deadline, b.Now) {
		b.tell(n)
	}
}

// deadlineReminders are the notices before a cut-off: 24 h and 15 min before to the leaders, 2 h before to each chat if
// the deal runs over 6 h. Rule: voice.md.
func deadlineReminders(d DealRecord, chats []DealChat, deadline, now time.Time) []Notice {
	var ns []Notice
	run := deadline.Sub(now)
	add := func(kind NoticeKind, lead time.Duration, who AccountID, chat ChatID) {
		ns = append(ns, Notice{
			Kind: kind, Account: who, Chat: chat, Community: d.Community, Deal: d.ID, Due: deadline.Add(-lead), Lead: lead,
			Num: map[string]int64{"deadline": deadline.UnixMilli(), "lead_min": int64(lead / time.Minute)}, Urgent: lead < time.Hour,
			Dedup: dedup(string(kind), d.ID, who, chat, deadline.UnixMilli(), int64(lead/time.Minute)),
		})
	}
	var told []AccountID
	for _, c := range chats {
		if run > 6*time.Hour {
			add(NoticeRemindChat, 2*time.Hour, "", c.Chat)
		}
		if slices.Contains(told, c.Leader) || c.Leader == "" {
			continue
		}
		told = append(told, c.Leader)
		if run > 24*time.Hour {
			add(NoticeRemindLeader, 24*time.Hour, c.Leader, "")
		}
		if run > 15*time.Minute {
			add(NoticeRemindLeader, 15*time.Minute, c.Leader, "")
		}
	}
	return ns
}

// CancelCommand calls the whole deal off: everybody gets everything back. Rule: field.md 3.8.
type CancelCommand struct {
	Ask    Asked
	Deal   DealID
	Reason string
}

// Asked is the command's key and speaker.
func (c CancelCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c CancelCommand) Kind() string { return "cancel" }

// Needs asks for every team.
func (c CancelCommand) Needs() Needs { return Needs{AllTeams: true} }

// Apply cancels, also after the deal formed, until goods are handed out.
func (c CancelCommand) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if !b.isLeader(c.Ask.By) && !b.isMerchant(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	switch d.State {
	case DealCancelled:
		return b.answer(DidNothing, nil, nil), nil
	case DealFailed, DealFulfilling, DealCompleted:
		return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(d.State))
	default:
	}
	d.State, d.Reason = DealCancelled, c.Reason
	if d.LockedAt.IsZero() {
		d.LockedAt = b.Now
	}
	for _, t := range b.Teams() {
		if t.r.State != TeamForming && t.r.State != TeamDeciding && t.r.State != TeamFormed {
			continue
		}
		if t.r.Live.Shares == 0 {
			b.endEmpty(t, TeamCancelling, "cancelled")
			continue
		}
		b.endTeam(t, TeamCancelling, "cancelled")
	}
	b.tellChats(Notice{Kind: NoticeCancelledChat, Urgent: true})
	if d.Summaries > 0 {
		b.tellOne(d.Terms.Merchant, Notice{Kind: NoticeCancelledChat, Urgent: true}) // who was told what to bring must hear it
	}
	a := b.answer(DidCancel, nil, nil)
	a.Reason = c.Reason
	return a, nil
}

// EditCommand changes what a leader may change after posting: title, picture, note, place and time of pickup, merchant; a
// lower threshold, more stock. Nil fields stay. Rule: field.md 3.10.
type EditCommand struct {
	Ask        Asked
	Deal       DealID
	Title      *string
	Picture    *string
	Note       *string
	Point      *PointID
	PickupTime *string
	Merchant   *AccountID
	Threshold  *int64
	Stock      map[ItemID]int64
}

// Asked is the command's key and speaker.
func (c EditCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c EditCommand) Kind() string { return "edit" }

// Needs asks for the open teams, whose threshold follows.
func (c EditCommand) Needs() Needs {
	return Needs{ChainTeam: true, OpenTeams: true, Waiting: len(c.Stock) > 0, AllOrders: c.Point != nil}
}

// Apply edits, keeps a version, and tells the chats of what matters to people.
func (c EditCommand) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if d.State == DealCancelled || d.State == DealFailed || d.State == DealCompleted {
		return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(d.State))
	}
	if err := c.check(b); err != nil {
		return Answer{}, err
	}
	if c.Threshold != nil {
		b.decideDue() // what was short at its deadline stays short
	}
	before := d.Terms
	setIf(&d.Terms.Title, c.Title)
	setIf(&d.Terms.Picture, c.Picture)
	setIf(&d.Terms.Note, c.Note)
	setIf(&d.Terms.Point, c.Point)
	setIf(&d.Terms.PickupTime, c.PickupTime)
	setIf(&d.Terms.Merchant, c.Merchant)
	setIf(&d.Terms.Threshold, c.Threshold)
	for id, n := range c.Stock {
		b.item(id).r.Stock = n
	}
	b.edition(c.Ask.By, "edit")
	b.moveAlong(before.Point)
	if before.Point != d.Terms.Point || before.PickupTime != d.Terms.PickupTime {
		b.tellChats(Notice{Kind: NoticeChanged}, d.Edition)
	}
	if err := c.follow(b); err != nil {
		return Answer{}, err
	}
	return b.answer(DidEdit, nil, b.chainTeam()), nil
}

// moveAlong lets orders follow the deal to another pickup point, if they were to be handed out at the old one.
func (b *Book) moveAlong(from PointID) {
	to := b.deal.r.Terms.Point
	for _, o := range b.Orders() {
		if from != to && o.r.State.IsLive() && o.r.State != OrderReceived && o.r.Point == from {
			b.mutate(o, func(r *OrderRecord) { r.Point = to })
		}
	}
}

func setIf[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (c EditCommand) check(b *Book) error {
	d := b.deal.r
	if c.Title != nil && (strings.TrimSpace(*c.Title) == "" || utf8.RuneCountInString(*c.Title) > MaxTitle) {
		return Refuse(CodeInvalid, WhyEdit).With("field", "title")
	}
	if c.Threshold != nil && (*c.Threshold > d.Terms.Threshold || *c.Threshold < 1) {
		return Refuse(CodeInvalid, WhyEdit).With("field", "threshold")
	}
	for id, n := range c.Stock {
		it := b.item(id)
		if it == nil {
			return Refuse(CodeNotFound, WhyUnknownItem)
		}
		if n < it.r.Held+it.r.Offered || n > 1_000_000 {
			return Refuse(CodeInvalid, WhyEdit).With("field", "stock").With("item", it.r.Letter).WithInt("held", it.r.Held+it.r.Offered)
		}
	}
	return nil
}

// follow lets a changed threshold and new stock take effect in the teams that still gather.
func (c EditCommand) follow(b *Book) error {
	for _, t := range b.Teams() {
		if t.r.IsDecided() {
			continue
		}
		if c.Threshold != nil {
			t.r.Threshold = *c.Threshold
		}
		if t.r.State == TeamDeciding {
			b.decide(t)
			continue
		}
		b.afterCount(t)
		if len(c.Stock) > 0 {
			if err := b.offerSeats(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// PointCommand moves a person's orders of a deal to another pickup point, before the cut-off.
type PointCommand struct {
	Ask   Asked
	Deal  DealID
	Who   AccountID
	Point PointID
}

// Asked is the command's key and speaker.
func (c PointCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c PointCommand) Kind() string { return "change_point" }

// Needs asks for the person's orders.
func (c PointCommand) Needs() Needs { return Needs{ChainTeam: true, Shoppers: []AccountID{c.Who}} }

// Apply moves every live order of the person whose team still gathers.
func (c PointCommand) Apply(b *Book) (Answer, error) {
	var last *Order
	late := false
	for _, o := range b.ordersOf(c.Who) {
		t := b.teams[o.r.Team]
		if !o.r.State.IsLive() || t == nil {
			continue
		}
		if b.isOpen(t) != nil {
			late = true
			continue
		}
		b.mutate(o, func(r *OrderRecord) { r.Point = c.Point })
		last = o
	}
	if last == nil && late {
		return Answer{}, Refuse(CodeTooLate, WhyClosed).WithInt("at", b.deal.r.Terms.DeadlineAt.UnixMilli())
	}
	if last == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNoOrder)
	}
	return b.answer(DidPoint, last, b.teams[last.r.Team]), nil
}

// ShareCommand posts an open deal to one more chat.
type ShareCommand struct {
	Ask    Asked
	Deal   DealID
	Chat   ChatID
	Leader AccountID
}

// Asked is the command's key and speaker.
func (c ShareCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c ShareCommand) Kind() string { return "share" }

// Needs asks for nothing more.
func (c ShareCommand) Needs() Needs { return Needs{ChainTeam: true} }

// Apply adds the chat once.
func (c ShareCommand) Apply(b *Book) (Answer, error) {
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if err := b.takesJoins(); err != nil {
		return Answer{}, err
	}
	for _, ch := range b.chats {
		if ch.Chat == c.Chat {
			return b.answer(DidNothing, nil, b.chainTeam()), nil
		}
	}
	ch := DealChat{Deal: b.deal.r.ID, Chat: c.Chat, Leader: c.Leader, Noise: NoiseNormal, CreatedAt: b.Now}
	b.chats = append(b.chats, ch)
	b.out.Chats = append(b.out.Chats, ch)
	b.tell(Notice{Kind: NoticeCard, Chat: c.Chat, Dedup: dedup("posted", b.deal.r.ID, c.Chat), Num: map[string]int64{"version": b.deal.r.Version + 1}})
	return b.answer(DidEdit, nil, b.chainTeam()), nil
}
