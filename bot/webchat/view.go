package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tuanbot/assets"
	"tuanbot/bot"
)

func word(lang, key string, args ...any) string { return assets.Word(lang, key, args...) }

// frame is what the layout and the parts around every page need.
type frame struct {
	Lang, Title string
	Sandbox     bool
	Elder       bool
	Base        string // before every address of this person's pages
	Here        string // this page, to come back to
	Me          PersonRow
	CanAct      bool
}

// seatView is a room in the list.
type seatView struct {
	ID, Title, Face, Last, At string
	Private, Current          bool
	Unread                    int64
}

// messageView is one message as one person sees it.
type messageView struct {
	ID, Name, Face, Clock, Stamp, Day string
	Seq, Change                       int64
	Mine, Bot, New, Gone, Waiting     bool
	FirstUnread                       bool
	Text                              string
	Card                              *bot.Card
	Gap                               string // what is still to go, for ears
	QR                                qrView
	Choices                           []choiceView
	Quote                             *quoteView
	Fresh                             string // id for the next press
	Base, Room, Lang                  string
}

type choiceView struct {
	Label, Action, URL string
	Main               bool
}

type quoteView struct{ ID, Name, Text string }

// memberView is a person in the details of a room.
type memberView struct {
	ID, Name, Face  string
	Keeper, New, Me bool
	Removable       bool
}

// cardView is a living card in the details of a room.
type cardView struct{ ID, Title, Progress, Deadline, Price string }

type roomsPage struct {
	frame
	Seats []seatView
	Room  *roomPage // nil where only the list is shown
}

type roomPage struct {
	frame
	ID, Name        string
	Private, Keeper bool
	Messages        []messageView
	Older           int64 // show what was before this seq; 0 when there is nothing
	After           int64 // where the stream starts
	Last            int64
	Fresh           string
	Notice, Draft   string
	ReplyTo         *quoteView
	Members         []memberView
	More            int // members beyond those listed
	Cards           []cardView
	Invite          string
	InviteQR        qrView
	at              string // the host in links to copy
}

func (c *Chat) frameFor(v viewer, title, here string) frame {
	return frame{Lang: v.Lang, Title: title, Sandbox: c.Sandbox, Elder: v.Elder, Base: v.Base, Here: here, Me: v.PersonRow, CanAct: v.Base != ""}
}

func face(name string) string {
	for _, r := range name {
		return strings.ToUpper(string(r))
	}
	return "·"
}

func (c *Chat) clock(ms int64) time.Time { return time.UnixMilli(ms).In(c.Zone) }

// when is a time as people say it: the clock for today, the day for earlier.
func (c *Chat) when(lang string, ms int64) string {
	if ms == 0 {
		return ""
	}
	at, now := c.clock(ms), c.Clock().In(c.Zone)
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return c.day(lang, ms)
}

func (c *Chat) day(lang string, ms int64) string {
	at, now := c.clock(ms), c.Clock().In(c.Zone)
	switch at.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return word(lang, "day.today")
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return word(lang, "day.yesterday")
	}
	if lang == "en" {
		return at.Format("2 Jan")
	}
	return at.Format("1月2日")
}

// summary is one line about a stored message, for lists and quotes.
func summary(lang, kind, body string) string {
	if kind == "bot" {
		var r bot.Reply
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			return ""
		}
		switch {
		case r.Card != nil:
			return strings.TrimSpace(r.Card.Icon + " " + r.Card.Title)
		case r.Text == "" && r.Picture != nil:
			return "[" + word(lang, "chat.picture") + "]"
		}
		return oneLine(r.Text)
	}
	var s spoken
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return ""
	}
	return oneLine(s.Text)
}

func oneLine(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > 60 {
		return string(line[:60]) + "…"
	}
	return string(line)
}

func (c *Chat) roomName(lang, kind, title string) string {
	if kind == string(bot.ChatPrivate) {
		return word(lang, "bot.name")
	}
	return title
}

func (c *Chat) seats(ctx context.Context, v viewer, current string) ([]seatView, error) {
	rows, err := c.Store.WebSeats(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	views := make([]seatView, len(rows))
	for i, s := range rows {
		private := s.Kind == string(bot.ChatPrivate)
		last := summary(v.Lang, s.LastKind, s.LastBody)
		if private && last == "" {
			last = word(v.Lang, "rooms.private_hint")
		}
		if !private && s.LastAuthor != "" && s.LastName != "" && last != "" {
			last = cutName(s.LastName) + word(v.Lang, "colon") + last
		}
		views[i] = seatView{
			ID: s.Room, Title: c.roomName(v.Lang, s.Kind, s.Title), Face: face(s.Title), Private: private, Current: s.Room == current,
			Last: last, At: c.when(v.Lang, s.LastAt), Unread: s.Unread,
		}
	}
	return views, nil
}

// cutName shortens a name to 12 runes without breaking an emoji that is joined of several.
func cutName(name string) string {
	runes := []rune(name)
	if len(runes) <= 12 {
		return name
	}
	end := 12
	for end > 0 && (runes[end] == '\u200d' || runes[end] == '\ufe0f' || runes[end-1] == '\u200d' || runes[end] >= 0x1F3FB && runes[end] <= 0x1F3FF) {
		end--
	}
	return string(runes[:end]) + "…"
}

// views draws messages in the order they were said.
func (c *Chat) views(ctx context.Context, v viewer, rows []MessageRow) ([]messageView, error) {
	list := make([]messageView, len(rows))
	day := ""
	for i, m := range rows {
		mv, err := c.view(ctx, v, m)
		if err != nil {
			return nil, err
		}
		if d := c.day(v.Lang, m.CreatedAt); d != day {
			day, mv.Day = d, d
		}
		list[i] = mv
	}
	return list, nil
}

func (c *Chat) view(ctx context.Context, v viewer, m MessageRow) (messageView, error) {
	fresh, err := c.random(12)
	if err != nil {
		return messageView{}, err
	}
	mv := messageView{
		ID: m.ID, Seq: m.Seq, Change: m.Change, Name: m.Name, Face: face(m.Name), New: m.New, Mine: m.Author == v.ID, Bot: m.Author == "",
		Clock: c.clock(m.CreatedAt).Format("15:04"), Stamp: c.clock(m.CreatedAt).Format(time.RFC3339),
		Waiting: m.Handled == 0 && (m.ChangedAt > m.CreatedAt || c.now() > m.CreatedAt+slowAfter.Milliseconds()), Fresh: fresh, Base: v.Base, Room: m.Room, Lang: v.Lang,
	}
	if mv.Bot {
		err = c.drawReply(&mv, m.Body)
	} else {
		err = drawSaid(&mv, m)
	}
	if err != nil {
		return messageView{}, err
	}
	if m.ReplyTo != "" {
		mv.Quote, err = c.quote(ctx, v, m.Room, m.ReplyTo)
	}
	return mv, err
}

func drawSaid(mv *messageView, m MessageRow) error {
	var s spoken
	if err := json.Unmarshal([]byte(m.Body), &s); err != nil {
		return fmt.Errorf("decode message %s: %w", m.ID, err)
	}
	mv.Text = s.Text
	mv.Gone = s.Text == ""
	if mv.Name == "" {
		mv.Name = word(mv.Lang, "chat.gone_name")
	}
	return nil
}

func (c *Chat) drawReply(mv *messageView, body string) error {
	var r bot.Reply
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return fmt.Errorf("decode message %s: %w", mv.ID, err)
	}
	mv.Name, mv.Text, mv.Card = word(mv.Lang, "bot.name"), r.Text, r.Card
	if r.Card != nil && !c.shownPicture(r.Card.Picture) {
		r.Card.Picture = ""
	}
	for _, ch := range r.Choices {
		if href, ok := c.href(mv.Base, ch.URL); ok || ch.Action != "" {
			mv.Choices = append(mv.Choices, choiceView{Label: ch.Label, Action: ch.Action, URL: href, Main: ch.Main})
		}
	}
	var err error
	if r.Picture != nil {
		mv.QR, err = c.drawPicture(*r.Picture)
	}
	return err
}

// href keeps addresses that lead somewhere safe. Links into the chat itself stay with the person that this tab acts as.
func (c *Chat) href(base, raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return "", false
	}
	own := u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/") || c.origin != "" && u.Scheme+"://"+u.Host == c.origin
	if !own {
		return raw, slices.Contains([]string{"https", "http", "mailto", "tel"}, u.Scheme)
	}
	if u.Path == "/" && base != "" {
		u.Scheme, u.Host, u.Path = "", "", base+"/"
	}
	return u.String(), true
}

func (c *Chat) quote(ctx context.Context, v viewer, room, id string) (*quoteView, error) {
	m, found, err := c.Store.WebMessage(ctx, id)
	if err != nil || !found || m.Room != room || m.Hidden {
		return nil, err
	}
	name := m.Name
	if m.Author == "" {
		name = word(v.Lang, "bot.name")
	}
	return &quoteView{ID: m.ID, Name: cutName(name), Text: summary(v.Lang, m.Kind, m.Body)}, nil
}

// cardOf is the short form of a living card; what is over stays in the conversation only.
func cardOf(m MessageRow) (cardView, bool) {
	var r bot.Reply
	if err := json.Unmarshal([]byte(m.Body), &r); err != nil || r.Card == nil || r.Card.State != "" {
		return cardView{}, false
	}
	return cardView{
		ID: m.ID, Title: strings.TrimSpace(r.Card.Icon + " " + r.Card.Title), Progress: r.Card.Progress, Deadline: r.Card.Deadline, Price: r.Card.Price,
	}, true
}
