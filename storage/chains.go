package storage

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// chainRow is what is remembered of the list that a chat keeps for a deal.
type chainRow struct {
	Deal    domain.DealID
	Chat    domain.ChatID
	Body    []byte
	Updated int64 `gorm:"column:updated_at"`
}

// TableName names the table.
func (chainRow) TableName() string { return "chains" }

func chainToRow(r domain.ChainRecord) chainRow {
	return chainRow{Deal: r.Deal, Chat: r.Chat, Body: r.Body, Updated: ms(r.UpdatedAt)}
}

func chainFromRow(w chainRow) domain.ChainRecord {
	return domain.ChainRecord{Deal: w.Deal, Chat: w.Chat, Body: w.Body, UpdatedAt: at(w.Updated)}
}

// chains reads the lists asked for; the locked deal row keeps two pastes apart.
func (l *loader) chains() error {
	if len(l.n.Chains) == 0 {
		return nil
	}
	rows, err := all[chainRow](l.db.Where("deal = ? AND chat IN ?", l.deal, l.n.Chains))
	if err != nil {
		return fmt.Errorf("chains: %w", err)
	}
	for _, w := range rows {
		l.b.AddChain(chainFromRow(w))
	}
	return nil
}

// names reads whose the loaded orders are, and who orders in the same turns.
func (l *loader) names() error {
	if !l.n.Names {
		return nil
	}
	ids := slices.Clone(l.n.Shoppers)
	for _, id := range l.orders {
		ids = append(ids, l.t.mem.orders[id].Shopper)
	}
	people, err := peopleOf(func() *gorm.DB { return l.db }, ids)
	if err != nil {
		return fmt.Errorf("names: %w", err)
	}
	l.b.AddPeople(people)
	return nil
}

// Chain reads the list that a chat keeps for a deal.
func (d *DB) Chain(ctx context.Context, deal domain.DealID, chat domain.ChatID) (domain.ChainRecord, error) {
	w, err := first[chainRow](d.reader(ctx).Where("deal = ? AND chat = ?", deal, chat))
	return chainFromRow(w), failed("chain", err)
}
