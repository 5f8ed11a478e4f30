package webchat

import "context"

// The rows below are plain structs without a name of their own (aliases), so that storage can spell the same types
// without importing this package. Times are milliseconds UTC; 0 means "not yet" or "never".
type (
	// PersonRow is somebody who can enter the web chat.
	PersonRow = struct {
		ID, Name, Lang     string
		Epoch              int64 // sessions of an older epoch are dead
		New, Elder, Sample bool
		CreatedAt, GoneAt  int64
	}
	// RoomRow is a conversation. Owner is set for a private talk.
	RoomRow = struct {
		ID, Kind, Title, Owner                      string
		LastSeq, LastChange, InviteEpoch, CreatedAt int64
	}
	// SeatRow is a room as one member sees it in the list of rooms.
	SeatRow = struct {
		Room, Kind, Title, Role                  string
		ReadSeq, LastSeq, Unread, LastAt         int64
		LastKind, LastAuthor, LastName, LastBody string
	}
	// MemberRow is a person in a room.
	MemberRow = struct {
		Room, Person, Name, Role string
		New                      bool
		ReadSeq, JoinedAt        int64
	}
	// MessageRow is one message of a room: Author is "" for the bot. Hidden rows (a pressed button) are handled but
	// never shown. Pos orders what one person said over all rooms.
	MessageRow = struct {
		ID, Room                               string
		Seq, Change, Pos                       int64
		Author, Name                           string
		New                                    bool
		Kind, Body, Hash, ReplyTo, Pressed     string
		Hidden, Living                         bool
		Version, Handled, LeaseUntil, Attempts int64
		CreatedAt, ChangedAt                   int64
	}
	// PostRow is something the bot says. With Edit set, the bot's message of that id in the room is replaced unless it
	// already holds a higher version; when there is none, the post is added under ID.
	PostRow = struct {
		ID, Edit, Room, Body, ReplyTo string
		Living                        bool
		Version                       int64
	}
	// LoginRow is a private entry link or an API token, kept as a hash only.
	LoginRow = struct {
		Hash, Kind, Person   string
		CreatedAt, ExpiresAt int64
	}
	// SessionRow is one signed-in browser.
	SessionRow = struct {
		Hash, Person                string
		Epoch, CreatedAt, ExpiresAt int64
	}
)

// PeopleStore keeps the people of the web chat.
type PeopleStore interface {
	WebPerson(ctx context.Context, id string) (PersonRow, bool, error)
	// WebPeople lists the people of the sample community, oldest first.
	WebPeople(ctx context.Context, limit int) ([]PersonRow, error)
	// PutWebPerson adds a person; one who is there stays as they are.
	PutWebPerson(ctx context.Context, p PersonRow) error
	// ChangeWebPerson saves language and elder mode.
	ChangeWebPerson(ctx context.Context, id, lang string, elder bool) error
	// EraseWebPerson removes name, texts, private talk, rooms, links and sessions of a person.
	EraseWebPerson(ctx context.Context, id string, now int64) error
}

// LoginStore keeps entry links and API tokens.
type LoginStore interface {
	PutWebLogin(ctx context.Context, l LoginRow) error
	// WebLogin finds the person of a link or token that has not expired.
	WebLogin(ctx context.Context, hash, kind string, now int64) (PersonRow, bool, error)
	// RenewWebEntry replaces the person's entry link and ends every session and token they had.
	RenewWebEntry(ctx context.Context, l LoginRow) error
}

// SessionStore keeps signed-in browsers.
type SessionStore interface {
	PutWebSession(ctx context.Context, s SessionRow) error
	WebSession(ctx context.Context, hash string, now int64) (PersonRow, bool, error)
	EndWebSession(ctx context.Context, hash string) error
	PruneWebSessions(ctx context.Context, now int64) error
}

// RoomStore keeps rooms.
type RoomStore interface {
	// PutWebRoom adds a room; one that is there stays as it is.
	PutWebRoom(ctx context.Context, r RoomRow) error
	WebRoom(ctx context.Context, id string) (RoomRow, bool, error)
	// WebSeats lists the rooms of a person with their unread counts, liveliest first.
	WebSeats(ctx context.Context, person string) ([]SeatRow, error)
	// RenewWebInvite makes the room's old invitations void.
	RenewWebInvite(ctx context.Context, room string) error
}

// MemberStore keeps who is in which room.
type MemberStore interface {
	PutWebMember(ctx context.Context, room, person, role string, now int64) error
	WebMember(ctx context.Context, room, person string) (MemberRow, bool, error)
	WebMembers(ctx context.Context, room string, limit int) ([]MemberRow, error)
	RemoveWebMember(ctx context.Context, room, person string) error
	MarkWebRead(ctx context.Context, room, person string, seq int64) error
}

// MessageStore keeps messages. Numbers (Seq, Change) are given under the room's row, so that a cursor never skips.
type MessageStore interface {
	WebMessage(ctx context.Context, id string) (MessageRow, bool, error)
	// WebMessages gives shown messages before a seq (0: from the end), newest first.
	WebMessages(ctx context.Context, room string, before int64, limit int) ([]MessageRow, error)
	// WebChanges gives shown messages whose change number is above the cursor, in the order of the changes.
	WebChanges(ctx context.Context, room string, after int64, limit int) ([]MessageRow, error)
	// WebCards gives the living messages of a room, the liveliest first.
	WebCards(ctx context.Context, room string, limit int) ([]MessageRow, error)
	// PutWebPosts says something for the bot, each id once; it returns the ids of the messages that now hold the posts.
	PutWebPosts(ctx context.Context, posts []PostRow, now int64) ([]string, error)
}

// InboxStore keeps what people said until it is handled.
type InboxStore interface {
	// ReceiveWeb stores an inbound message once and numbers it. When nothing older of this person waits, the row comes
	// back leased to the caller (LeaseUntil as asked), else with LeaseUntil 0. The bool says whether it is new.
	ReceiveWeb(ctx context.Context, m MessageRow) (MessageRow, bool, error)
	// NextWeb leases the oldest waiting message of a person, if its lease is free.
	NextWeb(ctx context.Context, person string, now, until int64) (MessageRow, bool, error)
	// WaitingWeb lists people who have a waiting message with a free lease.
	WaitingWeb(ctx context.Context, now int64, limit int) ([]string, error)
	// FinishWeb marks a message handled and adds the replies, together; a finished one changes nothing.
	FinishWeb(ctx context.Context, id string, posts []PostRow, now int64) error
	// PostponeWeb gives a message that could not be handled another turn later.
	PostponeWeb(ctx context.Context, id string, until, now int64) error
}

// Store is all that the web chat remembers; package storage fills it on both engines.
type Store interface {
	PeopleStore
	LoginStore
	SessionStore
	RoomStore
	MemberStore
	MessageStore
	InboxStore
}
