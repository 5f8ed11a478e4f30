package wecom

import (
	"context"
	"errors"
	"time"
)

const (
	nameLives = 7 * 24 * time.Hour
	nameAgain = time.Hour
	nameWait  = 1500 * time.Millisecond
)

// family is the platforms among which a customer has one union: the official account's login names it in the same way.
const family = "wechat/"

// named is what the platform tells of a person.
type named struct {
	Name  string `json:"n"`
	Union string `json:"u,omitempty"` // of customers only: with the family in front
}

// customer is who writes to customer service; without a union where the company is bound to no open platform.
func (c *Channel) customer(ctx context.Context, id string) named {
	return c.named(ctx, idCustomer+id, func(ctx context.Context) (named, error) {
		var got struct {
			List []struct {
				Name  string `json:"nickname"`
				Union string `json:"unionid"`
			} `json:"customer_list"`
		}
		err := c.kf.call(ctx, "/cgi-bin/kf/customer/batchget", nil, map[string]any{"external_userid_list": []string{id}}, &got)
		if err != nil || len(got.List) == 0 {
			return named{}, err
		}
		n := named{Name: got.List[0].Name}
		if u := got.List[0].Union; opaque(u) {
			n.Union = family + u
		}
		return n, nil
	})
}

// memberName is what a member of the company is called; "" when the platform does not say.
func (c *Channel) memberName(ctx context.Context, id string) string {
	return c.named(ctx, idMember+id, func(ctx context.Context) (named, error) {
		var got struct {
			Name string `json:"name"`
		}
		err := c.app.call(ctx, "/cgi-bin/user/get", map[string][]string{"userid": {id}}, nil, &got)
		return named{Name: got.Name}, err
	}).Name
}

// named asks the platform who somebody is, and remembers it. It is never waited for long.
func (c *Channel) named(ctx context.Context, who string, ask func(context.Context) (named, error)) named {
	n, found, err := look[named](ctx, c.c.Notes, pageNames, who)
	if err != nil || found {
		return n
	}
	short, cancel := context.WithTimeout(ctx, nameWait)
	defer cancel()
	lives := nameLives
	n, err = ask(short)
	if errors.Is(err, errShut) {
		return named{}
	}
	if err != nil {
		n, lives = named{}, nameAgain
		c.c.Log.DebugContext(ctx, "a name is not told", "channel", ChannelName, "err", c.api.veil.OverError(err))
	}
	n.Name = safe(n.Name)
	if err := change(ctx, c.c.Notes, pageNames, who, c.c.Clock().Add(lives), func(*named) *named { return &n }); err != nil {
		c.c.Log.DebugContext(ctx, "a name is not kept", "channel", ChannelName, "err", err)
	}
	return n
}
