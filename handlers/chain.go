package handlers

import (
	"context"
	"errors"
	"fmt"

	"tuanbot/domain"
)

// ReadChain carries out a pasted list through the deal's Turnstile: all lines in one turn.
func (d *Desk) ReadChain(ctx context.Context, c domain.ChainCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}

// PaperPeople are the accounts behind names that nobody has claimed, held by a leader; those not there yet are made together.
func (d *Desk) PaperPeople(ctx context.Context, community domain.CommunityID, leader domain.AccountID, names []string) (map[string]domain.Account, error) {
	out := map[string]domain.Account{}
	var missing []string
	for _, name := range names {
		clean := CleanName(name)
		if clean == "" || out[name].ID != "" {
			continue
		}
		a, err := d.AccountByIdentity(ctx, paperChannel, string(leader)+"/"+clean)
		switch {
		case err == nil:
			out[name] = a
		case errors.Is(err, domain.ErrNotFound):
			missing = append(missing, name)
		default:
			return nil, fmt.Errorf("people of a list: %w", errBusy(err))
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	made := map[string]domain.Account{}
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		for _, name := range missing {
			clean := CleanName(name)
			if made[clean].ID != "" {
				continue
			}
			a := domain.Account{ID: domain.AccountID(d.c.Mint.ID()), Community: community, Kind: domain.AccountUnclaimed, Name: clean, Lang: domain.Chinese, CreatedAt: now}
			if err := tx.SaveAccount(ctx, a); err != nil {
				return err
			}
			if err := tx.SaveIdentity(ctx, domain.Identity{Channel: paperChannel, External: string(leader) + "/" + clean, Account: a.ID}); err != nil {
				return err
			}
			made[clean] = a
		}
		return nil
	})
	if errors.Is(err, domain.ErrDuplicate) { // another paste wrote one of them down meanwhile: one after another
		return d.paperPeopleOneByOne(ctx, community, leader, names)
	}
	if err != nil {
		return nil, fmt.Errorf("people of a list: %w", err)
	}
	for _, name := range missing {
		out[name] = made[CleanName(name)]
	}
	return out, nil
}

// paperChannel is where unclaimed people have their identity.
const paperChannel = "paper"

func (d *Desk) paperPeopleOneByOne(ctx context.Context, community domain.CommunityID, leader domain.AccountID, names []string) (map[string]domain.Account, error) {
	out := map[string]domain.Account{}
	for _, name := range names {
		if CleanName(name) == "" {
			continue
		}
		a, err := d.PaperPerson(ctx, community, leader, name)
		if err != nil {
			return nil, err
		}
		out[name] = a
	}
	return out, nil
}
