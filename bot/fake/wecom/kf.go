package wecom

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot/fake"
)

// Customer service: a fetch with a cursor, and messages within a window.

func (t *Town) syncMsg(c call) (map[string]any, *refused) {
	var in struct {
		Cursor  string `json:"cursor"`
		Token   string `json:"token"`
		Account string `json:"open_kfid"`
		Limit   int    `json:"limit"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	now := t.c.Clock()
	if in.Account != t.c.KFID || in.Limit < 0 || in.Limit > 1000 {
		return nil, no(95000, "invalid open_kfid or limit")
	}
	if !now.Before(t.kfTokens[in.Token]) {
		if in.Token != "" {
			return nil, no(95007, "invalid msg token")
		}
		asked := slices.DeleteFunc(t.kfAsked["kf"], func(x time.Time) bool { return now.Sub(x) >= time.Minute })
		if len(asked) >= kfNoToken {
			return nil, no(45009, "api freq out of limit")
		}
		t.kfAsked["kf"] = append(asked, now)
	}
	from := 0
	if in.Cursor != "" {
		at, err := strconv.Atoi(strings.TrimPrefix(in.Cursor, "CUR"))
		if err != nil || at > len(t.kf) {
			t.faultLocked("a cursor that was never given: %q", in.Cursor)
			return nil, no(95008, "invalid cursor")
		}
		from = at
	}
	if t.gaps > 0 && from < len(t.kf) {
		t.gaps--
		return map[string]any{"next_cursor": fmt.Sprint("CUR", from), "has_more": 1, "msg_list": []map[string]any{}}, nil
	}
	to := min(len(t.kf), from+min(t.page, in.Limit))
	more := 0
	if to < len(t.kf) {
		more = 1
	}
	list := t.kf[from:to]
	if list == nil {
		list = []map[string]any{}
	}
	return map[string]any{"next_cursor": fmt.Sprint("CUR", to), "has_more": more, "msg_list": list}, nil
}

// Gaps lets the next pages come empty although there is more behind them, as the platform's sometimes do.
func (t *Town) Gaps(n int) { t.locked(func() { t.gaps = n }) }

func (t *Town) kfSend(c call) (map[string]any, *refused) {
	var in outgoing
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	p := t.find(in.To)
	if p == nil || !p.customer {
		return nil, no(40096, "invalid external userid")
	}
	if in.Account != t.c.KFID {
		return nil, no(95000, "invalid open_kfid")
	}
	if !goodMsgID.MatchString(in.ID) {
		t.faultLocked("a message has no good id of its own: %q", in.ID)
		return nil, no(40058, "msgid")
	}
	if shown, again := t.sentIDs[in.ID]; again {
		return map[string]any{"msgid": shown}, nil
	}
	switch now := t.c.Clock(); {
	case p.last.IsZero() || now.Sub(p.last) > kfWindow:
		return nil, no(95002, "out of the session window")
	case p.sent >= kfMost:
		return nil, no(95001, "more than 5 messages")
	}
	m, bad := t.kfMessage(in)
	if bad != nil {
		return nil, bad
	}
	p.sent++
	t.show(&p.shown, m)
	t.sentIDs[in.ID] = in.ID
	t.happen(map[string]any{"msgid": in.ID, "external_userid": in.To, "origin": 5, "msgtype": in.Type, "text": map[string]string{"content": m.Text}}) // what is sent comes back too
	return map[string]any{"msgid": in.ID}, nil
}

func (t *Town) kfMessage(in outgoing) (fake.Message, *refused) {
	switch in.Type {
	case "text":
		return t.text(in.Text.Content, "kf")
	case "image":
		if !t.has(in.Image.Media, "kf") {
			t.faultLocked("a picture of another secret, or none, is sent")
			return fake.Message{}, no(40007, "invalid media_id")
		}
		return fake.Message{Picture: in.Image.Media, Form: "image"}, nil
	case "msgmenu":
		m := fake.Message{Text: in.Menu.Head, Form: "menu"}
		if len(in.Menu.Head) > 1024 || len(in.Menu.List) == 0 || len(in.Menu.List) > 10 {
			t.faultLocked("a menu is malformed")
			return m, no(40058, "msgmenu")
		}
		t.controls(m.Text)
		links := message(in.Menu.Head, "menu")
		m.Buttons = links.Buttons
		for _, e := range in.Menu.List {
			if e.Type != "click" || e.Click.ID == "" || len(e.Click.ID) > 128 || e.Click.Content == "" || len(e.Click.Content) > 128 {
				t.faultLocked("an entry of a menu is malformed: %+v", e)
			}
			m.Buttons = append(m.Buttons, fake.Button{Label: e.Click.Content, Press: "menu:" + e.Click.ID})
		}
		return m, nil
	}
	t.faultLocked("customer service sends a %q", in.Type)
	return fake.Message{}, no(40008, "invalid message type")
}

// kfOnEvent answers an event once, against its code.
func (t *Town) kfOnEvent(c call) (map[string]any, *refused) {
	var in outgoing
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	if shown, again := t.sentIDs[in.ID]; again && in.ID != "" {
		return map[string]any{"msgid": shown}, nil
	}
	w, ok := t.welcomes[in.Code]
	switch {
	case !ok || w.kind == "contact" || !t.c.Clock().Before(w.ends):
		return nil, no(95013, "invalid code")
	case w.used:
		t.faultLocked("an event was answered twice")
		return nil, no(95014, "code was used")
	case in.Type != "text" && in.Type != "msgmenu":
		t.faultLocked("an event is answered with a %q", in.Type)
		return nil, no(40008, "invalid message type")
	}
	m, bad := t.kfMessage(in)
	if bad != nil {
		return nil, bad
	}
	w.used = true
	t.welcomes[in.Code] = w
	m.Form = "event"
	t.show(&t.who(w.who).shown, m)
	t.sentIDs[in.ID] = in.ID
	return map[string]any{"msgid": in.ID}, nil
}

// EndSession lets a member of staff end a session; its code allows one message for 48 hours.
func (t *Town) EndSession(who string) map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	code := "E" + t.random(20)
	t.welcomes[code] = welcome{who: who, ends: t.c.Clock().Add(kfWindow), kind: "kf"}
	return map[string]any{"event_type": "session_status_change", "open_kfid": t.c.KFID, "external_userid": who, "change_type": 3, "msg_code": code}
}

func (t *Town) kfCustomers(c call) (map[string]any, *refused) {
	var in struct {
		IDs []string `json:"external_userid_list"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	list := []map[string]any{}
	for _, id := range in.IDs {
		if p := t.find(id); p != nil && p.customer {
			one := map[string]any{"external_userid": id, "nickname": p.Name}
			if p.union != "" {
				one["unionid"] = p.union
			}
			list = append(list, one)
		}
	}
	return map[string]any{"customer_list": list}, nil
}

func (t *Town) kfAccounts(call) (map[string]any, *refused) {
	return map[string]any{"account_list": []map[string]any{{"open_kfid": t.c.KFID, "name": "团购客服"}}}, nil
}

func (t *Town) kfLink(c call) (map[string]any, *refused) {
	var in struct {
		Account string `json:"open_kfid"`
		Scene   string `json:"scene"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	if in.Account != t.c.KFID {
		return nil, no(95000, "invalid open_kfid")
	}
	return map[string]any{"url": "https://work.weixin.qq.com/kfid/" + in.Account + "?enc_scene=" + in.Scene}, nil
}
