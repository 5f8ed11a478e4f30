package crash

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"time"

	"tuanbot/bot/fake"
	fakewechat "tuanbot/bot/fake/wechat"
)

// The secrets of the account; none may ever be read in a log.
const (
	wechatID     = "wxcrash000000001"
	wechatSecret = "CANARYsecretOfTheAccount0123456789"
	wechatToken  = "CANARYtokenOfTheCallback01"
	wechatKey    = "CANARYkeyCANARYkeyCANARYkeyCANARYkeyCANARY0"
	wechatFor    = 5 * time.Second // the platform's patience
)

func canaries() []string { return []string{wechatSecret, wechatToken, wechatKey} }

// platform is the stand-in of an official account, and those who follow it. It lives in the test's process: whatever dies,
// the platform remembers what it delivered and what it was given to show.
type platform struct {
	town      *fakewechat.Town
	api       string
	followers []*follower
	patient   *follower // one of them who only writes when told to
}

// openPlatform starts the stand-in on loopback.
func (w *world) openPlatform(n int) {
	w.t.Helper()
	town := fakewechat.New(fakewechat.Config{
		AppID: wechatID, Secret: wechatSecret, Token: wechatToken, AESKey: wechatKey, Hook: "http://crash.invalid/hook/wechat",
		Clock: time.Now, Random: rand.Reader, HTTP: &http.Client{Transport: &wire{w: w}}, Patience: wechatFor, Background: true,
	})
	server := httptest.NewServer(town.Handler())
	w.t.Cleanup(server.Close)
	w.platform = &platform{town: town, api: server.URL}
	for i := range n {
		f := &follower{w: w, id: fmt.Sprintf("oCrash%04d", i), rand: mathrand.New(mathrand.NewPCG(uint64(i), 11)), tried: map[string]bool{}}
		town.AddPerson(fake.Person{ID: f.id, Name: f.id, Lang: "zh"}, true)
		w.platform.followers = append(w.platform.followers, f)
	}
	w.platform.patient = w.platform.followers[n-1]
}

func (p *platform) environ() []string {
	return []string{
		"TUANBOT_WECHAT_APP_ID=" + wechatID, "TUANBOT_WECHAT_APP_SECRET=" + wechatSecret, "TUANBOT_WECHAT_TOKEN=" + wechatToken,
		"TUANBOT_WECHAT_AES_KEY=" + wechatKey, "TUANBOT_WECHAT_API=" + p.api,
	}
}

// wire brings callbacks to a copy that lives. While none does, the platform's try waits until its patience ends: that is
// the time it leaves between two tries.
type wire struct{ w *world }

func (x *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	for n := mathrand.IntN(len(x.w.apps)); ; n++ {
		try := req.Clone(req.Context())
		try.URL.Host = x.w.apps[n%len(x.w.apps)].Address
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		try.Body = body
		res, err := http.DefaultTransport.RoundTrip(try)
		var network *net.OpError
		switch {
		case err == nil && res.StatusCode >= http.StatusInternalServerError, errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
			wait(req.Context(), 2*time.Second) // it is not asked again at once
			return res, err
		case errors.As(err, &network) && network.Op == "dial" && wait(req.Context(), 50*time.Millisecond):
		default:
			return res, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt is one join that a follower wrote to the account.
type attempt struct {
	deal  deal
	qty   int64
	taken bool // the platform was told that all is well; else it gave up, and nobody knows
	seen  int  // how many messages were shown when it was taken
}

// follower is somebody who follows the account and joins each deal once.
type follower struct {
	w       *world
	id      string
	account string
	rand    *mathrand.Rand
	tried   map[string]bool
	history []attempt
}

// live acts until the context ends.
func (f *follower) live(ctx context.Context) {
	for f != f.w.platform.patient && ctx.Err() == nil {
		if d, ok := f.w.market.some(f.rand); ok && !d.team && !f.tried[d.code] && time.Now().Before(d.until) {
			f.join(d)
		}
		wait(ctx, time.Duration(150+f.rand.IntN(700))*time.Millisecond)
	}
}

// join says it with the deal's code, so that it means the same however late it is understood.
func (f *follower) join(d deal) {
	f.tried[d.code] = true
	a := attempt{deal: d, qty: int64(1 + f.rand.IntN(2))}
	text := fmt.Sprintf("%s %c+%d", d.code, 'A'+f.rand.IntN(d.items), a.qty)
	a.taken = f.w.platform.town.Say(f.w.t.Context(), f.id, "", text) == nil
	a.seen = len(f.w.platform.town.Shown(f.id, ""))
	f.history = append(f.history, a)
}

// shown counts what the account said to a follower that holds all these words.
func (f *follower) shown(words ...string) int {
	return len(f.times(words...))
}

// welcomeFollowers lets everybody follow the account, and notes who they have become.
func (w *world) welcomeFollowers() {
	w.t.Helper()
	for _, f := range w.platform.followers {
		w.must(w.platform.town.Follow(w.t.Context(), f.id))
		w.until(30*time.Second, f.id+" is known", func() bool {
			err := w.eye.QueryRowContext(w.t.Context(), "SELECT account FROM identities WHERE channel = 'wechat' AND external = ?", f.id).Scan(&f.account)
			return err == nil
		})
	}
}

// hearKept lets those speak for whom something was kept until they are heard of again, until nothing is kept. A copy listens
// to a person once a minute only, so each round has a new one.
func (r *run) hearKept() {
	if r.platform == nil {
		return
	}
	kept := func() int64 { return r.number(keptQuery) + r.number(absentQuery) }
	for range 30 {
		if kept() == 0 {
			return
		}
		r.must(r.apps[0].Stop())
		r.start(0, "")
		for _, f := range r.platform.followers {
			if r.number(keptQuery+" AND account = ?", f.account)+r.number(absentQuery+" AND body LIKE ?", "%"+f.id+"%") > 0 {
				if err := r.platform.town.Say(r.t.Context(), f.id, "", "帮助"); err != nil {
					r.t.Log(err)
				}
			}
		}
		r.exec("UPDATE inbox SET due_at = 1 WHERE done = 0 AND owner = ''") // this copy does not know who waits
		r.await(3*time.Second, func() bool { return kept() == 0 })
		r.until(30*time.Second, "what was let go has been said", func() bool {
			return r.number("SELECT COUNT(*) FROM outbox WHERE state NOT IN ('sent', 'dropped', 'dead', 'kept')") == 0
		})
	}
	r.t.Errorf("%d notices and %d late answers are kept and nobody gets them", r.number(keptQuery), r.number(absentQuery))
}

// What waits until a person is heard of: notices, and late answers.
const (
	keptQuery   = "SELECT COUNT(*) FROM outbox WHERE state = 'kept'"
	absentQuery = "SELECT COUNT(*) FROM inbox WHERE done = 0 AND last_reason = 'window_closed'"
)

// noticesShown are the notices that are counted at the stand-in, and the words by which they are known there. The title of
// a deal is like no other's.
var noticesShown = map[string]string{"failed": "%s没成团", "formed": "%s成团了", "pay_overdue": "%s这一单取消了"}

// tallyOfPlatform is what the checker found at the stand-in.
type tallyOfPlatform struct {
	tried, taken, joined, late, gaveUp      int
	notices, doubledNotices, doubledAnswers int
	deaths, unexplained                     int
}

// checkPlatform holds what the stand-in delivered and what it was given to show against SQL: no acknowledged join is lost
// or done twice, nobody's answer and no notice is lost, and what is said twice is at most one message a kill.
func (w *world) checkPlatform() (found tallyOfPlatform) {
	w.t.Helper()
	if w.platform == nil {
		return found
	}
	w.again = nil
	orders, sent := w.ordersOf("wechat"), w.sentNotices()
	for _, f := range w.platform.followers {
		for _, a := range f.history {
			w.checkAttempt(&found, f, a, orders[f.account+"/"+a.deal.code])
			delete(orders, f.account+"/"+a.deal.code)
		}
		w.checkNotices(&found, f, sent)
	}
	for name := range orders {
		w.fault("nobody asked for the order %s", name)
	}
	found.deaths, found.unexplained = len(w.deaths), unexplained(w.again, w.deaths)
	if found.unexplained > 0 {
		w.fault("%d of %d messages that were said twice have no kill of their own", found.unexplained, len(w.again))
	}
	for _, fault := range w.platform.town.Faults() {
		if !strings.HasPrefix(fault, "a callback was not answered") {
			w.fault("the platform complains: %s", fault)
			continue
		}
		found.gaveUp++
		w.whys[fault[strings.LastIndex(fault, "\": ")+1:]]++
	}
	w.checkCanaries()
	return found
}

func (w *world) checkAttempt(found *tallyOfPlatform, f *follower, a attempt, got []orderRow) {
	found.tried++
	told := f.shown("已记下", a.deal.title)
	if a.taken {
		found.taken++
	}
	again := twice(f.times("已记下", a.deal.title), 1)
	found.doubledAnswers += len(again)
	w.again = append(w.again, again...)
	switch {
	case len(got) > 1:
		w.fault("%s joined %s once and has %d orders", f.id, a.deal.code, len(got))
	case told > 0 && len(got) == 0:
		w.fault("LOST: %s was told of an order in %s, SQL has none", f.id, a.deal.code)
	case len(got) == 1 && got[0].shares != a.qty:
		w.fault("DOUBLED: %s joined %s with %d, SQL has %d", f.id, a.deal.code, a.qty, got[0].shares)
	case len(got) == 1 && a.taken && told == 0:
		w.fault("%s joined %s, the platform was told that all is well, and no answer ever came", f.id, a.deal.code)
	}
	if len(got) == 1 {
		found.joined++
		if told > 0 && a.taken && !f.toldBy(a) {
			found.late++
		}
	}
}

// toldBy reports whether the answer was there when the platform was told that all is well.
func (f *follower) toldBy(a attempt) bool {
	for _, m := range f.w.platform.town.Shown(f.id, "")[:a.seen] {
		if m.From == "" && holds(m.Text, []string{"已记下", a.deal.title}) {
			return true
		}
	}
	return false
}

func (w *world) checkNotices(found *tallyOfPlatform, f *follower, sent map[string]int) {
	for kind, words := range noticesShown {
		for _, a := range f.history {
			n, shown := sent[kind+"/"+f.account+"/"+a.deal.code], f.shown(fmt.Sprintf(words, a.deal.title))
			found.notices += n
			if shown < n {
				w.fault("LOST: %d notices %s of %s were sent to %s, %d were shown", n, kind, a.deal.code, f.id, shown)
			}
			again := twice(f.times(fmt.Sprintf(words, a.deal.title)), n)
			found.doubledNotices += len(again)
			w.again = append(w.again, again...)
		}
	}
}

// sentNotices counts what the program believes to have said, by kind, account and deal.
func (w *world) sentNotices() map[string]int {
	w.t.Helper()
	rows, err := w.eye.QueryContext(w.t.Context(), `SELECT n.kind, n.account, d.code FROM outbox n JOIN deals d ON d.id = n.deal WHERE n.state = 'sent' AND n.account <> ''`)
	w.must(err)
	defer rows.Close()
	sent := map[string]int{}
	for rows.Next() {
		var kind, account, code string
		w.must(rows.Scan(&kind, &account, &code))
		sent[kind+"/"+account+"/"+code]++
	}
	w.must(rows.Err())
	return sent
}

// ordersOf are the orders that came by a channel, by account and deal.
func (w *world) ordersOf(channel string) map[string][]orderRow {
	w.t.Helper()
	rows, err := w.eye.QueryContext(w.t.Context(), `SELECT o.shopper, d.code, o.state, o.shares FROM orders o JOIN deals d ON d.id = o.deal
		JOIN identities i ON i.account = o.shopper WHERE i.channel = ?`, channel)
	w.must(err)
	defer rows.Close()
	found := map[string][]orderRow{}
	for rows.Next() {
		var o orderRow
		var code string
		w.must(rows.Scan(&o.shopper, &code, &o.state, &o.shares))
		found[o.shopper+"/"+code] = append(found[o.shopper+"/"+code], o)
	}
	w.must(rows.Err())
	return found
}

// checkCanaries looks for the account's secrets in everything that the copies printed.
func (w *world) checkCanaries() {
	w.t.Helper()
	for i, app := range w.apps {
		if name := canaryIn([]byte(app.Log())); name != "" {
			w.fault("copy %d printed a secret that begins with %s", i, name)
		}
	}
}

// canaryIn returns the beginning of the first secret that a text holds.
func canaryIn(text []byte) string {
	for _, secret := range canaries() {
		if bytes.Contains(text, []byte(secret)) {
			return secret[:10]
		}
	}
	return ""
}
