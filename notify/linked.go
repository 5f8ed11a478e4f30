package notify

import (
	"context"
	"errors"

	"tuanbot/domain"
)

// link finds who was tied to the reader's account. One that was taken out meanwhile is not worth telling.
func (f *facts) link(ctx context.Context, d domain.Delivery, out *found) error {
	if out.reader.ID == "" {
		return domain.ErrNotFound
	}
	if d.Num["union"] != 0 && d.Num["at"] == 0 { // an identity without an account of its own
		return nil
	}
	for _, id := range append([]domain.AccountID{d.Account}, append(out.reader.Also, out.reader.ID)...) {
		links, err := f.store.LinksTo(ctx, id)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.At.UnixMilli() == d.Num["at"] {
				out.From = l.From
				return f.named(ctx, l.From, out)
			}
		}
	}
	return domain.ErrNotFound
}

// named is what the person was called before they were linked: by the name of their own account.
func (f *facts) named(ctx context.Context, id domain.AccountID, out *found) error {
	names, err := f.store.OwnNames(ctx, []domain.AccountID{id})
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	out.Name = names[id]
	return nil
}

// gone lists the chats of the deal that we cannot speak in any more; who ordered hears only of the one they ordered by.
func (f *facts) gone(ctx context.Context, out *found) error {
	for _, c := range out.Sheet.Chats {
		if out.Order.ID != "" && out.Order.ViaChat != c.Chat {
			continue
		}
		chat, err := f.chat(ctx, c.Chat)
		if err != nil {
			return err
		}
		if !chat.GoneAt.IsZero() {
			out.Gone = append(out.Gone, chat.Title)
		}
	}
	return nil
}
