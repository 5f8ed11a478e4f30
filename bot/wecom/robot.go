package wecom

import (
	"context"
	"crypto/md5" //nolint:gosec // the platform wants it, as a checksum
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"sync"
	"time"

	"tuanbot/bot"
)

// A robot says so many messages a minute; what is more is lost for a while.
const (
	robotMinute = 20
	robotLong   = 61 * time.Second
	maxTitle    = 128 // bytes of a news title
	maxDetail   = 512
)

// minutes keeps what this process says through robots within their budgets.
type minutes struct {
	clock func() time.Time
	mu    sync.Mutex
	said  map[string][]time.Time
	until map[string]time.Time // told to wait
}

func newMinutes(clock func() time.Time) *minutes {
	return &minutes{clock: clock, said: map[string][]time.Time{}, until: map[string]time.Time{}}
}

// take asks for so many messages of a robot at once. A wait above zero means: not now, and for how long; then nothing is
// taken.
func (m *minutes) take(robot string, count int) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	if wait := m.until[robot].Sub(now); wait > 0 {
		return wait
	}
	said := m.said[robot]
	for len(said) > 0 && now.Sub(said[0]) >= robotLong {
		said = said[1:]
	}
	m.said[robot] = said
	if over := len(said) + count - robotMinute; over > 0 {
		return max(said[min(over, len(said))-1].Add(robotLong).Sub(now), time.Millisecond)
	}
	for range count {
		m.said[robot] = append(m.said[robot], now)
	}
	return 0
}

func (m *minutes) block(robot string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.until[robot] = m.clock().Add(d)
}

// toRobot says something through a group's robot. Nobody can answer a robot; where the group has an AI bot too, that one
// hears the number of a choice.
func (c *Channel) toRobot(ctx context.Context, name, talk string, out bot.Outgoing) bot.Outcome {
	key, known := c.c.Robots[name]
	if !known {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "no_robot"}
	}
	m := gather([]bot.Reply{out.Reply})
	if door, _ := split2(talk); door != idBotGroup {
		m.choices = nil
	}
	bodies := robotBodies(out.Reply, m)
	if len(bodies) == 0 {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "empty"}
	}
	if len(m.choices) > 0 {
		if err := c.lists.show(ctx, talk, m.actions()); err != nil {
			return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
		}
	}
	if len(bodies) == 1 {
		return c.say(ctx, name, key, bodies[0], out.Key)
	}
	return c.eachOnce(ctx, out.Key, len(bodies), func(i int) bot.Outcome { return c.say(ctx, name, key, bodies[i], out.Key) })
}

// say posts one message. The key stands in the address, so no error may show that; and an answer with a code is not sent,
// whatever its status.
func (c *Channel) say(ctx context.Context, name, key string, body map[string]any, id string) bot.Outcome {
	if wait := c.robots.take(name, 1); wait > 0 {
		return bot.Outcome{Sent: bot.SentRetry, Reason: "quota_minute", Wait: wait}
	}
	raw, err := encode(body)
	if err != nil {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "encode"}
	}
	const path = "/cgi-bin/webhook/send"
	did := c.outcome(c.api.do(ctx, path, c.c.BaseURL+path+"?"+url.Values{"key": {key}}.Encode(), raw, jsonKind, nil), false)
	if did.Wait > 0 {
		c.robots.block(name, did.Wait)
	}
	if did.Sent == bot.SentOK {
		did.MessageID = id
	}
	return did
}

// robotBodies are a reply as a robot says it: a card with picture and page as news, else text, or markdown when it is too
// long for a text; and pictures behind it.
func robotBodies(r bot.Reply, m message) []map[string]any {
	var all []map[string]any
	if n := newsOf(r, m); n != nil {
		all = append(all, n)
	} else {
		switch text := m.full(plain); {
		case text == "":
		case len(text) <= maxText:
			all = append(all, map[string]any{"msgtype": "text", "text": map[string]any{"content": text}})
		default:
			all = append(all, map[string]any{"msgtype": "markdown", "markdown": map[string]any{"content": bot.Cut(m.full(marked), maxMarkdown, bot.Bytes)}})
		}
	}
	for _, qr := range m.qrs {
		if png, err := picture(qr); err == nil {
			sum := md5.Sum(png) //nolint:gosec // as above
			all = append(all, map[string]any{"msgtype": "image", "image": map[string]any{"base64": base64.StdEncoding.EncodeToString(png), "md5": hex.EncodeToString(sum[:])}})
		}
	}
	return all
}

// newsOf is the picture form of a card that has a picture and a page to open; nil for everything else.
func newsOf(r bot.Reply, m message) map[string]any {
	if r.Card == nil || r.Text != "" || !goodURL(r.Card.Picture) || len(m.choices) > 0 || len(m.links) == 0 || !goodURL(m.links[0].URL) {
		return nil
	}
	lines := bot.CardLines(*r.Card)
	article := map[string]string{
		"title": bot.Cut(safe(lines[0]), maxTitle, bot.Bytes), "description": bot.Cut(safe(strings.Join(lines[1:], "\n")), maxDetail, bot.Bytes),
		"url": m.links[0].URL, "picurl": r.Card.Picture,
	}
	return map[string]any{"msgtype": "news", "news": map[string]any{"articles": []map[string]string{article}}}
}
