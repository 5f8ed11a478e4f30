package domain

import "context"

// Named is a person or a conversation as a channel names it.
type Named struct {
	Channel, External string
}

// DialogueKey says whose dialogue is meant, and where.
type DialogueKey struct {
	Account AccountID
	Chat    ChatID
}

// ManyViews reads for many people at once what their messages need first. What is not there is missing in the answer.
type ManyViews interface {
	AccountsByIdentity(ctx context.Context, who []Named) (map[Named]Account, error)
	ChatsByExternal(ctx context.Context, chats []Named) (map[Named]Chat, error)
	Dialogues(ctx context.Context, keys []DialogueKey) (map[DialogueKey]Dialogue, error) // only those not over
}
