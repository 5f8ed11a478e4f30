package telegram

import (
	"bytes"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-telegram/bot/models"
	"github.com/skip2/go-qrcode"

	"tuanbot/bot"
)

// Telegram's sizes.
const (
	maxText    = 4096 // UTF-16 units
	maxCaption = 1024
	maxData    = 64 // bytes of callback_data
	maxButtons = 60
	maxLabel   = 40 // runes we show of a button
	qrPixels   = 512
)

// drawn is a reply as Telegram shows it.
type drawn struct {
	text   string
	photo  func() models.InputFile // made anew for every try, since a reader is used up; nil: no picture
	markup models.ReplyMarkup
}

// draw turns a reply into plain text, perhaps a picture, and buttons. There is no markup in the text, so nothing that people
// write can become some.
func draw(r bot.Reply) drawn {
	d := drawn{photo: photoOf(r)}
	said := bot.Reply{Text: r.Text, Card: r.Card}
	if r.Picture != nil && (d.photo == nil || r.Text == "" && r.Card == nil) {
		said.Picture = r.Picture
		if d.photo != nil {
			said.Picture = &bot.Picture{Alt: r.Picture.Alt}
		}
	}
	var text strings.Builder
	text.WriteString(bot.Plain(said))
	rows, links := keyboard(r.Choices)
	for _, l := range links {
		text.WriteString("\n" + l)
	}
	limit := maxText
	if d.photo != nil {
		limit = maxCaption
	}
	d.text = bot.Cut(clean(text.String()), limit, bot.UTF16)
	if d.text == "" && d.photo == nil {
		d.text = "…" // Telegram takes no message without words
	}
	if len(rows) > 0 {
		d.markup = models.InlineKeyboardMarkup{InlineKeyboard: rows}
	}
	return d
}

// clean leaves out what Telegram refuses or people cannot see: broken UTF-8 and control characters.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, s) // what is broken becomes U+FFFD on the way
	return strings.TrimSpace(s)
}

// photoOf is a reply's picture: a code that we draw, one that Telegram has already, or one it can fetch.
func photoOf(r bot.Reply) func() models.InputFile {
	if p := r.Picture; p != nil {
		if p.QR != "" {
			png, err := qrcode.Encode(p.QR, qrcode.Medium, qrPixels)
			if err != nil {
				return nil // too long for a code: the text says it
			}
			return func() models.InputFile {
				return &models.InputFileUpload{Filename: "qr.png", Data: bytes.NewReader(png)}
			}
		}
		return stored(p.URL)
	}
	if r.Card != nil {
		return stored(r.Card.Picture)
	}
	return nil
}

func stored(ref string) func() models.InputFile {
	id, ours := strings.CutPrefix(ref, picturePrefix)
	switch {
	case ours && id != "":
		return func() models.InputFile { return &models.InputFileString{Data: id} }
	case isPublic(ref):
		return func() models.InputFile { return &models.InputFileString{Data: ref} }
	}
	return nil
}

// isPublic reports whether Telegram takes an address for a button or a picture: it refuses a whole message for one of
// http://localhost.
func isPublic(ref string) bool {
	u, err := url.Parse(ref)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsUnspecified() && !ip.IsLinkLocalUnicast()
	}
	return strings.Contains(strings.Trim(host, "."), ".") && !strings.HasSuffix(host, ".local")
}

// keyboard lays choices out in rows; links that Telegram would refuse come back as lines of text.
func keyboard(choices []bot.Choice) (rows [][]models.InlineKeyboardButton, links []string) {
	var row []models.InlineKeyboardButton
	widest := 0
	for _, c := range choices {
		label := bot.Cut(clean(strings.ReplaceAll(c.Label, "\n", " ")), maxLabel, bot.Runes)
		b := models.InlineKeyboardButton{Text: label, CallbackData: c.Action}
		switch {
		case c.URL != "" && !isPublic(c.URL):
			links = append(links, strings.TrimSpace(label+" "+c.URL))
			continue
		case c.URL != "":
			b = models.InlineKeyboardButton{Text: label, URL: c.URL}
		case label == "" || c.Action == "" || len(c.Action) > maxData || len(rows)*3+len(row) >= maxButtons: // one bad button loses the whole message
			continue
		}
		if b.Text == "" {
			b.Text = "🔗"
		}
		w := max(widest, width(b.Text))
		if len(row) > 0 && len(row) >= columns(w) {
			rows, row, w = append(rows, row), nil, width(b.Text)
		}
		row, widest = append(row, b), w
	}
	if len(row) > 0 {
		rows = append(rows, row)
	}
	return rows, links
}

// columns is how many buttons of a width stand side by side and can still be read on a phone.
func columns(width int) int {
	switch {
	case width <= 8:
		return 3
	case width <= 14:
		return 2
	}
	return 1
}

// width counts wide signs (Chinese, emoji) twice.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// A message's id as the rest of the program keeps it: "CHAT:NUMBER", with "p" for a picture (whose words are a caption and
// are edited in another way), or "inline:ID" for one that was sent inline.
const inlinePrefix = "inline:"

func messageID(chat int64, id int, photo bool) string {
	s := key(chat) + ":" + strconv.Itoa(id)
	if photo {
		s += "p"
	}
	return s
}

// msgRef is a message id read back.
type msgRef struct {
	chat   int64
	id     int
	photo  bool
	inline string
}

func parseMessageID(s string) (msgRef, bool) {
	if id, ok := strings.CutPrefix(s, inlinePrefix); ok {
		return msgRef{inline: id}, id != ""
	}
	chat, id, ok := strings.Cut(s, ":")
	id, photo := strings.CutSuffix(id, "p")
	m := msgRef{photo: photo}
	var err1, err2 error
	m.chat, err1 = strconv.ParseInt(chat, 10, 64)
	m.id, err2 = strconv.Atoi(id)
	return m, ok && err1 == nil && err2 == nil && m.chat != 0 && m.id > 0
}
