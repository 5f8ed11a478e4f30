// Package assets holds what people see and read: the stylesheet, the page templates, the small browser script and the
// words of the pages in Chinese and English. It knows nothing of deals, chats or storage, and holds no logic beyond
// finding a file, a word or a template.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed *.css *.html *.svg fake pages webchat words
var files embed.FS

// static lists what a browser may fetch below /assets/, with its type.
var static = map[string]string{
	"style.css":        "text/css; charset=utf-8",
	"pages/pages.css":  "text/css; charset=utf-8",
	"pages/pages.js":   "text/javascript; charset=utf-8",
	"fake/fake.css":    "text/css; charset=utf-8",
	"webchat/chat.css": "text/css; charset=utf-8",
	"webchat/chat.js":  "text/javascript; charset=utf-8",
	"icon.svg":         "image/svg+xml",
}

// Page parses the layout together with the given files ("webchat/room.html"); execute it as "layout".
// Templates can call `word` (language, key, arguments...) and `asset` (file name).
func Page(names ...string) (*template.Template, error) {
	t := template.New("layout").Funcs(template.FuncMap{"word": Word, "asset": URL})
	t, err := t.ParseFS(files, append([]string{"layout.html"}, names...)...)
	if err != nil {
		return nil, fmt.Errorf("parse page %s: %w", strings.Join(names, ", "), err)
	}
	return t, nil
}

// URL is where a browser finds a static file; it changes with the content, so that it may be cached for ever.
func URL(name string) (string, error) {
	body, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("find asset %s: %w", name, err)
	}
	sum := sha256.Sum256(body)
	return "/assets/" + name + "?v=" + base64.RawURLEncoding.EncodeToString(sum[:6]), nil
}

// Handler serves the static files; the program mounts it once, at "GET /assets/".
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/assets/")
		kind, known := static[name]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "public, max-age=86400")
		if want, err := URL(name); err == nil && r.URL.Query().Get("v") != "" && strings.HasSuffix(want, r.URL.Query().Get("v")) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		body, err := files.ReadFile(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, name, time.Time{}, strings.NewReader(string(body)))
	})
}
