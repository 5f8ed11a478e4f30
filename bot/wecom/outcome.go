package wecom

import (
	"errors"
	"strconv"
	"time"

	"tuanbot/bot"
)

// verdict is what a code of the platform means for a message.
type verdict struct {
	sent   bot.Sent
	reason string
	minute bool // the wait is until the next minute
	alert  bool // an operator must change something
}

// verdicts is the table of codes. What is not in it is our fault and is never tried again by itself.
var verdicts = map[int]verdict{
	-1:           {sent: bot.SentRetry, reason: "busy"},
	40001:        {sent: bot.SentRetry, reason: "token", alert: true},
	40014:        {sent: bot.SentRetry, reason: "token", alert: true},
	42001:        {sent: bot.SentRetry, reason: "token", alert: true},
	45009:        {sent: bot.SentRetry, reason: "quota_minute", minute: true},
	45033:        {sent: bot.SentRetry, reason: "busy"},
	60020:        {sent: bot.SentRefused, reason: "ip_not_listed", alert: true},
	93000:        {sent: bot.SentRefused, reason: "bad_robot_key", alert: true},
	48002:        {sent: bot.SentRefused, reason: "no_permission", alert: true},
	60011:        {sent: bot.SentRefused, reason: "no_permission", alert: true},
	301002:       {sent: bot.SentRefused, reason: "no_permission", alert: true},
	40003:        {sent: bot.SentUnreachable, reason: "no_member"},
	60111:        {sent: bot.SentUnreachable, reason: "no_member"},
	81013:        {sent: bot.SentUnreachable, reason: "no_member"},
	40096:        {sent: bot.SentUnreachable, reason: "no_customer"},
	41051:        {sent: bot.SentUnreachable, reason: "welcomed"},
	41096:        {sent: bot.SentUnreachable, reason: "welcomed"},
	codeKFCount:  {sent: bot.SentUnreachable, reason: "window_closed"},
	codeKFWindow: {sent: bot.SentUnreachable, reason: "window_closed"},
	95018:        {sent: bot.SentUnreachable, reason: "staff_has_it"},
}

// Customer service says no because five messages were sent, or because 48 hours are over.
const (
	codeKFCount  = 95001
	codeKFWindow = 95002
)

// outcome turns what became of a request into what became of the message. Keyed says that the platform shows a repeated
// request once, so that what is unclear may be tried again.
func (c *Channel) outcome(err error, keyed bool) bot.Outcome {
	var no *refusedError
	var lost *transitError
	switch {
	case err == nil:
		return bot.Outcome{Sent: bot.SentOK}
	case errors.Is(err, errShut):
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "not_set_up"}
	case errors.As(err, &no):
		v, known := verdicts[no.Code]
		if !known {
			v = verdict{sent: bot.SentRefused, reason: "code_" + strconv.Itoa(no.Code), alert: true}
		}
		if v.alert {
			c.c.Log.Error("wecom needs its operator", "channel", ChannelName, "what", v.reason, "err", c.api.veil.OverError(err))
		}
		out := bot.Outcome{Sent: v.sent, Reason: v.reason}
		if v.minute {
			out.Wait = c.untilNextMinute()
		}
		return out
	case errors.As(err, &lost) && lost.left && !keyed:
		return bot.Outcome{Sent: bot.SentUnknown, Reason: "network"}
	}
	return bot.Outcome{Sent: bot.SentRetry, Reason: "network"}
}

// untilNextMinute is how long a minute's quota lasts.
func (c *Channel) untilNextMinute() time.Duration {
	now := c.c.Clock()
	return now.Truncate(time.Minute).Add(time.Minute + time.Second).Sub(now)
}
