package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tuanbot/domain"
)

const (
	officialTitle = "An encrypted official-account join, 128 connections"
	officialConns = 128
	manyAnswers   = 6000 // people for each second of a round; more than that cannot join
	peopleAtOnce  = 500
)

// measureOfficial lets followers join by the official account: sealed callbacks over HTTP, the real channel, intake,
// conversation and Desk. Beside it stands the same channel with somebody behind it who answers at once and stores nothing,
// and, as the bound of what can be reached with three rows a join, one who only has the floor write the rows of a join.
func measureOfficial(ctx context.Context, o *Options, w *world, t *table) error {
	people := max(1000, int(o.RoundTime.Seconds()*manyAnswers))
	if err := w.followers(ctx, people); err != nil {
		return err
	}
	sides := []*side{{name: officialFull}, {name: officialBare}, {name: officialRows}}
	for round := range o.Rounds {
		for i := range sides {
			if err := w.playOfficial(ctx, o, sides[(i+round)%len(sides)], round); err != nil {
				return err
			}
		}
	}
	full, bare, rows := sides[0].median(), sides[1].median(), sides[2].median()
	t.add(officialTitle, officialFull+", durable joins/s", w.engine, "%s", rate(full.admitted, full.span))
	t.add(officialTitle, officialBare+", answers/s", w.engine, "%s", rate(bare.admitted, bare.span))
	t.add(officialTitle, officialRows+", no rules/s", w.engine, "%s", rate(rows.admitted, rows.span))
	t.add(officialTitle, "joins / answers (>= 0.7)", w.engine, "%.2f", ratio(full, bare))
	t.add(officialTitle, "rows / answers, the bound", w.engine, "%.2f", ratio(rows, bare))
	t.add(officialTitle, "joins / rows", w.engine, "%.2f", ratio(full, rows))
	for _, s := range sides {
		m := s.median()
		t.add(officialTitle, s.name+", a join: processor of program + database", w.engine, "%s", m.cost.each(m.admitted))
		t.add(officialTitle, s.name+" p50 / p99", w.engine, "%s / %s", brief(m.quantile(500)), brief(worst(s.rounds, 990)))
	}
	return nil
}

// The three sides.
const (
	officialFull = "whole way"
	officialBare = "HTTP and crypto"
	officialRows = "HTTP, crypto, rows"
)

// playOfficial is one round of one side on a deal of its own.
func (w *world) playOfficial(ctx context.Context, o *Options, s *side, round int) (err error) {
	st, err := w.officialStage(ctx)
	if err != nil {
		return err
	}
	behind, leave, err := w.behind(ctx, o, s.name, st)
	if err != nil {
		return err
	}
	defer leave()
	door, err := w.openDoor(ctx, o, behind)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, door.close()) }()
	over, err := o.profileIf(s.name == officialFull)
	if err != nil {
		return err
	}
	c := &caller{door: door, round: round, said: st.said, client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: officialConns, MaxConnsPerHost: officialConns, DisableCompression: true}, Timeout: time.Minute,
	}}
	before := w.spent(ctx)
	f, err := load{callers: officialConns, span: o.RoundTime, clock: o.Clock, name: fmt.Sprint("official", round)}.run(ctx, c)
	if err = errors.Join(err, over()); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	f.cost = w.spent(ctx).since(before)
	if s.name == officialFull {
		if err := w.checkOfficial(ctx, st, f); err != nil {
			return err
		}
	}
	o.say("  %-18s %8.0f a second   p50 %s   p99 %s", s.name, f.perSecond(), brief(f.quantile(500)), brief(f.quantile(990)))
	o.say("  %-18s %s", "", f.cost.each(f.admitted))
	s.rounds = append(s.rounds, f)
	return nil
}

func (o *Options) profileIf(wanted bool) (stop func() error, err error) {
	if !wanted {
		return func() error { return nil }, nil
	}
	return o.profile()
}

// officialStage opens a chain for anybody, and lets every follower have scanned its code before: it is what "+1" means.
func (w *world) officialStage(ctx context.Context) (*stage, error) {
	st, err := hotStage(ctx, w)
	if err != nil {
		return nil, err
	}
	sheet, err := w.desk.Deal(ctx, st.deal)
	if err != nil {
		return nil, fmt.Errorf("read the deal: %w", err)
	}
	db, err := w.rivals()
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "UPDATE dialogues SET state = ?", fmt.Sprintf(`{"deal":%q}`, sheet.Deal.Code))
	if err != nil {
		return nil, fmt.Errorf("let everybody scan the code: %w", err)
	}
	return st, nil
}

// checkOfficial: every answer was a join that is in SQL once.
func (w *world) checkOfficial(ctx context.Context, s *stage, f figures) error {
	db, err := w.rivals()
	if err != nil {
		return err
	}
	var orders, shares int
	err = db.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(shares), 0) FROM orders WHERE deal = ?", string(s.deal)).Scan(&orders, &shares)
	if err != nil {
		return fmt.Errorf("count orders: %w", err)
	}
	if orders != f.admitted || shares != f.admitted {
		return fmt.Errorf("%d joins were answered, SQL has %d orders with %d shares", f.admitted, orders, shares)
	}
	return nil
}

// followers makes people who have spoken with the account before.
func (w *world) followers(ctx context.Context, n int) error {
	db, err := w.rivals()
	if err != nil {
		return err
	}
	now, err := w.db.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the time: %w", err)
	}
	for from := 0; from < n; from += peopleAtOnce {
		if err := w.someFollowers(ctx, db, from, min(n, from+peopleAtOnce), now); err != nil {
			return fmt.Errorf("make followers: %w", err)
		}
	}
	return nil
}

func (w *world) someFollowers(ctx context.Context, db *sql.DB, from, to int, now time.Time) error {
	rows := map[string][]any{}
	const (
		accounts   = "accounts (id, community, kind, name, lang, created_at)"
		identities = "identities (channel, external, account, seen_at)"
		chats      = "chats (id, community, channel, external, noise, created_at)"
		dialogues  = "dialogues (account, chat, name, state, until_at)"
	)
	ms := now.UnixMilli()
	for n := from; n < to; n++ {
		who, account, chat := follower(n), fmt.Sprintf("account%07d", n), fmt.Sprintf("chat%07d", n)
		rows[accounts] = append(rows[accounts], account, string(w.town.ID), string(domain.AccountPerson), "街坊"+who[len(who)-4:], string(domain.Chinese), ms)
		rows[identities] = append(rows[identities], officialChannel, who, account, ms)
		rows[chats] = append(rows[chats], chat, string(w.town.ID), officialChannel, who, string(domain.NoiseNormal), ms)
		rows[dialogues] = append(rows[dialogues], account, chat, "talk", "{}", now.Add(30*24*time.Hour).UnixMilli())
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for _, table := range []string{accounts, identities, chats, dialogues} {
		width := strings.Count(table, ",") + 1
		row := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + "),"
		query := "INSERT INTO " + table + " VALUES " + strings.TrimSuffix(strings.Repeat(row, to-from), ",")
		if _, err := tx.ExecContext(ctx, query, rows[table]...); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit() //nolint:wrapcheck // its caller says what it was
}

func follower(n int) string { return fmt.Sprintf("oFollower%07d", n) }
