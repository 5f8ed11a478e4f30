package storagetest

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"tuanbot/domain"
)

// pastedLists: what a chat's list left is there for the next paste, under the lock, and another chat does not see it.
func pastedLists(w *world) {
	t := w.t
	ctx := t.Context()
	nd := w.post(t, nil)
	chat := nd.Chats[0].Chat
	var seen []string
	paste := func(body string, in domain.ChatID, who ...domain.AccountID) domain.ChainCommand {
		c := domain.ChainCommand{Deal: nd.Deal.ID, Shoppers: who}
		c.Ask = join(nd, "paster"+strconv.Itoa(len(body)), 1).Ask
		c.Ask.Chat = in
		c.Plan = func(now domain.ChainSeen) (domain.ChainPlan, error) {
			seen = append(seen, string(now.Body))
			p := domain.ChainPlan{Body: []byte(body), Report: json.RawMessage(`{}`)}
			for _, a := range who {
				p.Steps = append(p.Steps, domain.ChainStep{Shopper: a, Wants: []domain.Want{{Item: nd.Items[0].ID, Qty: 1}}, Line: "1. " + string(a)})
			}
			return p, nil
		}
		return c
	}
	if _, err := w.Store.Chain(ctx, nd.Deal.ID, chat); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("before any paste: %v", err)
	}
	w.ride(nd.Deal.ID).must(t, paste("first 王姐🍇", chat, "p1", "p2"))
	w.ride(nd.Deal.ID).must(t, paste("second", chat, "p3"))
	w.ride(nd.Deal.ID).must(t, paste("elsewhere", "another"))
	if len(seen) != 3 || seen[0] != "" || seen[1] != "first 王姐🍇" || seen[2] != "" {
		t.Errorf("the plans saw %q", seen)
	}
	rec, err := w.Store.Chain(ctx, nd.Deal.ID, chat)
	must(t, err)
	if string(rec.Body) != "second" || rec.UpdatedAt.IsZero() {
		t.Errorf("kept %q at %v", rec.Body, rec.UpdatedAt)
	}
	later := w.Now().Add(1000 * time.Hour)
	if n, err := w.Pruner.Prune(ctx, later, 100); err != nil || n != 0 {
		t.Errorf("pruned %d of an open deal, %v", n, err)
	}
	orders, err := w.Store.OrdersOfDeal(ctx, nd.Deal.ID, domain.OrderFilter{})
	must(t, err)
	if len(orders) != 3 || orders[0].SourceLine != "1. p1" || orders[0].Source != domain.ViaChain {
		t.Errorf("orders %+v", orders)
	}
	ask := join(nd, "leader", 1).Ask
	ask.By = nd.Deal.OpenedBy
	w.ride(nd.Deal.ID).must(t, domain.CancelCommand{Ask: ask, Deal: nd.Deal.ID, Reason: "rain"})
	if n, err := w.Pruner.Prune(ctx, w.Now(), 100); err != nil || n != 0 {
		t.Errorf("pruned %d of a deal that ends just now, %v", n, err)
	}
	if n, err := w.Pruner.Prune(ctx, later, 100); err != nil || n != 2 {
		t.Errorf("pruned %d, %v; want both lists of the deal that is over", n, err)
	}
	if _, err := w.Store.Chain(ctx, nd.Deal.ID, chat); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("after pruning: %v", err)
	}
}
