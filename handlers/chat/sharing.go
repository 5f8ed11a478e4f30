package chat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (t *talk) ordersButton() bot.Choice {
	return bot.Choice{Label: t.w("link.orders"), Action: say.Plain(say.VerbOrders)}
}

// progress says how far a deal is. Its leader hears in private also how many came by which chat.
func (t *talk) progress(s domain.DealSheet) ([]bot.Reply, error) {
	r := t.v.Progress(s)
	if t.group() || len(s.Chats) < 2 || !isLeader(s, t.who) {
		return []bot.Reply{r}, nil
	}
	counts, err := t.h.c.Desk.ChatShares(t.ctx, s.Deal.ID)
	if err != nil {
		return nil, fmt.Errorf("shares of chats: %w", busy(err))
	}
	titles := map[domain.ChatID]string{}
	for _, c := range s.Chats {
		chat, err := t.h.c.Desk.Chat(t.ctx, c.Chat)
		if err != nil {
			return nil, fmt.Errorf("chat: %w", busy(err))
		}
		if titles[c.Chat] = chat.Title; !chat.GoneAt.IsZero() {
			titles[c.Chat] = t.w("share.gone", "title", chat.Title)
		}
	}
	r.Text += "\n" + t.v.Shares(s, counts, titles)
	return []bot.Reply{r}, nil
}

// shareTo posts a deal to more chats at once: those that are named, or asks which.
func (t *talk) shareTo() ([]bot.Reply, error) {
	if t.group() && !t.up.Spoken {
		return nil, nil
	}
	code, named := t.said.code, t.said.rest
	if first, rest, _ := strings.Cut(named, " "); code == "" && onlyCode.MatchString(first) && strings.ToUpper(first) == first {
		code, named = strings.TrimPrefix(first, "#"), rest
	}
	sheet, replies, err := t.find(seek{
		code: code, sure: code != "", pool: t.led(domain.DealOpen, domain.DealScheduled), none: t.notLeading,
		act: func(code string) string { return say.Do(say.VerbShareTo, code) },
	})
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	if err := t.hosted(); err != nil {
		return nil, err
	}
	chats, err := t.chatsLeft(sheet)
	if err != nil {
		return nil, err
	}
	if meant := titled(chats, named); len(meant) > 0 {
		return t.shareWith(sheet, meant)
	}
	return t.sharedNow(sheet)
}

// titled are the chats whose titles a text names.
func titled(chats []domain.Chat, text string) []domain.Chat {
	text = words.Fold(text)
	var out []domain.Chat
	for _, c := range chats {
		if name := words.Fold(c.Title); name != "" && strings.Contains(text, name) {
			out = append(out, c)
		}
	}
	return out
}

// chatsLeft are the groups that the speaker leads where the deal is not yet, and where we can speak.
func (t *talk) chatsLeft(s domain.DealSheet) ([]domain.Chat, error) {
	all, err := t.h.c.Desk.ChatsIn(t.ctx, t.community.ID)
	if err != nil {
		return nil, fmt.Errorf("chats: %w", busy(err))
	}
	var out []domain.Chat
	for _, c := range all {
		there := slices.ContainsFunc(s.Chats, func(dc domain.DealChat) bool { return dc.Chat == c.ID })
		if !c.Group || there || !c.GoneAt.IsZero() {
			continue
		}
		can, err := t.h.c.Desk.Can(t.ctx, t.who.ID, domain.RoleLeader, string(c.ID))
		if err != nil {
			return nil, err
		}
		if can {
			out = append(out, c)
		}
	}
	return out, nil
}

// sharedNow says where the deal is and offers the chats that are left. It depends on nothing but how things stand, so that a
// repeat reads the same.
func (t *talk) sharedNow(s domain.DealSheet) ([]bot.Reply, error) {
	if !isLeader(s, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), s), nil
	}
	left, err := t.chatsLeft(s)
	if err != nil {
		return nil, err
	}
	var there []string
	for _, c := range s.Chats {
		chat, err := t.h.c.Desk.Chat(t.ctx, c.Chat)
		if err != nil {
			return nil, fmt.Errorf("chat: %w", busy(err))
		}
		if chat.GoneAt.IsZero() {
			there = append(there, say.Line(chat.Title, say.MaxName))
		}
	}
	key := "share.where"
	if len(left) == 0 {
		key = "share.all_there"
	}
	r := bot.Reply{Text: t.w(key, "title", say.Line(s.Deal.Terms.Title, 20), "chats", strings.Join(there, t.w("share.and"))), Code: "shared", Private: t.group()}
	for _, c := range left[:min(8, len(left))] {
		r.Choices = append(r.Choices, bot.Choice{Label: say.Line(c.Title, say.MaxName), Action: say.Action{Verb: say.VerbShareTo, Deal: s.Deal.Code, Args: []string{string(c.ID)}}.String()})
	}
	if len(left) > 1 {
		r.Choices = append(r.Choices, bot.Choice{Label: t.w("post.all_chats"), Action: say.Action{Verb: say.VerbShareTo, Deal: s.Deal.Code, Args: []string{"all"}}.String()})
	}
	return t.replacing([]bot.Reply{r}), nil
}

// pressShareTo is a chosen chat, all of them, or the question which.
func pressShareTo(t *talk, s domain.DealSheet, a say.Action) ([]bot.Reply, error) {
	left, err := t.chatsLeft(s)
	if err != nil {
		return nil, err
	}
	want := first(a)
	meant := left
	if want != "all" {
		meant = nil
		for _, c := range left {
			if string(c.ID) == want {
				meant = append(meant, c)
			}
		}
	}
	return t.shareWith(s, meant)
}

// shareWith posts a deal to some chats; each has a card, a leader and a key of its own. What the rules refuse ends it.
func (t *talk) shareWith(s domain.DealSheet, chats []domain.Chat) ([]bot.Reply, error) {
	for i, c := range chats {
		t.index = int64(i)
		a, err := t.h.c.Desk.Share(t.ctx, domain.ShareCommand{Ask: t.ask(), Deal: s.Deal.ID, Chat: c.ID, Leader: t.who.ID})
		if err != nil {
			return nil, err
		}
		if a.Refusal != nil {
			return t.refuseWith(a.Refusal, t.facts("share")), nil //nolint:nilerr // the error has become the answer
		}
	}
	t.index = 0
	t.sheet = domain.DealSheet{}
	if err := t.load(s.Deal.ID); err != nil {
		return nil, err
	}
	return t.sharedNow(t.sheet)
}
