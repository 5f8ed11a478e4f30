package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/telegram"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// mostShares is how many deals are offered at once.
const mostShares = 20

// shares offers the open deals of a community to whoever wants to send one into a chat of theirs.
type shares struct {
	store     domain.Store
	community func() domain.Community
	base      func() string
	zone      *time.Location
	clock     func() time.Time
}

var _ telegram.Sharer = shares{}

// OpenDeals finds open deals whose title, code or items hold the words.
func (s shares) OpenDeals(ctx context.Context, query, lang string) ([]telegram.Share, error) {
	sheets, err := s.store.OpenDeals(ctx, s.community().ID, 5*mostShares)
	if err != nil {
		return nil, fmt.Errorf("deals to share: %w", err)
	}
	v := say.Voice{Lang: domain.Lang(lang), Zone: s.zone, Now: s.clock(), BaseURL: s.base()}
	if lang == "" {
		v.Lang = s.community().Lang
	}
	var found []telegram.Share
	for _, sheet := range sheets {
		if len(found) == mostShares || !about(sheet, query) {
			continue
		}
		card := v.Card(sheet, say.CardFacts{})
		lines := bot.CardLines(*card.Card)
		found = append(found, telegram.Share{
			ID: sheet.Deal.Code, Title: lines[0], Detail: strings.Join(lines[1:], " · "),
			Reply: bot.Reply{Card: card.Card, Code: "card"}, // no buttons: there they would act for a chat that we are not in
		})
	}
	return found, nil
}

func about(s domain.DealSheet, query string) bool {
	query = strings.ToLower(strings.TrimSpace(query))
	words := []string{s.Deal.Terms.Title, s.Deal.Code}
	for _, item := range s.Items {
		words = append(words, item.Name)
	}
	return strings.Contains(strings.ToLower(strings.Join(words, " ")), query)
}
