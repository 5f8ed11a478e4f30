// Package say holds the bot's words: answers, refusals, cards and notices as replies in a person's language. Everything
// here is a pure function of what it is given; the texts themselves stand in assets/words. It must not know storage,
// conversations or any channel, and it reads no clock: Voice brings the time.
package say

import (
	"strconv"
	"strings"
	"time"

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
	pairs := make([]string, 0, len(as))
	for i := 0; i+1 < len(as); i += 2 {
		name, _ := as[i].(string)
		pairs = append(pairs, "{"+name+"}", filled(as[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
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
