package storage

import (
	"context"
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

// AccountsByIdentity finds many people by who they are on a channel; redirects are followed.
func (d *DB) AccountsByIdentity(ctx context.Context, who []domain.Named) (map[domain.Named]domain.Account, error) {
	rows, err := byNames[identityRow](d, ctx, who)
	if err != nil {
		return nil, failed("identities", err)
	}
	accounts, err := d.Accounts(ctx, convert(rows, func(w identityRow) domain.AccountID { return w.Account }))
	if err != nil {
		return nil, err
	}
	found := make(map[domain.Named]domain.Account, len(rows))
	for _, w := range rows {
		if a, ok := accounts[w.Account]; ok {
			found[domain.Named{Channel: w.Channel, External: w.External}] = a
		}
	}
	return found, nil
}

// ChatsByExternal finds many conversations by how their channel names them.
func (d *DB) ChatsByExternal(ctx context.Context, chats []domain.Named) (map[domain.Named]domain.Chat, error) {
	rows, err := byNames[chatRow](d, ctx, chats)
	if err != nil {
		return nil, failed("chats by name", err)
	}
	found := make(map[domain.Named]domain.Chat, len(rows))
	for _, w := range rows {
		found[domain.Named{Channel: w.Channel, External: w.External}] = chatFromRow(w)
	}
	return found, nil
}

// DealMarks reads the versions of deals by their codes, and then their chats: a chat that came with a later version is one more.
func (d *DB) DealMarks(ctx context.Context, codes []string) (map[string]domain.DealMark, error) {
	rows, err := allIn[dealRow](func() *gorm.DB { return d.reader(ctx).Select("id", "code", "version") }, "code", codes)
	if err != nil {
		return nil, failed("versions of deals", err)
	}
	ids := convert(rows, func(w dealRow) domain.DealID { return w.ID })
	chats, err := allIn[dealChatRow](func() *gorm.DB { return d.reader(ctx).Order("deal, created_at, chat") }, "deal", ids)
	if err != nil {
		return nil, failed("chats of deals", err)
	}
	of := map[domain.DealID][]domain.DealChat{}
	for _, w := range chats {
		of[w.Deal] = append(of[w.Deal], dealChatFromRow(w))
	}
	found := make(map[string]domain.DealMark, len(rows))
	for _, w := range rows {
		found[w.Code] = domain.DealMark{Deal: w.ID, Version: w.Version, Chats: of[w.ID]}
	}
	return found, nil
}

// byNames reads rows by (channel, external), one statement a channel.
func byNames[R any](d *DB, ctx context.Context, names []domain.Named) ([]R, error) { //nolint:revive // a generic function is no method
	byChannel := map[string][]string{}
	for _, n := range names {
		byChannel[n.Channel] = append(byChannel[n.Channel], n.External)
	}
	var rows []R
	for channel, externals := range byChannel {
		more, err := allIn[R](func() *gorm.DB { return d.reader(ctx).Where("channel = ?", channel) }, "external", externals)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// Dialogues reads where many conversations stand, those that are not over.
func (d *DB) Dialogues(ctx context.Context, keys []domain.DialogueKey) (map[domain.DialogueKey]domain.Dialogue, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, failed("dialogues", err)
	}
	wanted := make(map[domain.DialogueKey]bool, len(keys))
	for _, k := range keys {
		wanted[k] = true
	}
	rows, err := allIn[dialogueRow](func() *gorm.DB { return d.reader(ctx).Where("until_at = 0 OR until_at > ?", ms(now)) },
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
