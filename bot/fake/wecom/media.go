package wecom

import (
	"strconv"
	"strings"
	"time"
)

const mediaLasts = 72 * time.Hour

// upload is a picture and whose it is; the platform throws it away after three days.
type upload struct {
	door string
	ends time.Time
}

// has reports whether a picture of a door is still there.
func (t *Town) has(media, door string) bool {
	u := t.media[media]
	return u.door == door && t.c.Clock().Before(u.ends)
}

func (t *Town) upload(c call) (map[string]any, *refused) {
	door := ""
	for name, tok := range t.tokens {
		if tok.value == c.query.Get("access_token") {
			door = name
		}
	}
	if !strings.HasPrefix(c.kind, "multipart/form-data") || c.query.Get("type") != "image" || !strings.Contains(string(c.body), "name=\"media\"") || !strings.Contains(string(c.body), "\x89PNG") {
		t.faultLocked("an upload is malformed")
		return nil, no(40007, "invalid media")
	}
	id := "3media" + t.random(20)
	t.media[id] = upload{door: door, ends: t.c.Clock().Add(mediaLasts)}
	return map[string]any{"type": "image", "media_id": id, "created_at": strconv.FormatInt(t.c.Clock().Unix(), 10)}, nil
}
