package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"tuanbot/domain"
)

func joinIsStored(w *world) {
	t := w.t
	ctx := t.Context()
	nd := w.post(t, nil)
	r := w.ride(nd.Deal.ID)
	a := r.must(t, join(nd, "ming", 2), join(nd, "wang", 1))
	o, err := w.Store.Order(ctx, a[0].Order)
	must(t, err)
	if o.Serial != 1 || o.Shares != 2 || o.Total.Fen() != 5980 || len(o.Lines) != 1 || len(o.Lines[0].Prices) != 1 || o.SourceLine == "" {
		t.Errorf("order %+v", o)
	}
	sheet, err := w.Store.Deal(ctx, nd.Deal.ID)
	must(t, err)
	team := sheet.Teams[0]
	if sheet.Items[0].Held != 3 || team.Live.People != 2 || team.Live.Shares != 3 || sheet.Deal.NextSerial != 2 || team.Version != 2 || sheet.Deal.Version != 2 {
		t.Errorf("sheet %+v", sheet)
	}
	events, err := w.Store.EventsByKeys(ctx, []domain.EventKey{join(nd, "ming", 2).Ask.Key})
	must(t, err)
	for _, e := range events {
		if !reflect.DeepEqual(e.Answer, a[0]) || e.Source != "+2 葡萄 🍇" || e.Order != a[0].Order || e.Version != 2 {
			t.Errorf("event %+v, want the answer %+v", e, a[0])
		}
	}
	if len(events) != 1 {
		t.Errorf("%d events", len(events))
	}
	tally, err := w.Store.Tally(ctx, nd.Deal.ID)
	must(t, err)
	if tally.Version != 2 || !tally.Open || tally.Teams[0].Live.Shares != 3 || tally.Items[0].Left != 47 || tally.Items[1].Left != -1 {
		t.Errorf("tally %+v", tally)
	}
	if deal, err := w.Store.LastDealOf(ctx, "ming"); err != nil || deal != nd.Deal.ID {
		t.Errorf("last deal %s, %v", deal, err)
	}
	// A second transaction with the image of the first adds to the same order, and finds what it has.
	again := join(nd, "ming", 1)
	again.Ask.Key.Message, again.Sure = "again", true
	a = r.must(t, again)
	if a[0].Did != domain.DidJoin || a[0].Serial != 1 || a[0].Shares != 3 {
		t.Errorf("second join %+v", a[0])
	}
	if o, err = w.Store.OrderBySerial(ctx, nd.Deal.ID, 1); err != nil || o.Lines[0].Ordered != 3 || len(o.UndoWants) != 1 {
		t.Errorf("order after the second join %+v, %v", o, err)
	}
}

func keyOnce(w *world) {
	t := w.t
	nd := w.post(t, nil)
	first := w.ride(nd.Deal.ID).must(t, join(nd, "ming", 2))
	again := w.ride(nd.Deal.ID).must(t, join(nd, "ming", 2))
	if !reflect.DeepEqual(first, again) {
		t.Errorf("the answer changed from %+v to %+v", first, again)
	}
	err := w.Store.InTx(t.Context(), func(tx domain.Tx) error {
		return tx.InsertEvent(t.Context(), domain.Event{Key: join(nd, "ming", 2).Ask.Key, Hash: "other"})
	})
	wantErr(t, "the same key again", err, domain.ErrDuplicate)
	other := join(nd, "ming", 2).Ask.Key
	for _, change := range []func(k *domain.EventKey){
		func(k *domain.EventKey) { k.Index = 1 }, func(k *domain.EventKey) { k.Account = "BOT" }, func(k *domain.EventKey) { k.Message += "x" },
	} {
		k := other
		change(&k)
		w.tx(t, func(tx domain.Tx) error { return tx.InsertEvent(t.Context(), domain.Event{Key: k}) })
	}
}

// lastSeat: twenty racers, each with a transaction of their own, five seats.
func lastSeat(w *world) {
	t := w.t
	nd := w.post(t, func(c *domain.PostCommand) {
		c.Terms.Cap, c.Terms.CapUnit, c.Terms.Threshold = 5, domain.UnitShares, 5
		c.Items[0].Stock = 7
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[domain.Did]int{}
	for i := range 20 {
		wg.Go(func() {
			for {
				a, err := w.ride(nd.Deal.ID).carry(context.Background(), join(nd, fmt.Sprintf("racer%d", i), 1))
				if errors.Is(err, domain.ErrBusy) {
					continue // nothing was written
				}
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				got[a[0].Did]++
				return
			}
		})
	}
	wg.Wait()
	sheet, err := w.Store.Deal(t.Context(), nd.Deal.ID)
	must(t, err)
	if got[domain.DidJoin] != 5 || got[domain.DidRefuse] != 15 || sheet.Teams[0].Live.Shares != 5 || sheet.Items[0].Held != 5 {
		t.Errorf("%v joined; sheet %+v", got, sheet)
	}
	orders, err := w.Store.OrdersOfDeal(t.Context(), nd.Deal.ID, domain.OrderFilter{})
	must(t, err)
	for i, o := range orders {
		if o.Serial != int64(i+1) {
			t.Errorf("order %d has serial %d", i, o.Serial)
		}
	}
}

// checksStand: no rule in the way, and still nothing passes cap, stock or payment.
func checksStand(w *world) {
	t := w.t
	ctx := t.Context()
	nd := w.post(t, func(c *domain.PostCommand) {
		c.Terms.Cap, c.Terms.CapUnit, c.Items[0].Stock = 5, domain.UnitShares, 7
	})
	r := w.ride(nd.Deal.ID)
	r.must(t, join(nd, "ming", 2))
	for _, bad := range []string{
		"UPDATE teams SET live_shares = 6", "UPDATE teams SET live_shares = 4, offered_shares = 2", "UPDATE teams SET live_people = -1",
		"UPDATE deal_items SET held = 8 WHERE stock > 0", "UPDATE deal_items SET held = -1", "UPDATE deal_items SET offered = -1",
		"UPDATE orders SET total_fen = -1", "UPDATE orders SET serial = 0", "UPDATE orders SET shares = -1",
		"UPDATE order_lines SET ordered = -1",
	} {
		if err := w.Exec(ctx, bad); err == nil {
			t.Errorf("%s was possible", bad)
		}
	}
	must(t, w.Exec(ctx, "UPDATE teams SET live_shares = 5"))
	must(t, w.Exec(ctx, "UPDATE deal_items SET held = 7"))
}

var errMine = errors.New("mine")

func (w *world) events(t *testing.T, keys ...string) int {
	t.Helper()
	var ks []domain.EventKey
	for _, k := range keys {
		ks = append(ks, domain.EventKey{Channel: "c", Message: k})
	}
	found, err := w.Store.EventsByKeys(t.Context(), ks)
	must(t, err)
	return len(found)
}

func insertEvent(ctx context.Context, key string) func(tx domain.Tx) error {
	return func(tx domain.Tx) error {
		return tx.InsertEvent(ctx, domain.Event{Key: domain.EventKey{Channel: "c", Message: key}})
	}
}

func errorLeavesNothing(w *world) {
	t := w.t
	ctx := t.Context()
	runs := 0
	err := w.Store.InTx(ctx, func(tx domain.Tx) error {
		runs++
		return errors.Join(insertEvent(ctx, "a")(tx), errMine)
	})
	wantErr(t, "an error of ours", err, errMine)
	if n := w.events(t, "a"); n != 0 || runs != 1 {
		t.Errorf("%d rows after an error in %d runs", n, runs)
	}
	ended, cancel := context.WithCancel(ctx)
	err = w.Store.InTx(ended, func(tx domain.Tx) error {
		defer cancel()
		return insertEvent(ctx, "b")(tx)
	})
	wantErr(t, "a context that ended before the commit", err, domain.ErrBusy)
	err = w.Store.InTx(ended, insertEvent(ctx, "c"))
	wantErr(t, "a context that had ended", err, domain.ErrBusy)
	if n := w.events(t, "a", "b", "c"); n != 0 {
		t.Errorf("%d rows although every context ended", n)
	}
}

func panicLeavesNothing(w *world) {
	t := w.t
	ctx := t.Context()
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("the panic became %v", p)
			}
		}()
		_ = w.Store.InTx(ctx, func(tx domain.Tx) error {
			must(t, insertEvent(ctx, "a")(tx))
			panic("boom")
		})
	}()
	w.tx(t, insertEvent(ctx, "b")) // the connection is whole
	if n := w.events(t, "a", "b"); n != 1 {
		t.Errorf("%d rows, want the second only", n)
	}
}

func commitUnknown(w *world) {
	t := w.t
	ctx := t.Context()
	for _, done := range []bool{false, true} {
		key := fmt.Sprintf("done-%v", done)
		runs := 0
		w.Around(func(commit func() error) error {
			if done {
				return errors.Join(commit(), errMine)
			}
			return errMine
		})
		err := w.Store.InTx(ctx, func(tx domain.Tx) error {
			runs++
			return insertEvent(ctx, key)(tx)
		})
		w.Around(nil)
		wantErr(t, key, err, domain.ErrUnknown)
		if runs != 1 {
			t.Errorf("%s: run %d times", key, runs)
		}
		if n := w.events(t, key); (n == 1) != done {
			t.Errorf("%s: %d rows", key, n)
		}
		w.tx(t, insertEvent(ctx, key+"-after"))
	}
}

// oldImage: an image is taken over only while the row has its version, and a failed turn does not spoil it.
func oldImage(w *world) {
	t := w.t
	nd := w.post(t, nil)
	mine, other := w.ride(nd.Deal.ID), w.ride(nd.Deal.ID)
	mine.must(t, join(nd, "ming", 1))
	image := mine.image
	err := w.Store.InTx(t.Context(), func(tx domain.Tx) error {
		_, _, err := (&ride{w: w, deal: nd.Deal.ID, image: image}).once(t.Context(), tx, []domain.Turn{join(nd, "gone", 9)})
		return errors.Join(err, errMine)
	})
	wantErr(t, "a turn that fails at the end", err, errMine)
	if v := image.Deal.Record(); v.NextSerial != 1 || image.Items[0].Record().Held != 1 || image.Teams[0].Record().Live.Shares != 1 {
		t.Errorf("a failed turn changed the image: %+v", v)
	}
	other.must(t, join(nd, "wang", 2))
	mine.image = image
	a := mine.must(t, join(nd, "zhao", 1))
	if a[0].Serial != 3 || a[0].Live.Shares != 4 {
		t.Errorf("an old image was believed: %+v", a[0])
	}
}

// staleBook: guards compare with what was read, whoever forgot to lock.
func staleBook(w *world) {
	t := w.t
	ctx := t.Context()
	nd := w.post(t, nil)
	for _, sql := range []string{
		"UPDATE deals SET version = version + 1", "UPDATE teams SET version = version + 1", "UPDATE deal_items SET held = stock WHERE stock > 0",
	} {
		err := w.Store.InTx(ctx, func(tx domain.Tx) error {
			image, err := tx.LockDeal(ctx, nd.Deal.ID, nil)
			must(t, err)
			now, err := tx.Now(ctx)
			must(t, err)
			book := domain.NewBook(image, now, w.mint)
			must(t, tx.Load(ctx, book, join(nd, "ming", 1).Needs()))
			turn := join(nd, "ming", 1)
			a, err := turn.Apply(book)
			must(t, err)
			book.Record(turn, a)
			book.Finish()
			if err := spoil(ctx, tx, sql); err != nil {
				return err
			}
			return tx.Save(ctx, book)
		})
		wantErr(t, sql, err, domain.ErrGuard)
	}
}

// spoil changes rows behind the back of a transaction's book, inside it.
func spoil(ctx context.Context, tx domain.Tx, sql string) error {
	s, ok := tx.(interface {
		Spoil(ctx context.Context, sql string) error
	})
	if !ok {
		return errors.New("this engine's transactions cannot be spoiled: add Spoil")
	}
	return s.Spoil(ctx, sql)
}

func letterCase(w *world) {
	t := w.t
	ctx := t.Context()
	w.tx(t, func(tx domain.Tx) error {
		return errors.Join(
			tx.SaveAccount(ctx, domain.Account{ID: "oAb", Kind: domain.AccountPerson, Name: "王姐 👩‍🌾"}), tx.SaveAccount(ctx, domain.Account{ID: "oab", Kind: domain.AccountPerson, Name: "Ann"}),
			tx.SaveIdentity(ctx, domain.Identity{Channel: "web", External: "Xy", Account: "oAb"}), tx.SaveIdentity(ctx, domain.Identity{Channel: "web", External: "xY", Account: "oab"}),
			tx.SaveChat(ctx, domain.Chat{ID: "k", Channel: "web", External: "G"}), tx.SaveChat(ctx, domain.Chat{ID: "K", Channel: "web", External: "g"}))
	})
	for external, name := range map[string]string{"Xy": "王姐 👩‍🌾", "xY": "Ann"} {
		if a, err := w.Store.AccountByIdentity(ctx, "web", external); err != nil || a.Name != name {
			t.Errorf("%s is %+v, %v", external, a, err)
		}
	}
	if _, err := w.Store.AccountByIdentity(ctx, "web", "xy"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("xy: %v", err)
	}
	if c, err := w.Store.ChatByExternal(ctx, "web", "g"); err != nil || c.ID != "K" {
		t.Errorf("chat g is %+v, %v", c, err)
	}
}

func teamDeal(w *world) {
	t := w.t
	ctx := t.Context()
	nd := w.post(t, func(c *domain.PostCommand) {
		c.Terms.Kind, c.Terms.Threshold, c.Terms.ThresholdUnit, c.Terms.TeamTTL = domain.KindTeam, 3, domain.UnitPeople, 20*time.Minute
	})
	r := w.ride(nd.Deal.ID)
	open := func(who string) domain.JoinCommand {
		j := join(nd, who, 1)
		j.Open = true
		return j
	}
	a := r.must(t, open("a"), open("b"))
	into := join(nd, "c", 1)
	into.Team = a[0].Team
	r.must(t, into)
	// Without an image, leaving finds the leaver's team and its other people, one of whom becomes its head.
	leave := domain.LeaveCommand{Ask: domain.Asked{Key: domain.EventKey{Channel: "web", Message: "leave"}, By: "a"}, Deal: nd.Deal.ID, Who: "a"}
	left := w.ride(nd.Deal.ID).must(t, leave)
	if left[0].Did != domain.DidLeave {
		t.Fatalf("leaving: %+v", left[0])
	}
	team, err := w.Store.Team(ctx, a[0].Team)
	must(t, err)
	if team.Head != "c" || team.Live.People != 1 {
		t.Errorf("after its head left the team is %+v", team)
	}
	open2, err := w.Store.OpenTeams(ctx, nd.Deal.ID, 10)
	if err != nil || len(open2) != 2 || open2[0].Number != 2 {
		t.Errorf("open teams %+v, %v", open2, err)
	}
	due, err := w.Store.OpenTeamDeadlines(ctx, "", 10)
	if err != nil || len(due) != 2 || !due[0].At.Equal(open2[1].DeadlineAt) {
		t.Errorf("deadlines %+v, %v", due, err)
	}
}
