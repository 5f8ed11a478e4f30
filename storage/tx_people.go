package storage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// replace writes a row by its only unique key.
func replace[R any](db *gorm.DB, row R, key ...string) error {
	return upsert(db, []R{row}, key)
}

// SaveAccount adds or replaces a person.
func (t *tx) SaveAccount(ctx context.Context, a domain.Account) error {
	return replace(t.orm(ctx), accountToRow(a), "id")
}

// SaveIdentity ties a person to a channel, or notes that they spoke; ErrDuplicate when the identity is another account's.
func (t *tx) SaveIdentity(ctx context.Context, i domain.Identity) error {
	row := identityRow{Channel: i.Channel, External: i.External, Account: i.Account, SeenAt: ms(i.SeenAt)}
	return put(t.orm(ctx), row, map[string]any{"seen_at": row.SeenAt},
		"channel = ? AND external = ? AND account = ?", row.Channel, row.External, row.Account)
}

// SaveRole grants a role.
func (t *tx) SaveRole(ctx context.Context, r domain.Role) error {
	return replace(t.orm(ctx), roleToRow(r), "community", "account", "name", "scope")
}

// RemoveRole takes a role away; one that is not there is no error.
func (t *tx) RemoveRole(ctx context.Context, r domain.Role) error {
	err := t.orm(ctx).Where("community = ? AND account = ? AND name = ? AND scope = ?", r.Community, r.Account, r.Name, r.Scope).Delete(&roleRow{}).Error
	return translate(err)
}

// SaveCommunity adds or replaces a neighbourhood.
func (t *tx) SaveCommunity(ctx context.Context, c domain.Community) error {
	return replace(t.orm(ctx), communityToRow(c), "id")
}

// SaveChat adds or replaces a conversation; ErrDuplicate when (channel, external) is another chat's.
func (t *tx) SaveChat(ctx context.Context, c domain.Chat) error {
	row := chatToRow(c)
	set := map[string]any{
		"community": row.Community, "channel": row.Channel, "external": row.External, "is_group": row.IsGroup, "title": row.Title, "noise": row.Noise, "gone_at": row.GoneAt,
	}
	return put(t.orm(ctx), row, set, "id = ?", row.ID)
}

// SavePoint adds or replaces a pickup point.
func (t *tx) SavePoint(ctx context.Context, p domain.Point) error {
	return replace(t.orm(ctx), pointToRow(p), "id")
}

// SaveHousehold adds or replaces a home; ErrDuplicate when the address is known under another id.
func (t *tx) SaveHousehold(ctx context.Context, h domain.Household) error {
	row := householdToRow(h)
	set := map[string]any{"community": row.Community, "building": row.Building, "blind": row.Blind, "room_box": row.RoomBox}
	return put(t.orm(ctx), row, set, "id = ?", row.ID)
}

// SaveDialogue keeps where a conversation stands; without a name it is over.
func (t *tx) SaveDialogue(ctx context.Context, d domain.Dialogue) error {
	if d.Name == "" {
		return translate(t.orm(ctx).Where("account = ? AND chat = ?", d.Account, d.Chat).Delete(&dialogueRow{}).Error)
	}
	row := dialogueRow{Account: d.Account, Chat: d.Chat, Name: d.Name, State: d.State, UntilAt: ms(d.Until)}
	return replace(t.orm(ctx), row, "account", "chat")
}

// SaveTries keeps the count of wrong codes.
func (t *tx) SaveTries(ctx context.Context, n domain.Tries) error {
	return replace(t.orm(ctx), triesRow{Account: n.Account, Tries: n.Count, UntilAt: ms(n.Until), LastAt: ms(n.LastAt)}, "account")
}

// EraseAccount deletes a person's personal data and keeps the amounts. A beneficiary's name becomes the serial number, so
// that the order stays distinct from its sisters.
func (t *tx) EraseAccount(ctx context.Context, id domain.AccountID) error {
	if _, err := t.knownNow(ctx); err != nil {
		return err
	}
	name := "'#' || serial"
	if t.d.mysql {
		name = "CONCAT('#', serial)"
	}
	for _, e := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE accounts SET name = '', kind = ?, household = '', point = '' WHERE id = ?", []any{domain.AccountErased, id}},
		{"DELETE FROM identity_unions WHERE EXISTS (SELECT 1 FROM identities i WHERE i.account = ? AND i.channel = identity_unions.channel AND i.external = identity_unions.external)", []any{id}},
		{"DELETE FROM link_codes WHERE account = ?", []any{id}},
		{"DELETE FROM identities WHERE account = ?", []any{id}},
		{"DELETE FROM dialogues WHERE account = ?", []any{id}},
		{"DELETE FROM roles WHERE account = ?", []any{id}},
		{"DELETE FROM code_tries WHERE account IN (?, ?)", []any{id, domain.LinkTries(id)}},
		{"DELETE FROM chains WHERE deal IN (SELECT deal FROM orders WHERE shopper = ?)", []any{id}}, // lists are full of names
		{"UPDATE orders SET beneficiary = " + name + " WHERE shopper = ? AND beneficiary <> ''", []any{id}},
		{"UPDATE orders SET source_line = '', note = '', last_command = '', household = NULL, address_box = NULL WHERE shopper = ?", []any{id}},
		{"UPDATE order_events SET source = '' WHERE by_account = ?", []any{id}},
		{"UPDATE outbox SET state = ?, lane = ?, last_reason = 'erased', due_at = ?, done_at = ? WHERE account = ? AND lane > 0", []any{domain.DeliveryDropped, laneOver, t.now, t.now, id}},
	} {
		if err := t.orm(ctx).Exec(e.sql, e.args...).Error; err != nil {
			return fmt.Errorf("erase account %s: %w", id, translate(err))
		}
	}
	return nil
}

// InsertOrphan stores money that nobody asked for; a known transaction is skipped.
func (t *tx) InsertOrphan(ctx context.Context, o domain.Orphan) error {
	return insertNew(t.orm(ctx), []orphanRow{orphanToRow(o)}, "gateway, transaction_no")
}

// SolveOrphan notes what became of such money.
func (t *tx) SolveOrphan(ctx context.Context, transaction, note string) error {
	now, err := t.knownNow(ctx)
	if err != nil {
		return err
	}
	res := t.orm(ctx).Model(&orphanRow{}).Where("transaction_no = ?", transaction).Updates(map[string]any{"note": note, "solved_at": now})
	if res.Error != nil {
		return fmt.Errorf("solve orphan: %w", translate(res.Error))
	}
	if res.RowsAffected == 0 {
		return fmt.Errorf("orphan: %w", domain.ErrNotFound)
	}
	return nil
}

// MarkChecked moves a payment's next look at the gateway. One that needs no look any more stays as it is.
func (t *tx) MarkChecked(ctx context.Context, number domain.PaymentNumber, next time.Time) error {
	err := t.orm(ctx).Model(&paymentRow{}).Where("number = ? AND check_at > 0", number).
		Updates(map[string]any{"check_at": ms(next), "checks": gorm.Expr("checks + 1")}).Error
	return translate(err)
}
