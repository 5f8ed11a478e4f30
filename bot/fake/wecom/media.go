package wecom

import (
	"encoding/json"
	"slices"
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

// hollow complains of parts of a body that hold nothing, as a library writes them that has a field for everything; the
// platform may refuse a message for them.
func (t *Town) hollow(c call) {
	var body map[string]any
	if json.Unmarshal(c.body, &body) != nil {
		return // that it is no object is complained of elsewhere
	}
	for name, value := range body {
		if isHollow(value) {
			t.faultLocked("%s was sent %q with nothing in it", c.path, name)
		}
	}
}

// isHollow reports whether a value is null, holds a null, or is an object of empty texts only.
func isHollow(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, isHollow)
	case map[string]any:
		empty := 0
		for _, inner := range v {
			if isHollow(inner) {
				return true
			}
			if inner == "" {
				empty++
			}
		}
		return empty > 0 && empty == len(v)
	}
	return false
}
