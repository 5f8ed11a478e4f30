package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// The headers of a callback.
const (
	headerTime  = "Sandbox-Timestamp"
	headerNonce = "Sandbox-Nonce"
	headerSign  = "Sandbox-Signature"
)

// freshFor is how old a callback's signature may be, and how far in the future.
const freshFor = 5 * time.Minute

// Callback is a signed message of the gateway. Every delivery is signed anew.
type Callback struct {
	Timestamp, Nonce, Signature string
	Body                        []byte
}

// Header is the callback's signature as HTTP headers.
func (c Callback) Header() http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set(headerTime, c.Timestamp)
	h.Set(headerNonce, c.Nonce)
	h.Set(headerSign, c.Signature)
	return h
}

// Sign makes a callback of a body, for delivery now.
func (g *Gateway) Sign(body string) (Callback, error) {
	nonce, err := id("")
	if err != nil {
		return Callback{}, err
	}
	c := Callback{Timestamp: strconv.FormatInt(g.c.Clock().Unix(), 10), Nonce: nonce, Body: []byte(body)}
	c.Signature = signature(g.c.Keys[0], c)
	return c, nil
}

func signature(key []byte, c Callback) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "tuanbot/sandbox/callback\n%s\n%s\n", c.Timestamp, c.Nonce)
	mac.Write(c.Body)
	mac.Write([]byte("\n"))
	return hex.EncodeToString(mac.Sum(nil))
}

// ReadCallback checks who speaks and when, and only then what is said. Exactly one of payment and refund is returned. A
// callback that is not ours is a refusal with code forbidden, one that makes no sense has code invalid.
func (g *Gateway) ReadCallback(h http.Header, body []byte) (*domain.GatewayPayment, *domain.GatewayRefund, error) {
	c := Callback{Timestamp: h.Get(headerTime), Nonce: h.Get(headerNonce), Signature: h.Get(headerSign), Body: body}
	if len(c.Nonce) > 64 || len(h.Values(headerSign)) != 1 || len(h.Values(headerTime)) != 1 || len(h.Values(headerNonce)) != 1 || !g.signed(c) {
		return nil, nil, domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed).With("field", "signature")
	}
	at, err := strconv.ParseInt(c.Timestamp, 10, 64)
	if age := g.c.Clock().Sub(time.Unix(at, 0)); err != nil || age > freshFor || age < -freshFor {
		return nil, nil, domain.Refuse(domain.CodeForbidden, domain.WhyNotAllowed).With("field", "timestamp")
	}
	p, f, err := parse(body)
	if err != nil {
		g.c.Log.Warn("a signed callback makes no sense", "gateway", Name, "err", err)
		return nil, nil, domain.Refuse(domain.CodeInvalid, domain.WhyNotAllowed).With("field", "body")
	}
	return p, f, nil
}

// signed compares in constant time, with every key.
func (g *Gateway) signed(c Callback) bool {
	ok := false
	for _, key := range g.c.Keys {
		if hmac.Equal([]byte(signature(key, c)), []byte(c.Signature)) {
			ok = true
		}
	}
	return ok
}

// bodies: one flat object with exactly these names, each once, whole numbers only.
var (
	paymentFields = []string{"id", "type", "number", "transaction", "state", "amount_fen", "currency", "paid_at"}
	refundFields  = []string{"id", "type", "number", "trade", "state", "reason", "amount_fen", "currency", "done_at"}
)

func paymentBody(t TradeRow) map[string]any {
	return map[string]any{
		"type": "payment", "number": t.Number, "transaction": t.Transaction, "state": t.State, "amount_fen": t.Amount, "currency": t.Currency, "paid_at": t.PaidAt,
	}
}

func refundBody(t TradeRow, f RefundRow) map[string]any {
	return map[string]any{
		"type": "refund", "number": f.Number, "trade": t.Number, "state": f.State, "reason": f.Reason, "amount_fen": f.Amount, "currency": t.Currency, "done_at": f.DoneAt,
	}
}

func parse(body []byte) (*domain.GatewayPayment, *domain.GatewayRefund, error) {
	fields, err := flat(body)
	if err != nil {
		return nil, nil, err
	}
	m := said{fields: fields}
	switch m.text("type") {
	case "payment":
		p, err := m.payment()
		return p, nil, err
	case "refund":
		f, err := m.refund()
		return nil, f, err
	}
	return nil, nil, errors.New("unknown type")
}

// flat reads one JSON object without nesting; the standard decoder would take doubled names and what follows the object.
func flat(body []byte) (map[string]json.Token, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	fields := map[string]json.Token{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read name: %w", err)
		}
		value, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read value: %w", err)
		}
		key, _ := name.(string)
		if _, twice := fields[key]; twice {
			return nil, fmt.Errorf("%q comes twice", key)
		}
		if _, nested := value.(json.Delim); nested {
			return nil, fmt.Errorf("%q is nested", key)
		}
		fields[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("read end: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return fields, nil
}

// said reads typed fields and remembers the first that is wrong.
type said struct {
	fields map[string]json.Token
	err    error
}

func (m *said) fail(name string) { m.err = errors.Join(m.err, fmt.Errorf("field %s is wrong", name)) }

func (m *said) text(name string) string {
	s, ok := m.fields[name].(string)
	if !ok || len(s) > 128 {
		m.fail(name)
	}
	return s
}

func (m *said) whole(name string) int64 {
	n, ok := m.fields[name].(json.Number)
	v, err := strconv.ParseInt(string(n), 10, 64)
	if !ok || err != nil || v <= 0 {
		m.fail(name)
	}
	return v
}

func (m *said) exactly(names []string) {
	for _, name := range names {
		if _, ok := m.fields[name]; !ok {
			m.fail(name)
		}
	}
	if len(m.fields) != len(names) {
		m.err = errors.Join(m.err, errors.New("a field too many"))
	}
}

func (m *said) amount() money.Amount {
	currency := m.text("currency")
	if len(currency) != 3 {
		m.fail("currency")
	}
	return money.Of(m.whole("amount_fen"), money.Currency(currency))
}

func (m *said) payment() (*domain.GatewayPayment, error) {
	m.exactly(paymentFields)
	p := &domain.GatewayPayment{
		Number: domain.PaymentNumber(m.text("number")), State: domain.PaymentState(m.text("state")), Transaction: m.text("transaction"), Amount: m.amount(),
		PaidAt: time.UnixMilli(m.whole("paid_at")).UTC(),
	}
	if p.State != domain.PaymentPaid || p.Transaction == "" || p.Number == "" {
		m.fail("state")
	}
	return p, m.err
}

func (m *said) refund() (*domain.GatewayRefund, error) {
	m.exactly(refundFields)
	f := &domain.GatewayRefund{Number: m.text("number"), State: domain.RefundState(m.text("state")), Reason: m.text("reason"), Amount: m.amount()}
	m.whole("done_at")
	m.text("trade")
	switch f.State {
	case domain.RefundSucceeded, domain.RefundAbnormal, domain.RefundClosed:
	case domain.RefundDue, domain.RefundSent, domain.RefundProcessing:
		m.fail("state")
	default:
		m.fail("state")
	}
	return f, m.err
}
