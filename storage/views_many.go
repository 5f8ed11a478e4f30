package storage

import (
	"context"
	"maps"
	"slices"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// Meet reads what messages need first, a few statements for all of them. The keys are read before the dialogues: a message that
// another copy of the program answers meanwhile must not be found unanswered in a dialogue that is over.
func (d *DB) Meet(ctx context.Context, greetings []domain.Greeting) (map[domain.Greeting]domain.Met, error) {
	var people, chats []domain.Named
	var keys []domain.EventKey
	for _, g := range greetings {
		people, chats, keys = append(people, g.Who), append(chats, g.Chat), append(keys, g.Key)
	}
	communities, err := d.Communities(ctx)
	if err != nil {
		return nil, err
	}
	conversations, err := d.ChatsByExternal(ctx, distinct(chats))
	if err != nil {
		return nil, err
	}
	accounts, err := d.AccountsByIdentity(ctx, distinct(people))
	if err != nil {
		return nil, err
	}
	answered, err := d.answered(ctx, distinct(keys))
	if err != nil {
		return nil, err
	}
	found := make(map[domain.Greeting]domain.Met, len(greetings))
	var talks []domain.DialogueKey
	for _, g := range greetings {
		m := domain.Met{Communities: communities, Chat: conversations[g.Chat], Account: accounts[g.Who], Answered: answered[g.Key]}
		if m.Account.ID != "" && m.Chat.ID != "" {
			talks = append(talks, domain.DialogueKey{Account: m.Account.ID, Chat: m.Chat.ID})
		}
		found[g] = m
	}
	if len(talks) == 0 {
		return found, nil
	}
	dialogues, err := d.Dialogues(ctx, distinct(talks))
	for g, m := range found {
		m.Dialogue = dialogues[domain.DialogueKey{Account: m.Account.ID, Chat: m.Chat.ID}]
		found[g] = m
	}
	return found, err
}

// answered are those of the keys that have an event.
func (d *DB) answered(ctx context.Context, keys []domain.EventKey) (map[domain.EventKey]bool, error) {
	found := map[domain.EventKey]bool{}
	for part := range slices.Chunk(keys, maxKeys) {
		where, args := keysWhere(part)
		if where == "" {
			continue
		}
		rows, err := all[eventRow](d.reader(ctx).Select("channel", "account", "message_key", "idx").Where(where, args...))
		if err != nil {
			return nil, failed("keys of events", err)
		}
		for _, w := range rows {
			found[domain.EventKey{Channel: w.Channel, Account: w.Account, Message: w.MessageKey, Index: w.Idx}] = true
		}
	}
	return found, nil
}

// knownRow is an identity with its account, and whether that account is tied to another.
type knownRow struct {
	Channel   string
	External  string
	ID        domain.AccountID
	Community domain.CommunityID
	Kind      domain.AccountKind
	Name      string
	Lang      domain.Lang
	Household domain.HouseholdID
	Point     domain.PointID
	Created   int64 `gorm:"column:created_at"`
	Linked    bool
}

const knownQuery = `SELECT i.channel, i.external, a.id, a.community, a.kind, a.name, a.lang, a.household, a.point, a.created_at,
	EXISTS (SELECT 1 FROM account_links l WHERE l.from_id = i.account) OR EXISTS (SELECT 1 FROM account_links l WHERE l.to_id = i.account) AS linked
	FROM identities i JOIN accounts a ON a.id = i.account WHERE i.channel = ? AND i.external IN ?`

// AccountsByIdentity finds many people by who they are on a channel; redirects are followed, but only few have any.
func (d *DB) AccountsByIdentity(ctx context.Context, who []domain.Named) (map[domain.Named]domain.Account, error) {
	rows, err := named(who, func(channel string, part []string) ([]knownRow, error) {
		return all[knownRow](d.reader(ctx).Raw(knownQuery, channel, part))
	})
	if err != nil {
		return nil, failed("identities", err)
	}
	found := make(map[domain.Named]domain.Account, len(rows))
	linked := map[domain.Named]domain.AccountID{}
	for _, w := range rows {
		name := domain.Named{Channel: w.Channel, External: w.External}
		if w.Linked {
			linked[name] = w.ID
			continue
		}
		found[name] = accountFromRow(accountRow{
			ID: w.ID, Community: w.Community, Kind: w.Kind, Name: w.Name, Lang: w.Lang, Household: w.Household, Point: w.Point, Created: w.Created,
		})
	}
	if len(linked) == 0 {
		return found, nil
	}
	accounts, err := d.Accounts(ctx, slices.Collect(maps.Values(linked)))
	for name, id := range linked {
		if a, ok := accounts[id]; ok {
			found[name] = a
		}
	}
	return found, err
}

// ChatsByExternal finds many conversations by how their channel names them.
func (d *DB) ChatsByExternal(ctx context.Context, chats []domain.Named) (map[domain.Named]domain.Chat, error) {
	rows, err := named(chats, func(channel string, part []string) ([]chatRow, error) {
		return all[chatRow](d.reader(ctx).Where("channel = ? AND external IN ?", channel, part))
	})
	if err != nil {
		return nil, failed("chats by name", err)
	}
	found := make(map[domain.Named]domain.Chat, len(rows))
	for _, w := range rows {
		found[domain.Named{Channel: w.Channel, External: w.External}] = chatFromRow(w)
	}
	return found, nil
}

// markRow is a deal's version beside one of its chats.
type markRow struct {
	ID         domain.DealID
	Code       string
	Version    int64
	Chat       domain.ChatID // "" when it has none
	Leader     domain.AccountID
	Commission int64
	CardMsg    string
	Noise      domain.Noise
	Created    int64 `gorm:"column:created_at"`
}

const markQuery = `SELECT d.id, d.code, d.version, COALESCE(c.chat, '') AS chat, COALESCE(c.leader, '') AS leader,
	COALESCE(c.commission, 0) AS commission, COALESCE(c.card_msg, '') AS card_msg, COALESCE(c.noise, '') AS noise, COALESCE(c.created_at, 0) AS created_at
	FROM deals d LEFT JOIN deal_chats c ON c.deal = d.id WHERE d.code IN ? ORDER BY d.id, c.created_at, c.chat`

// DealMarks reads the versions of deals by their codes, and their chats.
func (d *DB) DealMarks(ctx context.Context, codes []string) (map[string]domain.DealMark, error) {
	found := make(map[string]domain.DealMark, len(codes))
	for part := range slices.Chunk(codes, maxKeys) {
		rows, err := all[markRow](d.reader(ctx).Raw(markQuery, part))
		if err != nil {
			return nil, failed("versions of deals", err)
		}
		for _, w := range rows {
			m := domain.DealMark{Deal: w.ID, Version: w.Version, Chats: found[w.Code].Chats}
			if w.Chat != "" {
				m.Chats = append(m.Chats, dealChatFromRow(dealChatRow{
					Deal: w.ID, Chat: w.Chat, Leader: w.Leader, Commission: w.Commission, CardMsg: w.CardMsg, Noise: w.Noise, Created: w.Created,
				}))
			}
			found[w.Code] = m
		}
	}
	return found, nil
}

// named reads rows by (channel, external), a channel and a list at a time.
func named[R any](names []domain.Named, read func(channel string, part []string) ([]R, error)) ([]R, error) {
	byChannel := map[string][]string{}
	for _, n := range names {
		byChannel[n.Channel] = append(byChannel[n.Channel], n.External)
	}
	var rows []R
	for channel, externals := range byChannel {
		for part := range slices.Chunk(externals, maxKeys) {
			more, err := read(channel, part)
			if err != nil {
				return nil, err
			}
			rows = append(rows, more...)
		}
	}
	return rows, nil
}

// Dialogues reads where many conversations stand, those that are not over.
func (d *DB) Dialogues(ctx context.Context, keys []domain.DialogueKey) (map[domain.DialogueKey]domain.Dialogue, error) {
	wanted := make(map[domain.DialogueKey]bool, len(keys))
	for _, k := range keys {
		wanted[k] = true
	}
	rows, err := allIn[dialogueRow](func() *gorm.DB { return d.alive(d.reader(ctx)) },
		"account", convert(keys, func(k domain.DialogueKey) domain.AccountID { return k.Account }))
	if err != nil {
		return nil, failed("dialogues", err)
	}
	found := make(map[domain.DialogueKey]domain.Dialogue, len(rows))
	for _, w := range rows {
		if k := (domain.DialogueKey{Account: w.Account, Chat: w.Chat}); wanted[k] {
			found[k] = domain.Dialogue{Account: w.Account, Chat: w.Chat, Name: w.Name, State: w.State, Until: at(w.UntilAt)}
		}
	}
	return found, nil
}
