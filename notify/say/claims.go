package say

import (
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
)

// ClaimChoices are the leader's two answers to somebody who says that a line of a list is theirs.
func (v Voice) ClaimChoices(code string, line int64, who domain.AccountID, serial int64) []bot.Choice {
	answer := func(word string) string {
		args := []string{word, strconv.FormatInt(line, 10), string(who), strconv.FormatInt(serial, 10)}
		return Action{Verb: VerbChain, Deal: code, Args: args}.String()
	}
	return []bot.Choice{v.main("claim_yes", answer("claim")), v.press("claim_no", answer("other"))}
}

// claims asks the leader about a claim, and tells who claimed what the leader said.
func (v Voice) claims(d domain.Delivery, f NoticeFacts) bot.Reply {
	as := append(v.noticeWords(d, f), "line", d.Num["line"], "listed", v.Name(f.Listed))
	r := bot.Reply{Private: true}
	switch {
	case d.Kind == domain.NoticeClaimAsked:
		r.Text = v.words("notice.claim_asked", as...)
		r.Choices = v.ClaimChoices(f.Sheet.Deal.Code, d.Num["line"], f.From, f.Order.Serial)
	case d.Num["yes"] != 0:
		r.Text = v.words("notice.claim_told", as...)
		r.Choices = v.link("deal_page", "/o/"+f.Order.Token)
	default:
		r.Text = v.words("notice.claim_told.no", as...)
	}
	return r
}
