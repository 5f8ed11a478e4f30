package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tuanbot/bot/wechat"
	"tuanbot/configs"
)

// setMenu puts the menu of the settings in place of the account's.
func setMenu(ctx context.Context, c call) (err error) {
	if !c.settings.WeChat.IsSet() {
		return errors.New("menu: no official account is set up (wechat_app_id) / 还没有配置公众号")
	}
	buttons := menuOf(c.settings.WeChat.MenuEntries())
	if len(buttons) == 0 {
		return errors.New("menu: wechat_menu is empty / 菜单是空的")
	}
	a := &App{settings: c.settings, log: logger(c.settings, c.err)}
	defer func() { err = errors.Join(err, a.Close()) }()
	keys, err := a.keys()
	if err != nil {
		return err
	}
	if err := a.openStores(ctx); err != nil {
		return err
	}
	ch, err := a.newWeChat(keys)
	if err != nil {
		return err
	}
	if err := ch.SetMenu(ctx, buttons); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "菜单设好了，手机上几分钟后能看到，重新关注马上看到。 / The menu is set; phones show it within minutes.")
	return nil
}

// menuOf gathers the entries of a group below its name, where the group is first mentioned.
func menuOf(entries []configs.MenuEntry) []wechat.MenuButton {
	var top []wechat.MenuButton
	at := map[string]int{}
	for _, e := range entries {
		b := wechat.MenuButton{Label: e.Name}
		if strings.HasPrefix(e.Does, "https://") || strings.HasPrefix(e.Does, "http://") {
			b.URL = e.Does
		} else {
			b.Text = e.Does
		}
		if e.Group == "" {
			top = append(top, b)
			continue
		}
		i, known := at[e.Group]
		if !known {
			i, at[e.Group] = len(top), len(top)
			top = append(top, wechat.MenuButton{Label: e.Group})
		}
		top[i].Below = append(top[i].Below, b)
	}
	return top
}
