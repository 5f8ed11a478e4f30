package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"time"

	api "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tuanbot/bot"
)

// parcel is one message to say.
type parcel struct {
	at    place // as Telegram knows it today
	reply bot.Reply
	edit  string // message id to replace
	quote int    // message in the same chat that it answers
}

// Send delivers one message of the outbox, or an answer that took long.
func (ch *Channel) Send(ctx context.Context, out bot.Outgoing) bot.Outcome {
	to := out.To.Chat
	if to == "" || out.Reply.Private && out.To.Person != "" {
		to = out.To.Person
	}
	at, ok := parsePlace(to)
	if !ok || isEmpty(out.Reply) {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "empty"}
	}
	moved, err := ch.chats.now(ctx, at.chat)
	if err != nil {
		ch.c.Log.WarnContext(ctx, "send", "channel", ChannelName, "err", ch.redact(err))
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	}
	at.chat = moved
	if wait, _ := ch.pace.take(at.chat); wait > 0 {
		return bot.Outcome{Sent: bot.SentRetry, Wait: wait, Reason: "pace"}
	}
	m := parcel{at: at, reply: out.Reply, edit: out.Edit}
	if m.edit == "" {
		m.edit = out.Reply.Replace
	}
	if out.Edit != "" {
		return ch.once(ctx, m)
	}
	return ch.say(ctx, m)
}

// say edits or posts. What cannot be edited any more is posted anew.
func (ch *Channel) say(ctx context.Context, m parcel) bot.Outcome {
	out := ch.once(ctx, m)
	if out.Sent == bot.SentRefused && m.edit != "" {
		m.edit = ""
		return ch.once(ctx, m)
	}
	return out
}

// once is one try; a group that has moved is followed.
func (ch *Channel) once(ctx context.Context, m parcel) bot.Outcome {
	out, moved := ch.try(ctx, m)
	if moved == 0 {
		return out
	}
	if err := ch.chats.note(ctx, m.at.chat, moved); err != nil {
		ch.c.Log.WarnContext(ctx, "send", "channel", ChannelName, "err", ch.redact(err)) // it will be told again
	}
	m.at.chat, m.edit, m.quote = moved, "", 0 // messages do not move along
	out, _ = ch.try(ctx, m)
	return out
}

func (ch *Channel) try(ctx context.Context, m parcel) (bot.Outcome, int64) {
	d := draw(ch.opened(m.reply))
	if ref, ok := parseMessageID(m.edit); ok && (ref.inline != "" || ref.chat == m.at.chat) {
		return ch.edit(ctx, ref, m, d)
	}
	if m.edit != "" { // of another chat, or of none
		return bot.Outcome{Sent: bot.SentRefused, Reason: "edit"}, 0
	}
	msg, err := ch.post(ctx, m, d)
	if err != nil && d.photo != nil && errors.Is(err, api.ErrorBadRequest) && !isAbsent(err) { // the picture may be gone: the words are not
		m.reply.Picture, m.reply.Card = nil, withoutPicture(m.reply.Card)
		if m.reply.Text == "" && m.reply.Card == nil {
			m.reply.Text = d.text
		}
		msg, err = ch.post(ctx, m, draw(ch.opened(m.reply)))
	}
	if err != nil {
		return ch.classify(err, m.at.chat, false)
	}
	return bot.Outcome{Sent: bot.SentOK, MessageID: messageID(msg.Chat.ID, msg.ID, len(msg.Photo) > 0)}, 0
}

func withoutPicture(c *bot.Card) *bot.Card {
	if c == nil {
		return nil
	}
	bare := *c
	bare.Picture = ""
	return &bare
}

func (ch *Channel) post(ctx context.Context, m parcel, d drawn) (*models.Message, error) {
	var quote *models.ReplyParameters
	if m.quote != 0 {
		quote = &models.ReplyParameters{MessageID: m.quote, AllowSendingWithoutReply: true}
	}
	if d.photo != nil {
		return ch.call.SendPhoto(ctx, &api.SendPhotoParams{
			ChatID: m.at.chat, MessageThreadID: m.at.topic, Photo: d.photo(), Caption: d.text, ReplyMarkup: d.markup, ReplyParameters: quote,
		})
	}
	return ch.call.SendMessage(ctx, &api.SendMessageParams{
		ChatID: m.at.chat, MessageThreadID: m.at.topic, Text: d.text, ReplyMarkup: d.markup, ReplyParameters: quote,
		LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: api.True()},
	})
}

// edit replaces a message. Repeating it does no harm, so an outcome that nobody knows is simply tried again.
func (ch *Channel) edit(ctx context.Context, ref msgRef, m parcel, d drawn) (bot.Outcome, int64) {
	var err error
	var chat any
	if ref.inline == "" {
		chat = ref.chat
	}
	if ref.photo {
		_, err = ch.call.EditMessageCaption(ctx, &api.EditMessageCaptionParams{
			ChatID: chat, MessageID: ref.id, InlineMessageID: ref.inline, Caption: bot.Cut(d.text, maxCaption, bot.UTF16), ReplyMarkup: d.markup,
		})
	} else {
		_, err = ch.call.EditMessageText(ctx, &api.EditMessageTextParams{
			ChatID: chat, MessageID: ref.id, InlineMessageID: ref.inline, Text: d.text, ReplyMarkup: d.markup,
			LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: api.True()},
		})
	}
	var odd *json.UnmarshalTypeError // an inline message is answered by "true", where the library wants a message
	switch {
	case err == nil, ref.inline != "" && errors.As(err, &odd):
		return bot.Outcome{Sent: bot.SentOK, MessageID: m.edit}, 0
	case errors.Is(err, api.ErrorBadRequest) && strings.Contains(err.Error(), "message is not modified"):
		return bot.Outcome{Sent: bot.SentOK, MessageID: m.edit}, 0
	}
	return ch.classify(err, m.at.chat, true)
}

// absent are Telegram's words for a chat that we cannot write to; everything else it calls bad is our fault.
var absent = []string{
	"chat not found", "user not found", "peer_id_invalid", "user is deactivated", "group chat was deactivated", "not enough rights", "have no rights",
	"chat_write_forbidden", "need administrator rights", "bot was kicked", "topic_closed", "topic_deleted", "message thread not found", "chat_restricted",
	"chat_send_plain_forbidden",
}

func isAbsent(err error) bool {
	text := strings.ToLower(err.Error())
	for _, a := range absent {
		if strings.Contains(text, a) {
			return true
		}
	}
	return false
}

// classify says what an error means for a message; moved is the id that the chat has now.
func (ch *Channel) classify(err error, chat int64, repeatable bool) (out bot.Outcome, moved int64) {
	var busy *api.TooManyRequestsError
	var gone *api.MigrateError
	switch {
	case errors.As(err, &gone):
		return bot.Outcome{Sent: bot.SentRefused, Reason: "moved"}, int64(gone.MigrateToChatID)
	case errors.As(err, &busy):
		wait := max(time.Duration(busy.RetryAfter)*time.Second, time.Second)
		ch.pace.block(chat, wait)
		return bot.Outcome{Sent: bot.SentRetry, Wait: wait, Reason: "busy"}, 0
	case errors.Is(err, api.ErrorForbidden):
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "blocked"}, 0
	case errors.Is(err, api.ErrorBadRequest) && isAbsent(err):
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_chat"}, 0
	}
	ch.c.Log.Warn("telegram", "err", ch.redact(err))
	switch {
	case errors.Is(err, api.ErrorBadRequest):
		return bot.Outcome{Sent: bot.SentRefused, Reason: "bad_request"}, 0
	case errors.Is(err, api.ErrorUnauthorized), errors.Is(err, api.ErrorNotFound):
		return bot.Outcome{Sent: bot.SentRetry, Wait: 5 * time.Minute, Reason: "token"}, 0
	case errors.Is(err, api.ErrorConflict), repeatable, notSent(err):
		return bot.Outcome{Sent: bot.SentRetry, Reason: "network"}, 0
	}
	return bot.Outcome{Sent: bot.SentUnknown, Reason: "network"}, 0
}

// notSent: no connection came about, or Telegram itself said in its own form that it failed.
func notSent(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" || strings.HasPrefix(err.Error(), "error response from telegram for method")
}

// toast is the short answer to a pressed button.
type toast struct {
	text string
	url  string // of the bot's own talk; opens it
}

// toast ends a pressed button's wheel. That the press is too old for an answer is no trouble.
func (ch *Channel) toast(ctx context.Context, id string, t toast) {
	p := &api.AnswerCallbackQueryParams{CallbackQueryID: id, Text: bot.Cut(clean(t.text), maxToast, bot.UTF16), URL: t.url}
	if p.URL != "" {
		p.Text = ""
	}
	_, err := ch.call.AnswerCallbackQuery(ctx, p)
	if err != nil && !strings.Contains(err.Error(), "query is too old") {
		ch.c.Log.WarnContext(ctx, "answer a press", "channel", ChannelName, "err", ch.redact(err))
	}
}
