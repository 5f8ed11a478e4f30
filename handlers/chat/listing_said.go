package chat

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/chains"
	"tuanbot/notify/say"
)

// The bounds of what is told of a list: it must be short, however long the list is.
const (
	mostNames = 5
	mostAsked = 3
)

// listTold words what a paste came to, from the stored answer alone.
func (t *talk) listTold(a domain.Answer, sheet domain.DealSheet) ([]bot.Reply, error) {
	t.sheet = sheet
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts("chain")), nil //nolint:nilerr // the error has become the answer
	}
	if a.Chain == nil {
		return nil, nil
	}
	var d chains.Change
	if err := json.Unmarshal(a.Chain.Report, &d); err != nil {
		return nil, fmt.Errorf("what a list came to: %w", err)
	}
	r := bot.Reply{Code: "chain_read"}
	var lines []string
	add := func(key, names string, pairs ...string) {
		if names != "" {
			lines = append(lines, t.w("chain."+key, append([]string{"names", names}, pairs...)...))
		}
	}
	done := func(ws []chains.Want, from int) (ok, not []string) {
		for i, w := range ws {
			if a.Chain.Refused[from+i] != nil {
				not = append(not, t.whom(w)+t.whyNot(a.Chain.Refused[from+i]))
			} else {
				ok = append(ok, t.whom(w)+"\u00a0"+strings.ReplaceAll(t.moved(sheet, w), " ", "\u00a0"))
			}
		}
		return ok, not
	}
	added, failed := done(d.New, 0)
	changed, notChanged := done(d.Changed, len(d.New))
	add("new", t.few(added))
	add("changed", t.few(changed))
	add("noted", t.few(t.names(d.Noted)))
	add("failed", t.few(append(failed, notChanged...)))
	add("held", t.few(t.names(d.Held)))
	for _, x := range d.Clashes[:min(mostAsked, len(d.Clashes))] {
		add("clash", say.Line(x.Old, say.MaxName), "no", strconv.Itoa(x.Number), "other", say.Line(x.New, say.MaxName))
	}
	lines = append(lines, t.doubtful(sheet, d, &r)...)
	if len(d.Vanished) > 0 {
		add("vanished", t.few(t.names(d.Vanished)))
		n := strconv.Itoa(len(d.Vanished))
		r.Choices = append(r.Choices,
			bot.Choice{Label: t.w("chain.drop", "n", n), Action: listAction(sheet, "drop")},
			bot.Choice{Label: t.w("chain.keep"), Action: listAction(sheet, "keep")})
	}
	if len(lines) == 0 {
		lines = []string{t.w("chain.same", "n", strconv.Itoa(d.Same))}
	} else if len(added)+len(changed) > 0 {
		lines[0] += t.w("chain.total", "n", strconv.FormatInt(a.Live.Shares, 10), "people", strconv.FormatInt(a.Live.People, 10))
	}
	r.Text = strings.Join(lines, "\n")
	return []bot.Reply{r}, nil
}

// doubtful asks about the lines nobody can be sure of, with a button where one answer is likely.
func (t *talk) doubtful(sheet domain.DealSheet, d chains.Change, r *bot.Reply) []string {
	var lines []string
	for i, w := range d.Doubts {
		if i == mostAsked {
			lines = append(lines, t.w("chain.more_doubts", "n", strconv.Itoa(len(d.Doubts)-mostAsked)))
			break
		}
		pairs := []string{"no", strconv.Itoa(w.Number), "name", t.whom(w), "text", say.Line(w.Text, 24), "now", t.amounts(sheet, w.Before), "wants", t.amounts(sheet, w.Lines)}
		lines = append(lines, t.w("chain.doubt."+string(w.Doubt), pairs...))
		switch {
		case w.Doubt == chains.NoQty && len(sheet.Items) == 1:
			label := t.whom(w) + " " + t.v.Qty(1, sheet.Items[0].Unit)
			r.Choices = append(r.Choices, bot.Choice{Label: label, Action: listAction(sheet, "one", strconv.Itoa(w.Number))})
		case w.Doubt == chains.Differs || w.Doubt == chains.Left || w.Doubt == chains.Twice:
			r.Choices = append(r.Choices, bot.Choice{Label: t.w("chain.take", pairs...), Action: listAction(sheet, "take", strconv.Itoa(w.Number))})
		}
	}
	return lines
}

// whom is a person of a list, as they are named.
func (t *talk) whom(w chains.Want) string {
	name := say.Line(w.Name, say.MaxName)
	if w.For != "" {
		return t.w("chain.for", "name", name, "other", say.Line(w.For, say.MaxName))
	}
	return name
}

func (t *talk) names(ws []chains.Want) []string {
	var out []string
	for _, w := range ws {
		out = append(out, t.whom(w))
	}
	return out
}

// few joins some names, and says how many they are in all when they are more.
func (t *talk) few(names []string) string {
	sep := t.w("chain.sep")
	if len(names) <= mostNames {
		return strings.Join(names, sep)
	}
	return strings.Join(names[:mostNames], sep) + t.w("chain.and_more", "n", strconv.Itoa(len(names)))
}

// amounts are quantities: 2, or A2 B1 where there are several things.
func (t *talk) amounts(sheet domain.DealSheet, lines []chains.Line) string {
	var out []string
	for _, l := range lines {
		qty := strconv.FormatInt(l.Qty, 10)
		if len(sheet.Items) == 1 {
			out = append(out, qty)
		} else {
			out = append(out, l.Letter+qty)
		}
	}
	return strings.Join(out, " ")
}

// moved is what a line adds, as the echo of a join has it, or what it changes: 1→2.
func (t *talk) moved(sheet domain.DealSheet, w chains.Want) string {
	if len(w.Before) > 0 {
		return t.amounts(sheet, w.Before) + "→" + t.amounts(sheet, w.Lines)
	}
	var out []string
	for _, l := range w.Lines {
		letter := l.Letter
		if len(sheet.Items) == 1 {
			letter = ""
		}
		out = append(out, letter+"+"+strconv.FormatInt(l.Qty, 10))
	}
	return strings.Join(out, " ")
}

// whyNot says in brackets why a line was not taken.
func (t *talk) whyNot(r *domain.Refusal) string {
	switch r.Why { //nolint:exhaustive // the others need no more than "not taken"
	case domain.WhySoldOut, domain.WhyFull:
		return t.w("chain.why.full")
	case domain.WhyLimitPerson, domain.WhyLimitItem, domain.WhyLimitHousehold:
		return t.w("chain.why.limit")
	case domain.WhyNeedHousehold:
		return t.w("chain.why.home")
	}
	return ""
}

// listAction is a button below what is told of a list.
func listAction(s domain.DealSheet, args ...string) string {
	return say.Action{Verb: say.VerbChain, Deal: s.Deal.Code, Args: args}.String()
}
