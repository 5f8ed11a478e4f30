package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"tuanbot/assets"
	"tuanbot/bot"
	"tuanbot/bot/telegram"
	"tuanbot/bot/wechat"
	"tuanbot/bot/wecom"
	"tuanbot/configs"
	"tuanbot/domain"
	"tuanbot/storage"
	"tuanbot/storage/redis"
)

// Where storage meets the ports of the channels.
var (
	_ bot.Notebook = (*storage.Notes)(nil)
	_ bot.Inbox    = (*storage.Inbox)(nil)
	_ wechat.Cache = (*redis.Cache)(nil)
	_ wecom.Cache  = (*redis.Cache)(nil)
)

// callTimeout is how long a platform may take to answer one of our calls.
const callTimeout = 10 * time.Second

// channel is a platform of others, as the program needs it.
type channel interface {
	bot.Channel
	SetTaker(t bot.Taker)
	Routes(mux *http.ServeMux)
	Run(ctx context.Context) error
	Check(ctx context.Context) []bot.Finding
}

// platforms makes every channel that is set up. Nothing is asked of a platform yet.
func (a *App) platforms(k keyring) ([]channel, error) {
	var all []channel
	for _, p := range []struct {
		wanted bool
		build  func(k keyring) (channel, error)
	}{
		{a.settings.Telegram.IsSet(), a.telegram},
		{a.settings.WeChat.IsSet(), a.wechat},
		{a.settings.WeCom.IsSet(), a.wecom},
	} {
		if !p.wanted {
			continue
		}
		ch, err := p.build(k)
		if err != nil {
			return nil, err
		}
		all = append(all, ch)
	}
	return all, nil
}

func (a *App) telegram(keyring) (channel, error) {
	s := a.settings.Telegram
	zone, err := a.settings.Location()
	if err != nil {
		return nil, err
	}
	return telegram.New(telegram.Config{
		Sharer: shares{store: a.db, community: func() domain.Community { return a.community }, base: a.baseURL, zone: zone, clock: time.Now},
		Token:  s.Token.Reveal(), Secret: s.WebhookSecret.Reveal(), Mode: telegram.Mode(s.Mode), BaseURL: s.API, PublicURL: a.settings.PublicURL,
		Notes: a.db.Notes(), Words: func(lang, key string) string { return words(lang, "telegram."+key) },
		Clock: time.Now, Random: rand.Reader, Log: a.log,
	})
}

// words are the few sentences that a channel says of itself; "" for one that we do not have.
func words(lang, key string) string {
	if w := assets.Word(lang, key); w != key {
		return w
	}
	return ""
}

func (a *App) wechat(k keyring) (channel, error) { return a.newWeChat(k) }

func (a *App) newWeChat(k keyring) (*wechat.Channel, error) {
	s := a.settings.WeChat
	ch, err := wechat.New(wechat.Config{
		AppID: s.AppID, Secret: s.AppSecret.Reveal(), Token: s.Token.Reveal(), AESKey: s.AESKey.Reveal(), PreviousAESKey: s.PreviousAESKey.Reveal(),
		AllowPlain: s.AllowPlain, Passive: s.Account == configs.AccountUnverified,
		Subscription: s.Account == configs.AccountSubscription, Templates: templatesOf(s.Templates), Subscribed: templatesOf(s.Subscriptions),
		BaseURL: s.API, PublicURL: a.settings.PublicURL, SigningKey: k.login, Notes: a.db.Notes(), Cache: a.redis.Cache("wechat", time.Now),
		Clock: time.Now, Random: rand.Reader, Log: a.log, HTTP: &http.Client{Timeout: callTimeout},
	})
	if err != nil {
		return nil, err
	}
	ch.SetLogin(a.welcomeVisitor)
	return ch, nil
}

func (a *App) wecom(keyring) (channel, error) {
	s := a.settings.WeCom
	robots := map[string]string{}
	for name, key := range s.RobotKeys() {
		robots[name] = key.Reveal()
	}
	return wecom.New(wecom.Config{
		CorpID: s.CorpID, AgentID: int64(s.AgentID), AppSecret: s.AppSecret.Reveal(), App: wecom.Seal{Token: s.Token.Reveal(), AESKey: s.AESKey.Reveal()},
		Robots: robots, KFSecret: s.KFSecret.Reveal(), KF: wecom.Seal{Token: s.KFToken.Reveal(), AESKey: s.KFAESKey.Reveal()},
		Bot: wecom.Seal{Token: s.BotToken.Reveal(), AESKey: s.BotAESKey.Reveal()}, ContactSecret: s.ContactSecret.Reveal(),
		BaseURL: s.API, PublicURL: a.settings.PublicURL, Notes: a.db.Notes(), Cache: a.redis.Cache("wecom", time.Now), Words: words,
		Clock: time.Now, Random: rand.Reader, Log: a.log, HTTP: &http.Client{Timeout: callTimeout},
	})
}

func templatesOf(set map[string]configs.Template) map[string]wechat.Template {
	all := make(map[string]wechat.Template, len(set))
	for code, t := range set {
		all[code] = wechat.Template{ID: t.ID, Fields: t.Fields}
	}
	return all
}

// buildChannels makes the channels and lets every update that they take reach the handler once.
func (a *App) buildChannels(k keyring, h bot.Handler) error {
	a.passport = passport{key: k.login, secure: a.settings.Secure(), clock: time.Now}
	var err error
	if a.channels, err = a.platforms(k); err != nil {
		return fmt.Errorf("set up the channels: %w", err)
	}
	a.ears = newEars(a.db, a.db, time.Now, a.log)
	a.intake = bot.NewIntake(bot.IntakeConfig{
		Handler: h, Inbox: a.db.Inbox(), Clock: time.Now, Log: a.log, Owner: a.owner, At: a.at, Heard: a.ears.heard,
		Sorry: func(up bot.Update) bot.Reply {
			return bot.Reply{Text: assets.Word(up.Person.Lang, "chat.gave_up"), Private: true, Code: "gave_up"}
		},
	})
	a.web.SetHandler(attentive{Handler: h, heard: a.ears.heard})
	for _, ch := range a.channels {
		a.intake.Add(ch)
		ch.SetTaker(a.intake)
	}
	return nil
}

// allChannels are the web chat and the platforms, for the relay.
func (a *App) allChannels() []bot.Channel {
	all := []bot.Channel{a.web}
	for _, ch := range a.channels {
		all = append(all, ch)
	}
	return all
}
