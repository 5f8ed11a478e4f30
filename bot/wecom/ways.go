package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tuanbot/bot"
)

const (
	maxState = 30 // bytes
	maxJoin  = 5
	wayWait  = 3 * time.Second // for all ways together: who asked wants an answer
	linkFor  = 7 * 24 * time.Hour
)

var (
	_ bot.Guide = (*Channel)(nil)
	_ bot.Host  = (*Channel)(nil)
)

// Ways are the talk with customer service that begins with what was asked for, and the codes by which one joins customer
// groups. A code carries the payload as its mark, so that one hears how many came by it.
func (c *Channel) Ways(ctx context.Context, ask bot.WaysAsk) []bot.Way {
	ctx, cancel := context.WithTimeout(ctx, wayWait)
	defer cancel()
	var all []bot.Way
	if c.kf.ready() {
		if link, err := c.KFLink(ctx, "", ask.Payload); err == nil {
			all = append(all, bot.Way{Label: c.word(ask.Lang, "wecom.way_kf", "微信客服 · customer service"), QR: link})
		} else {
			c.c.Log.WarnContext(ctx, "no link to customer service", "channel", ChannelName, "err", c.api.veil.OverError(err))
		}
	}
	for _, chat := range ask.Groups {
		door, id := split2(chat)
		if door != idGroup || !c.contact.ready() {
			continue
		}
		w, err := c.wayIn(ctx, id, ask)
		if err != nil {
			c.c.Log.WarnContext(ctx, "no code to join a group", "channel", ChannelName, "err", c.api.veil.OverError(err))
			continue
		}
		all = append(all, w)
	}
	return all
}

// wayIn is the code by which one joins a customer group.
func (c *Channel) wayIn(ctx context.Context, id string, ask bot.WaysAsk) (bot.Way, error) {
	mark := sceneOf(ask.Payload)
	address, err := c.JoinQR(ctx, mark, id)
	if err != nil {
		return bot.Way{}, err
	}
	g, _, err := look[Group](ctx, c.c.Notes, pageGroups, id)
	if err != nil {
		return bot.Way{}, err
	}
	label := strings.ReplaceAll(c.word(ask.Lang, "wecom.way_group", "进群码：%s · code to join %s"), "%s", g.Name)
	return bot.Way{Label: label, Picture: address, Came: g.States[mark]}, nil
}

// Owned are a member's customer groups: nobody hears us there, but they can be asked to send something into them.
func (c *Channel) Owned(ctx context.Context, person string) ([]bot.ChatRef, error) {
	door, id := split2(person)
	if door != idMember || !c.contact.ready() {
		return nil, nil
	}
	groups, err := c.Groups(ctx)
	if err != nil {
		return nil, err
	}
	var all []bot.ChatRef
	for _, g := range groups {
		if g.Owner == id {
			all = append(all, bot.ChatRef{ID: idGroup + g.ID, Kind: bot.ChatGroup, Title: g.Name})
		}
	}
	return all, nil
}

// sceneOf writes a payload so that a link can carry it: "deal 7KQ4" is "deal_7KQ4".
func sceneOf(payload string) string { return strings.ReplaceAll(payload, " ", "_") }

var errJoinWay = errors.New("a code joins one to five groups and carries a mark of at most 30 bytes")

// joinWay is a code that we had made.
type joinWay struct {
	Config string `json:"c"`
	URL    string `json:"u"`
}

// JoinQR is the address of a picture that one scans to join one of several customer groups; the mark comes back with the
// members who came by it (Group.States). The same groups and mark give the same code.
func (c *Channel) JoinQR(ctx context.Context, mark string, groups ...string) (string, error) {
	groups = slices.Sorted(slices.Values(groups))
	if len(groups) == 0 || len(groups) > maxJoin || len(mark) > maxState {
		return "", errJoinWay
	}
	key := digest(append([]string{mark}, groups...)...)[:40]
	way, found, err := look[joinWay](ctx, c.c.Notes, pageWays, key)
	if err != nil {
		return "", err
	}
	if found && way.URL != "" {
		return way.URL, nil
	}
	if way.Config == "" {
		var made struct {
			Config string `json:"config_id"`
		}
		body := map[string]any{"scene": 2, "chat_id_list": groups, "state": mark, "auto_create_room": 0}
		if err := c.contact.call(ctx, "/cgi-bin/externalcontact/groupchat/add_join_way", nil, body, &made); err != nil {
			return "", fmt.Errorf("make a code to join: %w", err)
		}
		way.Config = made.Config
		if err := change(ctx, c.c.Notes, pageWays, key, time.Time{}, func(*joinWay) *joinWay { return &way }); err != nil {
			return "", err
		}
	}
	var got struct {
		Way struct {
			QR string `json:"qr_code"`
		} `json:"join_way"`
	}
	if err := c.contact.call(ctx, "/cgi-bin/externalcontact/groupchat/get_join_way", nil, map[string]string{"config_id": way.Config}, &got); err != nil {
		return "", fmt.Errorf("read a code to join: %w", err)
	}
	way.URL = got.Way.QR
	return way.URL, change(ctx, c.c.Notes, pageWays, key, time.Time{}, func(*joinWay) *joinWay { return &way })
}

var errNoAccount = errors.New("there is no account of customer service")

// KFLink is a person's way to customer service on a payload ("deal CODE"), by the account's own link; account "" is the first.
func (c *Channel) KFLink(ctx context.Context, account, payload string) (string, error) {
	link, found, err := look[string](ctx, c.c.Notes, pageWays, "kf/"+account)
	if err != nil {
		return "", err
	}
	if !found {
		if link, err = c.fetchLink(ctx, account); err != nil {
			return "", fmt.Errorf("link to customer service: %w", err)
		}
		if err := change(ctx, c.c.Notes, pageWays, "kf/"+account, c.c.Clock().Add(linkFor), func(*string) *string { return &link }); err != nil {
			return "", err
		}
	}
	if payload == "" {
		return link, nil
	}
	sign := "?"
	if strings.Contains(link, "?") {
		sign = "&"
	}
	return link + sign + "scene_param=" + url.QueryEscape(sceneOf(payload)), nil
}

func (c *Channel) fetchLink(ctx context.Context, account string) (string, error) {
	if account == "" {
		var got struct {
			List []struct {
				ID string `json:"open_kfid"`
			} `json:"account_list"`
		}
		if err := c.kf.call(ctx, "/cgi-bin/kf/account/list", nil, map[string]any{"offset": 0, "limit": 1}, &got); err != nil {
			return "", err
		}
		if len(got.List) == 0 {
			return "", errNoAccount
		}
		account = got.List[0].ID
	}
	var got struct {
		URL string `json:"url"`
	}
	err := c.kf.call(ctx, "/cgi-bin/kf/add_contact_way", nil, map[string]string{"open_kfid": account, "scene": "tuan"}, &got)
	if err == nil && !goodURL(got.URL) {
		err = errNoAccount
	}
	return got.URL, err
}
