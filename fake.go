package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tuanbot/bot/fake"
	faketelegram "tuanbot/bot/fake/telegram"
	fakewechat "tuanbot/bot/fake/wechat"
	fakewecom "tuanbot/bot/fake/wecom"
	"tuanbot/configs"
	"tuanbot/domain"
	"tuanbot/handlers"
)

// The stand-ins speak with these; they open nothing elsewhere.
const (
	fakeTelegramToken = "424242:stand-in-of-telegram"
	fakeWeChatID      = "wxstandin0001"
	fakeWeChatSecret  = "standinsecret0001"
	fakeWeChatToken   = "standintoken"
	fakeWeChatKey     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	fakeCorp          = "wwstandin0001"
	fakeAgent         = 1000002
	fakeRobot         = "stand-in-robot"
	fakePatience      = 25 * time.Second
	fakePort          = 8090
)

// fakeTown is the stand-ins of all platforms, each behind a door of its own, and the page on which one speaks as their people.
type fakeTown struct {
	telegram *faketelegram.Town
	wechat   *fakewechat.Town
	wecom    *fakewecom.Town
	page     *fake.Page
	doors    []net.Listener // page, telegram, wechat, wecom
	leaders  map[string]string
	group    string
	ready    chan struct{} // closed when the bot was taken into the group
}

// openFakes makes the stand-ins with a few people. Hook is where the program takes callbacks.
func openFakes(ctx context.Context, port int, hook string, log *slog.Logger) (*fakeTown, error) {
	f := &fakeTown{leaders: map[string]string{}, ready: make(chan struct{})}
	var err error
	f.telegram, err = faketelegram.New(faketelegram.Config{Token: fakeTelegramToken, Username: "tuan_bot", Clock: time.Now, Patience: fakePatience})
	if err != nil {
		return nil, err
	}
	f.wechat = fakewechat.New(fakewechat.Config{
		AppID: fakeWeChatID, Secret: fakeWeChatSecret, Token: fakeWeChatToken, AESKey: fakeWeChatKey, Hook: hook + "/hook/wechat",
		Clock: time.Now, Random: rand.Reader, HTTP: &http.Client{Timeout: fakePatience}, Background: true,
	})
	f.wecom = fakewecom.New(fakewecom.Config{
		CorpID: fakeCorp, AgentID: fakeAgent, AppSecret: fakeSecret("app"), KFSecret: fakeSecret("kf"), ContactSecret: fakeSecret("contact"),
		App: fakeSeal("app"), KF: fakeSeal("kf"), Bot: fakeSeal("bot"), KFID: "wkStandIn", BotID: "standin", BotName: "助手",
		Hook: hook + "/hook/wecom", Clock: time.Now, Random: rand.Reader, HTTP: &http.Client{Timeout: fakePatience}, Background: true,
	})
	f.settle()
	if f.page, err = fake.NewPage(log, f.telegram, f.wechat, f.wecom); err != nil {
		return nil, err
	}
	for i := range 4 {
		at := 0
		if port != 0 {
			at = port + i
		}
		door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", at))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open the stand-ins: %w", err), f.close())
		}
		f.doors = append(f.doors, door)
	}
	f.wecom.SetBase(f.address(3))
	return f, nil
}

func fakeSecret(door string) string { return "stand-in-secret-of-" + door }

func fakeSeal(door string) fakewecom.Seal {
	return fakewecom.Seal{Token: "standin" + door, AESKey: fakeWeChatKey[:43-len(door)] + door[:len(door)-1] + "A"}
}

// settle lets people move in.
func (f *fakeTown) settle() {
	var all []string
	for _, p := range [][3]string{{"林", "团长", "zh-hans"}, {"小明", "", "zh-hans"}, {"王", "姐", "zh-hans"}, {"Ann", "Li", "en"}} {
		all = append(all, f.telegram.AddPerson(p[0], p[1], p[2]))
	}
	f.leaders["telegram"] = all[0]
	f.group = f.telegram.AddGroup("幸福里 3 号楼", all...)
	for i, name := range []string{"陈团长", "老周", "小雨"} {
		id := fmt.Sprintf("oStandIn%04d", i+1)
		f.wechat.AddPerson(fake.Person{ID: id, Name: name, Lang: "zh"}, true)
		if i == 0 {
			f.leaders["wechat"] = id
		}
	}
	lead := f.wecom.AddMember("ZhaoTuan", "赵团长")
	f.leaders["wecom"] = "u:" + lead
	f.wecom.AddGroup("公司楼下", fakeRobot, lead, f.wecom.AddMember("LiSi", "李四"))
	f.wecom.AddCustomerGroup("幸福里客户群", lead, f.wecom.AddCustomer("孙阿姨"))
}

func (f *fakeTown) close() error {
	var errs []error
	for _, d := range f.doors {
		if err := d.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (f *fakeTown) address(i int) string { return "http://" + f.doors[i].Addr().String() }

// apply makes settings speak with the stand-ins instead of the platforms.
func (f *fakeTown) apply(s configs.Settings) configs.Settings {
	s.Telegram = configs.Telegram{Token: configs.NewSecret(fakeTelegramToken), Mode: "poll", API: f.address(1)}
	s.WeChat = configs.WeChat{
		AppID: fakeWeChatID, AppSecret: configs.NewSecret(fakeWeChatSecret), Token: configs.NewSecret(fakeWeChatToken), AESKey: configs.NewSecret(fakeWeChatKey),
		Account: configs.AccountService, API: f.address(2),
	}
	s.WeCom = configs.WeCom{
		CorpID: fakeCorp, AgentID: fakeAgent, AppSecret: configs.NewSecret(fakeSecret("app")), Token: configs.NewSecret(fakeSeal("app").Token), AESKey: configs.NewSecret(fakeSeal("app").AESKey),
		Robots: configs.NewSecret("楼下=" + fakeRobot), KFSecret: configs.NewSecret(fakeSecret("kf")), KFToken: configs.NewSecret(fakeSeal("kf").Token), KFAESKey: configs.NewSecret(fakeSeal("kf").AESKey),
		BotToken: configs.NewSecret(fakeSeal("bot").Token), BotAESKey: configs.NewSecret(fakeSeal("bot").AESKey), ContactSecret: configs.NewSecret(fakeSecret("contact")), API: f.address(3),
	}
	return s
}

// environment is the same as variables, for a program started elsewhere.
func (f *fakeTown) environment() []string {
	return []string{
		"TUANBOT_TELEGRAM_TOKEN=" + fakeTelegramToken, "TUANBOT_TELEGRAM_MODE=poll", "TUANBOT_TELEGRAM_API=" + f.address(1),
		"TUANBOT_WECHAT_APP_ID=" + fakeWeChatID, "TUANBOT_WECHAT_APP_SECRET=" + fakeWeChatSecret, "TUANBOT_WECHAT_TOKEN=" + fakeWeChatToken,
		"TUANBOT_WECHAT_AES_KEY=" + fakeWeChatKey, "TUANBOT_WECHAT_API=" + f.address(2),
		"TUANBOT_WECOM_CORP_ID=" + fakeCorp, fmt.Sprintf("TUANBOT_WECOM_AGENT_ID=%d", fakeAgent), "TUANBOT_WECOM_APP_SECRET=" + fakeSecret("app"),
		"TUANBOT_WECOM_TOKEN=" + fakeSeal("app").Token, "TUANBOT_WECOM_AES_KEY=" + fakeSeal("app").AESKey, "TUANBOT_WECOM_ROBOTS=楼下=" + fakeRobot,
		"TUANBOT_WECOM_KF_SECRET=" + fakeSecret("kf"), "TUANBOT_WECOM_KF_TOKEN=" + fakeSeal("kf").Token, "TUANBOT_WECOM_KF_AES_KEY=" + fakeSeal("kf").AESKey,
		"TUANBOT_WECOM_BOT_TOKEN=" + fakeSeal("bot").Token, "TUANBOT_WECOM_BOT_AES_KEY=" + fakeSeal("bot").AESKey, "TUANBOT_WECOM_CONTACT_SECRET=" + fakeSecret("contact"),
		"TUANBOT_WECOM_API=" + f.address(3),
	}
}

// run serves the stand-ins until the context ends.
func (f *fakeTown) run(ctx context.Context, log *slog.Logger) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, h := range []http.Handler{f.page.Handler(), f.telegram.Handler(), f.wechat.Handler(), f.wecom.Handler()} {
		server := &http.Server{
			Handler: h, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		g.Go(func() error {
			if err := server.Serve(f.doors[i]); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve the stand-ins: %w", err)
			}
			return nil
		})
		g.Go(func() error { <-ctx.Done(); return server.Close() })
	}
	g.Go(func() error { // the bot hears of its group as soon as it listens
		defer close(f.ready)
		err := f.telegram.TakeIn(ctx, f.leaders["telegram"], f.group)
		if err == nil { // as an admin it hears a bare +2
			err = f.telegram.Promote(ctx, f.leaders["telegram"], f.group)
		}
		if err != nil && ctx.Err() == nil {
			log.DebugContext(ctx, "the bot has not come into its group yet", "err", err)
		}
		return nil
	})
	return g.Wait()
}

// runFake serves stand-ins of the platforms on this machine; with --serve also the program itself, set up for them.
func runFake(ctx context.Context, c call) (err error) {
	log := logger(c.settings, c.err)
	port := fakePort
	for _, word := range c.args {
		if word == "--any-port" {
			port = 0
		} else if word != "--serve" {
			fmt.Fprintln(c.err, "tuanbot fake [--serve] [--any-port]")
			return errUsage
		}
	}
	f, err := openFakes(ctx, port, "http://"+c.settings.Listen, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	if slices.Contains(c.args, "--serve") {
		return f.serveBoth(ctx, c, log)
	}
	if err := f.tell(c.out, true); err != nil {
		return err
	}
	return f.run(ctx, log)
}

// tell says where the stand-ins are.
func (f *fakeTown) tell(w io.Writer, apart bool) error {
	start, err := f.page.Start()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n  平台替身 / stand-ins  %s%s\n\n", f.address(0), start)
	if !apart {
		return nil
	}
	fmt.Fprintln(w, "  在另一个终端，带着这些变量启动 tuanbot serve / start tuanbot serve elsewhere with:")
	for _, line := range f.environment() {
		fmt.Fprintf(w, "    export %s\n", line)
	}
	fmt.Fprintln(w, "\n  让他们能开团 / let them lead:")
	for _, channel := range []string{"telegram", "wechat", "wecom"} {
		fmt.Fprintf(w, "    tuanbot grant %s %s leader\n", channel, f.leaders[channel])
	}
	fmt.Fprintln(w)
	return nil
}

// serveBoth runs the program and the stand-ins together.
func (f *fakeTown) serveBoth(ctx context.Context, c call, log *slog.Logger) (err error) {
	app, err := Build(ctx, f.apply(c.settings), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	f.wechat.SetHook(app.baseURL() + "/hook/wechat")
	f.wecom.SetHook(app.baseURL() + "/hook/wecom")
	if err := f.appoint(ctx, app); err != nil {
		return err
	}
	link, err := app.operatorLink(ctx, false)
	if err != nil {
		return err
	}
	welcome(c.out, app, link)
	if err := f.tell(c.out, false); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.run(ctx, log) })
	g.Go(func() error { return app.Run(ctx) })
	return g.Wait()
}

// appoint lets one person of each platform lead deals.
func (f *fakeTown) appoint(ctx context.Context, app *App) error {
	for channel, who := range f.leaders {
		acc, err := app.desk.Person(ctx, handlers.PersonCommand{Community: app.community.ID, Channel: channel, External: who, Lang: domain.Chinese})
		if err != nil {
			return fmt.Errorf("appoint a leader: %w", err)
		}
		role := domain.Role{Community: app.community.ID, Account: acc.ID, Name: domain.RoleLeader}
		if err := app.desk.Grant(ctx, handlers.GrantCommand{Role: role, System: true}); err != nil {
			return fmt.Errorf("appoint a leader: %w", err)
		}
	}
	return nil
}
