package bot

import "time"

// The types below are what a chat of our own (the web chat) shows of itself to programs: the JSON API and its clients.

// RoomView is a conversation as one of its members sees it.
type RoomView struct {
	ID     string   `json:"id"`
	Kind   ChatKind `json:"kind"`
	Title  string   `json:"title"`
	Role   string   `json:"role"` // "keeper" or "member"
	Unread int64    `json:"unread"`
	Cursor int64    `json:"cursor"` // where a stream of new messages starts
}

// PersonView is a person as others may see them.
type PersonView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Lang string `json:"lang"`
	New  bool   `json:"new,omitempty"`
}

// MessageView is one message. Exactly one of Text (a person spoke) and Reply (the bot spoke) is set.
type MessageView struct {
	ID      string      `json:"id"`
	Room    string      `json:"room"`
	Seq     int64       `json:"seq"`    // its place in the room
	Cursor  int64       `json:"cursor"` // grows with every change of any message in the room
	Author  *PersonView `json:"author,omitempty"`
	Text    string      `json:"text,omitempty"`
	Reply   *Reply      `json:"reply,omitempty"`
	ReplyTo string      `json:"reply_to,omitempty"`
	Waiting bool        `json:"waiting,omitempty"` // stored, not handled yet
	At      time.Time   `json:"at"`
	Changed time.Time   `json:"changed"`
}
