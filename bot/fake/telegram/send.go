package telegram

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Telegram's sizes.
const (
	maxText    = 4096 // UTF-16 units
	maxCaption = 1024
	maxData    = 64 // bytes
	maxKeys    = 100
	maxRow     = 8
	maxPhoto   = 10 << 20
	maxAnswer  = 200
)

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// open finds the chat that a message goes to, and whether it may. The lock is held, as in all that follows.
func (t *Town) open(f form) (*room, int, *refusal) {
	r := t.rooms[f.num("chat_id")]
	if r == nil {
		return nil, 0, bad("chat not found")
	}
	if h := t.people[r.id]; h != nil {
		switch {
		case h.blocked:
			return nil, 0, &refusal{code: http.StatusForbidden, text: "Forbidden: bot was blocked by the user"}
		case !h.started:
			return nil, 0, &refusal{code: http.StatusForbidden, text: "Forbidden: bot can't initiate conversation with a user"}
		}
	}
	switch {
	case r.movedTo != 0:
		return nil, 0, &refusal{code: http.StatusBadRequest, text: "Bad Request: group chat was upgraded to a supergroup chat", migrate: r.movedTo}
	case !r.inside:
		return nil, 0, &refusal{code: http.StatusForbidden, text: "Forbidden: bot was kicked from the group chat"}
	}
	topic := int(f.num("message_thread_id"))
	if f.fields["message_thread_id"] != "" && r.topics[topic] == "" {
		return nil, 0, bad("message thread not found")
	}
	if reply := f.fields["reply_parameters"]; reply != "" {
		var p struct {
			ID    int  `json:"message_id"`
			Allow bool `json:"allow_sending_without_reply"`
		}
		if json.Unmarshal([]byte(reply), &p) != nil || r.find(p.ID) == nil && !p.Allow {
			return nil, 0, bad("message to be replied not found")
		}
	}
	return r, topic, nil
}

func checkText(text string, limit int) *refusal {
	switch {
	case !utf8.ValidString(text):
		return bad("strings must be encoded in UTF-8")
	case units(text) > limit && limit == maxCaption:
		return bad("message caption is too long")
	case units(text) > limit:
		return bad("message is too long")
	}
	return nil
}

// markup reads and checks the buttons below a message.
func markup(raw string) ([][]button, *refusal) {
	if raw == "" {
		return nil, nil
	}
	var m struct {
		Rows [][]button `json:"inline_keyboard"`
	}
	if json.Unmarshal([]byte(raw), &m) != nil {
		return nil, bad("can't parse reply keyboard markup JSON object")
	}
	n := 0
	for _, row := range m.Rows {
		if n += len(row); n > maxKeys || len(row) > maxRow {
			return nil, bad("reply markup is too long")
		}
		for _, b := range row {
			if no := b.check(); no != nil {
				return nil, no
			}
		}
	}
	return m.Rows, nil
}

func (b button) check() *refusal {
	switch {
	case strings.TrimSpace(b.Text) == "":
		return bad("can't parse inline keyboard button: text is empty")
	case b.Data != "" && b.URL != "":
		return bad("BUTTON_TYPE_INVALID")
	case len(b.Data) > maxData:
		return bad("BUTTON_DATA_INVALID")
	case b.URL != "" && !reachable(b.URL):
		return bad("BUTTON_URL_INVALID")
	case b.Data == "" && b.URL == "" && b.CopyText != nil && b.CopyText.Text == "":
		return bad("BUTTON_COPY_TEXT_INVALID")
	case b.Data == "" && b.URL == "" && b.CopyText == nil:
		return bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	}
	return nil
}

func reachable(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && slices.Contains([]string{"http", "https", "tg"}, u.Scheme) && (u.Scheme == "tg" || strings.Contains(u.Hostname(), "."))
}

func (t *Town) sendMessage(f form) (any, *refusal) {
	r, topic, no := t.open(f)
	if no != nil {
		return nil, no
	}
	if strings.TrimSpace(f.fields["text"]) == "" {
		return nil, bad("message text is empty")
	}
	if no := checkText(f.fields["text"], maxText); no != nil {
		return nil, no
	}
	return t.put(r, f, &post{topic: topic, text: f.fields["text"], form: "text"})
}

func (t *Town) sendPhoto(f form) (any, *refusal) {
	r, topic, no := t.open(f)
	if no != nil {
		return nil, no
	}
	if no := checkText(f.fields["caption"], maxCaption); no != nil {
		return nil, no
	}
	p := &post{topic: topic, caption: f.fields["caption"], form: "photo", photo: f.fields["photo"]}
	if body, ok := f.files["photo"]; ok {
		if len(body) > maxPhoto || !bytes.HasPrefix(body, []byte("\x89PNG")) && !bytes.HasPrefix(body, []byte("\xff\xd8")) {
			return nil, bad("IMAGE_PROCESS_FAILED")
		}
		p.photo = "file" + strconv.Itoa(len(t.files)+1)
		t.files[p.photo] = body
	} else if _, known := t.files[p.photo]; !known && !reachable(p.photo) {
		return nil, bad("wrong file identifier/HTTP URL specified")
	}
	return t.put(r, f, p)
}

func (t *Town) sendInvoice(f form) (any, *refusal) {
	r, topic, no := t.open(f)
	if no != nil {
		return nil, no
	}
	title, payload := units(f.fields["title"]), len(f.fields["payload"])
	words := units(f.fields["description"])
	var prices []struct {
		Label  string `json:"label"`
		Amount int64  `json:"amount"`
	}
	switch stars := f.fields["currency"] == "XTR"; {
	case title < 1 || title > 32 || words < 1 || words > 255 || payload < 1 || payload > 128:
		return nil, bad("INVOICE_PAYLOAD_INVALID")
	case json.Unmarshal([]byte(f.fields["prices"]), &prices) != nil || len(prices) == 0 || stars && len(prices) > 1:
		return nil, bad("PRICES_INVALID")
	case stars != (f.fields["provider_token"] == ""):
		return nil, bad("PAYMENT_PROVIDER_INVALID")
	}
	return t.put(r, f, &post{topic: topic, text: f.fields["title"] + "\n" + f.fields["description"], form: "invoice"})
}

// put posts a message of the bot, if the limits allow it.
func (t *Town) put(r *room, f form, p *post) (any, *refusal) {
	rows, no := markup(f.fields["reply_markup"])
	if no == nil {
		no = t.limit(r)
	}
	if no != nil {
		return nil, no
	}
	p.rows, p.at = rows, t.c.Clock()
	return t.message(r.add(p)), nil
}

// target finds the message that is to be edited.
func (t *Town) target(f form) (*post, *room, *refusal) {
	if inline := f.fields["inline_message_id"]; inline != "" {
		p := t.inlines[inline]
		if p == nil {
			return nil, nil, bad("MESSAGE_ID_INVALID")
		}
		return p, nil, nil
	}
	r, _, no := t.open(f)
	if no != nil {
		return nil, nil, no
	}
	p := r.find(int(f.num("message_id")))
	switch {
	case p == nil:
		return nil, nil, bad("message to edit not found")
	case p.from != 0:
		return nil, nil, bad("message can't be edited")
	}
	return p, r, nil
}

func (t *Town) editText(f form) (any, *refusal) {
	return t.edit(f, func(p *post) (*string, *refusal) {
		if p.photo != "" {
			return nil, bad("there is no text in the message to edit")
		}
		if strings.TrimSpace(f.fields["text"]) == "" {
			return nil, bad("message text is empty")
		}
		return &p.text, checkText(f.fields["text"], maxText)
	}, f.fields["text"])
}

func (t *Town) editCaption(f form) (any, *refusal) {
	return t.edit(f, func(p *post) (*string, *refusal) {
		if p.photo == "" {
			return nil, bad("there is no caption in the message to edit")
		}
		return &p.caption, checkText(f.fields["caption"], maxCaption)
	}, f.fields["caption"])
}

func (t *Town) editMarkup(f form) (any, *refusal) {
	return t.edit(f, func(*post) (*string, *refusal) { return new(string), nil }, "")
}

// edit changes a message; an edit that changes nothing is refused.
func (t *Town) edit(f form, field func(*post) (*string, *refusal), text string) (any, *refusal) {
	p, r, no := t.target(f)
	if no != nil {
		return nil, no
	}
	old, no := field(p)
	if no != nil {
		return nil, no
	}
	rows, no := markup(f.fields["reply_markup"])
	if no != nil {
		return nil, no
	}
	if *old == text && slices.EqualFunc(rows, p.rows, func(a, b []button) bool {
		return slices.EqualFunc(a, b, func(x, y button) bool { return x.Text == y.Text && x.Data == y.Data && x.URL == y.URL })
	}) {
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	if r != nil {
		if no := t.limit(r); no != nil {
			return nil, no
		}
	}
	*old, p.rows = text, rows
	p.edited++
	if r == nil {
		return true, nil
	}
	return t.message(p), nil
}
