package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"tuanbot/domain"
)

// holdUp is how soon a tried row must be due again to hold up the later ones of its chat; one that was put off for longer,
// until the quiet hours are over, lets them pass.
const holdUp = time.Minute

const claimRounds = 5

// ClaimDeliveries leases due rows. One claim runs at a time, by a row lock: two at once could each take a half of one
// chat's rows and send them out of order. Of the living cards of a chat only the newest is worth sending.
func (d *DB) ClaimDeliveries(ctx context.Context, owner string, lease time.Duration, limit int) ([]domain.Delivery, error) {
	var claimed []noticeRow
	err := d.inTx(ctx, func(t *tx) error {
		claimed = nil // also rows of a try that was rolled back
		c := claim{db: t.orm(ctx), owner: owner, limit: limit}
		if err := c.lock(); err != nil {
			return err
		}
		now, err := t.Now(ctx)
		if err != nil {
			return err
		}
		c.now, c.until = ms(now), ms(now.Add(lease))
		claimed, err = c.run()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return deliveries(claimed)
}

func deliveries(rows []noticeRow) ([]domain.Delivery, error) {
	ds := make([]domain.Delivery, len(rows))
	for i, w := range rows {
		var err error
		if ds[i], err = deliveryFromRow(w); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

type claim struct {
	db         *gorm.DB
	owner      string
	limit      int
	now, until int64
}

func (c *claim) lock() error {
	if _, err := first[metaRow](locked(c.db).Where("name = ?", claimLock)); err != nil {
		return fmt.Errorf("lock the outbox: %w", err)
	}
	return nil
}

const claimLock = "outbox_claim"

func (c *claim) run() ([]noticeRow, error) {
	held, err := c.heldUp()
	if err != nil {
		return nil, err
	}
	var rows []noticeRow
	for range claimRounds { // again only when superseded cards took the places of others
		found, err := c.due(held)
		if err != nil {
			return nil, err
		}
		kept, dropped, err := c.dropOldCards(found)
		if err != nil {
			return nil, err
		}
		rows = kept
		if len(dropped) == 0 || len(kept) >= c.limit {
			break
		}
	}
	return c.take(rows)
}

// heldUp finds the chats with a row that is being sent or will soon be tried again, and the lowest such row of each.
func (c *claim) heldUp() (map[domain.ChatID]int64, error) {
	var rows []struct {
		Chat domain.ChatID
		ID   int64
	}
	err := c.db.Model(&noticeRow{}).Select("chat, MIN(id) AS id").
		Where("lane IN ? AND due_at > ? AND chat <> '' AND (owner <> '' OR due_at <= ?)",
			[]int{laneUrgentTried, lanePlainTried}, c.now, c.now+holdUp.Milliseconds()).
		Group("chat").Scan(&rows).Error
	held := make(map[domain.ChatID]int64, len(rows))
	for _, w := range rows {
		held[w.Chat] = w.ID
	}
	return held, translate(err)
}

// turn is the order in which due rows are taken: lanes that go together, by due time or by age.
type turn struct {
	lanes []int
	order string
}

// due finds what may be sent now: what was tried before and matters first, then urgent before ordinary, each oldest first.
// If the limit leaves a tried row out for which younger ones of its chat would have to wait, the tried ones go first by
// age: else those younger ones could fill every claim and be thrown out of it again, for ever.
func (c *claim) due(held map[domain.ChatID]int64) ([]noticeRow, error) {
	rows, err := c.dueBy(held, []turn{
		{[]int{laneUrgentTried}, "due_at, id"}, {[]int{laneUrgent}, "due_at, id"}, {[]int{lanePlainTried}, "due_at, id"}, {[]int{lanePlain}, "due_at, id"},
	})
	if err != nil {
		return nil, err
	}
	found := len(rows)
	if rows, err = c.oldestOfChats(rows); err != nil || len(rows) == found {
		return rows, err
	}
	rows, err = c.dueBy(held, []turn{
		{[]int{laneUrgentTried, lanePlainTried}, "id"}, {[]int{laneUrgent}, "due_at, id"}, {[]int{lanePlain}, "due_at, id"},
	})
	if err != nil {
		return nil, err
	}
	return c.oldestOfChats(rows)
}

func (c *claim) dueBy(held map[domain.ChatID]int64, turns []turn) ([]noticeRow, error) {
	chats := make([]domain.ChatID, 0, len(held))
	for chat := range held {
		chats = append(chats, chat)
	}
	slices.Sort(chats)
	var rows []noticeRow
	for _, t := range turns {
		q := c.db.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).Where("lane IN ? AND due_at <= ?", t.lanes, c.now)
		if len(chats) > 0 {
			q = q.Where("chat NOT IN ?", chats)
		}
		more, err := all[noticeRow](q.Order(t.order).Limit(c.limit - len(rows)))
		if err != nil {
			return nil, fmt.Errorf("find due rows: %w", err)
		}
		if rows = append(rows, more...); len(rows) >= c.limit {
			break
		}
	}
	return rows, nil
}

// oldestOfChats lets no row pass an older tried one of its chat that the limit left behind.
func (c *claim) oldestOfChats(rows []noticeRow) ([]noticeRow, error) {
	chats := make([]domain.ChatID, 0, len(rows))
	mine := make(map[int64]bool, len(rows))
	for _, w := range rows {
		chats = append(chats, w.Chat)
		mine[w.ID] = true
	}
	var older []struct {
		Chat domain.ChatID
		ID   int64
	}
	for part := range slices.Chunk(distinct(chats), maxKeys) {
		var more []struct {
			Chat domain.ChatID
			ID   int64
		}
		err := c.db.Model(&noticeRow{}).Select("chat, id").
			Where("chat IN ? AND lane IN ? AND due_at <= ?", part, []int{laneUrgentTried, lanePlainTried}, c.now).Scan(&more).Error
		if err != nil {
			return nil, fmt.Errorf("find older rows: %w", translate(err))
		}
		older = append(older, more...)
	}
	first := map[domain.ChatID]int64{}
	for _, w := range older {
		if !mine[w.ID] && (first[w.Chat] == 0 || w.ID < first[w.Chat]) {
			first[w.Chat] = w.ID
		}
	}
	return slices.DeleteFunc(rows, func(w noticeRow) bool { return first[w.Chat] != 0 && w.ID > first[w.Chat] }), nil
}

type cardKey struct {
	deal domain.DealID
	chat domain.ChatID
}

// dropOldCards settles every unsent card for which a newer one is due as well.
func (c *claim) dropOldCards(rows []noticeRow) (kept []noticeRow, dropped []int64, err error) {
	newest, err := c.newestCards(rows)
	if err != nil {
		return nil, nil, err
	}
	seen := map[cardKey]bool{}
	for _, w := range rows {
		key := cardKey{w.Deal, w.Chat}
		top := newest[key]
		if w.Kind != domain.NoticeCard || w.ID >= top {
			kept = append(kept, w)
			continue
		}
		dropped = append(dropped, w.ID)
		if seen[key] {
			continue
		}
		seen[key] = true
		err := c.db.Model(&noticeRow{}).
			Where("chat = ? AND deal = ? AND kind = ? AND lane > 0 AND lane < ? AND owner = '' AND id < ?", w.Chat, w.Deal, domain.NoticeCard, laneAside, top).
			Updates(map[string]any{"state": domain.DeliveryDropped, "lane": laneOver, "last_reason": "superseded", "due_at": c.now, "done_at": c.now}).Error
		if err != nil {
			return nil, nil, fmt.Errorf("drop old cards: %w", translate(err))
		}
	}
	return kept, dropped, nil
}

func (c *claim) newestCards(rows []noticeRow) (map[cardKey]int64, error) {
	newest := map[cardKey]int64{}
	var chats []domain.ChatID
	for _, w := range rows {
		if w.Kind == domain.NoticeCard {
			chats = append(chats, w.Chat)
		}
	}
	for part := range slices.Chunk(distinct(chats), maxKeys) {
		var tops []struct {
			Deal domain.DealID
			Chat domain.ChatID
			ID   int64
		}
		err := c.db.Model(&noticeRow{}).Select("deal, chat, MAX(id) AS id").
			Where("chat IN ? AND kind = ? AND lane > 0 AND lane < ? AND due_at <= ?", part, domain.NoticeCard, laneAside, c.now).
			Group("deal, chat").Scan(&tops).Error
		if err != nil {
			return nil, fmt.Errorf("find newest cards: %w", translate(err))
		}
		for _, w := range tops {
			newest[cardKey{w.Deal, w.Chat}] = w.ID
		}
	}
	return newest, nil
}

// take leases rows and puts them in their order: urgent and oldest first, but each chat's own rows by age.
func (c *claim) take(rows []noticeRow) ([]noticeRow, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	ids := convert(rows, func(w noticeRow) int64 { return w.ID })
	err := c.db.Exec("UPDATE outbox SET owner = ?, fence = fence + 1, due_at = ?, lane = CASE lane WHEN ? THEN ? WHEN ? THEN ? ELSE lane END WHERE id IN ?",
		c.owner, c.until, laneUrgent, laneUrgentTried, lanePlain, lanePlainTried, ids).Error
	if err != nil {
		return nil, fmt.Errorf("lease rows: %w", translate(err))
	}
	slices.SortStableFunc(rows, func(a, b noticeRow) int {
		if a.Urgent != b.Urgent {
			if a.Urgent {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	orderChats(rows)
	for i := range rows {
		rows[i].Owner, rows[i].DueAt = c.owner, c.until
		rows[i].Fence++
	}
	return rows, nil
}

// orderChats sorts the rows of each chat by age within the places that they have.
func orderChats(rows []noticeRow) {
	places := map[domain.ChatID][]int{}
	for i, w := range rows {
		if w.Chat != "" {
			places[w.Chat] = append(places[w.Chat], i)
		}
	}
	for _, at := range places {
		own := make([]noticeRow, len(at))
		for i, p := range at {
			own[i] = rows[p]
		}
		slices.SortFunc(own, func(a, b noticeRow) int { return cmp.Compare(a.ID, b.ID) })
		for i, p := range at {
			rows[p] = own[i]
		}
	}
}

var errNoticeID = errors.New("not the id of a notice")

func noticeID(id domain.NoticeID) (int64, error) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", id, errNoticeID)
	}
	return n, nil
}
