package wechat

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tuanbot/bot"
)

const (
	maxBytes = 2048 // of a text, as the platform counts
	maxMenu  = 10   // entries of one pressable menu
	maxURL   = 1024
)

// part is one message of an answer or a notice.
type part struct {
	Text    string   `json:"text,omitempty"`
	Labels  []string `json:"labels,omitempty"` // of a pressable menu below the text
	Actions []string `json:"actions,omitempty"`
	QR      string   `json:"qr,omitempty"`   // a picture of our own
	Open    string   `json:"open,omitempty"` // what the picture leads to, if the account can open it
	News    *news    `json:"news,omitempty"`
}

// news is a picture with a title that opens a page.
type news struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	PicURL      string `json:"picurl"`
}

// spoken is what a callback is answered with, and what leaves behind it. A nil xml is nothing.
type spoken struct {
	xml  func(to, from string, at int64) []byte
	menu []string // what 1, 2, ... stand for
	rest []part
}

// passive turns all that the bot says to one update into the one message that a callback can be answered with.
func (c *Channel) passive(replies []bot.Reply) spoken {
	var texts []string
	var choices []bot.Choice
	var s spoken
	for _, r := range replies {
		if text := words(r); text != "" {
			texts = append(texts, text)
		}
		choices = append(choices, actions(r)...)
		if q := r.Picture; q != nil && q.QR != "" && !c.c.Passive {
			s.rest = append(s.rest, part{QR: q.QR, Open: q.Open})
		}
	}
	for _, ch := range choices {
		s.menu = append(s.menu, ch.Action)
	}
	list := numbered(choices)
	if n := c.asNews(replies, list); n != nil {
		s.xml = n.xml
		return s
	}
	if list != "" {
		texts = append(texts, list)
	}
	pieces := split(strings.Join(texts, "\n\n"), maxBytes)
	if len(pieces) == 0 {
		return s
	}
	if c.c.Passive && len(pieces) > 1 {
		pieces = []string{bot.Cut(pieces[0], maxBytes-3, bot.Bytes) + "…"}
	}
	s.xml = textXML(pieces[0])
	var behind []part
	for _, text := range pieces[1:] {
		behind = append(behind, part{Text: text})
	}
	s.rest = append(behind, s.rest...)
	return s
}

// parts are the service messages of one reply.
func (c *Channel) parts(r bot.Reply) []part {
	choices := actions(r)
	if n := c.asNews([]bot.Reply{r}, ""); n != nil && len(choices) == 0 {
		return []part{{News: n}}
	}
	var all []part
	for _, text := range split(words(r), maxBytes) {
		all = append(all, part{Text: text})
	}
	if len(all) == 0 && len(choices) > 0 {
		all = append(all, part{Text: "…"})
	}
	for i, ch := range choices {
		if i == maxMenu {
			break
		}
		last := &all[len(all)-1]
		last.Labels, last.Actions = append(last.Labels, safe(ch.Label)), append(last.Actions, ch.Action)
	}
	if q := r.Picture; q != nil && q.QR != "" {
		all = append(all, part{QR: q.QR, Open: q.Open})
	}
	return all
}

// words are the text of a reply with its links; what can be pressed is not in it.
func words(r bot.Reply) string {
	var blocks []string
	add := func(s string) {
		if s = safe(s); s != "" {
			blocks = append(blocks, s)
		}
	}
	add(r.Text)
	if r.Card != nil {
		add(strings.Join(bot.CardLines(*r.Card), "\n"))
	}
	var links []string
	if p := r.Picture; p != nil {
		at := p.URL
		if at == "" && goodURL(p.QR) {
			at = p.QR
		}
		links = append(links, link(p.Alt, at))
	}
	for _, ch := range r.Choices {
		if ch.URL != "" {
			links = append(links, link(ch.Label, ch.URL))
		}
	}
	if text := strings.Trim(strings.Join(links, "\n"), "\n"); text != "" {
		blocks = append(blocks, text)
	}
	return strings.Join(blocks, "\n\n")
}

func actions(r bot.Reply) []bot.Choice {
	var all []bot.Choice
	for _, ch := range r.Choices {
		if ch.Action != "" {
			all = append(all, ch)
		}
	}
	return all
}

// numbered lists what can be chosen by sending a number. The channel is not told the language, so the hint follows the
// script of what it stands before.
func numbered(choices []bot.Choice) string {
	if len(choices) == 0 {
		return ""
	}
	var items []string
	size, han := 0, false
	for i, ch := range choices {
		items = append(items, fmt.Sprintf("%d %s", i+1, safe(ch.Label)))
		size += utf8.RuneCountInString(ch.Label) + 4
		han = han || strings.ContainsFunc(ch.Label, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	hint, gap := "Send a number: ", ", "
	if han {
		hint, gap = "回复数字：", "　"
	}
	if size > 40 {
		return strings.TrimSpace(hint) + "\n" + strings.Join(items, "\n")
	}
	return hint + strings.Join(items, gap)
}

// link makes words that open a page. Whatever could end the attribute is escaped.
func link(label, at string) string {
	label = safe(label)
	if !goodURL(at) || len(at) > maxURL {
		return label
	}
	if label == "" {
		return at
	}
	at = strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", " ", "%20", "\n", "", "\r", "").Replace(at)
	return `<a href="` + at + `">` + label + `</a>`
}

// safe takes away what XML cannot carry and makes sure that nobody's words become a link of ours.
func safe(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '<':
			return '＜'
		case r == '>':
			return '＞'
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == utf8.RuneError, r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// split breaks a text at line ends into pieces of so many bytes; a longer line is broken between runes. A link stands on a
// line of its own and is never broken.
func split(text string, most int) []string {
	var pieces []string
	piece := ""
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > most {
			at := most
			for !utf8.RuneStart(line[at]) {
				at--
			}
			pieces, piece = keep(pieces, piece), ""
			pieces = append(pieces, line[:at])
			line = line[at:]
		}
		if len(piece)+1+len(line) > most {
			pieces, piece = keep(pieces, piece), ""
		}
		if piece != "" {
			piece += "\n"
		}
		piece += line
	}
	return keep(pieces, piece)
}

func keep(pieces []string, piece string) []string {
	if piece = strings.TrimSpace(piece); piece != "" {
		return append(pieces, piece)
	}
	return pieces
}

// asNews is the picture form of a single card that has a picture and a page to open; nil for everything else.
func (c *Channel) asNews(replies []bot.Reply, list string) *news {
	if len(replies) != 1 || replies[0].Card == nil || replies[0].Text != "" || !goodURL(replies[0].Card.Picture) {
		return nil
	}
	card := replies[0].Card
	n := news{PicURL: card.Picture}
	for _, ch := range replies[0].Choices {
		if ch.URL != "" && n.URL == "" {
			n.URL = ch.URL
		}
	}
	if n.URL == "" && c.c.PublicURL != "" && card.Deal != "" {
		n.URL = c.c.PublicURL + "/d/" + card.Deal
	}
	if n.URL == "" {
		return nil
	}
	lines := bot.CardLines(*card)
	n.Title = bot.Cut(safe(lines[0]), 64, bot.Runes)
	n.Description = strings.TrimSpace(safe(strings.Join(lines[1:], "\n")) + "\n" + list)
	if len(n.Description)+len(n.Title) > maxBytes-256 {
		return nil
	}
	return &n
}

// cdata wraps text so that nothing in it ends the section.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}

func head(to, from string, at int64, kind string) string {
	return fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>%s</MsgType>",
		cdata(to), cdata(from), at, cdata(kind))
}

func textXML(text string) func(to, from string, at int64) []byte {
	return func(to, from string, at int64) []byte {
		return []byte(head(to, from, at, "text") + "<Content>" + cdata(text) + "</Content></xml>")
	}
}

func (n *news) xml(to, from string, at int64) []byte {
	return []byte(head(to, from, at, "news") + "<ArticleCount>1</ArticleCount><Articles><item><Title>" + cdata(n.Title) + "</Title><Description>" +
		cdata(n.Description) + "</Description><PicUrl>" + cdata(n.PicURL) + "</PicUrl><Url>" + cdata(n.URL) + "</Url></item></Articles></xml>")
}
