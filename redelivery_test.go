package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tuanbot/bot"
	"tuanbot/configs"
)

// journal is a log that several goroutines write, to be searched afterwards.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

// holds returns the secrets that were written down.
func (j *journal) holds(secrets map[string]string) (found []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name, secret := range secrets {
		if secret != "" && bytes.Contains(j.b.Bytes(), []byte(secret)) {
			found = append(found, name)
		}
	}
	return found
}

// pairs are the engine pairs that are there: the embedded one always.
func pairs(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{"SQLite": {}}
	dsn := os.Getenv("TUANBOT_TEST_MYSQL")
	if dsn == "" {
		if os.Getenv("TUANBOT_TEST_REQUIRE") != "" {
			t.Fatal("TUANBOT_TEST_MYSQL is not set")
		}
		return all
	}
	name := fmt.Sprintf("redelivery%d", os.Getpid())
	db, err := sql.Open("mysql", dsn)
	must(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	must(t, err)
	must(t, db.Close())
	cfg, err := mysql.ParseDSN(dsn)
	must(t, err)
	cfg.DBName = name
	url, _, _ := strings.Cut(cfg.FormatDSN(), "?") // the program chooses its own parameters
	all["MariaDB"] = map[string]string{"database_url": "mysql://" + url, "migrate": "true"}
	if redis := os.Getenv("TUANBOT_TEST_REDIS"); redis != "" {
		all["MariaDB"]["redis_url"] = redis
	}
	return all
}

// TestRedeliveriesChangeNothing: every message of a sale on all platforms comes again up to four times; no count moves, the
// words are the same, and no secret of a channel is in anything that the program logged on the way, failures included.
func TestRedeliveriesChangeNothing(t *testing.T) {
	t.Parallel()
	for engine, settings := range pairs(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			log := &journal{}
			w := openFairOn(t, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), settings)
			w.redeliver(t)
			w.failures(t)
			access, _ := w.f.wechat.AccessToken()
			secrets := map[string]string{
				"Telegram's token": fakeTelegramToken, "the secret half of it": strings.SplitN(fakeTelegramToken, ":", 2)[1], "the account's secret": fakeWeChatSecret,
				"the callback's token": fakeWeChatToken, "the AES key": fakeWeChatKey, "the access token": access,
			}
			for _, door := range []string{"app", "kf", "bot"} {
				secrets["WeCom's token of "+door], secrets["WeCom's AES key of "+door] = fakeSeal(door).Token, fakeSeal(door).AESKey
			}
			for _, door := range []string{"app", "kf", "contact"} {
				secrets["WeCom's secret of "+door], secrets["WeCom's access token of "+door] = fakeSecret(door), w.f.wecom.Tokens()[door]
			}
			secrets["the robot's key"] = fakeRobot
			if len(secrets) != 6+2*3+2*3+1 || secrets["WeCom's access token of contact"] == "" {
				t.Errorf("%d secrets to look for: some were never in use", len(secrets))
			}
			for _, name := range log.holds(secrets) {
				t.Errorf("%s is in the log", name)
			}
			for name, secret := range secrets { // the search finds what is there
				planted := &journal{}
				slog.New(slog.NewTextHandler(planted, nil)).Info("call", "url", "https://api.test/bot"+secret+"/getMe?secret="+secret)
				if len(planted.holds(map[string]string{name: secret})) != 1 {
					t.Errorf("%s was planted in a log and not found", name)
				}
			}
		})
	}
}

// redeliver plays a sale in which the platforms lose every acknowledgement.
func (w *fair) redeliver(t *testing.T) {
	t.Helper()
	<-w.f.ready
	tg, wx, group := w.f.telegram, w.f.wechat, w.f.group
	wx.Repeat(4) // the stand-in complains when the words of a repeat differ
	people := tg.People()
	leader, ming := w.f.leaders["telegram"], people[1].ID
	say := func(who, text string) {
		t.Helper()
		must(t, tg.Say(t.Context(), who, group, text))
		for range 4 {
			must(t, tg.Again(t.Context()))
		}
	}
	say(leader, "开团 阳光玫瑰 2斤装 29.9元 满90份成团 明天20点截止 3号楼大厅自提")
	w.press(tg, leader, w.sees(tg, leader, group, "阳光玫瑰"), "发")
	for range 4 {
		must(t, tg.Again(t.Context()))
	}
	posted := w.sees(tg, ming, group, "团号")
	code := strings.Trim(posted.Text[strings.Index(posted.Text, "团号")+len("团号"):][:6], " ，")
	say(ming, "+2")
	w.sees(tg, ming, group, "小明 +2")
	for _, who := range []string{"oStandIn0002", "oStandIn0003"} {
		must(t, wx.Open(t.Context(), who, "deal "+code))
		must(t, wx.Say(t.Context(), who, "", "+1"))
		w.sees(wx, who, "", "已记下")
	}
	must(t, wx.Say(t.Context(), "oStandIn0003", "", "改成 3"))
	say(ming, "改成 4")
	w.sees(tg, ming, group, "小明改成")
	w.redeliverCompany(t, code)
	sheet, err := w.app.desk.DealByCode(t.Context(), code)
	must(t, err)
	if live := sheet.Teams[0].Live; live.Shares != 4+1+3+2+3 || live.People != 5 {
		t.Errorf("%d shares of %d people, want 13 of 5", live.Shares, live.People)
	}
	events, err := w.app.desk.EventsOfDeal(t.Context(), sheet.Deal.ID, 100)
	must(t, err)
	if len(events) != 1+5+3 {
		t.Errorf("%d events, want the post, five joins and three changes", len(events))
	}
	count := 0
	for _, m := range tg.Shown(ming, group) {
		if m.From == "" && strings.Contains(m.Text, "小明 +2") && !strings.Contains(m.Text, "截止") {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the echo of +2 was said %d times", count)
	}
	for _, f := range slices.Concat(tg.Faults(), wx.Faults(), w.f.wecom.Faults()) {
		t.Errorf("a stand-in complains: %s", f)
	}
}

// redeliverCompany lets a member join in the app and a customer by customer service, whose callbacks come five times each and
// once more when all is over; the stand-in complains when the words of a repeat differ.
func (w *fair) redeliverCompany(t *testing.T, code string) {
	t.Helper()
	on, aunt := w.f.wecom, w.wecomCustomer("孙阿姨")
	on.Repeat(4)
	do := func(err error) {
		t.Helper()
		must(t, err)
		must(t, on.Again())
	}
	do(on.Say(t.Context(), "LiSi", "", code+" +2"))
	w.sees(on, "LiSi", "", "已记下")
	do(on.Open(t.Context(), aunt, "deal "+code))
	do(on.Say(t.Context(), aunt, "", "+1"))
	w.sees(on, aunt, "", "已记下")
	do(on.Say(t.Context(), aunt, "", "改成 3"))
	do(on.Say(t.Context(), "LiSi", on.Chats()[0].ID, "@助手 我的订单"))
	w.sees(on, "LiSi", on.Chats()[0].ID, "应用")
	said := 0
	for _, m := range on.Shown(aunt, "") {
		if m.From == "" && strings.Contains(m.Text, "已记下") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the customer reads %d times that it is written down", said)
	}
}

// failures lets calls of the platforms' interfaces fail in ways whose errors tell addresses and tokens.
func (w *fair) failures(t *testing.T) {
	t.Helper()
	w.f.wechat.Fail("/cgi-bin/message/custom/send", 500, 45009, 40001, 502)
	on := w.f.wecom
	for _, path := range []string{"message/send", "kf/send_msg", "kf/sync_msg", "webhook/send", "externalcontact/add_msg_template", "externalcontact/groupchat/list", "agent/get"} {
		on.Fail("/cgi-bin/"+path, 500, 40001, 50001)
	}
	for i, to := range []string{"u:LiSi", "k:" + w.wecomCustomer("孙阿姨"), "r:楼下", "g:" + on.Chats()[1].ID} {
		for try := range 3 {
			w.company().Send(t.Context(), bot.Outgoing{To: bot.Address{Chat: to}, Reply: bot.Reply{Text: "x"}, Key: fmt.Sprint("failing", i, try)})
		}
	}
	w.company().RefreshGroups(t.Context())
	for _, ch := range w.app.channels {
		for _, f := range ch.Check(t.Context()) {
			w.app.log.Info("finding", "what", f.What, "detail", f.Detail, "advice", f.Advice)
		}
	}
}

// openFairOn is openFair with a log and an engine pair of one's own.
func openFairOn(t *testing.T, log *slog.Logger, settings map[string]string) *fair {
	t.Helper()
	over := map[string]string{"listen": "127.0.0.1:0", "metrics_listen": "", "data_dir": t.TempDir()}
	env := make([]string, 0, len(settings))
	for k, v := range settings {
		env = append(env, "TUANBOT_"+strings.ToUpper(k)+"="+v)
	}
	s, err := configs.Load(configs.Sources{Overrides: over, Environ: env})
	must(t, err)
	return openFairWith(t, s, log)
}
