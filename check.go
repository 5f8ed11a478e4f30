package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"tuanbot/bot"
	"tuanbot/configs"
	"tuanbot/handlers"
	"tuanbot/storage/redis"
)

// lookTime is how long one look may take.
const lookTime = 15 * time.Second

// errMissing makes the exit code say that something does not work yet.
var errMissing = errors.New("something is missing, see above / 有缺的，见上面")

// part is what was found about one part of the set-up.
type part struct {
	name  string
	found []bot.Finding
}

// check looks at everything that is set up, says in plain words what works and what is missing, and never shows a secret.
func check(ctx context.Context, c call) error {
	a := &App{settings: c.settings, log: logger(c.settings, io.Discard), owner: handlers.Mint{}.ID(), at: func(string) {}}
	parts := []part{{"数据 / data", a.lookAtStores(ctx)}, {"网址 / address", a.lookAtAddress(ctx)}}
	parts = append(parts, a.lookAtChannels(ctx)...)
	good := report(c.out, c.settings, parts)
	if err := a.Close(); err != nil {
		return err
	}
	if !good {
		return errMissing
	}
	return nil
}

// report prints the findings and says whether all is well.
func report(w io.Writer, s configs.Settings, parts []part) bool {
	good := true
	for _, p := range parts {
		fmt.Fprintf(w, "\n%s\n", p.name)
		for _, f := range p.found {
			mark := "✅"
			if !f.OK {
				mark, good = "❌", false
			}
			fmt.Fprintf(w, "  %s %s: %s\n", mark, f.What, s.Hide(f.Detail))
			if f.Advice != "" {
				fmt.Fprintf(w, "     → %s\n", s.Hide(f.Advice))
			}
		}
	}
	if good {
		fmt.Fprintln(w, "\n都好了。 / All is well.")
	}
	return good
}

func (a *App) lookAtStores(ctx context.Context) []bot.Finding {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return []bot.Finding{a.lookAtDatabase(ctx), a.lookAtRedis(ctx)}
}

func (a *App) lookAtDatabase(ctx context.Context) bot.Finding {
	f := bot.Finding{What: "database"}
	db, err := openDB(ctx, call{settings: a.settings, err: io.Discard})
	if err != nil {
		f.Detail, f.Advice = err.Error(), "看看 database_url 或数据目录，数据库有没有启动 / look at database_url or the data folder, and whether the database runs"
		return f
	}
	a.db = db
	a.onClose(db.Close)
	behind, err := db.NeedsMigration(ctx)
	switch {
	case err != nil:
		f.Detail, f.Advice = err.Error(), "这个用户读不了表 / this user cannot read the tables"
	case behind && a.settings.Embedded():
		f.OK, f.Detail = true, "启动时建好、升级 / made and brought up to date at the start"
	case behind:
		f.Detail, f.Advice = "数据表不是最新的 / the tables are not up to date", "运行 / run: tuanbot migrate"
	default:
		f.OK, f.Detail = true, "在，数据表是最新的 / there, and up to date"
		if err := db.Gate(ctx); err != nil {
			f.OK, f.Detail, f.Advice = false, err.Error(), "照 docs/operations.md 改数据库的设置 / set the database up as docs/operations.md says"
		}
	}
	return f
}

func (a *App) lookAtRedis(ctx context.Context) bot.Finding {
	f := bot.Finding{What: "redis"}
	r, err := redis.Open(ctx, a.settings.RedisURL.Reveal(), a.log)
	if err == nil {
		a.redis = r
		a.onClose(r.Close)
		err = r.Ping(ctx)
	}
	if err != nil {
		f.Detail, f.Advice = err.Error(), "没有它也能用，只是慢些；看看 redis_url / everything works without it, only slower; look at redis_url"
		return f
	}
	f.OK, f.Detail = true, "在 / there"
	if r.Embedded() {
		f.Detail = "内置的，只适合跑一个副本 / the one inside, right for one copy"
	}
	return f
}

// lookAtAddress asks for our own pages the way others would.
func (a *App) lookAtAddress(ctx context.Context) []bot.Finding {
	f := bot.Finding{What: "public_url", Detail: a.settings.PublicURL}
	if f.Detail == "" {
		f.OK = !a.settings.WeChat.IsSet() && a.settings.Telegram.Mode != "webhook"
		f.Detail = "没有填：平台推不进来，链接只在本机能开 / not set: no platform can deliver to us, links open on this machine only"
		if !f.OK {
			f.Advice = "填一个 https 公网网址 / set a public https address"
		}
		return []bot.Finding{f}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if err := alive(ctx, a.settings.PublicURL+"/healthz"); err != nil {
		f.Detail += "：" + err.Error()
		f.Advice = "先启动 tuanbot serve，再看域名解析、证书、反向代理和防火墙 / start tuanbot serve, then look at name, certificate, proxy and firewall"
		return []bot.Finding{f}
	}
	f.OK = true
	f.Detail += " 能打开 / answers"
	return []bot.Finding{f}
}

func alive(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "ok" {
		return fmt.Errorf("那里不是我们，回的是 / somebody else answers there: %s", resp.Status)
	}
	return nil
}

// lookAtChannels lets each channel look at itself.
func (a *App) lookAtChannels(ctx context.Context) []part {
	const title = "平台 / platforms"
	if a.db == nil || a.redis == nil {
		return []part{{title, []bot.Finding{{What: "channels", Detail: "没看：数据库先要好 / not looked at: the database comes first"}}}}
	}
	keys, err := a.keys()
	if err != nil {
		return []part{{title, []bot.Finding{{What: "master_key", Detail: err.Error(), Advice: "先运行一次 tuanbot serve / run tuanbot serve once"}}}}
	}
	channels, err := a.platforms(keys)
	if err != nil {
		return []part{{title, []bot.Finding{{What: "settings", Detail: err.Error()}}}}
	}
	if len(channels) == 0 {
		return []part{{title, []bot.Finding{{OK: true, What: "channels", Detail: "只有内置聊天 / the built-in web chat only", Advice: "docs/channels/"}}}}
	}
	var parts []part
	for _, ch := range channels {
		short, cancel := context.WithTimeout(ctx, 2*lookTime)
		parts = append(parts, part{ch.Name(), ch.Check(short)})
		cancel()
	}
	return parts
}
