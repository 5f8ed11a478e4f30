package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const changeBatch = 100

// event is one changed message on its way to a browser: the script puts the fragment in place of the old one.
type event struct {
	ID     string `json:"id"`
	Seq    int64  `json:"seq"`
	Change int64  `json:"change"`
	Mine   bool   `json:"mine"`
	HTML   string `json:"html"`
}

// unread is the count beside a room in the list.
type unread struct {
	Room string `json:"room"`
	N    int64  `json:"n"`
	Last string `json:"last"`
	At   string `json:"at"`
}

// listener is one open stream. The cursor lives in SQL; a wake-up only saves waiting for the next look.
type listener struct {
	c      *Chat
	w      http.ResponseWriter
	flush  *http.ResponseController
	v      viewer
	room   string
	after  int64
	counts string // the counts as last sent
}

// stream sends what changes in a room after a cursor, for as long as the browser listens and may.
func (c *Chat) stream(w http.ResponseWriter, r *http.Request, v viewer) error {
	room := r.PathValue("room") // none: the list of rooms, where only the counts change
	if room != "" {
		if err := c.mayRead(r.Context(), v.ID, room); err != nil {
			return err
		}
	}
	l := &listener{c: c, w: w, flush: http.NewResponseController(w), v: v, room: room, after: number(r.URL.Query().Get("after"))}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		l.after = number(last)
	}
	if err := l.flush.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("open a stream: %w", err)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	wake, stop := c.Waker.Subscribe(r.Context(), "room:"+room)
	defer stop()
	l.listen(r, wake)
	return nil
}

func (l *listener) listen(r *http.Request, wake <-chan struct{}) {
	poll := time.NewTicker(l.c.poll)
	defer poll.Stop()
	for counts := true; ; {
		if err := l.look(r.Context(), counts); err != nil {
			if r.Context().Err() == nil && !errors.Is(err, errUnwelcome) {
				l.c.Log.Warn("a stream ends", "channel", ChannelName, "err", err)
			}
			return
		}
		select { // a rush of changes is read in steps, not one by one
		case <-r.Context().Done():
			return
		case <-time.After(breath):
		}
		select {
		case <-r.Context().Done():
			return
		case <-l.c.quit:
			return
		case <-wake:
			counts = false
		case <-poll.C:
			if _, err := l.c.viewerOf(r); err != nil {
				return // signed out meanwhile
			}
			counts = true
		}
	}
}

// breath is the least time between two looks of one stream.
const breath = 60 * time.Millisecond

var errUnwelcome = errors.New("no longer in the room")

func (l *listener) look(ctx context.Context, counts bool) error {
	for l.room != "" {
		rows, err := l.c.Store.WebChanges(ctx, l.room, l.after, changeBatch)
		if err != nil {
			return err
		}
		for _, m := range rows {
			if err := l.sendMessage(ctx, m); err != nil {
				return err
			}
			l.after = m.Change
		}
		if len(rows) < changeBatch {
			break
		}
	}
	if counts {
		if err := l.sendCounts(ctx); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprint(l.w, ": here\n\n"); err != nil {
		return err
	}
	return l.flush.Flush()
}

func (l *listener) sendMessage(ctx context.Context, m MessageRow) error {
	view, err := l.c.view(ctx, l.v, m)
	if err != nil {
		return err
	}
	var html bytes.Buffer
	if err := l.c.pages["room"].ExecuteTemplate(&html, "message", view); err != nil {
		return fmt.Errorf("draw a message: %w", err)
	}
	return l.send("msg", m.Change, event{ID: m.ID, Seq: m.Seq, Change: m.Change, Mine: view.Mine, HTML: html.String()})
}

func (l *listener) sendCounts(ctx context.Context) error {
	seats, err := l.c.seats(ctx, l.v, l.room)
	if err != nil {
		return err
	}
	counts, welcome := make([]unread, 0, len(seats)), l.room == ""
	for _, s := range seats {
		welcome = welcome || s.ID == l.room
		counts = append(counts, unread{Room: s.ID, N: s.Unread, Last: s.Last, At: s.At})
	}
	if !welcome {
		return errUnwelcome
	}
	body, err := json.Marshal(counts)
	if err != nil || string(body) == l.counts {
		return err
	}
	l.counts = string(body)
	return l.send("rooms", 0, counts)
}

// send writes one event; only messages move the cursor that the browser sends back when it reconnects.
func (l *listener) send(name string, id int64, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	if id > 0 {
		if _, err := fmt.Fprintf(l.w, "id: %d\n", id); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(l.w, "event: %s\ndata: %s\n\n", name, data)
	return err
}
