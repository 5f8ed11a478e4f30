package handlers

import (
	"context"
	"errors"
	"fmt"

	"tuanbot/domain"
)

// goneDeals is how many of a chat's deals are looked at when it is gone.
const goneDeals = 50

// ChatGone notes that we cannot speak in a chat any more, and tells the leaders and the people of its deals.
func (d *Desk) ChatGone(ctx context.Context, channel, external string) error {
	chat, err := d.ChatByExternal(ctx, channel, external)
	if errors.Is(err, domain.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("chat gone: %w", errBusy(err))
	}
	deals, err := d.DealsInChat(ctx, chat.ID, goneDeals)
	if err != nil {
		return fmt.Errorf("deals of a chat that is gone: %w", errBusy(err))
	}
	people := make([]map[domain.AccountID]domain.OrderID, len(deals))
	for i, s := range deals {
		if people[i], err = d.ShoppersVia(ctx, s.Deal.ID, chat.ID); err != nil {
			return fmt.Errorf("people of a chat that is gone: %w", errBusy(err))
		}
	}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		chat.GoneAt = now
		if err := tx.SaveChat(ctx, chat); err != nil {
			return err
		}
		for i, s := range deals {
			if err := tx.AppendNotices(ctx, domain.ChatGone(s, chat.ID, people[i], now)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("chat gone: %w", err)
	}
	d.c.Waker.Wake(ctx, TopicOutbox)
	return nil
}
