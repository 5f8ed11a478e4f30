package chat

import (
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/words"
	"tuanbot/notify/say"
)

// hush forgets what looked like an order in a group where nobody spoke to us, unless a deal here explains the whole message.
func (t *talk) hush() error {
	if c := t.said.command; c != nil && t.up.Kind == bot.KindText && (c.name == "paste" || c.name == "claim") {
		if err := t.hushList(); err != nil {
			return err
		}
	}
	if !t.group() || t.up.Spoken || t.said.command == nil || t.up.Kind != bot.KindText {
		return nil
	}
	name := t.said.command.name
	rest := len(t.said.wish.Rest) > 0 && (name == "change" || name == "leave")
	if !t.said.loose && !rest {
		return nil
	}
	pool, err := t.candidates()
	if err != nil {
		return err
	}
	for _, s := range pool {
		if m := t.meantIn(s); m.Kind != words.Silence && m.Kind != words.Other {
			return nil
		}
	}
	t.said = said{}
	return nil
}

// candidates are the deals that a message may speak of: the one whose code it names, else those of this chat.
func (t *talk) candidates() ([]domain.DealSheet, error) {
	if code := t.said.code; code != "" {
		if s, err := t.byCode(code); err == nil {
			return []domain.DealSheet{s}, nil
		}
	}
	if t.chat.ID == "" {
		return nil, nil
	}
	return t.here()
}

// severalPeople reports whether the message orders for more than one.
func (t *talk) severalPeople() (bool, error) {
	if t.said.command == nil || t.said.command.name != "join" || t.up.Kind != bot.KindText {
		return false, nil
	}
	pool, err := t.candidates()
	if err != nil {
		return false, err
	}
	for _, s := range pool {
		if m := t.meantIn(s); m.Kind == words.Buy && len(m.Orders) > 1 {
			return true, nil
		}
	}
	return false, nil
}

// doubt asks what is not clear, or refuses what nobody can order.
func (t *talk) doubt(sheet domain.DealSheet, m words.Meaning, w wish) ([]bot.Reply, error) {
	t.sheet = sheet
	f := t.facts("join")
	if len(w.Picks) > 0 && len(m.Rest) == 0 {
		f.Qty = w.Picks[0].Qty
	}
	switch m.Doubt {
	case words.DoubtContradiction:
		return t.say1("contradiction", "contradiction"), nil
	case words.DoubtQuantity:
		return t.refuseWith(domain.Refuse(domain.CodeInvalid, domain.WhyQuantity).WithInt("max", domain.MaxQty), f), nil
	case words.DoubtItem:
		if w.personal() && len(w.More) == 0 {
			t.keepOrder(w, "")
			t.memory.Order.Exact = true
		}
		return t.refuseWith(domain.Refuse(domain.CodeInvalid, domain.WhyChooseItem), f), nil
	case words.DoubtPerson:
		return t.say1("ask_person", "ask_person", "name", w.For, "n", strconv.FormatInt(f.Qty, 10)), nil
	case words.DoubtSpec:
		return t.askSpec(sheet, m, w)
	case words.DoubtQuestion:
		return t.askSure(sheet, w, f)
	case words.DoubtUnknown, words.NoDoubt:
	}
	r := domain.Refuse(domain.CodeNotFound, domain.WhyUnknownItem)
	if len(w.Picks) > 0 && w.Picks[0].Letter != "" {
		r = r.With("item", w.Picks[0].Letter)
	}
	return t.refuseWith(r, f), nil
}

// askSpec: 来2斤 of something sold in boxes. The readings are buttons.
func (t *talk) askSpec(sheet domain.DealSheet, m words.Meaning, w wish) ([]bot.Reply, error) {
	line := m.Orders[0].Lines[0]
	for _, o := range m.Orders {
		for _, l := range o.Lines {
			if len(l.Readings) > 0 {
				line = l
			}
		}
	}
	if line.Item < 0 || line.Item >= len(sheet.Items) {
		return t.refuseWith(domain.Refuse(domain.CodeInvalid, domain.WhyChooseItem), t.facts("join")), nil
	}
	it := sheet.Items[line.Item]
	unit, name := it.Unit, it.Name
	if unit == "" {
		unit = t.w("share")
	}
	if name == "" {
		name = sheet.Deal.Terms.Title
	}
	key := "ask_spec"
	if it.Spec == "" {
		key = "ask_unit"
	}
	r := t.say1("ask_spec", key, "name", name, "unit", unit, "spec", it.Spec)
	for _, n := range line.Readings {
		if n > 0 && n <= domain.MaxQty && len(m.Orders) == 1 && len(m.Orders[0].Lines) == 1 {
			qty := strconv.FormatInt(n, 10)
			r[0].Choices = append(r[0].Choices, bot.Choice{
				Label: t.w("n_units", "n", qty, "unit", unit), Action: say.Action{Verb: say.VerbJoin, Deal: sheet.Deal.Code, Args: []string{it.Letter + qty}}.String(),
			})
		}
	}
	if w.personal() {
		t.keepOrder(w, "")
	}
	return r, nil
}

// askSure: 能来两份吗 is answered with the button that does it.
func (t *talk) askSure(sheet domain.DealSheet, w wish, f say.Facts) ([]bot.Reply, error) {
	wants, refusal := w.wants(sheet)
	if refusal != nil || w.Trouble != "" || len(w.More) > 0 {
		return t.refuseWith(domain.Refuse(domain.CodeInvalid, domain.WhyChooseItem), f), nil //nolint:nilerr // the refusal has become the answer
	}
	r := t.say1("ask_sure", "ask_sure")
	if len(wants) > 0 {
		r[0].Choices = []bot.Choice{{Label: t.w("order_it"), Action: joinAction(w, sheet.Deal.Code), Main: true}}
	}
	if w.personal() {
		t.keepOrder(w, "")
	}
	return r, nil
}
