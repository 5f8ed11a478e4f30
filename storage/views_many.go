package storage

import (
	"context"

	"gorm.io/gorm"

	"tuanbot/domain"
)

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
