package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tuanbot/domain"
)

// LinkCodeCommand asks for a one-time code by which the same person can be recognised on another channel.
type LinkCodeCommand struct {
	Ask               domain.Asked
	Channel, External string // who asks, as their channel names them
}

// LinkCode gives a code. It is a function of the message that asked for it, so that a repeat gets the same one although only
// a keyed hash of it is kept.
func (d *Desk) LinkCode(ctx context.Context, c LinkCodeCommand) (code string, a domain.Answer, err error) {
	code = d.linkCode(c.Ask)
	hash := d.c.Vault.Blind("link", code)
	a, err = d.once(ctx, c.Ask, "link_code", func(tx domain.Tx) (domain.Answer, error) {
		now, err := tx.Now(ctx)
		if err != nil {
			return domain.Answer{}, err
		}
		other, err := tx.LinkCodeByHash(ctx, hash)
		if err != nil && !errors.Is(err, domain.ErrNotFound) {
			return domain.Answer{}, err
		}
		if err == nil && other.Account != c.Ask.By && now.Before(other.ExpiresAt) { // the same code twice would lead to the wrong person
			return domain.Answer{}, domain.Refuse(domain.CodeConflict, domain.WhyBusy)
		}
		until := now.Add(domain.LinkLife)
		code := domain.LinkCode{Account: c.Ask.By, Hash: hash, Channel: c.Channel, External: c.External, ExpiresAt: until}
		return domain.Answer{Did: domain.DidLinkCode, Deadline: until}, tx.SaveLinkCode(ctx, code)
	})
	return code, a, err
}

// linkLetters end a code; none looks like a digit.
const linkLetters = "ABCDEFGHJKMNPQRSTUVWXYZ"

// linkCode is six digits and a letter, drawn by a keyed hash of the message that asked.
func (d *Desk) linkCode(ask domain.Asked) string {
	k := ask.Key
	sum := sha256.Sum256([]byte(d.c.Vault.Blind("link-code", k.Channel, k.Account, k.Message, strconv.FormatInt(k.Index, 10), string(ask.By))))
	n := binary.BigEndian.Uint64(sum[:8])
	return fmt.Sprintf("%06d%c", n%1_000_000, linkLetters[n/1_000_000%uint64(len(linkLetters))])
}

// CleanLinkCode is a typed code in the form that codes have.
func CleanLinkCode(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
}

// LinkCommand types a code on another channel: the two are one person from now on.
type LinkCommand struct {
	Ask               domain.Asked
	Code              string
	Channel, External string // who types it
}

// Link makes the account of who types the code speak for the account of who asked for it. Wrong codes are counted and
// slowed.
func (d *Desk) Link(ctx context.Context, c LinkCommand) (domain.Answer, error) {
	if e, ok, err := d.keys.find(ctx, c.Ask.Key); err != nil {
		return domain.Answer{}, fmt.Errorf("link: %w", err)
	} else if ok {
		return sameInput(e, c.Ask), nil
	}
	now, err := d.Now(ctx)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("link: %w", errBusy(err))
	}
	tries, err := d.TriesOf(ctx, domain.LinkTries(c.Ask.By))
	if err != nil {
		return domain.Answer{}, fmt.Errorf("link: %w", errBusy(err))
	}
	if now.Before(tries.Until) {
		return refused(domain.Refuse(domain.CodeTooLate, domain.WhySlowDown).WithInt("until", tries.Until.UnixMilli())), nil
	}
	l, err := d.linking(ctx, c)
	if err != nil {
		return domain.Answer{}, err
	}
	a, err := d.once(ctx, c.Ask, "link", func(tx domain.Tx) (domain.Answer, error) { return l.run(ctx, tx) })
	if err == nil && a.Refusal != nil && a.Refusal.Why == domain.WhyLinkCode {
		return a, d.countTry(ctx, tries, domain.LinkTries(c.Ask.By), now)
	}
	if err == nil {
		d.c.Waker.Wake(ctx, TopicOutbox)
	}
	return a, err
}

// linking is two people about to become one.
type linking struct {
	c        LinkCommand
	hash     string
	me, them domain.Account // them: whose code it is; zero when nobody's
	over     []domain.Notice
}

// linking reads who would be linked, and where both together are over a limit.
func (d *Desk) linking(ctx context.Context, c LinkCommand) (linking, error) {
	l := linking{c: c, hash: d.c.Vault.Blind("link", CleanLinkCode(c.Code))}
	var err error
	if l.me, err = d.Account(ctx, c.Ask.By); err != nil {
		return l, fmt.Errorf("link: %w", errBusy(err))
	}
	var code domain.LinkCode
	err = d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		var err error
		code, err = tx.LinkCodeByHash(ctx, l.hash)
		return err
	})
	if errors.Is(err, domain.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("link: %w", errBusy(err))
	}
	if l.them, err = d.Account(ctx, code.Account); err != nil {
		return l, fmt.Errorf("link: %w", errBusy(err))
	}
	l.over, err = d.overLimits(ctx, l.me, l.them)
	return l, err
}

// run ties the accounts together, if the code is still good.
func (l linking) run(ctx context.Context, tx domain.Tx) (domain.Answer, error) {
	now, err := tx.Now(ctx)
	if err != nil {
		return domain.Answer{}, err
	}
	code, err := tx.LinkCodeByHash(ctx, l.hash)
	switch {
	case errors.Is(err, domain.ErrNotFound), err == nil && !now.Before(code.ExpiresAt), err == nil && l.them.ID == "":
		return domain.Answer{}, domain.Refuse(domain.CodeNotFound, domain.WhyLinkCode)
	case err != nil:
		return domain.Answer{}, err
	case code.Channel == l.c.Channel && code.External == l.c.External:
		return domain.Answer{}, domain.Refuse(domain.CodeConflict, domain.WhyLinkOwn)
	case l.me.ID == l.them.ID:
		return domain.Answer{}, domain.Refuse(domain.CodeConflict, domain.WhyLinkedYet)
	}
	if err := tieTogether(ctx, tx, l.me, l.them, l.over); err != nil {
		return domain.Answer{}, err
	}
	if err := tx.EndLinkCode(ctx, code.Account); err != nil {
		return domain.Answer{}, err
	}
	if err := tx.SaveTries(ctx, domain.Tries{Account: domain.LinkTries(l.c.Ask.By)}); err != nil {
		return domain.Answer{}, err
	}
	told := domain.Notice{
		Kind: domain.NoticeLinked, Community: l.them.Community, Account: code.Account, Urgent: true,
		Dedup: "linked/" + string(l.me.ID) + "/" + string(l.them.ID) + "/" + strconv.FormatInt(now.UnixMilli(), 10),
		Num:   map[string]int64{"at": now.UnixMilli()},
	}
	return domain.Answer{Did: domain.DidLink, Shopper: l.them.ID, Reason: l.them.Name}, tx.AppendNotices(ctx, []domain.Notice{told})
}

// tieTogether redirects one account to another, which takes over what it does not know itself, and flags what is over a limit.
func tieTogether(ctx context.Context, tx domain.Tx, from, to domain.Account, over []domain.Notice) error {
	err := tx.LinkAccounts(ctx, from.ID, to.ID)
	if errors.Is(err, domain.ErrGuard) {
		return domain.Refuse(domain.CodeConflict, domain.WhyLinkedYet)
	}
	if err != nil {
		return err
	}
	before := to
	if to.Kind == domain.AccountGuest && from.Kind == domain.AccountPerson {
		to.Kind = domain.AccountPerson
	}
	if to.Household == "" {
		to.Household = from.Household
	}
	if to.Point == "" {
		to.Point = from.Point
	}
	if to.Kind != before.Kind || to.Household != before.Household || to.Point != before.Point {
		if err := tx.SaveAccount(ctx, to); err != nil {
			return err
		}
	}
	return tx.AppendNotices(ctx, over)
}

// overLimits are notes to the leaders of open deals where two people, who turn out to be one, hold more than one person may.
// Nothing is undone: that is for the leader to decide.
func (d *Desk) overLimits(ctx context.Context, one, other domain.Account) ([]domain.Notice, error) {
	held := map[domain.DealID][]domain.OrderRecord{}
	both := map[domain.DealID]int{}
	for side, a := range []domain.Account{one, other} {
		orders, err := d.OrdersOf(ctx, a.ID, 500)
		if err != nil {
			return nil, fmt.Errorf("orders of who is linked: %w", errBusy(err))
		}
		for _, o := range orders {
			if o.State.IsLive() {
				held[o.Deal] = append(held[o.Deal], o)
				both[o.Deal] |= 1 << side
			}
		}
	}
	var notes []domain.Notice
	for deal, sides := range both {
		if sides != 3 {
			continue
		}
		sheet, err := d.Deal(ctx, deal)
		if err != nil {
			return nil, fmt.Errorf("deal of who is linked: %w", errBusy(err))
		}
		if sheet.Deal.State == domain.DealOpen && overLimit(sheet, held[deal]) {
			notes = append(notes, overNote(sheet, held[deal], one, other))
		}
	}
	return notes, nil
}

// overLimit reports whether orders of one person break a limit per person.
func overLimit(s domain.DealSheet, orders []domain.OrderRecord) bool {
	var all int64
	items := map[domain.ItemID]int64{}
	for _, o := range orders {
		all += o.Shares
		for _, l := range o.Lines {
			items[l.Item] += l.Ordered
		}
	}
	if limit := s.Deal.Terms.LimitPerson; limit > 0 && all > limit {
		return true
	}
	for _, it := range s.Items {
		if it.Limit > 0 && items[it.ID] > it.Limit {
			return true
		}
	}
	return false
}

func overNote(s domain.DealSheet, orders []domain.OrderRecord, one, other domain.Account) domain.Notice {
	last, all := orders[0], int64(0)
	for _, o := range orders {
		all += o.Shares
		if o.Serial > last.Serial {
			last = o
		}
	}
	leader := last.ViaLeader
	if leader == "" {
		leader = s.Deal.OpenedBy
	}
	return domain.Notice{
		Kind: domain.NoticeLeaderNote, Dedup: "over_limit/" + string(s.Deal.ID) + "/" + string(one.ID) + "/" + string(other.ID),
		Community: s.Deal.Community, Account: leader, Deal: s.Deal.ID, Order: last.ID,
		Num: map[string]int64{"what": domain.NoteOverLimit, "shares": all},
	}
}

// VoidLinkCode ends a code that was shown where others could read it. That there is none is no secret and no error.
func (d *Desk) VoidLinkCode(ctx context.Context, code string) error {
	hash := d.c.Vault.Blind("link", CleanLinkCode(code))
	err := d.c.Store.InTx(ctx, func(tx domain.Tx) error {
		found, err := tx.LinkCodeByHash(ctx, hash)
		if err != nil {
			return err
		}
		return tx.EndLinkCode(ctx, found.Account)
	})
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return fmt.Errorf("end a link code: %w", err)
	}
	return nil
}
