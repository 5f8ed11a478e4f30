package words

import "strings"

// Bounds of talk: what is longer is no remark beside an order.
const (
	mostSaid  = 14 // words in one saying
	mostLoose = 3  // runes of a clause that the tables do not know
	mostWish  = 24 // runes in a wish
)

// spoken is what stands beside the order.
type spoken struct {
	praised bool     // 好吃: agreeing sounds alike
	after   bool     // and it stands behind a quantity, which it may speak of
	past    bool     // 上次
	words   []string // the loose ones; they explain nothing where nothing is ordered
	tight   bool     // such a clause was parted from the order by a blank only
	loose   bool     // some runes of it are in no table
	open    bool     // most are
	paid    bool     // 钱转你了, a telephone's number, when it is collected: only beside a plain order
	any     bool
}

// talk reads harmless talk: praise, thanks, waiting, reasons. It begins where a clause begins and ends with it, or where the
// verb of an order follows: 终于等到了！来两份, 上次的好吃这次再来两箱. Talk that asks, denies, defers or tells of quantities is
// never read, so that the whole message stays without an explanation.
func (p *parser) talk() int {
	if p.ctx.Row {
		return 0
	}
	start, behind := p.clauseStarts(), p.touches(gotUnit) || p.touches(gotNumber) || p.touches(gotItem) && (len(p.cur.lines) > 0 || p.one)
	switch {
	case start:
		return p.clause()
	case behind:
		return p.reason()
	}
	return 0
}

// clause reads what fills a clause, or stands before an order in it.
func (p *parser) clause() int {
	for _, read := range []func() int{p.urged, p.address, p.aside} {
		if n := read(); n > 0 {
			return p.mark(polite, n)
		}
	}
	broken := p.i == 0 || IsBreak(p.s[p.i-1])
	r := p.remarkAt(p.i)
	if r.n == 0 || !p.mayEnd(p.i+r.n) || p.counted() && (r.is(lacking) || r.onlySorry() && !p.fewer()) {
		if broken {
			return p.wishOrLoose()
		}
		return 0
	}
	if broken && p.i > 0 && p.counted() && p.wished() {
		return p.wishOrLoose()
	}
	return p.heard(r)
}

// reason reads why somebody orders, right behind the quantity: 来两箱送人, 给娃. Praise there would speak of the quantity.
func (p *parser) reason() int {
	if n := p.ownSmall(); n > 0 {
		return p.mark(polite, n)
	}
	if n := p.lestThat(); n > 0 {
		return p.mark(polite, n)
	}
	if n := p.cutAs(); n > 0 {
		return n
	}
	r := p.remarkAt(p.i)
	if r.n == 0 || !p.mayEnd(p.i+r.n) || !r.is(giving) || r.is(praising) || r.is(lacking) || r.first&(1<<giving|1<<linking) == 0 {
		return 0
	}
	return p.heard(r)
}

// heard takes a remark in.
func (p *parser) heard(r remark) int {
	counted := p.counted()
	p.said.any = true
	p.said.past = p.said.past || r.is(whenPast)
	if r.is(praising) {
		p.said.praised = true
		p.said.after = p.said.after || counted
	}
	end := p.i + r.n
	for _, m := range r.items {
		m.remarked = true
		p.mention(m, 0)
	}
	return p.mark(polite, end-p.i)
}

// fewer: the order is made smaller or given up.
func (p *parser) fewer() bool {
	return p.cur.leaves || p.cur.mode == Less || p.cur.mode == Set
}

// counted: a quantity was read.
func (p *parser) counted() bool { return p.pend != nil || len(p.cur.lines) > 0 || len(p.done) > 0 }

// clauseStarts: the text begins here, or a sign, a blank, a picture or a word that says nothing stands before.
func (p *parser) clauseStarts() bool {
	if p.i == 0 || p.touches(polite) {
		return true
	}
	prev := p.s[p.i-1]
	if isSpace(prev) && isLatin(p.s[p.i]) && isLatin(at(p.s, p.i-2)) && !p.counted() && p.last != polite && p.last != noToken {
		return false // in the midst of an English sentence
	}
	return IsBreak(prev) || prev == ':' || emoji(prev)
}

// mayEnd: nothing but an order follows talk without a break.
func (p *parser) mayEnd(k int) bool {
	if k >= len(p.s) || emoji(p.s[k]) || IsBreak(p.s[k]) && p.s[k] != '?' && p.s[k] != ' ' {
		return true
	}
	if p.s[k] == ' ' && !isLatin(p.s[k-1]) {
		return true
	}
	k = skip(p.s, k)
	if k >= len(p.s) {
		return true
	}
	if isDigit(p.s[k]) || p.s[k] == '+' {
		return p.s[k-1] == ' '
	}
	kind, n := phraseAt(p.s, k)
	switch kind {
	case lead, leadOne, alone, more, set, less, self, forWord, please, leave:
		return n > 0
	case and:
		return isHan(p.s[k])
	default:
	}
	_, number, _ := scanNumber(p.s, k)
	return number != NotNumber && isLatin(p.s[k])
}

// urged reads what hurries an order along: 这次必须, before its verb or alone.
func (p *parser) urged() int {
	k := p.i
	for range mostSaid {
		w := saidAt(p.s, k, urging)
		if len(w.word) == 0 || p.counted() && strings.ContainsAny(string(w.word), "想看") {
			break
		}
		k += len(w.word)
		k += len(saidAt(p.s, k, tailing).word)
		if isLatin(p.s[k-1]) {
			k = skip(p.s, k)
		}
	}
	if _, n := p.named(min(k, len(p.s)-1)); k > p.i && k < len(p.s) && n > 1 {
		return k - p.i // 这次麻辣两盒
	}
	if k == p.i || !p.mayEnd(k) || k < len(p.s) && (isDigit(p.s[k]) || p.s[k] == '+') {
		return 0
	}
	if kind, _ := phraseAt(p.s, k); kind == leave || kind == less {
		return 0
	}
	return k - p.i
}

// remark is one saying: how long it is, what its words do, which goods it names.
type remark struct {
	n     int
	kinds uint
	first uint
	items []mention
}

func (r remark) is(k saying) bool { return r.kinds&(1<<k) != 0 }

// onlySorry: it speaks against ordering: 来两箱，吃不完.
func (r remark) onlySorry() bool { return r.is(sorry) && !r.is(giving) && !r.is(praising) }

// completing are the words that make a saying complete.
const completing = 1<<praising | 1<<giving | 1<<lacking | 1<<sorry

// remarkAt reads the longest complete saying at i.
func (p *parser) remarkAt(i int) remark {
	var best, r remark
	k := i
	for range mostSaid {
		p.steps++
		before := k - i
		if k > i && at(p.s, k) == ' ' && isLatin(p.s[k-1]) {
			k = skip(p.s, k)
		}
		if k >= len(p.s) {
			break
		}
		w := saidAt(p.s, k, whenPast, whenNow, whoOf, household, dear, being, howMuch, linking, tasting, praising, giving, lacking, sorry, tailing)
		if n := p.lackingAt(k); n > 0 && k+n-i > best.n {
			k += n
			r.kinds |= 1 << lacking
			r.n = k - i
			best = r
			continue
		}
		if found, n := p.named(k); n > 1 && n >= len(w.word) {
			r.items = append(r.items, mention{items: found})
			k += n
			if t := saidAt(p.s, k, tailing); best.n == k-n-i && best.n > 0 && !best.is(lacking) && (len(t.word) > 0 || k == len(p.s) || IsBreak(p.s[k])) { // 想吃草莓了
				k += len(t.word)
				r.n = k - i
				best = r
				best.items = append([]mention(nil), r.items...)
			}
			continue
		}
		if len(w.word) == 0 {
			break
		}
		if k == i {
			r.first = w.kinds
		}
		k += len(w.word)
		did := w.kinds & completing
		who := r.is(whoOf) || r.is(household)
		switch {
		case w.is(dear) && r.is(household):
			did |= 1 << giving // 孩子爱吃
		case w.is(dear) && len(w.word) > 1:
			did |= 1 << praising
		case w.is(tasting) && (r.is(household) || who && r.is(linking)):
			did |= 1 << giving // 给孩子吃
		case w.is(being) && r.is(household):
			did |= 1 << giving // 家里人多
		case w.is(being) && (who || r.is(howMuch)) && (len(w.word) > 1 || p.closes(k)):
			did |= 1 << praising
		}
		more := (w.is(tailing) || w.is(tasting)) && best.n == before && best.n > 0
		r.kinds |= w.kinds&(1<<whenPast|1<<whoOf|1<<household|1<<howMuch|1<<linking) | did
		if did != 0 || more {
			r.n = k - i
			best = r
			best.items = append([]mention(nil), r.items...)
		}
	}
	return best
}

// lackingAt is the length of 没米了, 没有鸡蛋了, 缺米: of what is on offer.
func (p *parser) lackingAt(k int) int {
	if n := p.wordAt(k, "out of ", "running low on ", "running out of ", "ran out of ", "low on "); n > 0 {
		if w := latinWord(p.s, k+n); len(p.cat.worded(w)) > 0 {
			return n + len(w)
		}
	}
	n := p.wordAt(k, "没有", "快没", "没", "缺")
	if n == 0 || k+n >= len(p.s) {
		return 0
	}
	_, m := p.named(k + n)
	if m == 0 || p.s[k] != '缺' && at(p.s, k+n+m) != '了' && at(p.s, k+n+m) != '啦' {
		return 0
	}
	if p.s[k] == '缺' {
		return n + m
	}
	return n + m + 1
}

// spokenFor: the clause begins with words of ordering or is one phrase, which is understood better than as talk.
func (p *parser) spokenFor(end int) bool {
	kind, n := phraseAt(p.s, p.i)
	switch kind {
	case lead, leadOne, alone, more, set, less, leave, leaveItem, before:
		return true
	case polite, aside, please:
		return p.i+n == end
	default:
		return false
	}
}

// looseTalk: nothing in the clause is dangerous, and most of it is known for harmless.
func (p *parser) looseTalk(end int) bool {
	told, strange, complete, wants := 0, 0, false, false
	for k := p.i; k < end; {
		p.steps++
		if p.s[k] == ' ' {
			k++
			continue
		}
		w := saidAt(p.s, k, whenPast, whenNow, whoOf, household, dear, being, howMuch, linking, tasting, praising, giving, tailing, tempting, lacking, marking, urging)
		_, n := p.named(k)
		kind, size := phraseAt(p.s, k)
		if orders(kind) && size > 1 && size >= len(w.word) || w.is(tempting) && !w.is(giving) || w.is(lacking) || isDigit(p.s[k]) || n > 1 || p.countedAt(k) || strings.ContainsRune("+-*:", p.s[k]) || kind == forWord && !w.is(linking) {
			return false
		}
		switch {
		case len(w.word) > 0:
			told += len(w.word)
			complete = complete || w.is(praising) || w.is(giving)
			k += len(w.word)
			wants = w.is(dear) || w.is(tasting) || w.is(linking) && strings.ContainsRune("要想做有", w.word[len(w.word)-1])
		case isLatin(p.s[k]) || wants:
			return false // 想喝可乐
		default:
			strange++
			k++
		}
	}
	return complete && strange <= mostLoose && told >= strange
}

// orders: words that no talk is made of.
func orders(kind token) bool {
	switch kind {
	case lead, leadOne, more, set, less, leave, leaveItem:
		return true
	default:
		return false
	}
}

// countedAt: a number with a unit, 两箱.
func (p *parser) countedAt(k int) bool {
	_, kind, n := plainNumber(p.s, k)
	return kind != NotNumber && unitAt(p.s, k+n) > 0
}

// besideTalk reports whether a quantity is so plain an order that talk may stand beside it.
func (p *parser) besideTalk(one person, l line) bool {
	if !p.said.any {
		return true
	}
	unit := canonical(l.unit)
	right := l.unit != "" && len(p.cat.soldBy(unit)) > 0
	verb := one.verb || one.please || l.verb
	switch {
	case p.said.open:
		verb = verb && !p.carries
		return verb && l.unit != "" && (right || unit == "份") || l.plus && l.unit != "" && right || l.named && (verb || !p.said.tight && (right || l.plus))
	case p.said.paid:
		return verb || l.named || l.plus || one.Home != (Home{})
	case p.said.loose:
		return verb && (right || unit == "份" || l.named) || l.named && right
	case p.said.after:
		return verb || l.plus && (l.number > 1 || l.unit != "" || l.named)
	case p.said.praised:
		return verb || right || l.named || l.plus && l.number > 1
	}
	return true
}
