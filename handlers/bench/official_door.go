package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tuanbot/bot"
	fakewechat "tuanbot/bot/fake/wechat"
	"tuanbot/bot/wechat"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/chat"
)

// What the account and its stand-in share; it opens nothing elsewhere.
const (
	officialChannel = wechat.ChannelName
	officialApp     = "wxbench00000001"
	officialSecret  = "secretofthebench"
	officialToken   = "tokenofthebench"
	officialKey     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	laneDepth       = 32
	doorTime        = 10 * time.Second
)

// door is the official account behind a real HTTP server.
type door struct {
	town   *fakewechat.Town // seals callbacks, and takes calls of the platform's interface
	url    string
	server *http.Server
	stop   context.CancelFunc
	done   chan error
	parts  int
}

// behind is who takes what comes through the door: everything, somebody who only answers, or somebody who only has the rows
// of a join written.
func (w *world) behind(ctx context.Context, o *Options, side string, st *stage) (t taker, leave func(), err error) {
	switch side {
	case officialFull:
		talk := chat.New(chat.Config{Desk: w.desk, BaseURL: "https://tuan.example", Clock: o.Clock, Log: o.Log, Community: w.town.ID})
		intake := bot.NewIntake(bot.IntakeConfig{
			Handler: bot.NewLanes(talk, laneDepth), Inbox: w.db.Inbox(), Clock: o.Clock, Log: o.Log, Owner: handlers.Mint{}.ID(),
		})
		return taker{Taker: intake, notes: w.db.Notes(), intake: intake}, func() {}, nil
	case officialRows:
		f, err := newFloor(ctx, st)
		if err != nil {
			return t, nil, err
		}
		return taker{Taker: &scribe{floor: f}, notes: forgetful{}}, f.close, nil
	default:
		return taker{Taker: glib{}, notes: forgetful{}}, func() {}, nil
	}
}

// taker is somebody behind the door, and the notebook they use.
type taker struct {
	bot.Taker
	notes  bot.Notebook
	intake *bot.Intake // nil where nobody needs one
}

// openDoor serves the channel with somebody behind it.
func (w *world) openDoor(ctx context.Context, o *Options, behind taker) (*door, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a door: %w", err)
	}
	d := &door{url: "http://" + listener.Addr().String(), done: make(chan error, 3)}
	d.town = fakewechat.New(fakewechat.Config{
		AppID: officialApp, Secret: officialSecret, Token: officialToken, AESKey: officialKey, Clock: o.Clock, Random: rand.Reader,
	})
	ch, err := wechat.New(wechat.Config{
		AppID: officialApp, Secret: officialSecret, Token: officialToken, AESKey: officialKey, BaseURL: d.url, PublicURL: "https://tuan.example",
		Notes: behind.notes, Clock: o.Clock, Random: rand.Reader, Log: o.Log, Taker: behind.Taker,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the account: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	ch.Routes(mux)
	mux.Handle("/cgi-bin/", d.town.Handler())
	d.server = &http.Server{Handler: mux, ReadHeaderTimeout: doorTime}
	ctx, d.stop = context.WithCancel(ctx)
	d.start(func() error { return d.server.Serve(listener) })
	d.start(func() error { return ch.Run(ctx) })
	if behind.intake != nil {
		behind.intake.Add(ch)
		d.start(func() error { return behind.intake.Run(ctx) })
	}
	return d, nil
}

func (d *door) start(run func() error) {
	d.parts++
	go func() { d.done <- run() }()
}

func (d *door) close() error {
	d.stop()
	errs := []error{d.server.Close()}
	for range d.parts {
		if err := <-d.done; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// glib answers at once, with words as long as those of a join, and stores nothing.
type glib struct{}

// Take answers.
func (glib) Take(context.Context, bot.Update) (bot.Taken, error) {
	return bot.Taken{Replies: []bot.Reply{{
		Text:    "已记下：阳光玫瑰 1 份，¥29.90。明晚 10 点截止，成团后付款。",
		Choices: []bot.Choice{{Label: "改数量", Action: "change D7KQ2 1"}, {Label: "退团", Action: "leave D7KQ2 1"}, {Label: "看进度", Action: "status D7KQ2"}},
	}}}, nil
}

// scribe answers as glib does, after the floor has written the rows of a join: no rules, no reading, no understanding. What
// came before is known from memory.
type scribe struct {
	glib
	floor *floor
	seen  sync.Map
}

// Take has the rows written, and answers.
func (s *scribe) Take(ctx context.Context, u bot.Update) (bot.Taken, error) {
	_, came := s.seen.LoadOrStore(u.Key, true)
	j := job{key: u.Key + string(s.floor.deal), shopper: domain.AccountID(u.Person.ID), repeat: came}
	if _, err := s.floor.take(ctx, j); err != nil {
		return bot.Taken{}, err
	}
	return s.glib.Take(ctx, u)
}

// forgetful is a notebook that keeps nothing.
type forgetful struct{}

// Note finds nothing.
func (forgetful) Note(context.Context, string, string) ([]byte, error) { return nil, nil }

// Change changes nothing.
func (forgetful) Change(_ context.Context, _, _ string, f func([]byte) ([]byte, time.Time, error)) error {
	_, _, err := f(nil)
	return err
}

// ChangeAll changes nothing.
func (forgetful) ChangeAll(_ context.Context, _ string, keys []string, f func(string, []byte) ([]byte, time.Time, error)) error {
	for _, key := range keys {
		if _, _, err := f(key, nil); err != nil {
			return err
		}
	}
	return nil
}

// Keys lists nothing.
func (forgetful) Keys(context.Context, string, string, int) ([]string, error) { return nil, nil }

// Forget has nothing to forget.
func (forgetful) Forget(context.Context, string, string) error { return nil }

// caller is the platform's end: it seals what a follower wrote, delivers it and reads the sealed answer.
type caller struct {
	door   *door
	client *http.Client
	round  int
	said   time.Time
}

var errNoAnswer = errors.New("there was no answer")

func (c *caller) take(ctx context.Context, j job) (outcome, error) {
	text := "+1"
	if j.refuse {
		text = "+99999"
	}
	body := fmt.Sprintf("<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime>"+
		"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content><MsgId>%d</MsgId></xml>",
		follower(int(j.n)), c.said.Unix(), text, 24_000_000_000_000_000+int64(c.round)*1_000_000_000+j.n)
	query, sealed, err := c.door.town.Callback(body)
	if err != nil {
		return 0, fmt.Errorf("seal: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.door.url+"/hook/wechat?"+query.Encode(), strings.NewReader(string(sealed)))
	if err != nil {
		return 0, fmt.Errorf("make a callback: %w", err)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("deliver: %w", err)
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return 0, fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(string(answer), "<xml><Encrypt>") {
		return 0, fmt.Errorf("%w: status %s, %s", errNoAnswer, strconv.Itoa(res.StatusCode), answer[:min(len(answer), 80)])
	}
	switch {
	case j.refuse:
		return declined, nil
	case j.repeat:
		return repeated, nil
	}
	return admitted, nil
}
