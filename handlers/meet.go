package handlers

import (
	"context"
	"fmt"

	"tuanbot/domain"
)

// Meet reads what a message needs before it is interpreted, together with all other messages that come meanwhile. A key that
// is not there need not be looked up again for a moment.
func (d *Desk) Meet(ctx context.Context, g domain.Greeting) (domain.Met, error) {
	m, _, err := d.crowd.met.get(ctx, g)
	if err != nil {
		return m, fmt.Errorf("who speaks where: %w", err)
	}
	if !m.Answered {
		markAbsent(ctx, g.Key)
	}
	return m, nil
}

// speaker is who a command says it is from, read unless it has just been.
func (d *Desk) speaker(ctx context.Context, c PersonCommand) (domain.Account, error) {
	if c.Met == nil {
		return d.AccountByIdentity(ctx, c.Channel, c.External)
	}
	return one("identity", c.Met.Account, c.Met.Account.ID != "", nil)
}

// conversation is the chat that a command names, read unless it has just been.
func (d *Desk) conversation(ctx context.Context, c ChatCommand) (domain.Chat, error) {
	if c.Met == nil {
		return d.ChatByExternal(ctx, c.Channel, c.External)
	}
	return one("chat by name", c.Met.Chat, c.Met.Chat.ID != "", nil)
}
