package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	fakewc "tuanbot/bot/fake/wecom"
	"tuanbot/bot/wecom"
)

// cache is shared by copies, and may break.
type cache struct {
	mu     sync.Mutex
	values map[string]string
	broken bool
}

var errBroken = errors.New("broken")

func (c *cache) Get(_ context.Context, key string) (string, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return "", false, errBroken
	}
	v, ok := c.values[key]
	return v, ok, nil
}

func (c *cache) Set(_ context.Context, key, value string, ttl time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken || ttl <= 0 {
		return errBroken
	}
	c.values[key] = value
	return nil
}

func (c *cache) Delete(_ context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, key)
	return nil
}

func (c *cache) keys() []string { return slices.Sorted(maps.Keys(c.values)) }

// In a group the AI bot hears its mentions only, and answers in the callback.
func TestMentionsInGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Repeat(3)
	w.answer(bot.Reply{Text: "已记下 _2_ 份", Choices: []bot.Choice{{Label: "撤销", Action: "undo"}, {Label: "看看", URL: "https://tuan.example.org/d/7_K_Q4"}}})
	w.speak(member, w.group, "昨天的葡萄很甜")
	if len(w.updates()) != 0 {
		t.Fatal("it listens to people among themselves")
	}
	for text, want := range map[string]string{"@团购助手 +2": "+2", "+3 @团购助手": "+3", "@团购助手\u2005A*2 B+1": "A*2 B+1", "@团购助手": "help"} {
		w.speak(member, w.group, text)
		up := w.last()
		if up.Text != want || !up.Spoken || up.Chat.ID != "b:"+w.group || up.Chat.Kind != bot.ChatGroup || up.Person.ID != "u:"+member || up.Person.Name != "张三" || up.Account != "AIBOT1" {
			t.Errorf("%q: %+v", text, up)
		}
	}
	m := w.lastShown(member, w.group)
	if m.Form != "stream" || strings.Contains(m.Text, "_2_") || len(m.Buttons) != 2 || m.Buttons[0].URL != "https://tuan.example.org/d/7_K_Q4" {
		t.Errorf("shown %+v", m)
	}
	w.good(w.town.Press(t.Context(), member, m.ID, "撤销"))
	if up := w.last(); up.Action != "undo" {
		t.Errorf("pressed %+v", up)
	}
	w.good(w.town.SayToBot(t.Context(), member, "+2"))
	if up := w.last(); up.Chat.Kind != bot.ChatPrivate || up.Chat.ID != "u:"+member {
		t.Errorf("alone: %+v", up)
	}
	w.noFaults()
}

// What is private leaves as an app message; the group hears only where it was said.
func TestPrivateAnswersFromAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.town.Repeat(2)
	w.answer(bot.Reply{Text: "你的取货码 4821", Private: true})
	w.speak(member, w.group, "@团购助手 我的订单")
	if m := w.lastShown(member, w.group); strings.Contains(m.Text, "4821") || m.Text == "" {
		t.Errorf("the group reads %q", m.Text)
	}
	if all := w.shown(member, ""); len(all) != 1 || !strings.Contains(all[0].Text, "4821") {
		t.Errorf("they read %+v", all)
	}
	w.town.Hide(member)
	w.speak(member, w.group, "@团购助手 付款")
	if m := w.lastShown(member, w.group); strings.Contains(m.Text, "4821") || !strings.Contains(m.Text, "私聊") {
		t.Errorf("the group reads %q", m.Text)
	}
	w.noFaults()
}

// The address of one more answer: once, within an hour, at the platform only, and never for somebody else's server.
func TestOneMoreAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chat := "b:" + w.group
	if out := w.push(chat, "a", bot.Reply{Text: "成团了"}); out.Sent != bot.SentRefused || out.Reason != "no_robot" {
		t.Errorf("%+v", out)
	}
	w.town.Repeat(3)
	w.speak(member, w.group, "@团购助手 +2")
	if out := w.push(chat, "b", bot.Reply{Text: "成团了"}); out.Sent != bot.SentOK || w.lastShown(member, w.group).Form != "late" {
		t.Errorf("%+v", out)
	}
	if out := w.push(chat, "c", bot.Reply{Text: "成团了"}); out.Sent != bot.SentRefused {
		t.Errorf("a second: %+v", out)
	}
	w.speak(member, w.group, "@团购助手 +2")
	w.clock.forward(61 * time.Minute)
	if out := w.push(chat, "d", bot.Reply{Text: "成团了"}); out.Sent != bot.SentRefused {
		t.Errorf("after an hour: %+v", out)
	}
	evil := strings.Replace(botBody, `"msgid":"CAIQ1"`, `"msgid":"CAIQ9","response_url":"http://evil.invalid/x"`, 1)
	if code, _ := w.post("/bot", evil, nil); code != 200 {
		t.Errorf("%d", code)
	}
	if out := w.push("b:wr1", "e", bot.Reply{Text: "成团了"}); out.Sent != bot.SentRefused {
		t.Errorf("somebody else's server was called: %+v", out)
	}
	w.noFaults()
}

// An answer that takes longer than the platform waits leaves as a message of its own where it cannot be a stream.
func TestSlowAnswersLeaveLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(bot.Reply{Text: "慢慢来"})
	letGo, landed := w.late()
	w.speak(member, "", "+2")
	close(letGo)
	landed()
	if m := w.lastShown(member, ""); m.Text != "慢慢来" {
		t.Errorf("%+v", m)
	}
	w.noFaults()
}

type handler func(up bot.Update) []bot.Reply

func (h handler) Handle(_ context.Context, up bot.Update) ([]bot.Reply, error) { return h(up), nil }

// A robot and the AI bot are joined by a code that proves that both are in the same group.
func TestRobotAndBotAreJoined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := w.town.AddGroup("别的群", "another-key", member)
	w.speak(member, elsewhere, "@团购助手 机器人 3号楼")
	for i := range 6 {
		w.speak(member, elsewhere, fmt.Sprint("@团购助手 绑定 ", 100000+i))
	}
	code := digits(w.lastShown(member, w.group).Text)[:6] // after five wrong ones the right one is no use either
	if w.speak(member, elsewhere, "@团购助手 绑定 "+code); !strings.Contains(w.lastShown(member, elsewhere).Text, "不对") {
		t.Error("it may be guessed for ever")
	}
	if out := w.push("b:"+elsewhere, "a", bot.Reply{Text: "x"}); out.Reason == "" && out.Sent == bot.SentOK && w.lastShown(member, w.group).Text == "x" {
		t.Error("a robot of another group was taken by guessing")
	}
	w.bind()
	w.noFaults()
	if got := w.texts(); len(got) != 0 {
		t.Errorf("heard %q", got)
	}
	w.speak(member, w.town.AddGroup("第三个群", "", member), "@团购助手 绑定 4821")
	if up := w.last(); up.Text != "绑定 4821" {
		t.Errorf("a word of the program's own is lost: %+v", up)
	}
	w.forgetHeard()
	if len(w.updates()) != 0 {
		t.Errorf("heard %+v", w.updates())
	}
	out := w.push("b:"+w.group, "b", bot.Reply{Text: "成团了", Choices: []bot.Choice{{Label: "来 1 份", Action: "join"}}})
	m := w.lastShown(member, w.group)
	if out.Sent != bot.SentOK || m.Form != "robot" || len(m.Buttons) != 1 {
		t.Fatalf("%+v %+v", out, m)
	}
	w.good(w.town.Press(t.Context(), member, m.ID, "来 1 份"))
	if up := w.last(); up.Action != "join" {
		t.Errorf("%+v", up)
	}
	w.speak(member, w.group, "@团购助手 机器人 没有的")
	if m := w.lastShown(member, w.group); !strings.Contains(m.Text, "没有") {
		t.Errorf("%+v", m)
	}
}

// A customer group: a member of staff is asked, confirms, and the leader hears of it. One a day.
func TestTasksForCustomerGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.town.AddCustomerGroup("幸福里", member, w.customer)
	card := bot.Reply{Text: "开团啦 <b>", Choices: []bot.Choice{{Label: "看看", URL: "https://tuan.example.org/d/7KQ4"}, {Label: "来 1 份", Action: "x"}}}
	first := w.push("g:"+group, "k", card)
	if again := w.push("g:"+group, "k", card); first.Sent != bot.SentOK || again.Sent != bot.SentOK || again.MessageID != first.MessageID {
		t.Errorf("%+v, then %+v", first, again)
	}
	if out := w.push("g:"+group, "k2", card); out.Sent != bot.SentRefused || out.Reason != "once_a_day" {
		t.Errorf("%+v", out)
	}
	if n := len(w.shown("", group)); n != 0 {
		t.Error("it is shown before anybody confirmed")
	}
	w.clock.forward(5 * time.Hour)
	w.ch.FollowTasks(t.Context())
	w.ch.FollowTasks(t.Context())
	if w.town.Reminded() != 1 {
		t.Errorf("reminded %d times", w.town.Reminded())
	}
	if w.town.Confirm(member) != 1 {
		t.Fatal("there is one task")
	}
	for range 2 {
		w.ch.FollowTasks(t.Context())
	}
	if all := w.shown(member, ""); len(all) != 2 || !strings.Contains(all[0].Text, "“幸福里”的消息备好了") || !strings.Contains(all[1].Text, "“幸福里”的消息已发到 1 个群") {
		t.Errorf("the leader reads %+v", all)
	}
	tasks, err := w.ch.Tasks(t.Context())
	if err != nil || len(tasks) != 1 || !tasks[0].Done || tasks[0].Sent != 1 {
		t.Errorf("%+v %v", tasks, err)
	}
	w.clock.forward(24 * time.Hour)
	if out := w.push("g:"+group, "k3", card); out.Sent != bot.SentOK {
		t.Errorf("the next day: %+v", out)
	}
	for range 30 {
		w.clock.forward(3 * time.Hour)
		w.ch.FollowTasks(t.Context())
	}
	if m := w.lastShown(member, ""); !strings.Contains(m.Text, "没发出去") {
		t.Errorf("nobody confirmed: %+v", m)
	}
	w.noFaults()
}

// A request whose answer is lost is never made again by itself: staff would be asked twice.
func TestUnclearTasksAreNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.town.AddCustomerGroup("幸福里", member)
	w.town.Fail(pathTask, 502)
	for range 2 {
		if out := w.push("g:"+group, "k", bot.Reply{Text: "x"}); out.Sent != bot.SentUnknown {
			t.Errorf("%+v", out)
		}
	}
	w.town.Fail(pathTask, -1)
	if out := w.push("g:"+w.town.AddCustomerGroup("二", member), "k2", bot.Reply{Text: "x"}); out.Sent != bot.SentRetry {
		t.Errorf("%+v", out)
	}
	if out := w.push("g:wrNone", "k3", bot.Reply{Text: "x"}); out.Sent == bot.SentOK {
		t.Errorf("%+v", out)
	}
}

// Events of customer groups may be late or lost: the group is fetched, and daily all are.
func TestGroupsAreFetchedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.town.AddCustomerGroup("幸福里", member, w.customer)
	qr, err := w.ch.JoinQR(t.Context(), "楼道海报", group)
	again, err2 := w.ch.JoinQR(t.Context(), "楼道海报", group)
	if err != nil || err2 != nil || qr == "" || qr != again {
		t.Errorf("%q %q %v %v", qr, again, err, err2)
	}
	if _, err := w.ch.JoinQR(t.Context(), strings.Repeat("长", 11), group); err == nil {
		t.Error("a mark of 33 bytes")
	}
	w.town.Join(group, w.town.AddCustomer("新人"), "楼道海报")
	w.good(w.town.AppEvent(t.Context(), "sys", "change_external_chat", [2]string{"ChatId", group}, [2]string{"ChangeType", "update"}, [2]string{"UpdateDetail", "add_member"}, [2]string{"JoinScene", "3"}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = w.ch.Run(ctx) // waits for what is under way
	w.ch.RefreshGroups(t.Context())
	groups, err := w.ch.Groups(t.Context())
	if err != nil || len(groups) != 1 || groups[0].Members != 2 || groups[0].States["楼道海报"] != 1 || groups[0].Owner != member {
		t.Errorf("%+v %v", groups, err)
	}
	w.answer(bot.Reply{Text: "好"})
	w.speak(member, "", "@幸福里 转团 7KQ4")
	if up := w.last(); up.Chat.ID != "g:"+group || up.Text != "转团 7KQ4" || up.Chat.Kind != bot.ChatGroup {
		t.Errorf("its owner speaks for it: %+v", up)
	}
	other := w.town.AddMember("LiSi", "李四")
	w.speak(other, "", "@幸福里 转团 7KQ4")
	if up := w.last(); up.Chat.Kind != bot.ChatPrivate {
		t.Errorf("somebody else does not: %+v", up)
	}
	w.forgetHeard()
	w.town.Repeat(2)
	w.good(w.town.AppEvent(t.Context(), "sys", "change_external_chat", [2]string{"ChatId", group}, [2]string{"ChangeType", "dismiss"}))
	for _, up := range w.updates() {
		if up.Kind != bot.KindGone || up.Chat.ID != "g:"+group || up.Key != w.updates()[0].Key || up.Hash != w.updates()[0].Hash {
			t.Errorf("dismissed: %+v", up)
		}
	}
	if len(w.updates()) == 0 {
		t.Error("nobody heard that the group is no more")
	}
	if groups, _ := w.ch.Groups(t.Context()); len(groups) != 0 {
		t.Errorf("dismissed: %+v", groups)
	}
	w.noFaults()
}

// A new contact of a member of staff is greeted once, within 20 seconds.
func TestNewContactsAreGreetedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	greet := func(code string) {
		w.good(w.town.AppEvent(t.Context(), "sys", "change_external_contact", [2]string{"ChangeType", "add_external_contact"}, [2]string{"UserID", member}, [2]string{"ExternalUserID", w.customer}, [2]string{"WelcomeCode", code}))
	}
	w.town.Repeat(3)
	greet("W1")
	count := func() (n int) {
		for _, c := range w.town.Calls() {
			if c == "/cgi-bin/externalcontact/send_welcome_msg" {
				n++
			}
		}
		return n
	}
	if count() != 1 {
		t.Errorf("greeted %d times", count())
	}
	w.town.Repeat(0)
	for _, code := range []int{41051, 41096} {
		w.town.Fail("/cgi-bin/externalcontact/send_welcome_msg", code)
		greet(fmt.Sprint("W", code))
	}
	if strings.Contains(w.log.String(), "not greeted") {
		t.Error("that another app greets is no fault")
	}
	body := w.town.XML("sys", "event", "<Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType><WelcomeCode>W9</WelcomeCode>")
	w.clock.forward(25 * time.Second)
	before := count()
	if code, _ := w.post("", body, nil); code != 200 || count() != before {
		t.Errorf("%d, a code that is over was tried", code)
	}
	w.noFaults()
}

func TestDoorsThatAreNotSetUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *fakewc.Config, c *wecom.Config) {
		*c = wecom.Config{Robots: c.Robots, Bot: c.Bot, Notes: c.Notes, Clock: c.Clock, Random: c.Random, Log: c.Log, Taker: c.Taker, HTTP: c.HTTP}
	})
	for _, door := range []string{"", "/kf"} {
		if code, _ := w.post(door, w.textBody(), nil); code != 404 {
			t.Errorf("%q: %d", door, code)
		}
	}
	w.speak(member, w.group, "@团购助手 +2")
	if up := w.last(); up.Text != "+2" || up.Person.Name != "" {
		t.Errorf("%+v", up)
	}
	for _, to := range []string{"u:" + member, "k:" + w.customer, "g:wr1"} {
		if out := w.push(to, to, bot.Reply{Text: "x"}); out.Sent != bot.SentUnreachable || out.Reason == "" {
			t.Errorf("%s: %+v", to, out)
		}
	}
	if out := w.push("r:3号楼", "k", bot.Reply{Text: "x"}); out.Sent != bot.SentOK {
		t.Errorf("%+v", out)
	}
}
