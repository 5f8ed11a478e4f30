package handlers

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tuanbot/domain"
)

// ClaimWord is what is said to a claim.
type ClaimWord int

// The words of a claim.
const (
	ClaimAsk  ClaimWord = iota // who claims says so: the leader is asked
	ClaimSure                  // it needs no asking
	ClaimYes                   // the leader says that it is so
	ClaimNo                    // the leader says that it is not
)

// ClaimCommand says that a line of a pasted list, written down under another name, is somebody's own.
type ClaimCommand struct {
	Ask    domain.Asked
	Order  domain.OrderRecord // of the line
	Number int64              // of the line in its list
	Who    domain.AccountID
	Leader domain.AccountID // whom to ask
	Word   ClaimWord
}

// Claim makes an unclaimed person's order that of who it really belongs to: a redirect, nothing is rewritten. Where it takes the
// leader's word they are asked in private, and who claims hears what they said.
func (d *Desk) Claim(ctx context.Context, c ClaimCommand) (domain.Answer, error) {
	owner, err := d.Account(ctx, c.Order.Shopper)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("claim: %w", errBusy(err))
	}
	trail, err := d.EventsOfOrder(ctx, c.Order.ID)
	if err != nil {
		return domain.Answer{}, fmt.Errorf("claim: %w", errBusy(err))
	}
	kind := domain.EventClaim
	if c.Word == ClaimYes || c.Word == ClaimNo {
		kind = domain.EventClaimAnswer
	}
	a, err := d.once(ctx, c.Ask, kind, func(tx domain.Tx) (domain.Answer, error) {
		return claiming{ClaimCommand: c, owner: owner, trail: trail}.run(ctx, tx)
	})
	if err == nil && a.Refusal == nil {
		d.c.Waker.Wake(ctx, TopicOutbox)
	}
	return a, err
}

// claiming is a claim with whom the order belongs to so far.
type claiming struct {
	ClaimCommand
	owner domain.Account
	trail []domain.Event
}

func (c claiming) run(ctx context.Context, tx domain.Tx) (domain.Answer, error) {
	a := domain.Answer{Deal: c.Order.Deal, Order: c.Order.ID, Serial: c.Order.Serial, Shopper: c.Who, Count: c.Number}
	switch {
	case c.owner.ID == c.Who:
		a.Did = domain.DidClaimMine
		return a, nil
	case c.owner.Kind != domain.AccountUnclaimed:
		a.Did = domain.DidClaimTaken
		return a, nil
	case c.Word == ClaimAsk:
		a.Did = domain.DidClaimAsk
		return a, tx.AppendNotices(ctx, []domain.Notice{c.asked()})
	case c.Word == ClaimNo:
		a.Did = domain.DidClaimDeny
		return a, tx.AppendNotices(ctx, []domain.Notice{c.told(0)})
	}
	err := tx.LinkAccounts(ctx, c.owner.ID, c.Who)
	if errors.Is(err, domain.ErrDuplicate) { // somebody else's meanwhile
		a.Did = domain.DidClaimTaken
		return a, nil
	}
	a.Did = domain.DidClaim
	if err != nil || c.Word == ClaimSure {
		return a, err
	}
	return a, tx.AppendNotices(ctx, []domain.Notice{c.told(1)})
}

// asked puts the claim to the leader.
func (c claiming) asked() domain.Notice {
	return domain.Notice{
		Kind: domain.NoticeClaimAsked, Dedup: domain.ClaimKey(c.Order.ID, c.Who, c.trail), Community: c.owner.Community, Account: c.Leader,
		Deal: c.Order.Deal, Order: c.Order.ID, Num: map[string]int64{"line": c.Number},
	}
}

// told says to who claimed what the leader said.
func (c claiming) told(yes int64) domain.Notice {
	return domain.Notice{
		Kind: domain.NoticeClaimTold, Dedup: domain.ClaimKey(c.Order.ID, c.Who, c.trail) + "/told/" + strconv.FormatInt(yes, 10), Community: c.owner.Community, Account: c.Who,
		Deal: c.Order.Deal, Order: c.Order.ID, Num: map[string]int64{"line": c.Number, "yes": yes},
	}
}
