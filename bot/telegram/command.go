package telegram

import (
	"strings"
	"unicode/utf16"
)

// units is a text as Telegram counts it. Offsets of entities come from outside: slice them with part only.
type units []uint16

func unitsOf(s string) units { return utf16.Encode([]rune(s)) }

// part is n units from i on; ok is false when they do not lie within the text.
func (u units) part(i, n int) (string, bool) {
	if i < 0 || n < 0 || i > len(u) || n > len(u)-i {
		return "", false
	}
	return string(utf16.Decode(u[i : i+n])), true
}

// command is a message that begins with "/word" or "/word@bot".
type command struct {
	name  string // lower case, without slash and bot
	bot   string // which bot it is for; "" when none is named
	after string
}

// parseCommand reads a command at the very beginning of a text, where Telegram has marked one.
func parseCommand(text string, marks []entity) (command, bool) {
	if len(marks) == 0 || marks[0].Type != "bot_command" || marks[0].Offset != 0 {
		return command{}, false
	}
	u := unitsOf(text)
	word, ok := u.part(0, marks[0].Length)
	if !ok || len(word) < 2 || word[0] != '/' {
		return command{}, false
	}
	after, _ := u.part(marks[0].Length, len(u)-marks[0].Length) // the first part fitted, so does the rest
	name, whose, _ := strings.Cut(word[1:], "@")
	return command{name: strings.ToLower(name), bot: whose, after: strings.TrimSpace(after)}, true
}

// words is a command as somebody would have typed it: "/pick_up 7KQ4" is "pick up 7KQ4".
func (c command) words() string {
	return strings.TrimSpace(strings.ReplaceAll(c.name, "_", " ") + " " + c.after)
}

// stripMentions takes our name out of a text; found says that we were spoken to.
func (ch *Channel) stripMentions(text, name string, marks []entity) (_ string, found bool) {
	u := unitsOf(text)
	var out []uint16
	from := 0
	for _, e := range marks {
		word, ok := u.part(e.Offset, e.Length)
		ours := e.Type == "mention" && name != "" && strings.EqualFold(word, "@"+name) || e.Type == "text_mention" && e.User != nil && e.User.ID == ch.id
		if !ok || !ours || e.Offset < from {
			continue
		}
		out = append(append(out, u[from:e.Offset]...), ' ')
		from, found = e.Offset+e.Length, true
	}
	if !found {
		return text, false
	}
	out = append(out, u[from:]...)
	return squeeze(string(utf16.Decode(out))), true
}

// squeeze takes the doubled blanks away that a cut has left, and keeps lines.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
