package wecom

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tuanbot/bot"
)

// Check looks whether the doors that are set up can be used. It sends nothing to anybody.
func (c *Channel) Check(ctx context.Context) []bot.Finding {
	all := []bot.Finding{c.checkAddress()}
	for _, door := range []struct {
		name string
		k    *credential
		list string
	}{
		{"app", c.app, ""}, {"customer service", c.kf, "/cgi-bin/kf/account/list"}, {"customer contact", c.contact, "/cgi-bin/externalcontact/groupchat/list"},
	} {
		if door.k.ready() {
			all = append(all, c.checkDoor(ctx, door.name, door.k, door.list))
		}
	}
	if c.c.Bot.good() {
		all = append(all, bot.Finding{OK: true, What: "AI bot", Detail: "hears its mentions at /hook/wecom/bot"})
	}
	for _, name := range slices.Sorted(maps.Keys(c.c.Robots)) {
		all = append(all, bot.Finding{OK: true, What: "robot " + name, Detail: "not tried: that would speak in its group"})
	}
	return append(all, c.checkTasks(ctx)...)
}

func (c *Channel) checkAddress() bot.Finding {
	hears := c.c.App.good() || c.c.KF.good() || c.c.Bot.good()
	f := bot.Finding{OK: !hears || strings.HasPrefix(c.c.PublicURL, "https://"), What: "public address", Detail: c.c.PublicURL}
	if !f.OK {
		f.Advice = "回调要 https 公网地址 · callbacks need a public https address"
	}
	return f
}

// checkDoor fetches a token and makes one harmless call, since a trusted address is asked for only then.
func (c *Channel) checkDoor(ctx context.Context, name string, k *credential, path string) bot.Finding {
	f := bot.Finding{What: name}
	var err error
	if path == "" {
		err = k.call(ctx, "/cgi-bin/agent/get", map[string][]string{"agentid": {fmt.Sprint(c.c.AgentID)}}, nil, nil)
	} else {
		err = k.call(ctx, path, nil, map[string]any{"limit": 1}, nil)
	}
	if err == nil {
		f.OK, f.Detail = true, "token granted, interface open"
		return f
	}
	f.Detail = c.api.veil.OverError(err).Error()
	switch codeOf(err) {
	case 60020:
		f.Advice = "把服务器的 IP 加进应用的“企业可信 IP” · put the server's address on the app's list of trusted IPs"
	case 40001, 40013, 40091:
		f.Advice = "核对企业 ID 和这个 Secret · check the company's id and this secret"
	case 48002, 60011, 301002:
		f.Advice = "给这个 Secret 开通对应的权限和可见范围 · grant this secret the permission and the scope"
	default:
		f.Advice = "看网络能否访问企业微信，Secret 是否填对 · look at the way to the platform and at the secret"
	}
	return f
}

// checkTasks shows what waits for a member of staff.
func (c *Channel) checkTasks(ctx context.Context) []bot.Finding {
	if !c.contact.ready() {
		return nil
	}
	tasks, err := c.Tasks(ctx)
	if err != nil {
		return []bot.Finding{{What: "tasks", Detail: err.Error()}}
	}
	waiting := 0
	for _, t := range tasks {
		if !t.Done {
			waiting++
		}
	}
	return []bot.Finding{{OK: true, What: "tasks", Detail: fmt.Sprintf("%d asked in a month, %d wait for somebody to confirm", len(tasks), waiting)}}
}
