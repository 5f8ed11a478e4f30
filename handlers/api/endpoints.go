package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
)

func (a *API) me(w http.ResponseWriter, _ *http.Request, me bot.PersonView) error {
	a.write(w, http.StatusOK, me)
	return nil
}

func (a *API) people(w http.ResponseWriter, r *http.Request) error {
	people, err := a.chat.People(r)
	if err != nil {
		return err
	}
	a.write(w, http.StatusOK, map[string]any{"people": people})
	return nil
}

func (a *API) token(w http.ResponseWriter, r *http.Request) error {
	token, err := a.chat.TokenFor(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	a.write(w, http.StatusCreated, map[string]string{"token": token})
	return nil
}

func (a *API) rooms(w http.ResponseWriter, r *http.Request, me bot.PersonView) error {
	rooms, err := a.chat.Rooms(r.Context(), me.ID)
	if err != nil {
		return err
	}
	a.write(w, http.StatusOK, map[string]any{"rooms": rooms})
	return nil
}

type openRoomBody struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

func (a *API) openRoom(w http.ResponseWriter, r *http.Request, me bot.PersonView) error {
	var body openRoomBody
	if err := decode(r, &body); err != nil {
		return err
	}
	room, err := a.chat.OpenRoom(r.Context(), me.ID, body.ID, body.Title)
	if err != nil {
		return err
	}
	a.write(w, http.StatusCreated, room)
	return nil
}

// messageList is a page of changes; Next is the cursor to ask with next, also when there was nothing.
type messageList struct {
	Messages []bot.MessageView `json:"messages"`
	Next     int64             `json:"next"`
	More     bool              `json:"more"`
}

func (a *API) messages(w http.ResponseWriter, r *http.Request, me bot.PersonView) error {
	after, err := whole(r, "after", 0)
	if err != nil {
		return err
	}
	limit, err := whole(r, "limit", pageSize)
	if err != nil {
		return err
	}
	limit = min(max(limit, 1), maxPage)
	list, err := a.chat.Messages(r.Context(), me.ID, r.PathValue("id"), after, int(limit))
	if err != nil {
		return err
	}
	page := messageList{Messages: list, Next: after, More: len(list) == int(limit)}
	if len(list) > 0 {
		page.Next = list[len(list)-1].Cursor
	}
	a.write(w, http.StatusOK, page)
	return nil
}

// whole reads a number of the query; nonsense is refused, not guessed.
func whole(r *http.Request, name string, otherwise int64) (int64, error) {
	raw := r.URL.Query().Get(name)
	if raw == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0, domain.Refuse(domain.CodeInvalid, whyBadBody).With("field", name)
	}
	return n, nil
}

type postBody struct {
	ID      string `json:"id"`
	Text    string `json:"text"`
	ReplyTo string `json:"reply_to"`
}

func (a *API) post(w http.ResponseWriter, r *http.Request, me bot.PersonView) error {
	var body postBody
	if err := decode(r, &body); err != nil {
		return err
	}
	m, err := a.chat.Post(r.Context(), me.ID, r.PathValue("id"), body.ID, body.Text, body.ReplyTo)
	if err != nil {
		return err
	}
	a.write(w, http.StatusOK, m)
	return nil
}

type pressBody struct {
	ID      string `json:"id"`
	Action  string `json:"action"`
	Message string `json:"message"`
}

func (a *API) press(w http.ResponseWriter, r *http.Request, me bot.PersonView) error {
	var body pressBody
	if err := decode(r, &body); err != nil {
		return err
	}
	m, err := a.chat.Press(r.Context(), me.ID, r.PathValue("id"), body.ID, body.Action, body.Message)
	if err != nil {
		return err
	}
	a.write(w, http.StatusOK, map[string]any{"id": m.ID, "waiting": m.Waiting})
	return nil
}

// events streams changes as they happen; Last-Event-ID (or ?after=) says where the caller stopped reading.
func (a *API) events(w http.ResponseWriter, r *http.Request, me bot.PersonView) error {
	after, err := whole(r, "after", 0)
	if err != nil {
		return err
	}
	if last, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64); err == nil && last > after {
		after = last
	}
	room := r.PathValue("id")
	wake, stop, err := a.chat.Watch(r.Context(), me.ID, room)
	if err != nil {
		return err
	}
	defer stop()
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("open a stream: %w", err)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	a.follow(w, r, after, me.ID, wake)
	return nil
}

// follow sends changes until the caller leaves, may no longer read, or the program stops. The stream has begun by now:
// a fault can only end it, and the caller comes back with its cursor.
func (a *API) follow(w http.ResponseWriter, r *http.Request, after int64, person string, wake <-chan struct{}) {
	flush, room := http.NewResponseController(w), r.PathValue("id")
	poll := time.NewTicker(2 * time.Second)
	defer poll.Stop()
	for {
		var err error
		if after, err = a.sendChanges(r.Context(), w, person, room, after); err == nil {
			err = flush.Flush()
		}
		if err != nil {
			a.log.Debug("a stream ends", "err", err)
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-a.quit:
			return
		case <-wake:
		case <-poll.C:
			if _, err := a.chat.Caller(r); err != nil {
				return // signed out meanwhile
			}
		}
	}
}

func (a *API) sendChanges(ctx context.Context, w http.ResponseWriter, person, room string, after int64) (int64, error) {
	for {
		list, err := a.chat.Messages(ctx, person, room, after, maxPage)
		if err != nil {
			return after, err
		}
		for _, m := range list {
			data, err := json.Marshal(m)
			if err != nil {
				return after, fmt.Errorf("encode an event: %w", err)
			}
			if _, err := fmt.Fprintf(w, "id: %d\nevent: message\ndata: %s\n\n", m.Cursor, data); err != nil {
				return after, err
			}
			after = m.Cursor
		}
		if len(list) < maxPage {
			_, err := fmt.Fprint(w, ": here\n\n")
			return after, err
		}
	}
}
