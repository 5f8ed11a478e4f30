package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot/fake"
)

const (
	retries   = 3
	maxText   = 2048
	maxAnswer = 1 << 20
)

func tag(name, value string) string {
	return "<" + name + "><![CDATA[" + strings.ReplaceAll(value, "]]>", "]]]]><![CDATA[>") + "]]></" + name + ">"
}

// XML is the body of an app's callback.
func (t *Town) XML(who, kind, rest string) string {
	return "<xml>" + tag("ToUserName", t.c.CorpID) + tag("FromUserName", who) + "<CreateTime>" + strconv.FormatInt(t.c.Clock().Unix(), 10) +
		"</CreateTime>" + tag("MsgType", kind) + rest + "<AgentID>" + strconv.FormatInt(t.c.AgentID, 10) + "</AgentID></xml>"
}

// Callback makes a signed and encrypted request of a body for a door: "", "/kf" or "/bot".
func (t *Town) Callback(door, body string) (query url.Values, sealed []byte, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seal(door, body)
}

func (t *Town) seal(door, body string) (query url.Values, sealed []byte, err error) {
	s, receiver := t.c.App, t.c.CorpID
	switch door {
	case "/kf":
		s = t.c.KF
	case "/bot":
		s, receiver = t.c.Bot, ""
	}
	text, err := fake.Seal(s.AESKey, receiver, []byte(t.random(16)), []byte(body))
	if err != nil {
		return nil, nil, err
	}
	stamp, nonce := strconv.FormatInt(t.c.Clock().Unix(), 10), t.random(10)
	query = url.Values{"msg_signature": {fake.Sign(s.Token, stamp, nonce, text)}, "timestamp": {stamp}, "nonce": {nonce}}
	if door == "/bot" {
		sealed, err = json.Marshal(map[string]string{"encrypt": text})
		return query, sealed, err
	}
	return query, []byte("<xml>" + tag("ToUserName", t.c.CorpID) + tag("AgentID", "") + tag("Encrypt", text) + "</xml>"), nil
}

// Verify asks a door whether the address is the bot's, as the console does.
func (t *Town) Verify(ctx context.Context, door string) error {
	t.mu.Lock()
	echo := t.random(19)
	query, sealed, err := t.seal(door, echo)
	hook := t.hook
	t.mu.Unlock()
	if err != nil {
		return err
	}
	text := ""
	if door == "/bot" {
		var env map[string]string
		err = json.Unmarshal(sealed, &env)
		text = env["encrypt"]
	} else {
		var env struct{ Encrypt string }
		err = xml.Unmarshal(sealed, &env)
		text = env.Encrypt
	}
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	query.Set("echostr", text)
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hook+door+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	answer, err := t.ask(req)
	if err == nil && string(answer) != echo {
		err = fmt.Errorf("the address answers %q, not the bare echo", answer)
	}
	return err
}

func (t *Town) ask(req *http.Request) ([]byte, error) {
	res, err := t.c.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("half an answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	return answer, nil
}

var errGaveUp = errors.New("the platform has given up on a callback")

// deliver sends a callback until it is answered as it must be, at most four times, each time with the same signature.
func (t *Town) deliver(ctx context.Context, door, body string, to place) error {
	t.mu.Lock()
	query, sealed, err := t.seal(door, body)
	more := t.repeat
	t.mu.Unlock()
	if err != nil {
		return err
	}
	t.locked(func() {
		t.last = func() error { // much later, so with a signature of then
			query, sealed, err := t.Callback(door, body)
			if err == nil {
				_, err = t.once(ctx, door, query, sealed)
			}
			return err
		}
	})
	var failed error
	for range 1 + retries {
		m, err := t.once(ctx, door, query, sealed)
		if err != nil {
			failed = err
			continue
		}
		t.locked(func() { t.answered(door, to, m) })
		for range more {
			again, err := t.once(ctx, door, query, sealed)
			if err != nil || again.Text != m.Text && m.Form != "stream" { // what is not finished may have gone on
				t.fault("a repeated callback was answered otherwise: %q, then %q (%v)", m.Text, again.Text, err)
			}
		}
		if m.Form == "stream" {
			t.goOn(ctx)
		}
		return nil
	}
	return errors.Join(errGaveUp, failed)
}

// place is where the answer to a callback is shown: a group, or somebody's own talk. The zero place shows nothing.
type place struct{ who, chat string }

// answered shows the answer to a callback.
func (t *Town) answered(door string, to place, m fake.Message) {
	switch {
	case m.Form == "" || to == place{}:
	case door == "/bot":
		t.streaming(to.who, to.chat, m)
	default:
		t.show(t.listOf(to.who, to.chat), m)
	}
}

// Again delivers the last callback once more.
func (t *Town) Again() error {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	if last == nil {
		return nil
	}
	return last()
}

func (t *Town) once(ctx context.Context, door string, query url.Values, body []byte) (fake.Message, error) {
	t.mu.Lock()
	hook := t.hook
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, t.c.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook+door+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return fake.Message{}, fmt.Errorf("deliver: %w", err)
	}
	answer, err := t.ask(req)
	if err != nil || len(answer) == 0 || string(answer) == "success" {
		return fake.Message{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var m fake.Message
	if door == "/bot" {
		m, err = t.readBot(answer)
	} else {
		m, err = t.readXML(answer, door)
	}
	if err != nil {
		t.faultLocked("an answer to %q is wrong: %v", door, err)
	}
	return m, err
}

// readXML opens and checks a passive answer.
func (t *Town) readXML(raw []byte, door string) (fake.Message, error) {
	var env struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
	if err := xml.Unmarshal(raw, &env); err != nil || env.Encrypt == "" || env.Nonce == "" {
		return fake.Message{}, errors.New("no sealed part")
	}
	s := t.c.App
	if door == "/kf" {
		return fake.Message{}, errors.New("customer service is not answered in the callback")
	}
	if env.MsgSignature != fake.Sign(s.Token, env.TimeStamp, env.Nonce, env.Encrypt) {
		return fake.Message{}, errors.New("bad MsgSignature")
	}
	opened, err := fake.Unseal(s.AESKey, t.c.CorpID, env.Encrypt)
	if err != nil {
		return fake.Message{}, err
	}
	var a struct {
		XMLName                                    xml.Name `xml:"xml"`
		ToUserName, FromUserName, MsgType, Content string
		CreateTime                                 int64
	}
	if err := xml.Unmarshal(opened, &a); err != nil {
		return fake.Message{}, fmt.Errorf("answer: %w", err)
	}
	if t.find(a.ToUserName) == nil || a.FromUserName != t.c.CorpID || a.CreateTime == 0 || a.MsgType != "text" || a.Content == "" || len(a.Content) > maxText {
		return fake.Message{}, fmt.Errorf("%d bytes for %q from %q", len(a.Content), a.ToUserName, a.FromUserName)
	}
	t.controls(a.Content)
	return message(a.Content, "passive"), nil
}

// readBot opens and checks an answer of the AI bot.
func (t *Town) readBot(raw []byte) (fake.Message, error) {
	var env struct {
		Encrypt   string `json:"encrypt"`
		Signature string `json:"msgsignature"`
		Stamp     int64  `json:"timestamp"`
		Nonce     string `json:"nonce"`
	}
	if err := json.Unmarshal(raw, &env); err != nil || env.Nonce == "" {
		return fake.Message{}, errors.New("no sealed part")
	}
	if env.Signature != fake.Sign(t.c.Bot.Token, strconv.FormatInt(env.Stamp, 10), env.Nonce, env.Encrypt) {
		return fake.Message{}, errors.New("bad msgsignature")
	}
	opened, err := fake.Unseal(t.c.Bot.AESKey, "", env.Encrypt)
	if err != nil {
		return fake.Message{}, err
	}
	m, err := readStream(opened)
	if err == nil {
		t.controls(m.Text)
	}
	return m, err
}
