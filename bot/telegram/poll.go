package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	batch     = 100
	maxAnswer = 64 << 20
	firstWait = time.Second
	longest   = 30 * time.Second
	giveUp    = time.Hour // an update that fails this long while others pass is left behind
)

// allowed are the kinds of update we ask for. Without naming them Telegram would keep what was set before.
var allowed = []string{"message", "callback_query", "inline_query", "my_chat_member", "pre_checkout_query"}

// pollError is Telegram's own no.
type pollError struct {
	code int
	text string
	wait time.Duration
}

func (e *pollError) Error() string { return fmt.Sprintf("getUpdates: %d %s", e.code, e.text) }

// poller is the state of long polling. Nothing of it need outlive the program: what is not confirmed is delivered again.
type poller struct {
	ch     *Channel
	offset int64
	wait   time.Duration
	failed map[int64]time.Time // since when an update fails
}

// pollLoop fetches updates until the context ends. The offset moves only past what was taken in: that is how Telegram
// learns that it may forget an update.
func (ch *Channel) pollLoop(ctx context.Context) {
	p := &poller{ch: ch, failed: map[int64]time.Time{}}
	for ctx.Err() == nil {
		us, err := ch.updates(ctx, p.offset, ch.c.PollFor, batch)
		if err == nil {
			err = p.round(ctx, us)
		}
		switch {
		case err == nil:
			p.wait = 0
			continue
		case ctx.Err() != nil:
			continue
		}
		ch.c.Log.WarnContext(ctx, "poll", "channel", ChannelName, "err", ch.redact(err))
		p.pause(ctx, err)
	}
	if p.offset != 0 { // tell Telegram what we have; it would come again after a restart
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if _, err := ch.updates(last, p.offset, 0, 1); err != nil {
			ch.c.Log.WarnContext(last, "confirm the last updates", "channel", ChannelName, "err", ch.redact(err))
		}
	}
}

// pause waits before the next try: longer each time, and as long as Telegram asks.
func (p *poller) pause(ctx context.Context, err error) {
	p.wait = min(max(2*p.wait, firstWait), longest)
	d := p.wait
	if no, ok := errors.AsType[*pollError](err); ok {
		d = max(d, no.wait)
		if no.code == http.StatusConflict { // somebody else polls, or a webhook is set: they have the word
			d = max(d, 5*time.Second)
		}
	}
	sleep(ctx, d)
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// round hands a batch on: the updates of one person one after another, different people side by side. The first that
// fails holds the offset; what comes after it from the same person waits, what others sent is done and not done again.
func (p *poller) round(ctx context.Context, us []update) error {
	slices.SortFunc(us, func(a, b update) int { return int(a.ID - b.ID) })
	errs := make([]error, len(us))
	lanes := map[int64][]int{}
	for i, u := range us {
		if u.Message != nil && u.Message.moved() { // before anybody speaks in the new place
			errs[i] = p.ch.handle(ctx, u)
			continue
		}
		lanes[u.from()] = append(lanes[u.from()], i)
	}
	var all sync.WaitGroup
	for _, lane := range lanes {
		all.Go(func() {
			for n, i := range lane {
				if errs[i] = p.ch.handle(ctx, us[i]); errs[i] != nil {
					for _, behind := range lane[n+1:] {
						errs[behind] = errBehind
					}
					return
				}
			}
		})
	}
	all.Wait()
	return p.advance(us, errs)
}

var errBehind = errors.New("an earlier update of the same person failed")

// advance moves the offset past what is done.
func (p *poller) advance(us []update, errs []error) error {
	passed := slices.Contains(errs, nil)
	now := p.ch.c.Clock()
	for i, u := range us {
		err := errs[i]
		if err == nil {
			delete(p.failed, u.ID)
			p.offset = u.ID + 1
			continue
		}
		since, before := p.failed[u.ID]
		if !before {
			p.failed[u.ID], since = now, now
		}
		if passed && now.Sub(since) > giveUp && !errors.Is(err, errBehind) {
			p.ch.c.Log.Error("an update is left behind", "channel", ChannelName, "update", u.ID, "err", p.ch.redact(err))
			delete(p.failed, u.ID)
			p.offset = u.ID + 1
			continue
		}
		return err
	}
	return nil
}

// updates asks for what comes after an offset. The library can only do this itself with an offset in its own hands.
func (ch *Channel) updates(ctx context.Context, offset int64, wait time.Duration, limit int) ([]update, error) {
	ask, err := json.Marshal(map[string]any{"offset": offset, "limit": limit, "timeout": int(wait / time.Second), "allowed_updates": allowed})
	if err != nil {
		return nil, fmt.Errorf("ask for updates: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ch.base+"/bot"+ch.c.Token+"/getUpdates", bytes.NewReader(ask))
	if err != nil {
		return nil, errors.New("ask for updates: bad address")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := ch.poll.Do(req)
	if err != nil {
		return nil, errors.New(ch.redact(err)) // the address in it holds the token
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read updates: %w", err)
	}
	return readAnswer(body, resp.StatusCode)
}

func readAnswer(body []byte, status int) ([]update, error) {
	var a struct {
		OK          bool              `json:"ok"`
		Result      []json.RawMessage `json:"result"`
		Code        int               `json:"error_code"`
		Description string            `json:"description"`
		Parameters  struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, &pollError{code: status, text: "no answer of the Bot API"}
	}
	if !a.OK {
		return nil, &pollError{code: a.Code, text: a.Description, wait: time.Duration(a.Parameters.RetryAfter) * time.Second}
	}
	us := make([]update, 0, len(a.Result))
	for _, raw := range a.Result {
		var u update
		if err := json.Unmarshal(raw, &u); err != nil { // a form that we do not know: nothing in it is for us, but its number counts
			u = update{ID: idOf(raw)}
		}
		if u.ID != 0 {
			us = append(us, u)
		}
	}
	return us, nil
}

func idOf(raw []byte) int64 {
	var only struct {
		ID int64 `json:"update_id"`
	}
	if err := json.Unmarshal(raw, &only); err != nil {
		return 0
	}
	return only.ID
}
