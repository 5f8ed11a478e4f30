package wechat

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"tuanbot/bot"
)

const (
	maxBody = 64 << 10
	fresh   = 10 * time.Minute // either way: the platform repeats a callback with its first timestamp
	success = "success"        // what the platform hears when there is nothing to say
)

// signed checks the signature over the query and how old it is. The signature does not cover the body.
func (c *Channel) signed(q url.Values) bool {
	stamp, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	if err != nil || !same(q.Get("signature"), util.Signature(c.c.Token, q.Get("timestamp"), q.Get("nonce"))) {
		return false
	}
	age := c.c.Clock().Sub(time.Unix(stamp, 0))
	return age < fresh && age > -fresh
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// verify answers the console's question whether this address is ours.
func (c *Channel) verify(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !c.signed(q) {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, q.Get("echostr")) //nolint:gosec // G705: plain text that was signed; whoever asked may have gone
}

// envelope is a body as it came and what its answer must be sealed with.
type envelope struct {
	body []byte
	key  string // the AES key that opened it; "" for a plain callback
}

// refusal is a callback that we do not accept.
type refusal struct {
	status int
	what   string
}

func (r *refusal) Error() string { return r.what }

// receive takes a callback in and answers it.
func (c *Channel) receive(w http.ResponseWriter, r *http.Request) {
	env, in, err := c.read(w, r)
	if no, ok := errors.AsType[*refusal](err); ok {
		http.Error(w, no.what, no.status)
		return
	}
	if err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	said, err := c.take(r.Context(), in)
	if err != nil {
		c.c.Log.WarnContext(r.Context(), "a callback was not taken in", "channel", ChannelName, "err", c.api.scrub(err))
		http.Error(w, "again please", http.StatusServiceUnavailable)
		return
	}
	c.answer(r.Context(), w, env, in, said)
}

// read verifies, opens and parses a callback.
func (c *Channel) read(w http.ResponseWriter, r *http.Request) (envelope, inbound, error) {
	q := r.URL.Query()
	if !c.signed(q) {
		return envelope{}, inbound{}, &refusal{http.StatusForbidden, "forbidden"}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return envelope{}, inbound{}, &refusal{http.StatusRequestEntityTooLarge, "too large"}
	}
	env := envelope{body: raw}
	switch kind := q.Get("encrypt_type"); {
	case kind == "aes" && c.c.AESKey != "":
		if env, err = c.open(q, raw); err != nil {
			return envelope{}, inbound{}, err
		}
	case kind != "" && kind != "raw" || !c.c.AllowPlain:
		return envelope{}, inbound{}, &refusal{http.StatusForbidden, "plain callbacks are refused"}
	}
	in, err := parse(env.body)
	return env, in, err
}

// open checks the seal over the encrypted part and decrypts it, with the current key or the one before.
func (c *Channel) open(q url.Values, raw []byte) (envelope, error) {
	var parts struct{ Encrypt []string }
	if err := bot.OneXML(raw, &parts); err != nil || len(parts.Encrypt) != 1 || parts.Encrypt[0] == "" {
		return envelope{}, errMalformed
	}
	text := parts.Encrypt[0]
	if !same(q.Get("msg_signature"), util.Signature(c.c.Token, q.Get("timestamp"), q.Get("nonce"), text)) {
		return envelope{}, &refusal{http.StatusForbidden, "forbidden"}
	}
	for _, key := range []string{c.c.AESKey, c.c.PreviousAESKey} {
		if key == "" {
			continue
		}
		if _, body, err := util.DecryptMsg(c.c.AppID, text, key); err == nil {
			return envelope{body: body, key: key}, nil
		}
	}
	return envelope{}, &refusal{http.StatusForbidden, "not our key"}
}

// take hands a callback on: outcomes and consents are our own business, what people do goes to the bot.
func (c *Channel) take(ctx context.Context, in inbound) (bot.Taken, error) {
	if own, err := c.bookkeeping(ctx, in); own || err != nil {
		return bot.Taken{}, err
	}
	up, spoke := in.update(c.c.AppID)
	if !spoke {
		return bot.Taken{}, nil
	}
	taker := c.taker.Load()
	if taker == nil {
		return bot.Taken{}, errors.New("nobody takes updates in yet")
	}
	if t := in.trigger(); t != "" {
		c.people.heard(up.Person.ID, t, up.At, up.Key)
	}
	up, err := c.meant(ctx, in, up)
	if err != nil {
		return bot.Taken{}, err
	}
	taken, err := (*taker).Take(ctx, up)
	if err == nil && up.Kind == bot.KindUnfollow {
		return bot.Taken{}, c.people.forget(ctx, up.Person.ID)
	}
	return taken, err
}

// meant replaces the number of a choice by what it stands for.
func (c *Channel) meant(ctx context.Context, in inbound, up bot.Update) (bot.Update, error) {
	if up.Kind != bot.KindText || in.MsgType != "text" {
		return up, nil
	}
	action, err := c.people.chosen(ctx, up, in.MenuID)
	if err != nil {
		return up, fmt.Errorf("what a number stands for: %w", err)
	}
	if action != "" {
		up.Kind, up.Action, up.Text = bot.KindAction, action, ""
	}
	return up, nil
}

// answer says what there is to say, in the callback's own form; what does not fit leaves behind it.
func (c *Channel) answer(ctx context.Context, w http.ResponseWriter, env envelope, in inbound, taken bot.Taken) {
	var msg spoken
	if !taken.Late {
		msg = c.passive(taken.Replies)
	}
	if msg.xml == nil {
		_, _ = io.WriteString(w, success) // whoever asked has gone away and will ask again
		return
	}
	c.people.shown(in.FromUserName, msg.menu)
	if err := c.keepRest(ctx, in, msg.rest); err != nil {
		c.c.Log.WarnContext(ctx, "an answer's rest could not be kept", "channel", ChannelName, "err", err)
		http.Error(w, "again please", http.StatusServiceUnavailable)
		return
	}
	body, err := c.seal(msg.xml(in.FromUserName, in.ToUserName, c.c.Clock().Unix()), env.key)
	if err != nil {
		c.c.Log.ErrorContext(ctx, "an answer could not be sealed", "channel", ChannelName, "err", err)
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	if len(msg.rest) > 0 {
		answered := make(chan struct{})
		defer close(answered)
		c.sendRest(context.WithoutCancel(ctx), in.key(), answered)
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, _ = w.Write(body)                      // who does not get it asks again, and gets the same
	_ = http.NewResponseController(w).Flush() // best effort: the answer comes before its rest
}

// seal encrypts an answer with the key that opened its callback.
func (c *Channel) seal(body []byte, key string) ([]byte, error) {
	if key == "" {
		return body, nil
	}
	random, err := c.randomText(16)
	if err != nil {
		return nil, err
	}
	sealed, err := util.EncryptMsg([]byte(random), body, c.c.AppID, key)
	if err != nil {
		return nil, errors.New("encrypt an answer")
	}
	nonce, err := c.randomText(10)
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(c.c.Clock().Unix(), 10)
	var sb strings.Builder
	fmt.Fprintf(&sb, "<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature><TimeStamp>%s</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
		sealed, util.Signature(c.c.Token, stamp, nonce, string(sealed)), stamp, nonce)
	return []byte(sb.String()), nil
}

// letters are what random text is made of; 64 of them, so that a byte chooses fairly.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzZz"

func (c *Channel) randomText(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.c.Random, b); err != nil {
		return "", fmt.Errorf("random text: %w", err)
	}
	for i := range b {
		b[i] = letters[b[i]&63]
	}
	return string(b), nil
}

// goodKey reports whether a text is an AES key as the console shows it.
func goodKey(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s + "=")
	return len(s) == 43 && err == nil && len(b) == 32
}
