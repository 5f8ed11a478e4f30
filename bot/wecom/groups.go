package wecom

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tuanbot/bot"
)

const (
	groupLag   = 3 * time.Second // the platform's own data are that late
	welcomeFor = 18 * time.Second
)

// Group is a customer group as the platform last told of it.
type Group struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Owner   string         `json:"owner"`
	Members int            `json:"members"`
	States  map[string]int `json:"states,omitempty"` // how many came by which code
}

// groupChanged: what the event says may be late, out of order or lost, so the group is fetched anew, now and when the
// platform's own data have settled.
func (c *Channel) groupChanged(ctx context.Context, in inbound) error {
	if !opaque(in.ChatID) || !c.contact.ready() {
		return nil
	}
	if in.ChangeType == "dismiss" {
		return c.groupGone(ctx, in)
	}
	c.busy.Go(func() {
		c.refetch(c.life, in.ChatID)
		timer := time.NewTimer(groupLag)
		defer timer.Stop()
		select {
		case <-timer.C:
			c.refetch(c.life, in.ChatID)
		case <-c.life.Done(): // every start fetches all
		}
	})
	return nil
}

// groupGone: what was posted there is dead, the orders are not.
func (c *Channel) groupGone(ctx context.Context, in inbound) error {
	chat := idGroup + in.ChatID
	_, err := c.take(ctx, bot.Update{
		Channel: ChannelName, Account: strconv.FormatInt(c.c.AgentID, 10), Key: "g" + digest(in.ChatID, in.CreateTime)[:40], Hash: digest(in.ChatID, in.ChangeType),
		Chat: bot.ChatRef{ID: chat, Kind: bot.ChatGroup}, Person: bot.PersonRef{ID: chat}, Kind: bot.KindGone, At: in.at(),
	})
	if err != nil {
		return fmt.Errorf("a group is no more: %w", err)
	}
	return change(ctx, c.c.Notes, pageGroups, in.ChatID, time.Time{}, func(*Group) *Group { return nil })
}

func (c *Channel) refetch(ctx context.Context, chat string) {
	if _, err := c.fetchGroup(ctx, chat); err != nil && ctx.Err() == nil {
		c.c.Log.WarnContext(ctx, "a customer group is not up to date", "channel", ChannelName, "err", c.api.veil.OverError(err))
	}
}

// fetchGroup asks the platform how a group is now.
func (c *Channel) fetchGroup(ctx context.Context, chat string) (Group, error) {
	var got struct {
		Chat struct {
			Name    string `json:"name"`
			Owner   string `json:"owner"`
			Members []struct {
				State string `json:"state"`
			} `json:"member_list"`
		} `json:"group_chat"`
	}
	if err := c.contact.call(ctx, "/cgi-bin/externalcontact/groupchat/get", nil, map[string]any{"chat_id": chat, "need_name": 0}, &got); err != nil {
		return Group{}, fmt.Errorf("fetch a customer group: %w", err)
	}
	g := Group{ID: chat, Name: safe(got.Chat.Name), Owner: got.Chat.Owner, Members: len(got.Chat.Members), States: map[string]int{}}
	for _, m := range got.Chat.Members {
		if m.State != "" {
			g.States[m.State]++
		}
	}
	return g, change(ctx, c.c.Notes, pageGroups, chat, time.Time{}, func(*Group) *Group { return &g })
}

// RefreshGroups fetches all customer groups, since events get lost and what is changed by an interface makes none.
func (c *Channel) RefreshGroups(ctx context.Context) {
	cursor := ""
	for range 100 {
		body := map[string]any{"limit": 100}
		if cursor != "" {
			body["cursor"] = cursor
		}
		var got struct {
			Next string `json:"next_cursor"`
			List []struct {
				ID string `json:"chat_id"`
			} `json:"group_chat_list"`
		}
		if err := c.contact.call(ctx, "/cgi-bin/externalcontact/groupchat/list", nil, body, &got); err != nil {
			if ctx.Err() == nil {
				c.c.Log.WarnContext(ctx, "customer groups are not up to date", "channel", ChannelName, "err", c.api.veil.OverError(err))
			}
			return
		}
		for _, g := range got.List {
			c.refetch(ctx, g.ID)
		}
		if cursor = got.Next; cursor == "" {
			return
		}
	}
}

// Groups are the customer groups that we know.
func (c *Channel) Groups(ctx context.Context) ([]Group, error) {
	keys, err := c.c.Notes.Keys(ctx, pageGroups, "", 1000)
	if err != nil {
		return nil, fmt.Errorf("customer groups: %w", err)
	}
	var all []Group
	for _, key := range keys {
		g, found, err := look[Group](ctx, c.c.Notes, pageGroups, key)
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, g)
		}
	}
	return all, nil
}

// fromOwner: nobody hears what is said in a customer group, so its owner speaks for it in the app: "@GROUP share 7KQ4".
func (c *Channel) fromOwner(ctx context.Context, up bot.Update) bot.Update {
	name, text, ok := strings.Cut(strings.TrimPrefix(up.Text, "@"), " ")
	if !ok || up.Kind != bot.KindText || !strings.HasPrefix(up.Text, "@") || !c.contact.ready() {
		return up
	}
	groups, err := c.Groups(ctx)
	if err != nil {
		return up // then it is text like any other
	}
	for _, g := range groups {
		if strings.ReplaceAll(g.Name, " ", "") == name && idMember+g.Owner == up.Person.ID {
			up.Chat = bot.ChatRef{ID: idGroup + g.ID, Kind: bot.ChatGroup, Title: g.Name}
			up.Text = strings.TrimSpace(text)
		}
	}
	return up
}

// contactChanged greets a new contact of a member of staff: once, within 20 seconds.
func (c *Channel) contactChanged(ctx context.Context, in inbound) {
	if in.ChangeType != "add_external_contact" || in.WelcomeCode == "" || c.c.Clock().Sub(in.at()) > welcomeFor || !c.contact.ready() {
		return
	}
	c.api.veil.Add(in.WelcomeCode)
	text := c.word("zh", "wecom.welcome", "你好！群里开的团都在这里：%s")
	text = strings.TrimSpace(strings.ReplaceAll(text, "%s", c.c.PublicURL))
	out := c.eachOnce(ctx, "welcome/"+in.WelcomeCode, 1, func(int) bot.Outcome {
		return c.outcome(c.contact.call(ctx, "/cgi-bin/externalcontact/send_welcome_msg", nil, map[string]any{
			"welcome_code": in.WelcomeCode, "text": map[string]string{"content": text},
		}, nil), false)
	})
	if out.Sent != bot.SentOK && out.Reason != "welcomed" {
		c.c.Log.WarnContext(ctx, "a new contact is not greeted", "channel", ChannelName, "reason", out.Reason)
	}
}
