package chat

import (
	"fmt"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

func (t *talk) chinese() ([]bot.Reply, error) { return t.speak(domain.Chinese) }
func (t *talk) english() ([]bot.Reply, error) { return t.speak(domain.English) }

func (t *talk) speak(lang domain.Lang) ([]bot.Reply, error) {
	if t.group() && !t.up.Spoken {
		return nil, nil // a word of ordinary talk; the language is one's own affair
	}
	if err := t.h.c.Desk.SetLang(t.ctx, t.who.ID, lang); err != nil {
		return nil, err
	}
	t.v.Lang = lang
	return t.say1("language", "language.set"), nil
}

func (t *talk) language() ([]bot.Reply, error) {
	r := bot.Reply{Text: t.w("language.ask"), Code: "language_ask", Private: t.group()}
	return []bot.Reply{r}, nil
}

// forgetMe asks once more.
func (t *talk) forgetMe() ([]bot.Reply, error) {
	r := t.v.Sure("forget", say.Plain(say.VerbConfirm, "forget"), domain.DealSheet{})
	r.Private = t.group()
	return []bot.Reply{r}, nil
}

func (t *talk) forgetNow() ([]bot.Reply, error) {
	err := t.h.c.Desk.Erase(t.ctx, t.who.ID)
	if r := domain.AsRefusal(err); r != nil {
		switch r.Params["field"] {
		case "open_orders":
			return t.say1("forget_later", "forget_later", "no", r.Params["serial"]), nil
		case "open_deals":
			return t.say1("forget_leads", "forget_leads", "code", r.Params["code"]), nil
		}
	}
	if err != nil {
		return nil, err
	}
	t.memory, t.recalled = memory{}, false // nothing is written any more
	return []bot.Reply{t.v.Forgotten()}, nil
}

// help prints the table for who asks. In a group it is one line; the rest goes to the person alone. What leaders can say
// besides is a list of its own, so that nobody reads forty lines to find one.
func (t *talk) help() ([]bot.Reply, error) {
	has, err := t.audiences()
	if err != nil {
		return nil, err
	}
	full := t.v.Help(t.w("help.title"), t.helpLines(func(c command) bool {
		return has[c.for_] && (c.for_ != leaders || c.name == "helplead") && (c.for_ != verifiers || !has[leaders])
	}))
	if has[leaders] {
		full.Choices = []bot.Choice{{Label: t.w("help.lead"), Action: say.Plain(say.VerbHelpLead)}}
	}
	return t.helped(full), nil
}

// helpLeading prints what leaders and those who hand out can say.
func (t *talk) helpLeading() ([]bot.Reply, error) {
	has, err := t.audiences()
	if err != nil {
		return nil, err
	}
	if !has[leaders] {
		return t.help()
	}
	return t.helped(t.v.Help(t.w("help.title_lead"), t.helpLines(func(c command) bool {
		return (c.for_ == leaders || c.for_ == verifiers) && c.name != "helplead"
	}))), nil
}

func (t *talk) helped(full bot.Reply) []bot.Reply {
	if !t.group() {
		return []bot.Reply{full}
	}
	full.Private = true
	return append(t.say1("help", "help.group"), full)
}

func (t *talk) helpLines(fits func(command) bool) []say.HelpLine {
	var lines []say.HelpLine
	for _, c := range t.h.commands {
		row := c.zhHelp
		if t.v.English() {
			row = c.enHelp
		}
		if row.words != "" && fits(c) {
			lines = append(lines, say.HelpLine{Words: row.words, Means: row.means})
		}
	}
	return lines
}

// audiences are those that the speaker belongs to.
func (t *talk) audiences() (map[audience]bool, error) {
	roles, err := t.h.c.Desk.RolesOf(t.ctx, t.who.ID)
	if err != nil {
		return nil, fmt.Errorf("roles: %w", busy(err))
	}
	has := map[audience]bool{everybody: true}
	for _, r := range roles {
		switch r.Name {
		case domain.RoleLeader:
			has[leaders], has[verifiers] = true, true
		case domain.RoleMerchant:
			has[merchants] = true
		case domain.RoleVerifier:
			has[verifiers] = true
		case domain.RoleOperator:
			has[leaders], has[verifiers], has[merchants] = true, true, true
		}
	}
	return has, nil
}

// privately sends replies to the person's private talk.
func privately(replies []bot.Reply) []bot.Reply {
	for i := range replies {
		replies[i].Private = true
	}
	return replies
}
