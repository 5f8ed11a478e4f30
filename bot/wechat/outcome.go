package wechat

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"tuanbot/bot"
)

// The codes of the platform on which we branch.
const (
	codeBusy       = -1
	codeOpenID     = 40003
	codeTemplate   = 40037
	codeIP         = 40164
	codeNoMenu     = 40200
	codePage       = 41030
	codeRefused    = 43101
	codeNotFollow  = 43004
	codeLong       = 45002
	codeDay        = 45009
	codeMinute     = 45011
	codeWindow     = 45015
	codeTooMany    = 45047
	codeField      = 47003
	codeNoAbility  = 48001
	codeUnwilling  = 48002
	codeQuotaReset = 48006
)

// verdict is what a code of the platform means for a message.
type verdict struct {
	sent   bot.Sent
	reason string
	next   bool // another way may still reach the person
	alert  bool // an operator must change something
}

// verdicts is the table of codes. What is not in it is our fault and is never tried again by itself.
var verdicts = map[int]verdict{
	codeBusy:       {sent: bot.SentRetry, reason: "busy"},
	40001:          {sent: bot.SentRetry, reason: "token", alert: true},
	40014:          {sent: bot.SentRetry, reason: "token", alert: true},
	42001:          {sent: bot.SentRetry, reason: "token", alert: true},
	codeIP:         {sent: bot.SentRefused, reason: "ip_not_listed", alert: true},
	codeOpenID:     {sent: bot.SentUnreachable, reason: "bad_openid"},
	codeNotFollow:  {sent: bot.SentUnreachable, reason: "not_follower", next: true},
	codeWindow:     {sent: bot.SentUnreachable, reason: "window_closed", next: true},
	codeTooMany:    {sent: bot.SentUnreachable, reason: "window_closed", next: true},
	codeDay:        {sent: bot.SentRetry, reason: "quota_day"},
	codeMinute:     {sent: bot.SentRetry, reason: "quota_minute"},
	codeNoAbility:  {sent: bot.SentUnreachable, reason: "no_ability", next: true, alert: true},
	codeUnwilling:  {sent: bot.SentUnreachable, reason: "unwilling", next: true},
	codeRefused:    {sent: bot.SentUnreachable, reason: "no_consent", next: true},
	codeTemplate:   {sent: bot.SentRefused, reason: "template_id", next: true, alert: true},
	codeField:      {sent: bot.SentRefused, reason: "template_field", next: true, alert: true},
	codePage:       {sent: bot.SentRefused, reason: "template_page", next: true, alert: true},
	codeNoMenu:     {sent: bot.SentRefused, reason: "no_menu"},
	codeLong:       {sent: bot.SentRefused, reason: "too_long"},
	codeQuotaReset: {sent: bot.SentRefused, reason: "quota_reset", alert: true},
}

// outcome turns what became of a request into what became of the message. Keyed says that the platform shows a repeated
// request once, so that what is unclear may be tried again.
func (c *Channel) outcome(err error, keyed bool) (bot.Outcome, verdict) {
	var no *apiError
	var maybe *unclear
	var never *unsent
	switch {
	case err == nil:
		return bot.Outcome{Sent: bot.SentOK}, verdict{sent: bot.SentOK}
	case errors.As(err, &no):
		v, known := verdicts[no.Code]
		if !known {
			v = verdict{sent: bot.SentRefused, reason: "code_" + strconv.Itoa(no.Code), alert: true}
		}
		if no.Code == codeField {
			v.reason += fieldIn(no.Msg)
		}
		return bot.Outcome{Sent: v.sent, Reason: v.reason, Wait: c.wait(no.Code)}, v
	case errors.As(err, &maybe) && !errors.As(err, &never) && !keyed:
		return bot.Outcome{Sent: bot.SentUnknown, Reason: "network"}, verdict{sent: bot.SentUnknown}
	}
	return bot.Outcome{Sent: bot.SentRetry, Reason: "network"}, verdict{sent: bot.SentRetry}
}

// beijing is where the platform's days begin.
func beijing() *time.Location { return time.FixedZone("CST", 8*3600) }

// wait is how long a quota lasts: until the next day in Beijing, or the next minute.
func (c *Channel) wait(code int) time.Duration {
	now := c.c.Clock().In(beijing())
	switch code {
	case codeDay:
		y, m, d := now.Date()
		return time.Date(y, m, d+1, 0, 1, 0, 0, now.Location()).Sub(now)
	case codeMinute:
		return now.Truncate(time.Minute).Add(time.Minute + time.Second).Sub(now)
	}
	return 0
}

// fieldIn finds the name of the field that the platform complains of ("... data.thing1.value ...").
func fieldIn(msg string) string {
	_, after, ok := strings.Cut(msg, "data.")
	if !ok {
		return ""
	}
	name := after
	if i := strings.IndexFunc(after, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }); i >= 0 {
		name = after[:i]
	}
	if name == "" || len(name) > 32 {
		return ""
	}
	return ":" + name
}

// switches are abilities that the account turned out not to have; they are tried again after an hour, since an account can
// be verified while we run.
type switches struct {
	clock func() time.Time
	mu    sync.Mutex
	until map[string]time.Time
}

func (s *switches) turnOff(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[string]time.Time{}
	}
	s.until[what] = s.clock().Add(time.Hour)
}

func (s *switches) isOff(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock().Before(s.until[what])
}

// codeOf is the platform's code in an error, 0 if there is none.
func codeOf(err error) int {
	if no, ok := errors.AsType[*apiError](err); ok {
		return no.Code
	}
	return 0
}

// alert tells the operator once an hour what only they can mend.
func (c *Channel) alert(what string, err error) {
	if c.off.isOff("alert/" + what) {
		return
	}
	c.off.turnOff("alert/" + what)
	c.c.Log.Error("wechat needs its operator", "channel", ChannelName, "what", what, "err", fmt.Sprint(c.api.scrub(err)))
}
