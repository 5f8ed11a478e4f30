// Package bot is the door between people and the product: what comes in (Update), what goes out (Reply), what a channel
// can do (Capabilities), and the ports that each channel and the storage behind it fill.
// It knows the domain's ids and nothing of any platform: no SDK, no HTTP, no SQL.
package bot

import (
	"context"
	"time"
)

// ChatKind says whether a conversation is private (one person and the bot) or a group.
type ChatKind string

// The kinds of chat.
const (
	ChatPrivate ChatKind = "private"
	ChatGroup   ChatKind = "group"
)

// Kind is what sort of thing happened in a chat.
type Kind string

// The kinds of update. Whatever an adapter does not know becomes KindOther, never an error.
const (
	KindText     Kind = "text"     // Text holds what the person typed
	KindAction   Kind = "action"   // Action holds what the pressed button stands for
	KindOpen     Kind = "open"     // the person came by a link or QR; Action holds its payload ("deal CODE", "team TOKEN")
	KindFollow   Kind = "follow"   // first contact without payload
	KindUnfollow Kind = "unfollow" // the person left; their personal data goes
	KindGone     Kind = "gone"     // we were taken out of a group, or it is no more
	KindPicture  Kind = "picture"  // Picture holds a reference that the channel can resolve; Text the caption
	KindOther    Kind = "other"
)

// ChatRef is a conversation as its channel names it. IDs are opaque and case-sensitive.
type ChatRef struct {
	ID    string
	Kind  ChatKind
	Title string
}

// PersonRef is a person as their channel names them.
type PersonRef struct {
	ID   string
	Name string
	Lang string // "zh", "en" or "" when the channel cannot tell
	New  bool   // a guest whom nobody vouches for yet (marked 新人)
	// Union is what the platform calls this person in all its accounts, with the family of platforms in front ("family/id"):
	// two identities with one union are one person. "" when the channel does not know it.
	Union string
}

// Update is one inbound happening, already verified by its adapter.
type Update struct {
	Channel string // name of the channel, e.g. "web"
	Account string // which of our accounts on that channel it came to; may be ""
	Key     string // the platform's message key: the same at every redelivery
	Hash    string // hex SHA-256 of the raw inbound bytes that carry meaning
	Chat    ChatRef
	Person  PersonRef
	Kind    Kind
	Text    string
	Action  string
	Picture string
	ReplyTo string    // message id that the person replied to; "" if none
	Pressed string    // message id of the message whose button was pressed
	Spoken  bool      // the bot is spoken to: private chat, mention, reply to it, pressed button
	At      time.Time // the platform's time of the message, UTC
}

// Choice is one thing a person can press. Exactly one of Action and URL is set.
type Choice struct {
	Label  string `json:"label"`
	Action string `json:"action,omitempty"` // handed back in Update.Action
	URL    string `json:"url,omitempty"`
	Main   bool   `json:"main,omitempty"` // the action most people want
}

// Card is the living picture of a deal (or a preview of it). Each channel draws it in its own form.
type Card struct {
	Deal     string   `json:"deal,omitempty"` // deal code
	Icon     string   `json:"icon,omitempty"` // one emoji
	Title    string   `json:"title"`
	Price    string   `json:"price,omitempty"`    // "¥29.90"
	Was      string   `json:"was,omitempty"`      // "单买 ¥49.00"
	Items    []string `json:"items,omitempty"`    // one line an item when there are several
	Done     int64    `json:"done,omitempty"`     // progress so far, in the unit of Progress
	Want     int64    `json:"want,omitempty"`     // 0: no bar
	Progress string   `json:"progress,omitempty"` // "17/20 份 · 12 人"
	Deadline string   `json:"deadline,omitempty"` // "⏰ 今晚 8 点截止"
	Place    string   `json:"place,omitempty"`    // "📍 3 号楼大厅 · 周六 10:00-12:00 自提"
	Recent   string   `json:"recent,omitempty"`   // "最近：12 小明 +2 · 11 王姐 +1"
	State    string   `json:"state,omitempty"`    // "成团", "没成团", "" while open
	Picture  string   `json:"picture,omitempty"`  // reference or URL of the deal's picture
	Version  int64    `json:"version,omitempty"`  // a channel keeps the card with the highest version
}

// Picture is an image that the channel draws or uploads itself, e.g. a QR code.
type Picture struct {
	QR string `json:"qr,omitempty"` // text to encode
	// Open is what the code leads to ("deal CODE"). A channel with links of its own may draw one of those instead of QR, so
	// that who scans it comes to the bot rather than to a page.
	Open string `json:"open,omitempty"`
	URL  string `json:"url,omitempty"`
	Alt  string `json:"alt"` // read aloud, and shown where pictures cannot be
}

// Reply is one thing the bot says; what it means, not how it looks.
type Reply struct {
	Text    string   `json:"text,omitempty"`
	Card    *Card    `json:"card,omitempty"`
	Picture *Picture `json:"picture,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
	// Private sends it to the person's private talk even when the update came from a group.
	Private bool `json:"private,omitempty"`
	// Living names a message that is edited in place: the first time it is posted, later it is replaced ("card:D…").
	Living string `json:"living,omitempty"`
	// Replace is the message id to edit (a pressed message that becomes its own answer); "" posts a new message.
	Replace string `json:"replace,omitempty"`
	// Code names the kind of answer for tests, APIs and metrics ("joined", "too_late", "help").
	Code string `json:"code,omitempty"`
	// Facts are what a notice says, taken apart, for channels that may speak only in forms: title, amount, deadline, place,
	// code, shares, state, page.
	Facts map[string]string `json:"facts,omitempty"`
}

// Capabilities are a channel's limits and powers, as data. Zero means "no limit" for the limits, "cannot" for the powers.
type Capabilities struct {
	TextRunes  int           // longest text in runes
	TextBytes  int           // longest text in bytes of UTF-8
	TextUTF16  int           // longest text in UTF-16 units
	Buttons    int           // most buttons under one message
	Edit       bool          // can edit a sent message
	Push       bool          // can speak first
	PushWindow time.Duration // how long after a person's message a push is allowed; 0 = always
	Groups     bool          // takes part in group chats
	KeyedSend  bool          // a repeated send with the same key is shown once
	PerMinute  int           // most messages a minute into one chat
	PerSecond  int           // most messages a second on the whole channel
}

// Address is where an outgoing message goes: a chat, or a person's private talk.
type Address struct {
	Channel string
	Chat    string // external chat id; "" when it goes to Person
	Person  string // external person id
}

// Outgoing is one message to deliver.
type Outgoing struct {
	To    Address
	Reply Reply
	Key   string // stays the same over all retries of this message
	Edit  string // message id to replace; "" posts a new one
}

// Sent classifies what became of an outgoing message. Only the channel knows which.
type Sent string

// The outcomes of a send.
const (
	SentOK          Sent = "sent"
	SentRetry       Sent = "retry"       // try again after Wait
	SentUnreachable Sent = "unreachable" // blocked, never started, window closed
	SentRefused     Sent = "refused"     // our fault: the platform will never take this
	SentUnknown     Sent = "unknown"     // it may or may not have arrived
)

// Outcome is what a Sender says of one message.
type Outcome struct {
	Sent      Sent
	MessageID string
	Wait      time.Duration // for SentRetry: the platform's own wait, 0 if it named none
	Reason    string        // a short word for metrics and dead letters, free of secrets and names
}

// Sender delivers one message. It returns an outcome, never a bare error.
type Sender interface {
	Send(ctx context.Context, out Outgoing) Outcome
}

// Channel is one platform.
type Channel interface {
	Sender
	Name() string
	Capabilities() Capabilities
}

// Handler answers an update. An error is a fault (nothing is known to have happened): the adapter must not acknowledge,
// so that the platform delivers again. Refusals are ordinary replies.
type Handler interface {
	Handle(ctx context.Context, up Update) ([]Reply, error)
}
