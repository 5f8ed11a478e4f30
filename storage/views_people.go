package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// Account is a person, or the person that their account was linked to.
func (d *DB) Account(ctx context.Context, id domain.AccountID) (domain.Account, error) {
	found, err := d.Accounts(ctx, []domain.AccountID{id})
	if err != nil {
		return domain.Account{}, err
	}
	a, ok := found[id]
	if !ok {
		return a, fmt.Errorf("account %s: %w", id, domain.ErrNotFound)
	}
	return a, nil
}

// Accounts reads people by the ids asked for; redirects are followed.
func (d *DB) Accounts(ctx context.Context, ids []domain.AccountID) (map[domain.AccountID]domain.Account, error) {
	found, err := peopleOf(func() *gorm.DB { return d.reader(ctx) }, ids)
	return found, failed("accounts", err)
}

func peopleOf(db func() *gorm.DB, ids []domain.AccountID) (map[domain.AccountID]domain.Account, error) {
	ids = distinct(ids)
	ends, err := family(db, ids)
	if err != nil {
		return nil, err
	}
	want := make([]domain.AccountID, len(ids))
	for i, id := range ids {
		if want[i] = id; ends[id] != "" {
			want[i] = ends[id]
		}
	}
	rows, err := allIn[accountRow](db, "id", distinct(want))
	if err != nil {
		return nil, err
	}
	byID := make(map[domain.AccountID]domain.Account, len(rows))
	for _, w := range rows {
		byID[w.ID] = accountFromRow(w)
	}
	for _, from := range slices.Sorted(maps.Keys(ends)) {
		if a, known := byID[ends[from]]; known {
			a.Also = append(a.Also, from)
			byID[a.ID] = a
		}
	}
	found := make(map[domain.AccountID]domain.Account, len(ids))
	for i, id := range ids {
		if a, ok := byID[want[i]]; ok {
			found[id] = a
		}
	}
	return found, nil
}

// AccountByIdentity finds a person by who they are on a channel.
func (d *DB) AccountByIdentity(ctx context.Context, channel, external string) (domain.Account, error) {
	row, err := first[identityRow](d.reader(ctx).Where("channel = ? AND external = ?", channel, external))
	if err != nil {
		return domain.Account{}, failed("identity", err)
	}
	return d.Account(ctx, row.Account)
}

// everyAccount is an account and all that were linked to it, directly or not.
func (d *DB) everyAccount(ctx context.Context, id domain.AccountID) ([]domain.AccountID, error) {
	ends, err := family(func() *gorm.DB { return d.reader(ctx) }, []domain.AccountID{id})
	if err != nil {
		return nil, err
	}
	end, linked := ends[id]
	if !linked {
		end = id
	}
	every := []domain.AccountID{end}
	for from, to := range ends {
		if to == end {
			every = append(every, from)
		}
	}
	return distinct(every), nil
}

// IdentitiesOf lists where a person can be reached, last seen first.
func (d *DB) IdentitiesOf(ctx context.Context, id domain.AccountID) ([]domain.Identity, error) {
	who, err := d.everyAccount(ctx, id)
	if err != nil {
		return nil, failed("identities", err)
	}
	rows, err := all[identityRow](d.reader(ctx).Where("account IN ?", who).Order("seen_at DESC, channel, external"))
	return convert(rows, identityFromRow), failed("identities", err)
}

// Dialogue is where a conversation stands; ErrNotFound when there is none or it is over.
func (d *DB) Dialogue(ctx context.Context, account domain.AccountID, chat domain.ChatID) (domain.Dialogue, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return domain.Dialogue{}, failed("dialogue", err)
	}
	w, err := first[dialogueRow](d.reader(ctx).Where("account = ? AND chat = ? AND (until_at = 0 OR until_at > ?)", account, chat, ms(now)))
	return domain.Dialogue{Account: w.Account, Chat: w.Chat, Name: w.Name, State: w.State, Until: at(w.UntilAt)}, failed("dialogue", err)
}

// RolesOf lists what a person may do.
func (d *DB) RolesOf(ctx context.Context, account domain.AccountID) ([]domain.Role, error) {
	who, err := d.everyAccount(ctx, account)
	if err != nil {
		return nil, failed("roles", err)
	}
	rows, err := all[roleRow](d.reader(ctx).Where("account IN ?", who).Order("community, name, scope, account"))
	return convert(rows, roleFromRow), failed("roles", err)
}

// RolesIn lists who may do what in a community.
func (d *DB) RolesIn(ctx context.Context, community domain.CommunityID) ([]domain.Role, error) {
	rows, err := all[roleRow](d.reader(ctx).Where("community = ?", community).Order("name, scope, account"))
	return convert(rows, roleFromRow), failed("roles", err)
}

// TriesOf counts a person's wrong codes; zero when there are none.
func (d *DB) TriesOf(ctx context.Context, account domain.AccountID) (domain.Tries, error) {
	rows, err := all[triesRow](d.reader(ctx).Where("account = ?", account))
	if err != nil || len(rows) == 0 {
		return domain.Tries{Account: account}, failed("tries", err)
	}
	w := rows[0]
	return domain.Tries{Account: w.Account, Count: w.Tries, Until: at(w.UntilAt), LastAt: at(w.LastAt)}, nil
}

// Communities lists the neighbourhoods, oldest first.
func (d *DB) Communities(ctx context.Context) ([]domain.Community, error) {
	rows, err := all[communityRow](d.reader(ctx).Order("created_at, id"))
	return convert(rows, communityFromRow), failed("communities", err)
}

// Chat is one conversation.
func (d *DB) Chat(ctx context.Context, id domain.ChatID) (domain.Chat, error) {
	row, err := first[chatRow](d.reader(ctx).Where("id = ?", id))
	return chatFromRow(row), failed("chat "+string(id), err)
}

// ChatByExternal finds a conversation by its channel's name for it.
func (d *DB) ChatByExternal(ctx context.Context, channel, external string) (domain.Chat, error) {
	row, err := first[chatRow](d.reader(ctx).Where("channel = ? AND external = ?", channel, external))
	return chatFromRow(row), failed("chat by name", err)
}

// ChatsIn lists the conversations of a community, oldest first.
func (d *DB) ChatsIn(ctx context.Context, community domain.CommunityID) ([]domain.Chat, error) {
	rows, err := all[chatRow](d.reader(ctx).Where("community = ?", community).Order("created_at, id"))
	return convert(rows, chatFromRow), failed("chats of community", err)
}

// Points lists the pickup points of a community, oldest first.
func (d *DB) Points(ctx context.Context, community domain.CommunityID) ([]domain.Point, error) {
	rows, err := all[pointRow](d.reader(ctx).Where("community = ?", community).Order("created_at, id"))
	return convert(rows, pointFromRow), failed("points", err)
}

// Buildings lists the buildings that homes of a community are in, and names the one of a home.
func (d *DB) Buildings(ctx context.Context, community domain.CommunityID, home domain.HouseholdID) (all []string, mine string, err error) {
	if home != "" {
		w, err := first[householdRow](d.reader(ctx).Where("id = ?", home))
		if err == nil {
			mine = w.Building
		} else if err = failed("home", err); !errors.Is(err, domain.ErrNotFound) {
			return nil, "", err
		}
	}
	err = d.reader(ctx).Model(&householdRow{}).Where("community = ?", community).Distinct("building").Order("building").Limit(20).Pluck("building", &all).Error
	return all, mine, failed("buildings", err)
}

// HouseholdByBlind finds a home by the keyed hash of its address.
func (d *DB) HouseholdByBlind(ctx context.Context, community domain.CommunityID, blind string) (domain.Household, error) {
	row, err := first[householdRow](d.reader(ctx).Where("community = ? AND blind = ?", community, blind))
	return householdFromRow(row), failed("household", err)
}
