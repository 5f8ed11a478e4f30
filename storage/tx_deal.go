package storage

import (
	"context"
	"fmt"

	"tuanbot/domain"
)

// InsertEvent stores a command's outcome with its key; ErrDuplicate when the key is there.
func (t *tx) InsertEvent(ctx context.Context, e domain.Event) error {
	row, err := eventToRow(e)
	if err != nil {
		return err
	}
	return insert(t.orm(ctx), []eventRow{row})
}

// InsertDeal writes everything of a new deal; ErrDuplicate when its code is taken.
func (t *tx) InsertDeal(ctx context.Context, d domain.NewDeal) error {
	db := t.orm(ctx)
	deal, err := dealToRow(d.Deal)
	if err != nil {
		return err
	}
	edition, err := editionToRow(d.Edition)
	if err != nil {
		return fmt.Errorf("deal %s: %w", d.Deal.ID, err)
	}
	items := convert(d.Items, itemToRow)
	for i := range items {
		items[i].Deal = deal.ID
	}
	steps := []func() error{
		func() error { return insert(db, []dealRow{deal}) },
		func() error { return insert(db, convert(d.Teams, teamToRow)) },
		func() error { return insert(db, items) },
		func() error { return insert(db, convert(d.Chats, dealChatToRow)) },
		func() error { return insert(db, []editionRow{edition}) },
		func() error { return t.AppendNotices(ctx, d.Notices) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("insert deal %s: %w", d.Deal.ID, err)
		}
	}
	return nil
}

// SaveCardMessage remembers the message id of a chat's living card.
func (t *tx) SaveCardMessage(ctx context.Context, deal domain.DealID, chat domain.ChatID, message string) error {
	return t.setDealChat(ctx, deal, chat, "card_msg", message)
}

// SaveDealNoise sets how much a chat wants to hear of a deal.
func (t *tx) SaveDealNoise(ctx context.Context, deal domain.DealID, chat domain.ChatID, noise domain.Noise) error {
	return t.setDealChat(ctx, deal, chat, "noise", noise)
}

func (t *tx) setDealChat(ctx context.Context, deal domain.DealID, chat domain.ChatID, column string, value any) error {
	res := t.orm(ctx).Model(&dealChatRow{}).Where("deal = ? AND chat = ?", deal, chat).Update(column, value)
	if res.Error != nil {
		return fmt.Errorf("set %s of chat %s: %w", column, chat, translate(res.Error))
	}
	if res.RowsAffected == 0 {
		return fmt.Errorf("deal %s in chat %s: %w", deal, chat, domain.ErrNotFound)
	}
	return nil
}

// AppendNotices adds announcements; one whose dedup key is there is skipped.
func (t *tx) AppendNotices(ctx context.Context, ns []domain.Notice) error {
	if len(ns) == 0 {
		return nil
	}
	now, err := t.knownNow(ctx)
	if err != nil {
		return err
	}
	return appendNotices(t.orm(ctx), ns, now)
}
