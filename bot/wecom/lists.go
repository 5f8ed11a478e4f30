package wecom

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tuanbot/bot"
)

// The pages of the notebook. Those about a person start alike, so that leaving removes them together.
const (
	pagePeople    = "wecom/person/"
	pageLists     = "wecom/person/list"   // what numbers stand for
	pageWindows   = "wecom/person/window" // of customer service
	pageNames     = "wecom/person/name"
	pageStreamsOf = "wecom/person/streams" // answers on their way to a person
	pageStreams   = "wecom/streams"        // and what stands in them
	pageKF        = "wecom/kf"             // cursor and what is still to be fetched, by account
	pageParts     = "wecom/parts"          // how much of a message has left, by its key
	pageAnswers   = "wecom/answers"        // addresses at which the AI bot may answer once more, by chat
	pageRobots    = "wecom/robots"         // which robot speaks in an internal group
	pageTasks     = "wecom/tasks"          // what members of staff are asked to send
	pageGroups    = "wecom/groups"         // customer groups
	pageSpent     = "wecom/spent"          // tasks a group has had this month
	pageMedia     = "wecom/media"          // pictures that were uploaded
	pageWays      = "wecom/joinways"       // codes by which one joins a group
)

const (
	listLives = 24 * time.Hour // how long a number stands for its choice
	keptPicks = 6
)

// list is what numbers stand for in a talk.
type list struct {
	Actions []string `json:"a,omitempty"`
	At      int64    `json:"t,omitempty"` // ms
	Picked  []pick   `json:"p,omitempty"`
}

// pick is a number that somebody sent and what it stood for then: a repeat of the callback must mean the same.
type pick struct {
	Key    string `json:"k"`
	Action string `json:"a"`
}

type lists struct {
	notes bot.Notebook
	clock func() time.Time
}

// show notes what the numbers below an answer stand for; none when it has none, so that a quantity typed next is not taken
// for an old choice.
func (l *lists) show(ctx context.Context, talk string, actions []string) error {
	if len(actions) == 0 {
		raw, err := l.notes.Note(ctx, pageLists, talk)
		if err == nil && raw == nil {
			return nil
		}
	}
	return l.change(ctx, talk, func(old *list) { old.Actions, old.At = actions, l.clock().UnixMilli() })
}

func (l *lists) change(ctx context.Context, talk string, f func(old *list)) error {
	err := l.notes.Change(ctx, pageLists, talk, func(raw []byte) ([]byte, time.Time, error) {
		old, err := decode[list](raw)
		if err != nil {
			return nil, time.Time{}, err
		}
		f(&old)
		raw, err = json.Marshal(old)
		return raw, l.clock().Add(listLives), err
	})
	if err != nil {
		return fmt.Errorf("what numbers stand for: %w", err)
	}
	return nil
}

// chosen finds what a number stands for in the talks where it was sent, the newest list first; "" when it is no number or
// stands for nothing.
func (l *lists) chosen(ctx context.Context, key, text string, talks ...string) (string, error) {
	n := number(text)
	if n == 0 {
		return "", nil
	}
	var newest list
	where := ""
	for _, talk := range talks {
		raw, err := l.notes.Note(ctx, pageLists, talk)
		if err != nil {
			return "", fmt.Errorf("what numbers stand for: %w", err)
		}
		found, err := decode[list](raw)
		if err != nil {
			return "", err
		}
		for _, p := range found.Picked {
			if p.Key == key {
				return p.Action, nil
			}
		}
		if raw != nil && found.At > newest.At {
			newest, where = found, talk
		}
	}
	if n > len(newest.Actions) || l.clock().UnixMilli()-newest.At >= listLives.Milliseconds() {
		return "", nil
	}
	action := newest.Actions[n-1]
	return action, l.change(ctx, where, func(old *list) {
		old.Picked = append(old.Picked, pick{key, action})
		old.Picked = old.Picked[max(0, len(old.Picked)-keptPicks):]
	})
}

// number reads a number of one or two digits, also wide ones, with nothing around it ("+2" is an order); 0 for all else.
func number(s string) int {
	n := 0
	for i, r := range []rune(s) {
		if r >= '０' && r <= '９' {
			r -= '０' - '0'
		}
		if r < '0' || r > '9' || i == 2 {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// meant replaces the number of a choice by what it stands for.
func (c *Channel) meant(ctx context.Context, up bot.Update, talks ...string) (bot.Update, error) {
	if up.Kind != bot.KindText {
		return up, nil
	}
	action, err := c.lists.chosen(ctx, up.Key, up.Text, talks...)
	if err != nil || action == "" {
		return up, err
	}
	up.Kind, up.Action, up.Text = bot.KindAction, action, ""
	return up, nil
}

// decode reads a note; none is the zero value.
func decode[T any](raw []byte) (v T, err error) {
	if raw == nil {
		return v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("read a note: %w", err)
	}
	return v, nil
}

// change rewrites a note of any sort; f returns nil to remove it.
func change[T any](ctx context.Context, n bot.Notebook, page, key string, until time.Time, f func(old *T) *T) error {
	err := n.Change(ctx, page, key, func(raw []byte) ([]byte, time.Time, error) {
		var old *T
		if raw != nil {
			v, err := decode[T](raw)
			if err != nil {
				return nil, time.Time{}, err
			}
			old = &v
		}
		next := f(old)
		if next == nil {
			return nil, time.Time{}, nil
		}
		raw, err := json.Marshal(next)
		return raw, until, err
	})
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	return nil
}

// look reads a note of any sort.
func look[T any](ctx context.Context, n bot.Notebook, page, key string) (v T, found bool, err error) {
	raw, err := n.Note(ctx, page, key)
	if err != nil {
		return v, false, fmt.Errorf("read a note: %w", err)
	}
	v, err = decode[T](raw)
	return v, raw != nil, err
}
