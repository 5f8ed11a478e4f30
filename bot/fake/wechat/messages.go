package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tuanbot/bot/fake"
)

// service is a customer-service message.
type service struct {
	To   string `json:"touser"`
	Type string `json:"msgtype"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
	Image struct {
		ID string `json:"media_id"`
	} `json:"image"`
	News struct {
		Articles []struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			URL         string `json:"url"`
			PicURL      string `json:"picurl"`
		} `json:"articles"`
	} `json:"news"`
	Menu struct {
		Head string `json:"head_content"`
		Tail string `json:"tail_content"`
		List []struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"list"`
	} `json:"msgmenu"`
}

func (t *Town) custom(c call) (map[string]any, *refused) {
	var in service
	if json.Unmarshal(c.body, &in) != nil {
		return nil, no(47001, "data format error")
	}
	p := t.people[in.To]
	switch {
	case p == nil:
		return nil, no(40003, "invalid openid")
	case p.unwilling:
		return nil, no(48002, "user refuse to accept the msg")
	case !p.follows || !t.c.Clock().Before(p.window.ends):
		return nil, no(45015, "response out of time limit or subscription is canceled")
	case p.window.sent >= p.window.most:
		return nil, no(45047, "out of response count limit")
	}
	m, bad := t.serviceMessage(in)
	if bad != nil {
		return nil, bad
	}
	p.window.sent++
	m.ID, m.At = fmt.Sprint(t.next()), t.c.Clock()
	p.shown = append(p.shown, m)
	return map[string]any{"errcode": 0, "errmsg": "ok"}, nil
}

func (t *Town) serviceMessage(in service) (fake.Message, *refused) {
	switch in.Type {
	case "text":
		return t.serviceText(in.Text.Content, "service")
	case "image":
		shows, ok := t.uploaded(in.Image.ID)
		if !ok {
			t.faultLocked("a message names a picture that is not there, or not any more")
			return fake.Message{}, no(40007, "invalid media_id")
		}
		return fake.Message{Picture: shows, Form: "image"}, nil
	case "news":
		if len(in.News.Articles) != 1 {
			return fake.Message{}, no(45008, "article size out of limit")
		}
		n := in.News.Articles[0]
		m := textMessage(n.Title+"\n"+n.Description, "news")
		m.Picture, m.Buttons = n.PicURL, append(m.Buttons, fake.Button{Label: n.Title, URL: n.URL})
		return m, nil
	case "msgmenu":
		if t.c.Kind != Service {
			return fake.Message{}, no(40200, "invalid account type")
		}
		m, bad := t.serviceText(in.Menu.Head, "msgmenu")
		for _, e := range in.Menu.List {
			if _, err := strconv.ParseInt(e.ID, 10, 64); err != nil || e.Content == "" {
				t.faultLocked("a menu entry has the id %q and the text %q", e.ID, e.Content)
			}
			m.Buttons = append(m.Buttons, fake.Button{Label: e.Content, Press: "menu:" + e.ID})
		}
		return m, bad
	}
	return fake.Message{}, no(40008, "invalid message type")
}

func (t *Town) serviceText(text, form string) (fake.Message, *refused) {
	if text == "" {
		return fake.Message{}, no(44004, "empty content")
	}
	if len(text) > maxPassive {
		t.faultLocked("a service text has %d bytes", len(text))
		return fake.Message{}, no(45002, "content size out of limit")
	}
	for _, r := range text {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7F {
			t.faultLocked("a text holds the control character %U", r)
		}
	}
	return textMessage(text, form), nil
}

type fields map[string]struct {
	Value string `json:"value"`
}

var (
	fieldHan    = regexp.MustCompile(`^\p{Han}{1,5}$`)
	fieldAmount = regexp.MustCompile(`^\p{Sc}?\d{1,10}(\.\d+)?\p{Han}?$`)
	fieldTime   = regexp.MustCompile(`^(\d{4}年\d{1,2}月\d{1,2}日)?( ?\d{1,2}:\d{2})?( ~ (\d{4}年\d{1,2}月\d{1,2}日)?( ?\d{1,2}:\d{2})?)?$`)
	fieldName   = regexp.MustCompile(`^(\p{Han}{1,10}|[A-Za-z ]{1,20})$`)
	fieldPhone  = regexp.MustCompile(`^[\d+-]{1,17}$`)
	fieldNumber = regexp.MustCompile(`^\d[\d.]{0,31}$`)
	fieldASCII  = regexp.MustCompile(`^[!-~]{1,32}$`)
	fieldLetter = regexp.MustCompile(`^[A-Za-z]{1,32}$`)
	fieldSymbol = regexp.MustCompile(`^[^\w\s]{1,5}$`)
)

// takes reports whether a field takes a value.
func takes(name, value string) bool {
	n := utf8.RuneCountInString(value)
	switch strings.TrimRight(name, "0123456789") {
	case "thing", "const":
		return n >= 1 && n <= 20 && !strings.Contains(value, "\n")
	case "phrase":
		return fieldHan.MatchString(value)
	case "amount":
		return fieldAmount.MatchString(value)
	case "time", "date":
		return value != "" && fieldTime.MatchString(value)
	case "name":
		return fieldName.MatchString(value)
	case "phone_number":
		return fieldPhone.MatchString(value)
	case "number":
		return fieldNumber.MatchString(value)
	case "character_string":
		return fieldASCII.MatchString(value)
	case "letter":
		return fieldLetter.MatchString(value)
	case "symbol":
		return fieldSymbol.MatchString(value)
	case "car_number":
		return n >= 1 && n <= 8
	}
	return false
}

// form fills a template, or says which field is wrong.
func (t *Town) form(id string, data fields, notice bool) (fake.Message, *refused) {
	tpl, ok := t.templates[id]
	if !ok || tpl.Notice != notice {
		t.faultLocked("the template id %q is of no use there", id)
		return fake.Message{}, no(40037, "invalid template_id")
	}
	lines := []string{tpl.Title}
	for _, name := range tpl.Fields {
		if !takes(name, data[name].Value) {
			t.faultLocked("the field %s does not take %q", name, data[name].Value)
			return fake.Message{}, no(47003, "argument invalid! data.%s.value invalid rid: %s", name, t.random(8))
		}
		lines = append(lines, data[name].Value)
	}
	if len(data) != len(tpl.Fields) {
		t.faultLocked("a template has %d fields and was given %d", len(tpl.Fields), len(data))
	}
	form := "template"
	if notice {
		form = "subscription"
	}
	return fake.Message{ID: fmt.Sprint(t.next()), Text: strings.Join(lines, "\n"), Form: form, At: t.c.Clock()}, nil
}

func (t *Town) template(c call) (map[string]any, *refused) {
	var in struct {
		To   string `json:"touser"`
		ID   string `json:"template_id"`
		URL  string `json:"url"`
		Key  string `json:"client_msg_id"`
		Data fields `json:"data"`
		Mini *struct {
			App string `json:"appid"`
		} `json:"miniprogram"`
	}
	if json.Unmarshal(c.body, &in) != nil {
		return nil, no(47001, "data format error")
	}
	p := t.people[in.To]
	switch {
	case p == nil:
		return nil, no(40003, "invalid openid")
	case !p.follows:
		return nil, no(43004, "require subscribe")
	case in.Mini != nil && in.Mini.App == "":
		t.faultLocked("a template names an empty mini program")
		return nil, no(40013, "invalid appid")
	case t.sentKeys[in.Key] != 0:
		return map[string]any{"errcode": 0, "errmsg": "ok", "msgid": t.sentKeys[in.Key]}, nil
	}
	m, bad := t.form(in.ID, in.Data, false)
	if bad != nil {
		return nil, bad
	}
	if in.URL != "" {
		m.Buttons = []fake.Button{{Label: "详情", URL: in.URL}}
	}
	id := t.next()
	if in.Key != "" {
		t.sentKeys[in.Key] = id
	}
	status := "success"
	switch {
	case p.blocks:
		status = "failed:user block"
	case t.lost():
		status = "failed: system failed"
	default:
		p.shown = append(p.shown, m)
	}
	t.pending = append(t.pending, t.event(in.To, "TEMPLATESENDJOBFINISH", fmt.Sprintf("<MsgID>%d</MsgID>", id)+tag("Status", status)))
	return map[string]any{"errcode": 0, "errmsg": "ok", "msgid": id}, nil
}

// lost is true once after Lose: the platform accepts a template message and does not deliver it.
func (t *Town) lost() bool {
	was := t.deaf
	t.deaf = false
	return was
}

// Lose makes the platform accept the next template message and lose it.
func (t *Town) Lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deaf = true
}

// Settle delivers the outcomes of messages that are waiting.
func (t *Town) Settle(ctx context.Context) error {
	t.mu.Lock()
	all := t.pending
	t.pending = nil
	t.mu.Unlock()
	var errs []error
	for _, ev := range all {
		errs = append(errs, t.deliver(ctx, ev))
	}
	return errors.Join(errs...)
}

func (t *Town) bizsend(c call) (map[string]any, *refused) {
	var in struct {
		To   string `json:"touser"`
		ID   string `json:"template_id"`
		Page string `json:"page"`
		Data fields `json:"data"`
	}
	if json.Unmarshal(c.body, &in) != nil {
		return nil, no(47001, "data format error")
	}
	p := t.people[in.To]
	if p == nil {
		return nil, no(40003, "invalid openid")
	}
	m, bad := t.form(in.ID, in.Data, true)
	if bad != nil {
		return nil, bad
	}
	if p.consents[in.ID] == 0 {
		return nil, no(43101, "user refuse to accept the msg rid: %s", t.random(8))
	}
	p.consents[in.ID]--
	if in.Page != "" {
		m.Buttons = []fake.Button{{Label: "详情", URL: in.Page}}
	}
	p.shown = append(p.shown, m)
	list := "<List>" + tag("TemplateId", in.ID) + tag("MsgID", fmt.Sprint(t.next())) + tag("ErrorCode", "0") + tag("ErrorStatus", "success") + "</List>"
	t.pending = append(t.pending, t.event(in.To, "subscribe_msg_sent_event", "<SubscribeMsgSentEvent>"+list+"</SubscribeMsgSentEvent>"))
	return map[string]any{"errcode": 0, "errmsg": "ok"}, nil
}

func (t *Town) allTemplates(call) (map[string]any, *refused) {
	list := []map[string]string{}
	t.each(false, func(tpl Template, content string) {
		list = append(list, map[string]string{"template_id": tpl.ID, "title": tpl.Title, "content": content})
	})
	return map[string]any{"template_list": list}, nil
}

// allNotices are the templates of subscription notices, which are another list.
func (t *Town) allNotices(call) (map[string]any, *refused) {
	list := []map[string]any{}
	t.each(true, func(tpl Template, content string) {
		list = append(list, map[string]any{"priTmplId": tpl.ID, "title": tpl.Title, "content": content, "type": 2})
	})
	return map[string]any{"errcode": 0, "errmsg": "ok", "data": list}, nil
}

// each gives the templates of one sort with their text.
func (t *Town) each(notice bool, f func(tpl Template, content string)) {
	for _, id := range sortedKeys(t.templates) {
		tpl := t.templates[id]
		if tpl.Notice != notice {
			continue
		}
		var content strings.Builder
		for _, name := range tpl.Fields {
			content.WriteString(name + ":{{" + name + ".DATA}}\n")
		}
		f(tpl, content.String())
	}
}
