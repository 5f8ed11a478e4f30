package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"tuanbot/domain"
)

const (
	manyRows   = 10_000 // where a caller names no limit
	sheetTeams = 20
)

// reader is GORM for one read outside any transaction.
func (d *DB) reader(ctx context.Context) *gorm.DB { return d.read.WithContext(ctx) }

// failed says what was being read; a database that is away or too busy is ErrBusy.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	if isAway(err) || isPassing(err) {
		return fmt.Errorf("%s: %w: %w", what, domain.ErrBusy, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// snapshot reads several tables as of one moment.
func (d *DB) snapshot(ctx context.Context, f func(db *gorm.DB) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.mysql {
		opts.Isolation = sql.LevelRepeatableRead
	}
	raw, err := d.readSQL.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	db := d.read.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = raw
	err = f(db.WithContext(ctx))
	return errors.Join(err, rollback(raw))
}

func limited(q *gorm.DB, limit int) *gorm.DB {
	if limit <= 0 || limit > manyRows {
		limit = manyRows
	}
	return q.Limit(limit)
}

// Deal is a deal with all that is shown of it.
func (d *DB) Deal(ctx context.Context, id domain.DealID) (domain.DealSheet, error) {
	return d.oneSheet(ctx, "deal "+string(id), "id = ?", id)
}

// DealByCode finds a deal by its code.
func (d *DB) DealByCode(ctx context.Context, code string) (domain.DealSheet, error) {
	return d.oneSheet(ctx, "deal by code", "code = ?", code)
}

func (d *DB) oneSheet(ctx context.Context, what, where string, arg any) (domain.DealSheet, error) {
	var sheet domain.DealSheet
	err := d.snapshot(ctx, func(db *gorm.DB) error {
		row, err := first[dealRow](db.Where(where, arg))
		if err != nil {
			return err
		}
		sheets, err := sheets(db, []dealRow{row})
		if err == nil {
			sheet = sheets[0]
		}
		return err
	})
	return sheet, failed(what, err)
}

// sheets adds items, chats and teams to deals.
func sheets(db *gorm.DB, rows []dealRow) ([]domain.DealSheet, error) {
	list := make([]domain.DealSheet, len(rows))
	place := make(map[domain.DealID]int, len(rows))
	ids := make([]domain.DealID, len(rows))
	for i, w := range rows {
		rec, err := dealFromRow(w)
		if err != nil {
			return nil, err
		}
		list[i].Deal, ids[i], place[w.ID] = rec, w.ID, i
	}
	items, err := allIn[itemRow](func() *gorm.DB { return db.Order("deal, letter") }, "deal", ids)
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	for _, w := range items {
		list[place[w.Deal]].Items = append(list[place[w.Deal]].Items, itemFromRow(w))
	}
	chats, err := allIn[dealChatRow](func() *gorm.DB { return db.Order("deal, created_at, chat") }, "deal", ids)
	if err != nil {
		return nil, fmt.Errorf("chats of deals: %w", err)
	}
	for _, w := range chats {
		list[place[w.Deal]].Chats = append(list[place[w.Deal]].Chats, dealChatFromRow(w))
	}
	return list, sheetsTeams(db, list, place)
}

// sheetsTeams reads the teams of all chains at once, and of each team deal the newest few, open ones first.
func sheetsTeams(db *gorm.DB, list []domain.DealSheet, place map[domain.DealID]int) error {
	var chains []domain.DealID
	for i, s := range list {
		if s.Deal.Terms.Kind == domain.KindChain {
			chains = append(chains, s.Deal.ID)
			continue
		}
		rows, err := all[teamRow](db.Where("deal = ?", s.Deal.ID).
			Order("CASE WHEN state = 'forming' THEN 0 WHEN state = 'deciding' THEN 1 ELSE 2 END, number DESC").Limit(sheetTeams))
		if err != nil {
			return fmt.Errorf("teams: %w", err)
		}
		list[i].Teams = convert(rows, teamFromRow)
	}
	rows, err := allIn[teamRow](func() *gorm.DB { return db.Order("deal, number") }, "deal", chains)
	if err != nil {
		return fmt.Errorf("teams: %w", err)
	}
	for _, w := range rows {
		list[place[w.Deal]].Teams = append(list[place[w.Deal]].Teams, teamFromRow(w))
	}
	return nil
}

// DealEditions lists the versions of a deal's terms, oldest first.
func (d *DB) DealEditions(ctx context.Context, id domain.DealID) ([]domain.DealEdition, error) {
	rows, err := all[editionRow](d.reader(ctx).Where("deal = ?", id).Order("number"))
	if err != nil {
		return nil, failed("editions", err)
	}
	list := make([]domain.DealEdition, len(rows))
	for i, w := range rows {
		if list[i], err = editionFromRow(w); err != nil {
			return nil, fmt.Errorf("edition %d of deal %s: %w", w.Number, id, err)
		}
	}
	return list, nil
}

// DealChatsOf lists the chats a deal is posted to.
func (d *DB) DealChatsOf(ctx context.Context, id domain.DealID) ([]domain.DealChat, error) {
	rows, err := all[dealChatRow](d.reader(ctx).Where("deal = ?", id).Order("created_at, chat"))
	return convert(rows, dealChatFromRow), failed("chats of deal", err)
}

// WaitingList lists who waits or was offered a seat, in their order.
func (d *DB) WaitingList(ctx context.Context, id domain.DealID) ([]domain.WaitingRecord, error) {
	rows, err := all[waitingRow](d.reader(ctx).Where("deal = ? AND state IN ?", id, liveWaits).Order("number"))
	return convert(rows, waitingFromRow), failed("waiting list", err)
}

const newestFirst = "created_at DESC, id DESC"

func (d *DB) sheetsOf(ctx context.Context, what string, limit int, where string, args ...any) ([]domain.DealSheet, error) {
	db := d.reader(ctx)
	rows, err := all[dealRow](limited(db.Where(where, args...).Order(newestFirst), limit))
	if err != nil {
		return nil, failed(what, err)
	}
	list, err := sheets(db, rows)
	return list, failed(what, err)
}

const (
	inChat = "id IN (SELECT deal FROM deal_chats WHERE chat = ?)"
	isOpen = "(state = 'open' OR (state = 'scheduled' AND opens_at <= ?))"
)

// OpenDealsInChat lists the deals that take orders in a chat, newest first; one whose hour has come counts as open.
func (d *DB) OpenDealsInChat(ctx context.Context, chat domain.ChatID) ([]domain.DealSheet, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, failed("open deals in chat", err)
	}
	return d.sheetsOf(ctx, "open deals in chat", 0, inChat+" AND "+isOpen, chat, ms(now))
}

// OpenDeals lists the deals of a community that take orders, newest first.
func (d *DB) OpenDeals(ctx context.Context, community domain.CommunityID, limit int) ([]domain.DealSheet, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, failed("open deals", err)
	}
	return d.sheetsOf(ctx, "open deals", limit, "community = ? AND "+isOpen, community, ms(now))
}

// DealsInChat lists the deals of a chat, newest first.
func (d *DB) DealsInChat(ctx context.Context, chat domain.ChatID, limit int) ([]domain.DealSheet, error) {
	return d.sheetsOf(ctx, "deals in chat", limit, inChat, chat)
}

// DealsLedBy lists the deals that a person opened or leads in some chat, newest first.
func (d *DB) DealsLedBy(ctx context.Context, leader domain.AccountID, limit int) ([]domain.DealSheet, error) {
	who, err := d.everyAccount(ctx, leader)
	if err != nil {
		return nil, failed("deals of leader", err)
	}
	return d.sheetsOf(ctx, "deals of leader", limit,
		"id IN (SELECT deal FROM deal_chats WHERE leader IN ? UNION SELECT id FROM deals WHERE opened_by IN ?)", who, who)
}

// DealsOf lists the deals of a community, newest first.
func (d *DB) DealsOf(ctx context.Context, community domain.CommunityID, limit int) ([]domain.DealSheet, error) {
	return d.sheetsOf(ctx, "deals of community", limit, "community = ?", community)
}

// Team is one team.
func (d *DB) Team(ctx context.Context, id domain.TeamID) (domain.TeamRecord, error) {
	row, err := first[teamRow](d.reader(ctx).Where("id = ?", id))
	return teamFromRow(row), failed("team "+string(id), err)
}

// TeamByToken finds a team by the token of its page.
func (d *DB) TeamByToken(ctx context.Context, token string) (domain.TeamRecord, error) {
	row, err := first[teamRow](d.reader(ctx).Where("token = ?", token))
	return teamFromRow(row), failed("team by token", err)
}

// OpenTeams lists the teams of a deal that still gather, newest first.
func (d *DB) OpenTeams(ctx context.Context, deal domain.DealID, limit int) ([]domain.TeamRecord, error) {
	rows, err := all[teamRow](limited(d.reader(ctx).Where("deal = ? AND state = ?", deal, domain.TeamForming).Order("number DESC"), limit))
	return convert(rows, teamFromRow), failed("open teams", err)
}

// Tally counts a deal straight from SQL, as of one moment.
func (d *DB) Tally(ctx context.Context, deal domain.DealID) (domain.DealTally, error) {
	t := domain.DealTally{Deal: deal}
	err := d.snapshot(ctx, func(db *gorm.DB) error {
		row, err := first[dealRow](db.Where("id = ?", deal))
		if err != nil {
			return err
		}
		t.Version, t.Open = row.Version, row.State == domain.DealOpen
		teams, err := all[teamRow](limited(db.Where("deal = ?", deal).Order("number"), 0))
		if err != nil {
			return err
		}
		items, err := all[itemRow](db.Where("deal = ?", deal).Order("letter"))
		if err != nil {
			return err
		}
		t.Teams = convert(teams, func(w teamRow) domain.TeamTally { return teamTally(teamFromRow(w)) })
		t.Items = convert(items, func(w itemRow) domain.ItemTally {
			return domain.ItemTally{Item: w.ID, Held: w.Held, Left: itemFromRow(w).Left()}
		})
		return nil
	})
	return t, failed("tally", err)
}

func teamTally(r domain.TeamRecord) domain.TeamTally {
	t := domain.TeamTally{
		Team: r.ID, State: r.State, Live: r.Live, Paid: r.Paid, Cap: r.Cap, CapUnit: r.CapUnit, Offered: r.OfferedShares, DeadlineAt: r.DeadlineAt,
	}
	if r.CapUnit == domain.UnitPeople {
		t.Offered = r.OfferedPeople
	}
	return t
}
