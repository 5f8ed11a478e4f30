// Package fake is a town of stand-ins for chat platforms, as strict as the real ones: each speaks its platform's wire format,
// signs, redelivers, counts quotas and refuses what the platform would refuse. Tests drive it, and `tuanbot fake` serves it
// with a page on which one can speak as a person of each platform. It does not know how the bot's channels are written.
package fake

import (
	"context"
	"time"
)

// Person is somebody on a platform.
type Person struct {
	ID   string
	Name string
	Lang string // as the platform tells it; "" when it does not
}

// Chat is a conversation that the bot takes part in. A private talk is found by its person.
type Chat struct {
	ID    string
	Title string
	Group bool
}

// Button is what a person sees below a message and can press.
type Button struct {
	Label string
	Press string // what Press takes; "" for a link
	URL   string
}

// Message is one message as the people in a chat see it now.
type Message struct {
	ID      string
	From    string // person id, "" for the bot
	Text    string
	Picture string // what the picture shows, or its URL
	Buttons []Button
	Form    string // what the platform calls it: "text", "news", "template", "passive", "robot"...
	Edited  int    // how often it was edited
	At      time.Time
}

// Platform is one stand-in. Its methods are safe for use from several goroutines. What a person does is delivered to the bot
// before the method returns, with the platform's redeliveries if the bot does not answer as it must; the error says that the
// platform has given up.
type Platform interface {
	Name() string
	People() []Person
	Chats() []Chat
	// Say lets a person write into a chat; chat "" is their private talk with the bot.
	Say(ctx context.Context, who, chat, text string) error
	// Reply is Say in answer to a message.
	Reply(ctx context.Context, who, chat, message, text string) error
	// Press presses a button of a message.
	Press(ctx context.Context, who, message, button string) error
	// Open is following a link or scanning a QR code that carries a payload.
	Open(ctx context.Context, who, payload string) error
	// Follow and Leave start and end a person's contact with the bot.
	Follow(ctx context.Context, who string) error
	Leave(ctx context.Context, who string) error
	// Shown is what a chat shows to a person, oldest first.
	Shown(who, chat string) []Message
	// Faults are the rules of the platform that the bot has broken so far, in plain words; none is the only good answer.
	Faults() []string
}
