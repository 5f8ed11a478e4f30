package wechat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"time"
)

const mediaLasts = 72 * time.Hour

// uploaded finds a picture that is still there.
func (t *Town) uploaded(id string) (shows string, ok bool) {
	p, ok := t.media[id]
	return p.shows, ok && t.c.Clock().Before(p.ends)
}

// qrcode makes a code. A good answer carries no errmsg.
func (t *Town) qrcode(c call) (map[string]any, *refused) {
	var in struct {
		Lasts  int64  `json:"expire_seconds"`
		Action string `json:"action_name"`
		Info   struct {
			Scene struct {
				Text string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if json.Unmarshal(c.body, &in) != nil {
		return nil, no(47001, "data format error")
	}
	switch n := len(in.Info.Scene.Text); {
	case in.Action == "QR_LIMIT_STR_SCENE":
		t.faultLocked("a permanent code was made, of which there are few")
		return nil, no(40053, "invalid action info")
	case in.Action != "QR_STR_SCENE" || n < 1 || n > 64 || in.Lasts > 2592000:
		t.faultLocked("a code was asked for with a scene of %d bytes for %d s", n, in.Lasts)
		return nil, no(40053, "invalid action info")
	case in.Lasts == 0:
		in.Lasts = 60
	}
	at := "http://weixin.qq.com/q/" + t.random(16)
	t.codes[at] = code{scene: in.Info.Scene.Text, ends: t.c.Clock().Add(time.Duration(in.Lasts) * time.Second)}
	return map[string]any{"ticket": "gQ" + t.random(20) + "+/==", "expire_seconds": in.Lasts, "url": at}, nil
}

func (t *Town) upload(c call) (map[string]any, *refused) {
	_, params, err := mime.ParseMediaType(c.kind)
	if err != nil || c.query.Get("type") != "image" {
		return nil, no(40004, "invalid media type")
	}
	part, err := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]).NextPart()
	if err != nil || part.FormName() != "media" || part.FileName() == "" {
		t.faultLocked("a picture was not sent in the field media")
		return nil, no(41005, "media data missing")
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(part); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("\x89PNG")) {
		return nil, no(40137, "invalid image format")
	}
	if b.Len() > 2<<20 {
		return nil, no(40009, "invalid image size")
	}
	id := "MEDIA_" + t.random(20)
	t.media[id] = picture{shows: fmt.Sprintf("picture of %d bytes", b.Len()), ends: t.c.Clock().Add(mediaLasts)}
	return map[string]any{"type": "image", "media_id": id, "created_at": t.c.Clock().Unix()}, nil
}

// menuEntry is an entry of the account's menu.
type menuEntry struct {
	Type string      `json:"type"`
	Name string      `json:"name"`
	Key  string      `json:"key"`
	URL  string      `json:"url"`
	Sub  []menuEntry `json:"sub_button"`
}

func (t *Town) menuCreate(c call) (map[string]any, *refused) {
	var in struct {
		Button []menuEntry `json:"button"`
	}
	if json.Unmarshal(c.body, &in) != nil || len(in.Button) == 0 || len(in.Button) > 3 {
		return nil, no(40016, "invalid button size")
	}
	var flat []menuEntry
	for _, b := range in.Button {
		if len(b.Sub) > 5 {
			return nil, no(40023, "invalid sub button size")
		}
		if len(b.Name) > 16 {
			return nil, no(40018, "invalid button name size")
		}
		flat = append(flat, append(b.Sub, b)...)
	}
	for _, b := range flat {
		switch {
		case b.Name == "" || len(b.Name) > 60:
			return nil, no(40018, "invalid button name size")
		case len(b.Sub) == 0 && b.Type != "click" && b.Type != "view":
			return nil, no(40017, "invalid button type")
		case b.Type == "click" && (b.Key == "" || len(b.Key) > 128):
			return nil, no(40019, "invalid button key size")
		case b.Type == "view" && (b.URL == "" || len(b.URL) > 1024):
			return nil, no(40020, "invalid button url size")
		}
	}
	t.menu = flat
	return map[string]any{"errcode": 0, "errmsg": "ok"}, nil
}

// MenuKeys are the keys of the account's menu by label.
func (t *Town) MenuKeys() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := map[string]string{}
	for _, e := range t.menu {
		keys[e.Name] = e.Key + e.URL
	}
	return keys
}
