package chat

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers/chat/adverts"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// posting is a deal that is being put together, between its messages.
type posting struct {
	Draft    Draft           `json:"draft"`
	Guided   bool            `json:"guided,omitempty"`
	Ask      string          `json:"ask,omitempty"` // the question that is open; "" at the preview
	Answered map[string]bool `json:"answered,omitempty"`
	Times    []time.Time     `json:"times,omitempty"` // proposed deadlines, as pick 1, 2
	Places   []string        `json:"places,omitempty"`
	Chats    []domain.ChatID `json:"chats,omitempty"` // where it goes; several until one is chosen
	Chosen   bool            `json:"chosen,omitempty"`
}

const askChat = "chat"

// post begins: everything in one message, or step by step. Only a leader of the chat may; in private, of any chat.
func (t *talk) post() ([]bot.Reply, error) {
	chats, err := t.leadsChats()
	if err != nil {
		return nil, err
	}
	text := t.said.rest
	if len(chats) == 0 {
		if t.group() && text != "" && !t.up.Spoken && !adverts.HasPrice(text) {
			return nil, nil // talk about deals, not a deal
		}
		return t.refuse(domain.Refuse(domain.CodeForbidden, domain.WhyNotLeader), domain.DealSheet{}), nil
	}
	if err := t.recall(); err != nil {
		return nil, err
	}
	t.memory.begin(stepPost, t.v.Now)
	p := &posting{Guided: text == "", Chats: chats, Chosen: len(chats) == 1, Answered: map[string]bool{}}
	t.memory.Post = p
	if text != "" {
		if p.Draft, err = t.readDraft(text); err != nil {
			return nil, err
		}
	}
	p.Draft.Picture = t.up.Picture
	return t.nextQuestion()
}

// forwardedAdvert: a leader sends an advert in private without a word about it. It becomes a draft; in a group it stays talk.
func (t *talk) forwardedAdvert() (bool, error) {
	free := t.said.command == nil || t.said.loose
	if t.group() || !free || t.memory.Step != "" || !adverts.Looks(t.text, adverts.Setting{Now: t.now()}) {
		return false, nil
	}
	chats, err := t.leadsChats()
	return len(chats) > 0, err
}

func (t *talk) setting() Setting {
	return Setting{Now: t.now(), Lang: t.v.Lang, Currency: money.Currency(t.community.Currency)}
}

// leadsChats are the chats that a deal could go to: this group, or in private all that the speaker leads.
func (t *talk) leadsChats() ([]domain.ChatID, error) {
	d := t.h.c.Desk
	if t.group() {
		can, err := d.Can(t.ctx, t.who.ID, domain.RoleLeader, string(t.chat.ID))
		if err != nil || !can {
			return nil, err
		}
		return []domain.ChatID{t.chat.ID}, nil
	}
	if err := t.hosted(); err != nil {
		return nil, err
	}
	all, err := d.ChatsIn(t.ctx, t.community.ID)
	if err != nil {
		return nil, fmt.Errorf("chats: %w", busy(err))
	}
	var out []domain.ChatID
	for _, c := range all {
		if !c.Group {
			continue
		}
		can, err := d.Can(t.ctx, t.who.ID, domain.RoleLeader, string(c.ID))
		if err != nil {
			return nil, err
		}
		if can {
			out = append(out, c.ID)
		}
	}
	return out, nil
}

// nextQuestion asks what is still missing, or shows the preview.
func (t *talk) nextQuestion() ([]bot.Reply, error) {
	p := t.memory.Post
	t.memory.Until, t.memory.dirty = t.v.Now.Add(dialogueLife), true
	p.Ask = p.Draft.missing(p.Guided, p.Answered)
	if p.Ask == "" && !p.Chosen {
		p.Ask = askChat
	}
	r := bot.Reply{Code: "ask_" + p.Ask}
	switch p.Ask {
	case "":
		return t.preview()
	case askThreshold:
		r.Choices = []bot.Choice{t.pickNo(1, t.w("post.shares", "n", "10")), t.pickNo(2, t.w("post.shares", "n", "20")), t.pickNo(3, t.w("post.any"))}
	case askDeadline:
		p.Times = proposals(t.now())
		for i, at := range p.Times {
			r.Choices = append(r.Choices, t.pickNo(i+1, t.v.Clock(at)))
		}
		r.Choices[0].Main = true
	case askPlace:
		if err := t.offerPlaces(p, &r); err != nil {
			return nil, err
		}
	case askChat:
		if err := t.offerChats(p, &r); err != nil {
			return nil, err
		}
	}
	first := ""
	if len(p.Times) > 0 {
		first = t.v.Clock(p.Times[0])
	}
	key := "post.ask." + p.Ask
	if p.Ask == askPrice && len(p.Draft.Items) > 1 {
		key = "post.ask.prices"
	}
	r.Text = t.w(key, "title", say.Line(p.Draft.Title, 20), "at", first)
	return []bot.Reply{r}, nil
}

func (t *talk) pickNo(n int, label string) bot.Choice {
	return bot.Choice{Label: label, Action: say.Plain(say.VerbPick, strconv.Itoa(n))}
}

// proposals are deadlines that most leaders take: tonight at 10 if that is two hours away, and tomorrow evening.
func proposals(now time.Time) []time.Time {
	at := func(days, hour int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, hour, 0, 0, 0, now.Location())
	}
	if tonight := at(0, 22); tonight.Sub(now) >= 2*time.Hour {
		return []time.Time{tonight, at(1, 20)}
	}
	return []time.Time{at(1, 20), at(1, 22)}
}

func (t *talk) offerChats(p *posting, r *bot.Reply) error {
	for i, id := range p.Chats[:min(6, len(p.Chats))] {
		c, err := t.h.c.Desk.Chat(t.ctx, id)
		if err != nil {
			return fmt.Errorf("chat: %w", busy(err))
		}
		r.Choices = append(r.Choices, t.pickNo(i+1, say.Line(c.Title, say.MaxName)))
	}
	r.Choices = append(r.Choices, t.pickNo(99, t.w("post.all_chats")))
	return nil
}

// preview shows the card as it will be. Nothing is posted before the leader says so.
func (t *talk) preview() ([]bot.Reply, error) {
	p := t.memory.Post
	cur := money.Currency(t.community.Currency)
	point, err := t.pointOf(p.Draft)
	if err != nil {
		return nil, err
	}
	r := t.v.Preview(p.Draft.terms(), p.Draft.newItems(cur), say.CardFacts{Point: point})
	merchant, known, err := t.merchant(p.Draft.Merchant)
	if err != nil {
		return nil, err
	}
	switch {
	case merchant.ID != "":
		r.Text += "\n" + t.w("post.merchant", "name", t.v.Name(merchant.Name))
	case !known:
		r.Text += "\n" + t.w("post.no_merchant", "name", t.v.Name(p.Draft.Merchant))
	}
	return []bot.Reply{r}, nil
}

// merchant finds the merchant by name; a community with just one needs no naming. Known is false for a name nobody has.
func (t *talk) merchant(name string) (a domain.Account, known bool, err error) {
	roles, err := t.h.c.Desk.RolesIn(t.ctx, t.community.ID)
	if err != nil {
		return a, false, fmt.Errorf("merchants: %w", busy(err))
	}
	var ids []domain.AccountID
	for _, r := range roles {
		if r.Name == domain.RoleMerchant && !slices.Contains(ids, r.Account) {
			ids = append(ids, r.Account)
		}
	}
	people, err := t.h.c.Desk.Accounts(t.ctx, ids)
	if err != nil {
		return a, false, fmt.Errorf("merchants: %w", busy(err))
	}
	for _, id := range ids {
		if name != "" && words.Fold(people[id].Name) == words.Fold(name) || name == "" && len(ids) == 1 {
			return people[id], true, nil
		}
	}
	return a, name == "", nil
}

// postingWords takes what is typed while a deal is put together. Done is false when it was not meant for the dialogue.
func (t *talk) postingWords() (replies []bot.Reply, done bool, err error) {
	p := t.memory.Post
	if p == nil {
		t.memory.end()
		return nil, false, nil
	}
	if t.up.Kind == bot.KindPicture && t.up.Picture != "" {
		p.Draft.Picture = t.up.Picture
		if t.text == "" {
			replies, err = t.nextQuestion()
			return replies, true, err
		}
	}
	low := words.Fold(t.text)
	if p.Ask == "" && slices.Contains([]string{"发布", "发", "好", "可以", "确认", "ok", "yes", "publish", "go"}, low) {
		replies, err = t.publish()
		return replies, true, err
	}
	if !t.take(p, low) {
		if t.group() && !t.up.Spoken {
			return nil, false, nil
		}
		replies, err = t.nextQuestion() // asked again rather than guessed
		return replies, true, err
	}
	replies, err = t.nextQuestion()
	return replies, true, err
}

// take understands an answer to the open question, or any other field that is named.
func (t *talk) take(p *posting, low string) bool {
	yes := slices.Contains([]string{"好", "好的", "可以", "行", "对", "ok", "yes"}, low)
	skip := slices.Contains([]string{"不限", "没有", "无", "跳过", "不用", "none", "no", "skip", "any"}, low)
	switch {
	case p.Ask == askDeadline && yes && len(p.Times) > 0:
		p.Draft.Deadline = p.Times[0]
		return true
	case (p.Ask == askThreshold || p.Ask == askPlace) && skip:
		p.Answered[p.Ask] = true
		return true
	case p.Ask == askThreshold:
		if n, kind := words.Number(low); kind == words.Whole && n > 0 && n < hugeQty {
			p.Draft.Threshold, p.Draft.ThresholdUnit = n, domain.UnitShares
			return true
		}
	case p.Ask == askPrice:
		if a, err := money.Parse(t.text, money.Currency(t.community.Currency)); err == nil && a.IsPositive() {
			p.Draft = p.Draft.merge(Draft{Items: []DraftItem{{Group: a.Fen()}}})
			return true
		}
	}
	return t.takeFields(p)
}

// takeFields reads whatever fields the text names; a text without any answers a question for words.
func (t *talk) takeFields(p *posting) bool {
	d, err := t.readDraft(t.text)
	if err != nil {
		return false
	}
	words := d.Title
	d.Title = ""
	fields := !sameDraft(d, Draft{})
	switch {
	case p.Ask == askTitle && words != "":
		d.Title = words
		fields = true
	case p.Ask == askPlace && words != "" && d.Place == "":
		d.Place = words
		fields = true
	case p.Ask == "" && !fields:
		return false
	}
	p.Draft = p.Draft.merge(d)
	return fields
}

func sameDraft(a, b Draft) bool {
	return len(a.Items) == len(b.Items) && fmt.Sprint(a) == fmt.Sprint(b)
}

// pickInPost is a pressed answer to the open question.
func (t *talk) pickInPost(n int64) ([]bot.Reply, error) {
	p := t.memory.Post
	i := int(n) - 1
	switch {
	case p.Ask == askThreshold && i >= 0 && i < 3:
		p.Answered[askThreshold] = true
		if i < 2 {
			p.Draft.Threshold, p.Draft.ThresholdUnit = int64(10*(i+1)), domain.UnitShares
		}
	case p.Ask == askDeadline && i >= 0 && i < len(p.Times):
		p.Draft.Deadline = p.Times[i]
	case p.Ask == askPlace && i >= 0 && i < len(p.Places):
		p.Draft.Place, p.Answered[askPlace] = p.Places[i], true
	case p.Ask == askChat && i >= 0 && i < len(p.Chats):
		p.Chats, p.Chosen = p.Chats[i:i+1], true
	case p.Ask == askChat && n == 99:
		p.Chosen = true
	}
	replies, err := t.nextQuestion()
	return t.replacing(replies), err
}

// replacing turns the pressed message into its own answer.
func (t *talk) replacing(replies []bot.Reply) []bot.Reply {
	if len(replies) > 0 {
		replies[0].Replace = t.up.Pressed
	}
	return replies
}

// publish opens the deal. What the rules refuse can be corrected; the draft stays.
func (t *talk) publish() ([]bot.Reply, error) {
	p := t.memory.Post
	if p.Draft.missing(false, p.Answered) != "" || !p.Chosen {
		return t.nextQuestion()
	}
	c, err := t.postCommand(p)
	if err != nil {
		return nil, err
	}
	a, err := t.h.c.Desk.Post(t.ctx, c)
	if err != nil {
		return nil, err
	}
	if a.Refusal != nil {
		return t.refuseWith(a.Refusal, t.facts("post")), nil //nolint:nilerr // the error has become the answer
	}
	t.memory.end()
	return t.postedAs(a)
}

func (t *talk) postedAs(a domain.Answer) ([]bot.Reply, error) {
	replies, err := t.tell(a, "post", a.Deal)
	return t.replacing(replies), err
}

func (t *talk) postCommand(p *posting) (domain.PostCommand, error) {
	c := domain.PostCommand{Ask: t.ask(), Community: t.community, Terms: p.Draft.terms(), Items: p.Draft.newItems(money.Currency(t.community.Currency)), Chats: p.Chats}
	merchant, _, err := t.merchant(p.Draft.Merchant)
	if err != nil {
		return c, err
	}
	c.Terms.Merchant = merchant.ID
	if p.Draft.Place != "" {
		point, err := t.h.c.Desk.AddPoint(t.ctx, t.community.ID, p.Draft.Place, p.Draft.PickupTime)
		if err != nil {
			return c, err
		}
		c.Terms.Point = point.ID
	}
	return c, nil
}

// pressPost is for the buttons of a draft, which may be gone, or belong to somebody else.
func (t *talk) pressPost(do func() ([]bot.Reply, error)) ([]bot.Reply, error) {
	if t.memory.Step != stepPost || t.memory.Post == nil {
		replies := t.say1("draft_gone", "post.gone")
		replies[0].Private = t.group()
		return replies, nil
	}
	return do()
}
