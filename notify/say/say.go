// Package say holds the bot's words: answers, refusals, cards and notices as replies in a person's language. Everything
// here is a pure function of what it is given; the texts themselves stand in assets/words. It must not know storage,
// conversations or any channel, and it reads no clock: Voice brings the time.
package say

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tuanbot/assets"
	"tuanbot/bot"
	"tuanbot/domain"
)

// Voice is how the bot speaks to one person or chat: in which language, in which zone, at what time.
type Voice struct {
	Lang    domain.Lang
	Zone    *time.Location
	Now     time.Time
	BaseURL string // of our pages, without a slash at the end; "" where there are none
}

// words is the text of a key with its placeholders filled: name, value, name, value. Values are never looked into for
// placeholders, so that nobody's name can bring one.
func (v Voice) words(key string, as ...any) string {
	text := assets.Word(string(v.Lang), "say."+key)
	if len(as) == 0 {
		return text
	}
	values := make(map[string]string, len(as)/2)
	for i := 0; i+1 < len(as); i += 2 {
		if name, ok := as[i].(string); ok {
			values[name] = filled(as[i+1])
		}
	}
	return fill(text, values)
}

// fill puts values into a text's {placeholders}; where Chinese meets digits or Latin letters it leaves a space, as print does.
func fill(text string, values map[string]string) string {
	var sb strings.Builder
	last := rune(0)
	put := func(s string) {
		first, _ := utf8.DecodeRuneInString(s)
		if s != "" && (han(last) && narrow(first) || narrow(last) && han(first)) {
			sb.WriteByte(' ')
		}
		sb.WriteString(s)
		if r, n := utf8.DecodeLastRuneInString(s); n > 0 {
			last = r
		}
	}
	for text != "" {
		before, rest, open := strings.Cut(text, "{")
		put(before)
		name, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			put(rest)
			break
		}
		put(values[name])
		text = after
	}
	return sb.String()
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

func narrow(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '¥'
}

func filled(value any) string {
	switch x := value.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case int:
		return strconv.Itoa(x)
	}
	return ""
}

// has reports whether there is a text under a key.
func (v Voice) has(key string) bool { return assets.Word(string(v.Lang), "say."+key) != "say."+key }

// English reports whether the voice speaks English.
func (v Voice) English() bool { return v.Lang == domain.English }

// zone is the voice's zone, UTC if none is set.
func (v Voice) zone() *time.Location {
	if v.Zone == nil {
		return time.UTC
	}
	return v.Zone
}

// press is a button.
func (v Voice) press(key, action string, as ...any) bot.Choice {
	return bot.Choice{Label: v.words("button."+key, as...), Action: action}
}

// main is the button most people want.
func (v Voice) main(key, action string, as ...any) bot.Choice {
	c := v.press(key, action, as...)
	c.Main = true
	return c
}

// link is a button that opens one of our pages, or nothing where there are none.
func (v Voice) link(key, path string) []bot.Choice {
	if v.BaseURL == "" {
		return nil
	}
	return []bot.Choice{{Label: v.words("button." + key), URL: v.BaseURL + path}}
}

// reply is a reply of one text under a code.
func (v Voice) reply(code, key string, as ...any) bot.Reply {
	return bot.Reply{Text: v.words(key, as...), Code: code}
}

// DealURL is the page of a deal, "" where there are no pages.
func (v Voice) DealURL(code string) string { return v.page("/d/" + code) }

// OrderURL is the page of an order with its receipt.
func (v Voice) OrderURL(token string) string { return v.page("/o/" + token) }

// TeamURL is the page of a team, to bring others into it.
func (v Voice) TeamURL(token string) string { return v.page("/t/" + token) }

// SheetURL is the merchant's sheet of a summary.
func (v Voice) SheetURL(token string) string { return v.page("/m/" + token) }

func (v Voice) page(path string) string {
	if v.BaseURL == "" {
		return ""
	}
	return v.BaseURL + path
}
