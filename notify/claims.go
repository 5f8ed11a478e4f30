package notify

import (
	"context"
	"errors"

	"tuanbot/domain"
)

// claim finds what a list calls who an order is for and, for the leader, who says that it is theirs.
func (f *facts) claim(ctx context.Context, d domain.Delivery, out *found) error {
	names, err := f.store.OwnNames(ctx, []domain.AccountID{out.Order.Shopper})
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	out.Listed = names[out.Order.Shopper]
	if d.Kind != domain.NoticeClaimAsked {
		return nil
	}
	trail, err := f.store.EventsOfOrder(ctx, d.Order)
	if err != nil {
		return err
	}
	who, ok := domain.ClaimedBy(trail, d.Order, d.Dedup)
	if !ok {
		return nil
	}
	owner, err := f.store.Account(ctx, out.Order.Shopper)
	if err != nil {
		return err
	}
	claimer, err := f.store.Account(ctx, who)
	if err != nil {
		return err
	}
	out.From, out.Name, out.open = claimer.ID, claimer.Name, owner.Kind == domain.AccountUnclaimed
	return nil
}
