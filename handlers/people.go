package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tuanbot/domain"
)

// MaxName is the longest name we keep, in runes.
const MaxName = 24

// PersonCommand is somebody speaking on a channel.
type PersonCommand struct {
	Community domain.CommunityID
	Channel   string
	External  string
	Name      string
	Lang      domain.Lang
	Guest     bool
	Union     string      // what the platform family calls them in all its accounts, "" unknown
	Met       *domain.Met // what has just been read of them; nil: nothing
}

// Person finds the account of who speaks, or makes one at the first contact, and remembers where they were last seen.
func (d *Desk) Person(ctx context.Context, c PersonCommand) (domain.Account, error) {
	a, err := d.speaker(ctx, c)
	if errors.Is(err, domain.ErrNotFound) {
		a, err = d.byUnion(ctx, c)
	}
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return domain.Account{}, fmt.Errorf("who speaks: %w", errBusy(err))
	}
	if a, err = d.introduce(ctx, c, a, err == nil); err != nil {
		return domain.Account{}, err
	}
	return d.united(ctx, c, a)
}

// introduce makes an account for who is not known, and keeps the name of who is. Somebody who speaks on several channels keeps
// the name that they had first: else it would change with every message.
func (d *Desk) introduce(ctx context.Context, c PersonCommand, a domain.Account, known bool) (domain.Account, error) {
	name := CleanName(c.Name)
	if known && (name == "" || name == a.Name || a.Kind == domain.AccountErased) {
		return a, nil
	}
	if known {
		if all, err := d.IdentitiesOf(ctx, a.ID); err != nil || len(all) > 1 {
			return a, err
		}
	}
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if !known {
			a = d.newAccount(c, now)
		}
		if name != "" {
			a.Name = name
		}
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		return tx.SaveIdentity(ctx, domain.Identity{Channel: c.Channel, External: c.External, Account: a.ID, SeenAt: now})
	})
	if errors.Is(err, domain.ErrDuplicate) { // two first messages at once
		return d.AccountByIdentity(ctx, c.Channel, c.External)
	}
	if err != nil {
		return domain.Account{}, fmt.Errorf("remember who speaks: %w", err)
	}
	return a, nil
}

func (d *Desk) newAccount(c PersonCommand, now time.Time) domain.Account {
	kind := domain.AccountPerson
	if c.Guest {
		kind = domain.AccountGuest
	}
	lang := c.Lang
	if lang != domain.English {
		lang = domain.Chinese
	}
	return domain.Account{ID: domain.AccountID(d.c.Mint.ID()), Community: c.Community, Kind: kind, Name: nameless(c, lang), Lang: lang, CreatedAt: now}
}

// nameless is what somebody is called whose channel gives no names: a neighbour, told from others by four signs.
func nameless(c PersonCommand, lang domain.Lang) string {
	sum := sha256.Sum256([]byte(c.Channel + "\x00" + c.External))
	mark := strings.ToUpper(hex.EncodeToString(sum[:2]))
	if lang == domain.English {
		return "Neighbour " + mark
	}
	return "街坊" + mark
}

// CleanName is a name without control characters, marks that turn the direction of writing, and needless space, cut at
// MaxName runes.
func CleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > MaxName {
		s = string([]rune(s)[:MaxName])
	}
	return s
}

// ChatCommand is a conversation we are in.
type ChatCommand struct {
	Community domain.CommunityID
	Channel   string
	External  string
	Group     bool
	Title     string
	Met       *domain.Met // what has just been read of it; nil: nothing
}

// ChatFor finds our record of a conversation, or makes one.
func (d *Desk) ChatFor(ctx context.Context, c ChatCommand) (domain.Chat, error) {
	chat, err := d.conversation(ctx, c)
	if err == nil && (c.Title == "" || c.Title == chat.Title) && chat.GoneAt.IsZero() {
		return chat, nil
	}
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return domain.Chat{}, fmt.Errorf("which chat: %w", errBusy(err))
	}
	known := err == nil
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if !known {
			chat = domain.Chat{
				ID: domain.ChatID(d.c.Mint.ID()), Community: c.Community, Channel: c.Channel, External: c.External, Group: c.Group,
				Noise: domain.NoiseNormal, CreatedAt: now,
			}
		}
		if c.Title != "" {
			chat.Title = c.Title
		}
		chat.GoneAt = time.Time{} // we hear it, so we are in it
		return tx.SaveChat(ctx, chat)
	})
	if errors.Is(err, domain.ErrDuplicate) {
		return d.ChatByExternal(ctx, c.Channel, c.External)
	}
	if err != nil {
		return domain.Chat{}, fmt.Errorf("remember the chat: %w", err)
	}
	return chat, nil
}

// Can reports whether a person has a role, for the whole community or for the scope. Operators can do everything.
func (d *Desk) Can(ctx context.Context, who domain.AccountID, role domain.RoleName, scope string) (bool, error) {
	roles, err := d.RolesOf(ctx, who)
	if err != nil {
		return false, fmt.Errorf("roles: %w", errBusy(err))
	}
	for _, r := range roles {
		if r.Name == domain.RoleOperator || r.Name == role && (r.Scope == "" || r.Scope == scope) {
			return true, nil
		}
	}
	return false, nil
}

// PointsOf lists the pickup points where a person hands goods out.
func (d *Desk) PointsOf(ctx context.Context, who domain.AccountID) ([]domain.PointID, error) {
	roles, err := d.RolesOf(ctx, who)
	if err != nil {
		return nil, fmt.Errorf("roles: %w", errBusy(err))
	}
	var points []domain.PointID
	for _, r := range roles {
		if r.Name == domain.RoleVerifier {
			points = append(points, domain.PointID(r.Scope))
		}
	}
	return points, nil
}

// GrantCommand gives or takes a role.
type GrantCommand struct {
	Ask    domain.Asked
	Role   domain.Role
	Remove bool
	System bool // from the command line or the first start: nobody to ask
}

// Grant changes a role; only an operator may, and it works at once.
func (d *Desk) Grant(ctx context.Context, c GrantCommand) error {
	if !c.System {
		ok, err := d.Can(ctx, c.Ask.By, domain.RoleOperator, "")
		if err != nil {
			return err
		}
		if !ok {
			return domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed)
		}
	}
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		if c.Remove {
			return tx.RemoveRole(ctx, c.Role)
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		r := c.Role
		r.At, r.GrantedBy = now, c.Ask.By
		return tx.SaveRole(ctx, r)
	})
	if err != nil {
		return fmt.Errorf("grant %s: %w", c.Role.Name, err)
	}
	return nil
}

// SetHome remembers where a person lives: the room encrypted, found again by a keyed hash only.
func (d *Desk) SetHome(ctx context.Context, who domain.AccountID, building, room string) (domain.Account, error) {
	building, room = CleanName(building), CleanName(room)
	if building == "" || room == "" {
		return domain.Account{}, domain.Refuse(domain.CodeInvalid, domain.WhyNeedHousehold)
	}
	a, err := d.Account(ctx, who)
	if err != nil {
		return domain.Account{}, fmt.Errorf("set home: %w", err)
	}
	home, err := d.home(ctx, a.Community, building, room)
	if err != nil {
		return domain.Account{}, err
	}
	a.Household = home
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SaveAccount(ctx, a) })
	if err != nil {
		return domain.Account{}, fmt.Errorf("set home: %w", err)
	}
	return a, nil
}

func (d *Desk) home(ctx context.Context, community domain.CommunityID, building, room string) (domain.HouseholdID, error) {
	blind := d.c.Vault.Blind(string(community), strings.ToLower(building), strings.ToLower(room))
	for range 2 {
		h, err := d.HouseholdByBlind(ctx, community, blind)
		if err == nil {
			return h.ID, nil
		}
		if !errors.Is(err, domain.ErrNotFound) {
			return "", fmt.Errorf("find home: %w", errBusy(err))
		}
		h = domain.Household{ID: domain.HouseholdID(d.c.Mint.ID()), Community: community, Building: building, Blind: blind}
		if h.RoomBox, err = d.c.Vault.Seal(string(h.ID), []byte(room)); err != nil {
			return "", fmt.Errorf("seal home: %w", err)
		}
		err = d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SaveHousehold(ctx, h) })
		if err == nil {
			return h.ID, nil
		}
		if !errors.Is(err, domain.ErrDuplicate) {
			return "", fmt.Errorf("remember home: %w", err)
		}
	}
	return "", fmt.Errorf("remember home: %w", domain.ErrBusy)
}

// SetLang changes the language a person reads.
func (d *Desk) SetLang(ctx context.Context, who domain.AccountID, lang domain.Lang) error {
	a, err := d.Account(ctx, who)
	if err != nil {
		return fmt.Errorf("set language: %w", err)
	}
	a.Lang = lang
	if err := d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SaveAccount(ctx, a) }); err != nil {
		return fmt.Errorf("set language: %w", err)
	}
	return nil
}

// PaperPerson is the account behind a paper or phone order: a name that the leader wrote down, not claimed by anybody.
func (d *Desk) PaperPerson(ctx context.Context, community domain.CommunityID, leader domain.AccountID, name string) (domain.Account, error) {
	name = CleanName(name)
	if name == "" {
		return domain.Account{}, domain.Refuse(domain.CodeInvalid, domain.WhyBadName)
	}
	external := string(leader) + "/" + name
	a, err := d.AccountByIdentity(ctx, "paper", external)
	if err == nil || !errors.Is(err, domain.ErrNotFound) {
		return a, err
	}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		a = domain.Account{
			ID: domain.AccountID(d.c.Mint.ID()), Community: community, Kind: domain.AccountUnclaimed, Name: name, Lang: domain.Chinese, CreatedAt: now,
		}
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		return tx.SaveIdentity(ctx, domain.Identity{Channel: "paper", External: external, Account: a.ID})
	})
	if errors.Is(err, domain.ErrDuplicate) {
		return d.AccountByIdentity(ctx, "paper", external)
	}
	if err != nil {
		return domain.Account{}, fmt.Errorf("paper order: %w", err)
	}
	return a, nil
}

// AddPoint adds a pickup point to a community, or returns the one with that name.
func (d *Desk) AddPoint(ctx context.Context, community domain.CommunityID, name, hours string) (domain.Point, error) {
	name = CleanName(name)
	if name == "" {
		return domain.Point{}, domain.Refuse(domain.CodeInvalid, domain.WhyBadName)
	}
	points, err := d.Points(ctx, community)
	if err != nil {
		return domain.Point{}, fmt.Errorf("add point: %w", errBusy(err))
	}
	for _, p := range points {
		if p.Name == name {
			return p, nil
		}
	}
	p := domain.Point{ID: domain.PointID(d.c.Mint.ID()), Community: community, Name: name, Hours: strings.TrimSpace(hours)}
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		p.CreatedAt = now
		return tx.SavePoint(ctx, p)
	})
	if err != nil {
		return domain.Point{}, fmt.Errorf("add point: %w", err)
	}
	return p, nil
}

// Remember keeps where a guided conversation stands; an empty name forgets it.
func (d *Desk) Remember(ctx context.Context, dlg domain.Dialogue) error {
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error { return tx.SaveDialogue(ctx, dlg) })
	if err != nil {
		return fmt.Errorf("remember the conversation: %w", err)
	}
	return nil
}
