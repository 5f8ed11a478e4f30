package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	api "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tuanbot/bot"
)

// hookConnections is how many updates Telegram may deliver to us at once.
const hookConnections = 40

// menu are the commands that Telegram offers while typing; what they do stands in Words under "cmd.NAME".
var menu = []string{"deals", "orders", "pay", "status", "who", "post", "help"}

// me learns the bot's name once.
func (ch *Channel) me(ctx context.Context) error {
	if ch.username() != "" {
		return nil
	}
	u, err := ch.call.GetMe(ctx)
	if err != nil {
		return fmt.Errorf("ask Telegram who we are: %s", ch.redact(err))
	}
	ch.mu.Lock()
	ch.name = u.Username
	ch.mu.Unlock()
	return nil
}

// settle tells Telegram how to deliver, again and again until it takes it. It is false when the context ended before.
func (ch *Channel) settle(ctx context.Context) bool {
	wait := time.Duration(0)
	for {
		err := ch.me(ctx)
		if err == nil {
			err = ch.deliverBy(ctx)
		}
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return false
		}
		ch.c.Log.WarnContext(ctx, "set Telegram up", "err", ch.redact(err))
		wait = min(max(2*wait, firstWait), longest)
		sleep(ctx, wait)
	}
	ch.offerCommands(ctx)
	return ctx.Err() == nil
}

// deliverBy sets the webhook or takes it away: the two ways exclude each other. What waits is kept.
func (ch *Channel) deliverBy(ctx context.Context) error {
	var err error
	if ch.c.Mode == ModePoll {
		_, err = ch.call.DeleteWebhook(ctx, &api.DeleteWebhookParams{})
	} else {
		_, err = ch.call.SetWebhook(ctx, &api.SetWebhookParams{
			URL: ch.c.PublicURL + Path, SecretToken: ch.secret, AllowedUpdates: allowed, MaxConnections: hookConnections,
		})
	}
	if err != nil {
		return errors.New(ch.redact(err))
	}
	return nil
}

// offerCommands fills the menu of commands; without it everything works too.
func (ch *Channel) offerCommands(ctx context.Context) {
	for _, to := range []struct{ lang, code string }{{"en", ""}, {"zh", "zh"}} {
		var cs []models.BotCommand
		for _, name := range menu {
			if what := ch.c.Words(to.lang, "cmd."+name); what != "" {
				cs = append(cs, models.BotCommand{Command: name, Description: bot.Cut(what, 256, bot.UTF16)})
			}
		}
		if len(cs) == 0 {
			continue
		}
		if _, err := ch.call.SetMyCommands(ctx, &api.SetMyCommandsParams{Commands: cs, LanguageCode: to.code}); err != nil {
			ch.c.Log.WarnContext(ctx, "offer commands", "channel", ChannelName, "err", ch.redact(err))
		}
	}
}

// Check looks at the set-up as Telegram sees it.
func (ch *Channel) Check(ctx context.Context) []bot.Finding {
	u, err := ch.call.GetMe(ctx)
	if err != nil {
		f := bot.Finding{What: "token", Detail: ch.redact(err), Advice: "找 @BotFather 发 /token，把 token 设好；连不上就看网络和代理 · ask @BotFather for the token (/token) and set it; if there was no answer at all, look at the network or a proxy"}
		return []bot.Finding{f}
	}
	found := []bot.Finding{{OK: true, What: "token", Detail: "@" + u.Username}}
	groups := bot.Finding{OK: u.CanJoinGroups, What: "groups", Detail: "the bot may join groups"}
	if !groups.OK {
		groups.Detail, groups.Advice = "the bot may not join groups", "找 @BotFather 发 /setjoingroups，打开 · send /setjoingroups to @BotFather and enable it"
	}
	privacy := bot.Finding{OK: true, What: "privacy mode", Detail: "off: a bare +2 in a group is heard"}
	if !u.CanReadAllGroupMessages {
		privacy.Detail = "on: in groups the bot hears commands, buttons, replies to it and mentions only"
		privacy.Advice = "要让群里直接发 +2 也算：找 @BotFather 发 /setprivacy，关掉，再把机器人移出群、拉回来；或在群里设成管理员 · if +2 alone is to count, send /setprivacy to @BotFather, disable it, and take the bot out of the group and in again; or make it an admin there"
	}
	inline := bot.Finding{OK: u.SupportInlineQueries || ch.c.Sharer == nil, What: "inline mode", Detail: "sharing a deal by @" + u.Username}
	if !inline.OK {
		inline.Advice = "找 @BotFather 发 /setinline，就能在任何聊天里转发团 · send /setinline to @BotFather to let people share deals in any chat"
	}
	return append(found, groups, privacy, inline, ch.checkDelivery(ctx))
}

// checkDelivery looks at the webhook.
func (ch *Channel) checkDelivery(ctx context.Context) bot.Finding {
	f := bot.Finding{What: "delivery"}
	info, err := ch.call.GetWebhookInfo(ctx)
	switch {
	case err != nil:
		f.Detail, f.Advice = ch.redact(err), "再试一次：Telegram 没说消息怎么送来 · try again: Telegram did not tell how it delivers"
	case ch.c.Mode == ModePoll && info.URL != "":
		f.Detail, f.Advice = "a webhook is set while we poll", "tuanbot serve 启动时会取消它；又出现就是别的程序用着同一个 token · it is taken away when tuanbot serve starts; if it comes back, another program uses the same token"
	case ch.c.Mode == ModePoll:
		f.OK, f.Detail = true, "long polling"
	case !portFits(ch.c.PublicURL):
		f.Detail, f.Advice = "Telegram calls only the ports 443, 80, 88 and 8443", "public_url 用其中一个端口 · use one of them in public_url"
	case info.URL != ch.c.PublicURL+Path:
		f.Detail, f.Advice = "the webhook is not set to our address", "tuanbot serve 启动时会设好；又变成别的网址，就是别的程序用着同一个 token · it is set when tuanbot serve starts; if another address comes back, another program uses the same token"
	case info.LastErrorMessage != "":
		f.Detail = ch.redact(errors.New(info.LastErrorMessage)) + ", waiting: " + strconv.Itoa(info.PendingUpdateCount)
		f.Advice = "Telegram 打不开 " + Path + "：看证书（要大家都信任的）、防火墙和代理 · Telegram cannot reach it: look at the certificate (it must be one that everybody trusts), the firewall and the proxy"
	case len(info.AllowedUpdates) > 0 && slices.ContainsFunc(allowed, func(a string) bool { return !slices.Contains(info.AllowedUpdates, a) }):
		f.Detail, f.Advice = "not all kinds of update are asked for", "重启 tuanbot serve，它会说明要哪些 · restart tuanbot serve: it asks for them"
	default:
		f.OK, f.Detail = true, "webhook, waiting: "+strconv.Itoa(info.PendingUpdateCount)
	}
	return f
}

func portFits(public string) bool {
	u, err := url.Parse(public)
	return err == nil && slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()) && strings.HasPrefix(public, "https://")
}
