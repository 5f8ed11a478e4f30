package wechat

import (
	"context"
	"crypto/sha1" //nolint:gosec // the platform's own scheme
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const ticketMargin = 1500 * time.Second

// JSConfig is what a page hands to the platform's script so that it can show a share card and ask for consents.
type JSConfig struct {
	AppID     string   `json:"appId"`
	Timestamp int64    `json:"timestamp"`
	Nonce     string   `json:"nonceStr"`
	Signature string   `json:"signature"`
	APIs      []string `json:"jsApiList"`
	Tags      []string `json:"openTagList"`
}

// JSConfig signs a page's address as the browser reports it. Only pages of our own host are signed.
func (c *Channel) JSConfig(ctx context.Context, pageURL string) (JSConfig, error) {
	pageURL, _, _ = strings.Cut(pageURL, "#")
	page, err := url.Parse(pageURL)
	own, ownErr := url.Parse(c.c.PublicURL)
	if err != nil || ownErr != nil || own.Host == "" || page.Host != own.Host || page.Scheme != own.Scheme || page.User != nil {
		return JSConfig{}, errors.New("sign a page: it is not one of ours")
	}
	ticket, err := c.ticket(ctx)
	if err != nil {
		return JSConfig{}, fmt.Errorf("sign a page: %w", err)
	}
	nonce, err := c.randomText(16)
	if err != nil {
		return JSConfig{}, fmt.Errorf("sign a page: %w", err)
	}
	now := c.c.Clock().Unix()
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce + "&timestamp=" + strconv.FormatInt(now, 10) + "&url=" + pageURL)) //nolint:gosec // as above
	return JSConfig{
		AppID: c.c.AppID, Timestamp: now, Nonce: nonce, Signature: hex.EncodeToString(sum[:]),
		APIs: []string{"updateAppMessageShareData", "updateTimelineShareData"}, Tags: []string{"wx-open-subscribe"},
	}, nil
}

// ticket is what signs pages; it is shared by all copies like the access token.
func (c *Channel) ticket(ctx context.Context) (string, error) {
	return c.api.tokens.derived(ctx, "wechat/ticket/"+c.c.AppID, func(ctx context.Context) (string, time.Duration, error) {
		var got struct {
			Ticket string `json:"ticket"`
			Lasts  int64  `json:"expires_in"`
		}
		if err := c.api.call(ctx, "/cgi-bin/ticket/getticket", url.Values{"type": {"jsapi"}}, nil, &got); err != nil {
			return "", 0, fmt.Errorf("fetch the page ticket: %w", err)
		}
		if got.Ticket == "" {
			return "", 0, errors.New("fetch the page ticket: the answer has none")
		}
		return got.Ticket, time.Duration(got.Lasts)*time.Second - ticketMargin, nil
	})
}
