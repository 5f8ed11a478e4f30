package chat

import (
	"fmt"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers"
)

func (t *talk) channels() []bot.Channel {
	if t.h.c.Channels == nil {
		return nil
	}
	return t.h.c.Channels()
}

// codes are a deal's own code and, for its leader alone, the ways by which people of other platforms come in.
func (t *talk) codes(s domain.DealSheet) ([]bot.Reply, error) {
	out := []bot.Reply{t.v.QR(s)}
	if t.group() || !isLeader(s, t.who) {
		return out, nil
	}
	for _, ch := range t.channels() {
		guide, ok := ch.(bot.Guide)
		if !ok {
			continue
		}
		groups, err := t.groupsOn(s, ch.Name())
		if err != nil {
			return nil, err
		}
		for _, w := range guide.Ways(t.ctx, bot.WaysAsk{Payload: "deal " + s.Deal.Code, Groups: groups, Lang: string(t.who.Lang)}) {
			out = append(out, t.way(w))
		}
	}
	return out, nil
}

func (t *talk) way(w bot.Way) bot.Reply {
	text := w.Label
	if w.Came > 0 {
		text = t.w("share.came", "way", text, "n", number(int64(w.Came)))
	}
	return bot.Reply{Text: text, Picture: &bot.Picture{QR: w.QR, URL: w.Picture, Alt: t.w("share.way")}, Code: "way"}
}

// groupsOn are the ids of a deal's groups on a channel.
func (t *talk) groupsOn(s domain.DealSheet, channel string) ([]string, error) {
	var ids []string
	for _, c := range s.Chats {
		chat, err := t.h.c.Desk.Chat(t.ctx, c.Chat)
		if err != nil {
			return nil, fmt.Errorf("chat: %w", busy(err))
		}
		if chat.Group && chat.Channel == channel && chat.GoneAt.IsZero() {
			ids = append(ids, chat.External)
		}
	}
	return ids, nil
}

// hosted makes known the groups that the speaker owns where nobody hears us: a deal can be posted there all the same.
func (t *talk) hosted() error {
	var identities []domain.Identity
	for _, ch := range t.channels() {
		host, ok := ch.(bot.Host)
		if !ok {
			continue
		}
		if identities == nil {
			var err error
			if identities, err = t.h.c.Desk.IdentitiesOf(t.ctx, t.who.ID); err != nil {
				return fmt.Errorf("who owns groups: %w", busy(err))
			}
		}
		for _, id := range identities {
			if id.Channel != ch.Name() {
				continue
			}
			if err := t.meet(host, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// meet remembers the groups that somebody owns on a channel.
func (t *talk) meet(host bot.Host, id domain.Identity) error {
	owned, err := host.Owned(t.ctx, id.External)
	if err != nil {
		return fmt.Errorf("whose groups: %w", busy(err))
	}
	for _, ref := range owned {
		_, err := t.h.c.Desk.ChatFor(t.ctx, handlers.ChatCommand{
			Community: t.community.ID, Channel: id.Channel, External: ref.ID, Group: true, Title: ref.Title,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
