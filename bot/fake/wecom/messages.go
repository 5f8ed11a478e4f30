package wecom

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the platform's own checksum
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tuanbot/bot/fake"
)

// The platform's limits.
const (
	maxMarkdown  = 4096
	robotMinute  = 20
	kfWindow     = 48 * time.Hour
	kfMost       = 5
	kfNoToken    = 10
	maxCardText  = 112
	maxCardTitle = 26
)

var goodMsgID = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,32}$`)

// outgoing is a message of any kind.
type outgoing struct {
	To      string `json:"touser"`
	Type    string `json:"msgtype"`
	AgentID int64  `json:"agentid"`
	Account string `json:"open_kfid"`
	ID      string `json:"msgid"`
	Code    string `json:"code"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
	Markdown struct {
		Content string `json:"content"`
	} `json:"markdown"`
	Image struct {
		Media  string `json:"media_id"`
		Base64 string `json:"base64"`
		MD5    string `json:"md5"`
	} `json:"image"`
	News struct {
		Articles []struct{ Title, Description, URL, PicURL string } `json:"articles"`
	} `json:"news"`
	Menu struct {
		Head string `json:"head_content"`
		List []struct {
			Type  string `json:"type"`
			Click struct {
				ID      string `json:"id"`
				Content string `json:"content"`
			} `json:"click"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
	Card struct {
		Type  string `json:"card_type"`
		Title struct {
			Title string `json:"title"`
		} `json:"main_title"`
		Sub     string `json:"sub_title_text"`
		TaskID  string `json:"task_id"`
		Buttons []struct {
			Text  string `json:"text"`
			Style int    `json:"style"`
			Key   string `json:"key"`
		} `json:"button_list"`
	} `json:"template_card"`
}

func (t *Town) text(s, form string) (fake.Message, *refused) {
	if s == "" || len(s) > maxText || !utf8.ValidString(s) {
		t.faultLocked("a text has %d bytes", len(s))
		return fake.Message{}, no(45002, "content size out of limit")
	}
	t.controls(s)
	return message(s, form), nil
}

// messageSend is an app's message to a member. Whom it cannot reach it names in a good answer.
func (t *Town) messageSend(c call) (map[string]any, *refused) {
	var in outgoing
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	if in.AgentID != t.c.AgentID {
		return nil, no(301002, "not allowed operate another agent with this accesstoken")
	}
	if in.To == "@all" || strings.Contains(in.To, "|") {
		t.faultLocked("a message for one goes to %q", in.To)
		return nil, no(40058, "touser")
	}
	p := t.find(in.To)
	if p == nil || p.customer {
		return nil, no(81013, "user & party & tag all invalid")
	}
	if !p.scope {
		return map[string]any{"invaliduser": in.To, "msgid": "x"}, nil
	}
	m, bad := t.appMessage(in)
	if bad != nil {
		return nil, bad
	}
	return map[string]any{"msgid": t.show(&p.shown, m)}, nil
}

func (t *Town) appMessage(in outgoing) (fake.Message, *refused) {
	switch in.Type {
	case "text":
		return t.text(in.Text.Content, "app")
	case "image":
		if !t.has(in.Image.Media, "app") {
			t.faultLocked("a picture of another secret, or none, is sent")
			return fake.Message{}, no(40007, "invalid media_id")
		}
		return fake.Message{Picture: in.Image.Media, Form: "image"}, nil
	case "template_card":
		return t.card(in)
	}
	t.faultLocked("an app message of kind %q", in.Type)
	return fake.Message{}, no(40008, "invalid message type")
}

func (t *Town) card(in outgoing) (fake.Message, *refused) {
	k := in.Card
	m := fake.Message{Text: strings.TrimSpace(k.Title.Title + "\n" + k.Sub), Form: "card"}
	if k.Type != "button_interaction" || k.TaskID == "" || len(k.TaskID) > 128 || len(k.Buttons) < 1 || len(k.Buttons) > 6 || k.Title.Title == "" ||
		utf8.RuneCountInString(k.Title.Title) > maxCardTitle || utf8.RuneCountInString(k.Sub) > maxCardText {
		t.faultLocked("a card is malformed: %+v", k)
		return m, no(42001+100, "invalid template_card")
	}
	t.controls(m.Text)
	for _, b := range k.Buttons {
		if b.Text == "" || utf8.RuneCountInString(b.Text) > 10 || b.Key == "" || len(b.Key) > 1024 {
			t.faultLocked("a card's button is malformed: %+v", b)
		}
		m.Buttons = append(m.Buttons, fake.Button{Label: b.Text, Press: "card:" + k.TaskID + "|" + b.Key})
	}
	return m, nil
}

func (t *Town) updateCard(c call) (map[string]any, *refused) {
	var in struct {
		Users   []string `json:"userids"`
		AgentID int64    `json:"agentid"`
		Code    string   `json:"response_code"`
		Button  struct {
			Name string `json:"replace_name"`
		} `json:"button"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	who, ok := t.cards[in.Code]
	if !ok || len(in.Users) != 1 || in.Users[0] != who || in.Button.Name == "" {
		return nil, no(40058, "response_code")
	}
	delete(t.cards, in.Code) // once
	return nil, nil
}

// robotSend is a robot's message into its group.
func (t *Town) robotSend(c call) (map[string]any, *refused) {
	key := c.query.Get("key")
	at := slices.IndexFunc(t.groups, func(g *group) bool { return g.robot == key && key != "" })
	if at < 0 {
		return nil, no(93000, "invalid webhook url, key %s", key)
	}
	now := t.c.Clock()
	said := slices.DeleteFunc(t.robots[key], func(x time.Time) bool { return now.Sub(x) >= time.Minute })
	if len(said) >= robotMinute {
		if now.Before(t.over[key]) {
			t.faultLocked("a robot that was told to wait goes on")
		}
		t.over[key] = said[0].Add(time.Minute)
		return nil, no(45009, "api freq out of limit, key %s", key)
	}
	t.robots[key] = append(said, now)
	var in outgoing
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	m, bad := t.robotMessage(in)
	if bad != nil {
		return nil, bad
	}
	t.show(&t.groups[at].shown, m)
	return nil, nil
}

func (t *Town) robotMessage(in outgoing) (fake.Message, *refused) {
	switch in.Type {
	case "text":
		return t.text(in.Text.Content, "robot")
	case "markdown":
		if s := in.Markdown.Content; s == "" || len(s) > maxMarkdown || !utf8.ValidString(s) {
			t.faultLocked("markdown has %d bytes", len(s))
			return fake.Message{}, no(40058, "markdown")
		}
		t.controls(in.Markdown.Content)
		return message(in.Markdown.Content, "markdown"), nil
	case "image":
		raw, err := base64.StdEncoding.DecodeString(in.Image.Base64)
		sum := md5.Sum(raw) //nolint:gosec // as above
		if err != nil || len(raw) > 2<<20 || hex.EncodeToString(sum[:]) != in.Image.MD5 || !bytes.HasPrefix(raw, []byte("\x89PNG")) {
			t.faultLocked("a robot's picture is malformed")
			return fake.Message{}, no(40009, "invalid image size")
		}
		return fake.Message{Picture: "picture", Form: "image"}, nil
	case "news":
		return t.news8(in)
	}
	t.faultLocked("a robot's message of kind %q", in.Type)
	return fake.Message{}, no(40008, "invalid message type")
}

func (t *Town) news8(in outgoing) (fake.Message, *refused) {
	if n := len(in.News.Articles); n < 1 || n > 8 {
		t.faultLocked("news of %d articles", n)
		return fake.Message{}, no(40058, "articles")
	}
	m := fake.Message{Form: "news"}
	for _, a := range in.News.Articles {
		if a.Title == "" || len(a.Title) > 128 || len(a.Description) > 512 || a.URL == "" {
			t.faultLocked("an article is malformed")
		}
		m.Text += a.Title + "\n" + a.Description + "\n"
		m.Picture, m.Buttons = a.PicURL, append(m.Buttons, fake.Button{Label: a.Title, URL: a.URL})
	}
	m.Text = strings.TrimSpace(m.Text)
	return m, nil
}

// botResponse is the AI bot's one more answer to a message.
func (t *Town) botResponse(c call) (map[string]any, *refused) {
	var in outgoing
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	a := t.answers[c.query.Get("response_code")]
	switch {
	case a == nil || !t.c.Clock().Before(a.ends):
		return nil, no(40058, "response_url is over")
	case a.used:
		t.faultLocked("a response_url is used twice")
		return nil, no(40058, "response_url was used")
	case in.Type != "markdown" || in.Markdown.Content == "" || len(in.Markdown.Content) > 20480:
		t.faultLocked("a late answer is malformed")
		return nil, no(40058, "markdown")
	}
	a.used = true
	t.controls(in.Markdown.Content)
	m := message(in.Markdown.Content, "late")
	if g := t.group(a.chat); g != nil {
		t.show(&g.shown, m)
	} else {
		t.show(&t.who(a.who).shown, m)
	}
	return nil, nil
}
