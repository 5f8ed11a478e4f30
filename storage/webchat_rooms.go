package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// Rows of the port, spelled field for field.
type (
	webSeat = struct {
		Room, Kind, Title, Role                  string
		ReadSeq, LastSeq, Unread, LastAt         int64
		LastKind, LastAuthor, LastName, LastBody string
	}
	webMember = struct {
		Room, Person, Name, Role string
		New                      bool
		ReadSeq, JoinedAt        int64
	}
)

type roomRow struct {
	ID          string `gorm:"column:id"`
	Kind        string `gorm:"column:kind"`
	Title       string `gorm:"column:title"`
	Owner       string `gorm:"column:owner"`
	LastSeq     int64  `gorm:"column:last_seq"`
	LastChange  int64  `gorm:"column:last_change"`
	InviteEpoch int64  `gorm:"column:invite_epoch"`
	CreatedAt   int64  `gorm:"column:created_at;autoCreateTime:false"`
}

type seatRow struct {
	Room       string `gorm:"column:room"`
	Kind       string `gorm:"column:kind"`
	Title      string `gorm:"column:title"`
	Role       string `gorm:"column:role"`
	ReadSeq    int64  `gorm:"column:read_seq"`
	LastSeq    int64  `gorm:"column:last_seq"`
	Unread     int64  `gorm:"column:unread"`
	LastAt     int64  `gorm:"column:last_at"`
	LastKind   string `gorm:"column:last_kind"`
	LastAuthor string `gorm:"column:last_author"`
	LastName   string `gorm:"column:last_name"`
	LastBody   string `gorm:"column:last_body"`
}

type memberRow struct {
	Room     string `gorm:"column:room"`
	Person   string `gorm:"column:person"`
	Name     string `gorm:"column:name"`
	Role     string `gorm:"column:role"`
	New      bool   `gorm:"column:is_new"`
	ReadSeq  int64  `gorm:"column:read_seq"`
	JoinedAt int64  `gorm:"column:joined_at"`
}

// PutWebRoom adds a room; one that is there stays as it is.
func (s *WebStore) PutWebRoom(ctx context.Context, r webRoom) error {
	return s.inTx(ctx, "add web room", func(tx *gorm.DB) error {
		var there int
		found, err := one(tx, &there, s.locked("SELECT 1 FROM web_rooms WHERE id = ?"), r.ID)
		if err != nil || found {
			return err
		}
		return tx.Exec("INSERT INTO web_rooms (id, kind, title, owner, created_at) VALUES (?,?,?,?,?)", r.ID, r.Kind, r.Title, r.Owner, r.CreatedAt).Error
	})
}

// WebRoom finds a room.
func (s *WebStore) WebRoom(ctx context.Context, id string) (webRoom, bool, error) {
	var row roomRow
	found, err := one(s.read.WithContext(ctx), &row,
		"SELECT id, kind, title, owner, last_seq, last_change, invite_epoch, created_at FROM web_rooms WHERE id = ?", id)
	if err != nil {
		return webRoom{}, false, fmt.Errorf("read web room: %w", err)
	}
	return webRoom(row), found, nil
}

// WebSeats lists the rooms of a person with unread counts, the liveliest first. A private talk comes first of all.
func (s *WebStore) WebSeats(ctx context.Context, person string) ([]webSeat, error) {
	var rows []seatRow
	err := s.read.WithContext(ctx).Raw(`SELECT m.room, r.kind, r.title, m.role, m.read_seq, r.last_seq,
		(SELECT COUNT(*) FROM web_messages u WHERE u.room = m.room AND u.seq > m.read_seq AND u.hidden = ? AND u.author <> ?) AS unread,
		COALESCE(l.created_at, 0) AS last_at, COALESCE(l.kind, '') AS last_kind, COALESCE(l.author, '') AS last_author,
		COALESCE(p.name, '') AS last_name, COALESCE(l.body, '') AS last_body
		FROM web_members m JOIN web_rooms r ON r.id = m.room
		LEFT JOIN web_messages l ON l.room = r.id AND l.seq = r.last_shown
		LEFT JOIN web_people p ON p.id = l.author
		WHERE m.person = ? ORDER BY r.kind DESC, COALESCE(l.created_at, 0) DESC, m.room`, false, person, person).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list web rooms: %w", err)
	}
	seats := make([]webSeat, len(rows))
	for i, row := range rows {
		seats[i] = webSeat(row)
	}
	return seats, nil
}

// RenewWebInvite makes the invitations of a room void.
func (s *WebStore) RenewWebInvite(ctx context.Context, room string) error {
	return s.inTx(ctx, "renew web invite", func(tx *gorm.DB) error {
		return tx.Exec("UPDATE web_rooms SET invite_epoch = invite_epoch + 1 WHERE id = ?", room).Error
	})
}

// PutWebMember brings a person into a room; one who is there keeps their reading mark and takes the role.
// A newcomer starts with everything read: history is there to scroll, not to catch up on.
func (s *WebStore) PutWebMember(ctx context.Context, room, person, role string, now int64) error {
	return s.inTx(ctx, "add web member", func(tx *gorm.DB) error {
		r, err := s.lockRoom(tx, room)
		if err != nil {
			return err
		}
		var there int
		found, err := one(tx, &there, "SELECT 1 FROM web_members WHERE room = ? AND person = ?", room, person)
		if err != nil {
			return err
		}
		if found {
			return tx.Exec("UPDATE web_members SET role = ? WHERE room = ? AND person = ?", role, room, person).Error
		}
		return tx.Exec("INSERT INTO web_members (room, person, role, read_seq, joined_at) VALUES (?,?,?,?,?)", room, person, role, r.LastSeq, now).Error
	})
}

const memberQuery = `SELECT m.room, m.person, p.name, m.role, p.is_new, m.read_seq, m.joined_at
	FROM web_members m JOIN web_people p ON p.id = m.person WHERE m.room = ?`

// WebMember finds a person in a room.
func (s *WebStore) WebMember(ctx context.Context, room, person string) (webMember, bool, error) {
	var row memberRow
	found, err := one(s.read.WithContext(ctx), &row, memberQuery+" AND m.person = ?", room, person)
	if err != nil {
		return webMember{}, false, fmt.Errorf("read web member: %w", err)
	}
	return webMember(row), found, nil
}

// WebMembers lists the people of a room: keepers, then the others in the order they came.
func (s *WebStore) WebMembers(ctx context.Context, room string, limit int) ([]webMember, error) {
	var rows []memberRow
	err := s.read.WithContext(ctx).Raw(memberQuery+" ORDER BY m.role, m.joined_at, m.person LIMIT ?", room, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list web members: %w", err)
	}
	members := make([]webMember, len(rows))
	for i, row := range rows {
		members[i] = webMember(row)
	}
	return members, nil
}

// RemoveWebMember takes a person out of a room.
func (s *WebStore) RemoveWebMember(ctx context.Context, room, person string) error {
	return s.inTx(ctx, "remove web member", func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM web_members WHERE room = ? AND person = ?", room, person).Error
	})
}

// MarkWebRead moves a reading mark forward, never back.
func (s *WebStore) MarkWebRead(ctx context.Context, room, person string, seq int64) error {
	return s.inTx(ctx, "mark web room read", func(tx *gorm.DB) error {
		return tx.Exec("UPDATE web_members SET read_seq = ? WHERE room = ? AND person = ? AND read_seq < ?", seq, room, person, seq).Error
	})
}
