package telegram

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"tuanbot/bot"
)

// When a group becomes a supergroup its id changes. For us it stays the chat it was: updates from the new id are read as
// coming from the old one, and what is for the old one is sent to the new.
const (
	pageMoved = "telegram/moved" // old id -> new id
	pageWas   = "telegram/was"   // new id -> old id
)

const (
	maxMoves = 10_000
	doubtFor = 10 * time.Second // how long "never moved" is believed; another copy may have heard of the move
)

// moves remembers which group became which.
type moves struct {
	notes bot.Notebook
	clock func() time.Time
	mu    sync.Mutex
	known map[string]move // page and id
}

type move struct {
	to    int64 // 0: it did not move
	until time.Time
}

func newMoves(notes bot.Notebook, clock func() time.Time) *moves {
	return &moves{notes: notes, clock: clock, known: map[string]move{}}
}

func key(id int64) string { return strconv.FormatInt(id, 10) }

// note writes a move down, in both directions.
func (m *moves) note(ctx context.Context, from, to int64) error {
	if from == 0 || to == 0 || from == to {
		return nil
	}
	for _, n := range []struct {
		page   string
		id, is int64
	}{{pageMoved, from, to}, {pageWas, to, from}} {
		if m.notes != nil {
			err := m.notes.Change(ctx, n.page, key(n.id), func([]byte) ([]byte, time.Time, error) { return []byte(key(n.is)), time.Time{}, nil })
			if err != nil {
				return fmt.Errorf("remember that a group has moved: %w", err)
			}
		}
		m.keep(n.page, n.id, move{to: n.is})
	}
	return nil
}

func (m *moves) keep(page string, id int64, mv move) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= maxMoves && m.notes != nil {
		clear(m.known)
	}
	m.known[page+key(id)] = mv
}

// now is where a chat is today.
func (m *moves) now(ctx context.Context, id int64) (int64, error) { return m.look(ctx, pageMoved, id) }

// was is what we have always called a chat.
func (m *moves) was(ctx context.Context, id int64) (int64, error) { return m.look(ctx, pageWas, id) }

func (m *moves) look(ctx context.Context, page string, id int64) (int64, error) {
	if id >= 0 {
		return id, nil
	}
	m.mu.Lock()
	mv, ok := m.known[page+key(id)]
	m.mu.Unlock()
	if ok && (mv.until.IsZero() || m.clock().Before(mv.until)) {
		return mv.or(id), nil
	}
	if m.notes == nil {
		return id, nil
	}
	value, err := m.notes.Note(ctx, page, key(id))
	if err != nil {
		return 0, fmt.Errorf("look whether a group has moved: %w", err)
	}
	mv = move{until: m.clock().Add(doubtFor)}
	if to, err := strconv.ParseInt(string(value), 10, 64); err == nil && to != 0 {
		mv = move{to: to}
	}
	m.keep(page, id, mv)
	return mv.or(id), nil
}

func (mv move) or(id int64) int64 {
	if mv.to == 0 {
		return id
	}
	return mv.to
}

// place is a chat and, in a forum, the topic in it.
type place struct {
	chat  int64
	topic int
}

// String is how the rest of the program names a place: "-100123", or "-100123/77" for a topic.
func (p place) String() string {
	if p.topic == 0 {
		return key(p.chat)
	}
	return key(p.chat) + "/" + strconv.Itoa(p.topic)
}

func parsePlace(s string) (place, bool) {
	chat, topic, forum := strings.Cut(s, "/")
	id, err := strconv.ParseInt(chat, 10, 64)
	if err != nil || id == 0 {
		return place{}, false
	}
	p := place{chat: id}
	if forum {
		p.topic, err = strconv.Atoi(topic)
	}
	return p, err == nil && (!forum || p.topic > 0)
}
