package main

import (
	"bytes"
	"crypto/rand"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	fakewx "tuanbot/bot/fake/wechat"
	"tuanbot/configs"
)

// TestTheMenuComesFromTheSettings: groups are gathered, words and addresses told apart, and the platform takes it.
func TestTheMenuComesFromTheSettings(t *testing.T) {
	t.Parallel()
	town := fakewx.New(fakewx.Config{AppID: "wx1", Secret: "secret", Token: "token", AESKey: strings.Repeat("k", 43), Clock: time.Now, Random: rand.Reader})
	platform := httptest.NewServer(town.Handler())
	t.Cleanup(platform.Close)
	set := func(menu string) (string, error) {
		s, err := configs.Load(configs.Sources{Environ: []string{
			"TUANBOT_DATA_DIR=" + t.TempDir(), "TUANBOT_WECHAT_APP_ID=wx1", "TUANBOT_WECHAT_APP_SECRET=secret", "TUANBOT_WECHAT_TOKEN=token",
			"TUANBOT_WECHAT_AES_KEY=" + strings.Repeat("k", 43), "TUANBOT_WECHAT_API=" + platform.URL, "TUANBOT_WECHAT_MENU=" + menu,
			"TUANBOT_PUBLIC_URL=https://tuan.example.org", "TUANBOT_SANDBOX=false",
		}})
		if err != nil {
			return "", err
		}
		var out bytes.Buffer
		err = setMenu(t.Context(), call{settings: s, out: &out, err: &out})
		return out.String(), err
	}
	if said, err := set("团购=团购 | 更多/我的订单=我的订单 | 更多/网页=https://tuan.example.org/ | 帮助=帮助"); err != nil || !strings.Contains(said, "菜单设好了") {
		t.Fatalf("%q, %v", said, err)
	}
	if n := len(slices.DeleteFunc(town.Calls(), func(c string) bool { return c != "/cgi-bin/menu/create" })); n != 1 {
		t.Errorf("the menu was made %d times: %v", n, town.Calls())
	}
	if bad := town.Faults(); len(bad) > 0 {
		t.Errorf("the platform objects: %v", bad)
	}
	if _, err := set("一个=团购 | 两个=2 | 三个=3 | 四个=4"); err == nil {
		t.Error("four entries were taken")
	}
	if _, err := set("没有等号"); err == nil || !strings.Contains(err.Error(), "TUANBOT_WECHAT_MENU") {
		t.Errorf("a menu that cannot be read: %v", err)
	}
	got := menuOf([]configs.MenuEntry{{Name: "a", Does: "x"}, {Group: "g", Name: "b", Does: "https://x.test/"}, {Name: "c", Does: "y"}, {Group: "g", Name: "d", Does: "z"}})
	if len(got) != 3 || got[1].Label != "g" || len(got[1].Below) != 2 || got[1].Below[0].URL == "" || got[1].Below[1].Text != "z" {
		t.Errorf("%+v", got)
	}
}
