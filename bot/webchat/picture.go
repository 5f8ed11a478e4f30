package webchat

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"github.com/skip2/go-qrcode"

	"tuanbot/bot"
)

// qrView is a picture in a message: drawn here from a text, or fetched from this server.
type qrView struct {
	Src     template.URL // our own PNG, or an address that shownPicture allowed
	Alt     string
	Caption string
	Square  bool
}

// shownPicture allows pictures of this server only: another server would learn who reads the chat.
func (c *Chat) shownPicture(address string) bool {
	if strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") {
		return !strings.ContainsAny(address, "\\")
	}
	return c.origin != "" && strings.HasPrefix(address, c.origin+"/")
}

func (c *Chat) drawPicture(p bot.Picture) (qrView, error) {
	view := qrView{Alt: p.Alt}
	if p.QR != "" {
		src, err := c.qr.data(p.QR)
		view.Src, view.Square = src, true
		return view, err
	}
	if c.shownPicture(p.URL) {
		view.Src = template.URL(p.URL) // #nosec G203 -- checked one line above
	}
	return view, nil
}

// qrCache keeps the last codes: a room's QR is drawn once, not for every reader.
type qrCache struct {
	mu    sync.Mutex
	codes map[string]template.URL
}

func (q *qrCache) data(text string) (template.URL, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if src, ok := q.codes[text]; ok {
		return src, nil
	}
	png, err := qrcode.Encode(text, qrcode.Medium, 320)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	if q.codes == nil || len(q.codes) > 256 {
		q.codes = map[string]template.URL{}
	}
	src := template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)) // #nosec G203 -- our own bytes
	q.codes[text] = src
	return src, nil
}
