package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// route hands an update on: buttons by their verb, words by the table, the rest to the dialogue that is under way.
func (t *talk) route() ([]bot.Reply, error) {
	hot := t.said.command != nil && t.said.command.name == "join" && t.group() && (t.said.wish.Plus || t.said.wish.Led)
	if !hot || t.up.Kind != bot.KindText {
		if err := t.recall(); err != nil {
			return nil, err
		}
		if t.memory.Key != "" && t.memory.Key == t.up.Key {
			return t.memory.Said, nil
		}
	}
	switch t.up.Kind {
	case bot.KindAction, bot.KindOpen:
		return t.press(t.up.Action)
	case bot.KindFollow:
		return t.welcome()
	case bot.KindText, bot.KindPicture, bot.KindOther, bot.KindUnfollow, bot.KindGone:
	}
	if forwarded, err := t.forwardedAdvert(); err != nil || forwarded {
		if err != nil {
			return nil, err
		}
		t.said.rest = t.text
		return t.post()
	}
	if replies, done, err := t.dialogue(); err != nil || done {
		return replies, err
	}
	if t.said.command == nil && t.said.guess && !asksFact(t.text) {
		if replies, done, err := t.guessOrder(); err != nil || done {
			return replies, err
		}
	}
	if asks, err := t.onlyAsks(); err != nil {
		return nil, err
	} else if !asks && t.said.command != nil {
		return t.said.command.run(t)
	}
	if replies, done, err := t.asked(); err != nil || done {
		return replies, err
	}
	return t.lost(), nil
}

// lost: in a group ordinary talk gets no answer at all; in private one line with an example.
func (t *talk) lost() []bot.Reply {
	if t.silent() || t.text == "" && t.up.Kind != bot.KindPicture {
		return nil
	}
	if t.text == "" {
		return t.say1("picture_lost", "picture_lost")
	}
	example := ""
	if c := t.said.near; c != nil {
		example = c.zhHelp.words
		if t.v.English() {
			example = c.enHelp.words
		}
	}
	if meant, line := almost(t); line != "" && t.said.near == nil {
		return []bot.Reply{t.v.NotUnderstoodMeant(t.text, meant, line)}
	}
	return []bot.Reply{t.v.NotUnderstood(t.text, example)}
}

// almost guesses what a few words with a letter were to mean: "A 来点" → A 2.
func almost(t *talk) (meant, example string) {
	named := t.said.wish.Named
	strange := func(word string) bool {
		return strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
	}
	if len(named) != 1 || slices.ContainsFunc(t.said.wish.Rest, strange) {
		return "", ""
	}
	letter := named[0]
	return t.w("meant.two", "letter", letter), letter + " 2"
}

// press does what a button or a link stands for.
func (t *talk) press(action string) ([]bot.Reply, error) {
	a, ok := say.ParseAction(action)
	do := t.h.actions[a.Verb]
	if !ok || do == nil {
		return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), domain.DealSheet{}), nil
	}
	return do(t, a)
}

// again words a stored answer once more, from the event alone and how things are named now.
func (t *talk) again(e domain.Event) ([]bot.Reply, error) {
	if e.Kind == "start_payment" && e.Answer.Did == domain.DidStartPayment {
		return t.startPayment(e.Deal, "") // the cashier's address is asked for again; the payment is the same
	}
	if e.Kind == "post" && e.Answer.Refusal == nil {
		return t.postedAs(e.Answer)
	}
	if e.Kind == "chain" {
		if err := t.load(e.Deal); err != nil {
			return nil, err
		}
		return t.listTold(e.Answer, t.sheet)
	}
	if e.Kind == domain.EventClaim || e.Kind == domain.EventClaimAnswer {
		return t.claimSaid(e.Kind, e.Answer)
	}
	if e.Kind == "home" {
		return t.homePut(e.Answer, e.Deal)
	}
	if e.Kind == "check_off" {
		return t.checkedOff(e.Answer)
	}
	if replies, done, err := t.againLinked(e); err != nil || done {
		return replies, err
	}
	return t.tell(e.Answer, e.Kind, e.Deal)
}

// tell words an answer with the facts of its deal.
func (t *talk) tell(a domain.Answer, kind string, deal domain.DealID) ([]bot.Reply, error) {
	if a.Deal != "" {
		deal = a.Deal
	}
	if err := t.load(deal); err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts(kind)), nil //nolint:nilerr // the error has become the answer
	}
	if kind == "remind" {
		return t.reminded(a), nil
	}
	f := t.facts(kind)
	if err := t.nameOwner(a, &f); err != nil {
		return nil, err
	}
	if err := t.about(a.Code); err != nil {
		return nil, err
	}
	return t.v.Answer(a, f), nil
}

// load makes t.sheet the deal, if it is not already.
func (t *talk) load(deal domain.DealID) error {
	if deal == "" || t.sheet.Deal.ID == deal {
		return nil
	}
	s, err := t.h.c.Desk.Deal(t.ctx, deal)
	if err != nil {
		return fmt.Errorf("read the deal: %w", busy(err))
	}
	t.sheet = s
	return nil
}

// facts are what words may need beside an answer.
func (t *talk) facts(kind string) say.Facts {
	return say.Facts{Group: t.group(), Kind: kind, Name: t.who.Name, Leader: isLeader(t.sheet, t.who), Sheet: t.sheet, Note: t.note}
}

// nameOwner says whose order it is when somebody acts for another.
func (t *talk) nameOwner(a domain.Answer, f *say.Facts) error {
	if a.Shopper == "" || t.who.Is(a.Shopper) {
		return nil
	}
	owner, err := t.h.c.Desk.Account(t.ctx, a.Shopper)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return fmt.Errorf("whose order: %w", busy(err))
	}
	f.Person = owner.Name
	return nil
}

// refuse words a refusal that has no command behind it.
func (t *talk) refuse(r *domain.Refusal, s domain.DealSheet) []bot.Reply {
	if s.Deal.ID != "" {
		t.sheet = s
	}
	return t.refuseWith(r, t.facts(""))
}

// private are refusals that speak of money, addresses or somebody else's order.
var private = map[domain.Why]bool{
	domain.WhyNeedHousehold: true, domain.WhyLimitHousehold: true, domain.WhyAlreadyPaid: true, domain.WhyNothingToPay: true, domain.WhyNotFormed: false,
	domain.WhyNotYours: true, domain.WhyWrongCode: true, domain.WhyNeedCode: true, domain.WhySlowDown: true,
}

func (t *talk) refuseWith(r *domain.Refusal, f say.Facts) []bot.Reply {
	switch r.Why { //nolint:exhaustive // only these offer other deals
	case domain.WhyClosed, domain.WhyCancelled, domain.WhyNotFound, domain.WhyDecided:
		f.Others = t.others()
	}
	said := t.v.Refusal(r, f)
	said.Private = t.group() && private[r.Why]
	return []bot.Reply{said}
}

// others are deals that somebody could join instead.
func (t *talk) others() []domain.DealSheet {
	all, err := t.h.c.Desk.OpenDeals(t.ctx, t.community.ID, 8)
	if err != nil {
		t.h.c.Log.DebugContext(t.ctx, "other deals", "err", err)
		return nil // a refusal without an offer is still a refusal
	}
	var out []domain.DealSheet
	for _, s := range all {
		if s.Deal.ID != t.sheet.Deal.ID && s.Deal.State == domain.DealOpen && t.v.Now.Before(s.Deal.Terms.DeadlineAt) && len(out) < 3 {
			out = append(out, s)
		}
	}
	return out
}
