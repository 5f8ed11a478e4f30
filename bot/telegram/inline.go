package telegram

import (
	"context"

	api "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tuanbot/bot"
)

const (
	maxResults = 20 // of 50 that Telegram would take
	inlineFor  = 10 // seconds that Telegram may keep the answer
)

// Share is a deal as somebody can send it into any chat by typing "@bot grapes".
type Share struct {
	ID      string // the deal's code
	Title   string
	Detail  string       // one line below the title
	Reply   bot.Reply    // what is sent: text or a card
	Choices []bot.Choice // further links; a button to the deal is always there
}

// Sharer finds deals that may be shared.
type Sharer interface {
	// OpenDeals finds open deals by words, all of them for "", in "zh", "en" or "" (unknown).
	OpenDeals(ctx context.Context, query, lang string) ([]Share, error)
}

// answerInline offers open deals to share. Whatever goes wrong, the person gets an answer, an empty one if need be: nothing
// is lost by it, so Telegram need not ask again.
func (ch *Channel) answerInline(ctx context.Context, q inlineQuery) {
	var shares []Share
	lang := person(q.From).Lang
	if ch.c.Sharer != nil && !q.From.IsBot {
		var err error
		if shares, err = ch.c.Sharer.OpenDeals(ctx, bot.Cut(clean(q.Query), 64, bot.Runes), lang); err != nil {
			ch.c.Log.WarnContext(ctx, "deals to share", "channel", ChannelName, "err", ch.redact(err))
		}
		if err := ch.me(ctx); err != nil {
			ch.c.Log.WarnContext(ctx, "deals to share", "channel", ChannelName, "err", ch.redact(err))
		}
	}
	results := []models.InlineQueryResult{}
	for _, s := range shares[:min(len(shares), maxResults)] {
		if r := ch.article(s, lang); r != nil {
			results = append(results, r)
		}
	}
	_, err := ch.call.AnswerInlineQuery(ctx, &api.AnswerInlineQueryParams{InlineQueryID: q.ID, Results: results, CacheTime: inlineFor, IsPersonal: true})
	if err != nil {
		ch.c.Log.WarnContext(ctx, "answer an inline query", "channel", ChannelName, "err", ch.redact(err))
	}
}

// article is a deal in the list that Telegram shows; its only buttons are links, since presses from a chat that we are not
// in could not be answered there.
func (ch *Channel) article(s Share, lang string) *models.InlineQueryResultArticle {
	text := bot.Cut(clean(bot.Plain(bot.Reply{Text: s.Reply.Text, Card: s.Reply.Card})), maxText, bot.UTF16)
	if s.ID == "" || len(s.ID) > 64 || s.Title == "" || text == "" {
		return nil
	}
	var links []bot.Choice
	if link := ch.Link("deal " + s.ID); link != "" {
		links = append(links, bot.Choice{Label: ch.word(lang, "join", "👉"), URL: link})
	}
	for _, c := range s.Choices {
		if c.URL != "" {
			links = append(links, c)
		}
	}
	a := &models.InlineQueryResultArticle{
		ID: s.ID, Title: clean(s.Title), Description: clean(s.Detail),
		InputMessageContent: models.InputTextMessageContent{MessageText: text, LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: api.True()}},
	}
	if rows, _ := keyboard(links); len(rows) > 0 {
		a.ReplyMarkup = models.InlineKeyboardMarkup{InlineKeyboard: rows}
	}
	return a
}
