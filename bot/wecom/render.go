package wecom

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tuanbot/bot"
)

// The platform's sizes.
const (
	maxText        = 2048 // bytes of a text
	maxMarkdown    = 4096 // bytes a robot says in markdown
	maxCardTitle   = 26   // runes
	maxCardText    = 112
	maxCardButtons = 6
	maxCardLabel   = 10
	maxURL         = 1024
	qrPixels       = 512
)

// form is how links look at a door.
type form int

const (
	plain  form = iota + 1 // the address behind the label
	linked                 // words that open a page
	marked                 // the same in markdown, where what people write must mean nothing
)

// message is all that the bot says at once, taken apart.
type message struct {
	blocks  []string
	links   []bot.Choice
	choices []bot.Choice // what can be chosen
	qrs     []string
}

// part is one message as it leaves: text, or a picture of a code.
type part struct {
	text string
	qr   string
}

// gather takes replies apart; what people wrote in them can become no markup.
func gather(replies []bot.Reply) message {
	var m message
	for _, r := range replies {
		m.block(r.Text)
		if r.Card != nil {
			m.block(strings.Join(bot.CardLines(*r.Card), "\n"))
		}
		if p := r.Picture; p != nil {
			if p.QR != "" {
				m.qrs = append(m.qrs, p.QR)
			}
			at := p.URL
			if at == "" && goodURL(p.QR) {
				at = p.QR
			}
			m.links = append(m.links, bot.Choice{Label: p.Alt, URL: at})
		}
		for _, ch := range r.Choices {
			if ch.URL != "" {
				m.links = append(m.links, ch)
			} else if ch.Action != "" {
				m.choices = append(m.choices, ch)
			}
		}
	}
	return m
}

func (m *message) block(s string) {
	if s = safe(s); s != "" {
		m.blocks = append(m.blocks, s)
	}
}

func (m message) actions() []string {
	var all []string
	for _, ch := range m.choices {
		all = append(all, ch.Action)
	}
	return all
}

// words are the text and the links; what can be chosen is not in it.
func (m message) words(f form) string {
	var links []string
	for _, l := range m.links {
		if s := link(l, f); s != "" {
			links = append(links, s)
		}
	}
	blocks := m.blocks
	if f == marked {
		blocks = []string{unmarked(strings.Join(blocks, "\n\n"))}
		if blocks[0] == "" {
			blocks = nil
		}
	}
	if len(links) > 0 {
		blocks = append(slices.Clip(blocks), strings.Join(links, "\n"))
	}
	return strings.Join(blocks, "\n\n")
}

// parts are the messages of it, the choices numbered.
func (m message) parts(f form) []part {
	return append(texts(m.full(f)), m.pictures()...)
}

// full is all of it as one text, the choices numbered.
func (m message) full(f form) string {
	text := m.words(f)
	if list := numbered(m.choices); list != "" {
		text = strings.TrimPrefix(text+"\n\n"+list, "\n\n")
	}
	return text
}

func texts(text string) []part {
	var all []part
	for _, s := range split(text, maxText) {
		all = append(all, part{text: s})
	}
	return all
}

func (m message) pictures() []part {
	var all []part
	for _, qr := range m.qrs {
		all = append(all, part{qr: qr})
	}
	return all
}

// link is a label with where it leads.
func link(l bot.Choice, f form) string {
	label := strings.ReplaceAll(safe(l.Label), "\n", " ")
	switch {
	case !goodURL(l.URL) || len(l.URL) > maxURL:
		return label
	case label == "" || f == plain:
		return strings.TrimSpace(label + " " + l.URL)
	}
	at := strings.NewReplacer("\"", "%22", "<", "%3C", ">", "%3E", "\n", "", "\r", "", "(", "%28", ")", "%29").Replace(l.URL)
	if f == marked {
		return "[" + unmarked(label) + "](" + at + ")"
	}
	return `<a href="` + at + `">` + label + `</a>`
}

// numbered lists what can be chosen by sending a number. The hint follows the script of what it stands before.
func numbered(choices []bot.Choice) string {
	if len(choices) == 0 {
		return ""
	}
	var items []string
	size, han := 0, false
	for i, ch := range choices {
		items = append(items, fmt.Sprintf("%d %s", i+1, strings.ReplaceAll(safe(ch.Label), "\n", " ")))
		size += utf8.RuneCountInString(ch.Label) + 4
		han = han || isHan(ch.Label)
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

func isHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// safe takes away what messages cannot carry, and makes sure that nobody's words become a link of ours.
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

// unmarked keeps markdown from meaning anything in what people wrote.
func unmarked(s string) string {
	return strings.NewReplacer("*", "＊", "_", "＿", "`", "｀", "[", "［", "]", "］", "#", "＃", "~", "～").Replace(s)
}

// split breaks a text at line ends into pieces of so many bytes; a longer line is broken between runes.
func split(text string, most int) []string {
	var pieces []string
	piece := ""
	flush := func() {
		if s := strings.TrimSpace(piece); s != "" {
			pieces = append(pieces, s)
		}
		piece = ""
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(piece)+1+len(line) > most {
			flush()
		}
		for len(line) > most {
			at := most
			for !utf8.RuneStart(line[at]) {
				at--
			}
			piece, line = line[:at], line[at:]
			flush()
		}
		piece += "\n" + line
		if len(piece) == len(line)+1 {
			piece = line
		}
	}
	flush()
	return pieces
}

// card is the pressable form for members: a title, a little text and buttons; nil when it does not fit into one.
func (c *Channel) card(m message, key string) map[string]any {
	if len(m.choices) == 0 || len(m.choices) > maxCardButtons || len(m.links) > 0 || len(m.qrs) > 0 {
		return nil
	}
	title, rest, _ := strings.Cut(m.words(plain), "\n")
	if utf8.RuneCountInString(title) > maxCardTitle { // a long first line is text below a short title
		title, rest = "团 · tuan", m.words(plain)
	}
	if rest = strings.TrimSpace(rest); utf8.RuneCountInString(rest) > maxCardText || title == "" {
		return nil
	}
	var buttons []map[string]any
	for i, ch := range m.choices {
		label, style := safe(ch.Label), 2
		if utf8.RuneCountInString(label) > maxCardLabel {
			return nil
		}
		if ch.Main || i == 0 {
			style = 1
		}
		buttons = append(buttons, map[string]any{"text": label, "style": style, "key": ch.Action})
	}
	return map[string]any{
		"card_type": "button_interaction", "main_title": map[string]string{"title": title}, "sub_title_text": rest, "task_id": taskID(key), "button_list": buttons,
	}
}

// taskID names a card; pressing it tells the name.
func taskID(key string) string { return "t" + digest("card", key)[:31] }
