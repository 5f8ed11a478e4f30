package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"time"

	"github.com/skip2/go-qrcode"
)

const (
	sceneMax  = 64
	sceneFor  = 30 * 24 * time.Hour
	sceneLeft = 3 * 24 * time.Hour // what a code handed out must still be good for
	mediaFor  = 70 * time.Hour     // the platform keeps a picture three days
	pixels    = 512
)

// scene is a parametric code that we had made.
type scene struct {
	URL   string `json:"url"`
	Until int64  `json:"until"` // ms
}

// ShareQR gives the address that a QR code must hold so that scanning it opens a payload ("deal CODE") in the account. Codes
// are temporary, since an account has few permanent ones, and renewed before their end. Anybody may pass one on: a payload
// is a hint, never a right.
func (c *Channel) ShareQR(ctx context.Context, payload string) (string, error) {
	name := sceneOf(payload)
	if name == "" || len(name) > sceneMax || !opaque(name) {
		return "", fmt.Errorf("a code for %d bytes: a scene has 1 to %d", len(name), sceneMax)
	}
	c.qr.Lock()
	defer c.qr.Unlock()
	raw, err := c.c.Notes.Note(ctx, pageQR, name)
	if err != nil {
		return "", fmt.Errorf("find a code: %w", err)
	}
	s, err := decode[scene](raw)
	if err != nil {
		return "", err
	}
	if c.c.Clock().Add(sceneLeft).UnixMilli() < s.Until {
		return s.URL, nil
	}
	return c.newScene(ctx, name)
}

func (c *Channel) newScene(ctx context.Context, name string) (string, error) {
	body := map[string]any{
		"expire_seconds": int64(sceneFor / time.Second), "action_name": "QR_STR_SCENE",
		"action_info": map[string]any{"scene": map[string]string{"scene_str": name}},
	}
	var got struct {
		URL   string `json:"url"`
		Lasts int64  `json:"expire_seconds"`
	}
	if err := c.api.call(ctx, "/cgi-bin/qrcode/create", nil, body, &got); err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	if got.URL == "" {
		return "", errors.New("make a code: the answer has no address")
	}
	until := c.c.Clock().Add(time.Duration(got.Lasts) * time.Second)
	raw, err := json.Marshal(scene{URL: got.URL, Until: until.UnixMilli()})
	if err != nil {
		return "", fmt.Errorf("keep a code: %w", err)
	}
	err = c.c.Notes.Change(ctx, pageQR, name, func([]byte) ([]byte, time.Time, error) { return raw, until, nil })
	if err != nil {
		return "", fmt.Errorf("keep a code: %w", err)
	}
	return got.URL, nil
}

// doorOf is what a picture's code holds: a code of the account where it stands for something that the account can open. An
// account that may not make such codes gets the address of the page.
func (c *Channel) doorOf(ctx context.Context, p part) string {
	if p.Open == "" || c.c.Subscription {
		return p.QR
	}
	at, err := c.ShareQR(ctx, p.Open)
	if err != nil {
		c.c.Log.WarnContext(ctx, "no code of the account", "channel", ChannelName, "err", err)
		return p.QR
	}
	return at
}

// pictureOf gives the platform's id of a QR picture, uploading it when it has none of late.
func (c *Channel) pictureOf(ctx context.Context, text string) (string, error) {
	key := digest("qr", text)
	raw, err := c.c.Notes.Note(ctx, pageMedia, key)
	if err != nil {
		return "", fmt.Errorf("find an uploaded picture: %w", err)
	}
	if raw != nil {
		return string(raw), nil
	}
	png, err := qrcode.Encode(text, qrcode.Medium, pixels)
	if err != nil {
		return "", errors.New("draw a code: its text is too long")
	}
	id, err := c.upload(ctx, png)
	if err != nil {
		return "", err
	}
	err = c.c.Notes.Change(ctx, pageMedia, key, func([]byte) ([]byte, time.Time, error) { return []byte(id), c.c.Clock().Add(mediaFor), nil })
	if err != nil {
		return "", fmt.Errorf("keep an uploaded picture: %w", err)
	}
	return id, nil
}

// upload gives a PNG to the platform.
func (c *Channel) upload(ctx context.Context, png []byte) (string, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="media"; filename="code.png"`}, "Content-Type": {"image/png"},
	})
	if err == nil {
		_, err = part.Write(png)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return "", fmt.Errorf("pack a picture: %w", err)
	}
	var got struct {
		ID string `json:"media_id"`
	}
	err = c.api.withToken(ctx, "/cgi-bin/media/upload", map[string][]string{"type": {"image"}}, b.Bytes(), form.FormDataContentType(), &got)
	if err == nil && got.ID == "" {
		err = errors.New("the answer has no id")
	}
	if err != nil {
		return "", fmt.Errorf("upload a picture: %w", err)
	}
	return got.ID, nil
}
