package words

// meaning weighs what was read: order, change, leaving, a doubt, or none of ours.
func (p *parser) meaning() Meaning {
	m := Meaning{Code: p.code, Serial: p.serial, Rest: p.unknown}
	p.tidyPeople()
	p.describe(&m)
	if p.ctx.Group && !p.ctx.Spoken && p.ctx.OpenDeals == 0 && !p.cat.any {
		return Meaning{Kind: Silence}
	}
	lines, leaves := p.counts()
	switch {
	case lines == 0 && !leaves:
		if p.unknown = append(p.said.words, p.unknown...); len(p.unknown) > mostUnknown {
			p.unknown = p.unknown[:mostUnknown]
		}
		return p.none()
	case len(p.unknown) > 0:
		return p.strangers(m)
	case p.asked && !p.ctx.addressed(), !p.ctx.addressed() && !p.explicit():
		return Meaning{Kind: Silence}
	case p.incomplete():
		return p.none()
	case p.asked:
		p.build(&m)
		m.Kind, m.Doubt = Ask, DoubtQuestion
		return m
	}
	p.build(&m)
	switch {
	case m.Doubt == DoubtContradiction && !p.ctx.addressed() && !m.Led && !m.Signed:
		return Meaning{Kind: Silence} // 阳光玫瑰2斤一箱: what it is, not how many
	case !leaves && !p.cat.any && !p.evidence(m):
		return p.none()
	}
	return m
}

// evidence: a bare number is an answer to something else.
func (p *parser) evidence(m Meaning) bool {
	for _, one := range p.done {
		for _, l := range one.lines {
			if l.named {
				return true
			}
		}
	}
	return m.Led || m.Signed || m.Unit
}

// none: not ours, or talk.
func (p *parser) none() Meaning {
	m := Meaning{Kind: Other, Rest: p.unknown, Code: p.code, Serial: p.serial}
	p.describe(&m)
	for _, one := range p.done {
		m.Orders = append(m.Orders, one.Order)
		for _, l := range one.lines {
			if l.kind == NotNumber && l.letter != "" {
				m.Named = append(m.Named, l.letter)
			}
		}
	}
	if !p.ctx.addressed() {
		m.Kind = Silence
	}
	return m
}

// strangers: a word that nothing explains. Whoever speaks to us is asked about it, if the rest is an order.
func (p *parser) strangers(m Meaning) Meaning {
	if p.incomplete() {
		return p.none()
	}
	p.build(&m)
	m.Kind, m.Doubt = Other, NoDoubt
	switch {
	case !p.ctx.addressed():
		m.Kind = Silence
	case len(p.unknown) <= 2 && !p.asked && (m.Led || m.Signed || m.Unit && p.firmUnit()) && len([]rune(p.unknown[0])) <= 8:
		m.Kind, m.Doubt = Ask, DoubtUnknown
	}
	return m
}

// firmUnit: a unit that the goods are sold by, not just 个.
func (p *parser) firmUnit() bool {
	for _, one := range p.done {
		for _, l := range one.lines {
			if u := canonical(l.unit); l.unit != "" && u != "个" && (u == "份" || len(p.cat.soldBy(u)) > 0) {
				return true
			}
		}
	}
	return false
}

func (p *parser) counts() (lines int, leaves bool) {
	for _, one := range p.done {
		lines += len(one.lines)
		leaves = leaves || one.leaves
	}
	return lines, leaves
}

// describe says what signs of an order there are.
func (p *parser) describe(m *Meaning) {
	for _, one := range p.done {
		m.Leaves = m.Leaves || one.leaves
		m.Led = m.Led || one.verb || one.alone || one.please || one.For != "" && len(one.lines) > 0
		for _, l := range one.lines {
			m.Led = m.Led || l.verb
			m.Signed = m.Signed || l.plus || l.lettered || l.minus
			m.Unit = m.Unit || l.unit != ""
		}
	}
}

// tidyPeople puts right what only the whole message shows: a name behind the quantity, a room without a word, 报名 alone.
func (p *parser) tidyPeople() {
	for i := range p.done {
		p.done[i].findRoom()
		if p.done[i].alone && len(p.done[i].lines) == 0 && !p.done[i].leaves {
			p.done[i].lines = []line{{number: 1, kind: Whole, verb: true, leftAlone: true}}
		}
	}
	n := len(p.done)
	if n < 2 || len(p.done[n-1].lines) > 0 || p.done[n-1].leaves {
		return
	}
	last, prev := p.done[n-1], &p.done[n-2]
	if last.For != "" && prev.For != "" {
		return // somebody without a quantity
	}
	if last.For != "" {
		prev.For, prev.weak = last.For, prev.weak || last.weak
	}
	if prev.Home == (Home{}) {
		prev.Home = last.Home
	}
	if prev.Note == "" {
		prev.Note = last.Note
	}
	p.done = p.done[:n-1]
}

// findRoom: a bare number of three or four digits beside a quantity is a room.
func (p *person) findRoom() {
	if p.Home != (Home{}) || len(p.lines) < 2 {
		return
	}
	for i, l := range p.lines {
		if l.bare != "" && !l.named && l.number > 100 && !l.plus {
			p.Home = Home{Room: l.bare}
			p.lines = append(p.lines[:i:i], p.lines[i+1:]...)
			return
		}
	}
}

// incomplete: somebody or something was named without a quantity.
func (p *parser) incomplete() bool {
	if p.was && !p.sets() {
		return true
	}
	for _, one := range p.done {
		if len(one.lines) == 0 && !one.leaves && one.For != "" {
			return true
		}
		for _, l := range one.lines {
			if l.kind == NotNumber && l.leftAlone && l.number == 0 {
				return true
			}
		}
	}
	return false
}

// sets: some quantity replaces another.
func (p *parser) sets() bool {
	for _, one := range p.done {
		for _, l := range one.lines {
			if l.mode == Set {
				return true
			}
		}
	}
	return false
}

// explicit is the rule of silence for the quantities of a message: each must show that it is an order.
func (p *parser) explicit() bool {
	for _, one := range p.done {
		for _, l := range one.lines {
			if !one.leaves && (!p.shows(one, l) || !p.besideTalk(one, l)) {
				return false
			}
		}
		if one.leaves && (one.weak || p.said.praised || one.For != "" && !one.verb && !one.theirs) { // 李姐退了 may be news
			return false
		}
	}
	return true
}

// shows: a sign, a verb, an item or the right unit.
func (p *parser) shows(one person, l line) bool {
	price := l.kind == Fraction && !l.plus && l.unit == ""
	unit := canonical(l.unit)
	right := l.unit != "" && (unit == "份" || len(p.cat.soldBy(unit)) > 0 || one.verb && unit == "个" && p.cat.inPieces())
	talk := l.unit != "" && !right && !l.named && unit != "个" && unit != "打" && !weights[unit] && !p.cat.holds(unit) && !p.cat.any
	switch {
	case talk && !l.plus, l.mode == Less && weights[unit] && !right && !l.named: // 减5斤; 再来一瓶 where nothing is sold by the bottle
		return false
	case l.part && l.unit != "" && unit != "份" && len(intersect(l.items, p.cat.soldBy(unit))) == 0 && !p.cat.holds(unit): // 椰子2个 where 椰子水 is on offer
		return false
	case l.plus, l.lettered && !price, l.mode != Plain && unit != "个":
		return true
	case l.minus:
		return len(one.lines) == 1
	case l.named:
		return !price && (l.unit != "" || l.number <= 20 || one.verb)
	case unit == "个" && !right:
		return one.self && one.verb
	case one.verb, one.please, right && (len(p.cat.goods) == 1 || !p.cat.shares(unit)):
		return !price || one.verb
	case one.For != "" || one.closed:
		return !one.weak
	}
	return false
}

// build makes the orders and finds the gravest doubt.
func (p *parser) build(m *Meaning) {
	m.Kind = Buy
	doubt := func(d Doubt) {
		if m.Doubt == NoDoubt || rank(d) < rank(m.Doubt) {
			m.Doubt = d
		}
	}
	left := 0
	for _, one := range p.done {
		o, d := p.order(one)
		if d != NoDoubt {
			doubt(d)
		}
		if one.weak && p.ctx.Group {
			doubt(DoubtPerson)
		}
		if o.Mode == Add && p.said.past {
			o.Mode = Plain // 上次的好吃，这次再来两箱
		}
		if o.Mode == Add && len(m.Orders) > 0 && m.Orders[0].Mode == Plain && o.For != "" {
			o.Mode = Plain // 一支，替妈妈再来一支
		}
		if o.Mode != Plain {
			m.Kind = Change
		}
		if one.leaves {
			left++
		}
		m.Orders = append(m.Orders, o)
	}
	if left > 0 {
		m.Kind = Leave
	}
	if left > 0 && left < len(p.done) {
		doubt(DoubtContradiction)
	}
	if m.Doubt != NoDoubt {
		m.Kind = Ask
	}
}

// rank orders the doubts: what to ask first.
func rank(d Doubt) int {
	for i, x := range []Doubt{DoubtQuestion, DoubtUnknown, DoubtContradiction, DoubtQuantity, DoubtPerson, DoubtItem, DoubtSpec} {
		if x == d {
			return i
		}
	}
	return len(d) + 100
}

// order is one person's part, made definite.
func (p *parser) order(one person) (Order, Doubt) {
	o := one.Order
	worst := NoDoubt
	doubt := func(d Doubt) {
		if d != NoDoubt && (worst == NoDoubt || rank(d) < rank(worst)) {
			worst = d
		}
	}
	lines := andAlso(replaced(sumOnes(one.lines)))
	seen := map[int]bool{}
	for i, l := range lines {
		out, d := p.resolve(l, one.leaves)
		doubt(d)
		if i > 0 && l.mode != lines[0].mode || out.Item >= 0 && seen[out.Item] || !l.named && len(lines) > 1 {
			doubt(DoubtContradiction)
		}
		if seen[out.Item] = true; i == 0 {
			o.Mode = l.mode
		}
		o.Lines = append(o.Lines, out)
	}
	if one.leaves {
		o.Mode = Plain
		for _, l := range lines {
			if l.number != 0 {
				doubt(DoubtContradiction)
			}
		}
	}
	return o, worst
}

// andAlso: 来一条吐司再来两盒蛋挞 orders both; 再 adds to an order only where the whole message does.
func andAlso(lines []line) []line {
	if len(lines) < 2 || lines[0].mode != Plain {
		return lines
	}
	out := append([]line(nil), lines...)
	for i := range out {
		if out[i].mode == Add && out[i].named {
			out[i].mode = Plain
		}
	}
	return out
}

// replaced: 虾2盒改成3盒 tells what was before.
func replaced(lines []line) []line {
	if len(lines) != 2 || lines[0].mode != Plain || lines[1].mode != Set || lines[1].named || lines[0].shared {
		return lines
	}
	was, now := lines[0], lines[1]
	if !was.named && was.unit == "" && now.unit == "" && !was.plus {
		return lines // 2改3
	}
	now.items, now.letter, now.unknown, now.named, now.lettered = was.items, was.letter, was.unknown, was.named, was.lettered
	return []line{now}
}

// sumOnes adds +1 +1 up, which is how people count heads.
func sumOnes(lines []line) []line {
	if len(lines) < 2 {
		return lines
	}
	for _, l := range lines {
		if !l.plus || l.named || l.number != 1 || l.kind != Whole {
			return lines
		}
	}
	one := lines[0]
	one.number = int64(len(lines))
	return []line{one}
}
