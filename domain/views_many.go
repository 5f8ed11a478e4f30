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

// Greeting is a message as far as it has to be known who speaks, where, and whether it was answered before.
type Greeting struct {
	Who  Named
	Chat Named
	Key  EventKey
}

// Met is what a message finds before it is interpreted. What is not known is zero.
type Met struct {
	Communities []Community // all there are, oldest first; shared, not to be changed
	Chat        Chat
	Account     Account  // redirects followed
	Dialogue    Dialogue // of the account in the chat, unless it is over
	Answered    bool     // an event has the key
}

// DealMark tells whether what is known of a deal is how it stands: only its chats are not covered by its version.
type DealMark struct {
	Deal    DealID
	Version int64
	Chats   []DealChat
}

// ManyViews reads for many people at once what their messages need first. What is not there is missing in the answer.
type ManyViews interface {
	AccountsByIdentity(ctx context.Context, who []Named) (map[Named]Account, error)
	ChatsByExternal(ctx context.Context, chats []Named) (map[Named]Chat, error)
	Dialogues(ctx context.Context, keys []DialogueKey) (map[DialogueKey]Dialogue, error) // only those not over
	DealMarks(ctx context.Context, codes []string) (map[string]DealMark, error)
	// Meet is all of these for messages that have just come. Every greeting has an answer.
	Meet(ctx context.Context, greetings []Greeting) (map[Greeting]Met, error)
}
