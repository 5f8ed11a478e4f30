package wecom

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tuanbot/bot/fake"
)

// Customer service hands out what happened from a cursor; without a token of a callback only ten times a minute.
func TestFetchingCustomerService(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	kf := h.token("kf")
	who := h.town.AddCustomer("王姐")
	for i := range 3 {
		h.town.Happen(object{"external_userid": who, "origin": 3, "msgtype": "text", "text": object{"content": fmt.Sprint(i)}})
	}
	h.town.PageSize(2)
	ask := func(cursor, token string) object {
		return object{"open_kfid": "wkFake", "cursor": cursor, "token": token, "limit": 1000}
	}
	first := h.wants(0, 0, "kf/sync_msg", kf, ask("", ""))
	list, _ := first["msg_list"].([]any)
	if len(list) != 2 || first["has_more"] != 1.0 {
		t.Fatalf("%v", first)
	}
	next, _ := first["next_cursor"].(string)
	second := h.wants(0, 0, "kf/sync_msg", kf, ask(next, ""))
	if list, _ := second["msg_list"].([]any); len(list) != 1 || second["has_more"] != 0.0 {
		t.Fatalf("%v", second)
	}
	h.wants(95008, 1, "kf/sync_msg", kf, ask("CUR99", ""))
	h.wants(95000, 0, "kf/sync_msg", kf, object{"open_kfid": "other", "limit": 10})
	h.wants(95000, 0, "kf/sync_msg", kf, object{"open_kfid": "wkFake", "limit": 1001})
	h.wants(95007, 0, "kf/sync_msg", kf, ask(next, "made up"))
	for range kfNoToken - 3 { // the refused cursor counted too
		h.wants(0, 0, "kf/sync_msg", kf, ask(next, ""))
	}
	h.wants(45009, 0, "kf/sync_msg", kf, ask(next, ""))
	if err := h.town.News(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := ""
	h.town.locked(func() {
		for tok := range h.town.kfTokens {
			token = tok
		}
	})
	h.wants(0, 0, "kf/sync_msg", kf, ask(next, token))
	h.now = h.now.Add(10 * time.Minute)
	h.wants(95007, 0, "kf/sync_msg", kf, ask(next, token))
}

// Five messages within 48 hours of a customer's last one; a repeat with its own id is shown once and costs nothing.
func TestWindowsOfCustomers(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	kf := h.token("kf")
	who := h.town.AddCustomer("王姐")
	text := func(id string) object {
		return object{"touser": who, "open_kfid": "wkFake", "msgid": id, "msgtype": "text", "text": object{"content": "x"}}
	}
	h.wants(95002, 0, "kf/send_msg", kf, text("a"))
	if err := h.town.Say(t.Context(), who, "", "hi"); err != nil {
		t.Fatal(err)
	}
	h.wants(40058, 1, "kf/send_msg", kf, text(""))
	h.wants(40058, 1, "kf/send_msg", kf, text(strings.Repeat("i", 33)))
	h.wants(40058, 1, "kf/send_msg", kf, text("not/good"))
	h.wants(40096, 0, "kf/send_msg", kf, object{"touser": "ZhangSan"})
	h.wants(95000, 0, "kf/send_msg", kf, object{"touser": who, "open_kfid": "other"})
	menu := text("m")
	menu["msgtype"], menu["msgmenu"] = "msgmenu", object{"head_content": "?", "list": []object{}}
	h.wants(40058, 1, "kf/send_msg", kf, menu)
	for _, id := range []string{"a", "a", "b", "c", "d", "e", "e"} {
		h.wants(0, 0, "kf/send_msg", kf, text(id))
	}
	h.wants(95001, 0, "kf/send_msg", kf, text("f"))
	if n := len(h.town.Shown(who, "")); n != 1+5 {
		t.Errorf("%d are shown", n)
	}
	if err := h.town.Say(t.Context(), who, "", "hi"); err != nil {
		t.Fatal(err)
	}
	h.wants(0, 0, "kf/send_msg", kf, text("f"))
	h.now = h.now.Add(48*time.Hour + time.Second)
	kf = h.token("kf")
	h.wants(95002, 0, "kf/send_msg", kf, text("g"))
}

// The code of an event is good once: for twenty seconds after somebody came in, for 48 hours after a session's end.
func TestCodesOfEvents(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	kf := h.token("kf")
	who := h.town.AddCustomer("王姐")
	say := func(code, id string) object {
		return object{"code": code, "msgid": id, "msgtype": "text", "text": object{"content": "x"}}
	}
	code := func() (code string) {
		if err := h.town.Open(t.Context(), who, "deal 7KQ4"); err != nil {
			t.Fatal(err)
		}
		event, _ := h.town.kf[len(h.town.kf)-1]["event"].(map[string]any)
		code, _ = event["welcome_code"].(string)
		return code
	}
	one := code()
	h.wants(95013, 0, "kf/send_msg_on_event", kf, say("made up", "a"))
	h.wants(40008, 1, "kf/send_msg_on_event", kf, object{"code": one, "msgid": "a", "msgtype": "image"})
	h.wants(0, 0, "kf/send_msg_on_event", kf, say(one, "a"))
	h.wants(0, 0, "kf/send_msg_on_event", kf, say(one, "a")) // the same once more
	h.wants(95014, 1, "kf/send_msg_on_event", kf, say(one, "b"))
	two := code()
	h.now = h.now.Add(20 * time.Second)
	h.wants(95013, 0, "kf/send_msg_on_event", kf, say(two, "c"))
	end, _ := h.town.EndSession(who)["msg_code"].(string)
	h.now = h.now.Add(time.Hour)
	h.wants(0, 0, "kf/send_msg_on_event", kf, say(end, "d"))
	if err := h.town.Say(t.Context(), who, "", "hi"); err != nil {
		t.Fatal(err)
	}
	if again := code(); again != "" {
		t.Error("who spoke of late brings no code")
	}
}

// Tasks: of the owner's groups alone, shown when confirmed, reminded three times at most.
func TestTasks(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	contact := h.token("contact")
	group := h.town.AddCustomerGroup("幸福里", "ZhangSan")
	task := func(sender, text string, chats ...string) object {
		return object{"chat_type": "group", "sender": sender, "chat_id_list": chats, "text": object{"content": text}}
	}
	const add = "externalcontact/add_msg_template"
	h.wants(40058, 1, add, contact, task("", "x", group))
	h.wants(40058, 1, add, contact, task("ZhangSan", "", group))
	h.wants(40058, 1, add, contact, task("ZhangSan", strings.Repeat("x", 4001), group))
	h.wants(40058, 1, add, contact, task("ZhangSan", "x"))
	h.wants(40058, 1, add, contact, object{"chat_type": "group", "sender": "ZhangSan", "chat_id_list": []string{group}, "text": object{"content": "x"}, "tag_filter": object{"group_list": nil}})
	if got := h.wants(0, 0, add, contact, task("LiSi", "x", group)); len(got["fail_list"].([]any)) != 1 {
		t.Errorf("somebody else's group: %v", got)
	}
	made := h.wants(0, 0, add, contact, task("ZhangSan", "开团", group))
	result := object{"msgid": made["msgid"], "userid": "ZhangSan"}
	status := func() any {
		got := h.wants(0, 0, "externalcontact/get_groupmsg_send_result", contact, result)
		return got["send_list"].([]any)[0].(map[string]any)["status"]
	}
	if n := len(h.town.Shown("", group)); status() != 0.0 || n != 0 {
		t.Error("it is sent before anybody confirmed")
	}
	h.wants(40058, 0, "externalcontact/get_groupmsg_send_result", contact, object{"msgid": made["msgid"], "userid": "LiSi"})
	for range 3 {
		h.wants(0, 0, "externalcontact/remind_groupmsg_send", contact, object{"msgid": made["msgid"]})
	}
	h.wants(41093, 1, "externalcontact/remind_groupmsg_send", contact, object{"msgid": made["msgid"]})
	if h.town.Confirm("ZhangSan") != 1 || h.town.Confirm("ZhangSan") != 0 || status() != 1.0 || len(h.town.Shown("", group)) != 1 {
		t.Error("a confirmed task is sent once")
	}
}

// Codes to join: one to five customer groups, a mark of thirty bytes, which comes back with who joined. A greeting: once, in
// twenty seconds.
func TestCodesToJoinAndGreetings(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	contact := h.token("contact")
	group := h.town.AddCustomerGroup("幸福里", "ZhangSan")
	way := func(mark string, chats ...string) object {
		return object{"scene": 2, "chat_id_list": chats, "state": mark}
	}
	const add = "externalcontact/groupchat/add_join_way"
	h.wants(40058, 1, add, contact, way("m"))
	h.wants(40058, 1, add, contact, way(strings.Repeat("长", 11), group))
	h.wants(40058, 1, add, contact, way("m", group, group, group, group, group, group))
	h.wants(40058, 1, add, contact, way("m", h.town.AddGroup("内部", "", "ZhangSan")))
	made := h.wants(0, 0, add, contact, way("m", group))
	got := h.wants(0, 0, "externalcontact/groupchat/get_join_way", contact, object{"config_id": made["config_id"]})
	if way, _ := got["join_way"].(map[string]any); way["state"] != "m" || way["qr_code"] == "" {
		t.Errorf("%v", got)
	}
	h.town.Join(group, h.town.AddCustomer("王姐"), "m")
	chat := h.wants(0, 0, "externalcontact/groupchat/get", contact, object{"chat_id": group})
	if !strings.Contains(fmt.Sprint(chat), "state:m") {
		t.Errorf("%v", chat)
	}
	h.wants(49008, 0, "externalcontact/groupchat/get", contact, object{"chat_id": "none"})
	if err := h.town.AppEvent(t.Context(), "ZhangSan", "change_external_contact", [2]string{"WelcomeCode", "W1"}); err != nil {
		t.Fatal(err)
	}
	greet := object{"welcome_code": "W1", "text": object{"content": "hi"}}
	const send = "externalcontact/send_welcome_msg"
	h.wants(0, 0, send, contact, greet)
	h.wants(41051, 1, send, contact, greet)
	h.now = h.now.Add(21 * time.Second)
	h.wants(41050, 1, send, contact, greet)
}

// Callbacks come four times until one is answered well, with the same signature each time; the group's talk comes only when
// the bot is mentioned.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.bot = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	if err := h.town.Say(t.Context(), "ZhangSan", "", "+2"); err == nil || len(h.got) != 4 {
		t.Errorf("%d deliveries, %v", len(h.got), err)
	}
	for _, r := range h.got[1:] {
		if r.URL.RawQuery != h.got[0].URL.RawQuery {
			t.Error("a redelivery is signed anew")
		}
	}
	for name, bad := range map[string]string{"plain": "好的", "plain XML": "<xml><Content>x</Content></xml>", "sealed wrongly": "<xml><Encrypt>AAAA</Encrypt><MsgSignature>x</MsgSignature><TimeStamp>1</TimeStamp><Nonce>1</Nonce></xml>"} {
		h.bot = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, bad) }
		if err := h.town.Say(t.Context(), "ZhangSan", "", "+2"); err == nil || h.faults() != 4 {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.bot, h.got = nil, nil
	group := h.town.AddGroup("群", "", "ZhangSan")
	for text, want := range map[string]int{"大家好": 0, "@助手 +2": 1, "+2 @助手": 1} {
		h.got = nil
		if err := h.town.Say(t.Context(), "ZhangSan", group, text); err != nil || len(h.got) != want {
			t.Errorf("%q: %d deliveries, %v", text, len(h.got), err)
		}
	}
	for _, echo := range []string{"", "\ufeffecho", "\"echo\"", "echo\n"} {
		h.bot = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, echo) }
		if err := h.town.Verify(t.Context(), ""); err == nil {
			t.Errorf("%q passes for an echo", echo)
		}
	}
}

// streamOf is a sealed answer of the AI bot.
func (h *hand) streamOf(id, text string, finish bool) string {
	h.t.Helper()
	body := fmt.Sprintf(`{"msgtype":"stream","stream":{"id":%q,"finish":%v,"content":%q}}`, id, finish, text)
	sealed, err := fake.Seal(testSeal("3").AESKey, "", []byte(strings.Repeat("r", 16)), []byte(body))
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprintf(`{"encrypt":%q,"msgsignature":%q,"timestamp":5,"nonce":"n"}`, sealed, fake.Sign(testSeal("3").Token, "5", "n", sealed))
}

// Answers of the AI bot: one message that goes on until it is finished, at most three unfinished ones, at most six minutes.
func TestStreams(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	answers := func(id, text string, finish bool) {
		sealed := h.streamOf(id, text, finish)
		h.bot = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, sealed) }
	}
	say := func() {
		if err := h.town.SayToBot(t.Context(), "ZhangSan", "+2"); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(want int) {
		t.Helper()
		if open, err := h.town.Ask(t.Context()); err != nil || open != want {
			t.Errorf("%d open, %v", open, err)
		}
	}
	answers("s1", "…", false)
	say()
	ask(1)
	answers("s1", "好", true)
	ask(0)
	if all := h.town.Shown("ZhangSan", ""); len(all) != 1 || all[0].Text != "好" || all[0].Edited != 1 || h.faults() != 0 {
		t.Errorf("%+v", all)
	}
	answers("s1", "还有", false)
	say()
	if h.faults() != 1 {
		t.Error("a finished answer goes on")
	}
	for i := range 4 {
		answers(fmt.Sprint("many", i), "…", false)
		say()
	}
	if h.faults() != 1 {
		t.Error("four unfinished answers at once")
	}
	h.now = h.now.Add(6 * time.Minute)
	ask(0)
	if h.faults() != 4 {
		t.Error("answers without an end")
	}
	answers("s9", "", true)
	if err := h.town.SayToBot(t.Context(), "ZhangSan", "+2"); err == nil || h.faults() == 0 {
		t.Error("an answer without words")
	}
}

// The address of one more answer is good once, for an hour.
func TestAddressesOfAnswers(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	if err := h.town.SayToBot(t.Context(), "ZhangSan", "+2"); err != nil {
		t.Fatal(err)
	}
	code := ""
	h.town.locked(func() {
		for c := range h.town.answers {
			code = c
		}
	})
	q := map[string][]string{"response_code": {code}}
	md := object{"msgtype": "markdown", "markdown": object{"content": "好"}}
	h.wants(40058, 0, "aibot/response", map[string][]string{"response_code": {"made up"}}, md)
	h.wants(40058, 1, "aibot/response", q, object{"msgtype": "text", "text": object{"content": "好"}})
	h.wants(0, 0, "aibot/response", q, md)
	h.wants(40058, 1, "aibot/response", q, md)
	h.now = h.now.Add(time.Hour)
	h.wants(40058, 0, "aibot/response", q, md)
}
