package chat

import (
	"fmt"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

func pressExtend(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	hours := a.Number(0)
	if hours < 1 || hours > 1000 {
		return t.askExtension(s), nil
	}
	return t.extendTo(s, s.Deal.Terms.DeadlineAt.Add(time.Duration(hours)*time.Hour))
}

func pressCheckOff(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	return t.checkOff(domain.CheckOffCommand{Ask: t.ask(), Deal: s.Deal.ID, Serial: a.Number(0), Confirmed: true})
}

func pressProblem(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	last, err := t.lastSummary(s)
	if err != nil {
		return nil, err
	}
	if !t.who.Is(last.Merchant) && !isLeader(s, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed), s), nil
	}
	return t.askProblem(s, a.Number(0))
}

func pressRevoke(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	all, err := t.h.c.Desk.SummariesOf(t.ctx, s.Deal.ID)
	if err != nil {
		return nil, fmt.Errorf("summaries: %w", busy(err))
	}
	for _, r := range all {
		if r.Number != a.Number(0) {
			continue
		}
		answer, err := t.h.c.Desk.AnswerSummary(t.ctx, domain.AnswerSummaryCommand{Ask: t.ask(), Deal: s.Deal.ID, Token: r.Token, Revoke: true})
		if err != nil {
			return nil, err
		}
		return t.tell(answer, "answer_summary", s.Deal.ID)
	}
	return t.broken()
}

func pressNoise(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	n := domain.Noise(first(a))
	if n != domain.NoiseQuiet && n != domain.NoiseNormal && n != domain.NoiseLively {
		return t.broken()
	}
	if err := t.setNoise(s, n); err != nil {
		return nil, err
	}
	return t.say1("noise", "noise."+string(n)), nil
}

func pressPick(t *talk, a say.Action) ([]bot.Reply, error) {
	return t.pressPost(func() ([]bot.Reply, error) { return t.pickInPost(max(1, a.Number(0))) })
}

func pressNo(t *talk, _ say.Action) ([]bot.Reply, error) {
	if t.memory.Step != "" {
		t.memory.end()
	}
	return t.replacing(t.say1("kept", "kept")), nil
}

// pressSure is the second yes to what cannot be undone.
func pressSure(t *talk, a say.Action) ([]bot.Reply, error) {
	what := first(a)
	if what == "forget" {
		return t.forgetNow()
	}
	if len(a.Args) < 2 {
		return t.broken()
	}
	on := say.Action{Verb: a.Verb, Deal: a.Args[1], Args: a.Args[2:]}
	return onDeal(func(t *talk, s domain.DealSheet, on say.Action) ([]bot.Reply, error) {
		switch what {
		case "cancel":
			return t.cancelNow(s)
		case "complete":
			return t.completeNow(s, on.Number(0))
		case "close":
			return t.closeNow(s)
		}
		return t.broken()
	})(t, on)
}
