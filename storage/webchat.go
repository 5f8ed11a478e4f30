package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"tuanbot/domain"
)

// The rows of the web chat, spelled field for field like those of its port, so that neither side imports the other.
type (
	webPerson = struct {
		ID, Name, Lang     string
		Epoch              int64
		New, Elder, Sample bool
		CreatedAt, GoneAt  int64
	}
	webRoom = struct {
		ID, Kind, Title, Owner                      string
		LastSeq, LastChange, InviteEpoch, CreatedAt int64
	}
	webLogin = struct {
		Hash, Kind, Person   string
		CreatedAt, ExpiresAt int64
	}
	webSession = struct {
		Hash, Person                string
		Epoch, CreatedAt, ExpiresAt int64
	}
)

// WebStore is the memory of the built-in web chat: people, rooms, messages, links and sessions. It keeps no rules.
type WebStore struct {
	write, read *gorm.DB
	mysql       bool
}

// NewWebStore uses the given handles; mysql says that both speak MySQL or MariaDB, so that rows are locked by name.
func NewWebStore(write, read *gorm.DB, mysql bool) *WebStore {
	return &WebStore{write: write, read: read, mysql: mysql}
}

const webTries = 5

// inTx runs fn in a transaction and again after a deadlock, a lock wait or a lost race for a key.
func (s *WebStore) inTx(ctx context.Context, what string, fn func(tx *gorm.DB) error) error {
	var opts []*sql.TxOptions
	if s.mysql {
		opts = append(opts, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	}
	var err error
	for range webTries {
		err = s.write.WithContext(ctx).Transaction(fn, opts...)
		if err == nil || !worthRetry(err) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func worthRetry(err error) bool {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == 1213 || my.Number == 1205 || my.Number == 1062
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "SQLITE_BUSY") || strings.Contains(text, "database is locked") || strings.Contains(text, "UNIQUE constraint failed")
}

// locked ends a SELECT that must hold its rows until the commit; SQLite's immediate transaction holds them all.
func (s *WebStore) locked(query string) string {
	if s.mysql {
		return query + " FOR UPDATE"
	}
	return query
}

// one reads a single row into dest; false means that there is none.
func one(db *gorm.DB, dest any, query string, args ...any) (bool, error) {
	res := db.Raw(query, args...).Scan(dest)
	if res.Error != nil {
		return false, res.Error
	}
	return res.RowsAffected > 0, nil
}

// personRow names the columns; it converts to webPerson, whose fields are the same.
type personRow struct {
	ID        string `gorm:"column:id"`
	Name      string `gorm:"column:name"`
	Lang      string `gorm:"column:lang"`
	Epoch     int64  `gorm:"column:epoch"`
	New       bool   `gorm:"column:is_new"`
	Elder     bool   `gorm:"column:elder"`
	Sample    bool   `gorm:"column:sample"`
	CreatedAt int64  `gorm:"column:created_at;autoCreateTime:false"`
	GoneAt    int64  `gorm:"column:gone_at"`
}

const personColumns = "p.id, p.name, p.lang, p.epoch, p.is_new, p.elder, p.sample, p.created_at, p.gone_at"

// WebPerson finds a person, also one who has gone.
func (s *WebStore) WebPerson(ctx context.Context, id string) (webPerson, bool, error) {
	var row personRow
	found, err := one(s.read.WithContext(ctx), &row, "SELECT "+personColumns+" FROM web_people p WHERE p.id = ?", id)
	if err != nil {
		return webPerson{}, false, fmt.Errorf("read web person: %w", err)
	}
	return webPerson(row), found, nil
}

// WebPeople lists the sample community, oldest first.
func (s *WebStore) WebPeople(ctx context.Context, limit int) ([]webPerson, error) {
	var rows []personRow
	err := s.read.WithContext(ctx).Raw("SELECT "+personColumns+
		" FROM web_people p WHERE p.sample = ? AND p.gone_at = 0 ORDER BY p.created_at, p.id LIMIT ?", true, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list web people: %w", err)
	}
	people := make([]webPerson, len(rows))
	for i, row := range rows {
		people[i] = webPerson(row)
	}
	return people, nil
}

// PutWebPerson adds a person; one who is there stays as they are.
func (s *WebStore) PutWebPerson(ctx context.Context, p webPerson) error {
	return s.inTx(ctx, "add web person", func(tx *gorm.DB) error {
		var there int
		found, err := one(tx, &there, s.locked("SELECT 1 FROM web_people WHERE id = ?"), p.ID)
		if err != nil || found {
			return err
		}
		return tx.Exec("INSERT INTO web_people (id, name, lang, epoch, is_new, elder, sample, created_at) VALUES (?,?,?,?,?,?,?,?)",
			p.ID, p.Name, p.Lang, p.Epoch, p.New, p.Elder, p.Sample, p.CreatedAt).Error
	})
}

// ChangeWebPerson saves language and elder mode.
func (s *WebStore) ChangeWebPerson(ctx context.Context, id, lang string, elder bool) error {
	return s.inTx(ctx, "change web person", func(tx *gorm.DB) error {
		return tx.Exec("UPDATE web_people SET lang = ?, elder = ? WHERE id = ?", lang, elder, id).Error
	})
}

// EraseWebPerson removes what the chat knows of a person: name, private talk, texts, rooms, links and sessions.
// Their messages in groups stay as empty marks, so that the others' numbering has no holes.
func (s *WebStore) EraseWebPerson(ctx context.Context, id string, now int64) error {
	return s.inTx(ctx, "erase web person", func(tx *gorm.DB) error {
		if _, err := s.lockPerson(tx, id); err != nil {
			return err
		}
		var rooms []string
		if err := tx.Raw("SELECT DISTINCT room FROM web_messages WHERE author = ? ORDER BY room", id).Scan(&rooms).Error; err != nil {
			return err
		}
		for _, room := range rooms {
			if err := s.blankMessages(tx, room, id, now); err != nil {
				return err
			}
		}
		for _, stmt := range []string{
			"DELETE FROM web_messages WHERE room IN (SELECT id FROM web_rooms WHERE owner = ?)",
			"DELETE FROM web_members WHERE person = ?",
			"DELETE FROM web_logins WHERE person = ?",
			"DELETE FROM web_sessions WHERE person = ?",
		} {
			if err := tx.Exec(stmt, id).Error; err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE web_people SET name = '', epoch = epoch + 1, gone_at = ? WHERE id = ?", now, id).Error
	})
}

func (s *WebStore) blankMessages(tx *gorm.DB, room, author string, now int64) error {
	r, err := s.lockRoom(tx, room)
	if err != nil {
		return err
	}
	var ids []string
	if err := tx.Raw("SELECT id FROM web_messages WHERE room = ? AND author = ? ORDER BY seq", room, author).Scan(&ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		r.LastChange++
		err := tx.Exec("UPDATE web_messages SET body = '{}', change_seq = ?, changed_at = ?, handled_at = CASE handled_at WHEN 0 THEN ? ELSE handled_at END WHERE id = ?",
			r.LastChange, now, now, id).Error
		if err != nil {
			return err
		}
	}
	return r.save(tx)
}

// roomState is the locked row that gives a room's numbers.
type roomState struct {
	ID         string `gorm:"column:id"`
	LastSeq    int64  `gorm:"column:last_seq"`
	LastChange int64  `gorm:"column:last_change"`
	LastShown  int64  `gorm:"column:last_shown"`
}

func (s *WebStore) lockRoom(tx *gorm.DB, id string) (*roomState, error) {
	var r roomState
	found, err := one(tx, &r, s.locked("SELECT id, last_seq, last_change, last_shown FROM web_rooms WHERE id = ?"), id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("web room: %w", domain.ErrNotFound)
	}
	return &r, nil
}

func (r *roomState) save(tx *gorm.DB) error {
	return tx.Exec("UPDATE web_rooms SET last_seq = ?, last_change = ?, last_shown = ? WHERE id = ?", r.LastSeq, r.LastChange, r.LastShown, r.ID).Error
}
