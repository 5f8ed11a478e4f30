package say

import (
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
)

// linked tells somebody that another identity was tied to their account, with the way out.
func (v Voice) linked(d domain.Delivery, f NoticeFacts) bot.Reply {
	if d.Num["union"] != 0 { // a platform said so: wherever it is pressed, that identity is parted from the other
		return bot.Reply{Text: v.words("notice.recognised"), Choices: []bot.Choice{v.press("apart", Plain(VerbUnlink))}, Private: true}
	}
	text := v.words("notice.linked", "who", v.Name(f.Name))
	return bot.Reply{Text: text, Choices: []bot.Choice{v.press("not_me", Plain(VerbUnlink, string(f.From)))}, Private: true}
}

// chatGone tells a leader that the card of a chat is dead, and shoppers that their order is not.
func (v Voice) chatGone(d domain.Delivery, f NoticeFacts) bot.Reply {
	chats := make([]string, 0, len(f.Gone))
	for _, title := range f.Gone {
		chats = append(chats, Line(title, 20))
	}
	as := append(v.noticeWords(d, f), "chats", strings.Join(chats, v.words("and")))
	if d.Num["what"] == domain.GoneForLeader {
		return bot.Reply{Text: v.words("notice.chat_gone.leader", as...), Choices: []bot.Choice{v.press("share_to", Do(VerbShareTo, f.Sheet.Deal.Code))}, Private: true}
	}
	cs := v.link("deal_page", "/o/"+f.Order.Token)
	return bot.Reply{Text: v.words("notice.chat_gone", as...), Choices: cs, Private: true}
}

// Shares says how many came by which chat of a deal, for its leader: 业主群 3 份 · 三号楼 2 份.
func (v Voice) Shares(s domain.DealSheet, counts []domain.ChatShare, titles map[domain.ChatID]string) string {
	unit, parts := unitOf(s.Items), []string(nil)
	said := map[domain.ChatID]bool{}
	put := func(chat domain.ChatID, shares int64) {
		if said[chat] || titles[chat] == "" {
			return
		}
		said[chat] = true
		parts = append(parts, Line(titles[chat], 20)+" "+v.Qty(shares, unit))
	}
	var elsewhere int64
	for _, c := range counts {
		put(c.Chat, c.Shares)
		if titles[c.Chat] == "" {
			elsewhere += c.Shares
		}
	}
	for _, c := range s.Chats {
		put(c.Chat, 0)
	}
	if elsewhere > 0 {
		parts = append(parts, v.words("shares.elsewhere", "n", v.Qty(elsewhere, unit)))
	}
	return v.words("shares.by_chat", "list", strings.Join(parts, " · "))
}
