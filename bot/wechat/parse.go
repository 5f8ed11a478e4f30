package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"time"

	"tuanbot/bot"
)

// inbound is a callback's body. Names are case-sensitive: MsgId numbers messages, MsgID the outcome of templates. Every
// value is text, so that no odd number can lose a message.
type inbound struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   string
	MsgType      string
	Content      string
	Recognition  string
	PicURL       string `xml:"PicUrl"`
	MediaID      string `xml:"MediaId"`
	MsgNumber    string `xml:"MsgId"`
	MenuID       string `xml:"bizmsgmenuid"`
	Event        string
	EventKey     string
	SentNumber   string `xml:"MsgID"`
	Status       string

	Popup  []consent `xml:"SubscribeMsgPopupEvent>List"`
	Change []consent `xml:"SubscribeMsgChangeEvent>List"`
	Sent   []consent `xml:"SubscribeMsgSentEvent>List"`
}

// consent is one line of the three events about subscription notices.
type consent struct {
	Template    string `xml:"TemplateId"`
	Answer      string `xml:"SubscribeStatusString"`
	MsgID       string
	ErrorCode   string
	ErrorStatus string
}

// The events that mean something to us.
const (
	evSubscribe   = "subscribe"
	evUnsubscribe = "unsubscribe"
	evScan        = "SCAN"
	evClick       = "CLICK"
	evFinished    = "TEMPLATESENDJOBFINISH"
	evPopup       = "subscribe_msg_popup_event"
	evChange      = "subscribe_msg_change_event"
	evSent        = "subscribe_msg_sent_event"
)

// scenePrefix stands before the scene only when somebody follows by a code.
const scenePrefix = "qrscene_"

var errMalformed = errors.New("the callback is malformed")

// parse reads a verified body.
func parse(body []byte) (inbound, error) {
	var in inbound
	if err := bot.OneXML(body, &in); err != nil {
		return inbound{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if !opaque(in.FromUserName) || !opaque(in.ToUserName) || in.MsgType == "" || in.at().IsZero() {
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

// at is when the platform says that it happened.
func (in inbound) at() time.Time {
	var sec int64
	if len(in.CreateTime) > 12 {
		return time.Time{}
	}
	for _, r := range in.CreateTime {
		if r < '0' || r > '9' {
			return time.Time{}
		}
		sec = sec*10 + int64(r-'0')
	}
	if sec == 0 {
		return time.Time{}
	}
	return time.Unix(sec, 0).UTC()
}

// key is the same at every delivery. Two events of one person can share a second, so all that tells them apart is in it.
func (in inbound) key() string {
	if in.MsgNumber != "" {
		return "m" + cut(in.MsgNumber, 60)
	}
	return "e" + digest(in.FromUserName, in.CreateTime, in.MsgType, in.Event, in.EventKey, in.SentNumber)[:40]
}

// hash covers everything that carries meaning.
func (in inbound) hash() string {
	return digest(in.ToUserName, in.FromUserName, in.CreateTime, in.MsgType, in.Content, in.Recognition, in.PicURL, in.MediaID, in.MsgNumber,
		in.MenuID, in.Event, in.EventKey, in.SentNumber)
}

// digest is the hex SHA-256 of parts that cannot run into each other.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func cut(s string, n int) string {
	if len(s) > n {
		return digest(s)[:n]
	}
	return s
}

// trigger is the reply window that a callback opens, "" for none.
func (in inbound) trigger() trigger {
	switch {
	case in.MsgType != "event" && in.MenuID != "":
		return byClick
	case in.MsgType != "event":
		return byMessage
	case in.Event == evSubscribe && in.EventKey != "":
		return byScan
	case in.Event == evSubscribe:
		return byFollow
	case in.Event == evScan:
		return byScan
	case in.Event == evClick, in.Event == "scancode_push", in.Event == "scancode_waitmsg":
		return byClick
	}
	return ""
}

// update turns a callback into what the bot understands; false when it is nobody speaking.
func (in inbound) update(account string) (bot.Update, bool) {
	up := bot.Update{
		Channel: ChannelName, Account: account, Key: in.key(), Hash: in.hash(), At: in.at(), Spoken: true,
		Chat:   bot.ChatRef{ID: in.FromUserName, Kind: bot.ChatPrivate},
		Person: bot.PersonRef{ID: in.FromUserName},
	}
	if in.MsgType == "event" {
		return in.event(up)
	}
	up.Kind = bot.KindOther
	switch in.MsgType {
	case "text":
		up.Kind, up.Text = bot.KindText, strings.TrimSpace(in.Content)
	case "voice":
		if said := strings.TrimSpace(in.Recognition); said != "" {
			up.Kind, up.Text = bot.KindText, said
		}
	case "image":
		up.Kind, up.Picture = bot.KindPicture, in.PicURL
	}
	return up, true
}

func (in inbound) event(up bot.Update) (bot.Update, bool) {
	switch in.Event {
	case evSubscribe, evScan:
		up.Kind = bot.KindFollow
		if payload := payloadOf(strings.TrimPrefix(in.EventKey, scenePrefix)); payload != "" {
			up.Kind, up.Action = bot.KindOpen, payload
		}
	case evUnsubscribe:
		up.Kind = bot.KindUnfollow
	case evClick:
		up.Kind, up.Text = bot.KindText, in.EventKey
		if action, ok := strings.CutPrefix(in.EventKey, menuAction); ok {
			up.Kind, up.Text, up.Action = bot.KindAction, "", action
		}
	default:
		return up, false
	}
	return up, true
}

// sceneOf writes a payload ("team TOKEN") as a scene, which holds no space; payloadOf reads it back.
func sceneOf(payload string) string {
	return strings.ReplaceAll(strings.ReplaceAll(payload, "_", "__"), " ", "_")
}

func payloadOf(scene string) string {
	var sb strings.Builder
	for i := 0; i < len(scene); i++ {
		switch {
		case scene[i] != '_':
			sb.WriteByte(scene[i])
		case i+1 < len(scene) && scene[i+1] == '_':
			sb.WriteByte('_')
			i++
		default:
			sb.WriteByte(' ')
		}
	}
	return sb.String()
}
