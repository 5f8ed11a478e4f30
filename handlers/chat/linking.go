package chat

import (
	"regexp"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers"
)

// linkCode is a code as it is typed, folded.
var linkCode = regexp.MustCompile(`^\d{6}[a-z]$`)

// linkByWords gives a code, or takes one that was given on another channel. Both are for the private talk alone: who reads a code
// could use it. One that was typed among people is good for nothing any more.
func (t *talk) linkByWords() ([]bot.Reply, error) {
	code := handlers.CleanLinkCode(t.said.rest)
	switch {
	case t.group() && code == "" && !t.up.Spoken:
		return nil, nil
	case t.group():
		if code != "" {
			if err := t.h.c.Desk.VoidLinkCode(t.ctx, code); err != nil {
				return nil, err
			}
		}
		r := bot.Reply{Text: t.w("link.in_group"), Code: "link_in_group", Private: true}
		return []bot.Reply{r}, nil
	case code == "":
		return t.newLinkCode()
	}
	a, err := t.h.c.Desk.Link(t.ctx, handlers.LinkCommand{Ask: t.unsaid(), Code: code, Channel: t.up.Channel, External: t.up.Person.ID})
	if err != nil {
		return nil, err
	}
	return t.linkSaid(a), nil
}

// unsaid is what every command carries, but for what was typed: codes are not written down.
func (t *talk) unsaid() domain.Asked {
	ask := t.ask()
	ask.Source = ""
	return ask
}

func (t *talk) newLinkCode() ([]bot.Reply, error) {
	code, a, err := t.h.c.Desk.LinkCode(t.ctx, handlers.LinkCodeCommand{Ask: t.unsaid(), Channel: t.up.Channel, External: t.up.Person.ID})
	if err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts("link_code")), nil //nolint:nilerr // the error has become the answer
	}
	return []bot.Reply{{Text: t.w("link.code", "code", code), Code: "link_code"}}, nil
}

// unlinkByWords takes the identity that speaks out of the person's account.
func (t *talk) unlinkByWords() ([]bot.Reply, error) {
	if t.group() && !t.up.Spoken {
		return nil, nil
	}
	return t.unlink("")
}

func (t *talk) unlink(from domain.AccountID) ([]bot.Reply, error) {
	a, err := t.h.c.Desk.Unlink(t.ctx, handlers.UnlinkCommand{Ask: t.unsaid(), Channel: t.up.Channel, External: t.up.Person.ID, From: from})
	if err != nil {
		return nil, err
	}
	return t.linkSaid(a), nil
}

// linkSaid words what became of linking and unlinking; in a group only the person hears it.
func (t *talk) linkSaid(a domain.Answer) []bot.Reply {
	if a.Refusal != nil {
		replies := t.refuseWith(a.Refusal, t.facts("link"))
		replies[0].Private = t.group()
		return replies
	}
	key := "link.done"
	switch {
	case a.Did == domain.DidUnlink && a.Reason != "":
		key = "unlink.rejected"
	case a.Did == domain.DidUnlink && a.Count > 0:
		key = "unlink.orders"
	case a.Did == domain.DidUnlink:
		key = "unlink.done"
	}
	r := bot.Reply{Text: t.w(key, "who", t.v.Name(a.Reason), "n", number(a.Count)), Code: string(a.Did), Private: t.group()}
	if a.Did == domain.DidLink {
		r.Choices = []bot.Choice{t.ordersButton()}
	}
	return []bot.Reply{r}
}

// againLinked words a repeat of those commands that say's answers know nothing of.
func (t *talk) againLinked(e domain.Event) (replies []bot.Reply, done bool, err error) {
	switch {
	case e.Kind == "link_code" && e.Answer.Refusal == nil:
		replies, err = t.newLinkCode()
	case e.Kind == "link", e.Kind == "unlink":
		replies = t.linkSaid(e.Answer)
	case e.Kind == "share" && e.Answer.Refusal == nil && (!t.group() || t.up.Kind == bot.KindAction):
		if err = t.load(e.Deal); err == nil {
			replies, err = t.sharedNow(t.sheet)
		}
	default:
		return nil, false, nil
	}
	return replies, true, err
}
