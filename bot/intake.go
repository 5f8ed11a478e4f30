package bot

import "context"

// Taken is what became of an update that a channel handed in.
type Taken struct {
	Replies []Reply
	// Late says that the answer takes longer than the platform waits: the update is stored, the platform may be told that
	// all is well, and the replies leave through Sender when they are ready.
	Late bool
}

// Taker takes updates in. An error means that nothing is stored: the platform must not be told that all is well, so that it
// delivers again. A redelivery waits for the first one and gets the same replies.
type Taker interface {
	Take(ctx context.Context, up Update) (Taken, error)
}
