package wecom

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"tuanbot/bot"
)

// place is an address at which the AI bot may answer one message once more, for an hour.
type place struct {
	URL   string `json:"u"`
	Until int64  `json:"t"` // ms
	Used  bool   `json:"x,omitempty"`
}

// keepAnswerPlace notes where a chat can be answered later. A repeat of the message brings the same address, which stays
// used.
func (c *Channel) keepAnswerPlace(ctx context.Context, chat, address string) error {
	if !c.ours(address) {
		return nil
	}
	now := c.c.Clock()
	return change(ctx, c.c.Notes, pageAnswers, chat, now.Add(answerFor), func(old *[]place) *[]place {
		var keep []place
		if old != nil {
			for _, p := range *old {
				if p.Until > now.UnixMilli() {
					keep = append(keep, p)
				}
				if p.URL == address {
					address = ""
				}
			}
		}
		if address != "" {
			keep = append(keep, place{URL: address, Until: now.Add(answerFor).UnixMilli()})
		}
		keep = keep[max(0, len(keep)-keptPlaces):]
		return &keep
	})
}

// ours reports whether an address belongs to the platform: nobody may have us call somewhere else.
func (c *Channel) ours(address string) bool {
	u, err := url.Parse(address)
	home, err2 := url.Parse(c.c.BaseURL)
	return err == nil && err2 == nil && address != "" && len(address) <= maxURL && u.Scheme == home.Scheme && u.Host == home.Host && u.User == nil
}

// takeAnswerPlace gives an address that was not used yet, and marks it used; "" when there is none.
func (c *Channel) takeAnswerPlace(ctx context.Context, chat string) (string, error) {
	found := ""
	now := c.c.Clock()
	err := change(ctx, c.c.Notes, pageAnswers, chat, now.Add(answerFor), func(old *[]place) *[]place {
		found = ""
		if old == nil {
			return nil
		}
		all := append([]place(nil), *old...)
		for i := len(all) - 1; i >= 0 && found == ""; i-- {
			if !all[i].Used && all[i].Until > now.UnixMilli() {
				all[i].Used, found = true, all[i].URL
			}
		}
		return &all
	})
	return found, err
}

// answerLater says something at an address that a message of the chat gave us.
func (c *Channel) answerLater(ctx context.Context, chat string, m message) bot.Outcome {
	address, err := c.takeAnswerPlace(ctx, chat)
	switch {
	case err != nil:
		c.c.Log.WarnContext(ctx, "an answer waits for the notebook", "channel", ChannelName, "err", err)
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	case address == "":
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_way"}
	}
	if err := c.lists.show(ctx, chat, m.actions()); err != nil {
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	}
	raw, err := encode(map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": bot.Cut(m.full(marked), maxStream, bot.Bytes)}})
	if err != nil {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "encode"}
	}
	c.api.veil.Add(address)
	return c.outcome(c.api.do(ctx, "response_url", address, raw, jsonKind, nil), false)
}

// toBotGroup speaks first in a group: through its robot, or, where it has none, at an address for one answer.
func (c *Channel) toBotGroup(ctx context.Context, chat string, out bot.Outgoing) bot.Outcome {
	b, _, err := look[bound](ctx, c.c.Notes, pageRobots, chat)
	switch {
	case err != nil:
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	case b.Robot != "":
		return c.toRobot(ctx, b.Robot, chat, out)
	}
	did := c.answerLater(ctx, chat, gather([]bot.Reply{out.Reply}))
	if did.Reason == "no_way" { // the group is there, only nobody has given it a robot
		did = bot.Outcome{Sent: bot.SentRefused, Reason: "no_robot"}
	}
	return did
}

// bound says which robot speaks in a group. Until the code that the robot said there is repeated, it only asks.
type bound struct {
	Robot string `json:"r,omitempty"`
	Asked string `json:"q,omitempty"`
	Code  string `json:"c,omitempty"`
	Key   string `json:"k,omitempty"` // of the message that asked, so that a repeat asks once
	Tries int    `json:"n,omitempty"`
}

const bindTries = 5

// bind joins a group's robot with the AI bot in it: "机器人 NAME" makes the robot say a code, "绑定 CODE" proves that both are
// in the same group. Own is false for everything else.
func (c *Channel) bind(ctx context.Context, up bot.Update) (said string, own bool) {
	if up.Kind != bot.KindText || up.Chat.Kind != bot.ChatGroup {
		return "", false
	}
	word, rest, _ := strings.Cut(up.Text, " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch strings.ToLower(word) {
	case "机器人", "robot":
		if rest == "" {
			return "", false
		}
		if _, known := c.c.Robots[rest]; !known {
			return c.word("zh", "wecom.robot_unknown", "没有叫这个名字的机器人。 · There is no robot of that name."), true
		}
		said, err = c.askRobot(ctx, up, rest)
	case "绑定", "bind":
		if b, _, failed := look[bound](ctx, c.c.Notes, pageRobots, up.Chat.ID); failed == nil && b.Code == "" && b.Asked != rest || rest == "" {
			return "", false // no robot was asked for: it is a word of the program
		}
		said, err = c.proveRobot(ctx, up, rest)
	default:
		return "", false
	}
	if err != nil {
		c.c.Log.WarnContext(ctx, "a robot is not bound", "channel", ChannelName, "err", c.api.veil.OverError(err))
		return c.word("zh", "wecom.robot_failed", "没绑上，等一会再试。 · That did not work; try again a little later."), true
	}
	return said, true
}

func (c *Channel) askRobot(ctx context.Context, up bot.Update, name string) (string, error) {
	code, err := c.code()
	if err != nil {
		return "", err
	}
	fresh := false
	err = change(ctx, c.c.Notes, pageRobots, up.Chat.ID, time.Time{}, func(old *bound) *bound {
		b := bound{}
		if old != nil {
			b = *old
		}
		if fresh = b.Key != up.Key; fresh {
			b.Asked, b.Code, b.Key, b.Tries = name, code, up.Key, 0
		}
		return &b
	})
	if err != nil {
		return "", err
	}
	if fresh {
		text := c.word("zh", "wecom.robot_code", "请 @团购助手 发：绑定 %s · Mention the assistant and say: bind %s")
		out := c.say(ctx, name, c.c.Robots[name], map[string]any{"msgtype": "text", "text": map[string]any{"content": strings.ReplaceAll(text, "%s", code)}}, up.Key)
		if out.Sent != bot.SentOK {
			return "", fmt.Errorf("let a robot say a code: %s", out.Reason)
		}
	}
	return c.word("zh", "wecom.robot_asked", "机器人刚在它的群里说了一个数字。请 @我 发：绑定 那个数字。 · The robot has just said a number in its group. Mention me and say: bind and the number."), nil
}

func (c *Channel) proveRobot(ctx context.Context, up bot.Update, code string) (string, error) {
	good := false
	err := change(ctx, c.c.Notes, pageRobots, up.Chat.ID, time.Time{}, func(old *bound) *bound {
		good = false
		if old == nil {
			return nil
		}
		b := *old
		switch {
		case b.Code != "" && b.Code == code && b.Tries < bindTries:
			good = true
			b = bound{Robot: b.Asked, Key: b.Key, Asked: code}
		case b.Code == "" && b.Robot != "" && b.Asked == code: // a repeat of the message
			good = true
		default:
			b.Tries++
		}
		return &b
	})
	switch {
	case err != nil:
		return "", err
	case good:
		return c.word("zh", "wecom.robot_bound", "好了：通知会由机器人发在本群。 · Done: notices will be said here by the robot."), nil
	}
	return c.word("zh", "wecom.robot_wrong", "数字不对。请再发一次：机器人 名字。 · That is not the number. Please say again: robot and its name."), nil
}

// code is six digits.
func (c *Channel) code() (string, error) {
	b := make([]byte, 4)
	if _, err := io.ReadFull(c.c.Random, b); err != nil {
		return "", fmt.Errorf("random digits: %w", err)
	}
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(b)%1_000_000), nil
}
