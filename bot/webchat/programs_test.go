package webchat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"tuanbot/bot/webchat"
)

// program calls the API with a token.
type program struct {
	w     *world
	token string
}

func (p program) call(method, path string, body, into any) int {
	p.w.t.Helper()
	raw, err := json.Marshal(body)
	must(p.w.t, err)
	if body == nil {
		raw = nil
	}
	req, err := http.NewRequestWithContext(p.w.t.Context(), method, p.w.server.URL+"/api/v1"+path, bytes.NewReader(raw))
	must(p.w.t, err)
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := http.DefaultClient.Do(req)
	must(p.w.t, err)
	defer func() { _ = res.Body.Close() }()
	if into != nil {
		must(p.w.t, json.NewDecoder(res.Body).Decode(into))
	}
	return res.StatusCode
}

func TestProgramsHaveTheSamePowerAsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	w.echo.answer = counting()
	anybody := program{w: w}
	var people struct{ People []struct{ ID string } }
	if code := anybody.call("GET", "/people", nil, &people); code != 200 || len(people.People) != 3 {
		t.Fatalf("people: %d %+v", code, people)
	}
	var token struct{ Token string }
	if code := anybody.call("POST", "/people/ming/token", nil, &token); code != 201 {
		t.Fatalf("token: %d", code)
	}
	ming := program{w: w, token: token.Token}
	events := stream(t, w, "/api/v1/rooms/g1/events", "message", "Authorization", "Bearer "+token.Token)
	var said struct{ ID, Text string }
	if code := ming.call("POST", "/rooms/g1/messages", map[string]string{"id": "a1", "text": "+2"}, &said); code != 200 || said.Text != "+2" {
		t.Fatalf("post: %d %+v", code, said)
	}
	for _, want := range []string{`"text":"+2"`, `"done":16`, `共 16 份`} {
		if got := next(t, events); !strings.Contains(got, want) {
			t.Errorf("event %s, want %s", got, want)
		}
	}
	if code := ming.call("POST", "/rooms/g1/actions", map[string]string{"id": "a2", "action": "join 1", "message": cardID(t, w)}, nil); code != 200 {
		t.Fatalf("press: %d", code)
	}
	if got := next(t, events); !strings.Contains(got, `"done":17`) {
		t.Errorf("after the press: %s", got)
	}
	if code := ming.call("POST", "/rooms/g1/messages", map[string]string{"id": "a1", "text": "+5"}, nil); code != http.StatusConflict {
		t.Errorf("the same id with other words: %d", code)
	}
	var room struct{ ID, Role string }
	for range 2 {
		if code := ming.call("POST", "/rooms", map[string]string{"id": "n1", "title": "五号楼"}, &room); code != 201 || room.Role != webchat.RoleKeeper {
			t.Errorf("open a room: %d %+v", code, room)
		}
	}
	var rooms struct{ Rooms []struct{ ID string } }
	if code := ming.call("GET", "/rooms", nil, &rooms); code != 200 || len(rooms.Rooms) != 3 {
		t.Errorf("rooms: %d %+v", code, rooms)
	}
	if _, err := w.chat.EntryLink(t.Context(), "ming"); err != nil || ming.call("GET", "/me", nil, nil) != http.StatusUnauthorized {
		t.Error("a new entry link must end tokens too")
	}
}

func TestTokensComeFromThePageMe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.Sandbox = false })
	if code := (program{w: w}).call("POST", "/people/ming/token", nil, nil); code != http.StatusForbidden {
		t.Errorf("a token without sandbox: %d", code)
	}
	_, text := w.enter("ming").post("/me/token")
	_, rest, _ := strings.Cut(text, `readonly value="`)
	token, _, _ := strings.Cut(rest, `"`)
	var me struct{ Name string }
	if code := (program{w: w, token: token}).call("GET", "/me", nil, &me); code != 200 || me.Name != "小明" {
		t.Errorf("me: %d %+v", code, me)
	}
}

func TestCountsMoveOnTheListOfRooms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	counts := stream(t, w, "/as/wang/events", "rooms")
	if got := next(t, counts); strings.Contains(got, `"n":1`) {
		t.Errorf("before: %s", got)
	}
	_, err := w.chat.Post(t.Context(), "ming", "g1", "1", "hello", "")
	must(t, err)
	if got := next(t, counts); !strings.Contains(got, `"n":1`) || !strings.Contains(got, "小明：hello") {
		t.Errorf("after: %s", got)
	}
}

func TestARemovedMembersStreamEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), nil)
	events := stream(t, w, "/as/wang/r/g1/events", "msg")
	must(t, w.store.RemoveWebMember(t.Context(), "g1", "wang"))
	select {
	case e, open := <-events:
		if open {
			t.Errorf("got %s", e)
		}
	case <-time.After(10 * time.Second):
		t.Error("the stream stays open")
	}
}

func TestRunDeliversWhatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.Handler = nil })
	events := stream(t, w, "/as/ming/r/"+w.chat.PrivateChat("ming")+"/events", "msg")
	_, err := w.chat.Post(t.Context(), "ming", w.chat.PrivateChat("ming"), "1", "hello", "")
	must(t, err)
	w.chat.SetHandler(w.echo)
	w.clock.Add(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.chat.Run(ctx) }()
	for !strings.Contains(next(t, events), "echo: hello") {
		continue
	}
	cancel()
	must(t, <-ended)
}
