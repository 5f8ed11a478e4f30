package handlers

import (
	"context"

	"tuanbot/domain"
)

// PutHome puts a home on an order that was placed without one.
func (d *Desk) PutHome(ctx context.Context, c domain.HomeCommand) (domain.Answer, error) {
	return d.passAndClose(ctx, c.Deal, c)
}
