package wecom

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// refused is an answer with an error code.
type refused struct {
	code int
	msg  string
}

func no(code int, format string, args ...any) *refused {
	return &refused{code, fmt.Sprintf(format, args...)}
}

const (
	tokenLasts = 7200 * time.Second
	maxRequest = 12 << 20
)

// call is one request to an interface.
type call struct {
	path  string
	query url.Values
	body  []byte
	kind  string // content type
}

func (c call) read(into any) *refused {
	if err := json.Unmarshal(c.body, into); err != nil {
		return no(40058, "invalid parameter, %v", err)
	}
	return nil
}

type iface struct {
	method string
	doors  string // whose tokens it takes, separated by blanks; "" needs none
	serve  func(*Town, call) (map[string]any, *refused)
}

func ifaces() map[string]iface {
	const post, get = http.MethodPost, http.MethodGet
	return map[string]iface{
		"/cgi-bin/gettoken":                                 {get, "", (*Town).getToken},
		"/cgi-bin/webhook/send":                             {post, "", (*Town).robotSend},
		"/cgi-bin/aibot/response":                           {post, "", (*Town).botResponse},
		"/cgi-bin/message/send":                             {post, "app", (*Town).messageSend},
		"/cgi-bin/message/update_template_card":             {post, "app", (*Town).updateCard},
		"/cgi-bin/user/get":                                 {get, "app", (*Town).userGet},
		"/cgi-bin/agent/get":                                {get, "app", (*Town).agentGet},
		"/cgi-bin/media/upload":                             {post, "app kf contact", (*Town).upload},
		"/cgi-bin/kf/sync_msg":                              {post, "kf", (*Town).syncMsg},
		"/cgi-bin/kf/send_msg":                              {post, "kf", (*Town).kfSend},
		"/cgi-bin/kf/send_msg_on_event":                     {post, "kf", (*Town).kfOnEvent},
		"/cgi-bin/kf/customer/batchget":                     {post, "kf", (*Town).kfCustomers},
		"/cgi-bin/kf/account/list":                          {post, "kf", (*Town).kfAccounts},
		"/cgi-bin/kf/add_contact_way":                       {post, "kf", (*Town).kfLink},
		"/cgi-bin/externalcontact/add_msg_template":         {post, "contact", (*Town).addTask},
		"/cgi-bin/externalcontact/get_groupmsg_send_result": {post, "contact", (*Town).taskResult},
		"/cgi-bin/externalcontact/remind_groupmsg_send":     {post, "contact", (*Town).remind},
		"/cgi-bin/externalcontact/groupchat/list":           {post, "contact", (*Town).groupList},
		"/cgi-bin/externalcontact/groupchat/get":            {post, "contact", (*Town).groupGet},
		"/cgi-bin/externalcontact/groupchat/add_join_way":   {post, "contact", (*Town).addJoin},
		"/cgi-bin/externalcontact/groupchat/get_join_way":   {post, "contact", (*Town).getJoin},
		"/cgi-bin/externalcontact/send_welcome_msg":         {post, "contact", (*Town).welcomeMsg},
	}
}

// Handler serves the platform's interfaces. Refusals are JSON under status 200, as the real ones are.
func (t *Town) Handler() http.Handler {
	all := ifaces()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := all[r.URL.Path]
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if !known || r.Method != f.method || err != nil {
			t.fault("a call of %s %s, which is no interface", r.Method, r.URL.Path)
			http.NotFound(w, r)
			return
		}
		c := call{path: r.URL.Path, query: r.URL.Query(), body: body, kind: r.Header.Get("Content-Type")}
		t.mu.Lock()
		t.calls = append(t.calls, c.path)
		out, bad, status := t.serve(f, c)
		t.mu.Unlock()
		if status != 0 {
			http.Error(w, "out of order", status)
			return
		}
		if out == nil {
			out = map[string]any{}
		}
		if out["errcode"], out["errmsg"] = 0, "ok"; bad != nil {
			out = map[string]any{"errcode": bad.code, "errmsg": bad.msg}
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_ = json.NewEncoder(w).Encode(out) // the bot has gone
	})
}

func (t *Town) serve(f iface, c call) (out map[string]any, bad *refused, status int) {
	if next := t.fail[c.path]; len(next) > 0 {
		t.fail[c.path] = next[1:]
		switch {
		case next[0] >= 500 && next[0] < 600:
			return nil, nil, next[0]
		case next[0] != 0:
			return nil, no(next[0], "told to fail, asked with %s", c.query.Encode()), 0
		}
	}
	if bad := t.allowed(f, c); bad != nil {
		return nil, bad, 0
	}
	if f.method == http.MethodPost && c.path != "/cgi-bin/media/upload" && !json.Valid(c.body) {
		t.faultLocked("%s was sent no JSON", c.path)
		return nil, no(47001, "data format error"), 0
	}
	if out, bad = f.serve(t, c); bad == nil {
		t.hollow(c)
	}
	return out, bad, 0
}

// allowed checks that the token belongs to a secret that may call the interface.
func (t *Town) allowed(f iface, c call) *refused {
	if f.doors == "" {
		return nil
	}
	got := c.query.Get("access_token")
	for door, tok := range t.tokens {
		if tok.value != got || got == "" {
			continue
		}
		switch {
		case !t.c.Clock().Before(tok.ends):
			return no(42001, "access_token expired")
		case !slices.Contains(strings.Fields(f.doors), door):
			t.faultLocked("%s was called with the token of %s", c.path, door)
			return no(48002, "api forbidden for %s", got)
		}
		return nil
	}
	return no(40014, "invalid access_token %s", got)
}

func (t *Town) getToken(c call) (map[string]any, *refused) {
	if c.query.Get("corpid") != t.c.CorpID {
		return nil, no(40013, "invalid corpid")
	}
	for door, secret := range map[string]string{"app": t.c.AppSecret, "kf": t.c.KFSecret, "contact": t.c.ContactSecret} {
		if secret == "" || secret != c.query.Get("corpsecret") {
			continue
		}
		now := t.c.Clock()
		tok := t.tokens[door]
		if tok.value == "" || !now.Before(tok.ends) {
			tok = token{value: "T0K" + door + t.random(50), ends: now.Add(tokenLasts)}
			t.tokens[door] = tok
		}
		return map[string]any{"access_token": tok.value, "expires_in": int64(tok.ends.Sub(now) / time.Second)}, nil
	}
	return nil, no(40001, "invalid credential %s", c.query.Get("corpsecret"))
}

func (t *Town) userGet(c call) (map[string]any, *refused) {
	p := t.find(c.query.Get("userid"))
	if p == nil || p.customer || !p.scope {
		return nil, no(60111, "userid not found")
	}
	return map[string]any{"userid": p.ID, "name": p.Name}, nil
}

func (t *Town) agentGet(c call) (map[string]any, *refused) {
	if c.query.Get("agentid") != strconv.FormatInt(t.c.AgentID, 10) {
		return nil, no(301002, "not allowed operate another agent")
	}
	return map[string]any{"name": "团购", "agentid": t.c.AgentID}, nil
}

// Customers and groups.

func (t *Town) customers(id string) *group {
	if g := t.group(id); g != nil && g.customers {
		return g
	}
	return nil
}

func (t *Town) groupList(c call) (map[string]any, *refused) {
	var in struct {
		Limit  int    `json:"limit"`
		Cursor string `json:"cursor"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	if in.Limit < 1 || in.Limit > 1000 {
		return nil, no(40058, "limit")
	}
	from, _ := strconv.Atoi(in.Cursor)
	var ids []map[string]any
	for _, g := range t.groups {
		if g.customers {
			ids = append(ids, map[string]any{"chat_id": g.ID, "status": 0})
		}
	}
	ids = ids[min(from, len(ids)):]
	out := map[string]any{"group_chat_list": ids[:min(len(ids), in.Limit)]}
	if len(ids) > in.Limit {
		out["next_cursor"] = strconv.Itoa(from + in.Limit)
	}
	return out, nil
}

func (t *Town) groupGet(c call) (map[string]any, *refused) {
	var in struct {
		ID string `json:"chat_id"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	g := t.customers(in.ID)
	if g == nil {
		return nil, no(49008, "not a customer group")
	}
	var members []map[string]any
	for i, id := range g.members {
		m := map[string]any{"userid": id, "type": 2}
		if j := i - (len(g.members) - len(g.states)); j >= 0 && g.states[j] != "" {
			m["state"] = g.states[j]
		}
		members = append(members, m)
	}
	return map[string]any{"group_chat": map[string]any{"chat_id": g.ID, "name": g.Title, "owner": g.owner, "member_list": members}}, nil
}

func (t *Town) addJoin(c call) (map[string]any, *refused) {
	var in struct {
		Scene int      `json:"scene"`
		Chats []string `json:"chat_id_list"`
		State string   `json:"state"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	if in.Scene != 2 || len(in.Chats) == 0 || len(in.Chats) > 5 || len(in.State) > 30 || slices.ContainsFunc(in.Chats, func(id string) bool { return t.customers(id) == nil }) {
		t.faultLocked("a code to join is malformed")
		return nil, no(40058, "invalid join way")
	}
	id := "join" + t.random(12)
	t.joins[id] = joinWay{in.Chats, in.State}
	return map[string]any{"config_id": id}, nil
}

func (t *Town) getJoin(c call) (map[string]any, *refused) {
	var in struct {
		ID string `json:"config_id"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	way, ok := t.joins[in.ID]
	if !ok {
		return nil, no(40058, "no such config_id")
	}
	return map[string]any{"join_way": map[string]any{"config_id": in.ID, "state": way.state, "qr_code": "https://wework.qpic.cn/join/" + in.ID}}, nil
}

func (t *Town) addTask(c call) (map[string]any, *refused) {
	var in struct {
		Type   string   `json:"chat_type"`
		Sender string   `json:"sender"`
		Chats  []string `json:"chat_id_list"`
		Text   struct {
			Content string `json:"content"`
		} `json:"text"`
		Filter json.RawMessage `json:"tag_filter"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	if in.Type != "group" || in.Sender == "" || len(in.Chats) == 0 || len(in.Chats) > 2000 || in.Text.Content == "" || len(in.Text.Content) > 4000 || in.Filter != nil {
		t.faultLocked("a task is malformed: %s", c.body)
		return nil, no(40058, "invalid task")
	}
	t.controls(in.Text.Content)
	k := &task{id: "msgTask" + t.random(10), sender: in.Sender, text: in.Text.Content, status: map[string]int{}}
	fail := []string{}
	for _, id := range in.Chats {
		if g := t.customers(id); g != nil && g.owner == in.Sender {
			k.chats = append(k.chats, id)
		} else {
			fail = append(fail, id)
		}
	}
	t.tasks = append(t.tasks, k)
	return map[string]any{"msgid": k.id, "fail_list": fail}, nil
}

func (t *Town) taskOf(id string) *task {
	for _, k := range t.tasks {
		if k.id == id {
			return k
		}
	}
	return nil
}

func (t *Town) taskResult(c call) (map[string]any, *refused) {
	var in struct {
		ID     string `json:"msgid"`
		UserID string `json:"userid"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	k := t.taskOf(in.ID)
	if k == nil || k.sender != in.UserID {
		return nil, no(40058, "no such msgid")
	}
	var list []map[string]any
	for _, chat := range k.chats {
		list = append(list, map[string]any{"chat_id": chat, "userid": k.sender, "status": k.status[chat]})
	}
	return map[string]any{"send_list": list}, nil
}

func (t *Town) remind(c call) (map[string]any, *refused) {
	var in struct {
		ID string `json:"msgid"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	k := t.taskOf(in.ID)
	if k == nil {
		return nil, no(40058, "no such msgid")
	}
	if k.reminded++; k.reminded > 3 {
		t.faultLocked("somebody was reminded more than three times")
		return nil, no(41093, "too many reminders")
	}
	return nil, nil
}

func (t *Town) welcomeMsg(c call) (map[string]any, *refused) {
	var in struct {
		Code string `json:"welcome_code"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	if bad := c.read(&in); bad != nil {
		return nil, bad
	}
	w, ok := t.welcomes[in.Code]
	switch {
	case !ok || w.kind != "contact" || !t.c.Clock().Before(w.ends):
		t.faultLocked("a welcome came too late or for nobody")
		return nil, no(41050, "welcome code expired")
	case w.used:
		t.faultLocked("somebody was welcomed twice")
		return nil, no(41051, "externaluser has started chatting")
	}
	w.used = true
	t.welcomes[in.Code] = w
	return nil, nil
}
