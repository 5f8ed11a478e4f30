package storagetest

import (
	"errors"
	"time"

	"tuanbot/domain"
)

func linkedAccounts(w *world) {
	t := w.t
	ctx := t.Context()
	w.tx(t, func(tx domain.Tx) error {
		return errors.Join(
			tx.SaveAccount(ctx, domain.Account{ID: "paper", Name: "王姐"}), tx.SaveAccount(ctx, domain.Account{ID: "old", Name: "wang"}),
			tx.SaveAccount(ctx, domain.Account{ID: "real", Name: "王姐 3 栋"}),
			tx.SaveIdentity(ctx, domain.Identity{Channel: "web", External: "o", Account: "old", SeenAt: w.Now()}),
			tx.SaveIdentity(ctx, domain.Identity{Channel: "telegram", External: "r", Account: "real", SeenAt: w.Now().Add(time.Second)}),
			tx.SaveRole(ctx, domain.Role{Community: "com", Account: "old", Name: domain.RoleLeader}))
	})
	nd := w.post(t, nil)
	w.ride(nd.Deal.ID).must(t, join(nd, "paper", 1), join(nd, "real", 1))
	w.tx(t, func(tx domain.Tx) error { return tx.LinkAccounts(ctx, "paper", "old") })
	w.tx(t, func(tx domain.Tx) error { return tx.LinkAccounts(ctx, "old", "real") })
	for _, circle := range [][2]domain.AccountID{{"real", "paper"}, {"real", "real"}} {
		err := w.Store.InTx(ctx, func(tx domain.Tx) error { return tx.LinkAccounts(ctx, circle[0], circle[1]) })
		wantErr(t, "a circle", err, domain.ErrGuard)
	}
	all, err := w.Store.Accounts(ctx, []domain.AccountID{"paper", "old", "real", "none"})
	must(t, err)
	if len(all) != 3 || all["paper"].ID != "real" || all["old"].ID != "real" {
		t.Errorf("accounts %+v", all)
	}
	if a, err := w.Store.AccountByIdentity(ctx, "web", "o"); err != nil || a.ID != "real" {
		t.Errorf("by identity %+v, %v", a, err)
	}
	ids, err := w.Store.IdentitiesOf(ctx, "paper")
	if err != nil || len(ids) != 2 || ids[0].Channel != "telegram" {
		t.Errorf("identities %+v, %v", ids, err)
	}
	roles, err := w.Store.RolesOf(ctx, "real")
	if err != nil || len(roles) != 1 || roles[0].Name != domain.RoleLeader {
		t.Errorf("roles %+v, %v", roles, err)
	}
	orders, err := w.Store.OrdersOf(ctx, "real", 10)
	if err != nil || len(orders) != 2 {
		t.Errorf("orders %+v, %v", orders, err)
	}
	w.tx(t, func(tx domain.Tx) error { return tx.RemoveRole(ctx, roles[0]) })
	if roles, err = w.Store.RolesIn(ctx, "com"); err != nil || len(roles) != 0 {
		t.Errorf("roles after taking it %+v, %v", roles, err)
	}
}

func erased(w *world) {
	t := w.t
	ctx := t.Context()
	w.tx(t, func(tx domain.Tx) error {
		return errors.Join(
			tx.SaveAccount(ctx, domain.Account{ID: "ming", Kind: domain.AccountPerson, Name: "小明"}),
			tx.SaveIdentity(ctx, domain.Identity{Channel: "web", External: "x", Account: "ming"}),
			tx.SaveDialogue(ctx, domain.Dialogue{Account: "ming", Chat: "c", Name: "post", Until: w.Now().Add(time.Hour)}))
	})
	nd := w.post(t, nil)
	one, two := join(nd, "ming", 1), join(nd, "ming", 2)
	one.Beneficiary, one.AddressBox, one.Note, one.Ask.Key.Message = "小王", []byte{1}, "放门口，电话138", "one"
	two.Beneficiary, two.Ask.Key.Message = "小李", "two"
	a := w.ride(nd.Deal.ID).must(t, one, two)
	w.tell(t, domain.Notice{Dedup: "to", Account: "ming"})
	w.tx(t, func(tx domain.Tx) error { return tx.EraseAccount(ctx, "ming") })
	if acc, err := w.Store.Account(ctx, "ming"); err != nil || acc.Name != "" || acc.Kind != domain.AccountErased {
		t.Errorf("account %+v, %v", acc, err)
	}
	if _, err := w.Store.AccountByIdentity(ctx, "web", "x"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("identity: %v", err)
	}
	for i, want := range []int64{2990, 5980} {
		o, err := w.Store.Order(ctx, a[i].Order)
		if err != nil || o.Total.Fen() != want || o.SourceLine != "" || o.Note != "" || len(o.AddressBox) != 0 || o.Beneficiary == "小王" || o.Beneficiary == "小李" || o.Beneficiary == "" {
			t.Errorf("order %+v, %v", o, err)
		}
		es, err := w.Store.EventsOfOrder(ctx, a[i].Order)
		if err != nil || len(es) != 1 || es[0].Source != "" {
			t.Errorf("events %+v, %v", es, err)
		}
	}
	for _, d := range w.claim(t, "me", 10) {
		if d.Account == "ming" {
			t.Errorf("still to be told: %+v", d)
		}
	}
}

func dialoguesEnd(w *world) {
	t := w.t
	ctx := t.Context()
	put := func(d domain.Dialogue) {
		t.Helper()
		w.tx(t, func(tx domain.Tx) error { return tx.SaveDialogue(ctx, d) }) //nolint:contextcheck // a test has one context
	}
	d := domain.Dialogue{Account: "a", Chat: "c", Name: "post", State: []byte(`{"title":"葡萄"}`), Until: w.Now().Add(time.Minute)}
	put(d)
	d.State = []byte(`{"title":"梨"}`)
	put(d)
	if got, err := w.Store.Dialogue(ctx, "a", "c"); err != nil || string(got.State) != string(d.State) || got.Name != "post" {
		t.Errorf("dialogue %+v, %v", got, err)
	}
	if _, err := w.Store.Dialogue(ctx, "a", "other"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("in another chat: %v", err)
	}
	w.Pass(time.Minute)
	if _, err := w.Store.Dialogue(ctx, "a", "c"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("after its end: %v", err)
	}
	d.Until = w.Now().Add(time.Hour)
	put(d)
	put(domain.Dialogue{Account: "a", Chat: "c"})
	if _, err := w.Store.Dialogue(ctx, "a", "c"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("after it was closed: %v", err)
	}
}

// dueWork: the clock's work is found by the database's time, whatever happened in between.
func dueWork(w *world) {
	t := w.t
	ctx := t.Context()
	due := func(what string, f func() ([]domain.DealID, error), want int) {
		t.Helper()
		if got, err := f(); err != nil || len(got) != want {
			t.Errorf("%s: %v, %v; want %d", what, got, err, want)
		}
	}
	dueDeals := func() ([]domain.DealID, error) { return w.Store.DueDeals(ctx, 10) }
	nd := w.post(t, nil)
	w.post(t, func(c *domain.PostCommand) {
		c.Terms.OpensAt, c.Terms.DeadlineAt = w.Now().Add(30*time.Minute), w.Now().Add(90*24*time.Hour/2)
	})
	due("before anything", dueDeals, 0)
	if open, err := w.Store.OpenDealsInChat(ctx, "chat"); err != nil || len(open) != 1 || open[0].Deal.ID != nd.Deal.ID {
		t.Errorf("open deals %v, %v", open, err)
	}
	active := func() ([]domain.DealID, error) { return w.Store.ActiveDeals(ctx, "", 10) }
	due("active", active, 2)
	r := w.ride(nd.Deal.ID)
	r.must(t, join(nd, "ming", 3))
	w.Pass(30 * time.Minute)
	due("an opening", dueDeals, 1)
	w.Pass(30 * 24 * time.Hour) // nobody looked for a month
	due("a deadline a month ago", dueDeals, 2)
	r.must(t, domain.DecideDue{Deal: nd.Deal.ID})
	due("decided", dueDeals, 1)
	fan := func() ([]domain.DealID, error) { return w.Store.FanOutDeals(ctx, 10) }
	due("to fan out", fan, 1)
	sums := func() ([]domain.DealID, error) { return w.Store.SummaryDeals(ctx, 10) }
	due("summaries before fan-out", sums, 0)
	r.must(t, domain.FanOut{Deal: nd.Deal.ID, Limit: 100})
	due("fanned out", fan, 0)
	due("summaries while somebody may pay", sums, 0)
	unpaid := func() ([]domain.DealID, error) { return w.Store.UnpaidDeals(ctx, 10) }
	due("nobody is late", unpaid, 0)
	w.Pass(17 * time.Hour)
	due("late", unpaid, 1)
	r.must(t, domain.CloseUnpaid{Deal: nd.Deal.ID, Limit: 100})
	due("closed", unpaid, 0)
	due("summaries", sums, 1)
	due("active in the end", active, 1)
}
