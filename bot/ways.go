package bot

import "context"

// Way is a way by which people come to a talk with us, or into a group, for somebody to pass on. Exactly one of QR and Picture
// is set.
type Way struct {
	Label   string // what it is, for the person who passes it on
	QR      string // what to draw as a code; it works as a link too
	Picture string // the address of a code that is drawn already
	Came    int    // how many came by it so far; 0 too when the platform does not tell
}

// WaysAsk asks for the ways that lead to something.
type WaysAsk struct {
	Payload string   // what whoever comes is led to: "deal CODE"
	Groups  []string // external ids of our groups on the channel that people may be led into
	Lang    string
}

// Guide is a channel that has ways of its own by which people come in, beside our pages. Who asks gets what there is: a way
// that the platform does not give now is not in it.
type Guide interface {
	Ways(ctx context.Context, ask WaysAsk) []Way
}

// Host is a channel on which somebody may own groups where nobody hears us, into which something can be posted all the same.
type Host interface {
	// Owned are the groups of a person, by the person's id on the channel.
	Owned(ctx context.Context, person string) ([]ChatRef, error)
}
