package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"tuanbot/domain"
)

// UnlinkCommand takes an identity out of a person's account: the one that speaks, or, with From, everything that came with an
// account that somebody else linked to theirs.
type UnlinkCommand struct {
	Ask               domain.Asked
	Channel, External string
	From              domain.AccountID
}

// Unlink gives the identity an account of its own; what was ordered stays with the account that ordered it. With From the
// redirect is taken back instead, and both have what they had.
func (d *Desk) Unlink(ctx context.Context, c UnlinkCommand) (domain.Answer, error) {
	me, err := d.Account(ctx, c.Ask.By)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("unlink: %w", errBusy(err))
	}
	identities, err := d.IdentitiesOf(ctx, me.ID)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("unlink: %w", errBusy(err))
	}
	if c.From != "" {
		return d.once(ctx, c.Ask, "unlink", func(tx domain.Tx) (domain.Answer, error) { return reject(ctx, tx, c, me, identities) })
	}
	orders, err := d.OrdersOf(ctx, me.ID, 500)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("unlink: %w", errBusy(err))
	}
	fresh := d.newAccount(PersonCommand{Community: me.Community, Channel: c.Channel, External: c.External, Lang: me.Lang, Guest: me.Kind == domain.AccountGuest}, me.CreatedAt)
	fresh.Name = me.Name
	return d.once(ctx, c.Ask, "unlink", func(tx domain.Tx) (domain.Answer, error) {
		if len(identities) < 2 {
			return domain.Answer{}, domain.Refuse(domain.CodeNotFound, domain.WhyNotLinked)
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return domain.Answer{}, err
		}
		fresh.CreatedAt = now
		err = errors.Join(
			tx.SaveAccount(ctx, fresh),
			tx.MoveIdentity(ctx, c.Channel, c.External, fresh.ID),
			tx.SaveUnion(ctx, domain.Union{Channel: c.Channel, External: c.External, Apart: true}),
			tx.EndLinkCode(ctx, me.ID),
		)
		return domain.Answer{Did: domain.DidUnlink, Count: int64(len(orders))}, err
	})
}

// reject takes a redirect back that the person did not want.
func reject(ctx context.Context, tx domain.Tx, c UnlinkCommand, me domain.Account, identities []domain.Identity) (domain.Answer, error) {
	own := slices.ContainsFunc(identities, func(i domain.Identity) bool {
		return i.Account == c.From && i.Channel == c.Channel && i.External == c.External
	})
	if own || !slices.Contains(me.Also, c.From) {
		return domain.Answer{}, domain.Refuse(domain.CodeNotFound, domain.WhyNotLinked)
	}
	err := tx.UnlinkAccount(ctx, c.From)
	for _, i := range identities {
		if i.Account == c.From {
			err = errors.Join(err, tx.SaveUnion(ctx, domain.Union{Channel: i.Channel, External: i.External, Apart: true}))
		}
	}
	return domain.Answer{Did: domain.DidUnlink, Reason: "rejected"}, err
}

// Gone forgets one identity of a person who left its channel. The last one takes the person's data with it, unless an order of
// theirs is still open.
func (d *Desk) Gone(ctx context.Context, channel, external string) error {
	a, err := d.AccountByIdentity(ctx, channel, external)
	if errors.Is(err, domain.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("who left: %w", errBusy(err))
	}
	identities, err := d.IdentitiesOf(ctx, a.ID)
	if err != nil {
		return fmt.Errorf("who left: %w", errBusy(err))
	}
	if len(identities) < 2 {
		return d.Erase(ctx, a.ID)
	}
	if err := d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.RemoveIdentity(ctx, channel, external) }); err != nil {
		return fmt.Errorf("forget an identity: %w", err)
	}
	return nil
}

// byUnion finds the person that the platform's union says is meant, for an identity that speaks for the first time.
func (d *Desk) byUnion(ctx context.Context, c PersonCommand) (domain.Account, error) {
	if c.Union == "" {
		return domain.Account{}, domain.ErrNotFound
	}
	a, err := d.AccountByUnion(ctx, c.Union)
	if err != nil {
		return a, err
	}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := tx.SaveIdentity(ctx, domain.Identity{Channel: c.Channel, External: c.External, Account: a.ID, SeenAt: now}); err != nil {
			return err
		}
		if err := tx.SaveUnion(ctx, domain.Union{Channel: c.Channel, External: c.External, Key: c.Union}); err != nil {
			return err
		}
		return tx.AppendNotices(ctx, []domain.Notice{recognised(a, now, 0)})
	})
	if errors.Is(err, domain.ErrDuplicate) { // it has an account by now
		return d.AccountByIdentity(ctx, c.Channel, c.External)
	}
	if err == nil {
		d.c.Waker.Wake(ctx, TopicOutbox)
	}
	return a, err
}

// recognised tells a person that a platform's word has made two identities one: where they were last heard of, with the way
// to part them. Linked is when two accounts were tied, 0 when the second identity had none yet.
func recognised(to domain.Account, now time.Time, linked int64) domain.Notice {
	return domain.Notice{
		Kind: domain.NoticeLinked, Community: to.Community, Account: to.ID, Urgent: true,
		Dedup: "recognised/" + string(to.ID) + "/" + strconv.FormatInt(now.UnixMilli(), 10),
		Num:   map[string]int64{"at": linked, "union": 1},
	}
}

// united keeps what the platform says of who speaks, and makes two accounts one that are the same person to the platform. The
// older account stays. An identity that its person took out is left alone.
func (d *Desk) united(ctx context.Context, c PersonCommand, a domain.Account) (domain.Account, error) {
	if c.Union == "" {
		return a, nil
	}
	mark, err := d.UnionOf(ctx, c.Channel, c.External)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return a, fmt.Errorf("union: %w", errBusy(err))
	}
	if mark.Apart {
		return a, nil
	}
	other, err := d.AccountByUnion(ctx, c.Union)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return a, fmt.Errorf("union: %w", errBusy(err))
	}
	alone := err != nil || other.ID == a.ID
	if mark.Key == c.Union && alone {
		return a, nil
	}
	from, to := a, a
	var over []domain.Notice
	if !alone {
		if from, to = a, other; a.CreatedAt.Before(other.CreatedAt) || a.CreatedAt.Equal(other.CreatedAt) && a.ID < other.ID {
			from, to = other, a
		}
		if over, err = d.overLimits(ctx, from, to); err != nil {
			return a, err
		}
	}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		if err := tx.SaveUnion(ctx, domain.Union{Channel: c.Channel, External: c.External, Key: c.Union}); err != nil || alone {
			return err
		}
		if err := tieTogether(ctx, tx, from, to, over); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		return tx.AppendNotices(ctx, []domain.Notice{recognised(to, now, now.UnixMilli())})
	})
	if err == nil && !alone {
		d.c.Waker.Wake(ctx, TopicOutbox)
	}
	if err != nil && domain.AsRefusal(err) == nil && !errors.Is(err, domain.ErrDuplicate) { // those two: linked meanwhile
		return a, fmt.Errorf("union: %w", err)
	}
	return d.AccountByIdentity(ctx, c.Channel, c.External)
}
