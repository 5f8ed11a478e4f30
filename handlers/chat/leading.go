package chat

import (
	"fmt"
	"strings"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// share posts a deal to this chat too.
func (t *talk) share() ([]bot.Reply, error) {
	if !t.group() {
		return t.shareTo()
	}
	sheet, replies, err := t.find(seek{code: t.said.code, sure: true, pool: t.led(domain.DealOpen, domain.DealScheduled), none: t.notLeading})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	a, err := t.h.c.Desk.Share(t.ctx, domain.ShareCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Chat: t.chat.ID, Leader: t.who.ID})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "share", sheet.Deal.ID)
}

func (t *talk) closeDeal() ([]bot.Reply, error) {
	sheet, replies, err := t.lead(say.VerbClose, domain.DealOpen, domain.DealScheduled)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.closeNow(sheet)
}

func (t *talk) closeNow(sheet domain.DealSheet) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.CloseDeal(t.ctx, domain.CloseCommand{Ask: t.ask(), Deal: sheet.Deal.ID})
	if err != nil {
		return nil, err
	}
	replies, err := t.tell(a, "close", sheet.Deal.ID)
	return privately(replies), err // the group hears the outcome from the notice: one message there for one event
}

// extend moves the cut-off to a time, or by a length of time; without one it asks.
func (t *talk) extend() ([]bot.Reply, error) {
	sheet, replies, err := t.lead(say.VerbExtend, domain.DealOpen, domain.DealScheduled)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	to := t.said.at
	if to.IsZero() {
		by, err := time.ParseDuration(t.said.rest)
		if err != nil {
			return t.askExtension(sheet), nil //nolint:nilerr // nothing was said about how long
		}
		to = sheet.Deal.Terms.DeadlineAt.Add(by)
	}
	return t.extendTo(sheet, to)
}

func (t *talk) askExtension(sheet domain.DealSheet) []bot.Reply {
	r := bot.Reply{Text: t.w("extend.ask"), Code: "extend_ask"}
	for _, h := range []int64{1, 2, 24} {
		to := sheet.Deal.Terms.DeadlineAt.Add(time.Duration(h) * time.Hour)
		r.Choices = append(r.Choices, bot.Choice{Label: t.v.Clock(to), Action: say.Do(say.VerbExtend, sheet.Deal.Code, h)})
	}
	return []bot.Reply{r}
}

func (t *talk) extendTo(sheet domain.DealSheet, to time.Time) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Extend(t.ctx, domain.ExtendCommand{Ask: t.ask(), Deal: sheet.Deal.ID, To: to.UTC().Truncate(time.Millisecond)})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "extend", sheet.Deal.ID)
}

// cancelDeal asks once more before everybody gets their money back.
func (t *talk) cancelDeal() ([]bot.Reply, error) {
	act := func(code string) string { return say.Do(say.VerbCancel, code) }
	sheet, replies, err := t.find(seek{code: t.said.code, pool: t.led(domain.DealOpen, domain.DealScheduled, domain.DealLocked, domain.DealFormed), none: t.cancelMine, act: act})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	reason := t.said.rest
	if t.said.code != "" {
		reason = ""
	}
	return t.askCancel(sheet, reason)
}

func (t *talk) askCancel(sheet domain.DealSheet, reason string) ([]bot.Reply, error) {
	if !isLeader(sheet, t.who) && !t.who.Is(sheet.Deal.Terms.Merchant) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), sheet), nil
	}
	if err := t.recall(); err != nil {
		return nil, err
	}
	t.memory.begin(stepCancel, t.v.Now)
	t.memory.Code, t.memory.Text = sheet.Deal.Code, say.Line(reason, 60)
	return []bot.Reply{t.v.Sure("cancel", say.Plain(say.VerbConfirm, "cancel", sheet.Deal.Code), sheet)}, nil
}

func (t *talk) cancelNow(sheet domain.DealSheet) ([]bot.Reply, error) {
	reason := ""
	if t.memory.Step == stepCancel && t.memory.Code == sheet.Deal.Code {
		reason = t.memory.Text
		t.memory.end()
	}
	a, err := t.h.c.Desk.Cancel(t.ctx, domain.CancelCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Reason: reason})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "cancel", sheet.Deal.ID)
}

// complete asks once more before a short deal goes ahead.
func (t *talk) complete() ([]bot.Reply, error) {
	sheet, replies, err := t.lead(say.VerbComplete, domain.DealOpen, domain.DealLocked)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.askComplete(sheet, "")
}

func (t *talk) askComplete(sheet domain.DealSheet, team string) ([]bot.Reply, error) {
	if !isLeader(sheet, t.who) && !t.who.Is(sheet.Deal.Terms.Merchant) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), sheet), nil
	}
	if !isOpen(sheet) && sheet.Deal.State != domain.DealLocked {
		return t.completeNow(sheet, 0) // the rules say why not
	}
	args := []string{"complete", sheet.Deal.Code}
	if team != "" {
		args = append(args, team)
	}
	return []bot.Reply{t.v.Sure("complete", say.Plain(say.VerbConfirm, args...), sheet)}, nil
}

func (t *talk) completeNow(sheet domain.DealSheet, number int64) ([]bot.Reply, error) {
	c := domain.CompleteCommand{Ask: t.ask(), Deal: sheet.Deal.ID, How: domain.CompletionLowered}
	if t.who.Is(sheet.Deal.Terms.Merchant) {
		c.How = domain.CompletionApproved
	}
	if sheet.Deal.Terms.Kind == domain.KindTeam {
		team, refused, err := t.teamByNumber(sheet, number)
		if err != nil || refused != nil {
			return refused, err
		}
		c.Team = team.ID
	}
	a, err := t.h.c.Desk.Complete(t.ctx, c)
	if err != nil {
		return nil, err
	}
	return t.tell(a, "complete", sheet.Deal.ID)
}

// edit changes one thing about a deal that the speaker leads.
func (t *talk) edit(change func(*domain.EditCommand, domain.DealSheet) *domain.Refusal) ([]bot.Reply, error) {
	sheet, replies, err := t.find(seek{
		code: t.said.code, none: t.notLeading, act: func(code string) string { return say.Do(say.VerbMore, code) },
		pool: t.led(domain.DealOpen, domain.DealScheduled, domain.DealLocked, domain.DealFormed, domain.DealFulfilling),
	})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	c := domain.EditCommand{Ask: t.ask(), Deal: sheet.Deal.ID}
	if refusal := change(&c, sheet); refusal != nil {
		return t.refuse(refusal, sheet), nil
	}
	a, err := t.h.c.Desk.Edit(t.ctx, c)
	if err != nil {
		return nil, err
	}
	return t.tell(a, "edit", sheet.Deal.ID)
}

func (t *talk) retitle() ([]bot.Reply, error) {
	title := t.said.rest
	return t.edit(func(c *domain.EditCommand, _ domain.DealSheet) *domain.Refusal {
		c.Title = &title
		return nil
	})
}

// repicture takes the picture that came with the message, or its address.
func (t *talk) repicture() ([]bot.Reply, error) {
	picture := t.up.Picture
	if picture == "" && (strings.HasPrefix(t.said.rest, "https://") || strings.HasPrefix(t.said.rest, "http://")) {
		picture = t.said.rest
	}
	if picture == "" {
		if t.group() && t.said.rest != "" && !t.up.Spoken {
			return nil, nil
		}
		return t.say1("picture_ask", "picture_ask"), nil
	}
	return t.edit(func(c *domain.EditCommand, _ domain.DealSheet) *domain.Refusal {
		c.Picture = &picture
		return nil
	})
}

// replace changes where and when goods are picked up.
func (t *talk) replace() ([]bot.Reply, error) {
	place, when := t.said.rest, ""
	if from, to, ok := words.Range(place); ok {
		when = strings.TrimSpace(place[from:to])
		place = strings.TrimSpace(place[:from] + place[to:])
	}
	var point domain.Point
	if place != "" {
		led, err := t.led(domain.DealOpen, domain.DealScheduled, domain.DealLocked, domain.DealFormed, domain.DealFulfilling)()
		if err != nil || len(led) == 0 {
			return t.edit(func(*domain.EditCommand, domain.DealSheet) *domain.Refusal { return nil })
		}
		if point, err = t.h.c.Desk.AddPoint(t.ctx, t.community.ID, place, when); err != nil {
			return nil, err
		}
	}
	return t.edit(func(c *domain.EditCommand, _ domain.DealSheet) *domain.Refusal {
		if place != "" {
			c.Point = &point.ID
		}
		if when != "" {
			c.PickupTime = &when
		}
		return nil
	})
}

// lower makes fewer enough.
func (t *talk) lower() ([]bot.Reply, error) {
	w := t.said.wish
	if len(w.Picks) != 1 || w.Trouble != "" || w.Picks[0].Letter != "" {
		return []bot.Reply{t.v.NotUnderstood(t.text, t.example("lower"))}, nil
	}
	n := w.Picks[0].Qty
	return t.edit(func(c *domain.EditCommand, s domain.DealSheet) *domain.Refusal {
		if s.Deal.Terms.ThresholdUnit == domain.UnitMoney {
			n *= 100
		}
		c.Threshold = &n
		return nil
	})
}

func (t *talk) restock() ([]bot.Reply, error) {
	w := t.said.wish
	if len(w.Picks) == 0 || w.Trouble != "" {
		return []bot.Reply{t.v.NotUnderstood(t.text, t.example("stock"))}, nil
	}
	return t.edit(func(c *domain.EditCommand, s domain.DealSheet) *domain.Refusal {
		wants, refusal := w.wants(s)
		c.Stock = map[domain.ItemID]int64{}
		for _, want := range wants {
			c.Stock[want.Item] = want.Qty
		}
		return refusal
	})
}

// example is a command's help words in the speaker's language.
func (t *talk) example(name string) string {
	for _, c := range t.h.commands {
		if c.name == name && t.v.English() {
			return c.enHelp.words
		} else if c.name == name {
			return c.zhHelp.words
		}
	}
	return ""
}

// remind tells those who should pay or collect, or the chats of an open deal.
func (t *talk) remind() ([]bot.Reply, error) {
	sheet, replies, err := t.lead(say.VerbRemind, domain.DealOpen, domain.DealFormed, domain.DealFulfilling)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.remindNow(sheet)
}

func (t *talk) remindNow(sheet domain.DealSheet) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Remind(t.ctx, handlers.RemindCommand{Ask: t.ask(), Deal: sheet.Deal.ID})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "remind", sheet.Deal.ID)
}

func (t *talk) reminded(a domain.Answer) []bot.Reply {
	switch {
	case a.Count == 0:
		return t.say1("reminded", "remind.nobody")
	case t.sheet.Deal.State == domain.DealOpen:
		return t.say1("reminded", "remind.chats")
	}
	return t.say1("reminded", "remind.people", "n", fmt.Sprint(a.Count))
}

func (t *talk) summary() ([]bot.Reply, error) {
	sheet, replies, err := t.lead(say.VerbSummary, domain.DealFormed, domain.DealFulfilling)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.summarise(sheet)
}

func (t *talk) summarise(sheet domain.DealSheet) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Summary(t.ctx, domain.SummaryCommand{Ask: t.ask(), Deal: sheet.Deal.ID})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "summary", sheet.Deal.ID)
}

// arrived says that goods are there, at every point or at the one that is named.
func (t *talk) arrived() ([]bot.Reply, error) {
	sheet, replies, err := t.lead(say.VerbArrived, domain.DealFormed, domain.DealFulfilling)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	point := domain.PointID("")
	if name := t.said.rest; name != "" && t.said.code == "" {
		points, err := t.h.c.Desk.Points(t.ctx, t.community.ID)
		if err != nil {
			return nil, fmt.Errorf("pickup points: %w", busy(err))
		}
		for _, p := range points {
			if strings.Contains(words.Fold(p.Name), words.Fold(name)) {
				point = p.ID
			}
		}
		if point == "" {
			if t.group() && !t.up.Spoken {
				return nil, nil
			}
			return t.say1("no_point", "no_point", "name", say.Line(name, 20)), nil
		}
	}
	return t.arriveAt(sheet, point)
}

func (t *talk) arriveAt(sheet domain.DealSheet, point domain.PointID) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Arrive(t.ctx, domain.ArriveCommand{Ask: t.ask(), Deal: sheet.Deal.ID, Point: point})
	if err != nil {
		return nil, err
	}
	return t.tell(a, "arrive", sheet.Deal.ID)
}

func (t *talk) quiet() ([]bot.Reply, error)  { return t.noiseByWords(domain.NoiseQuiet) }
func (t *talk) normal() ([]bot.Reply, error) { return t.noiseByWords(domain.NoiseNormal) }
func (t *talk) lively() ([]bot.Reply, error) { return t.noiseByWords(domain.NoiseLively) }

// noiseByWords sets how much is said about every open deal in this chat. In a group the word alone is ordinary talk unless a
// leader says it.
func (t *talk) noiseByWords(n domain.Noise) ([]bot.Reply, error) {
	if !t.group() {
		return t.say1("noise_in_group", "noise_in_group"), nil
	}
	led, err := t.led(domain.DealOpen, domain.DealScheduled, domain.DealLocked, domain.DealFormed)()
	if err != nil {
		return nil, err
	}
	led = filter(led, t.ours)
	if len(led) == 0 {
		return nil, nil
	}
	for _, s := range led {
		if err := t.setNoise(s, n); err != nil {
			return nil, err
		}
	}
	return t.say1("noise", "noise."+string(n)), nil
}

// setNoise sets it for this group; in private for every group where the speaker leads the deal.
func (t *talk) setNoise(s domain.DealSheet, n domain.Noise) error {
	led := 0
	for _, c := range s.Chats {
		if t.group() && c.Chat != t.chat.ID || c.Leader != t.who.ID {
			continue
		}
		led++
		if err := t.h.c.Desk.SetNoise(t.ctx, s.Deal.ID, c.Chat, t.who.ID, n); err != nil {
			return err
		}
	}
	if led == 0 {
		return domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader)
	}
	return nil
}
