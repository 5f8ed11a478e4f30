package chat

import (
	"fmt"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// onlyLeader hands a list to the deal's leader.
func (t *talk) onlyLeader(verb say.Verb, list func(domain.DealSheet) ([]bot.Reply, error), states ...domain.DealState) ([]bot.Reply, error) {
	sheet, replies, err := t.lead(verb, states...)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.forLeader(sheet, list)
}

func (t *talk) forLeader(sheet domain.DealSheet, list func(domain.DealSheet) ([]bot.Reply, error)) ([]bot.Reply, error) {
	if !isLeader(sheet, t.who) {
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), sheet), nil
	}
	replies, err := list(sheet)
	for i := range replies {
		replies[i].Private = replies[i].Private && t.group()
	}
	return replies, err
}

func (t *talk) unpaid() ([]bot.Reply, error) {
	return t.onlyLeader(say.VerbUnpaid, t.unpaidOf, domain.DealOpen, domain.DealLocked, domain.DealFormed, domain.DealFulfilling)
}

func (t *talk) unpaidOf(sheet domain.DealSheet) ([]bot.Reply, error) {
	rows, err := t.rows(sheet, domain.OrderFilter{States: liveStates()})
	if err != nil {
		return nil, err
	}
	var owing []say.OrderRow
	for _, r := range rows {
		if r.Order.Owed().IsPositive() {
			owing = append(owing, r)
		}
	}
	return []bot.Reply{t.v.UnpaidList(sheet, owing)}, nil
}

func (t *talk) missing() ([]bot.Reply, error) {
	return t.onlyLeader(say.VerbMissing, t.missingOf, domain.DealFulfilling, domain.DealCompleted)
}

func (t *talk) missingOf(sheet domain.DealSheet) ([]bot.Reply, error) {
	rows, err := t.rows(sheet, domain.OrderFilter{States: []domain.OrderState{domain.OrderConfirmed, domain.OrderReady}})
	if err != nil {
		return nil, err
	}
	return []bot.Reply{t.v.MissingList(sheet, rows)}, nil
}

func (t *talk) waitingList() ([]bot.Reply, error) {
	return t.onlyLeader(say.VerbWait, func(sheet domain.DealSheet) ([]bot.Reply, error) {
		list, err := t.h.c.Desk.WaitingList(t.ctx, sheet.Deal.ID)
		if err != nil {
			return nil, fmt.Errorf("waiting list: %w", busy(err))
		}
		ids := make([]domain.AccountID, 0, len(list))
		for _, w := range list {
			ids = append(ids, w.Account)
		}
		people, err := t.h.c.Desk.Accounts(t.ctx, ids)
		if err != nil {
			return nil, fmt.Errorf("names: %w", busy(err))
		}
		rows := make([]say.WaitRow, 0, len(list))
		for _, w := range list {
			rows = append(rows, say.WaitRow{Waiting: w, Name: people[w.Account].Name})
		}
		return []bot.Reply{t.v.WaitingList(sheet, rows)}, nil
	}, domain.DealOpen)
}
