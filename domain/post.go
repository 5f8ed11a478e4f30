package domain

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tuanbot/domain/money"
)

// The bounds of a posted deal.
const (
	MaxTitle    = 60
	MaxItems    = 26
	MaxPrice    = 100_000_00 // fen
	MaxStock    = 1_000_000
	MaxCap      = 1_000_000
	MaxCampaign = 60 * 24 * time.Hour
	MinCampaign = time.Minute

	MaxPayWindow = 7 * 24 * time.Hour
)

// NewItem is one thing on offer as a leader describes it.
type NewItem struct {
	Name   string       `json:"name"`
	Spec   string       `json:"spec,omitempty"`
	Unit   string       `json:"unit,omitempty"` // default 份
	Group  money.Amount `json:"group"`
	Solo   money.Amount `json:"solo,omitzero"`
	Supply money.Amount `json:"supply,omitzero"`
	Stock  int64        `json:"stock,omitempty"` // 0 = unlimited
	Limit  int64        `json:"limit,omitempty"`
}

// PostCommand opens a deal in one or more chats.
type PostCommand struct {
	Ask       Asked
	Community Community
	Terms     DealTerms
	Items     []NewItem
	Chats     []ChatID
}

// Post checks the terms and makes the deal with its items, its first team (a chain has just one), its first version and
// its announcements. The caller has checked that the speaker may lead.
func Post(c PostCommand, mint Mint, now time.Time) (NewDeal, error) {
	terms, err := checkTerms(c, now)
	if err != nil {
		return NewDeal{}, err
	}
	items, err := makeItems(c, mint, now)
	if err != nil {
		return NewDeal{}, err
	}
	d := DealRecord{
		ID: DealID(mint.ID()), Community: c.Community.ID, Code: mint.Code(5), Terms: terms, Currency: money.Currency(c.Community.Currency),
		State: DealOpen, OpenedBy: c.Ask.By, Version: 1, Edition: 1, CreatedAt: now,
	}
	if terms.OpensAt.After(now) {
		d.State = DealScheduled
	}
	if d.Currency == "" {
		d.Currency = money.CNY
	}
	for i := range items {
		it := &items[i]
		it.Deal = d.ID
		if cur := it.Group.Currency(); cur != "" && cur != d.Currency {
			return NewDeal{}, Refuse(CodeInvalid, WhyBadDeal).With("field", "price")
		}
		it.Group, it.Solo, it.Supply = money.Of(it.Group.Fen(), d.Currency), money.Of(it.Solo.Fen(), d.Currency), money.Of(it.Supply.Fen(), d.Currency)
	}
	nd := NewDeal{Items: items, Edition: DealEdition{Deal: d.ID, Number: 1, Terms: terms, Items: items, By: c.Ask.By, Reason: "posted", At: now}}
	if terms.Kind == KindChain {
		t := newTeam(d, mint, now)
		t.Number, t.Version = 1, 1
		d.NextTeam, d.OpenTeams = 1, 1
		nd.Teams = []TeamRecord{t}
	}
	for i, chat := range c.Chats {
		if slices.Contains(c.Chats[:i], chat) {
			continue
		}
		nd.Chats = append(nd.Chats, DealChat{Deal: d.ID, Chat: chat, Leader: c.Ask.By, Noise: NoiseNormal, Commission: terms.Commission, CreatedAt: now})
		nd.Notices = append(nd.Notices, Notice{
			Kind: NoticeCard, Dedup: dedup("posted", d.ID, chat), Community: d.Community, Chat: chat, Deal: d.ID, Due: now, Urgent: true,
			Num: map[string]int64{"version": 1},
		})
	}
	nd.Notices = append(nd.Notices, deadlineReminders(d, nd.Chats, terms.DeadlineAt, now)...)
	nd.Deal = d
	return nd, nil
}

// checkTerms fills defaults in and refuses what cannot be.
func checkTerms(c PostCommand, now time.Time) (DealTerms, error) {
	t := c.Terms
	t.Title = strings.TrimSpace(t.Title)
	if t.OpensAt.IsZero() {
		t.OpensAt = now
	}
	if t.ThresholdUnit == "" {
		t.ThresholdUnit = UnitNone
	}
	if t.ThresholdUnit == UnitNone {
		t.Threshold = 0
	}
	if t.Kind == "" {
		t.Kind = KindChain
	}
	if t.Pay == "" {
		t.Pay = PayAfterFormed
	}
	if t.Fulfilment == "" {
		t.Fulfilment = FulfilPickup
	}
	if t.CapUnit == "" {
		t.CapUnit = UnitShares
	}
	if t.Kind == KindTeam && t.Cap == 0 {
		t.Cap, t.CapUnit = t.Threshold, t.ThresholdUnit
	}
	t.OpensAt, t.DeadlineAt = t.OpensAt.UTC().Truncate(time.Millisecond), t.DeadlineAt.UTC().Truncate(time.Millisecond)
	bad := func(field string) (DealTerms, error) { return t, Refuse(CodeInvalid, WhyBadDeal).With("field", field) }
	run := t.DeadlineAt.Sub(now)
	switch {
	case t.Title == "" || utf8.RuneCountInString(t.Title) > MaxTitle:
		return bad("title")
	case t.Kind != KindChain && t.Kind != KindTeam:
		return bad("kind")
	case t.Pay != PayAtJoin && t.Pay != PayAfterFormed && t.Pay != PayOffline:
		return bad("pay")
	case run < MinCampaign || run > MaxCampaign || !t.DeadlineAt.After(t.OpensAt):
		return bad("deadline")
	case !slices.Contains([]Unit{UnitNone, UnitPeople, UnitShares, UnitMoney}, t.ThresholdUnit):
		return bad("threshold")
	case t.ThresholdUnit != UnitNone && (t.Threshold < 1 || t.Threshold > MaxCap*MaxPrice):
		return bad("threshold")
	case t.Cap < 0 || t.Cap > MaxCap || (t.CapUnit != UnitPeople && t.CapUnit != UnitShares):
		return bad("cap")
	case t.Cap > 0 && t.CapUnit == t.ThresholdUnit && t.Cap < t.Threshold:
		return bad("cap")
	case t.Kind == KindTeam && (t.Threshold < 2 || t.ThresholdUnit == UnitMoney || t.ThresholdUnit == UnitNone):
		return bad("threshold")
	case t.LimitPerson < 0 || t.LimitHousehold < 0:
		return bad("limit")
	case t.Grace < 0 || t.Grace > MaxGrace || t.PayWindow < 0 || t.PayWindow > MaxPayWindow || t.TeamTTL < 0:
		return bad("window")
	case len(c.Chats) == 0:
		return bad("chat")
	}
	return t, nil
}

func makeItems(c PostCommand, mint Mint, now time.Time) ([]ItemRecord, error) {
	if len(c.Items) == 0 || len(c.Items) > MaxItems {
		return nil, Refuse(CodeInvalid, WhyBadDeal).With("field", "items")
	}
	var items []ItemRecord
	for i, n := range c.Items {
		name := strings.TrimSpace(n.Name)
		if name == "" || utf8.RuneCountInString(name) > MaxTitle {
			return nil, Refuse(CodeInvalid, WhyBadDeal).With("field", "items")
		}
		if n.Group.Fen() < 1 || n.Group.Fen() > MaxPrice || n.Solo.Fen() < 0 || n.Solo.Fen() > MaxPrice || n.Supply.Fen() < 0 || n.Supply.Fen() > MaxPrice || (n.Solo.IsPositive() && n.Solo.Less(n.Group)) {
			return nil, Refuse(CodeInvalid, WhyBadDeal).With("field", "price")
		}
		if n.Stock < 0 || n.Stock > MaxStock || n.Limit < 0 {
			return nil, Refuse(CodeInvalid, WhyBadDeal).With("field", "stock")
		}
		stock := n.Stock
		if stock == 0 {
			stock = -1
		}
		unit := n.Unit
		if unit == "" {
			unit = "份"
		}
		items = append(items, ItemRecord{
			ID: ItemID(mint.ID()), Letter: string(rune('A' + i)), Name: name, Spec: n.Spec, Unit: unit, Group: n.Group, Solo: n.Solo, Supply: n.Supply,
			Stock: stock, Limit: n.Limit, CreatedAt: now,
		})
	}
	return items, nil
}
