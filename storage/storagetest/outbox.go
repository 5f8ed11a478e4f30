package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tuanbot/domain"
)

// tell appends notices that are due now.
func (w *world) tell(t *testing.T, ns ...domain.Notice) {
	t.Helper()
	for i := range ns {
		if ns[i].Kind == "" {
			ns[i].Kind = domain.NoticeFormed
		}
	}
	w.tx(t, func(tx domain.Tx) error { return tx.AppendNotices(t.Context(), ns) })
}

func (w *world) claim(t *testing.T, owner string, limit int) []domain.Delivery {
	t.Helper()
	ds, err := w.Outbox.ClaimDeliveries(t.Context(), owner, 30*time.Second, limit)
	must(t, err)
	return ds
}

func (w *world) settle(t *testing.T, ds ...domain.Delivery) {
	t.Helper()
	must(t, w.Outbox.SettleDeliveries(t.Context(), ds))
}

func dedups(ds []domain.Delivery) []string {
	names := make([]string, len(ds))
	for i, d := range ds {
		names[i] = d.Dedup
	}
	return names
}

func wantDedups(t *testing.T, what string, ds []domain.Delivery, want ...string) {
	t.Helper()
	if got := dedups(ds); !slices.Equal(got, want) {
		t.Errorf("%s: claimed %v, want %v", what, got, want)
	}
}

func sent(d domain.Delivery) domain.Delivery {
	d.State, d.MessageID = domain.DeliverySent, "m"
	return d
}

func later(d domain.Delivery, at time.Time) domain.Delivery {
	d.State, d.DueAt, d.Attempts, d.LastReason = domain.DeliveryNew, at, d.Attempts+1, "429"
	return d
}

func noticesOnce(w *world) {
	t := w.t
	w.tell(t, domain.Notice{Dedup: "a", Account: "x", Num: map[string]int64{"fen": 5}}, domain.Notice{Dedup: "b", Account: "x"}, domain.Notice{Dedup: "b", Account: "y"})
	w.tell(t, domain.Notice{Dedup: "b", Account: "z"}, domain.Notice{Dedup: "c", Account: "x"})
	ds := w.claim(t, "me", 10)
	wantDedups(t, "once each", ds, "a", "b", "c")
	if ds[0].Num["fen"] != 5 || ds[1].Account != "x" {
		t.Errorf("deliveries %+v", ds)
	}
	for i := range ds {
		ds[i] = sent(ds[i])
	}
	w.settle(t, ds...)
	w.tell(t, domain.Notice{Dedup: "a", Account: "x"}) // also after it was sent
	wantDedups(t, "known", w.claim(t, "me", 10))
}

func deliveriesLeased(w *world) {
	t := w.t
	ctx := t.Context()
	w.tell(t, domain.Notice{Dedup: "a", Account: "x"}, domain.Notice{Dedup: "b", Account: "y"})
	mine := w.claim(t, "me", 10)
	wantDedups(t, "first", mine, "a", "b")
	wantDedups(t, "leased", w.claim(t, "other", 10))
	must(t, w.Outbox.MarkSending(ctx, mine[0]))
	w.Pass(31 * time.Second)
	wantErr(t, "marking after the lease", w.Outbox.MarkSending(ctx, mine[1]), domain.ErrLostLease)
	other := w.claim(t, "other", 10)
	wantDedups(t, "after the lease", other, "a", "b")
	if other[0].State != domain.DeliverySending || other[1].State != domain.DeliveryNew || other[0].Fence != 2 || other[0].Owner != "other" {
		t.Errorf("taken over: %+v", other)
	}
	wantErr(t, "marking what another has", w.Outbox.MarkSending(ctx, mine[0]), domain.ErrLostLease)
	w.settle(t, sent(mine[0]), later(other[1], w.Now().Add(5*time.Second)))
	if ds, err := w.Outbox.DeliveriesIn(ctx, domain.DeliverySent, 10); err != nil || len(ds) != 0 {
		t.Errorf("a late outcome was written: %v, %v", ds, err)
	}
	w.settle(t, sent(other[0]))
	ds, err := w.Outbox.DeliveriesIn(ctx, domain.DeliverySent, 10)
	if err != nil || len(ds) != 1 || ds[0].MessageID != "m" || ds[0].DoneAt.IsZero() {
		t.Errorf("sent: %+v, %v", ds, err)
	}
	wantDedups(t, "put off", w.claim(t, "me", 10))
	w.Pass(5 * time.Second)
	again := w.claim(t, "me", 10)
	wantDedups(t, "due again", again, "b")
	if again[0].Attempts != 1 || again[0].LastReason != "429" {
		t.Errorf("tried again: %+v", again[0])
	}
}

func chatKeepsOrder(w *world) {
	t := w.t
	for i := range 4 {
		w.tell(t, domain.Notice{Dedup: fmt.Sprintf("g%d", i), Chat: "g"})
	}
	w.tell(t, domain.Notice{Dedup: "h0", Chat: "h"})
	first := w.claim(t, "me", 2)
	wantDedups(t, "first two", first, "g0", "g1")
	wantDedups(t, "while they are being sent", w.claim(t, "other", 10), "h0")
	w.settle(t, sent(first[0]), later(first[1], w.Now().Add(5*time.Second)))
	wantDedups(t, "while one waits to be tried again", w.claim(t, "other", 10))
	w.Pass(5 * time.Second)
	all := w.claim(t, "me", 10)
	wantDedups(t, "then in order", all, "g1", "g2", "g3")
	// What is put off for long, until the quiet hours are over, holds nobody up.
	w.settle(t, later(all[0], w.Now().Add(8*time.Hour)), sent(all[1]), sent(all[2]))
	w.tell(t, domain.Notice{Dedup: "g4", Chat: "g", Urgent: true})
	wantDedups(t, "past a sleeper", w.claim(t, "me", 10), "g4")
}

// leftBehind: when there is more than one claim takes, a tried row that the limit leaves out must not stop all the rest.
func leftBehind(w *world) {
	t := w.t
	fill := func(name string, chat domain.ChatID) {
		w.tell(t, domain.Notice{Dedup: name + "0", Account: "first", Chat: chat})
		w.settle(t, later(w.claim(t, "me", 1)[0], w.Now().Add(5*time.Second)))
		for i := 1; i <= 5; i++ {
			w.tell(t, domain.Notice{Dedup: fmt.Sprint(name, i), Account: domain.AccountID(fmt.Sprint("x", i)), Chat: chat, Urgent: true})
		}
		w.Pass(5 * time.Second)
	}
	finish := func(ds []domain.Delivery) {
		for i := range ds {
			ds[i] = sent(ds[i])
		}
		w.settle(t, ds...)
	}
	fill("p", "")
	ds := w.claim(t, "me", 3)
	wantDedups(t, "people do not wait for each other", ds, "p1", "p2", "p3")
	finish(append(ds, w.claim(t, "me", 10)...))
	fill("g", "g")
	ds = w.claim(t, "me", 3)
	wantDedups(t, "in a chat the older one goes first", ds, "g0", "g1", "g2")
	finish(ds)
	wantDedups(t, "and then the rest", w.claim(t, "me", 10), "g3", "g4", "g5")
}

func newestCard(w *world) {
	t := w.t
	card := func(n int, deal domain.DealID, chat domain.ChatID) domain.Notice {
		return domain.Notice{Kind: domain.NoticeCard, Dedup: fmt.Sprintf("card%d%s%s", n, deal, chat), Deal: deal, Chat: chat}
	}
	for n := range 30 {
		w.tell(t, card(n, "d", "g"))
	}
	w.tell(t, card(0, "e", "g"), card(0, "d", "h"), domain.Notice{Dedup: "formed", Chat: "g"})
	ds := w.claim(t, "me", 10)
	wantDedups(t, "newest of each", ds, "card29dg", "card0eg", "card0dh", "formed")
	dropped, err := w.Outbox.DeliveriesIn(t.Context(), domain.DeliveryDropped, 100)
	if err != nil || len(dropped) != 29 || dropped[0].LastReason != "superseded" {
		t.Errorf("%d dropped, %v", len(dropped), err)
	}
	future := card(40, "d", "g")
	future.Due = w.Now().Add(time.Minute)
	w.settle(t, sent(ds[0]), sent(ds[1]), sent(ds[3]))
	w.tell(t, card(31, "d", "g"), future)
	wantDedups(t, "one that is due later supersedes nothing", w.claim(t, "me", 10), "card31dg")
}

func urgentFirst(w *world) {
	t := w.t
	w.tell(t, domain.Notice{Dedup: "plain", Account: "a"}, domain.Notice{Dedup: "later", Account: "a", Due: w.Now().Add(time.Hour), Lead: time.Hour})
	w.tell(t, domain.Notice{Dedup: "urgent", Account: "b", Urgent: true})
	wantDedups(t, "one", w.claim(t, "me", 1), "urgent")
	wantDedups(t, "the rest", w.claim(t, "me", 10), "plain")
	w.Pass(time.Hour)
	ds := w.claim(t, "me", 10)
	wantDedups(t, "an hour later", ds, "urgent", "plain", "later")
	if ds[2].Lead != time.Hour || !ds[2].Due.Equal(w.Now()) {
		t.Errorf("reminder %+v", ds[2])
	}
}

func requeue(w *world) {
	t := w.t
	ctx := t.Context()
	w.tell(t, domain.Notice{Dedup: "dead", Account: "a"}, domain.Notice{Dedup: "kept", Account: "b", Urgent: true}, domain.Notice{Dedup: "other", Account: "c"})
	ds := w.claim(t, "me", 10)
	for i := range ds {
		ds[i].State, ds[i].LastReason = domain.DeliveryKept, "window"
		if ds[i].Dedup == "dead" {
			ds[i].State = domain.DeliveryDead
		}
	}
	w.settle(t, ds...)
	dead, err := w.Outbox.DeliveriesIn(ctx, domain.DeliveryDead, 10)
	must(t, err)
	wantDedups(t, "dead", dead, "dead")
	w.Pass(time.Hour)
	wantDedups(t, "aside", w.claim(t, "me", 10))
	if n, err := w.Outbox.Requeue(ctx, nil, "b"); err != nil || n != 1 {
		t.Errorf("requeued %d, %v", n, err)
	}
	if n, err := w.Outbox.Requeue(ctx, []domain.NoticeID{dead[0].ID}, ""); err != nil || n != 1 {
		t.Errorf("requeued %d, %v", n, err)
	}
	if n, err := w.Outbox.Requeue(ctx, nil, ""); err != nil || n != 0 {
		t.Errorf("requeued %d of nothing, %v", n, err)
	}
	wantDedups(t, "back", w.claim(t, "me", 10), "kept", "dead")
}

func pruned(w *world) {
	t := w.t
	ctx := t.Context()
	w.tell(t, domain.Notice{Dedup: "old", Account: "a"}, domain.Notice{Dedup: "open", Account: "b"})
	ds := w.claim(t, "me", 1)
	w.settle(t, sent(ds[0]))
	w.tx(t, func(tx domain.Tx) error {
		return tx.SaveDialogue(ctx, domain.Dialogue{Account: "a", Chat: "c", Name: "post", Until: w.Now().Add(time.Minute)})
	})
	w.Pass(time.Hour)
	if n, err := w.Pruner.Prune(ctx, w.Now().Add(-2*time.Hour), 100); err != nil || n != 0 {
		t.Errorf("pruned %d of what is young, %v", n, err)
	}
	if n, err := w.Pruner.Prune(ctx, w.Now(), 100); err != nil || n != 2 {
		t.Errorf("pruned %d, %v; want the sent row and the dialogue", n, err)
	}
	wantDedups(t, "what is open stays", w.claim(t, "me", 10), "open")
}
