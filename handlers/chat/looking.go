package chat

import (
	"errors"
	"fmt"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

// look finds the deal that a question is about; in private also one where the speaker has an order.
func (t *talk) look(verb say.Verb) (domain.DealSheet, []bot.Reply, error) {
	return t.find(seek{code: t.said.code, pool: t.here, act: func(code string) string { return say.Do(verb, code) }, none: func() ([]bot.Reply, error) {
		if t.silent() {
			return nil, nil
		}
		return []bot.Reply{t.v.Deals(nil)}, nil
	}})
}

func (t *talk) status() ([]bot.Reply, error) {
	sheet, replies, err := t.look(say.VerbStatus)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	replies, err = t.progress(sheet)
	if err != nil {
		return nil, err
	}
	return replies, t.about(sheet.Deal.Code)
}

func (t *talk) whoIsIn() ([]bot.Reply, error) {
	sheet, replies, err := t.look(say.VerbWho)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.who1(sheet)
}

// who1 lists the people of one deal: names, numbers and quantities, nothing private.
func (t *talk) who1(sheet domain.DealSheet) ([]bot.Reply, error) {
	rows, err := t.rows(sheet, domain.OrderFilter{States: liveStates()})
	if err != nil {
		return nil, err
	}
	if t.group() || !isLeader(sheet, t.who) {
		rows = withoutNotes(rows)
	}
	return []bot.Reply{t.v.Who(sheet, rows)}, nil
}

// withoutNotes: what somebody asked for beside the goods is for the leader's eyes.
func withoutNotes(rows []say.OrderRow) []say.OrderRow {
	for i := range rows {
		rows[i].Order.Note = ""
	}
	return rows
}

func liveStates() []domain.OrderState {
	return []domain.OrderState{
		domain.OrderPlaced, domain.OrderWaiting, domain.OrderAwaiting, domain.OrderConfirmed, domain.OrderReady, domain.OrderReceived,
	}
}

// rows are orders of a deal with their people's names.
func (t *talk) rows(sheet domain.DealSheet, f domain.OrderFilter) ([]say.OrderRow, error) {
	orders, err := t.h.c.Desk.OrdersOfDeal(t.ctx, sheet.Deal.ID, f)
	if err != nil {
		return nil, fmt.Errorf("orders of the deal: %w", busy(err))
	}
	ids := make([]domain.AccountID, 0, len(orders))
	for _, o := range orders {
		ids = append(ids, o.Shopper)
	}
	people, err := t.h.c.Desk.Accounts(t.ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("names: %w", busy(err))
	}
	rows := make([]say.OrderRow, 0, len(orders))
	for _, o := range orders {
		rows = append(rows, say.OrderRow{Order: o, Sheet: sheet, Name: people[o.Shopper].Name})
	}
	return rows, nil
}

// myOrders lists the speaker's orders: those that are alive or have money on its way, then a few that are over.
func (t *talk) myOrders() ([]bot.Reply, error) {
	orders, err := t.h.c.Desk.OrdersOf(t.ctx, t.who.ID, 50)
	if err != nil {
		return nil, fmt.Errorf("my orders: %w", busy(err))
	}
	var rows, over []say.OrderRow
	sheets := map[domain.DealID]domain.DealSheet{}
	for _, o := range orders {
		s, known := sheets[o.Deal]
		if !known {
			if s, err = t.h.c.Desk.Deal(t.ctx, o.Deal); err != nil {
				return nil, fmt.Errorf("my deals: %w", busy(err))
			}
			sheets[o.Deal] = s
		}
		row := say.OrderRow{Order: o, Sheet: s, Name: t.who.Name}
		if o.State.IsLive() && o.State != domain.OrderReceived || o.RefundDue.IsPositive() {
			rows = append(rows, row)
		} else {
			over = append(over, row)
		}
	}
	rows = append(rows, over[:min(3, len(over))]...)
	r := t.v.Orders(rows)
	r.Private = t.group() && len(rows) > 0
	return []bot.Reply{r}, nil
}

func (t *talk) openDeals() ([]bot.Reply, error) {
	all, err := t.h.c.Desk.OpenDeals(t.ctx, t.community.ID, 8)
	if err != nil {
		return nil, fmt.Errorf("open deals: %w", busy(err))
	}
	return []bot.Reply{t.v.Deals(all)}, nil
}

// show is a deal's card, asked for by a link, a button or its code.
func (t *talk) show(sheet domain.DealSheet) ([]bot.Reply, error) {
	t.sheet = sheet
	f, err := t.cardFacts(sheet)
	if err != nil {
		return nil, err
	}
	r := t.v.Card(sheet, f)
	r.Living = "" // the living one is the chat's own and is kept by the outbox
	if isOpen(sheet) || t.ours(sheet) {
		return []bot.Reply{r}, t.about(sheet.Deal.Code)
	}
	if others := t.others(); len(others) > 0 {
		r.Choices = append(r.Choices, t.v.DealChoices(others, 3)...)
	}
	return []bot.Reply{r}, t.about(sheet.Deal.Code)
}

// ours reports whether the deal is posted to this chat.
func (t *talk) ours(sheet domain.DealSheet) bool {
	for _, c := range sheet.Chats {
		if c.Chat == t.chat.ID {
			return true
		}
	}
	return false
}

func (t *talk) cardFacts(sheet domain.DealSheet) (say.CardFacts, error) {
	var f say.CardFacts
	rows, err := t.rows(sheet, domain.OrderFilter{States: liveStates(), Newest: true, Limit: 3})
	if err != nil {
		return f, err
	}
	for _, r := range rows {
		f.Recent = append(f.Recent, say.Joined{Serial: r.Order.Serial, Name: r.Name, For: r.Order.Beneficiary, Qty: r.Order.Shares})
	}
	if sheet.Deal.Terms.Point != "" {
		points, err := t.h.c.Desk.Points(t.ctx, t.community.ID)
		if err != nil {
			return f, fmt.Errorf("pickup points: %w", busy(err))
		}
		for _, p := range points {
			if p.ID == sheet.Deal.Terms.Point {
				f.Point = p
			}
		}
	}
	heads := make([]domain.AccountID, 0, len(sheet.Teams))
	for _, tm := range sheet.Teams {
		if tm.Head != "" {
			heads = append(heads, tm.Head)
		}
	}
	if len(heads) == 0 {
		return f, nil
	}
	people, err := t.h.c.Desk.Accounts(t.ctx, heads)
	if err != nil {
		return f, fmt.Errorf("names: %w", busy(err))
	}
	f.Names = map[domain.AccountID]string{}
	for id, a := range people {
		f.Names[id] = a.Name
	}
	return f, nil
}

// showTeam is one team of a team deal, by the link that its people share.
func (t *talk) showTeam(token string) ([]bot.Reply, error) {
	team, err := t.h.c.Desk.TeamByToken(t.ctx, token)
	if errors.Is(err, domain.ErrNotFound) {
		return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), domain.DealSheet{}), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the team: %w", busy(err))
	}
	sheet, err := t.h.c.Desk.Deal(t.ctx, team.Deal)
	if err != nil {
		return nil, fmt.Errorf("read the deal: %w", busy(err))
	}
	if sheet.Deal.Community != t.community.ID {
		return t.refuse(domain.Refuse(domain.CodeNotFound, domain.WhyLink), domain.DealSheet{}), nil
	}
	if sheet.Deal.Terms.Kind == domain.KindTeam {
		sheet.Teams = []domain.TeamRecord{team}
	}
	return t.show(sheet)
}

func (t *talk) qr() ([]bot.Reply, error) {
	sheet, replies, err := t.look(say.VerbQR)
	if err != nil || sheet.Deal.ID == "" {
		return replies, err
	}
	return t.codes(sheet)
}

// myCode gives the pickup codes of everything that is ready.
func (t *talk) myCode() ([]bot.Reply, error) {
	orders, err := t.h.c.Desk.OrdersOf(t.ctx, t.who.ID, 50)
	if err != nil {
		return nil, fmt.Errorf("my orders: %w", busy(err))
	}
	var out []bot.Reply
	for _, o := range orders {
		if o.State == domain.OrderReady && o.PickupCode != "" && len(out) < 3 {
			r := t.v.PickupQR(o)
			r.Private = t.group()
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return t.say1("no_code", "no_code"), nil
	}
	return out, nil
}
