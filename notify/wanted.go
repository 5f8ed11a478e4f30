package notify

import (
	"time"

	"tuanbot/domain"
)

// matters reports whether a notice is about money or a decision: it goes out at least once, whatever happens.
func matters(k domain.NoticeKind) bool {
	switch k { //nolint:exhaustive // chatter is what is not listed
	case domain.NoticeFormedChat, domain.NoticeFormed, domain.NoticeFailedChat, domain.NoticeFailed, domain.NoticePayDue, domain.NoticePayOverdue,
		domain.NoticePaid, domain.NoticeRefundSent, domain.NoticeRefundArrived, domain.NoticeCancelledChat, domain.NoticeCancelled,
		domain.NoticeRemoved, domain.NoticeSummary, domain.NoticeArrived, domain.NoticeRemindUnpaid, domain.NoticeSeatOffered:
		return true
	}
	return false
}

// isCard reports whether a notice draws the living card.
func isCard(k domain.NoticeKind) bool { return k == domain.NoticeCard || k == domain.NoticePosted }

// chatter reports whether a group can do without hearing this now.
func chatter(k domain.NoticeKind) bool {
	return isCard(k) || k == domain.NoticeKMore || k == domain.NoticeAlmostFull
}

// unwanted says why a row is not worth sending any more, "" when it is. What it looks at was read just now.
func unwanted(d domain.Delivery, f found, now time.Time) string {
	if d.Lead > 0 && now.After(d.Due.Add(d.Lead/2)) {
		return "late"
	}
	if f.reader.Kind == domain.AccountErased {
		return "erased"
	}
	if why := tooLoud(d.Kind, f.noise); why != "" && d.Num["asked"] == 0 {
		return why
	}
	if why := f.aboutDeal(d); why != "" {
		return why
	}
	if why := f.aboutPay(d, now); why != "" {
		return why
	}
	return f.aboutGoods(d)
}

// tooLoud: a quiet chat hears only decisions and where the goods are, a normal one nothing that the card says as well.
func tooLoud(k domain.NoticeKind, noise domain.Noise) string {
	switch k { //nolint:exhaustive // the rest is said at every level
	case domain.NoticeKMore, domain.NoticeAlmostFull:
		if noise != domain.NoiseLively {
			return "noise"
		}
	case domain.NoticeRemindChat, domain.NoticeExtended, domain.NoticeCompleted:
		if noise == domain.NoiseQuiet {
			return "noise"
		}
	}
	return ""
}

// aboutDeal drops what the deal's own course has overtaken.
func (f found) aboutDeal(d domain.Delivery) string {
	deal, t := f.Sheet.Deal, f.team()
	moved := d.Num["deadline"] != 0 && d.Num["deadline"] != deal.Terms.DeadlineAt.UnixMilli()
	switch d.Kind { //nolint:exhaustive // the rest is about money or goods
	case domain.NoticeKMore:
		if deal.State != domain.DealOpen || t.State != domain.TeamForming || t.Missing(deal.Terms.Pay) == 0 {
			return "over"
		}
	case domain.NoticeAlmostFull:
		if deal.State != domain.DealOpen || t.State != domain.TeamForming || t.Cap == 0 {
			return "over"
		}
	case domain.NoticeRemindChat, domain.NoticeRemindLeader:
		switch {
		case deal.State != domain.DealOpen:
			return "over"
		case moved:
			return "deadline_moved"
		case d.Kind == domain.NoticeRemindLeader && d.Lead < time.Hour && deal.Terms.Kind == domain.KindChain && t.Missing(deal.Terms.Pay) == 0:
			return "enough"
		}
	case domain.NoticeFormedChat:
		if f.Team.ID != "" && f.Team.State != domain.TeamFormed {
			return "over"
		}
	case domain.NoticeExtended:
		if d.Num["until"] != 0 && d.Num["until"] != deal.Terms.DeadlineAt.UnixMilli() || deal.State != domain.DealOpen {
			return "over"
		}
	case domain.NoticeHeadNow:
		if t.Head != d.Account || t.State != domain.TeamForming {
			return "over"
		}
	case domain.NoticeSeatOffered:
		if !f.offered {
			return "over"
		}
	case domain.NoticeAskHome:
		if !f.Order.State.IsLive() || f.Order.Household != "" || t.State != domain.TeamForming {
			return "over"
		}
	case domain.NoticeClaimAsked:
		if !f.open || !f.Order.State.IsLive() {
			return "over"
		}
	}
	return ""
}

// aboutPay drops what a payment, a refund or the end of a window has overtaken.
func (f found) aboutPay(d domain.Delivery, now time.Time) string {
	o := f.Order
	unpaid := o.Owed().IsPositive() && (o.State == domain.OrderPlaced || o.State == domain.OrderAwaiting)
	switch d.Kind { //nolint:exhaustive // the rest is about deals or goods
	case domain.NoticeRemindUnpaid, domain.NoticePayDue:
		switch {
		case !unpaid:
			return "paid"
		case d.Lead > 0 && !o.PayDueAt.Add(-d.Lead).Equal(d.Due): // a leader's own reminder has no lead
			return "deadline_moved"
		case !now.Before(o.PayDueAt):
			return "late"
		}
	case domain.NoticeFormed:
		switch {
		case !o.State.IsLive():
			return "over"
		case o.State == domain.OrderAwaiting && !now.Before(o.PayDueAt):
			return "late"
		}
	case domain.NoticePayOverdue, domain.NoticeUnpaidLeader:
		if o.State != domain.OrderUnpaid {
			return "over"
		}
	case domain.NoticeRefundSent:
		if f.Refund.State == domain.RefundSucceeded {
			return "arrived"
		}
		if w := f.Refund.Why; w != "late" && w != "extra" {
			return "said" // with the decision, or with the answer to who left
		}
	case domain.NoticeLeaderNote:
		if f.Refund.ID != "" && f.Refund.State != domain.RefundAbnormal {
			return "solved"
		}
	}
	return ""
}

// aboutGoods drops what was acknowledged, corrected or collected meanwhile.
func (f found) aboutGoods(d domain.Delivery) string {
	s, o := f.Summary, f.Order
	switch d.Kind { //nolint:exhaustive // the rest is about deals or money
	case domain.NoticeSummary, domain.NoticeSummaryLate:
		switch {
		case !s.RevokedAt.IsZero():
			return "revoked"
		case !s.AckAt.IsZero():
			return "acknowledged"
		case s.Number < f.Sheet.Deal.Summaries:
			return "superseded"
		case d.Kind == domain.NoticeSummaryLate && s.Problem != "":
			return "answered"
		}
	case domain.NoticeArrived, domain.NoticeStillThere:
		if o.State == domain.OrderReceived {
			return "collected"
		}
		if o.State != domain.OrderReady {
			return "over"
		}
	case domain.NoticeReceived:
		if o.State != domain.OrderReceived {
			return "undone"
		}
	case domain.NoticeChanged, domain.NoticeArrivedChat:
		if f.Sheet.Deal.State == domain.DealCancelled {
			return "over"
		}
	}
	return ""
}

// quietUntil is when the quiet hours of a community end, if they are on; the zero time otherwise.
func quietUntil(c domain.Community, now time.Time) time.Time {
	if c.QuietFrom == c.QuietTo {
		return time.Time{}
	}
	local := now.In(zoneOf(c))
	minute := local.Hour()*60 + local.Minute()
	inside := minute >= c.QuietFrom && minute < c.QuietTo
	if c.QuietFrom > c.QuietTo {
		inside = minute >= c.QuietFrom || minute < c.QuietTo
	}
	if !inside {
		return time.Time{}
	}
	end := clockAt(local, 0, c.QuietTo)
	switch {
	case end.After(local):
	case minute < c.QuietTo: // this hour comes twice today, and the end was in its first time
		end = end.Add(time.Hour)
	default:
		end = clockAt(local, 1, c.QuietTo)
	}
	return end.UTC()
}

// clockAt is when clocks show a minute of a day, or the first they show after it when they leave it out.
func clockAt(day time.Time, later, minute int) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day()+later, minute/60, minute%60, 0, 0, day.Location())
	if short := minute - (t.Hour()*60 + t.Minute()); short > 0 {
		t = t.Add(time.Duration(short) * time.Minute)
	}
	return t
}
