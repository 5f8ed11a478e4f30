package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// ReceiveWeb stores an inbound message once. The person's row is locked before the room's: it orders what one person
// says over all rooms, so that two taps never swap places and never run side by side.
func (s *WebStore) ReceiveWeb(ctx context.Context, m webMessage) (webMessage, bool, error) {
	var stored webMessage
	var fresh bool
	err := s.inTx(ctx, "receive web message", func(tx *gorm.DB) error {
		pos, err := s.lockPerson(tx, m.Author)
		if err != nil {
			return err
		}
		var found bool
		if stored, found, err = message(tx, "find web message", "WHERE w.id = ?", m.ID); err != nil || found {
			fresh = false
			return err
		}
		stored, fresh = m, true
		stored.Pos = pos + 1
		return s.insertInbound(tx, &stored)
	})
	return stored, fresh, err
}

func (s *WebStore) lockPerson(tx *gorm.DB, id string) (int64, error) {
	var pos int64
	found, err := one(tx, &pos, s.locked("SELECT last_pos FROM web_people WHERE id = ?"), id)
	if err != nil {
		return 0, err
	}
	if !found {
		return 0, fmt.Errorf("web person: %w", domain.ErrNotFound)
	}
	return pos, nil
}

func (s *WebStore) insertInbound(tx *gorm.DB, m *webMessage) error {
	var older int
	waits, err := one(tx, &older, "SELECT 1 FROM web_messages WHERE author = ? AND handled_at = 0 LIMIT 1", m.Author)
	if err != nil {
		return err
	}
	m.Attempts = 1
	if waits {
		m.LeaseUntil, m.Attempts = 0, 0
	}
	r, err := s.lockRoom(tx, m.Room)
	if err != nil {
		return err
	}
	r.LastSeq++
	r.LastChange++
	if !m.Hidden {
		r.LastShown = r.LastSeq
	}
	m.Seq, m.Change = r.LastSeq, r.LastChange
	if err := r.save(tx); err != nil {
		return err
	}
	if err := tx.Exec("UPDATE web_people SET last_pos = ? WHERE id = ?", m.Pos, m.Author).Error; err != nil {
		return err
	}
	return insertMessage(tx, *m)
}

// NextWeb leases the oldest waiting message of a person, if its lease is free.
func (s *WebStore) NextWeb(ctx context.Context, person string, now, until int64) (webMessage, bool, error) {
	var next webMessage
	var found bool
	err := s.inTx(ctx, "lease web message", func(tx *gorm.DB) error {
		found = false
		if _, err := s.lockPerson(tx, person); err != nil {
			return err
		}
		oldest, waits, err := message(tx, "find waiting web message", "WHERE w.author = ? AND w.handled_at = 0 ORDER BY w.pos LIMIT 1", person)
		if err != nil || !waits || oldest.LeaseUntil > now {
			return err
		}
		oldest.LeaseUntil = until
		oldest.Attempts++
		next, found = oldest, true
		return tx.Exec("UPDATE web_messages SET lease_until = ?, attempts = ? WHERE id = ?", until, oldest.Attempts, oldest.ID).Error
	})
	if err != nil { // the rows of a rolled-back lease are not ours
		return webMessage{}, false, err
	}
	return next, found, nil
}

// WaitingWeb lists people who have a waiting message with a free lease.
func (s *WebStore) WaitingWeb(ctx context.Context, now int64, limit int) ([]string, error) {
	var people []string
	err := s.read.WithContext(ctx).Raw(
		"SELECT DISTINCT author FROM web_messages WHERE handled_at = 0 AND lease_until <= ? LIMIT ?", now, limit).Scan(&people).Error
	if err != nil {
		return nil, fmt.Errorf("list waiting web messages: %w", err)
	}
	return people, nil
}

// FinishWeb marks a message handled and adds its replies in one transaction; a finished one changes nothing.
func (s *WebStore) FinishWeb(ctx context.Context, id string, posts []webPost, now int64) error {
	return s.inTx(ctx, "finish web message", func(tx *gorm.DB) error {
		m, rooms, err := s.lockInbound(tx, id, posts)
		if err != nil || m.Handled != 0 {
			return err
		}
		if m.Attempts > 1 && !m.Hidden { // it was shown as waiting; now it is not
			rooms[m.Room].LastChange++
			m.Change = rooms[m.Room].LastChange
		}
		if err := tx.Exec("UPDATE web_messages SET handled_at = ?, change_seq = ? WHERE id = ?", now, m.Change, id).Error; err != nil {
			return err
		}
		_, err = s.applyPosts(tx, rooms, posts, now)
		return err
	})
}

// PostponeWeb gives a message another turn later and shows that it waits.
func (s *WebStore) PostponeWeb(ctx context.Context, id string, until, now int64) error {
	return s.inTx(ctx, "postpone web message", func(tx *gorm.DB) error {
		m, rooms, err := s.lockInbound(tx, id, nil)
		if err != nil || m.Handled != 0 {
			return err
		}
		r := rooms[m.Room]
		r.LastChange++
		if err := tx.Exec("UPDATE web_messages SET lease_until = ?, change_seq = ?, changed_at = ? WHERE id = ?", until, r.LastChange, max(now, m.CreatedAt+1), id).Error; err != nil {
			return err
		}
		return r.save(tx)
	})
}

// lockInbound locks the rooms that are about to change and reads the message as it stands behind those locks.
func (s *WebStore) lockInbound(tx *gorm.DB, id string, posts []webPost) (webMessage, map[string]*roomState, error) {
	var room string
	found, err := one(tx, &room, "SELECT room FROM web_messages WHERE id = ?", id)
	if err != nil {
		return webMessage{}, nil, err
	}
	if !found {
		return webMessage{}, nil, fmt.Errorf("web message: %w", domain.ErrNotFound)
	}
	rooms, err := s.lockRooms(tx, room, posts)
	if err != nil {
		return webMessage{}, nil, err
	}
	m, _, err := message(tx, "read web message", "WHERE w.id = ?", id)
	return m, rooms, err
}
