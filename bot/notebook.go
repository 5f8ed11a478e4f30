package bot

import (
	"context"
	"time"
)

// Notebook is what a channel remembers across restarts and copies: reply windows, what the digits of a menu stand for,
// consents, pictures that were uploaded, cursors. It lies in SQL. A page holds notes of one sort ("wechat/window"), a key
// is what a note is about (a person, a chat, a hash).
type Notebook interface {
	// Note reads a note; nil when there is none or its time is over.
	Note(ctx context.Context, page, key string) ([]byte, error)
	// Change makes a note what f says, one writer at a time over all copies. f gets nil when there is none; a nil value
	// removes the note; a zero time keeps it for ever. f may be called again and must touch nothing but its result.
	Change(ctx context.Context, page, key string, f func(old []byte) (value []byte, until time.Time, err error)) error
	// ChangeAll is Change for several notes of a page at once: all of them or none. f is called once for each key.
	ChangeAll(ctx context.Context, page string, keys []string, f func(key string, old []byte) (value []byte, until time.Time, err error)) error
	// Keys lists keys of a page in order, after a key, at most limit.
	Keys(ctx context.Context, page, after string, limit int) ([]string, error)
	// Forget removes every note about a key on the pages that start with a prefix: a person has left.
	Forget(ctx context.Context, pages, key string) error
}
