package web_test

import (
	"net/http"
	"testing"

	"tuanbot/domain"
	"tuanbot/handlers"
)

// TestLinkedPeopleHaveTheirPages: who was linked opens and pays what either account ordered, and leads what either account leads.
func TestLinkedPeopleHaveTheirPages(t *testing.T) {
	t.Parallel()
	b := open(t)
	sheet := b.Post(func(*domain.PostCommand) {})
	before, other := b.neighbour("小明"), b.neighbour("明明")
	o := b.Join(sheet, before, 1)
	tie := func(from, to domain.Account) {
		b.Must(b.DB.InTx(t.Context(), func(tx domain.Tx) error { return tx.LinkAccounts(t.Context(), from.ID, to.ID) }))
		one, err := b.Desk.Account(t.Context(), to.ID)
		b.Must(err)
		b.know(one)
	}
	tie(before, other)
	b.shows(b.get("/o/"+o.Token, "明明"), http.StatusOK)
	if paid := b.post("/o/"+o.Token+"/pay", "明明", "id", "1"); paid.status != http.StatusSeeOther {
		t.Errorf("paying answers %d", paid.status)
	}
	deputy := b.neighbour("李姐二号")
	tie(b.Leader, deputy)
	b.shows(b.get("/console/deals/"+sheet.Deal.Code, "李姐二号"), http.StatusOK)
	remind := handlers.RemindCommand{Ask: b.Ask(deputy), Deal: sheet.Deal.ID}
	if a, err := b.Desk.Remind(t.Context(), remind); err != nil || a.Refusal != nil {
		t.Error(a, err)
	}
}
