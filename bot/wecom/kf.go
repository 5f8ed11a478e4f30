package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tuanbot/bot"
)

// Customer service only says that there is something new; it is fetched from where we stopped.
const (
	kfPage     = 200
	kfPages    = 100                     // in a row: then others get a turn
	kfWait     = 3500 * time.Millisecond // how long a callback waits for the fetch it caused
	kfTime     = time.Minute
	kfLease    = 90 * time.Second
	kfTokenFor = 10 * time.Minute
	kfOldest   = time.Hour // of what lay there before we first looked
	kfTries    = 5         // how often an answer that cannot leave holds others up
	kfAbreast  = 16
)

// cursor is where we stopped in an account, and whether there is more.
type cursor struct {
	At      string `json:"at,omitempty"`
	Token   string `json:"tok,omitempty"`
	TokenAt int64  `json:"tokat,omitempty"` // ms
	News    int64  `json:"news,omitempty"`  // counts callbacks; what is fetched is up to Done
	Done    int64  `json:"done,omitempty"`
	Owner   string `json:"own,omitempty"`
	Lease   int64  `json:"lease,omitempty"` // ms
	Again   int64  `json:"again,omitempty"` // ms; not before
	Tries   int    `json:"tries,omitempty"`
}

// asking lets callbacks of one account share a fetch.
type asking struct {
	mu sync.Mutex
}

// fromKF notes that there is something new, and fetches it. The callback is acknowledged when that is written down, so that
// it is fetched also if we die now.
func (c *Channel) fromKF(ctx context.Context, in inbound) (string, error) {
	if !in.is("kf_msg_or_event") {
		return "", nil
	}
	if !opaque(in.OpenKfID) || len(in.Token) > 256 {
		return "", errMalformed
	}
	if !c.kf.ready() {
		return "", nil
	}
	now := c.c.Clock().UnixMilli()
	err := change(ctx, c.c.Notes, pageKF, in.OpenKfID, time.Time{}, func(old *cursor) *cursor {
		k := cursor{}
		if old != nil {
			k = *old
		}
		k.News, k.Again = k.News+1, 0
		if in.Token != "" {
			k.Token, k.TokenAt = in.Token, now
		}
		return &k
	})
	if err != nil {
		return "", fmt.Errorf("note that there is something new: %w", err)
	}
	done := c.fetchKF(ctx, in.OpenKfID)
	timer := time.NewTimer(kfWait)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
	return "", nil
}

// fetchKF fetches what is new in an account in the background, once at a time. The channel closes when that is over.
func (c *Channel) fetchKF(ctx context.Context, account string) <-chan struct{} {
	c.kfMu.Lock()
	a := c.kfAsks[account]
	if a == nil {
		a = &asking{}
		c.kfAsks[account] = a
	}
	c.kfMu.Unlock()
	over := make(chan struct{})
	c.busy.Go(func() {
		defer close(over)
		a.mu.Lock() // one after the other: the second finds nothing new, or what the first has missed
		defer a.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), kfTime)
		defer cancel()
		if err := c.syncKF(ctx, account); err != nil {
			c.c.Log.WarnContext(ctx, "customer service is not fetched yet", "channel", ChannelName, "err", c.api.veil.OverError(err))
		}
	})
	return over
}

// FetchKF fetches what a crash or a busy platform left, and now and then looks whether a callback never came.
func (c *Channel) FetchKF(ctx context.Context, sweep bool) {
	if !c.kf.ready() {
		return
	}
	accounts, err := c.c.Notes.Keys(ctx, pageKF, "", 1000)
	if err != nil {
		return // the next round looks again
	}
	for _, account := range accounts {
		k, found, err := look[cursor](ctx, c.c.Notes, pageKF, account)
		if err != nil || !found || k.Again > c.c.Clock().UnixMilli() || ctx.Err() != nil {
			continue
		}
		if k.News > k.Done {
			<-c.fetchKF(ctx, account)
		} else if sweep {
			err := change(ctx, c.c.Notes, pageKF, account, time.Time{}, func(old *cursor) *cursor {
				if old != nil {
					old.News++
				}
				return old
			})
			if err == nil {
				<-c.fetchKF(ctx, account)
			}
		}
	}
}

var errNoLease = errors.New("another copy fetches it")

// syncKF takes in page after page. The cursor moves only when everything on a page was taken in and answered; what comes
// again after a crash carries the same keys, so it changes nothing and is shown once.
func (c *Channel) syncKF(ctx context.Context, account string) error {
	owner, err := c.code()
	if err != nil {
		return err
	}
	for range kfPages {
		k, err := c.claimKF(ctx, account, owner)
		if err != nil || k.News <= k.Done {
			if errors.Is(err, errNoLease) {
				return nil
			}
			return err
		}
		page, err := c.kfMessages(ctx, account, k)
		if err == nil {
			err = c.takePage(ctx, account, k, page.List)
		}
		more := page.More != 0
		if err = errors.Join(err, c.moveKF(ctx, account, owner, k, page.Next, more, err)); err != nil {
			return err
		}
	}
	return nil
}

// claimKF leases an account: of all copies one fetches.
func (c *Channel) claimKF(ctx context.Context, account, owner string) (k cursor, err error) {
	now := c.c.Clock().UnixMilli()
	free := false
	err = change(ctx, c.c.Notes, pageKF, account, time.Time{}, func(old *cursor) *cursor {
		k = cursor{}
		if old != nil {
			k = *old
		}
		if free = (k.Owner == owner || k.Lease <= now) && k.Again <= now; free && k.News > k.Done {
			k.Owner, k.Lease = owner, now+kfLease.Milliseconds()
		}
		next := k
		return &next
	})
	if err == nil && !free {
		err = errNoLease
	}
	return k, err
}

// moveKF moves the cursor behind a page, or notes when to try again.
func (c *Channel) moveKF(ctx context.Context, account, owner string, was cursor, next string, more bool, failed error) error {
	ctx = context.WithoutCancel(ctx)
	now := c.c.Clock()
	return change(ctx, c.c.Notes, pageKF, account, time.Time{}, func(old *cursor) *cursor {
		if old == nil || old.Owner != owner || old.At != was.At {
			return old // somebody else went on meanwhile
		}
		k := *old
		if failed != nil {
			k.Tries++
			k.Owner, k.Lease, k.Again = "", 0, now.Add(c.kfPause(failed, k.Tries)).UnixMilli()
			return &k
		}
		if k.Tries = 0; next != "" {
			k.At = next
		}
		if !more {
			k.Done, k.Owner, k.Lease = was.News, "", 0
		}
		return &k
	})
}

func (c *Channel) kfPause(err error, tries int) time.Duration {
	if codeOf(err) == 45009 {
		return c.untilNextMinute()
	}
	return min(time.Second<<min(tries, 6), time.Minute)
}

// kfPageOf is one page of what happened.
type kfPageOf struct {
	Next string      `json:"next_cursor"`
	More int         `json:"has_more"`
	List []kfMessage `json:"msg_list"`
}

// kfMessages asks for a page. The callback's token spares the small budget of requests without one.
func (c *Channel) kfMessages(ctx context.Context, account string, k cursor) (page kfPageOf, err error) {
	body := map[string]any{"open_kfid": account, "limit": kfPage}
	if k.At != "" {
		body["cursor"] = k.At
	}
	if k.Token != "" && c.c.Clock().UnixMilli()-k.TokenAt < kfTokenFor.Milliseconds() {
		body["token"] = k.Token
		c.api.veil.Add(k.Token)
	}
	var got struct {
		Next string            `json:"next_cursor"`
		More int               `json:"has_more"`
		List []json.RawMessage `json:"msg_list"`
	}
	if err := c.kf.call(ctx, "/cgi-bin/kf/sync_msg", nil, body, &got); err != nil {
		return page, fmt.Errorf("fetch customer service: %w", err)
	}
	page.Next, page.More = got.Next, got.More
	for _, raw := range got.List {
		var m kfMessage
		if err := json.Unmarshal(raw, &m); err != nil || !opaque(m.ID) {
			continue // of a form that we do not know: it must not hold up what comes behind it
		}
		page.List = append(page.List, m)
	}
	return page, nil
}

// takePage takes a page in: one person's messages in order, different people side by side.
func (c *Channel) takePage(ctx context.Context, account string, k cursor, list []kfMessage) error {
	oldest := time.Time{}
	if k.At == "" { // what lay there before we first looked is three days old at most, and not meant for us
		oldest = c.c.Clock().Add(-kfOldest)
	}
	queues, order := map[string][]kfMessage{}, []string{}
	for _, m := range list {
		who := m.person()
		if who == "" || m.at().Before(oldest) {
			continue
		}
		if queues[who] == nil {
			order = append(order, who)
		}
		queues[who] = append(queues[who], m)
	}
	var group sync.WaitGroup
	gate, mu := make(chan struct{}, kfAbreast), sync.Mutex{}
	var failed []error
	for _, who := range order {
		gate <- struct{}{}
		group.Go(func() {
			defer func() { <-gate }()
			for _, m := range queues[who] {
				if err := c.takeKF(ctx, account, m, k.Tries < kfTries); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
					return // the rest of this person's comes again with it
				}
			}
		})
	}
	group.Wait()
	return errors.Join(failed...)
}

// kfMessage is one thing that happened in customer service.
type kfMessage struct {
	ID       string `json:"msgid"`
	Account  string `json:"open_kfid"`
	Customer string `json:"external_userid"`
	Sent     int64  `json:"send_time"`
	Origin   int    `json:"origin"`
	Type     string `json:"msgtype"`
	Text     struct {
		Content string `json:"content"`
		Menu    string `json:"menu_id"`
	} `json:"text"`
	Image struct {
		Media string `json:"media_id"`
	} `json:"image"`
	Event struct {
		Type     string `json:"event_type"`
		Account  string `json:"open_kfid"`
		Customer string `json:"external_userid"`
		Scene    string `json:"scene_param"`
		Welcome  string `json:"welcome_code"`
		FailID   string `json:"fail_msgid"`
		FailType int    `json:"fail_type"`
		Code     string `json:"msg_code"`
	} `json:"event"`
}

func (m kfMessage) at() time.Time { return time.Unix(m.Sent, 0).UTC() }

// Whom a message comes from; what we or a member of staff sent comes back too.
const (
	fromCustomer = 3
	fromSystem   = 4
)

func (m kfMessage) person() string {
	who := m.Customer
	if m.Type == "event" {
		who = m.Event.Customer
	}
	if !opaque(who) || m.Origin != fromCustomer && m.Origin != fromSystem && m.Type != "event" {
		return ""
	}
	return idCustomer + who
}

// update turns a message of a customer into what the bot understands; false when nobody spoke.
func (m kfMessage) update(account string) (bot.Update, bool) {
	who := m.person()
	up := bot.Update{
		Channel: ChannelName, Account: account, Key: "k" + digest(m.ID)[:40], At: m.at(), Spoken: true, Kind: bot.KindOther,
		Chat: bot.ChatRef{ID: who, Kind: bot.ChatPrivate}, Person: bot.PersonRef{ID: who},
		Hash: digest(account, m.ID, who, m.Type, m.Text.Content, m.Text.Menu, m.Image.Media, m.Event.Type, m.Event.Scene),
	}
	switch {
	case m.Type == "event" && m.Event.Type == "enter_session":
		up.Kind = bot.KindFollow
		if payload := payloadOf(m.Event.Scene); payload != "" {
			up.Kind, up.Action = bot.KindOpen, payload
		}
		return up, true
	case m.Origin != fromCustomer || m.Type == "event":
		return up, false
	case m.Type == "text" && m.Text.Menu != "":
		up.Kind, up.Action = bot.KindAction, m.Text.Menu
	case m.Type == "text":
		up.Kind, up.Text = bot.KindText, strings.TrimSpace(m.Text.Content)
	case m.Type == "image":
		up.Kind, up.Picture = bot.KindPicture, "wecom:"+m.Image.Media
	}
	return up, true
}

// payloadOf reads what a link to customer service carries: "deal_7KQ4" is "deal 7KQ4".
func payloadOf(scene string) string {
	verb, rest, ok := strings.Cut(scene, "_")
	if !ok || !opaque(scene) {
		return ""
	}
	return verb + " " + rest
}
