package chat

import (
	"strings"

	"tuanbot/assets"
	"tuanbot/bot"
)

// w is a text of our own with its placeholders filled: name, value, name, value.
func (t *talk) w(key string, pairs ...string) string {
	text := assets.Word(string(t.v.Lang), "chat."+key)
	if len(pairs) == 0 {
		return text
	}
	as := make([]string, len(pairs))
	for i, p := range pairs {
		if as[i] = p; i%2 == 0 {
			as[i] = "{" + p + "}"
		}
	}
	return strings.NewReplacer(as...).Replace(text)
}

// say1 is one reply of our own words.
func (t *talk) say1(code, key string, pairs ...string) []bot.Reply {
	return []bot.Reply{{Text: t.w(key, pairs...), Code: code}}
}
