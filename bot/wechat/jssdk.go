package wechat

import (
	"context"
	"crypto/sha1" //nolint:gosec // the platform's own scheme
	_ "embed"     // the script for pages
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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

// What a page needs that is read inside the platform's own browser and wants a card when it is shared.
const (
	BrowserMark  = "MicroMessenger" // stands in the browser's name
	ShareScript  = "/hook/wechat/share.js"
	ScriptOrigin = "https://res.wx.qq.com" // where the platform's own part of the script comes from
	jsPath       = "/hook/wechat/js"
)

//go:embed share.js
var shareJS []byte

func (c *Channel) shareScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(shareJS) // the reader may have gone
}

// signPage answers with what the platform's script wants to know before it works on a page of ours.
func (c *Channel) signPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	signed, err := c.JSConfig(r.Context(), r.URL.Query().Get("url"))
	if err != nil {
		c.c.Log.WarnContext(r.Context(), "a page was not signed", "channel", ChannelName, "err", err)
		http.Error(w, "not signed", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(signed) // the reader may have gone
}
