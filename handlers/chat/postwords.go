package chat

import (
	"context"

	"tuanbot/domain"
	"tuanbot/handlers/chat/adverts"
)

// Plain understands descriptions and adverts by their usual words, in any order. It never guesses at money.
type Plain struct{}

// Understand reads a description.
func (Plain) Understand(_ context.Context, text string, in Setting) (Draft, error) {
	return draftFrom(adverts.Read(text, adverts.Setting{Now: in.Now})), nil
}

// draftFrom puts what an advert says into the words of deals.
func draftFrom(a adverts.Advert) Draft {
	d := Draft{
		Title: a.Title, Pay: domain.PayWhen(a.Pay), Threshold: a.Threshold, ThresholdUnit: unitFrom(a.ThresholdUnit), Cap: a.Cap, CapUnit: unitFrom(a.CapUnit),
		LimitPerson: a.LimitPerson, LimitHousehold: a.LimitHousehold, OpensAt: a.OpensAt, Deadline: a.Deadline, TeamTTL: a.TeamTTL,
		Place: a.Place, PickupTime: a.PickupTime, Merchant: a.Merchant, Note: a.Note,
	}
	if a.Teams {
		d.Kind = domain.KindTeam
	}
	if a.Delivery {
		d.Fulfilment = domain.FulfilLeader
	}
	for _, it := range a.Items {
		d.Items = append(d.Items, DraftItem{Name: it.Name, Spec: it.Spec, Unit: it.Unit, Group: it.Group, Solo: it.Solo, Supply: it.Supply, Stock: it.Stock, Limit: it.Limit})
	}
	return d
}

func unitFrom(u adverts.Unit) domain.Unit {
	switch u {
	case adverts.Shares:
		return domain.UnitShares
	case adverts.People:
		return domain.UnitPeople
	case adverts.Money:
		return domain.UnitMoney
	}
	return ""
}
