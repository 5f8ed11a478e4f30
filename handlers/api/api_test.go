package api

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"tuanbot/bot"
	"tuanbot/domain"
)

// room is a chat with one room, r1, and one person, ming, who sends "Bearer good".
type room struct {
	said    []string
	pressed []string
	fault   error
	wake    chan struct{}
}

func (f *room) Caller(r *http.Request) (bot.PersonView, error) {
	if r.Header.Get("Authorization") != "Bearer good" {
		return bot.PersonView{}, domain.Refuse(domain.CodeForbidden, "sign_in")
	}
	return bot.PersonView{ID: "ming", Name: "小明", Lang: "zh"}, f.fault
}

func (f *room) People(*http.Request) ([]bot.PersonView, error) {
	return nil, domain.Refuse(domain.CodeForbidden, "no_act_as")
}

func (f *room) TokenFor(*http.Request, string) (string, error) {
	return "", domain.Refuse(domain.CodeForbidden, "no_act_as")
}

func (f *room) Rooms(context.Context, string) ([]bot.RoomView, error) {
	return []bot.RoomView{{ID: "r1", Kind: bot.ChatGroup, Title: "三号楼", Role: "member", Cursor: 3}}, nil
}

func (f *room) OpenRoom(_ context.Context, _, id, title string) (bot.RoomView, error) {
	return bot.RoomView{ID: "r" + id, Title: title, Kind: bot.ChatGroup, Role: "keeper"}, nil
}

func (f *room) Messages(_ context.Context, _, id string, after int64, limit int) ([]bot.MessageView, error) {
	if id != "r1" {
		return nil, domain.Refuse(domain.CodeNotFound, domain.WhyNotFound)
	}
	var list []bot.MessageView
	for n := after + 1; n <= 3 && len(list) < limit; n++ {
		list = append(list, bot.MessageView{ID: "m", Room: "r1", Seq: n, Cursor: n, Text: "hi"})
	}
	return list, nil
}

func (f *room) Watch(context.Context, string, string) (<-chan struct{}, func(), error) {
	return f.wake, func() {}, nil
}

func (f *room) Post(_ context.Context, _, _, id, text, _ string) (bot.MessageView, error) {
	if f.fault != nil {
		return bot.MessageView{}, f.fault
	}
	f.said = append(f.said, text)
	return bot.MessageView{ID: id, Text: text}, nil
}

func (f *room) Press(_ context.Context, _, _, id, action, _ string) (bot.MessageView, error) {
	f.pressed = append(f.pressed, action)
	return bot.MessageView{ID: id}, nil
}

func serve(t *testing.T, f *room) *http.ServeMux {
	t.Helper()
	mux := http.NewServeMux()
	New(f, rand.Reader, slog.New(slog.DiscardHandler), nil).Routes(mux)
	return mux
}

func call(t *testing.T, mux *http.ServeMux, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer good")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, req)
	return rec
}

func TestBodiesAreTakenStrictly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want int
		code string
	}{
		"good":                 {`{"id":"1","text":"+2"}`, 200, ""},
		"good, with a reply":   {`{"id":"1","text":"+2","reply_to":"m"}`, 200, ""},
		"unknown field":        {`{"id":"1","text":"+2","amount":5}`, 400, "invalid"},
		"twice the same field": {`{"id":"1","text":"+2","text":"+200"}`, 400, "invalid"},
		"twice in other case":  {`{"id":"1","text":"+2","Text":"+200"}`, 400, "invalid"},
		"something behind":     {`{"id":"1","text":"+2"} {"id":"2"}`, 400, "invalid"},
		"not an object":        {`["id"]`, 400, "invalid"},
		"wrong type":           {`{"id":1,"text":"+2"}`, 400, "invalid"},
		"cut off":              {`{"id":"1","text":"+2`, 400, "invalid"},
		"empty":                {``, 400, "invalid"},
		"too large":            {`{"id":"1","text":"` + strings.Repeat("x", 65<<10) + `"}`, 413, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &room{}
			rec := call(t, serve(t, f), "POST", "/api/v1/rooms/r1/messages", c.body)
			if rec.Code != c.want || (len(f.said) == 1) != (c.want == 200) {
				t.Errorf("%d, said %q: %s", rec.Code, f.said, rec.Body)
			}
			if c.code != "" {
				wantProblem(t, rec, c.code)
			}
		})
	}
}

func wantProblem(t *testing.T, rec *httptest.ResponseRecorder, code string) {
	t.Helper()
	var p map[string]string
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v: %s", err, rec.Body)
	}
	if p["code"] != code || p["message"] == "" || p["id"] == "" || len(p) != 3 {
		t.Errorf("problem %v, want code %s", p, code)
	}
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	mux := serve(t, &room{})
	for _, c := range []struct {
		method, path, header, value string
		want                        int
		code                        string
	}{
		{"GET", "/api/v1/me", "Authorization", "Bearer bad", 401, "forbidden"},
		{"GET", "/api/v1/rooms/r2/messages", "X", "x", 404, "not_found"},
		{"GET", "/api/v1/people", "X", "x", 403, "forbidden"},
		{"POST", "/api/v1/people/ming/token", "X", "x", 403, "forbidden"},
		{"GET", "/api/v1/nothing", "X", "x", 404, "not_found"},
		{"POST", "/api/v1/rooms", "Sec-Fetch-Site", "cross-site", 403, "forbidden"},
		{"GET", "/api/v1/rooms/r1/messages?after=-1", "X", "x", 400, "invalid"},
		{"GET", "/api/v1/rooms/r1/messages?limit=many", "X", "x", 400, "invalid"},
		{"GET", "/api/v1/rooms/r1/events?after=x", "X", "x", 400, "invalid"},
	} {
		rec := call(t, mux, c.method, c.path, "", c.header, c.value)
		if rec.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, rec.Code, c.want)
			continue
		}
		wantProblem(t, rec, c.code)
	}
}

func TestAnAnswerPerEndpoint(t *testing.T) {
	t.Parallel()
	f := &room{}
	mux := serve(t, f)
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/api/v1/me", "", `"id":"ming"`},
		{"GET", "/api/v1/rooms", "", `"cursor":3`},
		{"POST", "/api/v1/rooms", `{"id":"7","title":"五号楼"}`, `"id":"r7"`},
		{"GET", "/api/v1/rooms/r1/messages?after=1&limit=1", "", `"next":2,"more":true`},
		{"GET", "/api/v1/rooms/r1/messages?after=9", "", `"next":9,"more":false`},
		{"POST", "/api/v1/rooms/r1/actions", `{"id":"1","action":"join 1","message":"m"}`, `"waiting":false`},
	} {
		rec := call(t, mux, c.method, c.path, c.body)
		if rec.Code >= 300 || !strings.Contains(rec.Body.String(), c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, rec.Code, rec.Body)
		}
	}
	if !slices.Equal(f.pressed, []string{"join 1"}) {
		t.Errorf("pressed %q", f.pressed)
	}
}

func TestAFaultHidesItsCause(t *testing.T) {
	t.Parallel()
	rec := call(t, serve(t, &room{fault: errors.New("dial mysql://root:hunter2@db")}), "POST", "/api/v1/rooms/r1/messages", `{"id":"1","text":"x"}`)
	if rec.Code != http.StatusServiceUnavailable || strings.Contains(rec.Body.String(), "hunter2") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	wantProblem(t, rec, "internal")
}

func TestEventsResumeAfterTheLastOneSeen(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(serve(t, &room{wake: make(chan struct{})}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/v1/rooms/r1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer good")
	req.Header.Set("Last-Event-ID", "1")
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	var ids []string
	for len(ids) < 2 && lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			ids = append(ids, id)
		}
	}
	if !slices.Equal(ids, []string{"2", "3"}) {
		t.Errorf("events %v", ids)
	}
}

// TestRoutesAndTheirDescriptionAgree compares the routes with docs/openapi.yaml, both ways.
func TestRoutesAndTheirDescriptionAgree(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]any `yaml:"responses"`
		} `yaml:"paths"`
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var described []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			described = append(described, strings.ToUpper(method)+" /api/v1"+path)
			if op.Responses["default"] == nil {
				t.Errorf("%s %s does not describe its problems", method, path)
			}
		}
	}
	a := New(&room{}, rand.Reader, slog.New(slog.DiscardHandler), nil)
	var routes []string
	for pattern := range a.routes() {
		routes = append(routes, pattern)
	}
	for pattern := range a.openRoutes() {
		routes = append(routes, pattern)
	}
	slices.Sort(described)
	slices.Sort(routes)
	if !slices.Equal(described, routes) {
		t.Errorf("described: %v\nserved: %v", described, routes)
	}
}
