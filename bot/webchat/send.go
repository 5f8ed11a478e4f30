package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"tuanbot/bot"
	"tuanbot/domain"
)

// posts turns the answers to a message into rows. Their ids follow from the message, so handling it again adds nothing.
func (c *Chat) posts(m MessageRow, kind bot.ChatKind, replies []bot.Reply) ([]PostRow, error) {
	rows := make([]PostRow, 0, len(replies))
	for i, r := range replies {
		if isEmpty(r) {
			continue
		}
		room := m.Room
		if r.Private && kind == bot.ChatGroup {
			room = privateRoom(m.Author)
		}
		row, err := postRow(derive("r", m.ID, strconv.Itoa(i)), room, "", r)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func isEmpty(r bot.Reply) bool {
	return r.Text == "" && r.Card == nil && r.Picture == nil && len(r.Choices) == 0
}

func postRow(id, room, edit string, r bot.Reply) (PostRow, error) {
	row := PostRow{ID: id, Room: room, Edit: edit, Living: r.Living != ""}
	if row.Edit == "" {
		row.Edit = r.Replace
	}
	if row.Living {
		row.ID = livingID(room, r.Living)
		row.Edit = row.ID
	}
	if r.Card != nil {
		row.Version = r.Card.Version
	}
	r.Living, r.Replace, r.Private, r.Facts = "", "", false, nil
	if utf8.RuneCountInString(r.Text) > maxText {
		r.Text = string([]rune(r.Text)[:maxText-1]) + "…"
	}
	body, err := json.Marshal(r)
	if err != nil {
		return PostRow{}, fmt.Errorf("encode a reply: %w", err)
	}
	row.Body = string(body)
	return row, nil
}

// Send says something for the bot in a room or in a person's private talk; a repeat with the same key is shown once.
func (c *Chat) Send(ctx context.Context, out bot.Outgoing) bot.Outcome {
	if isEmpty(out.Reply) || (out.To.Chat == "" && out.To.Person == "") || out.Key == "" {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "empty"}
	}
	room := out.To.Chat
	if room == "" || (out.Reply.Private && out.To.Person != "") {
		p, found, err := c.Store.WebPerson(ctx, out.To.Person)
		if err != nil {
			return c.later(err)
		}
		if !found || p.GoneAt != 0 {
			return bot.Outcome{Sent: bot.SentUnreachable, Reason: "gone"}
		}
		room = privateRoom(p.ID)
	}
	row, err := postRow(derive("s", room, out.Key), room, out.Edit, out.Reply)
	if err != nil {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "encode"}
	}
	ids, err := c.Store.PutWebPosts(ctx, []PostRow{row}, c.now())
	if errors.Is(err, domain.ErrNotFound) {
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_room"}
	}
	if err != nil {
		return c.later(err)
	}
	c.wakeRoom(ctx, room)
	return bot.Outcome{Sent: bot.SentOK, MessageID: ids[0]}
}

// later asks for another try: keys make that safe even when the first one arrived.
func (c *Chat) later(err error) bot.Outcome {
	c.Log.Warn("a message could not be stored", "channel", ChannelName, "err", err)
	return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
}
