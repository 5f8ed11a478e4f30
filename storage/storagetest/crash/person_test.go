package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// said is one thing a person said and what they were answered: the history that the checker believes.
type said struct {
	key    string // the message's key, as the API named it
	what   string // join, change, leave, pay
	deal   string // code
	qty    int64
	serial int64  // of the order: named, or told in the answer
	code   string // of the answer
	text   string
}

// held is an order as its person knows it.
type held struct {
	deal   deal
	serial int64
	qty    int64
	left   bool
	paid   bool
}

// person is somebody with a phone: one thing at a time, sent again under the same id until it is answered.
type person struct {
	w       *world
	id      string
	account string
	token   string
	room    string
	client  *http.Client
	rand    *rand.Rand

	cursor  int64 // of the room
	seen    int64 // newest message seen in it
	count   int
	orders  []*held
	history []said
	paid    []string // numbers of payments for which the cashier took the money
	odd     []string // answers that nobody expected
	resent  int
	slowest time.Duration
}

func newPerson(w *world, id, account, token, room string) *person {
	seed := uint64(len(w.people) + 1)
	return &person{
		w: w, id: id, account: account, token: token, room: room, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2}},
		rand: rand.New(rand.NewPCG(seed, 7)),
	}
}

// live acts until the context ends, and then waits for its last answer.
func (p *person) live(ctx context.Context) {
	for ctx.Err() == nil {
		if d, ok := p.w.market.some(p.rand); ok {
			p.act(d)
		}
		p.rest(ctx, time.Duration(60+p.rand.IntN(240))*time.Millisecond)
	}
}

func (p *person) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// act does what somebody may do in this deal.
func (p *person) act(d deal) {
	mine := p.orderIn(d)
	over := time.Now().After(d.until)
	dice := p.rand.IntN(100)
	switch {
	case mine == nil && over && dice < 90: // late now and then, to be refused
	case mine == nil:
		p.join(d)
	case mine.serial == 0: // not told yet
	case !mine.paid && (d.atJoin || over) && dice < 60:
		p.pay(mine)
	case over && dice < 85:
	case dice < 70:
		p.leave(mine)
	case dice < 85 && d.items == 1:
		p.change(mine)
	default:
		p.join(d)
	}
}

func (p *person) orderIn(d deal) *held {
	for _, o := range slices.Backward(p.orders) {
		if o.deal.code == d.code && !o.left {
			return o
		}
	}
	return nil
}

func (p *person) find(d deal, serial int64) *held {
	for _, o := range p.orders {
		if o.deal.code == d.code && o.serial == serial {
			return o
		}
	}
	o := &held{deal: d, serial: serial}
	p.orders = append(p.orders, o)
	return o
}

func (p *person) join(d deal) {
	qty := int64(1 + p.rand.IntN(3))
	letter := string(rune('A' + p.rand.IntN(d.items)))
	action := fmt.Sprintf("join %s %s%d", d.code, letter, qty)
	if d.team {
		action = fmt.Sprintf("jointeam %s %d %s%d", d.code, 1+p.rand.IntN(8), letter, qty)
		if p.rand.IntN(3) == 0 {
			action = fmt.Sprintf("openteam %s %s%d", d.code, letter, qty)
		}
	}
	s := said{what: "join", deal: d.code, qty: qty}
	r := p.say(&s, action)
	if s.code == "joined" {
		if mine := p.orderIn(d); r.serial == 0 && mine != nil && !mine.paid {
			r.serial = mine.serial // who fills a team is told of the team; the number is the one they have
		}
		s.serial = r.serial
		o := p.find(d, s.serial)
		o.qty += qty
	}
	p.history = append(p.history, s)
}

func (p *person) leave(o *held) {
	s := said{what: "leave", deal: o.deal.code, serial: o.serial}
	p.say(&s, fmt.Sprintf("leave %s %d", o.deal.code, o.serial))
	if s.code == "left" {
		o.left = true
	}
	p.history = append(p.history, s)
}

func (p *person) change(o *held) {
	qty := int64(1 + p.rand.IntN(4))
	s := said{what: "change", deal: o.deal.code, serial: o.serial, qty: qty}
	p.say(&s, fmt.Sprintf("change %s %d A%d", o.deal.code, o.serial, qty))
	if s.code == "changed" {
		o.qty = qty
	}
	p.history = append(p.history, s)
}

// pay asks for the cashier and pays there.
func (p *person) pay(o *held) {
	s := said{what: "pay", deal: o.deal.code, serial: o.serial}
	r := p.say(&s, fmt.Sprintf("pay %s %d", o.deal.code, o.serial))
	p.history = append(p.history, s)
	if r.cashier == "" {
		if s.code == "already_paid" {
			o.paid = true
		}
		return
	}
	if number, ok := p.press(r.cashier); ok {
		o.paid = true
		p.paid = append(p.paid, number)
	}
}

// press presses "pay" at the cashier until it says what became of it.
func (p *person) press(cashier string) (number string, paid bool) {
	u, err := url.Parse(cashier)
	if err != nil {
		p.odd = append(p.odd, "cashier address "+cashier)
		return "", false
	}
	number = u.Path[strings.LastIndex(u.Path, "/")+1:]
	for {
		status, body, err := p.call(http.MethodPost, u.RequestURI(), "application/x-www-form-urlencoded", []byte(cashierForm))
		switch {
		case err != nil || status >= 500 || status == http.StatusTooManyRequests:
			p.resent++
			p.nap()
		case status == http.StatusOK && bytes.Contains(body, []byte("<h1 role=\"status\">✅")):
			return number, true
		case status == http.StatusOK && bytes.Contains(body, []byte("<h1 role=\"status\">")):
			return number, false // too late
		case status == http.StatusConflict, status == http.StatusGone, status == http.StatusNotFound:
			return number, false // closed meanwhile: the order changed
		default:
			p.odd = append(p.odd, fmt.Sprintf("cashier %d: %s", status, tail(string(body), 300)))
			return number, false
		}
	}
}

// cashierForm is what the button of the cashier page sends.
const cashierForm = "do=pay"

// reply is the part of an answer that a person acts on.
type reply struct {
	code, text, cashier string
	serial              int64
}

// say sends an action until it is answered.
func (p *person) say(s *said, action string) reply {
	p.count++
	body, err := json.Marshal(map[string]string{"id": fmt.Sprintf("%s-%d", p.id, p.count), "action": action})
	if err != nil {
		panic(err)
	}
	start := time.Now()
	p.look() // what came meanwhile is no answer
	s.key = p.send(body)
	for {
		if r, ok := p.look(); ok {
			s.code, s.text = r.code, r.text
			p.slowest = max(p.slowest, time.Since(start))
			return r
		}
		if p.w.t.Context().Err() != nil || time.Since(start) > 5*time.Minute {
			p.odd = append(p.odd, "no answer to "+action)
			s.code = "none"
			return reply{}
		}
		p.nap()
	}
}

// send posts until the message is stored, and returns its key.
func (p *person) send(body []byte) string {
	for p.w.t.Context().Err() == nil {
		status, answer, err := p.call(http.MethodPost, "/api/v1/rooms/"+p.room+"/actions", "application/json", body)
		if err == nil && status == http.StatusOK {
			var stored struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(answer, &stored); err == nil {
				return stored.ID
			}
		}
		if err == nil && status < 500 && status != http.StatusTooManyRequests && status != http.StatusOK {
			p.odd = append(p.odd, fmt.Sprintf("%s was answered by %d %s", body, status, answer))
			return ""
		}
		p.resent++
		p.nap()
	}
	return ""
}

func (p *person) nap() { p.rest(p.w.t.Context(), time.Duration(80+p.rand.IntN(120))*time.Millisecond) }

// notices are what the bot says by itself; everything else it says in a private talk answers something.
var notices = []string{
	"formed", "failed", "paid", "pay_due", "pay_overdue", "refund_sent", "refund_arrived", "cancelled", "remind_unpaid", "head_now", "welcome", "help", "card", "deals",
}

// look reads what is new in the private talk and returns the answer in it, if there is one.
func (p *person) look() (found reply, ok bool) {
	for {
		status, body, err := p.call(http.MethodGet, fmt.Sprintf("/api/v1/rooms/%s/messages?after=%d&limit=200", p.room, p.cursor), "", nil)
		if err != nil || status != http.StatusOK {
			return found, ok
		}
		var page struct {
			Messages []struct {
				Seq   int64 `json:"seq"`
				Reply *struct {
					Text    string `json:"text"`
					Code    string `json:"code"`
					Choices []struct {
						Action string `json:"action"`
						URL    string `json:"url"`
					} `json:"choices"`
				} `json:"reply"`
			} `json:"messages"`
			Next int64 `json:"next"`
			More bool  `json:"more"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			p.odd = append(p.odd, "messages: "+err.Error())
			return found, ok
		}
		for _, m := range page.Messages {
			if m.Reply == nil || m.Seq <= p.seen || slices.Contains(notices, m.Reply.Code) {
				continue
			}
			found, ok = reply{code: m.Reply.Code, text: m.Reply.Text}, true
			for _, c := range m.Reply.Choices {
				if words := strings.Fields(c.Action); len(words) == 3 && (words[0] == "leave" || words[0] == "undo" || words[0] == "pay") {
					found.serial, _ = strconv.ParseInt(words[2], 10, 64) // none: 0
				}
				if strings.Contains(c.URL, "/pay/") {
					found.cashier = c.URL
				}
			}
		}
		for _, m := range page.Messages {
			p.seen = max(p.seen, m.Seq)
		}
		p.cursor = page.Next
		if !page.More {
			return found, ok
		}
	}
}

// call asks one of the copies; while one is dead another may live.
func (p *person) call(method, path, kind string, body []byte) (status int, answer []byte, err error) {
	app := p.w.apps[p.rand.IntN(len(p.w.apps))]
	req, err := http.NewRequestWithContext(p.w.t.Context(), method, "http://"+app.Address+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && res.StatusCode == http.StatusUnauthorized {
		err = errors.New("not signed in")
	}
	return res.StatusCode, answer, err
}
