package storagetest

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"tuanbot/domain"
)

// manyAsOne: what is read for many people at once is what one read for each of them says.
func manyAsOne(w *world) {
	t := w.t
	ctx := t.Context()
	var people, chats []domain.Named
	var talks []domain.DialogueKey
	w.tx(t, func(tx domain.Tx) error {
		people, chats, talks = nil, nil, nil
		var errs []error
		for i := range 12 {
			id, external := fmt.Sprint("a", i), fmt.Sprintf("x%d", i)
			channel := []string{"web", "telegram"}[i%2]
			until := []time.Time{{}, w.Now().Add(time.Minute), w.Now().Add(-time.Minute)}[i%3]
			errs = append(errs, tx.SaveAccount(ctx, domain.Account{ID: domain.AccountID(id), Name: id}),
				tx.SaveIdentity(ctx, domain.Identity{Channel: channel, External: external, Account: domain.AccountID(id)}),
				tx.SaveChat(ctx, domain.Chat{ID: domain.ChatID("c" + id), Channel: channel, External: external, Title: id}),
				tx.SaveDialogue(ctx, domain.Dialogue{Account: domain.AccountID(id), Chat: "c", Name: "post", State: []byte(id), Until: until}),
				tx.SaveDialogue(ctx, domain.Dialogue{Account: domain.AccountID(id), Chat: "other", Name: "post", State: []byte("no")}))
			people = append(people, domain.Named{Channel: channel, External: external}, domain.Named{Channel: "web", External: "X" + external})
			talks = append(talks, domain.DialogueKey{Account: domain.AccountID(id), Chat: "c"}, domain.DialogueKey{Account: domain.AccountID(id), Chat: "none"})
		}
		chats = people
		return errors.Join(append(errs, tx.LinkAccounts(ctx, "a3", "a4"))...)
	})
	accounts, err := w.Store.AccountsByIdentity(ctx, people)
	must(t, err)
	for _, n := range people {
		want, err := w.Store.AccountByIdentity(ctx, n.Channel, n.External)
		same(w, fmt.Sprint("person ", n), accounts, n, want, err)
	}
	found, err := w.Store.ChatsByExternal(ctx, chats)
	must(t, err)
	for _, n := range chats {
		want, err := w.Store.ChatByExternal(ctx, n.Channel, n.External)
		same(w, fmt.Sprint("chat ", n), found, n, want, err)
	}
	dialogues, err := w.Store.Dialogues(ctx, talks)
	must(t, err)
	for _, k := range talks {
		want, err := w.Store.Dialogue(ctx, k.Account, k.Chat)
		same(w, fmt.Sprint("dialogue ", k), dialogues, k, want, err)
	}
	if len(accounts) != 12 || len(found) != 12 || len(dialogues) != 8 {
		t.Errorf("%d accounts, %d chats, %d dialogues; want 12, 12, 8", len(accounts), len(found), len(dialogues))
	}
}

// metAsOne: what messages find at their first look is what single reads say, also for those who are not known.
func metAsOne(w *world) {
	t := w.t
	ctx := t.Context()
	w.tx(t, func(tx domain.Tx) error {
		var errs []error
		for _, name := range []string{"ann", "ben", "old"} {
			id := domain.AccountID(name)
			errs = append(errs, tx.SaveAccount(ctx, domain.Account{ID: id, Name: name}),
				tx.SaveIdentity(ctx, domain.Identity{Channel: "web", External: name, Account: id}),
				tx.SaveChat(ctx, domain.Chat{ID: domain.ChatID("with " + name), Channel: "web", External: name}),
				tx.SaveDialogue(ctx, domain.Dialogue{Account: id, Chat: domain.ChatID("with " + name), Name: "post", State: []byte(name)}),
				tx.InsertEvent(ctx, domain.Event{Key: domain.EventKey{Channel: "web", Message: name}, Kind: "join"}))
		}
		return errors.Join(append(errs, tx.LinkAccounts(ctx, "old", "ann"),
			tx.SaveDialogue(ctx, domain.Dialogue{Account: "ann", Chat: "with old", Name: "post", State: []byte("of the linked one")}))...)
	})
	var all []domain.Greeting
	for _, who := range []string{"ann", "ben", "old", "stranger", "ANN"} {
		for _, chat := range []string{"ann", "ben", "old", "nowhere"} {
			for _, key := range []domain.EventKey{{}, {Channel: "web", Message: who}, {Channel: "web", Message: who, Index: 1}} {
				all = append(all, domain.Greeting{Who: domain.Named{Channel: "web", External: who}, Chat: domain.Named{Channel: "web", External: chat}, Key: key})
			}
		}
	}
	met, err := w.Store.Meet(ctx, all)
	must(t, err)
	for _, g := range all {
		if got, want := met[g], meetAlone(w, g); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v finds\n%+v, alone\n%+v", g, got, want)
		}
	}
}

// meetAlone reads the same one by one.
func meetAlone(w *world, g domain.Greeting) (m domain.Met) {
	t := w.t
	ctx := t.Context()
	var err error
	m.Communities, err = w.Store.Communities(ctx)
	must(t, err)
	maybe := func(err error) {
		if !errors.Is(err, domain.ErrNotFound) {
			must(t, err)
		}
	}
	m.Account, err = w.Store.AccountByIdentity(ctx, g.Who.Channel, g.Who.External)
	maybe(err)
	m.Chat, err = w.Store.ChatByExternal(ctx, g.Chat.Channel, g.Chat.External)
	maybe(err)
	if m.Dialogue, err = w.Store.Dialogue(ctx, m.Account.ID, m.Chat.ID); err != nil {
		maybe(err)
		m.Dialogue = domain.Dialogue{}
	}
	events, err := w.Store.EventsByKeys(ctx, []domain.EventKey{g.Key})
	must(t, err)
	m.Answered = len(events) > 0
	return m
}

func same[K comparable, V any](w *world, what string, many map[K]V, key K, one V, err error) {
	w.t.Helper()
	got, there := many[key]
	switch {
	case errors.Is(err, domain.ErrNotFound):
		if there {
			w.t.Errorf("%s is there for many, not for one", what)
		}
	case err != nil || !there || !reflect.DeepEqual(got, one):
		w.t.Errorf("%s: %+v (%v) for many, %+v, %v for one", what, got, there, one, err)
	}
}
