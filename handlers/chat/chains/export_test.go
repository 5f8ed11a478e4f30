package chains

import "tuanbot/handlers/chat/words"

// Work is how much reading a text takes: pieces handed to the readers below.
func Work(text string, items []words.Item) int {
	r := &reader{items: items}
	r.read(text)
	return r.work
}
