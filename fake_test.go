package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tuanbot/bot/fake"
	"tuanbot/bot/wechat"
	"tuanbot/bot/wecom"
	"tuanbot/configs"
)

// fair is the real program before stand-ins of the platforms, as `tuanbot fake --serve` runs them.
type fair struct {
	t   *testing.T
	f   *fakeTown
	app *App
}

func openFair(t *testing.T) *fair {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := configs.Load(configs.Sources{Overrides: map[string]string{"listen": "127.0.0.1:0", "metrics_listen": "", "data_dir": t.TempDir()}})
	must(t, err)
	return openFairWith(t, s, log)
}

// openFairWith opens a fair with these settings.
func openFairWith(t *testing.T, s configs.Settings, log *slog.Logger) *fair {
	t.Helper()
	f, err := openFakes(t.Context(), 0, "http://127.0.0.1:1", log)
	must(t, err)
	app, err := Build(t.Context(), f.apply(s), log)
	must(t, err)
	f.wechat.SetHook(app.baseURL() + "/hook/wechat")
	f.wecom.SetHook(app.baseURL() + "/hook/wecom")
	must(t, f.appoint(t.Context(), app))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- f.run(ctx, log) }()
	go func() { done <- app.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return &fair{t: t, f: f, app: app}
}

// sees waits until a person sees a text, and returns the message.
func (w *fair) sees(p fake.Platform, who, chat, text string) fake.Message {
	w.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		shown := p.Shown(who, chat)
		for _, m := range slices.Backward(shown) {
			if m.From == "" && strings.Contains(m.Text, text) {
				return m
			}
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s never shows %q to %s: %+v", p.Name(), text, who, shown)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (w *fair) press(p fake.Platform, who string, m fake.Message, label string) {
	w.t.Helper()
	for _, b := range m.Buttons {
		if strings.Contains(b.Label, label) {
			must(w.t, p.Press(w.t.Context(), who, m.ID, b.Press))
			return
		}
	}
	w.t.Fatalf("no button %q in %+v", label, m)
}

// TestOneSaleOnTwoPlatforms: posted in a Telegram group, joined there and by a follower of the official account.
func TestOneSaleOnTwoPlatforms(t *testing.T) {
	t.Parallel()
	w := openFair(t)
	<-w.f.ready
	tg, wx, group := w.f.telegram, w.f.wechat, w.f.group
	people := tg.People()
	leader, ming := w.f.leaders["telegram"], people[1].ID
	must(t, tg.Say(t.Context(), leader, group, "开团 阳光玫瑰 2斤装 29.9元 满3份成团 明天20点截止 3号楼大厅自提"))
	preview := w.sees(tg, leader, group, "阳光玫瑰")
	w.press(tg, leader, preview, "发")
	posted := w.sees(tg, ming, group, "团号")
	code := regexp.MustCompile(`团号 (\w+)`).FindStringSubmatch(posted.Text)[1]
	must(t, tg.Say(t.Context(), ming, group, "+2"))
	w.sees(tg, ming, group, "小明 +2")
	const aunt = "oStandIn0002"
	must(t, wx.Open(t.Context(), aunt, "deal "+code))
	w.sees(wx, aunt, "", "阳光玫瑰")
	must(t, wx.Say(t.Context(), aunt, "", "+1"))
	w.sees(wx, aunt, "", "已记下")
	w.sees(tg, ming, group, "现在 3 份")
	for _, p := range []fake.Platform{tg, wx} {
		for _, f := range p.Faults() {
			t.Errorf("%s: %s", p.Name(), f)
		}
	}
}

// TestWeComBeforeItsStandIn: a member posts in the app, a customer joins by customer service, the group by the AI bot.
func TestWeComBeforeItsStandIn(t *testing.T) {
	t.Parallel()
	w := openFair(t)
	on, lead := w.f.wecom, "ZhaoTuan"
	for _, door := range []string{"", "/kf", "/bot"} {
		must(t, on.Verify(t.Context(), door))
	}
	must(t, on.Say(t.Context(), lead, "", "我的订单"))
	w.sees(on, lead, "", "订单")
	for _, p := range on.People() {
		if p.Name == "孙阿姨" {
			must(t, on.Say(t.Context(), p.ID, "", "帮助"))
			w.sees(on, p.ID, "", "")
		}
	}
	group := on.Chats()[0].ID
	must(t, on.Say(t.Context(), lead, group, "@助手 进度"))
	w.sees(on, lead, group, "")
	for _, f := range on.Faults() {
		t.Errorf("wecom complains: %s", f)
	}
}

// TestALeaderOfCustomerGroups: a member of the company posts a deal, hands out the ways in, has it sent into a customer group
// of theirs, and hears what became of that.
func TestALeaderOfCustomerGroups(t *testing.T) {
	t.Parallel()
	w := openFair(t)
	on, lead := w.f.wecom, "ZhaoTuan"
	say := func(text string) { must(t, on.Say(t.Context(), lead, "", text)) }
	w.company().RefreshGroups(t.Context())
	say("开团 紫葡萄 2斤装 29.9元 满3份成团 明天20点截止 3号楼大厅自提")
	where := w.sees(on, lead, "", "发到哪个群")
	w.button(where, "幸福里客户群")
	w.press(on, lead, where, "阳光小区")
	w.press(on, lead, w.sees(on, lead, "", "紫葡萄"), "发")
	posted := w.sees(on, lead, "", "团号")
	code := regexp.MustCompile(`团号 ?(\w+)`).FindStringSubmatch(posted.Text)[1]
	group := on.Chats()[1]
	say("发到 " + group.Title)
	w.sees(on, lead, "", "请打开企业微信")
	if on.Confirm(lead) != 1 {
		t.Fatal("there is one task to confirm")
	}
	w.sees(on, lead, group.ID, "紫葡萄")
	w.company().FollowTasks(t.Context())
	w.sees(on, lead, "", "已发")
	say("二维码")
	w.sees(on, lead, "", "进群码")
	kf := w.sees(on, lead, "", "微信客服")
	i := slices.IndexFunc(kf.Buttons, func(b fake.Button) bool { return strings.HasSuffix(b.URL, "scene_param=deal_"+code) })
	if i < 0 {
		t.Fatalf("no way to customer service: %+v", kf)
	}
	aunt := w.wecomCustomer("孙阿姨")
	must(t, on.Open(t.Context(), aunt, "deal "+code))
	must(t, on.Say(t.Context(), aunt, "", "+2"))
	w.sees(on, aunt, "", "已记下")
	must(t, on.Say(t.Context(), aunt, "", "二维码"))
	w.sees(on, aunt, "", "扫码跟团")
	for _, m := range on.Shown(aunt, "") {
		if strings.Contains(m.Text, "进群码") {
			t.Errorf("a shopper hands out the leader's group: %q", m.Text)
		}
	}
	for _, f := range on.Faults() {
		t.Errorf("wecom complains: %s", f)
	}
}

// TestTheSamePersonInCustomerService: whom the official account's login and customer service call by one union id is one person,
// who is told once, where they were last heard of.
func TestTheSamePersonInCustomerService(t *testing.T) {
	t.Parallel()
	w := openFair(t)
	wx, on := w.f.wechat, w.f.wecom
	const follower, union = "oStandIn0002", "oUnionOfZhou"
	must(t, wx.Say(t.Context(), follower, "", "我的订单"))
	w.sees(wx, follower, "", "订单")
	res := httptest.NewRecorder()
	w.app.welcomeVisitor(res, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), wechat.Visitor{OpenID: follower, UnionID: union, To: "/"})
	if res.Code != http.StatusSeeOther {
		t.Fatal(res.Code, res.Body)
	}
	aunt := w.wecomCustomer("孙阿姨")
	on.Unite(aunt, union)
	must(t, on.Say(t.Context(), aunt, "", "我的订单"))
	w.sees(on, aunt, "", "认出你了")
	one, err := w.app.desk.AccountByIdentity(t.Context(), "wechat", follower)
	must(t, err)
	other, err := w.app.desk.AccountByIdentity(t.Context(), "wecom", "k:"+aunt)
	must(t, err)
	if one.ID != other.ID {
		t.Errorf("they are %s and %s", one.ID, other.ID)
	}
	must(t, on.Say(t.Context(), aunt, "", "解绑"))
	w.sees(on, aunt, "", "单独")
	if parted, err := w.app.desk.AccountByIdentity(t.Context(), "wecom", "k:"+aunt); err != nil || parted.ID == one.ID {
		t.Errorf("they are still one: %v", err)
	}
}

// company is the program's channel of that platform.
func (w *fair) company() *wecom.Channel {
	w.t.Helper()
	for _, ch := range w.app.channels {
		if c, ok := ch.(*wecom.Channel); ok {
			return c
		}
	}
	w.t.Fatal("there is no such channel")
	return nil
}

// button wants a button to be there.
func (w *fair) button(m fake.Message, label string) {
	w.t.Helper()
	if !slices.ContainsFunc(m.Buttons, func(b fake.Button) bool { return strings.Contains(b.Label, label) }) {
		w.t.Fatalf("no button %q in %+v", label, m)
	}
}

func (w *fair) wecomCustomer(name string) string {
	w.t.Helper()
	people := w.f.wecom.People()
	i := slices.IndexFunc(people, func(p fake.Person) bool { return p.Name == name })
	if i < 0 {
		w.t.Fatalf("nobody is called %s", name)
	}
	return people[i].ID
}
