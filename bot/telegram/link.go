package telegram

import (
	"encoding/base64"
	"regexp"
	"strings"

	"tuanbot/bot"
)

const maxPayload = 64

var goodPayload = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// payload is an action as a deep link can carry it: "deal D7KQ2" is deal_D7KQ2. What that would garble goes as x-BASE64;
// "" when it is too long even so.
func payload(action string) string {
	if p := strings.ReplaceAll(action, " ", "_"); goodPayload.MatchString(p) && actionOf(p) == action {
		return p
	}
	p := "x-" + base64.RawURLEncoding.EncodeToString([]byte(action))
	if len(p) > maxPayload {
		return ""
	}
	return p
}

// actionOf is what a deep link's payload stands for; "" for what no link of ours carries.
func actionOf(p string) string {
	if !goodPayload.MatchString(p) {
		return ""
	}
	if code, ok := strings.CutPrefix(p, "x-"); ok {
		raw, err := base64.RawURLEncoding.DecodeString(code)
		if err != nil {
			return ""
		}
		return string(raw)
	}
	verb, rest, ok := strings.Cut(p, "_")
	if !ok {
		return ""
	}
	if verb != "team" { // a team's token may hold the sign itself
		rest = strings.ReplaceAll(rest, "_", " ")
	}
	return verb + " " + rest
}

// Link is the deep link that opens the private talk with the bot on an action ("deal CODE", "team TOKEN"); without an action
// it only opens the talk. It is "" before Telegram has told us our name, and for an action that no link can carry.
func (ch *Channel) Link(action string) string { return ch.link("start", action) }

// GroupLink lets a person choose a group to take the bot into, and opens an action there.
func (ch *Channel) GroupLink(action string) string { return ch.link("startgroup", action) }

func (ch *Channel) link(way, action string) string {
	name := ch.username()
	if name == "" {
		return ""
	}
	p := "hi"
	if action != "" {
		p = payload(action)
	}
	if p == "" {
		return ""
	}
	return "https://t.me/" + name + "?" + way + "=" + p
}

func (ch *Channel) username() string {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.name
}

// opened lets a code lead to the bot instead of to a page, where it stands for something that the bot can open.
func (ch *Channel) opened(r bot.Reply) bot.Reply {
	if r.Picture == nil || r.Picture.Open == "" {
		return r
	}
	if to := ch.Link(r.Picture.Open); to != "" {
		p := *r.Picture
		p.QR = to
		r.Picture = &p
	}
	return r
}
