package words

import "strings"

// resolve finds the item of a quantity and says what is doubtful about it.
func (p *parser) resolve(l line, leaves bool) (Line, Doubt) {
	out := Line{Item: -1, Letter: l.letter, Qty: l.number, Unit: l.unit, Negative: l.minus, kind: l.kind}
	if l.minus {
		out.Qty = -out.Qty
	}
	if l.unknown != "" {
		return out, DoubtUnknown
	}
	doubt := p.quantityDoubt(l, leaves)
	if p.cat.any {
		return out, doubt
	}
	found := p.candidates(l)
	switch {
	case len(found) == 0:
		return out, DoubtItem
	case len(found) > 1:
		out.Maybe = found
		if doubt == NoDoubt {
			doubt = DoubtItem
			if u := canonical(l.unit); weights[u] && len(p.cat.soldBy(u)) == 0 {
				doubt = DoubtSpec
			}
		}
		return out, doubt
	}
	out.Item = found[0]
	out.Letter = p.cat.goods[out.Item].Letter
	if g := p.cat.goods[out.Item]; doubt == NoDoubt && (!l.shared || l.unit != "个") && (!p.unitFits(l.unit, g) || l.unit == "" && g.countsTo(l.number)) {
		out.Readings = readings(l, p.cat.goods[out.Item])
		return out, DoubtSpec
	}
	return out, doubt
}

func (p *parser) quantityDoubt(l line, leaves bool) Doubt {
	switch {
	case l.kind == NotNumber:
		return DoubtContradiction
	case l.plus && l.number >= 100 && l.unit == "" && !l.named: // +402 may be a room
		return DoubtQuantity
	case l.kind == Fraction, l.kind == Vague, l.minus, l.number > MaxQty, l.number < 1 && l.mode != Set && !leaves:
		return DoubtQuantity
	}
	return NoDoubt
}

// candidates are the items a quantity may be of: those named, or all; the unit narrows them.
func (p *parser) candidates(l line) []int {
	found := l.items
	if !l.named {
		for i := range p.cat.goods {
			found = append(found, i)
		}
	}
	if len(found) < 2 || l.unit == "" || canonical(l.unit) == "份" && !l.named {
		return found
	}
	if narrow := intersect(found, p.cat.soldBy(canonical(l.unit))); len(narrow) == 1 {
		return narrow
	}
	return found
}

// unitFits: the unit is the one that the item is sold by, or says as little as 份.
func (p *parser) unitFits(unit string, g good) bool {
	u := canonical(unit)
	if unit == "" || u == "份" || g.soldIn(u) || strings.Contains(englishUnit[u], g.unit) && englishUnit[u] != "" {
		return true
	}
	for _, in := range g.specs {
		if in.unit == u || (u == "个" || u == "打") && pieces[in.unit] {
			return false // 10 瓶 of a case of 10
		}
	}
	switch {
	case weights[u]:
		return false
	case u == "个" || u == "打":
		return true
	case pieces[u]:
		return false
	}
	return g.unit == "份"
}

// countsTo: so many pieces are in one: 12 cookies of a pack of 12.
func (g good) countsTo(n int64) bool {
	for _, in := range g.specs {
		if in.n == n && n > 5 && (in.unit == "" || pieces[in.unit]) {
			return true
		}
	}
	return false
}

// readings are the quantities that a doubtful unit may mean: 4斤 of 2斤 boxes is 2, or 4.
func readings(l line, g good) []int64 {
	var out []int64
	for _, in := range g.specs {
		if in.unit == canonical(l.unit) && in.n > 0 && l.number%in.n == 0 {
			out = append(out, l.number/in.n)
			break
		}
	}
	if len(out) == 0 || out[0] != l.number {
		out = append(out, l.number)
	}
	return out
}
