package crash

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// promptly is how soon anybody must hear that we are busy. A machine that has other work may be late now and then, so the
// quickest of a few answers is held against it, and none may hang.
const (
	promptly = time.Second
	hanging  = 4 * time.Second
)

// TestFrozenDatabase: while MariaDB is stopped as by SIGSTOP, pages, the API and conversations say within a second that we
// are busy, and never "no"; when it goes on, all come back by themselves and nothing was lost or doubled.
func TestFrozenDatabase(t *testing.T) {
	w := newWorld(t, true, 1, 2, 2)
	w.post(5 * time.Minute)
	d, _ := w.market.some(w.people[0].rand)
	p, fan := w.people[0], w.platform.followers[0]
	fan.join(d)
	if !w.await(20*time.Second, func() bool { return fan.shown("已记下", d.title) == 1 }) {
		t.Fatalf("a join is not answered: %+v", w.platform.town.Shown(fan.id, ""))
	}

	doors := map[string]func() (int, string){
		"a deal's page":    func() (int, string) { return w.visit(p, http.MethodGet, "/d/"+d.code, "") },
		"the start page":   func() (int, string) { return w.visit(p, http.MethodGet, "/", "") },
		"the console":      func() (int, string) { return w.visit(p, http.MethodGet, "/console", "") },
		"a form of a page": func() (int, string) { return w.visit(p, http.MethodPost, "/console/letters", "id=x") },
		"reading by API":   func() (int, string) { return w.visit(p, http.MethodGet, "/api/v1/rooms/"+p.room+"/messages", "") },
		"speaking by API": func() (int, string) {
			return w.visit(p, http.MethodPost, "/api/v1/rooms/"+p.room+"/actions", fmt.Sprintf(`{"id":"frozen","action":"join %s A1"}`, d.code))
		},
	}
	w.must(w.maria.Pause())
	for name, knock := range doors {
		w.busy(t, name, knock)
	}
	second := w.platform.followers[1]
	w.busy(t, "a join by the other channel", func() (int, string) {
		if err := w.platform.town.Say(t.Context(), second.id, "", fmt.Sprintf("%s A+2", d.code)); err != nil {
			return http.StatusInternalServerError, err.Error()
		}
		shown := w.platform.town.Shown(second.id, "")
		return http.StatusServiceUnavailable, shown[len(shown)-1].Text
	})
	w.must(w.maria.Resume())

	for name, knock := range doors {
		w.until(20*time.Second, name+" is open again", func() bool { status, _ := knock(); return status < http.StatusInternalServerError })
	}
	second.join(d)
	w.until(20*time.Second, "the other channel takes joins again", func() bool { return second.shown("已记下", d.title) == 1 })
	w.until(20*time.Second, "the message of the frozen time is handled", func() bool {
		return w.number("SELECT COUNT(*) FROM web_messages WHERE author <> '' AND handled_at = 0") == 0
	})
	if n := w.number("SELECT COUNT(*) FROM orders o JOIN deals d ON d.id = o.deal WHERE d.code = ? AND o.shopper = ?", d.code, second.account); n != 1 {
		t.Errorf("%d orders of who was told that nothing was recorded and asked again", n)
	}
	if n := w.number("SELECT COUNT(*) FROM orders o JOIN deals d ON d.id = o.deal WHERE d.code = ? AND o.shopper = ?", d.code, p.account); n != 1 {
		t.Errorf("%d orders of who sent the same message until it was taken", n)
	}
	w.checkCanaries()
	for _, f := range w.faults {
		t.Error(f)
	}
}

// busy knocks a few times and wants to hear that we are busy, soon.
func (w *world) busy(t *testing.T, name string, knock func() (int, string)) {
	t.Helper()
	quickest := time.Hour
	for range 3 {
		start := time.Now()
		status, text := knock()
		took := time.Since(start)
		quickest = min(quickest, took)
		if status != http.StatusServiceUnavailable || !strings.Contains(text, "忙") && !strings.Contains(text, "usy") {
			t.Errorf("%s answers %d after %s: %.200q", name, status, took, text)
		}
		if took > hanging {
			t.Errorf("%s hung for %s", name, took)
		}
	}
	t.Logf("%s: busy after %s", name, quickest.Round(time.Millisecond))
	if quickest > promptly {
		t.Errorf("%s says only after %s that we are busy", name, quickest)
	}
}

// visit asks for a page or calls the API.
func (w *world) visit(p *person, method, path, body string) (int, string) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+w.apps[0].Address+path, strings.NewReader(body))
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := p.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	w.must(err)
	return res.StatusCode, string(text)
}

// TestFrozenCopy: a copy that is stopped while it holds a deal's lock delays the others by at most three seconds, and when
// it wakes up nothing is lost or done twice.
func TestFrozenCopy(t *testing.T) {
	w := newWorld(t, true, 2, 4, 0)
	w.start(1, "")
	w.post(5 * time.Minute)
	d, _ := w.market.some(w.people[0].rand)
	d.until = time.Now().Add(5 * time.Minute)
	slow, quick := w.people[0], w.people[1:]
	w.must(w.apps[0].Kill())
	w.start(0, "turn.locked=stop@1")

	copies := w.apps
	first := make(chan struct{})
	slow.w = &world{t: t, apps: copies[:1]} // this one knows no other copy
	go func() {
		defer close(first)
		slow.join(d)
	}()
	w.until(15*time.Second, "the copy is frozen", func() bool { return isStopped(copies[0].PID()) })
	w.apps = copies[1:]
	start := time.Now()
	var all sync.WaitGroup
	for _, p := range quick {
		all.Go(func() { p.join(d) })
	}
	all.Wait()
	took := time.Since(start)
	w.apps = copies
	t.Logf("others were delayed by %s", took.Round(time.Millisecond))
	if took > 3*time.Second {
		t.Errorf("others were delayed by %s", took)
	}
	for _, p := range quick {
		if got := p.history[0].code; got != "joined" {
			t.Errorf("%s was answered %q, %q", p.id, got, p.history[0].text)
		}
	}
	w.must(copies[0].Resume())
	<-first
	w.until(40*time.Second, "the frozen one's message is handled", func() bool {
		return w.number("SELECT COUNT(*) FROM web_messages WHERE author <> '' AND handled_at = 0") == 0
	})
	t.Logf("the frozen copy's person was answered %q", slow.history[0].code)
	w.checkHistory()
	for _, f := range w.faults {
		t.Error(f)
	}
}

// isStopped reports whether a process is stopped by a signal.
func isStopped(pid int) bool {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(content), ") ")
	return strings.HasPrefix(rest, "T")
}
