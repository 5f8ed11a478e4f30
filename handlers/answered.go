package handlers

import (
	"context"
	"fmt"

	"tuanbot/domain"
)

// Answered looks a message key up before anything of the message is interpreted: what the words mean may depend on how
// things stand by now, the stored answer does not. Other content under the same key is refused.
func (d *Desk) Answered(ctx context.Context, key domain.EventKey, hash string) (domain.Event, bool, error) {
	if knownAbsent(ctx, key) {
		return domain.Event{}, false, nil
	}
	e, ok, err := d.keys.find(ctx, key)
	if err != nil {
		return domain.Event{}, false, fmt.Errorf("answered before: %w", err)
	}
	if ok {
		e.Answer = sameInput(e, domain.Asked{Hash: hash})
	} else {
		markAbsent(ctx, key)
	}
	return e, ok, nil
}

// Home finds or makes the home at an address, for somebody who is not its owner's account: a neighbour, a paper order.
func (d *Desk) Home(ctx context.Context, community domain.CommunityID, building, room string) (domain.HouseholdID, error) {
	building, room = CleanName(building), CleanName(room)
	if building == "" || room == "" {
		return "", domain.Refuse(domain.CodeInvalid, domain.WhyNeedHousehold)
	}
	return d.home(ctx, community, building, room)
}
