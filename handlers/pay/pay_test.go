package pay_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers/handlerstest"
	"tuanbot/handlers/pay"
	"tuanbot/handlers/pay/sandbox"
	"tuanbot/storage"
)

// shop is a town whose sandbox gateway calls our genuine door over HTTP.
type shop struct {
	*handlerstest.Town
	gate *sandbox.Gateway
	door *httptest.Server
	// seen are all callbacks that were brought to the door.
	mu   sync.Mutex
	seen []sandbox.Callback
}

var signingKey = []byte(strings.Repeat("k", 32))

func open(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Town = handlerstest.Open(t, func(db *storage.DB, clock *handlerstest.Clock) domain.Payments {
		s.gate = s.newGate(t, db.Sandbox(), clock, signingKey)
		return s.gate
	})
	mux := http.NewServeMux()
	mux.Handle("POST /pay/sandbox/notify", pay.Notify(pay.Config{Desk: s.Desk, Verifier: s.gate, Log: slog.New(slog.DiscardHandler)}))
	s.door = httptest.NewServer(mux)
	t.Cleanup(s.door.Close)
	return s
}

func (s *shop) newGate(t *testing.T, j sandbox.Journal, clock *handlerstest.Clock, keys ...[]byte) *sandbox.Gateway {
	t.Helper()
	g, err := sandbox.New(sandbox.Config{
		Journal: j, Keys: keys, Clock: clock.Now, PublicURL: "http://tuan.test", Log: slog.New(slog.DiscardHandler),
		Deliver: func(ctx context.Context, c sandbox.Callback) error {
			s.mu.Lock()
			s.seen = append(s.seen, c)
			s.mu.Unlock()
			return sandbox.HTTPDeliver(s.door.Client(), s.door.URL+"/pay/sandbox/notify")(ctx, c)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// knock posts a callback to the door and returns the status.
func (s *shop) knock(gateway string, h http.Header, body string) int {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, s.door.URL+"/pay/"+gateway+"/notify", strings.NewReader(body))
	s.Must(err)
	req.Header = h
	resp, err := s.door.Client().Do(req)
	s.Must(err)
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.T.Fatal(err)
	}
	return resp.StatusCode
}

// settle lets gateway and workers run until both rest, half a minute of the clock at a time.
func (s *shop) settle() {
	s.T.Helper()
	for range 12 {
		_, err := s.gate.Once(s.T.Context())
		s.Must(err)
		s.Work()
		s.Clock.Forward(30 * time.Second)
	}
}

// paid is an order that is joined and whose payer has pressed "pay", with the callback not brought yet.
func (s *shop) paid(qty int64) (domain.OrderRecord, string) {
	s.T.Helper()
	sheet := s.Post(func(*domain.PostCommand) {})
	o := s.Join(sheet, s.Person("小明"), qty)
	number, _ := s.StartPayment(o)
	s.Must(s.gate.Pay(s.T.Context(), number))
	return o, number
}

func (s *shop) log(what string) int {
	s.T.Helper()
	rows, err := s.DB.Sandbox().SandboxLog(s.T.Context(), 0, 1000)
	s.Must(err)
	n := 0
	for _, r := range rows {
		if r.What == what {
			n++
		}
	}
	return n
}

func TestPaymentArrivesByCallback(t *testing.T) {
	t.Parallel()
	s := open(t)
	o, _ := s.paid(2)
	if got := s.Order(o.ID); got.State != domain.OrderPlaced {
		t.Fatalf("before the callback the order is %s", got.State)
	}
	if n, err := s.gate.Once(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got := s.Order(o.ID); got.State != domain.OrderWaiting || got.Paid != money.Yuan(5980) {
		t.Fatalf("after it %s, paid %s", got.State, got.Paid)
	}
	if n, err := s.gate.Once(t.Context()); n != 0 || err != nil {
		t.Errorf("a delivered callback comes again: %d, %v", n, err)
	}
}

// TestForgedCallbacksDoNothing sends a genuine callback with one thing wrong at a time.
func TestForgedCallbacksDoNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	o, _ := s.paid(1)
	genuine := s.intercept()
	body := string(genuine.Body)
	with := func(f func(*sandbox.Callback)) http.Header {
		c := genuine
		f(&c)
		return c.Header()
	}
	stranger := s.newGate(t, s.DB.Sandbox(), s.Clock, []byte(strings.Repeat("x", 32)))
	foreign, err := stranger.Sign(body)
	s.Must(err)
	for name, c := range map[string]struct {
		gateway string
		h       http.Header
		body    string
		want    int
	}{
		"no signature":      {"sandbox", http.Header{}, body, 401},
		"empty signature":   {"sandbox", with(func(c *sandbox.Callback) { c.Signature = "" }), body, 401},
		"cut signature":     {"sandbox", with(func(c *sandbox.Callback) { c.Signature = c.Signature[:60] }), body, 401},
		"another key":       {"sandbox", foreign.Header(), body, 401},
		"another time":      {"sandbox", with(func(c *sandbox.Callback) { c.Timestamp += "0" }), body, 401},
		"another nonce":     {"sandbox", with(func(c *sandbox.Callback) { c.Nonce = "n" }), body, 401},
		"amount changed":    {"sandbox", genuine.Header(), strings.Replace(body, `2990`, `1`, 1), 401},
		"a space more":      {"sandbox", genuine.Header(), body + " ", 401},
		"another gateway":   {"wechat", genuine.Header(), body, 404},
		"two signatures":    {"sandbox", func() http.Header { h := genuine.Header(); h.Add("Sandbox-Signature", genuine.Signature); return h }(), body, 401},
		"seventy kilobytes": {"sandbox", genuine.Header(), body + strings.Repeat(" ", 70<<10), 413},
		"empty body":        {"sandbox", genuine.Header(), "", 401},
	} {
		if got := s.knock(c.gateway, c.h, c.body); got != c.want {
			t.Errorf("%s: answered %d, want %d", name, got, c.want)
		}
		if got := s.Order(o.ID); got.State != domain.OrderPlaced || got.Paid.IsPositive() {
			t.Fatalf("%s: the order became %s", name, got.State)
		}
	}
	s.Clock.Forward(5*time.Minute + time.Second)
	if got := s.knock("sandbox", genuine.Header(), body); got != 401 {
		t.Errorf("an old callback was answered with %d", got)
	}
	s.Clock.Forward(-5 * time.Minute)
	if got := s.knock("sandbox", genuine.Header(), body); got != 200 {
		t.Errorf("the genuine one was answered with %d", got)
	}
	if got := s.Order(o.ID); got.State != domain.OrderWaiting {
		t.Errorf("after the genuine one the order is %s", got.State)
	}
}

// intercept takes the next callback off the wire without our door hearing it.
func (s *shop) intercept() sandbox.Callback {
	s.T.Helper()
	s.gate.SetFaults(sandbox.Faults{Lose: func(string) bool { return true }})
	defer s.gate.SetFaults(sandbox.Faults{})
	calls, err := s.DB.Sandbox().ClaimSandboxCalls(s.T.Context(), s.Clock.Now().UnixMilli(), s.Clock.Now().UnixMilli()+1000, 1)
	s.Must(err)
	if len(calls) != 1 {
		s.T.Fatal("nothing to intercept")
	}
	c, err := s.gate.Sign(calls[0].Body)
	s.Must(err)
	return c
}

// TestSignedNonsenseIsRefused: the key is right, what is said is not.
func TestSignedNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	o, number := s.paid(1)
	genuine := string(s.intercept().Body)
	swap := func(from, to string) string {
		out := strings.Replace(genuine, from, to, 1)
		if out == genuine {
			t.Fatalf("%s is not in %s", from, genuine)
		}
		return out
	}
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"a fen more":         {swap(`"amount_fen":2990`, `"amount_fen":2991`), 409},
		"a fen less":         {swap(`"amount_fen":2990`, `"amount_fen":2989`), 409},
		"another currency":   {swap(`"CNY"`, `"USD"`), 409},
		"nothing":            {swap(`"amount_fen":2990`, `"amount_fen":0`), 400},
		"negative":           {swap(`"amount_fen":2990`, `"amount_fen":-2990`), 400},
		"as text":            {swap(`"amount_fen":2990`, `"amount_fen":"2990"`), 400},
		"as a float":         {swap(`"amount_fen":2990`, `"amount_fen":2990.0`), 400},
		"as an exponent":     {swap(`"amount_fen":2990`, `"amount_fen":299e1`), 400},
		"far too much":       {swap(`"amount_fen":2990`, `"amount_fen":99999999999999999999`), 400},
		"the amount twice":   {swap(`"amount_fen":2990`, `"amount_fen":1,"amount_fen":2990`), 400},
		"a name in capitals": {swap(`"amount_fen":2990`, `"Amount_fen":2990`), 400},
		"a field too many":   {swap(`{`, `{"extra":1,`), 400},
		"nested":             {swap(`"amount_fen":2990`, `"amount_fen":{"fen":2990}`), 400},
		"two objects":        {genuine + genuine, 400},
		"something after":    {genuine + "x", 400},
		"a list":             {"[" + genuine + "]", 400},
		"not finished":       {genuine[:len(genuine)-1], 400},
		"not paid":           {swap(`"state":"paid"`, `"state":"pending"`), 400},
		"another type":       {swap(`"type":"payment"`, `"type":"gift"`), 400},
		"no transaction":     {swap(`"transaction":"SBX`, `"transaction":"","x":"SBX`), 400},
		"deep":               {strings.Repeat("[", 20000), 400},
		"unknown refund":     {`{"id":"1","type":"refund","number":"none","trade":"` + number + `","state":"succeeded","reason":"","amount_fen":1,"currency":"CNY","done_at":1}`, 409},
	} {
		signed, err := s.gate.Sign(c.body)
		s.Must(err)
		if got := s.knock("sandbox", signed.Header(), c.body); got != c.want {
			t.Errorf("%s: answered %d, want %d", name, got, c.want)
		}
		if got := s.Order(o.ID); got.State != domain.OrderPlaced {
			t.Fatalf("%s: the order became %s", name, got.State)
		}
	}
}

func TestUnknownNumberBecomesAnOrphan(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, number := s.paid(1)
	body := strings.Replace(string(s.intercept().Body), number, "TBSOMEBODYELSES", 1)
	signed, err := s.gate.Sign(body)
	s.Must(err)
	for range 2 {
		if got := s.knock("sandbox", signed.Header(), body); got != 200 {
			t.Fatalf("answered %d", got)
		}
	}
	orphans, err := s.Desk.Orphans(t.Context(), 10)
	s.Must(err)
	if len(orphans) != 1 || orphans[0].Amount != money.Yuan(2990) || orphans[0].Number != "TBSOMEBODYELSES" {
		t.Errorf("orphans: %+v", orphans)
	}
}

func TestTwinCallbacksPayOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	o, number := s.paid(1)
	body := string(s.intercept().Body)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			signed, err := s.gate.Sign(body)
			if err != nil || s.knock("sandbox", signed.Header(), body) != 200 {
				t.Errorf("a twin was refused: %v", err)
			}
		})
	}
	wg.Wait()
	if got := s.Order(o.ID); got.Paid != money.Yuan(2990) || got.State != domain.OrderWaiting {
		t.Errorf("%s paid, %s", got.Paid, got.State)
	}
	p, err := s.Desk.Payment(t.Context(), domain.PaymentNumber(number))
	s.Must(err)
	if p.Unapplied.IsPositive() || p.Refunds != 0 {
		t.Errorf("a twin was taken for a second payment: %+v", p)
	}
}
