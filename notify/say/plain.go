package say

import (
	"strings"

	"tuanbot/bot"
)

// Busy says that nothing was recorded and that it may be sent again.
func (v Voice) Busy() bot.Reply { return v.reply("busy", "busy") }

// Unknown says that we are finding out, and that it must not be sent again.
func (v Voice) Unknown() bot.Reply { return v.reply("unknown", "unknown") }

// NotUnderstood says that we did not get it, with one example that works. Example may be empty.
func (v Voice) NotUnderstood(text, example string) bot.Reply {
	key := "not_understood.so"
	if example == "" {
		key, example = "not_understood", v.words("example")
	}
	r := v.reply("not_understood", key, "text", Line(text, 20), "example", example)
	r.Choices = []bot.Choice{v.press("help", Plain(VerbHelp))}
	return r
}

// NotUnderstoodMeant is NotUnderstood when we have a guess at what was meant: 要 A 两份，请发：A 2.
func (v Voice) NotUnderstoodMeant(text, meant, example string) bot.Reply {
	return v.reply("not_understood", "not_understood.meant", "text", Line(text, 20), "meant", Line(meant, 20), "example", Line(example, 40))
}

// TooLong says that a message is longer than we read.
func (v Voice) TooLong() bot.Reply { return v.reply("too_long", "too_long") }

// Fault says that something is broken on our side; the id finds it in our records.
func (v Voice) Fault(id string) bot.Reply { return v.reply("fault", "fault", "id", Line(id, 20)) }

// Forgotten says that a person's data is deleted.
func (v Voice) Forgotten() bot.Reply { return v.reply("forgotten", "forgotten") }

// HelpLine is one row of the help: what to send, and what it does.
type HelpLine struct{ Words, Means string }

// Help lists what can be said, a line each.
func (v Voice) Help(title string, lines []HelpLine) bot.Reply {
	var text strings.Builder
	text.WriteString(title)
	for _, l := range lines {
		text.WriteString("\n" + v.words("help.line", "words", l.Words, "means", l.Means))
	}
	return bot.Reply{Text: text.String(), Code: "help"}
}
