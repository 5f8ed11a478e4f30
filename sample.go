package main

import (
	"context"
	"fmt"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/webchat"
	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers"
)

// firstStart makes the community on an empty database, with sample people when they are wanted, and returns it. Every
// step can be repeated, so a start that was cut short goes on where it stopped.
func (a *App) firstStart(ctx context.Context, zone *time.Location) (domain.Community, error) {
	all, err := a.desk.Communities(ctx)
	if err != nil {
		return domain.Community{}, fmt.Errorf("communities: %w", err)
	}
	if len(all) > 0 {
		return all[0], nil
	}
	c := domain.Community{
		ID: "home", Name: "我们小区", Zone: zone.String(), Lang: domain.Lang(a.settings.Language), Currency: string(money.CNY),
		QuietFrom: int(a.settings.QuietFrom), QuietTo: int(a.settings.QuietTo),
	}
	if a.settings.Sample {
		if err := a.sample(ctx, c, zone); err != nil {
			return c, fmt.Errorf("sample community: %w", err)
		}
	}
	return c, a.db.InTx(ctx, func(tx domain.Tx) error { // last: until it is there, the next start does all of this again
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		c.CreatedAt = now
		return tx.SaveCommunity(ctx, c)
	})
}

const sampleRoom = "sunshine"

type samplePerson struct {
	id, name string
	lang     domain.Lang
}

// The sample people: a leader, four neighbours and a merchant.
func samplePeople() []samplePerson {
	return []samplePerson{
		{"lijie", "李姐", domain.Chinese},
		{"xiaoming", "小明", domain.Chinese},
		{"wangjie", "王姐", domain.Chinese},
		{"zhangbo", "张伯", domain.Chinese},
		{"ann", "Ann", domain.English},
		{"laochen", "果园老陈", domain.Chinese},
	}
}

// sampleParts say beside the sample people what they do; the others are neighbours.
func sampleParts() map[string]string {
	return map[string]string{"lijie": "people.leader", "laochen": "people.merchant"}
}

func (a *App) sample(ctx context.Context, c domain.Community, zone *time.Location) error {
	if err := a.web.CreateRoom(ctx, sampleRoom, "阳光小区团购群", bot.ChatGroup); err != nil {
		return err
	}
	people := map[string]domain.Account{}
	for _, p := range samplePeople() {
		acc, err := a.samplePerson(ctx, c, p)
		if err != nil {
			return err
		}
		people[p.id] = acc
	}
	group, err := a.desk.ChatFor(ctx, handlers.ChatCommand{Community: c.ID, Channel: a.web.Name(), External: sampleRoom, Group: true, Title: "阳光小区团购群"})
	if err != nil {
		return err
	}
	roles := []domain.Role{
		{Community: c.ID, Account: people["lijie"].ID, Name: domain.RoleLeader},
		{Community: c.ID, Account: people["laochen"].ID, Name: domain.RoleMerchant},
	}
	for _, r := range roles {
		if err := a.desk.Grant(ctx, handlers.GrantCommand{Role: r, System: true}); err != nil {
			return err
		}
	}
	point, err := a.desk.AddPoint(ctx, c.ID, "3 号楼大厅", "周六 10:00-12:00")
	if err != nil {
		return err
	}
	if _, err := a.desk.AddPoint(ctx, c.ID, "5 号楼门口", "周六 10:00-12:00"); err != nil {
		return err
	}
	return a.sampleDeal(ctx, c, group, point, people, zone)
}

func (a *App) samplePerson(ctx context.Context, c domain.Community, p samplePerson) (domain.Account, error) {
	if err := a.web.CreatePerson(ctx, p.id, p.name, string(p.lang)); err != nil {
		return domain.Account{}, err
	}
	role := webchat.RoleMember
	if p.id == "lijie" {
		role = webchat.RoleKeeper
	}
	if p.id != "laochen" { // the merchant is not in the neighbours' group
		if err := a.web.AddMember(ctx, sampleRoom, p.id, role); err != nil {
			return domain.Account{}, err
		}
	}
	return a.desk.Person(ctx, handlers.PersonCommand{Community: c.ID, Channel: a.web.Name(), External: p.id, Name: p.name, Lang: p.lang})
}

// sampleDeal is open until this evening, or tomorrow's if the day is late.
func (a *App) sampleDeal(ctx context.Context, c domain.Community, group domain.Chat, point domain.Point, people map[string]domain.Account, zone *time.Location) error {
	now := time.Now().In(zone)
	until := time.Date(now.Year(), now.Month(), now.Day(), 20, 0, 0, 0, zone)
	if until.Sub(now) < 2*time.Hour {
		until = until.AddDate(0, 0, 1)
	}
	answer, err := a.desk.Post(ctx, domain.PostCommand{
		Ask:       domain.Asked{Key: domain.EventKey{Channel: "system", Message: "sample deal"}, By: people["lijie"].ID, Lang: domain.Chinese, Chat: group.ID},
		Community: c,
		Terms: domain.DealTerms{
			Kind: domain.KindChain, Title: "阳光玫瑰", Icon: "🍇", Pay: domain.PayAfterFormed, Threshold: 5, ThresholdUnit: domain.UnitShares,
			DeadlineAt: until, Fulfilment: domain.FulfilPickup, Point: point.ID, PickupTime: "周六 10:00-12:00", Merchant: people["laochen"].ID,
		},
		Items: []domain.NewItem{{Name: "阳光玫瑰", Spec: "2 斤装", Group: money.Yuan(2990), Solo: money.Yuan(4900), Supply: money.Yuan(2700), Stock: 60}},
		Chats: []domain.ChatID{group.ID},
	})
	if err != nil {
		return err
	}
	if answer.Refusal != nil {
		return answer.Refusal
	}
	return nil
}
