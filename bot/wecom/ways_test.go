package wecom_test

import (
	"strings"
	"testing"

	"tuanbot/bot"
	fakewc "tuanbot/bot/fake/wecom"
	"tuanbot/bot/wecom"
)

const (
	pathWay  = "/cgi-bin/externalcontact/groupchat/add_join_way"
	pathLink = "/cgi-bin/kf/add_contact_way"
)

// Ways in: the talk with customer service that begins with the deal, and the codes of customer groups, which tell how many
// came by them.
func TestWaysIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.town.AddCustomerGroup("幸福里", member)
	w.ch.RefreshGroups(t.Context())
	ask := bot.WaysAsk{Payload: "deal 7KQ4", Groups: []string{"g:" + group, "b:" + w.group, "g:wrNobody"}, Lang: "zh"}
	ways := w.ch.Ways(t.Context(), ask)
	if len(ways) != 2 || !strings.HasSuffix(ways[0].QR, "scene_param=deal_7KQ4") || !strings.HasPrefix(ways[1].Picture, "https://wework.qpic.cn/") || !strings.Contains(ways[1].Label, "幸福里") || ways[1].Came != 0 {
		t.Fatalf("%+v", ways)
	}
	w.town.Join(group, w.town.AddCustomer("新人"), "deal_7KQ4")
	w.ch.RefreshGroups(t.Context())
	calls := len(w.town.Calls())
	again := w.ch.Ways(t.Context(), bot.WaysAsk{Payload: ask.Payload, Groups: ask.Groups[:1], Lang: "zh"})
	if len(again) != 2 || again[0] != ways[0] || again[1].Picture != ways[1].Picture || again[1].Came != 1 || len(w.town.Calls()) != calls {
		t.Errorf("%+v, then %+v", ways, again)
	}
	w.good(w.town.Open(t.Context(), w.customer, strings.ReplaceAll(ways[0].QR[strings.LastIndex(ways[0].QR, "=")+1:], "_", " ")))
	if up := w.last(); up.Kind != bot.KindOpen || up.Action != ask.Payload {
		t.Errorf("who comes by it: %+v", up)
	}
}

// What the platform does not give is left out; the rest is there.
func TestWaysThatAreNotGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.town.AddCustomerGroup("幸福里", member)
	w.ch.RefreshGroups(t.Context())
	w.town.Fail(pathWay, 48002)
	w.town.Fail(pathLink, -1)
	ask := bot.WaysAsk{Payload: "deal 7KQ4", Groups: []string{"g:" + group}}
	if ways := w.ch.Ways(t.Context(), ask); len(ways) != 0 {
		t.Errorf("%+v", ways)
	}
	if ways := w.ch.Ways(t.Context(), ask); len(ways) != 2 {
		t.Errorf("a moment later: %+v", ways)
	}
	shut := newWorld(t, func(_ *fakewc.Config, c *wecom.Config) { c.KFSecret, c.KF, c.ContactSecret = "", wecom.Seal{}, "" })
	if ways := shut.ch.Ways(t.Context(), ask); len(ways) != 0 {
		t.Errorf("%+v", ways)
	}
}

// A member owns their customer groups, nobody else's.
func TestOwnedGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.town.AddCustomerGroup("幸福里", member)
	w.town.AddCustomerGroup("别人的", w.town.AddMember("LiSi", "李四"))
	w.ch.RefreshGroups(t.Context())
	for who, want := range map[string]int{"u:" + member: 1, "u:Nobody": 0, "k:" + member: 0, "": 0} {
		all, err := w.ch.Owned(t.Context(), who)
		if err != nil || len(all) != want || want == 1 && (all[0].ID != "g:"+group || all[0].Title != "幸福里" || all[0].Kind != bot.ChatGroup) {
			t.Errorf("%q: %+v %v", who, all, err)
		}
	}
}
