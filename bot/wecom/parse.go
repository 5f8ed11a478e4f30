package wecom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot"
)

// The forms of ids: what stands before the platform's own id says which door it belongs to.
const (
	idMember   = "u:" // of the company
	idCustomer = "k:" // on WeChat, by customer service
	idBotGroup = "b:" // an internal group with the AI bot
	idRobot    = "r:" // a group with a robot only, by the operator's name for it
	idGroup    = "g:" // a customer group
)

// inbound is a callback's body. Every value is text, so that no odd number can lose a message.
type inbound struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   string
	MsgType      string
	AgentID      string
	Content      string
	PicURL       string `xml:"PicUrl"`
	MediaID      string `xml:"MediaId"`
	MsgID        string `xml:"MsgId"`

	Event        string
	EventKey     string
	TaskID       string `xml:"TaskId"`
	ResponseCode string

	Token    string
	OpenKfID string `xml:"OpenKfId"`

	ChatID       string `xml:"ChatId"`
	ChangeType   string
	UpdateDetail string
	JoinScene    string
	QuitScene    string
	MemChangeCnt string

	UserID         string
	ExternalUserID string
	State          string
	WelcomeCode    string
}

// parse reads a verified body.
func parse(raw []byte) (inbound, error) {
	var in inbound
	if err := bot.OneXML(raw, &in); err != nil || in.MsgType == "" || in.at().IsZero() {
		return inbound{}, errMalformed
	}
	if in.MsgType != "event" && !opaque(in.FromUserName) {
		return inbound{}, errMalformed
	}
	return in, nil
}

// opaque is what ids of the platform are made of.
func opaque(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func (in inbound) is(event string) bool { return in.MsgType == "event" && in.Event == event }

// at is when the platform says that it happened.
func (in inbound) at() time.Time { return unix(in.CreateTime) }

func unix(s string) time.Time {
	sec, err := strconv.ParseInt(s, 10, 64)
	if err != nil || sec <= 0 || sec > 1<<40 {
		return time.Time{}
	}
	return time.Unix(sec, 0).UTC()
}

// key is the same at every delivery. Two events of one person can share a second, so all that tells them apart is in it.
func (in inbound) key() string {
	if in.MsgID != "" {
		return "m" + digest(in.MsgID, in.FromUserName)[:40]
	}
	return "e" + digest(in.FromUserName, in.CreateTime, in.Event, in.EventKey, in.TaskID, in.ResponseCode)[:40]
}

func (in inbound) hash() string {
	return digest(in.ToUserName, in.FromUserName, in.CreateTime, in.MsgType, in.Content, in.PicURL, in.MediaID, in.MsgID, in.Event, in.EventKey, in.TaskID)
}

// digest is the hex SHA-256 of parts that cannot run into each other.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// menuAction marks a menu key that is an action; any other key is what the person would have typed.
const menuAction = "do:"

// update turns a callback of the app into what the bot understands; false when it is nobody speaking.
func (in inbound) update(agent int64) (bot.Update, bool) {
	who := idMember + in.FromUserName
	up := bot.Update{
		Channel: ChannelName, Account: strconv.FormatInt(agent, 10), Key: in.key(), Hash: in.hash(), At: in.at(), Spoken: true,
		Chat: bot.ChatRef{ID: who, Kind: bot.ChatPrivate}, Person: bot.PersonRef{ID: who}, Kind: bot.KindOther,
	}
	if !opaque(in.FromUserName) {
		return up, false
	}
	switch in.MsgType {
	case "text":
		up.Kind, up.Text = bot.KindText, strings.TrimSpace(in.Content)
	case "image":
		up.Kind, up.Picture = bot.KindPicture, in.PicURL
	case "event":
		return in.event(up)
	}
	return up, true
}

func (in inbound) event(up bot.Update) (bot.Update, bool) {
	switch in.Event {
	case "subscribe":
		up.Kind = bot.KindFollow
	case "unsubscribe":
		up.Kind = bot.KindUnfollow
	case "click":
		up.Kind, up.Text = bot.KindText, in.EventKey
		if action, ok := strings.CutPrefix(in.EventKey, menuAction); ok {
			up.Kind, up.Text, up.Action = bot.KindAction, "", action
		}
	case "template_card_event":
		up.Kind, up.Action, up.Pressed = bot.KindAction, in.EventKey, in.TaskID
	default:
		return up, false
	}
	return up, up.Kind != bot.KindText && up.Kind != bot.KindAction || in.EventKey != ""
}

// textXML is a text for whoever sent this.
func (in inbound) textXML(text string, now time.Time) []byte {
	return fmt.Appendf(nil, "<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>%s</Content></xml>",
		cdata(in.FromUserName), cdata(in.ToUserName), now.Unix(), cdata(text))
}

// cdata wraps text so that nothing in it ends the section.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}
