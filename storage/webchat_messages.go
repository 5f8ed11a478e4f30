package storage

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// Rows of the port, spelled field for field.
type (
	webMessage = struct {
		ID, Room                               string
		Seq, Change, Pos                       int64
		Author, Name                           string
		New                                    bool
		Kind, Body, Hash, ReplyTo, Pressed     string
		Hidden, Living                         bool
		Version, Handled, LeaseUntil, Attempts int64
		CreatedAt, ChangedAt                   int64
	}
	webPost = struct {
		ID, Edit, Room, Body, ReplyTo string
		Living                        bool
		Version                       int64
	}
)

type messageRow struct {
	ID         string `gorm:"column:id"`
	Room       string `gorm:"column:room"`
	Seq        int64  `gorm:"column:seq"`
	Change     int64  `gorm:"column:change_seq"`
	Pos        int64  `gorm:"column:pos"`
	Author     string `gorm:"column:author"`
	Name       string `gorm:"column:name"`
	New        bool   `gorm:"column:is_new"`
	Kind       string `gorm:"column:kind"`
	Body       string `gorm:"column:body"`
	Hash       string `gorm:"column:hash"`
	ReplyTo    string `gorm:"column:reply_to"`
	Pressed    string `gorm:"column:pressed"`
	Hidden     bool   `gorm:"column:hidden"`
	Living     bool   `gorm:"column:living"`
	Version    int64  `gorm:"column:version"`
	Handled    int64  `gorm:"column:handled_at"`
	LeaseUntil int64  `gorm:"column:lease_until"`
	Attempts   int64  `gorm:"column:attempts"`
	CreatedAt  int64  `gorm:"column:created_at;autoCreateTime:false"`
	ChangedAt  int64  `gorm:"column:changed_at"`
}

const messageQuery = `SELECT w.id, w.room, w.seq, w.change_seq, w.pos, w.author, COALESCE(p.name, '') AS name,
	COALESCE(p.is_new, 0) AS is_new, w.kind, w.body, w.hash, w.reply_to, w.pressed, w.hidden, w.living, w.version, w.handled_at,
	w.lease_until, w.attempts, w.created_at, w.changed_at FROM web_messages w LEFT JOIN web_people p ON p.id = w.author `

func messages(db *gorm.DB, what, tail string, args ...any) ([]webMessage, error) {
	var rows []messageRow
	if err := db.Raw(messageQuery+tail, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	list := make([]webMessage, len(rows))
	for i, row := range rows {
		list[i] = webMessage(row)
	}
	return list, nil
}

func message(db *gorm.DB, what, tail string, args ...any) (webMessage, bool, error) {
	list, err := messages(db, what, tail, args...)
	if err != nil || len(list) == 0 {
		return webMessage{}, false, err
	}
	return list[0], true, nil
}

// WebMessage finds a message.
func (s *WebStore) WebMessage(ctx context.Context, id string) (webMessage, bool, error) {
	return message(s.read.WithContext(ctx), "read web message", "WHERE w.id = ?", id)
}

// WebMessages gives shown messages before a seq (0: from the end), newest first.
func (s *WebStore) WebMessages(ctx context.Context, room string, before int64, limit int) ([]webMessage, error) {
	if before <= 0 {
		before = 1 << 62
	}
	return messages(s.read.WithContext(ctx), "page web messages",
		"WHERE w.room = ? AND w.hidden = ? AND w.seq < ? ORDER BY w.seq DESC LIMIT ?", room, false, before, limit)
}

// WebChanges gives shown messages that changed after the cursor, in the order of the changes.
func (s *WebStore) WebChanges(ctx context.Context, room string, after int64, limit int) ([]webMessage, error) {
	return messages(s.read.WithContext(ctx), "read web changes",
		"WHERE w.room = ? AND w.hidden = ? AND w.change_seq > ? ORDER BY w.change_seq LIMIT ?", room, false, after, limit)
}

// WebCards gives the living messages of a room, the liveliest first.
func (s *WebStore) WebCards(ctx context.Context, room string, limit int) ([]webMessage, error) {
	return messages(s.read.WithContext(ctx), "read web cards",
		"WHERE w.room = ? AND w.living = ? ORDER BY w.change_seq DESC LIMIT ?", room, true, limit)
}

// PutWebPosts says something for the bot, each id once, and gives the ids that now hold the posts.
func (s *WebStore) PutWebPosts(ctx context.Context, posts []webPost, now int64) ([]string, error) {
	var ids []string
	err := s.inTx(ctx, "put web posts", func(tx *gorm.DB) error {
		rooms, err := s.lockRooms(tx, "", posts)
		if err != nil {
			return err
		}
		ids, err = s.applyPosts(tx, rooms, posts, now)
		return err
	})
	return ids, err
}

// lockRooms locks the rooms of the posts, and one more, by id: the same order everywhere, so nobody waits in a ring.
func (s *WebStore) lockRooms(tx *gorm.DB, also string, posts []webPost) (map[string]*roomState, error) {
	names := make([]string, 0, len(posts)+1)
	if also != "" {
		names = append(names, also)
	}
	for _, p := range posts {
		names = append(names, p.Room)
	}
	slices.Sort(names)
	rooms := map[string]*roomState{}
	for _, name := range slices.Compact(names) {
		r, err := s.lockRoom(tx, name)
		if err != nil {
			return nil, err
		}
		rooms[name] = r
	}
	return rooms, nil
}

func (s *WebStore) applyPosts(tx *gorm.DB, rooms map[string]*roomState, posts []webPost, now int64) ([]string, error) {
	ids := make([]string, len(posts))
	for i, p := range posts {
		id, err := s.applyPost(tx, rooms[p.Room], p, now)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	for _, r := range rooms {
		if err := r.save(tx); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (s *WebStore) applyPost(tx *gorm.DB, r *roomState, p webPost, now int64) (string, error) {
	if p.Edit != "" {
		old, found, err := message(tx, "read edited web message", "WHERE w.id = ? AND w.room = ? AND w.author = ''", p.Edit, p.Room)
		if err != nil {
			return "", err
		}
		if found {
			return old.ID, s.replaceBody(tx, r, old, p, now)
		}
	}
	var there int
	found, err := one(tx, &there, "SELECT 1 FROM web_messages WHERE id = ?", p.ID)
	if err != nil || found {
		return p.ID, err
	}
	r.LastSeq++
	r.LastChange++
	r.LastShown = r.LastSeq
	return p.ID, insertMessage(tx, webMessage{
		ID: p.ID, Room: p.Room, Seq: r.LastSeq, Change: r.LastChange, Kind: "bot", Body: p.Body, ReplyTo: p.ReplyTo,
		Living: p.Living, Version: p.Version, Handled: now, CreatedAt: now, ChangedAt: now,
	})
}

// replaceBody keeps the highest version: a late, older card must not undo a newer one.
func (s *WebStore) replaceBody(tx *gorm.DB, r *roomState, old webMessage, p webPost, now int64) error {
	if p.Version < old.Version || p.Body == old.Body {
		return nil
	}
	r.LastChange++
	return tx.Exec("UPDATE web_messages SET body = ?, version = ?, change_seq = ?, changed_at = ? WHERE id = ?",
		p.Body, p.Version, r.LastChange, now, old.ID).Error
}

func insertMessage(tx *gorm.DB, m webMessage) error {
	return tx.Exec(`INSERT INTO web_messages (id, room, seq, change_seq, pos, author, kind, body, hash, reply_to, pressed, hidden, living,
		version, handled_at, lease_until, attempts, created_at, changed_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		m.ID, m.Room, m.Seq, m.Change, m.Pos, m.Author, m.Kind, m.Body, m.Hash, m.ReplyTo, m.Pressed, m.Hidden, m.Living,
		m.Version, m.Handled, m.LeaseUntil, m.Attempts, m.CreatedAt, m.ChangedAt).Error
}
