package storagetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tuanbot/domain"
)

// Notes is what channels remember; it is the port Notebook of the channels, said here again because a store does not know
// them.
type Notes interface {
	Note(ctx context.Context, page, key string) ([]byte, error)
	Change(ctx context.Context, page, key string, f func(old []byte) (value []byte, until time.Time, err error)) error
	ChangeAll(ctx context.Context, page string, keys []string, f func(key string, old []byte) (value []byte, until time.Time, err error)) error
	Keys(ctx context.Context, page, after string, limit int) ([]string, error)
	Forget(ctx context.Context, pages, key string) error
}

// InboxItem is an update that waits to be handled.
type InboxItem = struct {
	Source, Key, Owner string
	Body               []byte
	Attempts, Fence    int64
}

// Inbox keeps such updates.
type Inbox interface {
	KeepUpdate(ctx context.Context, u InboxItem, lease time.Duration) (fence int64, fresh bool, err error)
	ClaimUpdates(ctx context.Context, owner string, lease time.Duration, limit int) ([]InboxItem, error)
	HoldUpdate(ctx context.Context, u InboxItem, lease time.Duration) error
	FinishUpdate(ctx context.Context, u InboxItem, reason string) error
	PostponeUpdate(ctx context.Context, u InboxItem, after time.Duration, reason string) error
	WakeUpdate(ctx context.Context, u InboxItem) error
}

func (w *world) write(page, key, value string, until time.Time) {
	w.t.Helper()
	must(w.t, w.Notes.Change(w.t.Context(), page, key, func([]byte) ([]byte, time.Time, error) { return []byte(value), until, nil }))
}

func (w *world) wantNote(what, page, key, want string) {
	w.t.Helper()
	got, err := w.Notes.Note(w.t.Context(), page, key)
	must(w.t, err)
	if string(got) != want || (got == nil) != (want == "") {
		w.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func notesAreKept(w *world) {
	t, ctx := w.t, w.t.Context()
	w.wantNote("nothing yet", "wechat/window", "oAb", "")
	w.write("wechat/window", "oAb", "一\x00🍇", time.Time{})
	w.write("wechat/window", "oab", "other", w.Now().Add(time.Minute))
	w.write("wechat/menu", "oAb", "menu", time.Time{})
	w.wantNote("letters differ by case", "wechat/window", "oAb", "一\x00🍇")
	w.wantNote("and so do pages", "wechat/menu", "oAb", "menu")
	must(t, w.Notes.Change(ctx, "wechat/window", "oAb", func(old []byte) ([]byte, time.Time, error) { return append(old, '!'), time.Time{}, nil }))
	w.wantNote("changed", "wechat/window", "oAb", "一\x00🍇!")
	must(t, w.Notes.Change(ctx, "wechat/menu", "oAb", func([]byte) ([]byte, time.Time, error) { return nil, time.Time{}, nil }))
	w.wantNote("removed", "wechat/menu", "oAb", "")
	broken := errors.New("broken")
	err := w.Notes.Change(ctx, "wechat/window", "new", func([]byte) ([]byte, time.Time, error) { return []byte("x"), time.Time{}, broken })
	wantErr(t, "an error of the function", err, broken)
	keys, err := w.Notes.Keys(ctx, "wechat/window", "", 10)
	if err != nil || !slices.Equal(keys, []string{"oAb", "oab"}) {
		t.Errorf("keys %q, %v", keys, err)
	}
	if keys, err = w.Notes.Keys(ctx, "wechat/window", "oAb", 1); err != nil || !slices.Equal(keys, []string{"oab"}) {
		t.Errorf("keys after the first %q, %v", keys, err)
	}
	for _, bad := range [][2]string{{"", "k"}, {"p", ""}, {strings.Repeat("p", 65), "k"}, {"p", strings.Repeat("k", 191)}} {
		if err := w.Notes.Change(ctx, bad[0], bad[1], func([]byte) ([]byte, time.Time, error) { return []byte("x"), time.Time{}, nil }); err == nil {
			t.Errorf("the name %q was taken", bad)
		}
	}
}

func notesEnd(w *world) {
	t, ctx := w.t, w.t.Context()
	w.write("p", "short", "a", w.Now().Add(time.Minute))
	w.write("p", "long", "b", time.Time{})
	w.Pass(time.Minute)
	w.wantNote("over", "p", "short", "")
	w.wantNote("for ever", "p", "long", "b")
	if keys, err := w.Notes.Keys(ctx, "p", "", 10); err != nil || !slices.Equal(keys, []string{"long"}) {
		t.Errorf("keys %q, %v", keys, err)
	}
	must(t, w.Notes.Change(ctx, "p", "short", func(old []byte) ([]byte, time.Time, error) {
		if old != nil {
			t.Errorf("a note that is over says %q", old)
		}
		return []byte("new"), w.Now().Add(time.Minute), nil
	}))
	w.wantNote("written again", "p", "short", "new")
	w.Pass(time.Hour)
	if n, err := w.Pruner.Prune(ctx, w.Now(), 100); err != nil || n != 1 {
		t.Errorf("pruned %d, %v; want the note that is over", n, err)
	}
	w.wantNote("not pruned", "p", "long", "b")
}

// notesOneWriter: many writers count in a note that is not there when they start.
func notesOneWriter(w *world) {
	t, ctx := w.t, w.t.Context()
	const writers, each = 8, 5
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				err := w.Notes.Change(ctx, "count", "n", func(old []byte) ([]byte, time.Time, error) {
					n := 0
					if old != nil {
						var err error
						if n, err = strconv.Atoi(string(old)); err != nil {
							return nil, time.Time{}, err
						}
					}
					return []byte(strconv.Itoa(n + 1)), time.Time{}, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	w.wantNote("counted", "count", "n", strconv.Itoa(writers*each))
}

// notesTogether: several notes change in one piece or not at all, and writers of the same notes in other orders both end.
func notesTogether(w *world) {
	t, ctx := w.t, w.t.Context()
	w.write("many", "b", "old", time.Time{})
	set := func(value string) func(string, []byte) ([]byte, time.Time, error) {
		return func(key string, old []byte) ([]byte, time.Time, error) {
			return []byte(string(old) + value + key), time.Time{}, nil
		}
	}
	must(t, w.Notes.ChangeAll(ctx, "many", []string{"c", "b", "a", "b"}, set("+")))
	w.wantNote("a new one", "many", "a", "+a")
	w.wantNote("an old one, once", "many", "b", "old+b")
	must(t, w.Notes.ChangeAll(ctx, "many", []string{"a", "b"}, func(key string, old []byte) ([]byte, time.Time, error) {
		if key == "a" {
			return nil, time.Time{}, nil
		}
		return append(old, '!'), time.Time{}, nil
	}))
	w.wantNote("removed", "many", "a", "")
	w.wantNote("beside it", "many", "b", "old+b!")
	broken := errors.New("broken")
	err := w.Notes.ChangeAll(ctx, "many", []string{"b", "c"}, func(key string, _ []byte) ([]byte, time.Time, error) {
		if key == "c" {
			return nil, time.Time{}, broken
		}
		return []byte("half"), time.Time{}, nil
	})
	wantErr(t, "an error of the function", err, broken)
	w.wantNote("nothing is half done", "many", "b", "old+b!")
	must(t, w.Notes.ChangeAll(ctx, "many", nil, set("none")))
	var group sync.WaitGroup
	for i := range 8 {
		keys := []string{"x", "y", "z"}
		if i%2 == 1 {
			slices.Reverse(keys)
		}
		group.Go(func() {
			if err := w.Notes.ChangeAll(ctx, "cross", keys, func(_ string, old []byte) ([]byte, time.Time, error) { return append(old, '.'), time.Time{}, nil }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	w.wantNote("everybody wrote", "cross", "y", "........")
}

func notesForgotten(w *world) {
	for _, page := range []string{"wechat/window", "wechat/menu", "wecom/window"} {
		w.write(page, "ming", "x", time.Time{})
		w.write(page, "wang", "y", time.Time{})
	}
	must(w.t, w.Notes.Forget(w.t.Context(), "wechat/", "ming"))
	w.wantNote("forgotten", "wechat/window", "ming", "")
	w.wantNote("forgotten", "wechat/menu", "ming", "")
	w.wantNote("another channel's", "wecom/window", "ming", "x")
	w.wantNote("another person's", "wechat/menu", "wang", "y")
}

func inboxKeepsOnce(w *world) {
	t, ctx := w.t, w.t.Context()
	u := InboxItem{Source: "wechat", Key: "K1", Owner: "me", Body: []byte(`{"text":"+2 🍇"}`)}
	fence, fresh, err := w.Inbox.KeepUpdate(ctx, u, time.Minute)
	if err != nil || !fresh {
		t.Fatalf("kept: %v, %v", fresh, err)
	}
	u.Fence = fence
	if _, fresh, err := w.Inbox.KeepUpdate(ctx, InboxItem{Source: "wechat", Key: "K1", Owner: "other"}, time.Minute); err != nil || fresh {
		t.Errorf("kept twice: %v, %v", fresh, err)
	}
	if _, fresh, err := w.Inbox.KeepUpdate(ctx, InboxItem{Source: "wechat", Key: "k1", Owner: "me"}, time.Hour); err != nil || !fresh {
		t.Errorf("letters differ by case: %v, %v", fresh, err)
	}
	if rows := w.claimUpdates(); len(rows) != 0 {
		t.Errorf("claimed %v while leased", rows)
	}
	w.Pass(time.Minute)
	rows := w.claimUpdates()
	if len(rows) != 1 || rows[0].Key != "K1" || string(rows[0].Body) != string(u.Body) || rows[0].Attempts != 2 {
		t.Fatalf("claimed %+v", rows)
	}
	wantErr(t, "finishing what another has", w.Inbox.FinishUpdate(ctx, u, ""), domain.ErrLostLease)
	must(t, w.Inbox.FinishUpdate(ctx, rows[0], ""))
	wantErr(t, "finishing twice", w.Inbox.FinishUpdate(ctx, rows[0], ""), domain.ErrLostLease)
	if _, fresh, err := w.Inbox.KeepUpdate(ctx, u, time.Minute); err != nil || fresh {
		t.Errorf("kept again after it was done: %v, %v", fresh, err)
	}
	w.Pass(24 * time.Hour)
	if n, err := w.Pruner.Prune(ctx, w.Now(), 100); err != nil || n != 1 {
		t.Errorf("pruned %d, %v; want what is done", n, err)
	}
}

func (w *world) claimUpdates() []InboxItem {
	w.t.Helper()
	rows, err := w.Inbox.ClaimUpdates(w.t.Context(), "other", time.Minute, 10)
	must(w.t, err)
	return rows
}

func inboxWaits(w *world) {
	t, ctx := w.t, w.t.Context()
	u := InboxItem{Source: "wecom", Key: "k", Owner: "me", Body: []byte("a")}
	fence, _, err := w.Inbox.KeepUpdate(ctx, u, time.Minute)
	must(t, err)
	u.Fence = fence
	w.Pass(50 * time.Second)
	u.Body = []byte("b")
	must(t, w.Inbox.HoldUpdate(ctx, u, time.Minute))
	w.Pass(50 * time.Second)
	if rows := w.claimUpdates(); len(rows) != 0 {
		t.Errorf("claimed %v while held", rows)
	}
	u.Body = []byte("c")
	must(t, w.Inbox.PostponeUpdate(ctx, u, 5*time.Minute, "429"))
	wantErr(t, "holding what was given back", w.Inbox.HoldUpdate(ctx, u, time.Minute), domain.ErrLostLease)
	w.Pass(5*time.Minute - time.Second)
	if rows := w.claimUpdates(); len(rows) != 0 {
		t.Errorf("claimed %v too early", rows)
	}
	w.Pass(time.Second)
	rows := w.claimUpdates()
	if len(rows) != 1 || string(rows[0].Body) != "c" {
		t.Fatalf("claimed %+v", rows)
	}
	must(t, w.Inbox.WakeUpdate(ctx, u)) // somebody has it: nothing happens
	if rows := w.claimUpdates(); len(rows) != 0 {
		t.Errorf("claimed %v, which somebody has", rows)
	}
	u = rows[0]
	must(t, w.Inbox.PostponeUpdate(ctx, u, time.Hour, "away"))
	must(t, w.Inbox.WakeUpdate(ctx, u))
	if rows := w.claimUpdates(); len(rows) != 1 || string(rows[0].Body) != "c" {
		t.Errorf("claimed %+v after waking", rows)
	}
}
