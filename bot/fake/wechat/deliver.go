package wechat

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tuanbot/bot/fake"
)

const (
	retries     = 3
	account     = "gh_stand_in"
	maxPassive  = 2048
	maxAnswer   = 1 << 20
	unavailable = "该公众号提供的服务出现故障，请稍后再试"
)

// event is a callback to deliver.
type event struct {
	who  string
	body string
}

func tag(name, value string) string {
	return "<" + name + "><![CDATA[" + strings.ReplaceAll(value, "]]>", "]]]]><![CDATA[>") + "]]></" + name + ">"
}

func (t *Town) start(who, kind string) string {
	return "<xml>" + tag("ToUserName", account) + tag("FromUserName", who) + "<CreateTime>" + strconv.FormatInt(t.c.Clock().Unix(), 10) +
		"</CreateTime>" + tag("MsgType", kind)
}

func (t *Town) message(who, kind, rest string) event {
	return event{who: who, body: t.start(who, kind) + rest + "<MsgId>" + strconv.FormatInt(t.next(), 10) + "</MsgId></xml>"}
}

func (t *Town) event(who, name, rest string) event {
	return event{who: who, body: t.start(who, "event") + tag("Event", name) + rest + "</xml>"}
}

// Callback makes a signed and, unless the town is plain, encrypted request of a body, as the platform would send it.
func (t *Town) Callback(body string) (query url.Values, sealed []byte, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stamp, nonce := strconv.FormatInt(t.c.Clock().Unix(), 10), t.random(10)
	query = url.Values{"signature": {fake.Sign(t.c.Token, stamp, nonce)}, "timestamp": {stamp}, "nonce": {nonce}}
	if t.c.Plain {
		return query, []byte(body), nil
	}
	text, err := fake.Seal(t.c.AESKey, t.c.AppID, []byte(t.random(16)), []byte(body))
	if err != nil {
		return nil, nil, err
	}
	query.Set("encrypt_type", "aes")
	query.Set("msg_signature", fake.Sign(t.c.Token, stamp, nonce, text))
	return query, []byte("<xml>" + tag("ToUserName", account) + tag("Encrypt", text) + "</xml>"), nil
}

var errGaveUp = errors.New("the platform has given up on a callback")

// deliver sends a callback until it is answered as it must be, at most four times, each time with the same signature.
func (t *Town) deliver(ctx context.Context, ev event) error {
	query, body, err := t.Callback(ev.body)
	if err != nil {
		return err
	}
	query.Set("openid", ev.who)
	t.mu.Lock()
	hook, more := t.hook, t.repeat
	t.mu.Unlock()
	var last error
	for range 1 + retries {
		m, err := t.once(ctx, hook, query, body, ev.who)
		if err != nil {
			last = err
			continue
		}
		t.show(ev.who, m)
		for range more {
			again, err := t.once(ctx, hook, query, body, ev.who)
			if err != nil || again.Text != m.Text || again.Picture != m.Picture {
				t.fault("a repeated callback was answered otherwise: %q, then %q (%v)", m.Text, again.Text, err)
			}
		}
		return nil
	}
	t.fault("a callback was not answered: %v", last)
	t.show(ev.who, fake.Message{Text: unavailable, Form: "notice"})
	return errors.Join(errGaveUp, last)
}

func (t *Town) show(who string, m fake.Message) {
	if m.Form == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m.ID, m.At = fmt.Sprint(t.next()), t.c.Clock()
	p := t.who(who)
	p.shown = append(p.shown, m)
}

// once delivers a callback and reads its answer; a message without form is "nothing to say".
func (t *Town) once(ctx context.Context, hook string, query url.Values, body []byte, who string) (fake.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, t.c.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return fake.Message{}, fmt.Errorf("deliver: %w", err)
	}
	req.Header.Set("Content-Type", "text/xml")
	res, err := t.c.HTTP.Do(req)
	if err != nil {
		return fake.Message{}, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fake.Message{}, fmt.Errorf("half an answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fake.Message{}, fmt.Errorf("status %d", res.StatusCode)
	}
	if s := string(answer); s == "" || s == "success" {
		return fake.Message{}, nil
	}
	return t.readAnswer(answer, who)
}

// answer is a passive reply.
type answer struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   int64
	MsgType      string
	Content      string
	Image        struct{ MediaId string }
	ArticleCount int
	Articles     []struct {
		Title       string
		Description string
		PicURL      string `xml:"PicUrl"`
		URL         string `xml:"Url"`
	} `xml:"Articles>item"`
}

// readAnswer opens and checks a passive reply as strictly as the platform and the app together.
func (t *Town) readAnswer(raw []byte, who string) (fake.Message, error) {
	if !t.c.Plain {
		opened, err := t.unseal(raw)
		if err != nil {
			t.fault("a sealed answer is wrong: %v", err)
			return fake.Message{}, err
		}
		raw = opened
	}
	var a answer
	if err := xml.Unmarshal(raw, &a); err != nil || !utf8.Valid(raw) {
		t.fault("an answer is not XML: %v", err)
		return fake.Message{}, fmt.Errorf("answer: %w", err)
	}
	for _, name := range []string{"ToUserName", "FromUserName", "MsgType", "Content"} {
		if s := string(raw); strings.Contains(s, "<"+name+">") && !strings.Contains(s, "<"+name+"><![CDATA[") {
			t.fault("%s of an answer is not CDATA", name)
		}
	}
	if a.ToUserName != who || a.FromUserName != account || a.CreateTime == 0 {
		t.fault("an answer is addressed to somebody else")
		return fake.Message{}, errors.New("wrong address")
	}
	return t.passive(a)
}

func (t *Town) unseal(raw []byte) ([]byte, error) {
	var env struct {
		Encrypt      string
		MsgSignature string
		TimeStamp    string
		Nonce        string
	}
	if err := xml.Unmarshal(raw, &env); err != nil || env.Encrypt == "" {
		return nil, errors.New("no sealed part")
	}
	if env.MsgSignature != fake.Sign(t.c.Token, env.TimeStamp, env.Nonce, env.Encrypt) || env.Nonce == "" {
		return nil, errors.New("bad MsgSignature")
	}
	stamp, err := strconv.ParseInt(env.TimeStamp, 10, 64)
	if err != nil || t.c.Clock().Sub(time.Unix(stamp, 0)).Abs() > time.Hour {
		return nil, errors.New("bad TimeStamp")
	}
	return fake.Unseal(t.c.AESKey, t.c.AppID, env.Encrypt)
}

func (t *Town) passive(a answer) (fake.Message, error) {
	switch a.MsgType {
	case "text":
		if len(a.Content) > maxPassive || a.Content == "" {
			t.fault("a text answer has %d bytes", len(a.Content))
			return fake.Message{}, errors.New("text size")
		}
		t.controls(a.Content)
		return textMessage(a.Content, "passive"), nil
	case "image":
		t.mu.Lock()
		shows, ok := t.uploaded(a.Image.MediaId)
		t.mu.Unlock()
		if !ok {
			t.fault("a picture answer names no uploaded picture")
			return fake.Message{}, errors.New("media id")
		}
		return fake.Message{Picture: shows, Form: "passive image"}, nil
	case "news":
		if a.ArticleCount != 1 || len(a.Articles) != 1 || a.Articles[0].Title == "" {
			t.fault("a news answer has %d articles", len(a.Articles))
			return fake.Message{}, errors.New("articles")
		}
		n := a.Articles[0]
		t.controls(n.Title + n.Description)
		m := textMessage(n.Title+"\n"+n.Description, "news")
		m.Picture = n.PicURL
		m.Buttons = append(m.Buttons, fake.Button{Label: n.Title, URL: n.URL})
		return m, nil
	}
	t.fault("an answer has the unknown type %q", a.MsgType)
	return fake.Message{}, errors.New("type")
}

func (t *Town) controls(s string) {
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7F {
			t.fault("a text holds the control character %U", r)
			return
		}
	}
}

var (
	anchor = regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`)
	choice = regexp.MustCompile(`(?:^|　|, |: |：|\n)(\d{1,2}) ([^　\n,]+)`)
)

// textMessage is a text as a person reads it: links can be touched, and a list of numbers can be answered.
func textMessage(text, form string) fake.Message {
	m := fake.Message{Form: form}
	for _, a := range anchor.FindAllStringSubmatch(text, -1) {
		m.Buttons = append(m.Buttons, fake.Button{Label: a[2], URL: a[1]})
	}
	m.Text = anchor.ReplaceAllString(text, "$2")
	for _, hint := range []string{"回复数字：", "Send a number:"} {
		if i := strings.LastIndex(m.Text, hint); i >= 0 {
			for _, c := range choice.FindAllStringSubmatch(m.Text[i:], -1) {
				m.Buttons = append(m.Buttons, fake.Button{Label: strings.TrimSpace(c[2]), Press: c[1]})
			}
		}
	}
	return m
}
