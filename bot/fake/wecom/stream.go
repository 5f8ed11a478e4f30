package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tuanbot/bot/fake"
)

// The platform asks for an answer that is not finished again and again, so long; and one person has so many at most.
const (
	streamLife  = 6 * time.Minute
	streamMost  = 3
	streamAsked = time.Second
)

// stream is an answer of the AI bot on its way, and where it is shown.
type stream struct {
	id, who, chat string
	shown         string // the message's id
	began         time.Time
	finished      bool
}

// streaming shows an answer of the AI bot: a new message, or the one that it goes on with. It is called with the town locked.
func (t *Town) streaming(who, chat string, m fake.Message) {
	s, list := t.streams[m.ID], t.listOf(who, chat)
	if list == nil {
		return
	}
	finished := m.Form == formWhole
	m.Form = "stream"
	if s == nil {
		s = &stream{id: m.ID, who: who, chat: chat, began: t.c.Clock()}
		s.shown = t.show(list, m)
		t.streams[s.id] = s
		if open := t.unfinished(who); !finished && len(open) > streamMost {
			t.faultLocked("%d answers at once are unfinished for one person", len(open))
		}
	} else if s.finished {
		if !finished {
			t.faultLocked("a finished answer goes on")
		}
		return
	} else {
		for i := range *list {
			if old := &(*list)[i]; old.ID == s.shown && old.Text != m.Text {
				old.Text, old.Buttons, old.Edited = m.Text, m.Buttons, old.Edited+1
			}
		}
	}
	s.finished = finished
}

// unfinished are the answers that somebody still waits for; of somebody "" all.
func (t *Town) unfinished(who string) (open []*stream) {
	for _, s := range t.streams {
		if !s.finished && (who == "" || s.who == who) {
			open = append(open, s)
		}
	}
	return open
}

func (t *Town) listOf(who, chat string) *[]fake.Message {
	if g := t.group(chat); g != nil {
		return &g.shown
	}
	if p := t.find(who); p != nil {
		return &p.shown
	}
	return nil
}

// Ask asks once how far every unfinished answer is, and tells how many still are. One that is not finished after six minutes
// is asked for no more, which is a fault.
func (t *Town) Ask(ctx context.Context) (open int, err error) {
	var all []*stream
	t.locked(func() { all = t.unfinished("") })
	for _, s := range all {
		err = errors.Join(err, t.askFor(ctx, s))
	}
	t.locked(func() { open = len(t.unfinished("")) })
	return open, err
}

func (t *Town) askFor(ctx context.Context, s *stream) error {
	t.mu.Lock()
	if t.c.Clock().Sub(s.began) >= streamLife {
		s.finished = true
		t.faultLocked("an answer was not finished in six minutes")
		t.mu.Unlock()
		return nil
	}
	body, err := t.asked(s)
	t.mu.Unlock()
	if err != nil {
		return err
	}
	return t.deliver(ctx, "/bot", body, place{s.who, s.chat})
}

// asked is the callback that asks for an answer; it brings no address of its own.
func (t *Town) asked(s *stream) (string, error) {
	in := map[string]any{
		"msgid": "CAIQ" + t.random(20), "aibotid": t.c.BotID, "chattype": "single", "from": map[string]string{"userid": s.who},
		"msgtype": "stream", "stream": map[string]string{"id": s.id},
	}
	if s.chat != "" {
		in["chattype"], in["chatid"] = "group", s.chat
	}
	raw, err := json.Marshal(in)
	return string(raw), err
}

// goOn asks for answers every second until all are finished, if that is wanted and nobody is at it.
func (t *Town) goOn(ctx context.Context) {
	begin := false
	t.locked(func() {
		if begin = t.c.Background && !t.asking; begin {
			t.asking = true
		}
	})
	if !begin {
		return
	}
	go func() {
		ctx := context.WithoutCancel(ctx)
		tick := time.NewTicker(streamAsked)
		defer tick.Stop()
		for more := true; more; t.locked(func() { more = len(t.unfinished("")) > 0; t.asking = more }) {
			<-tick.C
			_, _ = t.Ask(ctx) // who does not answer is asked again, for six minutes
		}
	}()
}

// formWhole marks an answer that says that it is finished.
const formWhole = "stream, finished"

// readStream reads an opened answer of the AI bot.
func readStream(opened []byte) (fake.Message, error) {
	var a struct {
		Type   string `json:"msgtype"`
		Stream struct {
			ID      string `json:"id"`
			Finish  bool   `json:"finish"`
			Content string `json:"content"`
		} `json:"stream"`
	}
	if err := json.Unmarshal(opened, &a); err != nil {
		return fake.Message{}, fmt.Errorf("answer: %w", err)
	}
	if a.Type != "stream" || a.Stream.ID == "" || len(a.Stream.ID) > 64 || a.Stream.Content == "" || len(a.Stream.Content) > 20480 {
		return fake.Message{}, fmt.Errorf("a %s of %d bytes", a.Type, len(a.Stream.Content))
	}
	m := message(a.Stream.Content, "stream")
	if m.ID = a.Stream.ID; a.Stream.Finish {
		m.Form = formWhole
	}
	return m, nil
}
